//! The store over both databases: rows, order, crashes; and the service's use cases on top of it.

mod harness;
mod rows;
