//! What a link says: wishes come in, notices go out. The signaling crate spells both on the wire; service decides.

use crate::ids::{ParticipantSid, RoomSid, TrackSid};
use crate::media::{Codec, Quality, Target, TrackKind, TrackSettings, TrackSource, VideoLayer};
use crate::time::Millis;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The room of the whole-district net. Only the server's own tokens name it.
pub const NET_ROOM: &str = "net";

/// Which sources a link may publish. A track of unknown source needs all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublishRights {
    pub camera: bool,
    pub microphone: bool,
    /// The screen and its sound.
    pub screen: bool,
}

impl PublishRights {
    pub const ALL: Self = Self { camera: true, microphone: true, screen: true };
    pub const NONE: Self = Self { camera: false, microphone: false, screen: false };

    pub fn any(self) -> bool {
        self.camera || self.microphone || self.screen
    }

    pub fn all(self) -> bool {
        self.camera && self.microphone && self.screen
    }

    pub fn allows(self, source: TrackSource) -> bool {
        match source {
            TrackSource::Camera => self.camera,
            TrackSource::Microphone => self.microphone,
            TrackSource::ScreenShare | TrackSource::ScreenShareAudio => self.screen,
            TrackSource::Unknown => self.all(),
        }
    }
}

/// What a link may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkRights {
    pub may_publish: PublishRights,
    pub may_subscribe: bool,
    pub may_publish_data: bool,
    /// Its own name, metadata and attributes.
    pub may_update_metadata: bool,
    /// Not shown to anyone else in its room.
    pub hidden: bool,
}

/// Why a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEnd {
    /// The client said goodbye.
    Left,
    /// The same identity opened another link.
    Duplicate,
    /// The right to be here was withdrawn: endpoint disabled, grant or account revoked.
    Revoked,
    /// The account's login ended.
    LoggedOut,
    /// No ping for the ping timeout, or the socket broke and nobody came back in the grace time.
    Lost,
    /// The reader did not keep up with what it was told.
    SlowReader,
    /// A message that is malformed, too large or too frequent.
    ProtocolError,
    /// Both transports ended and the client did not mend them.
    MediaLost,
    /// The fact could not be committed.
    RecordUnavailable,
    /// The server stops.
    Shutdown,
}

/// What a client says about itself. Shown to administrators, never trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    pub sdk: String,
    pub version: String,
    pub protocol: i32,
    pub client_protocol: i32,
    pub os: String,
    pub device_model: String,
    pub browser: String,
    pub auto_subscribe: bool,
    pub adaptive_stream: bool,
}

impl ClientInfo {
    /// livekit-client says that a track is seen before it has measured the element: with no size, and the highest quality for want of one. The
    /// size follows within a tenth of a second.
    #[must_use]
    pub fn has_not_measured(&self, settings: &TrackSettings) -> bool {
        let is_default = settings.quality == Quality::High && (settings.width, settings.height) == (0, 0);
        self.adaptive_stream && self.sdk.eq_ignore_ascii_case("js") && is_default
    }
}

/// What a client says about a track that it is about to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddTrack {
    pub cid: String,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub about: TrackAbout,
}

/// The describing part of a track, kept and told on as the publisher said it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackAbout {
    pub name: String,
    pub width: u32,
    pub height: u32,
    pub muted: bool,
    pub layers: Vec<VideoLayer>,
    /// Codecs that the publisher means to send, first choice first, each with its own client track id (may be empty).
    pub codecs: Vec<(String, String)>,
    pub stream: String,
    pub disable_dtx: bool,
    pub stereo: bool,
    pub disable_red: bool,
    /// Protocol numbers, told on unread: encryption kind, audio features, packet trailer features.
    pub encryption: i32,
    pub audio_features: Vec<i32>,
    pub packet_trailer_features: Vec<i32>,
    pub backup_codec_policy: i32,
}

/// A published track as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackView {
    pub sid: TrackSid,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub about: TrackAbout,
    pub mid: String,
    /// Known from the first packet on.
    pub codec: Option<Codec>,
    /// The client's own track id; empty for everyone but the publisher.
    pub cid: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParticipantState {
    /// Told who is there; no transport yet.
    Joined,
    /// A transport is up.
    Active,
    Disconnected,
}

/// A participant as one viewer may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantView {
    pub sid: ParticipantSid,
    pub identity: String,
    pub name: String,
    pub metadata: String,
    pub attributes: BTreeMap<String, String>,
    pub state: ParticipantState,
    /// Only those that the viewer may know of.
    pub tracks: Vec<TrackView>,
    /// Rises with every change that this viewer is told.
    pub version: u32,
    pub rights: LinkRights,
    pub joined_at: Millis,
    pub publishing: bool,
    pub client_protocol: i32,
    pub end: Option<LinkEnd>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    pub sid: RoomSid,
    pub name: String,
    pub metadata: String,
    pub created_at: Millis,
    /// As far as the viewer may know.
    pub participants: u32,
    pub publishers: u32,
}

/// Which tracks of the sender one participant may subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackPermission {
    /// By sid or by identity, whichever the client named; the other is empty.
    pub participant: ParticipantSid,
    pub identity: String,
    pub all_tracks: bool,
    pub tracks: Vec<TrackSid>,
}

/// A message for a data channel, stamped with its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataMessage {
    pub reliable: bool,
    /// Identities; empty: everyone who may hear the sender.
    pub destinations: Vec<String>,
    /// The sender's own count of its reliable messages; zero: it does not count.
    pub sequence: u32,
    /// The serialised packet as it goes to each receiver.
    pub bytes: Bytes,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    AddTrack(AddTrack),
    PublisherOffer {
        id: u32,
        sdp: String,
    },
    SubscriberAnswer {
        id: u32,
        sdp: String,
    },
    Candidate {
        target: Target,
        candidate: String,
    },
    Mute {
        track: TrackSid,
        muted: bool,
    },
    Subscribe {
        tracks: Vec<TrackSid>,
        subscribe: bool,
    },
    SetTracks {
        tracks: Vec<TrackSid>,
        settings: TrackSettings,
    },
    /// Who may subscribe to the sender's tracks.
    Permit {
        everyone: bool,
        permissions: Vec<TrackPermission>,
    },
    /// Empty strings leave a field as it is; an attribute set to "" is removed.
    UpdateMetadata {
        request_id: u32,
        name: String,
        metadata: String,
        attributes: BTreeMap<String, String>,
    },
    UpdateAudioTrack {
        track: TrackSid,
        features: Vec<i32>,
    },
    UpdateVideoTrack {
        track: TrackSid,
        width: u32,
        height: u32,
    },
    /// After a resume: what the client believes.
    SyncState {
        /// Tracks whose subscription differs from the default: unsubscribed ones with auto-subscribe, else subscribed ones.
        tracks: Vec<TrackSid>,
        subscribe: bool,
        disabled: Vec<TrackSid>,
        published: Vec<TrackSid>,
    },
    SendData(DataMessage),
    Leave,
}

/// How a client should go on after a leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveAction {
    /// Stay away.
    Disconnect,
    /// Come again with the same participant.
    Resume,
    /// Come again as a new participant and publish again.
    Reconnect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    ClientInitiated,
    DuplicateIdentity,
    ServerShutdown,
    ParticipantRemoved,
    StateMismatch,
    ConnectionTimeout,
    MediaFailure,
    JoinFailure,
    Unknown,
}

/// How good a participant's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionQuality {
    Lost,
    Poor,
    Good,
    Excellent,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerView {
    pub participant: ParticipantSid,
    /// Linear, in [0, 1].
    pub level: f32,
    pub active: bool,
}

/// Why a request with an id was refused; `Ok` if it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    Ok,
    NotFound,
    NotAllowed,
    LimitExceeded,
    InvalidRequest,
}

/// What a refused request was about, where the client needs it to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestSubject {
    /// By its request id alone.
    Id,
    AddTrack {
        cid: String,
        name: String,
        kind: TrackKind,
        source: TrackSource,
    },
    Mute {
        track: TrackSid,
        muted: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    pub room: RoomView,
    pub participant: ParticipantView,
    pub others: Vec<ParticipantView>,
}

/// What the server tells a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Always the first of a new participant.
    Joined(Box<Joined>),
    /// The first of a participant that came back.
    Resumed {
        /// Up to where its reliable messages were taken; the client repeats what came after.
        last_data_sequence: u32,
    },
    Participants(Vec<ParticipantView>),
    TrackPublished {
        cid: String,
        track: TrackView,
    },
    TrackUnpublished {
        track: TrackSid,
    },
    PublisherAnswer {
        id: u32,
        sdp: String,
    },
    SubscriberOffer {
        id: u32,
        sdp: String,
        mid_to_track: Vec<(String, TrackSid)>,
    },
    /// The server muted (or unmuted) the client's own track.
    Mute {
        track: TrackSid,
        muted: bool,
    },
    Speakers(Vec<SpeakerView>),
    Room(RoomView),
    /// (participant, quality, score from 0 to 5)
    Quality(Vec<(ParticipantSid, ConnectionQuality, f32)>),
    /// (publisher, track, flowing)
    StreamStates(Vec<(ParticipantSid, TrackSid, bool)>),
    /// Which qualities of the client's own track anyone takes, per codec.
    WantedQualities {
        track: TrackSid,
        codec: Option<Codec>,
        wanted: Vec<(Quality, bool)>,
    },
    /// The publisher allowed or forbade a track.
    Permission {
        participant: ParticipantSid,
        track: TrackSid,
        allowed: bool,
    },
    /// Someone takes the client's own track.
    TrackSubscribed {
        track: TrackSid,
    },
    SubscriptionFailed {
        track: TrackSid,
    },
    /// The link's rights changed (or its token grows old): the socket's task signs a fresh token.
    RefreshToken {
        rights: LinkRights,
        name: String,
        metadata: String,
        attributes: BTreeMap<String, String>,
    },
    RequestAnswer {
        request_id: u32,
        outcome: RequestOutcome,
        message: String,
        subject: RequestSubject,
    },
    /// A packet of the client's data channel, to be stamped with its identity and wished back as [`Wish::SendData`].
    DataReceived {
        reliable: bool,
        bytes: Bytes,
    },
    /// Always the last.
    Leave {
        reason: LeaveReason,
        action: LeaveAction,
    },
}
