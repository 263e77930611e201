//! WHEP (draft-ietf-wish-whep): a player receives what a console may see, for as long as one of its sessions grants it.

use super::playback::Playback;
use super::refusal::{no_common_codec, not_allowed, of_leave, unavailable};
use super::request::{Bearer, SDP, authenticate, check_accept, client, created};
use super::session::{Client, Offered, Role, Session, Side, answer_offer, next_offer};
use crate::limits;
use crate::problem::Problem;
use crate::read;
use crate::state::{App, Peer};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lianxian_model::link::{LinkEnd, Notice, ParticipantState, ParticipantView, TrackView, Wish};
use lianxian_model::media::TrackKind;
use lianxian_service::encoders::not_on_air;
use lianxian_service::net::{Link, Whom};

/// A site, one endpoint of it, or (in a room of an integration key) a participant.
pub(super) async fn open(
    State(app): State<App>,
    peer: Peer,
    Path(target): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let mut response = answer(app, peer, &headers, &target, request).await.into_response();
    if response.status() == StatusCode::CONFLICT {
        // Not now, but perhaps soon: a player that waits comes again by itself.
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

async fn answer(
    app: App,
    peer: Peer,
    headers: &HeaderMap,
    target: &str,
    request: Request,
) -> Result<Response, Problem> {
    let Bearer::Link(whom) = authenticate(&app, headers, peer).await? else {
        // A device watches nobody.
        return Err(not_allowed());
    };
    check_accept(headers)?;
    let sdp = read::text(request, &app, SDP).await?;
    let mut playback = Playback::read(&sdp)?;
    let publishers = match &whom {
        Whom::Endpoint(console, _) => {
            let granted = app.service.encoders.playable(console, target, &peer.ip.to_string()).await?;
            granted.into_iter().map(|endpoint| endpoint.0).collect()
        }
        Whom::Guest(_) => vec![target.to_owned()],
    };
    if app.stop.is_cancelled() {
        return Err(unavailable("the server stops"));
    }
    let client = client(whom, headers, peer);
    let mut link = client.open(&app, Side::Play).await?;
    let begun = tokio::time::timeout(limits::SESSION_ANSWER, begin(&mut link, &mut playback, &publishers)).await;
    match begun.unwrap_or_else(|_| Err(unavailable("no offer to a player in time"))) {
        Ok(offered) => keep(app, client, link, playback, offered),
        Err(problem) => {
            link.close(LinkEnd::Left).await;
            Err(problem)
        }
    }
}

fn keep(app: App, client: Client, link: Link, playback: Playback, offered: Offered) -> Result<Response, Problem> {
    let ours = offered.description.credentials().ok_or_else(|| unavailable("an offer without a transport"))?;
    let role = Role::Player { playback: Box::new(playback), ours };
    let place = Session { app, client, link, role }.keep();
    created("whep", &place, offered.client)
}

/// Finds what there is to play, asks for it, and waits until the media plane offers all of it.
async fn begin(link: &mut Link, playback: &mut Playback, publishers: &[String]) -> Result<Offered, Problem> {
    let seen = look(link, playback, publishers).await?;
    let wanted = seen.iter().filter(|track| playback.place(track)).count();
    if wanted == 0 {
        return Err(no_common_codec());
    }
    let subscribe = Wish::Subscribe { tracks: playback.tracks(), subscribe: true };
    link.wish(subscribe).await.map_err(|_| unavailable("the link is over"))?;
    loop {
        let offered = next_offer(link, playback).await?;
        if offered.carried == wanted {
            return Ok(offered);
        }
    }
}

/// The tracks of the publishers, at most one of each kind that the player wants. Whoever is on air is told of with the
/// first notice, or soon after it.
async fn look(link: &mut Link, playback: &Playback, publishers: &[String]) -> Result<Vec<TrackView>, Problem> {
    let lead = if playback.wants(TrackKind::Video) { TrackKind::Video } else { TrackKind::Audio };
    let search = async {
        loop {
            let views = match link.notices.recv().await.map(|notice| *notice) {
                Some(Notice::Joined(joined)) => joined.others,
                Some(Notice::Participants(views)) => views,
                Some(Notice::SubscriberOffer { id, sdp, mid_to_track }) => {
                    answer_offer(link, playback, id, &sdp, &mid_to_track).await?;
                    continue;
                }
                Some(Notice::Leave { reason, .. }) => return Err(of_leave(reason)),
                Some(_) => continue,
                None => return Err(unavailable("the link is over")),
            };
            let seen = tracks_of(&views, playback, publishers);
            if seen.iter().any(|track| track.kind == lead) {
                return Ok(seen);
            }
        }
    };
    match tokio::time::timeout(limits::PLAYER_LOOKS, search).await {
        Ok(found) => found,
        Err(_) => Err(not_on_air().into()),
    }
}

fn tracks_of(views: &[ParticipantView], playback: &Playback, publishers: &[String]) -> Vec<TrackView> {
    let named =
        views.iter().filter(|view| view.state != ParticipantState::Disconnected && publishers.contains(&view.identity));
    let mut found: Vec<TrackView> = Vec::new();
    for track in named.flat_map(|view| &view.tracks) {
        if playback.wants(track.kind) && !found.iter().any(|other| other.kind == track.kind) {
            found.push(track.clone());
        }
    }
    found
}
