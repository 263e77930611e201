//! A guest in the assistance: the link that its consent allows, its attendance, and what everyone may send and receive.

use super::door::guests_full;
use super::{standing, tell};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::live::{LinkRights, PublishRights};
use crate::ports::record::LinkProfile;
use crate::ports::store::Tx;
use crate::sessions::change;
use crate::work::Work;
use lianxian_model::assist::{Assist, Party};
use lianxian_model::guest::{Consent, MAX_GUESTS, Visit, picture_may_pass, sound_may_pass};
use lianxian_model::ids::{EndpointId, GuestLinkId, ParticipantSid, VisitId};
use lianxian_model::link::LinkEnd;
use lianxian_model::session::{LeaveReason, Mode, Session, SessionEvent};
use lianxian_model::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

fn refused() -> ServiceError {
    let en = "the guest has no consent in force, or no assistance to come to";
    ServiceError::unauthenticated("guest_refused", "尚未同意，或没有进行中的连线", en)
}

/// What a guest's link may do: nothing without a consent in force and an assistance that runs.
pub(crate) async fn profile(
    tx: &mut Box<dyn Tx>,
    endpoint: &EndpointId,
    now: Millis,
) -> ServiceResult<(Actor, LinkProfile)> {
    let visit = tx.visit_of_endpoint(endpoint).await?.ok_or_else(refused)?;
    let standing = standing(tx, visit).await?.admitted(now)?;
    let (Some(consent), Some(_)) = (standing.consent(), &standing.session) else { return Err(refused()) };
    let may_publish = PublishRights { camera: consent.picture, microphone: consent.sound, screen: false };
    let rights = LinkRights {
        may_publish,
        may_subscribe: true,
        may_publish_data: false,
        may_update_metadata: false,
        hidden: !may_publish.any(),
    };
    let attributes = BTreeMap::from([("kind".to_owned(), "guest".to_owned())]);
    Ok((standing.actor(), LinkProfile { name: standing.visit.name.clone(), attributes, rights }))
}

/// The guest's link is up: it attends.
pub(crate) async fn link_opened(
    work: &mut Work,
    endpoint: &EndpointId,
    participant: &ParticipantSid,
) -> ServiceResult<()> {
    let visit = work.tx.visit_of_endpoint(endpoint).await?.ok_or_else(refused)?;
    let standing = standing(&mut work.tx, visit).await?;
    if standing.attends() {
        return Ok(());
    }
    let name = standing.visit.name.clone();
    let mut session = standing.session.ok_or_else(refused)?;
    if session.open_attendances().filter(|a| a.mode == Mode::Guest).count() >= MAX_GUESTS {
        return Err(guests_full());
    }
    let mut attendance = change::guest_attendance(work, &session, endpoint, &name);
    attendance.participant = Some(participant.clone());
    change::apply(work, &mut session, SessionEvent::Join(Box::new(attendance))).await?;
    tell(work, &standing.request).await
}

/// The guest's link is down: its attendance ends; it may come again.
pub(crate) async fn link_left(work: &mut Work, endpoint: &EndpointId, reason: LeaveReason) -> ServiceResult<()> {
    let Some(visit) = work.tx.visit_of_endpoint(endpoint).await? else { return Ok(()) };
    if stop_attending(work, endpoint, reason).await? {
        let request = super::followed(&mut work.tx, &visit.request_id).await?;
        tell(work, &request).await?;
    }
    Ok(())
}

/// Whether it attended.
async fn stop_attending(work: &mut Work, endpoint: &EndpointId, reason: LeaveReason) -> ServiceResult<bool> {
    let mut attended = false;
    for mut session in work.tx.open_assists_of_party(endpoint).await? {
        if session.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(endpoint)) {
            let event = SessionEvent::Leave { endpoint: endpoint.clone(), reason };
            change::apply(work, &mut session, event).await?;
            attended = true;
        }
    }
    Ok(attended)
}

/// The guest is out, whatever its page does: nothing flows to or from it once this is committed, and its link ends.
pub(super) async fn leave(work: &mut Work, visit: &Visit, reason: LeaveReason) -> ServiceResult<()> {
    stop_attending(work, &visit.endpoint_id, reason).await?;
    // Also one who is not in it may have been whose consent let the room be heard.
    let request = super::followed(&mut work.tx, &visit.request_id).await?;
    if let Some(session) = request.session_id {
        work.regrant(&session);
    }
    work.end_link(&visit.endpoint_id, LinkEnd::Revoked);
    Ok(())
}

/// The assistance is over: the links of its guests end with it.
pub(crate) fn session_ended(work: &mut Work, session: &Session) {
    let guests: BTreeSet<&EndpointId> = session
        .attendances
        .iter()
        .filter(|a| a.mode == Mode::Guest && a.left_ms == session.ended_ms)
        .filter_map(|a| a.endpoint_id.as_ref())
        .collect();
    for endpoint in guests {
        work.end_link(endpoint, LinkEnd::Revoked);
    }
}

/// A guest as one end of the assistance: it sends what was agreed to.
pub(crate) async fn party(tx: &mut Box<dyn Tx>, endpoint: &EndpointId) -> ServiceResult<Party> {
    let consents = match tx.visit_of_endpoint(endpoint).await? {
        Some(visit) => tx.consents_of_visit(&visit.id).await?,
        None => Vec::new(),
    };
    let consent = consents.iter().rev().find(|consent| consent.in_force());
    Ok(Party {
        picture: consent.is_some_and(|consent| consent.picture),
        sound: consent.is_some_and(|consent| consent.sound),
        ..Party::of(endpoint.clone(), Mode::Guest)
    })
}

/// The workstation as one end of the assistance.
pub(crate) async fn station_party(
    tx: &mut Box<dyn Tx>,
    session: &Session,
    assist: &Assist,
    mode: Mode,
) -> ServiceResult<Party> {
    let picture = picture_may_pass(&station_consents(tx, session, assist).await?);
    Ok(Party { picture, earphones: assist.earphones, ..Party::of(assist.station.clone(), mode) })
}

/// What was agreed to at the workstation.
pub(crate) async fn station_consents(
    tx: &mut Box<dyn Tx>,
    session: &Session,
    assist: &Assist,
) -> ServiceResult<Vec<Consent>> {
    let mut given = consents_for(tx, session, assist).await?;
    given.retain(|consent| consent.visit_id.is_none());
    Ok(given)
}

/// What was agreed to that counts for the assistance: everything given to its request, or in it.
pub(super) async fn consents_for(
    tx: &mut Box<dyn Tx>,
    session: &Session,
    assist: &Assist,
) -> ServiceResult<Vec<Consent>> {
    Ok(match &assist.request_id {
        Some(request) => tx.consents_of_request(request).await?,
        None => tx.consents_of_session(&session.id).await?,
    })
}

/// Whether the assistance lets anybody be heard now.
pub(crate) async fn sound_may_pass_in(tx: &mut Box<dyn Tx>, session: &Session, assist: &Assist) -> ServiceResult<bool> {
    let Some(site) = &session.site_id else { return Ok(true) };
    let Some(site) = tx.site(site).await? else { return Ok(true) };
    if !site.kind.needs_consent_for_sound() {
        return Ok(true);
    }
    let mut consents = consents_for(tx, session, assist).await?;
    if let Some(request) = &assist.request_id {
        // Whoever was sent away, alone or with everyone of a link, speaks for nobody in the room.
        let revoked: BTreeSet<GuestLinkId> =
            tx.guest_links_of(request).await?.into_iter().filter(|l| l.revoked_ms.is_some()).map(|l| l.id).collect();
        let gone: BTreeSet<VisitId> = tx
            .visits_of(request)
            .await?
            .into_iter()
            .filter(|v| v.removed_ms.is_some() || revoked.contains(&v.link_id))
            .map(|v| v.id)
            .collect();
        consents.retain(|consent| consent.visit_id.as_ref().is_none_or(|visit| !gone.contains(visit)));
    }
    Ok(sound_may_pass(site.kind, &consents))
}
