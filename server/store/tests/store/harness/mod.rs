//! What every test stands on: an empty, migrated database of either kind, for itself alone.

pub mod postgres;
pub mod town;

use lianxian_service::ports::store::{Store, Tx};
use lianxian_store::Database;
use sqlx::{AnyConnection, Connection};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Runs each test over both databases, as `name::sqlite` and `name::postgres`.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($db:ident: TestDatabase) $body:block)+) => {$(
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn test($db: $crate::harness::TestDatabase) $body

            #[tokio::test]
            async fn sqlite() {
                let database = $crate::harness::TestDatabase::sqlite().await;
                let store = database.store.clone();
                test(database).await;
                store.close().await;
            }

            #[tokio::test]
            async fn postgres() {
                let database = $crate::harness::TestDatabase::postgres().await;
                let store = database.store.clone();
                test(database).await;
                store.close().await;
            }
        }
    )+};
}
pub(crate) use on_both;

pub struct TestDatabase {
    pub store: Arc<Database>,
    pub url: String,
    pub is_sqlite: bool,
    /// For the database of SQLite, and for files; removed at the end.
    pub _folder: Option<TempDir>,
}

static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

impl TestDatabase {
    pub async fn sqlite() -> Self {
        let folder = folder();
        let url = format!("sqlite:{}", folder.path().join("lianxian.db").display());
        let store = Arc::new(Database::open(&url).await.unwrap());
        Self { store, url, is_sqlite: true, _folder: Some(folder) }
    }

    pub async fn postgres() -> Self {
        let url = empty_postgres().await;
        let store = Arc::new(Database::open(&url).await.unwrap());
        Self { store, url, is_sqlite: false, _folder: Some(folder()) }
    }

    pub async fn write(&self) -> Box<dyn Tx> {
        self.store.begin().await.unwrap()
    }

    pub async fn read(&self) -> Box<dyn Tx> {
        self.store.read().await.unwrap()
    }

    /// A connection beside the store, as someone with a database client has.
    pub async fn client(&self) -> AnyConnection {
        client(&self.url).await
    }
}

pub async fn client(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await.unwrap()
}

/// In memory where the machine has such a folder: the tests are about rows, not about the disk.
pub fn folder() -> TempDir {
    let builder = || tempfile::Builder::new().prefix("lxdb-").to_owned();
    builder().tempdir_in("/dev/shm").or_else(|_| builder().tempdir()).unwrap()
}

/// A new PostgreSQL database, migrated already: a copy of one that was.
pub async fn empty_postgres() -> String {
    let cluster = tokio::task::spawn_blocking(postgres::cluster).await.unwrap();
    let run = async |sql: String| {
        let mut connection = client(&cluster.url("postgres")).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    TEMPLATE
        .get_or_init(async || {
            run("CREATE DATABASE migrated".into()).await;
            Database::open(&cluster.url("migrated")).await.unwrap().close().await;
        })
        .await;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    run(format!("CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")).await;
    cluster.url(&name)
}
