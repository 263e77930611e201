//! RTCP (RFC 3550, RFC 4585, RFC 5104, transport-wide feedback): reading what peers report, writing what they need.

mod arrivals;
mod reader;
mod transport_wide;
mod writer;

pub use arrivals::Arrivals;
pub use reader::{Feedback, NackPairs, ReceptionReport, read};
pub use transport_wide::{MAX_REPORTED, Statuses, TransportWide};
pub use writer::Writer;

/// Largest compound that is built; leaves room for SRTCP's index and tag in a datagram of 1,200 bytes.
pub const MAX_COMPOUND: usize = 1_160;
