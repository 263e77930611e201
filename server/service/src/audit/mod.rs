//! Reading the audit: the audit administrator's alone.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::page::{Page, PageRequest};
use lianxian_model::audit::{AuditEvent, AuditResult};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        _actor: &Actor,
        _filter: &AuditFilter,
        _page: &PageRequest,
    ) -> ServiceResult<Page<AuditEvent>> {
        crate::pending!()
    }

    /// Walks the whole chain. Right `audit.read`.
    pub async fn verify(&self, _actor: &Actor) -> ServiceResult<ChainReport> {
        crate::pending!()
    }
}
