//! A workstation's own page: who is watching and why, the privacy switch, the watched-ledger.

use crate::actor::{Actor, DeviceActor};
use crate::assists::AssistView;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::page::{Page, PageRequest};
use crate::register::{RegisterFilter, RegisterView};
use crate::work::{About, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::SessionId;
use lianxian_model::org::{Endpoint, PrivacySwitch, Site, Unit};
use lianxian_model::session::{Mode, SessionKind};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest reason of the privacy switch, in characters.
pub const PRIVACY_REASON_MAX_CHARS: usize = 200;

/// Someone who watches the site now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Shift {
    pub starts_ms: Millis,
    pub ends_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StationView {
    pub endpoint: Endpoint,
    pub site: Site,
    pub unit: Unit,
    pub watchers: Vec<Watcher>,
    /// The assistance in which this device takes part now.
    pub assist: Option<AssistView>,
    pub privacy: PrivacySwitch,
    pub shift: Shift,
}

#[derive(Clone)]
pub struct Stations {
    pub(crate) core: Core,
}

impl Stations {
    /// Devices only.
    pub async fn view(&self, actor: &Actor) -> ServiceResult<StationView> {
        let device = device_of(actor)?;
        let mut tx = self.core.read().await?;
        let gone = || ServiceError::not_found("终端", "endpoint");
        let endpoint = tx.endpoint(&device.endpoint).await?.ok_or_else(gone)?;
        let site = tx.site(&device.site).await?.ok_or_else(gone)?;
        let unit = tx.unit(&site.unit_id).await?.ok_or_else(gone)?;
        let audio = site.patrol_flow().audio;
        let mut watchers = Vec::new();
        let mut assist = None;
        for session in tx.open_sessions_of_site(&device.site).await? {
            if session.kind == SessionKind::Assist {
                if tx.assist(&session.id).await?.is_some_and(|assist| assist.station == device.endpoint) {
                    assist = Some(crate::assists::view(&mut tx, session).await?);
                }
                continue;
            }
            let unit = match &session.observer_unit {
                Some(id) => tx.unit(id).await?.map(|unit| unit.name).unwrap_or_default(),
                None => String::new(),
            };
            watchers.push(Watcher {
                session_id: session.id,
                number: session.number,
                name: session.observer_name,
                unit,
                purpose: session.purpose,
                since_ms: session.started_ms,
                mode: Mode::Watch,
                audio,
            });
        }
        let privacy = site.privacy.clone();
        Ok(StationView { endpoint, site, unit, watchers, assist, privacy, shift: shift_of(self.core.now()) })
    }

    /// Switching on needs a reason. Takes effect on running sessions at once.
    pub async fn set_privacy(&self, actor: &Actor, on: bool, reason: &str) -> ServiceResult<PrivacySwitch> {
        let device = device_of(actor)?;
        let reason = reason.trim();
        if on && reason.is_empty() {
            return Err(ServiceError::invalid("reason", "请说明开启隐私的原因", "privacy needs a reason"));
        }
        if reason.chars().count() > PRIVACY_REASON_MAX_CHARS {
            return Err(ServiceError {
                limit: Some(PRIVACY_REASON_MAX_CHARS as i64),
                ..ServiceError::invalid("reason", "原因过长", "the reason is too long")
            });
        }
        let mut work = self.core.begin(actor).await?;
        let Some(mut site) = work.tx.site(&device.site).await? else {
            return Err(ServiceError::not_found("场所", "site"));
        };
        if site.privacy.on == on {
            return Ok(site.privacy);
        }
        let said = if on { Some(reason.to_owned()) } else { None };
        site.privacy = PrivacySwitch { on, reason: said, since_ms: Some(work.now) };
        unless_lost(work.tx.update_site(&site).await?)?;
        let (action, line) = if on {
            (AuditAction::StationPrivacyOn, "privacy.on")
        } else {
            (AuditAction::StationPrivacyOff, "privacy.off")
        };
        let detail = json!({ "reason": reason });
        for session in work.tx.open_sessions_of_site(&site.id).await? {
            work.tx.append_timeline(&session.id, work.now, line, &detail.to_string()).await?;
            work.regrant(&session.id);
        }
        work.audit(action, AuditObject::Site, site.id.as_str(), detail);
        let about = About {
            unit: Some(site.unit_id.clone()),
            site: Some(site.id.clone()),
            endpoint: Some(device.endpoint.clone()),
            session: None,
        };
        work.event(EventKind::PrivacyChanged, about, json!(site.privacy));
        work.commit().await?;
        Ok(site.privacy)
    }

    /// 被看账本: the register rows of the device's own site.
    pub async fn ledger(&self, actor: &Actor, page: &PageRequest) -> ServiceResult<Page<RegisterView>> {
        let device = device_of(actor)?;
        let filter = RegisterFilter { site_id: Some(device.site.clone()), ..RegisterFilter::default() };
        let mut tx = self.core.read().await?;
        crate::register::page(&mut tx, None, &filter, &page.keyset()?).await
    }
}

fn device_of(actor: &Actor) -> ServiceResult<&DeviceActor> {
    actor.device().ok_or_else(|| {
        ServiceError::unauthenticated("device_unknown", "请先登记本终端", "this page is for enrolled devices")
    })
}

/// The office hours of the Beijing day, 08:30 to 17:30, until shifts are planned.
fn shift_of(now: Millis) -> Shift {
    const HOUR_MS: i64 = 3_600_000;
    let midnight = (now.0 + 8 * HOUR_MS).div_euclid(24 * HOUR_MS) * 24 * HOUR_MS - 8 * HOUR_MS;
    Shift {
        starts_ms: Millis(midnight + 8 * HOUR_MS + HOUR_MS / 2),
        ends_ms: Millis(midnight + 17 * HOUR_MS + HOUR_MS / 2),
    }
}
