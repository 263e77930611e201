//! What requests of sessions bring: a bearer, a description of the right kind, a precondition; and what every answer of
//! them says to pages of other origins.

use super::refusal::no_precondition;
use super::session::{Client, Precondition};
use crate::auth::bearer;
use crate::problem::Problem;
use crate::state::{App, Peer};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lianxian_model::ids::EndpointId;
use lianxian_service::net::Whom;
use lianxian_service::{Actor, ServiceError};

pub(super) const SDP: &str = "application/sdp";
pub(super) const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// Characters of a client's name that are kept.
const AGENT_CHARS: usize = 128;

/// Somebody with a good token.
pub(super) enum Bearer {
    Device(Actor),
    /// A console of the net, or somebody with an integration key's token.
    Link(Whom),
}

/// Whose the request's token is: a device's own, or an access token as the link takes it.
pub(super) async fn authenticate(app: &App, headers: &HeaderMap, peer: Peer) -> Result<Bearer, Problem> {
    let Some(token) = bearer(headers).filter(|token| !token.is_empty()) else {
        let en = "Authorization: Bearer is needed";
        return Err(ServiceError::unauthenticated("no_token", "请求缺少令牌", en).into());
    };
    // Access tokens are JWTs; a device's token is hexadecimal.
    if token.contains('.') {
        return match app.door.admit(token, app.clock.now()) {
            Ok(visitor) => Ok(Bearer::Link(visitor.whom)),
            Err(refusal) => {
                Err(Problem::new(refusal.status(), "token_refused", "令牌无效或已过期", refusal.to_string()))
            }
        };
    }
    Ok(Bearer::Device(app.service.enrolments.authenticate(token, &peer.ip.to_string()).await?))
}

/// A device, as its own endpoint.
pub(super) async fn device(app: &App, actor: &Actor, named: Option<&EndpointId>) -> Result<Whom, Problem> {
    let endpoint = app.service.encoders.publisher(actor, named).await?;
    Ok(Whom::Endpoint(endpoint, actor.device().and_then(|device| device.enrolment.clone())))
}

pub(super) fn client(whom: Whom, headers: &HeaderMap, peer: Peer) -> Client {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Client { whom, ip: peer.ip.to_string(), agent: agent.chars().take(AGENT_CHARS).collect() }
}

/// A client that says what it takes must take a description.
pub(super) fn check_accept(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(accept) = headers.get(header::ACCEPT) else { return Ok(()) };
    let takes = |range: &str| matches!(range.trim(), SDP | "application/*" | "*/*" | "*");
    let accept = accept.to_str().unwrap_or_default().to_ascii_lowercase();
    if accept.split(',').any(|range| range.split(';').next().is_some_and(takes)) {
        return Ok(());
    }
    let en = "the answer is application/sdp";
    Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "应答只有 application/sdp 一种格式", en))
}

/// The `If-Match` of the request, which must be there (RFC 9725, RFC 6585).
pub(super) fn precondition(headers: &HeaderMap) -> Result<Precondition, Problem> {
    let lines: Vec<&str> = headers.get_all(header::IF_MATCH).iter().filter_map(|line| line.to_str().ok()).collect();
    if lines.is_empty() {
        return Err(no_precondition());
    }
    let tags: Vec<String> = lines.iter().flat_map(|line| line.split(',')).map(|tag| tag.trim().to_owned()).collect();
    Ok(if tags.iter().any(|tag| tag == "*") { Precondition::Any } else { Precondition::OneOf(tags) })
}

/// Which of a resource's methods there are.
#[derive(Clone, Copy)]
pub(super) enum Resource {
    Endpoint,
    Session,
}

impl Resource {
    fn methods(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Resource::Endpoint => "OPTIONS, POST",
            Resource::Session => "OPTIONS, PATCH, DELETE",
        })
    }

    /// Answers `OPTIONS`: what may be sent here, and to a browser that a page of any origin may, since every request
    /// brings its own token and none a cookie.
    pub(super) fn options(self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(header::ALLOW, self.methods());
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods());
        let allowed = HeaderValue::from_static("Authorization, Content-Type, If-Match");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
        match self {
            Resource::Endpoint => headers.insert(ACCEPT_POST, HeaderValue::from_static(SDP)),
            Resource::Session => headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT)),
        };
        response
    }

    pub(super) fn no_such_method(self) -> Response {
        let mut response = Problem::method_not_allowed().into_response();
        response.headers_mut().insert(header::ALLOW, self.methods());
        response
    }
}

/// What every answer says besides.
pub(super) async fn for_any_origin(mut response: Response) -> Response {
    let is_unauthorized = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let shown =
        HeaderValue::from_static("Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, shown);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_unauthorized {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The answer to an offer that is accepted.
pub(super) fn created(side: &str, place: &super::session::Place, sdp: String) -> Result<Response, Problem> {
    let text = |value: String| HeaderValue::try_from(value).map_err(|error| ServiceError::internal(error).into());
    let location: Result<HeaderValue, Problem> = text(format!("/{side}/sessions/{}", place.id));
    let tag: Result<HeaderValue, Problem> = text(place.tag.clone());
    let mut response = (StatusCode::CREATED, sdp).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::LOCATION, location?);
    headers.insert(header::ETAG, tag?);
    Ok(response)
}
