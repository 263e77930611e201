//! A track as one worker forwards it: the last packets, and who receives them from here.

use super::contract::{TrackInfo, WorkerIndex};
use super::peer::Peer;
use super::slab::{Key, Slab};
use super::viewer::Viewer;
use crate::selection::{Dynacast, target, wanted};
use crate::upstream::{MAX_LAYERS, Ring, SenderClock};
use crate::worker::SharedPacket;
use lianxian_model::ids::TrackSid;
use lianxian_model::media::TrackKind;
use std::time::Instant;

/// Clock rate of Opus and of all video, in Hz.
pub(super) fn clock_rate(kind: TrackKind) -> u32 {
    match kind {
        TrackKind::Audio => 48_000,
        TrackKind::Video => 90_000,
    }
}

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
        self.taken = [false; MAX_LAYERS];
        self.dynacast = Dynacast::default();
        for other in &mut self.others {
            other.layers = [false; MAX_LAYERS];
            other.pending.clear();
        }
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
        (wanted, wanted.map(|wanted| target(wanted, self.alive).unwrap_or(wanted)))
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

fn mark(layers: &mut [bool; MAX_LAYERS], layer: u8) {
    if let Some(layer) = layers.get_mut(usize::from(layer)) {
        *layer = true;
    }
}
