//! The pre-shift check: what it measures the line with, and the result that is kept. The same for accounts and, under
//! `/station`, for devices; a check peer asks for neither, so that a computer can be checked before anybody logs in.

use super::{Answer, Created, created, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsDevice, NotForeign};
use crate::checks::{self, CheckPeer, Received};
use crate::problem::Problem;
use crate::read::{Body, Query};
use crate::state::{App, Peer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use lianxian_model::check::Check;
use lianxian_service::checks::NewCheck;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open_check_peer))
        .routes(routes!(keep_check))
        .routes(routes!(read_last_check))
        .routes(routes!(download_for_check))
        .routes(routes!(upload_for_check))
        .routes(routes!(keep_station_check))
        .routes(routes!(read_last_station_check))
        .routes(routes!(download_for_station_check))
        .routes(routes!(upload_for_station_check))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckOffer {
    /// Of a connection with a data channel and nothing else.
    sdp: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// At most 16 MiB.
    bytes: u64,
}

impl Wanted {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A peer of the media plane that answers for some seconds and carries nothing: whoever can connect to it over UDP, or
/// over TCP, can watch over UDP, or over TCP. No login is needed. Codes: `too_many_checks`, `checks_busy`, `bad_offer`.
#[utoipa::path(post, path = "/checks/peers", tag = "checks", request_body = CheckOffer,
    responses((status = 201, body = CheckPeer)))]
async fn open_check_peer(
    State(app): State<App>,
    peer: Peer,
    _: NotForeign,
    Body(offer): Body<CheckOffer>,
) -> Created<CheckPeer> {
    Ok((StatusCode::CREATED, Json(checks::open(&app, peer.ip, offer.sdp).await?)))
}

/// Keeps what a check found. Codes: `check_too_soon`.
#[utoipa::path(post, path = "/checks", tag = "checks", request_body = NewCheck,
    responses((status = 201, body = Check)))]
async fn keep_check(State(app): State<App>, AsAccount(actor): AsAccount, Body(new): Body<NewCheck>) -> Created<Check> {
    created(app.service.checks.keep(&actor, new).await)
}

/// The account's own last check.
#[utoipa::path(get, path = "/checks/last", tag = "checks", responses((status = 200, body = Option<Check>)))]
async fn read_last_check(State(app): State<App>, AsAccountQuietly(actor): AsAccountQuietly) -> Answer<Option<Check>> {
    ok(app.service.checks.last(&actor).await)
}

/// That many random bytes. Codes: `too_many_bytes`, `checks_busy`.
#[utoipa::path(get, path = "/checks/downloads", tag = "checks", params(Wanted),
    responses((status = 200, content_type = "application/octet-stream")))]
async fn download_for_check(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Query(Wanted { bytes }): Query<Wanted>,
) -> Result<Response, Problem> {
    checks::send(&app, &actor, bytes)
}

/// Counts the bytes and drops them; at most 16 MiB, with a Content-Length. Codes: `too_many_bytes`, `checks_busy`.
#[utoipa::path(post, path = "/checks/uploads", tag = "checks",
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 200, body = Received)))]
async fn upload_for_check(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Answer<Received> {
    Ok(Json(checks::receive(&app, &actor, &headers, body).await?))
}

/// As `/checks`, of this device.
#[utoipa::path(post, path = "/station/checks", tag = "station", request_body = NewCheck,
    responses((status = 201, body = Check)))]
async fn keep_station_check(State(app): State<App>, device: AsDevice, Body(new): Body<NewCheck>) -> Created<Check> {
    created(app.service.checks.keep(&device.actor, new).await)
}

/// As `/checks/last`, of this device.
#[utoipa::path(get, path = "/station/checks/last", tag = "station",
    responses((status = 200, body = Option<Check>)))]
async fn read_last_station_check(State(app): State<App>, device: AsDevice) -> Answer<Option<Check>> {
    ok(app.service.checks.last(&device.actor).await)
}

/// As `/checks/downloads`.
#[utoipa::path(get, path = "/station/checks/downloads", tag = "station", params(Wanted),
    responses((status = 200, content_type = "application/octet-stream")))]
async fn download_for_station_check(
    State(app): State<App>,
    device: AsDevice,
    Query(Wanted { bytes }): Query<Wanted>,
) -> Result<Response, Problem> {
    checks::send(&app, &device.actor, bytes)
}

/// As `/checks/uploads`.
#[utoipa::path(post, path = "/station/checks/uploads", tag = "station",
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 200, body = Received)))]
async fn upload_for_station_check(
    State(app): State<App>,
    device: AsDevice,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Answer<Received> {
    Ok(Json(checks::receive(&app, &device.actor, &headers, body).await?))
}
