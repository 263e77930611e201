//! Reads transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): which packets arrived, and when.

/// Packets that one feedback may tell of; one that claims more is not read at all.
pub const MAX_REPORTED: usize = 2_048;

/// Microseconds of a step of the arrival times.
const TICK: i32 = 250;
/// Sequence base, count, reference time and number, behind the two SSRCs.
const HEAD: usize = 16;

/// One feedback packet. Its statuses are read as they are walked over: nothing is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportWide<'a> {
    base: u16,
    count: u16,
    reference: u32,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> TransportWide<'a> {
    /// Reads the part behind the RTCP header; `None` if it does not hold what it claims.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (head, rest) = body.split_first_chunk::<HEAD>()?;
        let count = u16::from_be_bytes([head[10], head[11]]);
        if usize::from(count) > MAX_REPORTED {
            return None;
        }
        let (mut left, mut at) = (usize::from(count), 0);
        while left > 0 {
            let chunk = u16::from_be_bytes(*rest.get(at..)?.first_chunk()?);
            at += 2;
            let covered = match Chunk::of(chunk) {
                // It would go on for ever.
                Chunk::Run { length: 0, .. } => return None,
                Chunk::Run { length, .. } => usize::from(length),
                Chunk::Bits(_) => 14,
                Chunk::Pairs(_) => 7,
            };
            left = left.saturating_sub(covered);
        }
        let (chunks, deltas) = rest.split_at_checked(at)?;
        Some(Self {
            base: u16::from_be_bytes([head[8], head[9]]),
            count,
            reference: u32::from_be_bytes([0, head[12], head[13], head[14]]),
            chunks,
            deltas,
        })
    }

    /// The time that arrivals are told from, in 64 ms; 24 bits.
    pub fn reference(&self) -> u32 {
        self.reference
    }

    /// (sequence, arrival in microseconds since the reference time); stops where its bytes run out.
    pub fn statuses(&self) -> Statuses<'a> {
        Statuses {
            sequence: self.base,
            left: self.count,
            chunks: self.chunks,
            deltas: self.deltas,
            chunk: Chunk::Run { symbol: 0, length: 0 },
            in_chunk: 0,
            clock: 0,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Chunk {
    Run {
        symbol: u8,
        length: u16,
    },
    /// 14 of one bit.
    Bits(u16),
    /// 7 of two bits.
    Pairs(u16),
}

impl Chunk {
    fn of(bits: u16) -> Self {
        match bits >> 14 {
            0b10 => Self::Bits(bits),
            0b11 => Self::Pairs(bits),
            _ => Self::Run { symbol: (bits >> 13 & 0b11) as u8, length: bits & 0x1fff },
        }
    }
}

/// A walk over the statuses of one feedback.
#[derive(Clone, Debug)]
pub struct Statuses<'a> {
    sequence: u16,
    left: u16,
    chunks: &'a [u8],
    deltas: &'a [u8],
    chunk: Chunk,
    /// Statuses of the chunk not yet taken.
    in_chunk: u16,
    clock: i32,
}

impl Statuses<'_> {
    fn symbol(&mut self) -> Option<u8> {
        if self.in_chunk == 0 {
            let (bits, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.chunk = Chunk::of(u16::from_be_bytes(*bits));
            self.in_chunk = match self.chunk {
                Chunk::Run { length, .. } => length,
                Chunk::Bits(_) => 14,
                Chunk::Pairs(_) => 7,
            };
        }
        self.in_chunk = self.in_chunk.checked_sub(1)?;
        Some(match self.chunk {
            Chunk::Run { symbol, .. } => symbol,
            Chunk::Bits(bits) => (bits >> self.in_chunk & 1) as u8,
            Chunk::Pairs(bits) => (bits >> (2 * self.in_chunk) & 0b11) as u8,
        })
    }

    fn delta(&mut self, symbol: u8) -> Option<i32> {
        match symbol {
            1 => {
                let (delta, rest) = self.deltas.split_first()?;
                self.deltas = rest;
                Some(i32::from(*delta))
            }
            2 => {
                let (delta, rest) = self.deltas.split_first_chunk::<2>()?;
                self.deltas = rest;
                Some(i32::from(i16::from_be_bytes(*delta)))
            }
            _ => None,
        }
    }
}

impl Iterator for Statuses<'_> {
    type Item = (u16, Option<i32>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let symbol = self.symbol()?;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        if symbol == 0 {
            return Some((sequence, None));
        }
        let Some(delta) = self.delta(symbol) else {
            // Cut short, or a symbol that is none.
            self.left = 0;
            return None;
        };
        self.clock = self.clock.saturating_add(delta * TICK);
        Some((sequence, Some(self.clock)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrivals, Feedback, read};
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    proptest! {
        /// What our own writer says is read as it was meant, over every kind of chunk.
        #[test]
        fn reads_what_is_written(
            first in any::<u16>(),
            steps in proptest::collection::vec((1u16..6, 0u64..30_000), 1..300),
        ) {
            let start = Instant::now();
            let mut arrivals = Arrivals::new(start);
            let (mut sequence, mut at, mut sent) = (first, 0, Vec::new());
            for (skip, wait) in steps {
                sequence = sequence.wrapping_add(skip);
                at += wait;
                arrivals.record(sequence, start + Duration::from_micros(at));
                sent.push((sequence, at as i64));
            }
            let mut buffer = [0; 1_100];
            let mut told = Vec::new();
            while let Some(len) = arrivals.write(1, 2, &mut buffer) {
                for item in read(&buffer[..len]) {
                    let Feedback::TransportWide(feedback) = item else { panic!("{item:?}") };
                    let reference = i64::from(feedback.reference()) * 64_000;
                    let came = |(sequence, at): (u16, Option<i32>)| Some((sequence, reference + i64::from(at?)));
                    told.extend(feedback.statuses().filter_map(came));
                }
            }
            prop_assert_eq!(told.len(), sent.len());
            for (told, sent) in told.iter().zip(&sent) {
                prop_assert_eq!(told.0, sent.0);
                prop_assert!((told.1 - sent.1).abs() <= 250);
            }
        }
    }

    #[test]
    fn absurd_claims_are_not_read() {
        let feedback = |count: u16, chunks: &[u16]| {
            let mut bytes = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 9];
            bytes.extend(count.to_be_bytes());
            bytes.extend([0, 0, 0, 0]);
            chunks.iter().for_each(|chunk| bytes.extend(chunk.to_be_bytes()));
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes[3] = (bytes.len() / 4 - 1) as u8;
            read(&bytes).count()
        };
        assert_eq!(feedback(14, &[0x8000]), 1);
        assert_eq!(feedback(u16::MAX, &[0x1fff; 9]), 0, "more than anybody remembers");
        assert_eq!(feedback(5, &[0x0000, 0x0000]), 0, "a run of nothing");
        assert_eq!(feedback(500, &[0x8000]), 0, "cut short");
    }
}
