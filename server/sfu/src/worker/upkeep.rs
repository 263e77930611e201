//! What happens by the clock: due timers, and in slices what every peer gets once in a while.

use super::contract::{Egress, Relay, RelayTo, WorkerIndex};
use super::limits::{
    LAYER_TIMEOUT, QUALITY_SLICES, QUIET, REPORT_SLICES, SHARE_SLICES, SLICE, SPEAKER_SLICES, SWEEP_SLICES,
};
use super::peer::{Link, Peer};
use super::slab::Key;
use super::timers::Wake;
use super::track::{Source, Track};
use super::{MediaEvent, Worker};
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::TrackKind;
use std::time::Instant;

/// The worker that tells of the speakers of all.
const TELLER: WorkerIndex = WorkerIndex(0);

/// Speakers of one worker, and of all, that are told of at once: whoever is not told of counts as silent, so it is more than can speak on
/// one machine. How many one listener is shown is for the net to say.
const MAX_SPEAKERS: usize = 4_096;

/// Speakers of other workers in one interval.
const MAX_GATHERED: usize = MAX_SPEAKERS;

impl Worker {
    /// Everything that is due.
    pub fn tick(&mut self, now: Instant, egress: &mut impl Egress) {
        // Whatever arms itself anew for a time that is over waits for the next turn: nothing holds a worker up for ever.
        for _ in 0..self.timers.len() {
            let Some(wake) = self.timers.take_due(now) else { break };
            match wake {
                Wake::Link(key) => {
                    self.contained(key, now, egress, |worker, egress| worker.tick_link(key, now, egress));
                }
                Wake::Outlet(key) => {
                    self.contained(key, now, egress, |worker, egress| worker.tick_outlet(key, now, egress));
                }
                Wake::Upstream(key) => {
                    self.fenced(Some(key), now, egress, |worker, egress| worker.tick_upstream(key, now, egress));
                }
            }
        }
        self.tick_copies(now, egress);
        if self.slice_at.is_some_and(|at| at <= now) {
            self.slice_at = Some(now + SLICE);
            self.slice = self.slice.wrapping_add(1);
            self.take_slice(now, egress);
            if self.peers.is_empty() && self.levels.is_empty() && !self.spoke {
                self.slice_at = None;
            }
        }
    }

    fn tick_link(&mut self, key: Key<Link>, now: Instant, egress: &mut impl Egress) {
        if let Some(link) = self.links.get_mut(key) {
            link.armed = None;
            link.transport.tick(now);
            self.drain_link(key, now, egress);
        }
    }

    fn take_slice(&mut self, now: Instant, egress: &mut impl Egress) {
        let slice = self.slice;
        for key in self.peers.keys() {
            self.fenced(Some(key), now, egress, |worker, egress| worker.look_after(key, now, egress));
        }
        if slice.is_multiple_of(SWEEP_SLICES) {
            for key in self.tracks.keys() {
                let owner = self.tracks.get(key).and_then(|track| match track.source {
                    Source::Here(here) => here.map(|(peer, _)| peer),
                    Source::Elsewhere(_) => None,
                });
                self.fenced(owner, now, egress, |worker, _| worker.sweep(key, now));
            }
        }
        if slice.is_multiple_of(SPEAKER_SLICES) {
            self.tell_speakers();
        }
    }

    /// What a participant gets in this slice.
    fn look_after(&mut self, key: Key<Peer>, now: Instant, egress: &mut impl Egress) {
        #[cfg(test)]
        if let Some(peer) = self.peers.get(key) {
            self.break_if_broken(&peer.sid);
        }
        let (slice, number) = (self.slice, key.number() as u64);
        if number % REPORT_SLICES == slice % REPORT_SLICES {
            self.report_to_viewer(key, now, egress);
            self.sum_up(key, now);
        }
        if number % SHARE_SLICES == slice % SHARE_SLICES {
            self.limit_voices(key, now);
            self.share_line(key, now, egress);
            self.guard_sounds(key, now);
        }
        if number % QUALITY_SLICES == slice % QUALITY_SLICES {
            self.tell_quality(key, now);
        }
    }

    /// Layers that do not come any more, packets that are too old, and what the publisher may stop.
    fn sweep(&mut self, key: Key<Track>, now: Instant) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let mut dead = 0;
        for (layer, seen) in track.seen.iter().enumerate() {
            let is_silent = seen.is_none_or(|seen| now.saturating_duration_since(seen) > LAYER_TIMEOUT);
            if is_silent && track.alive & 1 << layer != 0 {
                dead |= 1 << layer;
            }
        }
        for ring in &mut track.rings {
            ring.forget_older_than(now);
        }
        for meter in &mut track.meters {
            meter.look(now);
        }
        track.look_after_viewers(now);
        if dead != 0 {
            track.alive &= !dead;
            // A request to a layer that does not come would be repeated for ever; who needs it asks when it comes.
            if let Source::Here(Some((peer, section))) = track.source
                && let Some(publisher) = self.peers.get_mut(peer).and_then(|peer| peer.publisher.as_mut())
                && let Some(upload) = publisher.uploads.get_mut(section).and_then(Option::as_mut)
            {
                for layer in upload.layers.iter_mut().enumerate().filter(|(at, _)| dead & 1 << at != 0) {
                    layer.1.keyframes.satisfied();
                }
            }
            self.viewers_changed(key, now);
        }
        self.tell_publisher(key, now);
    }

    fn tell_quality(&mut self, key: Key<Peer>, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let publisher = peer.publisher.as_ref().map(|publisher| publisher.link);
        let subscriber = peer.subscriber.as_ref().map(|subscriber| subscriber.link);
        let (mut upstream_loss, mut downstream_loss) = (peer.upstream_loss.take(), peer.downstream_loss.take());
        let links = [publisher, subscriber].into_iter().flatten().filter_map(|link| self.links.get(link));
        // The latest sign of life over any that is up.
        let silence = links.filter(|link| link.transport.is_up()).map(|link| link.transport.silence(now)).min();
        if let Some(silence) = silence {
            if silence >= QUIET {
                (upstream_loss, downstream_loss) = (1.0, 1.0);
            }
            self.events.push_back(MediaEvent::Quality {
                participant: peer.sid.clone(),
                upstream_loss,
                downstream_loss,
                rtt_ms: peer.round_trip.map_or(0, |round_trip| round_trip.as_millis().min(60_000) as u32),
            });
        }
    }

    /// Who spoke since the last time. The first worker tells of all; the others tell it.
    fn tell_speakers(&mut self) {
        let levels = self.take_levels();
        if self.index != TELLER {
            let mut levels = levels;
            levels.sort_by(|(.., one), (.., other)| other.total_cmp(one));
            levels.truncate(MAX_SPEAKERS);
            if !levels.is_empty() {
                self.relays.push_back((RelayTo::One(TELLER), Relay::Levels { levels }));
            }
            return;
        }
        let mut all = std::mem::take(&mut self.levels);
        all.extend(levels);
        all.sort_by(|(.., one), (.., other)| other.total_cmp(one));
        all.truncate(MAX_SPEAKERS);
        // Silence is told once.
        if !all.is_empty() || self.spoke {
            self.spoke = !all.is_empty();
            self.events.push_back(MediaEvent::Speakers { levels: all });
        }
    }

    fn take_levels(&mut self) -> Vec<(ParticipantSid, TrackSid, f32)> {
        let mut levels = Vec::new();
        for (_, peer) in self.peers.iter_mut() {
            let Some(publisher) = &mut peer.publisher else { continue };
            for upload in publisher.uploads.iter_mut().flatten().filter(|upload| upload.kind == TrackKind::Audio) {
                let level = upload.level.take();
                let muted = self.tracks.get(upload.track).is_none_or(Track::is_muted);
                if let Some(level) = level.filter(|_| !muted) {
                    levels.push((peer.sid.clone(), upload.sid.clone(), level));
                }
            }
        }
        levels
    }

    /// Levels of another worker, until this one tells of them.
    pub(super) fn gather_levels(&mut self, levels: Vec<(ParticipantSid, TrackSid, f32)>, now: Instant) {
        self.slice_at.get_or_insert(now + SLICE);
        if self.levels.len() < MAX_GATHERED {
            self.levels.extend(levels);
        }
    }
}
