//! The first start of an empty database: the district's root, and the three administrators with made-up passwords.

use crate::actor::Actor;
use crate::core::Service;
use crate::error::ServiceResult;
use crate::secrets::{hash_password, new_id, new_password};
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::default_patterns;
use lianxian_model::ids::{AccountId, GrantId, PersonId, UnitId};
use lianxian_model::org::{Unit, UnitLevel};
use lianxian_model::people::{Account, Person};
use lianxian_model::roles::{Role, RoleGrant};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A login that is shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstLogin {
    pub account: String,
    pub password: String,
    pub name: String,
    pub role: Role,
}

impl Service {
    /// True while there is neither an account nor a unit.
    pub async fn is_empty(&self) -> ServiceResult<bool> {
        let mut tx = self.core.read().await?;
        Ok(tx.accounts().await?.is_empty() && tx.units().await?.is_empty())
    }

    /// Of an empty database: makes the root unit and the three administrators; their passwords are told here and nowhere
    /// else. Of any other database: nothing, and no logins.
    pub async fn first_start(&self) -> ServiceResult<Vec<FirstLogin>> {
        if !self.is_empty().await? {
            return Ok(Vec::new());
        }
        const ADMINISTRATORS: [(&str, &str, Role); 3] = [
            ("sysadmin", "系统管理员", Role::SystemAdmin),
            ("secadmin", "安全管理员", Role::SecurityAdmin),
            ("auditor", "审计管理员", Role::AuditAdmin),
        ];
        let mut logins = Vec::new();
        let mut hashes = Vec::new();
        for (account, name, role) in ADMINISTRATORS {
            let password = new_password();
            hashes.push(hash_password(&password).await?);
            logins.push(FirstLogin { account: account.into(), password, name: name.into(), role });
        }
        let mut work = self.core.begin(&Actor::System).await?;
        if !work.tx.accounts().await?.is_empty() {
            return Ok(Vec::new());
        }
        put_patterns(&mut work).await?;
        let root = put_unit(&mut work, None, "区司法局", UnitLevel::District, "ROOT", 0).await?;
        for (login, hash) in logins.iter().zip(hashes) {
            let person = put_person(&mut work, &login.name, &root, login.role.zh()).await?;
            put_account(&mut work, &person, &login.account, hash, &[(login.role, root.clone())]).await?;
        }
        work.audit(AuditAction::ServerFirstStart, AuditObject::Server, "", json!({ "accounts": logins.len() }));
        work.commit().await?;
        Ok(logins)
    }
}

pub(crate) async fn put_patterns(work: &mut Work) -> ServiceResult<()> {
    for pattern in default_patterns() {
        work.tx.put_case_pattern(&pattern).await?;
    }
    Ok(())
}

pub(crate) async fn put_unit(
    work: &mut Work,
    parent: Option<&UnitId>,
    name: &str,
    level: UnitLevel,
    code: &str,
    sort: i64,
) -> ServiceResult<UnitId> {
    let unit = Unit {
        id: UnitId(new_id(work.now)),
        parent_id: parent.cloned(),
        name: name.into(),
        level,
        code: code.into(),
        sort,
        disabled: false,
        version: 1,
    };
    work.tx.insert_unit(&unit).await?;
    work.org_changed();
    Ok(unit.id)
}

pub(crate) async fn put_person(work: &mut Work, name: &str, unit: &UnitId, post: &str) -> ServiceResult<PersonId> {
    let person = Person {
        id: PersonId(new_id(work.now)),
        name: name.into(),
        unit_id: unit.clone(),
        post: post.into(),
        phone: String::new(),
        disabled: false,
        version: 1,
    };
    work.tx.insert_person(&person).await?;
    Ok(person.id)
}

pub(crate) async fn put_account(
    work: &mut Work,
    person: &PersonId,
    name: &str,
    password_hash: String,
    roles: &[(Role, UnitId)],
) -> ServiceResult<AccountId> {
    let account = Account {
        id: AccountId(new_id(work.now)),
        person_id: person.clone(),
        name: name.into(),
        password_hash,
        password_changed_ms: work.now,
        failures: 0,
        locked_until_ms: None,
        locked: false,
        disabled: false,
        version: 1,
    };
    work.tx.insert_account(&account).await?;
    for (role, unit) in roles {
        let grant = RoleGrant {
            id: GrantId(new_id(work.now)),
            account_id: account.id.clone(),
            role: *role,
            unit_id: unit.clone(),
            given_ms: work.now,
            given_by: None,
        };
        work.tx.insert_grant(&grant).await?;
    }
    Ok(account.id)
}
