//! Logins of accounts: by password in, by cookie known, over after idleness.

use crate::actor::{AccountActor, Actor};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::ports::live::LinkEnd;
use crate::ports::store::Tx;
use crate::secrets::{hash_password, hash_text, new_id, new_token, verify_password};
use crate::sessions::change;
use crate::watches::end_watch;
use crate::work::{Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject, AuditResult};
use lianxian_model::ids::{LoginId, UnitId};
use lianxian_model::people::{
    Account, IDLE_LOGOUT_MS, Lock, Login, LoginEnd, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, PasswordWeakness,
    check_password,
};
use lianxian_model::register::WatchEnd;
use lianxian_model::roles::{Right, Role};
use lianxian_model::session::SessionEnd;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest account name, in characters.
pub const NAME_MAX_CHARS: usize = 64;
/// Of a browser's description of itself, so many characters are kept.
const CLIENT_MAX_CHARS: usize = 300;
/// A login's last act is written when it is this much newer than the one on record.
const SEEN_STEP_MS: i64 = 30_000;

#[derive(Clone)]
pub struct NewLogin {
    pub account: String,
    pub password: String,
    pub ip: String,
    /// The browser's own description, cut to a bounded length.
    pub client: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RoleOver {
    pub role: Role,
    pub unit_id: UnitId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    pub person: Named,
    pub account: Named,
    pub unit: Named,
    pub roles: Vec<RoleOver>,
    pub rights: Vec<Right>,
    /// The login ends after this long without an act.
    pub idle_logout_ms: i64,
}

#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The cookie's value. Only its hash is stored.
    pub token: String,
    pub me: Me,
    pub actor: Actor,
}

#[derive(Clone)]
pub struct Logins {
    pub(crate) core: Core,
}

impl Logins {
    /// Errors: `login_refused` for an unknown name or a wrong password alike; `account_locked` with the time (ms) as value.
    pub async fn login(&self, new: NewLogin) -> ServiceResult<LoggedIn> {
        let name = new.account.trim().to_lowercase();
        if name.chars().count() > NAME_MAX_CHARS || new.password.chars().count() > PASSWORD_MAX_CHARS {
            return Err(refused());
        }
        let found = self.core.read().await?.account_by_name(&name).await?;
        // The slow part, outside any transaction. An unknown name takes as long as a known one.
        let hash = found.as_ref().map(|account| account.password_hash.as_str());
        let right = verify_password(&new.password, hash).await?;
        let Some(found) = found else {
            let mut work = self.core.begin(&Actor::System).await?;
            let detail = json!({ "name": name, "ip": new.ip });
            work.audit_as(
                AuditResult::Refused,
                AuditAction::LoginOpen,
                AuditObject::Account,
                String::new(),
                "unknown".into(),
                detail,
            );
            work.commit().await?;
            return Err(refused());
        };
        let mut work = self.core.begin(&Actor::System).await?;
        let gone = || ServiceError::internal("the account vanished");
        let mut account = work.tx.account(&found.id).await?.ok_or_else(gone)?;
        let actor = actor_of(&mut work.tx, &account, LoginId(new_id(work.now)), &new.ip).await?;
        work.act_as(&actor);
        if let Some(lock) = account.lock(work.now) {
            work.audit_refused(AuditAction::LoginOpen, AuditObject::Account, account.id.as_str(), "locked");
            work.commit().await?;
            return Err(locked(lock));
        }
        // A password that was changed while this one was being verified is the one that counts.
        if !right || account.password_hash != found.password_hash {
            let locks = account.failed(work.now);
            let lock = account.lock(work.now);
            unless_lost(work.tx.update_account(&account).await?)?;
            let reason = if locks { "wrong password, account locked" } else { "wrong password" };
            work.audit_refused(AuditAction::LoginOpen, AuditObject::Account, account.id.as_str(), reason);
            work.commit().await?;
            return Err(lock.map_or_else(refused, locked));
        }
        if account.disabled {
            work.audit_refused(AuditAction::LoginOpen, AuditObject::Account, account.id.as_str(), "disabled");
            work.commit().await?;
            return Err(refused());
        }
        if account.failures != 0 || account.locked_until_ms.is_some() {
            account.succeeded();
            unless_lost(work.tx.update_account(&account).await?)?;
        }
        let Actor::Account(who) = &actor else { return Err(gone()) };
        let token = new_token();
        let login = Login {
            id: who.login.clone(),
            account_id: account.id.clone(),
            opened_ms: work.now,
            last_seen_ms: work.now,
            ip: new.ip,
            client: new.client.chars().take(CLIENT_MAX_CHARS).collect(),
            ended_ms: None,
            end_cause: None,
        };
        work.tx.insert_login(&login, &hash_text(&token)).await?;
        work.audit(AuditAction::LoginOpen, AuditObject::Login, login.id.as_str(), json!({ "client": login.client }));
        let me = me_of(who);
        work.commit().await?;
        Ok(LoggedIn { token, me, actor })
    }

    /// Whose cookie it is. `act`: a person did something (it puts off the idle logout); false for what runs by itself (the event stream).
    /// Errors: `login_over`.
    pub async fn authenticate(&self, token: &str, ip: &str, act: bool) -> ServiceResult<Actor> {
        let mut tx = self.core.read().await?;
        let now = self.core.now();
        let login = tx.login_by_token(&hash_text(token)).await?.ok_or_else(login_over)?;
        if login.over(now).is_some() {
            return Err(login_over());
        }
        let account = tx.account(&login.account_id).await?.ok_or_else(login_over)?;
        if account.disabled || account.locked {
            return Err(login_over());
        }
        let actor = actor_of(&mut tx, &account, login.id.clone(), ip).await?;
        drop(tx);
        if act && now.0 - login.last_seen_ms.0 >= SEEN_STEP_MS {
            let mut work = self.core.begin(&actor).await?;
            work.tx.touch_login(&login.id, now).await?;
            work.commit().await?;
        }
        Ok(actor)
    }

    /// Ends the login, and the watches and links that it opened.
    pub async fn logout(&self, actor: &Actor) -> ServiceResult<()> {
        let account = actor.account().ok_or_else(login_over)?;
        let mut work = self.core.begin(actor).await?;
        let login = work.tx.login(&account.login).await?.ok_or_else(login_over)?;
        if end_login(&mut work, &login, LoginEnd::LoggedOut).await? {
            work.audit(
                AuditAction::LoginEnd,
                AuditObject::Login,
                login.id.as_str(),
                json!({ "cause": LoginEnd::LoggedOut }),
            );
        }
        work.commit().await
    }

    pub async fn me(&self, actor: &Actor) -> ServiceResult<Me> {
        actor.account().map(me_of).ok_or_else(login_over)
    }

    /// Ends the account's other logins. A wrong old password counts towards the lock.
    pub async fn change_password(&self, actor: &Actor, old: &str, new: &str) -> ServiceResult<()> {
        let who = actor.account().ok_or_else(login_over)?;
        let found = self.core.read().await?.account(&who.account).await?.ok_or_else(login_over)?;
        if let Some(lock) = found.lock(self.core.now()) {
            return Err(locked(lock));
        }
        check_password(new, &found.name).map_err(|weakness| weak("new", weakness))?;
        if new == old {
            return Err(ServiceError::invalid("new", "新密码不能与旧密码相同", "the new password is the old one"));
        }
        let right = verify_password(old, Some(&found.password_hash)).await?;
        let hash = if right { hash_password(new).await? } else { String::new() };
        let mut work = self.core.begin(actor).await?;
        let mut account = work.tx.account(&who.account).await?.ok_or_else(login_over)?;
        if !right {
            account.failed(work.now);
            unless_lost(work.tx.update_account(&account).await?)?;
            work.audit_refused(
                AuditAction::AccountChangePassword,
                AuditObject::Account,
                account.id.as_str(),
                "wrong password",
            );
            work.commit().await?;
            return Err(ServiceError::invalid("old", "旧密码不正确", "the old password is wrong"));
        }
        account.version = found.version;
        account.password_hash = hash;
        account.password_changed_ms = work.now;
        account.succeeded();
        unless_lost(work.tx.update_account(&account).await?)?;
        for login in work.tx.open_logins_of(&account.id).await? {
            if login.id != who.login {
                end_login(&mut work, &login, LoginEnd::PasswordChanged).await?;
            }
        }
        work.audit(AuditAction::AccountChangePassword, AuditObject::Account, account.id.as_str(), json!({}));
        work.commit().await
    }
}

fn refused() -> ServiceError {
    ServiceError::unauthenticated("login_refused", "账号或密码错误", "wrong account or password")
}

fn locked(lock: Lock) -> ServiceError {
    match lock {
        Lock::Until(until) => ServiceError::unauthenticated(
            "account_locked",
            "密码错误次数过多，账号已锁定，请稍后再试",
            "too many wrong passwords: the account is locked for a while",
        )
        .with_value(until.0),
        Lock::ByAdministrator => {
            ServiceError::unauthenticated("account_locked", "账号已被管理员锁定", "an administrator locked the account")
        }
    }
}

pub(crate) fn login_over() -> ServiceError {
    ServiceError::unauthenticated("login_over", "登录已失效，请重新登录", "the login is over, log in again")
}

pub(crate) fn weak(field: &'static str, weakness: PasswordWeakness) -> ServiceError {
    let zh = match weakness {
        PasswordWeakness::TooShort => format!("密码至少 {PASSWORD_MIN_CHARS} 位"),
        PasswordWeakness::TooLong => format!("密码最多 {PASSWORD_MAX_CHARS} 位"),
        PasswordWeakness::TooPlain => "密码须同时含大写字母、小写字母、数字和其他字符".into(),
        PasswordWeakness::ContainsName => "密码不能包含账号名".into(),
    };
    ServiceError::invalid(field, zh, weakness.to_string())
}

fn me_of(who: &AccountActor) -> Me {
    let roles = who.grants.iter().map(|g| RoleOver { role: g.role, unit_id: g.unit_id.clone() }).collect();
    Me {
        person: Named::new(who.person.0.clone(), who.person_name.clone()),
        account: Named::new(who.account.0.clone(), who.account_name.clone()),
        unit: Named::new(who.unit.0.clone(), who.unit_name.clone()),
        roles,
        rights: Actor::Account(Box::new(who.clone())).rights(),
        idle_logout_ms: IDLE_LOGOUT_MS,
    }
}

/// The account as it is now, acting through this login.
pub(crate) async fn actor_of(
    tx: &mut Box<dyn Tx>,
    account: &Account,
    login: LoginId,
    ip: &str,
) -> ServiceResult<Actor> {
    let person = tx.person(&account.person_id).await?;
    let person = person.ok_or_else(|| ServiceError::internal("an account without its person"))?;
    let unit = tx.unit(&person.unit_id).await?.map(|unit| unit.name).unwrap_or_default();
    Ok(Actor::Account(Box::new(AccountActor {
        login,
        account: account.id.clone(),
        account_name: account.name.clone(),
        person: person.id,
        person_name: person.name,
        unit: person.unit_id,
        unit_name: unit,
        grants: tx.grants_of(&account.id).await?,
        ip: ip.to_owned(),
    })))
}

/// Ends a login with everything that lives on it: its consoles' sessions and links, and the account's watches if no
/// other login is left. False: it was over already.
pub(crate) async fn end_login(work: &mut Work, login: &Login, cause: LoginEnd) -> ServiceResult<bool> {
    let at = work.now.max(login.opened_ms);
    if !work.tx.end_login(&login.id, at, cause).await? {
        return Ok(false);
    }
    let (session_end, watch_end, link_end) = match cause {
        LoginEnd::Revoked => (SessionEnd::Revoked, WatchEnd::Revoked, LinkEnd::Revoked),
        _ => (SessionEnd::LoggedOut, WatchEnd::LoggedOut, LinkEnd::LoggedOut),
    };
    for console in work.tx.consoles_of(&login.id).await? {
        change::end_of_observer(work, &console.id, session_end).await?;
        work.end_link(&console.id, link_end);
    }
    if work.tx.open_logins_of(&login.account_id).await?.is_empty() {
        for mut watch in work.tx.open_watches_of(&login.account_id).await? {
            end_watch(work, &mut watch, watch_end).await?;
        }
    }
    Ok(true)
}
