//! VP9 over RTP (RFC 9628): the payload descriptor, as far as key frames and sizes go.

use super::Inspection;
use super::bits::Bits;

pub(super) fn inspect(payload: &[u8]) -> Option<Inspection> {
    let mut bits = Bits::new(payload);
    let has_picture_id = bits.flag()?;
    let inter_picture = bits.flag()?;
    let has_layers = bits.flag()?;
    let flexible = bits.flag()?;
    let begins = bits.flag()?;
    let _ends = bits.flag()?;
    let has_structure = bits.flag()?;
    let _reserved = bits.bit()?;
    if has_picture_id {
        let long = bits.flag()?;
        bits.bits(if long { 15 } else { 7 })?;
    }
    let mut spatial = 0;
    if has_layers {
        bits.bits(4)?;
        spatial = bits.bits(3)?;
        bits.bit()?;
        if !flexible {
            bits.bits(8)?;
        }
    }
    if flexible && inter_picture {
        for _ in 0..3 {
            bits.bits(7)?;
            if !bits.flag()? {
                break;
            }
        }
    }
    let mut size = None;
    if has_structure {
        let layers = bits.bits(3)? + 1;
        let has_sizes = bits.flag()?;
        bits.bits(4)?;
        if has_sizes {
            // Highest spatial layer last.
            for _ in 0..layers {
                size = Some((bits.bits(16)? as u16, bits.bits(16)? as u16));
            }
        }
    }
    Some(Inspection { key_frame: begins && !inter_picture && spatial == 0, size, vp8: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_tells_its_largest_size() {
        // I, L, B, V; picture id 15 bits; layer byte; tl0; structure: 2 layers with sizes.
        let payload = [0b1010_1010, 0x80, 5, 0, 7, 0b0011_0000, 1, 64, 0, 180, 2, 128, 1, 104, 0xaa];
        let seen = inspect(&payload).unwrap();
        assert!(seen.key_frame);
        assert_eq!(seen.size, Some((640, 360)));
    }

    #[test]
    fn upper_layers_and_predicted_pictures_start_nothing() {
        assert!(!inspect(&[0b1010_1000, 0x80, 5, 0b0000_0010, 7, 1]).unwrap().key_frame);
        assert!(!inspect(&[0b1100_1000, 0x80, 5, 1]).unwrap().key_frame);
        assert!(!inspect(&[0b1000_0000, 0x80, 5, 1]).unwrap().key_frame);
        assert_eq!(inspect(&[0b1000_1000, 0x80]), None);
    }
}
