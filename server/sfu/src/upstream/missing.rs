//! Which packets to ask the publisher for again (RFC 4585 NACK): bounded in number, age and tries.

use std::time::{Duration, Instant};

/// Packets missing at once; a larger hole is not worth repairing and a key frame is asked for.
pub const MAX_MISSING: usize = 256;
/// Times that one packet is asked for.
pub const MAX_TRIES: u8 = 8;
/// After this a packet counts as lost for good.
pub const MAX_AGE: Duration = Duration::from_millis(1000);
/// Reordering that is waited for before the first request.
const FIRST_DELAY: Duration = Duration::from_millis(8);
const LEAST_INTERVAL: Duration = Duration::from_millis(25);

struct Entry {
    sequence: u64,
    since: Instant,
    next: Instant,
    tries: u8,
}

/// Missing packets of one layer, sorted by sequence.
#[derive(Default)]
pub struct Missing {
    entries: Vec<Entry>,
    lost: u64,
}

impl Missing {
    /// Notes a hole. False: too large, everything is given up and a key frame is needed.
    pub fn add(&mut self, sequences: std::ops::Range<u64>, now: Instant) -> bool {
        let hole = sequences.end - sequences.start;
        if hole + self.entries.len() as u64 > MAX_MISSING as u64 {
            self.lost += hole + self.entries.len() as u64;
            self.entries.clear();
            return false;
        }
        self.entries.extend(sequences.map(|sequence| Entry {
            sequence,
            since: now,
            next: now + FIRST_DELAY,
            tries: 0,
        }));
        true
    }

    /// A missing packet came. True if it had been asked for or waited for.
    pub fn arrived(&mut self, sequence: u64) -> bool {
        match self.entries.binary_search_by_key(&sequence, |entry| entry.sequence) {
            Ok(index) => {
                self.entries.remove(index);
                true
            }
            Err(_) => false,
        }
    }

    /// The sequences to ask for now, at most `into.len()`; gives up what is too old. The second value says whether
    /// anything was given up, so that a picture needs a key frame.
    pub fn due(&mut self, now: Instant, rtt: Duration, into: &mut [u16]) -> (usize, bool) {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.tries < MAX_TRIES && now.saturating_duration_since(entry.since) < MAX_AGE);
        let given_up = before - self.entries.len();
        self.lost += given_up as u64;
        let interval = (rtt + rtt / 4).max(LEAST_INTERVAL);
        let mut count = 0;
        for entry in self.entries.iter_mut().filter(|entry| entry.next <= now).take(into.len()) {
            into[count] = entry.sequence as u16;
            count += 1;
            entry.tries += 1;
            entry.next = now + interval;
        }
        (count, given_up > 0)
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.entries.iter().map(|entry| entry.next).min()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Packets that were never repaired.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    pub fn clear(&mut self) {
        self.lost += self.entries.len() as u64;
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(40);

    #[test]
    fn asks_again_until_it_gives_up() {
        let start = Instant::now();
        let mut missing = Missing::default();
        assert!(missing.add(10..12, start));
        let mut into = [0u16; 8];
        assert_eq!(missing.due(start, RTT, &mut into).0, 0, "reordering is waited for");
        let mut at = start + FIRST_DELAY;
        assert_eq!(missing.due(at, RTT, &mut into).0, 2);
        assert_eq!(&into[..2], &[10, 11]);
        assert_eq!(missing.due(at, RTT, &mut into).0, 0, "not before a round trip");
        assert!(missing.arrived(10));
        assert!(!missing.arrived(10));
        let mut asked = 1;
        while !missing.is_empty() {
            at += Duration::from_millis(50);
            let (count, gave_up) = missing.due(at, RTT, &mut into);
            asked += count;
            assert_eq!(gave_up, missing.is_empty());
        }
        assert_eq!(asked, usize::from(MAX_TRIES));
        assert_eq!(missing.lost(), 1);
    }

    #[test]
    fn a_hole_that_is_too_large_needs_a_key_frame() {
        let now = Instant::now();
        let mut missing = Missing::default();
        assert!(missing.add(0..MAX_MISSING as u64, now));
        assert!(!missing.add(1000..1001, now));
        assert!(missing.is_empty());
        assert_eq!(missing.lost(), MAX_MISSING as u64 + 1);
    }
}
