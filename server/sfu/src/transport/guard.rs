//! Looks at SCTP packets before the crate does, and keeps away what it cannot bear: error causes that run past their chunk (it would
//! panic), sequence numbers skipped far ahead (it would count up to them, one by one, or keep what lies beyond without end), data without
//! a byte or beyond all room, acknowledgements that name the same over and over, resets of streams that wait for data to come (each is
//! answered anew with every packet), and streams without number.
//!
//! The crate goes on behind a chunk by what it read of it, not by the chunk's length. So only chunks pass of which it reads every byte:
//! else there would be chunks in the rest that are not looked at here.

use super::channels::RECEIVE_BUFFER_BYTES;

const COMMON_HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;
const DATA: u8 = 0;
const INIT: u8 = 1;
const SACK: u8 = 3;
const HEARTBEAT: u8 = 4;
const ABORT: u8 = 6;
const SHUTDOWN: u8 = 7;
const SHUTDOWN_ACK: u8 = 8;
const ERROR: u8 = 9;
const COOKIE_ECHO: u8 = 10;
const SHUTDOWN_COMPLETE: u8 = 14;
const RE_CONFIG: u8 = 130;
const FORWARD_TSN: u8 = 192;
/// The parameter by which a sender resets streams of its own (RFC 6525, section 4.1).
const OUTGOING_RESET: u16 = 13;
/// And its answer, without the optional numbers (section 4.4).
const RESET_ANSWER: u16 = 16;
const RESET_ANSWER_LENGTH: usize = 12;
/// What an outgoing reset has before its streams.
const RESET_HEADER: usize = 16;
/// The only parameter of a heartbeat (RFC 9260, section 3.3.5).
const HEARTBEAT_INFO: u16 = 1;
/// What stands in an acknowledgement before its blocks (section 3.3.4).
const SACK_HEADER: usize = 12;
/// What stands in a data chunk before the data (RFC 9260, section 3.3.1).
const DATA_HEADER: usize = 12;
/// Farther ahead of what was acknowledged than any window of ours lets an honest sender be.
const MAX_TSN_STEP: u32 = 1 << 16;
/// The same of data: each chunk that waits for one before it is looked at with every packet. A sender repeats what is kept away.
const MAX_DATA_STEP: u32 = 1 << 12;
/// Resets in an association's life: a client closes its few channels once.
const MAX_RESETS: u32 = 64;
/// Chunks of data held back for others to come, at most: as long as no message is whole the crate takes them beyond its window, and it
/// looks through all of them for each.
const MAX_HELD_CHUNKS: u32 = 1 << 12;
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
    let count = |wanted: u8| chunks(packet).flatten().filter(|(kind, _)| *kind == wanted).count();
    // Each of these is answered, or gone through, by itself: one is enough.
    let are_single = [SACK, HEARTBEAT, FORWARD_TSN].into_iter().all(|kind| count(kind) <= 1);
    let fits = |chunk: Option<(u8, &[u8])>| {
        let Some((kind, body)) = chunk else { return false };
        match kind {
            DATA => body.len() > DATA_HEADER && u16_at(body, 4).is_some_and(|stream| stream <= MAX_STREAM_ID),
            // The crate lets no INIT pass that has another chunk behind it, and a cookie is all that is in its chunk.
            INIT | COOKIE_ECHO => true,
            SACK => acknowledges_soundly(body),
            HEARTBEAT => {
                u16_at(body, 0) == Some(HEARTBEAT_INFO) && u16_at(body, 2).map(usize::from) == Some(body.len())
            }
            ABORT | ERROR => causes_fit(body).is_some(),
            SHUTDOWN => body.len() == 4,
            SHUTDOWN_ACK | SHUTDOWN_COMPLETE => body.is_empty(),
            RE_CONFIG => resets(body).is_some(),
            FORWARD_TSN => body.len() >= 4 && body.len() % 4 == 0,
            // We begin no association, and the rest is unknown to the crate.
            _ => false,
        }
    };
    are_single && chunks(packet).all(fits)
}

/// The blocks of an acknowledgement, in ascending order and apart from each other, fill it to the end with the repetitions.
fn acknowledges_soundly(body: &[u8]) -> bool {
    let (Some(blocks), Some(repeated)) = (u16_at(body, 8), u16_at(body, 10)) else { return false };
    let (blocks, repeated) = (usize::from(blocks), usize::from(repeated));
    if body.len() != SACK_HEADER + 4 * (blocks + repeated) {
        return false;
    }
    let mut last = 0;
    (0..blocks).all(|block| {
        let at = SACK_HEADER + 4 * block;
        let (Some(from), Some(to)) = (u16_at(body, at), u16_at(body, at + 2)) else { return false };
        let rises = last < from && from <= to;
        last = to;
        rises
    })
}

/// Does it (try to) begin an association? An INIT stands alone in its packet (RFC 9260, section 4.3).
pub(super) fn begins(packet: &[u8]) -> bool {
    chunks(packet).flatten().any(|(kind, _)| kind == INIT)
}

/// How far one association came, as it says itself. What the other side claims moves nothing.
#[derive(Debug)]
pub(super) struct Horizon {
    acknowledged: Option<u32>,
    /// The highest number that was admitted.
    highest: Option<u32>,
    /// The room that it has left, in bytes.
    room: u32,
    /// Chunks of data that it may hold: those that came, but no more than the bytes that it held at its last acknowledgement.
    held: u32,
    resets: u32,
}

impl Horizon {
    /// From the packet that began the association.
    pub fn of(packet: &[u8]) -> Self {
        let initial = chunks(packet).flatten().find(|(kind, _)| *kind == INIT);
        let acknowledged = initial.and_then(|(_, body)| u32_at(body, 12)).map(|tsn| tsn.wrapping_sub(1));
        Self { acknowledged, highest: acknowledged, room: RECEIVE_BUFFER_BYTES, held: 0, resets: 0 }
    }

    /// Learns from what the association sends.
    pub fn sent(&mut self, packet: &[u8]) {
        if let Some((_, body)) = chunks(packet).flatten().find(|(kind, _)| *kind == SACK) {
            self.acknowledged = u32_at(body, 0).or(self.acknowledged);
            self.room = u32_at(body, 4).unwrap_or(self.room);
            // Each has a byte at least: whatever was delivered or came twice is not held.
            self.held = self.held.min(RECEIVE_BUFFER_BYTES.saturating_sub(self.room));
        }
    }

    /// May the packet go on to the association?
    pub fn admits(&mut self, packet: &[u8]) -> bool {
        chunks(packet).flatten().all(|(kind, body)| match kind {
            DATA => self.admits_data(u32_at(body, 0)),
            FORWARD_TSN => self.reaches(u32_at(body, 0), MAX_TSN_STEP),
            RE_CONFIG => {
                self.resets = self.resets.saturating_add(1);
                // One that comes before the last data is repeated after it.
                let are_due = |all: Vec<u32>| all.iter().all(|tsn| self.reaches(Some(*tsn), 0));
                self.resets <= MAX_RESETS && resets(body).is_some_and(are_due)
            }
            _ => true,
        })
    }

    /// What fills a gap always may; what is new only while there is room for it. A sender repeats what is kept away.
    fn admits_data(&mut self, tsn: Option<u32>) -> bool {
        let (Some(tsn), Some(highest)) = (tsn, self.highest) else { return false };
        if !self.reaches(Some(tsn), MAX_DATA_STEP) {
            return false;
        }
        let ahead = tsn.wrapping_sub(highest);
        let is_new = ahead > 0 && ahead < 1 << 31;
        if is_new && (self.room == 0 || self.held >= MAX_HELD_CHUNKS) {
            return false;
        }
        if is_new {
            self.highest = Some(tsn);
        }
        self.held = self.held.saturating_add(1);
        true
    }

    /// Whether a sequence number is no further ahead than so many. What lies behind is the crate's to ignore.
    fn reaches(&self, tsn: Option<u32>, most: u32) -> bool {
        let (Some(tsn), Some(from)) = (tsn, self.acknowledged) else { return false };
        let step = tsn.wrapping_sub(from);
        step <= most || step >= 1 << 31
    }
}

/// The sequence numbers after which the resets of a RE-CONFIG chunk are to happen; `None` if a parameter does not fit, or more than two.
fn resets(body: &[u8]) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    let mut rest = body;
    for _ in 0..2 {
        let (kind, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let parameter = rest.get(..length)?;
        match kind {
            OUTGOING_RESET if length >= RESET_HEADER && length % 2 == 0 => found.push(u32_at(parameter, 12)?),
            RESET_ANSWER if length == RESET_ANSWER_LENGTH => {}
            _ => return None,
        }
        if length == rest.len() {
            return Some(found);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// Error causes that follow each other without padding, as the crate reads them, to the end.
fn causes_fit(mut causes: &[u8]) -> Option<()> {
    while !causes.is_empty() {
        let length = usize::from(u16_at(causes, 2)?);
        causes = causes.get(length..).filter(|_| length >= CHUNK_HEADER)?;
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

    /// With so much room left.
    fn told(tsn: u32, room: u32) -> Vec<u8> {
        packet(SACK, &[&tsn.to_be_bytes()[..], &room.to_be_bytes(), &[0; 4]].concat())
    }

    fn acknowledgement(tsn: u32) -> Vec<u8> {
        told(tsn, RECEIVE_BUFFER_BYTES)
    }

    fn two(first: &[u8], second: &[u8]) -> Vec<u8> {
        [first, second.get(COMMON_HEADER..).unwrap()].concat()
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
        assert!(!Horizon::of(&forward(3)).admits(&forward(3)), "nothing is known yet");
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
    fn what_the_crate_would_not_read_to_its_end_is_kept_away() {
        let hidden = &forward(0x7000_0000)[COMMON_HEADER..];
        let answer = [&[0, 16, 0, 20][..], &[0; 16]].concat();
        for (kind, body) in [
            (2, [&[0; 16][..], hidden].concat()),
            (11, hidden.to_vec()),
            (SHUTDOWN_ACK, hidden.to_vec()),
            (SHUTDOWN_COMPLETE, hidden.to_vec()),
            (SHUTDOWN, [&[0; 4][..], hidden].concat()),
            (HEARTBEAT, [&[0, 1, 0, 8, 7, 7, 7, 7][..], hidden].concat()),
            (SACK, [&[0; 12][..], hidden].concat()),
            (RE_CONFIG, answer),
            (RE_CONFIG, [&[0, 16, 0, 12][..], &[0; 8], hidden].concat()),
            (ABORT, vec![0, 12, 0, 5, 1, 0, 0, 0]),
            (5, vec![0, 1, 0, 4]),
        ] {
            assert!(!is_sound(&packet(kind, &body)), "{kind}");
        }
        for (kind, body) in [
            (HEARTBEAT, vec![0, 1, 0, 8, 7, 7, 7, 7]),
            (RE_CONFIG, [&[0, 16, 0, 12][..], &[0; 8]].concat()),
            (ABORT, vec![0, 12, 0, 5, 1]),
            (COOKIE_ECHO, vec![7; 100]),
            (SHUTDOWN, vec![0; 4]),
        ] {
            assert!(is_sound(&packet(kind, &body)), "{kind}");
        }
        let heartbeat = packet(HEARTBEAT, &[0, 1, 0, 8, 7, 7, 7, 7]);
        assert!(is_sound(&two(&heartbeat, &data(1, 1, &[7; 4]))) && !is_sound(&two(&heartbeat, &heartbeat)));
    }

    #[test]
    fn acknowledgements_name_each_once_and_in_order() {
        let sack = |blocks: &[[u16; 2]]| {
            let head = [&[0; 8][..], &(blocks.len() as u16).to_be_bytes(), &[0, 0]].concat();
            let blocks: Vec<u8> = blocks.iter().flatten().flat_map(|number| number.to_be_bytes()).collect();
            packet(SACK, &[head, blocks].concat())
        };
        assert!(is_sound(&sack(&[])) && is_sound(&sack(&[[2, 5], [7, 7]])));
        for blocks in [&[[2, 5], [2, 5]][..], &[[5, 2]], &[[2, 5], [5, 9]], &[[7, 9], [2, 3]], &[[0, 3]]] {
            assert!(!is_sound(&sack(blocks)), "{blocks:?}");
        }
    }

    #[test]
    fn new_data_needs_room_and_what_fills_a_gap_does_not() {
        let mut horizon = Horizon::of(&init(10));
        assert!(horizon.admits(&data(10, 1, &[7])) && horizon.admits(&data(12, 1, &[7])));
        horizon.sent(&told(10, 0));
        assert!(!horizon.admits(&data(13, 1, &[7])));
        assert!(horizon.admits(&data(11, 1, &[7])) && horizon.admits(&data(12, 1, &[7])));
        horizon.sent(&told(12, 1));
        assert!(horizon.admits(&data(13, 1, &[7])));
    }

    /// The room that is left when so many bytes are held.
    fn room(held: u32) -> u32 {
        RECEIVE_BUFFER_BYTES - held
    }

    #[test]
    fn parts_of_what_is_never_whole_have_an_end() {
        let mut horizon = Horizon::of(&init(10));
        let taken = (10..).take_while(|tsn| {
            horizon.sent(&told(tsn - 1, room(tsn - 10)));
            horizon.admits(&data(*tsn, 1, &[7]))
        });
        assert_eq!(taken.count() as u32, MAX_HELD_CHUNKS);
        // Nor do gaps that are filled later count less.
        let mut horizon = Horizon::of(&init(0));
        let mut taken = 0;
        for end in (1..100_000).step_by(4_000) {
            let order = std::iter::once(end + 3_999).chain(end - 1..end + 3_999);
            taken += order.take_while(|tsn| horizon.admits(&data(*tsn, 1, &[7]))).count() as u32;
            horizon.sent(&told(end + 3_998, room(taken)));
        }
        assert!(taken < 3 * MAX_HELD_CHUNKS, "{taken}");
    }

    #[test]
    fn whole_messages_go_on_for_ever_whatever_is_held_when_they_are_acknowledged() {
        // Two chunks each, acknowledged after the first; then fifty each, acknowledged at every second chunk.
        for (chunks, messages, size) in [(2, 10_000, 1_100), (50, 1_000, 1_200)] {
            let mut horizon = Horizon::of(&init(0));
            let mut tsn = 0u32;
            for message in 0..messages {
                for chunk in 0..chunks {
                    assert!(horizon.admits(&data(tsn, 1, &[7; 8])), "message {message}, chunk {chunk}");
                    if tsn.is_multiple_of(2) {
                        let held = if chunk + 1 == chunks { 0 } else { (chunk + 1) * size };
                        horizon.sent(&told(tsn, room(held)));
                    }
                    tsn += 1;
                }
            }
        }
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
