//! VP8 over RTP (RFC 7741): the payload descriptor, and moving its counters.

use super::Inspection;

/// Where the counters of a payload descriptor lie, and their values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Offset and whether it is the 15-bit form.
    pub picture_id: Option<Counter<u16>>,
    pub long_picture_id: bool,
    pub tl0_picture_index: Option<Counter<u8>>,
    pub key_index: Option<Counter<u8>>,
    pub temporal_layer: u8,
}

/// A counter of the descriptor: its byte offset in the payload and its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter<T> {
    pub at: u8,
    pub value: T,
}

/// What to add to each counter, so that a receiver sees no jump at a layer switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    pub picture_id: u16,
    pub tl0_picture_index: u8,
    pub key_index: u8,
}

impl Shift {
    /// The shift that makes `first` follow `last`.
    pub fn following(last: &Shifted, first: &Fields) -> Self {
        Self {
            picture_id: first.picture_id.map_or(0, |c| last.picture_id.wrapping_add(1).wrapping_sub(c.value) & 0x7fff),
            tl0_picture_index: first
                .tl0_picture_index
                .map_or(0, |c| last.tl0_picture_index.wrapping_add(1).wrapping_sub(c.value)),
            key_index: first.key_index.map_or(0, |c| last.key_index.wrapping_add(1).wrapping_sub(c.value) & 0x1f),
        }
    }

    /// The counters as a receiver sees them. A picture id always goes out in its 15-bit form: receivers unwrap it in that width, and
    /// publishers that begin with the 7-bit form change to the other in mid-stream.
    pub fn shifted(&self, fields: &Fields) -> Shifted {
        Shifted {
            picture_id: fields.picture_id.map_or(0, |c| c.value.wrapping_add(self.picture_id) & 0x7fff),
            tl0_picture_index: fields.tl0_picture_index.map_or(0, |c| c.value.wrapping_add(self.tl0_picture_index)),
            key_index: fields.key_index.map_or(0, |c| c.value.wrapping_add(self.key_index) & 0x1f),
        }
    }

    /// Writes the payload with its counters shifted to the head of `target`; its length, or `None` if it does not fit.
    pub fn write(&self, fields: &Fields, payload: &[u8], target: &mut [u8]) -> Option<usize> {
        let to = self.shifted(fields);
        let mut grown = 0;
        match fields.picture_id {
            Some(counter) => {
                let at = usize::from(counter.at);
                let (head, rest) = payload.split_at_checked(at)?;
                let rest = rest.get(if fields.long_picture_id { 2 } else { 1 }..)?;
                grown = usize::from(!fields.long_picture_id);
                target.get_mut(..at)?.copy_from_slice(head);
                target.get_mut(at..at + 2)?.copy_from_slice(&(to.picture_id | 0x8000).to_be_bytes());
                target.get_mut(at + 2..payload.len() + grown)?.copy_from_slice(rest);
            }
            None => target.get_mut(..payload.len())?.copy_from_slice(payload),
        }
        if let Some(counter) = fields.tl0_picture_index {
            *target.get_mut(usize::from(counter.at) + grown)? = to.tl0_picture_index;
        }
        if let Some(counter) = fields.key_index {
            let byte = target.get_mut(usize::from(counter.at) + grown)?;
            *byte = *byte & 0xe0 | to.key_index;
        }
        Some(payload.len() + grown)
    }
}

/// Counter values after a shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shifted {
    pub picture_id: u16,
    pub tl0_picture_index: u8,
    pub key_index: u8,
}

pub(super) fn inspect(payload: &[u8]) -> Option<Inspection> {
    let &first = payload.first()?;
    let start_of_partition = first & 0x10 != 0;
    let partition = first & 0x07;
    let mut at = 1usize;
    let mut fields = Fields::default();
    if first & 0x80 != 0 {
        let &flags = payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            let &byte = payload.get(at)?;
            if byte & 0x80 != 0 {
                let &low = payload.get(at + 1)?;
                fields.long_picture_id = true;
                fields.picture_id = Some(Counter { at: at as u8, value: u16::from_be_bytes([byte & 0x7f, low]) });
                at += 2;
            } else {
                fields.picture_id = Some(Counter { at: at as u8, value: u16::from(byte) });
                at += 1;
            }
        }
        if flags & 0x40 != 0 {
            fields.tl0_picture_index = Some(Counter { at: at as u8, value: *payload.get(at)? });
            at += 1;
        }
        if flags & 0x30 != 0 {
            let &byte = payload.get(at)?;
            if flags & 0x20 != 0 {
                fields.temporal_layer = byte >> 6;
            }
            if flags & 0x10 != 0 {
                fields.key_index = Some(Counter { at: at as u8, value: byte & 0x1f });
            }
            at += 1;
        }
    }
    let frame = payload.get(at..)?;
    // The frame header (RFC 6386, 9.1): an inverse key frame bit, then for key frames a start code and the size.
    let key_frame = start_of_partition && partition == 0 && frame.first().is_some_and(|byte| byte & 1 == 0);
    let size = match frame {
        [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] if key_frame => {
            Some((u16::from_le_bytes([*w0, *w1]) & 0x3fff, u16::from_le_bytes([*h0, *h1]) & 0x3fff))
        }
        _ => None,
    };
    Some(Inspection { key_frame, size, vp8: Some(fields) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[0x90, 0xf0, 0x92, 0x34, 0x56, 0x45, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01];

    #[test]
    fn reads_a_key_frame_with_all_fields() {
        let seen = inspect(KEY).unwrap();
        assert!(seen.key_frame);
        assert_eq!(seen.size, Some((640, 480)));
        let fields = seen.vp8.unwrap();
        assert_eq!(fields.picture_id.unwrap().value, 0x1234);
        assert_eq!(fields.tl0_picture_index.unwrap().value, 0x56);
        assert_eq!(fields.key_index.unwrap().value, 5);
        assert_eq!(fields.temporal_layer, 1);
    }

    #[test]
    fn a_later_packet_of_the_frame_starts_nothing() {
        let mut bytes = KEY.to_vec();
        bytes[0] &= !0x10;
        assert!(!inspect(&bytes).unwrap().key_frame);
        bytes[0] = 0x91;
        assert!(!inspect(&bytes).unwrap().key_frame);
        let mut delta = KEY.to_vec();
        delta[6] |= 1;
        assert!(!inspect(&delta).unwrap().key_frame);
    }

    #[test]
    fn shifts_each_counter_in_its_own_width() {
        let fields = inspect(KEY).unwrap().vp8.unwrap();
        let last = Shifted { picture_id: 0x7fff, tl0_picture_index: 255, key_index: 31 };
        let shift = Shift::following(&last, &fields);
        let mut bytes = [0; 32];
        assert_eq!(shift.write(&fields, KEY, &mut bytes), Some(KEY.len()));
        let moved = inspect(&bytes).unwrap().vp8.unwrap();
        assert_eq!(moved.picture_id.unwrap().value, 0);
        assert_eq!(moved.tl0_picture_index.unwrap().value, 0);
        assert_eq!(moved.key_index.unwrap().value, 0);
        assert_eq!(moved.temporal_layer, 1, "the temporal layer in the same byte stays");
        assert_eq!(&bytes[6..KEY.len()], &KEY[6..]);
        assert_eq!(shift.write(&fields, KEY, &mut bytes[..KEY.len() - 1]), None, "no room");
    }

    #[test]
    fn the_short_form_goes_out_long_and_does_not_wrap_where_it_changes() {
        let shift = Shift { picture_id: 71, ..Shift::default() };
        let mut shown = Vec::new();
        for bytes in [&[0x90, 0xc0, 0x7f, 9, 0x01][..], &[0x90, 0xc0, 0x80, 0x80, 9, 0x01]] {
            let fields = inspect(bytes).unwrap().vp8.unwrap();
            let mut moved = [0; 8];
            let len = shift.write(&fields, bytes, &mut moved).unwrap();
            assert_eq!((len, &moved[4..6]), (6, &[9, 0x01][..]));
            shown.push(inspect(&moved[..len]).unwrap().vp8.unwrap().picture_id.unwrap().value);
        }
        assert_eq!(shown, [198, 199]);
    }
}
