//! How much a subscriber may ask for again: each packet not more often than it can use, and all together bounded.

use std::time::{Duration, Instant};

/// Retransmissions per second to one subscriber of one track, and how many at once.
pub const RATE_PER_SECOND: u32 = 250;
pub const BURST: u32 = 150;
/// A packet asked for again within this time is on its way.
pub const LEAST_INTERVAL: Duration = Duration::from_millis(15);
const REMEMBERED: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it, as this sequence of the RTX stream.
    Send(u16),
    /// It was just sent.
    OnItsWay,
    /// Above [`RATE_PER_SECOND`].
    TooMany,
}

/// The RTX stream of one downstream.
pub struct Retransmissions {
    next: u16,
    /// In thousandths of a packet.
    tokens: u32,
    filled: Instant,
    recent: [(u16, Option<Instant>); REMEMBERED],
    position: u8,
}

impl Retransmissions {
    /// `first` is any random number; see [`super::Continuity::new`].
    pub fn new(first: u16, now: Instant) -> Self {
        Self { next: first & 0x3fff, tokens: BURST * 1000, filled: now, recent: [(0, None); REMEMBERED], position: 0 }
    }

    /// The subscriber asks for `sequence`.
    pub fn ask(&mut self, sequence: u16, now: Instant) -> Verdict {
        let just_sent = |entry: &(u16, Option<Instant>)| {
            entry.0 == sequence && entry.1.is_some_and(|at| now.saturating_duration_since(at) < LEAST_INTERVAL)
        };
        if self.recent.iter().any(just_sent) {
            return Verdict::OnItsWay;
        }
        let passed = now.saturating_duration_since(self.filled).as_millis().min(10_000) as u32;
        if passed > 0 {
            self.filled = now;
            self.tokens = (self.tokens + passed * RATE_PER_SECOND).min(BURST * 1000);
        }
        if self.tokens < 1000 {
            return Verdict::TooMany;
        }
        self.tokens -= 1000;
        self.recent[usize::from(self.position) % REMEMBERED] = (sequence, Some(now));
        self.position = self.position.wrapping_add(1);
        Verdict::Send(self.take())
    }

    /// The next number of the RTX stream, for a packet that nobody asked for: padding.
    pub fn take(&mut self) -> u16 {
        let rtx = self.next;
        self.next = self.next.wrapping_add(1);
        rtx
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_answered_within_the_rate() {
        let start = Instant::now();
        let mut retransmissions = Retransmissions::new(0xffff, start);
        let mut sent = 0;
        for millisecond in 0..1_000u64 {
            for sequence in 0..100 {
                if let Verdict::Send(_) = retransmissions.ask(sequence, start + Duration::from_millis(millisecond)) {
                    sent += 1;
                }
            }
        }
        assert!(sent <= RATE_PER_SECOND + BURST, "{sent}");
        assert!(sent >= RATE_PER_SECOND, "{sent}");
    }

    #[test]
    fn has_its_own_rising_sequence_from_below_the_middle() {
        let now = Instant::now();
        let mut retransmissions = Retransmissions::new(0xffff, now);
        let Verdict::Send(first) = retransmissions.ask(5, now) else { panic!() };
        assert!(first < 1 << 15);
        assert_eq!(retransmissions.ask(5, now), Verdict::OnItsWay);
        assert_eq!(retransmissions.ask(6, now), Verdict::Send(first + 1));
        assert_eq!(retransmissions.ask(5, now + LEAST_INTERVAL), Verdict::Send(first + 2));
    }
}
