//! What a console needs beside its requests: a token for the link, and the event stream.

use super::Answer;
use crate::auth::AsAccountQuietly;
use crate::events::{After, stream};
use crate::problem::Problem;
use crate::read::Body;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use lianxian_model::event::OutboxEvent;
use lianxian_model::ids::EndpointId;
use lianxian_model::time::Millis;
use lianxian_service::ports::record::RecordError;
use lianxian_service::{Actor, ErrorKind, ServiceError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign_link_token)).routes(routes!(stream_events))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct Tab {
    /// A mark of the browser tab: each tab is a console of its own.
    tab: String,
}

/// For the link at `wss://<this server>/rtc`.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkToken {
    token: String,
    /// The endpoint that the link stands for.
    identity: EndpointId,
    name: String,
    expires_ms: Millis,
}

/// A token into the net, for this console.
#[utoipa::path(post, path = "/link/tokens", tag = "live", request_body = Tab,
    responses((status = 200, body = LinkToken)))]
async fn sign_link_token(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Body(tab): Body<Tab>,
) -> Answer<LinkToken> {
    sign(&app, &actor, Some(&tab.tab)).await
}

/// Signs a token with the rights that the link would have now.
pub(super) async fn sign(app: &App, actor: &Actor, tab: Option<&str>) -> Answer<LinkToken> {
    let identity = app.service.enrolments.link_identity(actor, tab).await?;
    let profile =
        app.record.link_rights(&identity.endpoint, identity.enrolment.as_ref()).await.map_err(|error| match error {
            RecordError::Refused(why) => {
                tracing::debug!(%why, "no link token");
                ServiceError::unauthenticated(
                    "endpoint_refused",
                    "终端不存在或已停用",
                    "the endpoint is unknown or disabled",
                )
            }
            RecordError::Unavailable(why) => {
                tracing::warn!(%why, "no link token");
                let (zh, en) = ("数据库暂时不可用，请稍后再试", "the database is unavailable, try again");
                ServiceError::new(ErrorKind::Unavailable, "store_unavailable", zh, en)
            }
        })?;
    let signed = app.door.sign_own(&identity, profile.rights, app.clock.now());
    let signed = signed.map_err(ServiceError::internal)?;
    Ok(Json(LinkToken {
        token: signed.token,
        identity: identity.endpoint,
        name: identity.name,
        expires_ms: signed.expires,
    }))
}

/// Server-sent events: `id:` is the seq, `event:` the kind, `data:` an event as JSON. A comment comes every 15 s.
/// The stream ends with the event `over` when the login is.
#[utoipa::path(get, path = "/events", tag = "live", params(
    ("after" = Option<i64>, Query, description = "The seq after which to begin; without it: now"),
    ("Last-Event-ID" = Option<i64>, Header, description = "As browsers send it when they come back; goes before `after`"),
),
    responses((status = 200, content_type = "text/event-stream", body = OutboxEvent)))]
async fn stream_events(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    after: After,
) -> Result<Response, Problem> {
    stream(app, actor, after).await
}
