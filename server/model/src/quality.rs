//! How good a track's media was, interval by interval: what the media plane counts, and the figures that follow from the counts.
//!
//! Samples hold sums, so that neighbours can be added up without losing anything; rates and shares are made when they are read.

use crate::ids::{ParticipantSid, TrackSid};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Viewers of one interval that are kept one by one; of more only the figures over all are kept.
pub const MAX_NAMED_VIEWERS: usize = 64;

/// What came of one published track within a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamSample {
    pub span_ms: u32,
    pub bytes: u64,
    /// Packets that should have come over the line, and those of them that did not come at the first try.
    pub expected: u64,
    pub missed: u64,
    /// Missing for good, after repair.
    pub lost: u64,
    /// The largest among the layers, at the end of the span.
    pub jitter_ms: u32,
    /// Between the publisher and the server; none while it was not measured.
    pub rtt_ms: Option<u32>,
    /// Pixels of the largest layer that came; 0 for sound, and before the first key frame.
    pub width: u32,
    pub height: u32,
}

impl UpstreamSample {
    /// Adds the span that follows.
    pub fn add(&mut self, later: &Self) {
        self.span_ms = self.span_ms.saturating_add(later.span_ms);
        self.bytes += later.bytes;
        self.expected += later.expected;
        self.missed += later.missed;
        self.lost += later.lost;
        self.jitter_ms = self.jitter_ms.max(later.jitter_ms);
        self.rtt_ms = self.rtt_ms.max(later.rtt_ms);
        if u64::from(later.width) * u64::from(later.height) > u64::from(self.width) * u64::from(self.height) {
            (self.width, self.height) = (later.width, later.height);
        }
    }

    /// In bit/s.
    pub fn bitrate(&self) -> u64 {
        rate(self.bytes, self.span_ms)
    }

    /// The share of packets that did not come at the first try, 0 to 1; none when none were due.
    pub fn loss(&self) -> Option<f64> {
        share(self.missed, self.expected)
    }

    /// The share of packets that never came, 0 to 1.
    pub fn lost_for_good(&self) -> Option<f64> {
        share(self.lost, self.expected)
    }
}

/// What one viewer was sent of a track within a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewerSample {
    pub span_ms: u32,
    pub bytes: u64,
    /// Packets that were sent until its receiver reported, and those of them that its line lost; not what the publisher's line had lost before.
    pub reported: u64,
    pub missed: u64,
    pub jitter_ms: u32,
    pub rtt_ms: Option<u32>,
    /// What its line carries as far as is known, in bit/s, for all that it receives.
    pub estimate_bps: Option<u64>,
    /// Announced pixels of the layer that it was sent last.
    pub width: u32,
    pub height: u32,
    /// Its picture was paused because its line does not carry it.
    pub pauses: u32,
    pub paused_ms: u32,
    /// Nothing could be sent for longer than a moment although it was to get something: its picture stood still.
    pub freezes: u32,
    pub frozen_ms: u32,
}

impl ViewerSample {
    /// Adds the span that follows.
    pub fn add(&mut self, later: &Self) {
        self.span_ms = self.span_ms.saturating_add(later.span_ms);
        self.bytes += later.bytes;
        self.reported += later.reported;
        self.missed += later.missed;
        self.jitter_ms = self.jitter_ms.max(later.jitter_ms);
        self.rtt_ms = self.rtt_ms.max(later.rtt_ms);
        self.estimate_bps = match (self.estimate_bps, later.estimate_bps) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        (self.width, self.height) = (later.width, later.height);
        self.pauses += later.pauses;
        self.paused_ms = self.paused_ms.saturating_add(later.paused_ms);
        self.freezes += later.freezes;
        self.frozen_ms = self.frozen_ms.saturating_add(later.frozen_ms);
    }

    pub fn bitrate(&self) -> u64 {
        rate(self.bytes, self.span_ms)
    }

    pub fn loss(&self) -> Option<f64> {
        share(self.missed, self.reported)
    }
}

/// The viewers of one span together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ViewersFigures {
    pub viewers: u32,
    /// In bit/s: of the one in the middle.
    pub bitrate_bps: u64,
    /// The share of packets missed, 0 to 1: of the one in the middle, and of the worst off. None: nobody reported.
    pub loss_median: Option<f64>,
    pub loss_worst: Option<f64>,
    pub rtt_median_ms: Option<u32>,
    pub rtt_worst_ms: Option<u32>,
    pub jitter_worst_ms: u32,
    /// What the lines carry, in bit/s, for all that each receives.
    pub estimate_median_bps: Option<u64>,
    pub estimate_lowest_bps: Option<u64>,
    /// Pixels that the one with the smallest picture was sent, as announced; 0: none.
    pub smallest_width: u32,
    pub smallest_height: u32,
    /// Of all of them; the times are those of the one it lasted longest for.
    pub pauses: u32,
    pub paused_ms: u32,
    pub freezes: u32,
    pub frozen_ms: u32,
}

impl ViewersFigures {
    /// None without a viewer.
    pub fn of<'a>(samples: impl Iterator<Item = &'a ViewerSample> + Clone) -> Option<Self> {
        let viewers = samples.clone().count();
        if viewers == 0 {
            return None;
        }
        let losses = sorted(samples.clone().filter_map(ViewerSample::loss).collect(), f64::total_cmp);
        let trips = sorted(samples.clone().filter_map(|s| s.rtt_ms).collect(), Ord::cmp);
        let estimates = sorted(samples.clone().filter_map(|s| s.estimate_bps).collect(), Ord::cmp);
        let rates = sorted(samples.clone().map(ViewerSample::bitrate).collect(), Ord::cmp);
        let pixels = |s: &&ViewerSample| u64::from(s.width) * u64::from(s.height);
        let smallest = samples.clone().filter(|s| s.width > 0).min_by_key(pixels);
        Some(Self {
            viewers: viewers as u32,
            bitrate_bps: median(&rates).unwrap_or(0),
            loss_median: median(&losses),
            loss_worst: losses.last().copied(),
            rtt_median_ms: median(&trips),
            rtt_worst_ms: trips.last().copied(),
            jitter_worst_ms: samples.clone().map(|s| s.jitter_ms).max().unwrap_or(0),
            estimate_median_bps: median(&estimates),
            estimate_lowest_bps: estimates.first().copied(),
            smallest_width: smallest.map_or(0, |s| s.width),
            smallest_height: smallest.map_or(0, |s| s.height),
            pauses: samples.clone().map(|s| s.pauses).sum(),
            paused_ms: samples.clone().map(|s| s.paused_ms).max().unwrap_or(0),
            freezes: samples.clone().map(|s| s.freezes).sum(),
            frozen_ms: samples.map(|s| s.frozen_ms).max().unwrap_or(0),
        })
    }
}

/// One interval of one track, as it goes on record.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityRow {
    pub track: TrackSid,
    pub from_ms: Millis,
    pub to_ms: Millis,
    pub upstream: UpstreamSample,
    pub viewers: Viewers,
}

/// Who received it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Viewers {
    /// At most [`MAX_NAMED_VIEWERS`].
    Named(Vec<(ParticipantSid, ViewerSample)>),
    /// More than that.
    Crowd(ViewersFigures),
}

impl Viewers {
    pub fn of(samples: Vec<(ParticipantSid, ViewerSample)>) -> Self {
        if samples.len() > MAX_NAMED_VIEWERS
            && let Some(figures) = ViewersFigures::of(samples.iter().map(|(_, sample)| sample))
        {
            return Self::Crowd(figures);
        }
        Self::Named(samples)
    }

    /// Over those who count; of a crowd, over all.
    pub fn figures(&self, counts: impl Fn(&ParticipantSid) -> bool) -> Option<ViewersFigures> {
        match self {
            Self::Crowd(figures) => Some(figures.clone()),
            Self::Named(named) => {
                let samples: Vec<&ViewerSample> =
                    named.iter().filter(|(sid, _)| counts(sid)).map(|(_, sample)| sample).collect();
                ViewersFigures::of(samples.iter().copied())
            }
        }
    }
}

fn rate(bytes: u64, span_ms: u32) -> u64 {
    (bytes * 8_000).checked_div(u64::from(span_ms)).unwrap_or(0)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64).min(1.0))
}

fn sorted<T>(mut values: Vec<T>, by: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<T> {
    values.sort_by(by);
    values
}

/// The middle one; of two in the middle the larger.
fn median<T: Copy>(sorted: &[T]) -> Option<T> {
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(missed: u64, estimate: u64) -> ViewerSample {
        ViewerSample {
            span_ms: 10_000,
            bytes: 1_250_000,
            reported: 100,
            missed,
            rtt_ms: Some(10 * missed as u32),
            estimate_bps: Some(estimate),
            width: 640,
            height: 360,
            ..ViewerSample::default()
        }
    }

    #[test]
    fn sums_of_neighbours_give_the_figures_of_both() {
        let mut one = UpstreamSample { span_ms: 10_000, bytes: 1_000_000, expected: 100, ..UpstreamSample::default() };
        let other = UpstreamSample { bytes: 0, missed: 10, width: 640, height: 360, rtt_ms: Some(9), ..one.clone() };
        one.add(&other);
        assert_eq!((one.bitrate(), one.loss(), one.width, one.rtt_ms), (400_000, Some(0.05), 640, Some(9)));
        assert_eq!(UpstreamSample::default().loss(), None);
        assert_eq!(UpstreamSample::default().bitrate(), 0);
        let mut sample = viewer(0, 900);
        sample.add(&ViewerSample { freezes: 1, frozen_ms: 1_500, ..viewer(10, 300) });
        assert_eq!((sample.loss(), sample.estimate_bps, sample.frozen_ms), (Some(0.05), Some(300), 1_500));
    }

    #[test]
    fn the_worst_off_and_the_one_in_the_middle_are_told() {
        let samples = [viewer(0, 5_000), viewer(2, 3_000), viewer(30, 100)];
        let figures = ViewersFigures::of(samples.iter()).unwrap();
        assert_eq!((figures.loss_median, figures.loss_worst), (Some(0.02), Some(0.3)));
        assert_eq!((figures.rtt_median_ms, figures.rtt_worst_ms), (Some(20), Some(300)));
        assert_eq!((figures.estimate_median_bps, figures.estimate_lowest_bps), (Some(3_000), Some(100)));
        assert_eq!((figures.viewers, figures.bitrate_bps), (3, 1_000_000));
        assert_eq!(ViewersFigures::of([].iter()), None);
    }

    #[test]
    fn a_crowd_is_not_named() {
        let named =
            |count: usize| (0..count).map(|n| (format!("PA_{n}").as_str().into(), viewer(n as u64, 9))).collect();
        let few = Viewers::of(named(MAX_NAMED_VIEWERS));
        assert_eq!(few.figures(|sid| sid.as_str() == "PA_7").unwrap().loss_worst, Some(0.07));
        assert_eq!(few.figures(|_| false), None);
        let many = Viewers::of(named(MAX_NAMED_VIEWERS + 1));
        assert_eq!(many.figures(|_| false).unwrap().viewers, MAX_NAMED_VIEWERS as u32 + 1);
        let json = serde_json::to_string(&few).unwrap();
        assert_eq!(serde_json::from_str::<Viewers>(&json).unwrap(), few);
    }
}
