//! The duty roster 值班: planned for a unit and all under it, read by whoever it serves, and asked by what calls for help.

mod board;
mod facts;
mod handovers;
mod plan;
mod sheet;
mod swaps;

pub(crate) use board::on_duty;
pub use board::{Answering, DutyNow, DutyPerson, DutyWeek, LastCheck, ShiftView};
pub use handovers::{DueHandover, HandoverView, Handovers, NewHandover};
pub use plan::{CopyReport, CopyWeek, NewShift, ShiftChange, SkippedShift};

pub use sheet::{
    BadLine, COLUMN_ACCOUNT, COLUMN_ENDS, COLUMN_MODE, COLUMN_PERSON, COLUMN_ROLE, COLUMN_SKILLS, COLUMN_STARTS,
    IMPORT_MAX_LINES, ImportReport, SheetLine,
};
pub use swaps::{NewSwap, SwapDecision, SwapSpan, SwapView};

use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::work::{About, Work};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{DutyMode, DutyRole, Shift, Skill};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{AccountId, PersonId, ShiftId};
use serde_json::json;

/// Longest time that one reading of the roster covers, in milliseconds.
pub const ROSTER_SPAN_MAX_MS: i64 = 31 * 24 * 3_600_000;
/// Shifts that one unit may have within a week.
pub const MAX_SHIFTS_A_WEEK: i64 = 500;
/// How far ahead a shift may be planned, in milliseconds.
pub const PLAN_AHEAD_MAX_MS: i64 = 400 * 24 * 3_600_000;
/// Longest reason, note or answer, in characters.
pub const TEXT_MAX_CHARS: usize = 500;
/// Shifts that one reading gives: a unit's and those of the units above it, over the longest span.
const MAX_SHIFTS_READ: i64 = 10 * MAX_SHIFTS_A_WEEK;

/// Someone who answers now.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct OnDuty {
    pub shift_id: ShiftId,
    pub person_id: PersonId,
    pub person_name: String,
    pub role: DutyRole,
    pub mode: DutyMode,
    pub skills: Vec<Skill>,
    /// The person's accounts that may be rung; may be empty.
    pub accounts: Vec<AccountId>,
}

#[derive(Clone)]
pub struct Duty {
    pub(crate) core: Core,
}

/// A text that somebody wrote, trimmed.
fn worded(text: &str, field: &'static str, needed: bool) -> ServiceResult<String> {
    let text = text.trim();
    if (needed && text.is_empty()) || text.chars().count() > TEXT_MAX_CHARS {
        let zh = format!("{}，最多 {TEXT_MAX_CHARS} 字", if needed { "请填写" } else { "文字过长" });
        let error = ServiceError::invalid(field, zh, format!("a text of at most {TEXT_MAX_CHARS} characters"));
        return Err(ServiceError { limit: Some(TEXT_MAX_CHARS as i64), ..error });
    }
    Ok(text.to_owned())
}

fn no_shift() -> ServiceError {
    ServiceError::not_found("班次", "shift")
}

/// One audit row and one event for what became of a shift.
fn tell(work: &mut Work, action: AuditAction, shift: &Shift, detail: serde_json::Value) {
    work.audit(action, AuditObject::Shift, shift.id.as_str(), detail);
    let about = About { unit: Some(shift.unit_id.clone()), ..About::default() };
    work.event(EventKind::DutyChanged, about, json!({ "shift_id": shift.id, "what": action }));
}
