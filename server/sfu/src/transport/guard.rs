//! Looks at SCTP packets before the crate does, and keeps away what it cannot bear: error causes that run past their chunk (it would
//! panic), sequence numbers skipped far ahead (it would count up to them, one by one), and streams without number.

const COMMON_HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;
const DATA: u8 = 0;
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const SACK: u8 = 3;
const ABORT: u8 = 6;
const ERROR: u8 = 9;
const FORWARD_TSN: u8 = 192;
/// Farther ahead of what was acknowledged than any window of ours lets an honest sender be.
const MAX_TSN_STEP: u32 = 1 << 16;
/// Stream ids above are not for us: browsers use as many.
pub const MAX_STREAM_ID: u16 = 1023;

/// The chunks of a packet, as (type, value). `None` in the place of one that does not fit ends it.
fn chunks(packet: &[u8]) -> impl Iterator<Item = Option<(u8, &[u8])>> {
    let mut rest = packet.get(COMMON_HEADER..);
    std::iter::from_fn(move || {
        let bytes = match rest {
            Some([]) => return None,
            // Shorter than a header: said once.
            None if packet.len() >= COMMON_HEADER => return None,
            None => &[][..],
            Some(bytes) => bytes,
        };
        let chunk = bytes.first().copied().zip(u16_at(bytes, 2)).and_then(|(kind, length)| {
            let length = usize::from(length);
            let body = bytes.get(CHUNK_HEADER..length)?;
            // Chunks are padded to four bytes; the last one's padding may be missing.
            rest = Some(bytes.get(length.next_multiple_of(4)..).unwrap_or_default());
            Some((kind, body))
        });
        if chunk.is_none() {
            rest = Some(&[]);
        }
        Some(chunk)
    })
}

/// May the packet go on to the crate, whatever association it is for?
pub(super) fn is_sound(packet: &[u8]) -> bool {
    chunks(packet).all(|chunk| {
        let Some((kind, body)) = chunk else { return false };
        match kind {
            ABORT | ERROR => causes_fit(body).is_some(),
            DATA => u16_at(body, 4).is_some_and(|stream| stream <= MAX_STREAM_ID),
            FORWARD_TSN => body.len() >= 4 && body.len() % 4 == 0,
            _ => true,
        }
    })
}

/// Does it (try to) begin an association? An INIT stands alone in its packet (RFC 9260, section 4.3).
pub(super) fn begins(packet: &[u8]) -> bool {
    chunks(packet).flatten().any(|(kind, _)| kind == INIT)
}

/// How far one association came, as it says itself. What the other side claims moves nothing.
#[derive(Debug, Default)]
pub(super) struct Horizon {
    acknowledged: Option<u32>,
}

impl Horizon {
    /// From the packet that began the association.
    pub fn of(packet: &[u8]) -> Self {
        let initial = chunks(packet).flatten().find(|(kind, _)| matches!(*kind, INIT | INIT_ACK));
        Self { acknowledged: initial.and_then(|(_, body)| u32_at(body, 12)).map(|tsn| tsn.wrapping_sub(1)) }
    }

    /// Learns from what the association sends.
    pub fn sent(&mut self, packet: &[u8]) {
        if let Some((_, body)) = chunks(packet).flatten().find(|(kind, _)| *kind == SACK) {
            self.acknowledged = u32_at(body, 0).or(self.acknowledged);
        }
    }

    /// May the packet go on to the association?
    pub fn admits(&self, packet: &[u8]) -> bool {
        chunks(packet).flatten().filter(|(kind, _)| *kind == FORWARD_TSN).all(|(_, body)| {
            let (Some(tsn), Some(from)) = (u32_at(body, 0), self.acknowledged) else { return false };
            let step = tsn.wrapping_sub(from);
            // Behind is the crate's to ignore.
            step <= MAX_TSN_STEP || step >= 1 << 31
        })
    }
}

fn causes_fit(mut causes: &[u8]) -> Option<()> {
    while !causes.is_empty() {
        let length = usize::from(u16_at(causes, 2)?);
        if length < CHUNK_HEADER || length > causes.len() {
            return None;
        }
        causes = causes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; COMMON_HEADER];
        packet.extend_from_slice(&[kind, 0]);
        packet.extend_from_slice(&((CHUNK_HEADER + body.len()) as u16).to_be_bytes());
        packet.extend_from_slice(body);
        packet
    }

    fn init(tsn: u32) -> Vec<u8> {
        packet(INIT, &[&[0; 12][..], &tsn.to_be_bytes()].concat())
    }

    fn forward(tsn: u32) -> Vec<u8> {
        packet(FORWARD_TSN, &tsn.to_be_bytes())
    }

    fn acknowledgement(tsn: u32) -> Vec<u8> {
        packet(SACK, &[&tsn.to_be_bytes()[..], &[0; 8]].concat())
    }

    #[test]
    fn causes_that_run_past_their_chunk_are_kept_away() {
        assert!(is_sound(&packet(ABORT, &[0, 12, 0, 4])));
        for kind in [ABORT, ERROR] {
            assert!(!is_sound(&packet(kind, &[0, 12, 0, 200])));
            assert!(!is_sound(&packet(kind, &[0, 12, 0, 3])));
            assert!(!is_sound(&packet(kind, &[0, 12])));
        }
    }

    #[test]
    fn a_leap_of_the_sequence_is_kept_away() {
        let mut horizon = Horizon::of(&init(10));
        assert!(horizon.admits(&forward(20)));
        assert!(horizon.admits(&forward(5)), "an old one is the crate's to ignore");
        assert!(!horizon.admits(&forward(0x7000_0000)));
        assert!(!horizon.admits(&forward(10 + MAX_TSN_STEP)));
        horizon.sent(&acknowledgement(5000));
        assert!(horizon.admits(&forward(10 + MAX_TSN_STEP)));
    }

    #[test]
    fn the_sequence_may_wrap() {
        let horizon = Horizon::of(&init(0));
        assert!(horizon.admits(&forward(3)) && horizon.admits(&forward(u32::MAX)));
        assert!(!Horizon::default().admits(&forward(3)), "nothing is known yet");
    }

    #[test]
    fn streams_have_an_end() {
        let data = |stream: u16| packet(DATA, &[&[0, 0, 0, 1][..], &stream.to_be_bytes(), &[0; 6]].concat());
        assert!(is_sound(&data(MAX_STREAM_ID)));
        assert!(!is_sound(&data(MAX_STREAM_ID + 1)));
    }

    #[test]
    fn chunks_that_do_not_fit_are_kept_away() {
        let mut cut = packet(DATA, &[0; 12]);
        cut.truncate(20);
        assert!(!is_sound(&cut));
        assert!(!is_sound(&[0; 5]));
        assert!(begins(&init(1)) && !begins(&cut));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_or_loop(bytes in proptest::collection::vec(0u8..8, 0..200)) {
            is_sound(&bytes);
            begins(&bytes);
            let mut horizon = Horizon::of(&bytes);
            horizon.sent(&bytes);
            horizon.admits(&bytes);
        }
    }
}
