//! Assistances: the centre calls a site, people are asked, come in and leave; the site answers and hangs up.

use super::{Answer, Created, created, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsStation};
use crate::read::{Body, Once};
use crate::state::App;
use axum::extract::{Path, State};
use lianxian_model::ids::{AccountId, SessionId};
use lianxian_model::session::Mode;
use lianxian_service::assists::{AssistView, Candidate, Joining, NewAssist, NewParty};
use lianxian_service::sessions::SessionView;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(call_site))
        .routes(routes!(list_invitations))
        .routes(routes!(read_assist))
        .routes(routes!(list_candidates))
        .routes(routes!(ask_party))
        .routes(routes!(join_assist))
        .routes(routes!(remove_party))
        .routes(routes!(set_mode))
        .routes(routes!(answer_call))
        .routes(routes!(wear_earphones))
        .routes(routes!(hang_up))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct PartyMode {
    /// `join` or `whisper`.
    mode: Mode,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Earphones {
    worn: bool,
}

/// The centre calls the site's workstation; nothing flows before the site answers. Right `requests.answer` over the site.
/// Codes: `no_such_station`, `station_offline`, `station_busy`, `console_busy`.
#[utoipa::path(post, path = "/sessions/assists", tag = "assists", request_body = NewAssist,
    responses((status = 201, body = AssistView)))]
async fn call_site(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewAssist>,
) -> Created<AssistView> {
    created(app.service.assists.call(&actor, new, once.key()).await)
}

/// The open assistances to which the account was asked and has not come.
#[utoipa::path(get, path = "/sessions/invitations", tag = "assists", responses((status = 200, body = Vec<AssistView>)))]
async fn list_invitations(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
) -> Answer<Vec<AssistView>> {
    ok(app.service.assists.invitations(&actor).await)
}

/// An assistance as it stands: its station, who attends, who was asked and has not come.
#[utoipa::path(get, path = "/sessions/{id}/assist", tag = "assists", params(("id" = SessionId, Path)),
    responses((status = 200, body = AssistView)))]
async fn read_assist(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path(id): Path<SessionId>,
) -> Answer<AssistView> {
    ok(app.service.assists.view(&actor, &id).await)
}

/// Who could be added: logged in now, and with right `requests.answer` over the unit.
#[utoipa::path(get, path = "/sessions/{id}/candidates", tag = "assists", params(("id" = SessionId, Path)),
    responses((status = 200, body = Vec<Candidate>)))]
async fn list_candidates(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
) -> Answer<Vec<Candidate>> {
    ok(app.service.assists.candidates(&actor, &id).await)
}

/// Asks someone to come in. Codes: `already_attends`, `may_not_answer`, `session_not_open`.
#[utoipa::path(post, path = "/sessions/{id}/parties", tag = "assists", params(("id" = SessionId, Path)),
    request_body = NewParty, responses((status = 201, body = AssistView)))]
async fn ask_party(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Body(new): Body<NewParty>,
) -> Created<AssistView> {
    created(app.service.assists.invite(&actor, &id, new).await)
}

/// Comes in: whoever was asked, whoever leads it, or right `requests.manage`. Codes: `console_busy`, `console_offline`,
/// `already_attends`, `parties_full`, `session_not_open`.
#[utoipa::path(post, path = "/sessions/{id}/join", tag = "assists", params(("id" = SessionId, Path)),
    request_body = Joining, responses((status = 200, body = AssistView)))]
async fn join_assist(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Body(joining): Body<Joining>,
) -> Answer<AssistView> {
    ok(app.service.assists.join(&actor, &id, joining).await)
}

/// Takes someone out, or leaves. Codes: `does_not_attend`, `leader_stays`.
#[utoipa::path(delete, path = "/sessions/{id}/parties/{account}", tag = "assists",
    params(("id" = SessionId, Path), ("account" = AccountId, Path)), responses((status = 200, body = AssistView)))]
async fn remove_party(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path((id, account)): Path<(SessionId, AccountId)>,
) -> Answer<AssistView> {
    ok(app.service.assists.remove(&actor, &id, &account).await)
}

/// Speaks to everyone, or whispers: to the staff alone, never to the station.
#[utoipa::path(post, path = "/sessions/{id}/mode", tag = "assists", params(("id" = SessionId, Path)),
    request_body = PartyMode, responses((status = 200, body = AssistView)))]
async fn set_mode(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Body(PartyMode { mode }): Body<PartyMode>,
) -> Answer<AssistView> {
    ok(app.service.assists.set_mode(&actor, &id, mode).await)
}

/// The site takes the centre's call.
#[utoipa::path(post, path = "/station/assists/{id}/answer", tag = "station", params(("id" = SessionId, Path)),
    responses((status = 200, body = AssistView)))]
async fn answer_call(State(app): State<App>, device: AsStation, Path(id): Path<SessionId>) -> Answer<AssistView> {
    ok(app.service.assists.answer(&device.actor, &id).await)
}

/// Whoever is at the workstation puts earphones on, or takes them off: whispers reach the workstation only while they are worn.
#[utoipa::path(put, path = "/station/assists/{id}/earphones", tag = "station", params(("id" = SessionId, Path)),
    request_body = Earphones, responses((status = 200, body = AssistView)))]
async fn wear_earphones(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<SessionId>,
    Body(Earphones { worn }): Body<Earphones>,
) -> Answer<AssistView> {
    ok(app.service.assists.wear_earphones(&device.actor, &id, worn).await)
}

/// The site ends the assistance, or does not take the call.
#[utoipa::path(post, path = "/station/assists/{id}/end", tag = "station", params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionView)))]
async fn hang_up(State(app): State<App>, device: AsStation, Path(id): Path<SessionId>) -> Answer<SessionView> {
    ok(app.service.assists.hang_up(&device.actor, &id).await)
}
