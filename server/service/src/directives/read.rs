//! Directives as they are told: one line of a list, and one with its history and pictures.

use crate::error::ServiceResult;
use crate::org::Named;
use crate::ports::store::Tx;
use crate::sessions::read::Names;
use lianxian_model::case::CaseKind;
use lianxian_model::directive::{Directive, DirectiveState, Picture, REVIEW_WITHIN_MS, Rank, Source};
use lianxian_model::drawing::ImageType;
use lianxian_model::ids::{DirectiveId, PictureId, RequestId, SessionId, SiteId, UnitId};
use lianxian_model::time::Millis;
use lianxian_model::words;
use serde::{Deserialize, Serialize};

words! {
    /// What may be done to a directive as it stands.
    DirectiveAct {
        Sign = "sign", "签收", "sign for it";
        Report = "report", "反馈", "report back";
        Close = "close", "销号", "close it";
        Return = "return", "退回整改", "return it";
        Escalate = "escalate", "升级", "escalate it";
        Evidence = "evidence", "补充依据", "add to the basis";
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DirectiveCase {
    pub kind: CaseKind,
    pub raw: String,
    pub normalised: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DirectiveView {
    pub id: DirectiveId,
    pub number: String,
    pub site: Option<Named>,
    /// The office that answers.
    pub unit: Option<Named>,
    pub source: Source,
    pub case: Option<DirectiveCase>,
    pub finding: String,
    pub demand: String,
    pub due_ms: Millis,
    pub issuer: String,
    pub state: DirectiveState,
    /// Who judges it.
    pub rank: Rank,
    pub rounds: u32,
    pub signed_by: Option<String>,
    pub signed_ms: Option<Millis>,
    pub reported_ms: Option<Millis>,
    /// While it waits for a judgment: when that is overdue.
    pub review_by_ms: Option<Millis>,
    /// The server found it overdue then.
    pub overdue_ms: Option<Millis>,
    pub issued_ms: Millis,
    pub closed_ms: Option<Millis>,
    pub version: i64,
}

/// One step of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DirectiveStepView {
    pub seq: i64,
    pub at_ms: Millis,
    pub actor: String,
    /// `issue`, `sign`, `report`, `close`, `return`, `escalate`; by time: `overdue`, `review_overdue`, `escalated`.
    pub kind: String,
    /// The state after it.
    pub state: DirectiveState,
    pub detail: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PictureView {
    pub id: PictureId,
    /// 0: the basis; else the report, from 1, that it belongs to.
    pub round: u32,
    pub image_type: ImageType,
    pub width: u32,
    pub height: u32,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub kept_ms: Millis,
    pub by: String,
}

impl From<Picture> for PictureView {
    fn from(picture: Picture) -> Self {
        Self {
            id: picture.id,
            round: picture.round,
            image_type: picture.image_type,
            width: picture.width,
            height: picture.height,
            bytes: picture.bytes,
            sha256: picture.sha256,
            kept_ms: picture.kept_ms,
            by: picture.by_name,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DirectiveDetail {
    #[serde(flatten)]
    pub directive: DirectiveView,
    /// The number of the request that it came from.
    pub request_number: Option<String>,
    /// The number of the session that it came from.
    pub session_number: Option<String>,
    pub steps: Vec<DirectiveStepView>,
    pub pictures: Vec<PictureView>,
    /// What whoever asks may do.
    pub allowed: Vec<DirectiveAct>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DirectiveFilter {
    pub site_id: Option<SiteId>,
    /// The addressed unit and everything under it.
    pub unit_id: Option<UnitId>,
    pub request_id: Option<RequestId>,
    pub session_id: Option<SessionId>,
    /// A case number in any spelling: of the directive, of its request, or of its session.
    pub case: Option<String>,
    pub state: Option<DirectiveState>,
    pub open: Option<bool>,
    /// True: only what is not reported and past its due time.
    pub overdue: Option<bool>,
    /// Part of the number or of what was said.
    pub q: Option<String>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
}

pub(super) async fn view(
    tx: &mut Box<dyn Tx>,
    directive: Directive,
    names: &mut Names,
) -> ServiceResult<DirectiveView> {
    let reported = directive.reported_ms.filter(|_| directive.state == DirectiveState::Reported);
    let case = directive.case_kind.map(|kind| DirectiveCase {
        kind,
        raw: directive.case_raw,
        normalised: directive.case_normalised,
    });
    Ok(DirectiveView {
        site: names.site(tx, Some(&directive.site_id)).await?,
        unit: names.unit(tx, Some(&directive.unit_id)).await?,
        id: directive.id,
        number: directive.number,
        source: directive.source,
        case,
        finding: directive.finding,
        demand: directive.demand,
        due_ms: directive.due_ms,
        issuer: directive.issuer_name,
        state: directive.state,
        rank: directive.rank,
        rounds: directive.rounds,
        signed_by: directive.signed_by,
        signed_ms: directive.signed_ms,
        reported_ms: directive.reported_ms,
        review_by_ms: reported.map(|reported| Millis(reported.0 + REVIEW_WITHIN_MS)),
        overdue_ms: directive.overdue_ms,
        issued_ms: directive.issued_ms,
        closed_ms: directive.closed_ms,
        version: directive.version,
    })
}

pub(super) async fn views(tx: &mut Box<dyn Tx>, directives: Vec<Directive>) -> ServiceResult<Vec<DirectiveView>> {
    let mut names = Names::default();
    let mut views = Vec::with_capacity(directives.len());
    for directive in directives {
        views.push(view(tx, directive, &mut names).await?);
    }
    Ok(views)
}

pub(super) async fn detail(
    tx: &mut Box<dyn Tx>,
    directive: Directive,
    allowed: Vec<DirectiveAct>,
) -> ServiceResult<DirectiveDetail> {
    let steps = tx.directive_steps(&directive.id).await?.into_iter().map(|step| DirectiveStepView {
        seq: step.seq,
        at_ms: step.at_ms,
        actor: step.actor,
        kind: step.kind,
        state: DirectiveState::parse(&step.state).unwrap_or(directive.state),
        detail: serde_json::from_str(&step.detail).unwrap_or_default(),
    });
    let steps = steps.collect();
    let pictures = tx.pictures_of(&directive.id).await?.into_iter().map(PictureView::from).collect();
    let request_number = match &directive.source.request_id {
        Some(id) => tx.request(id).await?.map(|request| request.number),
        None => None,
    };
    let session_number = match &directive.source.session_id {
        Some(id) => tx.session(id).await?.map(|session| session.number),
        None => None,
    };
    let directive = view(tx, directive, &mut Names::default()).await?;
    Ok(DirectiveDetail { directive, request_number, session_number, steps, pictures, allowed })
}
