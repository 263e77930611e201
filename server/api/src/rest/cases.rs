//! Cases: sessions linked to them, their number formats, and one case's timeline.

use super::{Answer, Created, created, ok};
use crate::auth::AsAccount;
use crate::problem::Problem;
use crate::read::{Body, Once, Query};
use crate::state::App;
use axum::extract::{Path, State};
use lianxian_model::case::{CaseKind, CasePattern};
use lianxian_model::ids::{CaseLinkId, SessionId};
use lianxian_service::cases::{CaseEntry, CaseLinkView, CasePrint, CaseTimelineFilter, CaseView, NewCaseLink};
use lianxian_service::sessions::SessionView;
use lianxian_service::{Page, PageRequest};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(link_case))
        .routes(routes!(withdraw_case))
        .routes(routes!(list_case_patterns))
        .routes(routes!(set_case_pattern))
        .routes(routes!(list_case_sessions))
        .routes(routes!(read_case))
        .routes(routes!(read_case_timeline))
        .routes(routes!(print_case))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Withdrawal {
    reason: String,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct CasePatternChange {
    /// A regular expression, matched against the whole normalised number.
    pattern: String,
    /// A number that it takes.
    example: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CaseNumber {
    /// In any spelling.
    number: String,
}

#[utoipa::path(post, path = "/sessions/{id}/cases", tag = "cases", params(("id" = SessionId, Path)),
    request_body = NewCaseLink, responses((status = 201, body = CaseLinkView)))]
async fn link_case(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    once: Once,
    Body(new): Body<NewCaseLink>,
) -> Created<CaseLinkView> {
    created(app.service.cases.link(&actor, &id, new, once.key()).await)
}

/// A link is never deleted: it is withdrawn, with a reason.
#[utoipa::path(post, path = "/sessions/{id}/cases/{link}/withdraw", tag = "cases",
    params(("id" = SessionId, Path), ("link" = CaseLinkId, Path)), request_body = Withdrawal,
    responses((status = 200, body = CaseLinkView)))]
async fn withdraw_case(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path((id, link)): Path<(SessionId, CaseLinkId)>,
    Body(withdrawal): Body<Withdrawal>,
) -> Answer<CaseLinkView> {
    ok(app.service.cases.withdraw(&actor, &id, &link, &withdrawal.reason).await)
}

/// The district's number formats.
#[utoipa::path(get, path = "/cases/patterns", tag = "cases", responses((status = 200, body = Vec<CasePattern>)))]
async fn list_case_patterns(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<CasePattern>> {
    ok(app.service.cases.patterns(&actor).await)
}

#[utoipa::path(put, path = "/cases/patterns/{kind}", tag = "cases", params(("kind" = CaseKind, Path)),
    request_body = CasePatternChange, responses((status = 200, body = CasePattern)))]
async fn set_case_pattern(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(kind): Path<String>,
    Body(change): Body<CasePatternChange>,
) -> Answer<CasePattern> {
    let kind = CaseKind::parse(&kind).ok_or_else(Problem::not_found)?;
    let pattern = CasePattern { kind, pattern: change.pattern, example: change.example };
    ok(app.service.cases.set_pattern(&actor, pattern).await)
}

/// The sessions in scope that are linked to the number.
#[utoipa::path(get, path = "/cases/sessions", tag = "cases", params(CaseNumber, PageRequest),
    responses((status = 200, body = Page<SessionView>)))]
async fn list_case_sessions(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(case): Query<CaseNumber>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<SessionView>> {
    ok(app.service.cases.sessions(&actor, &case.number, &page).await)
}

/// What a case is, in whatever spelling its number comes. Rows of other units are left out, and `elsewhere` says that there
/// are some; a case that lies wholly outside one's scope is refused. A number that nothing has answers empty counts.
#[utoipa::path(get, path = "/cases/by-number", tag = "cases", params(CaseNumber),
    responses((status = 200, body = CaseView)))]
async fn read_case(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(case): Query<CaseNumber>,
) -> Answer<CaseView> {
    ok(app.service.cases.get(&actor, &case.number).await)
}

/// Everything of the case in one's scope, newest first.
#[utoipa::path(get, path = "/cases/timeline", tag = "cases", params(CaseNumber, CaseTimelineFilter, PageRequest),
    responses((status = 200, body = Page<CaseEntry>)))]
async fn read_case_timeline(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(case): Query<CaseNumber>,
    Query(filter): Query<CaseTimelineFilter>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<CaseEntry>> {
    ok(app.service.cases.timeline(&actor, &case.number, &filter, &page).await)
}

/// The timeline for paper, oldest first, at most 2 000 lines (`cut` says when there are more). Leaves an audit row.
#[utoipa::path(post, path = "/cases/prints", tag = "cases", params(CaseNumber, CaseTimelineFilter),
    responses((status = 201, body = CasePrint)))]
async fn print_case(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(case): Query<CaseNumber>,
    Query(filter): Query<CaseTimelineFilter>,
) -> Created<CasePrint> {
    created(app.service.cases.print(&actor, &case.number, &filter).await)
}
