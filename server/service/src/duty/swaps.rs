//! Swaps of shifts: asked for by whoever has the shift, decided by whoever plans the roster.

use super::board::Names;
use super::plan::check;
use super::{Duty, no_shift, tell, worded};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::ports::store::Tx;
use crate::secrets::new_id;
use crate::work::{Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{Shift, ShiftSwap, SwapState};
use lianxian_model::ids::{PersonId, ShiftId, SwapId, UnitId};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Swaps that one reading gives.
const SWAPS_SHOWN: i64 = 100;
/// How long a decided swap is among those that are read, in milliseconds.
const SWAPS_SHOWN_MS: i64 = 30 * 24 * 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSwap {
    pub shift_id: ShiftId,
    /// Who is to have it.
    pub to_person_id: PersonId,
    /// Of that person, in exchange.
    pub other_shift_id: Option<ShiftId>,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwapDecision {
    pub approve: bool,
    #[serde(default)]
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwapSpan {
    pub shift_id: ShiftId,
    pub starts_ms: Millis,
    pub ends_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwapView {
    pub id: SwapId,
    pub from: Named,
    pub to: Named,
    /// None: it is not on the roster any more.
    pub shift: Option<SwapSpan>,
    pub other: Option<SwapSpan>,
    pub reason: String,
    pub state: SwapState,
    pub asked_by: Named,
    pub asked_ms: Millis,
    pub decided_by: Option<Named>,
    pub decided_ms: Option<Millis>,
    pub note: String,
    /// The account may approve or refuse it.
    pub may_decide: bool,
    /// The account may take it back.
    pub may_withdraw: bool,
}

impl Duty {
    /// Whoever has the shift, or right `duty.manage` over its unit. Errors: `invalid` with the field, `shift_begun`,
    /// `already_asked`.
    pub async fn ask_swap(&self, actor: &Actor, new: NewSwap) -> ServiceResult<SwapView> {
        let reason = worded(&new.reason, "reason", true)?;
        let mut work = self.core.begin(actor).await?;
        let Some(shift) = work.tx.shift(&new.shift_id).await? else { return Err(no_shift()) };
        let Some(account) = actor.account() else { return Err(ServiceError::forbidden()) };
        if account.person != shift.person_id
            && !self.core.may(&mut work.tx, actor, Right::DutyManage, &shift.unit_id).await?
        {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::DutyAskSwap, AuditObject::Shift, new.shift_id.as_str())
                .await);
        }
        if shift.starts_ms <= work.now {
            return Err(begun());
        }
        let person = work.tx.person(&new.to_person_id).await?.filter(|person| !person.disabled);
        if person.is_none() || new.to_person_id == shift.person_id {
            return Err(ServiceError::invalid("to_person_id", "请选择另一位在用的人员", "choose another person"));
        }
        if let Some(other) = &new.other_shift_id {
            let other = work.tx.shift(other).await?.filter(|other| {
                other.person_id == new.to_person_id && other.unit_id == shift.unit_id && other.starts_ms > work.now
            });
            if other.is_none() {
                let (zh, en) =
                    ("交换的班次须是对方尚未开始的班次", "the other shift must be theirs, of this unit, and to come");
                return Err(ServiceError::invalid("other_shift_id", zh, en));
            }
        }
        let open = work.tx.swaps_of_unit(&shift.unit_id, work.now, SWAPS_SHOWN).await?;
        if open.iter().any(|swap| swap.state == SwapState::Asked && swap.shift_id == shift.id) {
            let (zh, en) = ("这个班次已有待审批的换班", "a swap of this shift waits for its decision");
            return Err(ServiceError::conflict("already_asked", zh, en));
        }
        let swap = ShiftSwap {
            id: SwapId(new_id(work.now)),
            unit_id: shift.unit_id.clone(),
            shift_id: shift.id.clone(),
            other_shift_id: new.other_shift_id,
            from_person_id: shift.person_id.clone(),
            to_person_id: new.to_person_id,
            reason,
            state: SwapState::Asked,
            asked_by: account.person.clone(),
            asked_ms: work.now,
            decided_by: None,
            decided_ms: None,
            note: String::new(),
        };
        work.tx.insert_swap(&swap).await?;
        tell(&mut work, AuditAction::DutyAskSwap, &shift, json!(swap));
        work.commit().await?;
        self.swap_view(actor, &swap.id).await
    }

    /// Those that wait, and those asked for within 30 days, newest first. Right `duty.read` over the unit.
    pub async fn swaps(&self, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<Vec<SwapView>> {
        let (mut tx, unit) = self.readable(actor, unit).await?;
        let since = Millis(self.core.now().0 - SWAPS_SHOWN_MS);
        let mut names = Names::default();
        let mut views = Vec::new();
        for swap in tx.swaps_of_unit(&unit, since, SWAPS_SHOWN).await? {
            views.push(self.viewed(&mut tx, actor, &mut names, swap).await?);
        }
        Ok(views)
    }

    /// Right `duty.manage` over the unit. Approved, the shifts are the other persons' at once. Errors: `already_decided`,
    /// `shift_begun`, `changed_meanwhile`, `overlapping`.
    pub async fn decide_swap(&self, actor: &Actor, id: &SwapId, decision: SwapDecision) -> ServiceResult<SwapView> {
        let note = worded(&decision.note, "note", false)?;
        let mut work = self.core.begin(actor).await?;
        let Some(mut swap) = work.tx.swap(id).await? else { return Err(no_swap()) };
        if !self.core.may(&mut work.tx, actor, Right::DutyManage, &swap.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::DutyDecideSwap, AuditObject::Swap, id.as_str()).await);
        }
        swap.state = if decision.approve { SwapState::Approved } else { SwapState::Refused };
        swap.note = note;
        let shift = self.decided(&mut work, actor, &mut swap).await?;
        if decision.approve {
            let mut shift = shift.ok_or_else(no_shift)?;
            if shift.person_id != swap.from_person_id {
                return Err(gone());
            }
            shift.person_id = swap.to_person_id.clone();
            let other = match &swap.other_shift_id {
                None => None,
                Some(other) => {
                    let other = work.tx.shift(other).await?.filter(|other| other.person_id == swap.to_person_id);
                    let other = other.ok_or_else(gone)?;
                    Some(Shift { person_id: swap.from_person_id.clone(), ..other })
                }
            };
            self.hand(&mut work, actor, shift, other).await?;
        }
        let action = if decision.approve { AuditAction::DutyApproveSwap } else { AuditAction::DutyRefuseSwap };
        work.audit(action, AuditObject::Swap, id.as_str(), json!(swap));
        work.commit().await?;
        self.swap_view(actor, id).await
    }

    /// Whoever asked for it. Errors: `already_decided`.
    pub async fn withdraw_swap(&self, actor: &Actor, id: &SwapId) -> ServiceResult<SwapView> {
        let mut work = self.core.begin(actor).await?;
        let Some(mut swap) = work.tx.swap(id).await? else { return Err(no_swap()) };
        if actor.account().is_none_or(|account| account.person != swap.asked_by) {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::DutyWithdrawSwap, AuditObject::Swap, id.as_str()).await);
        }
        swap.state = SwapState::Withdrawn;
        self.decided(&mut work, actor, &mut swap).await?;
        work.audit(AuditAction::DutyWithdrawSwap, AuditObject::Swap, id.as_str(), json!(swap));
        work.commit().await?;
        self.swap_view(actor, id).await
    }

    /// Writes the decision down and tells of it; the shift, if it is still on the roster.
    async fn decided(&self, work: &mut Work, actor: &Actor, swap: &mut ShiftSwap) -> ServiceResult<Option<Shift>> {
        swap.decided_by = actor.account().map(|account| account.person.clone());
        swap.decided_ms = Some(work.now);
        if !work.tx.decide_swap(swap).await? {
            return Err(ServiceError::conflict("already_decided", "这次换班已有结果", "the swap is decided already"));
        }
        let shift = work.tx.shift(&swap.shift_id).await?;
        let about = crate::work::About { unit: Some(swap.unit_id.clone()), ..Default::default() };
        let payload = json!({ "shift_id": swap.shift_id, "swap_id": swap.id, "state": swap.state });
        work.event(lianxian_model::event::EventKind::DutyChanged, about, payload);
        Ok(shift)
    }

    /// Both shifts get their new persons, or none does.
    async fn hand(&self, work: &mut Work, actor: &Actor, shift: Shift, other: Option<Shift>) -> ServiceResult<()> {
        let scope = self.core.scope(actor, Right::DutyManage).await?;
        let shifts: Vec<Shift> = std::iter::once(shift).chain(other).collect();
        if shifts.iter().any(|shift| shift.starts_ms <= work.now) {
            return Err(begun());
        }
        for shift in &shifts {
            unless_lost(work.tx.update_shift(shift).await?)?;
        }
        for shift in &shifts {
            check(work, &scope, shift).await?;
            work.audit(AuditAction::DutyChange, AuditObject::Shift, shift.id.as_str(), json!({ "after": shift }));
        }
        Ok(())
    }

    async fn swap_view(&self, actor: &Actor, id: &SwapId) -> ServiceResult<SwapView> {
        let mut tx = self.core.read().await?;
        let Some(swap) = tx.swap(id).await? else { return Err(no_swap()) };
        self.viewed(&mut tx, actor, &mut Names::default(), swap).await
    }

    async fn viewed(
        &self,
        tx: &mut Box<dyn Tx>,
        actor: &Actor,
        names: &mut Names,
        swap: ShiftSwap,
    ) -> ServiceResult<SwapView> {
        let asked = swap.state == SwapState::Asked;
        let decided_by = match &swap.decided_by {
            Some(person) => Some(names.person(tx, person).await?),
            None => None,
        };
        let other = match &swap.other_shift_id {
            Some(other) => span(tx, other).await?,
            None => None,
        };
        Ok(SwapView {
            from: names.person(tx, &swap.from_person_id).await?,
            to: names.person(tx, &swap.to_person_id).await?,
            shift: span(tx, &swap.shift_id).await?,
            other,
            asked_by: names.person(tx, &swap.asked_by).await?,
            decided_by,
            may_decide: asked && self.core.may(tx, actor, Right::DutyManage, &swap.unit_id).await?,
            may_withdraw: asked && actor.account().is_some_and(|account| account.person == swap.asked_by),
            id: swap.id,
            reason: swap.reason,
            state: swap.state,
            asked_ms: swap.asked_ms,
            decided_ms: swap.decided_ms,
            note: swap.note,
        })
    }
}

async fn span(tx: &mut Box<dyn Tx>, id: &ShiftId) -> ServiceResult<Option<SwapSpan>> {
    let shift = tx.shift(id).await?;
    Ok(shift.map(|shift| SwapSpan { shift_id: shift.id, starts_ms: shift.starts_ms, ends_ms: shift.ends_ms }))
}

fn begun() -> ServiceError {
    ServiceError::conflict("shift_begun", "班次已经开始，不能再换班", "the shift has begun: it cannot be swapped")
}

fn gone() -> ServiceError {
    let (zh, en) =
        ("班次已另有安排，请拒绝后重新申请", "the shift is somebody else's by now: refuse this and ask anew");
    ServiceError::conflict("changed_meanwhile", zh, en)
}

fn no_swap() -> ServiceError {
    ServiceError::not_found("换班申请", "swap")
}
