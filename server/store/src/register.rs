//! The view register: rows are written when a session opens, closed once, and never changed otherwise.

use crate::cells::{Cells, values};
use crate::select::Select;
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{PersonId, SessionId, UnitId};
use lianxian_model::register::RegisterRow;
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{RegisterRows, StoreResult};
use lianxian_service::register::RegisterFilter;

macro_rules! register_columns {
    () => {
        "id, session_id, number, site_id, site_name, site_unit_id, purpose, content, unit_id, unit_name, person_id, \
         person_name, account_id, from_ms, to_ms, first_picture_ms, mode"
    };
}

fn register(row: &Cells<'_>) -> StoreResult<RegisterRow> {
    Ok(RegisterRow {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        number: row.get("number")?,
        site_id: row.get("site_id")?,
        site_name: row.get("site_name")?,
        site_unit_id: row.get("site_unit_id")?,
        purpose: row.get("purpose")?,
        content: row.get("content")?,
        unit_id: row.get("unit_id")?,
        unit_name: row.get("unit_name")?,
        person_id: row.get("person_id")?,
        person_name: row.get("person_name")?,
        account_id: row.get("account_id")?,
        from_ms: row.get("from_ms")?,
        to_ms: row.get("to_ms")?,
        first_picture_ms: row.get("first_picture_ms")?,
        mode: row.get("mode")?,
    })
}

#[async_trait]
impl RegisterRows for UnitOfWork {
    async fn insert_register(&mut self, row: &RegisterRow) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO register_rows (",
            register_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        );
        let row = values![
            row.id,
            row.session_id,
            row.number,
            row.site_id,
            row.site_name,
            row.site_unit_id,
            row.purpose,
            row.content,
            row.unit_id,
            row.unit_name,
            row.person_id,
            row.person_name,
            row.account_id,
            row.from_ms,
            row.to_ms,
            row.first_picture_ms,
            row.mode,
        ];
        self.run_one(sql, row).await
    }

    async fn close_register(&mut self, session: &SessionId, at: Millis) -> StoreResult<()> {
        let sql = "UPDATE register_rows SET to_ms = CASE WHEN from_ms > $2 THEN from_ms ELSE $2 END \
                   WHERE session_id = $1 AND to_ms IS NULL";
        self.run(sql, values![*session, at]).await?;
        Ok(())
    }

    async fn close_register_of(&mut self, session: &SessionId, person: &PersonId, at: Millis) -> StoreResult<()> {
        let sql = "UPDATE register_rows SET to_ms = CASE WHEN from_ms > $3 THEN from_ms ELSE $3 END \
                   WHERE session_id = $1 AND person_id = $2 AND to_ms IS NULL";
        self.run(sql, values![*session, *person, at]).await?;
        Ok(())
    }

    async fn mark_first_picture(&mut self, session: &SessionId, at: Millis) -> StoreResult<()> {
        let sql = "UPDATE register_rows SET first_picture_ms = $2 \
                   WHERE session_id = $1 AND first_picture_ms IS NULL AND to_ms IS NULL";
        self.run(sql, values![*session, at]).await?;
        Ok(())
    }

    async fn register(
        &mut self,
        roots: Option<&[UnitId]>,
        filter: &RegisterFilter,
        page: &Keyset,
    ) -> StoreResult<Vec<RegisterRow>> {
        let mut select = Select::new(concat!("SELECT ", register_columns!(), " FROM register_rows"));
        if let Some(roots) = roots {
            select.and_within("site_unit_id", roots);
        }
        if let Some(unit) = &filter.unit_id {
            select.and_within("site_unit_id", std::slice::from_ref(unit));
        }
        select.and_if("site_id = ?1", &filter.site_id);
        select.and_if("person_id = ?1", &filter.person_id);
        select.and_if("(to_ms IS NULL OR to_ms >= ?1)", &filter.from_ms);
        select.and_if("from_ms < ?1", &filter.to_ms);
        self.selected(select.page("from_ms", "id", page), register).await
    }

    async fn register_of(&mut self, session: &SessionId) -> StoreResult<Vec<RegisterRow>> {
        let sql =
            concat!("SELECT ", register_columns!(), " FROM register_rows WHERE session_id = $1 ORDER BY from_ms, id");
        self.all(sql, values![*session], register).await
    }
}
