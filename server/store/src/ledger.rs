//! The two append-only ledgers, the audit and the outbox, and where they stand.

use crate::cells::{Cells, values};
use crate::select::{Select, beginning, containing};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::audit::AuditEvent;
use lianxian_model::event::OutboxEvent;
use lianxian_service::audit::AuditFilter;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{LedgerHead, LedgerRows, StoreError, StoreResult};

macro_rules! audit_columns {
    () => {
        "seq, id, at_ms, account_id, endpoint_id, actor, roles, ip, action, object_kind, object_id, result, reason, \
         detail, previous_hash, hash"
    };
}

macro_rules! event_columns {
    () => {
        "seq, at_ms, kind, unit_id, site_id, session_id, endpoint_id, payload"
    };
}

fn audit_event(row: &Cells<'_>) -> StoreResult<AuditEvent> {
    Ok(AuditEvent {
        id: row.get("id")?,
        seq: row.get("seq")?,
        at_ms: row.get("at_ms")?,
        account_id: row.get("account_id")?,
        endpoint_id: row.get("endpoint_id")?,
        actor: row.get("actor")?,
        roles: row.get("roles")?,
        ip: row.get("ip")?,
        action: row.get("action")?,
        object_kind: row.get("object_kind")?,
        object_id: row.get("object_id")?,
        result: row.get("result")?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        previous_hash: row.get("previous_hash")?,
        hash: row.get("hash")?,
    })
}

fn outbox_event(row: &Cells<'_>) -> StoreResult<OutboxEvent> {
    let payload: String = row.get("payload")?;
    Ok(OutboxEvent {
        seq: row.get("seq")?,
        at_ms: row.get("at_ms")?,
        kind: row.get("kind")?,
        unit_id: row.get("unit_id")?,
        site_id: row.get("site_id")?,
        session_id: row.get("session_id")?,
        endpoint_id: row.get("endpoint_id")?,
        payload: serde_json::from_str(&payload)
            .map_err(|error| StoreError::Corrupt(format!("column payload: {error}")))?,
    })
}

#[async_trait]
impl LedgerRows for UnitOfWork {
    async fn ledger_head(&mut self) -> StoreResult<LedgerHead> {
        let sql = "SELECT audit_seq, audit_hash, outbox_seq FROM ledger_head WHERE id = 1";
        let read = |row: &Cells<'_>| {
            Ok(LedgerHead {
                audit_seq: row.get("audit_seq")?,
                audit_hash: row.get("audit_hash")?,
                outbox_seq: row.get("outbox_seq")?,
            })
        };
        let head = self.first(sql, values![], read).await?;
        head.ok_or_else(|| StoreError::Corrupt("the ledgers have no head".into()))
    }

    async fn put_ledger_head(&mut self, head: &LedgerHead) -> StoreResult<()> {
        let sql = "UPDATE ledger_head SET audit_seq = $1, audit_hash = $2, outbox_seq = $3 WHERE id = 1";
        self.run_one(sql, values![head.audit_seq, head.audit_hash, head.outbox_seq]).await
    }

    async fn append_audit(&mut self, event: &AuditEvent) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO audit_events (",
            audit_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        );
        let row = values![
            event.seq,
            event.id,
            event.at_ms,
            event.account_id,
            event.endpoint_id,
            event.actor,
            event.roles,
            event.ip,
            event.action,
            event.object_kind,
            event.object_id,
            event.result,
            event.reason,
            event.detail,
            event.previous_hash,
            event.hash,
        ];
        self.run_one(sql, row).await
    }

    async fn audit(&mut self, filter: &AuditFilter, page: &Keyset) -> StoreResult<Vec<AuditEvent>> {
        let mut select = Select::new(concat!("SELECT ", audit_columns!(), " FROM audit_events"));
        if let Some(actor) = filter.actor.as_ref().filter(|text| !text.is_empty()) {
            let condition = "(account_id = ?1 OR LOWER(actor) LIKE LOWER(?2) ESCAPE '!')";
            select.and(condition, values![*actor, containing(actor)]);
        }
        if let Some(action) = filter.action.as_ref().filter(|text| !text.is_empty()) {
            let condition = "(action = ?1 OR action LIKE ?2 ESCAPE '!')";
            select.and(condition, values![*action, beginning(&format!("{action}."))]);
        }
        select.and_if("result = ?1", &filter.result);
        select.and_if("at_ms >= ?1", &filter.from_ms);
        select.and_if("at_ms < ?1", &filter.to_ms);
        self.selected(select.page("seq", "id", page), audit_event).await
    }

    async fn audit_after(&mut self, seq: i64, limit: i64) -> StoreResult<Vec<AuditEvent>> {
        let sql = concat!("SELECT ", audit_columns!(), " FROM audit_events WHERE seq > $1 ORDER BY seq LIMIT $2");
        self.all(sql, values![seq, limit], audit_event).await
    }

    async fn append_event(&mut self, event: &OutboxEvent) -> StoreResult<()> {
        let sql = concat!("INSERT INTO outbox_events (", event_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        let row = values![
            event.seq,
            event.at_ms,
            event.kind,
            event.unit_id,
            event.site_id,
            event.session_id,
            event.endpoint_id,
            event.payload.to_string(),
        ];
        self.run_one(sql, row).await
    }

    async fn events_after(&mut self, seq: i64, limit: i64) -> StoreResult<Vec<OutboxEvent>> {
        let sql = concat!("SELECT ", event_columns!(), " FROM outbox_events WHERE seq > $1 ORDER BY seq LIMIT $2");
        self.all(sql, values![seq, limit], outbox_event).await
    }
}
