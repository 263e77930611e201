//! The rate that delays allow: down at once when a queue grows, up step by step, with care near where it failed last.

use super::{MAX_ESTIMATE, MIN_ESTIMATE, Micros, Usage};

/// What is left of the arriving rate when a queue grows: less, so that the queue drains.
const BACK_OFF: f64 = 0.85;
/// Far from any known limit: growth in a second.
const GROWTH: f64 = 1.08;
/// Never above this much of what arrives: what is not used is not known.
const AHEAD: f64 = 1.5;
const AHEAD_BITS: u64 = 10_000;
/// How close the arriving rate must be to where it failed, to go on with care.
const NEAR: f64 = 0.25;
/// How much of a new limit is taken over.
const LEARN: f64 = 0.2;
const PACKET_BITS: f64 = 9_600.0;
/// A queue that still drains is no new reason within this time and the round trip.
const REST: Micros = 150_000;

#[derive(Debug)]
pub struct RateControl {
    rate: f64,
    /// Where it failed, on the average.
    limit: Option<f64>,
    updated: Option<Micros>,
    decreased: Option<Micros>,
}

impl RateControl {
    pub fn new(start: u64) -> Self {
        Self { rate: start as f64, limit: None, updated: None, decreased: None }
    }

    pub fn rate(&self) -> u64 {
        self.rate as u64
    }

    /// When a queue was last seen to grow.
    pub fn decreased(&self) -> Option<Micros> {
        self.decreased
    }

    /// Sets it to what a probe showed, or to what other reasons leave.
    pub fn set(&mut self, rate: u64) {
        let rate = rate as f64;
        if self.limit.is_some_and(|limit| rate > limit * (1.0 + NEAR)) {
            self.limit = None;
        }
        self.rate = bounded(rate);
    }

    /// Takes the state of the line; the rate in bit/s. `arriving` is what arrives at present, in bit/s.
    pub fn update(&mut self, usage: Usage, arriving: Option<u64>, round_trip: Micros, now: Micros) -> u64 {
        let passed = self.updated.map_or(0, |updated| now.saturating_sub(updated)).min(1_000_000);
        self.updated = Some(now);
        match usage {
            Usage::Over => self.decrease(arriving, round_trip, now),
            // The queue of before is to drain first.
            Usage::Under => {}
            Usage::Normal => self.increase(arriving, round_trip, passed as f64 / 1_000_000.0),
        }
        self.rate()
    }

    fn decrease(&mut self, arriving: Option<u64>, round_trip: Micros, now: Micros) {
        let rests = self.decreased.is_some_and(|last| now.saturating_sub(last) < REST + round_trip);
        let arriving = arriving.map_or(self.rate * 0.6, |arriving| arriving as f64);
        // Unless it is far off: then the next step must not wait.
        if rests && arriving * BACK_OFF > self.rate * 0.7 {
            return;
        }
        let next = arriving * BACK_OFF;
        if next < self.rate {
            let limit = self.limit.filter(|limit| (arriving / limit - 1.0).abs() < NEAR);
            self.limit = Some(limit.map_or(arriving, |limit| limit + (arriving - limit) * LEARN));
            self.rate = bounded(next);
        }
        self.decreased = Some(now);
    }

    fn increase(&mut self, arriving: Option<u64>, round_trip: Micros, seconds: f64) {
        let Some(arriving) = arriving.map(|arriving| arriving as f64) else { return };
        if self.limit.is_some_and(|limit| arriving > limit * (1.0 + NEAR)) {
            self.limit = None;
        }
        let near = self.limit.is_some_and(|limit| self.rate > limit * (1.0 - NEAR));
        let next = if near {
            // About a packet in each response time.
            let response = round_trip as f64 / 1_000_000.0 + 0.1;
            self.rate + (PACKET_BITS / response).max(4_000.0) * seconds
        } else {
            self.rate * GROWTH.powf(seconds) + 1_000.0 * seconds
        };
        let ahead = arriving * AHEAD + AHEAD_BITS as f64;
        self.rate = bounded(next.min(ahead).max(self.rate));
    }
}

fn bounded(rate: f64) -> f64 {
    rate.clamp(MIN_ESTIMATE as f64, MAX_ESTIMATE as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn falls_at_once_below_what_arrives_and_comes_back_with_care() {
        let mut rate = RateControl::new(3_000_000);
        assert_eq!(rate.update(Usage::Over, Some(500_000), 50_000, 1_000_000), 425_000);
        assert_eq!(rate.update(Usage::Over, Some(480_000), 50_000, 1_050_000), 425_000, "the queue still drains");
        let mut now = 1_050_000;
        for _ in 0..20 {
            now += 50_000;
            rate.update(Usage::Normal, Some(420_000), 50_000, now);
        }
        assert!((450_000..520_000).contains(&rate.rate()), "{}", rate.rate());
    }

    #[test]
    fn is_never_far_ahead_of_what_arrives() {
        let mut rate = RateControl::new(300_000);
        for second in 0..100 {
            rate.update(Usage::Normal, Some(400_000), 50_000, second * 1_000_000);
        }
        assert_eq!(rate.rate(), 610_000);
    }

    proptest! {
        #[test]
        fn stays_within_its_bounds(steps in proptest::collection::vec((0u8..3, any::<Option<u64>>(), any::<u32>(), any::<u64>()), 0..200)) {
            let mut rate = RateControl::new(1_000_000);
            for (usage, arriving, round_trip, now) in steps {
                let usage = [Usage::Normal, Usage::Over, Usage::Under][usize::from(usage)];
                let next = rate.update(usage, arriving, u64::from(round_trip), now);
                prop_assert!((MIN_ESTIMATE..=MAX_ESTIMATE).contains(&next));
            }
        }
    }
}
