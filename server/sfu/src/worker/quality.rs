//! What is summed up of each track for the record: what came of it, what each viewer was sent, and when a viewer's picture
//! stood still. Looked at by the clock alone: the way of a packet knows nothing of it.

use super::limits::{FREEZE, LEAST_SPAN, QUALITY_INTERVAL};
use super::peer::Peer;
use super::slab::Key;
use super::track::Track;
use super::viewer::{Share, Viewer};
use super::{MediaEvent, Worker};
use crate::worker::upload::Upload;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::TrackKind;
use lianxian_model::quality::{UpstreamSample, ViewerSample};
use std::time::{Duration, Instant};

/// What a publisher's track has counted in all; only the differences mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub packets: u64,
    pub bytes: u64,
    pub expected: u64,
    pub missed: u64,
    pub lost: u64,
    /// Packets of each layer.
    pub layers: [u64; crate::upstream::MAX_LAYERS],
}

/// The open span of a published track.
#[derive(Debug)]
pub(super) struct Intake {
    since: Instant,
    base: Counted,
    looked: Instant,
    last: Counted,
    /// Something came or was waited for when it was looked at.
    runs: bool,
}

impl Intake {
    pub fn new(now: Instant) -> Self {
        Self { since: now, base: Counted::default(), looked: now, last: Counted::default(), runs: false }
    }

    /// Looks at where the counters stand. When a span is over, its length and what they stood at when it began; a track that
    /// nobody takes and of which nothing comes has no spans.
    fn look(&mut self, counted: Counted, is_wanted: bool, now: Instant) -> Option<(Duration, Counted)> {
        let came = counted.packets != self.last.packets;
        let span = if came || is_wanted {
            let span = now.saturating_duration_since(self.since);
            (span >= QUALITY_INTERVAL).then_some((span, self.base))
        } else {
            // It stopped after the look before this one.
            let over = self.runs.then(|| (self.looked.saturating_duration_since(self.since), self.base));
            (self.since, self.base) = (now, counted);
            over.filter(|(span, _)| *span >= LEAST_SPAN)
        };
        if span.is_some() {
            (self.since, self.base) = (now, counted);
        }
        (self.looked, self.last, self.runs) = (now, counted, came || is_wanted);
        span
    }

    /// The span that the track's end cuts off.
    fn finish(&mut self, counted: Counted, now: Instant) -> Option<(Duration, Counted)> {
        let span = now.saturating_duration_since(self.since);
        let runs = self.runs || counted.packets != self.last.packets;
        (runs && span >= LEAST_SPAN).then_some((span, self.base))
    }
}

/// How it stands with a viewer at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It is to get nothing.
    Idle,
    /// Its line does not carry the track.
    Paused,
    /// Packets are due; of sound it may be a long time.
    Due { is_video: bool },
}

/// The open span of one viewer.
#[derive(Debug)]
pub(super) struct Watching {
    since: Instant,
    looked: Instant,
    /// Packets at the last look, and when they last rose.
    packets: u32,
    moved: Instant,
    is_paused: bool,
    is_frozen: bool,
    /// Bytes when the span began.
    base: u32,
    pauses: u32,
    paused: Duration,
    freezes: u32,
    frozen: Duration,
    pub reported: u64,
    /// Of what was reported, what its line lost, in 256ths of a packet.
    pub missed_256: u64,
    /// In units of the RTP clock.
    pub jitter: u32,
}

impl Watching {
    pub fn new(now: Instant) -> Self {
        Self {
            since: now,
            looked: now,
            packets: 0,
            moved: now,
            is_paused: false,
            is_frozen: false,
            base: 0,
            pauses: 0,
            paused: Duration::ZERO,
            freezes: 0,
            frozen: Duration::ZERO,
            reported: 0,
            missed_256: 0,
            jitter: 0,
        }
    }

    fn look(&mut self, flow: Flow, packets: u32, now: Instant) {
        let passed = now.saturating_duration_since(self.looked);
        let moves = std::mem::replace(&mut self.packets, packets) != packets;
        self.looked = now;
        if flow == Flow::Paused {
            self.pauses += u32::from(!self.is_paused);
            self.paused += passed;
        }
        self.is_paused = flow == Flow::Paused;
        if moves || flow != (Flow::Due { is_video: true }) {
            (self.moved, self.is_frozen) = (now, false);
            return;
        }
        let still = now.saturating_duration_since(self.moved);
        if self.is_frozen {
            self.frozen += passed;
        } else if still > FREEZE {
            self.is_frozen = true;
            self.freezes += 1;
            self.frozen += still;
        }
    }

    /// Whether the span holds anything that is worth a word.
    fn is_empty(&self, bytes: u32) -> bool {
        bytes == self.base && self.pauses == 0 && self.paused.is_zero() && self.freezes == 0 && self.frozen.is_zero()
    }
}

impl Viewer {
    pub(super) fn flow(&self, is_muted: bool, is_video: bool) -> Flow {
        if is_muted || !self.is_ready() {
            Flow::Idle
        } else if self.share == Share::Paused {
            Flow::Paused
        } else if self.started {
            Flow::Due { is_video }
        } else {
            Flow::Idle
        }
    }

    /// Closes the span.
    fn take_sample(&mut self, size: (u32, u32), clock_rate: u32, now: Instant) -> ViewerSample {
        let watch = std::mem::replace(&mut self.watch, Watching::new(now));
        let next = &mut self.watch;
        (next.looked, next.packets, next.moved) = (watch.looked, watch.packets, watch.moved);
        (next.is_paused, next.is_frozen, next.base) = (watch.is_paused, watch.is_frozen, self.bytes);
        ViewerSample {
            span_ms: millis(now.saturating_duration_since(watch.since)),
            bytes: u64::from(self.bytes.wrapping_sub(watch.base)),
            reported: watch.reported,
            missed: watch.missed_256.div_ceil(256),
            jitter_ms: (u64::from(watch.jitter) * 1_000 / u64::from(clock_rate.max(1))).min(60_000) as u32,
            rtt_ms: None,
            estimate_bps: None,
            width: size.0,
            height: size.1,
            pauses: watch.pauses,
            paused_ms: millis(watch.paused),
            freezes: watch.freezes,
            frozen_ms: millis(watch.frozen),
        }
    }
}

impl Track {
    /// Whether everyone who is to get something gets it.
    pub(super) fn look_after_viewers(&mut self, now: Instant) {
        let (is_muted, is_video) = (self.is_muted(), self.is_video());
        for (_, viewer) in self.viewers.iter_mut() {
            let flow = viewer.flow(is_muted, is_video);
            viewer.watch.look(flow, viewer.packets, now);
        }
    }

    fn is_wanted(&self) -> bool {
        !self.is_muted() && (0..crate::upstream::MAX_LAYERS).any(|layer| self.dynacast.takes(layer))
    }

    /// What a viewer was sent since its last span; `last`: whatever the span's length.
    fn sample_of(&mut self, key: Key<Viewer>, last: bool, now: Instant) -> Option<ViewerSample> {
        let (is_muted, is_video) = (self.is_muted(), self.is_video());
        let sizes = self.info.map(|info| info.sizes).unwrap_or_default();
        let viewer = self.viewers.get_mut(key)?;
        let flow = viewer.flow(is_muted, is_video);
        viewer.watch.look(flow, viewer.packets, now);
        let span = now.saturating_duration_since(viewer.watch.since);
        let is_over = last || flow == Flow::Idle;
        if viewer.watch.is_empty(viewer.bytes) && (is_over || flow != (Flow::Due { is_video: true })) {
            viewer.watch.since = now;
            return None;
        }
        if span < if is_over { LEAST_SPAN } else { QUALITY_INTERVAL } {
            return None;
        }
        let layer = viewer.continuity.layer().map(|(layer, _)| usize::from(layer));
        let size = layer.and_then(|layer| sizes.get(layer)).copied().unwrap_or_default();
        let rate = super::track::clock_rate(if is_video { TrackKind::Video } else { TrackKind::Audio });
        Some(viewer.take_sample(size, rate, now))
    }
}

impl Upload {
    fn counted(&self) -> Counted {
        let mut counted = Counted::default();
        for (layer, packets) in self.layers.iter().zip(&mut counted.layers) {
            let reception = layer.reception();
            let (expected, missed) = reception.reported();
            *packets = reception.packets();
            counted.packets += reception.packets();
            counted.bytes += reception.bytes();
            counted.expected += expected;
            counted.missed += missed;
            counted.lost += reception.lost();
        }
        if self.kind == TrackKind::Audio {
            // Nobody asks for lost sound again.
            counted.lost = counted.missed;
        }
        counted
    }

    fn sample(&self, span: Duration, base: Counted, round_trip: Option<Duration>) -> UpstreamSample {
        let counted = self.counted();
        let came = |layer: usize| counted.layers.get(layer) != base.layers.get(layer);
        let layers = || self.layers.iter().enumerate().filter(|(at, _)| came(*at)).map(|(_, layer)| layer);
        let size =
            layers().map(|layer| layer.size()).max_by_key(|(width, height)| u32::from(*width) * u32::from(*height));
        let (width, height) = size.unwrap_or_default();
        UpstreamSample {
            span_ms: millis(span),
            bytes: counted.bytes - base.bytes,
            expected: counted.expected - base.expected,
            missed: counted.missed - base.missed,
            lost: counted.lost - base.lost,
            jitter_ms: layers().map(|layer| layer.jitter_ms()).max().unwrap_or(0),
            rtt_ms: round_trip.map(|trip| millis(trip).min(60_000)),
            width: u32::from(width),
            height: u32::from(height),
        }
    }

    /// The span that the track's end cuts off.
    pub(super) fn last_sample(&mut self, round_trip: Option<Duration>, now: Instant) -> Option<UpstreamSample> {
        let (span, base) = self.intake.finish(self.counted(), now)?;
        Some(self.sample(span, base, round_trip))
    }
}

impl Worker {
    /// Tells of the spans that are over, of what the participant publishes and of what it receives.
    pub(super) fn sum_up(&mut self, key: Key<Peer>, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let round_trip = peer.round_trip;
        let mut sent = Vec::new();
        for upload in peer.publisher.iter_mut().flat_map(|publisher| publisher.uploads.iter_mut().flatten()) {
            let is_wanted = self.tracks.get(upload.track).is_some_and(Track::is_wanted);
            if let Some((span, base)) = upload.intake.look(upload.counted(), is_wanted, now) {
                sent.push((upload.sid.clone(), upload.sample(span, base, round_trip)));
            }
        }
        let wants = peer.subscriber.as_ref().map(|subscriber| &subscriber.wants);
        let places: Vec<_> = wants.into_iter().flatten().map(|want| (want.track, want.viewer)).collect();
        let mut received = Vec::new();
        for (track, viewer) in places {
            let Some(track) = self.tracks.get_mut(track) else { continue };
            if let Some(sample) = track.sample_of(viewer, false, now) {
                received.push((track.sid.clone(), sample));
            }
        }
        self.tell_received(key, received);
        if !sent.is_empty() {
            self.tell(key, |participant| MediaEvent::Sent { participant, samples: sent });
        }
    }

    /// The viewer receives the track no longer.
    pub(super) fn sum_up_viewer(&mut self, key: Key<Peer>, track: Key<Track>, viewer: Key<Viewer>, now: Instant) {
        let Some(track) = self.tracks.get_mut(track) else { return };
        if let Some(sample) = track.sample_of(viewer, true, now) {
            let received = vec![(track.sid.clone(), sample)];
            self.tell_received(key, received);
        }
    }

    /// All viewers here of a track that ends.
    pub(super) fn sum_up_viewers(&mut self, track: Key<Track>, now: Instant) {
        let Some(entry) = self.tracks.get(track) else { return };
        let viewers: Vec<_> = entry.viewers.iter().map(|(key, viewer)| (viewer.peer, key)).collect();
        for (peer, viewer) in viewers {
            self.sum_up_viewer(peer, track, viewer, now);
        }
    }

    /// With what is known of the participant's line.
    fn tell_received(&mut self, key: Key<Peer>, mut samples: Vec<(TrackSid, ViewerSample)>) {
        if samples.is_empty() {
            return;
        }
        let Some(peer) = self.peers.get(key) else { return };
        let rtt_ms = peer.round_trip.map(|trip| millis(trip).min(60_000));
        let link = peer.subscriber.as_ref().and_then(|subscriber| self.links.get(subscriber.link));
        let estimate_bps = link.and_then(|link| link.outlet.as_ref()?.estimate());
        for (_, sample) in &mut samples {
            (sample.rtt_ms, sample.estimate_bps) = (rtt_ms, estimate_bps);
        }
        let participant: ParticipantSid = peer.sid.clone();
        self.events.push_back(MediaEvent::Received { participant, samples });
    }
}

fn millis(time: Duration) -> u32 {
    time.as_millis().min(u128::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn counted(packets: u64) -> Counted {
        Counted { packets, bytes: packets * 1_000, ..Counted::default() }
    }

    #[test]
    fn a_span_runs_while_something_comes_and_ends_when_it_stops() {
        let start = Instant::now();
        let mut intake = Intake::new(start);
        let mut spans = Vec::new();
        for second in 1..60u32 {
            // Nothing for five seconds, something for twenty-three, and nothing again.
            let packets = u64::from(second.saturating_sub(5).min(23)) * 10;
            let span = intake.look(counted(packets), false, start + SECOND * second);
            spans.extend(span.map(|(span, base)| (second, span.as_secs(), base.packets)));
        }
        assert_eq!(spans, [(15, 10, 0), (25, 10, 100), (29, 3, 200)]);
    }

    #[test]
    fn what_is_waited_for_and_does_not_come_is_told_too() {
        let start = Instant::now();
        let mut intake = Intake::new(start);
        let span = (1..=10).find_map(|second| intake.look(counted(0), true, start + SECOND * second));
        assert_eq!(span, Some((SECOND * 10, counted(0))));
        assert_eq!(intake.finish(counted(0), start + SECOND * 12).map(|(span, _)| span), Some(SECOND * 2));
        assert_eq!(Intake::new(start).finish(counted(0), start + SECOND * 9), None);
    }

    /// Looks every 300 ms at a viewer that is sent to at those looks.
    fn watched(looks: impl Iterator<Item = (Flow, bool)>) -> Watching {
        let start = Instant::now();
        let mut watch = Watching::new(start);
        let mut packets = 0;
        for (number, (flow, moves)) in (1u32..).zip(looks) {
            packets += u32::from(moves);
            watch.look(flow, packets, start + Duration::from_millis(300) * number);
        }
        watch
    }

    #[test]
    fn a_picture_that_stands_still_is_a_freeze_and_a_paused_one_is_not() {
        let due = Flow::Due { is_video: true };
        let still = |looks: usize| std::iter::repeat_n((due, false), looks);
        let watch = watched([(due, true)].into_iter().chain(still(3)).chain([(due, true)]).chain(still(10)));
        assert_eq!((watch.freezes, watch.frozen), (1, SECOND * 3), "three looks are a stutter, ten a freeze");
        let watch = watched(std::iter::repeat_n((Flow::Paused, false), 10));
        assert_eq!((watch.pauses, watch.paused, watch.freezes), (1, SECOND * 3, 0));
        let sound = watched(std::iter::repeat_n((Flow::Due { is_video: false }, false), 40));
        assert!(sound.is_empty(0), "silence is no freeze");
    }
}
