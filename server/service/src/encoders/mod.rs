//! Encoders and players: devices and consoles that speak plain HTTP and media (RFC 9725 and its playback twin), under the
//! same rights, sessions and records as every link.

use crate::actor::Actor;
use crate::core::Core;
use crate::enrolments::device_unknown;
use crate::error::{ErrorKind, ServiceError, ServiceResult};
use crate::links::profile_of;
use crate::secrets::{hash_text, new_token};
use crate::sessions::live::grants_of;
use crate::work::{About, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, SiteId};
use lianxian_model::link::LinkEnd;
use lianxian_model::org::Endpoint;
use lianxian_model::roles::Right;
use lianxian_model::session::SessionKind;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// A device token that an administrator types into an encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeviceToken {
    /// Told once; only its hash is stored.
    pub device_token: String,
    pub endpoint: Endpoint,
}

#[derive(Clone)]
pub struct Encoders {
    pub(crate) core: Core,
}

impl Encoders {
    /// Right `org.manage`. A token for a device that cannot type a code in. Replaces the endpoint's former token and
    /// its code; a device that still uses the former one is cut off.
    pub async fn issue_token(&self, actor: &Actor, id: &EndpointId) -> ServiceResult<DeviceToken> {
        let mut work = self.core.begin(actor).await?;
        let found = work.tx.endpoint(id).await?.filter(|e| e.kind.shows_site());
        let site = match found.as_ref().and_then(|e| e.site_id.as_ref()) {
            Some(site) => work.tx.site(site).await?,
            None => None,
        };
        let (Some(mut endpoint), Some(site)) = (found, site) else {
            return Err(ServiceError::not_found("终端", "endpoint"));
        };
        if !self.core.may(&mut work.tx, actor, Right::OrgManage, &site.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::EnrolmentToken, AuditObject::Endpoint, id.as_str()).await);
        }
        if endpoint.disabled {
            return Err(ServiceError::conflict("endpoint_disabled", "终端已停用", "the endpoint is disabled"));
        }
        let device_token = new_token();
        // A code that is still out would replace the token: one that nobody knows takes its place.
        work.tx.put_code(id, &hash_text(&new_token()), work.now).await?;
        work.tx.put_device_token(id, &hash_text(&device_token), work.now).await?;
        endpoint.enrolled = true;
        unless_lost(work.tx.update_endpoint(&endpoint).await?)?;
        endpoint.version += 1;
        work.audit(AuditAction::EnrolmentToken, AuditObject::Endpoint, id.as_str(), json!({}));
        let about = About {
            unit: Some(site.unit_id.clone()),
            site: Some(site.id.clone()),
            endpoint: Some(id.clone()),
            session: None,
        };
        work.event(EventKind::OrgChanged, about, json!({ "endpoint_enrolled": true }));
        work.end_link(id, LinkEnd::Revoked);
        work.commit().await?;
        Ok(DeviceToken { device_token, endpoint })
    }

    /// The endpoint that a device publishes for: its own. Another one, named in the address, is refused with one audit row.
    pub async fn publisher(&self, actor: &Actor, named: Option<&EndpointId>) -> ServiceResult<EndpointId> {
        let Some(device) = actor.device() else { return Err(device_unknown()) };
        match named {
            Some(named) if *named != device.endpoint => {
                Err(self.core.refuse(actor, AuditAction::WhipPublish, AuditObject::Endpoint, named.as_str()).await)
            }
            _ => Ok(device.endpoint.clone()),
        }
    }

    /// The endpoints that a console may play now of a site, or of one endpoint: those that one of its own open sessions
    /// grants. Without such a session the request is refused with one audit row. Errors: `not_on_air`.
    pub async fn playable(&self, console: &EndpointId, target: &str, ip: &str) -> ServiceResult<Vec<EndpointId>> {
        let mut tx = self.core.read().await?;
        let (mut actor, _) = profile_of(&mut tx, console, self.core.now()).await?;
        if let Actor::Account(account) = &mut actor {
            account.ip = ip.to_owned();
        }
        let (kind, site, only) = match tx.site(&SiteId(target.to_owned())).await? {
            Some(site) => (AuditObject::Site, Some(site.id), None),
            None => {
                let endpoint = tx.endpoint(&EndpointId(target.to_owned())).await?;
                let site = endpoint.as_ref().and_then(|endpoint| endpoint.site_id.clone());
                (AuditObject::Endpoint, site, endpoint.map(|endpoint| endpoint.id))
            }
        };
        let mut granted = BTreeSet::new();
        for session in tx.open_sessions_of_observer(console).await? {
            if session.kind == SessionKind::Patrol && session.site_id.is_some() && session.site_id == site {
                let grants = grants_of(&mut tx, &session).await?.into_iter();
                let wanted = grants.filter(|grant| only.as_ref().is_none_or(|only| *only == grant.publisher));
                granted.extend(wanted.map(|grant| grant.publisher));
            }
        }
        if granted.is_empty() {
            drop(tx);
            let refusal = self.core.refuse(&actor, AuditAction::WhepPlay, kind, target).await;
            // Of what is not there nobody may say more than of what may not be seen, but the record has both.
            return Err(match site {
                None if refusal.kind == ErrorKind::Forbidden => {
                    ServiceError::not_found("场所或终端", "site or endpoint")
                }
                _ => refusal,
            });
        }
        let mut on_air = Vec::new();
        for endpoint in granted {
            if tx.presence(&endpoint).await?.is_some_and(|presence| presence.online && presence.on_air) {
                on_air.push(endpoint);
            }
        }
        if on_air.is_empty() {
            return Err(not_on_air());
        }
        Ok(on_air)
    }
}

/// Nothing is published there at the moment: to be asked again.
pub fn not_on_air() -> ServiceError {
    ServiceError::conflict("not_on_air", "当前没有画面，请稍后再试", "nothing is on air there now, try again")
}
