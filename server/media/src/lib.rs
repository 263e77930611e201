//! The shell round the media core: one UDP port, one thread for each core, batches in and out.
//!
//! Each thread owns a [`lianxian_sfu::worker::Worker`] and a socket of its own on the shared port, and runs the loop
//! in `turn`. Workers reach each other, and the service reaches them, through bounded queues; no lock lies on a
//! packet's way. [`MediaHandle`] is the service's media port.

mod batch;
mod candidates;
mod config;
mod core;
mod events;
mod handle;
mod mail;
mod metrics;
mod routes;
mod runs;
mod send;
mod socket;
mod start;
#[cfg(test)]
mod start_tests;
mod streams;
mod turn;

pub use candidates::MAX_CANDIDATES;
pub use config::{MAX_WORKERS, MediaConfig, StartError};
pub use handle::{MAX_PARTICIPANTS, MediaHandle};
pub use start::start;
