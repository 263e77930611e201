//! One sync of SQLite's write-ahead log for all commits that wait for one (group commit, decision 0015). With `synchronous = FULL` each
//! commit syncs the log itself, one after the other, so that on a disk that takes its time everybody waits for everybody.

use lianxian_service::ports::store::{StoreError, StoreResult};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Mutex;

pub(crate) struct LogSync {
    log: PathBuf,
    /// Commits so far.
    committed: AtomicU64,
    /// How many of them are on the disk. Whoever holds it syncs, for itself and for those who queue for it.
    safe: Mutex<u64>,
    /// After a sync that failed the system may have dropped what it could not write: nothing is promised any more.
    failed: AtomicBool,
}

impl LogSync {
    /// Of the database at `path`.
    pub(crate) fn of(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self { log: log.into(), committed: AtomicU64::new(0), safe: Mutex::new(0), failed: AtomicBool::new(false) }
    }

    /// Errors: `Unavailable` once a sync has failed.
    pub(crate) fn check(&self) -> StoreResult<()> {
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable(
                "the disk failed to keep the log; the server must be restarted".into(),
            ));
        }
        Ok(())
    }

    /// Returns when everything that was committed before the call is on the disk.
    pub(crate) async fn made_safe(&self) -> StoreResult<()> {
        let mine = self.committed.fetch_add(1, Ordering::AcqRel) + 1;
        let mut safe = self.safe.lock().await;
        if *safe >= mine {
            return Ok(());
        }
        self.check()?;
        // Those who were counted by now have committed by now.
        let all = self.committed.load(Ordering::Acquire);
        let log = self.log.clone();
        let synced =
            tokio::task::spawn_blocking(move || sync(&log)).await.unwrap_or_else(|lost| Err(io::Error::other(lost)));
        if let Err(error) = synced {
            self.failed.store(true, Ordering::Release);
            return Err(StoreError::Unavailable(format!("the log could not be made safe: {error}")));
        }
        *safe = all;
        Ok(())
    }
}

/// By its name each time: SQLite may have folded the log in, which makes it safe elsewhere, and begun another.
fn sync(log: &Path) -> io::Result<()> {
    match File::open(log) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn many_are_made_safe_and_a_failed_disk_is_never_trusted_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.db");
        let log_sync = Arc::new(LogSync::of(&database));
        log_sync.made_safe().await.unwrap();
        std::fs::write(folder.path().join("x.db-wal"), "log").unwrap();
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let log_sync = log_sync.clone();
                tokio::spawn(async move { log_sync.made_safe().await })
            })
            .collect();
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        assert_eq!(*log_sync.safe.lock().await, 101);
        // A folder in its place opens, and syncs; a name below a file does neither.
        let broken = LogSync::of(&folder.path().join("x.db-wal/below"));
        assert!(broken.check().is_ok());
        assert!(matches!(broken.made_safe().await, Err(StoreError::Unavailable(_))));
        assert!(broken.check().is_err() && broken.made_safe().await.is_err());
    }
}
