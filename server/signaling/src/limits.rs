//! How much one link may say, by name.

/// Limits of one conversation. A breach ends that link, with a reason that names the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one signalling message.
    pub message_bytes: usize,
    /// Nesting of one text message.
    pub message_depth: usize,
    /// Messages per second, long-run, and how many may come at once.
    pub messages_per_s: u32,
    pub messages_burst: u32,
    /// Their bytes per second, long-run, and at once: what is read of a message takes more room than the message.
    pub bytes_per_s: u32,
    pub bytes_burst: u32,
    /// Tracks and participants that one message may name: each is looked up, and most are answered.
    pub named: usize,
    /// Bytes of one data packet (its content; the stamp comes on top).
    pub data_bytes: usize,
    /// Data packets per second, long-run, and at once. What is over is dropped, the link stays.
    pub data_per_s: u32,
    pub data_burst: u32,
    /// Bytes of data packets per second, long-run, and at once: less than may wait for one receiver, whose link a full queue ends.
    pub data_bytes_per_s: u32,
    pub data_bytes_burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // An answer to as many tracks as one link may receive: 160 sections of pictures and as many of sounds are below 400 KiB.
            message_bytes: 640 * 1024,
            message_depth: 32,
            messages_per_s: 50,
            // A viewer of a full wall sends a track setting per tile, an answer per offer and its sync state at once.
            messages_burst: 500,
            bytes_per_s: 512 << 10,
            bytes_burst: 16 << 20,
            named: 2_048,
            data_bytes: 64_000,
            data_per_s: 2_000,
            data_burst: 4_000,
            data_bytes_per_s: 1 << 20,
            data_bytes_burst: 3 << 19,
        }
    }
}

/// A token bucket that is told the time.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_s: u64,
    burst: u64,
    /// Thousandths of one.
    level: u64,
    at_ms: i64,
}

impl Bucket {
    pub(crate) fn new(per_s: u32, burst: u32, now_ms: i64) -> Self {
        Self { per_s: per_s.into(), burst: burst.into(), level: u64::from(burst) * 1000, at_ms: now_ms }
    }

    /// Takes one; false when there is none.
    pub(crate) fn take(&mut self, now_ms: i64) -> bool {
        self.take_some(1, now_ms)
    }

    /// Takes so many; false when there are fewer, and then takes none.
    pub(crate) fn take_some(&mut self, count: usize, now_ms: i64) -> bool {
        let passed = u64::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or(0);
        self.at_ms = self.at_ms.max(now_ms);
        self.level = self.level.saturating_add(passed.saturating_mul(self.per_s)).min(self.burst * 1000);
        let taken = (count as u64).saturating_mul(1000);
        let enough = taken <= self.level;
        if enough {
            self.level -= taken;
        }
        enough
    }
}

/// The deepest nesting of brackets in a JSON text, not counting those in strings.
pub(crate) fn depth_of(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(10, 3, 0);
        assert_eq!((0..5).filter(|_| bucket.take(0)).count(), 3);
        assert!(!bucket.take(99));
        assert!(bucket.take(100));
        assert!(!bucket.take(50), "a clock that runs backwards gives nothing");
        assert_eq!((0..99).filter(|_| bucket.take(1_000_000)).count(), 3);
        assert!(!bucket.take_some(4, 2_000_000) && bucket.take_some(3, 2_000_000));
    }

    #[test]
    fn depth_ignores_brackets_in_strings() {
        assert_eq!(depth_of(br#"{"a":[{"b":"[[[\"{{{"}]}"#), 3);
        assert_eq!(depth_of(b"}}}"), 0);
    }
}
