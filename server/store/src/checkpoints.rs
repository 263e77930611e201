//! Folding SQLite's write-ahead log into the database file beside the writer. Done in a commit, as SQLite does by itself, the one that
//! happens to fill the log waits for two more syncs of the disk, and everybody queues behind it.

use sqlx::AnyPool;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// How often. The log is reset by the first commit after all of it was folded in, so it stays small.
const EVERY: Duration = Duration::from_secs(2);

/// Goes on until it is aborted. `connection` is a pool of one, for this alone.
pub(crate) fn keep(connection: AnyPool) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut turn = interval(EVERY);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            // Passive: nobody waits for it, and it waits for nobody. What it leaves, the next one takes; should none succeed, the
            // writer does it itself once the log is large.
            if let Err(error) = sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)").execute(&connection).await {
                tracing::warn!(%error, "the log was not folded in");
            }
        }
    })
}
