//! One decrypted RTP packet of a published layer.

use crate::codec::{Inspection, Vp8Fields};
use lianxian_model::media::Codec;
use std::time::Instant;

/// Shared by every worker that forwards it, so it never changes once made.
#[derive(Debug)]
pub struct Packet {
    /// The layer that it belongs to, lowest first.
    pub layer: u8,
    /// Counts the layer's restarts: a new SSRC or an unexplainable jump starts a new life.
    pub life: u32,
    /// Endless and without the gaps that padding left.
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub codec: Codec,
    /// A key frame starts here.
    pub key_frame: bool,
    pub vp8: Option<Vp8Fields>,
    /// The value of the audio level extension (RFC 6464), as it came.
    pub audio_level: Option<u8>,
    pub arrived: Instant,
    /// Payload, then the dependency descriptor.
    bytes: Box<[u8]>,
    payload_len: usize,
}

/// What a packet is made of, besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    pub layer: u8,
    pub life: u32,
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub codec: Codec,
    pub seen: Inspection,
    pub audio_level: Option<u8>,
    pub arrived: Instant,
}

impl Packet {
    pub fn new(parts: Parts, payload: &[u8], dependency_descriptor: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(payload.len() + dependency_descriptor.len());
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(dependency_descriptor);
        Self {
            layer: parts.layer,
            life: parts.life,
            sequence: parts.sequence,
            timestamp: parts.timestamp,
            marker: parts.marker,
            codec: parts.codec,
            key_frame: parts.seen.key_frame,
            vp8: parts.seen.vp8,
            audio_level: parts.audio_level,
            arrived: parts.arrived,
            bytes: bytes.into_boxed_slice(),
            payload_len: payload.len(),
        }
    }

    pub fn payload(&self) -> &[u8] {
        &self.bytes[..self.payload_len]
    }

    /// The AV1 dependency descriptor extension, empty if none came.
    pub fn dependency_descriptor(&self) -> &[u8] {
        &self.bytes[self.payload_len..]
    }
}
