//! Offering to a subscriber: its sections live as long as its connection, and are used again when they fall free.

use super::lines::{self, Own};
use super::{Direction, Extension, MAX_SECTIONS_OF_A_KIND, RemoteDescription, SectionKind};
use crate::transport::Credentials;
use crate::worker::Candidate;
use lianxian_model::ids::TrackSid;
use lianxian_model::media::Codec;
use std::fmt::Write as _;

/// (payload type, codec, parameters, payload type of retransmissions). 111 and 63 are what libwebrtc itself uses: the blocks inside RED
/// name Opus by number, and we do not rewrite them.
const AUDIO: [(u8, Codec, &str, Option<u8>); 2] =
    [(111, Codec::Opus, "minptime=10;useinbandfec=1", None), (63, Codec::Red, RED_BLOCKS, None)];
const H264: &str = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
const VIDEO: [(u8, Codec, &str, Option<u8>); 4] = [
    (96, Codec::Vp8, "", Some(97)),
    (102, Codec::H264, H264, Some(103)),
    (98, Codec::Vp9, "profile-id=0", Some(99)),
    (45, Codec::Av1, "level-idx=5;profile=0;tier=0", Some(46)),
];
/// Of RED: its blocks are of the Opus that stands beside it.
pub(super) const RED_BLOCKS: &str = "111/111";
/// How a receiver tells what its line carries: the better way first wins. Sound is not counted in: it is sent in any case.
const VIDEO_FEEDBACK: [&str; 2] = ["goog-remb", "transport-cc"];
/// Lost sound is asked for again; there is no retransmission stream for it, it comes again as it was.
const AUDIO_FEEDBACK: [&str; 1] = ["nack"];
const EXTENSIONS: [(u8, Extension, &[SectionKind]); 5] = [
    (1, Extension::AudioLevel, &[SectionKind::Audio]),
    (2, Extension::AbsoluteSendTime, &[SectionKind::Video]),
    (3, Extension::TransportSequence, &[SectionKind::Video]),
    (4, Extension::Mid, &[SectionKind::Audio, SectionKind::Video]),
    (8, Extension::DependencyDescriptor, &[SectionKind::Video]),
];

/// Seven bits of the RTP header.
const MAX_PAYLOAD_TYPE: u8 = 127;
/// Of the one-byte form (RFC 8285, section 4.2).
const MAX_EXTENSION: u8 = 14;

/// A track that the subscriber is to receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTrack {
    pub track: TrackSid,
    /// The stream id that the client reads the publisher from: `PA_x|TR_y`.
    pub stream_id: String,
    pub kind: SectionKind,
    pub ssrc: u32,
    /// Video only.
    pub rtx_ssrc: u32,
    pub cname: String,
}

#[derive(Clone, Debug)]
pub struct OfferChoices<'a> {
    pub credentials: &'a Credentials,
    pub fingerprint: &'a str,
    pub candidates: &'a [Candidate],
    pub session_id: u64,
}

#[derive(Clone, Debug)]
struct Line {
    mid: String,
    kind: SectionKind,
    track: Option<OfferedTrack>,
    /// Without a track, and an offer said so.
    idle: bool,
}

/// What the subscriber took of one section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub mid: String,
    pub track: TrackSid,
    /// The stream that the section was offered with.
    pub ssrc: u32,
    /// (codec, payload type, payload type of retransmissions)
    pub payloads: Vec<(Codec, u8, Option<u8>)>,
    pub extensions: Vec<(u8, Extension)>,
}

/// The m-lines of one subscriber. The data channels' comes first and stays.
#[derive(Clone, Debug)]
pub struct SubscriberSections {
    lines: Vec<Line>,
    version: u64,
    /// Some tracks found no section: there will be room once an offer has shown those idle that fell free.
    crowded: bool,
}

impl Default for SubscriberSections {
    fn default() -> Self {
        let data = Line { mid: "0".to_owned(), kind: SectionKind::Application, track: None, idle: false };
        Self { lines: vec![data], version: 1, crowded: false }
    }
}

impl SubscriberSections {
    /// Replaces the tracks; true if an offer has to tell of it. Sections of tracks that stay keep their place; a track under another SSRC
    /// is another one. A section that falls
    /// free is used again only after an offer that shows it inactive: a browser says nothing of a track that slips into a section which
    /// never stopped sending. Where that leaves no section for a track, it [waits](Self::crowded) for the next offer.
    pub fn set(&mut self, wanted: Vec<OfferedTrack>) -> bool {
        let mut changed = false;
        self.crowded = false;
        for line in &mut self.lines {
            if line.track.as_ref().is_some_and(|track| !wanted.iter().any(|w| is_same(w, track))) {
                line.track = None;
                changed = true;
            }
        }
        for track in wanted {
            if self.lines.iter().any(|line| line.track.as_ref().is_some_and(|t| is_same(t, &track))) {
                continue;
            }
            let of_kind = self.lines.iter().filter(|line| line.kind == track.kind).count();
            let free = self.lines.iter_mut().find(|line| line.kind == track.kind && line.idle);
            match free {
                Some(line) => {
                    line.track = Some(track);
                    line.idle = false;
                    changed = true;
                }
                None if of_kind >= MAX_SECTIONS_OF_A_KIND => self.crowded = true,
                None => {
                    let mid = self.lines.len().to_string();
                    self.lines.push(Line { mid, kind: track.kind, track: Some(track), idle: false });
                    changed = true;
                }
            }
        }
        changed
    }

    /// Whether tracks wait for a section.
    pub fn crowded(&self) -> bool {
        self.crowded
    }

    pub fn mid_of(&self, track: &TrackSid) -> Option<&str> {
        self.lines.iter().find(|l| l.track.as_ref().is_some_and(|t| t.track == *track)).map(|l| l.mid.as_str())
    }

    /// Writes the next offer: the SDP, and which mid carries which track.
    pub fn write_offer(&mut self, choices: &OfferChoices<'_>) -> (String, Vec<(String, TrackSid)>) {
        let own = Own {
            credentials: choices.credentials,
            fingerprint: choices.fingerprint,
            candidates: choices.candidates,
            setup: "actpass",
        };
        let mids: Vec<&str> = self.lines.iter().map(|l| l.mid.as_str()).collect();
        let mut sdp = String::with_capacity(4096);
        lines::session(&mut sdp, choices.session_id, self.version, &mids);
        let mut carried = Vec::new();
        for line in &self.lines {
            match line.kind {
                SectionKind::Application => lines::application(&mut sdp, &line.mid, &own, 9),
                _ => media(&mut sdp, line, &own),
            }
            if let Some(track) = &line.track {
                carried.push((line.mid.clone(), track.track.clone()));
            }
        }
        for line in &mut self.lines {
            line.idle = line.kind != SectionKind::Application && line.track.is_none();
        }
        self.version += 1;
        (sdp, carried)
    }

    /// What the answer takes of what was offered.
    pub fn taken(&self, answer: &RemoteDescription) -> Vec<Taken> {
        let takes = |line: &Line| {
            let track = line.track.as_ref()?;
            let section =
                answer.sections.iter().find(|s| s.mid == line.mid && !s.rejected && s.direction.receives())?;
            // The answer says by which numbers it receives (RFC 3264, section 6.1). As a rule they are those of the offer; RED is
            // taken by those alone, since its blocks name Opus by number.
            let payloads = offered(line.kind).iter().filter_map(|(payload_type, codec, _, rtx)| {
                let mut answered =
                    section.payloads.iter().filter(|p| p.codec == *codec && p.payload_type <= MAX_PAYLOAD_TYPE);
                let same = answered.clone().find(|p| p.payload_type == *payload_type);
                let answered = same.or_else(|| answered.find(|_| *codec != Codec::Red))?;
                Some((*codec, answered.payload_type, rtx.and(answered.rtx).filter(|rtx| *rtx <= MAX_PAYLOAD_TYPE)))
            });
            let extensions = EXTENSIONS.iter().filter_map(|(_, extension, kinds)| {
                let id =
                    section.extension_id(*extension).filter(|id| *id <= MAX_EXTENSION && kinds.contains(&line.kind))?;
                Some((id, *extension))
            });
            Some(Taken {
                mid: line.mid.clone(),
                track: track.track.clone(),
                ssrc: track.ssrc,
                payloads: payloads.collect(),
                extensions: extensions.collect(),
            })
        };
        self.lines.iter().filter_map(takes).collect()
    }
}

fn is_same(one: &OfferedTrack, other: &OfferedTrack) -> bool {
    one.track == other.track && one.ssrc == other.ssrc
}

fn offered(kind: SectionKind) -> &'static [(u8, Codec, &'static str, Option<u8>)] {
    match kind {
        SectionKind::Audio => &AUDIO,
        SectionKind::Video => &VIDEO,
        SectionKind::Application => &[],
    }
}

fn media(sdp: &mut String, line: &Line, own: &Own<'_>) {
    let codecs = offered(line.kind);
    let types: Vec<u8> =
        codecs.iter().flat_map(|(payload_type, _, _, rtx)| [Some(*payload_type), *rtx]).flatten().collect();
    lines::media_line(sdp, line.kind, 9, &types);
    lines::transport(sdp, own);
    let direction = if line.track.is_some() { Direction::SendOnly } else { Direction::Inactive };
    let _ = write!(sdp, "a=mid:{}\r\na={}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", line.mid, direction.attribute());
    for (id, extension, kinds) in EXTENSIONS {
        if kinds.contains(&line.kind) {
            lines::extension(sdp, id, extension);
        }
    }
    let feedback: &[&str] = if line.kind == SectionKind::Video { &VIDEO_FEEDBACK } else { &AUDIO_FEEDBACK };
    for (payload_type, codec, fmtp, rtx) in codecs {
        lines::codec(sdp, *payload_type, *codec, fmtp, *rtx, feedback);
    }
    let Some(track) = &line.track else { return };
    let (stream, sid, ssrc) = (&track.stream_id, &track.track, track.ssrc);
    let _ = write!(sdp, "a=msid:{stream} {sid}\r\n");
    let mut ssrcs = vec![ssrc];
    if line.kind == SectionKind::Video {
        let _ = write!(sdp, "a=ssrc-group:FID {ssrc} {}\r\n", track.rtx_ssrc);
        ssrcs.push(track.rtx_ssrc);
    }
    for ssrc in ssrcs {
        let _ = write!(sdp, "a=ssrc:{ssrc} cname:{}\r\na=ssrc:{ssrc} msid:{stream} {sid}\r\n", track.cname);
    }
}
