//! Looks at SCTP packets before the crate does, and keeps away what it cannot bear: error causes that run past their chunk (it would
//! panic), sequence numbers skipped far ahead (it would count up to them, one by one, or keep what lies beyond without end), data without
//! a byte, resets of streams that wait for data to come (each is answered anew with every packet), and streams without number.

const COMMON_HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;
const DATA: u8 = 0;
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const SACK: u8 = 3;
const ABORT: u8 = 6;
const ERROR: u8 = 9;
const RE_CONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;
/// The parameter by which a sender resets streams of its own (RFC 6525, section 4.1).
const OUTGOING_RESET: u16 = 13;
/// What stands in a data chunk before the data (RFC 9260, section 3.3.1).
const DATA_HEADER: usize = 12;
/// Farther ahead of what was acknowledged than any window of ours lets an honest sender be.
const MAX_TSN_STEP: u32 = 1 << 16;
/// The same of data: each chunk that waits for one before it is looked at with every packet. A sender repeats what is kept away.
const MAX_DATA_STEP: u32 = 1 << 12;
/// Resets in an association's life: a client closes its few channels once.
const MAX_RESETS: u32 = 64;
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
            DATA => body.len() > DATA_HEADER && u16_at(body, 4).is_some_and(|stream| stream <= MAX_STREAM_ID),
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
    resets: u32,
}

impl Horizon {
    /// From the packet that began the association.
    pub fn of(packet: &[u8]) -> Self {
        let initial = chunks(packet).flatten().find(|(kind, _)| matches!(*kind, INIT | INIT_ACK));
        let acknowledged = initial.and_then(|(_, body)| u32_at(body, 12)).map(|tsn| tsn.wrapping_sub(1));
        Self { acknowledged, resets: 0 }
    }

    /// Learns from what the association sends.
    pub fn sent(&mut self, packet: &[u8]) {
        if let Some((_, body)) = chunks(packet).flatten().find(|(kind, _)| *kind == SACK) {
            self.acknowledged = u32_at(body, 0).or(self.acknowledged);
        }
    }

    /// May the packet go on to the association?
    pub fn admits(&mut self, packet: &[u8]) -> bool {
        let resets = chunks(packet).flatten().filter(|(kind, _)| *kind == RE_CONFIG).count();
        self.resets = self.resets.saturating_add(resets as u32);
        (resets == 0 || self.resets <= MAX_RESETS)
            && chunks(packet).flatten().all(|(kind, body)| match kind {
                DATA => self.reaches(u32_at(body, 0), MAX_DATA_STEP),
                FORWARD_TSN => self.reaches(u32_at(body, 0), MAX_TSN_STEP),
                // One that comes before the last data is repeated after it.
                RE_CONFIG => last_numbers(body).is_some_and(|all| all.iter().all(|tsn| self.reaches(Some(*tsn), 0))),
                _ => true,
            })
    }

    /// Whether a sequence number is no further ahead than so many. What lies behind is the crate's to ignore.
    fn reaches(&self, tsn: Option<u32>, most: u32) -> bool {
        let (Some(tsn), Some(from)) = (tsn, self.acknowledged) else { return false };
        let step = tsn.wrapping_sub(from);
        step <= most || step >= 1 << 31
    }
}

/// The sequence numbers after which the resets of a RE-CONFIG chunk are to happen; `None` if a parameter does not fit.
fn last_numbers(mut parameters: &[u8]) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    while !parameters.is_empty() {
        let (kind, length) = (u16_at(parameters, 0)?, usize::from(u16_at(parameters, 2)?));
        let parameter = parameters.get(..length).filter(|_| length >= CHUNK_HEADER)?;
        if kind == OUTGOING_RESET {
            found.push(u32_at(parameter, 12)?);
        }
        parameters = parameters.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(found)
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

    fn data(tsn: u32, stream: u16, payload: &[u8]) -> Vec<u8> {
        packet(DATA, &[&tsn.to_be_bytes()[..], &stream.to_be_bytes(), &[0; 6], payload].concat())
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
        let mut horizon = Horizon::of(&init(0));
        assert!(horizon.admits(&forward(3)) && horizon.admits(&forward(u32::MAX)));
        assert!(!Horizon::default().admits(&forward(3)), "nothing is known yet");
    }

    #[test]
    fn streams_have_an_end() {
        assert!(is_sound(&data(1, MAX_STREAM_ID, &[7])));
        assert!(!is_sound(&data(1, MAX_STREAM_ID + 1, &[7])));
    }

    #[test]
    fn data_without_a_byte_and_data_far_ahead_are_kept_away() {
        assert!(!is_sound(&data(1, 1, &[])));
        let mut horizon = Horizon::of(&init(10));
        assert!(horizon.admits(&data(9 + MAX_DATA_STEP, 1, &[7])));
        assert!(!horizon.admits(&data(10 + MAX_DATA_STEP, 1, &[7])));
        assert!(horizon.admits(&data(3, 1, &[7])), "one that comes again is the crate's to ignore");
    }

    #[test]
    fn resets_wait_for_the_data_before_them_and_have_an_end() {
        let reset = |tsn: u32| {
            let parameter = [&[0, 13, 0, 18, 0, 0, 0, 1, 0, 0, 0, 2][..], &tsn.to_be_bytes(), &[0, 1]].concat();
            packet(RE_CONFIG, &parameter)
        };
        let mut horizon = Horizon::of(&init(10));
        assert!(!horizon.admits(&reset(10)), "its data is not here");
        horizon.sent(&acknowledgement(10));
        for _ in 1..MAX_RESETS {
            assert!(horizon.admits(&reset(10)));
        }
        assert!(!horizon.admits(&reset(10)));
        assert!(horizon.admits(&data(11, 1, &[7])), "all else goes on");
        assert!(!Horizon::of(&init(10)).admits(&packet(RE_CONFIG, &[0, 13, 0, 3])));
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
