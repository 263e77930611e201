//! Tracks as intervals, and who received them.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId, TrackSid};
use lianxian_model::media::{TrackKind, TrackSummary};
use lianxian_model::quality::QualityRow;
use lianxian_model::session::TrackInterval;
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{StoreError, StoreResult, Subscription, TrackRows};

macro_rules! track_columns {
    () => {
        "id, track, participant, endpoint_id, session_id, name, kind, source, codec, started_ms, ended_ms, summary"
    };
}

fn track(row: &Cells<'_>) -> StoreResult<TrackInterval> {
    let summary: Option<String> = row.get("summary")?;
    let summary = summary.map(|json| serde_json::from_str::<TrackSummary>(&json)).transpose();
    Ok(TrackInterval {
        id: row.get("id")?,
        track: row.get("track")?,
        participant: row.get("participant")?,
        endpoint_id: row.get("endpoint_id")?,
        session_id: row.get("session_id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        source: row.get("source")?,
        codec: row.get("codec")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        summary: summary.map_err(|error| StoreError::Corrupt(format!("column summary: {error}")))?,
    })
}

fn json(summary: Option<&TrackSummary>) -> StoreResult<Option<String>> {
    summary.map(serde_json::to_string).transpose().map_err(|error| StoreError::Corrupt(error.to_string()))
}

#[async_trait]
impl TrackRows for UnitOfWork {
    async fn insert_track(&mut self, track: &TrackInterval) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO track_intervals (",
            track_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        let row = values![
            track.id,
            track.track,
            track.participant,
            track.endpoint_id,
            track.session_id,
            track.name,
            track.kind,
            track.source,
            track.codec,
            track.started_ms,
            track.ended_ms,
            json(track.summary.as_ref())?,
        ];
        self.run_one(sql, row).await
    }

    async fn end_track(
        &mut self,
        sid: &TrackSid,
        at: Millis,
        summary: Option<&TrackSummary>,
    ) -> StoreResult<Option<TrackInterval>> {
        let summary = json(summary)?;
        let sql = concat!(
            "UPDATE track_intervals SET ended_ms = CASE WHEN started_ms > $2 THEN started_ms ELSE $2 END, \
             summary = $3 WHERE track = $1 AND ended_ms IS NULL RETURNING ",
            track_columns!()
        );
        let ended = self.first(sql, values![*sid, at, summary], track).await?;
        if ended.is_none() && summary.is_some() {
            // Its link's end closed it before the media plane had counted up: the counts are added, once.
            let sql = "UPDATE track_intervals SET summary = $2 WHERE track = $1 AND summary IS NULL";
            self.run(sql, values![*sid, summary]).await?;
        }
        Ok(ended)
    }

    async fn open_tracks_of(&mut self, participant: &ParticipantSid) -> StoreResult<Vec<TrackInterval>> {
        let sql = concat!(
            "SELECT ",
            track_columns!(),
            " FROM track_intervals WHERE participant = $1 AND ended_ms IS NULL ORDER BY started_ms, id"
        );
        self.all(sql, values![*participant], track).await
    }

    async fn open_tracks_of_endpoint(&mut self, endpoint: &EndpointId) -> StoreResult<Vec<TrackInterval>> {
        let sql = concat!(
            "SELECT ",
            track_columns!(),
            " FROM track_intervals WHERE endpoint_id = $1 AND ended_ms IS NULL ORDER BY started_ms, id"
        );
        self.all(sql, values![*endpoint], track).await
    }

    async fn end_tracks(&mut self, at: Millis) -> StoreResult<u64> {
        let sql = "UPDATE track_intervals SET ended_ms = CASE WHEN started_ms > $1 THEN started_ms ELSE $1 END \
                   WHERE ended_ms IS NULL";
        self.run(sql, values![at]).await
    }

    async fn tracks_of_session(&mut self, session: &SessionId) -> StoreResult<Vec<TrackInterval>> {
        let sql =
            concat!("SELECT ", track_columns!(), " FROM track_intervals WHERE session_id = $1 ORDER BY started_ms, id");
        self.all(sql, values![*session], track).await
    }

    async fn tracks_of_endpoint(
        &mut self,
        endpoint: &EndpointId,
        from: Millis,
        to: Option<Millis>,
    ) -> StoreResult<Vec<TrackInterval>> {
        let sql = concat!(
            "SELECT ",
            track_columns!(),
            " FROM track_intervals WHERE endpoint_id = $1 AND (ended_ms IS NULL OR ended_ms >= $2) \
             AND ($3 IS NULL OR started_ms <= $3) ORDER BY started_ms, id"
        );
        self.all(sql, values![*endpoint, from, to], track).await
    }

    async fn insert_quality(&mut self, rows: &[QualityRow]) -> StoreResult<()> {
        self.put_quality(rows).await
    }

    async fn quality_of(
        &mut self,
        tracks: &[TrackSid],
        from: Millis,
        to: Option<Millis>,
        limit: i64,
    ) -> StoreResult<Vec<QualityRow>> {
        self.find_quality(tracks, from, to, limit).await
    }

    async fn drop_quality(&mut self, before: Millis, limit: i64) -> StoreResult<u64> {
        self.forget_quality(before, limit).await
    }

    async fn subscriptions_of(&mut self, session: &SessionId) -> StoreResult<Vec<(TrackSid, ParticipantSid)>> {
        let sql = "SELECT DISTINCT track, subscriber FROM subscriptions WHERE session_id = $1";
        let read = |row: &Cells<'_>| Ok((row.get("track")?, row.get("subscriber")?));
        self.all(sql, values![*session], read).await
    }

    async fn insert_subscription(&mut self, subscription: &Subscription) -> StoreResult<()> {
        let sql = "INSERT INTO subscriptions (id, session_id, track, subscriber, kind, started_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let row = values![
            subscription.id,
            subscription.session_id,
            subscription.track,
            subscription.subscriber,
            subscription.kind,
            subscription.started_ms,
        ];
        self.run_one(sql, row).await
    }

    async fn first_packet(
        &mut self,
        subscriber: &ParticipantSid,
        track: &TrackSid,
        at: Millis,
    ) -> StoreResult<Vec<(SessionId, TrackKind)>> {
        let sql = "UPDATE subscriptions SET first_packet_ms = $3 \
                   WHERE subscriber = $1 AND track = $2 AND first_packet_ms IS NULL AND ended_ms IS NULL \
                   RETURNING session_id, kind";
        let read = |row: &Cells<'_>| Ok((row.get("session_id")?, row.get("kind")?));
        self.all(sql, values![*subscriber, *track, at], read).await
    }

    async fn end_subscription(&mut self, subscriber: &ParticipantSid, track: &TrackSid, at: Millis) -> StoreResult<()> {
        let sql = "UPDATE subscriptions SET ended_ms = CASE WHEN started_ms > $3 THEN started_ms ELSE $3 END \
                   WHERE subscriber = $1 AND track = $2 AND ended_ms IS NULL";
        self.run(sql, values![*subscriber, *track, at]).await?;
        Ok(())
    }

    async fn end_subscriptions_of(&mut self, subscriber: &ParticipantSid, at: Millis) -> StoreResult<()> {
        let sql = "UPDATE subscriptions SET ended_ms = CASE WHEN started_ms > $2 THEN started_ms ELSE $2 END \
                   WHERE subscriber = $1 AND ended_ms IS NULL";
        self.run(sql, values![*subscriber, at]).await?;
        Ok(())
    }

    async fn end_subscriptions(&mut self, at: Millis) -> StoreResult<u64> {
        let sql = "UPDATE subscriptions SET ended_ms = CASE WHEN started_ms > $1 THEN started_ms ELSE $1 END \
                   WHERE ended_ms IS NULL";
        self.run(sql, values![at]).await
    }
}
