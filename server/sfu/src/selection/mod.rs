//! Which layer a subscriber gets, and which layers anyone takes.

mod allocation;
mod dynacast;
mod patience;
mod target;

pub use allocation::{ENOUGH, Tile, allocate};
pub use dynacast::Dynacast;
pub use patience::Patience;
pub use target::{LayerSize, target, target_at_most, wanted};
