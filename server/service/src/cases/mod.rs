//! Links between sessions and cases: added during or after, withdrawn with a reason, never deleted.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::page::{Page, PageRequest};
use crate::sessions::SessionView;
use lianxian_model::case::{CaseKind, CasePattern};
use lianxian_model::ids::{CaseLinkId, SessionId};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLinkView {
    pub id: CaseLinkId,
    pub raw: String,
    pub normalised: String,
    pub kind: CaseKind,
    /// Name of whoever linked it.
    pub linked_by: String,
    pub linked_ms: Millis,
    pub withdrawn_ms: Option<Millis>,
    pub withdraw_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCaseLink {
    pub number: String,
    pub kind: CaseKind,
}

#[derive(Clone)]
pub struct Cases {
    pub(crate) core: Core,
}

impl Cases {
    /// Right `cases.link` over the session's unit. Errors: `already_linked`; `invalid` with field `number`.
    pub async fn link(
        &self,
        _actor: &Actor,
        _session: &SessionId,
        _new: NewCaseLink,
        _key: Option<&str>,
    ) -> ServiceResult<CaseLinkView> {
        crate::pending!()
    }

    /// Errors: `already_withdrawn`; `invalid` with field `reason`.
    pub async fn withdraw(
        &self,
        _actor: &Actor,
        _session: &SessionId,
        _link: &CaseLinkId,
        _reason: &str,
    ) -> ServiceResult<CaseLinkView> {
        crate::pending!()
    }

    /// Sessions in scope that are linked to the number, whatever its spelling.
    pub async fn sessions(
        &self,
        _actor: &Actor,
        _number: &str,
        _page: &PageRequest,
    ) -> ServiceResult<Page<SessionView>> {
        crate::pending!()
    }

    /// The district's number formats.
    pub async fn patterns(&self, _actor: &Actor) -> ServiceResult<Vec<CasePattern>> {
        crate::pending!()
    }

    /// Right `org.manage`. Refused if the pattern does not compile or does not take its example.
    pub async fn set_pattern(&self, _actor: &Actor, _pattern: CasePattern) -> ServiceResult<CasePattern> {
        crate::pending!()
    }
}
