//! One layer of a published track: from decrypted RTP to the shared packet that everyone forwards.

use super::keyframe::KeyframeRequests;
use super::packet::{Packet, Parts};
use super::reception::{Arrival, Reception, Sample};
use crate::codec;
use crate::rtp::{Header, Marks};
use lianxian_model::media::Codec;
use std::sync::Arc;
use std::time::Instant;

/// What became of a packet.
pub enum Accepted {
    /// To be forwarded.
    Forward(Arc<Packet>),
    /// Padding, which probes bandwidth: it has done its work.
    Padding,
    /// A duplicate, or a repair that came too late.
    Useless,
}

/// A sender report's pair: the same moment in NTP time (64 bits, RFC 3550) and in the layer's RTP time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderClock {
    pub ntp: u64,
    pub rtp: u32,
}

impl SenderClock {
    /// The NTP time of an RTP time near the report.
    pub fn ntp_of(&self, rtp: u32, clock_rate: u32) -> u64 {
        let ticks = i128::from(rtp.wrapping_sub(self.rtp) as i32);
        self.ntp.wrapping_add(((ticks << 32) / i128::from(clock_rate)) as u64)
    }

    /// The RTP time of an NTP time near the report.
    pub fn rtp_of(&self, ntp: u64, clock_rate: u32) -> u32 {
        let passed = i128::from(ntp.wrapping_sub(self.ntp) as i64);
        self.rtp.wrapping_add(((passed * i128::from(clock_rate)) >> 32) as u32)
    }
}

/// Padding packets taken out of the numbering, so that a viewer sees no gap where nothing was lost.
#[derive(Default)]
struct Gaps {
    /// (first sequence that the offset holds for, packets taken out below it), rising.
    steps: Vec<(u64, u64)>,
    /// Steps before the first one are no longer known.
    forgotten: bool,
}

impl Gaps {
    /// Late packets reach back over this many padding packets.
    const MAX_STEPS: usize = 32;

    fn dense(&self, sequence: u64) -> Option<u64> {
        let Some(index) = self.steps.iter().rposition(|(from, _)| *from <= sequence) else {
            return (!self.forgotten).then_some(sequence);
        };
        Some(sequence - self.steps[index].1)
    }

    fn take_out(&mut self, sequence: u64) {
        let before = self.steps.last().map_or(0, |(_, offset)| *offset);
        match self.steps.last_mut() {
            Some((from, offset)) if *from == sequence => (*from, *offset) = (sequence + 1, before + 1),
            _ => {
                self.steps.push((sequence + 1, before + 1));
                if self.steps.len() > Self::MAX_STEPS {
                    self.steps.remove(0);
                    self.forgotten = true;
                }
            }
        }
    }
}

/// The packet as the publisher's transport gave it.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub header: &'a Header,
    /// Without RTX's original sequence number.
    pub payload: &'a [u8],
    /// The media sequence number: of a repair, the original's.
    pub sequence: u16,
    pub repair: bool,
    pub codec: Codec,
    pub marks: &'a Marks<'a>,
}

pub struct Layer {
    index: u8,
    clock_rate: u32,
    repairable: bool,
    life: u32,
    started: Instant,
    highest: u64,
    gaps: Gaps,
    last_key_timestamp: Option<u32>,
    reception: Reception,
    pub keyframes: KeyframeRequests,
    key_frames: u64,
    max_size: (u16, u16),
    size: (u16, u16),
}

impl Layer {
    pub fn new(index: u8, clock_rate: u32, repairable: bool, now: Instant) -> Self {
        Self {
            index,
            clock_rate,
            repairable,
            life: 0,
            started: now,
            highest: 0,
            gaps: Gaps::default(),
            last_key_timestamp: None,
            reception: Reception::default(),
            keyframes: KeyframeRequests::default(),
            key_frames: 0,
            max_size: (0, 0),
            size: (0, 0),
        }
    }

    /// The encoder was made anew under another SSRC: numbering and clock start afresh.
    pub fn rebind(&mut self) {
        if self.reception.packets() > 0 {
            self.reception.start_anew();
            self.life += 1;
        }
    }

    pub fn accept(&mut self, incoming: Incoming<'_>, now: Instant) -> Accepted {
        let Incoming { header, payload, sequence, repair, codec, marks } = incoming;
        let sample = Sample { sequence, bytes: payload.len(), repair, repairable: self.repairable };
        let sequence = match self.reception.receive(sample, now) {
            Arrival::Useless => return Accepted::Useless,
            Arrival::New { sequence, hole_too_large } => {
                if hole_too_large {
                    self.keyframes.ask(false);
                }
                sequence
            }
            Arrival::Restarted { sequence } => {
                self.life += 1;
                sequence
            }
        };
        if !repair {
            let since = now.saturating_duration_since(self.started);
            self.reception.measure(header.timestamp, self.clock_rate, since);
        }
        let newest = sequence > self.highest;
        self.highest = self.highest.max(sequence);
        if payload.is_empty() {
            // One that comes late leaves its gap: what followed it is already on its way under its old number.
            if newest {
                self.gaps.take_out(sequence);
            }
            return Accepted::Padding;
        }
        let Some(dense) = self.gaps.dense(sequence) else { return Accepted::Useless };
        let mut seen = codec::inspect(codec, payload);
        if seen.key_frame {
            // H.264 parameter sets and the IDR slice behind them are one key frame.
            seen.key_frame = self.last_key_timestamp != Some(header.timestamp) || codec != Codec::H264;
            self.last_key_timestamp = Some(header.timestamp);
        }
        if seen.key_frame {
            self.key_frames += 1;
            self.keyframes.satisfied();
        }
        if let Some((width, height)) = seen.size {
            self.size = (width, height);
            if u32::from(width) * u32::from(height) > u32::from(self.max_size.0) * u32::from(self.max_size.1) {
                self.max_size = (width, height);
            }
        }
        let parts = Parts {
            layer: self.index,
            life: self.life,
            sequence: dense,
            timestamp: header.timestamp,
            marker: header.marker,
            codec,
            seen,
            audio_level: marks.audio_level,
            arrived: now,
        };
        Accepted::Forward(Arc::new(Packet::new(parts, payload, marks.dependency_descriptor)))
    }

    pub fn reception(&self) -> &Reception {
        &self.reception
    }

    pub fn reception_mut(&mut self) -> &mut Reception {
        &mut self.reception
    }

    pub fn key_frames(&self) -> u64 {
        self.key_frames
    }

    /// The largest picture seen, in pixels.
    pub fn max_size(&self) -> (u16, u16) {
        self.max_size
    }

    /// The picture at the last key frame, in pixels.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    pub fn jitter_ms(&self) -> u32 {
        (self.reception.jitter() * 1000.0 / f64::from(self.clock_rate.max(1))) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw(sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, 96];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(9u32.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    fn feed(layer: &mut Layer, sequence: u16, payload: &[u8], repair: bool) -> Accepted {
        let bytes = raw(sequence, 1000, payload);
        let header = Header::parse(&bytes).unwrap();
        let marks = Marks::default();
        let payload = header.payload(&bytes);
        let incoming = Incoming { header: &header, payload, sequence, repair, codec: Codec::Vp8, marks: &marks };
        layer.accept(incoming, Instant::now())
    }

    #[test]
    fn padding_leaves_no_gap() {
        let mut layer = Layer::new(0, 90_000, true, Instant::now());
        let Accepted::Forward(a) = feed(&mut layer, 10, &[0x10, 1], false) else { panic!() };
        assert!(matches!(feed(&mut layer, 11, &[], false), Accepted::Padding));
        assert!(matches!(feed(&mut layer, 12, &[], false), Accepted::Padding));
        let Accepted::Forward(b) = feed(&mut layer, 14, &[0x10, 1], false) else { panic!() };
        assert_eq!(b.sequence, a.sequence + 2, "13 is really missing");
        let Accepted::Forward(c) = feed(&mut layer, 13, &[0x10, 1], true) else { panic!() };
        assert_eq!(c.sequence, a.sequence + 1);
    }

    #[test]
    fn a_key_frame_ends_the_asking() {
        let mut layer = Layer::new(0, 90_000, true, Instant::now());
        layer.keyframes.ask(false);
        feed(&mut layer, 1, &[0x10, 0, 0, 0, 0x9d, 1, 0x2a, 64, 1, 180, 0], false);
        assert!(!layer.keyframes.wanted());
        assert_eq!(layer.max_size(), (320, 180));
        assert_eq!(layer.key_frames(), 1);
    }

    #[test]
    fn a_new_encoder_is_a_new_life_above_the_old_numbers() {
        let mut layer = Layer::new(0, 90_000, true, Instant::now());
        let Accepted::Forward(a) = feed(&mut layer, 60_000, &[0x10, 1], false) else { panic!() };
        layer.rebind();
        let Accepted::Forward(b) = feed(&mut layer, 3, &[0x10, 1], false) else { panic!() };
        assert_eq!(b.life, a.life + 1);
        assert!(b.sequence > a.sequence);
    }

    #[test]
    fn clocks_agree_both_ways() {
        let clock = SenderClock { ntp: 5 << 32, rtp: u32::MAX - 10 };
        let later = clock.rtp.wrapping_add(90_000);
        assert_eq!(clock.ntp_of(later, 90_000), 6 << 32);
        assert_eq!(clock.rtp_of(6 << 32, 90_000), later);
        assert_eq!(
            clock.rtp_of(clock.ntp_of(clock.rtp.wrapping_sub(9_000), 90_000), 90_000),
            clock.rtp.wrapping_sub(9_000)
        );
    }

    proptest! {
        /// Whatever the mixture of padding, loss and order: no two packets get one number, and order is kept.
        #[test]
        fn numbers_are_unique_and_in_order(
            start in any::<u16>(),
            kinds in proptest::collection::vec((any::<bool>(), 0u8..10), 1..300),
        ) {
            let mut layer = Layer::new(0, 90_000, true, Instant::now());
            let mut out: Vec<(usize, u64)> = Vec::new();
            let mut late = Vec::new();
            for (index, (padding, fate)) in kinds.iter().enumerate() {
                let sequence = start.wrapping_add(index as u16);
                match fate {
                    0 => {}
                    1 if index > 0 => late.push((index, sequence)),
                    _ => {
                        let payload: &[u8] = if *padding { &[] } else { &[0x10, 1] };
                        if let Accepted::Forward(p) = feed(&mut layer, sequence, payload, false) {
                            out.push((index, p.sequence));
                        }
                        if index % 5 == 0 {
                            for (index, sequence) in late.drain(..) {
                                if let Accepted::Forward(p) = feed(&mut layer, sequence, &[0x10, 2], true) {
                                    out.push((index, p.sequence));
                                }
                            }
                        }
                    }
                }
            }
            out.sort_unstable();
            for window in out.windows(2) {
                prop_assert!(window[0].1 < window[1].1, "{window:?}");
            }
        }
    }
}
