//! Plain rooms of integration keys, on record as conference sessions: opened by the first who joins, ended by the last who leaves.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::org;
use crate::ports::record::ConferenceJoined;
use crate::secrets::new_id;
use crate::sessions::change;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{ParticipantSid, SessionId};
use lianxian_model::link::LinkEnd;
use lianxian_model::session::{
    LeaveReason, Session, SessionEnd, SessionEvent, SessionKind, SessionState, beijing_day, session_number,
};
use serde_json::json;

/// The site code in the numbers of conferences.
const CONFERENCE_CODE: &str = "HY";

pub(super) async fn joined(core: &Core, joined: ConferenceJoined) -> ServiceResult<SessionId> {
    let mut work = core.begin(&Actor::System).await?;
    // Two keys may use the same room name without meeting: the record keeps them apart as the net does.
    let room = format!("{}/{}", joined.key, joined.room);
    let mut session = match work.tx.open_conference(&room).await? {
        Some(open) => open,
        None => {
            let series = format!("HH{}{CONFERENCE_CODE}", beijing_day(work.now));
            let sequence = work.tx.next_in_series(&series).await?;
            // A conference belongs to the whole district: whoever may read everything may read it.
            let root = org::root(&mut work.tx).await?;
            let session = Session {
                id: SessionId(new_id(work.now)),
                number: session_number(work.now, CONFERENCE_CODE, sequence),
                kind: SessionKind::Conference,
                state: SessionState::Open,
                purpose: if joined.purpose.is_empty() { joined.key.clone() } else { joined.purpose.clone() },
                site_id: None,
                unit_id: root.map(|unit| unit.id),
                watch_id: None,
                observer_endpoint: None,
                observer_account: None,
                observer_person: None,
                observer_name: String::new(),
                observer_unit: None,
                room: Some(room.clone()),
                started_ms: work.now,
                ended_ms: None,
                end_cause: None,
                end_note: String::new(),
                observer_lost_ms: None,
                version: 1,
                attendances: Vec::new(),
            };
            work.tx.insert_session(&session).await?;
            let detail = json!({ "purpose": session.purpose, "room": joined.room });
            work.tx.append_timeline(&session.id, work.now, "conference.opened", &detail.to_string()).await?;
            let detail = json!({ "key": joined.key, "room": joined.room, "ip": joined.ip });
            work.audit(AuditAction::ConferenceOpen, AuditObject::Session, session.id.as_str(), detail);
            change::tell(&mut work, &session, EventKind::SessionOpened).await?;
            session
        }
    };
    let name = if joined.name.is_empty() { &joined.identity } else { &joined.name };
    let attendance = change::conference_attendance(&work, &session, name, &joined.participant);
    change::apply(&mut work, &mut session, SessionEvent::Join(Box::new(attendance))).await?;
    work.commit_unheard().await?;
    Ok(session.id)
}

pub(super) async fn left(
    core: &Core,
    session: &SessionId,
    participant: &ParticipantSid,
    cause: LinkEnd,
) -> ServiceResult<()> {
    let mut work = core.begin(&Actor::System).await?;
    let Some(mut session) = work.tx.session(session).await? else {
        return Err(ServiceError::not_found("会话", "session"));
    };
    work.tx.end_subscriptions_of(participant, work.now).await?;
    for track in work.tx.open_tracks_of(participant).await? {
        work.tx.end_track(&track.track, work.now, None).await?;
    }
    if session.open_attendances().any(|a| a.participant.as_ref() == Some(participant)) {
        let reason = match cause {
            LinkEnd::Left | LinkEnd::LoggedOut => LeaveReason::Left,
            LinkEnd::Duplicate => LeaveReason::Duplicate,
            LinkEnd::Revoked => LeaveReason::Revoked,
            _ => LeaveReason::LinkLost,
        };
        let event = SessionEvent::ParticipantLeft { participant: participant.clone(), reason };
        change::apply(&mut work, &mut session, event).await?;
        if session.open_attendances().next().is_none() {
            change::end_quietly(&mut work, &mut session, SessionEnd::Emptied).await?;
        }
    }
    work.commit_unheard().await?;
    Ok(())
}
