//! Cards: phrases, law cards and templates of notes, of a unit.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::card::Card;
use lianxian_model::ids::{CardId, UnitId};
use lianxian_service::ports::store::{CardRows, StoreResult};

macro_rules! card_columns {
    () => {
        "id, unit_id, kind, title, text, case_kind, changed_ms, changed_by, withdrawn, version"
    };
}

fn card(row: &Cells<'_>) -> StoreResult<Card> {
    Ok(Card {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        kind: row.get("kind")?,
        title: row.get("title")?,
        text: row.get("text")?,
        case_kind: row.get("case_kind")?,
        changed_ms: row.get("changed_ms")?,
        changed_by: row.get("changed_by")?,
        withdrawn: row.get("withdrawn")?,
        version: row.get("version")?,
    })
}

#[async_trait]
impl CardRows for UnitOfWork {
    async fn insert_card(&mut self, card: &Card) -> StoreResult<()> {
        let sql = concat!("INSERT INTO cards (", card_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        let row = values![
            card.id,
            card.unit_id,
            card.kind,
            card.title,
            card.text,
            card.case_kind,
            card.changed_ms,
            card.changed_by,
            card.withdrawn,
            card.version,
        ];
        self.run_one(sql, row).await
    }

    async fn update_card(&mut self, card: &Card) -> StoreResult<bool> {
        let sql = "UPDATE cards SET title = $3, text = $4, case_kind = $5, changed_ms = $6, changed_by = $7, \
                   withdrawn = $8, version = version + 1 WHERE id = $1 AND version = $2";
        let row = values![
            card.id,
            card.version,
            card.title,
            card.text,
            card.case_kind,
            card.changed_ms,
            card.changed_by,
            card.withdrawn,
        ];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn card(&mut self, id: &CardId) -> StoreResult<Option<Card>> {
        let sql = concat!("SELECT ", card_columns!(), " FROM cards WHERE id = $1");
        self.first(sql, values![*id], card).await
    }

    async fn cards_of(&mut self, unit: &UnitId) -> StoreResult<Vec<Card>> {
        let sql = concat!("SELECT ", card_columns!(), " FROM cards WHERE unit_id = $1 ORDER BY id");
        self.all(sql, values![*unit], card).await
    }
}
