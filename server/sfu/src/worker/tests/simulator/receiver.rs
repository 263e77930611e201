//! A viewer as a browser is one: tells of arrivals each 50 ms, asks for what is missing, shows frames in order, asks for a key frame when
//! it is stuck.

use super::camera::Part;
use crate::feedback::{Arrivals, Writer};
use crate::rtp::{ExtensionIds, Header, Marks, Unwrapper};
use crate::upstream::{Reception, Sample};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

const FEEDBACK: Duration = Duration::from_millis(50);
const NACK_AGAIN: Duration = Duration::from_millis(60);
const NACKS: u8 = 10;
const REPORTS: Duration = Duration::from_secs(1);
/// Stuck for this long: only a key frame helps.
const STUCK: Duration = Duration::from_millis(300);
const PICTURE_AGAIN: Duration = Duration::from_millis(500);

const IDS: ExtensionIds = ExtensionIds {
    mid: 4,
    rid: 0,
    repaired_rid: 0,
    audio_level: 1,
    transport_sequence: 3,
    absolute_send_time: 2,
    dependency_descriptor: 8,
};

/// How it tells of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    Arrivals,
    /// What it takes its line for, in bit/s.
    Remb(u64),
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    asked: Option<Instant>,
    times: u8,
}

#[derive(Default)]
struct Frame {
    parts: HashSet<u8>,
    count: u8,
    key: bool,
}

/// One track as it is received.
pub struct Stream {
    ssrc: u32,
    is_video: bool,
    unwrapper: Unwrapper,
    highest: Option<u64>,
    missing: BTreeMap<u64, Missing>,
    pub packets: HashSet<u64>,
    /// Frames by (frame, layer): all layers count frames alike.
    frames: BTreeMap<(u32, u8), Frame>,
    shown: Option<(u32, u8)>,
    /// (when, layer) of each frame shown.
    pub moments: Vec<(Instant, u8)>,
    progress: Option<Instant>,
    asked_picture: Option<Instant>,
}

impl Stream {
    fn new(ssrc: u32, is_video: bool) -> Self {
        Self {
            ssrc,
            is_video,
            unwrapper: Unwrapper::default(),
            highest: None,
            missing: BTreeMap::new(),
            packets: HashSet::new(),
            frames: BTreeMap::new(),
            shown: None,
            moments: Vec::new(),
            progress: None,
            asked_picture: None,
        }
    }

    fn take(&mut self, sequence: u16, payload: &[u8], now: Instant) {
        let sequence = self.unwrapper.unwrap(sequence);
        match self.highest {
            Some(highest) if sequence > highest => {
                for lost in highest + 1..sequence {
                    self.missing.insert(lost, Missing { asked: None, times: 0 });
                }
            }
            _ => {}
        }
        self.highest = self.highest.max(Some(sequence));
        self.missing.remove(&sequence);
        if !self.packets.insert(sequence) || !self.is_video {
            return;
        }
        let part = Part::read(payload);
        let frame = self.frames.entry((part.frame, part.layer)).or_default();
        (frame.count, frame.key) = (part.count, part.key);
        frame.parts.insert(part.index);
        self.show(now);
    }

    /// Shows what can be shown: the next frame of the layer, or any whole key frame that is newer.
    fn show(&mut self, now: Instant) {
        loop {
            let whole = |frame: &Frame| frame.parts.len() == usize::from(frame.count);
            let next = self.shown.map(|(frame, layer)| (frame + 1, layer));
            let next = next.filter(|at| self.frames.get(at).is_some_and(whole));
            let newer = |at: &(u32, u8)| self.shown.is_none_or(|shown| at.0 > shown.0);
            let key =
                || self.frames.iter().find(|(at, frame)| newer(at) && frame.key && whole(frame)).map(|(at, _)| *at);
            let Some(at) = next.or_else(key) else { return };
            self.shown = Some(at);
            self.moments.push((now, at.1));
            self.progress = Some(now);
            self.frames.retain(|known, _| known.0 > at.0);
        }
    }

    fn nacks(&mut self, now: Instant) -> Vec<u16> {
        let due = |missing: &Missing| missing.asked.is_none_or(|asked| now - asked >= NACK_AGAIN);
        self.missing.retain(|_, missing| missing.times < NACKS);
        let mut sequences = Vec::new();
        for (sequence, missing) in self.missing.iter_mut().filter(|(_, missing)| due(missing)).take(60) {
            (missing.asked, missing.times) = (Some(now), missing.times + 1);
            sequences.push(*sequence as u16);
        }
        sequences
    }

    /// Whether a whole picture is needed: frames come, and none can be shown.
    fn is_stuck(&mut self, now: Instant) -> bool {
        let waits = self.is_video && !self.frames.is_empty();
        let since = *self.progress.get_or_insert(now);
        let asked = self.asked_picture.is_some_and(|asked| now - asked < PICTURE_AGAIN);
        let stuck = waits && now - since > STUCK && !asked;
        if stuck {
            self.asked_picture = Some(now);
        }
        stuck
    }

    /// The longest time without a new frame within a span.
    pub fn longest_stop(&self, from: Instant, to: Instant) -> Duration {
        let mut last = from;
        let mut longest = Duration::ZERO;
        for (at, _) in self.moments.iter().filter(|(at, _)| (from..to).contains(at)) {
            longest = longest.max(*at - last);
            last = *at;
        }
        longest.max(to - last)
    }

    pub fn frames_between(&self, from: Instant, to: Instant) -> usize {
        self.moments.iter().filter(|(at, _)| (from..to).contains(at)).count()
    }

    /// When a layer was first shown after a time.
    pub fn first_of(&self, layer: u8, from: Instant) -> Option<Instant> {
        self.moments.iter().find(|(at, shown)| *at >= from && *shown == layer).map(|(at, _)| *at)
    }
}

pub struct Receiver {
    pub tells: Tells,
    arrivals: Arrivals,
    feedback_at: Option<Instant>,
    /// By the SSRC of the media, and the media's by that of its repairs.
    pub streams: HashMap<u32, Stream>,
    repairs: HashMap<u32, u32>,
    /// What came of each at the first try.
    receptions: HashMap<u32, Reception>,
    report_at: Instant,
    pub padding: usize,
}

impl Receiver {
    pub fn new(tells: Tells, now: Instant) -> Self {
        Self {
            tells,
            arrivals: Arrivals::new(now),
            feedback_at: None,
            streams: HashMap::new(),
            repairs: HashMap::new(),
            receptions: HashMap::new(),
            report_at: now + REPORTS,
            padding: 0,
        }
    }

    pub fn expect(&mut self, ssrc: u32, rtx: u32, is_video: bool) {
        self.streams.entry(ssrc).or_insert_with(|| Stream::new(ssrc, is_video));
        self.repairs.insert(rtx, ssrc);
    }

    /// A decrypted packet.
    pub fn take(&mut self, bytes: &[u8], now: Instant) {
        let header = Header::parse(bytes).unwrap();
        let marks = Marks::read(header.extensions(bytes), &IDS);
        if let Some(sequence) = marks.transport_sequence
            && self.tells == Tells::Arrivals
        {
            self.arrivals.record(sequence, now);
            self.feedback_at.get_or_insert(now + FEEDBACK);
        }
        let payload = header.payload(bytes);
        if let Some(stream) = self.streams.get_mut(&header.ssrc) {
            let sample = Sample { sequence: header.sequence, bytes: payload.len(), repair: false, repairable: false };
            self.receptions.entry(header.ssrc).or_default().receive(sample, now);
            stream.take(header.sequence, payload, now);
        } else if let Some(stream) = self.repairs.get(&header.ssrc).and_then(|ssrc| self.streams.get_mut(ssrc)) {
            match payload.split_first_chunk::<2>() {
                Some((original, payload)) => stream.take(u16::from_be_bytes(*original), payload, now),
                None => self.padding += 1,
            }
        }
    }

    /// What it has to say now: compound packets.
    pub fn speak(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        let mut buffer = [0; 1_150];
        for stream in self.streams.values_mut() {
            let missing = stream.nacks(now);
            let mut writer = Writer::new(&mut buffer);
            if !missing.is_empty() {
                assert!(writer.nack(1, stream.ssrc, &missing));
            }
            if stream.is_stuck(now) {
                assert!(writer.keyframe_request(1, stream.ssrc));
            }
            let len = writer.len();
            if len > 0 {
                said.push(buffer[..len].to_vec());
            }
        }
        if self.tells == Tells::Arrivals && now >= self.report_at {
            self.report_at = now + REPORTS;
            let blocks: Vec<_> = self.receptions.iter_mut().filter_map(|(ssrc, r)| r.report(*ssrc, now)).collect();
            let mut writer = Writer::new(&mut buffer);
            assert!(writer.receiver_report(1, &blocks));
            let len = writer.len();
            said.push(buffer[..len].to_vec());
        }
        if let Tells::Remb(rate) = self.tells
            && self.feedback_at.is_none_or(|at| at <= now)
        {
            self.feedback_at = Some(now + Duration::from_secs(1));
            said.push(remb(rate));
        } else if self.feedback_at.is_some_and(|at| at <= now) {
            self.feedback_at = None;
            while let Some(len) = self.arrivals.write(1, 2, &mut buffer) {
                said.push(buffer[..len].to_vec());
            }
        }
        said
    }
}

pub fn remb(rate: u64) -> Vec<u8> {
    let exponent = 64 - rate.leading_zeros().min(64);
    let exponent = exponent.saturating_sub(18);
    let mut bytes = vec![0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
    bytes.extend(b"REMB");
    bytes.extend((1 << 24 | exponent << 18 | (rate >> exponent) as u32 & 0x3_ffff).to_be_bytes());
    bytes.extend([0, 0, 0, 2]);
    bytes
}
