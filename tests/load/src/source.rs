//! A synthetic publisher: VP8 frames at 25 a second, and Opus at 50 packets a second. The last eight bytes of each
//! packet are the time it was made, so that a viewer who opens it can tell the delay.

use crate::session::{AUDIO_PAYLOAD, VIDEO_PAYLOAD};
use std::time::{Duration, Instant};

const FRAME_INTERVAL: Duration = Duration::from_millis(40);
const AUDIO_INTERVAL: Duration = Duration::from_millis(20);
const PACKET: usize = 1150;
/// 2 Mbit/s at 25 frames a second is 10,000 bytes a frame.
pub const PACKETS_PER_FRAME: usize = 9;
const AUDIO_BYTES: usize = 80;

pub struct Source {
    epoch: Instant,
    pub ssrcs: [u32; 2],
    sequences: [u16; 2],
    picture: u16,
    next_frame: Instant,
    next_audio: Instant,
    frames: u32,
    key_frame_wanted: bool,
    packets_per_frame: usize,
}

impl Source {
    /// `epoch` is the zero of the times inside the packets, the same in the whole process.
    pub fn new(epoch: Instant, ssrcs: [u32; 2], packets_per_frame: usize, now: Instant) -> Self {
        Self {
            epoch,
            ssrcs,
            sequences: [100, 200],
            picture: 0,
            next_frame: now,
            next_audio: now,
            frames: 0,
            key_frame_wanted: true,
            packets_per_frame,
        }
    }

    /// Goes on from now, without what was due before.
    pub fn begin(&mut self, now: Instant) {
        (self.next_frame, self.next_audio) = (now, now);
    }

    pub fn want_key_frame(&mut self) {
        self.key_frame_wanted = true;
    }

    /// Emits the plaintext packets that are due.
    pub fn tick(&mut self, now: Instant, mut emit: impl FnMut(&[u8])) {
        while now >= self.next_audio {
            self.next_audio += AUDIO_INTERVAL;
            let timestamp = self.ticks(self.next_audio, 48_000);
            let packet = self.packet(0, AUDIO_PAYLOAD, true, timestamp, &[0xfc; 1], AUDIO_BYTES);
            emit(&packet);
        }
        while now >= self.next_frame {
            self.next_frame += FRAME_INTERVAL;
            let key = std::mem::take(&mut self.key_frame_wanted) || self.frames.is_multiple_of(250);
            self.frames += 1;
            self.picture = (self.picture + 1) & 0x7fff;
            let timestamp = self.ticks(self.next_frame, 90_000);
            for n in 0..self.packets_per_frame {
                // RFC 7741: X, S on the first packet; I with a 15-bit picture id.
                let first = n == 0;
                let mut head = vec![0x80 | if first { 0x10 } else { 0 }, 0x80];
                head.extend_from_slice(&(0x8000 | self.picture).to_be_bytes());
                if first {
                    head.extend_from_slice(&[if key { 0x10 } else { 0x11 }, 0x02, 0x00]);
                    if key {
                        head.extend_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]); // 640x360
                    }
                }
                let last = n + 1 == self.packets_per_frame;
                let packet = self.packet(1, VIDEO_PAYLOAD, last, timestamp, &head, PACKET);
                emit(&packet);
            }
        }
    }

    pub fn deadline(&self) -> Instant {
        self.next_audio.min(self.next_frame)
    }

    fn ticks(&self, at: Instant, rate: u64) -> u32 {
        (at.saturating_duration_since(self.epoch).as_micros() as u64 * rate / 1_000_000) as u32
    }

    fn packet(
        &mut self,
        stream: usize,
        payload: u8,
        marker: bool,
        timestamp: u32,
        head: &[u8],
        size: usize,
    ) -> Vec<u8> {
        let mut packet = Vec::with_capacity(size + 40);
        // With the mid extension (id 4, one byte: the section's number), RFC 8285 one-byte form.
        packet.extend_from_slice(&[0x90, payload | if marker { 0x80 } else { 0 }]);
        packet.extend_from_slice(&self.sequences[stream].to_be_bytes());
        packet.extend_from_slice(&timestamp.to_be_bytes());
        packet.extend_from_slice(&self.ssrcs[stream].to_be_bytes());
        packet.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x40, b'0' + stream as u8, 0, 0]);
        self.sequences[stream] = self.sequences[stream].wrapping_add(1);
        packet.extend_from_slice(head);
        packet.resize(size - 8, 0x5a);
        packet.extend_from_slice(&(self.epoch.elapsed().as_nanos() as u64).to_be_bytes());
        packet
    }
}
