//! Media over plain HTTP: WHIP (RFC 9725) at `/whip` for encoders, its playback twin at `/whep`. Each session is a link
//! of the net whose wishes are made here, so that rights, grants and records are those of every other link.

mod fragment;
mod play;
mod playback;
mod publication;
mod publish;
mod refusal;
mod request;
mod sdp;
mod session;

pub(crate) use session::Sessions;

use crate::limits;
use crate::problem::Problem;
use crate::read;
use crate::state::{App, Peer};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, patch, post};
use fragment::Fragment;
use refusal::{no_session, not_allowed};
use request::{Bearer, FRAGMENT, Resource, authenticate, client, device, precondition};
use session::{Handle, Patched, Side};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/whip", endpoint(post(publish::own)))
        .route("/whip/{endpoint}", endpoint(post(publish::named)))
        .route("/whip/sessions/{id}", session(Side::Publish))
        .route("/whep/{target}", endpoint(post(play::open)))
        .route("/whep/sessions/{id}", session(Side::Play))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .layer(middleware::map_response(request::for_any_origin))
}

fn endpoint(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods
        .options(|| async { Resource::Endpoint.options() })
        .fallback(|| async { Resource::Endpoint.no_such_method() })
}

fn session(side: Side) -> MethodRouter<App> {
    patch(move |app: State<App>, peer: Peer, id: Path<String>, headers: HeaderMap, request: Request| {
        change(app, peer, id, headers, request, side)
    })
    .delete(move |app: State<App>, peer: Peer, id: Path<String>, headers: HeaderMap| end(app, peer, id, headers, side))
    .options(|| async { Resource::Session.options() })
    .fallback(|| async { Resource::Session.no_such_method() })
}

/// Candidates, or a restart of ICE.
async fn change(
    State(app): State<App>,
    peer: Peer,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
    side: Side,
) -> Result<Response, Problem> {
    let handle = find(&app, peer, &id, &headers, side).await?;
    let precondition = precondition(&headers)?;
    let fragment = Fragment::parse(&read::text(request, &app, FRAGMENT).await?)?;
    match handle.patch(precondition, fragment).await? {
        Patched::Noted => Ok(StatusCode::NO_CONTENT.into_response()),
        Patched::Restarted { tag, fragment } => {
            let mut response = fragment.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FRAGMENT));
            if let Ok(tag) = HeaderValue::try_from(tag) {
                response.headers_mut().insert(header::ETAG, tag);
            }
            Ok(response)
        }
    }
}

async fn end(
    State(app): State<App>,
    peer: Peer,
    Path(id): Path<String>,
    headers: HeaderMap,
    side: Side,
) -> Result<StatusCode, Problem> {
    find(&app, peer, &id, &headers, side).await?.end().await?;
    Ok(StatusCode::OK)
}

/// The session, for the one whose it is.
async fn find(app: &App, peer: Peer, id: &str, headers: &HeaderMap, side: Side) -> Result<Handle, Problem> {
    let whom = match authenticate(app, headers, peer).await? {
        Bearer::Device(actor) => device(app, &actor, None).await?,
        Bearer::Link(whom) => whom,
    };
    let handle = app.sessions_over_http.find(id, side).ok_or_else(no_session)?;
    if handle.owner == client(whom, headers, peer).owner() { Ok(handle) } else { Err(not_allowed()) }
}
