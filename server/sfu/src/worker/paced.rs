//! What waits for room on a subscriber's line, and the probes on it: sent when their time comes.

use super::Worker;
use super::contract::Egress;
use super::peer::{Link, Peer};
use super::slab::Key;
use super::timers::Wake;
use super::track::Track;
use super::viewer::{Share, Viewer};
use std::collections::HashMap;
use std::time::Instant;

/// Packets that one look sends at most; the rest leaves with the next.
const SENT_AT_ONCE: usize = 256;

impl Worker {
    /// Sends what may leave now.
    pub(super) fn tick_outlet(&mut self, key: Key<Link>, now: Instant, egress: &mut impl Egress) {
        let Some(outlet) = self.links.get_mut(key).and_then(|link| link.outlet.as_mut()) else { return };
        outlet.armed = None;
        let at = outlet.micros(now);
        if outlet.pacer.is_over(at) {
            self.relieve(key, now);
        }
        for _ in 0..SENT_AT_ONCE {
            let Some(link) = self.links.get_mut(key) else { return };
            let Some(held) = link.outlet.as_mut().and_then(|outlet| outlet.pacer.release(at)) else { break };
            let viewer = self.tracks.get_mut(held.track).and_then(|track| track.viewers.get_mut(held.viewer));
            let Some(viewer) = viewer.filter(|viewer| viewer.ssrc == held.ssrc && viewer.sending) else { continue };
            match viewer.send(&held.packet, &held.mapped, None, link, now, egress) {
                Some(len) => self.counters.sent(len),
                None => self.counters.unsealed += 1,
            }
        }
        self.send_padding(key, now, egress);
        self.arm_outlet(key, now);
    }

    pub(super) fn arm_outlet(&mut self, key: Key<Link>, now: Instant) {
        let Some(outlet) = self.links.get_mut(key).and_then(|link| link.outlet.as_mut()) else { return };
        let due = outlet.deadline(now);
        self.timers.arm(&mut outlet.armed, due, Wake::Outlet(key));
    }

    /// Too much waits: the viewer with the most of it starts anew at the next key frame of the layer below, without a gap.
    pub(super) fn relieve(&mut self, key: Key<Link>, now: Instant) {
        loop {
            let Some(outlet) = self.links.get_mut(key).and_then(|link| link.outlet.as_mut()) else { return };
            let (at, budget) = (outlet.micros(now), outlet.budget(now));
            if outlet.pacer.is_empty() || !outlet.pacer.is_over(at) {
                return;
            }
            let mut waiting: HashMap<(Key<Track>, Key<Viewer>, u32), usize> = HashMap::new();
            for (held, len) in outlet.pacer.waiting() {
                *waiting.entry((held.track, held.viewer, held.ssrc)).or_default() += len;
            }
            let most = waiting.into_iter().max_by_key(|((.., ssrc), len)| (*len, *ssrc));
            let Some(((track, viewer, ssrc), _)) = most else { return };
            let dropped = outlet.pacer.keep(|held| held.ssrc != ssrc);
            self.counters.paced_dropped += dropped as u64;
            let entry = self.tracks.get_mut(track).and_then(|track| track.viewers.get_mut(viewer));
            let Some(entry) = entry.filter(|entry| entry.ssrc == ssrc) else { continue };
            entry.continuity.rewind();
            let Some(target) = entry.target.filter(|_| entry.sending) else { continue };
            if let Some(below) = target.checked_sub(1) {
                // Its next key frame would be too much again.
                entry.share = Share::Layer(below);
                entry.patience.fell(budget.unwrap_or(u64::MAX), now);
                self.viewers_changed(track, now);
            } else {
                self.ask_keyframe(track, target, false, now);
            }
        }
    }

    /// Begins a probe of a subscriber's line if one is due.
    pub(super) fn probe_if_due(&mut self, key: Key<Peer>, now: Instant) {
        let Some(link) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()).map(|s| s.link) else { return };
        let outlet = self.links.get_mut(link).filter(|link| link.transport.is_up()).and_then(|l| l.outlet.as_mut());
        if outlet.is_some_and(|outlet| outlet.begin_probe(now)) {
            self.counters.probes += 1;
            self.arm_outlet(link, now);
        }
    }

    /// The padding of a running probe that is due by now.
    fn send_padding(&mut self, key: Key<Link>, now: Instant, egress: &mut impl Egress) {
        let Some(link) = self.links.get_mut(key) else { return };
        if !link.outlet.as_ref().is_some_and(|outlet| outlet.estimator.probes.is_running()) {
            return;
        }
        let Some(subscriber) = self.peers.get(link.peer).and_then(|peer| peer.subscriber.as_ref()) else { return };
        let carries = |(track, viewer): (Key<Track>, Key<Viewer>)| {
            self.tracks.get(track).and_then(|track| track.viewers.get(viewer)).is_some_and(Viewer::carries_probes)
        };
        let carrier = subscriber.wants.iter().map(|want| (want.track, want.viewer)).find(|place| carries(*place));
        let viewer = match carrier {
            Some((track, viewer)) => self.tracks.get_mut(track).and_then(|track| track.viewers.get_mut(viewer)),
            None => None,
        };
        let Some(viewer) = viewer else {
            if let Some(outlet) = &mut link.outlet {
                outlet.cancel_probe(now);
            }
            return;
        };
        for _ in 0..SENT_AT_ONCE {
            let behind =
                link.outlet.as_ref().is_some_and(|outlet| outlet.estimator.probes.is_behind(outlet.micros(now)));
            if !behind || viewer.send_padding(link, now, egress).is_none() {
                break;
            }
            self.counters.padding_out += 1;
        }
    }
}
