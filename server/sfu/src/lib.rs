//! The media core: told the time and given bytes, it returns bytes and events. No IO, no clock, no tokio.
//!
//! One [`worker::Worker`] per core owns its peers. The shell (`lianxian-media`) feeds it datagrams, commands and
//! relays of other workers, then drains it.

// A test is the one who tells the time.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod codec;
pub mod downstream;
pub mod estimation;
pub mod feedback;
pub mod rtp;
pub mod sdp;
pub mod selection;
pub mod transport;
pub mod upstream;
pub mod worker;
