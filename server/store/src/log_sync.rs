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
    /// Commits that are under way and not yet on the disk.
    unsettled: AtomicU64,
    /// Those who asked for a sync so far.
    asked: AtomicU64,
    /// How many of them were served. Whoever holds it syncs, for itself and for those who queue for it.
    served: Mutex<u64>,
    /// After a sync that failed the system may have dropped what it could not write: nothing is promised any more.
    failed: AtomicBool,
}

impl LogSync {
    /// Of the database at `path`.
    pub(crate) fn of(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self {
            log: log.into(),
            unsettled: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            served: Mutex::new(0),
            failed: AtomicBool::new(false),
        }
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

    /// A commit that is about to be made. Left without being made safe (it failed, or a sync did), it settles as well: what of it can be
    /// read is nobody's acknowledged fact.
    pub(crate) fn unsettled(&self) -> Unsettled<'_> {
        self.unsettled.fetch_add(1, Ordering::AcqRel);
        Unsettled(self)
    }

    /// Returns when whatever can be read now is on the disk: at once, unless a commit is under way.
    pub(crate) async fn settled(&self) -> StoreResult<()> {
        self.check()?;
        if self.unsettled.load(Ordering::Acquire) == 0 { Ok(()) } else { self.synced().await }
    }

    /// Returns after a sync that began after the call.
    async fn synced(&self) -> StoreResult<()> {
        let mine = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let mut served = self.served.lock().await;
        if *served >= mine {
            return Ok(());
        }
        self.check()?;
        // Whoever asked by now asked before this sync begins.
        let all = self.asked.load(Ordering::Acquire);
        let log = self.log.clone();
        let synced =
            tokio::task::spawn_blocking(move || sync(&log)).await.unwrap_or_else(|lost| Err(io::Error::other(lost)));
        if let Err(error) = synced {
            self.failed.store(true, Ordering::Release);
            return Err(StoreError::Unavailable(format!("the log could not be made safe: {error}")));
        }
        *served = all;
        Ok(())
    }
}

/// A commit on its way to the disk.
pub(crate) struct Unsettled<'a>(&'a LogSync);

impl Unsettled<'_> {
    /// Returns when the commit, which was made, is on the disk.
    pub(crate) async fn made_safe(self) -> StoreResult<()> {
        self.0.synced().await
    }
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        self.0.unsettled.fetch_sub(1, Ordering::AcqRel);
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
        log_sync.settled().await.unwrap();
        assert_eq!(*log_sync.served.lock().await, 0, "nothing is under way");
        log_sync.unsettled().made_safe().await.unwrap();
        std::fs::write(folder.path().join("x.db-wal"), "log").unwrap();
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let log_sync = log_sync.clone();
                tokio::spawn(async move { log_sync.unsettled().made_safe().await })
            })
            .collect();
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        assert_eq!(*log_sync.served.lock().await, 101);
        // Whoever reads while one is under way waits for a sync of its own.
        let one = log_sync.unsettled();
        log_sync.settled().await.unwrap();
        assert_eq!(*log_sync.served.lock().await, 102);
        drop(one);
        log_sync.settled().await.unwrap();
        assert_eq!(*log_sync.served.lock().await, 102);
        // A folder in its place opens, and syncs; a name below a file does neither.
        let broken = LogSync::of(&folder.path().join("x.db-wal/below"));
        assert!(broken.check().is_ok());
        assert!(matches!(broken.unsettled().made_safe().await, Err(StoreError::Unavailable(_))));
        assert!(broken.check().is_err() && broken.settled().await.is_err());
    }
}
