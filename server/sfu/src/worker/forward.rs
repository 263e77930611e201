//! From one packet of a published layer to everyone who receives it: the hot path. No lock, and nothing allocated for a viewer.

use super::contract::{Egress, Relay, RelayTo, SharedPacket};
use super::copies::{Copies, PendingCopy};
use super::counters::Counters;
use super::limits::{
    BLIND_HEAD_START, HEAD_START_PASSES, MAX_HEAD_START, MAX_HEAD_START_BYTES, MAX_HEAD_START_PACKETS,
    RELAYED_REQUEST_INTERVAL,
};
use super::outlet::{Held, Outlet};
use super::peer::Link;
use super::slab::{Key, Slab};
use super::timers::{Timers, Wake};
use super::track::{Clock, Source, Track};
use super::viewer::Viewer;
use super::{MediaEvent, Worker};
use crate::upstream::{MAX_LAYERS, Ring};
use lianxian_model::ids::TrackSid;
use lianxian_model::media::TrackKind;
use std::collections::VecDeque;
use std::time::Instant;

impl Worker {
    /// Keeps the packet, and sends it to the viewers here and to the workers that take its layer.
    pub(super) fn forward(&mut self, key: Key<Track>, packet: &SharedPacket, now: Instant, egress: &mut impl Egress) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let Some(info) = track.info else { return };
        let layer = usize::from(packet.layer);
        let (Some(seen), Some(ring)) = (track.seen.get_mut(layer), track.rings.get_mut(layer)) else { return };
        *seen = Some(now);
        let begins = track.alive & 1 << packet.layer == 0;
        track.alive |= 1 << packet.layer;
        if info.muted {
            self.counters.rtp_muted += 1;
            return;
        }
        let capacity = match info.kind {
            TrackKind::Audio => Ring::AUDIO_CAPACITY,
            TrackKind::Video => Ring::VIDEO_CAPACITY,
        };
        if !ring.push(packet.clone(), capacity) {
            return;
        }
        if let Some(meter) = track.meters.get_mut(layer) {
            meter.add(packet.payload().len(), packet.key_frame, packet.timestamp);
        }
        let speaks = match packet.audio_level {
            Some(level) if info.kind == TrackKind::Audio => track.voice.get_or_insert_default().hear(level, now),
            _ => false,
        };
        for other in &mut track.others {
            if other.layers.get(layer) == Some(&true) {
                other.pending.push(packet.clone());
                if !std::mem::replace(&mut track.noted, true) {
                    self.noted.push(key);
                }
            }
        }
        if begins {
            // Viewers that made do with another layer may turn to it; a key frame that begins it needs not be asked for.
            self.choose_layers(key, packet.key_frame.then_some(packet.layer), now);
        }
        if speaks {
            self.open_voice(key, now);
        }
        let Some(track) = self.tracks.get_mut(key) else { return };
        let mut ways = Ways {
            track: key,
            now,
            links: &mut self.links,
            timers: &mut self.timers,
            crowded: &mut self.crowded,
            copies: &mut self.copies,
            counters: &mut self.counters,
        };
        let Fanned { starving, switched } = fan_out(track, info.kind, packet, &mut ways, &mut self.events, egress);
        if !self.crowded.is_empty() {
            self.relieve_crowded(now);
        }
        if starving {
            self.ask_keyframe(key, packet.layer, false, now);
        }
        if switched {
            self.tell_needed(key, now);
        }
    }

    /// Starts a viewer that may be sent to now, from the last key frame if that is fresh; else, or if it is `urgent`, asks for one.
    pub(super) fn start_viewer(
        &mut self,
        key: Key<Track>,
        viewer: Key<Viewer>,
        urgent: bool,
        now: Instant,
        egress: &mut impl Egress,
    ) {
        let Some(track) = self.tracks.get_mut(key).filter(|track| track.is_video()) else { return };
        let viewer_key = viewer;
        let Some(viewer) = track.viewers.get_mut(viewer).filter(|viewer| viewer.sending) else { return };
        let Some((target, ring)) = viewer.target.and_then(|t| Some((t, track.rings.get(usize::from(t))?))) else {
            return;
        };
        if viewer
            .continuity
            .layer()
            .is_some_and(|(layer, life)| layer == target && viewer.continuity.takes(layer, life))
        {
            return;
        }
        // Whoever is new on a line that is known to carry it may be started from further back.
        let outlet = self.links.get(viewer.link).and_then(|link| link.outlet.as_ref()).filter(|_| !viewer.started);
        let carries = outlet.and_then(|outlet| Some((outlet.pacer.bytes(), outlet.estimate()?)));
        let passes = |bytes: usize| {
            carries.is_some_and(|(waiting, estimate)| {
                let bits = (bytes + waiting) as u128 * 8;
                bits * 1_000 <= u128::from(estimate) * HEAD_START_PASSES.as_millis()
            })
        };
        let fresh = |first: &&SharedPacket| {
            let age = now.saturating_duration_since(first.arrived);
            if age > MAX_HEAD_START || ring.end() - first.sequence > MAX_HEAD_START_PACKETS {
                return false;
            }
            let bytes = bytes_since(ring, first);
            bytes <= MAX_HEAD_START_BYTES && (age <= BLIND_HEAD_START || passes(bytes))
        };
        let mut started = false;
        // Whoever is shown another layer goes on with it until the key frame comes: what is past would be shown twice.
        let runs = viewer.continuity.started() && !viewer.continuity.paused();
        if let Some(first) = ring.key_frame().filter(|first| !runs && fresh(first)) {
            let mut ways = Ways {
                track: key,
                now,
                links: &mut self.links,
                timers: &mut self.timers,
                crowded: &mut self.crowded,
                copies: &mut self.copies,
                counters: &mut self.counters,
            };
            for packet in (first.sequence..ring.end()).filter_map(|sequence| ring.get(sequence)) {
                let sent = send_to(viewer_key, viewer, packet, TrackKind::Video, &track.clocks, &mut ways, egress);
                if sent && !std::mem::replace(&mut started, true) {
                    ways.counters.head_starts += 1;
                    note_first(viewer, &track.sid, &mut self.events);
                }
            }
        }
        if !self.crowded.is_empty() {
            self.relieve_crowded(now);
        }
        if urgent || !started {
            self.ask_keyframe(key, target, urgent, now);
        }
    }

    fn relieve_crowded(&mut self, now: Instant) {
        for link in std::mem::take(&mut self.crowded) {
            self.relieve(link, now);
        }
    }

    /// A key frame of the layer is needed. Requests of many viewers become one at the layer, and before that on the way to its worker.
    pub(super) fn ask_keyframe(&mut self, key: Key<Track>, layer: u8, urgent: bool, now: Instant) {
        let Some(track) = self.tracks.get_mut(key).filter(|track| track.is_video() && !track.is_muted()) else {
            return;
        };
        match track.source {
            Source::Here(Some((peer, section))) => {
                let Some(publisher) = self.peers.get_mut(peer).and_then(|peer| peer.publisher.as_mut()) else { return };
                let upload = publisher.uploads.get_mut(section).and_then(Option::as_mut);
                let Some(layer) = upload.and_then(|upload| upload.layers.get_mut(usize::from(layer))) else { return };
                layer.keyframes.ask(urgent);
                let due = layer.keyframes.deadline().unwrap_or(now);
                self.timers.arm(&mut publisher.armed, Some(due), Wake::Upstream(peer));
            }
            Source::Here(None) => {}
            Source::Elsewhere(owner) => {
                let Some(asked) = track.asked.get_mut(usize::from(layer)) else { return };
                let recent = asked.is_some_and(|at| now.saturating_duration_since(at) < RELAYED_REQUEST_INTERVAL);
                if urgent || !recent {
                    *asked = Some(now);
                    let relay = Relay::KeyframeRequest { track: track.sid.clone(), layer, urgent };
                    self.relays.push_back((RelayTo::One(owner), relay));
                }
            }
        }
    }

    /// Tells the publisher, or its worker, which layers are needed here, if that changed.
    pub(super) fn tell_needed(&mut self, key: Key<Track>, now: Instant) {
        let Some(track) = self.tracks.get_mut(key).filter(|track| track.info.is_some()) else { return };
        let needed = track.needed();
        if track.taken != needed {
            track.taken = needed;
            match track.source {
                Source::Here(_) => track.dynacast.set(self.index, needed),
                Source::Elsewhere(owner) => {
                    let relay = Relay::Wanted { track: track.sid.clone(), from: self.index, layers: needed };
                    self.relays.push_back((RelayTo::One(owner), relay));
                }
            }
        }
        self.tell_publisher(key, now);
    }

    /// Dynacast: the publisher hears which qualities anyone takes.
    pub(super) fn tell_publisher(&mut self, key: Key<Track>, now: Instant) {
        let Some(track) = self.tracks.get_mut(key).filter(|track| track.is_video()) else { return };
        let Source::Here(Some((peer, _))) = track.source else { return };
        let count = track.layer_count();
        if let Some([low, medium, high]) = track.dynacast.poll(count, now) {
            let (track, codec) = (track.sid.clone(), track.info.and_then(|info| info.codec));
            self.tell(peer, |participant| MediaEvent::WantedQualities { participant, track, codec, low, medium, high });
        }
    }

    /// The track is not published any more; whoever received it hears it in the next offer.
    pub(super) fn track_ended(&mut self, key: Key<Track>, now: Instant) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        track.info = None;
        if let Source::Here(source) = &mut track.source {
            *source = None;
        }
        for other in &track.others {
            self.relays.push_back((RelayTo::One(other.index), Relay::TrackEnded { track: track.sid.clone() }));
        }
        track.reset();
        self.viewers_gone(key, now);
        self.drop_if_idle(key);
    }

    /// The viewers of a track that ended: their sections fall free.
    pub(super) fn viewers_gone(&mut self, key: Key<Track>, now: Instant) {
        self.viewers_changed(key, now);
        let Some(track) = self.tracks.get_mut(key) else { return };
        let mut peers = Vec::new();
        for (_, viewer) in track.viewers.iter_mut() {
            viewer.offered = false;
            peers.push(viewer.peer);
        }
        for peer in peers {
            if let Some(subscriber) = self.peers.get_mut(peer).and_then(|peer| peer.subscriber.as_mut()) {
                subscriber.changed = true;
            }
            self.offer_if_due(peer);
        }
    }
}

/// Bytes of what is held from this packet on.
fn bytes_since(ring: &Ring, first: &SharedPacket) -> usize {
    let held = (first.sequence..ring.end()).filter_map(|sequence| ring.get(sequence));
    held.map(|packet| packet.payload().len()).sum()
}

/// What came of a fan-out.
#[derive(Clone, Copy, Debug, Default)]
struct Fanned {
    /// Somebody waits for a key frame of this layer.
    starving: bool,
    /// Somebody turned to this layer.
    switched: bool,
}

/// What leads from a track to its viewers.
struct Ways<'a> {
    track: Key<Track>,
    now: Instant,
    links: &'a mut Slab<Link>,
    timers: &'a mut Timers,
    crowded: &'a mut Vec<Key<Link>>,
    copies: &'a mut Copies,
    counters: &'a mut Counters,
}

fn fan_out(
    track: &mut Track,
    kind: TrackKind,
    packet: &SharedPacket,
    ways: &mut Ways<'_>,
    events: &mut VecDeque<MediaEvent>,
    egress: &mut impl Egress,
) -> Fanned {
    let mut fanned = Fanned::default();
    let is_video = kind == TrackKind::Video;
    for (key, viewer) in track.viewers.iter_mut() {
        let (wants, starves) = viewer.wants(packet, is_video);
        fanned.starving |= starves;
        if !wants {
            continue;
        }
        let takes = viewer.continuity.takes(packet.layer, packet.life);
        if send_to(key, viewer, packet, kind, &track.clocks, ways, egress) {
            fanned.switched |= !takes;
            ways.counters.layer_switches += u64::from(!takes && viewer.started && is_video);
            if !viewer.started {
                note_first(viewer, &track.sid, events);
            }
        }
    }
    fanned
}

/// True if it was sent, or waits for room on the viewer's line.
fn send_to(
    key: Key<Viewer>,
    viewer: &mut Viewer,
    packet: &SharedPacket,
    kind: TrackKind,
    clocks: &[Option<Clock>; MAX_LAYERS],
    ways: &mut Ways<'_>,
    egress: &mut impl Egress,
) -> bool {
    let Some(link) = ways.links.get_mut(viewer.link) else { return false };
    let Some(mapped) = viewer.number(packet, kind, clocks) else { return false };
    if kind == TrackKind::Video {
        let outlet = link.outlet.get_or_insert_with(|| Box::new(Outlet::new(viewer.carries_probes(), ways.now)));
        let at = outlet.micros(ways.now);
        if !outlet.pacer.admits(at) {
            let held = Held { packet: packet.clone(), mapped, track: ways.track, viewer: key, ssrc: viewer.ssrc };
            if outlet.pacer.hold(held, packet.payload().len(), packet.key_frame, at)
                && !ways.crowded.contains(&viewer.link)
            {
                ways.crowded.push(viewer.link);
            }
            let due = outlet.deadline(ways.now);
            ways.timers.arm(&mut outlet.armed, due, Wake::Outlet(viewer.link));
            return true;
        }
    }
    match viewer.send(packet, &mapped, None, link, ways.now, egress) {
        Some(len) => {
            ways.counters.sent(len);
            if kind == TrackKind::Audio {
                let copy = PendingCopy {
                    link: viewer.link,
                    track: ways.track,
                    viewer: key,
                    ssrc: viewer.ssrc,
                    sequence: mapped.sequence,
                    times: viewer.redundancy.copies(),
                };
                ways.copies.push(copy, ways.now);
            }
            true
        }
        None => {
            ways.counters.unsealed += 1;
            false
        }
    }
}

fn note_first(viewer: &mut Viewer, track: &TrackSid, events: &mut VecDeque<MediaEvent>) {
    if !std::mem::replace(&mut viewer.started, true) {
        let participant = viewer.participant.clone();
        events.push_back(MediaEvent::TrackSubscribed { participant, track: track.clone() });
    }
}
