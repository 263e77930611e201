//! The live net: who is linked, who sees whom, and what the media plane is told to forward.

mod setup;

pub use setup::{Guest, Join, JoinError, Link, LinkOver, Net, NetSetup, Whom};
