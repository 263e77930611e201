//! What happened at a shift: its person reported, went, or did not come.

use super::board::{ShiftView, serving};
use super::{Duty, no_shift, tell};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use crate::work::{Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{EARLY_ARRIVAL_MS, RELIEF_WITHIN_MS, Shift, Standing, standing};
use lianxian_model::ids::ShiftId;
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde_json::json;

impl Duty {
    /// The person reports for the shift and so takes over; themself, or right `duty.manage` over the unit.
    /// Errors: `already_arrived`, `too_early`, `shift_over`.
    pub async fn arrive(&self, actor: &Actor, id: &ShiftId) -> ServiceResult<ShiftView> {
        let (mut work, mut shift, standing) = self.begun(actor, id, AuditAction::DutyArrive, Who::Person).await?;
        let now = work.now;
        match standing {
            Standing::Ahead if now.0 < shift.starts_ms.0.saturating_sub(EARLY_ARRIVAL_MS) => {
                let code = "too_early";
                let (zh, en) = ("最早可在开始前 2 小时到岗", "one reports two hours before the start at the earliest");
                return Err(ServiceError { limit: Some(EARLY_ARRIVAL_MS), ..ServiceError::conflict(code, zh, en) });
            }
            Standing::Ahead | Standing::On if shift.arrived_ms.is_some() => {
                return Err(ServiceError::conflict(
                    "already_arrived",
                    "已登记到岗",
                    "the arrival is on record already",
                ));
            }
            Standing::Ahead | Standing::On | Standing::Missing => {}
            Standing::Held | Standing::Left | Standing::Over => return Err(over()),
        }
        shift.arrived_ms = Some(now);
        unless_lost(work.tx.update_shift(&shift).await?)?;
        tell(&mut work, AuditAction::DutyArrive, &shift, json!({ "late_ms": (now.0 - shift.starts_ms.0).max(0) }));
        work.commit().await?;
        self.told(id).await
    }

    /// The person goes, before the end or from being held on; themself, or right `duty.manage` over the unit.
    /// Errors: `not_on_duty`.
    pub async fn leave(&self, actor: &Actor, id: &ShiftId) -> ServiceResult<ShiftView> {
        let (mut work, mut shift, standing) = self.begun(actor, id, AuditAction::DutyLeave, Who::Person).await?;
        if !matches!(standing, Standing::On | Standing::Held) {
            return Err(ServiceError::conflict("not_on_duty", "此人当前不在岗", "the person is not on duty now"));
        }
        shift.left_ms = Some(work.now);
        unless_lost(work.tx.update_shift(&shift).await?)?;
        tell(&mut work, AuditAction::DutyLeave, &shift, json!({ "standing": standing, "ends_ms": shift.ends_ms }));
        work.commit().await?;
        self.told(id).await
    }

    /// The person did not come: whoever had the shift before stays on. Right `duty.manage` over the unit, or whoever
    /// waits to be relieved. Errors: `already_arrived`, `already_missing`, `not_begun`, `shift_over`.
    pub async fn no_show(&self, actor: &Actor, id: &ShiftId) -> ServiceResult<ShiftView> {
        let (mut work, mut shift, standing) = self.begun(actor, id, AuditAction::DutyNoShow, Who::Outgoing).await?;
        match standing {
            Standing::On if shift.arrived_ms.is_none() => {}
            Standing::On => {
                return Err(ServiceError::conflict("already_arrived", "此人已登记到岗", "the person has reported"));
            }
            Standing::Missing => {
                return Err(ServiceError::conflict("already_missing", "已登记未到岗", "this is on record already"));
            }
            Standing::Ahead => {
                return Err(ServiceError::conflict("not_begun", "班次还没有开始", "the shift has not begun"));
            }
            Standing::Held | Standing::Left | Standing::Over => return Err(over()),
        }
        shift.no_show_ms = Some(work.now);
        unless_lost(work.tx.update_shift(&shift).await?)?;
        tell(&mut work, AuditAction::DutyNoShow, &shift, json!({ "person_id": shift.person_id }));
        work.commit().await?;
        self.told(id).await
    }

    /// A unit of work over a shift that the actor may speak for, and how the shift stands.
    async fn begun(
        &self,
        actor: &Actor,
        id: &ShiftId,
        action: AuditAction,
        who: Who,
    ) -> ServiceResult<(Work, Shift, Standing)> {
        let mut work = self.core.begin(actor).await?;
        let Some(shift) = work.tx.shift(id).await? else { return Err(no_shift()) };
        let allowed = match who {
            Who::Person => actor.account().is_some_and(|account| account.person == shift.person_id),
            Who::Outgoing => waits_for(&mut work.tx, actor, &shift).await?,
        };
        if !allowed && !self.core.may(&mut work.tx, actor, Right::DutyManage, &shift.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, action, AuditObject::Shift, id.as_str()).await);
        }
        let among = serving(&mut work.tx, &shift.unit_id, work.now, Millis(work.now.0.saturating_add(1))).await?;
        let standing = standing(&shift, &among, work.now);
        Ok((work, shift, standing))
    }
}

/// Whose word counts besides a planner's.
enum Who {
    /// The shift's own person.
    Person,
    /// Whoever has the shift before it.
    Outgoing,
}

async fn waits_for(tx: &mut Box<dyn Tx>, actor: &Actor, shift: &Shift) -> ServiceResult<bool> {
    let Some(account) = actor.account().filter(|account| account.person != shift.person_id) else { return Ok(false) };
    let from = Millis(shift.starts_ms.0 - RELIEF_WITHIN_MS - 1);
    let to = Millis(shift.starts_ms.0 + 1);
    let own = tx.shifts_of_person(&account.person, from, to).await?;
    Ok(own.iter().any(|own| own.unit_id == shift.unit_id && own.role == shift.role))
}

fn over() -> ServiceError {
    ServiceError::conflict("shift_over", "班次已经结束", "the shift is over")
}
