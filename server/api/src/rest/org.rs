//! The org tree: units, sites, endpoints, and the codes with which devices are enrolled.

use super::{Answer, Created, created, ok};
use crate::auth::AsAccount;
use crate::read::{Body, Once};
use crate::state::App;
use axum::extract::{Path, State};
use lianxian_model::ids::{EndpointId, SiteId, UnitId};
use lianxian_model::org::{Endpoint, Site, Unit};
use lianxian_service::encoders::DeviceToken;
use lianxian_service::enrolments::EnrolmentCode;
use lianxian_service::org::{EndpointPatch, NewEndpoint, NewSite, NewUnit, OrgTree, SitePatch, UnitPatch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_org))
        .routes(routes!(create_unit))
        .routes(routes!(update_unit))
        .routes(routes!(create_site))
        .routes(routes!(update_site))
        .routes(routes!(create_endpoint))
        .routes(routes!(update_endpoint))
        .routes(routes!(issue_enrolment))
        .routes(routes!(issue_device_token))
}

/// The part of the tree that the account may see, with the units above it.
#[utoipa::path(get, path = "/org", tag = "org", responses((status = 200, body = OrgTree)))]
async fn read_org(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<OrgTree> {
    ok(app.service.org.tree(&actor).await)
}

#[utoipa::path(post, path = "/org/units", tag = "org", request_body = NewUnit, responses((status = 201, body = Unit)))]
async fn create_unit(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewUnit>,
) -> Created<Unit> {
    created(app.service.org.create_unit(&actor, new, once.key()).await)
}

#[utoipa::path(patch, path = "/org/units/{id}", tag = "org", params(("id" = UnitId, Path)), request_body = UnitPatch,
    responses((status = 200, body = Unit)))]
async fn update_unit(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<UnitId>,
    Body(patch): Body<UnitPatch>,
) -> Answer<Unit> {
    ok(app.service.org.update_unit(&actor, &id, patch).await)
}

#[utoipa::path(post, path = "/org/sites", tag = "org", request_body = NewSite, responses((status = 201, body = Site)))]
async fn create_site(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewSite>,
) -> Created<Site> {
    created(app.service.org.create_site(&actor, new, once.key()).await)
}

/// A change of the privacy class reaches running sessions at once; disabling ends them.
#[utoipa::path(patch, path = "/org/sites/{id}", tag = "org", params(("id" = SiteId, Path)), request_body = SitePatch,
    responses((status = 200, body = Site)))]
async fn update_site(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SiteId>,
    Body(patch): Body<SitePatch>,
) -> Answer<Site> {
    ok(app.service.org.update_site(&actor, &id, patch).await)
}

#[utoipa::path(post, path = "/org/endpoints", tag = "org", request_body = NewEndpoint,
    responses((status = 201, body = Endpoint)))]
async fn create_endpoint(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewEndpoint>,
) -> Created<Endpoint> {
    created(app.service.org.create_endpoint(&actor, new, once.key()).await)
}

/// Disabling ends the link and makes the device's token worthless.
#[utoipa::path(patch, path = "/org/endpoints/{id}", tag = "org", params(("id" = EndpointId, Path)),
    request_body = EndpointPatch, responses((status = 200, body = Endpoint)))]
async fn update_endpoint(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<EndpointId>,
    Body(patch): Body<EndpointPatch>,
) -> Answer<Endpoint> {
    ok(app.service.org.update_endpoint(&actor, &id, patch).await)
}

/// A code to read out to whoever stands at the device; an earlier code of the endpoint is worthless from now on.
#[utoipa::path(post, path = "/org/endpoints/{id}/enrolment", tag = "org", params(("id" = EndpointId, Path)),
    responses((status = 201, body = EnrolmentCode)))]
async fn issue_enrolment(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<EndpointId>,
) -> Created<EnrolmentCode> {
    created(app.service.enrolments.issue(&actor, &id).await)
}

/// A device token for an encoder that cannot type a code in: its bearer at `/whip`. Told once; the endpoint's former token
/// is worthless from now on, and whoever is linked with it is cut off.
#[utoipa::path(post, path = "/org/endpoints/{id}/device-token", tag = "org", params(("id" = EndpointId, Path)),
    responses((status = 201, body = DeviceToken)))]
async fn issue_device_token(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<EndpointId>,
) -> Created<DeviceToken> {
    created(app.service.encoders.issue_token(&actor, &id).await)
}
