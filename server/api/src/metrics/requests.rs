//! Each request counted, timed and logged, under an id that its answer carries too. Never logged: queries (they hold
//! tokens), headers, bodies.

use super::{Request as Labels, Route};
use crate::state::{App, Peer};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Unlike in each run of the server, and counted on from there.
static LAST_ID: std::sync::LazyLock<AtomicU64> = std::sync::LazyLock::new(|| AtomicU64::new(rand::random()));

pub(crate) async fn observe(State(app): State<App>, peer: Peer, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("console", MatchedPath::as_str).to_owned();
    let method = name(request.method());
    let id = format!("{:016x}", LAST_ID.fetch_add(1, Ordering::Relaxed));
    let span = tracing::info_span!("request", id, method, route);
    let since = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let seconds = since.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let _entered = span.enter();
    tracing::debug!(status, ms = seconds * 1000.0, ip = %peer.ip, "answered");
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    app.metrics.requests.get_or_create(&Labels { route: route.clone(), method, status }).inc();
    app.metrics.request_seconds.get_or_create(&Route { route }).observe(seconds);
    response
}

/// A fixed set of names: a client may call its method anything.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
