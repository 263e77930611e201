//! From what a subscriber wants and what the publisher sends to one layer.

use crate::upstream::MAX_LAYERS;
use lianxian_model::media::{Quality, TrackSettings};

/// Announced pixels of a layer; zero if not told.
pub type LayerSize = (u32, u32);

/// The layer that the settings ask for, among `count` layers, whether or not it comes at the moment.
pub fn wanted(settings: &TrackSettings, count: usize, sizes: &[LayerSize; MAX_LAYERS]) -> Option<u8> {
    if !settings.enabled || count == 0 {
        return None;
    }
    let count = count.min(MAX_LAYERS);
    let step = match settings.quality {
        Quality::Low => 0,
        Quality::Medium => 1,
        Quality::High => 2,
    };
    let ceiling = step.min(count - 1);
    if settings.width == 0 || settings.height == 0 {
        return Some(ceiling as u8);
    }
    // The smallest that fills the element in one direction (the other is letterboxed); a portrait picture may be
    // turned, so long sides meet long sides. A layer of unknown size covers nothing: the quality decides.
    let covers = |size: &LayerSize| {
        let (long, short) = (size.0.max(size.1), size.0.min(size.1));
        let (want_long, want_short) = (settings.width.max(settings.height), settings.width.min(settings.height));
        size.0 != 0 && (long >= want_long || short >= want_short)
    };
    let smallest = sizes[..=ceiling].iter().position(covers).unwrap_or(ceiling);
    Some(smallest as u8)
}

/// The layer to send now: the wanted one, else the best below it that comes, else the lowest that comes.
/// `alive` has a bit for each layer.
pub fn target(wanted: u8, alive: u8) -> Option<u8> {
    let at_most = (0..=wanted.min(MAX_LAYERS as u8 - 1)).rev().find(|layer| alive & 1 << layer != 0);
    at_most.or_else(|| (0..MAX_LAYERS as u8).find(|layer| alive & 1 << layer != 0))
}

/// The same for a line that carries no more than the wanted layer: one that is larger does not stand in, the wanted one is waited for.
pub fn target_at_most(wanted: u8, alive: u8) -> u8 {
    target(wanted, alive).filter(|layer| *layer <= wanted).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [LayerSize; 3] = [(320, 180), (640, 360), (1280, 720)];

    fn settings(quality: Quality, width: u32, height: u32) -> TrackSettings {
        TrackSettings { enabled: true, quality, width, height }
    }

    #[test]
    fn a_tile_takes_the_smallest_layer_that_covers_it() {
        assert_eq!(wanted(&settings(Quality::High, 300, 170), 3, &SIZES), Some(0));
        assert_eq!(wanted(&settings(Quality::High, 320, 180), 3, &SIZES), Some(0));
        assert_eq!(wanted(&settings(Quality::High, 321, 181), 3, &SIZES), Some(1));
        assert_eq!(wanted(&settings(Quality::High, 1920, 1080), 3, &SIZES), Some(2));
        assert_eq!(wanted(&settings(Quality::Medium, 1920, 1080), 3, &SIZES), Some(1), "quality is a ceiling");
    }

    #[test]
    fn without_pixels_the_quality_decides() {
        for (quality, layer) in [(Quality::Low, 0), (Quality::Medium, 1), (Quality::High, 2)] {
            assert_eq!(wanted(&settings(quality, 0, 0), 3, &SIZES), Some(layer));
            assert_eq!(wanted(&settings(quality, 0, 0), 2, &SIZES), Some(layer.min(1)));
            assert_eq!(wanted(&settings(quality, 0, 0), 1, &SIZES), Some(0));
        }
        assert_eq!(wanted(&settings(Quality::High, 300, 170), 3, &[(0, 0); 3]), Some(2), "no sizes to compare");
        assert_eq!(wanted(&TrackSettings { enabled: false, ..TrackSettings::default() }, 3, &SIZES), None);
        assert_eq!(wanted(&TrackSettings::default(), 0, &SIZES), None);
    }

    #[test]
    fn falls_back_to_what_comes() {
        assert_eq!(target(2, 0b111), Some(2));
        assert_eq!(target(2, 0b011), Some(1));
        assert_eq!(target(0, 0b110), Some(1), "rather too large than nothing");
        assert_eq!(target(1, 0), None);
        assert_eq!(target(9, 0b100), Some(2));
        assert_eq!(target_at_most(1, 0b101), 0);
        assert_eq!(target_at_most(0, 0b110), 0, "a full line waits for the small one");
    }
}
