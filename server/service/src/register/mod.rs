//! The view register as it is read: by those who supervise, and row for row the same by those who were watched.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::org::Named;
use crate::page::{Page, PageRequest};
use lianxian_model::ids::{PersonId, RegisterId, SessionId, SiteId, UnitId};
use lianxian_model::register::{RegisterRow, ViewMode};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterView {
    pub id: RegisterId,
    pub session_id: SessionId,
    pub number: String,
    pub site: Named,
    pub purpose: String,
    pub content: String,
    pub unit: Named,
    pub person: Named,
    pub from_ms: Millis,
    pub to_ms: Option<Millis>,
    pub first_picture_ms: Option<Millis>,
    pub mode: ViewMode,
}

impl From<RegisterRow> for RegisterView {
    fn from(row: RegisterRow) -> Self {
        Self {
            id: row.id,
            session_id: row.session_id,
            number: row.number,
            site: Named::new(row.site_id.0, row.site_name),
            purpose: row.purpose,
            content: row.content,
            unit: Named::new(row.unit_id.0, row.unit_name),
            person: Named::new(row.person_id.0, row.person_name),
            from_ms: row.from_ms,
            to_ms: row.to_ms,
            first_picture_ms: row.first_picture_ms,
            mode: row.mode,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterFilter {
    pub site_id: Option<SiteId>,
    /// The site's unit and everything under it.
    pub unit_id: Option<UnitId>,
    pub person_id: Option<PersonId>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
}

#[derive(Clone)]
pub struct Register {
    pub(crate) core: Core,
}

impl Register {
    /// Right `register.read`; by the site's unit. With `station.ledger` alone: the rows of the sites in that scope.
    pub async fn list(
        &self,
        _actor: &Actor,
        _filter: &RegisterFilter,
        _page: &PageRequest,
    ) -> ServiceResult<Page<RegisterView>> {
        crate::pending!()
    }

    /// All of them, up to [`crate::page::MAX_EXPORT`]; leaves an audit row.
    pub async fn export(&self, _actor: &Actor, _filter: &RegisterFilter) -> ServiceResult<Vec<RegisterView>> {
        crate::pending!()
    }
}
