//! The simulcast layers that every office publishes.

use lianxian_model::media::{Quality, VideoLayer};

pub const FRAMES_PER_SECOND: u32 = 15;
pub const LAYER_COUNT: usize = 3;

/// One encoding: its rid, size in pixels, ceiling in kbit/s.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    pub rid: &'static str,
    pub quality: Quality,
    pub width: u32,
    pub height: u32,
    pub kbps: u32,
}

pub const LAYERS: [Layer; LAYER_COUNT] = [
    Layer { rid: "q", quality: Quality::Low, width: 320, height: 180, kbps: 150 },
    Layer { rid: "h", quality: Quality::Medium, width: 640, height: 360, kbps: 450 },
    Layer { rid: "f", quality: Quality::High, width: 1280, height: 720, kbps: 1200 },
];

/// As a client announces them.
pub fn announced() -> Vec<VideoLayer> {
    let layer = |layer: &Layer| VideoLayer {
        quality: layer.quality,
        width: layer.width,
        height: layer.height,
        bitrate_bps: layer.kbps * 1000,
        rid: layer.rid.to_owned(),
    };
    LAYERS.iter().map(layer).collect()
}

/// Which layers are to be encoded, from the qualities that the server names; one that it does not name stays as it was.
pub fn wanted(before: [bool; LAYER_COUNT], told: &[(Quality, bool)]) -> [bool; LAYER_COUNT] {
    let mut wanted = before;
    for (quality, enabled) in told {
        for (at, layer) in LAYERS.iter().enumerate() {
            if layer.quality == *quality {
                wanted[at] = *enabled;
            }
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_does_not_name_stays() {
        let told = [(Quality::Low, true), (Quality::High, false)];
        assert_eq!(wanted([false, true, true], &told), [true, true, false]);
    }
}
