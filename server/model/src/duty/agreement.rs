//! What people agree on about their shifts: swaps 换班, asked for and approved, and the card by which a shift is handed
//! over 交接班, signed by both.

use crate::ids::{HandoverId, PersonId, ShiftId, SwapId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    SwapState {
        Asked = "asked", "待审批", "asked for";
        Approved = "approved", "已同意", "approved";
        Refused = "refused", "已拒绝", "refused";
        Withdrawn = "withdrawn", "已撤回", "withdrawn";
    }
}

/// Somebody else is to have a shift, perhaps in exchange for one of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftSwap {
    pub id: SwapId,
    pub unit_id: UnitId,
    pub shift_id: ShiftId,
    /// Of `to_person_id`, given back in exchange.
    pub other_shift_id: Option<ShiftId>,
    /// Whose the shift was when it was asked for.
    pub from_person_id: PersonId,
    pub to_person_id: PersonId,
    pub reason: String,
    pub state: SwapState,
    pub asked_by: PersonId,
    pub asked_ms: Millis,
    pub decided_by: Option<PersonId>,
    pub decided_ms: Option<Millis>,
    /// Of whoever decided.
    pub note: String,
}

words! {
    /// What a hand-over's open item is.
    OpenItemKind {
        Session = "session", "进行中的会话", "open session";
        Request = "request", "未办结的求助单", "open help request";
        Directive = "directive", "未销号的督办单", "open directive";
    }
}

/// Something that goes on over the change of shifts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OpenItem {
    pub kind: OpenItemKind,
    /// Its id.
    pub id: String,
    /// As people call it.
    pub number: String,
    /// What it is about.
    pub title: String,
    pub since_ms: Millis,
}

/// A relay card. The outgoing person signs by writing it, the incoming one by answering it; neither is changed after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    pub id: HandoverId,
    pub unit_id: UnitId,
    pub from_shift_id: ShiftId,
    pub to_shift_id: ShiftId,
    pub from_person_id: PersonId,
    pub to_person_id: PersonId,
    /// What was open when the outgoing person signed.
    pub items: Vec<OpenItem>,
    /// How many more there were than the card holds.
    pub more_items: i64,
    pub note: String,
    pub out_signed_ms: Millis,
    /// What the incoming person has to say.
    pub answer: String,
    pub in_signed_ms: Option<Millis>,
}
