//! Reading the audit: the audit administrator's alone.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::page::{Keyset, Page, PageRequest};
use crate::secrets::hash_text;
use lianxian_model::audit::{AuditAction, AuditEvent, AuditObject, AuditResult};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

/// The hash before the first row.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Rows read at a time when the chain is checked.
const CHAIN_BATCH: i64 = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Part of the actor's shown name, or an account id.
    pub actor: Option<String>,
    /// An action, or its beginning up to a dot: `session` finds `session.open`.
    pub action: Option<String>,
    pub result: Option<AuditResult>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
}

/// The outcome of checking the hash chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChainReport {
    pub rows: i64,
    /// The first row that does not fit; none: the chain is whole.
    pub broken_at: Option<i64>,
}

#[derive(Clone)]
pub struct Audit {
    pub(crate) core: Core,
}

impl Audit {
    /// Right `audit.read`.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> ServiceResult<Page<AuditEvent>> {
        self.core.require(actor, Right::AuditRead, AuditAction::AuditRead, AuditObject::Audit, "").await?;
        let keyset = page.keyset()?;
        let more = Keyset { before: keyset.before.clone(), limit: keyset.limit + 1 };
        let rows = self.core.read().await?.audit(filter, &more).await?;
        Ok(Page::of(rows, keyset.limit, |event| (event.seq, event.id.0.clone())))
    }

    /// Walks the whole chain. Right `audit.read`. Errors: `too_many_exports`.
    pub async fn verify(&self, actor: &Actor) -> ServiceResult<ChainReport> {
        self.core.require(actor, Right::AuditRead, AuditAction::AuditVerify, AuditObject::Audit, "").await?;
        let _turn = self.core.long_turn().await?;
        let mut tx = self.core.read().await?;
        let head = tx.ledger_head().await?;
        let (mut rows, mut previous) = (0, GENESIS.to_owned());
        loop {
            let batch = tx.audit_after(rows, CHAIN_BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for event in batch {
                let whole = event.seq == rows + 1
                    && event.previous_hash == previous
                    && event.hash == hash_text(&event.chained_text());
                if !whole {
                    return Ok(ChainReport { rows, broken_at: Some(rows + 1) });
                }
                rows += 1;
                previous = event.hash;
            }
        }
        // Rows cut off at the end show against the head.
        let broken_at = (head.audit_seq != rows || head.audit_hash != previous).then_some(rows + 1);
        Ok(ChainReport { rows, broken_at })
    }
}
