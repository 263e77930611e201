//! WHIP (RFC 9725): an encoder publishes as its endpoint with one request, and is on air as any workstation is.

use super::publication::Publication;
use super::refusal::{no_common_codec, not_allowed, unavailable};
use super::request::{Bearer, SDP, authenticate, check_accept, client, created, device};
use super::sdp::Description;
use super::session::{Role, Session, Side, publish};
use crate::limits;
use crate::problem::Problem;
use crate::read;
use crate::state::{App, Peer};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use lianxian_model::ids::EndpointId;
use lianxian_model::link::LinkEnd;
use lianxian_service::net::Whom;

/// The device's own endpoint.
pub(super) async fn own(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    open(app, peer, &headers, None, request).await
}

/// The endpoint, named: it must be the device's own.
pub(super) async fn named(
    State(app): State<App>,
    peer: Peer,
    Path(endpoint): Path<EndpointId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    open(app, peer, &headers, Some(endpoint), request).await
}

async fn open(
    app: App,
    peer: Peer,
    headers: &HeaderMap,
    named: Option<EndpointId>,
    request: Request,
) -> Result<Response, Problem> {
    let whom = whom(&app, headers, peer, named.as_ref()).await?;
    check_accept(headers)?;
    let sdp = read::text(request, &app, SDP).await?;
    let Publication { offer, tracks } = Publication::read(&sdp)?;
    if app.stop.is_cancelled() {
        return Err(unavailable("the server stops"));
    }
    let client = client(whom, headers, peer);
    let mut link = client.open(&app, Side::Publish).await?;
    let answered = tokio::time::timeout(limits::SESSION_ANSWER, publish(&mut link, tracks, offer.to_string())).await;
    let answered = answered.unwrap_or_else(|_| Err(unavailable("no answer to an offer in time")));
    let answer = match answered.and_then(takes_something) {
        Ok(answer) => answer,
        Err(problem) => {
            link.close(LinkEnd::Left).await;
            return Err(problem);
        }
    };
    let place = Session { app, client, link, role: Role::Publisher { offer, offers: 1 } }.keep();
    created("whip", &place, answer)
}

/// Who publishes: a device as its own endpoint, or a guest in the room that its token names.
async fn whom(app: &App, headers: &HeaderMap, peer: Peer, named: Option<&EndpointId>) -> Result<Whom, Problem> {
    match authenticate(app, headers, peer).await? {
        Bearer::Device(actor) => device(app, &actor, named).await,
        Bearer::Link(Whom::Guest(guest)) if named.is_none_or(|named| named.0 == guest.identity) => {
            Ok(Whom::Guest(guest))
        }
        // Consoles publish nothing.
        Bearer::Link(_) => Err(not_allowed()),
    }
}

/// Whether the answer receives any of what is offered.
fn takes_something(answer: String) -> Result<String, Problem> {
    let read = Description::parse(&answer)?;
    let received = |kind: &str| matches!(kind, "audio" | "video");
    if read.sections.iter().any(|section| received(section.kind()) && section.receives()) {
        Ok(answer)
    } else {
        Err(no_common_codec())
    }
}
