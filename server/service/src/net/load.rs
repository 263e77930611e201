//! Whether the media plane has room for new viewers: the busy share of its busiest worker over the last seconds, with hysteresis,
//! so that an answer does not turn with every breath. Who lives on that worker suffers whatever room the others have, and new ones are
//! placed by load, so that one is much busier than the others only where its own participants make it so. Pure: it is told the time and the
//! counters.

use crate::ports::live::MediaFull;
use lianxian_model::time::Millis;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The share is judged over this long, and never over less.
const WINDOW_MS: i64 = 5_000;
/// Samples kept at most, whatever the clock does.
const MAX_SAMPLES: usize = 64;
/// Once full, the plane has room again below this part of the limit: five sixths, as numerator and denominator.
const FREE_BELOW: (u64, u64) = (5, 6);
/// Share of the busiest worker's time, in percent, from which new viewers are refused unless the configuration says otherwise.
pub const DEFAULT_BUSY_LIMIT: u8 = 85;

/// What each worker had been busy for by then.
#[derive(Clone, Debug)]
struct Sample {
    at: Millis,
    busy_us: Vec<u64>,
}

#[derive(Debug)]
pub(super) struct Judge {
    /// Percent; 0: never full.
    limit: u64,
    samples: VecDeque<Sample>,
    share: u64,
    full: bool,
}

impl Judge {
    pub(super) fn new(limit: u8) -> Self {
        Self { limit: u64::from(limit), samples: VecDeque::new(), share: 0, full: false }
    }

    /// Takes what each worker has been busy for since its start, in microseconds.
    pub(super) fn note(&mut self, now: Millis, busy_us: &[u64]) {
        let goes_on = self.samples.back().is_none_or(|last| {
            let grew = last.busy_us.iter().zip(busy_us).all(|(before, now)| before <= now);
            last.at <= now && last.busy_us.len() == busy_us.len() && grew
        });
        if !goes_on {
            // The clock was set, or these are other workers: what was known says nothing any more.
            self.samples.clear();
        }
        if self.samples.len() == MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(Sample { at: now, busy_us: busy_us.to_vec() });
        // The oldest one kept is the youngest that the whole window has passed since.
        while self.samples.get(1).is_some_and(|next| now.0.saturating_sub(next.at.0) >= WINDOW_MS) {
            self.samples.pop_front();
        }
        let Some(oldest) = self.samples.front() else { return };
        let passed_ms = now.0.saturating_sub(oldest.at.0);
        let grown = oldest.busy_us.iter().zip(busy_us).map(|(before, now)| now - before);
        let Some(busiest_us) = grown.max().filter(|_| passed_ms >= WINDOW_MS) else { return };
        let whole_us = u64::try_from(passed_ms).unwrap_or(0).saturating_mul(1_000);
        // To the nearest: the counters are read a moment after the clock.
        self.share = (busiest_us.saturating_mul(100).saturating_add(whole_us / 2) / whole_us.max(1)).min(100);
        let (part, of) = FREE_BELOW;
        self.full =
            self.limit > 0 && if self.full { self.share * of >= self.limit * part } else { self.share >= self.limit };
    }

    /// Percent of the busiest worker's time, as last judged.
    pub(super) fn share(&self) -> u64 {
        self.share
    }

    pub(super) fn full(&self) -> Option<MediaFull> {
        self.full.then_some(MediaFull { limit: self.limit, value: self.share })
    }
}

/// What the whole process asks before a new watch: the judge's last word, and how often it was no.
#[derive(Clone, Debug, Default)]
pub(super) struct Room(Arc<Mutex<(Option<MediaFull>, u64)>>);

impl Room {
    pub(super) fn set(&self, full: Option<MediaFull>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = full;
    }

    pub(super) fn admit(&self) -> Result<(), MediaFull> {
        let (full, refused) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match full {
            None => Ok(()),
            Some(full) => {
                *refused += 1;
                Err(*full)
            }
        }
    }

    pub(super) fn refused(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK_MS: i64 = 250;

    /// Two workers, and a clock that is set by hand.
    struct Plane {
        judge: Judge,
        now: i64,
        busy: [u64; 2],
    }

    impl Plane {
        fn new(limit: u8) -> Self {
            let mut plane = Self { judge: Judge::new(limit), now: 1_000, busy: [7, 9] };
            plane.judge.note(Millis(plane.now), &plane.busy);
            plane
        }

        /// Runs with each worker busy for this part of the time, in percent.
        fn run(&mut self, ms: i64, percent: [u64; 2]) -> &mut Self {
            for _ in 0..ms / TICK_MS {
                self.now += TICK_MS;
                for (busy, percent) in self.busy.iter_mut().zip(percent) {
                    *busy += TICK_MS as u64 * 1_000 * percent / 100;
                }
                self.judge.note(Millis(self.now), &self.busy);
            }
            self
        }

        fn full(&self) -> Option<(u64, u64)> {
            self.judge.full().map(|full| (full.limit, full.value))
        }
    }

    #[test]
    fn it_is_full_once_the_limit_held_for_the_whole_window() {
        let mut plane = Plane::new(85);
        assert_eq!(plane.run(4_750, [100, 100]).full(), None, "not judged before the window has passed");
        assert_eq!(plane.run(250, [100, 100]).full(), Some((85, 100)));
    }

    #[test]
    fn a_short_burst_refuses_nobody() {
        let mut plane = Plane::new(85);
        assert_eq!(plane.run(10_000, [40, 40]).full(), None);
        assert_eq!(plane.run(2_000, [100, 100]).full(), None);
        assert_eq!(plane.judge.share(), 64);
        assert_eq!(plane.run(10_000, [70, 70]).full(), None);
        assert_eq!(plane.run(5_000, [85, 85]).full(), Some((85, 85)));
    }

    #[test]
    fn it_has_room_again_only_below_five_sixths_of_the_limit() {
        let mut plane = Plane::new(84);
        assert!(plane.run(5_000, [90, 90]).full().is_some());
        assert_eq!(plane.run(10_000, [70, 70]).full(), Some((84, 70)), "not yet");
        assert_eq!(plane.run(10_000, [69, 69]).full(), None);
        assert_eq!(plane.run(10_000, [83, 83]).full(), None, "and full only at the limit again");
    }

    #[test]
    fn the_busiest_worker_decides() {
        let mut plane = Plane::new(85);
        assert_eq!(plane.run(10_000, [84, 84]).full(), None);
        assert_eq!(plane.run(10_000, [20, 90]).full(), Some((85, 90)), "whoever lives there suffers");
        assert_eq!(plane.run(10_000, [70, 20]).full(), None);
    }

    #[test]
    fn zero_is_never_full() {
        assert_eq!(Plane::new(0).run(20_000, [100, 100]).full(), None);
    }

    #[test]
    fn a_clock_that_was_set_and_counters_that_began_anew_are_no_load() {
        let mut plane = Plane::new(85);
        plane.run(5_000, [20, 20]);
        plane.now -= 3_600_000;
        assert_eq!(plane.run(250, [20, 20]).full(), None);
        plane.busy = [0, 0];
        assert_eq!(plane.run(250, [20, 20]).full(), None);
        plane.run(5_000, [20, 20]);
        assert_eq!(plane.judge.share(), 20);
        plane.now += 3_600_000;
        assert_eq!(plane.run(250, [100, 100]).full(), None);
        assert!(plane.judge.samples.len() <= MAX_SAMPLES);
    }

    #[test]
    fn a_clock_that_stands_grows_nothing() {
        let mut judge = Judge::new(85);
        for busy in 0..1_000 {
            judge.note(Millis(5), &[busy]);
        }
        assert_eq!((judge.samples.len(), judge.full()), (MAX_SAMPLES, None));
        judge.note(Millis(6), &[]);
        judge.note(Millis(60_000), &[]);
        assert_eq!(judge.full(), None);
    }
}
