//! Watches: a purpose stated once, and the sites picked under it.

use crate::actor::{AccountActor, Actor};
use crate::core::Core;
use crate::error::{ErrorKind, ServiceError, ServiceResult};
use crate::secrets::new_id;
use crate::sessions::{SessionView, change, read};
use crate::work::{About, Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, RegisterId, SessionId, SiteId, WatchId};
use lianxian_model::org::{Endpoint, Site};
use lianxian_model::register::{RegisterRow, ViewMode, Watch, WatchEnd};
use lianxian_model::roles::Right;
use lianxian_model::session::{
    Session, SessionEnd, SessionEvent, SessionKind, SessionState, beijing_day, session_number,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest purpose, in characters.
pub const PURPOSE_MAX_CHARS: usize = 200;
/// Purposes that are offered again.
const RECENT_PURPOSES: i64 = 10;
/// Sites that one call may open.
pub const MAX_SITES_A_CALL: usize = 64;
/// Why no site is opened while the media plane is at its limit.
const MEDIA_FULL: &str = "media_full";
/// Sessions that one console may have open at once: 25 tiles, the next 25 that warm up, and some beside. With a picture and a sound of each
/// that is within [`lianxian_model::media::MAX_DOWNSTREAMS`].
pub const MAX_OPEN_SESSIONS: i64 = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
    pub async fn purposes(&self, actor: &Actor) -> ServiceResult<Vec<String>> {
        let account = account_of(actor)?;
        Ok(self.core.read().await?.recent_purposes(&account.account, RECENT_PURPOSES).await?)
    }

    pub async fn current(&self, actor: &Actor) -> ServiceResult<Option<Watch>> {
        let account = account_of(actor)?;
        Ok(self.core.read().await?.open_watches_of(&account.account).await?.pop())
    }

    /// Right `wall.watch`. An open watch with another purpose ends first; with the same purpose it is returned.
    pub async fn open(&self, actor: &Actor, purpose: &str, key: Option<&str>) -> ServiceResult<Watch> {
        self.core.require(actor, Right::WallWatch, AuditAction::WatchOpen, AuditObject::Watch, "").await?;
        let account = account_of(actor)?;
        let purpose = purpose.split_whitespace().collect::<Vec<_>>().join(" ");
        if purpose.is_empty() {
            return Err(ServiceError::invalid("purpose", "请填写巡查事由", "a watch needs a purpose"));
        }
        if purpose.chars().count() > PURPOSE_MAX_CHARS {
            return Err(ServiceError {
                limit: Some(PURPOSE_MAX_CHARS as i64),
                ..ServiceError::invalid("purpose", "事由过长", "the purpose is too long")
            });
        }
        let mut work = self.core.begin(actor).await?;
        let once = match work.once(key, AuditAction::WatchOpen, &purpose).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        for mut open in work.tx.open_watches_of(&account.account).await? {
            if open.purpose == purpose {
                work.done(once, &open).await?;
                work.commit().await?;
                return Ok(open);
            }
            end_watch(&mut work, &mut open, WatchEnd::Ended).await?;
        }
        let watch = Watch {
            id: WatchId(new_id(work.now)),
            account_id: account.account.clone(),
            person_id: account.person.clone(),
            purpose,
            started_ms: work.now,
            ended_ms: None,
            end_cause: None,
            version: 1,
        };
        work.tx.insert_watch(&watch).await?;
        work.audit(AuditAction::WatchOpen, AuditObject::Watch, watch.id.as_str(), json!({ "purpose": watch.purpose }));
        let about = About { unit: Some(account.unit.clone()), ..About::default() };
        work.event(
            EventKind::WatchOpened,
            about,
            json!({ "watch_id": watch.id, "purpose": watch.purpose, "account_id": watch.account_id }),
        );
        work.done(once, &watch).await?;
        work.commit().await?;
        Ok(watch)
    }

    /// Ends the watch and its sessions. Errors: `watch_not_open` (somebody was faster).
    pub async fn end(&self, actor: &Actor, watch: &WatchId) -> ServiceResult<Watch> {
        let mut work = self.core.begin(actor).await?;
        let Some(mut watch) = self.own(&mut work, actor, watch).await? else {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::WatchEnd, AuditObject::Watch, watch.as_str()).await);
        };
        end_watch(&mut work, &mut watch, WatchEnd::Ended).await?;
        work.audit(AuditAction::WatchEnd, AuditObject::Watch, watch.id.as_str(), json!({}));
        work.commit().await?;
        Ok(watch)
    }

    /// Opens a patrol session for each site; a site that is already open under this console is returned as it is.
    /// A site outside the actor's scope is refused alone, with one audit row. Errors: `media_full`, when that is why not
    /// one of them was opened.
    pub async fn open_sites(
        &self,
        actor: &Actor,
        watch: &WatchId,
        picked: PickedSites,
    ) -> ServiceResult<Vec<OpenedSite>> {
        self.core
            .require(actor, Right::WallWatch, AuditAction::SessionOpen, AuditObject::Watch, watch.as_str())
            .await?;
        if picked.site_ids.len() > MAX_SITES_A_CALL {
            return Err(ServiceError::limit(
                "too_many_sites",
                MAX_SITES_A_CALL as i64,
                format!("一次最多打开 {MAX_SITES_A_CALL} 个场所"),
                format!("one call opens at most {MAX_SITES_A_CALL} sites"),
            ));
        }
        let account = account_of(actor)?;
        let mut work = self.core.begin(actor).await?;
        let Some(watch) = self.own(&mut work, actor, watch).await? else {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::SessionOpen, AuditObject::Watch, watch.as_str()).await);
        };
        if watch.ended_ms.is_some() {
            return Err(watch_not_open());
        }
        let console = work.tx.endpoint(&picked.endpoint_id).await?;
        let Some(console) = console.filter(|e| e.login_id.as_ref() == Some(&account.login)) else {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::SessionOpen, AuditObject::Endpoint, picked.endpoint_id.as_str())
                .await);
        };
        let mut opened = Vec::with_capacity(picked.site_ids.len());
        let mut seen = BTreeSet::new();
        for site_id in picked.site_ids {
            if seen.insert(site_id.clone()) {
                let session = self.open_site(&mut work, actor, account, &watch, &console, &site_id).await;
                if let Err(error) = &session
                    && matches!(error.kind, ErrorKind::Internal | ErrorKind::Unavailable)
                    && error.code != MEDIA_FULL
                {
                    return Err(error.clone());
                }
                opened.push(OpenedSite { site_id, session });
            }
        }
        let is_full = |site: &OpenedSite| site.session.as_ref().is_err_and(|error| error.code == MEDIA_FULL);
        if opened.iter().all(is_full)
            && let Some(Err(full)) = opened.first().map(|site| &site.session)
        {
            return Err(full.clone());
        }
        work.commit().await?;
        Ok(opened)
    }

    /// Either nothing is written but perhaps a refusal's audit row, or the whole session is.
    async fn open_site(
        &self,
        work: &mut Work,
        actor: &Actor,
        account: &AccountActor,
        watch: &Watch,
        console: &Endpoint,
        site_id: &SiteId,
    ) -> ServiceResult<SessionView> {
        let Some(site) = work.tx.site(site_id).await? else {
            return Err(ServiceError::not_found("场所", "site"));
        };
        if !self.core.may(&mut work.tx, actor, Right::WallWatch, &site.unit_id).await? {
            let forbidden = ServiceError::forbidden();
            work.audit_refused(AuditAction::SessionOpen, AuditObject::Site, site_id.as_str(), forbidden.code);
            return Err(forbidden);
        }
        if site.disabled {
            return Err(ServiceError::conflict("site_disabled", "场所已停用", "the site is disabled"));
        }
        let mut open = work.tx.open_sessions_of_observer(&console.id).await?;
        open.retain(|session| session.kind == SessionKind::Patrol);
        if let Some(running) = open.iter().find(|s| s.site_id.as_ref() == Some(site_id)) {
            return read::view(&mut work.tx, running.clone(), &mut read::Names::default()).await;
        }
        if open.len() as i64 >= MAX_OPEN_SESSIONS {
            return Err(ServiceError::limit(
                "too_many_sessions",
                MAX_OPEN_SESSIONS,
                format!("同时最多观看 {MAX_OPEN_SESSIONS} 个场所"),
                format!("at most {MAX_OPEN_SESSIONS} sites at once"),
            ));
        }
        let endpoints = work.tx.endpoints_of_site(site_id).await?;
        if !endpoints.iter().any(|e| e.kind.shows_site() && !e.disabled) {
            return Err(ServiceError::conflict(
                "site_without_endpoint",
                "场所没有可用终端",
                "no endpoint shows the site",
            ));
        }
        self.core.admit_watch()?;
        self.open_patrol(work, account, watch, console, &site, &endpoints).await
    }

    async fn open_patrol(
        &self,
        work: &mut Work,
        account: &AccountActor,
        watch: &Watch,
        console: &Endpoint,
        site: &Site,
        endpoints: &[Endpoint],
    ) -> ServiceResult<SessionView> {
        let series = format!("HH{}{}", beijing_day(work.now), site.code);
        let sequence = work.tx.next_in_series(&series).await?;
        let linked = work.tx.open_link_of(&console.id).await?.is_some();
        let mut session = Session {
            id: SessionId(new_id(work.now)),
            number: session_number(work.now, &site.code, sequence),
            kind: SessionKind::Patrol,
            state: SessionState::Open,
            purpose: watch.purpose.clone(),
            site_id: Some(site.id.clone()),
            unit_id: Some(site.unit_id.clone()),
            watch_id: Some(watch.id.clone()),
            observer_endpoint: Some(console.id.clone()),
            observer_account: Some(account.account.clone()),
            observer_person: Some(account.person.clone()),
            observer_name: account.person_name.clone(),
            observer_unit: Some(account.unit.clone()),
            room: None,
            started_ms: work.now,
            ended_ms: None,
            end_cause: None,
            end_note: String::new(),
            // A console whose link is not up yet is awaited, but not for ever.
            observer_lost_ms: (!linked).then_some(work.now),
            version: 1,
            attendances: Vec::new(),
        };
        work.tx.insert_session(&session).await?;
        let flow = site.patrol_flow();
        let content =
            if site.privacy_class.sound_in_patrol() { "实时视频、声音" } else { "实时视频（无声音）" };
        let row = RegisterRow {
            id: RegisterId(new_id(work.now)),
            session_id: session.id.clone(),
            number: session.number.clone(),
            site_id: site.id.clone(),
            site_name: site.name.clone(),
            site_unit_id: site.unit_id.clone(),
            purpose: session.purpose.clone(),
            content: content.into(),
            unit_id: account.unit.clone(),
            unit_name: account.unit_name.clone(),
            person_id: account.person.clone(),
            person_name: account.person_name.clone(),
            account_id: account.account.clone(),
            from_ms: work.now,
            to_ms: None,
            first_picture_ms: None,
            mode: ViewMode::Live,
        };
        work.tx.insert_register(&row).await?;
        let detail = json!({ "observer": account.person_name, "site": site.name, "purpose": session.purpose });
        work.tx.append_timeline(&session.id, work.now, "session.opened", &detail.to_string()).await?;
        work.audit(
            AuditAction::SessionOpen,
            AuditObject::Session,
            session.id.as_str(),
            json!({ "number": session.number, "site_id": site.id, "purpose": session.purpose, "audio": flow.audio }),
        );
        change::tell(work, &session, EventKind::SessionOpened).await?;
        work.regrant(&session.id);
        if linked {
            let attendance = change::observer_attendance(work, &session);
            change::apply(work, &mut session, SessionEvent::Join(Box::new(attendance))).await?;
        }
        for endpoint in endpoints.iter().filter(|e| e.kind.shows_site()) {
            if work.tx.presence(&endpoint.id).await?.is_some_and(|p| p.online) {
                let attendance = change::site_attendance(work, &session, endpoint, &site.name);
                change::apply(work, &mut session, SessionEvent::Join(Box::new(attendance))).await?;
            }
        }
        read::view(&mut work.tx, session, &mut read::Names::default()).await
    }

    /// The actor's own watch; `None` if it is another's.
    async fn own(&self, work: &mut Work, actor: &Actor, watch: &WatchId) -> ServiceResult<Option<Watch>> {
        let Some(found) = work.tx.watch(watch).await? else {
            return Err(ServiceError::not_found("巡查", "watch"));
        };
        Ok(actor.account().is_some_and(|a| a.account == found.account_id).then_some(found))
    }
}

fn watch_not_open() -> ServiceError {
    ServiceError::conflict("watch_not_open", "巡查已结束", "the watch is over")
}

/// Accounts only: a device watches nobody.
fn account_of(actor: &Actor) -> ServiceResult<&AccountActor> {
    actor.account().ok_or_else(ServiceError::forbidden)
}

/// Ends a watch and every session that stands on it.
pub(crate) async fn end_watch(work: &mut Work, watch: &mut Watch, cause: WatchEnd) -> ServiceResult<()> {
    if watch.ended_ms.is_some() {
        return Err(watch_not_open());
    }
    let session_cause = match cause {
        WatchEnd::Ended => SessionEnd::WatchEnded,
        WatchEnd::LoggedOut => SessionEnd::LoggedOut,
        WatchEnd::Revoked => SessionEnd::Revoked,
        WatchEnd::Interrupted => SessionEnd::Interrupted,
    };
    for mut session in work.tx.open_sessions_of_watch(&watch.id).await? {
        change::end_quietly(work, &mut session, session_cause).await?;
    }
    watch.ended_ms = Some(work.now.max(watch.started_ms));
    watch.end_cause = Some(cause);
    unless_lost(work.tx.update_watch(watch).await?)?;
    watch.version += 1;
    let unit = work.tx.person(&watch.person_id).await?.map(|person| person.unit_id);
    let payload = json!({ "watch_id": watch.id, "cause": cause, "account_id": watch.account_id });
    work.event(EventKind::WatchEnded, About { unit, ..About::default() }, payload);
    Ok(())
}
