//! The roster as it is planned: shifts put on it, changed, taken off, and a week repeated.

use super::board::{Names, ShiftView};
use super::{Duty, MAX_SHIFTS_A_WEEK, PLAN_AHEAD_MAX_MS, no_shift, tell};
use crate::actor::{Actor, Scope};
use crate::error::{ServiceError, ServiceResult};
use crate::secrets::new_id;
use crate::work::{Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{DutyMode, DutyRole, SHIFT_MAX_MS, SHIFT_MIN_MS, Shift, ShiftError, Skill, check_span};
use lianxian_model::ids::{PersonId, ShiftId, UnitId};
use lianxian_model::roles::Right;
use lianxian_model::session::beijing_day;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) const WEEK_MS: i64 = 7 * 24 * 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShift {
    pub unit_id: UnitId,
    pub person_id: PersonId,
    pub role: DutyRole,
    pub mode: DutyMode,
    #[serde(default)]
    pub skills: Vec<Skill>,
    pub starts_ms: Millis,
    pub ends_ms: Millis,
}

/// What is left out stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftChange {
    /// The version that was read: somebody else's change in between is not lost.
    pub version: i64,
    /// Of a shift that has begun, the former person's part ends and the new one's begins now, as a shift of its own.
    pub person_id: Option<PersonId>,
    pub role: Option<DutyRole>,
    pub mode: Option<DutyMode>,
    pub skills: Option<Vec<Skill>>,
    /// Not of a shift that has begun.
    pub starts_ms: Option<Millis>,
    pub ends_ms: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyWeek {
    pub unit_id: UnitId,
    /// When the week begins whose shifts are copied.
    pub from_ms: Millis,
    /// When the week begins that they are copied into.
    pub to_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CopyReport {
    pub copied: usize,
    /// What could not be.
    pub skipped: Vec<SkippedShift>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SkippedShift {
    pub person: String,
    pub starts_ms: Millis,
    pub cause_zh: String,
    pub cause_en: String,
}

impl Duty {
    /// Right `duty.manage` over the unit. Errors: `invalid` with the field, `overlapping`, `too_many_shifts`.
    pub async fn plan(&self, actor: &Actor, new: NewShift, key: Option<&str>) -> ServiceResult<ShiftView> {
        let mut work = self.core.begin(actor).await?;
        if !self.core.may(&mut work.tx, actor, Right::DutyManage, &new.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::DutyPlan, AuditObject::Unit, new.unit_id.as_str()).await);
        }
        let once = match work.once::<ShiftView>(key, AuditAction::DutyPlan, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let scope = self.core.scope(actor, Right::DutyManage).await?;
        let shift = put(&mut work, &scope, new).await?;
        tell(&mut work, AuditAction::DutyPlan, &shift, json!(shift));
        let among = std::slice::from_ref(&shift);
        let now = work.now;
        let view = Names::default().view(&mut work.tx, &shift, among, now).await?;
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Right `duty.manage` over the shift's unit. Errors as [`Duty::plan`], and `shift_begun`, `shift_over`,
    /// `changed_meanwhile`.
    pub async fn change(&self, actor: &Actor, id: &ShiftId, change: ShiftChange) -> ServiceResult<ShiftView> {
        let (mut work, mut shift) = self.manageable(actor, id, AuditAction::DutyChange).await?;
        unless_lost(shift.version == change.version)?;
        let now = work.now;
        if shift.presence_ends() <= now {
            return Err(ServiceError::conflict("shift_over", "班次已经结束，不能再改", "the shift is over"));
        }
        let begun = shift.starts_ms <= now;
        if begun && change.starts_ms.is_some_and(|starts| starts != shift.starts_ms) {
            let (zh, en) = ("班次已经开始，不能再改开始时间", "the shift has begun: its start stays");
            return Err(ServiceError { field: Some("starts_ms"), ..ServiceError::conflict("shift_begun", zh, en) });
        }
        let scope = self.core.scope(actor, Right::DutyManage).await?;
        let handed = change.person_id.clone().filter(|person| begun && *person != shift.person_id);
        if let Some(person) = handed {
            let next = NewShift {
                unit_id: shift.unit_id.clone(),
                person_id: person,
                role: change.role.unwrap_or(shift.role),
                mode: change.mode.unwrap_or(shift.mode),
                skills: change.skills.unwrap_or_else(|| shift.skills.clone()),
                starts_ms: now,
                ends_ms: change.ends_ms.unwrap_or(shift.ends_ms),
            };
            shift.left_ms = Some(now);
            unless_lost(work.tx.update_shift(&shift).await?)?;
            let next = put(&mut work, &scope, next).await?;
            tell(&mut work, AuditAction::DutyChange, &shift, json!({ "handed_to": next }));
            work.commit().await?;
            return self.told(&next.id).await;
        }
        let before = json!(shift);
        shift.person_id = change.person_id.unwrap_or(shift.person_id);
        shift.role = change.role.unwrap_or(shift.role);
        shift.mode = change.mode.unwrap_or(shift.mode);
        shift.skills = skilled(change.skills.unwrap_or(shift.skills));
        shift.starts_ms = change.starts_ms.unwrap_or(shift.starts_ms);
        shift.ends_ms = change.ends_ms.unwrap_or(shift.ends_ms);
        check(&mut work, &scope, &shift).await?;
        unless_lost(work.tx.update_shift(&shift).await?)?;
        tell(&mut work, AuditAction::DutyChange, &shift, json!({ "before": before, "after": shift }));
        work.commit().await?;
        self.told(id).await
    }

    /// Takes a shift that has not begun off the roster. Right `duty.manage` over its unit. Errors: `shift_begun`.
    pub async fn remove(&self, actor: &Actor, id: &ShiftId) -> ServiceResult<()> {
        let (mut work, shift) = self.manageable(actor, id, AuditAction::DutyRemove).await?;
        if shift.starts_ms <= work.now {
            let (zh, en) = ("班次已经开始，只能登记离岗", "the shift has begun: its person can only leave it");
            return Err(ServiceError::conflict("shift_begun", zh, en));
        }
        let now = work.now;
        unless_lost(work.tx.remove_shift(&shift, now).await?)?;
        tell(&mut work, AuditAction::DutyRemove, &shift, json!(shift));
        work.commit().await
    }

    /// Copies the unit's shifts of one week into another. What is there already stays; what meets it is skipped and told.
    /// Right `duty.manage` over the unit. Errors: `invalid` with field `to_ms`, `nothing_to_copy`.
    pub async fn copy_week(&self, actor: &Actor, copy: CopyWeek) -> ServiceResult<CopyReport> {
        let mut work = self.core.begin(actor).await?;
        if !self.core.may(&mut work.tx, actor, Right::DutyManage, &copy.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::DutyCopy, AuditObject::Unit, copy.unit_id.as_str()).await);
        }
        let shift_by =
            copy.to_ms.0.checked_sub(copy.from_ms.0).filter(|by| by.unsigned_abs() <= PLAN_AHEAD_MAX_MS as u64);
        let Some(shift_by) = shift_by.filter(|by| *by != 0) else {
            return Err(ServiceError::invalid("to_ms", "请选择另一周", "choose another week"));
        };
        let week_ends = Millis(copy.from_ms.0.saturating_add(WEEK_MS));
        let units = std::slice::from_ref(&copy.unit_id);
        let found = work.tx.shifts_of_units(units, copy.from_ms, week_ends, MAX_SHIFTS_A_WEEK).await?;
        let source: Vec<Shift> = found.into_iter().filter(|shift| shift.starts_ms >= copy.from_ms).collect();
        if source.is_empty() {
            return Err(ServiceError::conflict("nothing_to_copy", "所选的那一周没有排班", "that week has no shifts"));
        }
        let scope = self.core.scope(actor, Right::DutyManage).await?;
        let mut names = Names::default();
        let mut report = CopyReport { copied: 0, skipped: Vec::new() };
        for shift in source {
            let new = NewShift {
                unit_id: shift.unit_id,
                person_id: shift.person_id.clone(),
                role: shift.role,
                mode: shift.mode,
                skills: shift.skills,
                starts_ms: Millis(shift.starts_ms.0.saturating_add(shift_by)),
                ends_ms: Millis(shift.ends_ms.0.saturating_add(shift_by)),
            };
            let starts_ms = new.starts_ms;
            match put(&mut work, &scope, new).await {
                Ok(shift) => {
                    report.copied += 1;
                    tell(&mut work, AuditAction::DutyPlan, &shift, json!(shift));
                }
                Err(error) if error.is_the_rows() => {
                    let person = names.person(&mut work.tx, &shift.person_id).await?.name;
                    report.skipped.push(SkippedShift { person, starts_ms, cause_zh: error.zh, cause_en: error.en });
                }
                Err(error) => return Err(error),
            }
        }
        work.commit().await?;
        Ok(report)
    }

    /// A unit of work over a shift that the actor may plan.
    async fn manageable(&self, actor: &Actor, id: &ShiftId, action: AuditAction) -> ServiceResult<(Work, Shift)> {
        let mut work = self.core.begin(actor).await?;
        let Some(shift) = work.tx.shift(id).await? else { return Err(no_shift()) };
        if !self.core.may(&mut work.tx, actor, Right::DutyManage, &shift.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, action, AuditObject::Shift, id.as_str()).await);
        }
        Ok((work, shift))
    }
}

impl ServiceError {
    /// The row is wrong, not the store: the rows beside it may still be right.
    pub(super) fn is_the_rows(&self) -> bool {
        use crate::error::ErrorKind::{Conflict, Invalid, LimitReached};
        matches!(self.kind, Conflict | Invalid | LimitReached)
    }
}

/// Puts a shift on the roster. Tells nobody.
pub(super) async fn put(work: &mut Work, scope: &Scope, new: NewShift) -> ServiceResult<Shift> {
    let shift = Shift {
        id: ShiftId(new_id(work.now)),
        unit_id: new.unit_id,
        person_id: new.person_id,
        role: new.role,
        mode: new.mode,
        skills: skilled(new.skills),
        starts_ms: new.starts_ms,
        ends_ms: new.ends_ms,
        arrived_ms: None,
        left_ms: None,
        no_show_ms: None,
        version: 1,
    };
    check(work, scope, &shift).await?;
    work.tx.insert_shift(&shift).await?;
    Ok(shift)
}

/// Each once, in the order of the words.
fn skilled(skills: Vec<Skill>) -> Vec<Skill> {
    skills.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether the shift may stand on the roster as it is now.
pub(super) async fn check(work: &mut Work, scope: &Scope, shift: &Shift) -> ServiceResult<()> {
    check_span(shift.starts_ms, shift.ends_ms).map_err(span_error)?;
    if shift.ends_ms <= work.now {
        return Err(ServiceError::invalid("ends_ms", "结束时间已过", "that end is in the past"));
    }
    if shift.starts_ms.0.saturating_sub(work.now.0) > PLAN_AHEAD_MAX_MS {
        let error = ServiceError::invalid("starts_ms", "最多提前 400 天排班", "one plans 400 days ahead at most");
        return Err(ServiceError { limit: Some(PLAN_AHEAD_MAX_MS), ..error });
    }
    let person = work.tx.person(&shift.person_id).await?;
    if !person.is_some_and(|person| !person.disabled && scope.covers(&person.unit_id)) {
        return Err(ServiceError::invalid(
            "person_id",
            "人员不存在、已停用或不在您的管理范围内",
            "no such person in scope",
        ));
    }
    let same = work.tx.shifts_of_person(&shift.person_id, shift.starts_ms, shift.ends_ms).await?;
    if let Some(other) = same.iter().find(|other| shift.overlaps(other)) {
        let (from, to) = (beijing_minute(other.starts_ms), beijing_minute(other.ends_ms));
        let zh = format!("此人在 {from} 至 {to} 已有班次，与这一班重叠");
        let en = format!("the person has a shift from {from} to {to}, which overlaps");
        let error = ServiceError::conflict("overlapping", zh, en).with_value(other.id.as_str());
        return Err(ServiceError { field: Some("starts_ms"), ..error });
    }
    let around = |by: i64| Millis(shift.starts_ms.0.saturating_add(by));
    let unit = std::slice::from_ref(&shift.unit_id);
    let near = work.tx.shifts_of_units(unit, around(-WEEK_MS / 2), around(WEEK_MS / 2), MAX_SHIFTS_A_WEEK + 1).await?;
    if near.iter().filter(|other| other.id != shift.id).count() as i64 >= MAX_SHIFTS_A_WEEK {
        return Err(ServiceError::limit(
            "too_many_shifts",
            MAX_SHIFTS_A_WEEK,
            format!("一个机构一周最多排 {MAX_SHIFTS_A_WEEK} 个班次"),
            format!("a unit has at most {MAX_SHIFTS_A_WEEK} shifts a week"),
        ));
    }
    Ok(())
}

fn span_error(error: ShiftError) -> ServiceError {
    let (zh, limit) = match error {
        ShiftError::Backwards => ("结束时间须晚于开始时间", None),
        ShiftError::TooShort => ("一个班次至少 10 分钟", Some(SHIFT_MIN_MS)),
        ShiftError::TooLong => ("一个班次最长 24 小时，更长的请分成几班", Some(SHIFT_MAX_MS)),
    };
    ServiceError { limit, ..ServiceError::invalid("ends_ms", zh, error.to_string()) }
}

/// `2026-11-26 08:00`, in Beijing.
pub(super) fn beijing_minute(at: Millis) -> String {
    let day = beijing_day(at);
    let minutes = (at.0.saturating_add(8 * 3_600_000)).rem_euclid(86_400_000) / 60_000;
    let (year, rest) = day.split_at(day.len() - 4);
    let (month, date) = rest.split_at(2);
    format!("{year}-{month}-{date} {:02}:{:02}", minutes / 60, minutes % 60)
}
