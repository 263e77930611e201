//! Duty 值班: who is on, in which role, how they are reached and what they are versed in.

mod agreement;

pub use agreement::{Handover, OpenItem, OpenItemKind, ShiftSwap, SwapState};

use crate::ids::{PersonId, ShiftId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    /// The rungs of the ladder that a call climbs, and the reserve beside it.
    DutyRole {
        Operator = "operator", "值班员", "operator";
        ShiftChief = "shift_chief", "值班长", "shift chief";
        DutyLeader = "duty_leader", "带班领导", "duty leader";
        Reserve = "reserve", "备班", "reserve";
    }
}

words! {
    /// Where someone on duty is, and so how a call reaches them.
    DutyMode {
        Office = "office", "所内", "in the office";
        Visiting = "visiting", "走访", "visiting";
        Phone = "phone", "电话值守", "by phone";
        Appointment = "appointment", "预约", "by appointment";
    }
}

words! {
    /// What a request needs and a person on duty is versed in.
    Skill {
        General = "general", "综合咨询", "general advice";
        Mediation = "mediation", "人民调解", "people's mediation";
        LegalAid = "legal_aid", "法律援助", "legal aid";
        Notary = "notary", "公证", "notary";
        Appraisal = "appraisal", "司法鉴定", "forensic appraisal";
        Correction = "correction", "社区矫正", "community correction";
        Psychology = "psychology", "心理疏导", "counselling";
        Technical = "technical", "设备技术", "equipment";
    }
}

/// Shortest shift.
pub const SHIFT_MIN_MS: i64 = 10 * 60_000;
/// Longest shift: what is longer is two shifts.
pub const SHIFT_MAX_MS: i64 = 24 * 3_600_000;
/// How long after its end a shift may hold its person on because the relief is missing.
pub const HELD_MAX_MS: i64 = 12 * 3_600_000;
/// How far apart the end of a shift and the start of another may be for the second to be the relief of the first.
pub const RELIEF_WITHIN_MS: i64 = 3_600_000;
/// How long before its start a person may report for a shift.
pub const EARLY_ARRIVAL_MS: i64 = 2 * 3_600_000;

/// One person in one duty role over one span of time, for a unit and everything under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Shift {
    pub id: ShiftId,
    /// Whose subtree it serves.
    pub unit_id: UnitId,
    pub person_id: PersonId,
    pub role: DutyRole,
    pub mode: DutyMode,
    /// Each once.
    pub skills: Vec<Skill>,
    pub starts_ms: Millis,
    /// Not part of it any more.
    pub ends_ms: Millis,
    /// The person reported for it: the relief has taken over.
    pub arrived_ms: Option<Millis>,
    /// The person went before its end, or was let go after it.
    pub left_ms: Option<Millis>,
    /// Somebody noted that the person did not come. An arrival after it takes it back.
    pub no_show_ms: Option<Millis>,
    pub version: i64,
}

words! {
    /// How a shift stands at an instant.
    Standing {
        Ahead = "ahead", "未到时间", "ahead";
        On = "on", "在岗", "on duty";
        Missing = "missing", "未到岗", "did not come";
        Held = "held", "留岗待接", "held on until relieved";
        Left = "left", "已离岗", "left";
        Over = "over", "已下班", "over";
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    #[error("a shift starts before it ends")]
    Backwards,
    #[error("a shift lasts at least {} minutes", SHIFT_MIN_MS / 60_000)]
    TooShort,
    #[error("a shift lasts at most {} hours", SHIFT_MAX_MS / 3_600_000)]
    TooLong,
}

/// Whether a span can be a shift's.
pub fn check_span(starts: Millis, ends: Millis) -> Result<(), ShiftError> {
    match ends.0.checked_sub(starts.0) {
        Some(..=0) => Err(ShiftError::Backwards),
        Some(..SHIFT_MIN_MS) => Err(ShiftError::TooShort),
        Some(SHIFT_MIN_MS..=SHIFT_MAX_MS) => Ok(()),
        Some(_) => Err(ShiftError::TooLong),
        // So far apart that the difference has no number.
        None if ends < starts => Err(ShiftError::Backwards),
        None => Err(ShiftError::TooLong),
    }
}

impl Shift {
    /// When the person is, or was, to be there: until the end, or until they left before it.
    pub fn presence_ends(&self) -> Millis {
        self.left_ms.map_or(self.ends_ms, |left| left.min(self.ends_ms))
    }

    fn covers(&self, at: Millis) -> bool {
        self.starts_ms <= at && at < self.ends_ms
    }

    fn arrived(&self, at: Millis) -> bool {
        self.arrived_ms.is_some_and(|arrived| arrived <= at)
    }

    fn left(&self, at: Millis) -> bool {
        self.left_ms.is_some_and(|left| left <= at)
    }

    /// Noted as not come, and not come since.
    fn missing(&self, at: Millis) -> bool {
        let noted = self.no_show_ms.filter(|noted| *noted <= at);
        noted.is_some_and(|noted| !self.arrived_ms.is_some_and(|arrived| noted <= arrived && arrived <= at))
    }

    /// The two shifts of one person meet in time. What one left before its end is free again.
    pub fn overlaps(&self, other: &Shift) -> bool {
        self.person_id == other.person_id
            && self.id != other.id
            && self.starts_ms < other.presence_ends()
            && other.starts_ms < self.presence_ends()
    }

    /// Whether `relief` is the shift that follows this one in its unit and role.
    pub fn is_relieved_by(&self, relief: &Shift) -> bool {
        relief.id != self.id
            && relief.unit_id == self.unit_id
            && relief.role == self.role
            && relief.starts_ms.0.abs_diff(self.ends_ms.0) <= RELIEF_WITHIN_MS.unsigned_abs()
            && relief.starts_ms > self.starts_ms
    }
}

/// How one shift stands, among all of its unit and role around that time. The rules, first match first:
///
/// | the shift at that instant | its standing |
/// | --- | --- |
/// | its start is to come | ahead |
/// | the person left | left |
/// | within its time, noted as not come, no arrival since | missing |
/// | within its time | on: the roster alone says so, an arrival is not waited for |
/// | past its end by less than 12 h, its person was there, a relief is due (same unit, same role, starts within an hour of this end, is not over), no relief has arrived, and either the relief was noted as not come or this shift's person had reported for it | held: on until somebody takes over |
/// | any other time after its end | over |
pub fn standing(shift: &Shift, among: &[Shift], at: Millis) -> Standing {
    if at < shift.starts_ms {
        return Standing::Ahead;
    }
    if shift.left(at) {
        return Standing::Left;
    }
    let missing = shift.missing(at);
    if shift.covers(at) {
        return if missing { Standing::Missing } else { Standing::On };
    }
    if missing || at.0.saturating_sub(shift.ends_ms.0) >= HELD_MAX_MS {
        return Standing::Over;
    }
    let due = || among.iter().filter(|other| other.covers(at) && shift.is_relieved_by(other));
    let relieved = due().any(|relief| relief.arrived(at) && !relief.missing(at));
    let waited_for = due().any(|relief| relief.missing(at) || shift.arrived(at));
    if waited_for && !relieved { Standing::Held } else { Standing::Over }
}

/// The shifts whose persons answer at that instant, on or held on, in ladder order: operator, shift chief, duty leader,
/// reserve; within a role as given. `shifts` must hold those that ended up to [`HELD_MAX_MS`] before.
pub fn who_is_on(shifts: &[Shift], at: Millis) -> Vec<(&Shift, Standing)> {
    let mut on: Vec<_> = shifts
        .iter()
        .map(|shift| (shift, standing(shift, shifts, at)))
        .filter(|(_, standing)| matches!(standing, Standing::On | Standing::Held))
        .collect();
    on.sort_by_key(|(shift, _)| shift.role);
    on
}

/// When [`who_is_on`] may next differ, if nobody notes anything: the next start or end, or the end of somebody's being
/// held.
pub fn next_turn(shifts: &[Shift], at: Millis) -> Option<Millis> {
    let turns =
        shifts.iter().flat_map(|s| [s.starts_ms, s.presence_ends(), Millis(s.ends_ms.0.saturating_add(HELD_MAX_MS))]);
    turns.filter(|turn| *turn > at).min()
}

/// A span of time, its end not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    pub from_ms: Millis,
    pub to_ms: Millis,
}

/// When between the two instants nobody is planned in the role (those who left early are not there any more).
pub fn gaps(shifts: &[Shift], role: DutyRole, from: Millis, to: Millis) -> Vec<Span> {
    let mut planned: Vec<_> =
        shifts.iter().filter(|s| s.role == role).map(|s| (s.starts_ms, s.presence_ends())).collect();
    planned.sort();
    let mut gaps = Vec::new();
    let mut covered = from;
    for (starts, ends) in planned {
        if starts >= to {
            break;
        }
        if starts > covered {
            gaps.push(Span { from_ms: covered, to_ms: starts });
        }
        covered = covered.max(ends);
    }
    if covered < to {
        gaps.push(Span { from_ms: covered, to_ms: to });
    }
    gaps
}

#[cfg(test)]
mod tests;
