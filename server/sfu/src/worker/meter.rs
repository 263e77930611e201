//! How much a layer is: its rate, counted as it comes and read now and then, and its last key frame.

use std::time::Instant;

/// Bytes of headers and of the network for each packet.
const OVERHEAD: u32 = 60;
/// Shorter spans than this say nothing.
const LEAST_SPAN_MS: u64 = 200;
/// How much a span weighs: up soon, down slowly, so that a still picture between two lively ones is not taken for small.
const UP: f64 = 0.4;
const DOWN: f64 = 0.1;

#[derive(Debug, Default)]
pub(super) struct Meter {
    bytes: u32,
    /// A key frame came in this span: it says nothing of the others.
    has_key: bool,
    since: Option<Instant>,
    rate: f64,
    /// The timestamp of the last key frame and the bytes that came of it.
    key: Option<(u32, u32)>,
}

impl Meter {
    /// A packet with so many bytes of payload, of the frame with this timestamp.
    pub fn add(&mut self, payload: usize, key_frame: bool, timestamp: u32) {
        let bytes = payload as u32 + OVERHEAD;
        self.has_key |= key_frame;
        self.bytes = self.bytes.saturating_add(bytes);
        match &mut self.key {
            Some((at, sum)) if *at == timestamp => *sum = sum.saturating_add(bytes),
            _ if key_frame => self.key = Some((timestamp, bytes)),
            _ => {}
        }
    }

    /// Closes the span until now.
    pub fn look(&mut self, now: Instant) {
        let Some(since) = self.since else {
            (self.since, self.bytes) = (Some(now), 0);
            return;
        };
        let passed = now.saturating_duration_since(since).as_millis() as u64;
        if passed < LEAST_SPAN_MS {
            return;
        }
        let (bytes, has_key) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.has_key));
        self.since = Some(now);
        // Of a layer that does not come the last that was known is kept.
        if bytes > 0 && !has_key {
            let sample = f64::from(bytes) * 8_000.0 / passed as f64;
            let weight = if self.rate == 0.0 {
                1.0
            } else if sample > self.rate {
                UP
            } else {
                DOWN
            };
            self.rate += (sample - self.rate) * weight;
        }
    }

    /// In bit/s; 0: not known yet.
    pub fn rate(&self) -> u64 {
        self.rate as u64
    }

    /// What the last key frame took, in bits; 0: none came yet.
    pub fn key_frame(&self) -> u64 {
        self.key.map_or(0, |(_, bytes)| u64::from(bytes) * 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn measures_what_comes_and_keeps_it_when_it_stops() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for step in 0..50u64 {
            meter.look(start + Duration::from_millis(step * 300));
            (0..30).for_each(|n| meter.add(1_190, false, n));
        }
        assert_eq!(meter.rate(), 1_000_000);
        assert_eq!(meter.key_frame(), 0);
        (0..30).for_each(|n| meter.add(9_940, n == 0, 7 + n / 10));
        assert_eq!(meter.key_frame(), 10 * 10_000 * 8, "all packets of its frame, and no others");
        meter.look(start + Duration::from_millis(50 * 300));
        assert_eq!(meter.rate(), 1_000_000, "a key frame is not the rule");
        meter.look(start + Duration::from_secs(16));
        let after = meter.rate();
        meter.look(start + Duration::from_secs(60));
        assert_eq!(meter.rate(), after);
    }
}
