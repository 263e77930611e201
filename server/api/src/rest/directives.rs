//! Directives: the live list, one with its history and pictures, issuing, and every step of it. Under `/station` the same for the
//! workstation of the addressed office.

use super::csv::{self, Cell};
use super::drawings::image;
use super::{Answer, Created, created, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsStation};
use crate::limits;
use crate::problem::Problem;
use crate::read::{self, Body, Once, Query};
use crate::state::App;
use axum::extract::{Path, State};
use axum::response::Response;
use lianxian_model::ids::{DirectiveId, PictureId};
use lianxian_service::directives::{
    DirectiveDetail, DirectiveFilter, DirectiveStepWanted, DirectiveView, NewDirective, NewPicture, PictureView,
};
use lianxian_service::{Page, PageRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_open_directives))
        .routes(routes!(list_directives, issue_directive))
        .routes(routes!(export_directives))
        .routes(routes!(read_directive))
        .routes(routes!(act_on_directive))
        .routes(routes!(keep_directive_picture))
        .routes(routes!(read_directive_picture))
        .routes(routes!(list_station_directives))
        .routes(routes!(read_station_directive))
        .routes(routes!(act_on_station_directive))
        .routes(routes!(keep_station_directive_picture))
        .routes(routes!(read_station_directive_picture))
}

/// Everything that is open in scope, the soonest due first, at most 2 000. Each `directive.changed` event carries one of these anew.
#[utoipa::path(get, path = "/directives/open", tag = "directives",
    responses((status = 200, body = Vec<DirectiveView>)))]
async fn list_open_directives(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<DirectiveView>> {
    ok(app.service.directives.open(&actor).await)
}

#[utoipa::path(get, path = "/directives", tag = "directives", params(DirectiveFilter, PageRequest),
    responses((status = 200, body = Page<DirectiveView>)))]
async fn list_directives(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<DirectiveFilter>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<DirectiveView>> {
    ok(app.service.directives.list(&actor, &filter, &page).await)
}

/// From a request, a session, a frozen frame of one, or a site. Codes: `too_many_open`.
#[utoipa::path(post, path = "/directives", tag = "directives", request_body = NewDirective,
    responses((status = 201, body = DirectiveView)))]
async fn issue_directive(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewDirective>,
) -> Created<DirectiveView> {
    created(app.service.directives.issue(&actor, new, once.key()).await)
}

/// A table for spreadsheets: UTF-8 with a byte order mark, Chinese headings, at most 20 000 rows. Leaves an audit row.
#[utoipa::path(get, path = "/directives.csv", tag = "directives", params(DirectiveFilter),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_directives(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<DirectiveFilter>,
) -> Result<Response, Problem> {
    let headings = [
        "督办单号",
        "状态",
        "督办层级",
        "场所",
        "承办机构",
        "下发人",
        "发现的问题",
        "整改要求",
        "案号",
        "下发时间",
        "办理期限",
        "签收人",
        "签收时间",
        "反馈次数",
        "最近反馈时间",
        "逾期认定时间",
        "销号时间",
    ];
    let rows = app.service.directives.export(&actor, &filter).await?;
    let rows = rows.into_iter().map(|directive| {
        [
            Cell::Text(directive.number),
            Cell::Word(directive.state.zh()),
            Cell::Word(directive.rank.zh()),
            Cell::Text(directive.site.map(|site| site.name).unwrap_or_default()),
            Cell::Text(directive.unit.map(|unit| unit.name).unwrap_or_default()),
            Cell::Text(directive.issuer),
            Cell::Text(directive.finding),
            Cell::Text(directive.demand),
            Cell::Text(directive.case.map(|case| case.raw).unwrap_or_default()),
            Cell::Time(Some(directive.issued_ms)),
            Cell::Time(Some(directive.due_ms)),
            Cell::Text(directive.signed_by.unwrap_or_default()),
            Cell::Time(directive.signed_ms),
            Cell::Count(Some(u64::from(directive.rounds))),
            Cell::Time(directive.reported_ms),
            Cell::Time(directive.overdue_ms),
            Cell::Time(directive.closed_ms),
        ]
    });
    Ok(csv::answer("督办单", "directives", &headings, rows))
}

/// With its history, its pictures, and what whoever asks may do.
#[utoipa::path(get, path = "/directives/{id}", tag = "directives", params(("id" = DirectiveId, Path)),
    responses((status = 200, body = DirectiveDetail)))]
async fn read_directive(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<DirectiveId>,
) -> Answer<DirectiveDetail> {
    ok(app.service.directives.get(&actor, &id).await)
}

/// One step of its life-cycle. Codes: `directive_state`, `directive_at_top`, `own_report`, `too_many_rounds`, `changed_meanwhile`.
#[utoipa::path(post, path = "/directives/{id}/steps", tag = "directives", params(("id" = DirectiveId, Path)),
    request_body = DirectiveStepWanted, responses((status = 200, body = DirectiveView)))]
async fn act_on_directive(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<DirectiveId>,
    once: Once,
    Body(wanted): Body<DirectiveStepWanted>,
) -> Answer<DirectiveView> {
    ok(app.service.directives.act(&actor, &id, wanted, once.key()).await)
}

/// Keeps a picture: PNG or WebP, at most 8 MiB and 8192 pixels a side, 12 a round. Codes: `too_large`, `too_many_pictures`,
/// `directive_state`.
#[utoipa::path(post, path = "/directives/{id}/pictures", tag = "directives",
    params(("id" = DirectiveId, Path), NewPicture),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = PictureView)))]
async fn keep_directive_picture(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<DirectiveId>,
    Query(new): Query<NewPicture>,
    body: axum::body::Body,
) -> Created<PictureView> {
    let (image, _turn) = read::image(&app, body, limits::PICTURE_BYTES).await?;
    created(app.service.directives.keep_picture(&actor, &id, new, image).await)
}

/// The image as it was kept.
#[utoipa::path(get, path = "/directives/{id}/pictures/{picture}", tag = "directives",
    params(("id" = DirectiveId, Path), ("picture" = PictureId, Path)),
    responses((status = 200, content_type = "image/webp", body = inline(String))))]
async fn read_directive_picture(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path((id, picture)): Path<(DirectiveId, PictureId)>,
) -> Result<Response, Problem> {
    image(app.service.directives.picture(&actor, &id, &picture).await)
}

/// Addressed to this workstation's office, about its site, the latest.
#[utoipa::path(get, path = "/station/directives", tag = "station",
    responses((status = 200, body = Vec<DirectiveView>)))]
async fn list_station_directives(State(app): State<App>, device: AsStation) -> Answer<Vec<DirectiveView>> {
    ok(app.service.directives.of_station(&device.actor).await)
}

#[utoipa::path(get, path = "/station/directives/{id}", tag = "station", params(("id" = DirectiveId, Path)),
    responses((status = 200, body = DirectiveDetail)))]
async fn read_station_directive(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<DirectiveId>,
) -> Answer<DirectiveDetail> {
    ok(app.service.directives.get(&device.actor, &id).await)
}

/// What the office does: sign, report. As `/directives/{id}/steps`.
#[utoipa::path(post, path = "/station/directives/{id}/steps", tag = "station", params(("id" = DirectiveId, Path)),
    request_body = DirectiveStepWanted, responses((status = 200, body = DirectiveView)))]
async fn act_on_station_directive(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<DirectiveId>,
    once: Once,
    Body(wanted): Body<DirectiveStepWanted>,
) -> Answer<DirectiveView> {
    ok(app.service.directives.act(&device.actor, &id, wanted, once.key()).await)
}

/// As `/directives/{id}/pictures`.
#[utoipa::path(post, path = "/station/directives/{id}/pictures", tag = "station",
    params(("id" = DirectiveId, Path)),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = PictureView)))]
async fn keep_station_directive_picture(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<DirectiveId>,
    body: axum::body::Body,
) -> Created<PictureView> {
    let (image, _turn) = read::image(&app, body, limits::PICTURE_BYTES).await?;
    created(app.service.directives.keep_picture(&device.actor, &id, NewPicture::default(), image).await)
}

/// As `/directives/{id}/pictures/{picture}`.
#[utoipa::path(get, path = "/station/directives/{id}/pictures/{picture}", tag = "station",
    params(("id" = DirectiveId, Path), ("picture" = PictureId, Path)),
    responses((status = 200, content_type = "image/webp", body = inline(String))))]
async fn read_station_directive_picture(
    State(app): State<App>,
    device: AsStation,
    Path((id, picture)): Path<(DirectiveId, PictureId)>,
) -> Result<Response, Problem> {
    image(app.service.directives.picture(&device.actor, &id, &picture).await)
}
