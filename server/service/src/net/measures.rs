//! Rows of quality on their way to the record: they wait in a bounded queue and are committed many at once. They may be lost when
//! the store is slow, and are counted; nothing ever waits for them.

use super::jobs::insist;
use super::limits::{QUALITY_BATCH_MS, QUALITY_BATCH_ROWS};
use crate::ports::record::NetRecord;
use lianxian_model::quality::QualityRow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// What became of the rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub committed: AtomicU64,
    pub dropped: AtomicU64,
}

/// Commits what comes, until nobody can send any more.
pub(super) async fn commit(mut rows: mpsc::Receiver<Box<QualityRow>>, record: Arc<dyn NetRecord>, tally: Arc<Tally>) {
    while let Some(first) = rows.recv().await {
        let mut batch = vec![*first];
        let until = tokio::time::Instant::now() + Duration::from_millis(QUALITY_BATCH_MS);
        while batch.len() < QUALITY_BATCH_ROWS {
            match tokio::time::timeout_at(until, rows.recv()).await {
                Ok(Some(row)) => batch.push(*row),
                // Nobody sends any more, or they have waited long enough.
                Ok(None) | Err(_) => break,
            }
        }
        let count = batch.len() as u64;
        let committed = insist(|| record.measured(batch.clone())).await;
        let place = if committed.is_ok() { &tally.committed } else { &tally.dropped };
        place.fetch_add(count, Ordering::Relaxed);
        if let Err(error) = committed {
            tracing::warn!(%error, rows = count, "intervals of quality could not be put on record");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::QUALITY_ROWS_WAITING;
    use super::*;
    use crate::ports::live::Grant;
    use crate::ports::record::*;
    use async_trait::async_trait;
    use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId, TrackSid};
    use lianxian_model::link::LinkEnd;
    use lianxian_model::media::TrackSummary;
    use lianxian_model::quality::{UpstreamSample, Viewers};
    use lianxian_model::time::Millis;
    use std::sync::Mutex;

    /// A record that keeps the sizes of batches, or refuses them.
    #[derive(Default)]
    struct Batches {
        sizes: Mutex<Vec<usize>>,
        refuses: bool,
    }

    #[async_trait]
    impl NetRecord for Batches {
        async fn measured(&self, rows: Vec<QualityRow>) -> Result<(), RecordError> {
            if self.refuses {
                // One that is away is asked again; one that refuses is not.
                return Err(RecordError::Refused("no".into()));
            }
            self.sizes.lock().unwrap().push(rows.len());
            Ok(())
        }

        async fn link_rights(&self, _: &EndpointId, _: Option<&Enrolment>) -> Result<LinkProfile, RecordError> {
            Err(RecordError::Refused("not asked here".into()))
        }

        async fn grants(&self) -> Result<Vec<Grant>, RecordError> {
            Ok(Vec::new())
        }

        async fn link_opened(&self, _: LinkOpened) -> Result<LinkProfile, RecordError> {
            Err(RecordError::Refused("not asked here".into()))
        }

        async fn link_closed(&self, _: &EndpointId, _: &ParticipantSid, _: LinkEnd) -> Result<(), RecordError> {
            Ok(())
        }

        async fn conference_joined(&self, _: ConferenceJoined) -> Result<SessionId, RecordError> {
            Err(RecordError::Refused("not asked here".into()))
        }

        async fn conference_left(&self, _: &SessionId, _: &ParticipantSid, _: LinkEnd) -> Result<(), RecordError> {
            Ok(())
        }

        async fn track_started(&self, _: TrackStarted) -> Result<(), RecordError> {
            Ok(())
        }

        async fn track_ended(&self, _: &TrackSid, _: TrackSummary) -> Result<(), RecordError> {
            Ok(())
        }

        async fn subscriptions_started(&self, _: Vec<SubscriptionStarted>) -> Result<(), RecordError> {
            Ok(())
        }

        async fn first_packet(&self, _: &ParticipantSid, _: &TrackSid) -> Result<(), RecordError> {
            Ok(())
        }

        async fn subscriptions_ended(&self, _: &ParticipantSid, _: Vec<TrackSid>) -> Result<(), RecordError> {
            Ok(())
        }

        async fn refused(&self, _: LinkRefused) -> Result<(), RecordError> {
            Ok(())
        }
    }

    fn row(number: i64) -> Box<QualityRow> {
        Box::new(QualityRow {
            track: "TR_1".into(),
            from_ms: Millis(number),
            to_ms: Millis(number + 1),
            upstream: UpstreamSample::default(),
            viewers: Viewers::Named(Vec::new()),
        })
    }

    async fn committed(record: Batches, rows: usize) -> (Vec<usize>, u64, u64) {
        let (to, from) = mpsc::channel(QUALITY_ROWS_WAITING);
        for number in 0..rows {
            to.try_send(row(number as i64)).unwrap();
        }
        drop(to);
        let (record, tally) = (Arc::new(record), Arc::new(Tally::default()));
        commit(from, record.clone(), tally.clone()).await;
        let sizes = record.sizes.lock().unwrap().clone();
        (sizes, tally.committed.load(Ordering::Relaxed), tally.dropped.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn what_waits_is_committed_many_at_once() {
        let (sizes, written, dropped) = committed(Batches::default(), QUALITY_BATCH_ROWS + 3).await;
        assert_eq!((sizes, written, dropped), (vec![QUALITY_BATCH_ROWS, 3], QUALITY_BATCH_ROWS as u64 + 3, 0));
    }

    #[tokio::test]
    async fn what_the_record_does_not_take_is_counted() {
        let (sizes, written, dropped) = committed(Batches { refuses: true, ..Batches::default() }, 5).await;
        assert_eq!((sizes, written, dropped), (vec![], 0, 5));
    }
}
