//! Help requests: the desk's live list, one request with its history, asking, and every step of it. Under `/station` the same
//! for a workstation's own.

use super::csv::{self, Cell};
use super::drawings::image;
use super::duty::OfUnit;
use super::{Answer, Created, created, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsStation};
use crate::limits;
use crate::problem::Problem;
use crate::read::{self, Body, Once, Query};
use crate::state::App;
use axum::extract::{Path, State};
use axum::response::Response;
use lianxian_model::ids::{PictureId, RequestId};
use lianxian_model::request::Photo;
use lianxian_service::requests::{
    Answerer, NewRequest, NewRules, RequestDetail, RequestFilter, RequestRules, RequestStepWanted, RequestView,
    RulesVersionView,
};
use lianxian_service::{Page, PageRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_open_requests))
        .routes(routes!(list_requests, raise_request))
        .routes(routes!(export_requests))
        .routes(routes!(read_request_rules, set_request_rules))
        .routes(routes!(read_request))
        .routes(routes!(list_answerers))
        .routes(routes!(act_on_request))
        .routes(routes!(keep_request_photo))
        .routes(routes!(read_request_photo))
        .routes(routes!(list_station_requests, raise_station_request))
        .routes(routes!(read_station_request))
        .routes(routes!(act_on_station_request))
        .routes(routes!(keep_station_request_photo))
        .routes(routes!(read_station_request_photo))
}

/// Everything that is open in scope, newest first, at most 2 000. Each `request.changed` event carries one of these anew.
#[utoipa::path(get, path = "/requests/open", tag = "requests", responses((status = 200, body = Vec<RequestView>)))]
async fn list_open_requests(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<RequestView>> {
    ok(app.service.requests.open(&actor).await)
}

#[utoipa::path(get, path = "/requests", tag = "requests", params(RequestFilter, PageRequest),
    responses((status = 200, body = Page<RequestView>)))]
async fn list_requests(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<RequestFilter>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<RequestView>> {
    ok(app.service.requests.list(&actor, &filter, &page).await)
}

/// For a site of one's own unit. Codes: `too_many_waiting`.
#[utoipa::path(post, path = "/requests", tag = "requests", request_body = NewRequest,
    responses((status = 201, body = RequestView)))]
async fn raise_request(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewRequest>,
) -> Created<RequestView> {
    created(app.service.requests.raise(&actor, new, once.key()).await)
}

/// The rules that hold for a unit: how a call climbs, what each clock may take; with the unit's own versions. Right `duty.read`.
#[utoipa::path(get, path = "/request-rules", tag = "requests", params(OfUnit),
    responses((status = 200, body = RequestRules)))]
async fn read_request_rules(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(OfUnit { unit_id }): Query<OfUnit>,
) -> Answer<RequestRules> {
    ok(app.service.requests.rules(&actor, unit_id.as_ref()).await)
}

/// A new version of a unit's rules; requests that are open keep theirs. Right `duty.manage` over the unit.
#[utoipa::path(post, path = "/request-rules", tag = "requests", request_body = NewRules,
    responses((status = 201, body = RulesVersionView)))]
async fn set_request_rules(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Body(new): Body<NewRules>,
) -> Created<RulesVersionView> {
    created(app.service.requests.set_rules(&actor, new).await)
}

/// A table for spreadsheets: UTF-8 with a byte order mark, Chinese headings, at most 20 000 rows. Leaves an audit row.
#[utoipa::path(get, path = "/requests.csv", tag = "requests", params(RequestFilter),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_requests(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<RequestFilter>,
) -> Result<Response, Problem> {
    let headings = [
        "求助单号",
        "状态",
        "类别",
        "紧急程度",
        "场所",
        "机构",
        "求助人",
        "内容",
        "案号",
        "首问责任人",
        "承办人",
        "提出时间",
        "受理时间",
        "办结时间",
        "办理结果",
        "评价",
    ];
    let rows = app.service.requests.export(&actor, &filter).await?;
    let rows = rows.into_iter().map(|request| {
        let name = |party: Option<lianxian_model::request::Party>| Cell::Text(party.map_or(String::new(), |p| p.name));
        [
            Cell::Text(request.number),
            Cell::Word(request.state.zh()),
            Cell::Word(request.need.zh()),
            Cell::Word(request.urgency.zh()),
            Cell::Text(request.site.map(|site| site.name).unwrap_or_default()),
            Cell::Text(request.unit.map(|unit| unit.name).unwrap_or_default()),
            Cell::Text(request.asker),
            Cell::Text(request.sentence),
            Cell::Text(request.case.map(|case| case.raw).unwrap_or_default()),
            name(request.owner),
            name(request.assignee),
            Cell::Time(Some(request.raised_ms)),
            Cell::Time(request.response.stopped_ms),
            Cell::Time(request.closed_ms),
            Cell::Text(request.result),
            Cell::Word(request.evaluation.map_or("", |evaluation| evaluation.grade.zh())),
        ]
    });
    Ok(csv::answer("求助单", "requests", &headings, rows))
}

#[utoipa::path(get, path = "/requests/{id}", tag = "requests", params(("id" = RequestId, Path)),
    responses((status = 200, body = RequestDetail)))]
async fn read_request(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<RequestId>,
) -> Answer<RequestDetail> {
    ok(app.service.requests.get(&actor, &id).await)
}

/// Who may answer it, those on duty first.
#[utoipa::path(get, path = "/requests/{id}/answerers", tag = "requests", params(("id" = RequestId, Path)),
    responses((status = 200, body = Vec<Answerer>)))]
async fn list_answerers(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<RequestId>,
) -> Answer<Vec<Answerer>> {
    ok(app.service.requests.answerers(&actor, &id).await)
}

/// One step of its life-cycle. Codes: `request_taken` (the value says by whom), `request_state`, `request_not_yours`,
/// `request_not_rung`, `plea_waits`, `no_plea`, `call_back_due`, `changed_meanwhile`.
#[utoipa::path(post, path = "/requests/{id}/steps", tag = "requests", params(("id" = RequestId, Path)),
    request_body = RequestStepWanted, responses((status = 200, body = RequestView)))]
async fn act_on_request(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<RequestId>,
    once: Once,
    Body(wanted): Body<RequestStepWanted>,
) -> Answer<RequestView> {
    ok(app.service.requests.act(&actor, &id, wanted, once.key()).await)
}

/// This site's latest requests.
#[utoipa::path(get, path = "/station/requests", tag = "station", responses((status = 200, body = Vec<RequestView>)))]
async fn list_station_requests(State(app): State<App>, device: AsStation) -> Answer<Vec<RequestView>> {
    ok(app.service.requests.of_station(&device.actor).await)
}

/// One tap: everything in the body may be left out. Codes: `too_many_waiting`.
#[utoipa::path(post, path = "/station/requests", tag = "station", request_body = NewRequest,
    responses((status = 201, body = RequestView)))]
async fn raise_station_request(
    State(app): State<App>,
    device: AsStation,
    once: Once,
    Body(new): Body<NewRequest>,
) -> Created<RequestView> {
    created(app.service.requests.raise(&device.actor, new, once.key()).await)
}

#[utoipa::path(get, path = "/station/requests/{id}", tag = "station", params(("id" = RequestId, Path)),
    responses((status = 200, body = RequestDetail)))]
async fn read_station_request(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<RequestId>,
) -> Answer<RequestDetail> {
    ok(app.service.requests.get(&device.actor, &id).await)
}

/// What the asker may do: withdraw, confirm, object, evaluate.
#[utoipa::path(post, path = "/station/requests/{id}/steps", tag = "station", params(("id" = RequestId, Path)),
    request_body = RequestStepWanted, responses((status = 200, body = RequestView)))]
async fn act_on_station_request(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<RequestId>,
    once: Once,
    Body(wanted): Body<RequestStepWanted>,
) -> Answer<RequestView> {
    ok(app.service.requests.act(&device.actor, &id, wanted, once.key()).await)
}

/// Keeps a photo, once however often it is sent: PNG or WebP, at most 8 MiB and 8192 pixels a side, 6 a request. The asker.
/// Codes: `too_large`, `too_many_photos`, `request_state`.
#[utoipa::path(post, path = "/requests/{id}/photos", tag = "requests", params(("id" = RequestId, Path)),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = Photo)))]
async fn keep_request_photo(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<RequestId>,
    body: axum::body::Body,
) -> Created<Photo> {
    let (image, _turn) = read::image(&app, body, limits::PICTURE_BYTES).await?;
    created(app.service.requests.keep_photo(&actor, &id, image).await)
}

/// The image as it was kept.
#[utoipa::path(get, path = "/requests/{id}/photos/{photo}", tag = "requests",
    params(("id" = RequestId, Path), ("photo" = PictureId, Path)),
    responses((status = 200, content_type = "image/webp", body = inline(String))))]
async fn read_request_photo(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path((id, photo)): Path<(RequestId, PictureId)>,
) -> Result<Response, Problem> {
    image(app.service.requests.photo(&actor, &id, &photo).await)
}

/// As `/requests/{id}/photos`.
#[utoipa::path(post, path = "/station/requests/{id}/photos", tag = "station", params(("id" = RequestId, Path)),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = Photo)))]
async fn keep_station_request_photo(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<RequestId>,
    body: axum::body::Body,
) -> Created<Photo> {
    let (image, _turn) = read::image(&app, body, limits::PICTURE_BYTES).await?;
    created(app.service.requests.keep_photo(&device.actor, &id, image).await)
}

/// As `/requests/{id}/photos/{photo}`.
#[utoipa::path(get, path = "/station/requests/{id}/photos/{photo}", tag = "station",
    params(("id" = RequestId, Path), ("photo" = PictureId, Path)),
    responses((status = 200, content_type = "image/webp", body = inline(String))))]
async fn read_station_request_photo(
    State(app): State<App>,
    device: AsStation,
    Path((id, photo)): Path<(RequestId, PictureId)>,
) -> Result<Response, Problem> {
    image(app.service.requests.photo(&device.actor, &id, &photo).await)
}
