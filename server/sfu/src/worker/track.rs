//! A track as one worker forwards it: the last packets, and who receives them from here.

use super::contract::{TrackInfo, WorkerIndex};
use super::meter::Meter;
use super::peer::Peer;
use super::slab::{Key, Slab};
use super::viewer::{Share, Viewer};
use super::voices::Voice;
use crate::selection::{Dynacast, LayerSize, Tile, target, target_at_most, wanted};
use crate::upstream::{MAX_LAYERS, Ring, SenderClock};
use crate::worker::SharedPacket;
use lianxian_model::ids::TrackSid;
use lianxian_model::media::{MAX_LAYER_BPS, TrackKind};
use std::time::Instant;

/// Clock rate of Opus and of all video, in Hz.
pub(super) fn clock_rate(kind: TrackKind) -> u32 {
    match kind {
        TrackKind::Audio => 48_000,
        TrackKind::Video => 90_000,
    }
}

/// What sound takes before it is measured, in bit/s.
const SOUND: u64 = 40_000;
/// What a layer takes of which only the size is known, in bit/s for a pixel; and of which nothing is known, lowest of three first.
const BITS_OF_A_PIXEL: u64 = 2;
const UNKNOWN: [u64; MAX_LAYERS] = [150_000, 500_000, 1_700_000];

/// Whose track it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A peer of this worker; `None` while it is only expected.
    Here(Option<(Key<Peer>, usize)>),
    Elsewhere(WorkerIndex),
}

/// A sender report, and when it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub sender: SenderClock,
    pub at: Instant,
}

/// Another worker that has viewers of a track of ours.
pub(super) struct Other {
    pub index: WorkerIndex,
    /// The layers that it takes.
    pub layers: [bool; MAX_LAYERS],
    /// Packets of this turn.
    pub pending: Vec<SharedPacket>,
}

pub(super) struct Track {
    pub sid: TrackSid,
    pub source: Source,
    /// `None` while its owner said nothing of it.
    pub info: Option<TrackInfo>,
    pub rings: [Ring; MAX_LAYERS],
    pub clocks: [Option<Clock>; MAX_LAYERS],
    pub seen: [Option<Instant>; MAX_LAYERS],
    /// A bit for each layer that comes.
    pub alive: u8,
    /// How much each layer is.
    pub meters: [Meter; MAX_LAYERS],
    pub voice: Option<Voice>,
    pub viewers: Slab<Viewer>,
    pub others: Vec<Other>,
    /// Some of `others` have pending packets, and the track is noted for it.
    pub noted: bool,
    /// What the viewers here take; its owner was told.
    pub taken: [bool; MAX_LAYERS],
    pub dynacast: Dynacast,
    /// When a key frame was last asked of another worker.
    pub asked: [Option<Instant>; MAX_LAYERS],
}

impl Track {
    pub fn new(sid: TrackSid, source: Source) -> Self {
        Self {
            sid,
            source,
            info: None,
            rings: Default::default(),
            clocks: [None; MAX_LAYERS],
            seen: [None; MAX_LAYERS],
            alive: 0,
            meters: Default::default(),
            voice: None,
            viewers: Slab::default(),
            others: Vec::new(),
            noted: false,
            taken: [false; MAX_LAYERS],
            dynacast: Dynacast::default(),
            asked: [None; MAX_LAYERS],
        }
    }

    /// What was known of its packets is of no use for what may come under its name.
    pub fn reset(&mut self) {
        self.rings = Default::default();
        self.clocks = [None; MAX_LAYERS];
        self.seen = [None; MAX_LAYERS];
        self.alive = 0;
        self.meters = Default::default();
        self.voice = None;
        self.taken = [false; MAX_LAYERS];
        self.dynacast = Dynacast::default();
        for other in &mut self.others {
            other.layers = [false; MAX_LAYERS];
            other.pending.clear();
        }
    }

    pub fn is_audio(&self) -> bool {
        self.info.is_some_and(|info| info.kind == TrackKind::Audio)
    }

    pub fn is_video(&self) -> bool {
        self.info.is_some_and(|info| info.kind == TrackKind::Video)
    }

    pub fn is_muted(&self) -> bool {
        self.info.is_none_or(|info| info.muted)
    }

    pub fn layer_count(&self) -> usize {
        self.info.map_or(1, |info| usize::from(info.layers))
    }

    /// Of no use to anybody any more.
    pub fn is_idle(&self) -> bool {
        self.viewers.is_empty()
            && self.others.is_empty()
            && matches!(self.source, Source::Here(None) | Source::Elsewhere(_))
    }

    /// The layer that the viewer's settings ask for, and the one to send it now.
    pub fn choose(&self, viewer: &Viewer) -> (Option<u8>, Option<u8>) {
        let Some(info) = self.info else { return (None, None) };
        let wanted = wanted(&viewer.settings, usize::from(info.layers), &info.sizes);
        match viewer.share {
            Share::Free => (wanted, wanted.map(|wanted| target(wanted, self.alive).unwrap_or(wanted))),
            Share::Layer(most) => {
                let wanted = wanted.map(|wanted| wanted.min(most));
                (wanted, wanted.map(|wanted| target_at_most(wanted, self.alive)))
            }
            // A voice is listened to all the same, to hear it begin.
            Share::Paused if info.kind == TrackKind::Audio => (wanted, wanted),
            Share::Paused => (None, None),
        }
    }

    /// What a layer takes, in bit/s: as measured, else as announced.
    pub fn rate(&self, layer: u8) -> u64 {
        let measured = self.meters.get(usize::from(layer)).map_or(0, Meter::rate);
        if measured > 0 {
            return measured;
        }
        let Some(info) = self.info.filter(|info| layer < info.layers) else { return 0 };
        if info.kind == TrackKind::Audio {
            return SOUND;
        }
        let announced = info.rates.get(usize::from(layer)).copied().unwrap_or(0);
        let (width, height) = info.sizes.get(usize::from(layer)).copied().unwrap_or((0, 0));
        let by_size = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(BITS_OF_A_PIXEL);
        let most = |rate: u64| rate.min(u64::from(MAX_LAYER_BPS));
        match (most(announced.into()), most(by_size)) {
            (0, 0) => unknown(layer, info.layers),
            (0, by_size) => by_size,
            (announced, _) => announced,
        }
    }

    /// Notes how large a layer is of which nothing was announced; whether that is new. It says little of the rate, which is measured soon:
    /// until then it is taken for what it would have been.
    pub fn learn_size(&mut self, layer: u8, size: LayerSize) -> bool {
        let Some(info) = &mut self.info else { return false };
        let at = usize::from(layer);
        let (Some(known), Some(rate)) = (info.sizes.get_mut(at), info.rates.get_mut(at)) else { return false };
        if *known == size {
            return false;
        }
        if *rate == 0 {
            *rate = u32::try_from(unknown(layer, info.layers)).unwrap_or(u32::MAX);
        }
        *known = size;
        true
    }

    /// The viewer's picture as it is weighed against others for a part of `budget`, in bit/s; `None`: it takes nothing of the line now.
    pub fn tile(&self, viewer: &Viewer, budget: Option<u64>, now: Instant) -> Option<Tile> {
        let info = self.info.filter(|info| !info.muted)?;
        let wanted = wanted(&viewer.settings, usize::from(info.layers), &info.sizes).filter(|_| viewer.is_ready())?;
        let granted = match viewer.share {
            Share::Free => Some(wanted),
            Share::Layer(most) => Some(most.min(wanted)),
            Share::Paused => None,
        };
        let mut rates = [0; MAX_LAYERS];
        for (layer, rate) in (0u8..).zip(rates.iter_mut()) {
            *rate = self.rate(layer);
        }
        let keys = std::array::from_fn(|layer| self.meters.get(layer).map_or(0, Meter::key_frame));
        Some(Tile {
            pixels: u64::from(viewer.settings.width) * u64::from(viewer.settings.height),
            quality: viewer.settings.quality as u8,
            wanted,
            rates,
            keys,
            granted,
            may_rise: viewer.patience.may_rise(budget.unwrap_or(u64::MAX), now),
        })
    }

    /// The layers that the viewers here need: what each asks for, what it is sent meanwhile, and while what it asks for does not come
    /// all below it.
    pub fn needed(&self) -> [bool; MAX_LAYERS] {
        let mut needed = [false; MAX_LAYERS];
        for (_, viewer) in self.viewers.iter() {
            let Some(wanted) = viewer.wanted else { continue };
            let lowest = if self.alive & 1 << wanted == 0 { 0 } else { wanted };
            for layer in lowest..=wanted {
                mark(&mut needed, layer);
            }
            if let Some(target) = viewer.target {
                mark(&mut needed, target);
            }
            if let Some((current, _)) = viewer.continuity.layer().filter(|_| !viewer.continuity.paused()) {
                mark(&mut needed, current);
            }
        }
        needed
    }
}

fn layers(count: u8) -> usize {
    usize::from(count).clamp(1, MAX_LAYERS)
}

/// What a layer is taken for of which nothing is known.
fn unknown(layer: u8, of: u8) -> u64 {
    UNKNOWN.get(usize::from(layer) + MAX_LAYERS - layers(of)).copied().unwrap_or(0)
}

fn mark(layers: &mut [bool; MAX_LAYERS], layer: u8) {
    if let Some(layer) = layers.get_mut(usize::from(layer)) {
        *layer = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is announced, what it is taken for stays within what can be meant.
    #[test]
    fn a_rate_has_an_end() {
        let mut track = Track::new("TR".into(), Source::Here(None));
        let info = TrackInfo {
            kind: TrackKind::Video,
            codec: None,
            layers: 3,
            sizes: [(u32::MAX, u32::MAX), (u32::MAX, 1), (320, 180)],
            rates: [0, u32::MAX, 0],
            muted: false,
        };
        track.info = Some(info);
        let most = u64::from(MAX_LAYER_BPS);
        assert_eq!([0, 1, 2, 3].map(|layer| track.rate(layer)), [most, most, 2 * 320 * 180, 0]);

        // A size that a key frame tells makes no dense picture look cheap.
        track.info = Some(TrackInfo { layers: 1, sizes: [(0, 0); MAX_LAYERS], rates: [0; MAX_LAYERS], ..info });
        let taken_for = track.rate(0);
        assert!(track.learn_size(0, (640, 360)) && !track.learn_size(0, (640, 360)));
        assert_eq!(track.rate(0), taken_for);
    }
}
