//! What was acknowledged stays, what was not leaves nothing, and writers take turns.

mod crash;
mod turns;
