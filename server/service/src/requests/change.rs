//! Changing a request: the pure machine decides, this stores what follows: history, calls, events.

use super::{call, names, read};
use crate::actor::AccountActor;
use crate::error::ServiceResult;
use crate::ports::store::RequestStep;
use crate::work::{About, Work, unless_lost};
use lianxian_model::event::EventKind;
use lianxian_model::request::clocks::ClockName;
use lianxian_model::request::{HelpRequest, Party, RequestAction, RequestEffect, RequestState};
use lianxian_model::session::{Session, SessionEnd, SessionKind};
use serde_json::{Value, json};

/// Stores a new request, and rings.
pub(super) async fn raise(work: &mut Work, request: &mut HelpRequest) -> ServiceResult<()> {
    let effects = request.raise(work.now);
    let called = follow(work, request, &effects).await?;
    work.tx.insert_request(request).await?;
    let detail = json!({ "asker": request.asker_name, "sentence": request.sentence });
    step(work, request, "raise", detail).await?;
    write(work, request, called).await?;
    tell(work, request).await
}

/// Applies one action and stores everything that follows from it.
pub(crate) async fn apply(work: &mut Work, request: &mut HelpRequest, action: RequestAction) -> ServiceResult<()> {
    let (name, detail) = (action.name(), detail_of(&action));
    // Nobody did these: only what follows is told.
    let is_time = matches!(action, RequestAction::Tick | RequestAction::Roster);
    let effects = request.apply(action, work.now)?;
    if is_time && effects.is_empty() {
        return Ok(());
    }
    let called = follow(work, request, &effects).await?;
    unless_lost(work.tx.update_request(request).await?)?;
    request.version += 1;
    if !is_time {
        step(work, request, name, detail).await?;
    }
    write(work, request, called).await?;
    tell(work, request).await
}

/// What the effects ask for, as steps of the history; sets whose seats ring.
async fn follow(work: &mut Work, request: &mut HelpRequest, effects: &[RequestEffect]) -> ServiceResult<Vec<Follow>> {
    let mut follows = Vec::new();
    for effect in effects {
        match effect {
            // Only the last rung that was reached is rung: the others are past.
            RequestEffect::Rings(_) => {
                follows.retain(|follow| !matches!(follow, Follow::Call(_)));
                follows.push(Follow::Call(call::ring(work, request).await?));
            }
            RequestEffect::Silent => {}
            RequestEffect::Reminded(clock) => follows.push(Follow::Step("remind", json!({ "clock": clock }))),
            RequestEffect::Directed(clock) => follows.push(Follow::Direct(*clock)),
            RequestEffect::SuspensionEnded => follows.push(Follow::Step("suspension_ended", json!({}))),
            RequestEffect::ConfirmedBySilence => follows.push(Follow::Step("confirmed_by_silence", json!({}))),
            RequestEffect::CallBackDue(due) => follows.push(Follow::Step("call_back_due", json!({ "by_ms": due }))),
            RequestEffect::CallBackOverdue => follows.push(Follow::Step("call_back_overdue", json!({}))),
        }
    }
    Ok(follows)
}

enum Follow {
    Call(call::Called),
    Step(&'static str, Value),
    Direct(ClockName),
}

async fn write(work: &mut Work, request: &HelpRequest, follows: Vec<Follow>) -> ServiceResult<()> {
    for follow in follows {
        match follow {
            Follow::Call(called) => {
                work.tx.append_request_call(&request.id, &called.row).await?;
                step(work, request, "ring", json!({ "rung": called.row.rung, "names": called.names })).await?;
            }
            Follow::Step(name, detail) => step(work, request, name, detail).await?,
            // The directive and the step that tells of it are of one transaction with the clock's mark: once, whatever happens.
            Follow::Direct(clock) => {
                let (id, number) = crate::directives::of_overdue_request(work, request, clock).await?;
                let detail = json!({ "clock": clock, "directive_id": id, "directive": number });
                step(work, request, "direct", detail).await?;
            }
        }
    }
    Ok(())
}

pub(crate) async fn step(work: &mut Work, request: &HelpRequest, kind: &str, detail: Value) -> ServiceResult<()> {
    let step = RequestStep {
        seq: 0,
        at_ms: work.now,
        actor: work.actor_name().to_owned(),
        kind: kind.to_owned(),
        state: request.state.as_str().to_owned(),
        detail: detail.to_string(),
    };
    Ok(work.tx.append_request_step(&request.id, &step).await?)
}

/// The event carries the whole view, so that a desk of a thousand need not be read again.
pub(super) async fn tell(work: &mut Work, request: &HelpRequest) -> ServiceResult<()> {
    let view = read::view(&mut work.tx, request.clone(), &mut names()).await?;
    let about = About {
        unit: Some(request.unit_id.clone()),
        site: Some(request.site_id.clone()),
        session: request.session_id.clone(),
        endpoint: request.endpoint_id.clone(),
    };
    let payload = serde_json::to_value(&view).map_err(crate::error::ServiceError::internal)?;
    work.event(EventKind::RequestChanged, about, payload);
    Ok(())
}

fn detail_of(action: &RequestAction) -> Value {
    match action {
        RequestAction::Refuse { reason, .. }
        | RequestAction::Return { reason, .. }
        | RequestAction::Object { reason, .. }
        | RequestAction::Withdraw { reason, .. } => json!({ "reason": reason }),
        RequestAction::Dispatch { to, .. } => json!({ "to": to.name }),
        RequestAction::Lead { by } => json!({ "to": by.name }),
        RequestAction::Connect { session, .. } => json!({ "session_id": session }),
        RequestAction::Plead { reason, until, .. } => json!({ "reason": reason, "until_ms": until }),
        RequestAction::Finish { result, .. } => json!({ "result": result }),
        RequestAction::Evaluate { grade, text, .. } => json!({ "grade": grade, "text": text }),
        RequestAction::CallBack { note, .. } => json!({ "note": note }),
        RequestAction::Merge { into, .. } => json!({ "into": into }),
        _ => json!({}),
    }
}

/// Somebody else leads the session of a request on: whoever does has it.
pub(crate) async fn led_on(work: &mut Work, session: &Session, by: &AccountActor) -> ServiceResult<()> {
    let Some(mut request) = work.tx.request_of_session(&session.id).await? else { return Ok(()) };
    let has = request.assignee.as_ref().is_some_and(|assignee| assignee.person_id == by.person);
    if has || request.state != RequestState::Connected {
        return Ok(());
    }
    let by = Party { person_id: by.person.clone(), name: by.person_name.clone() };
    apply(work, &mut request, RequestAction::Lead { by }).await
}

/// The session of a request is over: its helper left it in hand, or was lost, and then it rings again.
pub(crate) async fn session_ended(work: &mut Work, session: &Session) -> ServiceResult<()> {
    if session.kind != SessionKind::Assist {
        return Ok(());
    }
    let Some(mut request) = work.tx.request_of_session(&session.id).await? else { return Ok(()) };
    if request.state != RequestState::Connected {
        return Ok(());
    }
    let lost = matches!(
        session.end_cause,
        Some(SessionEnd::ObserverLost | SessionEnd::LoggedOut | SessionEnd::Revoked | SessionEnd::Interrupted)
    );
    apply(work, &mut request, if lost { RequestAction::Drop } else { RequestAction::Disconnect }).await
}
