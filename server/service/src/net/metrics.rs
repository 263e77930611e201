//! The net's counters and gauges, as they stood at the last tick.

use super::load::{Judge, Room};
use super::measures::Tally;
use super::state::State;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// Cheap to clone; all clones show the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics(Arc<Mutex<Vec<(&'static str, u64)>>>);

impl Metrics {
    /// `waiting`: intervals of quality that wait for the record.
    pub(super) fn set(&self, state: &State, tally: &Tally, judge: &Judge, room: &Room, waiting: usize) {
        let mut now = state.metrics();
        now.extend([
            ("media_busy_percent", judge.share()),
            ("media_full", u64::from(judge.full().is_some())),
            ("media_full_refusals_total", state.counters.media_full_refusals + room.refused()),
            ("quality_rows_waiting", waiting as u64),
            ("quality_rows_total", tally.committed.load(Ordering::Relaxed)),
            ("quality_rows_dropped_total", tally.dropped.load(Ordering::Relaxed)),
        ]);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub(super) fn get(&self) -> Vec<(&'static str, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    /// Names that end in `_total` only grow.
    fn metrics(&self) -> Vec<(&'static str, u64)> {
        let gauges = self.gauges();
        let counters = &self.counters;
        vec![
            ("links", gauges.links),
            ("participants", gauges.participants),
            ("participants_awaited", gauges.awaited),
            ("participants_closing", gauges.closing),
            ("rooms", gauges.rooms),
            ("tracks", gauges.tracks),
            ("subscriptions", gauges.subscriptions),
            ("grant_pairs", gauges.grant_pairs),
            ("joins_total", counters.joins),
            ("resumes_total", counters.resumes),
            ("refused_joins_total", counters.refused_joins),
            ("refusals_total", counters.refusals),
            ("slow_readers_total", counters.slow_readers),
            ("lost_links_total", counters.lost_links),
            ("media_lost_total", counters.media_lost),
            ("protocol_errors_total", counters.protocol_errors),
            ("record_failures_total", counters.record_failures),
            ("media_failures_total", counters.media_failures),
            ("data_routed_total", counters.data_routed),
            ("data_dropped_total", counters.data_dropped),
            ("subscriptions_over_limit_total", counters.subscriptions_over_limit),
        ]
    }
}
