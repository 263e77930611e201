//! Cards 词条: what helpers say again and again, kept by a unit for itself and everyone under it: quick phrases 常用语, law cards
//! 法条卡, and templates of notes 记录模板 by the kind of the case.

use crate::case::CaseKind;
use crate::ids::{CardId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

/// Longest title, in characters; of a law card it is the source, for example 《法律援助法》第二十四条.
pub const CARD_TITLE_MAX_CHARS: usize = 60;
/// Cards of one unit, withdrawn ones included.
pub const CARDS_A_UNIT: usize = 300;

words! {
    CardKind {
        Phrase = "phrase", "常用语", "phrase";
        Law = "law", "法条卡", "law card";
        Note = "note", "记录模板", "note template";
    }
}

impl CardKind {
    /// Longest text, in characters. A phrase and a law card, its source before it, are said as one line.
    pub fn text_max_chars(self) -> usize {
        match self {
            CardKind::Phrase => 200,
            CardKind::Law => 400,
            CardKind::Note => 4_000,
        }
    }

    /// A phrase is its own title.
    pub fn needs_title(self) -> bool {
        self != CardKind::Phrase
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub id: CardId,
    pub unit_id: UnitId,
    pub kind: CardKind,
    pub title: String,
    pub text: String,
    /// Of a template: the cases that it is for; none: all.
    pub case_kind: Option<CaseKind>,
    pub changed_ms: Millis,
    pub changed_by: String,
    /// No longer offered; kept, and can be put back.
    pub withdrawn: bool,
    pub version: i64,
}
