//! All routes.

use crate::metrics;
use crate::state::App;
use axum::{Router, middleware};

pub(crate) fn routes(app: App) -> Router {
    Router::new()
        .merge(metrics::routes())
        .merge(crate::link::routes())
        .layer(middleware::from_fn_with_state(app.clone(), metrics::observe))
        .with_state(app)
}

/// The contract, as OpenAPI JSON.
pub fn openapi() -> String {
    utoipa_axum::router::OpenApiRouter::<App>::new().into_openapi().to_pretty_json().unwrap_or_default()
}
