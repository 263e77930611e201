//! Writes the plaintext of one packet for one subscriber: its own header and extensions, the shared payload.

use super::continuity::Mapped;
use crate::codec::red_primary;
use crate::rtp::{ExtensionIds, ExtensionWriter, FIXED_HEADER};
use crate::upstream::Packet;
use lianxian_model::media::Codec;

/// Bytes kept free for the authentication tag.
pub const TAG_RESERVE: usize = 20;
/// Bytes of padding in a packet that probes: what its one byte of length can say (RFC 3550, section 5.1).
pub const PADDING: usize = 255;
/// Longest MID that is written (RFC 9143 wants them short).
pub const MAX_MID: usize = 16;

/// How a subscriber's section was negotiated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    pub ssrc: u32,
    pub payload_type: u8,
    /// SSRC and payload type of retransmissions, if negotiated.
    pub rtx: Option<(u32, u8)>,
    pub extensions: ExtensionIds,
    /// Of redundant sound (RFC 2198) the receiver gets the new block alone: it took Opus and no RED.
    pub without_redundancy: bool,
    mid: [u8; MAX_MID],
    mid_len: u8,
}

impl Outgoing {
    pub fn new(ssrc: u32, payload_type: u8, rtx: Option<(u32, u8)>, extensions: ExtensionIds, mid: &str) -> Self {
        let mut outgoing = Self { ssrc, payload_type, rtx, extensions, ..Self::default() };
        if mid.len() <= MAX_MID {
            outgoing.mid[..mid.len()].copy_from_slice(mid.as_bytes());
            outgoing.mid_len = mid.len() as u8;
        }
        outgoing
    }

    fn mid(&self) -> &[u8] {
        &self.mid[..usize::from(self.mid_len)]
    }
}

/// What the moment of sending adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    pub transport_sequence: u16,
    /// 6.18 fixed point seconds, 24 bits.
    pub absolute_send_time: u32,
    /// The sequence of the RTX stream, if this is a retransmission.
    pub rtx_sequence: Option<u16>,
}

/// Writes a packet to `slot`; its length, or `None` if it does not fit or RTX was not negotiated.
pub fn write(slot: &mut [u8], packet: &Packet, mapped: &Mapped, to: &Outgoing, stamps: &Stamps) -> Option<usize> {
    let (ssrc, payload_type, sequence) = match stamps.rtx_sequence {
        None => (to.ssrc, to.payload_type, mapped.sequence),
        Some(sequence) => {
            let (ssrc, payload_type) = to.rtx?;
            (ssrc, payload_type, sequence)
        }
    };
    let room = slot.len().checked_sub(TAG_RESERVE)?;
    let slot = slot.get_mut(..room)?;
    let fixed: &mut [u8; FIXED_HEADER] = slot.first_chunk_mut()?;
    fixed[0] = 0x80;
    fixed[1] = u8::from(packet.marker) << 7 | payload_type;
    fixed[2..4].copy_from_slice(&sequence.to_be_bytes());
    fixed[4..8].copy_from_slice(&mapped.timestamp.to_be_bytes());
    fixed[8..12].copy_from_slice(&ssrc.to_be_bytes());

    let ids = &to.extensions;
    let descriptor = packet.dependency_descriptor();
    let longest = if ids.dependency_descriptor != 0 { descriptor.len() } else { 0 };
    let mut extensions = ExtensionWriter::new(slot, FIXED_HEADER, longest);
    extensions.put(ids.mid, to.mid());
    if ids.transport_sequence != 0 {
        extensions.put(ids.transport_sequence, &stamps.transport_sequence.to_be_bytes());
    }
    if ids.absolute_send_time != 0 {
        extensions.put(ids.absolute_send_time, &stamps.absolute_send_time.to_be_bytes()[1..]);
    }
    if let Some(level) = packet.audio_level {
        extensions.put(ids.audio_level, &[level]);
    }
    extensions.put(ids.dependency_descriptor, descriptor);
    let mut at = extensions.finish();

    if stamps.rtx_sequence.is_some() {
        slot.get_mut(at..at + 2)?.copy_from_slice(&mapped.sequence.to_be_bytes());
        at += 2;
    }
    let payload = match to.without_redundancy && packet.codec == Codec::Red {
        false => packet.payload(),
        true => red_primary(packet.payload())?,
    };
    let target = slot.get_mut(at..)?;
    let written = match &packet.vp8 {
        Some(fields) => mapped.vp8.write(fields, payload, target)?,
        None => {
            target.get_mut(..payload.len())?.copy_from_slice(payload);
            payload.len()
        }
    };
    Some(at + written)
}

/// Writes a packet of nothing but padding under the RTX stream, for a probe: receivers tell of it and throw it away. `None` if RTX was
/// not negotiated.
pub fn write_padding(slot: &mut [u8], timestamp: u32, to: &Outgoing, stamps: &Stamps) -> Option<usize> {
    let (ssrc, payload_type) = to.rtx?;
    let sequence = stamps.rtx_sequence?;
    let room = slot.len().checked_sub(TAG_RESERVE)?;
    let slot = slot.get_mut(..room)?;
    let fixed: &mut [u8; FIXED_HEADER] = slot.first_chunk_mut()?;
    // Version 2, and padding.
    fixed[0] = 0xa0;
    fixed[1] = payload_type;
    fixed[2..4].copy_from_slice(&sequence.to_be_bytes());
    fixed[4..8].copy_from_slice(&timestamp.to_be_bytes());
    fixed[8..12].copy_from_slice(&ssrc.to_be_bytes());
    let mut extensions = ExtensionWriter::new(slot, FIXED_HEADER, 0);
    extensions.put(to.extensions.mid, to.mid());
    extensions.put(to.extensions.transport_sequence, &stamps.transport_sequence.to_be_bytes());
    let at = extensions.finish();
    let padding = slot.get_mut(at..at + PADDING)?;
    padding.fill(0);
    *padding.last_mut()? = PADDING as u8;
    Some(at + PADDING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{self, Vp8Shift};
    use crate::rtp::{Header, Marks};
    use crate::upstream::Parts;
    use std::time::Instant;

    fn packet(codec: Codec, payload: &[u8], descriptor: &[u8], audio_level: Option<u8>) -> Packet {
        let parts = Parts {
            layer: 0,
            life: 0,
            sequence: 5,
            timestamp: 50,
            marker: true,
            codec,
            seen: codec::inspect(codec, payload),
            audio_level,
            arrived: Instant::now(),
        };
        Packet::new(parts, payload, descriptor)
    }

    fn ids() -> ExtensionIds {
        ExtensionIds {
            mid: 1,
            audio_level: 4,
            transport_sequence: 3,
            absolute_send_time: 2,
            dependency_descriptor: 8,
            ..ExtensionIds::default()
        }
    }

    const MAPPED: Mapped =
        Mapped { sequence: 77, timestamp: 1234, vp8: Vp8Shift { picture_id: 1, tl0_picture_index: 0, key_index: 0 } };

    #[test]
    fn writes_under_the_subscribers_own_ids() {
        let to = Outgoing::new(42, 96, None, ids(), "3");
        let mut slot = [0u8; 1500];
        let payload = [0x90, 0x80, 0x80, 9, 0x55];
        let stamps = Stamps { transport_sequence: 500, absolute_send_time: 0x0012_3456, rtx_sequence: None };
        let len = write(&mut slot, &packet(Codec::Vp8, &payload, &[], None), &MAPPED, &to, &stamps).unwrap();
        let header = Header::parse(&slot[..len]).unwrap();
        assert_eq!((header.ssrc, header.sequence, header.timestamp, header.marker), (42, 77, 1234, true));
        assert_eq!(header.payload(&slot[..len]), &[0x90, 0x80, 0x80, 10, 0x55]);
        let marks = Marks::read(header.extensions(&slot[..len]), &ids());
        assert_eq!(marks.mid, Some(&b"3"[..]));
        assert_eq!(marks.transport_sequence, Some(500));
        let send_time = header.extensions(&slot[..len]).find(|(id, _)| *id == 2).unwrap().1;
        assert_eq!(send_time, &[0x12, 0x34, 0x56]);
    }

    #[test]
    fn a_retransmission_carries_the_original_sequence() {
        let to = Outgoing::new(42, 96, Some((43, 97)), ids(), "3");
        let mut slot = [0u8; 1500];
        let stamps = Stamps { rtx_sequence: Some(9), ..Stamps::default() };
        let len = write(&mut slot, &packet(Codec::Opus, &[1, 2], &[], Some(0x85)), &MAPPED, &to, &stamps).unwrap();
        let header = Header::parse(&slot[..len]).unwrap();
        assert_eq!((header.ssrc, header.payload_type, header.sequence), (43, 97, 9));
        assert_eq!(header.payload(&slot[..len]), &[0, 77, 1, 2]);
        assert_eq!(Marks::read(header.extensions(&slot[..len]), &ids()).audio_level, Some(0x85));
        let without = Outgoing::new(42, 96, None, ids(), "3");
        assert!(write(&mut slot, &packet(Codec::Opus, &[1], &[], None), &MAPPED, &without, &stamps).is_none());
    }

    #[test]
    fn padding_is_a_packet_of_the_repair_stream_without_payload() {
        let to = Outgoing::new(42, 96, Some((43, 97)), ids(), "3");
        let mut slot = [0u8; 1500];
        let stamps = Stamps { rtx_sequence: Some(9), transport_sequence: 77, ..Stamps::default() };
        let len = write_padding(&mut slot, 1234, &to, &stamps).unwrap();
        let header = Header::parse(&slot[..len]).unwrap();
        assert_eq!((header.ssrc, header.payload_type, header.sequence, header.marker), (43, 97, 9, false));
        assert!(header.payload(&slot[..len]).is_empty());
        assert_eq!(Marks::read(header.extensions(&slot[..len]), &ids()).transport_sequence, Some(77));
        assert!(write_padding(&mut slot, 1, &Outgoing::new(42, 96, None, ids(), "3"), &stamps).is_none());
    }

    #[test]
    fn a_long_dependency_descriptor_passes() {
        let to = Outgoing::new(42, 96, None, ids(), "3");
        let mut slot = [0u8; 1500];
        let descriptor = [7u8; 40];
        let packet = packet(Codec::Av1, &[0x08, 1], &descriptor, None);
        let len = write(&mut slot, &packet, &MAPPED, &to, &Stamps::default()).unwrap();
        let header = Header::parse(&slot[..len]).unwrap();
        let marks = Marks::read(header.extensions(&slot[..len]), &ids());
        assert_eq!(marks.dependency_descriptor, &descriptor);
        assert_eq!(marks.mid, Some(&b"3"[..]));
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let to = Outgoing::new(42, 96, None, ids(), "3");
        let mut slot = [0u8; 1500];
        let packet = packet(Codec::Opus, &[0; 1480], &[], None);
        assert!(write(&mut slot, &packet, &MAPPED, &to, &Stamps::default()).is_none());
        assert!(write(&mut slot[..8], &packet, &MAPPED, &to, &Stamps::default()).is_none());
    }
}
