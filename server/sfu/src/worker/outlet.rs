//! What leaves over one subscriber's transport: how much its line carries, what waits for room on it, and the probes that look for more.
//! Made with the first picture that is sent; who only listens has none.

use super::allowance::{Allowance, Terms};
use super::contract::SharedPacket;
use super::slab::Key;
use super::track::Track;
use super::viewer::Viewer;
use crate::downstream::{Mapped, Pacer};
use crate::estimation::{Acknowledged, Estimator, History, Micros, Reports, START_ESTIMATE};
use crate::feedback::TransportWide;
use std::time::{Duration, Instant};

/// How fast packets may follow each other, in percent of the estimate: frames come in bursts.
const PACE: u64 = 150;
/// The same on a line that was found full within this time: what is faster stands in a queue there.
const FULL_PACE: u64 = 100;
const FULL: Micros = 10_000_000;
/// Before anything is known of a line, in bit/s: a wall of key frames is to come up soon, but not all in one moment.
const START_PACE: u64 = 10_000_000;
/// Bytes of IP and UDP around a datagram: they take their part of the line.
const OVERHEAD: usize = 28;
/// A viewer that took transport-wide feedback and gives none for so long, in microseconds, while packets leave, will not.
const PATIENCE: Micros = 3_000_000;
/// What is kept free of the estimate for repairs, in percent.
const REPAIR_SHARE: u64 = 5;
/// An estimate that fell below this share of what was shared out is acted on, in percent; and one that rose above.
const FELL: u64 = 90;
const ROSE: u64 = 120;
/// No two such sharings come closer than this, unless it fell below that share.
const SHARE_INTERVAL: Micros = 100_000;
const FELL_FAR: u64 = 60;
/// Pictures that grew above what the line is known to carry, though not by more than the pace allows, stay for this long, while a probe
/// looks whether it carries them.
const OVERDRAFT: Micros = 700_000;
/// Feedback packets of one viewer.
const FEEDBACKS: Terms = Terms { burst: 100, per_second: 100 };

/// A packet that waits, under the numbers that it will have.
pub(super) struct Held {
    pub packet: SharedPacket,
    pub mapped: Mapped,
    pub track: Key<Track>,
    pub viewer: Key<Viewer>,
    /// Keys are used again; the stream is not.
    pub ssrc: u32,
}

pub(super) struct Outlet {
    epoch: Instant,
    pub pacer: Pacer<Held>,
    pub history: History,
    pub estimator: Estimator,
    pub reports: Reports,
    /// On our own clock; used without transport-wide feedback alone.
    sent: Acknowledged,
    /// Packets carry transport-wide numbers.
    stamps: bool,
    first_stamped: Option<Micros>,
    pub feedbacks: Allowance,
    pub armed: Option<Instant>,
    /// The estimate that was last shared out, and when.
    shared: Option<(u64, Micros)>,
    /// Since when more is sent than the budget.
    overdrawn: Option<Micros>,
}

impl Outlet {
    /// `stamps`: packets carry transport-wide numbers.
    pub fn new(stamps: bool, now: Instant) -> Self {
        let mut pacer = Pacer::default();
        pacer.set_rate(stamps.then_some(START_PACE));
        Self {
            epoch: now,
            pacer,
            history: History::default(),
            estimator: Estimator::default(),
            reports: Reports::default(),
            sent: Acknowledged::default(),
            stamps,
            first_stamped: None,
            feedbacks: Allowance::default(),
            armed: None,
            shared: None,
            overdrawn: None,
        }
    }

    pub fn micros(&self, now: Instant) -> Micros {
        now.saturating_duration_since(self.epoch).as_micros() as Micros
    }

    fn instant(&self, at: Micros) -> Instant {
        self.epoch + Duration::from_micros(at)
    }

    /// A packet of so many bytes left; `stamped`: under the next transport-wide number.
    pub fn left(&mut self, len: usize, stamped: bool, now: Micros) {
        let len = len + OVERHEAD;
        self.pacer.charge(len, now);
        if stamped {
            self.first_stamped.get_or_insert(now);
            self.stamps = true;
            self.history.record(len, self.estimator.probes.number(), now);
            self.estimator.sent(len);
        } else {
            self.sent.add(now, len as u32);
        }
    }

    /// What the line carries, in bit/s; `None`: nobody said anything of it.
    pub fn estimate(&self) -> Option<u64> {
        if self.stamps { self.estimator.estimate() } else { self.reports.estimate() }
    }

    /// Whether the estimate is of all that is sent, sound too.
    pub fn counts_sound(&self) -> bool {
        !self.stamps
    }

    /// What may be shared out, in bit/s; `None`: as much as is wanted.
    pub fn budget(&self, now: Instant) -> Option<u64> {
        let at = self.micros(now);
        let waits = self.first_stamped.is_none_or(|first| at.saturating_sub(first) < PATIENCE);
        let start = Some(START_ESTIMATE).filter(|_| self.stamps && waits);
        self.estimate().or(start).map(|estimate| estimate - estimate * REPAIR_SHARE / 100)
    }

    pub fn may_pause(&self, now: Micros) -> bool {
        !self.stamps || self.estimator.is_settled(now)
    }

    pub fn feedback(&mut self, feedback: &TransportWide<'_>, now: Instant) -> bool {
        if !self.feedbacks.take(FEEDBACKS, now) {
            return false;
        }
        let at = self.micros(now);
        self.estimator.feedback(&mut self.history, feedback, at);
        self.set_pace(at);
        true
    }

    /// A REMB.
    pub fn claim(&mut self, bitrate: u64, now: Instant) -> bool {
        let taken = self.feedbacks.take(FEEDBACKS, now);
        if taken && !self.stamps {
            self.reports.remb(bitrate, self.micros(now));
            self.update_reports(now);
        }
        taken
    }

    /// A receiver report of so many packets, of which so many 256ths of a packet were lost.
    pub fn reception(&mut self, packets: u32, lost_256: u64, now: Instant) {
        if !self.stamps && self.feedbacks.take(FEEDBACKS, now) {
            self.reports.reception(packets, lost_256);
            self.update_reports(now);
        }
    }

    fn update_reports(&mut self, now: Instant) {
        let at = self.micros(now);
        let sent = self.sent.rate_at(at);
        self.reports.update(sent, at);
        self.set_pace(at);
    }

    fn set_pace(&mut self, now: Micros) {
        let start = Some(START_PACE).filter(|_| self.stamps);
        let pace = if self.estimator.was_full(now, FULL) { FULL_PACE } else { PACE };
        self.pacer.set_rate(self.estimate().map(|estimate| estimate * pace / 100).or(start));
    }

    /// By the clock: silence lowers the estimate, and old claims are forgotten.
    pub fn look(&mut self, now: Instant) {
        if self.stamps {
            let at = self.micros(now);
            if self.estimator.look(at) {
                self.set_pace(at);
            }
        } else {
            self.update_reports(now);
        }
    }

    /// Whether the estimate differs so much from what was shared out that it cannot wait.
    pub fn must_share(&self, now: Instant) -> bool {
        let Some(budget) = self.budget(now) else { return false };
        let Some((shared, at)) = self.shared else { return true };
        let rested = self.micros(now).saturating_sub(at) >= SHARE_INTERVAL;
        budget * 100 < shared * FELL_FAR || rested && (budget * 100 < shared * FELL || budget * 100 > shared * ROSE)
    }

    /// Whether everything may stay as it is though it takes more than the budget, `taken`, in bit/s: for a moment, when it is the pictures
    /// that grew, and nothing says that the line does not carry them.
    pub fn overdraws(&mut self, taken: u64, budget: Option<u64>, now: Instant) -> bool {
        let Some(budget) = budget.filter(|budget| taken > *budget) else {
            self.overdrawn = None;
            return false;
        };
        let at = self.micros(now);
        let since = *self.overdrawn.get_or_insert(at);
        let fell = self.shared.is_none_or(|(shared, _)| budget < shared);
        let knows = self.stamps && self.estimator.is_settled(at) && !self.estimator.was_full(at, OVERDRAFT);
        knows && !fell && taken * 100 <= budget * PACE && at.saturating_sub(since) < OVERDRAFT
    }

    /// Notes what was shared out, and the budget that would be enough for all, in bit/s.
    pub fn shared(&mut self, budget: Option<u64>, wanted: u64, now: Instant) {
        self.shared = budget.map(|budget| (budget, self.micros(now)));
        // With what is kept free for repairs.
        self.estimator.probes.set_wanted(wanted * 100 / (100 - REPAIR_SHARE));
    }

    /// Begins a probe if one is due.
    pub fn begin_probe(&mut self, now: Instant) -> bool {
        let at = self.micros(now);
        let Some(estimate) = self.estimator.estimate().filter(|_| self.stamps) else { return false };
        self.estimator.probes.begin(estimate, at)
    }

    pub fn cancel_probe(&mut self, now: Instant) {
        let at = self.micros(now);
        self.estimator.probes.cancel(at);
    }

    /// When there is something to send.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        if self.estimator.probes.is_running() {
            return Some(now + Duration::from_millis(1));
        }
        self.pacer.deadline().map(|at| self.instant(at).max(now))
    }

    /// Bytes on the heap.
    #[cfg(test)]
    pub fn heap(&self) -> usize {
        size_of::<Self>() + self.history.heap()
    }
}
