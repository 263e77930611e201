//! The view register as it is read: by those who supervise, and row for row the same by those who were watched.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::org::Named;
use crate::page::{Keyset, MAX_EXPORT, Page, PageRequest};
use crate::ports::store::Tx;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::ids::{PersonId, RegisterId, SessionId, SiteId, UnitId};
use lianxian_model::register::{RegisterRow, ViewMode};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
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
        actor: &Actor,
        filter: &RegisterFilter,
        request: &PageRequest,
    ) -> ServiceResult<Page<RegisterView>> {
        let right = self.right_of(actor, AuditAction::RegisterList).await?;
        let mut tx = self.core.read().await?;
        page(&mut tx, Some(&actor.roots(right)), filter, &request.keyset()?).await
    }

    /// All of them, up to [`crate::page::MAX_EXPORT`]; leaves an audit row.
    pub async fn export(&self, actor: &Actor, filter: &RegisterFilter) -> ServiceResult<Vec<RegisterView>> {
        let right = self.right_of(actor, AuditAction::RegisterExport).await?;
        let turn = self.core.long_turn().await?;
        let mut tx = self.core.read().await?;
        let keyset = Keyset { before: None, limit: MAX_EXPORT };
        let rows = page(&mut tx, Some(&actor.roots(right)), filter, &keyset).await?.items;
        drop((tx, turn));
        let mut work = self.core.begin(actor).await?;
        let detail = serde_json::json!({ "filter": filter, "rows": rows.len() });
        work.audit(AuditAction::RegisterExport, AuditObject::Register, "", detail);
        work.commit().await?;
        Ok(rows)
    }

    async fn right_of(&self, actor: &Actor, action: AuditAction) -> ServiceResult<Right> {
        for right in [Right::RegisterRead, Right::StationLedger] {
            if actor.holds(right) {
                return Ok(right);
            }
        }
        Err(self.core.refuse(actor, action, AuditObject::Register, "").await)
    }
}

pub(crate) async fn page(
    tx: &mut Box<dyn Tx>,
    roots: Option<&[UnitId]>,
    filter: &RegisterFilter,
    keyset: &Keyset,
) -> ServiceResult<Page<RegisterView>> {
    let more = Keyset { before: keyset.before.clone(), limit: keyset.limit + 1 };
    let rows = tx.register(roots, filter, &more).await?;
    Ok(Page::of(rows, keyset.limit, |row| (row.from_ms.0, row.id.0.clone())).map(RegisterView::from))
}
