//! What the server tells, decoded into plain types.

use crate::read;
use lianxian_model::media::{Quality, TrackKind, TrackSource};
use livekit_protocol as proto;
use prost::Message as _;
use proto::signal_response::Message;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct RemoteTrack {
    pub sid: String,
    pub name: String,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub muted: bool,
    pub width: u32,
    pub height: u32,
    pub mime: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RemoteParticipant {
    pub sid: String,
    pub identity: String,
    pub name: String,
    pub metadata: String,
    pub attributes: BTreeMap<String, String>,
    pub tracks: Vec<RemoteTrack>,
    pub version: u32,
    pub disconnected: bool,
    pub may_publish: bool,
    pub may_subscribe: bool,
}

/// What the server told.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    Joined {
        room: String,
        me: Box<RemoteParticipant>,
        others: Vec<RemoteParticipant>,
        ping_interval_s: i32,
        ping_timeout_s: i32,
    },
    Resumed,
    /// The publisher connection's answer.
    Answer {
        id: u32,
        sdp: String,
    },
    /// The subscriber connection's offer.
    Offer {
        id: u32,
        sdp: String,
        mid_to_track: BTreeMap<String, String>,
    },
    Participants(Vec<RemoteParticipant>),
    TrackPublished {
        cid: String,
        track: RemoteTrack,
    },
    TrackUnpublished {
        track: String,
    },
    TrackSubscribed {
        track: String,
    },
    Mute {
        track: String,
        muted: bool,
    },
    /// Which qualities of the own track anyone takes.
    WantedQualities {
        track: String,
        wanted: Vec<(Quality, bool)>,
    },
    /// (participant sid, level, active)
    Speakers(Vec<(String, f32, bool)>),
    Permission {
        track: String,
        allowed: bool,
    },
    SubscriptionFailed {
        track: String,
    },
    Room {
        name: String,
        participants: u32,
    },
    RefreshToken(String),
    /// `refused` holds the wire's reason number, 0 is success.
    RequestAnswer {
        request_id: u32,
        refused: i32,
        message: String,
    },
    Pong {
        last_ping_timestamp: i64,
        timestamp: i64,
    },
    /// `reason` is the wire's DisconnectReason name; `come_again`: as a new participant (or by resuming).
    Leave {
        reason: String,
        come_again: bool,
    },
    /// A kind that this client does not use.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message that is no signal response")]
pub struct Unreadable;

impl Response {
    /// Decodes one binary message.
    ///
    /// # Errors
    /// If the bytes are no signal response.
    #[allow(deprecated)]
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let response = proto::SignalResponse::decode(bytes).map_err(|_| Unreadable)?;
        Ok(match response.message {
            Some(Message::Join(join)) => Response::Joined {
                room: join.room.map(|room| room.name).unwrap_or_default(),
                me: Box::new(participant(join.participant.ok_or(Unreadable)?)),
                others: join.other_participants.into_iter().map(participant).collect(),
                ping_interval_s: join.ping_interval,
                ping_timeout_s: join.ping_timeout,
            },
            Some(Message::Reconnect(_)) => Response::Resumed,
            Some(Message::Answer(answer)) => Response::Answer { id: answer.id, sdp: answer.sdp },
            Some(Message::Offer(offer)) => Response::Offer {
                id: offer.id,
                sdp: offer.sdp,
                mid_to_track: offer.mid_to_track_id.into_iter().collect(),
            },
            Some(Message::Update(update)) => {
                Response::Participants(update.participants.into_iter().map(participant).collect())
            }
            Some(Message::TrackPublished(published)) => {
                Response::TrackPublished { cid: published.cid, track: track(published.track.ok_or(Unreadable)?) }
            }
            Some(Message::TrackUnpublished(gone)) => Response::TrackUnpublished { track: gone.track_sid },
            Some(Message::TrackSubscribed(subscribed)) => Response::TrackSubscribed { track: subscribed.track_sid },
            Some(Message::Mute(mute)) => Response::Mute { track: mute.sid, muted: mute.muted },
            Some(Message::SubscribedQualityUpdate(update)) => {
                // Old servers fill the flat list alone; with codecs told apart, a simulated office sends one.
                let qualities =
                    update.subscribed_codecs.into_iter().next().map_or(update.subscribed_qualities, |c| c.qualities);
                Response::WantedQualities {
                    track: update.track_sid,
                    wanted: qualities.into_iter().map(|q| (read::quality(q.quality()), q.enabled)).collect(),
                }
            }
            Some(Message::SpeakersChanged(changed)) => {
                Response::Speakers(changed.speakers.into_iter().map(|s| (s.sid, s.level, s.active)).collect())
            }
            Some(Message::SubscriptionPermissionUpdate(update)) => {
                Response::Permission { track: update.track_sid, allowed: update.allowed }
            }
            Some(Message::SubscriptionResponse(response)) => Response::SubscriptionFailed { track: response.track_sid },
            Some(Message::RoomUpdate(update)) => {
                let room = update.room.unwrap_or_default();
                Response::Room { name: room.name, participants: room.num_participants }
            }
            Some(Message::RefreshToken(token)) => Response::RefreshToken(token),
            Some(Message::RequestResponse(answer)) => Response::RequestAnswer {
                request_id: answer.request_id,
                refused: answer.reason,
                message: answer.message,
            },
            Some(Message::PongResp(pong)) => {
                Response::Pong { last_ping_timestamp: pong.last_ping_timestamp, timestamp: pong.timestamp }
            }
            Some(Message::Leave(leave)) => Response::Leave {
                reason: leave.reason().as_str_name().to_owned(),
                come_again: leave.action() != proto::leave_request::Action::Disconnect,
            },
            _ => Response::Other,
        })
    }

    /// A user's packet of a data channel: (sender's identity, topic, payload); `None` for other kinds.
    pub fn data(bytes: &[u8]) -> Option<(String, String, Vec<u8>)> {
        let packet = proto::DataPacket::decode(bytes).ok()?;
        match packet.value {
            Some(proto::data_packet::Value::User(user)) => {
                Some((packet.participant_identity, user.topic.unwrap_or_default(), user.payload))
            }
            _ => None,
        }
    }
}

fn participant(info: proto::ParticipantInfo) -> RemoteParticipant {
    let disconnected = info.state() == proto::participant_info::State::Disconnected;
    let permission = info.permission.unwrap_or_default();
    RemoteParticipant {
        sid: info.sid,
        identity: info.identity,
        name: info.name,
        metadata: info.metadata,
        attributes: info.attributes.into_iter().collect(),
        tracks: info.tracks.into_iter().map(track).collect(),
        version: info.version,
        disconnected,
        may_publish: permission.can_publish,
        may_subscribe: permission.can_subscribe,
    }
}

fn track(info: proto::TrackInfo) -> RemoteTrack {
    let kind = match info.r#type() {
        proto::TrackType::Audio => TrackKind::Audio,
        proto::TrackType::Video | proto::TrackType::Data => TrackKind::Video,
    };
    RemoteTrack {
        source: read::source(info.source()),
        kind,
        sid: info.sid,
        name: info.name,
        muted: info.muted,
        width: info.width,
        height: info.height,
        mime: info.mime_type,
    }
}
