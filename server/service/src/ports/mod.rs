//! What service needs of the outside, as traits that other crates implement.

pub mod media;
