//! RTP header extensions (RFC 8285): reading both forms, writing the short one where it fits.

const ONE_BYTE_PROFILE: u16 = 0xbede;
const TWO_BYTE_PROFILE: u16 = 0x1000;

/// Iterates over (id, value). Stops at the first element that does not fit.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    two_byte: bool,
    rest: &'a [u8],
}

impl<'a> Extensions<'a> {
    pub(super) fn new(profile: u16, block: &'a [u8]) -> Self {
        let two_byte = profile & 0xfff0 == TWO_BYTE_PROFILE;
        Self { two_byte, rest: if two_byte || profile == ONE_BYTE_PROFILE { block } else { &[] } }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&first, rest) = self.rest.split_first()?;
            if first == 0 {
                self.rest = rest;
                continue;
            }
            let (id, len, rest) = if self.two_byte {
                let (&len, rest) = rest.split_first()?;
                (first, usize::from(len), rest)
            } else {
                if first >> 4 == 15 {
                    self.rest = &[];
                    return None;
                }
                (first >> 4, usize::from(first & 0x0f) + 1, rest)
            };
            if len > rest.len() {
                self.rest = &[];
                return None;
            }
            let (value, rest) = rest.split_at(len);
            self.rest = rest;
            return Some((id, value));
        }
    }
}

/// The ids that one connection negotiated for the extensions known here; 0: not negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// RFC 9143.
    pub mid: u8,
    /// RFC 8852, both.
    pub rid: u8,
    pub repaired_rid: u8,
    /// RFC 6464.
    pub audio_level: u8,
    pub transport_sequence: u8,
    pub absolute_send_time: u8,
    /// AV1 RTP payload specification, appendix A.
    pub dependency_descriptor: u8,
}

/// What the extensions of one packet say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks<'a> {
    pub mid: Option<&'a [u8]>,
    pub rid: Option<&'a [u8]>,
    pub repaired_rid: Option<&'a [u8]>,
    pub audio_level: Option<u8>,
    pub transport_sequence: Option<u16>,
    pub dependency_descriptor: &'a [u8],
}

impl<'a> Marks<'a> {
    pub fn read(extensions: Extensions<'a>, ids: &ExtensionIds) -> Self {
        let mut marks = Self::default();
        // What was not negotiated has the id 0, which an element of one byte may bear as well.
        for (id, value) in extensions.filter(|(id, _)| *id != 0) {
            if id == ids.transport_sequence {
                marks.transport_sequence = value.first_chunk().map(|b| u16::from_be_bytes(*b));
            } else if id == ids.audio_level {
                marks.audio_level = value.first().copied();
            } else if id == ids.mid {
                marks.mid = Some(value);
            } else if id == ids.rid {
                marks.rid = Some(value);
            } else if id == ids.repaired_rid {
                marks.repaired_rid = Some(value);
            } else if id == ids.dependency_descriptor {
                marks.dependency_descriptor = value;
            }
        }
        marks
    }
}

/// Writes an extension block behind a fixed header that starts at `buffer[0]`.
pub struct ExtensionWriter<'a> {
    buffer: &'a mut [u8],
    start: usize,
    at: usize,
    two_byte: bool,
}

impl<'a> ExtensionWriter<'a> {
    /// `longest` is the longest value to come: above 16 bytes (or 0) needs the two-byte form.
    pub fn new(buffer: &'a mut [u8], start: usize, longest: usize) -> Self {
        Self { buffer, start, at: start + 4, two_byte: longest > 16 }
    }

    /// Appends one element; one that does not fit or has an id the form cannot carry is left out.
    pub fn put(&mut self, id: u8, value: &[u8]) {
        let head = if self.two_byte { 2 } else { 1 };
        let end = self.at + head + value.len();
        if id == 0 || value.is_empty() || end + 3 > self.buffer.len() {
            return;
        }
        if self.two_byte {
            if value.len() > 255 {
                return;
            }
            self.buffer[self.at] = id;
            self.buffer[self.at + 1] = value.len() as u8;
        } else {
            if id > 14 || value.len() > 16 {
                return;
            }
            self.buffer[self.at] = id << 4 | (value.len() - 1) as u8;
        }
        self.buffer[self.at + head..end].copy_from_slice(value);
        self.at = end;
    }

    /// Pads and writes the block's own header; returns where the payload starts. No elements: no block.
    pub fn finish(self) -> usize {
        let Self { buffer, start, mut at, two_byte } = self;
        if at == start + 4 {
            return start;
        }
        while !(at - start).is_multiple_of(4) {
            buffer[at] = 0;
            at += 1;
        }
        let words = ((at - start) / 4 - 1) as u16;
        let profile = if two_byte { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE };
        buffer[start..start + 2].copy_from_slice(&profile.to_be_bytes());
        buffer[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
        buffer[0] |= 0x10;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::super::Header;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_put_writes_no_block() {
        let mut buffer = [0u8; 40];
        assert_eq!(ExtensionWriter::new(&mut buffer, 12, 0).finish(), 12);
        assert_eq!(buffer[0], 0);
    }

    #[test]
    fn an_element_of_the_id_zero_is_nothing_that_was_negotiated() {
        // A one-byte block: an element of four bytes under the id 0, then two bytes under 3.
        let block = [0x03, 0, 9, 0, 9, 0x31, 0, 7];
        let packet = [&[0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 2][..], &block].concat();
        let extensions = || Header::parse(&packet).unwrap().extensions(&packet);
        let ids = ExtensionIds { audio_level: 3, ..ExtensionIds::default() };
        let marks = Marks::read(extensions(), &ids);
        assert_eq!((marks.transport_sequence, marks.mid), (None, None));
        assert_eq!(marks.audio_level, extensions().find(|(id, _)| *id == 3).map(|(_, value)| value[0]));
    }

    proptest! {
        #[test]
        fn written_is_read_back(
            elements in proptest::collection::vec((1u8..15, proptest::collection::vec(any::<u8>(), 1..40)), 0..6),
        ) {
            let mut buffer = [0u8; 400];
            buffer[0] = 0x80;
            let longest = elements.iter().map(|(_, v)| v.len()).max().unwrap_or(0);
            let mut writer = ExtensionWriter::new(&mut buffer, 12, longest);
            for (id, value) in &elements {
                writer.put(*id, value);
            }
            let payload = writer.finish();
            let header = Header::parse(&buffer[..payload + 3]).unwrap();
            prop_assert_eq!(header.payload(&buffer[..payload + 3]).len(), 3);
            let read: Vec<(u8, Vec<u8>)> = header.extensions(&buffer).map(|(id, v)| (id, v.to_vec())).collect();
            prop_assert_eq!(read, elements);
        }
    }
}
