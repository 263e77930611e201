//! A publisher of simulcast video, or of sound: frames of the size that their rate gives, key frames when asked, layers that nobody
//! takes switched off. What each packet is part of stands in its payload.

use super::super::harness::{OPUS, Rtp, VP8};
use std::time::{Duration, Instant};

pub const FRAME: Duration = Duration::from_millis(40);
const SOUND_FRAME: Duration = Duration::from_millis(20);
/// Of a second.
const SOUND_FRAMES: usize = 50;
const PACKET: usize = 1_100;
/// How much larger a key frame is than the others of a lively scene.
const KEY_FACTOR: usize = 5;

/// What stands behind the VP8 header of each packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub layer: u8,
    pub frame: u32,
    pub key: bool,
    pub index: u8,
    pub count: u8,
}

impl Part {
    const AT: usize = 20;

    fn write(&self, payload: &mut [u8]) {
        payload[Self::AT] = self.layer;
        payload[Self::AT + 1] = u8::from(self.key);
        payload[Self::AT + 2] = self.index;
        payload[Self::AT + 3] = self.count;
        payload[Self::AT + 4..Self::AT + 8].copy_from_slice(&self.frame.to_be_bytes());
    }

    pub fn read(payload: &[u8]) -> Self {
        Self {
            layer: payload[Self::AT],
            key: payload[Self::AT + 1] == 1,
            index: payload[Self::AT + 2],
            count: payload[Self::AT + 3],
            frame: u32::from_be_bytes(payload[Self::AT + 4..Self::AT + 8].try_into().unwrap()),
        }
    }
}

struct Layer {
    rid: &'static str,
    width: u16,
    /// In bit/s.
    rate: u64,
    ssrc: u32,
    sequence: u16,
    picture: u16,
    frame: u32,
    wants_key: bool,
    on: bool,
}

pub struct Camera {
    pub track: String,
    pub mid: String,
    /// How much larger key frames are: by more when the scene is still.
    pub key_factor: usize,
    /// By how much frames differ from the mean, in percent at most.
    pub sway: u64,
    layers: Vec<Layer>,
    next: Option<Instant>,
    clock: u32,
}

impl Camera {
    /// `number` tells the streams of one publisher apart; `rates` in bit/s, lowest layer first.
    pub fn new(track: &str, mid: usize, number: u32, rates: [u64; 3]) -> Self {
        let layer = |(index, rid, width): (usize, &'static str, u16)| Layer {
            rid,
            width,
            rate: rates[index],
            ssrc: 10_000 + number * 10 + index as u32,
            sequence: 100 * number as u16,
            picture: 5,
            frame: 0,
            wants_key: true,
            on: true,
        };
        Self {
            track: track.to_owned(),
            mid: mid.to_string(),
            key_factor: KEY_FACTOR,
            sway: 0,
            layers: [(0, "q", 320), (1, "h", 640), (2, "f", 1280)].map(layer).into(),
            next: None,
            clock: 0,
        }
    }

    /// A key frame of the stream is asked for.
    pub fn ask(&mut self, ssrc: u32) {
        for layer in self.layers.iter_mut().filter(|layer| layer.ssrc == ssrc) {
            layer.wants_key = true;
        }
    }

    /// Dynacast: which layers anyone takes.
    pub fn wanted(&mut self, qualities: [bool; 3]) {
        for (layer, on) in self.layers.iter_mut().zip(qualities) {
            layer.wants_key |= on && !layer.on;
            layer.on = on;
        }
    }

    /// The scene gets livelier, or stiller: what each layer takes from now on, in bit/s.
    pub fn change(&mut self, rates: [u64; 3]) {
        for (layer, rate) in self.layers.iter_mut().zip(rates) {
            layer.rate = rate;
        }
    }

    /// The packets of the frames that are due.
    pub fn film(&mut self, now: Instant, mut send: impl FnMut(&Rtp<'_>)) {
        let next = *self.next.get_or_insert(now);
        if now < next {
            return;
        }
        self.next = Some(next + FRAME);
        self.clock = self.clock.wrapping_add(90 * FRAME.as_millis() as u32);
        for (index, layer) in (0u8..).zip(&mut self.layers) {
            layer.frame += 1;
            if !layer.on {
                continue;
            }
            let key = std::mem::take(&mut layer.wants_key);
            let mean = (layer.rate * FRAME.as_millis() as u64 / 8_000) as usize;
            // The same in each run, and for each layer.
            let turn = (u64::from(layer.frame).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % (2 * self.sway + 1);
            let mean = mean * (100 - self.sway + turn) as usize / 100;
            let size = if key { mean * self.key_factor } else { mean };
            let count = size.div_ceil(PACKET).max(1);
            layer.picture = (layer.picture + 1) & 0x7fff;
            for part in 0..count {
                let mut payload =
                    vec![0x80 | u8::from(part == 0) << 4, 0x80, 0x80 | (layer.picture >> 8) as u8, layer.picture as u8];
                if part == 0 && key {
                    payload.extend([0x10, 0, 0, 0x9d, 0x01, 0x2a]);
                    payload.extend(layer.width.to_le_bytes());
                    payload.extend((layer.width / 16 * 9).to_le_bytes());
                } else {
                    payload.push(0x11);
                }
                payload.resize((size / count).max(60), 0x55);
                Part { layer: index, frame: layer.frame, key, index: part as u8, count: count as u8 }
                    .write(&mut payload);
                layer.sequence = layer.sequence.wrapping_add(1);
                send(&Rtp {
                    mid: &self.mid,
                    rid: layer.rid,
                    rtx: false,
                    payload_type: VP8,
                    ssrc: layer.ssrc,
                    sequence: layer.sequence,
                    timestamp: self.clock,
                    level: None,
                    marker: part + 1 == count,
                    payload: &payload,
                });
            }
        }
    }
}

/// A microphone: 50 packets of 80 bytes in a second.
pub struct Microphone {
    pub track: String,
    pub mid: String,
    next: Option<Instant>,
    sequence: u16,
    pub sent: usize,
    /// Of each second only a word of this many frames is sent: discontinuous transmission.
    pub word: Option<usize>,
    frame: usize,
}

impl Microphone {
    pub fn new(track: &str, mid: usize) -> Self {
        Self { track: track.to_owned(), mid: mid.to_string(), next: None, sequence: 0, sent: 0, word: None, frame: 0 }
    }

    pub fn speak(&mut self, now: Instant, mut send: impl FnMut(&Rtp<'_>)) {
        let next = *self.next.get_or_insert(now);
        if now < next {
            return;
        }
        self.next = Some(next + SOUND_FRAME);
        self.frame += 1;
        if self.word.is_some_and(|frames| self.frame % SOUND_FRAMES >= frames) {
            return;
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.sent += 1;
        send(&Rtp {
            mid: &self.mid,
            rid: "",
            rtx: false,
            payload_type: OPUS,
            ssrc: 500 + self.mid.parse::<u32>().unwrap(),
            sequence: self.sequence,
            timestamp: self.frame as u32 * 960,
            level: Some(0x90),
            marker: false,
            payload: &[0x78; 80],
        });
    }
}
