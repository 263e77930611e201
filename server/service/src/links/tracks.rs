//! Tracks and who received them, as intervals; the first picture of a patrol goes to its register row.

use super::endpoint::put_presence;
use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::ports::record::{LinkOwner, SubscriptionStarted, TrackStarted};
use crate::ports::store::Subscription;
use crate::secrets::new_id;
use crate::sessions::change;
use crate::work::Work;
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, ParticipantSid, TrackIntervalId, TrackSid};
use lianxian_model::media::{TrackKind, TrackSummary};
use lianxian_model::quality::QualityRow;
use lianxian_model::session::{Mode, Session, SessionKind, TrackInterval};
use serde_json::json;

pub(super) async fn started(core: &Core, started: TrackStarted) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    let (endpoint, session) = match started.owner {
        LinkOwner::Endpoint(endpoint) => (Some(endpoint), None),
        LinkOwner::Conference { session, .. } => (None, Some(session)),
    };
    let track = TrackInterval {
        id: TrackIntervalId(new_id(work.now)),
        track: started.track,
        participant: started.participant,
        endpoint_id: endpoint,
        session_id: session,
        name: started.name,
        kind: started.kind,
        source: started.source,
        codec: started.codec,
        started_ms: work.now,
        ended_ms: None,
        summary: None,
    };
    work.tx.insert_track(&track).await?;
    if let Some(endpoint) = &track.endpoint_id {
        set_on_air(&mut work, endpoint).await?;
    }
    work.commit_unheard().await?;
    Ok(())
}

pub(super) async fn ended(core: &Core, track: &TrackSid, summary: TrackSummary) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    let ended = work.tx.end_track(track, work.now, Some(&summary)).await?;
    if let Some(endpoint) = ended.and_then(|track| track.endpoint_id) {
        set_on_air(&mut work, &endpoint).await?;
    }
    work.commit_unheard().await?;
    Ok(())
}

/// An endpoint is on air while it publishes a picture.
async fn set_on_air(work: &mut Work, id: &EndpointId) -> ServiceResult<()> {
    let tracks = work.tx.open_tracks_of_endpoint(id).await?;
    let on_air = tracks.iter().any(|track| track.kind == TrackKind::Video);
    let Some(mut presence) = work.tx.presence(id).await? else { return Ok(()) };
    let on_air = on_air && presence.online;
    if presence.on_air == on_air {
        return Ok(());
    }
    presence.on_air = on_air;
    let Some(endpoint) = work.tx.endpoint(id).await? else { return Ok(()) };
    let Some(site_id) = &endpoint.site_id else { return Ok(()) };
    let Some(site) = work.tx.site(site_id).await? else { return Ok(()) };
    put_presence(work, &endpoint, &site, presence).await
}

pub(super) async fn measured(core: &Core, rows: &[QualityRow]) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    work.tx.insert_quality(rows).await?;
    work.commit_unheard().await?;
    Ok(())
}

pub(super) async fn subscriptions_started(core: &Core, started: Vec<SubscriptionStarted>) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    for started in started {
        for session_id in started.sessions {
            let subscription = Subscription {
                id: new_id(work.now),
                session_id,
                track: started.track.clone(),
                subscriber: started.subscriber_participant.clone(),
                kind: started.kind,
                started_ms: work.now,
            };
            work.tx.insert_subscription(&subscription).await?;
        }
    }
    work.commit_unheard().await?;
    Ok(())
}

pub(super) async fn first_packet(core: &Core, subscriber: &ParticipantSid, track: &TrackSid) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    for (session, kind) in work.tx.first_packet(subscriber, track, work.now).await? {
        // In a conference everyone receives everyone: the subscriptions say who received what, and hundreds of lines would not.
        if work.tx.session_kind(&session).await? == Some(SessionKind::Conference) {
            continue;
        }
        let Some(session) = work.tx.session(&session).await? else { continue };
        if session.kind == SessionKind::Assist {
            first_of_assist(&mut work, &session, subscriber, track, kind).await?;
            continue;
        }
        let line = match kind {
            TrackKind::Video => {
                work.tx.mark_first_picture(&session.id, work.now).await?;
                "picture.first"
            }
            TrackKind::Audio => "sound.first",
        };
        work.tx.append_timeline(&session.id, work.now, line, "{}").await?;
        change::tell(&mut work, &session, EventKind::SessionUpdated).await?;
    }
    work.commit_unheard().await?;
    Ok(())
}

/// In an assistance everyone sends and receives: the story says whose picture or sound reached whom.
async fn first_of_assist(
    work: &mut Work,
    session: &Session,
    subscriber: &ParticipantSid,
    track: &TrackSid,
    kind: TrackKind,
) -> ServiceResult<()> {
    let to = session.open_attendances().find(|a| a.participant.as_ref() == Some(subscriber));
    let mut from = None;
    for a in session.open_attendances() {
        let Some(endpoint) = &a.endpoint_id else { continue };
        if work.tx.open_tracks_of_endpoint(endpoint).await?.iter().any(|open| open.track == *track) {
            from = Some(a);
            break;
        }
    }
    let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
    if kind == TrackKind::Video && from.mode == Mode::Present {
        work.tx.mark_first_picture(&session.id, work.now).await?;
    }
    let line = match kind {
        TrackKind::Video => "assist.picture",
        TrackKind::Audio => "assist.sound",
    };
    let detail = json!({ "from": from.name, "to": to.name });
    work.tx.append_timeline(&session.id, work.now, line, &detail.to_string()).await?;
    change::tell(work, session, EventKind::SessionUpdated).await
}

pub(super) async fn subscriptions_ended(
    core: &Core,
    subscriber: &ParticipantSid,
    tracks: Vec<TrackSid>,
) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    for track in tracks {
        work.tx.end_subscription(subscriber, &track, work.now).await?;
    }
    work.commit_unheard().await?;
    Ok(())
}
