//! Redundant sound (RFC 2198): a packet brings earlier blocks again before the one that is new.

/// Says that another header follows, and that this one has a length.
const MORE: u8 = 0x80;

/// The block that is new, for a receiver that did not take RED; `None` if there is none.
pub fn primary(payload: &[u8]) -> Option<&[u8]> {
    let (mut rest, mut redundant) = (payload, 0);
    while rest.first()? & MORE != 0 {
        // Payload type, 14 bits of time offset, 10 bits of length.
        let ([_, _, high, low], after) = rest.split_first_chunk()?;
        redundant += usize::from(u16::from_be_bytes([high & 0b11, *low]));
        rest = after;
    }
    rest.get(1 + redundant..).filter(|block| !block.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A payload of these blocks, the new one last.
    fn red(blocks: &[&[u8]]) -> Vec<u8> {
        let (new, earlier) = blocks.split_last().unwrap();
        let mut payload = Vec::new();
        for (age, block) in (1..=earlier.len() as u32).rev().zip(earlier) {
            payload.extend(((1 << 31) | 111 << 24 | (age * 960) << 10 | block.len() as u32).to_be_bytes());
        }
        payload.push(111);
        payload.extend(earlier.concat());
        payload.extend(*new);
        payload
    }

    #[test]
    fn the_new_block_is_the_last() {
        assert_eq!(primary(&red(&[b"new"])), Some(&b"new"[..]));
        assert_eq!(primary(&red(&[b"old", b"new"])), Some(&b"new"[..]));
        assert_eq!(primary(&red(&[&[1; 1023], &[], b"new"])), Some(&b"new"[..]));
    }

    #[test]
    fn what_is_cut_off_has_none() {
        let whole = red(&[b"older", b"old", b"n"]);
        for end in 0..whole.len() {
            assert_eq!(primary(&whole[..end]), None, "{end} bytes");
        }
        assert_eq!(primary(&[0xff; 40]), None, "headers without an end");
    }

    proptest! {
        #[test]
        fn every_payload_of_blocks_is_read(blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..5), new in proptest::collection::vec(any::<u8>(), 1..200)) {
            let all: Vec<&[u8]> = blocks.iter().map(Vec::as_slice).chain([new.as_slice()]).collect();
            let payload = red(&all);
            prop_assert_eq!(primary(&payload), Some(new.as_slice()));
        }

        #[test]
        fn nothing_panics(payload in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(primary(&payload).is_none_or(|block| payload.ends_with(block)));
        }
    }
}
