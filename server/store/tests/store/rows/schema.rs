use super::district::{put_district, session};
use crate::harness::{TestDatabase, folder, on_both, postgres};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::StoreError;
use lianxian_store::{Database, OpenError};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn both_folders_hold_the_same_steps_and_one_text_for_the_tables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let names = |kind: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(root.join(kind)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for step in [
        "20261124160000_create_record.sql",
        "20261126070000_keep_checks.sql",
        "20261126080000_add_track_quality.sql",
        "20261126163000_admit_guests.sql",
        "20261126170000_keep_request_rules.sql",
        "20261126180000_keep_cards.sql",
    ] {
        let tables = |kind: &str| std::fs::read_to_string(root.join(kind).join(step)).unwrap();
        assert_eq!(tables("sqlite"), tables("postgres"));
    }
}

on_both! {
    /// A moment in Beijing, whatever zone the machine and the database are in.
    async fn people_read_beijing_time_in_the_views(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        // 2026-11-24 20:10:30.250 UTC.
        tx.insert_session(&session("s1", "sa", "a", 1_795_551_030_250)).await.unwrap();
        tx.commit().await.unwrap();
        let mut client = db.client().await;
        let sql = "SELECT number, site, unit, started, ended FROM readable_sessions";
        let row: (String, String, String, String, Option<String>) =
            sqlx::query_as(sql).fetch_one(&mut client).await.unwrap();
        assert_eq!(row.3, "2026-11-25 04:10:30");
        assert_eq!((row.1.as_str(), row.2.as_str(), row.4), ("司法所sa", "单位a", None));
        for view in ["readable_register", "readable_attendances", "readable_audit"] {
            let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {view}"));
            let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut client).await.unwrap();
            assert_eq!(rows, 0);
        }
    }

    async fn a_row_that_does_not_read_is_told_and_not_guessed(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        tx.commit().await.unwrap();
        let mut client = db.client().await;
        sqlx::query("UPDATE endpoints SET kind = 'spoon', disabled = 7").execute(&mut client).await.unwrap();
        let mut tx = db.read().await;
        let error = tx.endpoint(&"e-sa".into()).await.unwrap_err();
        let StoreError::Corrupt(told) = &error else { panic!("{error}") };
        assert!(told.contains("kind") && told.contains("spoon"), "{told}");
    }

    async fn an_open_database_tells_its_steps_and_opens_again(db: TestDatabase) {
        let mut tx = db.write().await;
        tx.put_heartbeat(Millis(4)).await.unwrap();
        tx.commit().await.unwrap();
        db.store.close().await;
        assert!(matches!(db.store.begin_error().await, StoreError::Unavailable(_)));
        let TestDatabase { store, url, _folder, .. } = db;
        drop(store);
        let steps = Database::migrations(&url).await.unwrap();
        assert!(!steps.is_empty() && steps.iter().all(|step| step.applied), "{steps:?}");
        let again = Database::open(&url).await.unwrap();
        let mut tx = lianxian_service::ports::store::Store::read(&again).await.unwrap();
        assert_eq!(tx.heartbeat().await.unwrap(), Some(Millis(4)));
        drop(tx);
        again.close().await;
    }

    async fn changed_steps_are_refused(db: TestDatabase) {
        let mut client = db.client().await;
        let sql = "UPDATE _sqlx_migrations SET checksum = $1 WHERE version = 20261124160000";
        sqlx::query(sql).bind(vec![1_u8; 48]).execute(&mut client).await.unwrap();
        db.store.close().await;
        let TestDatabase { store, url, _folder, .. } = db;
        drop(store);
        let refused = Database::open(&url).await.err();
        assert!(matches!(refused, Some(OpenError::Migration(_))), "{refused:?}");
    }
}

trait BeginError {
    async fn begin_error(&self) -> StoreError;
}

impl BeginError for Database {
    async fn begin_error(&self) -> StoreError {
        match lianxian_service::ports::store::Store::begin(self).await {
            Ok(_) => panic!("a closed database began a unit of work"),
            Err(error) => error,
        }
    }
}

#[tokio::test]
async fn one_process_alone_holds_a_data_folder() {
    let folder = folder();
    let url = format!("sqlite:{}/数据 1/lianxian.db", folder.path().display());
    let first = Database::open(&url).await.unwrap();
    let second = Database::open(&url).await.err().unwrap();
    let OpenError::Held { holder, .. } = &second else { panic!("{second}") };
    assert_eq!(holder, &format!("process {}", std::process::id()));
    first.close().await;
    drop(first);
    Database::open(&url).await.unwrap().close().await;
}

#[tokio::test]
async fn a_url_that_is_no_database_is_refused_without_its_password() {
    for url in ["mysql://root:secret@localhost/x", "sqlite:", "lianxian.db", "sqlite:/tmp/.."] {
        let error = Database::open(url).await.err().unwrap();
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_server_without_the_database_is_told_at_once() {
    let cluster = tokio::task::spawn_blocking(postgres::cluster).await.unwrap();
    let none = Database::open(&cluster.url("none_such")).await.err().unwrap();
    let OpenError::Store(StoreError::Unavailable(told)) = &none else { panic!("{none}") };
    assert!(told.contains("none_such") && told.contains("3D000"), "{told}");
}
