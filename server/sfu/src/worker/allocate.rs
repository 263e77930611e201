//! What each viewer is sent of what it wants, by what its line carries.

use super::peer::Peer;
use super::slab::Key;
use super::track::Track;
use super::viewer::{Share, Viewer};
use super::{MediaEvent, Worker};
use crate::selection::{ENOUGH, Tile, allocate};
use crate::worker::Egress;
use lianxian_model::media::TrackKind;
use std::time::Instant;

/// More than this much above the budget, in percent, is not sent on until the smaller layer's key frame comes.
const FAR_ABOVE: u64 = 120;

/// A tile and whose it is.
struct Place {
    track: Key<Track>,
    viewer: Key<Viewer>,
    tile: Tile,
}

impl Worker {
    /// Shares the line of a subscriber anew.
    pub(super) fn share_line(&mut self, key: Key<Peer>, now: Instant, egress: &mut impl Egress) {
        let Some(subscriber) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()) else { return };
        let link_key = subscriber.link;
        let Some(outlet) = self.links.get_mut(link_key).and_then(|link| link.outlet.as_mut()) else { return };
        outlet.look(now);
        let budget = outlet.budget(now);
        let (mut places, mut sound) = (Vec::with_capacity(subscriber.wants.len()), 0);
        for want in &subscriber.wants {
            let Some(track) = self.tracks.get(want.track) else { continue };
            let Some(viewer) = track.viewers.get(want.viewer) else { continue };
            match track.info.map(|info| info.kind) {
                Some(TrackKind::Audio) if viewer.sending => sound += track.rate(0),
                Some(TrackKind::Video) => {
                    let tile = track.tile(viewer, budget, now);
                    places.extend(tile.map(|tile| Place { track: want.track, viewer: want.viewer, tile }));
                }
                _ => {}
            }
        }
        let wanted = places.iter().map(|place| place.tile.wanted_entry()).sum::<u64>() + sound;
        let sent: u64 = places.iter().filter_map(|place| Some(place.tile.rate(place.tile.granted?))).sum();
        let counted = if outlet.counts_sound() { sound } else { 0 };
        // Whoever waits for a picture does not wait for others' to settle.
        let may_overdraw = places.iter().all(|place| place.tile.granted.is_some());
        let overdraws = may_overdraw && outlet.overdraws(sent + counted, budget, now);
        outlet.shared(budget, wanted * ENOUGH / 100, now);
        let shares: Vec<Share> = match budget {
            None => vec![Share::Free; places.len()],
            Some(budget) => {
                let tiles: Vec<Tile> = places.iter().map(|place| place.tile).collect();
                let granted = if overdraws {
                    tiles.iter().map(|tile| tile.granted).collect()
                } else {
                    allocate(&tiles, budget, counted, outlet.may_pause(outlet.micros(now)))
                };
                granted.into_iter().map(|layer| layer.map_or(Share::Paused, Share::Layer)).collect()
            }
        };
        let far_above = budget.is_some_and(|budget| sent * 100 > budget * FAR_ABOVE);
        for (place, share) in places.iter().zip(shares) {
            self.give(place, share, budget, far_above, now, egress);
        }
        self.probe_if_due(key, now);
    }

    /// Gives one viewer its share, and tells of it if its picture stops or comes back.
    fn give(
        &mut self,
        place: &Place,
        share: Share,
        budget: Option<u64>,
        far_above: bool,
        now: Instant,
        egress: &mut impl Egress,
    ) {
        let Place { track, viewer, tile } = place;
        let Some(owner) = self.tracks.get_mut(*track) else { return };
        let Some(entry) = owner.viewers.get_mut(*viewer).filter(|entry| entry.share != share) else { return };
        let layer = match share {
            Share::Free => Some(tile.wanted),
            Share::Layer(layer) => Some(layer),
            Share::Paused => None,
        };
        let was_paused = entry.share == Share::Paused;
        let is_paused = share == Share::Paused;
        entry.share = share;
        // A layer above the wanted one is no different from it.
        let (before, after) = (tile.granted, layer.map(|layer| layer.min(tile.wanted)));
        if after > before {
            entry.patience.rose(now);
        } else if after < before {
            entry.patience.fell(budget.unwrap_or(u64::MAX), now);
            if far_above {
                // What is above the line would only wait in its queue.
                entry.continuity.pause();
            }
        } else if was_paused == is_paused {
            return;
        }
        if was_paused != is_paused {
            let (participant, track) = (entry.participant.clone(), owner.sid.clone());
            self.counters.stream_pauses += u64::from(is_paused);
            self.events.push_back(MediaEvent::StreamState { participant, track, paused: is_paused });
        }
        self.viewers_changed(*track, now);
        if was_paused {
            self.start_viewer(*track, *viewer, false, now, egress);
        }
    }
}
