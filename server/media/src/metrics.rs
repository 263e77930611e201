//! Counters of the workers as the metrics page shows them: each worker leaves a copy now and then, readers add them up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One worker's last copy of its counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copy(Arc<Mutex<Vec<(&'static str, u64)>>>);

impl Copy {
    /// Replaces the copy; the counters come from `tell`.
    pub fn update(&self, fill: impl FnOnce(&mut dyn FnMut(&'static str, u64))) {
        let mut copy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        copy.clear();
        fill(&mut |name, value| copy.push((name, value)));
    }
}

/// The sum over the workers, by name.
pub(crate) fn sum(copies: &[Copy]) -> Vec<(&'static str, u64)> {
    let mut sums = BTreeMap::new();
    for copy in copies {
        for (name, value) in copy.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            *sums.entry(*name).or_insert(0) += value;
        }
    }
    sums.into_iter().collect()
}
