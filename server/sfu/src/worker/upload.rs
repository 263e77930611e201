//! What one participant publishes: its sections, the tracks in them, and what it is told in return.

use super::counters::Counters;
use super::peer::Link;
use super::quality::Intake;
use super::references::References;
use super::slab::Key;
use super::track::Track;
use crate::feedback::Arrivals;
use crate::rtp::{ExtensionIds, Header, Marks};
use crate::upstream::{Accepted, Bindings, Claim, Incoming, Layer, Level, MAX_LAYERS};
use crate::worker::SharedPacket;
use lianxian_model::ids::TrackSid;
use lianxian_model::media::{Codec, TrackKind, TrackSummary};
use std::time::{Duration, Instant};

pub(super) struct Publisher {
    pub link: Key<Link>,
    pub session_id: u64,
    /// Of our answers.
    pub version: u64,
    /// The other side's, to see its restarts.
    pub remote_ufrag: String,
    pub bindings: Bindings,
    pub extensions: ExtensionIds,
    /// By section.
    pub uploads: Vec<Option<Upload>>,
    pub arrivals: Arrivals,
    pub feedback_at: Option<Instant>,
    pub last_feedback: Option<Instant>,
    pub report_at: Option<Instant>,
    pub references: References,
    pub armed: Option<Instant>,
}

/// One published track.
pub(super) struct Upload {
    pub sid: TrackSid,
    pub track: Key<Track>,
    pub mid: String,
    pub kind: TrackKind,
    pub layers: Vec<Layer>,
    pub codec: Option<Codec>,
    pub level: Level,
    /// Its publisher said how large its layers are.
    pub announced: bool,
    /// When each layer's size was last learned from a key frame.
    pub learned: [Option<Instant>; MAX_LAYERS],
    pub intake: Intake,
}

/// A packet that is to be forwarded.
pub(super) struct Taken {
    pub section: usize,
    pub track: Key<Track>,
    pub packet: SharedPacket,
}

impl Publisher {
    /// Takes a decrypted packet: counts it, binds its stream, unwraps a repair. `None`: nothing to forward.
    pub fn take(&mut self, bytes: &[u8], now: Instant, counters: &mut Counters) -> Option<Taken> {
        let Some(header) = Header::parse(bytes) else {
            counters.rtp_refused += 1;
            return None;
        };
        let marks = Marks::read(header.extensions(bytes), &self.extensions);
        if let Some(sequence) = marks.transport_sequence {
            self.arrivals.record(sequence, now);
            if self.feedback_at.is_none() {
                let at_once = self.last_feedback.map_or(now, |last| last + Arrivals::INTERVAL);
                self.feedback_at = Some(at_once.max(now));
            }
        }
        let Some(taken) = self.place(&header, &marks, bytes, now) else {
            counters.rtp_refused += 1;
            return None;
        };
        match taken {
            (section, track, Accepted::Forward(packet)) => Some(Taken { section, track, packet }),
            (_, _, Accepted::Padding) => {
                counters.rtp_padding += 1;
                None
            }
            (_, _, Accepted::Useless) => {
                counters.rtp_useless += 1;
                None
            }
        }
    }

    fn place(
        &mut self,
        header: &Header,
        marks: &Marks<'_>,
        bytes: &[u8],
        now: Instant,
    ) -> Option<(usize, Key<Track>, Accepted)> {
        let (binding, fresh) = match self.bindings.find(header.ssrc) {
            Some(binding) => (binding, false),
            None => {
                let claim = Claim { ssrc: header.ssrc, payload_type: header.payload_type, marks: *marks };
                (self.bindings.claim(claim)?, true)
            }
        };
        let rule = self.bindings.section(binding.section)?;
        let upload = self.uploads.get_mut(binding.section)?.as_mut()?;
        let layer = upload.layers.get_mut(usize::from(binding.layer))?;
        if fresh && !binding.rtx {
            layer.rebind();
        }
        let payload = header.payload(bytes);
        let (codec, sequence, payload) = if binding.rtx {
            let codec = rule.codec(rule.repaired(header.payload_type)?)?;
            // Without an original it is padding that probes.
            let Some((original, payload)) = payload.split_first_chunk::<2>() else {
                return Some((binding.section, upload.track, Accepted::Padding));
            };
            (codec, u16::from_be_bytes(*original), payload)
        } else {
            (rule.codec(header.payload_type)?, header.sequence, payload)
        };
        let incoming = Incoming { header, payload, sequence, repair: binding.rtx, codec, marks };
        let accepted = layer.accept(incoming, now);
        Some((binding.section, upload.track, accepted))
    }

    /// When its next feedback is due.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let of_layer = |layer: &Layer| {
            let keyframe = layer.keyframes.wanted().then(|| layer.keyframes.deadline().unwrap_or(now));
            [layer.reception().missing_deadline(), keyframe]
        };
        let layers = self.uploads.iter().flatten().flat_map(|upload| upload.layers.iter().flat_map(of_layer));
        layers.chain([self.feedback_at, self.report_at]).flatten().min()
    }
}

impl Upload {
    pub fn summary(&self, round_trip: Option<Duration>) -> TrackSummary {
        let mut summary = TrackSummary {
            rtt_ms: round_trip.map_or(0, |round_trip| round_trip.as_millis().min(60_000) as u32),
            ..TrackSummary::default()
        };
        for layer in &self.layers {
            let (reception, size) = (layer.reception(), layer.max_size());
            summary.packets += reception.packets();
            summary.bytes += reception.bytes();
            summary.lost += reception.lost();
            summary.repaired += reception.repaired();
            summary.key_frames += layer.key_frames();
            summary.keyframe_requests += layer.keyframes.sent();
            summary.jitter_ms = summary.jitter_ms.max(layer.jitter_ms());
            summary.max_width = summary.max_width.max(u32::from(size.0));
            summary.max_height = summary.max_height.max(u32::from(size.1));
        }
        summary
    }
}
