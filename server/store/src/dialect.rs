//! What the two databases do not share: how a unit of work begins, how a connection is prepared, what an error means.

use lianxian_service::ports::store::StoreError;
use sqlx::error::DatabaseError;
use sqlx::error::ErrorKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// SQLite takes the write lock at once: a transaction that read first and then wants to write could only fail.
    /// PostgreSQL reads what is committed when each statement begins; the writer's lock (below) is its first statement,
    /// so everything after it sees all that the writer before it committed.
    pub(crate) fn begin_write(self) -> &'static str {
        match self {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    /// One snapshot for all that is read.
    pub(crate) fn begin_read(self) -> &'static str {
        match self {
            Dialect::Sqlite => "BEGIN DEFERRED",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// The first statement of a writer. Within this process the pool of one connection is the queue; another process on
    /// the same PostgreSQL database (a seed, a second server being started) queues at this lock, which ends with the
    /// transaction, however it ends. SQLite has it in BEGIN IMMEDIATE.
    pub(crate) fn writer_lock(self) -> Option<&'static str> {
        match self {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some("SELECT pg_advisory_xact_lock(7381694527030159041)"),
        }
    }

    /// Run on every new connection.
    ///
    /// SQLite: under `synchronous = NORMAL` a commit survives a killed process, but not a power cut; what is acknowledged is
    /// evidence, so that [`crate::log_sync`] syncs the log before anyone is answered, once for all who wait.
    /// `wal_autocheckpoint`, in pages of 4 KiB, is where the writer folds the log in itself, should [`crate::checkpoints`] not come by.
    /// PostgreSQL: the same promise, whatever the server's file says.
    pub(crate) const fn prepare(self) -> &'static str {
        match self {
            Dialect::Sqlite => {
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                 PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 16384; \
                 PRAGMA trusted_schema = OFF;"
            }
            Dialect::Postgres => {
                "SET application_name = 'lianxian'; SET synchronous_commit = on; SET lock_timeout = '10s'; \
                 SET statement_timeout = '60s'; SET TIME ZONE 'UTC';"
            }
        }
    }

    /// Run on a new reading connection, after [`Self::prepare`].
    pub(crate) const fn prepare_reader(self) -> &'static str {
        match self {
            Dialect::Sqlite => "PRAGMA query_only = ON;",
            Dialect::Postgres => "SET default_transaction_read_only = on;",
        }
    }

    /// Connections for readers. SQLite's each have a thread.
    pub(crate) fn readers(self) -> u32 {
        match self {
            Dialect::Sqlite => 4,
            Dialect::Postgres => 8,
        }
    }

    /// Whether a connection in the pool may have died unseen.
    pub(crate) fn is_remote(self) -> bool {
        self == Dialect::Postgres
    }

    pub(crate) fn error(self, error: sqlx::Error) -> StoreError {
        match error {
            sqlx::Error::Database(error) => match self {
                Dialect::Sqlite => sqlite_error(error.as_ref()),
                Dialect::Postgres => postgres_error(error.as_ref()),
            },
            sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::AnyDriverError(_) => StoreError::Corrupt(error.to_string()),
            error => StoreError::Unavailable(error.to_string()),
        }
    }
}

/// SQLite names the columns in its message: `UNIQUE constraint failed: units.code`.
fn sqlite_error(error: &dyn DatabaseError) -> StoreError {
    let code: i64 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
    if error.kind() == ErrorKind::UniqueViolation {
        let columns = error.message().rsplit(": ").next().unwrap_or_default();
        let table = columns.split('.').next().unwrap_or_default();
        // A row's own id says no more than its table.
        const SQLITE_CONSTRAINT_PRIMARYKEY: i64 = 1555;
        let one_column = code != SQLITE_CONSTRAINT_PRIMARYKEY && !columns.contains(',');
        return StoreError::Duplicate(if one_column { columns.to_owned() } else { table.to_owned() });
    }
    // BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL: the primary code is the low byte.
    let told = format!("{} (SQLite {code})", error.message());
    match code & 0xff {
        5 | 6 | 7 | 8 | 9 | 10 | 13 | 14 | 15 => StoreError::Unavailable(told),
        _ => StoreError::Corrupt(told),
    }
}

/// PostgreSQL names the constraint, by its own rule: `units_code_key`, `units_pkey`. Its message may be in any language.
fn postgres_error(error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default().into_owned();
    if error.kind() == ErrorKind::UniqueViolation {
        let table = error.table().unwrap_or_default().to_owned();
        let column = error
            .constraint()
            .and_then(|name| name.strip_prefix(table.as_str())?.strip_prefix('_')?.strip_suffix("_key"))
            .filter(|columns| UNIQUE_COLUMNS.contains(columns));
        return StoreError::Duplicate(match column {
            Some(column) => format!("{table}.{column}"),
            None => table,
        });
    }
    let told = format!("{} (SQLSTATE {code})", error.message());
    // Connection, who we are, which database, resources, cancelled or shutting down, locked, deadlock and serialisation,
    // the system below, read-only.
    let unavailable =
        ["08", "28", "3D", "53", "57", "55", "40", "58", "25006"].iter().any(|class| code.starts_with(class));
    if unavailable { StoreError::Unavailable(told) } else { StoreError::Corrupt(told) }
}

/// Columns that are unique by themselves.
const UNIQUE_COLUMNS: [&str; 7] = ["code", "name", "token_hash", "code_hash", "number", "track", "id"];
