//! Shares what a viewer's line carries among all that it receives: sound first, then the lowest layer of every tile, then the
//! spotlight, then the tiles by size. What does not fit is paused whole, before the rest starves with it.

use crate::upstream::MAX_LAYERS;

/// To take more than now, this share of the whole budget must stay free: what was taken is kept without any room to spare, so an
/// estimate that trembles changes nothing.
const RISE_ROOM: f64 = 0.15;

/// A higher layer begins with its key frame, which must pass within this time over what is free for it: while it is on its way the
/// picture stands still. Scenes that hardly move have key frames of many times their rate.
const RISE_TIME_MS: u64 = 700;

/// The same for the lowest layer, when there is no picture that could stand still.
const BEGIN_TIME_MS: u64 = 2_500;

/// The budget, in percent of what all that is wanted takes, at which each tile could rise to it.
pub const ENOUGH: u64 = 118;

/// One video track that a viewer receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    /// Pixels that it is shown with; 0: not told, and then taken as large.
    pub pixels: u64,
    /// The quality asked for: what decides between tiles of one size.
    pub quality: u8,
    /// The layer that its settings ask for.
    pub wanted: u8,
    /// What each layer takes, in bit/s; 0: there is no such layer.
    pub rates: [u64; MAX_LAYERS],
    /// What the key frame of each layer takes, in bits; 0: not known.
    pub keys: [u64; MAX_LAYERS],
    /// What it has now; `None`: paused.
    pub granted: Option<u8>,
    /// Whether it may have more than now already.
    pub may_rise: bool,
}

impl Tile {
    /// What it takes to send this layer.
    pub fn rate(&self, layer: u8) -> u64 {
        self.rates.get(usize::from(layer)).copied().unwrap_or(0)
    }

    /// The next layer above that there is, up to the wanted one.
    fn above(&self, layer: Option<u8>) -> Option<u8> {
        let from = layer.map_or(0, |layer| layer + 1);
        (from..=self.wanted).find(|layer| self.rate(*layer) > 0)
    }

    /// What must be free for a rise to this layer: its rate, or more if its key frame is large.
    fn entry(&self, layer: u8) -> u64 {
        let key = self.keys.get(usize::from(layer)).copied().unwrap_or(0);
        let time = if self.above(None) == Some(layer) { BEGIN_TIME_MS } else { RISE_TIME_MS };
        self.rate(layer).max(key * 1_000 / time)
    }

    /// What must be free for the wanted layer, or the best below it.
    pub fn wanted_entry(&self) -> u64 {
        (0..=self.wanted).rev().find(|layer| self.rate(*layer) > 0).map_or(0, |layer| self.entry(layer))
    }

    fn is_rise(&self, layer: u8) -> bool {
        self.granted.is_none_or(|granted| layer > granted)
    }

    /// Larger first; sizes that were not told before all others.
    fn importance(&self) -> (bool, u64, u8) {
        (self.pixels == 0, self.pixels, self.quality)
    }
}

/// Gives each tile a layer, or nothing. `budget` is what the line carries and `sound` what all sound takes of it, in bit/s. With
/// `may_pause` false each tile gets its lowest layer at least.
pub fn allocate(tiles: &[Tile], budget: u64, sound: u64, may_pause: bool) -> Vec<Option<u8>> {
    let mut order: Vec<usize> = (0..tiles.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(tiles.get(*at).map(Tile::importance)));
    let mut sharing = Sharing {
        tiles,
        granted: vec![None; tiles.len()],
        // Sound is sent in any case.
        left: budget.saturating_sub(sound),
        room: (budget as f64 * RISE_ROOM) as u64,
    };
    for at in &order {
        sharing.begin(*at, may_pause);
    }
    // The spotlight as far as it goes, then the others, each by a step in turn.
    if let Some(first) = order.first() {
        while sharing.step(*first) {}
    }
    let mut rises = true;
    while rises {
        rises = false;
        for at in order.iter().skip(1) {
            rises |= sharing.step(*at);
        }
    }
    sharing.granted
}

struct Sharing<'a> {
    tiles: &'a [Tile],
    granted: Vec<Option<u8>>,
    left: u64,
    room: u64,
}

impl Sharing<'_> {
    /// Gives a tile its lowest layer if that fits.
    fn begin(&mut self, at: usize, may_pause: bool) {
        let (Some(tile), Some(place)) = (self.tiles.get(at), self.granted.get_mut(at)) else { return };
        let Some(lowest) = tile.above(None) else { return };
        if !may_pause || fits(tile, lowest, self.left, self.room) {
            self.left = self.left.saturating_sub(tile.rate(lowest));
            *place = Some(lowest);
        }
    }

    /// Raises one tile by one layer; false if it cannot be.
    fn step(&mut self, at: usize) -> bool {
        let (Some(tile), Some(place)) = (self.tiles.get(at), self.granted.get_mut(at)) else { return false };
        let Some(from) = *place else { return false };
        let free = self.left.saturating_add(tile.rate(from));
        let mut next = tile.above(Some(from));
        while let Some(layer) = next {
            if fits(tile, layer, free, self.room) {
                self.left = free - tile.rate(layer).min(free);
                *place = Some(layer);
                return true;
            }
            next = tile.above(Some(layer));
        }
        false
    }
}

fn fits(tile: &Tile, layer: u8, free: u64, room: u64) -> bool {
    if !tile.is_rise(layer) {
        return tile.rate(layer) <= free;
    }
    tile.may_rise && tile.rate(layer).saturating_add(room).max(tile.entry(layer)) <= free
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATES: [u64; 3] = [150_000, 500_000, 1_700_000];

    fn tile(pixels: u64, wanted: u8, granted: Option<u8>) -> Tile {
        Tile { pixels, quality: 2, wanted, rates: RATES, keys: [0; 3], granted, may_rise: true }
    }

    #[test]
    fn with_plenty_everyone_gets_what_it_wants() {
        let tiles = [tile(100, 0, None), tile(2_000, 2, None), tile(500, 1, None)];
        assert_eq!(allocate(&tiles, 10_000_000, 50_000, true), [Some(0), Some(2), Some(1)]);
    }

    #[test]
    fn the_spotlight_rises_before_the_tiles_but_not_over_their_lowest() {
        let tiles = [tile(100, 2, None), tile(2_000, 2, None), tile(500, 2, None)];
        assert_eq!(allocate(&tiles, 2_500_000, 0, true), [Some(0), Some(2), Some(0)]);
        assert_eq!(allocate(&tiles, 1_000_000, 0, true), [Some(0), Some(1), Some(0)]);
        assert_eq!(allocate(&tiles, 400_000, 0, true), [None, Some(0), Some(0)], "the smallest is paused");
        assert_eq!(allocate(&tiles, 400_000, 0, false), [Some(0), Some(0), Some(0)]);
        assert_eq!(allocate(&tiles, 100_000, 0, true), [None; 3]);
    }

    #[test]
    fn a_rise_waits_until_its_key_frame_passes_in_time() {
        let mut still = tile(2_000, 2, Some(0));
        still.rates = [50_000, 100_000, 200_000];
        still.keys = [80_000, 200_000, 700_000];
        assert_eq!(allocate(&[still], 500_000, 0, true), [Some(1)]);
        assert_eq!(allocate(&[still], 1_000_000, 0, true), [Some(2)]);
        // What it has already needs no key frame.
        still.granted = Some(2);
        assert_eq!(allocate(&[still], 250_000, 0, true), [Some(2)]);
        // A single layer may take its time, but not for ever.
        let single = Tile { wanted: 0, rates: [100_000, 0, 0], keys: [700_000, 0, 0], granted: None, ..still };
        assert_eq!(allocate(&[single], 300_000, 0, true), [Some(0)]);
        assert_eq!(allocate(&[single], 200_000, 0, true), [None]);
    }

    #[test]
    fn sound_comes_first() {
        let tiles = [tile(100, 2, Some(0))];
        assert_eq!(allocate(&tiles, 160_000, 0, true), [Some(0)]);
        assert_eq!(allocate(&tiles, 160_000, 40_000, true), [None]);
    }

    #[test]
    fn a_small_tile_that_fits_is_not_starved_by_a_large_one_that_does_not() {
        let mut heavy = tile(9_000, 0, Some(0));
        heavy.rates = [3_000_000, 0, 0];
        assert_eq!(allocate(&[heavy, tile(10, 0, Some(0))], 1_000_000, 0, true), [None, Some(0)]);
    }

    #[test]
    fn a_tile_whose_size_is_not_told_counts_as_large() {
        let tiles = [tile(5_000, 0, None), tile(0, 0, None)];
        assert_eq!(allocate(&tiles, 200_000, 0, true), [None, Some(0)]);
    }

    /// One after the other, with the result of each as the state of the next.
    fn follow(budgets: impl IntoIterator<Item = u64>, tiles: &mut [Tile]) -> usize {
        let mut changes = 0;
        for budget in budgets {
            let granted = allocate(tiles, budget, 0, true);
            for (tile, granted) in tiles.iter_mut().zip(granted) {
                changes += usize::from(tile.granted != granted);
                tile.granted = granted;
            }
        }
        changes
    }

    #[test]
    fn a_trembling_estimate_changes_nothing() {
        for middle in (100_000..4_000_000).step_by(50_000) {
            let mut tiles = [tile(2_000, 2, None), tile(500, 1, None)];
            let budgets = (0..100).map(|n| if n % 2 == 0 { middle * 92 / 100 } else { middle * 108 / 100 });
            let changes = follow(budgets, &mut tiles);
            assert!(changes <= 4, "{changes} changes around {middle}");
        }
    }

    fn any_tile() -> impl Strategy<Value = Tile> {
        let rates = (0u64..400_000, 0u64..1_000_000, 0u64..4_000_000);
        let keys = proptest::array::uniform3(0u64..2_000_000);
        (0u64..5_000, 0u8..3, 0u8..3, rates, keys, proptest::option::of(0u8..3), any::<bool>()).prop_map(
            |(pixels, quality, wanted, (low, middle, high), keys, granted, may_rise)| Tile {
                pixels,
                quality,
                wanted,
                // Higher layers cost more.
                rates: [low, low + middle, low + middle + high],
                keys,
                granted,
                may_rise,
            },
        )
    }

    proptest! {
        #[test]
        fn never_over_the_budget_never_over_the_wish_and_settles(
            tiles in proptest::collection::vec(any_tile(), 0..30),
            budget in 0u64..20_000_000,
            sound in 0u64..500_000,
        ) {
            let granted = allocate(&tiles, budget, sound, true);
            prop_assert_eq!(granted.len(), tiles.len());
            let mut sum = 0;
            for (tile, granted) in tiles.iter().zip(&granted) {
                if let Some(layer) = granted {
                    prop_assert!(*layer <= tile.wanted);
                    prop_assert!(tile.rate(*layer) > 0);
                    sum += tile.rate(*layer);
                    prop_assert!(tile.may_rise || !tile.is_rise(*layer));
                }
            }
            prop_assert!(sum <= budget.saturating_sub(sound));
            // The same budget again changes nothing any more after a few rounds.
            let mut tiles = tiles;
            follow([budget.saturating_sub(sound); 4], &mut tiles);
            prop_assert_eq!(follow([budget.saturating_sub(sound)], &mut tiles), 0);
        }

        /// A paused tile means that what is left does not hold it.
        #[test]
        fn nothing_is_paused_that_would_fit(tiles in proptest::collection::vec(any_tile(), 1..12), budget in 0u64..4_000_000) {
            let granted = allocate(&tiles, budget, 0, true);
            let used: u64 = tiles.iter().zip(&granted).filter_map(|(tile, granted)| Some(tile.rate((*granted)?))).sum();
            for (tile, granted) in tiles.iter().zip(&granted) {
                let Some(lowest) = tile.above(None) else { continue };
                if granted.is_none() && (tile.may_rise || tile.granted.is_some()) {
                    prop_assert!(!fits(tile, lowest, budget - used, budget * 15 / 100), "{tile:?} {}", budget - used);
                }
            }
        }
    }
}
