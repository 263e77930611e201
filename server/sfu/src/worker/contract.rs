//! What passes between a worker and its shell.

use crate::selection::LayerSize;
use crate::upstream::MAX_LAYERS;
use bytes::Bytes;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::{
    AnnouncedTrack, Codec, Downstream, MediaError, PublisherAnswer, Target, TrackKind, TrackSettings,
};
use std::net::SocketAddr;
use std::sync::Arc;

/// Largest datagram that a worker sends or takes, in bytes.
pub const MAX_DATAGRAM: usize = 1500;

/// Which worker, counted from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerIndex(pub u16);

/// What carries a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    Udp,
    /// A frame of a TCP connection (RFC 4571, RFC 6544).
    Tcp,
}

/// A host candidate of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub address: SocketAddr,
    pub carrier: Carrier,
}

/// The two ends of a datagram; one flow belongs to at most one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    pub remote: SocketAddr,
    /// The local address that the datagram came to (and that answers leave from).
    pub local: SocketAddr,
    pub carrier: Carrier,
}

impl Flow {
    pub fn udp(remote: SocketAddr, local: SocketAddr) -> Self {
        Self { remote, local, carrier: Carrier::Udp }
    }

    pub fn tcp(remote: SocketAddr, local: SocketAddr) -> Self {
        Self { remote, local, carrier: Carrier::Tcp }
    }
}

/// A datagram as the shell read it.
#[derive(Debug)]
pub struct Datagram<'a> {
    pub flow: Flow,
    /// Decrypted in place.
    pub bytes: &'a mut [u8],
}

/// Where a worker writes what it sends: sealed straight into the shell's batch, no copy.
pub trait Egress {
    /// A free slot; the caller fills a prefix of it and commits, or drops it by not committing.
    fn slot(&mut self) -> &mut [u8; MAX_DATAGRAM];
    /// Queues the first `len` bytes of the slot last handed out.
    fn commit(&mut self, flow: Flow, len: usize);
}

/// A change asked for by the shell, with the token that its [`Reply`] carries.
#[derive(Clone, Debug)]
pub enum Command {
    Open {
        participant: ParticipantSid,
        may_publish: bool,
        may_subscribe: bool,
    },
    Close {
        participant: ParticipantSid,
    },
    SetMayPublish {
        participant: ParticipantSid,
        may_publish: bool,
    },
    PublisherOffer {
        participant: ParticipantSid,
        sdp: String,
        announced: Vec<AnnouncedTrack>,
    },
    SubscriberAnswer {
        participant: ParticipantSid,
        id: u32,
        sdp: String,
    },
    RemoteCandidate {
        participant: ParticipantSid,
        target: Target,
        candidate: String,
    },
    /// Each downstream names the worker that owns the track's publisher.
    SetDownstreams {
        participant: ParticipantSid,
        downstreams: Vec<(Downstream, WorkerIndex)>,
    },
    SetTrackSettings {
        participant: ParticipantSid,
        track: TrackSid,
        settings: TrackSettings,
    },
    SetMuted {
        publisher: ParticipantSid,
        track: TrackSid,
        muted: bool,
    },
    SendData {
        participant: ParticipantSid,
        reliable: bool,
        bytes: Bytes,
    },
    RestartSubscriber {
        participant: ParticipantSid,
    },
}

impl Command {
    /// Whom it is about.
    pub fn participant(&self) -> &ParticipantSid {
        match self {
            Self::Open { participant, .. }
            | Self::Close { participant }
            | Self::SetMayPublish { participant, .. }
            | Self::PublisherOffer { participant, .. }
            | Self::SubscriberAnswer { participant, .. }
            | Self::RemoteCandidate { participant, .. }
            | Self::SetDownstreams { participant, .. }
            | Self::SetTrackSettings { participant, .. }
            | Self::SendData { participant, .. }
            | Self::RestartSubscriber { participant } => participant,
            Self::SetMuted { publisher, .. } => publisher,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Reply {
    Done,
    Answer(PublisherAnswer),
    Refused(MediaError),
}

/// One decrypted RTP packet of a published layer, shared by every worker that forwards it.
pub type SharedPacket = Arc<crate::upstream::Packet>;

/// What a viewer's worker must know of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackInfo {
    pub kind: TrackKind,
    /// `None` before the first packet.
    pub codec: Option<Codec>,
    /// How many layers were negotiated: at least one.
    pub layers: u8,
    /// Announced pixels of each layer, lowest first.
    pub sizes: [LayerSize; MAX_LAYERS],
    /// Announced ceiling of each layer in bit/s; zero if not told.
    pub rates: [u32; MAX_LAYERS],
    pub muted: bool,
}

/// A message for another worker. Order between one pair of workers is kept; media relays may be dropped when the
/// other worker is overloaded (and are counted), control relays never.
#[derive(Clone, Debug)]
pub enum Relay {
    /// The worker `from` now has viewers of the track (or none any more).
    Subscribe {
        track: TrackSid,
        from: WorkerIndex,
    },
    Unsubscribe {
        track: TrackSid,
        from: WorkerIndex,
    },
    /// The owner tells what the track is: answer to `Subscribe`, and again on change.
    TrackInfo {
        track: TrackSid,
        info: TrackInfo,
    },
    /// The track is not published any more.
    TrackEnded {
        track: TrackSid,
    },
    /// The layers, lowest first, that the viewers on `from` take.
    Wanted {
        track: TrackSid,
        from: WorkerIndex,
        layers: [bool; MAX_LAYERS],
    },
    KeyframeRequest {
        track: TrackSid,
        layer: u8,
        /// A viewer just came up, and what it asked for before may be lost.
        urgent: bool,
    },
    Packets {
        track: TrackSid,
        packets: Vec<SharedPacket>,
    },
    /// A sender report of a layer: (layer, NTP time, RTP time).
    SenderReport {
        track: TrackSid,
        layer: u8,
        ntp: u64,
        rtp: u32,
    },
    /// Who speaks among the publishers of one worker; the first worker tells of all.
    Levels {
        levels: Vec<(ParticipantSid, TrackSid, f32)>,
    },
    /// A flow whose peer lives on another worker: hand it the datagrams. To the worker itself: a check has succeeded over it again.
    Bind {
        flow: Flow,
        owner: WorkerIndex,
    },
    Unbind {
        flow: Flow,
    },
    Datagram {
        flow: Flow,
        bytes: Vec<u8>,
    },
    /// Media over a flow that is nobody's on the worker that it came to.
    Stray {
        flow: Flow,
        bytes: Vec<u8>,
    },
}

/// Whom a relay is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayTo {
    One(WorkerIndex),
    AllOthers,
}
