//! Persons and their accounts: who someone is, and how they come in.

use crate::ids::{AccountId, LoginId, PersonId, UnitId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Wrong passwords in a row that lock an account.
pub const LOCK_AFTER_FAILURES: i64 = 5;
/// How long a lock of wrong passwords holds.
pub const LOCK_MS: i64 = 30 * 60 * 1000;
/// A login without any act for this long is over.
pub const IDLE_LOGOUT_MS: i64 = 30 * 60 * 1000;
/// A login is over after this, acts or not.
pub const LOGIN_LIFE_MS: i64 = 16 * 60 * 60 * 1000;
/// Passwords: fewest characters.
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Passwords: most characters; bounds the work of hashing.
pub const PASSWORD_MAX_CHARS: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub unit_id: UnitId,
    pub post: String,
    pub phone: String,
    pub disabled: bool,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub person_id: PersonId,
    /// The name that one logs in with; unique, lower case.
    pub name: String,
    #[serde(skip)]
    pub password_hash: String,
    pub password_changed_ms: Millis,
    pub failures: i64,
    /// A lock that ends by itself (wrong passwords).
    pub locked_until_ms: Option<Millis>,
    /// A lock that an administrator set and must lift.
    pub locked: bool,
    pub disabled: bool,
    pub version: i64,
}

impl Account {
    /// Until when a login is refused; `None`: it may be tried.
    pub fn lock(&self, now: Millis) -> Option<Lock> {
        if self.locked {
            return Some(Lock::ByAdministrator);
        }
        self.locked_until_ms.filter(|until| *until > now).map(Lock::Until)
    }

    /// A wrong password. True when this one locked the account.
    pub fn failed(&mut self, now: Millis) -> bool {
        if self.locked_until_ms.is_some_and(|until| until <= now) {
            // The old lock is served: counting starts anew.
            self.locked_until_ms = None;
            self.failures = 0;
        }
        self.failures += 1;
        if self.failures < LOCK_AFTER_FAILURES {
            return false;
        }
        self.locked_until_ms = Some(Millis(now.0 + LOCK_MS));
        true
    }

    /// The right password.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.locked_until_ms = None;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    Until(Millis),
    ByAdministrator,
}

/// What a password lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordWeakness {
    #[error("a password has at least {PASSWORD_MIN_CHARS} characters")]
    TooShort,
    #[error("a password has at most {PASSWORD_MAX_CHARS} characters")]
    TooLong,
    #[error("a password has an upper-case letter, a lower-case letter, a digit and another character")]
    TooPlain,
    #[error("a password does not contain the account's name")]
    ContainsName,
}

/// GB/T 22239: length and four classes of characters.
pub fn check_password(password: &str, account_name: &str) -> Result<(), PasswordWeakness> {
    let count = password.chars().count();
    if count < PASSWORD_MIN_CHARS {
        return Err(PasswordWeakness::TooShort);
    }
    if count > PASSWORD_MAX_CHARS {
        return Err(PasswordWeakness::TooLong);
    }
    let has = |class: fn(char) -> bool| password.chars().any(class);
    let other = |c: char| !c.is_ascii_alphanumeric() && !c.is_control();
    if !(has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_digit())
        && has(other))
    {
        return Err(PasswordWeakness::TooPlain);
    }
    if account_name.chars().count() >= 4 && password.to_lowercase().contains(&account_name.to_lowercase()) {
        return Err(PasswordWeakness::ContainsName);
    }
    Ok(())
}

/// A login of an account: opened by the password, ended by its owner, by idleness, by age or by an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub id: LoginId,
    pub account_id: AccountId,
    pub opened_ms: Millis,
    pub last_seen_ms: Millis,
    pub ip: String,
    pub client: String,
    pub ended_ms: Option<Millis>,
    pub end_cause: Option<LoginEnd>,
}

crate::words! {
    LoginEnd {
        LoggedOut = "logged_out", "退出登录", "logged out";
        Idle = "idle", "长时间未操作", "idle";
        Expired = "expired", "登录到期", "expired";
        Revoked = "revoked", "被管理员终止", "revoked";
        PasswordChanged = "password_changed", "密码已修改", "password changed";
    }
}

impl Login {
    /// Why it is over at `now`, if it is.
    pub fn over(&self, now: Millis) -> Option<LoginEnd> {
        if let Some(cause) = self.end_cause {
            return Some(cause);
        }
        if now.0 - self.last_seen_ms.0 >= IDLE_LOGOUT_MS {
            return Some(LoginEnd::Idle);
        }
        (now.0 - self.opened_ms.0 >= LOGIN_LIFE_MS).then_some(LoginEnd::Expired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_need_length_and_four_classes() {
        assert_eq!(check_password("Ab1!xyz", "liming"), Err(PasswordWeakness::TooShort));
        assert_eq!(check_password("abcdefg1!", "liming"), Err(PasswordWeakness::TooPlain));
        assert_eq!(check_password("Liming2026!", "liming"), Err(PasswordWeakness::ContainsName));
        assert_eq!(check_password(&"Aa1!".repeat(40), "liming"), Err(PasswordWeakness::TooLong));
        assert_eq!(check_password("东丽Abc123", "liming"), Ok(()));
        assert_eq!(check_password("Dongli-2026", "liming"), Ok(()));
    }

    #[test]
    fn five_failures_lock_and_a_served_lock_counts_anew() {
        let mut account = Account {
            id: "a".into(),
            person_id: "p".into(),
            name: "x".into(),
            password_hash: String::new(),
            password_changed_ms: Millis(0),
            failures: 0,
            locked_until_ms: None,
            locked: false,
            disabled: false,
            version: 1,
        };
        let at = Millis(1000);
        assert_eq!([(); 5].map(|()| account.failed(at)), [false, false, false, false, true]);
        assert_eq!(account.lock(at), Some(Lock::Until(Millis(1000 + LOCK_MS))));
        let later = Millis(1000 + LOCK_MS);
        assert_eq!(account.lock(later), None);
        assert!(!account.failed(later));
        assert_eq!(account.failures, 1);
        assert_eq!(account.lock(later), None);
    }
}
