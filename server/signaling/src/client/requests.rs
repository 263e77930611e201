//! What a client asks for, encoded.

use crate::spell;
use bytes::Bytes;
use lianxian_model::media::{Target, TrackKind, TrackSource, VideoLayer};
use livekit_protocol as proto;
use prost::Message as _;
use proto::signal_request::Message;

/// A track to publish.
#[derive(Clone, Debug)]
pub struct Publish<'a> {
    /// The track id in the offer's `a=msid`.
    pub cid: &'a str,
    pub name: &'a str,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub muted: bool,
    pub width: u32,
    pub height: u32,
    /// `vp8`, `h264`, `opus` …
    pub codec: &'a str,
    pub layers: &'a [VideoLayer],
}

/// What a client asks for. `encode` gives the binary message.
#[derive(Clone, Debug)]
pub enum Request<'a> {
    AddTrack(Publish<'a>),
    /// The publisher connection's offer.
    Offer {
        id: u32,
        sdp: &'a str,
    },
    /// The subscriber connection's answer; `id` as the offer's.
    Answer {
        id: u32,
        sdp: &'a str,
    },
    /// `candidate:…`
    Trickle {
        target: Target,
        candidate: &'a str,
    },
    Mute {
        track: &'a str,
        muted: bool,
    },
    Subscription {
        tracks: &'a [&'a str],
        subscribe: bool,
    },
    TrackSetting {
        track: &'a str,
        enabled: bool,
        width: u32,
        height: u32,
    },
    /// Everyone may subscribe to the sender's tracks, or no one.
    Permit {
        everyone: bool,
    },
    UpdateMetadata {
        request_id: u32,
        name: &'a str,
        metadata: &'a str,
    },
    SyncState {
        answer: Option<&'a str>,
        unsubscribed: &'a [&'a str],
        published: &'a [&'a str],
    },
    Ping {
        timestamp: i64,
    },
    Leave,
}

impl Request<'_> {
    pub fn encode(&self) -> Bytes {
        let message = match self {
            Request::AddTrack(publish) => Message::AddTrack(add_track(publish)),
            Request::Offer { id, sdp } => Message::Offer(description("offer", *id, sdp)),
            Request::Answer { id, sdp } => Message::Answer(description("answer", *id, sdp)),
            Request::Trickle { target, candidate } => Message::Trickle(proto::TrickleRequest {
                candidate_init: serde_json::json!({ "candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0 })
                    .to_string(),
                target: match target {
                    Target::Publisher => proto::SignalTarget::Publisher,
                    Target::Subscriber => proto::SignalTarget::Subscriber,
                }
                .into(),
                ..Default::default()
            }),
            Request::Mute { track, muted } => {
                Message::Mute(proto::MuteTrackRequest { sid: (*track).into(), muted: *muted })
            }
            Request::Subscription { tracks, subscribe } => Message::Subscription(proto::UpdateSubscription {
                track_sids: owned(tracks),
                subscribe: *subscribe,
                ..Default::default()
            }),
            Request::TrackSetting { track, enabled, width, height } => {
                Message::TrackSetting(proto::UpdateTrackSettings {
                    track_sids: vec![(*track).into()],
                    disabled: !enabled,
                    width: *width,
                    height: *height,
                    quality: proto::VideoQuality::High.into(),
                    ..Default::default()
                })
            }
            Request::Permit { everyone } => Message::SubscriptionPermission(proto::SubscriptionPermission {
                all_participants: *everyone,
                ..Default::default()
            }),
            Request::UpdateMetadata { request_id, name, metadata } => {
                Message::UpdateMetadata(proto::UpdateParticipantMetadata {
                    request_id: *request_id,
                    name: (*name).into(),
                    metadata: (*metadata).into(),
                    ..Default::default()
                })
            }
            Request::SyncState { answer, unsubscribed, published } => Message::SyncState(proto::SyncState {
                answer: answer.map(|sdp| description("answer", 0, sdp)),
                subscription: Some(proto::UpdateSubscription {
                    track_sids: owned(unsubscribed),
                    subscribe: false,
                    ..Default::default()
                }),
                publish_tracks: published
                    .iter()
                    .map(|sid| proto::TrackPublishedResponse {
                        track: Some(proto::TrackInfo { sid: (*sid).into(), ..Default::default() }),
                        ..Default::default()
                    })
                    .collect(),
                ..Default::default()
            }),
            Request::Ping { timestamp } => Message::PingReq(proto::Ping { timestamp: *timestamp, rtt: 0 }),
            Request::Leave => Message::Leave(proto::LeaveRequest {
                reason: proto::DisconnectReason::ClientInitiated.into(),
                ..Default::default()
            }),
        };
        Bytes::from(proto::SignalRequest { message: Some(message) }.encode_to_vec())
    }

    /// A packet for a data channel: a user's bytes, to those named or (none named) to everyone.
    pub fn data(payload: &[u8], topic: &str, destinations: &[&str], sequence: u32) -> Bytes {
        let packet = proto::DataPacket {
            destination_identities: owned(destinations),
            sequence,
            value: Some(proto::data_packet::Value::User(proto::UserPacket {
                payload: payload.to_vec(),
                topic: Some(topic.to_owned()),
                ..Default::default()
            })),
            ..Default::default()
        };
        Bytes::from(packet.encode_to_vec())
    }
}

fn add_track(publish: &Publish<'_>) -> proto::AddTrackRequest {
    let layers: Vec<proto::VideoLayer> = publish
        .layers
        .iter()
        .map(|layer| proto::VideoLayer {
            quality: spell::video_quality(layer.quality).into(),
            width: layer.width,
            height: layer.height,
            bitrate: layer.bitrate_bps,
            rid: layer.rid.clone(),
            ..Default::default()
        })
        .collect();
    proto::AddTrackRequest {
        cid: publish.cid.into(),
        name: publish.name.into(),
        r#type: match publish.kind {
            TrackKind::Audio => proto::TrackType::Audio,
            TrackKind::Video => proto::TrackType::Video,
        }
        .into(),
        source: spell::track_source(publish.source).into(),
        muted: publish.muted,
        width: publish.width,
        height: publish.height,
        simulcast_codecs: vec![proto::SimulcastCodec {
            codec: publish.codec.into(),
            cid: publish.cid.into(),
            ..Default::default()
        }],
        layers,
        disable_red: true,
        ..Default::default()
    }
}

fn description(kind: &str, id: u32, sdp: &str) -> proto::SessionDescription {
    proto::SessionDescription { r#type: kind.into(), sdp: sdp.into(), id, ..Default::default() }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
