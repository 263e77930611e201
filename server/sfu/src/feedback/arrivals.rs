//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): when each packet of a publisher came,
//! so that its own bandwidth estimate works.

use crate::rtp::Unwrapper;
use std::time::{Duration, Instant};

/// Statuses that one feedback packet may cover; older ones that were not yet told are forgotten.
pub const MAX_STATUSES: usize = 400;

const TICK_US: i64 = 250;
const REFERENCE_US: i64 = 64_000;

/// Arrival times not yet told to the publisher.
pub struct Arrivals {
    unwrapper: Unwrapper,
    epoch: Instant,
    /// (sequence, microseconds since `epoch`), sorted.
    seen: Vec<(u64, i64)>,
    /// First sequence of the next feedback.
    next: Option<u64>,
    count: u8,
}

impl Arrivals {
    pub fn new(now: Instant) -> Self {
        Self { unwrapper: Unwrapper::default(), epoch: now, seen: Vec::new(), next: None, count: 0 }
    }

    /// Notes a packet; `sequence` is its transport-wide number.
    pub fn record(&mut self, sequence: u16, now: Instant) {
        let sequence = self.unwrapper.unwrap(sequence);
        if self.next.is_some_and(|next| sequence < next) {
            // Told as lost already; say so again with its time only while the publisher may still care.
            return;
        }
        let at = now.saturating_duration_since(self.epoch).as_micros() as i64;
        match self.seen.last() {
            Some(&(last, _)) if sequence <= last => {
                if let Err(index) = self.seen.binary_search_by_key(&sequence, |&(s, _)| s) {
                    self.seen.insert(index, (sequence, at));
                }
            }
            _ => self.seen.push((sequence, at)),
        }
        if self.seen.len() > MAX_STATUSES {
            self.seen.remove(0);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Writes one feedback packet about what came since the last; call until it answers `None`.
    pub fn write(&mut self, sender: u32, media: u32, buffer: &mut [u8]) -> Option<usize> {
        let &(first, first_at) = self.seen.first()?;
        let &(last, _) = self.seen.last()?;
        let base = match self.next {
            Some(next) if last - next < MAX_STATUSES as u64 => next,
            _ => first,
        };
        let reference = first_at.div_euclid(REFERENCE_US);
        // Header 20 bytes; chunks at worst 2 bytes for 7 statuses; deltas at worst 2 bytes each.
        let room = buffer.len().checked_sub(24)?;
        let mut symbols = [0u8; MAX_STATUSES];
        let mut deltas = [0i16; MAX_STATUSES];
        let (mut statuses, mut received, mut delta_bytes, mut taken) = (0usize, 0usize, 0usize, 0usize);
        let mut clock = reference * REFERENCE_US;
        for &(sequence, at) in &self.seen {
            let index = (sequence - base) as usize;
            if index >= MAX_STATUSES {
                break;
            }
            let ticks = (at - clock).div_euclid(TICK_US);
            let Ok(delta) = i16::try_from(ticks) else { break };
            let small = (0..=255).contains(&delta);
            let cost = if small { 1 } else { 2 };
            if delta_bytes + cost + (index / 7 + 1) * 2 > room {
                break;
            }
            symbols[index] = if small { 1 } else { 2 };
            deltas[received] = delta;
            delta_bytes += cost;
            received += 1;
            taken += 1;
            statuses = index + 1;
            clock += i64::from(delta) * TICK_US;
        }
        if taken == 0 {
            // One arrival before the reference by more than the format can say: cannot be told.
            self.seen.remove(0);
            return None;
        }
        self.seen.drain(..taken);
        self.next = Some(base + statuses as u64);

        let mut at = 20;
        let mut rest = &symbols[..statuses];
        while let Some(&symbol) = rest.first() {
            let run = rest.iter().take_while(|s| **s == symbol).count();
            let chunk = if run >= 7 || run == rest.len() {
                rest = &rest[run..];
                u16::from(symbol) << 13 | run as u16
            } else {
                let len = rest.len().min(7);
                let vector =
                    rest[..len].iter().enumerate().fold(0u16, |bits, (i, s)| bits | u16::from(*s) << (12 - 2 * i));
                rest = &rest[len..];
                0xc000 | vector
            };
            buffer[at..at + 2].copy_from_slice(&chunk.to_be_bytes());
            at += 2;
        }
        for &delta in &deltas[..received] {
            if let Ok(small) = u8::try_from(delta) {
                buffer[at] = small;
                at += 1;
            } else {
                buffer[at..at + 2].copy_from_slice(&delta.to_be_bytes());
                at += 2;
            }
        }
        let padding = (4 - at % 4) % 4;
        for index in 0..padding {
            buffer[at] = if index + 1 == padding { padding as u8 } else { 0 };
            at += 1;
        }
        buffer[0] = 0x8f | if padding > 0 { 0x20 } else { 0 };
        buffer[1] = 205;
        buffer[2..4].copy_from_slice(&((at / 4 - 1) as u16).to_be_bytes());
        buffer[4..8].copy_from_slice(&sender.to_be_bytes());
        buffer[8..12].copy_from_slice(&media.to_be_bytes());
        buffer[12..14].copy_from_slice(&(base as u16).to_be_bytes());
        buffer[14..16].copy_from_slice(&(statuses as u16).to_be_bytes());
        buffer[16..20].copy_from_slice(&((reference as u32) << 8 | u32::from(self.count)).to_be_bytes());
        self.count = self.count.wrapping_add(1);
        Some(at)
    }

    /// How often feedback is sent while packets come.
    pub const INTERVAL: Duration = Duration::from_millis(50);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::{PacketStatusChunk, SymbolTypeTcc, TransportLayerCc};
    use rtc_shared::marshal::Unmarshal;

    /// (sequence, received, microseconds) as the crate reads them.
    fn decode(bytes: &[u8]) -> Vec<(u16, Option<i64>)> {
        let feedback = TransportLayerCc::unmarshal(&mut &bytes[..]).unwrap();
        let mut symbols = Vec::new();
        for chunk in &feedback.packet_chunks {
            match chunk {
                PacketStatusChunk::RunLengthChunk(run) => {
                    symbols.extend(std::iter::repeat_n(run.packet_status_symbol, usize::from(run.run_length)));
                }
                PacketStatusChunk::StatusVectorChunk(vector) => symbols.extend(vector.symbol_list.iter().copied()),
            }
        }
        symbols.truncate(usize::from(feedback.packet_status_count));
        let mut clock = i64::from(feedback.reference_time) * 64_000;
        let mut deltas = feedback.recv_deltas.iter();
        let read = symbols
            .iter()
            .enumerate()
            .map(|(index, symbol)| {
                let sequence = feedback.base_sequence_number.wrapping_add(index as u16);
                if *symbol == SymbolTypeTcc::PacketNotReceived {
                    (sequence, None)
                } else {
                    clock += deltas.next().unwrap().delta;
                    (sequence, Some(clock))
                }
            })
            .collect();
        assert!(deltas.next().is_none());
        read
    }

    #[test]
    fn tells_losses_and_continues_where_it_stopped() {
        let start = Instant::now();
        let mut arrivals = Arrivals::new(start);
        let mut buffer = [0u8; 1200];
        for sequence in [65_534u16, 65_535, 1, 2] {
            arrivals.record(sequence, start + Duration::from_millis(10));
        }
        let len = arrivals.write(1, 2, &mut buffer).unwrap();
        let read = decode(&buffer[..len]);
        assert_eq!(read.iter().map(|r| r.0).collect::<Vec<_>>(), vec![65_534, 65_535, 0, 1, 2]);
        assert_eq!(read[2].1, None);
        assert!(arrivals.write(1, 2, &mut buffer).is_none());
        arrivals.record(5, start + Duration::from_millis(20));
        let len = arrivals.write(1, 2, &mut buffer).unwrap();
        let read = decode(&buffer[..len]);
        assert_eq!(read, vec![(3, None), (4, None), (5, Some(20_000))]);
    }

    proptest! {
        #[test]
        fn what_came_is_told_once_and_in_time(
            first in any::<u16>(),
            steps in proptest::collection::vec((1u16..5, 0u64..40_000), 1..300),
        ) {
            let start = Instant::now();
            let mut arrivals = Arrivals::new(start);
            let (mut sequence, mut at) = (first, 0u64);
            let mut sent = Vec::new();
            let mut told = Vec::new();
            let mut buffer = [0u8; 600];
            for (index, (skip, wait)) in steps.iter().enumerate() {
                sequence = sequence.wrapping_add(*skip);
                at += wait;
                arrivals.record(sequence, start + Duration::from_micros(at));
                sent.push((sequence, at as i64));
                if index % 40 == 39 {
                    while let Some(len) = arrivals.write(1, 2, &mut buffer) {
                        told.extend(decode(&buffer[..len]));
                    }
                }
            }
            while let Some(len) = arrivals.write(1, 2, &mut buffer) {
                told.extend(decode(&buffer[..len]));
            }
            for window in told.windows(2) {
                prop_assert_eq!(window[1].0, window[0].0.wrapping_add(1));
            }
            let received: Vec<(u16, i64)> = told.iter().filter_map(|(s, t)| t.map(|t| (*s, t))).collect();
            prop_assert_eq!(received.len(), sent.len());
            for (read, real) in received.iter().zip(&sent) {
                prop_assert_eq!(read.0, real.0);
                prop_assert!((read.1 - real.1).abs() <= 250, "{} {}", read.1, real.1);
            }
        }
    }
}
