//! Links between sessions and cases, and the patterns of case numbers.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::case::{CaseKind, CaseLink, CasePattern};
use lianxian_model::ids::{CaseLinkId, SessionId};
use lianxian_service::ports::store::{CaseRows, StoreResult};

macro_rules! case_columns {
    () => {
        "id, session_id, kind, raw, normalised, linked_by, linked_by_name, linked_ms, withdrawn_ms, withdrawn_by, \
         withdraw_reason"
    };
}

fn case_link(row: &Cells<'_>) -> StoreResult<CaseLink> {
    Ok(CaseLink {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        kind: row.get("kind")?,
        raw: row.get("raw")?,
        normalised: row.get("normalised")?,
        linked_by: row.get("linked_by")?,
        linked_by_name: row.get("linked_by_name")?,
        linked_ms: row.get("linked_ms")?,
        withdrawn_ms: row.get("withdrawn_ms")?,
        withdrawn_by: row.get("withdrawn_by")?,
        withdraw_reason: row.get("withdraw_reason")?,
    })
}

fn case_pattern(row: &Cells<'_>) -> StoreResult<CasePattern> {
    Ok(CasePattern { kind: row.get("kind")?, pattern: row.get("pattern")?, example: row.get("example")? })
}

#[async_trait]
impl CaseRows for UnitOfWork {
    async fn insert_case_link(&mut self, link: &CaseLink) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO case_links (",
            case_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let row = values![
            link.id,
            link.session_id,
            link.kind,
            link.raw,
            link.normalised,
            link.linked_by,
            link.linked_by_name,
            link.linked_ms,
            link.withdrawn_ms,
            link.withdrawn_by,
            link.withdraw_reason,
        ];
        self.run_one(sql, row).await
    }

    async fn withdraw_case_link(&mut self, link: &CaseLink) -> StoreResult<bool> {
        let sql = "UPDATE case_links SET withdrawn_ms = $2, withdrawn_by = $3, withdraw_reason = $4 \
                   WHERE id = $1 AND withdrawn_ms IS NULL";
        let row = values![link.id, link.withdrawn_ms, link.withdrawn_by, link.withdraw_reason];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn case_link(&mut self, id: &CaseLinkId) -> StoreResult<Option<CaseLink>> {
        let sql = concat!("SELECT ", case_columns!(), " FROM case_links WHERE id = $1");
        self.first(sql, values![*id], case_link).await
    }

    async fn case_links_of(&mut self, session: &SessionId) -> StoreResult<Vec<CaseLink>> {
        let sql = concat!("SELECT ", case_columns!(), " FROM case_links WHERE session_id = $1 ORDER BY linked_ms, id");
        self.all(sql, values![*session], case_link).await
    }

    async fn case_links_between(&mut self, first: &SessionId, last: &SessionId) -> StoreResult<Vec<CaseLink>> {
        let sql = concat!(
            "SELECT ",
            case_columns!(),
            " FROM case_links WHERE session_id >= $1 AND session_id <= $2 ORDER BY linked_ms, id"
        );
        self.all(sql, values![*first, *last], case_link).await
    }

    async fn case_patterns(&mut self) -> StoreResult<Vec<CasePattern>> {
        let sql = "SELECT kind, pattern, example FROM case_patterns ORDER BY kind";
        self.all(sql, values![], case_pattern).await
    }

    async fn put_case_pattern(&mut self, pattern: &CasePattern) -> StoreResult<()> {
        let sql = "INSERT INTO case_patterns (kind, pattern, example) VALUES ($1, $2, $3) \
                   ON CONFLICT (kind) DO UPDATE SET pattern = excluded.pattern, example = excluded.example";
        self.run_one(sql, values![pattern.kind, pattern.pattern, pattern.example]).await
    }

    async fn case_pattern(&mut self, kind: CaseKind) -> StoreResult<Option<CasePattern>> {
        let sql = "SELECT kind, pattern, example FROM case_patterns WHERE kind = $1";
        self.first(sql, values![kind], case_pattern).await
    }
}
