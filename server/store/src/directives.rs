//! Directives, their history and their pictures.

use crate::cells::{Cells, Value, values};
use crate::select::{Select, containing};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::directive::{Directive, Picture};
use lianxian_model::ids::{DirectiveId, RequestId};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{DirectiveQuery, DirectiveRows, DirectiveStep, StoreError, StoreResult};

/// The body says everything but the version, which the row counts.
fn directive(row: &Cells<'_>) -> StoreResult<Directive> {
    let body: String = row.get("body")?;
    let directive: Directive =
        serde_json::from_str(&body).map_err(|error| StoreError::Corrupt(format!("column body: {error}")))?;
    Ok(Directive { version: row.get("version")?, ..directive })
}

/// The values of a directive after its id and version.
fn fields(directive: &Directive) -> StoreResult<Vec<Value>> {
    let body = serde_json::to_string(directive).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(values![
        directive.number,
        directive.site_id,
        directive.unit_id,
        directive.state,
        directive.state.is_open(),
        directive.rank,
        directive.source.request_id,
        directive.source.session_id,
        directive.case_normalised,
        directive.due_ms,
        directive.issued_ms,
        directive.closed_ms,
        directive.next_due(),
        body,
    ])
}

fn small(row: &Cells<'_>, column: &str) -> StoreResult<u32> {
    let number: i64 = row.get(column)?;
    u32::try_from(number).map_err(|_| StoreError::Corrupt(format!("column {column}: {number}")))
}

fn picture(row: &Cells<'_>) -> StoreResult<Picture> {
    Ok(Picture {
        id: row.get("id")?,
        directive_id: row.get("directive_id")?,
        round: small(row, "round")?,
        image_type: row.get("image_type")?,
        width: small(row, "width")?,
        height: small(row, "height")?,
        bytes: row.get("bytes")?,
        sha256: row.get("sha256")?,
        kept_ms: row.get("kept_ms")?,
        by_name: row.get("by_name")?,
        by_account: row.get("by_account")?,
        by_endpoint: row.get("by_endpoint")?,
    })
}

#[async_trait]
impl DirectiveRows for UnitOfWork {
    async fn insert_directive(&mut self, directive: &Directive) -> StoreResult<()> {
        let sql = "INSERT INTO directives (id, version, number, site_id, unit_id, state, is_open, rank, request_id, \
                   session_id, case_normalised, due_ms, issued_ms, closed_ms, next_due_ms, body) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let mut row = values![directive.id, directive.version];
        row.extend(fields(directive)?);
        self.run_one(sql, row).await
    }

    async fn update_directive(&mut self, directive: &Directive) -> StoreResult<bool> {
        let sql = "UPDATE directives SET number = $3, site_id = $4, unit_id = $5, state = $6, is_open = $7, rank = $8, \
                   request_id = $9, session_id = $10, case_normalised = $11, due_ms = $12, issued_ms = $13, \
                   closed_ms = $14, next_due_ms = $15, body = $16, version = version + 1 \
                   WHERE id = $1 AND version = $2";
        let mut row = values![directive.id, directive.version];
        row.extend(fields(directive)?);
        Ok(self.run(sql, row).await? == 1)
    }

    async fn directive(&mut self, id: &DirectiveId) -> StoreResult<Option<Directive>> {
        self.first("SELECT body, version FROM directives WHERE id = $1", values![*id], directive).await
    }

    async fn directives(&mut self, query: &DirectiveQuery, page: &Keyset) -> StoreResult<Vec<Directive>> {
        let mut select = Select::new("SELECT id, issued_ms, body, version FROM directives");
        if let Some(roots) = &query.roots {
            select.and_within("unit_id", roots);
        }
        if let Some(unit) = &query.unit_id {
            select.and_within("unit_id", std::slice::from_ref(unit));
        }
        select.and_if("site_id = ?1", &query.site_id);
        select.and_if("request_id = ?1", &query.request_id);
        select.and_if("session_id = ?1", &query.session_id);
        select.and_if("state = ?1", &query.state);
        select.and_if("is_open = ?1", &query.open);
        select.and_if("(state IN ('issued', 'signed', 'returned') AND due_ms <= ?1)", &query.overdue_at);
        select.and_if(
            "(case_normalised = ?1 \
             OR request_id IN (SELECT id FROM help_requests WHERE case_normalised = ?1) \
             OR session_id IN (SELECT session_id FROM case_links WHERE normalised = ?1 AND withdrawn_ms IS NULL) \
             OR request_id IN (SELECT r.id FROM help_requests r JOIN case_links l ON l.session_id = r.session_id \
             WHERE l.normalised = ?1 AND l.withdrawn_ms IS NULL))",
            &query.case_normalised,
        );
        select.and_if("issued_ms >= ?1", &query.from_ms);
        select.and_if("issued_ms < ?1", &query.to_ms);
        if let Some(q) = &query.q {
            let contains = "(LOWER(number) LIKE LOWER(?1) ESCAPE '!' OR LOWER(body) LIKE LOWER(?1) ESCAPE '!')";
            select.and(contains, values![containing(q)]);
        }
        self.selected(select.page("issued_ms", "id", page), directive).await
    }

    async fn open_directives_of_request(&mut self, request: &RequestId) -> StoreResult<Vec<Directive>> {
        let sql = "SELECT body, version FROM directives WHERE request_id = $1 AND is_open = 1 ORDER BY issued_ms, id";
        self.all(sql, values![*request], directive).await
    }

    async fn due_directives(&mut self, now: Millis, limit: i64) -> StoreResult<Vec<DirectiveId>> {
        let sql = "SELECT id FROM directives WHERE next_due_ms IS NOT NULL AND next_due_ms <= $1 \
                   ORDER BY next_due_ms LIMIT $2";
        self.all(sql, values![now, limit], |row| row.get("id")).await
    }

    async fn append_directive_step(&mut self, directive: &DirectiveId, step: &DirectiveStep) -> StoreResult<()> {
        let sql = "INSERT INTO directive_steps (directive_id, seq, at_ms, actor, kind, state, detail) \
                   SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6 FROM directive_steps \
                   WHERE directive_id = $1";
        let row = values![*directive, step.at_ms, step.actor, step.kind, step.state, step.detail];
        self.run_one(sql, row).await
    }

    async fn directive_steps(&mut self, directive: &DirectiveId) -> StoreResult<Vec<DirectiveStep>> {
        let sql = "SELECT seq, at_ms, actor, kind, state, detail FROM directive_steps WHERE directive_id = $1 \
                   ORDER BY seq";
        let read = |row: &Cells<'_>| {
            Ok(DirectiveStep {
                seq: row.get("seq")?,
                at_ms: row.get("at_ms")?,
                actor: row.get("actor")?,
                kind: row.get("kind")?,
                state: row.get("state")?,
                detail: row.get("detail")?,
            })
        };
        self.all(sql, values![*directive], read).await
    }

    async fn insert_picture(&mut self, picture: &Picture) -> StoreResult<()> {
        let sql = "INSERT INTO directive_pictures (id, directive_id, round, image_type, width, height, bytes, sha256, \
                   kept_ms, by_name, by_account, by_endpoint) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let row = values![
            picture.id,
            picture.directive_id,
            i64::from(picture.round),
            picture.image_type,
            i64::from(picture.width),
            i64::from(picture.height),
            picture.bytes,
            picture.sha256,
            picture.kept_ms,
            picture.by_name,
            picture.by_account,
            picture.by_endpoint,
        ];
        self.run_one(sql, row).await
    }

    async fn pictures_of(&mut self, directive: &DirectiveId) -> StoreResult<Vec<Picture>> {
        let sql = "SELECT id, directive_id, round, image_type, width, height, bytes, sha256, kept_ms, by_name, \
                   by_account, by_endpoint FROM directive_pictures WHERE directive_id = $1 ORDER BY kept_ms, id";
        self.all(sql, values![*directive], picture).await
    }
}
