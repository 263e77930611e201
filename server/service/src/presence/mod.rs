//! Presence: which endpoints are on the net, which are not, why and since when.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use lianxian_model::ids::{EndpointId, SiteId};
use lianxian_model::register::OfflineCause;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    Online,
    Offline,
}

/// One endpoint that shows a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub async fn list(&self, _actor: &Actor) -> ServiceResult<Vec<PresenceView>> {
        crate::pending!()
    }
}
