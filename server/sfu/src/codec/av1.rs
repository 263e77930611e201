//! AV1 over RTP (AV1 RTP payload specification 1.0): a new coded video sequence starts where the aggregation header
//! says so; its size stands in the sequence header OBU (AV1 5.5).

use super::Inspection;
use super::bits::Bits;

const SEQUENCE_HEADER: u8 = 1;

pub(super) fn inspect(payload: &[u8]) -> Option<Inspection> {
    let (&aggregation, rest) = payload.split_first()?;
    let continues = aggregation & 0x80 != 0;
    let count = aggregation >> 4 & 0x03;
    let new_sequence = aggregation & 0x08 != 0;
    let key_frame = new_sequence && !continues;
    let size = if key_frame { first_unit(rest, count).and_then(size) } else { None };
    Some(Inspection { key_frame, size, vp8: None })
}

/// The first OBU element; its length is left out if it is the only one.
fn first_unit(rest: &[u8], count: u8) -> Option<&[u8]> {
    if count == 1 {
        return Some(rest);
    }
    let (mut len, mut at) = (0usize, 0usize);
    loop {
        let &byte = rest.get(at)?;
        len |= usize::from(byte & 0x7f) << (7 * at);
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if at == 4 {
            return None;
        }
    }
    rest.get(at..at.checked_add(len)?)
}

fn size(unit: &[u8]) -> Option<(u16, u16)> {
    let &header = unit.first()?;
    if header >> 3 & 0x0f != SEQUENCE_HEADER {
        return None;
    }
    let mut at = 1 + usize::from(header >> 2 & 1);
    if header & 0x02 != 0 {
        while unit.get(at)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    let mut bits = Bits::new(unit.get(at..)?);
    bits.bits(3)?;
    bits.bit()?;
    let reduced = bits.flag()?;
    if reduced {
        bits.bits(5)?;
    } else {
        let timing = bits.flag()?;
        if timing {
            // Real-time encoders send none; the decoder model behind it is long.
            return None;
        }
        let initial_delay = bits.flag()?;
        for _ in 0..bits.bits(5)? + 1 {
            bits.bits(12)?;
            if bits.bits(5)? > 7 {
                bits.bit()?;
            }
            if initial_delay && bits.flag()? {
                bits.bits(4)?;
            }
        }
    }
    let width_bits = bits.bits(4)? + 1;
    let height_bits = bits.bits(4)? + 1;
    let width = bits.bits(width_bits)? + 1;
    let height = bits.bits(height_bits)? + 1;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_sequence_starts_a_key_frame_and_tells_its_size() {
        // seq_profile 0, not still, not reduced, no timing, no delay, 1 operating point (idc 0, level 4), 9+9 bits
        // of size, 319 x 179.
        let bits = "0000".to_owned()
            + "0"
            + "0"
            + "0"
            + "00000"
            + "000000000000"
            + "00100"
            + "1000"
            + "1000"
            + "100111111"
            + "010110011"
            + "000000";
        let mut unit = vec![SEQUENCE_HEADER << 3];
        unit.extend(
            bits.as_bytes()
                .chunks(8)
                .map(|c| u8::from_str_radix(&format!("{:0<8}", std::str::from_utf8(c).unwrap()), 2).unwrap()),
        );
        let mut payload = vec![0x08, unit.len() as u8];
        payload.extend(&unit);
        let seen = inspect(&payload).unwrap();
        assert!(seen.key_frame);
        assert_eq!(seen.size, Some((320, 180)));
        payload[0] = 0x88;
        assert!(!inspect(&payload).unwrap().key_frame);
        payload[0] = 0x00;
        assert!(!inspect(&payload).unwrap().key_frame);
    }
}
