//! Logging in and out, and one's own password.

use super::{Answer, done, ok};
use crate::attempts::too_many;
use crate::auth::{AsAccount, LOGIN, NotForeign, clear_cookie, set_cookie};
use crate::limits;
use crate::problem::Problem;
use crate::read::Body;
use crate::state::{App, Peer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lianxian_model::people::LOGIN_LIFE_MS;
use lianxian_service::logins::{Me, NewLogin};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(log_in)).routes(routes!(read_login, log_out)).routes(routes!(change_password))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Credentials {
    account: String,
    password: String,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct PasswordChange {
    old: String,
    new: String,
}

type WithCookie<T> = Result<([(HeaderName, HeaderValue); 1], T), Problem>;

/// Sets the cookie `lianxian_login`. Codes: `login_refused`, `account_locked` (value: until when, ms).
#[utoipa::path(post, path = "/logins", tag = "logins", request_body = Credentials,
    responses((status = 200, body = Me)))]
async fn log_in(
    State(app): State<App>,
    peer: Peer,
    _: NotForeign,
    headers: HeaderMap,
    Body(said): Body<Credentials>,
) -> WithCookie<Json<Me>> {
    app.attempts.take(peer.ip, app.clock.now())?;
    let _turn = password_turn(&app).await?;
    let client = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let new =
        NewLogin { account: said.account, password: said.password, ip: peer.ip.to_string(), client: client.to_owned() };
    let opened = app.service.logins.login(new).await?;
    let life = Duration::from_millis(LOGIN_LIFE_MS.unsigned_abs());
    Ok(([(header::SET_COOKIE, set_cookie(LOGIN, &opened.token, life, app.secure))], Json(opened.me)))
}

#[utoipa::path(get, path = "/logins/current", tag = "logins", responses((status = 200, body = Me)))]
async fn read_login(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Me> {
    ok(app.service.logins.me(&actor).await)
}

/// Ends the login, and the watches and links that it opened.
#[utoipa::path(delete, path = "/logins/current", tag = "logins", responses((status = 204)))]
async fn log_out(State(app): State<App>, AsAccount(actor): AsAccount) -> WithCookie<StatusCode> {
    app.service.logins.logout(&actor).await?;
    app.logins_changed.send_replace(());
    Ok(([(header::SET_COOKIE, clear_cookie(LOGIN, app.secure))], StatusCode::NO_CONTENT))
}

/// Ends the account's other logins. A wrong old password counts towards the lock.
#[utoipa::path(post, path = "/logins/current/password", tag = "logins", request_body = PasswordChange,
    responses((status = 204)))]
async fn change_password(
    State(app): State<App>,
    peer: Peer,
    AsAccount(actor): AsAccount,
    Body(change): Body<PasswordChange>,
) -> Result<StatusCode, Problem> {
    app.attempts.take(peer.ip, app.clock.now())?;
    let _turn = password_turn(&app).await?;
    let changed = app.service.logins.change_password(&actor, &change.old, &change.new).await;
    app.logins_changed.send_replace(());
    done(changed)
}

/// Checking a password costs memory and time: only so many at once.
async fn password_turn(app: &App) -> Result<SemaphorePermit<'_>, Problem> {
    match tokio::time::timeout(limits::PASSWORD_TURN, app.password_checks.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(too_many()),
    }
}
