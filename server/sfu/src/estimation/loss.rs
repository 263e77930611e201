//! What losses allow. A little loss is the nature of a line and is repaired; a lot says that less must be sent.

use super::{MAX_ESTIMATE, MIN_ESTIMATE, Micros};

/// Above this share lost, less is sent: pictures with more cannot be repaired in time.
pub const TOO_MUCH: f32 = 0.15;
/// Above this share, which a tenth lost at random hardly ever looks like, it is not the rate alone: the picture is to give way soon.
const PAST_REPAIR: f32 = 0.25;
/// Below this share more may be sent again.
pub const LITTLE: f32 = 0.12;
/// Below this share losses say nothing.
const NOTHING: f32 = 0.02;
/// Packets after which the average is half made of them.
const HALF_WEIGHT: f32 = 60.0;
/// A verdict takes this many packets, or a second.
const ENOUGH: u32 = 20;
const SHORTEST: Micros = 200_000;
const LONGEST: Micros = 1_000_000;
/// So few packets that come without any loss say more than their number: they are probes.
const PROBE: u32 = 5;
/// Growth in a second.
const GROWTH: f64 = 0.25;
const SLOW_GROWTH: f64 = 0.04;

/// The share of packets lost, and the rate that it allows.
#[derive(Debug, Default)]
pub struct LossBound {
    received: u32,
    lost: u32,
    since: Option<Micros>,
    average: f32,
    /// In bit/s; `None`: losses set no bound.
    bound: Option<u64>,
}

impl LossBound {
    pub fn add(&mut self, received: u32, lost: u32) {
        self.received = self.received.saturating_add(received);
        self.lost = self.lost.saturating_add(lost);
    }

    /// A packet that was told as lost came after all.
    pub fn late(&mut self) {
        self.lost = self.lost.saturating_sub(1);
        self.received = self.received.saturating_add(1);
    }

    /// The share lost lately, in [0, 1].
    pub fn average(&self) -> f32 {
        self.average
    }

    /// What losses allow now, in bit/s; `estimate` is what may be sent at most at present, `sent` what is.
    pub fn update(&mut self, estimate: u64, sent: impl FnOnce() -> u64, now: Micros) -> Option<u64> {
        let since = *self.since.get_or_insert(now);
        let (packets, passed) = (self.received.saturating_add(self.lost), now.saturating_sub(since));
        let ripe = (packets >= ENOUGH && passed >= SHORTEST) || (packets >= PROBE && passed >= LONGEST);
        if !ripe {
            return self.bound;
        }
        let share = self.lost as f32 / packets as f32;
        let weight = packets as f32 / (packets as f32 + HALF_WEIGHT);
        self.average += (share - self.average) * weight;
        if self.lost == 0 {
            self.average *= 0.5;
        }
        let is_lossy_now = share > TOO_MUCH / 2.0;
        (self.received, self.lost, self.since) = (0, 0, Some(now));
        self.judge(estimate, sent, is_lossy_now, passed);
        self.bound
    }

    fn judge(&mut self, estimate: u64, sent: impl FnOnce() -> u64, is_lossy_now: bool, passed: Micros) {
        let seconds = passed.min(LONGEST) as f64 / 1_000_000.0;
        if self.average > TOO_MUCH {
            // Not for losses that are over.
            if is_lossy_now {
                let mut from = self.bound.map_or(estimate, |bound| bound.min(estimate));
                if self.average > PAST_REPAIR {
                    // To send less than may be sent, but not less than is sent, would change nothing yet.
                    from = from.min(sent());
                }
                let next = from as f64 * (1.0 - 0.5 * f64::from(self.average));
                self.bound = Some((next as u64).max(MIN_ESTIMATE));
            }
        } else if let Some(bound) = self.bound {
            if self.average < NOTHING && bound >= estimate {
                self.bound = None;
            } else if self.average < LITTLE {
                let speed = if self.average < LITTLE / 2.0 { GROWTH } else { SLOW_GROWTH };
                self.bound = Some(((bound as f64 * (1.0 + speed * seconds)) as u64).min(MAX_ESTIMATE));
            }
        }
    }

    /// A probe came through at this rate.
    pub fn raise(&mut self, rate: u64) {
        if self.average < LITTLE
            && let Some(bound) = &mut self.bound
        {
            *bound = (*bound).max(rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    /// The bound after so many seconds of 200 packets each at this loss.
    fn after(bound: &mut LossBound, loss: f64, from: u64, seconds: u64, rng: &mut StdRng) -> Option<u64> {
        let mut now = from * 1_000_000;
        let mut last = None;
        for _ in 0..seconds * 20 {
            now += 50_000;
            let lost = (0..10).filter(|_| rng.random_bool(loss)).count() as u32;
            bound.add(10 - lost, lost);
            last = bound.update(last.unwrap_or(2_000_000), || 2_000_000, now);
        }
        last
    }

    #[test]
    fn a_little_loss_is_no_reason() {
        let mut rng = StdRng::seed_from_u64(1);
        for loss in [0.0, 0.02, 0.05] {
            assert_eq!(after(&mut LossBound::default(), loss, 0, 60, &mut rng), None);
        }
        let at_ten = after(&mut LossBound::default(), 0.1, 0, 60, &mut rng);
        assert!(at_ten.is_none_or(|bound| bound > 1_000_000), "{at_ten:?}");
    }

    #[test]
    fn a_lot_of_loss_bounds_until_it_is_over() {
        let mut rng = StdRng::seed_from_u64(2);
        let mut bound = LossBound::default();
        let bad = after(&mut bound, 0.3, 0, 10, &mut rng).unwrap();
        assert!(bad < 100_000, "{bad}");
        // Probes alone, each second.
        let mut now = 20_000_000;
        for _ in 0..8 {
            bound.add(8, 0);
            now += 1_000_000;
            bound.update(bad, || bad, now);
        }
        assert!(bound.average() < LITTLE / 4.0, "{}", bound.average());
        bound.raise(900_000);
        bound.add(30, 0);
        assert!(bound.update(2_000_000, || 2_000_000, now + 1_000_000).is_none_or(|bound| bound >= 900_000));
    }

    #[test]
    fn what_may_be_sent_and_is_not_does_not_hold_the_fall_up() {
        let mut bound = LossBound::default();
        bound.add(60, 40);
        assert_eq!(bound.update(5_000_000, || 150_000, 1_000_000), None, "the first time is noted alone");
        bound.add(60, 40);
        assert!(bound.update(5_000_000, || 150_000, 1_500_000).is_some_and(|bound| bound < 150_000));
    }
}
