//! How good tracks are, interval by interval: what came of a track and what its viewers were sent become one row for the record.

use super::super::limits::QUALITY_WAIT_MS;
use super::{Effect, State};
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::quality::{QualityRow, UpstreamSample, ViewerSample, Viewers};
use lianxian_model::time::Millis;
use std::collections::BTreeMap;

/// What viewers were sent of one track since its last row. One entry at most for each viewer.
#[derive(Debug)]
pub(super) struct Watched {
    pub viewers: BTreeMap<ParticipantSid, ViewerSample>,
    /// When the first and the last of it was told.
    first: Millis,
    last: Millis,
}

impl State {
    /// What a participant was sent: it waits for the row of each track. Of what is published no more nothing is kept.
    pub(super) fn received(&mut self, sid: &ParticipantSid, samples: Vec<(TrackSid, ViewerSample)>) {
        let now = self.now;
        for (track, sample) in samples {
            if !self.publishers.contains_key(&track) {
                continue;
            }
            let fresh = || Watched { viewers: BTreeMap::new(), first: now, last: now };
            let watched = self.watched.entry(track).or_insert_with(fresh);
            watched.last = now;
            match watched.viewers.get_mut(sid) {
                Some(known) => known.add(&sample),
                None => {
                    watched.viewers.insert(sid.clone(), sample);
                }
            }
        }
    }

    /// What came of a participant's tracks: with what their viewers were sent meanwhile it makes their rows.
    pub(super) fn sent(&mut self, sid: &ParticipantSid, samples: Vec<(TrackSid, UpstreamSample)>) {
        for (track, upstream) in samples {
            let viewers = self.watched.remove(&track).map(|watched| watched.viewers).unwrap_or_default();
            // The last span of one that has gone comes while the end is being put on record.
            let person = self.people.get(sid).map(|person| &person.recorded);
            let known = person.or_else(|| self.closing.get(sid).map(|closing| closing.awaited()));
            if known.is_some_and(|recorded| recorded.contains(&track)) {
                self.put_row(track, self.now, upstream, viewers);
            }
        }
    }

    /// Viewers were to get a track of which nothing comes, because no line carries it: that is a row too. Of a track that is
    /// published no more nothing waits.
    pub(super) fn settle_watched(&mut self) {
        let due = |watched: &Watched| self.now.0 - watched.first.0 >= QUALITY_WAIT_MS;
        let over: Vec<TrackSid> =
            self.watched.iter().filter(|(_, watched)| due(watched)).map(|(track, _)| track.clone()).collect();
        for track in over {
            let Some(Watched { viewers, last, .. }) = self.watched.remove(&track) else { continue };
            let is_recorded = self
                .publishers
                .get(&track)
                .and_then(|sid| self.people.get(sid))
                .is_some_and(|person| person.recorded.contains(&track));
            // If anything was sent on, it came: then what tells of that was lost, and zero would be wrong.
            if is_recorded && viewers.values().all(|sample| sample.bytes == 0) {
                let span_ms = viewers.values().map(|sample| sample.span_ms).max().unwrap_or(0);
                self.put_row(track, last, UpstreamSample { span_ms, ..UpstreamSample::default() }, viewers);
            }
        }
    }

    fn put_row(
        &mut self,
        track: TrackSid,
        to_ms: Millis,
        upstream: UpstreamSample,
        viewers: BTreeMap<ParticipantSid, ViewerSample>,
    ) {
        let row = QualityRow {
            from_ms: Millis(to_ms.0 - i64::from(upstream.span_ms)),
            to_ms,
            track,
            upstream,
            viewers: Viewers::of(viewers.into_iter().collect()),
        };
        self.effects.push(Effect::Measured(Box::new(row)));
    }
}
