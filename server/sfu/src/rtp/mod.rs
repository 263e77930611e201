//! A zero-copy view of one RTP packet (RFC 3550, RFC 8285): the hot path reads it, and writes its own header.

mod extension;
mod sequence;

pub use extension::{ExtensionIds, ExtensionWriter, Extensions, Marks};
pub use sequence::Unwrapper;

/// Bytes of the fixed header.
pub const FIXED_HEADER: usize = 12;

/// Where the parts of a packet lie. Holds offsets, not bytes, so that the buffer stays free for decryption in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    extension_profile: u16,
    extension_start: usize,
    extension_end: usize,
    payload_start: usize,
    /// Padding is already taken off.
    payload_end: usize,
}

impl Header {
    /// Reads a decrypted packet; `None` if any length in it points outside.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let fixed: &[u8; FIXED_HEADER] = bytes.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut at = FIXED_HEADER + usize::from(fixed[0] & 0x0f) * 4;
        let (mut extension_profile, mut extension_start, mut extension_end) = (0, at, at);
        if fixed[0] & 0x10 != 0 {
            let head: &[u8; 4] = bytes.get(at..)?.first_chunk()?;
            extension_profile = u16::from_be_bytes([head[0], head[1]]);
            extension_start = at + 4;
            extension_end = extension_start + usize::from(u16::from_be_bytes([head[2], head[3]])) * 4;
            at = extension_end;
        }
        let mut payload_end = bytes.len();
        if at > payload_end {
            return None;
        }
        if fixed[0] & 0x20 != 0 {
            let padding = usize::from(*bytes.last()?);
            if padding == 0 || at + padding > payload_end {
                return None;
            }
            payload_end -= padding;
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            extension_profile,
            extension_start,
            extension_end,
            payload_start: at,
            payload_end,
        })
    }

    /// The payload without padding; `bytes` is what was parsed.
    pub fn payload<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.payload_start..self.payload_end).unwrap_or_default()
    }

    /// The header extensions, as (id, value).
    pub fn extensions<'a>(&self, bytes: &'a [u8]) -> Extensions<'a> {
        Extensions::new(self.extension_profile, bytes.get(self.extension_start..self.extension_end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_padding_csrc_and_extension() {
        let mut bytes = vec![0xb1, 0x80 | 96, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 1, 1, 1, 1];
        bytes.extend([0xbe, 0xde, 0, 1, 0x10, 0xaa, 0x21, 0xbb]); // id 1 len 1, id 2 len 2 runs out of the block
        bytes.extend([1, 2, 3, 0, 2]);
        let header = Header::parse(&bytes).expect("parses");
        assert_eq!((header.marker, header.payload_type, header.sequence), (true, 96, 0x1234));
        assert_eq!((header.timestamp, header.ssrc), (9, 7));
        assert_eq!(header.payload(&bytes), &[1, 2, 3]);
        assert_eq!(header.extensions(&bytes).collect::<Vec<_>>(), vec![(1, &[0xaa][..])]);
    }

    #[test]
    fn refuses_lengths_that_point_outside() {
        for bytes in [
            &[0x80u8; 11][..],
            &[0x8f, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 9],
            &[0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
            &[0x40, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ] {
            assert_eq!(Header::parse(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_agrees_with_the_crate(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            use rtc_shared::marshal::Unmarshal;
            let ours = Header::parse(&bytes);
            if let Some(header) = ours {
                let _ = header.payload(&bytes);
                header.extensions(&bytes).for_each(drop);
                let mut buffer = &bytes[..];
                if let Ok(theirs) = rtc_rtp::header::Header::unmarshal(&mut buffer) {
                    prop_assert_eq!(theirs.sequence_number, header.sequence);
                    prop_assert_eq!(theirs.ssrc, header.ssrc);
                    prop_assert_eq!(theirs.payload_type, header.payload_type);
                }
            }
        }
    }
}
