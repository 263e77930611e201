//! Logins: opened, seen, ended once.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{AccountId, LoginId};
use lianxian_model::people::{Login, LoginEnd};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{LoginRows, StoreResult};

macro_rules! login_columns {
    () => {
        "id, account_id, opened_ms, last_seen_ms, ip, client, ended_ms, end_cause"
    };
}

fn login(row: &Cells<'_>) -> StoreResult<Login> {
    Ok(Login {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        opened_ms: row.get("opened_ms")?,
        last_seen_ms: row.get("last_seen_ms")?,
        ip: row.get("ip")?,
        client: row.get("client")?,
        ended_ms: row.get("ended_ms")?,
        end_cause: row.get("end_cause")?,
    })
}

#[async_trait]
impl LoginRows for UnitOfWork {
    async fn insert_login(&mut self, login: &Login, token_hash: &str) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO logins (",
            login_columns!(),
            ", token_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        let row = values![
            login.id,
            login.account_id,
            login.opened_ms,
            login.last_seen_ms,
            login.ip,
            login.client,
            login.ended_ms,
            login.end_cause,
            token_hash.to_owned(),
        ];
        self.run_one(sql, row).await
    }

    async fn login(&mut self, id: &LoginId) -> StoreResult<Option<Login>> {
        self.first(concat!("SELECT ", login_columns!(), " FROM logins WHERE id = $1"), values![*id], login).await
    }

    async fn login_by_token(&mut self, token_hash: &str) -> StoreResult<Option<Login>> {
        let sql = concat!("SELECT ", login_columns!(), " FROM logins WHERE token_hash = $1");
        self.first(sql, values![token_hash.to_owned()], login).await
    }

    async fn open_logins_of(&mut self, account: &AccountId) -> StoreResult<Vec<Login>> {
        let sql = concat!(
            "SELECT ",
            login_columns!(),
            " FROM logins WHERE account_id = $1 AND ended_ms IS NULL ORDER BY opened_ms, id"
        );
        self.all(sql, values![*account], login).await
    }

    async fn open_logins(&mut self) -> StoreResult<Vec<Login>> {
        let sql = concat!("SELECT ", login_columns!(), " FROM logins WHERE ended_ms IS NULL ORDER BY opened_ms, id");
        self.all(sql, values![], login).await
    }

    async fn touch_login(&mut self, id: &LoginId, seen: Millis) -> StoreResult<()> {
        let sql = "UPDATE logins SET last_seen_ms = $2 WHERE id = $1 AND ended_ms IS NULL AND last_seen_ms < $2";
        self.run(sql, values![*id, seen]).await?;
        Ok(())
    }

    async fn end_login(&mut self, id: &LoginId, at: Millis, cause: LoginEnd) -> StoreResult<bool> {
        let sql = "UPDATE logins SET ended_ms = $2, end_cause = $3 WHERE id = $1 AND ended_ms IS NULL";
        Ok(self.run(sql, values![*id, at, cause]).await? == 1)
    }
}
