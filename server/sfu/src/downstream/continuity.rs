//! Sequence, timestamp and VP8 counters without a jump, across layer switches, pauses and restarts of the publisher.
//!
//! The stream of one subscriber is a row of *epochs*: within one, every number is the publisher's plus a constant.
//! So what was sent can be found again (for a retransmission) from the epochs alone, without a map of packets.

use crate::codec::Vp8Shift;
use crate::upstream::Packet;

/// Epochs that are remembered; a NACK for an older one is not answered.
pub const MAX_EPOCHS: usize = 4;
/// How far back a NACK reaches, in packets.
pub const MAX_REACH: u64 = 2_048;

#[derive(Clone, Copy, Debug, Default)]
struct Epoch {
    layer: u8,
    life: u32,
    /// The publisher's sequence that the epoch starts at, and what was sent for it.
    first_in: u64,
    first_out: u64,
    /// What is added to the publisher's timestamp.
    timestamp: u32,
    vp8: Vp8Shift,
}

/// The numbers under which a packet is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapped {
    pub sequence: u16,
    pub timestamp: u32,
    pub vp8: Vp8Shift,
}

/// The numbering of one subscriber's stream.
pub struct Continuity {
    epochs: [Epoch; MAX_EPOCHS],
    len: u8,
    /// Between a pause and the switch that ends it nothing is taken.
    paused: bool,
    /// What the next packet in order is sent as.
    next: u64,
    /// One above the highest number that left.
    left: u64,
    /// Which of the last 128 numbers below `next` were given, newest first: a number given twice would use its
    /// nonce twice.
    given: u128,
    /// The highest sequence of the publisher sent in this epoch.
    highest_in: u64,
    last_timestamp: u32,
    last_vp8: crate::codec::Vp8Shifted,
}

impl Continuity {
    /// `first` is any random number; it is brought below 2^15, because a receiver that joins close to a wrap guesses
    /// the SRTP rollover counter wrong and fails to authenticate.
    pub fn new(first: u16) -> Self {
        Self {
            epochs: Default::default(),
            len: 0,
            paused: true,
            next: u64::from(first & 0x3fff),
            left: u64::from(first & 0x3fff),
            given: 0,
            highest_in: 0,
            last_timestamp: 0,
            last_vp8: Default::default(),
        }
    }

    fn current(&self) -> Option<&Epoch> {
        self.epochs[..usize::from(self.len)].last()
    }

    /// Whether anything was sent.
    pub fn started(&self) -> bool {
        self.len > 0
    }

    /// Whether the stream now takes packets of this layer in this life.
    pub fn takes(&self, layer: u8, life: u32) -> bool {
        !self.paused && self.current().is_some_and(|epoch| epoch.layer == layer && epoch.life == life)
    }

    /// Whether nothing is taken until the next switch.
    pub fn paused(&self) -> bool {
        self.paused
    }

    /// Stops: what the publisher sends meanwhile leaves no gap.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// The packet that was numbered `sequence` left.
    pub fn left(&mut self, sequence: u16) {
        let back = u64::from((self.next as u16).wrapping_sub(sequence));
        if back > 0 {
            self.left = self.left.max((self.next + 1).saturating_sub(back));
        }
    }

    /// One above the highest number that left, endless: the difference of two is what a receiver expected in between.
    pub fn left_numbers(&self) -> u64 {
        self.left
    }

    /// Stops, and takes back every number above the highest that left: the packets that had them were let go unsent, and leave no gap.
    pub fn rewind(&mut self) {
        self.paused = true;
        let back = self.next.saturating_sub(self.left);
        if back == 0 {
            return;
        }
        // What lies beyond the 128 is not known to be free.
        self.given = if back >= 128 { u128::MAX } else { self.given >> back | !(u128::MAX >> back) };
        self.next = self.left;
        while self.current().is_some_and(|epoch| epoch.first_out >= self.next) {
            self.len -= 1;
        }
    }

    /// The layer and life that the stream is, or was before a pause.
    pub fn layer(&self) -> Option<(u8, u32)> {
        self.current().map(|epoch| (epoch.layer, epoch.life))
    }

    /// The timestamp last sent.
    pub fn last_timestamp(&self) -> u32 {
        self.last_timestamp
    }

    /// What is added to the current layer's timestamps.
    pub fn timestamp_offset(&self) -> Option<u32> {
        self.current().map(|epoch| epoch.timestamp)
    }

    /// The next epoch starts with `packet`, sent with `timestamp` or, if that would go back, just after the last.
    pub fn switch(&mut self, packet: &Packet, timestamp: u32) {
        let timestamp = if self.started() && (timestamp.wrapping_sub(self.last_timestamp) as i32) <= 0 {
            self.last_timestamp.wrapping_add(1)
        } else {
            timestamp
        };
        let vp8 = match (&packet.vp8, self.started()) {
            (Some(fields), true) => Vp8Shift::following(&self.last_vp8, fields),
            _ => Vp8Shift::default(),
        };
        let epoch = Epoch {
            layer: packet.layer,
            life: packet.life,
            first_in: packet.sequence,
            first_out: self.next,
            timestamp: timestamp.wrapping_sub(packet.timestamp),
            vp8,
        };
        if usize::from(self.len) == MAX_EPOCHS {
            self.epochs.rotate_left(1);
            self.epochs[MAX_EPOCHS - 1] = epoch;
        } else {
            self.epochs[usize::from(self.len)] = epoch;
            self.len += 1;
        }
        self.paused = false;
        self.highest_in = packet.sequence;
        self.last_timestamp = timestamp;
    }

    /// The numbers of a packet of the current epoch; `None` if it belongs to another layer or life, or to the time
    /// before the switch (its number was given to another packet), or was sent already.
    pub fn map(&mut self, packet: &Packet) -> Option<Mapped> {
        let epoch = *self.current()?;
        if self.paused || epoch.layer != packet.layer || epoch.life != packet.life || packet.sequence < epoch.first_in {
            return None;
        }
        let out = epoch.first_out + (packet.sequence - epoch.first_in);
        if out >= self.next {
            let step = out + 1 - self.next;
            self.given = if step >= 128 { 1 } else { self.given << step | 1 };
            self.next = out + 1;
        } else {
            let back = self.next - 1 - out;
            if back >= 128 || self.given >> back & 1 == 1 {
                return None;
            }
            self.given |= 1 << back;
        }
        let timestamp = packet.timestamp.wrapping_add(epoch.timestamp);
        if packet.sequence >= self.highest_in {
            self.highest_in = packet.sequence;
            self.last_timestamp = timestamp;
            if let Some(fields) = &packet.vp8 {
                self.last_vp8 = epoch.vp8.shifted(fields);
            }
        }
        Some(Mapped { sequence: out as u16, timestamp, vp8: epoch.vp8 })
    }

    /// Which packet was sent as `sequence`: (layer, the publisher's sequence).
    pub fn find(&self, sequence: u16) -> Option<(u8, u64)> {
        let back = u64::from((self.next as u16).wrapping_sub(sequence));
        if back == 0 || back > MAX_REACH {
            return None;
        }
        let out = self.next.checked_sub(back)?;
        let epoch = self.epochs[..usize::from(self.len)].iter().rev().find(|epoch| epoch.first_out <= out)?;
        Some((epoch.layer, epoch.first_in + (out - epoch.first_out)))
    }

    /// The numbers under which `packet` was sent as `sequence`.
    pub fn remap(&self, packet: &Packet, sequence: u16) -> Option<Mapped> {
        let back = u64::from((self.next as u16).wrapping_sub(sequence));
        let out = self.next.checked_sub(back)?;
        let epoch = self.epochs[..usize::from(self.len)].iter().rev().find(|epoch| epoch.first_out <= out)?;
        let same = epoch.layer == packet.layer
            && epoch.life == packet.life
            && packet.sequence.checked_sub(epoch.first_in) == Some(out - epoch.first_out);
        same.then(|| Mapped { sequence, timestamp: packet.timestamp.wrapping_add(epoch.timestamp), vp8: epoch.vp8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use crate::upstream::Parts;
    use lianxian_model::media::Codec;
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::time::Instant;

    fn packet(layer: u8, life: u32, sequence: u64, timestamp: u32, picture: u16) -> Packet {
        let payload =
            [0x90, 0xf0, 0x80 | (picture >> 8) as u8 & 0x7f, picture as u8, picture as u8, picture as u8 & 0x1f, 0];
        let parts = Parts {
            layer,
            life,
            sequence,
            timestamp,
            marker: true,
            codec: Codec::Vp8,
            seen: codec::inspect(Codec::Vp8, &payload),
            audio_level: None,
            arrived: Instant::now(),
        };
        Packet::new(parts, &payload, &[])
    }

    #[test]
    fn starts_low_and_goes_on_over_the_wrap() {
        let mut continuity = Continuity::new(0xffff);
        continuity.switch(&packet(0, 0, 7, 0, 0), 0);
        let mut last = continuity.map(&packet(0, 0, 7, 0, 0)).unwrap().sequence;
        assert!(last < 1 << 15);
        for sequence in 8..70_000 {
            let next = continuity.map(&packet(0, 0, sequence, 0, 0)).unwrap().sequence;
            assert_eq!(next, last.wrapping_add(1));
            last = next;
        }
    }

    #[test]
    fn what_came_before_the_switch_is_not_sent() {
        let mut continuity = Continuity::new(0);
        assert!(continuity.map(&packet(0, 0, 5, 0, 0)).is_none());
        continuity.switch(&packet(0, 0, 5, 0, 0), 0);
        assert!(continuity.map(&packet(0, 0, 4, 0, 0)).is_none());
        assert!(continuity.map(&packet(0, 0, 5, 0, 0)).is_some());
        assert!(continuity.map(&packet(0, 0, 5, 0, 0)).is_none(), "a number is given once");
        assert!(continuity.map(&packet(1, 0, 6, 0, 0)).is_none());
        assert!(continuity.map(&packet(0, 1, 6, 0, 0)).is_none());
        assert!(continuity.takes(0, 0) && !continuity.takes(0, 1) && !continuity.takes(1, 0));
    }

    #[test]
    fn a_pause_leaves_no_gap() {
        let mut continuity = Continuity::new(0);
        continuity.switch(&packet(0, 0, 5, 0, 0), 0);
        let before = continuity.map(&packet(0, 0, 5, 0, 0)).unwrap().sequence;
        continuity.pause();
        assert!(!continuity.takes(0, 0) && continuity.map(&packet(0, 0, 6, 0, 0)).is_none());
        continuity.switch(&packet(0, 0, 500, 9_000, 0), 9_000);
        assert_eq!(continuity.map(&packet(0, 0, 500, 9_000, 0)).unwrap().sequence, before + 1);
        assert_eq!(continuity.find(before), Some((0, 5)), "what was sent before can still be asked for");
    }

    #[test]
    fn time_never_goes_back_at_a_switch() {
        let mut continuity = Continuity::new(0);
        continuity.switch(&packet(0, 0, 5, 1_000, 0), 1_000);
        continuity.map(&packet(0, 0, 5, 1_000, 0));
        continuity.switch(&packet(1, 0, 50, 77, 0), 900);
        assert_eq!(continuity.map(&packet(1, 0, 50, 77, 0)).unwrap().timestamp, 1_001);
    }

    #[test]
    fn numbers_of_what_never_left_are_given_again() {
        let mut continuity = Continuity::new(100);
        let first = packet(0, 0, 10, 1_000, 1);
        continuity.switch(&first, 1_000);
        for step in 0..5 {
            let mapped = continuity.map(&packet(0, 0, 10 + step, 1_000, 1)).unwrap();
            if step < 3 {
                continuity.left(mapped.sequence);
            }
        }
        // A switch was under way too when all was let go.
        continuity.switch(&packet(1, 0, 70, 5, 1), 9_000);
        assert_eq!(continuity.map(&packet(1, 0, 70, 5, 1)).unwrap().sequence, 105);
        continuity.rewind();
        assert!(continuity.paused());
        assert_eq!(continuity.layer(), Some((0, 0)));
        assert_eq!(continuity.find(103), None);
        assert_eq!(continuity.find(102), Some((0, 12)));
        continuity.switch(&packet(2, 0, 500, 7, 1), 12_000);
        assert_eq!(continuity.map(&packet(2, 0, 500, 7, 1)).unwrap().sequence, 103);
        assert!(continuity.map(&packet(2, 0, 500, 7, 1)).is_none(), "no number twice");
        let mut fresh = Continuity::new(7);
        fresh.switch(&first, 1);
        fresh.map(&first).unwrap();
        fresh.rewind();
        assert!(!fresh.started());
    }

    proptest! {
        /// Layers switch, packets are lost, late and doubled, 16-bit numbers wrap: what is sent has rising numbers
        /// without holes where nothing was lost, no number is given twice, and each can be found again.
        #[test]
        fn one_unbroken_stream(
            seed in any::<u16>(),
            steps in proptest::collection::vec((0u8..20, 1u64..4, any::<bool>()), 20..400),
            starts in proptest::collection::vec(0u64..100_000, 3),
        ) {
            let mut continuity = Continuity::new(seed);
            let mut at: Vec<u64> = starts.iter().map(|s| s + (1 << 32)).collect();
            let mut picture: Vec<u16> = starts.iter().map(|s| *s as u16).collect();
            let mut layer = 0usize;
            let mut fresh = true;
            let mut clock = 0u32;
            let mut sent: HashMap<u64, (u8, u64)> = HashMap::new();
            let mut expected_next: Option<u16> = None;
            let mut order = 0u64;
            let mut last_picture: Option<u16> = None;
            let mut last_out = 0u16;
            for (action, skip, late) in steps {
                if action == 0 {
                    layer = (layer + 1) % 3;
                    fresh = true;
                }
                let lost = if action == 1 && !fresh { skip } else { 0 };
                at[layer] += 1 + lost;
                picture[layer] = picture[layer].wrapping_add(1) & 0x7fff;
                clock = clock.wrapping_add(3_000);
                let p = packet(layer as u8, 0, at[layer], clock.wrapping_mul(layer as u32 + 1), picture[layer]);
                let was_fresh = fresh;
                if fresh {
                    let timestamp = if continuity.started() { continuity.last_timestamp().wrapping_add(3_000) } else { 5 };
                    continuity.switch(&p, timestamp);
                    fresh = false;
                }
                let mapped = continuity.map(&p).unwrap();
                if let Some(expected) = expected_next {
                    prop_assert_eq!(mapped.sequence, expected.wrapping_add(lost as u16));
                }
                expected_next = Some(mapped.sequence.wrapping_add(1));
                order += 1 + lost;
                prop_assert!(sent.insert(order, (layer as u8, p.sequence)).is_none());
                last_out = mapped.sequence;
                let shown = mapped.vp8.shifted(&p.vp8.unwrap()).picture_id;
                if was_fresh && let Some(last) = last_picture {
                    prop_assert_eq!(shown, (last + 1) & 0x7fff);
                }
                last_picture = Some(shown);
                if late && lost > 0 {
                    let p = packet(layer as u8, 0, at[layer] - 1, 0, 0);
                    let mapped = continuity.map(&p).unwrap();
                    prop_assert_eq!(mapped.sequence, expected_next.unwrap().wrapping_sub(2));
                    prop_assert_eq!(continuity.remap(&p, mapped.sequence), Some(mapped));
                }
            }
            // Everything within the last epochs is found as what it was.
            let mut checked = 0;
            for (number, what) in &sent {
                let back = (order - number) as u16;
                if let Some(found) = continuity.find(last_out.wrapping_sub(back)) && back < 10 {
                    // More than MAX_EPOCHS switches within ten packets forget the oldest.
                    prop_assert_eq!(found, *what);
                    checked += 1;
                }
            }
            prop_assert!(checked >= 1);
            prop_assert_eq!(continuity.find(last_out.wrapping_add(1)), None);
        }
    }
}
