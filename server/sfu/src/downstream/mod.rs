//! What one subscriber gets of one track: one unbroken RTP stream, whatever the publisher's layers do.

mod continuity;
mod outgoing;
mod pacer;
mod redundancy;
mod resend;
mod retransmission;

pub use continuity::{Continuity, Mapped};
pub use outgoing::{Outgoing, PADDING, Stamps, write, write_padding};
pub use pacer::{MAX_QUEUED_BYTES, Pacer};
pub use redundancy::{Redundancy, SPACING};
pub use resend::Resend;
pub use retransmission::{Retransmissions, Verdict};
