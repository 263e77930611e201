//! When a tile that had to give way may have more again: soon after the first time, later each time that it was too soon; and without
//! waiting when the line carries so much more than then that it is another line.

use std::time::{Duration, Instant};

/// After the first fall.
pub const FIRST: Duration = Duration::from_secs(2);
/// A rise that held for this long was right.
const HELD: Duration = Duration::from_secs(10);
/// Failures that count: each doubles the wait.
const MOST: u8 = 3;
/// A line with this many halves of what there was then is another one; one more for each failure, so that the picture does not swing
/// with a line that swings.
const WIDER: u64 = 3;

#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    fell: Option<Instant>,
    rose: Option<Instant>,
    /// Falls that followed a rise too soon.
    failures: u8,
    /// What there was to share out when it gave way, in bit/s.
    budget: u64,
}

impl Patience {
    /// It had to give way, with so much to share out, in bit/s.
    pub fn fell(&mut self, budget: u64, now: Instant) {
        let soon = self.rose.is_some_and(|rose| now.saturating_duration_since(rose) < HELD);
        self.failures = if soon { (self.failures + 1).min(MOST) } else { 0 };
        self.rose = None;
        self.fell = Some(now);
        self.budget = budget;
    }

    pub fn rose(&mut self, now: Instant) {
        self.rose = Some(now);
    }

    /// `budget`: what there is to share out now, in bit/s.
    pub fn may_rise(&self, budget: u64, now: Instant) -> bool {
        let wait = FIRST * (1 << self.failures);
        let is_wider = budget.saturating_mul(2) >= self.budget.saturating_mul(WIDER + u64::from(self.failures));
        is_wider || self.fell.is_none_or(|fell| now.saturating_duration_since(fell) >= wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_for_what_failed_again() {
        let start = Instant::now();
        let mut patience = Patience::default();
        assert!(patience.may_rise(500_000, start));
        patience.fell(500_000, start);
        assert!(!patience.may_rise(500_000, start + FIRST / 2));
        assert!(patience.may_rise(500_000, start + FIRST));
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..6 {
            let fell = now;
            while !patience.may_rise(500_000, now) {
                now += Duration::from_millis(500);
            }
            waits.push((now - fell).as_secs());
            patience.rose(now);
            now += Duration::from_secs(1);
            patience.fell(500_000, now);
        }
        assert_eq!(waits, [2, 4, 8, 16, 16, 16]);
        while !patience.may_rise(500_000, now) {
            now += Duration::from_millis(500);
        }
        patience.rose(now);
        patience.fell(500_000, now + HELD * 2);
        assert!(patience.may_rise(500_000, now + HELD * 2 + FIRST), "one that held is forgiven");
    }
    #[test]
    fn does_not_wait_on_a_line_that_is_another_one() {
        let now = Instant::now();
        let mut patience = Patience::default();
        patience.fell(400_000, now);
        assert!(!patience.may_rise(599_999, now));
        assert!(patience.may_rise(600_000, now));
        patience.rose(now);
        patience.fell(400_000, now);
        assert!(!patience.may_rise(799_999, now));
        assert!(patience.may_rise(800_000, now));
    }
}
