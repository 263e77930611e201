//! `GET /rtc/validate`: asked by clients whose socket failed, to learn whether it is worth trying again.

use super::connect::{query_of, token_of};
use crate::state::App;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lianxian_service::net::Whom;
use lianxian_service::ports::record::RecordError;

pub(super) async fn validate(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = query_of(query.as_deref());
    let (status, text) = match app.door.admit(&token_of(&query, &headers), app.clock.now()) {
        Err(refusal) => (refusal.status(), refusal.to_string()),
        Ok(visitor) => match &visitor.whom {
            Whom::Guest(_) => (StatusCode::OK, "success".to_owned()),
            Whom::Endpoint(endpoint, enrolment) => match app.record.link_rights(endpoint, enrolment.as_ref()).await {
                Ok(_) => (StatusCode::OK, "success".to_owned()),
                Err(RecordError::Refused(why)) => (StatusCode::UNAUTHORIZED, why),
                Err(RecordError::Unavailable(_)) => (StatusCode::SERVICE_UNAVAILABLE, "try again".to_owned()),
            },
        },
    };
    // Client SDKs ask from pages of any origin; the token is what counts, and no cookie is read here.
    (status, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], text).into_response()
}
