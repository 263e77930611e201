//! The ladder that an unanswered call climbs: the on-duty seats, then the shift chief, then the duty leader.

use crate::duty::{DutyRole, Skill};
use crate::ids::PersonId;
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    /// How far a call has climbed.
    Rung {
        Seats = "seats", "值班席", "seats on duty";
        Chief = "chief", "值班长", "shift chief";
        Leader = "leader", "带班领导", "duty leader";
    }
}

/// When an unanswered call climbs, in milliseconds since it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    pub chief_ms: i64,
    pub leader_ms: i64,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { chief_ms: 15_000, leader_ms: 30_000 }
    }
}

/// A call that rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ring {
    pub since_ms: Millis,
    pub rung: Rung,
    /// When it climbs on; none at the top.
    pub next_ms: Option<Millis>,
    /// Whose seats ring now.
    pub persons: Vec<PersonId>,
    /// Who said no, and is not rung again.
    pub refused: Vec<PersonId>,
}

/// Someone who could answer, as far as the ladder cares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub person_id: PersonId,
    pub role: DutyRole,
    pub skills: Vec<Skill>,
}

impl Ring {
    pub fn start(now: Millis, ladder: Ladder) -> Self {
        let next_ms = Some(Millis(now.0 + ladder.chief_ms));
        Self { since_ms: now, rung: Rung::Seats, next_ms, persons: Vec::new(), refused: Vec::new() }
    }

    /// One rung up. At the top it stays.
    pub fn climb(&mut self, ladder: Ladder) {
        (self.rung, self.next_ms) = match self.rung {
            Rung::Seats => (Rung::Chief, Some(Millis(self.since_ms.0 + ladder.leader_ms.max(ladder.chief_ms)))),
            Rung::Chief | Rung::Leader => (Rung::Leader, None),
        };
    }

    /// Whose seats ring at this rung. On the first rung those versed in what is needed; if none is, every operator.
    /// Whoever is higher rings together with those below, and the reserve together with the leader.
    pub fn call(&self, need: Skill, seats: &[Seat]) -> Vec<PersonId> {
        let versed = |seat: &&Seat| seat.role == DutyRole::Operator && seat.skills.contains(&need);
        let any_versed = seats.iter().any(|seat| versed(&seat));
        let rings = |seat: &&Seat| match seat.role {
            DutyRole::Operator => !any_versed || versed(seat) || self.rung != Rung::Seats,
            DutyRole::ShiftChief => self.rung != Rung::Seats,
            DutyRole::DutyLeader | DutyRole::Reserve => self.rung == Rung::Leader,
        };
        let mut persons: Vec<PersonId> = Vec::new();
        for seat in seats.iter().filter(rings) {
            if !self.refused.contains(&seat.person_id) && !persons.contains(&seat.person_id) {
                persons.push(seat.person_id.clone());
            }
        }
        persons
    }
}
