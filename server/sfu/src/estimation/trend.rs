//! Whether a queue grows on the way: the slope of the one-way delay over the last groups, against a threshold that learns how much
//! the line trembles by itself.

use super::Step;

/// Groups that the slope is drawn through.
const WINDOW: usize = 20;
/// How much of the old delay stays in the smoothed one.
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
/// Groups after which a slope has its whole weight.
const WHOLE_WEIGHT: u32 = 60;
/// The threshold, in milliseconds: at first, and its bounds.
const START_THRESHOLD: f64 = 12.5;
const MIN_THRESHOLD: f64 = 6.0;
const MAX_THRESHOLD: f64 = 600.0;
/// How fast it follows a trend above and below itself, by millisecond.
const UP: f64 = 0.0087;
const DOWN: f64 = 0.039;
/// A trend this far above the threshold is an event and not the line's nature.
const OUTLIER: f64 = 15.0;
/// A queue must grow for this long, in milliseconds.
const PATIENCE: f64 = 10.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    #[default]
    Normal,
    /// A queue grows.
    Over,
    /// A queue drains.
    Under,
}

#[derive(Debug)]
pub struct Trend {
    /// (arrival, smoothed delay), in milliseconds, oldest first from `position`.
    window: [(f64, f64); WINDOW],
    position: usize,
    seen: u32,
    first_arrival: Option<i64>,
    accumulated: f64,
    smoothed: f64,
    threshold: f64,
    last_update: f64,
    over_for: f64,
    over_count: u32,
    last: f64,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            window: [(0.0, 0.0); WINDOW],
            position: 0,
            seen: 0,
            first_arrival: None,
            accumulated: 0.0,
            smoothed: 0.0,
            threshold: START_THRESHOLD,
            last_update: 0.0,
            over_for: 0.0,
            over_count: 0,
            last: 0.0,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// Takes the next step; what the line is like now.
    pub fn add(&mut self, step: Step) -> Usage {
        let millis = |micros: i64| micros as f64 / 1_000.0;
        let first = *self.first_arrival.get_or_insert(step.at);
        let at = millis(step.at.saturating_sub(first));
        self.accumulated += millis(step.arrived - step.sent);
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        if let Some(place) = self.window.get_mut(self.position) {
            *place = (at, self.smoothed);
        }
        self.position = (self.position + 1) % WINDOW;
        self.seen = (self.seen + 1).min(WHOLE_WEIGHT);
        let slope = if self.seen >= WINDOW as u32 { self.slope() } else { 0.0 };
        let trend = slope * f64::from(self.seen) * GAIN;
        self.judge(trend, millis(step.sent), at);
        self.usage
    }

    /// Least squares.
    fn slope(&self) -> f64 {
        let count = WINDOW as f64;
        let (x, y) = self.window.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (x, y) = (x / count, y / count);
        let (above, below) = self.window.iter().fold((0.0, 0.0), |(above, below), point| {
            let from = point.0 - x;
            (above + from * (point.1 - y), below + from * from)
        });
        if below > 0.0 { above / below } else { 0.0 }
    }

    fn judge(&mut self, trend: f64, sent: f64, at: f64) {
        if trend > self.threshold {
            // The first time half of the step was above it, on the average.
            self.over_for += if self.over_count == 0 { sent / 2.0 } else { sent };
            self.over_count += 1;
            if self.over_for > PATIENCE && self.over_count > 1 && trend >= self.last {
                (self.over_for, self.over_count) = (0.0, 0);
                self.usage = Usage::Over;
            }
        } else {
            (self.over_for, self.over_count) = (0.0, 0);
            self.usage = if trend < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.last = trend;
        let size = trend.abs();
        if size <= self.threshold + OUTLIER {
            let speed = if size < self.threshold { DOWN } else { UP };
            let passed = (at - self.last_update).clamp(0.0, 100.0);
            self.threshold += speed * (size - self.threshold) * passed;
            self.threshold = self.threshold.clamp(MIN_THRESHOLD, MAX_THRESHOLD);
        }
        self.last_update = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    /// Groups each 33 ms, of which the delay grows as told; when it was first called overuse.
    fn first_over(growth: impl Fn(i64) -> i64, steps: i64) -> Option<i64> {
        let mut trend = Trend::default();
        let mut at = 0;
        (0..steps).find(|number| {
            let arrived = (33_000 + growth(*number)).max(0);
            at += arrived;
            trend.add(Step { sent: 33_000, arrived, at }) == Usage::Over
        })
    }

    #[test]
    fn a_steady_line_is_not_overused() {
        assert_eq!(first_over(|_| 0, 1_000), None);
    }

    #[test]
    fn a_growing_queue_is_seen_soon() {
        let seen = first_over(|number| if number < 60 { 0 } else { 10_000 }, 100).unwrap();
        assert!((60..70).contains(&seen), "{seen}");
    }

    #[test]
    fn a_draining_queue_is_underuse() {
        let mut trend = Trend::default();
        let mut at = 0;
        let mut under = false;
        for number in 0..100 {
            let arrived = if number < 50 { 33_000 } else { 25_000 };
            at += arrived;
            under |= trend.add(Step { sent: 33_000, arrived, at }) == Usage::Under;
        }
        assert!(under);
    }

    #[test]
    fn a_trembling_line_is_learnt() {
        let mut rng = StdRng::seed_from_u64(3);
        let (mut trend, mut at, mut over, mut delay) = (Trend::default(), 0, 0, 0);
        for number in 0..3_000 {
            let now: i64 = rng.random_range(0..20_000);
            let arrived = (33_000 + now - delay).max(0);
            delay = now;
            at += arrived;
            over += u32::from(trend.add(Step { sent: 33_000, arrived, at }) == Usage::Over && number > 300);
        }
        assert!(over < 30, "{over} of 2700");
    }
}
