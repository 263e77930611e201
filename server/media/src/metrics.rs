//! Counters of the workers as the metrics page shows them: each worker leaves a copy now and then, readers add them up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Told for each worker alone: how busy one is says nothing of another.
pub(crate) const BUSY: &str = "worker_busy_microseconds_total";

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

    /// One of them; 0 before the first copy.
    pub fn get(&self, name: &str) -> u64 {
        let copy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        copy.iter().find(|(other, _)| *other == name).map_or(0, |(_, value)| *value)
    }
}

/// The sum over the workers, by name; and what is each worker's own, with its number as a label.
pub(crate) fn sum(copies: &[Copy]) -> Vec<(Cow<'static, str>, u64)> {
    let mut sums = BTreeMap::new();
    let mut own = Vec::with_capacity(copies.len());
    for (worker, copy) in copies.iter().enumerate() {
        for (name, value) in copy.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if *name == BUSY {
                own.push((Cow::Owned(format!("{BUSY}{{worker=\"{worker}\"}}")), *value));
            } else {
                *sums.entry(*name).or_insert(0) += value;
            }
        }
    }
    sums.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_added_up_and_the_load_of_each_worker_stands_alone() {
        let copies = [Copy::default(), Copy::default()];
        for (worker, copy) in (1..).zip(&copies) {
            copy.update(|tell| {
                tell(BUSY, worker * 10);
                tell("packets_total", worker);
            });
        }
        assert_eq!([copies[0].get(BUSY), copies[1].get(BUSY)], [10, 20]);
        assert_eq!(Copy::default().get(BUSY), 0);
        let told: Vec<(String, u64)> =
            sum(&copies).into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
        let busy = |worker: u8| format!("worker_busy_microseconds_total{{worker=\"{worker}\"}}");
        assert_eq!(told, [("packets_total".to_owned(), 3), (busy(0), 10), (busy(1), 20)]);
    }
}
