//! Presence: which endpoints are on the net, which are not, why and since when.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::work::{About, Work};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, SiteId};
use lianxian_model::org::{Endpoint, Site};
use lianxian_model::register::{OfflineCause, Presence};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    Online,
    Offline,
}

/// One endpoint that shows a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PresenceView {
    pub endpoint_id: EndpointId,
    pub site_id: SiteId,
    pub state: PresenceState,
    /// It publishes a picture.
    pub on_air: bool,
    /// The site's privacy switch is on.
    pub privacy: bool,
    pub since_ms: Option<Millis>,
    pub cause: Option<OfflineCause>,
    pub cause_zh: Option<String>,
    pub cause_en: Option<String>,
}

#[derive(Clone)]
pub struct PresenceBoard {
    pub(crate) core: Core,
}

impl PresenceBoard {
    /// Right `org.read`; in scope.
    pub async fn list(&self, actor: &Actor) -> ServiceResult<Vec<PresenceView>> {
        self.core.require(actor, Right::OrgRead, AuditAction::PresenceList, AuditObject::Presence, "").await?;
        let scope = self.core.scope(actor, Right::OrgRead).await?;
        let mut tx = self.core.read().await?;
        let sites: HashMap<SiteId, Site> =
            tx.sites().await?.into_iter().filter(|s| scope.covers(&s.unit_id)).map(|s| (s.id.clone(), s)).collect();
        let mut presences: HashMap<EndpointId, Presence> =
            tx.presences().await?.into_iter().map(|p| (p.endpoint_id.clone(), p)).collect();
        let mut views = Vec::new();
        for endpoint in tx.endpoints().await? {
            let Some(site) = endpoint.site_id.as_ref().and_then(|id| sites.get(id)) else { continue };
            views.push(view(&endpoint, site, presences.remove(&endpoint.id)));
        }
        Ok(views)
    }
}

/// The event that tells an endpoint's presence as it is on record.
pub(crate) async fn tell(work: &mut Work, id: &EndpointId) -> ServiceResult<()> {
    let Some(endpoint) = work.tx.endpoint(id).await? else { return Ok(()) };
    let Some(site_id) = &endpoint.site_id else { return Ok(()) };
    let Some(site) = work.tx.site(site_id).await? else { return Ok(()) };
    let presence = work.tx.presence(id).await?;
    event(work, &endpoint, &site, presence);
    Ok(())
}

pub(crate) fn event(work: &mut Work, endpoint: &Endpoint, site: &Site, presence: Option<Presence>) {
    let about = About {
        unit: Some(site.unit_id.clone()),
        site: Some(site.id.clone()),
        endpoint: Some(endpoint.id.clone()),
        session: None,
    };
    let view = view(endpoint, site, presence);
    work.event(EventKind::PresenceChanged, about, serde_json::json!(view));
}

pub(crate) fn view(endpoint: &Endpoint, site: &Site, presence: Option<Presence>) -> PresenceView {
    let online = presence.as_ref().is_some_and(|p| p.online);
    let cause = match &presence {
        _ if online => None,
        _ if endpoint.disabled || site.disabled => Some(OfflineCause::Disabled),
        None => Some(OfflineCause::Never),
        Some(presence) => Some(presence.cause.unwrap_or(OfflineCause::Lost)),
    };
    PresenceView {
        endpoint_id: endpoint.id.clone(),
        site_id: site.id.clone(),
        state: if online { PresenceState::Online } else { PresenceState::Offline },
        on_air: online && presence.as_ref().is_some_and(|p| p.on_air),
        privacy: site.privacy.on,
        since_ms: presence.and_then(|p| p.since_ms),
        cause,
        cause_zh: cause.map(|c| c.zh().to_owned()),
        cause_en: cause.map(|c| c.en().to_owned()),
    }
}
