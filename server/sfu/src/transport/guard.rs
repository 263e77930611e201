//! Looks at SCTP packets before the crate does, and keeps two kinds away that it cannot bear: error causes that run past their
//! chunk (it would panic), and sequence numbers far ahead (it would count up to them, one by one).

const COMMON_HEADER: usize = 12;
const CHUNK_HEADER: usize = 4;
const DATA: u8 = 0;
const INIT: u8 = 1;
const ABORT: u8 = 6;
const ERROR: u8 = 9;
const FORWARD_TSN: u8 = 192;
/// Farther ahead than any window lets an honest sender be.
const MAX_TSN_STEP: u32 = 1 << 14;

#[derive(Debug, Default)]
pub(super) struct Guard {
    newest_tsn: Option<u32>,
}

impl Guard {
    /// May the packet go on to the crate?
    pub fn admits(&mut self, packet: &[u8]) -> bool {
        self.inspect(packet).is_some()
    }

    fn inspect(&mut self, packet: &[u8]) -> Option<()> {
        let mut rest = packet.get(COMMON_HEADER..)?;
        while !rest.is_empty() {
            let kind = *rest.first()?;
            let length = usize::from(u16_at(rest, 2)?);
            let body = rest.get(CHUNK_HEADER..length)?;
            match kind {
                INIT => self.newest_tsn = Some(u32_at(body, 12)?.wrapping_sub(1)),
                DATA => self.advance(u32_at(body, 0)?)?,
                FORWARD_TSN => {
                    self.advance(u32_at(body, 0)?)?;
                    (body.len() % 4 == 0).then_some(())?;
                }
                ABORT | ERROR => causes_fit(body)?,
                _ => {}
            }
            // Chunks are padded to four bytes; the last one's padding may be missing.
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Some(())
    }

    fn advance(&mut self, tsn: u32) -> Option<()> {
        let newest = *self.newest_tsn.get_or_insert(tsn);
        let step = tsn.wrapping_sub(newest);
        if step < 1 << 31 {
            if step > MAX_TSN_STEP {
                return None;
            }
            self.newest_tsn = Some(tsn);
        }
        Some(())
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

    #[test]
    fn causes_that_run_past_their_chunk_are_kept_away() {
        assert!(Guard::default().admits(&packet(ABORT, &[0, 12, 0, 4])));
        for kind in [ABORT, ERROR] {
            assert!(!Guard::default().admits(&packet(kind, &[0, 12, 0, 200])));
            assert!(!Guard::default().admits(&packet(kind, &[0, 12, 0, 3])));
            assert!(!Guard::default().admits(&packet(kind, &[0, 12])));
        }
    }

    #[test]
    fn a_leap_of_the_sequence_is_kept_away() {
        let mut guard = Guard::default();
        assert!(guard.admits(&packet(DATA, &[0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0])));
        assert!(guard.admits(&packet(FORWARD_TSN, &[0, 0, 0, 20])));
        assert!(!guard.admits(&packet(FORWARD_TSN, &[0x70, 0, 0, 0])));
        assert!(guard.admits(&packet(FORWARD_TSN, &[0, 0, 0, 5])), "an old one is the crate's to ignore");
    }

    #[test]
    fn chunks_that_do_not_fit_are_kept_away() {
        let mut cut = packet(DATA, &[0; 12]);
        cut.truncate(20);
        assert!(!Guard::default().admits(&cut));
        assert!(!Guard::default().admits(&[0; 5]));
    }
}
