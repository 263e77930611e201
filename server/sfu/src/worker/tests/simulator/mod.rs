//! A network of our own between the server and its viewers, under virtual time and fixed seeds: what happens on poor lines happens here
//! again and again in the same way.

mod camera;
mod cases;
mod pipe;
mod quality;
mod receiver;
mod stage;

pub use pipe::{Pipe, Weather};
pub use receiver::remb;
