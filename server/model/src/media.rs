//! What the media plane and the rest of the house say to each other about tracks.
//!
//! Shared by `sfu` (which executes it), `service` (which decides it) and `signaling` (which spells it on the wire).

use crate::ids::{ParticipantSid, TrackSid};
use crate::quality::{UpstreamSample, ViewerSample};
use serde::{Deserialize, Serialize};

/// Tracks that one participant publishes at once. The net refuses more, the media plane carries so many: one number for both, or what one
/// lets in the other turns away.
pub const MAX_UPLOADS: usize = 32;

/// Pixels of one side of an announced picture at most: what codecs can carry. More is read as so much.
pub const MAX_SIDE_PX: u32 = 16_384;

/// Bit/s of one announced layer at most; more is read as so much.
pub const MAX_LAYER_BPS: u32 = 50_000_000;

/// Tracks that one participant receives at once, likewise: 25 tiles with their sound and the next 25 warming up are 100, and a tile may
/// have a station and an encoder.
pub const MAX_DOWNSTREAMS: usize = 160;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    Audio,
    Video,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackSource {
    #[default]
    Unknown,
    Camera,
    Microphone,
    ScreenShare,
    ScreenShareAudio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    Opus,
    /// Redundant audio (RFC 2198) carrying Opus.
    Red,
    Vp8,
    H264,
    Vp9,
    Av1,
}

impl Codec {
    /// The MIME type of the codec, as SDP and the link protocol spell it.
    pub fn mime(self) -> &'static str {
        match self {
            Codec::Opus => "audio/opus",
            Codec::Red => "audio/red",
            Codec::Vp8 => "video/VP8",
            Codec::H264 => "video/H264",
            Codec::Vp9 => "video/VP9",
            Codec::Av1 => "video/AV1",
        }
    }
}

/// A simulcast layer, by what it is for. With fewer than three rids the highest existing one stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Low,
    Medium,
    High,
}

/// One encoding that a publisher announced: its quality step, its size in pixels, its ceiling in bit/s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoLayer {
    pub quality: Quality,
    pub width: u32,
    pub height: u32,
    pub bitrate_bps: u32,
    /// Simulcast rid (RFC 8852): `q`, `h`, `f`; empty for a single encoding.
    pub rid: String,
}

/// A track that a client announced and that its next offer will carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedTrack {
    pub sid: TrackSid,
    /// The client's own name of the track: the track id (or stream id) of the offer's `a=msid`.
    pub cid: String,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub layers: Vec<VideoLayer>,
    /// Sound: the publisher agrees to bring each packet's sound again in the next one (RED, RFC 2198).
    pub redundant: bool,
}

/// What a subscriber wants of one track (adaptive stream).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSettings {
    /// False: the viewer cannot see it now; forward nothing, keep the section.
    pub enabled: bool,
    /// Wanted ceiling. With `width`/`height` set, the smallest layer that covers them wins.
    pub quality: Quality,
    /// Pixels of the element that shows it; 0 = not told.
    pub width: u32,
    pub height: u32,
}

impl Default for TrackSettings {
    fn default() -> Self {
        Self { enabled: true, quality: Quality::High, width: 0, height: 0 }
    }
}

impl TrackSettings {
    /// What holds before the subscriber has told any. One with an adaptive stream measures its element once the track is there: until then the
    /// lowest layer will do, which is the soonest there, and no larger one is encoded for nobody.
    #[must_use]
    pub fn first(adaptive_stream: bool) -> Self {
        let quality = if adaptive_stream { Quality::Low } else { Quality::High };
        Self { quality, ..Self::default() }
    }
}

/// One track to send to one subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downstream {
    pub track: TrackSid,
    pub publisher: ParticipantSid,
    pub settings: TrackSettings,
}

/// Which of a client's two peer connections (dual peer connection, "v0").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Publisher,
    Subscriber,
}

/// Why a transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportEnd {
    /// No authenticated packet for the consent time (RFC 7675).
    ConsentExpired,
    /// DTLS close_notify.
    PeerClosed,
    /// The handshake failed or timed out; the fingerprint did not match.
    HandshakeFailed,
    /// An internal fault of this peer alone.
    Fault,
}

/// What the media plane measured on one published track, for the record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrackSummary {
    pub packets: u64,
    pub bytes: u64,
    /// Lost for good, after repair.
    pub lost: u64,
    pub repaired: u64,
    pub key_frames: u64,
    pub keyframe_requests: u64,
    pub jitter_ms: u32,
    pub rtt_ms: u32,
    pub max_width: u32,
    pub max_height: u32,
}

/// The published answer to a client's offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherAnswer {
    pub sdp: String,
    /// Announced tracks that this offer bound to a section: (track, mid).
    pub bound: Vec<(TrackSid, String)>,
    /// Tracks whose section went inactive: they are unpublished.
    pub removed: Vec<TrackSid>,
}

/// What the media plane tells the rest. All of it is control, never media.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    /// Send this offer to the subscriber; exactly one is outstanding per participant.
    SubscriberOffer {
        participant: ParticipantSid,
        id: u32,
        sdp: String,
        mid_to_track: Vec<(String, TrackSid)>,
    },
    /// DTLS is up.
    TransportUp {
        participant: ParticipantSid,
        target: Target,
    },
    /// For good: a participant has each of its transports once.
    TransportDown {
        participant: ParticipantSid,
        target: Target,
        end: TransportEnd,
    },
    /// First packet of a published track.
    TrackStarted {
        participant: ParticipantSid,
        track: TrackSid,
        mid: String,
        codec: Codec,
    },
    TrackEnded {
        participant: ParticipantSid,
        track: TrackSid,
        summary: TrackSummary,
    },
    /// A subscriber got its first packet of the track.
    TrackSubscribed {
        participant: ParticipantSid,
        track: TrackSid,
    },
    /// The line of a subscriber does not carry the track any more, or does again.
    StreamState {
        participant: ParticipantSid,
        track: TrackSid,
        paused: bool,
    },
    /// A whole data channel message (a serialised DataPacket of the link protocol).
    Data {
        participant: ParticipantSid,
        reliable: bool,
        bytes: bytes::Bytes,
    },
    /// Dynacast: which qualities anyone takes. All false: the publisher may stop encoding.
    WantedQualities {
        participant: ParticipantSid,
        track: TrackSid,
        codec: Option<Codec>,
        low: bool,
        medium: bool,
        high: bool,
    },
    /// Audio levels above silence of the last interval, loudest first; level in [0, 1].
    Speakers {
        levels: Vec<(ParticipantSid, TrackSid, f32)>,
    },
    /// About every 5 s per participant with a transport up. One from whom nothing at all comes has lost everything.
    Quality {
        participant: ParticipantSid,
        upstream_loss: f32,
        downstream_loss: f32,
        rtt_ms: u32,
    },
    /// What came of a participant's tracks, each over a span that has just ended: about every 10 s while something flows.
    Sent {
        participant: ParticipantSid,
        samples: Vec<(TrackSid, UpstreamSample)>,
    },
    /// What a participant was sent of the tracks that it receives, likewise.
    Received {
        participant: ParticipantSid,
        samples: Vec<(TrackSid, ViewerSample)>,
    },
}

impl MediaEvent {
    /// The participant whom the event concerns, if it is one.
    pub fn participant(&self) -> Option<&ParticipantSid> {
        match self {
            MediaEvent::SubscriberOffer { participant, .. }
            | MediaEvent::TransportUp { participant, .. }
            | MediaEvent::TransportDown { participant, .. }
            | MediaEvent::TrackStarted { participant, .. }
            | MediaEvent::TrackEnded { participant, .. }
            | MediaEvent::TrackSubscribed { participant, .. }
            | MediaEvent::StreamState { participant, .. }
            | MediaEvent::Data { participant, .. }
            | MediaEvent::WantedQualities { participant, .. }
            | MediaEvent::Quality { participant, .. }
            | MediaEvent::Sent { participant, .. }
            | MediaEvent::Received { participant, .. } => Some(participant),
            MediaEvent::Speakers { .. } => None,
        }
    }
}

/// A refusal of the media plane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    #[error("no such participant: {0}")]
    UnknownParticipant(ParticipantSid),
    #[error("bad SDP: {0}")]
    BadSdp(String),
    #[error("an answer to offer {got}, but offer {expected:?} is outstanding")]
    UnexpectedAnswer { got: u32, expected: Option<u32> },
    #[error("limit reached: {limit} is {value}")]
    Limit { limit: &'static str, value: u64 },
    #[error("a fault in handling it: the participant's transports have ended")]
    Fault,
    #[error("the media plane is shutting down")]
    Closed,
}
