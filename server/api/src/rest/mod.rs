//! All routes: the API under `/api/v1`, the link, the monitors' pages, and the console for everything else.

mod accounts;
mod assists;
mod attachments;
mod cards;
mod cases;
mod checks;
mod csv;
mod directives;
mod drawings;
mod duty;
mod guests;
mod live;
mod logins;
mod org;
mod register;
mod requests;
mod sessions;
mod station;
mod watches;

use crate::metrics;
use crate::problem::Problem;
use crate::state::App;
use crate::{assets, limits, link, openapi, whip};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router, middleware};
use lianxian_service::ServiceResult;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;

type Answer<T> = Result<Json<T>, Problem>;
type Created<T> = Result<(StatusCode, Json<T>), Problem>;

fn ok<T>(result: ServiceResult<T>) -> Answer<T> {
    Ok(Json(result?))
}

fn created<T>(result: ServiceResult<T>) -> Created<T> {
    Ok((StatusCode::CREATED, Json(result?)))
}

fn done(result: ServiceResult<()>) -> Result<StatusCode, Problem> {
    result?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that the contract names.
pub(crate) fn api() -> OpenApiRouter<App> {
    let nouns = OpenApiRouter::new()
        .merge(logins::routes())
        .merge(org::routes())
        .merge(accounts::routes())
        .merge(watches::routes())
        .merge(sessions::routes())
        .merge(assists::routes())
        .merge(cards::routes())
        .merge(cases::routes())
        .merge(drawings::routes())
        .merge(attachments::routes())
        .merge(register::routes())
        .merge(requests::routes())
        .merge(directives::routes())
        .merge(guests::routes())
        .merge(live::routes())
        .merge(checks::routes())
        .merge(duty::routes())
        .merge(station::routes());
    OpenApiRouter::new().nest("/api/v1", nouns)
}

/// Answers only with what is on the disk: a request may have read what another one is still making safe.
async fn settled(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let response = next.run(request).await;
    app.service.settled().await?;
    Ok(response)
}

pub(crate) fn routes(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let api = api
        .route("/api/v1/openapi.json", get(openapi::serve))
        .route("/api/{*other}", axum::routing::any(|| async { Problem::not_found() }))
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), settled))
        // What a person may see is nobody else's to keep.
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    Router::new()
        .merge(api)
        .merge(assets::routes())
        .layer(CompressionLayer::new())
        .merge(metrics::routes())
        .merge(link::routes())
        .merge(whip::routes())
        .layer(middleware::from_fn_with_state(app.clone(), assets::guard))
        .layer(middleware::from_fn_with_state(app.clone(), metrics::observe))
        .with_state(app)
}
