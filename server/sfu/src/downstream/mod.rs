//! What one subscriber gets of one track: one unbroken RTP stream, whatever the publisher's layers do.

mod continuity;
mod outgoing;
mod retransmission;

pub use continuity::{Continuity, Mapped};
pub use outgoing::{Outgoing, Stamps, write};
pub use retransmission::{Retransmissions, Verdict};
