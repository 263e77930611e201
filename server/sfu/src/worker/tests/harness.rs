//! A process of some workers, and the participants that talk to it. Datagrams take no time; the clock moves when told to.

use super::client::{Client, IDENTITY};
use super::simulator::Pipe;
use crate::rtp::{ExtensionIds, ExtensionWriter, FIXED_HEADER, Header, Marks};
use crate::transport::DtlsIdentity;
use crate::worker::{
    Birth, Candidate, Carrier, Command, Datagram, Egress, Flow, MAX_DATAGRAM, Relay, RelayTo, Reply, Worker,
    WorkerIndex,
};
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::{
    AnnouncedTrack, Downstream, MediaEvent, PublisherAnswer, Quality, Target, TrackKind, TrackSettings, TrackSource,
    VideoLayer,
};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The smallest step of the clock while things settle.
const STEP: Duration = Duration::from_millis(5);

/// Payload types of the client's offers.
pub const VP8: u8 = 96;
pub const VP8_RTX: u8 = 97;
pub const OPUS: u8 = 111;
pub const RED: u8 = 63;

/// Extension ids of the client's offers.
pub const IDS: ExtensionIds = ExtensionIds {
    mid: 9,
    rid: 10,
    repaired_rid: 11,
    audio_level: 1,
    transport_sequence: 3,
    absolute_send_time: 2,
    dependency_descriptor: 0,
};

#[derive(Default)]
pub struct Out {
    slot: Option<Box<[u8; MAX_DATAGRAM]>>,
    pub sent: Vec<(Flow, Vec<u8>)>,
}

impl Egress for Out {
    fn slot(&mut self) -> &mut [u8; MAX_DATAGRAM] {
        self.slot.get_or_insert_with(|| Box::new([0; MAX_DATAGRAM]))
    }

    fn commit(&mut self, flow: Flow, len: usize) {
        let bytes = self.slot()[..len].to_vec();
        self.sent.push((flow, bytes));
    }
}

/// (id, sdp, mid to track)
pub type Offer = (u32, String, Vec<(String, TrackSid)>);

/// One participant: both its connections, and what it was told.
pub struct Person {
    pub sid: ParticipantSid,
    pub home: usize,
    pub publisher: Client,
    pub subscriber: Client,
    /// Answers offers as they come.
    pub answers: bool,
    /// What the last offer said: (id, sdp, mid to track).
    pub offer: Option<Offer>,
    pub offers: usize,
    /// The SSRC under which each track comes, and the SSRC of its repairs.
    pub ssrcs: HashMap<TrackSid, (u32, u32)>,
    transport_sequence: u16,
    /// Answers take transport-wide feedback.
    pub takes_arrivals: bool,
    /// Answers take redundant sound.
    pub takes_red: bool,
}

/// The pipes that lead to a client and from it; without one datagrams take no time.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub down: usize,
    pub up: usize,
}

pub struct House {
    pub now: Instant,
    pub workers: Vec<Worker>,
    pub people: Vec<Person>,
    pub events: Vec<MediaEvent>,
    /// Relays of which none may be lost.
    relays: VecDeque<(usize, RelayTo, Relay)>,
    pub relayed_packets: usize,
    /// Flows of which a worker told its own shell that they are proven.
    pub proven: Vec<Flow>,
    pub lose_to: HashSet<Flow>,
    pub pipes: Vec<Pipe>,
    pub ways: HashMap<Flow, Way>,
}

impl House {
    pub fn new(workers: u16) -> Self {
        let identity = Arc::new(DtlsIdentity::generate().unwrap());
        let birth = |index| Birth {
            index: WorkerIndex(index),
            candidates: vec![Candidate { address: "192.0.2.9:8444".parse().unwrap(), carrier: Carrier::Udp }],
            identity: identity.clone(),
            seed: [index as u8 + 1; 32],
        };
        Self {
            now: Instant::now(),
            workers: (0..workers).map(|index| Worker::new(birth(index))).collect(),
            people: Vec::new(),
            events: Vec::new(),
            relays: VecDeque::new(),
            relayed_packets: 0,
            proven: Vec::new(),
            lose_to: HashSet::new(),
            pipes: Vec::new(),
            ways: HashMap::new(),
        }
    }

    pub fn command(&mut self, home: usize, command: Command) -> Reply {
        let mut out = Out::default();
        let reply = self.workers[home].command(command, self.now, &mut out);
        self.deliver(out);
        self.collect();
        reply
    }

    /// Someone joins on a worker.
    pub fn join(&mut self, home: usize) -> usize {
        self.join_with(home, true, Client::new, true)
    }

    pub fn join_with(&mut self, home: usize, may_publish: bool, make: impl Fn(u16) -> Client, answers: bool) -> usize {
        let number = self.people.len();
        let sid = ParticipantSid(format!("PA_{number}"));
        let port = 10_000 + 2 * number as u16;
        self.people.push(Person {
            sid: sid.clone(),
            home,
            publisher: make(port),
            subscriber: make(port + 1),
            answers,
            offer: None,
            offers: 0,
            ssrcs: HashMap::new(),
            transport_sequence: 0,
            takes_arrivals: true,
            takes_red: true,
        });
        let reply = self.command(home, Command::Open { participant: sid, may_publish, may_subscribe: true });
        assert!(matches!(reply, Reply::Done));
        number
    }

    pub fn sid(&self, person: usize) -> ParticipantSid {
        self.people[person].sid.clone()
    }

    /// The person's offer of these tracks, answered.
    pub fn publish(&mut self, person: usize, tracks: &[AnnouncedTrack]) -> PublisherAnswer {
        let sdp = offer(&self.people[person].publisher, tracks, &[]);
        self.publish_sdp(person, sdp, tracks)
    }

    pub fn publish_sdp(&mut self, person: usize, sdp: String, tracks: &[AnnouncedTrack]) -> PublisherAnswer {
        let (home, participant) = (self.people[person].home, self.sid(person));
        let command = Command::PublisherOffer { participant, sdp, announced: tracks.to_vec() };
        let Reply::Answer(answer) = self.command(home, command) else { panic!("no answer") };
        self.people[person].publisher.remote = Some(credentials(&answer.sdp));
        answer
    }

    /// The person receives these tracks of those people from now on.
    pub fn receive(&mut self, person: usize, tracks: &[(&str, usize)]) {
        let downstreams = tracks.iter().map(|(track, of)| {
            let downstream =
                Downstream { track: (*track).into(), publisher: self.sid(*of), settings: TrackSettings::default() };
            (downstream, WorkerIndex(self.people[*of].home as u16))
        });
        let downstreams = downstreams.collect();
        let (home, participant) = (self.people[person].home, self.sid(person));
        let reply = self.command(home, Command::SetDownstreams { participant, downstreams });
        assert!(matches!(reply, Reply::Done), "{reply:?}");
    }

    pub fn settings(&mut self, person: usize, track: &str, settings: TrackSettings) {
        let (home, participant) = (self.people[person].home, self.sid(person));
        self.command(home, Command::SetTrackSettings { participant, track: track.into(), settings });
    }

    /// Lets time pass, and everybody act on what comes.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        while self.now < end {
            self.now += STEP;
            self.carry();
            self.tick();
            self.settle();
        }
    }

    /// What is due on the workers.
    pub fn tick(&mut self) {
        for home in 0..self.workers.len() {
            if self.workers[home].deadline().is_some_and(|at| at <= self.now) {
                let mut out = Out::default();
                self.workers[home].tick(self.now, &mut out);
                self.deliver(out);
            }
        }
    }

    /// What has arrived through the pipes.
    pub fn carry(&mut self) {
        for pipe in 0..self.pipes.len() {
            while let Some((flow, bytes)) = self.pipes[pipe].due(self.now) {
                if self.ways.get(&flow).is_some_and(|way| way.up == pipe) {
                    let home = self.people.iter().find(|p| [p.publisher.flow, p.subscriber.flow].contains(&flow));
                    let home = home.unwrap().home;
                    self.datagram(home, flow, bytes);
                } else {
                    self.hand_over(flow, &bytes);
                }
            }
        }
    }

    /// Until nobody has anything to say at this moment.
    pub fn settle(&mut self) {
        for _ in 0..100 {
            self.collect();
            let mut quiet = true;
            for person in 0..self.people.len() {
                let polled = [
                    (self.people[person].publisher.flow, self.people[person].publisher.poll(self.now)),
                    (self.people[person].subscriber.flow, self.people[person].subscriber.poll(self.now)),
                ];
                for (flow, datagrams) in polled {
                    for datagram in datagrams {
                        quiet = false;
                        if let Some(way) = self.ways.get(&flow) {
                            self.pipes[way.up].send(flow, datagram, self.now);
                            continue;
                        }
                        self.datagram(self.people[person].home, flow, datagram);
                    }
                }
            }
            if quiet && self.relays.is_empty() {
                return;
            }
        }
        panic!("they talk without end");
    }

    /// A datagram reaches a worker.
    pub fn datagram(&mut self, home: usize, flow: Flow, mut bytes: Vec<u8>) {
        let mut out = Out::default();
        self.workers[home].receive(Datagram { flow, bytes: &mut bytes }, self.now, &mut out);
        self.deliver(out);
    }

    fn deliver(&mut self, out: Out) {
        for (flow, bytes) in out.sent {
            if self.lose_to.contains(&flow) {
                continue;
            }
            match self.ways.get(&flow) {
                Some(way) => self.pipes[way.down].send(flow, bytes, self.now),
                None => self.hand_over(flow, &bytes),
            }
        }
    }

    fn hand_over(&mut self, flow: Flow, bytes: &[u8]) {
        for person in &mut self.people {
            for client in [&mut person.publisher, &mut person.subscriber] {
                if client.flow == flow {
                    client.receive(bytes, self.now);
                }
            }
        }
    }

    /// Events and relays that wait.
    fn collect(&mut self) {
        loop {
            let mut moved = false;
            for home in 0..self.workers.len() {
                while let Some((to, relay)) = self.workers[home].poll_relay() {
                    self.relays.push_back((home, to, relay));
                }
                while let Some(event) = self.workers[home].poll_event() {
                    moved = true;
                    self.on_event(event);
                }
            }
            while let Some((from, to, relay)) = self.relays.pop_front() {
                moved = true;
                if let Relay::Packets { packets, .. } = &relay {
                    self.relayed_packets += packets.len();
                }
                if let (Relay::Bind { flow, owner }, RelayTo::One(to)) = (&relay, to)
                    && *owner == to
                {
                    self.proven.push(*flow);
                }
                for home in 0..self.workers.len() {
                    let meant = match to {
                        RelayTo::One(index) => usize::from(index.0) == home,
                        RelayTo::AllOthers => home != from,
                    };
                    if meant {
                        let mut out = Out::default();
                        self.workers[home].relay(relay.clone(), self.now, &mut out);
                        self.deliver(out);
                    }
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn on_event(&mut self, event: MediaEvent) {
        if let MediaEvent::SubscriberOffer { participant, id, sdp, mid_to_track } = &event {
            let person = self.people.iter().position(|person| person.sid == *participant).unwrap();
            self.people[person].offers += 1;
            self.people[person].note_offer(*id, sdp, mid_to_track);
            if self.people[person].answers {
                self.answer(person);
            }
        }
        self.events.push(event);
    }

    /// Answers the offer that waits.
    pub fn answer(&mut self, person: usize) -> Reply {
        let Some((id, sdp, _)) = self.people[person].offer.take() else { panic!("no offer") };
        let mut answer = answer(&sdp, &self.people[person].subscriber);
        if !self.people[person].takes_arrivals {
            answer =
                answer.lines().filter(|line| !line.contains("transport-wide-cc")).flat_map(|l| [l, "\r\n"]).collect();
        }
        if !self.people[person].takes_red {
            answer = answer
                .lines()
                .filter(|line| !line.contains(" red/48000") && !line.starts_with("a=fmtp:63 "))
                .flat_map(|line| {
                    [if line.starts_with("m=audio") { line.trim_end_matches(" 63") } else { line }, "\r\n"]
                })
                .collect();
        }
        self.people[person].subscriber.remote = Some(credentials(&sdp));
        let (home, participant) = (self.people[person].home, self.sid(person));
        self.command(home, Command::SubscriberAnswer { participant, id, sdp: answer })
    }

    /// The same as [`House::send`], but it leaves with the next round.
    pub fn queue(&mut self, person: usize, packet: &Rtp<'_>) {
        let who = &mut self.people[person];
        let bytes = packet.bytes(who.transport_sequence);
        who.transport_sequence = who.transport_sequence.wrapping_add(1);
        who.publisher.send_rtp(&bytes);
    }

    /// Sends RTP of a published track: `sequence` and `timestamp` as given, transport-wide numbers in order.
    pub fn send(&mut self, person: usize, packet: &Rtp<'_>) {
        let who = &mut self.people[person];
        let bytes = packet.bytes(who.transport_sequence);
        who.transport_sequence = who.transport_sequence.wrapping_add(1);
        who.publisher.send_rtp(&bytes);
        self.settle();
    }

    /// What a person received of a track since the last time: (header, payload).
    pub fn received(&mut self, person: usize, track: &str) -> Vec<(Header, Vec<u8>)> {
        let Some((ssrc, _)) = self.people[person].ssrcs.get(&TrackSid::from(track)).copied() else { return Vec::new() };
        self.of_ssrc(person, ssrc)
    }

    /// The same of the track's repairs.
    pub fn repaired(&mut self, person: usize, track: &str) -> Vec<(Header, Vec<u8>)> {
        let (_, rtx) = self.people[person].ssrcs[&TrackSid::from(track)];
        self.of_ssrc(person, rtx)
    }

    fn of_ssrc(&mut self, person: usize, ssrc: u32) -> Vec<(Header, Vec<u8>)> {
        let mut found = Vec::new();
        self.people[person].subscriber.rtp.retain(|bytes| {
            let header = Header::parse(bytes).unwrap();
            if header.ssrc == ssrc {
                found.push((header, header.payload(bytes).to_vec()));
            }
            header.ssrc != ssrc
        });
        found
    }

    pub fn count(&self, of: impl Fn(&MediaEvent) -> bool) -> usize {
        self.events.iter().filter(|event| of(event)).count()
    }

    pub fn is_up(&self, person: usize, target: Target) -> bool {
        let sid = self.sid(person);
        self.events.contains(&MediaEvent::TransportUp { participant: sid, target })
    }

    /// The sum over the workers.
    pub fn counter(&self, name: &str) -> u64 {
        let mut sum = 0;
        for worker in &self.workers {
            worker.counters(&mut |known, value| sum += if known == name { value } else { 0 });
        }
        sum
    }
}

impl Person {
    fn note_offer(&mut self, id: u32, sdp: &str, mids: &[(String, TrackSid)]) {
        let mut mid = String::new();
        for line in sdp.lines() {
            if let Some(found) = line.strip_prefix("a=mid:") {
                mid = found.to_owned();
            } else if let Some(group) = line.strip_prefix("a=ssrc:")
                && let Some((_, track)) = mids.iter().find(|(known, _)| *known == mid)
            {
                let ssrc = group.split(' ').next().unwrap().parse().unwrap();
                let entry = self.ssrcs.entry(track.clone()).or_insert((ssrc, ssrc));
                // The first line of a section is the media's.
                if !sdp.contains(&format!("a=ssrc-group:FID {} {}", entry.0, ssrc)) {
                    *entry = (ssrc, ssrc);
                } else {
                    entry.1 = ssrc;
                }
            }
        }
        self.offer = Some((id, sdp.to_owned(), mids.to_vec()));
    }
}

/// One RTP packet that a client sends.
#[derive(Clone, Copy, Debug)]
pub struct Rtp<'a> {
    pub mid: &'a str,
    pub rid: &'a str,
    /// It is a retransmission: the rid is the repaired one.
    pub rtx: bool,
    pub payload_type: u8,
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub level: Option<u8>,
    pub marker: bool,
    pub payload: &'a [u8],
}

impl Rtp<'_> {
    pub fn bytes(&self, transport_sequence: u16) -> Vec<u8> {
        let mut buffer = vec![0; 200 + self.payload.len()];
        buffer[0] = 0x80;
        buffer[1] = self.payload_type | u8::from(self.marker) << 7;
        buffer[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        buffer[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        buffer[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        let mut writer = ExtensionWriter::new(&mut buffer, FIXED_HEADER, 1);
        writer.put(IDS.mid, self.mid.as_bytes());
        writer.put(if self.rtx { IDS.repaired_rid } else { IDS.rid }, self.rid.as_bytes());
        writer.put(IDS.transport_sequence, &transport_sequence.to_be_bytes());
        if let Some(level) = self.level {
            writer.put(IDS.audio_level, &[level]);
        }
        let at = writer.finish();
        buffer[at..at + self.payload.len()].copy_from_slice(self.payload);
        buffer.truncate(at + self.payload.len());
        buffer
    }
}

/// A VP8 payload: a key frame of this width, or another frame, with its picture id.
pub fn vp8(width: Option<u16>, picture: u16) -> Vec<u8> {
    let mut payload = vec![0x90, 0x80, 0x80 | (picture >> 8) as u8, picture as u8];
    match width {
        Some(width) => {
            payload.extend([0x10, 0, 0, 0x9d, 0x01, 0x2a]);
            payload.extend(width.to_le_bytes());
            payload.extend((width * 9 / 16).to_le_bytes());
        }
        None => payload.push(0x11),
    }
    payload.extend([0x55; 60]);
    payload
}

pub fn picture_of(payload: &[u8]) -> u16 {
    u16::from_be_bytes([payload[2] & 0x7f, payload[3]])
}

pub fn is_key(payload: &[u8]) -> bool {
    payload[4] & 1 == 0
}

pub fn level_of(header: &Header, bytes: &[u8]) -> Option<u8> {
    Marks::read(header.extensions(bytes), &IDS).audio_level
}

/// A camera in three layers.
pub fn camera(sid: &str) -> AnnouncedTrack {
    let layer = |quality, rid: &str, width, height| VideoLayer {
        quality,
        width,
        height,
        bitrate_bps: 100_000,
        rid: rid.to_owned(),
    };
    AnnouncedTrack {
        sid: sid.into(),
        cid: format!("cid-{sid}"),
        kind: TrackKind::Video,
        source: TrackSource::Camera,
        layers: vec![
            layer(Quality::High, "f", 1280, 720),
            layer(Quality::Medium, "h", 640, 360),
            layer(Quality::Low, "q", 320, 180),
        ],
        redundant: false,
    }
}

pub fn microphone(sid: &str) -> AnnouncedTrack {
    AnnouncedTrack {
        sid: sid.into(),
        cid: format!("cid-{sid}"),
        kind: TrackKind::Audio,
        source: TrackSource::Microphone,
        layers: Vec::new(),
        redundant: false,
    }
}

/// An offer of the tracks in sections 0, 1, ... and data behind them; tracks in `stopped` have an inactive section.
pub fn offer(client: &Client, tracks: &[AnnouncedTrack], stopped: &[&str]) -> String {
    let transport = transport(client, "actpass");
    let mut sdp = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
        (0..=tracks.len()).map(|mid| mid.to_string()).collect::<Vec<_>>().join(" ")
    );
    for (mid, track) in tracks.iter().enumerate() {
        let direction = if stopped.contains(&track.sid.as_str()) { "inactive" } else { "sendonly" };
        let head = format!(
            "{transport}a=mid:{mid}\r\na={direction}\r\na=msid:- {}\r\na=rtcp-mux\r\na=extmap:{} {}\r\na=extmap:{} {}\r\n",
            track.cid,
            IDS.mid,
            crate::sdp::Extension::Mid.uri(),
            IDS.transport_sequence,
            crate::sdp::Extension::TransportSequence.uri()
        );
        match track.kind {
            TrackKind::Audio => {
                sdp += &format!(
                    "m=audio 9 UDP/TLS/RTP/SAVPF {OPUS} {RED}\r\n{head}a=extmap:{} {}\r\na=rtpmap:{OPUS} opus/48000/2\r\n\
                     a=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {OPUS}/{OPUS}\r\na=ssrc:{} cname:x\r\n",
                    IDS.audio_level,
                    crate::sdp::Extension::AudioLevel.uri(),
                    500 + mid
                );
            }
            TrackKind::Video => {
                sdp += &format!(
                    "m=video 9 UDP/TLS/RTP/SAVPF {VP8} {VP8_RTX}\r\n{head}a=extmap:{} {}\r\na=extmap:{} {}\r\na=rtpmap:{VP8} VP8/90000\r\n\
                     a=rtpmap:{VP8_RTX} rtx/90000\r\na=fmtp:{VP8_RTX} apt={VP8}\r\na=rid:q send\r\na=rid:h send\r\na=rid:f send\r\n\
                     a=simulcast:send q;h;f\r\n",
                    IDS.rid,
                    crate::sdp::Extension::Rid.uri(),
                    IDS.repaired_rid,
                    crate::sdp::Extension::RepairedRid.uri(),
                );
            }
        }
    }
    sdp + &format!(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{transport}a=mid:{}\r\na=sctp-port:5000\r\n",
        tracks.len()
    )
}

fn transport(client: &Client, setup: &str) -> String {
    format!(
        "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n",
        client.ufrag, client.pwd, IDENTITY.fingerprint
    )
}

/// Takes everything that is offered.
fn answer(offer: &str, client: &Client) -> String {
    let mut answer = String::new();
    for line in offer.lines() {
        let line = match line {
            "a=sendonly" => "a=recvonly".to_owned(),
            "a=setup:actpass" => "a=setup:active".to_owned(),
            _ if line.starts_with("a=ice-ufrag:") => format!("a=ice-ufrag:{}", client.ufrag),
            _ if line.starts_with("a=ice-pwd:") => format!("a=ice-pwd:{}", client.pwd),
            _ if line.starts_with("a=fingerprint:") => format!("a=fingerprint:sha-256 {}", IDENTITY.fingerprint),
            _ if ["a=ice-lite", "a=candidate", "a=end-of", "a=ssrc", "a=msid"].iter().any(|p| line.starts_with(p)) => {
                continue;
            }
            _ => line.to_owned(),
        };
        answer += &line;
        answer += "\r\n";
    }
    answer
}

pub fn credentials(sdp: &str) -> (String, String) {
    let value = |key: &str| sdp.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
    (value("a=ice-ufrag:"), value("a=ice-pwd:"))
}
