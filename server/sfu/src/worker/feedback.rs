//! What publishers are told: arrival times, losses to repair, reports, key frames that are needed. And what they report of their clocks.

use super::Worker;
use super::contract::{Egress, MAX_DATAGRAM};
use super::limits::{ASSUMED_ROUND_TRIP, RECEIVER_REPORT_INTERVAL};
use super::peer::{Link, Peer};
use super::slab::Key;
use super::timers::Wake;
use crate::feedback::{Feedback, MAX_COMPOUND, ReceptionReport, Writer, read};
use crate::upstream::{Binding, MAX_LAYERS, MAX_MISSING, SenderClock};
use std::time::Instant;

/// Less room than this is not worth an arrivals packet.
const LEAST_ROOM: usize = 100;

/// Sequences that one NACK asks for at most: each may need a pair of its own.
const NACKED_AT_ONCE: usize = MAX_MISSING / 2;

/// A compound packet for one link that grows, and leaves when it is full.
struct Compound {
    buffer: [u8; MAX_COMPOUND],
    len: usize,
}

impl Compound {
    /// Writes one packet; what does not fit goes into the next compound.
    fn put(&mut self, leave: &mut impl FnMut(&[u8]), write: impl Fn(&mut Writer<'_>) -> bool) {
        for _ in 0..2 {
            let Some(rest) = self.buffer.get_mut(self.len..) else { return };
            let mut writer = Writer::new(rest);
            if write(&mut writer) {
                self.len += writer.len();
                return;
            }
            self.leave(leave);
        }
    }

    fn leave(&mut self, leave: &mut impl FnMut(&[u8])) {
        if let Some(bytes) = self.buffer.get(..std::mem::take(&mut self.len)).filter(|bytes| !bytes.is_empty()) {
            leave(bytes);
        }
    }
}

impl Worker {
    /// Everything that is due for a publisher now, in as few datagrams as hold it.
    pub(super) fn tick_upstream(&mut self, key: Key<Peer>, now: Instant, egress: &mut impl Egress) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let round_trip = peer.round_trip.unwrap_or(ASSUMED_ROUND_TRIP);
        let Some(publisher) = &mut peer.publisher else { return };
        publisher.armed = None;
        let Some(link) = self.links.get_mut(publisher.link) else { return };
        let own = link.ssrc;
        let counters = &mut self.counters;
        let mut sent = 0;
        let mut leave = |bytes: &[u8]| sent += u64::from(send_rtcp(link, bytes, egress));
        let mut compound = Compound { buffer: [0; MAX_COMPOUND], len: 0 };
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);

        let mut media = None;
        let mut blocks = [ReceptionReport::default(); 31];
        let mut count = 0;
        let reports = is_due(publisher.report_at);
        for (section, upload) in publisher.uploads.iter_mut().enumerate() {
            let Some(upload) = upload else { continue };
            for (index, layer) in upload.layers.iter_mut().enumerate().take(MAX_LAYERS) {
                let binding = Binding { section, layer: index as u8, rtx: false };
                let Some(ssrc) = publisher.bindings.ssrc(binding) else {
                    // Nothing of it came under its present name, so nobody can be asked; its first packet is not waited for by a timer.
                    layer.keyframes.satisfied();
                    layer.reception_mut().missing().clear();
                    continue;
                };
                media.get_or_insert(ssrc);
                if reports
                    && let Some(block) = layer.reception_mut().report(ssrc, now)
                    && let Some(place) = blocks.get_mut(count)
                {
                    peer.upstream_loss.add(f32::from(block.fraction_lost) / 256.0);
                    *place = block;
                    count += 1;
                }
                let mut sequences = [0; NACKED_AT_ONCE];
                let (missing, given_up) = layer.reception_mut().missing().due(now, round_trip, &mut sequences);
                if given_up {
                    layer.keyframes.ask(false);
                }
                let missing = sequences.get(..missing).unwrap_or_default();
                if !missing.is_empty() {
                    counters.nacked_upstream += missing.len() as u64;
                    compound.put(&mut leave, |writer| writer.nack(own, ssrc, missing));
                }
                if layer.keyframes.due(now) {
                    counters.keyframe_requests_sent += 1;
                    compound.put(&mut leave, |writer| writer.keyframe_request(own, ssrc));
                }
            }
        }
        if reports {
            let blocks = blocks.get(..count).unwrap_or_default();
            if !blocks.is_empty() {
                compound.put(&mut leave, |writer| writer.receiver_report(own, blocks));
                let reference = publisher.references.next(now);
                compound.put(&mut leave, |writer| writer.reference_time(own, reference));
            }
            publisher.report_at = Some(now + RECEIVER_REPORT_INTERVAL);
        }
        if is_due(publisher.feedback_at) {
            publisher.feedback_at = None;
            publisher.last_feedback = Some(now);
            while !publisher.arrivals.is_empty() {
                if compound.buffer.len() - compound.len < LEAST_ROOM {
                    compound.leave(&mut leave);
                }
                let rest = compound.buffer.get_mut(compound.len..).unwrap_or_default();
                match publisher.arrivals.write(own, media.unwrap_or(0), rest) {
                    Some(len) => compound.len += len,
                    None if compound.len > 0 => compound.leave(&mut leave),
                    None => {}
                }
            }
        }
        compound.leave(&mut leave);
        let due = publisher.due(now);
        self.timers.arm(&mut publisher.armed, due, Wake::Upstream(key));
        counters.rtcp_out += sent;
    }

    /// A compound packet of a publisher: its clocks, and echoes of ours. It speaks for its own streams alone.
    pub(super) fn receive_sender_rtcp(&mut self, key: Key<Peer>, bytes: &[u8], now: Instant) {
        for item in read(bytes) {
            let Some(peer) = self.peers.get_mut(key) else { return };
            let Some(publisher) = peer.publisher.as_mut() else { return };
            if let Feedback::Echo { about, reference, delay } = item {
                let is_ours = self.links.get(publisher.link).is_some_and(|link| link.ssrc == about);
                let trip = publisher.references.round_trip(reference, delay, now).filter(|_| is_ours);
                peer.round_trip = trip.or(peer.round_trip);
                continue;
            }
            let Feedback::SenderReport { ssrc, ntp, rtp } = item else { continue };
            let Some(binding) = publisher.bindings.find(ssrc).filter(|binding| !binding.rtx) else { continue };
            let Some(upload) = publisher.uploads.get_mut(binding.section).and_then(Option::as_mut) else { continue };
            let track = upload.track;
            if let Some(layer) = upload.layers.get_mut(usize::from(binding.layer)) {
                layer.reception_mut().sender_report(ntp, now);
                self.set_clock(track, binding.layer, SenderClock { ntp, rtp }, now);
            }
        }
    }

    /// Sender reports of all that a participant receives, so that sound and picture meet.
    pub(super) fn report_to_viewer(&mut self, key: Key<Peer>, now: Instant, egress: &mut impl Egress) {
        let Some(subscriber) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()) else { return };
        let Some(link) = self.links.get_mut(subscriber.link).filter(|link| link.transport.is_up()) else { return };
        let mut sent = 0;
        let mut leave = |bytes: &[u8]| sent += u64::from(send_rtcp(link, bytes, egress));
        let mut compound = Compound { buffer: [0; MAX_COMPOUND], len: 0 };
        for want in &subscriber.wants {
            let Some(track) = self.tracks.get_mut(want.track) else { continue };
            let Some(kind) = track.info.map(|info| info.kind) else { continue };
            let Some(viewer) = track.viewers.get_mut(want.viewer) else { continue };
            let Some((ntp, rtp)) = viewer.report(kind, &track.clocks, now) else { continue };
            let (packets, bytes) = (viewer.packets, viewer.bytes);
            compound.put(&mut leave, |writer| writer.sender_report(want.ssrc, ntp, rtp, packets, bytes));
        }
        compound.leave(&mut leave);
        self.counters.rtcp_out += sent;
    }
}

/// Seals a compound packet into the egress; false if the link cannot take it.
fn send_rtcp(link: &mut Link, bytes: &[u8], egress: &mut impl Egress) -> bool {
    const _: () = assert!(MAX_COMPOUND < MAX_DATAGRAM);
    let Some(flow) = link.transport.flow() else { return false };
    let slot = egress.slot();
    let Some(place) = slot.get_mut(..bytes.len()) else { return false };
    place.copy_from_slice(bytes);
    let Some(sealed) = link.transport.seal_rtcp(slot, bytes.len()) else { return false };
    egress.commit(flow, sealed);
    true
}
