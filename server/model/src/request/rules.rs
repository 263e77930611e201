//! What a district sets of its help requests: how an unanswered call climbs, and what each clock may take by urgency.
//! A request keeps the rules that held when it was raised.

use super::Urgency;
use super::clocks::{Limits, Span};
use super::ring::Ladder;
use crate::ids::UnitId;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Bounds of a rung's wait, in milliseconds: nobody answers sooner, and nobody should wait longer to be passed on.
pub const RUNG_MIN_MS: i64 = 5_000;
pub const RUNG_MAX_MS: i64 = 10 * 60_000;
/// Bounds of a clock that counts time, in milliseconds, and of one that counts working days.
pub const SPAN_MIN_MS: i64 = 60_000;
pub const SPAN_MAX_MS: i64 = 30 * 24 * 3_600_000;
pub const SPAN_MAX_WORKING_DAYS: i64 = 60;

/// The rules themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub ladder: Ladder,
    pub life: Limits,
    pub utilities: Limits,
    pub ordinary: Limits,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ladder: Ladder::default(),
            life: Limits::of(Urgency::Life),
            utilities: Limits::of(Urgency::Utilities),
            ordinary: Limits::of(Urgency::Ordinary),
        }
    }
}

/// A value that rules cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be from {min} to {max}")]
pub struct RulesError {
    /// For example `ladder.chief_ms`, `life.closing`.
    pub field: &'static str,
    /// In the unit of the value: milliseconds, or working days.
    pub min: i64,
    pub max: i64,
}

impl Rules {
    pub fn limits(&self, urgency: Urgency) -> Limits {
        match urgency {
            Urgency::Life => self.life,
            Urgency::Utilities => self.utilities,
            Urgency::Ordinary => self.ordinary,
        }
    }

    /// Names the first value that is out of its bounds.
    pub fn check(&self) -> Result<(), RulesError> {
        within("ladder.chief_ms", self.ladder.chief_ms, RUNG_MIN_MS, RUNG_MAX_MS)?;
        within("ladder.leader_ms", self.ladder.leader_ms, self.ladder.chief_ms, RUNG_MAX_MS)?;
        for (fields, limits) in [
            (["life.response", "life.pickup", "life.closing", "life.directive_after"], self.life),
            (
                ["utilities.response", "utilities.pickup", "utilities.closing", "utilities.directive_after"],
                self.utilities,
            ),
            (["ordinary.response", "ordinary.pickup", "ordinary.closing", "ordinary.directive_after"], self.ordinary),
        ] {
            let spans = [limits.response, limits.pickup, limits.closing, limits.directive_after];
            for (field, span) in fields.into_iter().zip(spans) {
                match span {
                    Span::Ms(ms) => within(field, ms, SPAN_MIN_MS, SPAN_MAX_MS)?,
                    Span::WorkingDays(days) => within(field, days, 1, SPAN_MAX_WORKING_DAYS)?,
                }
            }
        }
        Ok(())
    }
}

fn within(field: &'static str, value: i64, min: i64, max: i64) -> Result<(), RulesError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(RulesError { field, min, max }) }
}

/// One version of a unit's rules; it holds for the unit and everything under it that has none of its own. Never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesVersion {
    pub unit_id: UnitId,
    /// 1, 2, 3 … of the unit.
    pub version: i64,
    pub rules: Rules,
    pub made_ms: Millis,
    pub made_by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_out_of_its_bounds_is_named_with_them() {
        assert_eq!(Rules::default().check(), Ok(()));
        let told = |rules: Rules| rules.check().map_err(|error| (error.field, error.min, error.max));
        let ladder = |chief_ms, leader_ms| Rules { ladder: Ladder { chief_ms, leader_ms }, ..Rules::default() };
        assert_eq!(told(ladder(4_999, 30_000)), Err(("ladder.chief_ms", RUNG_MIN_MS, RUNG_MAX_MS)));
        assert_eq!(told(ladder(20_000, 19_999)), Err(("ladder.leader_ms", 20_000, RUNG_MAX_MS)));
        assert_eq!(told(ladder(20_000, 20_000)), Ok(()));
        let mut rules = Rules::default();
        rules.utilities.closing = Span::WorkingDays(61);
        assert_eq!(told(rules), Err(("utilities.closing", 1, SPAN_MAX_WORKING_DAYS)));
        rules.utilities.closing = Span::Ms(i64::MAX);
        assert_eq!(told(rules), Err(("utilities.closing", SPAN_MIN_MS, SPAN_MAX_MS)));
        rules.life.response = Span::Ms(-1);
        assert_eq!(told(rules), Err(("life.response", SPAN_MIN_MS, SPAN_MAX_MS)));
    }
}
