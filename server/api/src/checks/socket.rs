//! `GET /rtc/check`: a WebSocket beside the link's own that answers each message at once with the server's time: whether
//! the way carries WebSockets, how long a round takes, and how far the clocks are apart.

use super::places::Place;
use crate::limits;
use crate::state::{App, Peer};
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use serde_json::json;

pub(crate) async fn converse(State(app): State<App>, peer: Peer, upgrade: WebSocketUpgrade) -> Response {
    let place = match app.checks.enter(peer.ip, app.clock.now()) {
        Ok(place) => place,
        Err(problem) => return problem.into_response(),
    };
    let tracker = app.links.clone();
    upgrade
        .max_message_size(limits::CHECK_MESSAGE_BYTES)
        .max_frame_size(limits::CHECK_MESSAGE_BYTES)
        .on_upgrade(move |socket| tracker.track_future(answer(app, socket, place)))
}

async fn answer(app: App, mut socket: WebSocket, _place: Place) {
    let stop = app.stop.clone();
    let talk = async {
        for _ in 0..limits::CHECK_MESSAGES {
            match socket.recv().await {
                Some(Ok(Message::Text(said))) => {
                    let answer = json!({ "said": said.as_str(), "now_ms": app.clock.now() }).to_string();
                    if socket.send(Message::Text(answer.into())).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return,
            }
        }
    };
    tokio::select! {
        () = talk => {}
        () = stop.cancelled() => {}
        () = tokio::time::sleep(limits::CHECK_LIFE) => {}
    }
}
