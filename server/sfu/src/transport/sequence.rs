//! Which packet indices of a stream were used (RFC 3711, section 3.3): the rollover count, and the replay window.

const WORDS: usize = 16;
/// Packets behind the newest that may still come: a repaired packet is at most a second or so late.
const WINDOW: u64 = WORDS as u64 * 64;

/// The indices used of one stream, in the 48 bits of rollover count and sequence number.
#[derive(Clone, Debug, Default)]
pub(super) struct Indices {
    highest: Option<u64>,
    seen: [u64; WORDS],
}

impl Indices {
    /// The index that a sequence number stands for, guessed as RFC 3711, section 3.3.1 does: nearest to the newest.
    pub fn index_of(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else { return u64::from(sequence) };
        let (roc, last) = (highest >> 16, highest as u16);
        let roc = match sequence.wrapping_sub(last) as i16 {
            step if step >= 0 && sequence < last => roc + 1,
            step if step < 0 && sequence > last => match roc.checked_sub(1) {
                Some(roc) => roc,
                // Before the first rollover there is nothing behind: an index that no window holds.
                None => return u64::MAX,
            },
            _ => roc,
        };
        roc << 16 | u64::from(sequence)
    }

    /// May the index be used: newer than all, or within the window and not used yet.
    pub fn is_fresh(&self, index: u64) -> bool {
        match self.highest {
            _ if index >> 48 != 0 => false,
            None => true,
            Some(highest) if index > highest => true,
            Some(highest) => highest - index < WINDOW && !self.bit(index),
        }
    }

    pub fn mark(&mut self, index: u64) {
        let from = match self.highest {
            Some(highest) if index > highest => highest + 1,
            Some(_) => {
                self.set(index);
                return;
            }
            None => index,
        };
        // What the window moves over was not seen.
        for skipped in from.max(index.saturating_sub(WINDOW - 1))..index {
            self.seen[(skipped / 64) as usize % WORDS] &= !(1 << (skipped % 64));
        }
        self.highest = Some(index);
        self.set(index);
    }

    fn bit(&self, index: u64) -> bool {
        self.seen[(index / 64) as usize % WORDS] & (1 << (index % 64)) != 0
    }

    fn set(&mut self, index: u64) {
        self.seen[(index / 64) as usize % WORDS] |= 1 << (index % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn take(indices: &mut Indices, sequence: u16) -> Option<u64> {
        let index = indices.index_of(sequence);
        indices.is_fresh(index).then(|| {
            indices.mark(index);
            index
        })
    }

    #[test]
    fn the_count_rolls_over() {
        let mut indices = Indices::default();
        assert_eq!(take(&mut indices, 65_534), Some(65_534));
        assert_eq!(take(&mut indices, 1), Some(0x1_0001));
        assert_eq!(take(&mut indices, 65_535), Some(65_535), "late, from before the rollover");
        assert_eq!(take(&mut indices, 65_535), None, "a repetition");
        assert_eq!(take(&mut indices, 0), Some(0x1_0000));
    }

    #[test]
    fn nothing_is_before_the_beginning() {
        let mut indices = Indices::default();
        assert_eq!(take(&mut indices, 5), Some(5));
        assert_eq!(take(&mut indices, 65_530), None);
    }

    proptest! {
        #[test]
        fn no_index_is_used_twice(steps in proptest::collection::vec(-900i32..900, 1..2000)) {
            let mut indices = Indices::default();
            let mut used = HashSet::new();
            let mut at = 30_000i64;
            for step in steps {
                at = (at + i64::from(step)).max(0);
                if let Some(index) = take(&mut indices, at as u16) {
                    prop_assert!(used.insert(index), "index {index} was used twice");
                }
            }
        }
    }
}
