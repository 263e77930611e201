//! What workers say to each other.

use super::contract::{Egress, Relay, RelayTo, TrackInfo, WorkerIndex};
use super::track::{Clock, Other, Source, Track};
use super::{Key, Worker};
use crate::upstream::{MAX_LAYERS, SenderClock};
use lianxian_model::ids::TrackSid;
use std::time::Instant;

impl Worker {
    pub fn relay(&mut self, relay: Relay, now: Instant, egress: &mut impl Egress) {
        self.fenced(None, now, egress, |worker, egress| worker.take_relay(relay, now, egress));
    }

    fn take_relay(&mut self, relay: Relay, now: Instant, egress: &mut impl Egress) {
        match relay {
            Relay::Subscribe { track, from } => self.subscribe_other(&track, from),
            Relay::Unsubscribe { track, from } => {
                let Some(key) = self.by_track.get(&track).copied() else { return };
                if let Some(track) = self.tracks.get_mut(key) {
                    track.others.retain(|other| other.index != from);
                    track.dynacast.set(from, [false; MAX_LAYERS]);
                }
                self.tell_publisher(key, now);
                self.drop_if_idle(key);
            }
            Relay::TrackInfo { track, info } => self.learn_info(&track, Some(info), now),
            Relay::TrackEnded { track } => self.learn_info(&track, None, now),
            Relay::Wanted { track, from, layers } => self.other_wants(&track, from, layers, now),
            Relay::KeyframeRequest { track, layer, urgent } => {
                if let Some(key) = self.by_track.get(&track).copied() {
                    self.ask_keyframe(key, layer, urgent, now);
                }
            }
            Relay::Packets { track, packets } => {
                let Some(key) = self.elsewhere(&track) else { return };
                for packet in &packets {
                    self.forward(key, packet, now, egress);
                }
            }
            Relay::SenderReport { track, layer, ntp, rtp } => {
                if let Some(key) = self.elsewhere(&track) {
                    self.set_clock(key, layer, SenderClock { ntp, rtp }, now);
                }
            }
            Relay::Levels { levels } => self.gather_levels(levels, now),
            Relay::Bind { flow, owner } => {
                if owner != self.index {
                    self.lose_flow(flow);
                }
            }
            Relay::Stray { flow, bytes } => {
                self.counters.moved_flows += u64::from(self.recognise(flow, &bytes, false, now, egress));
            }
            Relay::Unbind { .. } | Relay::Datagram { .. } => {}
        }
    }

    fn subscribe_other(&mut self, sid: &TrackSid, from: WorkerIndex) {
        let key = self.track_here(sid);
        let Some(track) = self.tracks.get_mut(key) else { return };
        if !track.others.iter().any(|other| other.index == from) {
            track.others.push(Other { index: from, layers: [false; MAX_LAYERS], pending: Vec::new() });
        }
        if let Some(info) = track.info {
            self.relays.push_back((RelayTo::One(from), Relay::TrackInfo { track: sid.clone(), info }));
        }
    }

    fn other_wants(&mut self, sid: &TrackSid, from: WorkerIndex, layers: [bool; MAX_LAYERS], now: Instant) {
        let Some(key) = self.by_track.get(sid).copied() else { return };
        let Some(track) = self.tracks.get_mut(key) else { return };
        if let Some(other) = track.others.iter_mut().find(|other| other.index == from) {
            other.layers = layers;
            track.dynacast.set(from, layers);
            self.tell_publisher(key, now);
        }
    }

    /// The entry of a track that lives on another worker.
    fn elsewhere(&self, sid: &TrackSid) -> Option<Key<Track>> {
        let key = *self.by_track.get(sid)?;
        matches!(self.tracks.get(key)?.source, Source::Elsewhere(_)).then_some(key)
    }

    fn learn_info(&mut self, sid: &TrackSid, info: Option<TrackInfo>, now: Instant) {
        let Some(key) = self.elsewhere(sid) else { return };
        let Some(track) = self.tracks.get_mut(key) else { return };
        track.info = info;
        if info.is_some() {
            self.viewers_changed(key, now);
        } else {
            track.reset();
            self.viewers_gone(key, now);
        }
    }

    /// A sender report of a layer, here or of another worker.
    pub(super) fn set_clock(&mut self, key: Key<Track>, layer: u8, sender: SenderClock, now: Instant) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        if let Some(place) = track.clocks.get_mut(usize::from(layer)) {
            *place = Some(Clock { sender, at: now });
        }
        for other in &track.others {
            let SenderClock { ntp, rtp } = sender;
            let relay = Relay::SenderReport { track: track.sid.clone(), layer, ntp, rtp };
            self.relays.push_back((RelayTo::One(other.index), relay));
        }
    }

    /// The packets of this turn for other workers, each track's as one relay.
    pub(super) fn relay_packets(&mut self) {
        for key in std::mem::take(&mut self.noted) {
            let Some(track) = self.tracks.get_mut(key) else { continue };
            track.noted = false;
            for other in track.others.iter_mut().filter(|other| !other.pending.is_empty()) {
                let packets = std::mem::take(&mut other.pending);
                let relay = Relay::Packets { track: track.sid.clone(), packets };
                self.relays.push_back((RelayTo::One(other.index), relay));
            }
        }
    }
}
