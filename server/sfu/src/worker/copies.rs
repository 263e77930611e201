//! Sound that is sent more than once: copies that wait for their time, and how many a line needs.

use super::Worker;
use super::allowance::Terms;
use super::contract::Egress;
use super::peer::{Link, Peer};
use super::slab::Key;
use super::track::Track;
use super::viewer::Viewer;
use crate::downstream::SPACING;
use crate::estimation::TOO_MUCH;
use std::collections::VecDeque;
use std::time::Instant;

/// Copies that wait at once in one worker: some 40 ms of two thousand sounds on bad lines.
const MOST_WAITING: usize = 8_192;
/// Copies to one participant: of three who speak at once. More would be load on a line that is bad already.
const COPIES: Terms = Terms { burst: 300, per_second: 300 };

/// A packet that is to be sent again.
#[derive(Debug)]
pub(super) struct PendingCopy {
    pub link: Key<Link>,
    pub track: Key<Track>,
    pub viewer: Key<Viewer>,
    /// Keys are used again; the stream is not.
    pub ssrc: u32,
    pub sequence: u16,
    /// How often, this time among them.
    pub times: u8,
}

/// What waits, in the order of its time: each waits equally long.
#[derive(Default)]
pub(super) struct Copies(VecDeque<(Instant, PendingCopy)>);

impl Copies {
    pub fn push(&mut self, copy: PendingCopy, now: Instant) {
        if copy.times > 0 && self.0.len() < MOST_WAITING {
            self.0.push_back((now + SPACING, copy));
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.0.front().map(|(at, _)| *at)
    }

    fn take_due(&mut self, now: Instant) -> Option<PendingCopy> {
        self.0.pop_front_if(|(at, _)| *at <= now).map(|(_, copy)| copy)
    }
}

impl Worker {
    pub(super) fn tick_copies(&mut self, now: Instant, egress: &mut impl Egress) {
        while let Some(copy) = self.copies.take_due(now) {
            self.contained(copy.link, now, egress, |worker, egress| worker.send_copy(copy, now, egress));
        }
    }

    fn send_copy(&mut self, copy: PendingCopy, now: Instant, egress: &mut impl Egress) {
        let viewer = self.tracks.get_mut(copy.track).and_then(|track| track.viewers.get_mut(copy.viewer));
        let Some(viewer) = viewer.filter(|viewer| viewer.ssrc == copy.ssrc && viewer.sending) else { return };
        let subscriber = self.peers.get_mut(viewer.peer).and_then(|peer| peer.subscriber.as_mut());
        let Some((subscriber, link)) = subscriber.zip(self.links.get_mut(copy.link)) else { return };
        if !subscriber.copies.take(COPIES, now) {
            self.counters.copies_refused += 1;
            return;
        }
        if viewer.send_as_it_was(copy.sequence, link, now, egress).is_some() {
            self.counters.copies += 1;
            self.copies.push(PendingCopy { times: copy.times - 1, ..copy }, now);
        }
    }

    /// How many copies a participant's sounds need, by what its line loses of everything.
    pub(super) fn guard_sounds(&mut self, key: Key<Peer>, now: Instant) {
        let Some(subscriber) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()) else { return };
        let outlet = self.links.get(subscriber.link).and_then(|link| link.outlet.as_ref());
        // Less is repaired in time when it is asked for, and reports tell where it is not.
        let Some(lost) = outlet.map(|outlet| outlet.estimator.loss()).filter(|lost| *lost > TOO_MUCH) else { return };
        for want in &subscriber.wants {
            let track = self.tracks.get_mut(want.track).filter(|track| track.is_audio());
            if let Some(viewer) = track.and_then(|track| track.viewers.get_mut(want.viewer)) {
                viewer.redundancy.needs(lost, now);
            }
        }
    }
}
