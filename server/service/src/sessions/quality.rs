//! How good a session was: of each of its tracks a curve, from what was measured interval by interval.

use super::read::{Names, tracks_of};
use super::{Sessions, read};
use crate::actor::Actor;
use crate::error::ServiceResult;
use crate::org::Named;
use crate::page::MAX_EXPORT;
use crate::ports::store::Tx;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::ids::{ParticipantSid, SessionId, TrackSid};
use lianxian_model::media::{TrackKind, TrackSource};
use lianxian_model::quality::{QualityRow, UpstreamSample, ViewersFigures};
use lianxian_model::session::Session;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Points of one curve at most; of a longer one neighbours are added up.
pub const MAX_POINTS: usize = 720;
/// Intervals that are read for one session at most.
pub const MAX_INTERVALS: i64 = 60_000;

/// One stretch of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QualityPoint {
    pub from_ms: Millis,
    pub to_ms: Millis,
    /// Of what came from the publisher, all layers together, in bit/s.
    pub bitrate_bps: u64,
    /// Pixels of the largest layer that came; 0: sound, or not known.
    pub width: u32,
    pub height: u32,
    /// The share of packets that did not come at the first try, 0 to 1, and of those that never came. None: none were due.
    pub loss: Option<f64>,
    pub lost: Option<f64>,
    pub jitter_ms: u32,
    /// Between publisher and server. None: not measured.
    pub rtt_ms: Option<u32>,
    /// What the session's viewers were sent. None: nobody received it.
    pub viewers: Option<ViewersFigures>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrackQuality {
    pub track: TrackSid,
    pub publisher: Named,
    pub kind: TrackKind,
    pub source: TrackSource,
    /// Oldest first; where nothing flowed there is none.
    pub points: Vec<QualityPoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionQuality {
    pub from_ms: Millis,
    /// None: it goes on.
    pub to_ms: Option<Millis>,
    /// Tracks without a point are left out.
    pub tracks: Vec<TrackQuality>,
    /// There was more than is read at once; what is latest is missing.
    pub cut: bool,
}

impl Sessions {
    /// Whoever may read the session.
    pub async fn quality(&self, actor: &Actor, session: &SessionId) -> ServiceResult<SessionQuality> {
        let (mut tx, session) = self.readable(actor, session).await?;
        curves(&mut tx, &session, MAX_INTERVALS, MAX_POINTS).await
    }

    /// Every interval as it was measured, up to [`MAX_EXPORT`]; leaves an audit row. With the session's number.
    pub async fn export_quality(
        &self,
        actor: &Actor,
        session: &SessionId,
    ) -> ServiceResult<(String, Vec<TrackQuality>)> {
        let turn = self.core.long_turn().await?;
        let (mut tx, session) = self.readable(actor, session).await?;
        let quality = curves(&mut tx, &session, MAX_EXPORT, usize::MAX).await?;
        drop((tx, turn));
        let rows: usize = quality.tracks.iter().map(|track| track.points.len()).sum();
        let mut work = self.core.begin(actor).await?;
        let detail = serde_json::json!({ "number": session.number, "rows": rows });
        work.audit(AuditAction::SessionQualityExport, AuditObject::Session, session.id.as_str(), detail);
        work.commit().await?;
        Ok((session.number, quality.tracks))
    }
}

async fn curves(
    tx: &mut Box<dyn Tx>,
    session: &Session,
    most_intervals: i64,
    most_points: usize,
) -> ServiceResult<SessionQuality> {
    let tracks = tracks_of(tx, session).await?;
    let sids: Vec<TrackSid> = tracks.iter().map(|track| track.track.clone()).collect();
    let rows = tx.quality_of(&sids, session.started_ms, session.ended_ms, most_intervals + 1).await?;
    let cut = rows.len() as i64 > most_intervals;
    let mut by_track: HashMap<TrackSid, Vec<QualityRow>> = HashMap::new();
    for row in rows.into_iter().take(usize::try_from(most_intervals).unwrap_or(usize::MAX)) {
        by_track.entry(row.track.clone()).or_default().push(row);
    }
    let mut viewers: HashMap<TrackSid, HashSet<ParticipantSid>> = HashMap::new();
    for (track, subscriber) in tx.subscriptions_of(&session.id).await? {
        viewers.entry(track).or_default().insert(subscriber);
    }
    let mut names = Names::default();
    let mut curves = Vec::new();
    for track in tracks {
        let Some(rows) = by_track.remove(&track.track) else { continue };
        let publisher = read::publisher_of(tx, &track, &mut names).await?;
        // Whoever watched under another session is none of this one's business.
        let own = viewers.get(&track.track);
        let points = points(&rows, most_points, |sid| own.is_some_and(|own| own.contains(sid)));
        curves.push(TrackQuality { track: track.track, publisher, kind: track.kind, source: track.source, points });
    }
    Ok(SessionQuality { from_ms: session.started_ms, to_ms: session.ended_ms, tracks: curves, cut })
}

/// At most so many points: neighbours are added up, but never across a gap.
fn points(rows: &[QualityRow], most: usize, counts: impl Fn(&ParticipantSid) -> bool) -> Vec<QualityPoint> {
    let together = rows.len().div_ceil(most.max(1)).max(1);
    let mut points = Vec::new();
    let mut at = 0;
    while let Some(first) = rows.get(at) {
        let run = rows.iter().skip(at).zip(rows.iter().skip(at + 1)).take(together - 1);
        let joined = 1 + run.take_while(|(one, next)| next.from_ms.0 - one.to_ms.0 <= GAP_MS).count();
        points.push(point(first, rows.get(at..at + joined).unwrap_or_default(), &counts));
        at += joined;
    }
    points
}

/// Intervals that lie further apart do not touch.
const GAP_MS: i64 = 3_000;

fn point(first: &QualityRow, rows: &[QualityRow], counts: &impl Fn(&ParticipantSid) -> bool) -> QualityPoint {
    let mut upstream = UpstreamSample::default();
    let mut viewers: Option<ViewersFigures> = None;
    for row in rows {
        upstream.add(&row.upstream);
        if let Some(figures) = row.viewers.figures(counts) {
            viewers = Some(match viewers {
                Some(known) => worse(known, figures),
                None => figures,
            });
        }
    }
    QualityPoint {
        from_ms: first.from_ms,
        to_ms: rows.last().unwrap_or(first).to_ms,
        bitrate_bps: upstream.bitrate(),
        width: upstream.width,
        height: upstream.height,
        loss: upstream.loss(),
        lost: upstream.lost_for_good(),
        jitter_ms: upstream.jitter_ms,
        rtt_ms: upstream.rtt_ms,
        viewers,
    }
}

/// Of two neighbours: what was worse, and the times and counts of both.
fn worse(one: ViewersFigures, next: ViewersFigures) -> ViewersFigures {
    let larger = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).max_by(f64::total_cmp);
    let smaller = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
    let pixels = |figures: &ViewersFigures| u64::from(figures.smallest_width) * u64::from(figures.smallest_height);
    let small = [&one, &next].into_iter().filter(|figures| pixels(figures) > 0).min_by_key(|figures| pixels(figures));
    ViewersFigures {
        viewers: one.viewers.max(next.viewers),
        bitrate_bps: (one.bitrate_bps + next.bitrate_bps) / 2,
        loss_median: larger(one.loss_median, next.loss_median),
        loss_worst: larger(one.loss_worst, next.loss_worst),
        rtt_median_ms: one.rtt_median_ms.max(next.rtt_median_ms),
        rtt_worst_ms: one.rtt_worst_ms.max(next.rtt_worst_ms),
        jitter_worst_ms: one.jitter_worst_ms.max(next.jitter_worst_ms),
        estimate_median_bps: smaller(one.estimate_median_bps, next.estimate_median_bps),
        estimate_lowest_bps: smaller(one.estimate_lowest_bps, next.estimate_lowest_bps),
        smallest_width: small.map_or(0, |figures| figures.smallest_width),
        smallest_height: small.map_or(0, |figures| figures.smallest_height),
        pauses: one.pauses + next.pauses,
        paused_ms: one.paused_ms.saturating_add(next.paused_ms),
        freezes: one.freezes + next.freezes,
        frozen_ms: one.frozen_ms.saturating_add(next.frozen_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_model::quality::{ViewerSample, Viewers};

    fn row(from: i64, missed: u64) -> QualityRow {
        let viewer = ViewerSample { span_ms: 10_000, reported: 10, missed: 1, freezes: 1, ..ViewerSample::default() };
        QualityRow {
            track: "TR_1".into(),
            from_ms: Millis(from * 10_000),
            to_ms: Millis((from + 1) * 10_000),
            upstream: UpstreamSample { span_ms: 10_000, bytes: 10_000, expected: 100, missed, ..Default::default() },
            viewers: Viewers::Named(vec![("PA_1".into(), viewer.clone()), ("PA_2".into(), viewer)]),
        }
    }

    #[test]
    fn a_long_curve_is_thinned_and_its_gaps_stay() {
        let mut rows: Vec<QualityRow> = (0..1_000).map(|n| row(n, u64::from(n == 3))).collect();
        rows.extend((2_000..2_500).map(|n| row(n, 0)));
        let points = points(&rows, 500, |sid| sid.as_str() == "PA_1");
        assert!(points.len() <= 502, "{}", points.len());
        let over_the_gap = |p: &&QualityPoint| p.from_ms.0 < 10_000_000 && p.to_ms.0 > 10_000_000;
        assert_eq!(points.iter().find(over_the_gap), None);
        assert_eq!(points[0].bitrate_bps, 8_000);
        assert_eq!(points[1].loss, Some(1.0 / 300.0));
        let viewers = points[0].viewers.as_ref().unwrap();
        assert_eq!((viewers.viewers, viewers.freezes, viewers.loss_worst), (1, 3, Some(0.1)));
        let freezes: u32 = points.iter().filter_map(|p| p.viewers.as_ref()).map(|v| v.freezes).sum();
        assert_eq!(freezes, 1_500, "none is lost");
    }

    #[test]
    fn a_short_curve_is_told_as_it_was_measured() {
        let rows: Vec<QualityRow> = (0..3).map(|n| row(n, n as u64)).collect();
        let points = points(&rows, MAX_POINTS, |_| false);
        assert_eq!(points.iter().map(|p| p.loss).collect::<Vec<_>>(), [Some(0.0), Some(0.01), Some(0.02)]);
        assert!(points.iter().all(|p| p.viewers.is_none()));
    }
}
