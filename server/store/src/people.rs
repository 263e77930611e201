//! Persons, their accounts and what roles these hold.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{AccountId, GrantId, PersonId};
use lianxian_model::people::{Account, Person};
use lianxian_model::roles::RoleGrant;
use lianxian_service::ports::store::{PeopleRows, StoreResult};

macro_rules! person_columns {
    () => {
        "id, name, unit_id, post, phone, disabled, version"
    };
}

macro_rules! account_columns {
    () => {
        "id, person_id, name, password_hash, password_changed_ms, failures, locked_until_ms, locked, disabled, version"
    };
}

macro_rules! grant_columns {
    () => {
        "id, account_id, role, unit_id, given_ms, given_by"
    };
}

fn person(row: &Cells<'_>) -> StoreResult<Person> {
    Ok(Person {
        id: row.get("id")?,
        name: row.get("name")?,
        unit_id: row.get("unit_id")?,
        post: row.get("post")?,
        phone: row.get("phone")?,
        disabled: row.get("disabled")?,
        version: row.get("version")?,
    })
}

fn account(row: &Cells<'_>) -> StoreResult<Account> {
    Ok(Account {
        id: row.get("id")?,
        person_id: row.get("person_id")?,
        name: row.get("name")?,
        password_hash: row.get("password_hash")?,
        password_changed_ms: row.get("password_changed_ms")?,
        failures: row.get("failures")?,
        locked_until_ms: row.get("locked_until_ms")?,
        locked: row.get("locked")?,
        disabled: row.get("disabled")?,
        version: row.get("version")?,
    })
}

fn grant(row: &Cells<'_>) -> StoreResult<RoleGrant> {
    Ok(RoleGrant {
        id: row.get("id")?,
        account_id: row.get("account_id")?,
        role: row.get("role")?,
        unit_id: row.get("unit_id")?,
        given_ms: row.get("given_ms")?,
        given_by: row.get("given_by")?,
    })
}

#[async_trait]
impl PeopleRows for UnitOfWork {
    async fn persons(&mut self) -> StoreResult<Vec<Person>> {
        self.all(concat!("SELECT ", person_columns!(), " FROM persons ORDER BY id"), values![], person).await
    }

    async fn person(&mut self, id: &PersonId) -> StoreResult<Option<Person>> {
        self.first(concat!("SELECT ", person_columns!(), " FROM persons WHERE id = $1"), values![*id], person).await
    }

    async fn insert_person(&mut self, person: &Person) -> StoreResult<()> {
        let sql = concat!("INSERT INTO persons (", person_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let row =
            values![person.id, person.name, person.unit_id, person.post, person.phone, person.disabled, person.version];
        self.run_one(sql, row).await
    }

    async fn update_person(&mut self, person: &Person) -> StoreResult<bool> {
        let sql = "UPDATE persons SET name = $3, unit_id = $4, post = $5, phone = $6, disabled = $7, \
                   version = version + 1 WHERE id = $1 AND version = $2";
        let row =
            values![person.id, person.version, person.name, person.unit_id, person.post, person.phone, person.disabled];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn accounts(&mut self) -> StoreResult<Vec<Account>> {
        self.all(concat!("SELECT ", account_columns!(), " FROM accounts ORDER BY name"), values![], account).await
    }

    async fn account(&mut self, id: &AccountId) -> StoreResult<Option<Account>> {
        let sql = concat!("SELECT ", account_columns!(), " FROM accounts WHERE id = $1");
        self.first(sql, values![*id], account).await
    }

    async fn accounts_of_person(&mut self, person: &PersonId) -> StoreResult<Vec<Account>> {
        let sql = concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts WHERE person_id = $1 AND disabled = 0 ORDER BY name"
        );
        self.all(sql, values![*person], account).await
    }

    async fn account_by_name(&mut self, name: &str) -> StoreResult<Option<Account>> {
        let sql = concat!("SELECT ", account_columns!(), " FROM accounts WHERE name = $1");
        self.first(sql, values![name.to_owned()], account).await
    }

    async fn insert_account(&mut self, account: &Account) -> StoreResult<()> {
        let sql =
            concat!("INSERT INTO accounts (", account_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        let row = values![
            account.id,
            account.person_id,
            account.name,
            account.password_hash,
            account.password_changed_ms,
            account.failures,
            account.locked_until_ms,
            account.locked,
            account.disabled,
            account.version,
        ];
        self.run_one(sql, row).await
    }

    async fn update_account(&mut self, account: &Account) -> StoreResult<bool> {
        let sql = "UPDATE accounts SET person_id = $3, name = $4, password_hash = $5, password_changed_ms = $6, \
                   failures = $7, locked_until_ms = $8, locked = $9, disabled = $10, version = version + 1 \
                   WHERE id = $1 AND version = $2";
        let row = values![
            account.id,
            account.version,
            account.person_id,
            account.name,
            account.password_hash,
            account.password_changed_ms,
            account.failures,
            account.locked_until_ms,
            account.locked,
            account.disabled,
        ];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn grants(&mut self) -> StoreResult<Vec<RoleGrant>> {
        self.all(concat!("SELECT ", grant_columns!(), " FROM role_grants ORDER BY id"), values![], grant).await
    }

    async fn grants_of(&mut self, account: &AccountId) -> StoreResult<Vec<RoleGrant>> {
        let sql = concat!("SELECT ", grant_columns!(), " FROM role_grants WHERE account_id = $1 ORDER BY id");
        self.all(sql, values![*account], grant).await
    }

    async fn insert_grant(&mut self, grant: &RoleGrant) -> StoreResult<()> {
        let sql = concat!("INSERT INTO role_grants (", grant_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
        let row = values![grant.id, grant.account_id, grant.role, grant.unit_id, grant.given_ms, grant.given_by];
        self.run_one(sql, row).await
    }

    async fn delete_grant(&mut self, id: &GrantId) -> StoreResult<bool> {
        Ok(self.run("DELETE FROM role_grants WHERE id = $1", values![*id]).await? == 1)
    }
}
