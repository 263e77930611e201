//! Persons, accounts and role grants. The system administrator makes and locks accounts; the security administrator gives rights.

use crate::actor::{Actor, Scope};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::logins::{end_login, weak};
use crate::org::named;
use crate::secrets::{hash_password, new_id};
use crate::sessions::change;
use crate::watches::end_watch;
use crate::work::{About, Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{AccountId, GrantId, PersonId, UnitId};
use lianxian_model::people::{Account, LoginEnd, Person, check_password};
use lianxian_model::register::WatchEnd;
use lianxian_model::roles::{Right, Role, RoleGrant, check_exclusive};
use lianxian_model::session::SessionEnd;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

/// Role grants that one account may have.
pub const MAX_GRANTS: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewPerson {
    pub name: String,
    pub unit_id: UnitId,
    #[serde(default)]
    pub post: String,
    #[serde(default)]
    pub phone: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PersonPatch {
    pub name: Option<String>,
    pub unit_id: Option<UnitId>,
    pub post: Option<String>,
    pub phone: Option<String>,
    pub disabled: Option<bool>,
}

/// An account as administrators see it: no secret in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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

#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewAccount {
    pub person_id: PersonId,
    pub name: String,
    pub password: String,
}

#[derive(Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccountPatch {
    /// False also lifts a lock of wrong passwords.
    pub locked: Option<bool>,
    pub disabled: Option<bool>,
    pub password: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewGrant {
    pub role: Role,
    pub unit_id: UnitId,
}

#[derive(Clone)]
pub struct Accounts {
    pub(crate) core: Core,
}

const EITHER: [Right; 2] = [Right::AccountsManage, Right::RightsManage];

impl Accounts {
    /// Rights `accounts.manage` or `rights.manage`; in scope.
    pub async fn persons(&self, actor: &Actor) -> ServiceResult<Vec<Person>> {
        let scope = self.scope(actor, AuditAction::PersonList).await?;
        let persons = self.core.read().await?.persons().await?;
        Ok(persons.into_iter().filter(|person| scope.covers(&person.unit_id)).collect())
    }

    pub async fn create_person(&self, actor: &Actor, new: NewPerson, key: Option<&str>) -> ServiceResult<Person> {
        let mut work = self.core.begin(actor).await?;
        if !self.core.may(&mut work.tx, actor, Right::AccountsManage, &new.unit_id).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::PersonCreate, AuditObject::Unit, new.unit_id.as_str())
                .await);
        }
        let once = match work.once(key, AuditAction::PersonCreate, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let person = Person {
            id: PersonId(new_id(work.now)),
            name: named(&new.name)?,
            unit_id: new.unit_id,
            post: short("post", new.post)?,
            phone: short("phone", new.phone)?,
            disabled: false,
            version: 1,
        };
        work.tx.insert_person(&person).await?;
        work.audit(AuditAction::PersonCreate, AuditObject::Person, person.id.as_str(), json!({ "name": person.name }));
        account_changed(&mut work, &person, None);
        work.done(once, &person).await?;
        work.commit().await?;
        Ok(person)
    }

    pub async fn update_person(&self, actor: &Actor, id: &PersonId, patch: PersonPatch) -> ServiceResult<Person> {
        let mut work = self.core.begin(actor).await?;
        let Some(mut person) = work.tx.person(id).await? else {
            return Err(ServiceError::not_found("人员", "person"));
        };
        let mut allowed = self.core.may(&mut work.tx, actor, Right::AccountsManage, &person.unit_id).await?;
        if let Some(unit) = &patch.unit_id {
            allowed = allowed && self.core.may(&mut work.tx, actor, Right::AccountsManage, unit).await?;
        }
        if !allowed {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::PersonUpdate, AuditObject::Person, id.as_str()).await);
        }
        if let Some(name) = &patch.name {
            person.name = named(name)?;
        }
        if let Some(post) = &patch.post {
            person.post = short("post", post.clone())?;
        }
        if let Some(phone) = &patch.phone {
            person.phone = short("phone", phone.clone())?;
        }
        person.unit_id = patch.unit_id.clone().unwrap_or(person.unit_id);
        person.disabled = patch.disabled.unwrap_or(person.disabled);
        unless_lost(work.tx.update_person(&person).await?)?;
        person.version += 1;
        if person.disabled {
            let accounts = work.tx.accounts().await?;
            for mut account in accounts.into_iter().filter(|a| a.person_id == *id && !a.disabled) {
                account.disabled = true;
                unless_lost(work.tx.update_account(&account).await?)?;
                end_logins(&mut work, &account, LoginEnd::Revoked).await?;
            }
        }
        work.audit(AuditAction::PersonUpdate, AuditObject::Person, id.as_str(), json!(patch));
        account_changed(&mut work, &person, None);
        work.commit().await?;
        Ok(person)
    }

    pub async fn list(&self, actor: &Actor) -> ServiceResult<Vec<AccountView>> {
        let scope = self.scope(actor, AuditAction::AccountList).await?;
        let mut tx = self.core.read().await?;
        let persons: HashMap<PersonId, Person> =
            tx.persons().await?.into_iter().map(|person| (person.id.clone(), person)).collect();
        let mut grants: HashMap<AccountId, Vec<RoleGrant>> = HashMap::new();
        for grant in tx.grants().await? {
            grants.entry(grant.account_id.clone()).or_default().push(grant);
        }
        let mut views = Vec::new();
        for account in tx.accounts().await? {
            let Some(person) = persons.get(&account.person_id).filter(|p| scope.covers(&p.unit_id)) else { continue };
            let held = grants.remove(&account.id).unwrap_or_default();
            views.push(view(account, person, held));
        }
        Ok(views)
    }

    pub async fn create(&self, actor: &Actor, new: NewAccount, key: Option<&str>) -> ServiceResult<AccountView> {
        let name = account_name(&new.name)?;
        check_password(&new.password, &name).map_err(|weakness| weak("password", weakness))?;
        self.core.require(actor, Right::AccountsManage, AuditAction::AccountCreate, AuditObject::Account, "").await?;
        let password_hash = hash_password(&new.password).await?;
        let mut work = self.core.begin(actor).await?;
        let Some(person) = work.tx.person(&new.person_id).await? else {
            return Err(ServiceError::invalid("person_id", "人员不存在", "no such person"));
        };
        if !self.core.may(&mut work.tx, actor, Right::AccountsManage, &person.unit_id).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::AccountCreate, AuditObject::Person, new.person_id.as_str())
                .await);
        }
        // The password is no part of what is remembered of the request.
        let once = match work.once(key, AuditAction::AccountCreate, &(&new.person_id, &name)).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        if work.tx.account_by_name(&name).await?.is_some() {
            return Err(ServiceError {
                field: Some("name"),
                ..ServiceError::conflict("name_taken", "账号名已被使用", "the account name is taken")
            });
        }
        let account = Account {
            id: AccountId(new_id(work.now)),
            person_id: person.id.clone(),
            name,
            password_hash,
            password_changed_ms: work.now,
            failures: 0,
            locked_until_ms: None,
            locked: false,
            disabled: false,
            version: 1,
        };
        work.tx.insert_account(&account).await?;
        work.audit(
            AuditAction::AccountCreate,
            AuditObject::Account,
            account.id.as_str(),
            json!({ "name": account.name }),
        );
        account_changed(&mut work, &person, Some(&account.id));
        let view = view(account, &person, Vec::new());
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Locking, disabling and a new password end the account's logins, watches and links.
    pub async fn update(&self, actor: &Actor, id: &AccountId, patch: AccountPatch) -> ServiceResult<AccountView> {
        self.core
            .require(actor, Right::AccountsManage, AuditAction::AccountUpdate, AuditObject::Account, id.as_str())
            .await?;
        let found = self.core.read().await?.account(id).await?;
        let found = found.ok_or_else(|| ServiceError::not_found("账号", "account"))?;
        let hash = match &patch.password {
            Some(password) => {
                check_password(password, &found.name).map_err(|weakness| weak("password", weakness))?;
                Some(hash_password(password).await?)
            }
            None => None,
        };
        let mut work = self.core.begin(actor).await?;
        let (mut account, person) = with_person(&mut work, id).await?;
        if !self.core.may(&mut work.tx, actor, Right::AccountsManage, &person.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::AccountUpdate, AuditObject::Account, id.as_str()).await);
        }
        let mut end = None;
        if let Some(locked) = patch.locked {
            account.locked = locked;
            if locked {
                end = Some(LoginEnd::Revoked);
            } else {
                account.succeeded();
            }
        }
        if let Some(disabled) = patch.disabled {
            account.disabled = disabled;
            end = if disabled { Some(LoginEnd::Revoked) } else { end };
        }
        if let Some(hash) = hash {
            account.password_hash = hash;
            account.password_changed_ms = work.now;
            account.succeeded();
            end = end.or(Some(LoginEnd::PasswordChanged));
        }
        unless_lost(work.tx.update_account(&account).await?)?;
        account.version += 1;
        if let Some(cause) = end {
            end_logins(&mut work, &account, cause).await?;
        }
        let detail =
            json!({ "locked": patch.locked, "disabled": patch.disabled, "password": patch.password.is_some() });
        work.audit(AuditAction::AccountUpdate, AuditObject::Account, id.as_str(), detail);
        account_changed(&mut work, &person, Some(id));
        let grants = work.tx.grants_of(id).await?;
        work.commit().await?;
        Ok(view(account, &person, grants))
    }

    /// Right `rights.manage` (or `accounts.manage`) over the account's person.
    pub async fn grants(&self, actor: &Actor, id: &AccountId) -> ServiceResult<Vec<RoleGrant>> {
        let mut tx = self.core.read().await?;
        let account = tx.account(id).await?.ok_or_else(|| ServiceError::not_found("账号", "account"))?;
        let person = tx.person(&account.person_id).await?;
        for right in EITHER {
            if let Some(person) = &person
                && self.core.may(&mut tx, actor, right, &person.unit_id).await?
            {
                return Ok(tx.grants_of(id).await?);
            }
        }
        drop(tx);
        Err(self.core.refuse(actor, AuditAction::GrantList, AuditObject::Account, id.as_str()).await)
    }

    /// Right `rights.manage`; nobody gives a role to themselves; the three administrators exclude each other.
    pub async fn give(
        &self,
        actor: &Actor,
        id: &AccountId,
        new: NewGrant,
        key: Option<&str>,
    ) -> ServiceResult<RoleGrant> {
        let mut work = self.core.begin(actor).await?;
        let (account, person) = with_person(&mut work, id).await?;
        let over_unit = self.core.may(&mut work.tx, actor, Right::RightsManage, &new.unit_id).await?;
        let over_person = self.core.may(&mut work.tx, actor, Right::RightsManage, &person.unit_id).await?;
        let own = actor.account().is_some_and(|a| a.account == account.id);
        if !over_unit || !over_person || own {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::GrantGive, AuditObject::Account, id.as_str()).await);
        }
        let once = match work.once(key, AuditAction::GrantGive, &(id, &new)).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let held = work.tx.grants_of(id).await?;
        if held.iter().any(|grant| grant.role == new.role && grant.unit_id == new.unit_id) {
            return Err(ServiceError::conflict("already_granted", "已有此授权", "the role is held already"));
        }
        let roles: Vec<_> = held.iter().map(|grant| grant.role).collect();
        check_exclusive(&roles, new.role).map_err(|clash| {
            let zh = format!("{}与{}不能由同一账号兼任", clash.held.zh(), clash.wanted.zh());
            ServiceError { field: Some("role"), ..ServiceError::conflict("roles_exclude", zh, clash.to_string()) }
        })?;
        if held.len() >= MAX_GRANTS {
            return Err(ServiceError::limit(
                "too_many_grants",
                MAX_GRANTS as i64,
                format!("一个账号最多 {MAX_GRANTS} 项授权"),
                format!("an account has at most {MAX_GRANTS} grants"),
            ));
        }
        let grant = RoleGrant {
            id: GrantId(new_id(work.now)),
            account_id: id.clone(),
            role: new.role,
            unit_id: new.unit_id,
            given_ms: work.now,
            given_by: actor.account().map(|a| a.account.clone()),
        };
        work.tx.insert_grant(&grant).await?;
        let detail = json!({ "role": grant.role, "unit_id": grant.unit_id });
        work.audit(AuditAction::GrantGive, AuditObject::Account, id.as_str(), detail);
        account_changed(&mut work, &person, Some(id));
        work.done(once, &grant).await?;
        work.commit().await?;
        Ok(grant)
    }

    /// Sessions that stand on the grant end at once, and the watch with the last right to watch.
    pub async fn withdraw(&self, actor: &Actor, id: &AccountId, grant: &GrantId) -> ServiceResult<()> {
        let mut work = self.core.begin(actor).await?;
        let (account, person) = with_person(&mut work, id).await?;
        let found = work.tx.grants_of(id).await?.into_iter().find(|held| held.id == *grant);
        let Some(found) = found else { return Err(ServiceError::not_found("授权", "grant")) };
        let over = self.core.may(&mut work.tx, actor, Right::RightsManage, &found.unit_id).await?;
        let own = actor.account().is_some_and(|a| a.account == account.id);
        if !over || own {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::GrantWithdraw, AuditObject::Account, id.as_str()).await);
        }
        if !work.tx.delete_grant(grant).await? {
            return Err(ServiceError::not_found("授权", "grant"));
        }
        // What the account may watch from now on; every session outside it ends.
        let left: Vec<UnitId> = work
            .tx
            .grants_of(id)
            .await?
            .into_iter()
            .filter(|held| held.role.rights().contains(&Right::WallWatch))
            .map(|held| held.unit_id)
            .collect();
        for mut watch in work.tx.open_watches_of(id).await? {
            if left.is_empty() {
                end_watch(&mut work, &mut watch, WatchEnd::Revoked).await?;
                continue;
            }
            for mut session in work.tx.open_sessions_of_watch(&watch.id).await? {
                let path = match &session.unit_id {
                    Some(unit) => work.tx.path_of(unit).await?,
                    None => Vec::new(),
                };
                if !path.iter().any(|unit| left.contains(unit)) {
                    change::end_quietly(&mut work, &mut session, SessionEnd::Revoked).await?;
                }
            }
        }
        let detail = json!({ "role": found.role, "unit_id": found.unit_id });
        work.audit(AuditAction::GrantWithdraw, AuditObject::Account, id.as_str(), detail);
        account_changed(&mut work, &person, Some(id));
        work.commit().await
    }

    /// What either administrator may see.
    async fn scope(&self, actor: &Actor, action: AuditAction) -> ServiceResult<Scope> {
        let held: Vec<Right> = EITHER.into_iter().filter(|right| actor.holds(*right)).collect();
        match held.first() {
            Some(right) => self.core.scope(actor, *right).await,
            None => Err(self.core.refuse(actor, action, AuditObject::Account, "").await),
        }
    }
}

fn view(account: Account, person: &Person, grants: Vec<RoleGrant>) -> AccountView {
    AccountView {
        id: account.id,
        name: account.name,
        person_id: account.person_id,
        person_name: person.name.clone(),
        unit_id: person.unit_id.clone(),
        locked: account.locked,
        locked_until_ms: account.locked_until_ms,
        disabled: account.disabled,
        password_changed_ms: account.password_changed_ms,
        grants,
    }
}

async fn with_person(work: &mut Work, id: &AccountId) -> ServiceResult<(Account, Person)> {
    let gone = || ServiceError::not_found("账号", "account");
    let account = work.tx.account(id).await?.ok_or_else(gone)?;
    let person = work.tx.person(&account.person_id).await?.ok_or_else(gone)?;
    Ok((account, person))
}

async fn end_logins(work: &mut Work, account: &Account, cause: LoginEnd) -> ServiceResult<()> {
    for login in work.tx.open_logins_of(&account.id).await? {
        end_login(work, &login, cause).await?;
    }
    Ok(())
}

fn account_changed(work: &mut Work, person: &Person, account: Option<&AccountId>) {
    let about = About { unit: Some(person.unit_id.clone()), ..About::default() };
    work.event(EventKind::AccountChanged, about, json!({ "person_id": person.id, "account_id": account }));
}

/// Lower case, so that a name is one name however it is typed.
fn account_name(name: &str) -> ServiceResult<String> {
    let name = name.trim().to_lowercase();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.chars().count() < 2 || name.chars().count() > crate::logins::NAME_MAX_CHARS || !name.chars().all(fits) {
        return Err(ServiceError::invalid(
            "name",
            "账号名用 2 个以上字母、数字、点或短横",
            "an account name is 2 or more letters, digits, dots, dashes",
        ));
    }
    Ok(name)
}

fn short(field: &'static str, text: String) -> ServiceResult<String> {
    let text = text.trim().to_owned();
    if text.chars().count() > crate::org::NAME_MAX_CHARS {
        return Err(ServiceError {
            limit: Some(crate::org::NAME_MAX_CHARS as i64),
            ..ServiceError::invalid(field, "内容过长", "the text is too long")
        });
    }
    Ok(text)
}
