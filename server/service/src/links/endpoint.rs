//! Links of the net's own endpoints: stations come on and off the air, consoles come and go with their logins.

use crate::actor::Actor;
use crate::assists::{earphones, parties};
use crate::core::Core;
use crate::enrolments::{device_actor, device_unknown, endpoint_and_place};
use crate::error::{ServiceError, ServiceResult};
use crate::guests;
use crate::logins::{actor_of, login_over};
use crate::ports::live::{LinkRights, PublishRights};
use crate::ports::record::{Enrolment, LinkOpened, LinkOwner, LinkProfile, LinkRefused};
use crate::ports::store::{LinkInterval, Tx};
use crate::presence;
use crate::sessions::change;
use crate::work::{About, Work};
use lianxian_model::audit::{AuditAction, AuditObject, AuditResult};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, ParticipantSid};
use lianxian_model::link::LinkEnd;
use lianxian_model::org::{Endpoint, EndpointKind, Site};
use lianxian_model::register::{OfflineCause, Presence};
use lianxian_model::session::{LeaveReason, SessionEnd, SessionEvent, SessionKind};
use lianxian_model::time::Millis;
use serde_json::json;
use std::collections::BTreeMap;

fn refused_link() -> ServiceError {
    ServiceError::unauthenticated("endpoint_refused", "终端不存在或已停用", "the endpoint is unknown or disabled")
}

/// Whether the link was asked for under the device token that holds now. Whoever has a copy of a replaced device's keys
/// stays outside, however long its link token lasts.
async fn check_enrolment(tx: &mut Box<dyn Tx>, id: &EndpointId, enrolment: Option<&Enrolment>) -> ServiceResult<()> {
    let holds = tx.device_token_hash(id).await?.map(|hash| Enrolment::of(&hash));
    if holds.as_ref() == enrolment { Ok(()) } else { Err(device_unknown()) }
}

/// What the endpoint may do now on a link that it asked for under this enrolment.
pub(super) async fn rights(core: &Core, id: &EndpointId, enrolment: Option<&Enrolment>) -> ServiceResult<LinkProfile> {
    let mut tx = core.read().await?;
    check_enrolment(&mut tx, id, enrolment).await?;
    Ok(profile(&mut tx, id, core.now()).await?.1)
}

/// What the endpoint may do and how it shows; an error if it may not come in. `actor`: in whose name it acts.
pub(crate) async fn profile(tx: &mut Box<dyn Tx>, id: &EndpointId, now: Millis) -> ServiceResult<(Actor, LinkProfile)> {
    let Some(endpoint) = tx.endpoint(id).await?.filter(|e| !e.disabled) else { return Err(refused_link()) };
    if endpoint.kind == EndpointKind::Guest {
        return guests::profile(tx, id, now).await;
    }
    if let Some(login_id) = &endpoint.login_id {
        let login = tx.login(login_id).await?.filter(|login| login.over(now).is_none()).ok_or_else(login_over)?;
        let account = tx.account(&login.account_id).await?.filter(|a| !a.disabled && !a.locked);
        let account = account.ok_or_else(login_over)?;
        let actor = actor_of(tx, &account, login.id, &login.ip).await?;
        // Who watches is never seen nor heard; who helps is, for as long as the assistance lasts.
        let may_publish = parties::publish_rights(tx, id).await?;
        let rights = LinkRights {
            may_publish,
            may_subscribe: true,
            // The laser's place on a frozen frame: told to those who are in it, kept nowhere.
            may_publish_data: may_publish.any(),
            may_update_metadata: false,
            hidden: may_publish == PublishRights::NONE,
        };
        let attributes = BTreeMap::from([("kind".to_owned(), endpoint.kind.to_string())]);
        let name = actor.name().to_owned();
        return Ok((actor, LinkProfile { name, attributes, rights }));
    }
    let Some((endpoint, site, unit)) = endpoint_and_place(tx, id).await? else { return Err(refused_link()) };
    if !endpoint.enrolled {
        return Err(refused_link());
    }
    let rights = LinkRights {
        may_publish: PublishRights::ALL,
        may_subscribe: true,
        may_publish_data: false,
        may_update_metadata: false,
        hidden: false,
    };
    let attributes = BTreeMap::from([
        ("kind".to_owned(), endpoint.kind.to_string()),
        ("site_id".to_owned(), site.id.0.clone()),
        ("unit_id".to_owned(), unit.id.0.clone()),
    ]);
    let actor = device_actor(&endpoint, &site, &unit, None, "");
    Ok((actor, LinkProfile { name: site.name, attributes, rights }))
}

pub(super) async fn opened(core: &Core, opened: LinkOpened) -> ServiceResult<LinkProfile> {
    let mut work = core.begin(&Actor::System).await?;
    check_enrolment(&mut work.tx, &opened.endpoint, opened.enrolment.as_ref()).await?;
    let (actor, mut told) = profile(&mut work.tx, &opened.endpoint, work.now).await?;
    work.act_as(&actor);
    if let Some(former) = work.tx.open_link_of(&opened.endpoint).await? {
        // The net closes the former link itself; this only keeps the record whole if that notice is still on its way.
        close(&mut work, &former.endpoint_id, &former.participant, LinkEnd::Duplicate).await?;
    }
    let link = LinkInterval {
        participant: opened.participant.clone(),
        endpoint_id: opened.endpoint.clone(),
        opened_ms: work.now,
        closed_ms: None,
        cause: None,
        ip: opened.ip,
        client: serde_json::to_string(&opened.client).map_err(ServiceError::internal)?,
    };
    work.tx.insert_link(&link).await?;
    let endpoint = work.tx.endpoint(&opened.endpoint).await?.ok_or_else(refused_link)?;
    match endpoint.site_id.clone() {
        Some(site_id) => {
            let site = work.tx.site(&site_id).await?.ok_or_else(refused_link)?;
            let now = Some(work.now);
            let presence =
                Presence { endpoint_id: endpoint.id.clone(), online: true, on_air: false, since_ms: now, cause: None };
            put_presence(&mut work, &endpoint, &site, presence).await?;
            for mut session in work.tx.open_sessions_of_site(&site_id).await? {
                if session.kind == SessionKind::Assist {
                    let assist = work.tx.assist(&session.id).await?;
                    let Some(assist) = assist.filter(|assist| assist.station == endpoint.id) else { continue };
                    earphones::relinked(&mut work, &session, &assist).await?;
                }
                if session.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(&endpoint.id)) {
                    continue;
                }
                let mut attendance = change::site_attendance(&work, &session, &endpoint, &site.name);
                attendance.participant = Some(opened.participant.clone());
                change::apply(&mut work, &mut session, SessionEvent::Join(Box::new(attendance))).await?;
                work.regrant(&session.id);
            }
        }
        None if endpoint.kind == EndpointKind::Guest => {
            guests::link_opened(&mut work, &endpoint.id, &opened.participant).await?;
        }
        None => {
            for mut session in work.tx.open_sessions_of_observer(&endpoint.id).await? {
                if session.kind == SessionKind::Assist {
                    continue;
                }
                if session.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(&endpoint.id)) {
                    continue;
                }
                let mut attendance = change::observer_attendance(&work, &session);
                attendance.participant = Some(opened.participant.clone());
                change::apply(&mut work, &mut session, SessionEvent::ObserverBack(Box::new(attendance))).await?;
            }
            if let Some(account) = actor.account()
                && parties::console_back(&mut work, &endpoint.id, account, &opened.participant).await?
            {
                // It attends again, and may speak as before.
                told = profile(&mut work.tx, &endpoint.id, work.now).await?.1;
            }
        }
    }
    work.commit_unheard().await?;
    Ok(told)
}

pub(super) async fn closed(
    core: &Core,
    endpoint: &EndpointId,
    participant: &ParticipantSid,
    cause: LinkEnd,
) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    close(&mut work, endpoint, participant, cause).await?;
    work.commit_unheard().await?;
    Ok(())
}

async fn close(work: &mut Work, id: &EndpointId, participant: &ParticipantSid, cause: LinkEnd) -> ServiceResult<()> {
    if !work.tx.close_link(participant, work.now, &word(cause)).await? {
        return Ok(());
    }
    work.tx.end_subscriptions_of(participant, work.now).await?;
    for track in work.tx.open_tracks_of(participant).await? {
        work.tx.end_track(&track.track, work.now, None).await?;
    }
    if work.tx.open_link_of(id).await?.is_some() {
        // Another link of the same endpoint is up: it never left.
        return Ok(());
    }
    let Some(endpoint) = work.tx.endpoint(id).await? else { return Ok(()) };
    let reason = match cause {
        LinkEnd::Left | LinkEnd::LoggedOut => LeaveReason::Left,
        LinkEnd::Revoked => LeaveReason::Revoked,
        LinkEnd::Duplicate => LeaveReason::Duplicate,
        _ => LeaveReason::LinkLost,
    };
    if endpoint.kind == EndpointKind::Guest {
        return guests::link_left(work, &endpoint.id, reason).await;
    }
    let Some(site_id) = endpoint.site_id.clone() else {
        return observer_left(work, &endpoint, cause).await;
    };
    let Some(site) = work.tx.site(&site_id).await? else { return Ok(()) };
    let offline = match cause {
        LinkEnd::Left | LinkEnd::LoggedOut => OfflineCause::Closed,
        LinkEnd::Revoked => OfflineCause::Disabled,
        LinkEnd::Shutdown => OfflineCause::ServerRestart,
        _ => OfflineCause::Lost,
    };
    let presence = Presence {
        endpoint_id: endpoint.id.clone(),
        online: false,
        on_air: false,
        since_ms: Some(work.now),
        cause: Some(offline),
    };
    put_presence(work, &endpoint, &site, presence).await?;
    change::site_endpoint_left(work, &endpoint, reason).await
}

/// A console that went for good ends its sessions; one that was lost, or only reloaded its page, is awaited.
async fn observer_left(work: &mut Work, console: &Endpoint, cause: LinkEnd) -> ServiceResult<()> {
    let over = match cause {
        LinkEnd::LoggedOut => Some(SessionEnd::LoggedOut),
        LinkEnd::Revoked => Some(SessionEnd::Revoked),
        _ => None,
    };
    if let Some(cause) = over {
        return change::end_of_observer(work, &console.id, cause).await;
    }
    let reason = if cause == LinkEnd::Left { LeaveReason::PageLeft } else { LeaveReason::LinkLost };
    for mut session in work.tx.open_sessions_of_observer(&console.id).await? {
        if session.kind != SessionKind::Assist && session.observer_lost_ms.is_none() {
            change::apply(work, &mut session, SessionEvent::ObserverAway(reason)).await?;
        }
    }
    parties::console_left(work, &console.id, reason).await
}

/// Stores a presence and tells it.
pub(super) async fn put_presence(
    work: &mut Work,
    endpoint: &Endpoint,
    site: &Site,
    presence: Presence,
) -> ServiceResult<()> {
    work.tx.put_presence(&presence).await?;
    presence::event(work, endpoint, site, Some(presence));
    Ok(())
}

pub(super) async fn refused(core: &Core, refused: LinkRefused) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    let (kind, object) = match &refused.owner {
        LinkOwner::Endpoint(endpoint) => {
            // Whoever was refused is named if it can still be named.
            if let Ok((actor, _)) = profile(&mut work.tx, endpoint, work.now).await {
                work.act_as(&actor);
            }
            (AuditObject::Endpoint, endpoint.0.clone())
        }
        LinkOwner::Conference { session, identity } => (AuditObject::Session, format!("{session}/{identity}")),
    };
    let detail = json!({ "action": refused.action, "detail": refused.detail, "ip": refused.ip });
    work.audit_as(
        AuditResult::Refused,
        AuditAction::LinkRefused,
        kind,
        object,
        refused.action.to_owned(),
        detail.clone(),
    );
    let endpoint = match refused.owner {
        LinkOwner::Endpoint(endpoint) => Some(endpoint),
        LinkOwner::Conference { .. } => None,
    };
    work.event(EventKind::LinkRefused, About { endpoint, ..About::default() }, detail);
    work.commit_unheard().await?;
    Ok(())
}

pub(super) fn word(cause: LinkEnd) -> String {
    serde_json::to_value(cause).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
