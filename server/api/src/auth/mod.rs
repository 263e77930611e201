//! Who asks: an account by its login's cookie, a device by its own cookie or its token, a guest by its visit's cookie. And whether a browser was led
//! to ask by somebody else's page.

mod cookie;
mod origin;

pub(crate) use cookie::{DEVICE, GUEST, LOGIN, clear_cookie, set_cookie};
pub(crate) use origin::NotForeign;

use crate::problem::Problem;
use crate::state::{App, Peer};
use axum::extract::FromRequestParts;
use axum::http::{header, request};
use lianxian_service::error::ErrorKind;
use lianxian_service::{Actor, ServiceError};
use std::net::{IpAddr, Ipv4Addr};

/// A request that runs by itself says so in this header: it does not put off the idle logout.
const BACKGROUND: &str = "x-background";

/// An account, through its login.
pub(crate) struct AsAccount(pub(crate) Actor);

impl FromRequestParts<App> for AsAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, app: &App) -> Result<Self, Problem> {
        let act = !parts.headers.contains_key(BACKGROUND);
        account(parts, app, act).await.map(Self)
    }
}

/// An account, in a request that runs by itself (event streams, link tokens).
pub(crate) struct AsAccountQuietly(pub(crate) Actor);

impl FromRequestParts<App> for AsAccountQuietly {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, app: &App) -> Result<Self, Problem> {
        account(parts, app, false).await.map(Self)
    }
}

async fn account(parts: &request::Parts, app: &App, act: bool) -> Result<Actor, Problem> {
    let Some(token) = cookie::value(&parts.headers, LOGIN) else {
        return Err(ServiceError::unauthenticated("not_logged_in", "请先登录", "log in first").into());
    };
    origin::check(parts)?;
    let ip = ip_of(parts);
    Ok(app.service.logins.authenticate(token, &ip, act).await?)
}

/// A device.
pub(crate) struct AsDevice {
    pub(crate) actor: Actor,
    /// The token, if it came as a cookie (which is then worth renewing).
    pub(crate) cookie: Option<String>,
}

impl FromRequestParts<App> for AsDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, app: &App) -> Result<Self, Problem> {
        let ip = ip_of(parts);
        if let Some(token) = bearer(&parts.headers) {
            return Ok(Self { actor: app.service.enrolments.authenticate(token, &ip).await?, cookie: None });
        }
        let Some(token) = cookie::value(&parts.headers, DEVICE) else {
            let en = "this page is for enrolled devices";
            return Err(ServiceError::unauthenticated("device_unknown", "请先登记本终端", en).into());
        };
        origin::check(parts)?;
        let actor = app.service.enrolments.authenticate(token, &ip).await?;
        Ok(Self { actor, cookie: Some(token.to_owned()) })
    }
}

/// A device that somebody is at: what a camera's token may not do.
pub(crate) struct AsStation {
    pub(crate) actor: Actor,
}

impl FromRequestParts<App> for AsStation {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, app: &App) -> Result<Self, Problem> {
        let AsDevice { actor, .. } = AsDevice::from_request_parts(parts, app).await?;
        if actor.device().is_some_and(|device| device.kind.is_staffed()) {
            return Ok(Self { actor });
        }
        let en = "nobody is at this device: a workstation asks for help and answers";
        let zh = "该终端无人值守，求助和办理请在工作站进行";
        Err(ServiceError::new(ErrorKind::Forbidden, "not_staffed", zh, en).into())
    }
}

/// A citizen who opened a link in this browser.
pub(crate) struct AsGuest(pub(crate) Actor);

impl FromRequestParts<App> for AsGuest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, app: &App) -> Result<Self, Problem> {
        let secret = cookie::value(&parts.headers, GUEST).unwrap_or_default();
        if !secret.is_empty() {
            origin::check(parts)?;
        }
        if !parts.method.is_safe() {
            let ip = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip);
            app.attempts.take(ip, app.clock.now())?;
        }
        let ip = ip_of(parts);
        Ok(Self(app.service.guests.authenticate(secret, &ip).await?))
    }
}

/// The visit's secret, if the browser has one.
pub(crate) fn guest_secret(headers: &header::HeaderMap) -> Option<&str> {
    cookie::value(headers, GUEST)
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &header::HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn ip_of(parts: &request::Parts) -> String {
    parts.extensions.get::<Peer>().map(|peer| peer.ip.to_string()).unwrap_or_default()
}
