//! The nouns of Lianxian, their states and rules. No IO, no async, no clock: everything is told to it.

pub mod ids;
pub mod link;
pub mod media;
pub mod time;
