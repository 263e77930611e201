//! What viewers report: lost packets are answered from the ring, lost pictures by a key frame; how their lines are is learnt from it.

use super::Worker;
use super::contract::Egress;
use super::limits::{NACKS, PICTURES, PICTURES_OF_ONE};
use super::peer::{Peer, Want};
use super::slab::Key;
use crate::downstream::Verdict;
use crate::feedback::{Feedback, NackPairs, ReceptionReport, TransportWide, read};
use std::time::{Duration, Instant};

impl Worker {
    pub(super) fn receive_viewer_rtcp(&mut self, key: Key<Peer>, bytes: &[u8], now: Instant, egress: &mut impl Egress) {
        for item in read(bytes) {
            match item {
                Feedback::Nack { media, pairs } => self.retransmit(key, media, pairs, now, egress),
                Feedback::KeyframeRequest { media } => self.viewer_lost_picture(key, media, now),
                Feedback::Reception(report) => self.viewer_reports(key, report, now),
                Feedback::TransportWide(feedback) => self.viewer_told_arrivals(key, &feedback, now, egress),
                Feedback::Estimate { bitrate } => self.viewer_claims(key, bitrate, now, egress),
                Feedback::SenderReport { .. } | Feedback::Echo { .. } | Feedback::Bye { .. } => {}
            }
        }
    }

    /// What of the participant's own is sent under the SSRC.
    fn want_of(&self, key: Key<Peer>, ssrc: u32) -> Option<&Want> {
        self.peers.get(key)?.subscriber.as_ref()?.wants.iter().find(|want| want.ssrc == ssrc)
    }

    fn retransmit(&mut self, key: Key<Peer>, ssrc: u32, pairs: NackPairs<'_>, now: Instant, egress: &mut impl Egress) {
        let Some((track, viewer)) = self.want_of(key, ssrc).map(|want| (want.track, want.viewer)) else { return };
        let Some(subscriber) = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut()) else { return };
        let Some(track) = self.tracks.get_mut(track) else { return };
        let is_sound = track.is_audio();
        let Some(viewer) = track.viewers.get_mut(viewer).filter(|viewer| viewer.sending) else { return };
        if !is_sound && !viewer.repairs() {
            return;
        }
        let Some(link) = self.links.get_mut(viewer.link) else { return };
        for sequence in pairs {
            self.counters.nacked_by_viewers += 1;
            if !subscriber.nacks.take(NACKS, now) {
                self.counters.nacks_refused += 1;
                continue;
            }
            if is_sound {
                self.counters.resent += u64::from(viewer.send_again(sequence, link, now, egress).is_some());
                continue;
            }
            if viewer.continuity.paused() {
                // It waits for a key frame, and nothing before that is of use to it.
                self.counters.retransmissions_refused += 1;
                continue;
            }
            let found = viewer.continuity.find(sequence);
            let current = viewer.continuity.layer().map(|(layer, _)| layer);
            if found.is_some_and(|(layer, _)| Some(layer) != current) {
                // The key frame that the present layer began with made up for it.
                self.counters.retransmissions_refused += 1;
                continue;
            }
            let packet = found.and_then(|(layer, original)| track.rings.get(usize::from(layer))?.get(original));
            let Some(packet) = packet else { continue };
            let Some(mapped) = viewer.continuity.remap(packet, sequence) else { continue };
            let is_room = link.outlet.as_ref().is_none_or(|outlet| outlet.pacer.admits_repair(outlet.micros(now)));
            let verdict = if is_room { viewer.retransmissions.ask(sequence, now) } else { Verdict::TooMany };
            match verdict {
                Verdict::Send(rtx) => {
                    if viewer.send(packet, &mapped, Some(rtx), link, now, egress).is_some() {
                        self.counters.retransmitted += 1;
                    }
                }
                Verdict::OnItsWay => {}
                Verdict::TooMany => self.counters.retransmissions_refused += 1,
            }
        }
    }

    fn viewer_lost_picture(&mut self, key: Key<Peer>, ssrc: u32, now: Instant) {
        self.counters.keyframe_requests_received += 1;
        let Some((track_key, viewer)) = self.want_of(key, ssrc).map(|want| (want.track, want.viewer)) else { return };
        let Some(subscriber) = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut()) else { return };
        let Some(viewer) = self.tracks.get_mut(track_key).and_then(|track| track.viewers.get_mut(viewer)) else {
            return;
        };
        if !viewer.sending {
            return;
        }
        if !viewer.pictures.take(PICTURES_OF_ONE, now) || !subscriber.pictures.take(PICTURES, now) {
            self.counters.keyframe_requests_refused += 1;
            return;
        }
        let current = viewer.continuity.layer().filter(|_| !viewer.continuity.paused()).map(|(layer, _)| layer);
        if let Some(layer) = current.or(viewer.target) {
            self.ask_keyframe(track_key, layer, false, now);
        }
    }

    /// Which packets arrived over a viewer's line, and when.
    fn viewer_told_arrivals(
        &mut self,
        key: Key<Peer>,
        feedback: &TransportWide<'_>,
        now: Instant,
        egress: &mut impl Egress,
    ) {
        let Some(link) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()).map(|s| s.link) else { return };
        let Some(outlet) = self.links.get_mut(link).and_then(|link| link.outlet.as_mut()) else { return };
        if !outlet.feedback(feedback, now) {
            self.counters.feedback_refused += 1;
            return;
        }
        let (must_share, waits) = (outlet.must_share(now), !outlet.pacer.is_empty());
        if must_share {
            self.share_line(key, now, egress);
        } else {
            self.probe_if_due(key, now);
        }
        if waits {
            self.arm_outlet(link, now);
        }
    }

    /// A viewer's own estimate of its line.
    fn viewer_claims(&mut self, key: Key<Peer>, bitrate: u64, now: Instant, egress: &mut impl Egress) {
        let Some(link) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()).map(|s| s.link) else { return };
        let Some(outlet) = self.links.get_mut(link).and_then(|link| link.outlet.as_mut()) else { return };
        if !outlet.claim(bitrate, now) {
            self.counters.feedback_refused += 1;
        } else if outlet.must_share(now) {
            self.share_line(key, now, egress);
        }
    }

    fn viewer_reports(&mut self, key: Key<Peer>, report: ReceptionReport, now: Instant) {
        let Some((track, viewer)) = self.want_of(key, report.about).map(|want| (want.track, want.viewer)) else {
            return;
        };
        let Some(track) = self.tracks.get_mut(track) else { return };
        let is_sound = track.is_audio();
        let Some(viewer) = track.viewers.get_mut(viewer) else { return };
        let carriage = viewer.take_carriage(report.fraction_lost);
        viewer.watch.reported += u64::from(carriage.packets);
        viewer.watch.missed_256 += carriage.lost_256;
        viewer.watch.jitter = report.jitter;
        if is_sound {
            viewer.redundancy.reported(carriage.packets, carriage.share(), now);
        }
        if let Some(outlet) = self.links.get_mut(viewer.link).and_then(|link| link.outlet.as_mut()) {
            outlet.reception(carriage.packets, carriage.lost_256, now);
        }
        let sent = viewer.reported(report.last_report).filter(|_| report.last_report != 0);
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.downstream_loss.add(carriage.share());
        if let Some(sent) = sent {
            let held = Duration::from_secs_f64(f64::from(report.delay) / 65_536.0);
            peer.round_trip = now.saturating_duration_since(sent).checked_sub(held).or(peer.round_trip);
        }
    }
}
