//! What service needs of the outside, as traits that other crates implement.

pub mod files;
pub mod live;
pub mod media;
pub mod record;
pub mod store;
