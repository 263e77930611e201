//! The real-time link at `/rtc`: the LiveKit client protocol on one side, the live net on the other. This is the only
//! place where the two meet.

mod connect;
mod keys;
mod socket;
mod validate;

pub(crate) use keys::{Doorkeeper, OwnKey};

use crate::checks;
use crate::problem::Problem;
use crate::state::App;
use axum::Router;
use axum::routing::{any, get};

pub(crate) fn routes() -> Router<App> {
    // Clients ask for the single-connection protocol first, and fall back to ours only on a 404.
    let absent = || async { Problem::not_found() };
    Router::new()
        .route("/rtc", get(connect::connect))
        .route("/rtc/validate", get(validate::validate))
        .route("/rtc/check", get(checks::converse))
        .route("/rtc/{*later}", any(absent))
}
