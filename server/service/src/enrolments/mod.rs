//! Devices: a short-lived code read out once, a token kept for years; and the console endpoints that live with a login.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use lianxian_model::ids::EndpointId;
use lianxian_model::org::{Endpoint, Site, Unit};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

/// How long an enrolment code can be used.
pub const CODE_LIFE_MS: i64 = 10 * 60 * 1000;
/// Wrong codes from one address within [`CODE_LIFE_MS`] before it must wait.
pub const MAX_WRONG_CODES: i64 = 10;
/// Wrong codes from everywhere within [`CODE_LIFE_MS`] that revoke all codes that are out.
pub const MAX_WRONG_CODES_IN_ALL: i64 = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentCode {
    /// Eight digits, shown as `1234-5678`.
    pub code: String,
    pub expires_ms: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Told once; only its hash is stored.
    pub device_token: String,
    pub endpoint: Endpoint,
    pub site: Site,
    pub unit: Unit,
}

/// Whom a link token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkIdentity {
    pub endpoint: EndpointId,
    /// Shown name: the site's, or the person's.
    pub name: String,
}

#[derive(Clone)]
pub struct Enrolments {
    pub(crate) core: Core,
}

impl Enrolments {
    /// Right `org.manage`. An earlier code of the endpoint is worthless from now on.
    pub async fn issue(&self, _actor: &Actor, _endpoint: &EndpointId) -> ServiceResult<EnrolmentCode> {
        crate::pending!()
    }

    /// Single use. Replaces the endpoint's former token. Errors: `code_refused`, `too_many_attempts`.
    pub async fn enrol(&self, _code: &str, _ip: &str) -> ServiceResult<Enrolled> {
        crate::pending!()
    }

    /// Whose device token it is. Errors: `device_unknown`, `device_disabled`.
    pub async fn authenticate(&self, _token: &str, _ip: &str) -> ServiceResult<Actor> {
        crate::pending!()
    }

    /// The endpoint that the actor's link stands for: a device's own, or the console of this login and tab (made on first use).
    pub async fn link_identity(&self, _actor: &Actor, _tab: Option<&str>) -> ServiceResult<LinkIdentity> {
        crate::pending!()
    }
}
