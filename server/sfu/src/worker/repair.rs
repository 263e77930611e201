//! What viewers report: lost packets are answered from the ring, lost pictures by a key frame, and their round trip is measured.

use super::Worker;
use super::contract::Egress;
use super::peer::{Peer, Want};
use super::slab::Key;
use crate::downstream::Verdict;
use crate::feedback::{Feedback, NackPairs, ReceptionReport, read};
use std::time::{Duration, Instant};

impl Worker {
    pub(super) fn receive_viewer_rtcp(&mut self, key: Key<Peer>, bytes: &[u8], now: Instant, egress: &mut impl Egress) {
        for item in read(bytes) {
            match item {
                Feedback::Nack { media, pairs } => self.retransmit(key, media, pairs, now, egress),
                Feedback::KeyframeRequest { media } => self.viewer_lost_picture(key, media, now),
                Feedback::Reception(report) => self.viewer_reports(key, report, now),
                Feedback::SenderReport { .. } | Feedback::Bye { .. } => {}
            }
        }
    }

    /// What of the participant's own is sent under the SSRC.
    fn want_of(&self, key: Key<Peer>, ssrc: u32) -> Option<&Want> {
        self.peers.get(key)?.subscriber.as_ref()?.wants.iter().find(|want| want.ssrc == ssrc)
    }

    fn retransmit(&mut self, key: Key<Peer>, ssrc: u32, pairs: NackPairs<'_>, now: Instant, egress: &mut impl Egress) {
        let Some((track, viewer)) = self.want_of(key, ssrc).map(|want| (want.track, want.viewer)) else { return };
        let Some(track) = self.tracks.get_mut(track) else { return };
        let Some(viewer) = track.viewers.get_mut(viewer).filter(|viewer| viewer.sending && viewer.repairs()) else {
            return;
        };
        let Some(link) = self.links.get_mut(viewer.link) else { return };
        for sequence in pairs {
            self.counters.nacked_by_viewers += 1;
            let found = viewer.continuity.find(sequence);
            let packet = found.and_then(|(layer, original)| track.rings.get(usize::from(layer))?.get(original));
            let Some(packet) = packet else { continue };
            let Some(mapped) = viewer.continuity.remap(packet, sequence) else { continue };
            match viewer.retransmissions.ask(sequence, now) {
                Verdict::Send(rtx) => {
                    if viewer.send(packet, &mapped, Some(rtx), &mut link.transport, egress).is_some() {
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
        let Some(viewer) = self.tracks.get(track_key).and_then(|track| track.viewers.get(viewer)) else { return };
        if !viewer.sending {
            return;
        }
        let current = viewer.continuity.layer().filter(|_| !viewer.continuity.paused()).map(|(layer, _)| layer);
        if let Some(layer) = current.or(viewer.target) {
            self.ask_keyframe(track_key, layer, false, now);
        }
    }

    fn viewer_reports(&mut self, key: Key<Peer>, report: ReceptionReport, now: Instant) {
        let Some((track, viewer)) = self.want_of(key, report.about).map(|want| (want.track, want.viewer)) else {
            return;
        };
        let Some(viewer) = self.tracks.get(track).and_then(|track| track.viewers.get(viewer)) else { return };
        let sent = viewer.reported(report.last_report).filter(|_| report.last_report != 0);
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.downstream_loss.add(f32::from(report.fraction_lost) / 256.0);
        if let Some(sent) = sent {
            let held = Duration::from_secs_f64(f64::from(report.delay) / 65_536.0);
            peer.round_trip = now.saturating_duration_since(sent).checked_sub(held).or(peer.round_trip);
        }
    }
}
