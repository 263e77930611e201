//! Pre-shift checks.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::check::{Check, CheckItem};
use lianxian_model::ids::{AccountId, EndpointId, PersonId};
use lianxian_service::ports::store::{CheckRows, StoreError, StoreResult};

macro_rules! check_columns {
    () => {
        "id, account_id, person_id, endpoint_id, unit_id, name, at_ms, took_ms, verdict, items, ip"
    };
}

fn check(row: &Cells<'_>) -> StoreResult<Check> {
    let items: String = row.get("items")?;
    let items: Vec<CheckItem> =
        serde_json::from_str(&items).map_err(|error| StoreError::Corrupt(format!("column items: {error}")))?;
    Ok(Check {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        person_id: row.get("person_id")?,
        endpoint_id: row.get("endpoint_id")?,
        unit_id: row.get("unit_id")?,
        name: row.get("name")?,
        at_ms: row.get("at_ms")?,
        took_ms: row.get("took_ms")?,
        verdict: row.get("verdict")?,
        items,
        ip: row.get("ip")?,
    })
}

#[async_trait]
impl CheckRows for UnitOfWork {
    async fn insert_check(&mut self, check: &Check) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO checks (",
            check_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let items = serde_json::to_string(&check.items).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let row = values![
            check.id,
            check.account_id,
            check.person_id,
            check.endpoint_id,
            check.unit_id,
            check.name,
            check.at_ms,
            check.took_ms,
            check.verdict,
            items,
            check.ip,
        ];
        self.run_one(sql, row).await
    }

    async fn last_check_of_account(&mut self, account: &AccountId) -> StoreResult<Option<Check>> {
        let sql = concat!(
            "SELECT ",
            check_columns!(),
            " FROM checks WHERE account_id = $1 ORDER BY at_ms DESC, id DESC LIMIT 1"
        );
        self.first(sql, values![*account], check).await
    }

    async fn last_check_of_endpoint(&mut self, endpoint: &EndpointId) -> StoreResult<Option<Check>> {
        let sql = concat!(
            "SELECT ",
            check_columns!(),
            " FROM checks WHERE endpoint_id = $1 ORDER BY at_ms DESC, id DESC LIMIT 1"
        );
        self.first(sql, values![*endpoint], check).await
    }

    async fn last_check_of_person(&mut self, person: &PersonId) -> StoreResult<Option<Check>> {
        let sql = concat!(
            "SELECT ",
            check_columns!(),
            " FROM checks WHERE person_id = $1 ORDER BY at_ms DESC, id DESC LIMIT 1"
        );
        self.first(sql, values![*person], check).await
    }
}
