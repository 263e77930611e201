//! Writers one after another, readers beside them, and nothing of a unit of work that was given up.

use crate::harness::town::{HandClock, MORNING, in_both_towns, service_over};
use crate::harness::{TestDatabase, empty_postgres, on_both};
use crate::rows::district::unit;
use lianxian_model::ids::UnitId;
use lianxian_model::org::UnitLevel;
use lianxian_service::org::NewUnit;
use lianxian_service::ports::store::{Store, StoreError};
use lianxian_service::{Actor, Service};
use lianxian_store::Database;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::oneshot;

fn street(parent: Option<UnitId>, code: String) -> NewUnit {
    NewUnit { parent_id: parent, name: "街道".into(), level: UnitLevel::Street, code, sort: 0 }
}

/// Many at once: each draws a number and writes its unit of work with audit and event.
async fn write_at_once(services: &[Service], each: i64) {
    let tasks: Vec<_> = (0..8)
        .map(|writer| {
            let service = services[writer % services.len()].clone();
            tokio::spawn(async move {
                for n in 0..each {
                    let new = street(None, format!("W{writer}-{n}"));
                    service.org.create_unit(&Actor::System, new, None).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

on_both! {
    async fn a_unit_of_work_that_is_dropped_leaves_nothing(db: TestDatabase) {
        let mut tx = db.write().await;
        tx.insert_unit(&unit("given-up", None)).await.unwrap();
        assert_eq!(tx.next_in_series("HH1").await.unwrap(), 1);
        drop(tx);
        let mut tx = db.write().await;
        assert_eq!(tx.units().await.unwrap(), []);
        assert_eq!(tx.next_in_series("HH1").await.unwrap(), 1, "the number was not used up");
        tx.insert_unit(&unit("kept", None)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.read().await.units().await.unwrap(), [unit("kept", None)]);
    }

    /// A request whose client went away is dropped wherever it stands.
    async fn a_task_that_is_aborted_gives_its_turn_to_the_next(db: TestDatabase) {
        let (wrote, written) = oneshot::channel();
        let store = db.store.clone();
        let task = tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            tx.insert_unit(&unit("aborted", None)).await.unwrap();
            wrote.send(()).unwrap();
            std::future::pending::<()>().await;
            tx.commit().await.unwrap();
        });
        written.await.unwrap();
        let store = db.store.clone();
        let next = tokio::spawn(async move { store.begin().await.unwrap().units().await.unwrap() });
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(next.await.unwrap(), []);
    }

    async fn a_unit_of_work_with_an_error_in_it_does_not_commit(db: TestDatabase) {
        let mut tx = db.write().await;
        tx.insert_unit(&unit("a", None)).await.unwrap();
        let error = tx.insert_unit(&unit("a", None)).await.unwrap_err();
        assert!(matches!(error, StoreError::Duplicate(_)), "{error}");
        assert_eq!(tx.commit().await, Err(error));
        assert_eq!(db.write().await.units().await.unwrap(), []);
    }

    /// The second writer begins only when the first is done, and then sees all of it; readers see what was committed
    /// when they began, and wait for nobody.
    async fn readers_read_beside_the_writer(db: TestDatabase) {
        let mut writer = db.write().await;
        writer.insert_unit(&unit("a", None)).await.unwrap();
        let mut early = db.read().await;
        assert_eq!(early.units().await.unwrap(), []);
        let store = db.store.clone();
        let second = tokio::spawn(async move { store.begin().await.unwrap().units().await.unwrap().len() });
        writer.commit().await.unwrap();
        assert_eq!(second.await.unwrap(), 1);
        assert_eq!(early.units().await.unwrap(), [], "one snapshot from its first row to its last");
        drop(early);
        assert_eq!(db.read().await.units().await.unwrap().len(), 1);
    }

    async fn a_reader_writes_nothing(db: TestDatabase) {
        let error = db.read().await.insert_unit(&unit("a", None)).await.unwrap_err();
        assert!(!matches!(error, StoreError::Duplicate(_)), "{error}");
        assert_eq!(db.write().await.units().await.unwrap(), []);
    }

    async fn writers_at_once_leave_ledgers_without_a_gap(db: TestDatabase) {
        let (service, _live) = service_over(&db, &HandClock::at(MORNING));
        write_at_once(std::slice::from_ref(&service), 6).await;
        ledgers_are_whole(&db, &service, 48).await;
    }
}

in_both_towns! {
    /// Two consoles pick the same site in the same moment: two sessions, two numbers.
    async fn sessions_opened_at_once_have_numbers_of_their_own(town: Town) {
        let site = town.device("华明街道司法所").site_id;
        let (one, two) = (town.seat("zhihuizhang").await, town.seat("zhibanyuan").await);
        let sites = [&site];
        let (one, two) = tokio::join!(town.watch(&one, "日常巡查", &sites), town.watch(&two, "日常巡查", &sites));
        let numbers: BTreeSet<_> = [one, two].into_iter().map(|(_, sessions)| sessions[0].number.clone()).collect();
        assert_eq!(Vec::from_iter(numbers), ["HH20261125HM01001", "HH20261125HM01002"]);
    }
}

/// A seed or a second server beside the running one: PostgreSQL lets them in, one turn after another.
#[tokio::test]
async fn writers_of_two_processes_take_turns_on_postgres() {
    let url = empty_postgres().await;
    let open = async || {
        let store = Arc::new(Database::open(&url).await.unwrap());
        TestDatabase { store, url: url.clone(), is_sqlite: false, _folder: None }
    };
    let (one, two) = (open().await, open().await);
    let clock = HandClock::at(MORNING);
    let services = [service_over(&one, &clock).0, service_over(&two, &clock).0];
    write_at_once(&services, 3).await;
    ledgers_are_whole(&one, &services[1], 24).await;
    one.store.close().await;
    two.store.close().await;
}

async fn ledgers_are_whole(db: &TestDatabase, service: &Service, rows: i64) {
    let report = service.audit.verify(&Actor::System).await.unwrap();
    assert_eq!((report.rows, report.broken_at), (rows, None));
    let mut tx = db.read().await;
    let seqs: Vec<i64> = tx.events_after(0, 1_000).await.unwrap().iter().map(|event| event.seq).collect();
    assert_eq!(seqs, Vec::from_iter(1..=rows));
    assert_eq!(tx.units().await.unwrap().len() as i64, rows);
}
