//! The store over both databases: rows, turns, crashes; and the service's use cases on top of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod durability;
mod harness;
mod rows;
mod scenarios;
