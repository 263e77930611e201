//! Which qualities the publisher should encode: up at once, down after a while, over the viewers of all workers.

use crate::upstream::MAX_LAYERS;
use crate::worker::WorkerIndex;
use std::time::{Duration, Instant};

/// A quality that nobody takes is kept on for this long: viewers scroll, and come back.
pub const DOWN_DELAY: Duration = Duration::from_secs(2);

type Qualities = [bool; MAX_LAYERS];

/// The layers as qualities: with fewer than three, the highest stands in for those above it.
pub fn qualities(layers: [bool; MAX_LAYERS], count: usize) -> Qualities {
    let top = count.clamp(1, MAX_LAYERS) - 1;
    std::array::from_fn(|quality| layers[quality.min(top)])
}

pub struct Dynacast {
    /// What each worker's viewers take, by layer.
    by_worker: Vec<(WorkerIndex, [bool; MAX_LAYERS])>,
    /// What the publisher was told, by quality. A fresh publisher encodes everything.
    told: Qualities,
    down_at: Option<Instant>,
}

impl Default for Dynacast {
    fn default() -> Self {
        Self { by_worker: Vec::new(), told: [true; MAX_LAYERS], down_at: None }
    }
}

impl Dynacast {
    /// The viewers on `worker` now take these layers.
    pub fn set(&mut self, worker: WorkerIndex, layers: [bool; MAX_LAYERS]) {
        self.by_worker.retain(|(index, _)| *index != worker);
        if layers != [false; MAX_LAYERS] {
            self.by_worker.push((worker, layers));
        }
    }

    /// Whether anyone takes the layer now.
    pub fn takes(&self, layer: usize) -> bool {
        self.by_worker.iter().any(|(_, layers)| layers.get(layer).copied().unwrap_or(false))
    }

    /// What to tell the publisher now, if it changed.
    pub fn poll(&mut self, count: usize, now: Instant) -> Option<Qualities> {
        let union = std::array::from_fn(|layer| self.takes(layer));
        let wanted = qualities(union, count);
        if wanted == self.told {
            self.down_at = None;
            return None;
        }
        let goes_up = wanted.iter().zip(&self.told).any(|(wanted, told)| *wanted && !told);
        if !goes_up {
            let at = *self.down_at.get_or_insert(now + DOWN_DELAY);
            if now < at {
                return None;
            }
        }
        // While one goes up another may go down only by its own delay: keep it on until then.
        let next: Qualities =
            if goes_up { std::array::from_fn(|quality| wanted[quality] || self.told[quality]) } else { wanted };
        if !goes_up || next == wanted {
            self.down_at = None;
        }
        let changed = next != self.told;
        self.told = next;
        changed.then_some(next)
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.down_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: WorkerIndex = WorkerIndex(0);
    const B: WorkerIndex = WorkerIndex(1);

    #[test]
    fn nobody_takes_it_so_all_goes_off_after_the_delay() {
        let start = Instant::now();
        let mut dynacast = Dynacast::default();
        assert_eq!(dynacast.poll(3, start), None);
        assert_eq!(dynacast.deadline(), Some(start + DOWN_DELAY));
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY / 2), None);
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY), Some([false; 3]));
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY * 2), None);
    }

    #[test]
    fn up_is_at_once_and_a_short_absence_is_not_told() {
        let start = Instant::now();
        let mut dynacast = Dynacast::default();
        dynacast.poll(3, start);
        dynacast.poll(3, start + DOWN_DELAY);
        let start = start + DOWN_DELAY;
        dynacast.set(A, [true, false, false]);
        assert_eq!(dynacast.poll(3, start), Some([true, false, false]));
        dynacast.set(A, [false; 3]);
        assert_eq!(dynacast.poll(3, start), None);
        dynacast.set(B, [true, false, false]);
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY), None, "it was taken again, by a viewer elsewhere");
        assert_eq!(dynacast.deadline(), None);
        dynacast.set(A, [true, true, true]);
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY), Some([true; 3]));
    }

    #[test]
    fn one_up_while_another_goes_down() {
        let start = Instant::now();
        let mut dynacast = Dynacast::default();
        dynacast.set(A, [true, false, false]);
        dynacast.poll(3, start);
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY), Some([true, false, false]));
        let start = start + DOWN_DELAY;
        dynacast.set(A, [false, false, true]);
        assert_eq!(dynacast.poll(3, start), Some([true, false, true]));
        assert_eq!(dynacast.poll(3, start), None);
        assert_eq!(dynacast.poll(3, start + DOWN_DELAY), Some([false, false, true]));
    }

    #[test]
    fn the_highest_layer_stands_in_above_itself() {
        assert_eq!(qualities([true, false, false], 1), [true, true, true]);
        assert_eq!(qualities([false, true, false], 2), [false, true, true]);
        assert_eq!(qualities([true, false, false], 2), [true, false, false]);
        assert_eq!(qualities([false, false, true], 3), [false, false, true]);
    }
}
