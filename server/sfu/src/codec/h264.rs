//! H.264 over RTP (RFC 6184): key frames are where a sequence parameter set or an IDR slice starts.

use super::Inspection;
use super::bits::Bits;

const IDR: u8 = 5;
const SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

pub(super) fn inspect(payload: &[u8]) -> Inspection {
    let mut seen = Inspection::default();
    let Some((&indicator, rest)) = payload.split_first() else { return seen };
    match indicator & 0x1f {
        STAP_A => {
            let mut rest = rest;
            while let [high, low, tail @ ..] = rest {
                let len = usize::from(u16::from_be_bytes([*high, *low]));
                let Some((unit, tail)) = tail.split_at_checked(len) else { break };
                look_at_unit(unit, &mut seen);
                rest = tail;
            }
        }
        FU_A => {
            // Only the first fragment has the start bit.
            if let Some(&header) = rest.first() {
                seen.key_frame = header & 0x80 != 0 && matches!(header & 0x1f, IDR | SPS);
            }
        }
        _ => look_at_unit(payload, &mut seen),
    }
    seen
}

fn look_at_unit(unit: &[u8], seen: &mut Inspection) {
    let Some((&header, body)) = unit.split_first() else { return };
    match header & 0x1f {
        SPS => {
            seen.key_frame = true;
            seen.size = size(body);
        }
        IDR => seen.key_frame = true,
        _ => {}
    }
}

/// Picture size from a sequence parameter set without its NAL header (H.264 clause 7.3.2.1.1).
fn size(sps: &[u8]) -> Option<(u16, u16)> {
    const LONGEST: usize = 64;
    let mut raw = [0u8; LONGEST];
    let mut len = 0;
    let mut zeros = 0;
    for &byte in sps.iter().take(LONGEST) {
        // Emulation prevention: 00 00 03 stands for 00 00.
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        raw[len] = byte;
        len += 1;
    }
    let mut bits = Bits::new(raw.get(..len)?);
    let profile = bits.bits(8)?;
    bits.bits(16)?;
    bits.exp_golomb()?;
    let mut chroma = 1;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma = bits.exp_golomb()?;
        if chroma == 3 {
            bits.bit()?;
        }
        bits.exp_golomb()?;
        bits.exp_golomb()?;
        bits.bit()?;
        if bits.flag()? {
            for index in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if index < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.exp_golomb()?;
    match bits.exp_golomb()? {
        0 => {
            bits.exp_golomb()?;
        }
        1 => {
            bits.bit()?;
            bits.signed_exp_golomb()?;
            bits.signed_exp_golomb()?;
            for _ in 0..bits.exp_golomb()?.min(255) {
                bits.signed_exp_golomb()?;
            }
        }
        _ => {}
    }
    bits.exp_golomb()?;
    bits.bit()?;
    let width_in_blocks = u64::from(bits.exp_golomb()?) + 1;
    let height_in_units = u64::from(bits.exp_golomb()?) + 1;
    let frames_only = bits.flag()?;
    if !frames_only {
        bits.bit()?;
    }
    bits.bit()?;
    let mut crop = [0u64; 4];
    if bits.flag()? {
        for side in &mut crop {
            *side = u64::from(bits.exp_golomb()?);
        }
    }
    let (crop_x, crop_y) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let fields = if frames_only { 1 } else { 2 };
    let width = (width_in_blocks * 16).checked_sub((crop[0] + crop[1]) * crop_x)?;
    let height = (height_in_units * 16 * fields).checked_sub((crop[2] + crop[3]) * crop_y * fields)?;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}

fn skip_scaling_list(bits: &mut Bits<'_>, entries: usize) -> Option<()> {
    let (mut last, mut next) = (8i64, 8i64);
    for _ in 0..entries {
        if next != 0 {
            next = (last + i64::from(bits.signed_exp_golomb()?)).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constrained baseline, 640x360 (so cropped from 640x368).
    const SPS_640X360: &[u8] = &[0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0xa0, 0x2f, 0xf9];

    #[test]
    fn a_parameter_set_starts_a_key_frame() {
        assert!(inspect(SPS_640X360).key_frame);
        let mut stap = vec![0x78, 0, SPS_640X360.len() as u8];
        stap.extend(SPS_640X360);
        stap.extend([0, 2, 0x68, 0xce]);
        assert!(inspect(&stap).key_frame);
    }

    #[test]
    fn only_the_first_fragment_of_an_idr_starts_one() {
        assert!(inspect(&[0x7c, 0x85, 1, 2]).key_frame);
        assert!(!inspect(&[0x7c, 0x05, 1, 2]).key_frame);
        assert!(!inspect(&[0x7c, 0x45, 1, 2]).key_frame);
        assert!(!inspect(&[0x7c, 0x81, 1, 2]).key_frame);
        assert!(!inspect(&[0x41, 1]).key_frame);
    }

    #[test]
    fn a_length_that_points_outside_ends_the_look() {
        assert!(!inspect(&[0x78, 0xff, 0xff, 0x67]).key_frame);
    }

    #[test]
    fn reads_sizes() {
        // profile 66, level 31, sps id 0, log2 frame num 4, poc type 2, refs 1, no gaps, 40 x 23 macroblocks,
        // frames only, direct 8x8, crop bottom 4 (x2 = 8): written with the same bit order as the standard.
        let mut bits = String::new();
        bits.push_str(&format!("{:08b}{:08b}{:08b}", 66, 0, 31));
        for value in [0u32, 0, 2, 1] {
            bits.push_str(&golomb(value));
        }
        bits.push('0');
        bits.push_str(&golomb(39));
        bits.push_str(&golomb(22));
        bits.push_str("111");
        for value in [0u32, 0, 0, 4] {
            bits.push_str(&golomb(value));
        }
        bits.push_str("01");
        while !bits.len().is_multiple_of(8) {
            bits.push('0');
        }
        let mut unit = vec![0x67];
        unit.extend(bits.as_bytes().chunks(8).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 2).unwrap()));
        assert_eq!(inspect(&unit).size, Some((640, 360)));
    }

    fn golomb(value: u32) -> String {
        let text = format!("{:b}", value + 1);
        format!("{}{}", "0".repeat(text.len() - 1), text)
    }
}
