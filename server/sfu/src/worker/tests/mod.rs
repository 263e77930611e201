//! Whole workers against clients made of the same protocol crates, in memory and on a clock of our own.

mod addresses;
mod client;
mod data;
mod forwarding;
mod harness;
mod hostile;
mod lines;
mod publishing;
mod rights;
mod simulator;
mod voices;
