//! The org tree: read in scope, changed by the system administrator.

use crate::actor::{Actor, Scope};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::live::LinkEnd;
use crate::ports::store::Tx;
use crate::secrets::new_id;
use crate::sessions::change;
use crate::work::{About, Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, SiteId, UnitId};
use lianxian_model::org::{Endpoint, EndpointKind, PrivacyClass, PrivacySwitch, Site, SiteKind, Unit, UnitLevel};
use lianxian_model::roles::Right;
use lianxian_model::session::SessionEnd;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// An id with the name to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrgTree {
    pub units: Vec<Unit>,
    pub sites: Vec<Site>,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewUnit {
    pub parent_id: Option<UnitId>,
    pub name: String,
    pub level: UnitLevel,
    pub code: String,
    #[serde(default)]
    pub sort: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnitPatch {
    pub name: Option<String>,
    pub parent_id: Option<UnitId>,
    pub code: Option<String>,
    pub sort: Option<i64>,
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewSite {
    pub unit_id: UnitId,
    pub name: String,
    pub kind: SiteKind,
    /// Left out: what the kind calls for.
    pub privacy_class: Option<PrivacyClass>,
    pub code: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SitePatch {
    pub name: Option<String>,
    pub kind: Option<SiteKind>,
    pub privacy_class: Option<PrivacyClass>,
    pub code: Option<String>,
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewEndpoint {
    pub site_id: SiteId,
    pub name: String,
    pub kind: EndpointKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EndpointPatch {
    pub name: Option<String>,
    pub disabled: Option<bool>,
}

/// Longest name of a unit, site, endpoint or person, in characters.
pub const NAME_MAX_CHARS: usize = 64;
/// Longest code of a unit or site, in bytes.
pub const CODE_MAX_BYTES: usize = 24;
/// Endpoints that one site may have.
pub const MAX_ENDPOINTS_A_SITE: usize = 32;

#[derive(Clone)]
pub struct Org {
    pub(crate) core: Core,
}

impl Org {
    /// Right `org.read`.
    pub async fn tree(&self, actor: &Actor) -> ServiceResult<OrgTree> {
        self.core.require(actor, Right::OrgRead, AuditAction::OrgRead, AuditObject::Unit, "").await?;
        let scope = self.core.scope(actor, Right::OrgRead).await?;
        let mut tx = self.core.read().await?;
        let units = tx.units().await?;
        let sites: Vec<Site> = tx.sites().await?.into_iter().filter(|site| scope.covers(&site.unit_id)).collect();
        let seen: HashSet<&SiteId> = sites.iter().map(|site| &site.id).collect();
        let endpoints = tx.endpoints().await?;
        let endpoints =
            endpoints.into_iter().filter(|e| e.site_id.as_ref().is_some_and(|s| seen.contains(s))).collect();
        Ok(OrgTree { units: with_paths(units, &scope), sites, endpoints })
    }

    /// Right `org.manage` over the parent (a root: over the whole tree).
    pub async fn create_unit(&self, actor: &Actor, new: NewUnit, key: Option<&str>) -> ServiceResult<Unit> {
        let mut work = self.core.begin(actor).await?;
        if !self.may_manage(&mut work, actor, new.parent_id.as_ref()).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::OrgCreateUnit, AuditObject::Unit, "").await);
        }
        let once = match work.once(key, AuditAction::OrgCreateUnit, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        if let Some(parent) = &new.parent_id
            && work.tx.unit(parent).await?.is_none()
        {
            return Err(ServiceError::invalid("parent_id", "上级机构不存在", "no such parent"));
        }
        let unit = Unit {
            id: UnitId(new_id(work.now)),
            parent_id: new.parent_id,
            name: named(&new.name)?,
            level: new.level,
            code: coded(&new.code)?,
            sort: new.sort,
            disabled: false,
            version: 1,
        };
        unique_unit_code(&mut work, &unit).await?;
        work.tx.insert_unit(&unit).await?;
        work.audit(AuditAction::OrgCreateUnit, AuditObject::Unit, unit.id.as_str(), json!(unit));
        unit_changed(&mut work, &unit);
        work.done(once, &unit).await?;
        work.commit().await?;
        Ok(unit)
    }

    pub async fn update_unit(&self, actor: &Actor, id: &UnitId, patch: UnitPatch) -> ServiceResult<Unit> {
        let mut work = self.core.begin(actor).await?;
        let Some(mut unit) = work.tx.unit(id).await? else { return Err(ServiceError::not_found("机构", "unit")) };
        let mut allowed = self.may_manage(&mut work, actor, Some(id)).await?;
        if let Some(parent) = &patch.parent_id {
            allowed = allowed && self.may_manage(&mut work, actor, Some(parent)).await?;
        }
        if !allowed {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::OrgUpdateUnit, AuditObject::Unit, id.as_str()).await);
        }
        if let Some(name) = &patch.name {
            unit.name = named(name)?;
        }
        if let Some(code) = &patch.code {
            unit.code = coded(code)?;
            unique_unit_code(&mut work, &unit).await?;
        }
        if let Some(parent) = &patch.parent_id {
            let path = work.tx.path_of(parent).await?;
            if path.is_empty() {
                return Err(ServiceError::invalid("parent_id", "上级机构不存在", "no such parent"));
            }
            if path.contains(id) {
                return Err(ServiceError::invalid(
                    "parent_id",
                    "机构不能移到自己之下",
                    "a unit cannot move under itself",
                ));
            }
            unit.parent_id = Some(parent.clone());
        }
        unit.sort = patch.sort.unwrap_or(unit.sort);
        unit.disabled = patch.disabled.unwrap_or(unit.disabled);
        unless_lost(work.tx.update_unit(&unit).await?)?;
        unit.version += 1;
        work.audit(AuditAction::OrgUpdateUnit, AuditObject::Unit, id.as_str(), json!(patch));
        unit_changed(&mut work, &unit);
        work.commit().await?;
        Ok(unit)
    }

    pub async fn create_site(&self, actor: &Actor, new: NewSite, key: Option<&str>) -> ServiceResult<Site> {
        let mut work = self.core.begin(actor).await?;
        if !self.may_manage(&mut work, actor, Some(&new.unit_id)).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::OrgCreateSite, AuditObject::Unit, new.unit_id.as_str())
                .await);
        }
        let once = match work.once(key, AuditAction::OrgCreateSite, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let site = Site {
            id: SiteId(new_id(work.now)),
            unit_id: new.unit_id,
            name: named(&new.name)?,
            kind: new.kind,
            privacy_class: new.privacy_class.unwrap_or(new.kind.default_privacy()),
            code: coded(&new.code)?,
            disabled: false,
            privacy: PrivacySwitch::default(),
            version: 1,
        };
        unique_site_code(&mut work, &site).await?;
        work.tx.insert_site(&site).await?;
        work.audit(AuditAction::OrgCreateSite, AuditObject::Site, site.id.as_str(), json!(site));
        site_changed(&mut work, &site, None);
        work.done(once, &site).await?;
        work.commit().await?;
        Ok(site)
    }

    /// A change of the privacy class reaches running sessions at once; disabling ends them.
    pub async fn update_site(&self, actor: &Actor, id: &SiteId, patch: SitePatch) -> ServiceResult<Site> {
        let mut work = self.core.begin(actor).await?;
        let Some(mut site) = work.tx.site(id).await? else { return Err(ServiceError::not_found("场所", "site")) };
        if !self.may_manage(&mut work, actor, Some(&site.unit_id)).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::OrgUpdateSite, AuditObject::Site, id.as_str()).await);
        }
        if let Some(name) = &patch.name {
            site.name = named(name)?;
        }
        if let Some(code) = &patch.code {
            site.code = coded(code)?;
            unique_site_code(&mut work, &site).await?;
        }
        site.kind = patch.kind.unwrap_or(site.kind);
        site.privacy_class = patch.privacy_class.unwrap_or(site.privacy_class);
        site.disabled = patch.disabled.unwrap_or(site.disabled);
        unless_lost(work.tx.update_site(&site).await?)?;
        site.version += 1;
        for mut session in work.tx.open_sessions_of_site(id).await? {
            if site.disabled {
                change::end_quietly(&mut work, &mut session, SessionEnd::Revoked).await?;
            } else {
                work.regrant(&session.id);
            }
        }
        if site.disabled {
            for endpoint in work.tx.endpoints_of_site(id).await? {
                work.end_link(&endpoint.id, LinkEnd::Revoked);
            }
        }
        work.audit(AuditAction::OrgUpdateSite, AuditObject::Site, id.as_str(), json!(patch));
        site_changed(&mut work, &site, None);
        work.commit().await?;
        Ok(site)
    }

    pub async fn create_endpoint(&self, actor: &Actor, new: NewEndpoint, key: Option<&str>) -> ServiceResult<Endpoint> {
        let mut work = self.core.begin(actor).await?;
        let Some(site) = work.tx.site(&new.site_id).await? else {
            return Err(ServiceError::invalid("site_id", "场所不存在", "no such site"));
        };
        if !self.may_manage(&mut work, actor, Some(&site.unit_id)).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::OrgCreateEndpoint, AuditObject::Site, new.site_id.as_str())
                .await);
        }
        let once = match work.once(key, AuditAction::OrgCreateEndpoint, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        if !new.kind.shows_site() {
            return Err(ServiceError::invalid("kind", "指挥台随登录自动建立", "a console comes with its login"));
        }
        if work.tx.endpoints_of_site(&site.id).await?.len() >= MAX_ENDPOINTS_A_SITE {
            return Err(ServiceError::limit(
                "too_many_endpoints",
                MAX_ENDPOINTS_A_SITE as i64,
                format!("一个场所最多 {MAX_ENDPOINTS_A_SITE} 个终端"),
                format!("a site has at most {MAX_ENDPOINTS_A_SITE} endpoints"),
            ));
        }
        let endpoint = Endpoint {
            id: EndpointId(new_id(work.now)),
            site_id: Some(site.id.clone()),
            name: named(&new.name)?,
            kind: new.kind,
            enrolled: false,
            disabled: false,
            login_id: None,
            tab: None,
            version: 1,
        };
        work.tx.insert_endpoint(&endpoint).await?;
        work.audit(AuditAction::OrgCreateEndpoint, AuditObject::Endpoint, endpoint.id.as_str(), json!(endpoint));
        site_changed(&mut work, &site, Some(&endpoint.id));
        work.done(once, &endpoint).await?;
        for session in work.tx.open_sessions_of_site(&site.id).await? {
            work.regrant(&session.id);
        }
        work.commit().await?;
        Ok(endpoint)
    }

    /// Disabling ends the link and makes the device token worthless.
    pub async fn update_endpoint(
        &self,
        actor: &Actor,
        id: &EndpointId,
        patch: EndpointPatch,
    ) -> ServiceResult<Endpoint> {
        let mut work = self.core.begin(actor).await?;
        let found = work.tx.endpoint(id).await?;
        let site = match found.as_ref().and_then(|e| e.site_id.as_ref()) {
            Some(site) => work.tx.site(site).await?,
            None => None,
        };
        let (Some(mut endpoint), Some(site)) = (found, site) else {
            return Err(ServiceError::not_found("终端", "endpoint"));
        };
        if !self.may_manage(&mut work, actor, Some(&site.unit_id)).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::OrgUpdateEndpoint, AuditObject::Endpoint, id.as_str())
                .await);
        }
        if let Some(name) = &patch.name {
            endpoint.name = named(name)?;
        }
        if let Some(disabled) = patch.disabled {
            endpoint.disabled = disabled;
            if disabled {
                endpoint.enrolled = false;
                work.tx.drop_device_token(id).await?;
                work.end_link(id, LinkEnd::Revoked);
            }
            for session in work.tx.open_sessions_of_site(&site.id).await? {
                work.regrant(&session.id);
            }
        }
        unless_lost(work.tx.update_endpoint(&endpoint).await?)?;
        endpoint.version += 1;
        work.audit(AuditAction::OrgUpdateEndpoint, AuditObject::Endpoint, id.as_str(), json!(patch));
        site_changed(&mut work, &site, Some(id));
        work.commit().await?;
        Ok(endpoint)
    }

    /// `org.manage` over the unit; for the root of the tree, over every root there is.
    async fn may_manage(&self, work: &mut Work, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<bool> {
        if let Some(unit) = unit {
            return self.core.may(&mut work.tx, actor, Right::OrgManage, unit).await;
        }
        if let Actor::System = actor {
            return Ok(true);
        }
        let held = actor.roots(Right::OrgManage);
        let roots: Vec<_> = work.tx.units().await?.into_iter().filter(|u| u.parent_id.is_none()).collect();
        Ok(!held.is_empty() && roots.iter().all(|root| held.contains(&root.id)))
    }
}

/// The unit that all others lie under; none before the district is set up.
pub(crate) async fn root(tx: &mut Box<dyn Tx>) -> ServiceResult<Option<Unit>> {
    Ok(tx.units().await?.into_iter().find(|unit| unit.parent_id.is_none()))
}

/// The units in scope and those above them, so that the scope can be drawn as a tree.
fn with_paths(units: Vec<Unit>, scope: &Scope) -> Vec<Unit> {
    let parents: HashMap<&UnitId, Option<&UnitId>> = units.iter().map(|u| (&u.id, u.parent_id.as_ref())).collect();
    let mut kept: HashSet<UnitId> = HashSet::new();
    for unit in units.iter().filter(|unit| scope.covers(&unit.id)) {
        let mut at = Some(&unit.id);
        while let Some(id) = at {
            if !kept.insert(id.clone()) {
                break;
            }
            at = parents.get(id).copied().flatten();
        }
    }
    units.into_iter().filter(|unit| kept.contains(&unit.id)).collect()
}

/// A shown name: not empty, not too long, no control characters.
pub(crate) fn named(name: &str) -> ServiceResult<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        return Err(ServiceError {
            limit: Some(NAME_MAX_CHARS as i64),
            ..ServiceError::invalid(
                "name",
                format!("请填写名称（{NAME_MAX_CHARS} 字以内）"),
                "a name is needed, and not too long",
            )
        });
    }
    Ok(name.to_owned())
}

fn coded(code: &str) -> ServiceResult<String> {
    let code = code.trim().to_ascii_uppercase();
    let fits = !code.is_empty() && code.len() <= CODE_MAX_BYTES;
    if !fits || !code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(ServiceError {
            limit: Some(CODE_MAX_BYTES as i64),
            ..ServiceError::invalid("code", "编码只能用字母、数字和短横", "a code is letters, digits and dashes")
        });
    }
    Ok(code)
}

fn code_taken() -> ServiceError {
    ServiceError {
        field: Some("code"), ..ServiceError::conflict("code_taken", "编码已被使用", "the code is taken")
    }
}

async fn unique_unit_code(work: &mut Work, unit: &Unit) -> ServiceResult<()> {
    let taken = work.tx.units().await?.iter().any(|other| other.code == unit.code && other.id != unit.id);
    if taken { Err(code_taken()) } else { Ok(()) }
}

async fn unique_site_code(work: &mut Work, site: &Site) -> ServiceResult<()> {
    let taken = work.tx.sites().await?.iter().any(|other| other.code == site.code && other.id != site.id);
    if taken { Err(code_taken()) } else { Ok(()) }
}

fn unit_changed(work: &mut Work, unit: &Unit) {
    work.org_changed();
    let about = About { unit: Some(unit.id.clone()), ..About::default() };
    work.event(EventKind::OrgChanged, about, json!({ "unit_id": unit.id }));
}

fn site_changed(work: &mut Work, site: &Site, endpoint: Option<&EndpointId>) {
    let about = About {
        unit: Some(site.unit_id.clone()),
        site: Some(site.id.clone()),
        endpoint: endpoint.cloned(),
        session: None,
    };
    work.event(EventKind::OrgChanged, about, json!({ "site_id": site.id }));
}
