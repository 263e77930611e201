//! How people found the help: five grades, each kept; a correction is a row of its own, and the last holds.

use super::{Guests, VisitView, own, standing, tell};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use crate::requests;
use crate::texts::within;
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::guest::{MAX_RATINGS, Rating};
use lianxian_model::ids::{RequestId, VisitId};
use lianxian_model::request::{Channel, Grade, HelpRequest, RequestAction, RequestState, TEXT_MAX_CHARS};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A grade as a guest gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    pub grade: Grade,
    #[serde(default)]
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RatingView {
    /// 1, 2, 3 … of the request; the last holds.
    pub seq: i64,
    pub channel: Channel,
    pub grade: Grade,
    pub text: String,
    pub by: String,
    pub at_ms: Millis,
}

impl From<Rating> for RatingView {
    fn from(rating: Rating) -> Self {
        let Rating { seq, channel, grade, text, by, at_ms, .. } = rating;
        Self { seq, channel, grade, text, by, at_ms }
    }
}

/// A grade, and who gives it how.
pub(crate) struct Judged {
    pub by: String,
    pub channel: Channel,
    pub visit: Option<VisitId>,
    pub grade: Grade,
    pub text: String,
}

/// The help is done and not filed yet.
pub(super) fn may_judge(state: RequestState) -> bool {
    matches!(state, RequestState::Confirming | RequestState::Closed | RequestState::Reviewed)
}

/// Keeps the grade and carries the request on. Errors: `request_state`, `too_many_ratings`.
pub(crate) async fn rate(work: &mut Work, request: &mut HelpRequest, judged: Judged) -> ServiceResult<()> {
    let Judged { by, channel, visit, grade, text } = judged;
    let former = work.tx.ratings_of_request(&request.id).await?;
    let seq = former.last().map_or(1, |last| last.seq + 1);
    if seq > MAX_RATINGS {
        return Err(ServiceError::limit(
            "too_many_ratings",
            MAX_RATINGS,
            format!("评价最多更正到第 {MAX_RATINGS} 次"),
            format!("a request is judged {MAX_RATINGS} times at most"),
        ));
    }
    let action = RequestAction::Evaluate { by: by.clone(), grade, text: text.clone() };
    requests::apply(work, request, action).await?;
    let rating = Rating {
        request_id: request.id.clone(),
        seq,
        session_id: request.session_id.clone(),
        visit_id: visit,
        channel,
        grade,
        text,
        by,
        at_ms: work.now,
    };
    Ok(work.tx.insert_rating(&rating).await?)
}

/// Oldest first.
pub(crate) async fn ratings_of(tx: &mut Box<dyn Tx>, request: &RequestId) -> ServiceResult<Vec<RatingView>> {
    Ok(tx.ratings_of_request(request).await?.into_iter().map(RatingView::from).collect())
}

impl Guests {
    /// The guest judges the help, once it is finished; again, and the last holds.
    /// Errors: `not_finished`, `too_many_ratings`; `invalid` with field `text`.
    pub async fn judge(&self, actor: &Actor, judgement: Judgement) -> ServiceResult<VisitView> {
        let text = within("text", &judgement.text, TEXT_MAX_CHARS)?;
        let mut work = self.core.begin(actor).await?;
        let now = work.now;
        let mut found = own(&mut work.tx, actor, now).await?;
        if !may_judge(found.request.state) {
            return Err(ServiceError::conflict(
                "not_finished",
                "办理完成后才能评价；归档以后不再更正",
                "it is judged once it is finished, and not any more once it is filed",
            )
            .with_value(found.request.state.as_str()));
        }
        let judged = Judged {
            by: actor.name().to_owned(),
            channel: Channel::Guest,
            visit: Some(found.visit.id.clone()),
            grade: judgement.grade,
            text,
        };
        rate(&mut work, &mut found.request, judged).await?;
        let detail = json!({ "number": found.request.number, "grade": judgement.grade });
        work.audit(AuditAction::GuestRate, AuditObject::Request, found.request.id.as_str(), detail);
        tell(&mut work, &found.request).await?;
        let fresh = standing(&mut work.tx, found.visit).await?;
        let view = self.told(&mut work.tx, fresh).await?;
        work.commit().await?;
        Ok(view)
    }
}
