//! The media core: told the time and given bytes, it returns bytes and events. No IO, no clock, no tokio.
//!
//! One [`worker::Worker`] per core owns its peers. The shell (`lianxian-media`) feeds it datagrams, commands and
//! relays of other workers, then drains it.

pub mod transport;
pub mod worker;

/// Published tracks: the receive side of each layer.
pub mod upstream {
    /// One decrypted RTP packet of a published layer.
    #[derive(Debug)]
    pub struct Packet {
        /// The layer that it belongs to, lowest first.
        pub layer: u8,
    }
}
