//! How long to wait before the next try: doubling, bounded, and spread so that offices do not come back in step.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait before the next try. `chance` in [0, 1) spreads it over three quarters to five quarters.
    pub fn next(&mut self, chance: f64) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.failures.min(8)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        wait.mul_f64(0.75 + chance / 2.0)
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_begin_again_after_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..7).map(|_| backoff.next(0.5).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 6000, 6000, 6000]);
        for _ in 0..100 {
            assert!(backoff.next(0.999) <= LONGEST * 5 / 4);
        }
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_millis(375));
    }
}
