//! Rows of quality on their way to the record: they wait in a bounded queue and are committed many at once. They may be lost when
//! the store is slow, and are counted; nothing ever waits for them.

use super::jobs::Patience;
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
pub(super) async fn commit(
    mut rows: mpsc::Receiver<Box<QualityRow>>,
    record: Arc<dyn NetRecord>,
    tally: Arc<Tally>,
    patience: Patience,
) {
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
        let committed = patience.insist(|| record.measured(batch.clone())).await;
        let place = if committed.is_ok() { &tally.committed } else { &tally.dropped };
        place.fetch_add(count, Ordering::Relaxed);
        if let Err(error) = committed {
            tracing::warn!(%error, rows = count, "intervals of quality could not be put on record");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::doubles::NotedRecord;
    use super::super::limits::QUALITY_ROWS_WAITING;
    use super::*;
    use lianxian_model::quality::{UpstreamSample, Viewers};
    use lianxian_model::time::Millis;
    use tokio_util::sync::CancellationToken;

    fn row(number: i64) -> Box<QualityRow> {
        Box::new(QualityRow {
            track: "TR_1".into(),
            from_ms: Millis(number),
            to_ms: Millis(number + 1),
            upstream: UpstreamSample::default(),
            viewers: Viewers::Named(Vec::new()),
        })
    }

    async fn committed(record: NotedRecord, rows: usize) -> (Vec<usize>, u64, u64) {
        let (to, from) = mpsc::channel(QUALITY_ROWS_WAITING);
        for number in 0..rows {
            to.try_send(row(number as i64)).unwrap();
        }
        drop(to);
        let (record, tally) = (Arc::new(record), Arc::new(Tally::default()));
        commit(from, record.clone(), tally.clone(), Patience::of_quality(CancellationToken::new())).await;
        let sizes = record.batches();
        (sizes, tally.committed.load(Ordering::Relaxed), tally.dropped.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn what_waits_is_committed_many_at_once() {
        let (sizes, written, dropped) = committed(NotedRecord::default(), QUALITY_BATCH_ROWS + 3).await;
        assert_eq!((sizes, written, dropped), (vec![QUALITY_BATCH_ROWS, 3], QUALITY_BATCH_ROWS as u64 + 3, 0));
    }

    #[tokio::test]
    async fn what_the_record_does_not_take_is_counted() {
        let (sizes, written, dropped) = committed(NotedRecord::refusing(), 5).await;
        assert_eq!((sizes, written, dropped), (vec![], 0, 5));
    }
}
