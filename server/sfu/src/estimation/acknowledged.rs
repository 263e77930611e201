//! How fast bytes arrived: sums over short spans of one clock.

use super::Micros;

/// One span, in microseconds.
const SPAN: u64 = 25_000;
const SPANS: usize = 40;

/// Bytes by span over the last second.
#[derive(Debug)]
pub struct Acknowledged {
    bytes: [u32; SPANS],
    /// The number of the newest span, and of the very first.
    newest: u64,
    oldest: Option<u64>,
}

impl Default for Acknowledged {
    fn default() -> Self {
        Self { bytes: [0; SPANS], newest: 0, oldest: None }
    }
}

impl Acknowledged {
    /// Takes bytes that arrived at `at`. What is older than a second is not counted any more.
    pub fn add(&mut self, at: Micros, bytes: u32) {
        let span = at / SPAN;
        if self.oldest.is_none() {
            (self.newest, self.oldest) = (span, Some(span));
        }
        self.move_to(span);
        if self.newest - span.min(self.newest) < SPANS as u64
            && let Some(place) = self.bytes.get_mut(span as usize % SPANS)
        {
            *place = place.saturating_add(bytes);
        }
    }

    fn move_to(&mut self, span: u64) {
        if span <= self.newest {
            return;
        }
        if span - self.newest >= SPANS as u64 {
            self.bytes = [0; SPANS];
        } else {
            for passed in self.newest + 1..=span {
                if let Some(place) = self.bytes.get_mut(passed as usize % SPANS) {
                    *place = 0;
                }
            }
        }
        self.newest = span;
    }

    /// In bit/s over the last `window` (at most a second) before the newest arrival; `None` before so much time passed.
    pub fn rate(&self, window: Micros) -> Option<u64> {
        let spans = (window / SPAN).clamp(1, SPANS as u64 - 1);
        if self.newest - self.oldest? < spans {
            return None;
        }
        // The newest span is not over yet.
        let sum: u64 = (1..=spans).map(|back| self.span(self.newest.wrapping_sub(back))).sum();
        Some(sum * 8 * 1_000_000 / (spans * SPAN))
    }

    /// In bit/s over the second before `now`, on whose clock arrivals were noted. Lower than the truth in the first second.
    pub fn rate_at(&mut self, now: Micros) -> u64 {
        self.move_to(now / SPAN);
        self.bytes.iter().map(|bytes| u64::from(*bytes)).sum::<u64>() * 8
    }

    fn span(&self, number: u64) -> u64 {
        self.bytes.get(number as usize % SPANS).map_or(0, |bytes| u64::from(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_measured() {
        let mut acknowledged = Acknowledged::default();
        assert_eq!(acknowledged.rate(250_000), None);
        for millisecond in 0..2_000u64 {
            acknowledged.add(millisecond * 1_000, 125);
        }
        assert_eq!(acknowledged.rate(250_000), Some(1_000_000));
        assert!((970_000..=1_000_000).contains(&acknowledged.rate_at(1_999_000)));
        assert_eq!(acknowledged.rate_at(9_000_000), 0);
    }

    #[test]
    fn a_fall_is_seen_within_the_window() {
        let mut acknowledged = Acknowledged::default();
        for millisecond in 0..1_300u64 {
            acknowledged.add(millisecond * 1_000, if millisecond < 1_000 { 375 } else { 62 });
        }
        assert_eq!(acknowledged.rate(250_000), Some(496_000));
    }

    #[test]
    fn absurd_times_do_no_harm() {
        let mut acknowledged = Acknowledged::default();
        for at in [5, u64::MAX, 0, 1 << 40, 7, u64::MAX - 1] {
            acknowledged.add(at, u32::MAX);
        }
        assert!(acknowledged.rate(250_000).is_some());
    }
}
