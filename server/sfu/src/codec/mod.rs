//! What the forwarding plane must know of a payload: does a key frame start here, how large is it, which fields
//! must stay continuous across a layer switch. Everything else is opaque.

mod av1;
mod bits;
mod h264;
mod red;
mod vp8;
mod vp9;

pub use red::primary as red_primary;
pub use vp8::{Fields as Vp8Fields, Shift as Vp8Shift, Shifted as Vp8Shifted};

use lianxian_model::media::Codec;

/// What one packet's payload says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// A key frame starts with this packet.
    pub key_frame: bool,
    /// Width and height in pixels, where the payload tells them.
    pub size: Option<(u16, u16)>,
    pub vp8: Option<Vp8Fields>,
}

/// Looks into a payload. Never fails: what cannot be read is opaque.
pub fn inspect(codec: Codec, payload: &[u8]) -> Inspection {
    match codec {
        Codec::Opus | Codec::Red => Inspection::default(),
        Codec::Vp8 => vp8::inspect(payload).unwrap_or_default(),
        Codec::H264 => h264::inspect(payload),
        Codec::Vp9 => vp9::inspect(payload).unwrap_or_default(),
        Codec::Av1 => av1::inspect(payload).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_payload_panics(payload in proptest::collection::vec(any::<u8>(), 0..80)) {
            for codec in [Codec::Opus, Codec::Red, Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1] {
                let seen = inspect(codec, &payload);
                if let Some(fields) = seen.vp8 {
                    let mut copy = [0; 90];
                    let shift = Vp8Shift { picture_id: 7, tl0_picture_index: 3, key_index: 1 };
                    let grown = usize::from(fields.picture_id.is_some() && !fields.long_picture_id);
                    prop_assert_eq!(shift.write(&fields, &payload, &mut copy), Some(payload.len() + grown));
                }
            }
        }
    }
}
