//! Watches: a purpose stated once, and the sites picked under it.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::sessions::SessionView;
use lianxian_model::ids::{EndpointId, SiteId, WatchId};
use lianxian_model::register::Watch;
use serde::{Deserialize, Serialize};

/// Longest purpose, in characters.
pub const PURPOSE_MAX_CHARS: usize = 200;
/// Sites that one call may open.
pub const MAX_SITES_A_CALL: usize = 64;
/// Sessions that one watch may have open at once.
pub const MAX_OPEN_SESSIONS: i64 = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickedSites {
    pub site_ids: Vec<SiteId>,
    /// The actor's own console.
    pub endpoint_id: EndpointId,
}

/// What became of one picked site.
#[derive(Clone, Debug)]
pub struct OpenedSite {
    pub site_id: SiteId,
    pub session: Result<SessionView, ServiceError>,
}

#[derive(Clone)]
pub struct Watches {
    pub(crate) core: Core,
}

impl Watches {
    /// The actor's recent purposes, latest first, each once.
    pub async fn purposes(&self, _actor: &Actor) -> ServiceResult<Vec<String>> {
        crate::pending!()
    }

    pub async fn current(&self, _actor: &Actor) -> ServiceResult<Option<Watch>> {
        crate::pending!()
    }

    /// Right `wall.watch`. An open watch with another purpose ends first; with the same purpose it is returned.
    pub async fn open(&self, _actor: &Actor, _purpose: &str, _key: Option<&str>) -> ServiceResult<Watch> {
        crate::pending!()
    }

    /// Ends the watch and its sessions.
    pub async fn end(&self, _actor: &Actor, _watch: &WatchId) -> ServiceResult<Watch> {
        crate::pending!()
    }

    /// Opens a patrol session for each site; a site that is already open under this console is returned as it is.
    /// A site outside the actor's scope is refused alone, with one audit row.
    pub async fn open_sites(
        &self,
        _actor: &Actor,
        _watch: &WatchId,
        _picked: PickedSites,
    ) -> ServiceResult<Vec<OpenedSite>> {
        crate::pending!()
    }
}
