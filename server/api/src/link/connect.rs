//! `GET /rtc`: the token is checked and the net joined before the socket is accepted, so that a refusal is a plain
//! status with a text.

use super::keys::Visitor;
use super::socket;
use crate::metrics::Cause;
use crate::state::{App, Peer};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use lianxian_service::net::{Join, JoinError, Manner};
use lianxian_signaling::{Introduction, Limits};
use std::collections::BTreeMap;

/// Bytes that a frame may have beyond what a message may: the conversation itself says what is too large, by name.
const SLACK: usize = 1024;

/// Bytes of each of a link's two buffers, which it holds for as long as it is open; larger messages grow them for their time.
const BUFFER: usize = 4 * 1024;

pub(super) async fn connect(
    State(app): State<App>,
    peer: Peer,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let query = query_of(query.as_deref());
    let visitor = match app.door.admit(&token_of(&query, &headers), app.clock.now()) {
        Ok(visitor) => visitor,
        Err(refusal) => return refuse(&app, refusal.status(), refusal.cause(), refusal.to_string()),
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return refuse(&app, rejection.status(), "no_websocket", rejection.body_text()),
    };
    if app.stop.is_cancelled() {
        return refuse(&app, StatusCode::SERVICE_UNAVAILABLE, "stopping", "the server stops".into());
    }
    let introduction = Introduction::read(&query);
    let join = Join {
        whom: visitor.whom.clone(),
        manner: Manner::Socket,
        client: introduction.client,
        ip: peer.ip.to_string(),
        resume: introduction.resume.clone(),
    };
    let limit = Limits::default().message_bytes + SLACK;
    let upgrade = upgrade.max_message_size(limit).max_frame_size(limit);
    let upgrade = upgrade.read_buffer_size(BUFFER).write_buffer_size(BUFFER);
    match app.net.join(join).await {
        Ok(link) => {
            let resumed = introduction.resume.is_some_and(|sid| sid == link.participant);
            accept(app, upgrade, visitor, Entrance::Joined { link, resumed }, peer)
        }
        // Clients understand this only as a message of the link.
        Err(JoinError::NoResume) => accept(app, upgrade, visitor, Entrance::NoResume, peer),
        Err(JoinError::Refused(why)) => refuse(&app, StatusCode::UNAUTHORIZED, "refused", why),
        Err(JoinError::Unavailable(why)) => {
            tracing::warn!(%why, "a link could not be opened");
            refuse(&app, StatusCode::SERVICE_UNAVAILABLE, "unavailable", "try again".into())
        }
        // A socket displaces whoever is there.
        Err(error @ JoinError::InUse) => refuse(&app, StatusCode::CONFLICT, "in_use", error.to_string()),
        Err(error @ JoinError::MediaFull(_)) => {
            let mut response = refuse(&app, StatusCode::SERVICE_UNAVAILABLE, "media_full", error.to_string());
            response.headers_mut().insert(header::RETRY_AFTER, crate::problem::RETRY_AFTER);
            response
        }
        Err(error @ JoinError::Limit { .. }) => refuse(&app, StatusCode::TOO_MANY_REQUESTS, "limit", error.to_string()),
    }
}

/// How the link begins.
pub(super) enum Entrance {
    Joined { link: lianxian_service::net::Link, resumed: bool },
    NoResume,
}

fn accept(app: App, upgrade: WebSocketUpgrade, visitor: Visitor, entrance: Entrance, peer: Peer) -> Response {
    let tracker = app.links.clone();
    upgrade.on_upgrade(move |socket| tracker.track_future(socket::run(app, socket, visitor, entrance, peer)))
}

fn refuse(app: &App, status: StatusCode, cause: &'static str, text: String) -> Response {
    app.metrics.links_refused.get_or_create(&Cause { cause }).inc();
    tracing::debug!(cause, %text, "a link was refused");
    (status, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], text).into_response()
}

/// The query as names and values; of a name that is there twice, the last.
pub(super) fn query_of(query: Option<&str>) -> BTreeMap<String, String> {
    let address = Uri::builder().path_and_query(format!("/rtc?{}", query.unwrap_or_default())).build();
    let read = address.ok().and_then(|address| Query::<Vec<(String, String)>>::try_from_uri(&address).ok());
    read.map(|Query(pairs)| pairs.into_iter().collect()).unwrap_or_default()
}

/// Browsers can only put the token into the address; others send it in a header.
pub(super) fn token_of(query: &BTreeMap<String, String>, headers: &HeaderMap) -> String {
    let in_query = query.get("access_token").filter(|token| !token.is_empty()).cloned();
    in_query.or_else(|| crate::auth::bearer(headers).map(str::to_owned)).unwrap_or_default()
}
