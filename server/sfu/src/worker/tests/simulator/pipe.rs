//! One direction of a line: a rate with a queue, delay, jitter, loss alone and in bursts, reordering, outages. Seeded.

use crate::worker::Flow;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the line is like at the moment.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// In bit/s; `None`: without limit.
    pub rate: Option<u64>,
    /// What would wait longer than this is dropped.
    pub queue: Duration,
    pub delay: Duration,
    /// Up to so much more delay, without overtaking.
    pub jitter: Duration,
    /// The share lost at random.
    pub loss: f64,
    /// Bursts of loss: how likely one begins with a packet, and ends with a packet; in between all is lost.
    pub bursts: Option<(f64, f64)>,
    /// The share that is overtaken by what follows within 20 ms.
    pub reordering: f64,
    /// Nothing passes.
    pub outage: bool,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            rate: None,
            queue: Duration::from_secs(1),
            delay: Duration::from_millis(20),
            jitter: Duration::ZERO,
            loss: 0.0,
            bursts: None,
            reordering: 0.0,
            outage: false,
        }
    }
}

pub struct Pipe {
    pub weather: Weather,
    rng: StdRng,
    /// When all that is in the queue is on the line.
    free_at: Option<Instant>,
    in_burst: bool,
    last_arrival: Option<Instant>,
    coming: BTreeMap<(Instant, u64), (Flow, Vec<u8>)>,
    number: u64,
    /// (when sent, how long it waited) of each packet that was not dropped.
    pub waits: Vec<(Instant, Duration)>,
    /// (when sent, whose, bytes) of each packet that was not dropped.
    pub carried: Vec<(Instant, Flow, usize)>,
    pub dropped: usize,
}

impl Pipe {
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self {
            weather,
            rng: StdRng::seed_from_u64(seed),
            free_at: None,
            in_burst: false,
            last_arrival: None,
            coming: BTreeMap::new(),
            number: 0,
            waits: Vec::new(),
            carried: Vec::new(),
            dropped: 0,
        }
    }

    pub fn send(&mut self, flow: Flow, bytes: Vec<u8>, now: Instant) {
        let weather = self.weather;
        let mut at = now;
        if let Some(rate) = weather.rate {
            let free_at = self.free_at.map_or(now, |free_at| free_at.max(now));
            if free_at - now > weather.queue {
                self.dropped += 1;
                return;
            }
            self.waits.push((now, free_at - now));
            // With the network's own headers.
            at = free_at + Duration::from_secs_f64((bytes.len() + 28) as f64 * 8.0 / rate as f64);
            self.free_at = Some(at);
        }
        if let Some((begin, end)) = weather.bursts {
            let turn = if self.in_burst { end } else { begin };
            self.in_burst ^= self.rng.random_bool(turn);
        }
        let lost = weather.outage || (weather.bursts.is_some() && self.in_burst) || self.rng.random_bool(weather.loss);
        if lost {
            self.dropped += 1;
            return;
        }
        self.carried.push((now, flow, bytes.len()));
        at += weather.delay;
        if !weather.jitter.is_zero() {
            at += weather.jitter.mul_f64(self.rng.random::<f64>());
        }
        if weather.reordering > 0.0 && self.rng.random_bool(weather.reordering) {
            at += Duration::from_millis(self.rng.random_range(5..20));
        } else {
            at = self.last_arrival.map_or(at, |last| last.max(at));
            self.last_arrival = Some(at);
        }
        self.number += 1;
        self.coming.insert((at, self.number), (flow, bytes));
    }

    /// The next packet that has arrived by now.
    pub fn due(&mut self, now: Instant) -> Option<(Flow, Vec<u8>)> {
        let first = self.coming.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }

    /// The wait that 95 of 100 packets sent in this time did not exceed.
    pub fn wait_p95(&self, from: Instant, to: Instant) -> Duration {
        let mut waits: Vec<Duration> =
            self.waits.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, wait)| *wait).collect();
        waits.sort_unstable();
        waits.get(waits.len() * 95 / 100).copied().unwrap_or_default()
    }

    /// Bytes that one flow got across since then.
    pub fn bytes_of(&self, flow: Flow, from: Instant) -> usize {
        self.carried.iter().filter(|(at, whose, _)| *at >= from && *whose == flow).map(|(.., len)| len).sum()
    }
}
