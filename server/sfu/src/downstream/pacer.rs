//! Lets one viewer's video go no faster than its line can take. While there is room a packet passes without being touched; only what
//! comes on top waits, bounded in bytes and time. Sound passes in any case, and is counted.

use crate::estimation::Micros;
use std::collections::VecDeque;

/// So far ahead of its rate a transport may be at once: a frame leaves whole.
const BURST: Micros = 40_000;
/// Repairs may go this much further: they are late already.
const REPAIR_BURST: Micros = 80_000;
/// Sound and probes pass in any case: pictures wait for the room that they took no longer than this.
const MAX_DEBT: Micros = 500_000;
/// Bytes of one viewer that wait at most.
pub const MAX_QUEUED_BYTES: usize = 256 * 1024;
/// What has waited for this long is of no use any more.
pub const MAX_QUEUED_TIME: Micros = 600_000;
/// After a key frame had to wait, what is behind it may wait longer for this long: a large one over a thin line takes its time, and
/// letting go of it would only bring the next.
const KEY_FRAME_TIME: Micros = 3_000_000;

/// Places that an empty queue keeps.
const KEPT_PLACES: usize = 16;

struct Held<T> {
    item: T,
    len: u16,
    since: Micros,
}

/// The queue of one transport.
pub struct Pacer<T> {
    /// Microseconds that 1,024 bytes take; 0: no limit.
    pace: u64,
    /// When everything that left is on the line.
    ready_at: Micros,
    bytes: usize,
    queue: VecDeque<Held<T>>,
    /// Until when [`KEY_FRAME_TIME`] counts.
    lenient_until: Micros,
}

impl<T> Default for Pacer<T> {
    fn default() -> Self {
        Self { pace: 0, ready_at: 0, bytes: 0, queue: VecDeque::new(), lenient_until: 0 }
    }
}

impl<T> Pacer<T> {
    /// In bit/s; `None`: no limit.
    pub fn set_rate(&mut self, rate: Option<u64>) {
        self.pace = rate.map_or(0, |rate| (8 * 1_024 * 1_000_000 / rate.max(1)).max(1));
    }

    /// Whether a packet may leave now.
    pub fn admits(&self, now: Micros) -> bool {
        self.queue.is_empty() && (self.pace == 0 || self.ready_at <= now + BURST)
    }

    /// Whether a repair may leave now, past what waits.
    pub fn admits_repair(&self, now: Micros) -> bool {
        self.pace == 0 || self.ready_at <= now + REPAIR_BURST
    }

    /// A packet left.
    pub fn charge(&mut self, len: usize, now: Micros) {
        if self.pace != 0 {
            let ready_at = self.ready_at.max(now) + ((len as u64 * self.pace) >> 10);
            self.ready_at = ready_at.min(self.ready_at.max(now + MAX_DEBT));
        }
    }

    /// A packet waits; true if too much does now.
    pub fn hold(&mut self, item: T, len: usize, key_frame: bool, now: Micros) -> bool {
        if key_frame {
            self.lenient_until = now + KEY_FRAME_TIME;
        }
        self.bytes += len;
        self.queue.push_back(Held { item, len: len.min(usize::from(u16::MAX)) as u16, since: now });
        self.is_over(now)
    }

    /// Whether more waits, or for longer, than is of use.
    pub fn is_over(&self, now: Micros) -> bool {
        let waited = self.queue.front().map_or(0, |first| now.saturating_sub(first.since));
        let longest = if now < self.lenient_until { KEY_FRAME_TIME } else { MAX_QUEUED_TIME };
        self.bytes > MAX_QUEUED_BYTES || waited > longest
    }

    /// The next packet that may leave now.
    pub fn release(&mut self, now: Micros) -> Option<T> {
        if self.pace != 0 && self.ready_at > now + BURST {
            return None;
        }
        let held = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(usize::from(held.len));
        if self.queue.is_empty() {
            self.shrink();
        }
        Some(held.item)
    }

    /// When the next packet may leave.
    pub fn deadline(&self) -> Option<Micros> {
        self.queue.front().map(|_| if self.pace == 0 { 0 } else { self.ready_at.saturating_sub(BURST) })
    }

    /// What waits, with its length in bytes.
    pub fn waiting(&self) -> impl Iterator<Item = (&T, usize)> {
        self.queue.iter().map(|held| (&held.item, usize::from(held.len)))
    }

    /// Lets go of what waits and is not `kept`; how many that were.
    pub fn keep(&mut self, kept: impl Fn(&T) -> bool) -> usize {
        let before = self.queue.len();
        self.queue.retain(|held| kept(&held.item));
        self.bytes = self.queue.iter().map(|held| usize::from(held.len)).sum();
        if self.queue.is_empty() {
            self.shrink();
        }
        before - self.queue.len()
    }

    /// Rare: what a long queue took is given back when it is over.
    fn shrink(&mut self) {
        if self.queue.capacity() > KEPT_PLACES {
            self.queue.shrink_to(KEPT_PLACES);
        }
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// That wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_rate_everything_passes() {
        let mut pacer: Pacer<u32> = Pacer::default();
        for _ in 0..10_000 {
            assert!(pacer.admits(5));
            pacer.charge(1_200, 5);
        }
    }

    #[test]
    fn a_burst_passes_and_the_rest_waits_in_order() {
        let mut pacer = Pacer::default();
        pacer.set_rate(Some(1_000_000));
        let mut passed = 0;
        for number in 0..20 {
            if pacer.admits(0) {
                pacer.charge(1_250, 0);
                passed += 1;
            } else {
                assert!(!pacer.hold(number, 1_250, false, 0));
            }
        }
        // 10 ms each: 40 ms ahead, and the one that goes beyond.
        assert_eq!(passed, 5);
        assert_eq!(pacer.len(), 15);
        let mut released = Vec::new();
        for millisecond in 0..200u64 {
            while let Some(number) = pacer.release(millisecond * 1_000) {
                pacer.charge(1_250, millisecond * 1_000);
                released.push(number);
            }
        }
        assert_eq!(released, (5..20).collect::<Vec<_>>());
        assert_eq!(pacer.deadline(), None);
    }

    #[test]
    fn too_much_and_too_long_are_told() {
        let mut pacer = Pacer::default();
        pacer.set_rate(Some(100_000));
        pacer.charge(5_000, 0);
        assert!(!pacer.hold((), 1_200, false, 0));
        assert!(!pacer.is_over(MAX_QUEUED_TIME));
        assert!(pacer.is_over(MAX_QUEUED_TIME + 1));
        while !pacer.hold((), 1_200, false, 0) {}
        assert!(pacer.len() <= MAX_QUEUED_BYTES / 1_200 + 1);
        assert_eq!(pacer.keep(|()| false), MAX_QUEUED_BYTES / 1_200 + 1);
        assert!(!pacer.is_over(u64::MAX));
    }

    #[test]
    fn sound_above_the_rate_holds_pictures_back_for_a_while_only() {
        let mut pacer: Pacer<()> = Pacer::default();
        pacer.set_rate(Some(45_000));
        // A minute of two voices.
        for packet in 0..6_000 {
            pacer.charge(150, packet * 10_000);
        }
        assert!(!pacer.admits(60_000_000));
        assert!(pacer.admits(60_000_000 + MAX_DEBT));
    }

    #[test]
    fn a_key_frame_may_take_its_time() {
        let mut pacer = Pacer::default();
        pacer.set_rate(Some(100_000));
        pacer.charge(5_000, 0);
        assert!(!pacer.hold((), 1_200, true, 0));
        assert!(!pacer.is_over(KEY_FRAME_TIME - 1));
        assert!(pacer.is_over(KEY_FRAME_TIME));
    }

    proptest! {
        /// Over any time no more leaves than the rate and one burst.
        #[test]
        fn keeps_its_rate(rate in 50_000u64..20_000_000, packets in proptest::collection::vec((0u64..20_000, 60usize..1_400), 1..400)) {
            let mut pacer = Pacer::default();
            pacer.set_rate(Some(rate));
            let (mut now, mut left) = (0, 0u64);
            for (wait, len) in packets {
                now += wait;
                while let Some(len) = pacer.release(now) {
                    pacer.charge(len, now);
                    left += len as u64;
                }
                if pacer.admits(now) {
                    pacer.charge(len, now);
                    left += len as u64;
                } else {
                    pacer.hold(len, len, false, now);
                }
            }
            let most = rate * (now + BURST) / 8_000_000 + 2 * 1_400;
            prop_assert!(left <= most + most / 50, "{left} {most}");
        }
    }
}
