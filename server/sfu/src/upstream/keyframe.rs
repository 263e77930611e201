//! Key frame requests of one layer, merged: a hundred viewers that open at once cost one key frame.

use std::time::{Duration, Instant};

/// Requests within this time become one.
pub const INTERVAL: Duration = Duration::from_millis(500);
/// An urgent request (a viewer whose DTLS just completed) waits no longer than this after another.
pub const URGENT_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Default)]
pub struct KeyframeRequests {
    last: Option<Instant>,
    wanted: bool,
    urgent: bool,
    sent: u64,
}

impl KeyframeRequests {
    pub fn ask(&mut self, urgent: bool) {
        self.wanted = true;
        self.urgent |= urgent;
    }

    /// A key frame came: nobody waits any more.
    pub fn satisfied(&mut self) {
        self.wanted = false;
        self.urgent = false;
    }

    pub fn wanted(&self) -> bool {
        self.wanted
    }

    pub fn deadline(&self) -> Option<Instant> {
        let interval = if self.urgent { URGENT_INTERVAL } else { INTERVAL };
        // Without a last one it is due at once, which callers learn by asking `due`.
        self.wanted.then_some(self.last? + interval)
    }

    /// True if a request is to be sent now. It stays wanted until a key frame comes, and is then due again.
    pub fn due(&mut self, now: Instant) -> bool {
        let due = self.wanted && self.deadline().is_none_or(|deadline| deadline <= now);
        if due {
            self.last = Some(now);
            self.urgent = false;
            self.sent += 1;
        }
        due
    }

    pub fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_within_the_interval_and_repeats_until_satisfied() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        assert!(!requests.due(start));
        requests.ask(false);
        assert!(requests.due(start));
        for _ in 0..50 {
            requests.ask(false);
            assert!(!requests.due(start + INTERVAL / 2));
        }
        assert!(requests.due(start + INTERVAL), "nothing came: again");
        requests.satisfied();
        assert!(!requests.due(start + INTERVAL * 4));
        assert_eq!(requests.sent(), 2);
    }

    #[test]
    fn an_urgent_one_does_not_wait_for_the_interval() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        requests.ask(false);
        assert!(requests.due(start));
        requests.ask(true);
        assert!(!requests.due(start + URGENT_INTERVAL / 2), "but a storm of them is still bounded");
        assert!(requests.due(start + URGENT_INTERVAL));
        assert!(!requests.due(start + URGENT_INTERVAL * 2), "urgent once");
    }
}
