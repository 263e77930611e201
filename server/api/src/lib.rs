//! The door: REST, events, the real-time link, the console's files, over TLS.
//!
//! [`bind`] makes everything ready that can fail, [`Bound::serve`] opens. Handlers read a request, ask the service, and
//! spell its answer: rules live in the service, never here.

mod assets;
mod attempts;
mod auth;
mod checks;
mod config;
mod error;
mod events;
mod limits;
mod link;
mod metrics;
mod openapi;
mod pace;
mod problem;
mod read;
mod rest;
mod serve;
mod state;
mod tls;
mod whip;

pub use config::{ApiConfig, IntegrationKey, Tls};
pub use error::ApiError;
pub use openapi::openapi;
pub use serve::{Bound, bind, listen};
pub use state::{MediaPlane, Parts};
pub use tls::{Facts, certificate_facts, certificate_on_disk};
