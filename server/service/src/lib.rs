//! Use cases, one folder per noun, and the ports that they need.

pub mod ports;
