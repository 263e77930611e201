//! How much each of many may take over time: a store that fills by itself, for a bounded number of takers.

use lianxian_model::time::Millis;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// What is taken is told as the time (ms) that it takes to be forgotten.
pub(super) struct Allowance<K> {
    /// For each taker the time at which all that it took is forgotten.
    forgotten: Mutex<HashMap<K, i64>>,
    full_ms: i64,
    takers: usize,
}

impl<K: Hash + Eq> Allowance<K> {
    /// `full_ms`: what one may take at once. `takers`: how many are remembered.
    pub(super) fn new(full_ms: i64, takers: usize) -> Self {
        Self { forgotten: Mutex::new(HashMap::new()), full_ms, takers }
    }

    /// False: nothing was taken, there is not so much left.
    pub(super) fn take(&self, who: K, cost_ms: i64, now: Millis) -> bool {
        let mut forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        if forgotten.len() >= self.takers && !forgotten.contains_key(&who) {
            forgotten.retain(|_, at| *at > now.0);
            if forgotten.len() >= self.takers {
                return false;
            }
        }
        let then = forgotten.get(&who).copied().unwrap_or(now.0).max(now.0).saturating_add(cost_ms);
        if then.saturating_sub(now.0) > self.full_ms {
            return false;
        }
        forgotten.insert(who, then);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_comes_back_with_time_and_takers_do_not_share() {
        let allowance = Allowance::new(3_000, 10);
        let now = Millis(1_000_000);
        assert!((0..3).all(|_| allowance.take("a", 1_000, now)));
        assert!(!allowance.take("a", 1, now));
        assert!(allowance.take("b", 3_000, now));
        assert!(!allowance.take("a", 1_000, Millis(now.0 + 999)));
        assert!(allowance.take("a", 1_000, Millis(now.0 + 1_000)));
        assert!(!allowance.take("c", 3_001, now), "more than there ever is");
    }

    #[test]
    fn the_memory_of_takers_is_bounded() {
        let allowance = Allowance::new(1_000, 2);
        assert!(allowance.take(1, 500, Millis(0)) && allowance.take(2, 500, Millis(0)));
        assert!(!allowance.take(3, 1, Millis(499)));
        assert!(allowance.take(3, 1, Millis(500)));
    }
}
