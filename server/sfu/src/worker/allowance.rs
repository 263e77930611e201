//! How often a participant may ask: a bucket that fills with time. What is above it is not answered, and is counted.

use std::time::Instant;

/// A bucket of whole askings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowance {
    /// In thousandths; what is missing from a full bucket.
    missing: u32,
    filled: Option<Instant>,
}

/// What a bucket holds, and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub burst: u32,
    pub per_second: u32,
}

impl Allowance {
    /// Takes one if there is one.
    pub fn take(&mut self, terms: Terms, now: Instant) -> bool {
        let passed =
            self.filled.map_or(0, |filled| now.saturating_duration_since(filled).as_millis().min(10_000) as u32);
        if passed > 0 || self.filled.is_none() {
            self.filled = Some(now);
            self.missing = self.missing.saturating_sub(passed * terms.per_second);
        }
        let is_left = self.missing + 1_000 <= terms.burst * 1_000;
        if is_left {
            self.missing += 1_000;
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_and_then_the_rate() {
        let start = Instant::now();
        let terms = Terms { burst: 5, per_second: 10 };
        let mut allowance = Allowance::default();
        assert_eq!((0..100).filter(|_| allowance.take(terms, start)).count(), 5);
        let over_a_second = (0..1_000).filter(|n| allowance.take(terms, start + Duration::from_millis(*n))).count();
        assert_eq!(over_a_second, 9);
        let later = start + Duration::from_secs(100);
        assert_eq!((0..100).filter(|_| allowance.take(terms, later)).count(), 5, "never more than a burst");
    }
}
