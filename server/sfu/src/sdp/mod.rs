//! SDP (RFC 8866) as WebRTC uses it (RFC 8829): read what a client offers or answers, answer it, and offer what it is to receive.

mod answer;
mod lines;
mod offer;
mod parse;
#[cfg(test)]
mod tests;

pub use answer::{AnswerChoices, write_answer};
pub use offer::{OfferChoices, OfferedTrack, SubscriberSections, Taken};
pub use parse::{parse, parse_offer};

use crate::transport::Credentials;
use lianxian_model::media::{Codec, MAX_DOWNSTREAMS};

/// Bytes of a description that are read at all: an answer to as many sections as we offer, at 1.7 KiB for a picture's and 0.8 for a
/// sound's, with room.
pub const MAX_SDP_BYTES: usize = 512 * 1024;
/// Bytes of a publisher's offer: it has far fewer sections, and may come unasked.
pub const MAX_OFFER_BYTES: usize = 128 * 1024;
/// Sections of one kind that a subscriber is offered.
pub(crate) const MAX_SECTIONS_OF_A_KIND: usize = MAX_DOWNSTREAMS;
/// Sections of one description: sounds, pictures, and the data channels'.
pub const MAX_SECTIONS: usize = 2 * MAX_SECTIONS_OF_A_KIND + 1;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    #[error("a description of {size} bytes; the limit is {limit}")]
    TooLong { size: usize, limit: usize },
    #[error("{0} media sections; the limit is {MAX_SECTIONS}")]
    TooManySections(usize),
    #[error("not SDP: {0}")]
    Malformed(String),
    #[error("missing or bad attribute: {0}")]
    Attribute(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    Audio,
    Video,
    Application,
}

impl SectionKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Application => "application",
        }
    }
}

/// From the side that wrote the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// RTP header extensions (RFC 8285) that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extension {
    Mid,
    Rid,
    RepairedRid,
    AudioLevel,
    AbsoluteSendTime,
    TransportSequence,
    DependencyDescriptor,
}

impl Extension {
    pub const ALL: [Self; 7] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::AudioLevel,
        Self::AbsoluteSendTime,
        Self::TransportSequence,
        Self::DependencyDescriptor,
    ];

    pub fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::AbsoluteSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::TransportSequence => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
        }
    }

    pub fn of_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|extension| extension.uri() == uri)
    }
}

/// One codec of a section, with the payload type of its retransmissions (RFC 4588).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub payload_type: u8,
    pub codec: Codec,
    pub clock_rate: u32,
    pub fmtp: String,
    pub rtx: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub mid: String,
    pub kind: SectionKind,
    pub direction: Direction,
    /// Port 0: the section is not used.
    pub rejected: bool,
    /// `a=msid`: stream and track id, empty where absent.
    pub stream_id: String,
    pub track_id: String,
    /// Only codecs that are known here, in the order of preference.
    pub payloads: Vec<Payload>,
    pub extensions: Vec<(u8, Extension)>,
    /// Simulcast rids that the section sends, in their order (RFC 8853).
    pub rids: Vec<String>,
    /// Media SSRCs, without those of retransmissions.
    pub ssrcs: Vec<u32>,
    /// (media SSRC, retransmission SSRC) of each FID group (RFC 5576).
    pub repairs: Vec<(u32, u32)>,
}

impl Section {
    pub fn extension_id(&self, extension: Extension) -> Option<u8> {
        self.extensions.iter().find(|(_, known)| *known == extension).map(|(id, _)| *id)
    }
}

/// The other side's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteDescription {
    pub credentials: Credentials,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    pub sections: Vec<Section>,
}
