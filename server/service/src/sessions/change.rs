//! Changing a session: the pure machine decides, this stores what follows — intervals, register, timeline, events.

use crate::actor::AccountActor;
use crate::assists::{self, parties};
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use crate::secrets::new_id;
use crate::work::{About, Work, unless_lost};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{AccountId, AttendanceId, EndpointId, SessionId};
use lianxian_model::org::Endpoint;
use lianxian_model::session::{
    Attendance, LeaveReason, Mode, Session, SessionEffect, SessionEnd, SessionError, SessionEvent, SessionKind,
};
use serde_json::json;

impl From<SessionError> for ServiceError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotOpen(state) => {
                ServiceError::conflict("session_not_open", format!("会话{}", state.zh()), error.to_string())
                    .with_value(state.as_str())
            }
            SessionError::AlreadyAttends => ServiceError::conflict("already_attends", "已在会话中", error.to_string()),
            SessionError::DoesNotAttend => ServiceError::conflict("does_not_attend", "不在会话中", error.to_string()),
            SessionError::Full => ServiceError::limit(
                "session_full",
                lianxian_model::session::MAX_OPEN_ATTENDANCES as i64,
                "会话人数已满",
                error.to_string(),
            ),
        }
    }
}

/// Applies one event and stores everything that follows from it.
pub(crate) async fn apply(work: &mut Work, session: &mut Session, event: SessionEvent) -> ServiceResult<()> {
    let effects = session.apply(event, work.now)?;
    store(work, session, effects).await
}

async fn store(work: &mut Work, session: &mut Session, effects: Vec<SessionEffect>) -> ServiceResult<()> {
    let find = |session: &Session, id: &AttendanceId| session.attendances.iter().find(|a| a.id == *id).cloned();
    let mut ended = false;
    for effect in effects {
        match effect {
            SessionEffect::AttendanceOpened(id) => {
                let Some(attendance) = find(session, &id) else { continue };
                work.tx.insert_attendance(&attendance).await?;
                let detail = json!({ "name": attendance.name, "mode": attendance.mode });
                let at = attendance.joined_ms;
                work.tx.append_timeline(&session.id, at, "attendance.joined", &detail.to_string()).await?;
            }
            SessionEffect::AttendanceClosed(id) => {
                let Some(attendance) = find(session, &id) else { continue };
                work.tx.close_attendance(&attendance).await?;
                let detail =
                    json!({ "name": attendance.name, "mode": attendance.mode, "reason": attendance.leave_reason });
                let at = attendance.left_ms.unwrap_or(work.now);
                work.tx.append_timeline(&session.id, at, "attendance.left", &detail.to_string()).await?;
            }
            SessionEffect::Ended { at, cause } => {
                ended = true;
                work.tx.close_register(&session.id, at).await?;
                let detail = json!({ "cause": cause, "note": session.end_note });
                work.tx.append_timeline(&session.id, at, "session.ended", &detail.to_string()).await?;
            }
        }
    }
    unless_lost(work.tx.update_session(session).await?)?;
    session.version += 1;
    // Of an assistance, whoever comes and goes changes who receives whom.
    if ended || session.kind == SessionKind::Assist {
        work.regrant(&session.id);
    }
    if ended {
        crate::guests::session_ended(work, session);
        // Sessions and requests know each other here only, and the way back is short: a session never asks of requests.
        Box::pin(crate::requests::session_ended(work, session)).await?;
        tell(work, session, EventKind::SessionEnded).await
    } else {
        tell(work, session, EventKind::SessionUpdated).await
    }
}

/// Ends a session whose end nobody asked for by name; one that is over already is left alone.
pub(crate) async fn end_quietly(work: &mut Work, session: &mut Session, cause: SessionEnd) -> ServiceResult<()> {
    if !session.is_open() {
        return Ok(());
    }
    apply(work, session, SessionEvent::End { cause, note: String::new() }).await
}

/// The event that tells everyone concerned of the session, with what a banner needs.
pub(crate) async fn tell(work: &mut Work, session: &Session, kind: EventKind) -> ServiceResult<()> {
    let payload = summary(&mut work.tx, session).await?;
    work.event(kind, about(session), payload);
    Ok(())
}

pub(crate) fn about(session: &Session) -> About {
    About {
        unit: session.unit_id.clone(),
        site: session.site_id.clone(),
        session: Some(session.id.clone()),
        endpoint: session.observer_endpoint.clone(),
    }
}

async fn summary(tx: &mut Box<dyn Tx>, session: &Session) -> ServiceResult<serde_json::Value> {
    let site = match &session.site_id {
        Some(id) => tx.site(id).await?,
        None => None,
    };
    let unit = match &session.observer_unit {
        Some(id) => tx.unit(id).await?,
        None => None,
    };
    let mut summary = json!({
        "number": session.number,
        "kind": session.kind,
        "state": session.state,
        "purpose": session.purpose,
        "site_name": site.as_ref().map(|site| &site.name),
        "observer_name": session.observer_name,
        "observer_unit": unit.map(|unit| unit.name),
        "observer_lost_ms": session.observer_lost_ms,
        "audio": site.is_some_and(|site| site.patrol_flow().audio),
        "started_ms": session.started_ms,
        "ended_ms": session.ended_ms,
        "end_cause": session.end_cause,
    });
    if session.kind == SessionKind::Assist {
        concerning(tx, session, &mut summary).await?;
    }
    Ok(summary)
}

/// Whom an assistance concerns by name, whatever they may see otherwise; and whether its site agreed.
async fn concerning(tx: &mut Box<dyn Tx>, session: &Session, summary: &mut serde_json::Value) -> ServiceResult<()> {
    let accounts = accounts_of(tx, session).await?;
    let assist = tx.assist(&session.id).await?;
    summary["audio"] = json!(true);
    summary["account_ids"] = json!(accounts);
    summary["station"] = json!(assist.as_ref().map(|assist| &assist.station));
    summary["answered_ms"] = json!(assist.and_then(|assist| assist.answered_ms));
    Ok(())
}

/// Whoever attends an assistance, did, or was asked to, and was not taken out since.
pub(crate) async fn accounts_of(tx: &mut Box<dyn Tx>, session: &Session) -> ServiceResult<Vec<AccountId>> {
    let mut accounts: Vec<AccountId> = session.observer_account.iter().cloned().collect();
    for a in &session.attendances {
        let (Some(person), Some(console)) = (&a.person_id, &a.endpoint_id) else { continue };
        if session.removed_ms(person).is_some() {
            continue;
        }
        accounts.extend(parties::account_of_console(tx, console).await?);
    }
    accounts.extend(assists::standing_invitations(tx, session).await?.into_iter().map(|i| i.account_id));
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

/// An attendance to open; the machine sets its times and its session.
fn attendance(work: &Work, session: &SessionId, mode: Mode) -> Attendance {
    Attendance {
        id: AttendanceId(new_id(work.now)),
        session_id: session.clone(),
        endpoint_id: None,
        person_id: None,
        name: String::new(),
        unit_id: None,
        mode,
        participant: None,
        joined_ms: work.now,
        left_ms: None,
        leave_reason: None,
    }
}

/// The observer's attendance in "watch".
pub(crate) fn observer_attendance(work: &Work, session: &Session) -> Attendance {
    Attendance {
        endpoint_id: session.observer_endpoint.clone(),
        person_id: session.observer_person.clone(),
        name: session.observer_name.clone(),
        unit_id: session.observer_unit.clone(),
        ..attendance(work, &session.id, Mode::Watch)
    }
}

/// A person's attendance of an assistance.
pub(crate) fn party_attendance(
    work: &Work,
    session: &Session,
    console: &EndpointId,
    account: &AccountActor,
    mode: Mode,
) -> Attendance {
    Attendance {
        endpoint_id: Some(console.clone()),
        person_id: Some(account.person.clone()),
        name: account.person_name.clone(),
        unit_id: Some(account.unit.clone()),
        ..attendance(work, &session.id, mode)
    }
}

/// A guest's attendance of an assistance.
pub(crate) fn guest_attendance(work: &Work, session: &Session, endpoint: &EndpointId, name: &str) -> Attendance {
    Attendance {
        endpoint_id: Some(endpoint.clone()),
        name: name.to_owned(),
        ..attendance(work, &session.id, Mode::Guest)
    }
}

/// The next interval of whoever attended before.
pub(crate) fn again(work: &Work, former: Attendance, mode: Mode) -> Attendance {
    let fresh = attendance(work, &former.session_id, mode);
    Attendance { id: fresh.id, mode, joined_ms: fresh.joined_ms, left_ms: None, leave_reason: None, ..former }
}

/// The attendance of an endpoint that shows the site.
pub(crate) fn site_attendance(work: &Work, session: &Session, endpoint: &Endpoint, site_name: &str) -> Attendance {
    Attendance {
        endpoint_id: Some(endpoint.id.clone()),
        name: format!("{site_name} · {}", endpoint.name),
        unit_id: session.unit_id.clone(),
        ..attendance(work, &session.id, Mode::Present)
    }
}

/// Someone in a conference.
pub(crate) fn conference_attendance(
    work: &Work,
    session: &Session,
    name: &str,
    participant: &lianxian_model::ids::ParticipantSid,
) -> Attendance {
    Attendance {
        name: name.to_owned(),
        participant: Some(participant.clone()),
        ..attendance(work, &session.id, Mode::Join)
    }
}

/// An endpoint of the site leaves all its sessions; they go on and wait for it.
pub(crate) async fn site_endpoint_left(work: &mut Work, endpoint: &Endpoint, reason: LeaveReason) -> ServiceResult<()> {
    let Some(site) = &endpoint.site_id else { return Ok(()) };
    for mut session in work.tx.open_sessions_of_site(site).await? {
        if session.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(&endpoint.id)) {
            apply(work, &mut session, SessionEvent::Leave { endpoint: endpoint.id.clone(), reason }).await?;
        }
    }
    Ok(())
}

/// Every open session of the console ends; an assistance goes on without it, or waits for someone to lead it on.
pub(crate) async fn end_of_observer(work: &mut Work, console: &EndpointId, cause: SessionEnd) -> ServiceResult<()> {
    for mut session in work.tx.open_sessions_of_observer(console).await? {
        if session.kind != SessionKind::Assist {
            end_quietly(work, &mut session, cause).await?;
        }
    }
    let reason = if cause == SessionEnd::Revoked { LeaveReason::Revoked } else { LeaveReason::Left };
    parties::console_left(work, console, reason).await
}
