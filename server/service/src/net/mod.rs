//! The live net: who is linked, who sees whom, and what the media plane is told to forward.
//!
//! One task owns the state (`state`, pure) and never waits: facts are committed and media calls made in rows of jobs,
//! in order for each participant, apart from everyone else's. What comes of them returns as input. So a fact is on
//! record before anyone is told of it, and a slow commit holds up one link alone.

#[cfg(test)]
mod doubles;
mod handle;
mod jobs;
mod limits;
mod link;
mod load;
mod measures;
mod metrics;
mod setup;
mod shell;
mod state;

pub use handle::Net;
pub use limits::{SUBSCRIPTIONS_PER_LINK, TRACKS_PER_LINK};
pub use link::{Link, LinkOver};
pub use load::DEFAULT_BUSY_LIMIT;
pub use setup::{Guest, Join, JoinError, Manner, NetSetup, Whom};
