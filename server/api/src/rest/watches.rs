//! Watches: a purpose stated once, and the sites picked under it. And who is on the net.

use super::{Answer, Created, created, ok};
use crate::auth::AsAccount;
use crate::problem::{Problem, ProblemBody};
use crate::read::{Body, Once};
use crate::state::App;
use axum::Json;
use axum::extract::{Path, State};
use lianxian_model::ids::{SiteId, WatchId};
use lianxian_model::register::Watch;
use lianxian_service::presence::PresenceView;
use lianxian_service::sessions::SessionView;
use lianxian_service::watches::PickedSites;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_presence))
        .routes(routes!(list_purposes))
        .routes(routes!(read_watch))
        .routes(routes!(open_watch))
        .routes(routes!(end_watch))
        .routes(routes!(open_sites))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct NewWatch {
    purpose: String,
}

/// What became of one picked site: a session, or why there is none.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenedSite {
    site_id: SiteId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session: Option<SessionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<ProblemBody>,
}

/// Each endpoint that shows a site in scope: on the net or not, on air or not, why, since when.
#[utoipa::path(get, path = "/presence", tag = "watches", responses((status = 200, body = Vec<PresenceView>)))]
async fn list_presence(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<PresenceView>> {
    ok(app.service.presence.list(&actor).await)
}

/// The account's recent purposes, latest first.
#[utoipa::path(get, path = "/watches/purposes", tag = "watches", responses((status = 200, body = Vec<String>)))]
async fn list_purposes(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<String>> {
    ok(app.service.watches.purposes(&actor).await)
}

/// The account's open watch, or null.
#[utoipa::path(get, path = "/watches/current", tag = "watches", responses((status = 200, body = Option<Watch>)))]
async fn read_watch(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Option<Watch>> {
    ok(app.service.watches.current(&actor).await)
}

/// An open watch with another purpose ends first; with the same purpose it is returned.
#[utoipa::path(post, path = "/watches", tag = "watches", request_body = NewWatch,
    responses((status = 201, body = Watch)))]
async fn open_watch(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewWatch>,
) -> Created<Watch> {
    created(app.service.watches.open(&actor, &new.purpose, once.key()).await)
}

/// Ends the watch and its sessions.
#[utoipa::path(post, path = "/watches/{id}/end", tag = "watches", params(("id" = WatchId, Path)),
    responses((status = 200, body = Watch)))]
async fn end_watch(State(app): State<App>, AsAccount(actor): AsAccount, Path(id): Path<WatchId>) -> Answer<Watch> {
    ok(app.service.watches.end(&actor, &id).await)
}

/// Opens a patrol session for each site; a site that is open under this console already is returned as it is. While media
/// is at its limit no new one is opened (`media_full`): 503 when that is so for all that were asked for.
#[utoipa::path(post, path = "/watches/{id}/sites", tag = "watches", params(("id" = WatchId, Path)),
    request_body = PickedSites, responses((status = 200, body = Vec<OpenedSite>), (status = 503, body = ProblemBody)))]
async fn open_sites(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<WatchId>,
    Body(picked): Body<PickedSites>,
) -> Answer<Vec<OpenedSite>> {
    let opened = app.service.watches.open_sites(&actor, &id, picked).await?;
    let told = opened.into_iter().map(|opened| match opened.session {
        Ok(session) => OpenedSite { site_id: opened.site_id, session: Some(session), error: None },
        Err(error) => OpenedSite { site_id: opened.site_id, session: None, error: Some(Problem::from(error).body()) },
    });
    Ok(Json(told.collect()))
}
