//! The client half of the conversation, as plain types: for simulated offices, load tools and tests.

mod requests;
mod responses;
mod url;

pub use requests::{Publish, Request};
pub use responses::{RemoteParticipant, RemoteTrack, Response, Unreadable};
pub use url::{Connect, connect_url};
