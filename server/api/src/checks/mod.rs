//! What a check of the line needs of the server: a peer to reach over UDP and TCP, a socket that answers, bytes to
//! measure the bandwidth with. Nothing here belongs to the net: no session, no link, no record.

mod allowance;
mod peer;
mod places;
mod socket;
mod transfer;

pub(crate) use peer::{CheckPeer, open};
pub(crate) use socket::converse;
pub(crate) use transfer::{Received, receive, send};

use crate::limits;
use crate::problem::Problem;
use allowance::Allowance;
use axum::http::StatusCode;
use lianxian_model::time::Millis;
use places::{Place, Places};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Who checks, and how much.
pub(crate) struct Checks {
    visits: Allowance<IpAddr>,
    places: Places,
    bytes: Allowance<String>,
    transfers: Arc<Semaphore>,
}

impl Default for Checks {
    fn default() -> Self {
        let every = limits::CHECK_VISIT_EVERY.as_millis() as i64;
        let full = limits::CHECK_BYTES_AT_ONCE * 1000 / limits::CHECK_BYTES_A_SECOND;
        Self {
            visits: Allowance::new(every * i64::from(limits::CHECK_VISITS_AT_ONCE), limits::CHECK_VISITORS),
            places: Places::default(),
            bytes: Allowance::new(full as i64, limits::CHECK_VISITORS),
            transfers: Arc::new(Semaphore::new(limits::CHECK_TRANSFERS)),
        }
    }
}

impl Checks {
    /// A place for one peer or socket of this address.
    fn enter(&self, ip: IpAddr, now: Millis) -> Result<Place, Problem> {
        if !self.visits.take(ip, limits::CHECK_VISIT_EVERY.as_millis() as i64, now) {
            return Err(too_many("too_many_checks", i64::from(limits::CHECK_VISITS_AT_ONCE)));
        }
        self.places.enter(ip).map_err(|limit| too_many("checks_busy", i64::try_from(limit).unwrap_or(i64::MAX)))
    }
}

fn too_many(code: &'static str, limit: i64) -> Problem {
    let en = "too many checks at once, wait a little";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, code, "同时自检的人太多，请稍候再试", en).with_limit(limit)
}
