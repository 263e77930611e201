//! Reference times that a publisher was sent: their echoes tell how far away it is, even of one that receives nothing.

use std::time::{Duration, Instant};

/// Those that an echo may still name.
const REMEMBERED: usize = 4;

#[derive(Debug)]
pub(super) struct References {
    epoch: Instant,
    /// (middle of the NTP time, when it was sent)
    sent: [Option<(u32, Instant)>; REMEMBERED],
    next: u8,
}

impl References {
    pub fn new(now: Instant) -> Self {
        Self { epoch: now, sent: [None; REMEMBERED], next: 0 }
    }

    /// The NTP time to send now; of a clock of our own, which begins at one, for zero means that there was none.
    pub fn next(&mut self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.epoch);
        let ntp = (1 << 32) + ((passed.as_nanos() << 32) / 1_000_000_000) as u64;
        if let Some(place) = self.sent.get_mut(usize::from(self.next) % REMEMBERED) {
            *place = Some(((ntp >> 16) as u32, now));
        }
        self.next = self.next.wrapping_add(1);
        ntp
    }

    /// `held`: how long the other side kept it, in 1/65536 s. None: we never sent it, or it cannot be.
    pub fn round_trip(&self, reference: u32, held: u32, now: Instant) -> Option<Duration> {
        let (_, sent) = self.sent.iter().flatten().find(|(middle, _)| *middle == reference)?;
        let held = Duration::from_secs_f64(f64::from(held) / 65_536.0);
        now.saturating_duration_since(*sent).checked_sub(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_of_ours_is_believed_and_no_other() {
        let start = Instant::now();
        let mut references = References::new(start);
        let at = |ms: u64| start + Duration::from_millis(ms);
        let middle = (references.next(at(5_000)) >> 16) as u32;
        let half_a_second = 32_768;
        assert_eq!(references.round_trip(middle, half_a_second, at(5_540)), Some(Duration::from_millis(40)));
        assert_eq!(references.round_trip(middle.wrapping_add(1), 0, at(5_540)), None);
        assert_eq!(references.round_trip(middle, u32::MAX, at(5_540)), None, "held for longer than it was away");
        for second in 6..10 {
            references.next(at(second * 1_000));
        }
        assert_eq!(references.round_trip(middle, 0, at(10_000)), None, "too long ago");
    }
}
