//! The server's own notes: commands done under an idempotency key, and its last sign of life.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{DoneCommand, StoreResult, UpkeepRows};

#[async_trait]
impl UpkeepRows for UnitOfWork {
    async fn done_command(&mut self, actor: &str, key: &str) -> StoreResult<Option<DoneCommand>> {
        let sql = "SELECT actor, key, action, request_hash, answer, at_ms FROM done_commands \
                   WHERE actor = $1 AND key = $2";
        let read = |row: &Cells<'_>| {
            Ok(DoneCommand {
                actor: row.get("actor")?,
                key: row.get("key")?,
                action: row.get("action")?,
                request_hash: row.get("request_hash")?,
                answer: row.get("answer")?,
                at_ms: row.get("at_ms")?,
            })
        };
        self.first(sql, values![actor.to_owned(), key.to_owned()], read).await
    }

    async fn put_done_command(&mut self, done: &DoneCommand) -> StoreResult<()> {
        let sql = "INSERT INTO done_commands (actor, key, action, request_hash, answer, at_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let row = values![done.actor, done.key, done.action, done.request_hash, done.answer, done.at_ms];
        self.run_one(sql, row).await
    }

    async fn drop_done_commands(&mut self, before: Millis) -> StoreResult<()> {
        self.run("DELETE FROM done_commands WHERE at_ms < $1", values![before]).await?;
        Ok(())
    }

    async fn heartbeat(&mut self) -> StoreResult<Option<Millis>> {
        self.first("SELECT at_ms FROM heartbeats WHERE id = 1", values![], |row| row.get("at_ms")).await
    }

    async fn put_heartbeat(&mut self, at: Millis) -> StoreResult<()> {
        let sql = "INSERT INTO heartbeats (id, at_ms) VALUES (1, $1) \
                   ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms";
        self.run_one(sql, values![at]).await
    }
}
