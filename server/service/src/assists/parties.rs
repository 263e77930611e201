//! Who attends an assistance: added, changed, removed, lost and back. And what follows for the net: grants and rights.

use super::opening::{end_patrols, free_console, register};
use crate::actor::AccountActor;
use crate::error::{ServiceError, ServiceResult};
use crate::guests;
use crate::ports::live::{Grant, PublishRights};
use crate::ports::store::Tx;
use crate::requests;
use crate::sessions::change;
use crate::work::Work;
use lianxian_model::assist::{MAX_PARTIES, Party, flows};
use lianxian_model::ids::{AccountId, EndpointId, ParticipantSid};
use lianxian_model::session::{Attendance, LeaveReason, Mode, Session, SessionEvent};
use serde_json::json;

/// Lets a person at a console in. If nobody leads the session at the moment, this person does from now on, also one who
/// attends it already; the request that it is held for is theirs then.
///
/// Errors: `session_not_open`, `console_busy`, `already_attends`, `parties_full`.
pub(crate) async fn add_party(
    work: &mut Work,
    session: &mut Session,
    console: &EndpointId,
    account: &AccountActor,
    mode: Mode,
) -> ServiceResult<()> {
    let leads = session.observer_lost_ms.is_some() && mode == Mode::Join;
    let attends = attendance_of(session, console).is_some();
    if leads && attends {
        let leave = SessionEvent::Leave { endpoint: console.clone(), reason: LeaveReason::ModeChanged };
        change::apply(work, session, leave).await?;
    } else if session.observer_endpoint.as_ref() != Some(console) {
        free_console(work, console).await?;
    }
    if session.open_attendances().filter(|a| a.mode.is_party()).count() >= MAX_PARTIES {
        return Err(ServiceError::limit(
            "parties_full",
            MAX_PARTIES as i64,
            format!("一次求助会话最多 {MAX_PARTIES} 人"),
            format!("at most {MAX_PARTIES} people attend one assistance"),
        ));
    }
    let link = work.tx.open_link_of(console).await?.ok_or_else(|| {
        ServiceError::conflict("console_offline", "指挥台尚未连线，请稍候重试", "the console has no link yet")
    })?;
    end_patrols(work, console).await?;
    let mut attendance = change::party_attendance(work, session, console, account, mode);
    attendance.participant = Some(link.participant);
    let former = session.observer_person.clone();
    let event = if leads {
        session.observer_endpoint = Some(console.clone());
        session.observer_account = Some(account.account.clone());
        session.observer_person = Some(account.person.clone());
        session.observer_name = account.person_name.clone();
        session.observer_unit = Some(account.unit.clone());
        SessionEvent::ObserverBack(Box::new(attendance))
    } else {
        SessionEvent::Join(Box::new(attendance))
    };
    change::apply(work, session, event).await?;
    if leads {
        let detail = json!({ "name": account.person_name });
        work.tx.append_timeline(&session.id, work.now, "assist.led", &detail.to_string()).await?;
        requests::led_on(work, session, account).await?;
    }
    // Whoever leads it on from another computer has a row that is still open.
    if leads && former.as_ref() == Some(&account.person) {
        return Ok(());
    }
    if leads && let Some(former) = former {
        work.tx.close_register_of(&session.id, &former, work.now).await?;
    }
    if let Some(id) = session.site_id.clone()
        && let Some(site) = work.tx.site(&id).await?
    {
        register(work, session, &site, account).await?;
    }
    Ok(())
}

/// A party leaves; the session goes on.
///
/// Errors: `does_not_attend`, `session_not_open`.
pub(crate) async fn remove_party(
    work: &mut Work,
    session: &mut Session,
    console: &EndpointId,
    reason: LeaveReason,
) -> ServiceResult<()> {
    let person = attendance_of(session, console).and_then(|a| a.person_id.clone());
    change::apply(work, session, SessionEvent::Leave { endpoint: console.clone(), reason }).await?;
    if let Some(person) = person {
        work.tx.close_register_of(&session.id, &person, work.now).await?;
    }
    Ok(())
}

/// From now on the party attends in this mode: one interval ends, the next begins, and the net sees one change.
///
/// Errors: `does_not_attend`, `session_not_open`.
pub(crate) async fn change_mode(
    work: &mut Work,
    session: &mut Session,
    console: &EndpointId,
    mode: Mode,
) -> ServiceResult<()> {
    let Some(former) = attendance_of(session, console).cloned() else {
        return Err(lianxian_model::session::SessionError::DoesNotAttend.into());
    };
    if former.mode == mode {
        return Ok(());
    }
    let leave = SessionEvent::Leave { endpoint: console.clone(), reason: LeaveReason::ModeChanged };
    change::apply(work, session, leave).await?;
    let attendance = change::again(work, former, mode);
    change::apply(work, session, SessionEvent::Join(Box::new(attendance))).await
}

fn attendance_of<'s>(session: &'s Session, console: &EndpointId) -> Option<&'s Attendance> {
    session.open_attendances().find(|a| a.endpoint_id.as_ref() == Some(console))
}

/// The console's link is gone: its assistances wait for whoever leads them, and keep the place of anyone else whose
/// line broke.
pub(crate) async fn console_left(work: &mut Work, console: &EndpointId, reason: LeaveReason) -> ServiceResult<()> {
    for mut session in work.tx.open_assists_of_party(console).await? {
        if attendance_of(&session, console).is_none() {
            continue;
        }
        if session.observer_endpoint.as_ref() == Some(console) {
            change::apply(work, &mut session, SessionEvent::ObserverAway(reason)).await?;
        } else {
            remove_party(work, &mut session, console, reason).await?;
        }
    }
    Ok(())
}

/// The console's link is there again: whoever was lost attends as before. Whether anything changed.
pub(crate) async fn console_back(
    work: &mut Work,
    console: &EndpointId,
    account: &AccountActor,
    participant: &ParticipantSid,
) -> ServiceResult<bool> {
    let mut back = false;
    for mut session in work.tx.open_assists_of_party(console).await? {
        if attendance_of(&session, console).is_some() {
            continue;
        }
        let leads = session.observer_endpoint.as_ref() == Some(console);
        let away = |a: &Attendance| matches!(a.leave_reason, Some(LeaveReason::LinkLost | LeaveReason::PageLeft));
        let last = session.attendances.iter().rfind(|a| a.endpoint_id.as_ref() == Some(console)).cloned();
        let mut attendance = match last.filter(|a| leads || away(a)) {
            Some(last) => change::again(work, last.clone(), last.mode),
            // It was opened before the console's link was up.
            None if leads => change::party_attendance(work, &session, console, account, Mode::Join),
            None => continue,
        };
        attendance.participant = Some(participant.clone());
        let event = if leads {
            SessionEvent::ObserverBack(Box::new(attendance))
        } else {
            SessionEvent::Join(Box::new(attendance))
        };
        change::apply(work, &mut session, event).await?;
        if !leads
            && let Some(id) = &session.site_id
            && let Some(site) = work.tx.site(id).await?
        {
            register(work, &session, &site, account).await?;
        }
        back = true;
    }
    Ok(back)
}

/// The grants that an assistance gives now: none before the site agreed. The rules of patrols do not apply: the site
/// asked, or answered.
pub(crate) async fn grants(tx: &mut Box<dyn Tx>, session: &Session) -> ServiceResult<Vec<Grant>> {
    let Some(assist) = tx.assist(&session.id).await? else { return Ok(Vec::new()) };
    let station = tx.endpoint(&assist.station).await?.is_some_and(|e| e.enrolled && !e.disabled);
    if !session.is_open() || assist.answered_ms.is_none() || !station {
        return Ok(Vec::new());
    }
    let mut parties: Vec<Party> = Vec::new();
    for a in session.open_attendances() {
        let Some(endpoint) = &a.endpoint_id else { continue };
        parties.push(match a.mode {
            Mode::Guest => guests::party(tx, endpoint).await?,
            mode if *endpoint == assist.station => guests::station_party(tx, session, &assist, mode).await?,
            mode => Party::of(endpoint.clone(), mode),
        });
    }
    let sound_may_pass = guests::sound_may_pass_in(tx, session, &assist).await?;
    let grant = |flow: lianxian_model::assist::PartyFlow| Grant {
        session: session.id.clone(),
        publisher: flow.publisher,
        subscriber: flow.subscriber,
        video: flow.video,
        audio: flow.audio,
    };
    Ok(flows(&parties, sound_may_pass).into_iter().map(grant).collect())
}

/// What a console may publish: everything while it attends an assistance that lets it speak, else nothing.
pub(crate) async fn publish_rights(tx: &mut Box<dyn Tx>, console: &EndpointId) -> ServiceResult<PublishRights> {
    for session in tx.open_assists_of_party(console).await? {
        let speaks = attendance_of(&session, console).is_some_and(|a| a.mode.may_publish_in_assist());
        if speaks && tx.assist(&session.id).await?.is_some_and(|assist| assist.answered_ms.is_some()) {
            return Ok(PublishRights::ALL);
        }
    }
    Ok(PublishRights::NONE)
}

/// The account that a console belongs to.
pub(crate) async fn account_of_console(tx: &mut Box<dyn Tx>, console: &EndpointId) -> ServiceResult<Option<AccountId>> {
    let Some(login) = tx.endpoint(console).await?.and_then(|endpoint| endpoint.login_id) else { return Ok(None) };
    Ok(tx.login(&login).await?.map(|login| login.account_id))
}
