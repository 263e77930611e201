//! The workstation's page: enrolling this device, who watches it, its privacy switch, its ledger.

use super::live::{LinkToken, sign};
use super::{Answer, ok};
use crate::auth::{AsDevice, DEVICE, NotForeign, clear_cookie, set_cookie};
use crate::events::{After, stream};
use crate::problem::Problem;
use crate::read::{Body, Query};
use crate::state::{App, Peer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use lianxian_model::event::OutboxEvent;
use lianxian_model::org::PrivacySwitch;
use lianxian_service::enrolments::Enrolled;
use lianxian_service::register::RegisterView;
use lianxian_service::stations::StationView;
use lianxian_service::{Page, PageRequest};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// As long as browsers keep any cookie; renewed each time that the page opens.
const DEVICE_COOKIE: Duration = Duration::from_secs(400 * 86_400);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enrol))
        .routes(routes!(read_station, forget_station))
        .routes(routes!(switch_privacy))
        .routes(routes!(read_ledger))
        .routes(routes!(sign_station_token))
        .routes(routes!(stream_station_events))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Code {
    /// Eight digits, with or without the dash.
    code: String,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct PrivacyChange {
    on: bool,
    /// Needed to switch it on.
    #[serde(default)]
    reason: String,
}

/// Sets the cookie `lianxian_device`. Codes: `code_refused`, `too_many_attempts`.
#[utoipa::path(post, path = "/enrolments", tag = "station", request_body = Code,
    responses((status = 200, body = Enrolled)))]
async fn enrol(
    State(app): State<App>,
    peer: Peer,
    _: NotForeign,
    Body(Code { code }): Body<Code>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Enrolled>), Problem> {
    app.attempts.take(peer.ip, app.clock.now())?;
    let enrolled = app.service.enrolments.enrol(&code, &peer.ip.to_string()).await?;
    let cookie = set_cookie(DEVICE, &enrolled.device_token, DEVICE_COOKIE, app.secure);
    Ok(([(header::SET_COOKIE, cookie)], Json(enrolled)))
}

/// The device's own place, who watches it now, its privacy switch and its shift.
#[utoipa::path(get, path = "/station", tag = "station", responses((status = 200, body = StationView)))]
async fn read_station(State(app): State<App>, device: AsDevice) -> Result<(HeaderMap, Json<StationView>), Problem> {
    let view = app.service.stations.view(&device.actor).await?;
    let mut headers = HeaderMap::new();
    if let Some(token) = device.cookie {
        headers.insert(header::SET_COOKIE, set_cookie(DEVICE, &token, DEVICE_COOKIE, app.secure));
    }
    Ok((headers, Json(view)))
}

/// This browser forgets that it is a device; the endpoint stays enrolled until it is disabled or enrolled anew.
#[utoipa::path(delete, path = "/station", tag = "station", responses((status = 204)))]
async fn forget_station(State(app): State<App>, _device: AsDevice) -> ([(HeaderName, HeaderValue); 1], StatusCode) {
    ([(header::SET_COOKIE, clear_cookie(DEVICE, app.secure))], StatusCode::NO_CONTENT)
}

/// While it is on nothing flows from the site. It takes effect on running sessions at once.
#[utoipa::path(post, path = "/station/privacy", tag = "station", request_body = PrivacyChange,
    responses((status = 200, body = PrivacySwitch)))]
async fn switch_privacy(
    State(app): State<App>,
    device: AsDevice,
    Body(change): Body<PrivacyChange>,
) -> Answer<PrivacySwitch> {
    ok(app.service.stations.set_privacy(&device.actor, change.on, &change.reason).await)
}

/// Who watched this site, why, and from when to when.
#[utoipa::path(get, path = "/station/ledger", tag = "station", params(PageRequest),
    responses((status = 200, body = Page<RegisterView>)))]
async fn read_ledger(
    State(app): State<App>,
    device: AsDevice,
    Query(page): Query<PageRequest>,
) -> Answer<Page<RegisterView>> {
    ok(app.service.stations.ledger(&device.actor, &page).await)
}

/// A token into the net, for this device.
#[utoipa::path(post, path = "/station/link/tokens", tag = "station", responses((status = 200, body = LinkToken)))]
async fn sign_station_token(State(app): State<App>, device: AsDevice) -> Answer<LinkToken> {
    sign(&app, &device.actor, None).await
}

/// As `/events`, of this device's site.
#[utoipa::path(get, path = "/station/events", tag = "station", params(
    ("after" = Option<i64>, Query, description = "The seq after which to begin; without it: now"),
    ("Last-Event-ID" = Option<i64>, Header, description = "As browsers send it when they come back; goes before `after`"),
),
    responses((status = 200, content_type = "text/event-stream", body = OutboxEvent)))]
async fn stream_station_events(State(app): State<App>, device: AsDevice, after: After) -> Result<Response, Problem> {
    stream(app, device.actor, after).await
}
