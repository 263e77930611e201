//! The console inside the binary, and the headers that keep its pages to themselves.

mod console;
mod guard;

pub(crate) use guard::guard;

use crate::state::App;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/ca.pem", get(authority)).fallback(console::serve)
}

/// The authority's certificate, for offices to install. There is none with given files or without TLS.
async fn authority(State(app): State<App>) -> Response {
    let Some(pem) = &app.ca_pem else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = pem.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
    let name = HeaderValue::from_static("attachment; filename=\"lianxian-ca.pem\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    response
}
