//! A workstation's own page: who is watching and why, the privacy switch, the watched-ledger.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::page::{Page, PageRequest};
use crate::register::RegisterView;
use lianxian_model::ids::SessionId;
use lianxian_model::org::{Endpoint, PrivacySwitch, Site, Unit};
use lianxian_model::session::Mode;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

/// Longest reason of the privacy switch, in characters.
pub const PRIVACY_REASON_MAX_CHARS: usize = 200;

/// Someone who watches the site now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    pub session_id: SessionId,
    pub number: String,
    pub name: String,
    pub unit: String,
    pub purpose: String,
    pub since_ms: Millis,
    pub mode: Mode,
    /// The site's sound flows too.
    pub audio: bool,
}

/// When the station is to be on air.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    pub starts_ms: Millis,
    pub ends_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationView {
    pub endpoint: Endpoint,
    pub site: Site,
    pub unit: Unit,
    pub watchers: Vec<Watcher>,
    pub privacy: PrivacySwitch,
    pub shift: Shift,
}

#[derive(Clone)]
pub struct Stations {
    pub(crate) core: Core,
}

impl Stations {
    /// Devices only.
    pub async fn view(&self, _actor: &Actor) -> ServiceResult<StationView> {
        crate::pending!()
    }

    /// Switching on needs a reason. Takes effect on running sessions at once.
    pub async fn set_privacy(&self, _actor: &Actor, _on: bool, _reason: &str) -> ServiceResult<PrivacySwitch> {
        crate::pending!()
    }

    /// 被看账本: the register rows of the device's own site.
    pub async fn ledger(&self, _actor: &Actor, _page: &PageRequest) -> ServiceResult<Page<RegisterView>> {
        crate::pending!()
    }
}
