//! Of many sounds only the loudest are sent on: nobody follows more voices at once, and a large conference costs each listener no more
//! than a small one. Who begins to speak is heard from the first packet on; who spoke longest ago gives way.

use super::Worker;
use super::limits::MAX_HEARD;
use super::peer::Peer;
use super::slab::Key;
use super::track::Track;
use super::viewer::{Share, Viewer};
use std::time::{Duration, Instant};

/// Quieter than this, in -dBov (RFC 6464), nobody speaks.
const VOICE_BELOW: u8 = 50;
/// Who was silent for so long begins anew.
const BREATH: Duration = Duration::from_millis(1_500);
/// How much one packet of 20 ms weighs in the loudness.
const SMOOTHING: f32 = 0.05;

/// What is known of the voice on a track; tracks without levels have none, and are always sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    spoke: Option<Instant>,
    /// Smoothed, in -dBov: less is louder.
    level: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { spoke: None, level: 127.0 }
    }
}

impl Voice {
    /// Takes a packet's level; true if someone begins to speak.
    pub fn hear(&mut self, level: u8, now: Instant) -> bool {
        let level = level & 0x7f;
        self.level += (f32::from(level) - self.level) * SMOOTHING;
        if level > VOICE_BELOW {
            return false;
        }
        let begins = !self.speaks(now);
        self.spoke = Some(now);
        begins
    }

    fn speaks(&self, now: Instant) -> bool {
        self.spoke.is_some_and(|spoke| now.saturating_duration_since(spoke) < BREATH)
    }
}

impl Worker {
    /// Somebody begins to speak: whoever was not sent the track is from now on.
    pub(super) fn open_voice(&mut self, key: Key<Track>, now: Instant) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let mut opened = false;
        for (_, viewer) in track.viewers.iter_mut().filter(|(_, viewer)| viewer.share == Share::Paused) {
            (viewer.share, opened) = (Share::Free, true);
        }
        if opened {
            self.viewers_changed(key, now);
        }
    }

    /// Closes what is too much for one listener, and opens what is not any more.
    pub(super) fn limit_voices(&mut self, key: Key<Peer>, now: Instant) {
        let Some(subscriber) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()) else { return };
        let mut voices: Vec<(Voice, Key<Track>, Key<Viewer>, Share)> = Vec::new();
        let few = subscriber.wants.len() <= MAX_HEARD;
        for want in &subscriber.wants {
            let Some(track) = self.tracks.get(want.track).filter(|track| !track.is_muted()) else { continue };
            let (Some(voice), Some(viewer)) = (track.voice, track.viewers.get(want.viewer)) else { continue };
            if viewer.is_ready() {
                voices.push((voice, want.track, want.viewer, viewer.share));
            }
        }
        // Of so few nobody is closed, but somebody may be from before.
        if few && voices.iter().all(|(.., share)| *share != Share::Paused) {
            return;
        }
        // Those who speak before those who do not, then the louder; among the silent who spoke last.
        voices.sort_by(|(one, ..), (other, ..)| {
            other.speaks(now).cmp(&one.speaks(now)).then_with(|| match one.speaks(now) {
                true => one.level.total_cmp(&other.level),
                false => other.spoke.cmp(&one.spoke),
            })
        });
        for (rank, (_, track, viewer, before)) in voices.into_iter().enumerate() {
            let share = if rank < MAX_HEARD { Share::Free } else { Share::Paused };
            if share == before {
                continue;
            }
            if let Some(viewer) = self.tracks.get_mut(track).and_then(|track| track.viewers.get_mut(viewer)) {
                viewer.share = share;
                self.counters.voices_closed += u64::from(share == Share::Paused);
                self.viewers_changed(track, now);
            }
        }
    }
}
