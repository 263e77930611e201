//! A queue that stands on the way, by its length: faster than the trend when a line falls suddenly, and blind to where it came from.

use super::{Micros, Usage};

/// With a delay so close to the shortest one, in microseconds, nothing stands.
const SHORT: i64 = 10_000;
/// A queue of at least this length, in microseconds, over a whole feedback.
const LONG: i64 = 80_000;
/// It drains if it got shorter by this much within a feedback.
const DRAINS: i64 = 4_000;
/// The last packets, so many as it takes to judge.
const LEAST: usize = 3;
/// The shortest delay of the last one to two such spans is taken for the line without a queue: what stays for longer is its nature, or
/// someone else's queue that giving way does not shorten.
const SPAN: Micros = 6_000_000;

#[derive(Debug)]
pub struct Standing {
    /// The shortest delay of this span and of the one before. The clocks differ, so only differences say anything.
    shortest: [i64; 2],
    span_began: Option<Micros>,
    /// The delays of the last packets, the newest last.
    recent: [i64; LEAST],
    /// Of the feedback at hand: the shortest delay, the first, and packets.
    lowest: i64,
    first: i64,
    count: usize,
    /// How long it was at the last feedback.
    queue: i64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            shortest: [i64::MAX; 2],
            span_began: None,
            recent: [i64::MIN; LEAST],
            lowest: i64::MAX,
            first: 0,
            count: 0,
            queue: 0,
        }
    }
}

impl Standing {
    /// A packet of the feedback at hand.
    pub fn add(&mut self, sent: Micros, arrival: i64) {
        let delay = arrival.saturating_sub_unsigned(sent);
        let began = *self.span_began.get_or_insert(sent);
        if sent.saturating_sub(began) > SPAN {
            self.shortest = [i64::MAX, self.shortest[0]];
            self.span_began = Some(sent);
        }
        self.shortest[0] = self.shortest[0].min(delay);
        self.lowest = self.lowest.min(delay);
        if self.count == 0 {
            self.first = delay;
        }
        self.recent.rotate_left(1);
        self.recent[LEAST - 1] = delay;
        self.count += 1;
    }

    /// Whether no queue stood at the last feedback, or it got shorter: then the trend tells of what is over.
    pub fn has_passed(&self) -> bool {
        self.queue < SHORT || self.drains()
    }

    /// Whether what is lost now may be what the queue has no room for.
    pub fn may_overflow(&self) -> bool {
        self.queue >= LONG / 2
    }

    fn drains(&self) -> bool {
        self.recent[LEAST - 1].saturating_add(DRAINS) < self.first
    }

    /// What the feedback that ends here says; the next begins. Few packets come in one when a line just fell: then those before count too.
    pub fn take(&mut self) -> Usage {
        let (count, lowest) = (std::mem::take(&mut self.count), std::mem::replace(&mut self.lowest, i64::MAX));
        if count == 0 {
            self.queue = 0;
            return Usage::Normal;
        }
        if count < LEAST {
            self.first = self.recent[0];
        }
        let lowest = self.recent.iter().fold(lowest, |lowest, delay| lowest.min(*delay));
        self.queue = lowest.saturating_sub(self.shortest[0].min(self.shortest[1]));
        match self.queue {
            ..LONG => Usage::Normal,
            _ if self.drains() => Usage::Under,
            _ => Usage::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feedbacks of five packets each 50 ms, with the delay in milliseconds that each packet has.
    fn run(standing: &mut Standing, from: u64, feedbacks: u64, delay: impl Fn(u64) -> i64) -> Vec<Usage> {
        let feedback = |number: u64| {
            for packet in 0..5 {
                let sent = (from + number) * 50 + packet * 10;
                standing.add(sent * 1_000, 7_000_000_000 + (sent as i64 + delay(sent)) * 1_000);
            }
            standing.take()
        };
        (0..feedbacks).map(feedback).collect()
    }

    #[test]
    fn a_long_queue_is_seen_at_once_and_its_draining_too() {
        let mut standing = Standing::default();
        assert!(run(&mut standing, 0, 20, |_| 20).iter().all(|usage| *usage == Usage::Normal));
        let grown = run(&mut standing, 20, 3, |sent| 20 + (sent as i64 - 1_000) * 2);
        assert_eq!(grown, [Usage::Normal, Usage::Over, Usage::Over]);
        assert!(!standing.has_passed());
        assert_eq!(run(&mut standing, 23, 1, |sent| 320 - (sent as i64 - 1_150)), [Usage::Under]);
        assert_eq!(run(&mut standing, 24, 1, |_| 24), [Usage::Normal]);
        assert!(standing.has_passed());
    }

    #[test]
    fn a_fall_is_seen_though_few_packets_come_in_one_feedback() {
        let mut standing = Standing::default();
        run(&mut standing, 0, 20, |_| 20);
        let mut feedback = |delays: [i64; 2]| {
            for delay in delays {
                standing.add(1_000_000, 7_001_000_000 + delay * 1_000);
            }
            standing.take()
        };
        assert_eq!(feedback([50, 80]), Usage::Normal);
        assert_eq!(feedback([110, 140]), Usage::Normal, "the one before had to wait for 60 ms alone");
        assert_eq!(feedback([170, 200]), Usage::Over);
        // Nothing but probes: what was seen is over.
        assert_eq!(standing.take(), Usage::Normal);
        assert!(!standing.may_overflow());
    }

    #[test]
    fn bursts_and_jitter_are_no_queue_and_what_stays_for_long_is_the_line() {
        let mut standing = Standing::default();
        let seen = run(&mut standing, 0, 100, |sent| 20 + (sent as i64 * 7_919) % 70);
        assert!(seen.iter().all(|usage| *usage == Usage::Normal));
        let seen = run(&mut standing, 100, 400, |_| 250);
        assert!(seen[10] == Usage::Over && seen[399] == Usage::Normal);
    }
}
