//! When to look at which peer again. Each thing that waits stands here once, at or before its deadline.

use super::peer::{Link, Peer};
use super::slab::Key;
use std::collections::BTreeSet;
use std::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wake {
    /// A transport: retransmissions, consent.
    Link(Key<Link>),
    /// What waits for room on a subscriber's line, or probes it.
    Outlet(Key<Link>),
    /// What a publisher is to be told: feedback, losses, key frames.
    Upstream(Key<Peer>),
}

#[derive(Default)]
pub(super) struct Timers(BTreeSet<(Instant, Wake)>);

impl Timers {
    /// Moves a wake-up forward to `due`. One that stands for an earlier time stays: it looks again, and arms itself anew.
    pub fn arm(&mut self, armed: &mut Option<Instant>, due: Option<Instant>, wake: Wake) {
        let Some(due) = due else { return };
        match *armed {
            Some(earlier) if earlier <= due => return,
            Some(later) => {
                self.0.remove(&(later, wake));
            }
            None => {}
        }
        self.0.insert((due, wake));
        *armed = Some(due);
    }

    pub fn disarm(&mut self, armed: &mut Option<Instant>, wake: Wake) {
        if let Some(at) = armed.take() {
            self.0.remove(&(at, wake));
        }
    }

    pub fn next(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    pub fn take_due(&mut self, now: Instant) -> Option<Wake> {
        let first = *self.0.first().filter(|(at, _)| *at <= now)?;
        self.0.remove(&first);
        Some(first.1)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
