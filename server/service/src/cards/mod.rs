//! Cards 词条: read by everyone who helps or asks, edited by whoever leads the desk. What was said with one is on record as it was
//! said, whatever becomes of the card.

mod usual;

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::secrets::new_id;
use crate::texts::within;
use crate::work::{About, Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::card::{CARD_TITLE_MAX_CHARS, CARDS_A_UNIT, Card, CardKind};
use lianxian_model::case::CaseKind;
use lianxian_model::event::EventKind;
use lianxian_model::ids::{CardId, UnitId};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CardView {
    pub id: CardId,
    pub unit_id: UnitId,
    pub kind: CardKind,
    pub title: String,
    pub text: String,
    pub case_kind: Option<CaseKind>,
    pub changed_ms: Millis,
    pub changed_by: String,
    pub withdrawn: bool,
    pub version: i64,
}

impl From<Card> for CardView {
    fn from(card: Card) -> Self {
        let Card { id, unit_id, kind, title, text, case_kind, changed_ms, changed_by, withdrawn, version } = card;
        Self { id, unit_id, kind, title, text, case_kind, changed_ms, changed_by, withdrawn, version }
    }
}

/// The cards of a unit and of those above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CardBoard {
    pub unit_id: UnitId,
    /// The unit's own first; withdrawn ones only for whoever may edit them.
    pub cards: Vec<CardView>,
    /// Whoever asks may edit the unit's own.
    pub may_edit: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    pub unit_id: UnitId,
    pub kind: CardKind,
    #[serde(default)]
    pub title: String,
    pub text: String,
    pub case_kind: Option<CaseKind>,
}

/// What a card is to say from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardChange {
    /// As it was read.
    pub version: i64,
    #[serde(default)]
    pub title: String,
    pub text: String,
    pub case_kind: Option<CaseKind>,
    #[serde(default)]
    pub withdrawn: bool,
}

#[derive(Clone)]
pub struct Cards {
    pub(crate) core: Core,
}

impl Cards {
    /// Of a unit (none: the highest that the actor may read) and those above it. Right `requests.read`.
    /// A district that has none gets the usual ones.
    pub async fn board(&self, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<CardBoard> {
        let (mut tx, unit) = self.core.readable(actor, Right::RequestsRead, AuditAction::CardRead, unit).await?;
        let path = tx.path_of(&unit).await?;
        if let Some(root) = path.last()
            && tx.cards_of(root).await?.is_empty()
        {
            drop(tx);
            self.put_usual(root).await?;
            tx = self.core.read().await?;
        }
        let mut cards = Vec::new();
        for above in &path {
            let may = self.core.may(&mut tx, actor, Right::RequestsManage, above).await?;
            cards.extend(
                tx.cards_of(above).await?.into_iter().filter(|card| may || !card.withdrawn).map(CardView::from),
            );
        }
        let may_edit = self.core.may(&mut tx, actor, Right::RequestsManage, &unit).await?;
        Ok(CardBoard { unit_id: unit, cards, may_edit })
    }

    async fn put_usual(&self, root: &UnitId) -> ServiceResult<()> {
        let mut work = self.core.begin(&Actor::System).await?;
        // Two may have asked at once.
        if work.tx.cards_of(root).await?.is_empty() {
            for (kind, title, text, case_kind) in usual::CARDS {
                let card = Card {
                    id: CardId(new_id(work.now)),
                    unit_id: root.clone(),
                    kind: *kind,
                    title: (*title).to_owned(),
                    text: (*text).to_owned(),
                    case_kind: *case_kind,
                    changed_ms: work.now,
                    changed_by: "系统".to_owned(),
                    withdrawn: false,
                    version: 1,
                };
                work.tx.insert_card(&card).await?;
            }
            work.audit(
                AuditAction::CardUsual,
                AuditObject::Unit,
                root.as_str(),
                json!({ "cards": usual::CARDS.len() }),
            );
        }
        work.commit().await?;
        Ok(())
    }

    /// Right `requests.manage` over the unit. Errors: `too_many_cards`; `invalid` with its field.
    pub async fn make(&self, actor: &Actor, new: NewCard) -> ServiceResult<CardView> {
        let (title, text) = checked(new.kind, &new.title, &new.text)?;
        let mut work = self.core.begin(actor).await?;
        work.tx.unit(&new.unit_id).await?.ok_or_else(|| ServiceError::not_found("机构", "unit"))?;
        if !self.core.may(&mut work.tx, actor, Right::RequestsManage, &new.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::CardMake, AuditObject::Unit, new.unit_id.as_str()).await);
        }
        if work.tx.cards_of(&new.unit_id).await?.len() >= CARDS_A_UNIT {
            return Err(ServiceError::limit(
                "too_many_cards",
                CARDS_A_UNIT as i64,
                format!("一个机构最多 {CARDS_A_UNIT} 个词条，请修改已有的或停用的词条"),
                format!("a unit has at most {CARDS_A_UNIT} cards: change one that is there"),
            ));
        }
        let card = Card {
            id: CardId(new_id(work.now)),
            unit_id: new.unit_id,
            kind: new.kind,
            title,
            text,
            case_kind: new.case_kind.filter(|_| new.kind == CardKind::Note),
            changed_ms: work.now,
            changed_by: actor.name().to_owned(),
            withdrawn: false,
            version: 1,
        };
        work.tx.insert_card(&card).await?;
        told(&mut work, AuditAction::CardMake, &card);
        work.commit().await?;
        Ok(card.into())
    }

    /// Changes, withdraws or puts back. Right `requests.manage` over its unit. Errors: `changed_meanwhile`; `invalid` with its field.
    pub async fn change(&self, actor: &Actor, id: &CardId, change: CardChange) -> ServiceResult<CardView> {
        let mut work = self.core.begin(actor).await?;
        let card = work.tx.card(id).await?.ok_or_else(|| ServiceError::not_found("词条", "card"))?;
        if !self.core.may(&mut work.tx, actor, Right::RequestsManage, &card.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::CardChange, AuditObject::Card, id.as_str()).await);
        }
        let (title, text) = checked(card.kind, &change.title, &change.text)?;
        let mut card = Card {
            title,
            text,
            case_kind: change.case_kind.filter(|_| card.kind == CardKind::Note),
            changed_ms: work.now,
            changed_by: actor.name().to_owned(),
            withdrawn: change.withdrawn,
            version: change.version,
            ..card
        };
        unless_lost(work.tx.update_card(&card).await?)?;
        card.version += 1;
        told(&mut work, AuditAction::CardChange, &card);
        work.commit().await?;
        Ok(card.into())
    }
}

fn checked(kind: CardKind, title: &str, text: &str) -> ServiceResult<(String, String)> {
    let title = within("title", title, CARD_TITLE_MAX_CHARS)?;
    let text = within("text", text, kind.text_max_chars())?;
    if text.is_empty() {
        return Err(ServiceError::invalid("text", "请填写内容", "a card needs words"));
    }
    if kind.needs_title() && title.is_empty() {
        let (zh, en) = match kind {
            CardKind::Law => ("请写明出处，例如《法律援助法》第三十一条", "name the source: the law and its article"),
            _ => ("请填写名称", "a template needs a name"),
        };
        return Err(ServiceError::invalid("title", zh, en));
    }
    Ok((title, text))
}

fn told(work: &mut Work, action: AuditAction, card: &Card) {
    let detail = json!({
        "kind": card.kind, "title": card.title, "text": card.text, "withdrawn": card.withdrawn, "version": card.version,
    });
    work.audit(action, AuditObject::Card, card.id.as_str(), detail);
    let about = About { unit: Some(card.unit_id.clone()), ..About::default() };
    work.event(EventKind::CardChanged, about, json!({ "card_id": card.id }));
}
