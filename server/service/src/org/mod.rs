//! The org tree: read in scope, changed by the system administrator.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use lianxian_model::ids::{EndpointId, SiteId, UnitId};
use lianxian_model::org::{Endpoint, EndpointKind, PrivacyClass, Site, SiteKind, Unit, UnitLevel};
use serde::{Deserialize, Serialize};

/// An id with the name to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub id: String,
    pub name: String,
}

impl Named {
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into() }
    }
}

/// What an actor may see of the tree. Units above the scope are included as the path to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgTree {
    pub units: Vec<Unit>,
    pub sites: Vec<Site>,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUnit {
    pub parent_id: Option<UnitId>,
    pub name: String,
    pub level: UnitLevel,
    pub code: String,
    #[serde(default)]
    pub sort: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPatch {
    pub name: Option<String>,
    pub parent_id: Option<UnitId>,
    pub code: Option<String>,
    pub sort: Option<i64>,
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSite {
    pub unit_id: UnitId,
    pub name: String,
    pub kind: SiteKind,
    /// Left out: what the kind calls for.
    pub privacy_class: Option<PrivacyClass>,
    pub code: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitePatch {
    pub name: Option<String>,
    pub kind: Option<SiteKind>,
    pub privacy_class: Option<PrivacyClass>,
    pub code: Option<String>,
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEndpoint {
    pub site_id: SiteId,
    pub name: String,
    pub kind: EndpointKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointPatch {
    pub name: Option<String>,
    pub disabled: Option<bool>,
}

#[derive(Clone)]
pub struct Org {
    pub(crate) core: Core,
}

impl Org {
    /// Right `org.read`.
    pub async fn tree(&self, _actor: &Actor) -> ServiceResult<OrgTree> {
        crate::pending!()
    }

    /// Right `org.manage` over the parent (a root: over the whole tree).
    pub async fn create_unit(&self, _actor: &Actor, _new: NewUnit, _key: Option<&str>) -> ServiceResult<Unit> {
        crate::pending!()
    }

    pub async fn update_unit(&self, _actor: &Actor, _unit: &UnitId, _patch: UnitPatch) -> ServiceResult<Unit> {
        crate::pending!()
    }

    pub async fn create_site(&self, _actor: &Actor, _new: NewSite, _key: Option<&str>) -> ServiceResult<Site> {
        crate::pending!()
    }

    /// A change of the privacy class reaches running sessions at once.
    pub async fn update_site(&self, _actor: &Actor, _site: &SiteId, _patch: SitePatch) -> ServiceResult<Site> {
        crate::pending!()
    }

    pub async fn create_endpoint(
        &self,
        _actor: &Actor,
        _new: NewEndpoint,
        _key: Option<&str>,
    ) -> ServiceResult<Endpoint> {
        crate::pending!()
    }

    /// Disabling ends the link and makes the device token worthless.
    pub async fn update_endpoint(
        &self,
        _actor: &Actor,
        _endpoint: &EndpointId,
        _patch: EndpointPatch,
    ) -> ServiceResult<Endpoint> {
        crate::pending!()
    }
}
