//! Logins of accounts: by password in, by cookie known, over after idleness.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::org::Named;
use lianxian_model::ids::UnitId;
use lianxian_model::roles::{Right, Role};
use serde::{Deserialize, Serialize};

#[derive(Clone)]
pub struct NewLogin {
    pub account: String,
    pub password: String,
    pub ip: String,
    /// The browser's own description, cut to a bounded length.
    pub client: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleOver {
    pub role: Role,
    pub unit_id: UnitId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub async fn login(&self, _new: NewLogin) -> ServiceResult<LoggedIn> {
        crate::pending!()
    }

    /// Whose cookie it is. `act`: a person did something (it puts off the idle logout); false for what runs by itself (the event stream).
    /// Errors: `login_over`.
    pub async fn authenticate(&self, _token: &str, _ip: &str, _act: bool) -> ServiceResult<Actor> {
        crate::pending!()
    }

    /// Ends the login, and the watches and links that it opened.
    pub async fn logout(&self, _actor: &Actor) -> ServiceResult<()> {
        crate::pending!()
    }

    pub async fn me(&self, _actor: &Actor) -> ServiceResult<Me> {
        crate::pending!()
    }

    /// Ends the account's other logins.
    pub async fn change_password(&self, _actor: &Actor, _old: &str, _new: &str) -> ServiceResult<()> {
        crate::pending!()
    }
}
