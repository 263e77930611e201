//! The last packets of a layer, for retransmission and for starting a viewer at the last key frame.

use super::Packet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Older packets are of no use to a receiver and are let go.
pub const MAX_AGE: Duration = Duration::from_secs(2);

/// Addressed by sequence; each worker that forwards a layer holds one ring of shared packets.
#[derive(Default)]
pub struct Ring {
    slots: Vec<Option<Arc<Packet>>>,
    /// No packet below is held.
    oldest: u64,
    /// One above the highest held.
    end: u64,
    key_frame: Option<u64>,
}

impl Ring {
    /// Packets that a video layer may hold; at 2.5 Mbit/s two seconds are about 520.
    pub const VIDEO_CAPACITY: usize = 1024;
    pub const AUDIO_CAPACITY: usize = 128;

    /// Holds a packet. False: it is already there, or too old.
    pub fn push(&mut self, packet: Arc<Packet>, capacity: usize) -> bool {
        debug_assert!(capacity.is_power_of_two());
        if self.slots.is_empty() {
            self.slots.resize(capacity, None);
            (self.oldest, self.end) = (packet.sequence, packet.sequence);
        }
        let (sequence, size) = (packet.sequence, self.slots.len() as u64);
        if self.end == self.oldest {
            (self.oldest, self.end) = (sequence, sequence);
        }
        if sequence + size <= self.end || self.get(sequence).is_some() {
            return false;
        }
        if sequence >= self.end {
            if sequence - self.end >= size {
                self.clear();
                (self.oldest, self.end) = (sequence, sequence);
            }
            self.end = sequence + 1;
            while self.oldest + size < self.end {
                self.drop_oldest();
            }
        } else {
            self.oldest = self.oldest.min(sequence);
        }
        if packet.key_frame && self.key_frame.is_none_or(|key| key < sequence) {
            self.key_frame = Some(sequence);
        }
        let arrived = packet.arrived;
        let index = (sequence % size) as usize;
        self.slots[index] = Some(packet);
        self.forget_older_than(arrived);
        true
    }

    fn drop_oldest(&mut self) {
        let index = (self.oldest % self.slots.len() as u64) as usize;
        self.slots[index] = None;
        self.oldest += 1;
    }

    /// Lets go of what is older than [`MAX_AGE`].
    pub fn forget_older_than(&mut self, now: Instant) {
        while self.oldest < self.end {
            let index = (self.oldest % self.slots.len() as u64) as usize;
            if let Some(packet) = &self.slots[index]
                && now.saturating_duration_since(packet.arrived) <= MAX_AGE
            {
                break;
            }
            self.drop_oldest();
        }
    }

    pub fn clear(&mut self) {
        self.slots.fill(None);
        (self.oldest, self.end, self.key_frame) = (0, 0, None);
    }

    pub fn get(&self, sequence: u64) -> Option<&Arc<Packet>> {
        if sequence < self.oldest || sequence >= self.end {
            return None;
        }
        let slot = self.slots.get((sequence % self.slots.len() as u64) as usize)?;
        slot.as_ref().filter(|packet| packet.sequence == sequence)
    }

    /// One above the highest sequence held.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The first packet of the newest key frame, if it is still held.
    pub fn key_frame(&self) -> Option<&Arc<Packet>> {
        self.get(self.key_frame?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parts;
    use super::*;
    use crate::codec::Inspection;
    use lianxian_model::media::Codec;

    fn packet(sequence: u64, key_frame: bool, arrived: Instant) -> Arc<Packet> {
        let seen = Inspection { key_frame, ..Inspection::default() };
        let parts = Parts {
            layer: 0,
            life: 0,
            sequence,
            timestamp: 0,
            marker: false,
            codec: Codec::Vp8,
            seen,
            audio_level: None,
            arrived,
        };
        Arc::new(Packet::new(parts, &[1], &[]))
    }

    #[test]
    fn holds_a_window_and_refuses_twice() {
        let now = Instant::now();
        let mut ring = Ring::default();
        for sequence in 100..110 {
            assert!(ring.push(packet(sequence, sequence == 104, now), 8));
        }
        assert!(ring.get(101).is_none());
        assert!(ring.get(102).is_some());
        assert_eq!(ring.key_frame().unwrap().sequence, 104);
        assert!(!ring.push(packet(105, false, now), 8), "twice");
        assert!(!ring.push(packet(101, false, now), 8), "below the window");
        assert!(ring.push(packet(1000, false, now), 8), "a jump starts afresh");
        assert!(ring.get(109).is_none());
        assert!(ring.get(1000).is_some());
        assert!(ring.key_frame().is_none());
    }

    #[test]
    fn takes_a_late_packet_in() {
        let now = Instant::now();
        let mut ring = Ring::default();
        ring.push(packet(10, false, now), 8);
        ring.push(packet(12, false, now), 8);
        assert!(ring.get(11).is_none());
        assert!(ring.push(packet(11, false, now), 8));
        assert!(ring.get(11).is_some());
        assert!(ring.push(packet(8, false, now), 8), "before the first, within the window");
        assert!(ring.get(8).is_some());
    }

    #[test]
    fn lets_go_with_age() {
        let now = Instant::now();
        let mut ring = Ring::default();
        ring.push(packet(1, true, now), 8);
        ring.push(packet(2, false, now + Duration::from_millis(1500)), 8);
        ring.push(packet(3, false, now + Duration::from_millis(2500)), 8);
        assert!(ring.get(1).is_none());
        assert!(ring.get(2).is_some());
        ring.forget_older_than(now + Duration::from_secs(9));
        assert!(ring.get(3).is_none());
        assert!(ring.push(packet(4, false, now + Duration::from_secs(9)), 8));
        assert!(ring.get(4).is_some());
    }
}
