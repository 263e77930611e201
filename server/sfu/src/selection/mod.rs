//! Which layer a subscriber gets, and which layers anyone takes.

mod dynacast;
mod target;

pub use dynacast::Dynacast;
pub use target::{LayerSize, target, wanted};
