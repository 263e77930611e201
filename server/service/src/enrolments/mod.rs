//! Devices: a short-lived code read out once, a token kept for years; and the console endpoints that live with a login.

use crate::actor::{Actor, DeviceActor};
use crate::core::Core;
use crate::error::{ErrorKind, ServiceError, ServiceResult};
use crate::ports::live::LinkEnd;
use crate::ports::record::Enrolment;
use crate::ports::store::Tx;
use crate::secrets::{hash_text, new_code, new_id, new_token};
use crate::work::{About, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject, AuditResult};
use lianxian_model::event::EventKind;
use lianxian_model::ids::EndpointId;
use lianxian_model::org::{Endpoint, EndpointKind, Site, Unit};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How long an enrolment code can be used.
pub const CODE_LIFE_MS: i64 = 10 * 60 * 1000;
/// Wrong codes from one address within [`CODE_LIFE_MS`] before it must wait.
pub const MAX_WRONG_CODES: i64 = 10;
/// Wrong codes from everywhere within [`CODE_LIFE_MS`] that revoke all codes that are out.
pub const MAX_WRONG_CODES_IN_ALL: i64 = 100;

/// Consoles (browser tabs) that one login may have.
pub const MAX_TABS: i64 = 16;
/// Longest tab mark, in bytes.
pub const TAB_MAX_BYTES: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnrolmentCode {
    /// Eight digits, shown as `1234-5678`.
    pub code: String,
    pub expires_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Enrolled {
    /// Told once; only its hash is stored.
    pub device_token: String,
    pub endpoint: Endpoint,
    pub site: Site,
    pub unit: Unit,
}

/// Whom a link token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkIdentity {
    pub endpoint: EndpointId,
    /// Of a device; consoles and guests have none.
    pub enrolment: Option<Enrolment>,
    /// Shown name: the site's, or the person's.
    pub name: String,
}

#[derive(Clone)]
pub struct Enrolments {
    pub(crate) core: Core,
}

impl Enrolments {
    /// Right `org.manage`. An earlier code of the endpoint is worthless from now on.
    pub async fn issue(&self, actor: &Actor, endpoint: &EndpointId) -> ServiceResult<EnrolmentCode> {
        let mut work = self.core.begin(actor).await?;
        let found = work.tx.endpoint(endpoint).await?.filter(|e| e.kind.shows_site());
        let site = match found.as_ref().and_then(|e| e.site_id.as_ref()) {
            Some(site) => work.tx.site(site).await?,
            None => None,
        };
        let (Some(found), Some(site)) = (found, site) else {
            return Err(ServiceError::not_found("终端", "endpoint"));
        };
        if !self.core.may(&mut work.tx, actor, Right::OrgManage, &site.unit_id).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::EnrolmentIssue, AuditObject::Endpoint, endpoint.as_str())
                .await);
        }
        if found.disabled {
            return Err(ServiceError::conflict("endpoint_disabled", "终端已停用", "the endpoint is disabled"));
        }
        let (code, expires_ms) = (new_code(), Millis(work.now.0 + CODE_LIFE_MS));
        work.tx.put_code(endpoint, &hash_text(&digits_of(&code)), expires_ms).await?;
        work.audit(
            AuditAction::EnrolmentIssue,
            AuditObject::Endpoint,
            endpoint.as_str(),
            json!({ "expires_ms": expires_ms }),
        );
        work.commit().await?;
        Ok(EnrolmentCode { code, expires_ms })
    }

    /// Single use. Replaces the endpoint's former token. Errors: `code_refused`, `too_many_attempts`.
    pub async fn enrol(&self, code: &str, ip: &str) -> ServiceResult<Enrolled> {
        let mut work = self.core.begin(&Actor::System).await?;
        let since = Millis(work.now.0 - CODE_LIFE_MS);
        work.tx.drop_wrong_codes(since).await?;
        let (from_here, in_all) = work.tx.wrong_codes(ip, since).await?;
        if from_here >= MAX_WRONG_CODES {
            return Err(ServiceError::limit(
                "too_many_attempts",
                MAX_WRONG_CODES,
                "登记码错误次数过多，请十分钟后再试",
                "too many wrong codes, try again in ten minutes",
            ));
        }
        let taken = work.tx.take_code(&hash_text(&digits_of(code))).await?;
        let valid = taken.filter(|(_, expires)| *expires > work.now);
        let enrolled = match valid {
            Some((endpoint, _)) => endpoint_and_place(&mut work.tx, &endpoint).await?,
            None => None,
        };
        let Some((mut endpoint, site, unit)) = enrolled else {
            work.tx.put_wrong_code(ip, work.now).await?;
            if in_all + 1 >= MAX_WRONG_CODES_IN_ALL {
                // Someone is guessing from many places: what is out is no longer worth guessing.
                work.tx.drop_codes().await?;
            }
            let detail = json!({ "ip": ip });
            work.audit_as(
                AuditResult::Refused,
                AuditAction::EnrolmentUse,
                AuditObject::Endpoint,
                String::new(),
                "code_refused".into(),
                detail,
            );
            work.commit().await?;
            return Err(ServiceError::new(
                ErrorKind::Unauthenticated,
                "code_refused",
                "登记码无效或已过期",
                "the code is wrong, used or expired",
            ));
        };
        let device_token = new_token();
        work.tx.put_device_token(&endpoint.id, &hash_text(&device_token), work.now).await?;
        endpoint.enrolled = true;
        unless_lost(work.tx.update_endpoint(&endpoint).await?)?;
        endpoint.version += 1;
        work.audit(AuditAction::EnrolmentUse, AuditObject::Endpoint, endpoint.id.as_str(), json!({ "ip": ip }));
        let about = About {
            unit: Some(unit.id.clone()),
            site: Some(site.id.clone()),
            endpoint: Some(endpoint.id.clone()),
            session: None,
        };
        work.event(EventKind::OrgChanged, about, json!({ "endpoint_enrolled": true }));
        // A device that still used the former token is not this one.
        work.end_link(&endpoint.id, LinkEnd::Revoked);
        work.commit().await?;
        Ok(Enrolled { device_token, endpoint, site, unit })
    }

    /// Whose device token it is. Errors: `device_unknown`, `device_disabled`.
    pub async fn authenticate(&self, token: &str, ip: &str) -> ServiceResult<Actor> {
        let mut tx = self.core.read().await?;
        let hash = hash_text(token);
        let endpoint = tx.endpoint_by_token(&hash).await?.ok_or_else(device_unknown)?;
        let disabled = endpoint.disabled;
        let (endpoint, site, unit) = match endpoint_and_place(&mut tx, &endpoint.id).await? {
            Some(found) => found,
            None if disabled => return Err(device_disabled()),
            None => return Err(device_unknown()),
        };
        Ok(device_actor(&endpoint, &site, &unit, Some(Enrolment::of(&hash)), ip))
    }

    /// The endpoint that the actor's link stands for: a device's own, or the console of this login and tab (made on first use).
    pub async fn link_identity(&self, actor: &Actor, tab: Option<&str>) -> ServiceResult<LinkIdentity> {
        let account = match actor {
            Actor::Device(device) => {
                let (endpoint, enrolment) = (device.endpoint.clone(), device.enrolment.clone());
                return Ok(LinkIdentity { endpoint, enrolment, name: device.site_name.clone() });
            }
            Actor::Guest(guest) => {
                return Ok(LinkIdentity {
                    endpoint: guest.endpoint.clone(),
                    enrolment: None,
                    name: guest.name.clone(),
                });
            }
            Actor::Account(account) => account,
            Actor::System => return Err(ServiceError::forbidden()),
        };
        // Experts watch nothing, but help.
        if !actor.holds(Right::RequestsAnswer) {
            self.core.require(actor, Right::WallWatch, AuditAction::LinkToken, AuditObject::Endpoint, "").await?;
        }
        let tab = tab.unwrap_or("main");
        if tab.is_empty() || tab.len() > TAB_MAX_BYTES {
            return Err(ServiceError {
                limit: Some(TAB_MAX_BYTES as i64),
                ..ServiceError::invalid("tab", "页签标识无效", "the tab is empty or too long")
            });
        }
        let name = account.person_name.clone();
        if let Some(console) = self.core.read().await?.console_of(&account.login, tab).await? {
            return Ok(LinkIdentity { endpoint: console.id, enrolment: None, name });
        }
        let mut work = self.core.begin(actor).await?;
        if let Some(console) = work.tx.console_of(&account.login, tab).await? {
            return Ok(LinkIdentity { endpoint: console.id, enrolment: None, name });
        }
        let consoles = work.tx.consoles_of(&account.login).await?.len() as i64;
        if consoles >= MAX_TABS {
            return Err(ServiceError::limit(
                "too_many_tabs",
                MAX_TABS,
                format!("一次登录最多打开 {MAX_TABS} 个指挥台页面"),
                format!("a login has at most {MAX_TABS} consoles"),
            ));
        }
        let console = Endpoint {
            id: EndpointId(new_id(work.now)),
            site_id: None,
            name: format!("{}的指挥台", account.person_name),
            kind: EndpointKind::Console,
            enrolled: false,
            disabled: false,
            login_id: Some(account.login.clone()),
            tab: Some(tab.to_owned()),
            version: 1,
        };
        work.tx.insert_endpoint(&console).await?;
        work.commit().await?;
        Ok(LinkIdentity { endpoint: console.id, enrolment: None, name })
    }
}

/// The digits of a code, however it was typed.
fn digits_of(code: &str) -> String {
    code.chars().filter(char::is_ascii_digit).take(16).collect()
}

pub(crate) fn device_unknown() -> ServiceError {
    ServiceError::unauthenticated("device_unknown", "本终端未登记，请重新登记", "the device is not enrolled")
}

fn device_disabled() -> ServiceError {
    ServiceError::unauthenticated("device_disabled", "本终端已停用", "the device is disabled")
}

pub(crate) fn device_actor(
    endpoint: &Endpoint,
    site: &Site,
    unit: &Unit,
    enrolment: Option<Enrolment>,
    ip: &str,
) -> Actor {
    Actor::Device(Box::new(DeviceActor {
        endpoint: endpoint.id.clone(),
        endpoint_name: format!("{} · {}", site.name, endpoint.name),
        kind: endpoint.kind,
        site: site.id.clone(),
        site_name: site.name.clone(),
        unit: unit.id.clone(),
        enrolment,
        ip: ip.to_owned(),
    }))
}

/// An endpoint that may come in, with where it stands; `None` if it or its site is disabled or gone.
pub(crate) async fn endpoint_and_place(
    tx: &mut Box<dyn Tx>,
    endpoint: &EndpointId,
) -> ServiceResult<Option<(Endpoint, Site, Unit)>> {
    let Some(endpoint) = tx.endpoint(endpoint).await?.filter(|e| !e.disabled) else { return Ok(None) };
    let Some(site_id) = &endpoint.site_id else { return Ok(None) };
    let Some(site) = tx.site(site_id).await?.filter(|s| !s.disabled) else { return Ok(None) };
    let Some(unit) = tx.unit(&site.unit_id).await? else { return Ok(None) };
    Ok(Some((endpoint, site, unit)))
}
