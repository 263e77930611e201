//! Requests as they are told: one line of the desk, and one with its whole history.

use crate::error::ServiceResult;
use crate::guests::{RatingView, ratings_of};
use crate::org::Named;
use crate::ports::store::Tx;
use crate::sessions::read::Names;
use lianxian_model::case::CaseKind;
use lianxian_model::duty::Skill;
use lianxian_model::ids::{EndpointId, PersonId, RequestId, SessionId, SiteId, UnitId};
use lianxian_model::request::clocks::Clock;
use lianxian_model::request::ring::Rung;
use lianxian_model::request::{
    CONFIRM_WITHIN_MS, Channel, Evaluation, HelpRequest, Party, Photo, Plea, RequestState, Urgency,
};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

/// A call that rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RingView {
    pub since_ms: Millis,
    pub rung: Rung,
    pub next_ms: Option<Millis>,
    pub persons: Vec<PersonId>,
}

/// One clock; what it has run until now is `elapsed_ms` of the moment it was told, and goes on while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClockView {
    pub started_ms: Option<Millis>,
    pub due_ms: Option<Millis>,
    pub stopped_ms: Option<Millis>,
    pub paused_since_ms: Option<Millis>,
    pub paused_ms: i64,
    pub reminded_ms: Option<Millis>,
    pub directed_ms: Option<Millis>,
}

impl From<Clock> for ClockView {
    fn from(clock: Clock) -> Self {
        Self {
            started_ms: clock.started_ms,
            due_ms: clock.due_ms,
            stopped_ms: clock.stopped_ms,
            paused_since_ms: clock.paused_since_ms,
            paused_ms: clock.paused_ms,
            reminded_ms: clock.reminded_ms,
            directed_ms: clock.directed_ms,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestCase {
    pub kind: CaseKind,
    pub raw: String,
    pub normalised: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestView {
    pub id: RequestId,
    pub number: String,
    pub site: Option<Named>,
    pub unit: Option<Named>,
    pub endpoint_id: Option<EndpointId>,
    pub channel: Channel,
    pub need: Skill,
    pub urgency: Urgency,
    pub sentence: String,
    pub case: Option<RequestCase>,
    pub asker: String,
    pub state: RequestState,
    /// 首问: the first who accepted it.
    pub owner: Option<Party>,
    pub assignee: Option<Party>,
    pub session_id: Option<SessionId>,
    pub ring: Option<RingView>,
    pub response: ClockView,
    pub pickup: ClockView,
    pub closing: ClockView,
    pub plea: Option<Plea>,
    pub suspended_until_ms: Option<Millis>,
    pub result: String,
    /// Without a word from the asker it is taken as confirmed then.
    pub confirm_by_ms: Option<Millis>,
    pub evaluation: Option<Evaluation>,
    pub merged_into: Option<RequestId>,
    /// Oldest first.
    pub photos: Vec<Photo>,
    pub raised_ms: Millis,
    pub closed_ms: Option<Millis>,
    pub version: i64,
}

/// One step of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestStepView {
    pub seq: i64,
    pub at_ms: Millis,
    pub actor: String,
    /// For example `raise`, `ring`, `accept`, `dispatch`, `finish`, `remind`.
    pub kind: String,
    /// The state after it.
    pub state: RequestState,
    pub detail: serde_json::Value,
}

/// One routing decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallView {
    pub at_ms: Millis,
    pub rung: Rung,
    /// Who was on duty then.
    pub roster: serde_json::Value,
    pub persons: Vec<PersonId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestDetail {
    #[serde(flatten)]
    pub request: RequestView,
    pub steps: Vec<RequestStepView>,
    pub calls: Vec<CallView>,
    /// Every grade that was given, oldest first; the last holds.
    pub ratings: Vec<RatingView>,
}

/// Someone who may answer a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Answerer {
    pub person_id: PersonId,
    pub name: String,
    pub post: String,
    /// The person's shift is on.
    pub on_duty: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestFilter {
    pub site_id: Option<SiteId>,
    /// The unit and everything under it.
    pub unit_id: Option<UnitId>,
    /// Whoever has it or was first.
    pub person_id: Option<PersonId>,
    /// A case number in any spelling.
    pub case: Option<String>,
    /// Part of the number or of what was said.
    pub q: Option<String>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
    pub open: Option<bool>,
}

pub(super) async fn view(tx: &mut Box<dyn Tx>, request: HelpRequest, names: &mut Names) -> ServiceResult<RequestView> {
    let confirming = request.finished_ms.filter(|_| request.state == RequestState::Confirming);
    let case =
        request.case_kind.map(|kind| RequestCase { kind, raw: request.case_raw, normalised: request.case_normalised });
    Ok(RequestView {
        site: names.site(tx, Some(&request.site_id)).await?,
        unit: names.unit(tx, Some(&request.unit_id)).await?,
        id: request.id,
        number: request.number,
        endpoint_id: request.endpoint_id,
        channel: request.channel,
        need: request.need,
        urgency: request.urgency,
        sentence: request.sentence,
        case,
        asker: request.asker_name,
        state: request.state,
        owner: request.owner,
        assignee: request.assignee,
        session_id: request.session_id,
        ring: request.ring.map(|ring| RingView {
            since_ms: ring.since_ms,
            rung: ring.rung,
            next_ms: ring.next_ms,
            persons: ring.persons,
        }),
        response: request.clocks.response.into(),
        pickup: request.clocks.pickup.into(),
        closing: request.clocks.closing.into(),
        plea: request.plea,
        suspended_until_ms: request.suspended_until_ms,
        result: request.result,
        confirm_by_ms: confirming.map(|finished| Millis(finished.0 + CONFIRM_WITHIN_MS)),
        evaluation: request.evaluation,
        merged_into: request.merged_into,
        photos: request.photos,
        raised_ms: request.raised_ms,
        closed_ms: request.closed_ms,
        version: request.version,
    })
}

pub(super) async fn views(tx: &mut Box<dyn Tx>, requests: Vec<HelpRequest>) -> ServiceResult<Vec<RequestView>> {
    let mut names = Names::default();
    let mut views = Vec::with_capacity(requests.len());
    for request in requests {
        views.push(view(tx, request, &mut names).await?);
    }
    Ok(views)
}

pub(super) async fn detail(tx: &mut Box<dyn Tx>, request: HelpRequest) -> ServiceResult<RequestDetail> {
    let steps = tx.request_steps(&request.id).await?.into_iter().map(|step| RequestStepView {
        seq: step.seq,
        at_ms: step.at_ms,
        actor: step.actor,
        kind: step.kind,
        state: RequestState::parse(&step.state).unwrap_or(request.state),
        detail: serde_json::from_str(&step.detail).unwrap_or_default(),
    });
    let steps = steps.collect();
    let calls = tx.request_calls(&request.id).await?.into_iter().map(|call| CallView {
        at_ms: call.at_ms,
        rung: call.rung,
        roster: serde_json::from_str(&call.roster).unwrap_or_default(),
        persons: serde_json::from_str(&call.persons).unwrap_or_default(),
    });
    let calls = calls.collect();
    let ratings = ratings_of(tx, &request.id).await?;
    Ok(RequestDetail { request: view(tx, request, &mut Names::default()).await?, steps, calls, ratings })
}
