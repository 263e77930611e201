//! One subscriber of one track: how its section was negotiated, and the numbers of its stream.

use super::allowance::Allowance;
use super::peer::{Link, Peer};
use super::quality::Watching;
use super::slab::Key;
use super::track::{Clock, clock_rate};
use crate::downstream::{
    Continuity, Mapped, Outgoing, Redundancy, Resend, Retransmissions, Stamps, Verdict, write, write_padding,
};
use crate::rtp::ExtensionIds;
use crate::sdp::{Extension, Taken};
use crate::selection::Patience;
use crate::upstream::{MAX_LAYERS, Packet};
use crate::worker::Egress;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::{Codec, TrackKind, TrackSettings};
use std::time::Instant;

/// How far the clocks of two layers may disagree with their arrivals before they are not believed, in seconds.
const MAX_DISAGREEMENT: u32 = 2;

/// Sender reports of which the time of sending is remembered, to measure the round trip.
const REMEMBERED_REPORTS: usize = 4;

/// What the line leaves for a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Whatever it wants.
    Free,
    /// No layer above this one.
    Layer(u8),
    /// Nothing.
    Paused,
}

/// What became of the packets sent to a viewer between two reports of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Carriage {
    pub packets: u32,
    /// Of them lost on the way, in 256ths of a packet.
    pub lost_256: u64,
}

impl Carriage {
    fn of(packets: u32, expected: u64, fraction_lost: u8) -> Self {
        let missed_256 = expected.saturating_mul(u64::from(fraction_lost));
        // Repairs of the publisher's line fill gaps of before: then more packets left than numbers were used.
        let lost_256 = if u64::from(packets) < expected {
            missed_256.saturating_sub((expected - u64::from(packets)) * 256)
        } else if fraction_lost > 0 {
            missed_256 + (u64::from(packets) - expected) * 256
        } else {
            0
        };
        Self { packets, lost_256: lost_256.min(u64::from(packets) * 256) }
    }

    /// The share lost, in [0, 1].
    pub fn share(self) -> f32 {
        if self.packets == 0 { 0.0 } else { self.lost_256 as f32 / 256.0 / self.packets as f32 }
    }
}

pub(super) struct Viewer {
    pub peer: Key<Peer>,
    pub link: Key<Link>,
    pub participant: ParticipantSid,
    pub settings: TrackSettings,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// What the answer took; `None` before it came.
    taken: Option<Taken>,
    codec: Option<Codec>,
    outgoing: Option<Outgoing>,
    /// Its participant was offered the track, or is about to be.
    pub offered: bool,
    /// Its transport is up.
    pub up: bool,
    /// All is there to send to it: negotiated, up, enabled, not muted.
    pub sending: bool,
    pub wanted: Option<u8>,
    pub target: Option<u8>,
    pub share: Share,
    pub patience: Patience,
    /// How often it may ask for a whole picture.
    pub pictures: Allowance,
    pub continuity: Continuity,
    pub retransmissions: Retransmissions,
    /// Of sound, once its receiver asked for what it lost, or its line loses a lot.
    resend: Option<Box<Resend>>,
    /// Of sound.
    pub redundancy: Redundancy,
    /// Packets sent, and numbers used, when its receiver last reported.
    reported_packets: u32,
    reported_numbers: u64,
    last_arrival: Option<Instant>,
    /// Its first packet was told of.
    pub started: bool,
    pub packets: u32,
    pub bytes: u32,
    /// (middle of the NTP time, when it was sent)
    reports: [Option<(u32, Instant)>; REMEMBERED_REPORTS],
    next_report: u8,
    pub watch: Watching,
}

/// What makes a viewer.
pub(super) struct ViewerParts {
    pub peer: Key<Peer>,
    pub link: Key<Link>,
    pub participant: ParticipantSid,
    pub settings: TrackSettings,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub up: bool,
    /// Where its two numberings begin.
    pub first: [u16; 2],
}

impl Viewer {
    pub fn new(parts: ViewerParts, now: Instant) -> Self {
        let continuity = Continuity::new(parts.first[0]);
        Self {
            peer: parts.peer,
            link: parts.link,
            participant: parts.participant,
            settings: parts.settings,
            ssrc: parts.ssrc,
            rtx_ssrc: parts.rtx_ssrc,
            taken: None,
            codec: None,
            outgoing: None,
            offered: false,
            up: parts.up,
            sending: false,
            wanted: None,
            target: None,
            share: Share::Free,
            patience: Patience::default(),
            pictures: Allowance::default(),
            reported_numbers: continuity.left_numbers(),
            continuity,
            retransmissions: Retransmissions::new(parts.first[1], now),
            resend: None,
            redundancy: Redundancy::default(),
            reported_packets: 0,
            last_arrival: None,
            started: false,
            packets: 0,
            bytes: 0,
            reports: [None; REMEMBERED_REPORTS],
            next_report: 0,
            watch: Watching::new(now),
        }
    }

    /// The subscriber answered.
    pub fn negotiated(&mut self, taken: Taken) {
        if self.taken.as_ref() != Some(&taken) {
            self.taken = Some(taken);
            let codec = self.codec.take();
            self.set_codec(codec);
        }
    }

    /// What the track is sent in; a codec that the answer did not take cannot be sent. Whoever took no RED gets the Opus in it.
    pub fn set_codec(&mut self, codec: Option<Codec>) {
        if self.codec == codec && self.outgoing.is_some() {
            return;
        }
        self.codec = codec;
        self.outgoing = self.taken.as_ref().zip(codec).and_then(|(taken, codec)| {
            let taken_as = |wanted| taken.payloads.iter().find(|(known, ..)| *known == wanted);
            let inner = || taken_as(Codec::Opus).filter(|_| codec == Codec::Red);
            let (received, payload_type, rtx) = taken_as(codec).or_else(inner)?;
            let rtx = rtx.map(|rtx| (self.rtx_ssrc, rtx));
            let mut outgoing = Outgoing::new(self.ssrc, *payload_type, rtx, extension_ids(taken), &taken.mid);
            outgoing.without_redundancy = *received != codec;
            Some(outgoing)
        });
    }

    /// Settles whether it is sent to. What the publisher sends in a pause leaves no gap.
    pub fn settle(&mut self, muted: bool) {
        self.sending = self.is_ready() && !muted && self.share != Share::Paused;
        if !self.sending {
            self.continuity.pause();
        }
    }

    /// Negotiated, up and enabled: it can be sent to.
    pub fn is_ready(&self) -> bool {
        self.up && self.outgoing.is_some() && self.settings.enabled
    }

    /// Whether it is to be sent the packet, which may start its stream or a switch of layers. The second value: it would start,
    /// but only a key frame can do that.
    pub fn wants(&self, packet: &Packet, is_video: bool) -> (bool, bool) {
        if !self.sending {
            return (false, false);
        }
        let is_target = self.target == Some(packet.layer);
        if self.continuity.takes(packet.layer, packet.life) {
            return (true, false);
        }
        let starts = is_target && (!is_video || packet.key_frame);
        (starts, is_target && !starts)
    }

    /// The numbers under which the packet is sent; call only if it [`Viewer::wants`] it.
    pub fn number(&mut self, packet: &Packet, kind: TrackKind, clocks: &[Option<Clock>; MAX_LAYERS]) -> Option<Mapped> {
        if !self.continuity.takes(packet.layer, packet.life) {
            let timestamp = self.timestamp_of(packet, kind, clocks);
            self.continuity.switch(packet, timestamp);
        }
        let mapped = self.continuity.map(packet)?;
        self.last_arrival = Some(packet.arrived);
        Some(mapped)
    }

    /// Where on the stream's own time line a packet lies that begins something new.
    fn timestamp_of(&self, packet: &Packet, kind: TrackKind, clocks: &[Option<Clock>; MAX_LAYERS]) -> u32 {
        let (Some((layer, life)), Some(offset)) = (self.continuity.layer(), self.continuity.timestamp_offset()) else {
            return packet.timestamp;
        };
        if (layer, life) == (packet.layer, packet.life) {
            // After a pause: the time line went on meanwhile.
            return packet.timestamp.wrapping_add(offset);
        }
        let rate = clock_rate(kind);
        let passed = self.last_arrival.map_or(0, |last| {
            let micros = packet.arrived.saturating_duration_since(last).as_micros();
            (micros * u128::from(rate) / 1_000_000) as u32
        });
        let by_arrival = self.continuity.last_timestamp().wrapping_add(passed.max(1));
        let clock = |layer: u8| clocks.get(usize::from(layer)).copied().flatten();
        let by_clock = clock(layer)
            .zip(clock(packet.layer))
            .filter(|_| layer != packet.layer)
            .map(|(old, new)| old.sender.rtp_of(new.sender.ntp_of(packet.timestamp, rate), rate).wrapping_add(offset));
        let believed = |by_clock: &u32| {
            (by_clock.wrapping_sub(by_arrival) as i32).unsigned_abs() < rate.saturating_mul(MAX_DISAGREEMENT)
        };
        by_clock.filter(believed).unwrap_or(by_arrival)
    }

    /// Seals the packet straight into the egress; its length on the wire, or `None` if it cannot be sent.
    pub fn send(
        &mut self,
        packet: &Packet,
        mapped: &Mapped,
        rtx_sequence: Option<u16>,
        link: &mut Link,
        now: Instant,
        egress: &mut impl Egress,
    ) -> Option<usize> {
        let outgoing = self.outgoing.as_ref()?;
        let flow = link.transport.flow()?;
        let ids = &outgoing.extensions;
        let stamped = ids.transport_sequence != 0;
        let mut stamps = Stamps { rtx_sequence, ..Stamps::default() };
        let mut at = 0;
        if let Some(outlet) = &link.outlet {
            at = outlet.micros(now);
            stamps.transport_sequence = outlet.history.next_sequence();
            if ids.absolute_send_time != 0 {
                stamps.absolute_send_time = send_time(at);
            }
        }
        let slot = egress.slot();
        let len = write(slot, packet, mapped, outgoing, &stamps)?;
        let sealed = link.transport.seal_rtp(slot, len)?;
        if self.redundancy.copies() > 0 {
            self.resend.get_or_insert_default();
        }
        if let (Some(resend), Some(bytes)) = (&mut self.resend, slot.get(..sealed)) {
            resend.keep(mapped.sequence, bytes);
        }
        egress.commit(flow, sealed);
        if let Some(outlet) = &mut link.outlet {
            outlet.left(sealed, stamped, at);
        }
        if rtx_sequence.is_none() {
            self.continuity.left(mapped.sequence);
            self.packets = self.packets.wrapping_add(1);
            self.bytes = self.bytes.wrapping_add(packet.payload().len() as u32);
        }
        Some(sealed)
    }

    /// Whether probes of its line can be sent in its name.
    pub fn carries_probes(&self) -> bool {
        let carries = |outgoing: &Outgoing| outgoing.rtx.is_some() && outgoing.extensions.transport_sequence != 0;
        self.up && self.outgoing.as_ref().is_some_and(carries)
    }

    /// Sends a packet of padding; its length on the wire.
    pub fn send_padding(&mut self, link: &mut Link, now: Instant, egress: &mut impl Egress) -> Option<usize> {
        let outgoing = self.outgoing.as_ref()?;
        let flow = link.transport.flow()?;
        let outlet = link.outlet.as_mut()?;
        let stamps = Stamps {
            transport_sequence: outlet.history.next_sequence(),
            rtx_sequence: Some(self.retransmissions.take()),
            ..Stamps::default()
        };
        let slot = egress.slot();
        let len = write_padding(slot, self.continuity.last_timestamp(), outgoing, &stamps)?;
        let sealed = link.transport.seal_rtp(slot, len)?;
        egress.commit(flow, sealed);
        let at = outlet.micros(now);
        outlet.left(sealed, true, at);
        Some(sealed)
    }

    /// The receiver asks for a sound's packet: its length on the wire. From the first asking on they are kept.
    pub fn send_again(
        &mut self,
        sequence: u16,
        link: &mut Link,
        now: Instant,
        egress: &mut impl Egress,
    ) -> Option<usize> {
        self.resend.get_or_insert_default().find(sequence)?;
        if !matches!(self.retransmissions.ask(sequence, now), Verdict::Send(_)) {
            return None;
        }
        self.send_as_it_was(sequence, link, now, egress)
    }

    /// Sends a sound's packet byte for byte once more: sealed anew, its number would be used twice. Its length on the wire.
    pub fn send_as_it_was(
        &self,
        sequence: u16,
        link: &mut Link,
        now: Instant,
        egress: &mut impl Egress,
    ) -> Option<usize> {
        let flow = link.transport.flow()?;
        let bytes = self.resend.as_ref()?.find(sequence)?;
        egress.slot().get_mut(..bytes.len())?.copy_from_slice(bytes);
        egress.commit(flow, bytes.len());
        if let Some(outlet) = &mut link.outlet {
            let at = outlet.micros(now);
            outlet.left(bytes.len(), false, at);
        }
        Some(bytes.len())
    }

    /// What its receiver's report says of the line to it (RFC 3550, section 6.4.1), `fraction_lost` in 256ths of what it expected since
    /// the last: numbers that were never sent, because the publisher's line lost them, are not this line's losses.
    pub fn take_carriage(&mut self, fraction_lost: u8) -> Carriage {
        let packets = self.packets.wrapping_sub(std::mem::replace(&mut self.reported_packets, self.packets));
        let numbers = self.continuity.left_numbers();
        let expected = numbers - std::mem::replace(&mut self.reported_numbers, numbers);
        Carriage::of(packets, expected, fraction_lost)
    }

    pub fn repairs(&self) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| outgoing.rtx.is_some())
    }

    /// (NTP time, RTP time) of now for a sender report; `None` while the publisher said nothing of its clock.
    pub fn report(
        &mut self,
        kind: TrackKind,
        clocks: &[Option<Clock>; MAX_LAYERS],
        now: Instant,
    ) -> Option<(u64, u32)> {
        let (layer, _) = self.continuity.layer().filter(|_| self.sending && !self.continuity.paused())?;
        let Clock { sender, at } = clocks.get(usize::from(layer)).copied().flatten()?;
        let passed = now.saturating_duration_since(at);
        let rate = u128::from(clock_rate(kind));
        let ntp = sender.ntp.wrapping_add(((passed.as_nanos() << 32) / 1_000_000_000) as u64);
        let rtp = sender.rtp.wrapping_add((passed.as_nanos() * rate / 1_000_000_000) as u32);
        if let Some(place) = self.reports.get_mut(usize::from(self.next_report) % REMEMBERED_REPORTS) {
            *place = Some(((ntp >> 16) as u32, now));
        }
        self.next_report = self.next_report.wrapping_add(1);
        Some((ntp, rtp.wrapping_add(self.continuity.timestamp_offset()?)))
    }

    /// When the sender report was sent that a receiver report answers.
    pub fn reported(&self, middle: u32) -> Option<Instant> {
        self.reports.iter().flatten().find(|(sent, _)| *sent == middle).map(|(_, at)| *at)
    }
}

fn extension_ids(taken: &Taken) -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    set_extensions(&mut ids, &taken.extensions);
    if ids.transport_sequence != 0 {
        // Whoever tells of each packet needs no sending times to estimate by itself.
        ids.absolute_send_time = 0;
    }
    ids
}

/// The absolute send time extension's form: seconds modulo 64 in 6.18 fixed point.
fn send_time(micros: u64) -> u32 {
    ((u128::from(micros) << 18) / 1_000_000) as u32 & 0x00ff_ffff
}

/// Notes the ids that were negotiated; of one that is there already the first counts.
pub(super) fn set_extensions(ids: &mut ExtensionIds, negotiated: &[(u8, Extension)]) {
    for (id, extension) in negotiated {
        let place = match extension {
            Extension::Mid => &mut ids.mid,
            Extension::Rid => &mut ids.rid,
            Extension::RepairedRid => &mut ids.repaired_rid,
            Extension::AudioLevel => &mut ids.audio_level,
            Extension::AbsoluteSendTime => &mut ids.absolute_send_time,
            Extension::TransportSequence => &mut ids.transport_sequence,
            Extension::DependencyDescriptor => &mut ids.dependency_descriptor,
        };
        if *place == 0 {
            *place = *id;
        }
    }
}
