//! The wire conversation of the real-time link: LiveKit client protocol messages <-> the model's wishes and notices.
//!
//! Pure: bytes, times and keys come in, bytes and wishes go out. No socket, no clock, no randomness.
//! Wire types stay in this crate; everyone else speaks [`lianxian_model::link`].

pub mod client;
mod conversation;
mod data;
mod limits;
mod read;
mod spell;
pub mod token;

pub use conversation::{Conversation, Fault, Frame, Heard, Introduction};
pub use data::DataFault;
pub use limits::Limits;

/// Seconds between a client's pings, and the silence after which either side gives the link up.
pub const PING_INTERVAL_S: i32 = 5;
pub const PING_TIMEOUT_S: i32 = 15;

/// The server version whose behaviour the link keeps to. Clients switch features by it (dynamic broadcast needs
/// 0.15.1 or later, for one); it says nothing of Lianxian's own version.
pub const SPOKEN_VERSION: &str = "1.9.0";

/// The protocol number that the link keeps to.
pub const SPOKEN_PROTOCOL: i32 = 16;
