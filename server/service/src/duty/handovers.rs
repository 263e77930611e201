//! Hand-overs: the outgoing person signs a card that names what is open, the incoming one signs it and so takes over.

use super::board::{Names, serving};
use super::{Duty, no_shift, tell, worded};
use crate::actor::{Actor, Scope};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::page::Keyset;
use crate::ports::store::{DirectiveQuery, RequestQuery, Tx};
use crate::requests::MAX_OPEN_LISTED;
use crate::secrets::new_id;
use crate::work::unless_lost;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{
    DutyRole, HELD_MAX_MS, Handover, OpenItem, OpenItemKind, RELIEF_WITHIN_MS, Shift, Standing, standing,
};
use lianxian_model::ids::{HandoverId, ShiftId, UnitId};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Open items that one card holds; of more, the number is told.
pub const OPEN_ITEMS_A_CARD: usize = 200;
/// Cards that one reading gives.
const CARDS_SHOWN: i64 = 50;
/// How long a signed card is among those that are read, in milliseconds.
const CARDS_SHOWN_MS: i64 = 7 * 24 * 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHandover {
    /// The outgoing person's own shift.
    pub from_shift_id: ShiftId,
    /// The shift that relieves it.
    pub to_shift_id: ShiftId,
    #[serde(default)]
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandoverView {
    pub id: HandoverId,
    pub role: DutyRole,
    pub from: Named,
    pub to: Named,
    pub items: Vec<OpenItem>,
    /// How many more there were than the card holds.
    pub more_items: i64,
    pub note: String,
    pub out_signed_ms: Millis,
    pub answer: String,
    /// None: it waits for the incoming person.
    pub in_signed_ms: Option<Millis>,
    /// The account may sign it as the incoming person.
    pub may_sign: bool,
}

/// Of a shift that ends or ended, nobody wrote the card yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DueHandover {
    pub from_shift_id: ShiftId,
    pub to_shift_id: ShiftId,
    pub role: DutyRole,
    pub from: Named,
    pub to: Named,
    /// When the outgoing shift ends or ended.
    pub ends_ms: Millis,
    /// The account may write it.
    pub mine: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Handovers {
    /// From an hour before the outgoing shift's end to twelve hours after, oldest first.
    pub due: Vec<DueHandover>,
    /// Those that wait, and those of a week, newest first.
    pub cards: Vec<HandoverView>,
    /// What is open in the unit's subtree now.
    pub open: Vec<OpenItem>,
}

impl Duty {
    /// Right `duty.read` over the unit.
    pub async fn handovers(&self, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<Handovers> {
        let (mut tx, unit) = self.readable(actor, unit).await?;
        let at = self.core.now();
        let own = actor.account().map(|account| account.person.clone());
        let cards = tx.handovers_of_unit(&unit, Millis(at.0 - CARDS_SHOWN_MS), CARDS_SHOWN).await?;
        let mut names = Names::default();
        let to = Millis(at.0.saturating_add(2 * RELIEF_WITHIN_MS));
        let mut shifts = serving(&mut tx, &unit, at, to).await?;
        shifts.retain(|shift| shift.unit_id == unit);
        let (mut due, mut relays) = (Vec::new(), false);
        for (from, to) in pairs(&shifts, at) {
            relays |= own.as_ref().is_some_and(|own| [&from.person_id, &to.person_id].contains(&own));
            if cards.iter().any(|card| card.from_shift_id == from.id && card.to_shift_id == to.id) {
                continue;
            }
            due.push(DueHandover {
                from_shift_id: from.id.clone(),
                to_shift_id: to.id.clone(),
                role: from.role,
                from: names.person(&mut tx, &from.person_id).await?,
                to: names.person(&mut tx, &to.person_id).await?,
                ends_ms: from.ends_ms,
                mine: own.as_ref() == Some(&from.person_id),
            });
        }
        due.sort_by_key(|due| due.ends_ms);
        let mut views = Vec::new();
        for card in cards {
            views.push(viewed(&self.core, &mut tx, actor, &mut names, card).await?);
        }
        let (open, _) = open_items(&self.core, &mut tx, &unit).await?;
        // Whoever hands over or takes over reads all that the card will say, others what they may read anyway.
        let open = if relays { open } else { readable_items(&self.core, &mut tx, actor, &unit, open).await? };
        Ok(Handovers { due, cards: views, open })
    }

    /// The outgoing person signs; the card takes what is open at that moment. Errors: `invalid` with the field,
    /// `already_signed`, `not_on_duty`.
    pub async fn hand_over(&self, actor: &Actor, new: NewHandover) -> ServiceResult<HandoverView> {
        let note = worded(&new.note, "note", false)?;
        let mut work = self.core.begin(actor).await?;
        let Some(from) = work.tx.shift(&new.from_shift_id).await? else { return Err(no_shift()) };
        if actor.account().is_none_or(|account| account.person != from.person_id) {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::DutyHandOver, AuditObject::Shift, new.from_shift_id.as_str())
                .await);
        }
        let now = work.now;
        let begun = from.starts_ms <= now && now.0.saturating_sub(from.ends_ms.0) < HELD_MAX_MS;
        if !begun {
            let (zh, en) =
                ("只能在本班期间或结束后 12 小时内交班", "one hands over during the shift or within 12 h after");
            return Err(ServiceError { limit: Some(HELD_MAX_MS), ..ServiceError::conflict("not_on_duty", zh, en) });
        }
        let to = work.tx.shift(&new.to_shift_id).await?;
        let Some(to) = to.filter(|to| from.is_relieved_by(to) && to.person_id != from.person_id) else {
            let (zh, en) = ("接班班次须紧接本班（同机构、同岗位、另一人）", "that shift does not relieve this one");
            return Err(ServiceError::invalid("to_shift_id", zh, en));
        };
        let before = work.tx.handovers_of_unit(&from.unit_id, from.starts_ms, i64::from(u16::MAX)).await?;
        if before.iter().any(|card| card.from_shift_id == from.id && card.to_shift_id == to.id) {
            return Err(ServiceError::conflict("already_signed", "已经签过交班", "the hand-over is signed already"));
        }
        let (items, more_items) = open_items(&self.core, &mut work.tx, &from.unit_id).await?;
        let card = Handover {
            id: HandoverId(new_id(now)),
            unit_id: from.unit_id.clone(),
            from_shift_id: from.id.clone(),
            to_shift_id: to.id,
            from_person_id: from.person_id.clone(),
            to_person_id: to.person_id,
            items,
            more_items,
            note,
            out_signed_ms: now,
            answer: String::new(),
            in_signed_ms: None,
        };
        work.tx.insert_handover(&card).await?;
        tell(&mut work, AuditAction::DutyHandOver, &from, json!({ "handover_id": card.id, "items": card.items.len() }));
        work.commit().await?;
        let mut tx = self.core.read().await?;
        viewed(&self.core, &mut tx, actor, &mut Names::default(), card).await
    }

    /// The incoming person signs, and so has arrived. Errors: `already_signed`.
    pub async fn take_over(&self, actor: &Actor, id: &HandoverId, answer: &str) -> ServiceResult<HandoverView> {
        let answer = worded(answer, "answer", false)?;
        let mut work = self.core.begin(actor).await?;
        let found = work.tx.handover(id).await?;
        let Some(mut card) = found else { return Err(ServiceError::not_found("交接卡", "hand-over")) };
        if actor.account().is_none_or(|account| account.person != card.to_person_id) {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::DutyTakeOver, AuditObject::Handover, id.as_str()).await);
        }
        card.answer = answer;
        card.in_signed_ms = Some(work.now);
        if !work.tx.sign_handover(&card).await? {
            return Err(ServiceError::conflict("already_signed", "已经签过接班", "the hand-over is signed already"));
        }
        let Some(mut shift) = work.tx.shift(&card.to_shift_id).await? else { return Err(no_shift()) };
        let now = work.now;
        let standing = standing(&shift, std::slice::from_ref(&shift), now);
        let came = matches!(standing, Standing::Ahead | Standing::On) && shift.arrived_ms.is_none();
        if came || standing == Standing::Missing {
            shift.arrived_ms = Some(now);
            unless_lost(work.tx.update_shift(&shift).await?)?;
        }
        tell(&mut work, AuditAction::DutyTakeOver, &shift, json!({ "handover_id": card.id }));
        work.commit().await?;
        let mut tx = self.core.read().await?;
        viewed(&self.core, &mut tx, actor, &mut Names::default(), card).await
    }
}

/// Shifts about to end, or ended not long ago, each with what relieves it. A person who goes on hands nothing over.
fn pairs(shifts: &[Shift], at: Millis) -> impl Iterator<Item = (&Shift, &Shift)> {
    let near = move |from: &&Shift| {
        from.starts_ms <= at && at.0 >= from.ends_ms.0 - RELIEF_WITHIN_MS && at.0 < from.ends_ms.0 + HELD_MAX_MS
    };
    shifts.iter().filter(near).flat_map(move |from| {
        let reliefs = shifts.iter().filter(move |to| from.is_relieved_by(to));
        // Of two who come at once, one who goes on is relieved by nobody.
        let goes_on = shifts.iter().any(|to| from.is_relieved_by(to) && to.person_id == from.person_id);
        reliefs.filter(move |_| !goes_on).map(move |to| (from, to))
    })
}

/// What goes on in the unit's subtree, oldest first, and how many more than a card holds.
async fn open_items(core: &Core, tx: &mut Box<dyn Tx>, unit: &UnitId) -> ServiceResult<(Vec<OpenItem>, i64)> {
    let within = Scope::subtrees(std::slice::from_ref(unit), &core.tree().await?);
    let mut items = Vec::new();
    for session in tx.open_sessions().await? {
        if session.unit_id.as_ref().is_some_and(|unit| within.covers(unit)) {
            items.push(OpenItem {
                kind: OpenItemKind::Session,
                id: session.id.0,
                number: session.number,
                title: session.purpose,
                since_ms: session.started_ms,
            });
        }
    }
    let open = RequestQuery { roots: Some(vec![unit.clone()]), open: Some(true), ..RequestQuery::default() };
    for request in tx.requests(&open, &Keyset { before: None, limit: MAX_OPEN_LISTED }).await? {
        items.push(OpenItem {
            kind: OpenItemKind::Request,
            id: request.id.0,
            number: request.number,
            title: format!("{}：{}", request.state.zh(), request.sentence),
            since_ms: request.raised_ms,
        });
    }
    let open = DirectiveQuery { roots: Some(vec![unit.clone()]), open: Some(true), ..DirectiveQuery::default() };
    for directive in tx.directives(&open, &Keyset { before: None, limit: MAX_OPEN_LISTED }).await? {
        items.push(OpenItem {
            kind: OpenItemKind::Directive,
            id: directive.id.0,
            number: directive.number,
            title: format!("{}：{}", directive.state.zh(), directive.finding),
            since_ms: directive.issued_ms,
        });
    }
    items.sort_by_key(|item| item.since_ms);
    let more = items.len().saturating_sub(OPEN_ITEMS_A_CARD);
    items.truncate(OPEN_ITEMS_A_CARD);
    Ok((items, more as i64))
}

/// Those of the items that the actor may read where they are from.
async fn readable_items(
    core: &Core,
    tx: &mut Box<dyn Tx>,
    actor: &Actor,
    unit: &UnitId,
    mut items: Vec<OpenItem>,
) -> ServiceResult<Vec<OpenItem>> {
    for (kind, right) in [
        (OpenItemKind::Session, Right::SessionsRead),
        (OpenItemKind::Request, Right::RequestsRead),
        (OpenItemKind::Directive, Right::DirectivesRead),
    ] {
        if !core.may(tx, actor, right, unit).await? {
            items.retain(|item| item.kind != kind);
        }
    }
    Ok(items)
}

/// Whoever gave or takes the card over reads all of it, others what they may read anyway.
async fn viewed(
    core: &Core,
    tx: &mut Box<dyn Tx>,
    actor: &Actor,
    names: &mut Names,
    card: Handover,
) -> ServiceResult<HandoverView> {
    let own = actor.account().is_some_and(|a| [&card.from_person_id, &card.to_person_id].contains(&&a.person));
    let items = if own { card.items } else { readable_items(core, tx, actor, &card.unit_id, card.items).await? };
    let role = tx.shift(&card.from_shift_id).await?.map_or(DutyRole::Operator, |shift| shift.role);
    let incoming = actor.account().is_some_and(|account| account.person == card.to_person_id);
    Ok(HandoverView {
        role,
        from: names.person(tx, &card.from_person_id).await?,
        to: names.person(tx, &card.to_person_id).await?,
        may_sign: incoming && card.in_signed_ms.is_none(),
        id: card.id,
        items,
        more_items: card.more_items,
        note: card.note,
        out_signed_ms: card.out_signed_ms,
        answer: card.answer,
        in_signed_ms: card.in_signed_ms,
    })
}
