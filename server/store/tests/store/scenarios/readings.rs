//! Long readings leave the store's other readers to everyone else.

use crate::harness::TestDatabase;
use crate::harness::town::{HandClock, MORNING};
use async_trait::async_trait;
use lianxian_service::ports::store::{Store, StoreResult, Tx};
use lianxian_service::{Actor, Service, Setup};
use lianxian_store::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A store that counts who asks it for a reading, and gives none before its gate is open.
struct Gated {
    store: Arc<Database>,
    asked: AtomicUsize,
    gate: Semaphore,
}

#[async_trait]
impl Store for Gated {
    async fn begin(&self) -> StoreResult<Box<dyn Tx>> {
        self.store.begin().await
    }

    async fn read(&self) -> StoreResult<Box<dyn Tx>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        drop(self.gate.acquire().await.unwrap());
        self.store.read().await
    }

    async fn settled(&self) -> StoreResult<()> {
        self.store.settled().await
    }
}

#[tokio::test]
async fn verifications_take_two_readers_and_no_more() {
    let db = TestDatabase::sqlite().await;
    let store = Arc::new(Gated { store: db.store.clone(), asked: AtomicUsize::new(0), gate: Semaphore::new(0) });
    let service = Service::new(Setup { store: store.clone(), clock: HandClock::at(MORNING) });
    let verify = || {
        let service = service.clone();
        tokio::spawn(async move { service.audit.verify(&Actor::System).await })
    };
    let all: Vec<_> = (0..6).map(|_| verify()).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(store.asked.load(Ordering::SeqCst), 2);
    // Each has its turn in the end.
    store.gate.add_permits(1);
    for one in all {
        assert_eq!(one.await.unwrap().unwrap().broken_at, None);
    }
}
