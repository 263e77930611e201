//! When a tile that had to give way may have more again: soon after the first time, later each time that it was too soon.

use std::time::{Duration, Instant};

/// After the first fall.
pub const FIRST: Duration = Duration::from_secs(2);
/// After many in a row.
pub const LONGEST: Duration = Duration::from_secs(16);
/// A rise that held for this long was right.
const HELD: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    fell: Option<Instant>,
    rose: Option<Instant>,
    /// Falls that followed a rise too soon.
    failures: u8,
}

impl Patience {
    pub fn fell(&mut self, now: Instant) {
        let soon = self.rose.is_some_and(|rose| now.saturating_duration_since(rose) < HELD);
        self.failures = if soon { self.failures.saturating_add(1) } else { 0 };
        self.rose = None;
        self.fell = Some(now);
    }

    pub fn rose(&mut self, now: Instant) {
        self.rose = Some(now);
    }

    pub fn may_rise(&self, now: Instant) -> bool {
        let wait = FIRST.saturating_mul(1 << self.failures.min(3)).min(LONGEST);
        self.fell.is_none_or(|fell| now.saturating_duration_since(fell) >= wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_for_what_failed_again() {
        let start = Instant::now();
        let mut patience = Patience::default();
        assert!(patience.may_rise(start));
        patience.fell(start);
        assert!(!patience.may_rise(start + FIRST / 2));
        assert!(patience.may_rise(start + FIRST));
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..6 {
            let fell = now;
            while !patience.may_rise(now) {
                now += Duration::from_millis(500);
            }
            waits.push((now - fell).as_secs());
            patience.rose(now);
            now += Duration::from_secs(1);
            patience.fell(now);
        }
        assert_eq!(waits, [2, 4, 8, 16, 16, 16]);
        while !patience.may_rise(now) {
            now += Duration::from_millis(500);
        }
        patience.rose(now);
        patience.fell(now + HELD * 2);
        assert!(patience.may_rise(now + HELD * 2 + FIRST), "one that held is forgiven");
    }
}
