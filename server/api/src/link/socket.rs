//! One link's socket, from its first message to its last: what the client says becomes wishes, what the net tells
//! becomes messages. One message is carried out before the next is read.

use super::connect::Entrance;
use super::keys::{About, Visitor};
use crate::limits;
use crate::metrics::Cause;
use crate::state::{App, Peer};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use lianxian_model::link::{LeaveAction, LeaveReason, LinkEnd, Notice, Wish};
use lianxian_model::time::Millis;
use lianxian_service::net::{Link, Whom};
use lianxian_service::ports::record::{LinkOwner, LinkRefused};
use lianxian_signaling::{Conversation, DataFault, Fault, Frame, Limits, PING_TIMEOUT_S};
use std::time::Duration;
use tokio::time::Instant;

/// The silence after which a client is given up.
const SILENCE: Duration = Duration::from_secs(PING_TIMEOUT_S as u64);
/// Most bytes of a close frame's reason (RFC 6455, 5.5.1: 125 with the code).
const REASON_BYTES: usize = 123;

/// How the socket came to its end.
enum End {
    /// The net said goodbye, and the client was told.
    Told,
    /// The client closed the socket, it broke, or nothing was heard or taken for too long. The participant may come
    /// back to the net within its grace.
    Gone(&'static str),
    /// The client said what no client says.
    Fault(Fault),
}

pub(super) async fn run(app: App, socket: WebSocket, visitor: Visitor, entrance: Entrance, peer: Peer) {
    let mut conversation = Conversation::new(&visitor.identity, Limits::default(), app.clock.now());
    let (link, resumed) = match entrance {
        Entrance::Joined { link, resumed } => (link, resumed),
        Entrance::NoResume => return say_no_resume(&app, socket, conversation).await,
    };
    if resumed {
        conversation.resume(link.participant.clone());
    }
    app.metrics.links.inc();
    app.metrics.links_opened.inc();
    let mut talk = Talk { app: app.clone(), socket, conversation, visitor, link, leaving: None };
    let end = talk.go().await;
    app.metrics.links.dec();
    let cause = match &end {
        End::Told => "told",
        End::Gone(cause) => cause,
        End::Fault(fault) => fault.cause(),
    };
    app.metrics.links_ended.get_or_create(&Cause { cause }).inc();
    tracing::debug!(cause, participant = %talk.link.participant, "a link's socket ended");
    let Talk { mut socket, visitor, link, .. } = talk;
    match end {
        End::Told => close(&mut socket, close_code::NORMAL, "").await,
        // Dropping the link tells the net that it was lost.
        End::Gone(_) => drop(link),
        End::Fault(fault) => {
            let code = match fault {
                Fault::TooLarge { .. } => close_code::SIZE,
                Fault::Malformed | Fault::Senseless(_) => close_code::PROTOCOL,
                Fault::TooDeep { .. } | Fault::TooFrequent { .. } | Fault::TooMuch { .. } | Fault::TooMany { .. } => {
                    close_code::POLICY
                }
            };
            close(&mut socket, code, &fault.to_string()).await;
            audit(&app, &visitor, &link, peer, &fault).await;
            link.close(LinkEnd::ProtocolError).await;
        }
    }
}

/// A client that wants to be a participant whom the net no longer knows: it is to come as a new one.
async fn say_no_resume(app: &App, mut socket: WebSocket, mut conversation: Conversation) {
    app.metrics.links_refused.get_or_create(&Cause { cause: "no_resume" }).inc();
    let leave = Notice::Leave { reason: LeaveReason::StateMismatch, action: LeaveAction::Reconnect };
    if let Some(frame) = conversation.tell(leave) {
        let _ = send(&mut socket, frame).await;
    }
    close(&mut socket, close_code::NORMAL, "").await;
}

/// A breach is put on record under the endpoint's name; a guest's is only counted and logged.
async fn audit(app: &App, visitor: &Visitor, link: &Link, peer: Peer, fault: &Fault) {
    tracing::info!(identity = visitor.identity, ip = %peer.ip, %fault, "a link broke the protocol");
    let Whom::Endpoint(endpoint, _) = &visitor.whom else { return };
    let refused = LinkRefused {
        owner: LinkOwner::Endpoint(endpoint.clone()),
        participant: link.participant.clone(),
        ip: peer.ip.to_string(),
        action: "protocol",
        detail: fault.to_string(),
    };
    if let Err(error) = app.record.refused(refused).await {
        tracing::warn!(%error, "a breach of protocol is not on record");
    }
}

struct Talk {
    app: App,
    socket: WebSocket,
    conversation: Conversation,
    visitor: Visitor,
    link: Link,
    /// The server stops: by when the net must have said so.
    leaving: Option<Instant>,
}

impl Talk {
    async fn go(&mut self) -> End {
        let mut heard = Instant::now();
        let stop = self.app.stop.clone();
        loop {
            let deadline = self.leaving.unwrap_or(heard + SILENCE);
            let step = tokio::select! {
                // What the net tells goes first: it may be the farewell.
                biased;
                notice = self.link.notices.recv() => match notice {
                    Some(notice) => self.tell(*notice).await,
                    None => Err(End::Told),
                },
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => {
                        heard = Instant::now();
                        self.hear(message).await
                    }
                    Some(Err(error)) => Err(broken(&error)),
                    None => Err(End::Gone("closed")),
                },
                () = stop.cancelled(), if self.leaving.is_none() => {
                    self.leaving = Some(Instant::now() + limits::LINK_FAREWELL);
                    Ok(())
                }
                () = tokio::time::sleep_until(deadline) => {
                    Err(End::Gone(if self.leaving.is_some() { "stopped" } else { "silent" }))
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        let frame = match message {
            Message::Binary(bytes) => Frame::Binary(bytes),
            Message::Text(text) => Frame::Text(text.as_str().to_owned()),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone("closed")),
        };
        let heard = self.conversation.hear(&frame, self.now()).map_err(End::Fault)?;
        for answer in heard.answers {
            send(&mut self.socket, answer).await?;
        }
        if let Some(wish) = heard.wish {
            self.wish(wish).await;
        }
        Ok(())
    }

    /// Once the link is over its last notices still come; what is wished meanwhile is void.
    async fn wish(&mut self, wish: Wish) {
        if self.link.wish(wish).await.is_err() {
            tracing::trace!("a wish after the link's end");
        }
    }

    async fn tell(&mut self, notice: Notice) -> Result<(), End> {
        let last = matches!(notice, Notice::Leave { .. });
        match notice {
            Notice::RefreshToken { rights, name, metadata, attributes } => {
                let about = About { name, metadata, attributes };
                match self.app.door.renew(&self.visitor, rights, about, self.now()) {
                    Ok(signed) => send(&mut self.socket, self.conversation.refresh_token(signed.token)).await?,
                    Err(error) => tracing::error!(%error, "a fresh token could not be signed"),
                }
            }
            Notice::DataReceived { reliable, bytes } => match self.conversation.data(reliable, &bytes, self.now()) {
                Ok(stamped) => self.wish(Wish::SendData(stamped)).await,
                Err(fault) => {
                    self.app.metrics.data_refused.get_or_create(&Cause { cause: word(&fault) }).inc();
                    tracing::debug!(%fault, "a data packet goes nowhere");
                }
            },
            notice => {
                if let Some(frame) = self.conversation.tell(notice) {
                    send(&mut self.socket, frame).await?;
                }
            }
        }
        if last { Err(End::Told) } else { Ok(()) }
    }

    fn now(&self) -> Millis {
        self.app.clock.now()
    }
}

async fn send(socket: &mut WebSocket, frame: Frame) -> Result<(), End> {
    let message = match frame {
        Frame::Binary(bytes) => Message::Binary(bytes),
        Frame::Text(text) => Message::Text(text.into()),
    };
    match tokio::time::timeout(limits::LINK_WRITE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone("broken")),
        Err(_) => Err(End::Gone("stuck")),
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &str) {
    let mut end = reason.len().min(REASON_BYTES);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let reason = reason.get(..end).unwrap_or_default();
    let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    if let Ok(Ok(())) = tokio::time::timeout(limits::LINK_FAREWELL, socket.send(frame)).await {
        // The client's own close follows; waiting for it lets ours arrive before the connection is torn down.
        let answer = async { while let Some(Ok(_)) = socket.recv().await {} };
        let _ = tokio::time::timeout(limits::LINK_FAREWELL, answer).await;
    }
}

/// A socket that failed: either the connection broke, or what came over it is no message at all.
fn broken(error: &axum::Error) -> End {
    let text = error.to_string();
    tracing::debug!(%text, "a link's socket failed");
    if let Some((_, sizes)) = text.split_once("Message too long: ") {
        let value = sizes.split(' ').next().and_then(|size| size.parse().ok()).unwrap_or(usize::MAX);
        return End::Fault(Fault::TooLarge { limit: Limits::default().message_bytes, value });
    }
    // A connection that is cut counts as a breach of RFC 6455 too; it is none of ours.
    let cut = text.contains("without closing handshake");
    let breach = text.contains("protocol error") || text.contains("UTF-8");
    if breach && !cut { End::Fault(Fault::Malformed) } else { End::Gone("broken") }
}

fn word(fault: &DataFault) -> &'static str {
    match fault {
        DataFault::TooLarge { .. } => "too_large",
        DataFault::Malformed => "malformed",
        DataFault::NotForClients => "not_for_clients",
        DataFault::TooFrequent { .. } => "too_frequent",
        DataFault::TooMuch { .. } => "too_much",
        DataFault::NotJoined => "not_joined",
        DataFault::Repeated { .. } => "repeated",
    }
}
