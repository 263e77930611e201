//! Persons, accounts and role grants. The system administrator makes and locks accounts; the security administrator gives rights.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use lianxian_model::ids::{AccountId, GrantId, PersonId, UnitId};
use lianxian_model::people::Person;
use lianxian_model::roles::{Role, RoleGrant};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    pub name: String,
    pub unit_id: UnitId,
    #[serde(default)]
    pub post: String,
    #[serde(default)]
    pub phone: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonPatch {
    pub name: Option<String>,
    pub unit_id: Option<UnitId>,
    pub post: Option<String>,
    pub phone: Option<String>,
    pub disabled: Option<bool>,
}

/// An account as administrators see it: no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub id: AccountId,
    pub name: String,
    pub person_id: PersonId,
    pub person_name: String,
    pub unit_id: UnitId,
    pub locked: bool,
    pub locked_until_ms: Option<Millis>,
    pub disabled: bool,
    pub password_changed_ms: Millis,
    pub grants: Vec<RoleGrant>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct NewAccount {
    pub person_id: PersonId,
    pub name: String,
    pub password: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct AccountPatch {
    /// False also lifts a lock of wrong passwords.
    pub locked: Option<bool>,
    pub disabled: Option<bool>,
    pub password: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGrant {
    pub role: Role,
    pub unit_id: UnitId,
}

#[derive(Clone)]
pub struct Accounts {
    pub(crate) core: Core,
}

impl Accounts {
    /// Rights `accounts.manage` or `rights.manage`; in scope.
    pub async fn persons(&self, _actor: &Actor) -> ServiceResult<Vec<Person>> {
        crate::pending!()
    }

    pub async fn create_person(&self, _actor: &Actor, _new: NewPerson, _key: Option<&str>) -> ServiceResult<Person> {
        crate::pending!()
    }

    pub async fn update_person(
        &self,
        _actor: &Actor,
        _person: &PersonId,
        _patch: PersonPatch,
    ) -> ServiceResult<Person> {
        crate::pending!()
    }

    pub async fn list(&self, _actor: &Actor) -> ServiceResult<Vec<AccountView>> {
        crate::pending!()
    }

    pub async fn create(&self, _actor: &Actor, _new: NewAccount, _key: Option<&str>) -> ServiceResult<AccountView> {
        crate::pending!()
    }

    /// Locking, disabling and a new password end the account's logins, watches and links.
    pub async fn update(
        &self,
        _actor: &Actor,
        _account: &AccountId,
        _patch: AccountPatch,
    ) -> ServiceResult<AccountView> {
        crate::pending!()
    }

    /// Right `rights.manage` (or `accounts.manage`) over the account's person.
    pub async fn grants(&self, _actor: &Actor, _account: &AccountId) -> ServiceResult<Vec<RoleGrant>> {
        crate::pending!()
    }

    /// Right `rights.manage`; nobody gives a role to themselves; the three administrators exclude each other.
    pub async fn give(
        &self,
        _actor: &Actor,
        _account: &AccountId,
        _grant: NewGrant,
        _key: Option<&str>,
    ) -> ServiceResult<RoleGrant> {
        crate::pending!()
    }

    /// Sessions that stand on the grant end at once.
    pub async fn withdraw(&self, _actor: &Actor, _account: &AccountId, _grant: &GrantId) -> ServiceResult<()> {
        crate::pending!()
    }
}
