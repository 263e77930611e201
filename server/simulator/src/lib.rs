//! Simulated offices: each holds a device token, opens a link as a workstation would, and publishes real video and sound.
//!
//! An office that nobody watches costs next to nothing: it stays published, but draws and encodes only the layers that the
//! server says are wanted. It comes back by itself after a server restart or a cut line, for as long as it is let run.

mod backoff;
mod camera;
mod card;
mod feedback;
mod help;
mod layers;
mod link;
mod office;
mod publisher;
mod tone;
mod trust;
mod vp8;

pub use card::{Lettering, read_stripe};
pub use help::{Asked, HelpError, HelpKeys};
pub use office::{Device, Offices, StartError};
