//! Watches: one stated purpose each.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{AccountId, WatchId};
use lianxian_model::register::Watch;
use lianxian_service::ports::store::{StoreResult, WatchRows};

macro_rules! watch_columns {
    () => {
        "id, account_id, person_id, purpose, started_ms, ended_ms, end_cause, version"
    };
}

fn watch(row: &Cells<'_>) -> StoreResult<Watch> {
    Ok(Watch {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        person_id: row.get("person_id")?,
        purpose: row.get("purpose")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        end_cause: row.get("end_cause")?,
        version: row.get("version")?,
    })
}

#[async_trait]
impl WatchRows for UnitOfWork {
    async fn insert_watch(&mut self, watch: &Watch) -> StoreResult<()> {
        let sql = concat!("INSERT INTO watches (", watch_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        let row = values![
            watch.id,
            watch.account_id,
            watch.person_id,
            watch.purpose,
            watch.started_ms,
            watch.ended_ms,
            watch.end_cause,
            watch.version,
        ];
        self.run_one(sql, row).await
    }

    async fn update_watch(&mut self, watch: &Watch) -> StoreResult<bool> {
        let sql = "UPDATE watches SET purpose = $3, ended_ms = $4, end_cause = $5, version = version + 1 \
                   WHERE id = $1 AND version = $2";
        let row = values![watch.id, watch.version, watch.purpose, watch.ended_ms, watch.end_cause];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn watch(&mut self, id: &WatchId) -> StoreResult<Option<Watch>> {
        self.first(concat!("SELECT ", watch_columns!(), " FROM watches WHERE id = $1"), values![*id], watch).await
    }

    async fn open_watches_of(&mut self, account: &AccountId) -> StoreResult<Vec<Watch>> {
        let sql = concat!(
            "SELECT ",
            watch_columns!(),
            " FROM watches WHERE account_id = $1 AND ended_ms IS NULL ORDER BY started_ms, id"
        );
        self.all(sql, values![*account], watch).await
    }

    async fn open_watches(&mut self) -> StoreResult<Vec<Watch>> {
        let sql = concat!("SELECT ", watch_columns!(), " FROM watches WHERE ended_ms IS NULL ORDER BY started_ms, id");
        self.all(sql, values![], watch).await
    }

    async fn recent_purposes(&mut self, account: &AccountId, limit: i64) -> StoreResult<Vec<String>> {
        let sql = "SELECT purpose FROM watches WHERE account_id = $1 \
                   GROUP BY purpose ORDER BY MAX(started_ms) DESC, MAX(id) DESC LIMIT $2";
        self.all(sql, values![*account, limit], |row| row.get("purpose")).await
    }
}
