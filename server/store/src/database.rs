//! The database as a whole: opened, migrated, its one writer and its readers, closed.

use crate::checkpoints;
use crate::dialect::Dialect;
use crate::lock::FolderLock;
use crate::log_sync::LogSync;
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_service::ports::store::{Store, StoreError, StoreResult, Tx};
use sqlx::AnyPool;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migrate, Migrator};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

static SQLITE_STEPS: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES_STEPS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// How long a unit of work waits for its turn or for a connection.
const WAIT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a database is `sqlite:<path>` or `postgres://…`, not `{0}`")]
    Url(String),
    #[error("{holder} uses the data folder {folder}; only one may", folder = .folder.display())]
    Held { folder: PathBuf, holder: String },
    #[error("{path}: {error}", path = .path.display())]
    Folder { path: PathBuf, error: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the migrations do not fit the database: {0}")]
    Migration(String),
}

/// One step of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStep {
    /// `YYYYMMDDHHMMSS`.
    pub version: i64,
    pub name: String,
    pub applied: bool,
}

/// An open database. Its units of work are independent; close it when none is left.
pub struct Database {
    dialect: Dialect,
    /// One connection: whoever has it is the writer, and the pool's queue (first come, first served) is the order.
    writer: AnyPool,
    readers: AnyPool,
    /// Of SQLite, until it is closed.
    beside: Mutex<Option<Beside>>,
    /// Of SQLite.
    log_sync: Option<Arc<LogSync>>,
}

/// What SQLite needs beside its connections.
struct Beside {
    checkpoints: JoinHandle<()>,
    checkpointer: AnyPool,
    _lock: FolderLock,
}

impl Database {
    /// `sqlite:<path>` (folder and file are made if missing) or `postgres://user:password@host/database`.
    /// Applies the migrations that are missing; refuses a database whose applied steps differ from these.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let database = Self::connect(url).await?;
        let mut connection = database.writer.acquire().await.map_err(|error| database.dialect.error(error))?;
        let migrated = database.steps().run_direct(None, &mut *connection, false).await;
        drop(connection);
        if let Err(error) = migrated {
            database.close().await;
            return Err(OpenError::Migration(error.to_string()));
        }
        Ok(database)
    }

    /// The steps of the schema and which of them are applied. Changes nothing but an absent list of steps.
    pub async fn migrations(url: &str) -> Result<Vec<MigrationStep>, OpenError> {
        let database = Self::connect(url).await?;
        let steps = database.list_steps().await;
        database.close().await;
        steps
    }

    async fn list_steps(&self) -> Result<Vec<MigrationStep>, OpenError> {
        let told = |error: sqlx::migrate::MigrateError| OpenError::Migration(error.to_string());
        let mut connection = self.writer.acquire().await.map_err(|error| self.dialect.error(error))?;
        let table = self.steps().table_name.as_ref();
        connection.ensure_migrations_table(table).await.map_err(told)?;
        let applied = connection.list_applied_migrations(table).await.map_err(told)?;
        let applied: HashSet<i64> = applied.into_iter().map(|step| step.version).collect();
        let steps = self.steps().iter().map(|step| MigrationStep {
            version: step.version,
            name: step.description.to_string(),
            applied: applied.contains(&step.version),
        });
        Ok(steps.collect())
    }

    async fn connect(url: &str) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let bad = || OpenError::Url(without_password(url));
        let (dialect, options, local) = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            if path.file_name().is_none() {
                return Err(bad());
            }
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder { path: folder.to_owned(), error })?;
            let lock = FolderLock::take(folder)?;
            let local = (lock, Arc::new(LogSync::of(path)));
            (Dialect::Sqlite, format!("sqlite:{}?mode=rwc", percent_encoded(path)), Some(local))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            (Dialect::Postgres, url.to_owned(), None)
        } else {
            return Err(bad());
        };
        let options = AnyConnectOptions::from_str(&options).map_err(|_| bad())?;
        let pool = |connections: u32, prepare: &'static [&'static str]| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAIT)
                .test_before_acquire(dialect.is_remote())
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        for sql in prepare {
                            sqlx::raw_sql(*sql).execute(&mut *connection).await?;
                        }
                        Ok(())
                    })
                })
        };
        let prepare: (&'static [&'static str], &'static [&'static str]) = match dialect {
            Dialect::Sqlite => (SQLITE_WRITER, SQLITE_READER),
            Dialect::Postgres => (POSTGRES_WRITER, POSTGRES_READER),
        };
        // The writer connects first: it makes the file, and its journal.
        let writer = pool(1, prepare.0).connect_with(options.clone()).await.map_err(|error| dialect.error(error))?;
        let readers = pool(dialect.readers(), prepare.1).connect_lazy_with(options.clone());
        let (lock, log_sync) = local.unzip();
        let beside = lock.map(|lock| {
            let checkpointer = pool(1, prepare.0).connect_lazy_with(options);
            Beside { checkpoints: checkpoints::keep(checkpointer.clone()), checkpointer, _lock: lock }
        });
        Ok(Self { dialect, writer, readers, beside: Mutex::new(beside), log_sync })
    }

    fn steps(&self) -> &'static Migrator {
        match self.dialect {
            Dialect::Sqlite => &SQLITE_STEPS,
            Dialect::Postgres => &POSTGRES_STEPS,
        }
    }

    /// Waits for the units of work that are under way, closes, and leaves the folder to whoever comes next. Whoever asks from
    /// now on is refused as unavailable.
    pub async fn close(&self) {
        let beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(beside) = &beside {
            beside.checkpoints.abort();
            beside.checkpointer.close().await;
        }
        self.readers.close().await;
        self.writer.close().await;
    }
}

const SQLITE_WRITER: &[&str] = &[Dialect::Sqlite.prepare()];
const SQLITE_READER: &[&str] = &[Dialect::Sqlite.prepare(), Dialect::Sqlite.prepare_reader()];
const POSTGRES_WRITER: &[&str] = &[Dialect::Postgres.prepare()];
const POSTGRES_READER: &[&str] = &[Dialect::Postgres.prepare(), Dialect::Postgres.prepare_reader()];

#[async_trait]
impl Store for Database {
    async fn begin(&self) -> StoreResult<Box<dyn Tx>> {
        let told = |error| self.dialect.error(error);
        if let Some(log_sync) = &self.log_sync {
            log_sync.check()?;
        }
        let mut tx = self.writer.begin_with(self.dialect.begin_write()).await.map_err(told)?;
        if let Some(lock) = self.dialect.writer_lock() {
            sqlx::query(lock).execute(&mut *tx).await.map_err(told)?;
        }
        Ok(Box::new(UnitOfWork::new(tx, self.dialect, self.log_sync.clone())))
    }

    async fn read(&self) -> StoreResult<Box<dyn Tx>> {
        let tx = self.readers.begin_with(self.dialect.begin_read()).await;
        let tx = tx.map_err(|error| self.dialect.error(error))?;
        Ok(Box::new(UnitOfWork::new(tx, self.dialect, None)))
    }

    async fn settled(&self) -> StoreResult<()> {
        match &self.log_sync {
            Some(log_sync) => log_sync.settled().await,
            None => Ok(()),
        }
    }
}

/// The path as part of a URL.
fn percent_encoded(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// A URL that may be shown.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_holds_no_password() {
        assert_eq!(without_password("mysql://a:secret@h/d"), "mysql://…@h/d");
        assert_eq!(without_password("x.db"), "x.db");
    }

    #[test]
    fn any_folder_name_survives_the_url() {
        assert_eq!(percent_encoded(Path::new("/数/a b?.db")), "/%E6%95%B0/a%20b%3F.db");
    }
}
