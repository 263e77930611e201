//! Swaps of shifts and hand-overs between them.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::duty::{Handover, OpenItem, ShiftSwap};
use lianxian_model::ids::{HandoverId, SwapId, UnitId};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{AgreementRows, StoreError, StoreResult};

macro_rules! swap_columns {
    () => {
        "id, unit_id, shift_id, other_shift_id, from_person_id, to_person_id, reason, state, asked_by, asked_ms, \
         decided_by, decided_ms, note"
    };
}

macro_rules! handover_columns {
    () => {
        "id, unit_id, from_shift_id, to_shift_id, from_person_id, to_person_id, items, more_items, note, \
         out_signed_ms, answer, in_signed_ms"
    };
}

fn swap(row: &Cells<'_>) -> StoreResult<ShiftSwap> {
    Ok(ShiftSwap {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        shift_id: row.get("shift_id")?,
        other_shift_id: row.get("other_shift_id")?,
        from_person_id: row.get("from_person_id")?,
        to_person_id: row.get("to_person_id")?,
        reason: row.get("reason")?,
        state: row.get("state")?,
        asked_by: row.get("asked_by")?,
        asked_ms: row.get("asked_ms")?,
        decided_by: row.get("decided_by")?,
        decided_ms: row.get("decided_ms")?,
        note: row.get("note")?,
    })
}

fn handover(row: &Cells<'_>) -> StoreResult<Handover> {
    let items: String = row.get("items")?;
    let items: Vec<OpenItem> =
        serde_json::from_str(&items).map_err(|error| StoreError::Corrupt(format!("column items: {error}")))?;
    Ok(Handover {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        from_shift_id: row.get("from_shift_id")?,
        to_shift_id: row.get("to_shift_id")?,
        from_person_id: row.get("from_person_id")?,
        to_person_id: row.get("to_person_id")?,
        items,
        more_items: row.get("more_items")?,
        note: row.get("note")?,
        out_signed_ms: row.get("out_signed_ms")?,
        answer: row.get("answer")?,
        in_signed_ms: row.get("in_signed_ms")?,
    })
}

#[async_trait]
impl AgreementRows for UnitOfWork {
    async fn insert_swap(&mut self, swap: &ShiftSwap) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO shift_swaps (",
            swap_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        let row = values![
            swap.id,
            swap.unit_id,
            swap.shift_id,
            swap.other_shift_id,
            swap.from_person_id,
            swap.to_person_id,
            swap.reason,
            swap.state,
            swap.asked_by,
            swap.asked_ms,
            swap.decided_by,
            swap.decided_ms,
            swap.note,
        ];
        self.run_one(sql, row).await
    }

    async fn decide_swap(&mut self, swap: &ShiftSwap) -> StoreResult<bool> {
        let sql = "UPDATE shift_swaps SET state = $2, decided_by = $3, decided_ms = $4, note = $5 \
                   WHERE id = $1 AND state = 'asked'";
        let row = values![swap.id, swap.state, swap.decided_by, swap.decided_ms, swap.note];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn swap(&mut self, id: &SwapId) -> StoreResult<Option<ShiftSwap>> {
        let sql = concat!("SELECT ", swap_columns!(), " FROM shift_swaps WHERE id = $1");
        self.first(sql, values![*id], swap).await
    }

    async fn swaps_of_unit(&mut self, unit: &UnitId, since: Millis, limit: i64) -> StoreResult<Vec<ShiftSwap>> {
        let sql = concat!(
            "SELECT ",
            swap_columns!(),
            " FROM shift_swaps WHERE unit_id = $1 AND (state = 'asked' OR asked_ms >= $2) \
             ORDER BY asked_ms DESC, id DESC LIMIT $3"
        );
        self.all(sql, values![*unit, since, limit], swap).await
    }

    async fn insert_handover(&mut self, card: &Handover) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO handovers (",
            handover_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        let items = serde_json::to_string(&card.items).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let row = values![
            card.id,
            card.unit_id,
            card.from_shift_id,
            card.to_shift_id,
            card.from_person_id,
            card.to_person_id,
            items,
            card.more_items,
            card.note,
            card.out_signed_ms,
            card.answer,
            card.in_signed_ms,
        ];
        self.run_one(sql, row).await
    }

    async fn sign_handover(&mut self, card: &Handover) -> StoreResult<bool> {
        let sql = "UPDATE handovers SET answer = $2, in_signed_ms = $3 WHERE id = $1 AND in_signed_ms IS NULL";
        Ok(self.run(sql, values![card.id, card.answer, card.in_signed_ms]).await? == 1)
    }

    async fn handover(&mut self, id: &HandoverId) -> StoreResult<Option<Handover>> {
        let sql = concat!("SELECT ", handover_columns!(), " FROM handovers WHERE id = $1");
        self.first(sql, values![*id], handover).await
    }

    async fn handovers_of_unit(&mut self, unit: &UnitId, since: Millis, limit: i64) -> StoreResult<Vec<Handover>> {
        let sql = concat!(
            "SELECT ",
            handover_columns!(),
            " FROM handovers WHERE unit_id = $1 AND (in_signed_ms IS NULL OR out_signed_ms >= $2) \
             ORDER BY out_signed_ms DESC, id DESC LIMIT $3"
        );
        self.all(sql, values![*unit, since, limit], handover).await
    }
}
