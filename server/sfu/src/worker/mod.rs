//! One worker: the peers of one core, and the tracks that they publish and receive.
//!
//! Everything it knows lies in its own tables; other workers are reached by relays alone. Each input is taken with the time, then the
//! worker is asked what it has to say, and when it wants to be asked again.

mod allocate;
mod allowance;
mod commands;
mod contract;
mod copies;
mod counters;
mod demux;
mod feedback;
mod forward;
mod limits;
mod meter;
mod outlet;
mod paced;
mod peer;
mod publish;
mod quality;
mod references;
mod relays;
mod repair;
mod slab;
mod strays;
mod subscribe;
#[cfg(test)]
mod tests;
mod timers;
mod track;
mod upkeep;
mod upload;
mod viewer;
mod voices;

pub use contract::{
    Candidate, Carrier, Command, Datagram, Egress, Flow, MAX_DATAGRAM, Relay, RelayTo, Reply, SharedPacket, TrackInfo,
    WorkerIndex,
};
pub use limits::MAX_PEERS;

use crate::transport::{Credentials, DtlsIdentity};
use allowance::Allowance;
use copies::Copies;
use counters::Counters;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::MediaEvent;
use peer::{Link, Peer};
use rand::SeedableRng as _;
use rand::distr::{Alphanumeric, SampleString as _};
use rand::rngs::StdRng;
use slab::{Key, Slab};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;
use timers::Timers;
use track::Track;

/// Subscribers' lines by what they are estimated to carry, from so many bit/s on.
const LINES: [(&str, u64); 7] = [
    (r#"lines{estimate="below_300k"}"#, 0),
    (r#"lines{estimate="300k_to_1m"}"#, 300_000),
    (r#"lines{estimate="1m_to_3m"}"#, 1_000_000),
    (r#"lines{estimate="3m_to_10m"}"#, 3_000_000),
    (r#"lines{estimate="10m_to_30m"}"#, 10_000_000),
    (r#"lines{estimate="from_30m"}"#, 30_000_000),
    (r#"lines{estimate="unknown"}"#, u64::MAX),
];

/// What a worker is told at birth.
#[derive(Clone, Debug)]
pub struct Birth {
    pub index: WorkerIndex,
    /// What peers are told to reach the server at, the best first.
    pub candidates: Vec<Candidate>,
    /// Shared by the workers of a process.
    pub identity: Arc<DtlsIdentity>,
    /// All its randomness: passwords, SSRCs, first numbers. From a good source, and another one for each worker.
    pub seed: [u8; 32],
}

pub struct Worker {
    index: WorkerIndex,
    candidates: Vec<Candidate>,
    identity: Arc<DtlsIdentity>,
    fingerprint: String,
    rng: StdRng,
    peers: Slab<Peer>,
    links: Slab<Link>,
    tracks: Slab<Track>,
    by_sid: HashMap<ParticipantSid, Key<Peer>>,
    by_track: HashMap<TrackSid, Key<Track>>,
    flows: HashMap<Flow, Key<Link>>,
    /// How many datagrams of unknown flows are looked at.
    strays: Allowance,
    ufrags: HashMap<String, Key<Link>>,
    timers: Timers,
    /// When the next slice of what happens by the clock alone is due.
    slice_at: Option<Instant>,
    slice: u64,
    /// Tracks with packets for other workers.
    noted: Vec<Key<Track>>,
    /// Levels that other workers told of in this interval.
    levels: Vec<(ParticipantSid, TrackSid, f32)>,
    spoke: bool,
    /// Subscribers' links on which too much waits, within one fan-out.
    crowded: Vec<Key<Link>>,
    /// Sound that is to be sent again.
    copies: Copies,
    events: VecDeque<MediaEvent>,
    relays: VecDeque<(RelayTo, Relay)>,
    counters: Counters,
    /// Whatever is done about this participant fails.
    #[cfg(test)]
    broken: Option<ParticipantSid>,
}

impl Worker {
    pub fn new(birth: Birth) -> Self {
        let Birth { index, candidates, identity, seed } = birth;
        Self {
            index,
            candidates,
            fingerprint: identity.fingerprint_text(),
            identity,
            rng: StdRng::from_seed(seed),
            peers: Slab::default(),
            links: Slab::default(),
            tracks: Slab::default(),
            by_sid: HashMap::new(),
            by_track: HashMap::new(),
            flows: HashMap::new(),
            strays: Allowance::default(),
            ufrags: HashMap::new(),
            timers: Timers::default(),
            slice_at: None,
            slice: 0,
            noted: Vec::new(),
            levels: Vec::new(),
            spoke: false,
            crowded: Vec::new(),
            copies: Copies::default(),
            events: VecDeque::new(),
            relays: VecDeque::new(),
            counters: Counters::default(),
            #[cfg(test)]
            broken: None,
        }
    }

    /// When [`Worker::tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        [self.timers.next(), self.slice_at, self.copies.deadline()].into_iter().flatten().min()
    }

    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    pub fn poll_relay(&mut self) -> Option<(RelayTo, Relay)> {
        if self.relays.is_empty() {
            self.relay_packets();
        }
        self.relays.pop_front()
    }

    /// Tells each counter by the end of its metric's name.
    pub fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("participants", self.peers.len() as u64);
        tell("tracks", self.tracks.len() as u64);
        tell("viewers", self.tracks.iter().map(|(_, track)| track.viewers.len() as u64).sum());
        tell("flows", self.flows.len() as u64);
        let outlets = || self.links.iter().filter_map(|(_, link)| link.outlet.as_ref());
        tell("paced_packets", outlets().map(|outlet| outlet.pacer.len() as u64).sum());
        tell("paced_bytes", outlets().map(|outlet| outlet.pacer.bytes() as u64).sum());
        tell("paced_lines", outlets().filter(|outlet| !outlet.pacer.is_empty()).count() as u64);
        let mut lines = [0; LINES.len()];
        let mut sum = 0;
        for outlet in outlets() {
            let estimate = outlet.estimate();
            sum += estimate.unwrap_or(0);
            // The last place is for those of which nothing is known.
            let place =
                estimate.map_or(LINES.len() - 1, |rate| LINES.iter().filter(|(_, from)| rate >= *from).count() - 1);
            if let Some(count) = lines.get_mut(place) {
                *count += 1;
            }
        }
        for ((name, _), count) in LINES.iter().zip(lines) {
            tell(name, count);
        }
        tell("line_estimates_bits", sum);
        self.counters.tell(tell);
    }

    /// Fresh credentials. The fragment starts with the worker's index, so that a check that reaches another worker's socket finds its
    /// way; the password has 140 bits of chance.
    fn credentials(&mut self) -> Credentials {
        let mut ufrag = base36(self.index.0);
        ufrag.push('+');
        Alphanumeric.append_string(&mut self.rng, &mut ufrag, 8);
        Credentials { ufrag, pwd: Alphanumeric.sample_string(&mut self.rng, 24) }
    }
}

fn base36(mut number: u16) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(u32::from(number % 36), 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
