//! Published tracks: the receive side. A packet is decrypted once, understood once, and shared by everyone who forwards it.

mod binding;
mod keyframe;
mod layer;
mod level;
mod missing;
mod packet;
mod reception;
mod ring;

pub use binding::{Binding, Bindings, Claim, MAX_SOURCES, SectionRule};
pub use keyframe::KeyframeRequests;
pub use layer::{Accepted, Incoming, Layer, SenderClock};
pub use level::Level;
pub use missing::{MAX_MISSING, Missing};
pub use packet::{Packet, Parts};
pub use reception::{Arrival, Reception, Sample};
pub use ring::{MAX_AGE, Ring};

/// Layers of one track, lowest first.
pub const MAX_LAYERS: usize = 3;
