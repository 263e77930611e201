//! Publishers, viewers and the lines between them and the server, moved along millisecond by millisecond.

use super::super::harness::{House, Way, camera, microphone};
use super::camera::{Camera, Microphone};
use super::pipe::{Pipe, Weather};
use super::receiver::{Receiver, Stream, Tells};
use crate::feedback::{Feedback, read};
use crate::worker::Flow;
use lianxian_model::ids::TrackSid;
use lianxian_model::media::{MediaEvent, TrackSettings};
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(1);

pub struct Stage {
    pub house: House,
    publisher: usize,
    pub cameras: Vec<Camera>,
    pub microphone: Microphone,
    pub viewers: Vec<Viewer>,
    /// Of the first pipe's chances; the next has the next.
    pub seed: u64,
    heard: usize,
}

pub struct Viewer {
    pub person: usize,
    pub receiver: Receiver,
}

impl Stage {
    /// One publisher of so many cameras of these rates and of a microphone; all are up, and nothing flows yet.
    pub fn new(cameras: usize, rates: [u64; 3]) -> Self {
        let mut house = House::new(1);
        let publisher = house.join(0);
        let mut announced: Vec<_> = (0..cameras).map(|number| camera(&format!("TR_c{number}"))).collect();
        for track in &mut announced {
            for layer in &mut track.layers {
                layer.bitrate_bps = rates[layer.quality as usize] as u32;
            }
        }
        announced.push(microphone("TR_m"));
        house.publish(publisher, &announced);
        house.run(Duration::from_millis(500));
        Self {
            house,
            publisher,
            cameras: (0..cameras).map(|n| Camera::new(&format!("TR_c{n}"), n, n as u32 + 1, rates)).collect(),
            microphone: Microphone::new("TR_m", cameras),
            viewers: Vec::new(),
            seed: 77,
            heard: 0,
        }
    }

    pub fn pipe(&mut self, weather: Weather) -> usize {
        let seed = self.seed + self.house.pipes.len() as u64;
        self.house.pipes.push(Pipe::new(weather, seed));
        self.house.pipes.len() - 1
    }

    /// Someone who receives everything, over these two pipes from now on.
    pub fn view(&mut self, down: usize, up: usize, tells: Tells) -> usize {
        let person = self.house.join(0);
        self.house.people[person].takes_arrivals = tells == Tells::Arrivals;
        self.house.run(Duration::from_millis(500));
        let mut tracks: Vec<String> = self.cameras.iter().map(|camera| camera.track.clone()).collect();
        tracks.push(self.microphone.track.clone());
        let tracks: Vec<(&str, usize)> = tracks.iter().map(|track| (track.as_str(), self.publisher)).collect();
        self.house.receive(person, &tracks);
        self.house.run(Duration::from_millis(200));
        let mut receiver = Receiver::new(tells, self.house.now);
        for (track, (ssrc, rtx)) in &self.house.people[person].ssrcs {
            receiver.expect(*ssrc, *rtx, track.as_str() != "TR_m");
        }
        let flow = self.house.people[person].subscriber.flow;
        self.house.ways.insert(flow, Way { down, up });
        self.viewers.push(Viewer { person, receiver });
        self.viewers.len() - 1
    }

    /// What the publisher sends passes these pipes from now on.
    pub fn publish_over(&mut self, down: usize, up: usize) {
        let flow = self.house.people[self.publisher].publisher.flow;
        self.house.ways.insert(flow, Way { down, up });
    }

    pub fn flow(&self, viewer: usize) -> Flow {
        self.house.people[self.viewers[viewer].person].subscriber.flow
    }

    pub fn stream(&self, viewer: usize, track: &str) -> &Stream {
        let viewer = &self.viewers[viewer];
        let (ssrc, _) = self.house.people[viewer.person].ssrcs[&TrackSid::from(track)];
        &viewer.receiver.streams[&ssrc]
    }

    pub fn settings(&mut self, viewer: usize, track: &str, width: u32, height: u32) {
        let settings = TrackSettings { width, height, ..TrackSettings::default() };
        self.house.settings(self.viewers[viewer].person, track, settings);
    }

    pub fn weather(&mut self, pipe: usize) -> &mut Weather {
        &mut self.house.pipes[pipe].weather
    }

    pub fn now(&self) -> Instant {
        self.house.now
    }

    /// What the viewer was last told of the track's flow: true if it is paused.
    pub fn is_paused(&self, viewer: usize, track: &str) -> bool {
        let sid = self.house.sid(self.viewers[viewer].person);
        let told = self.house.events.iter().rev().find_map(|event| match event {
            MediaEvent::StreamState { participant, track: of, paused }
                if *participant == sid && of.as_str() == track =>
            {
                Some(*paused)
            }
            _ => None,
        });
        told.unwrap_or(false)
    }

    /// How often viewers were told that something stopped or went on.
    pub fn turns(&self) -> usize {
        self.house.count(|event| matches!(event, MediaEvent::StreamState { .. }))
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.house.now + time;
        while self.house.now < end {
            self.house.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.house.now;
        self.hear_wishes();
        let house = &mut self.house;
        for camera in &mut self.cameras {
            camera.film(now, |packet| house.queue(self.publisher, packet));
        }
        self.microphone.speak(now, |packet| house.queue(self.publisher, packet));
        house.carry();
        house.tick();
        for viewer in &mut self.viewers {
            let client = &mut house.people[viewer.person].subscriber;
            for bytes in std::mem::take(&mut client.rtp) {
                viewer.receiver.take(&bytes, now);
            }
            client.rtcp.clear();
            // Five milliseconds are fine enough for asking.
            for said in viewer.receiver.speak(now) {
                client.send_rtcp(&said);
            }
        }
        house.settle();
    }

    /// Key frames that are asked for, and layers that nobody takes.
    fn hear_wishes(&mut self) {
        let publisher = &mut self.house.people[self.publisher];
        let mut echoes = Vec::new();
        for bytes in std::mem::take(&mut publisher.publisher.rtcp) {
            echoes.extend(echo(&bytes));
            for item in read(&bytes) {
                if let Feedback::KeyframeRequest { media } = item {
                    self.cameras.iter_mut().for_each(|camera| camera.ask(media));
                }
            }
        }
        for echo in echoes {
            publisher.publisher.send_rtcp(&echo);
        }
        for event in self.house.events.iter().skip(self.heard) {
            if let MediaEvent::WantedQualities { track, low, medium, high, .. } = event {
                for camera in self.cameras.iter_mut().filter(|camera| camera.track == track.as_str()) {
                    camera.wanted([*low, *medium, *high]);
                }
            }
        }
        self.heard = self.house.events.len();
    }
}

/// Answers a reference time at once, as browsers do.
fn echo(bytes: &[u8]) -> Option<Vec<u8>> {
    use rtc_rtcp::extended_report::{
        DLRRReport, DLRRReportBlock, ExtendedReport, ReceiverReferenceTimeReportBlock as ReferenceTime,
    };
    use rtc_shared::marshal::Marshal as _;
    let packets = rtc_rtcp::packet::unmarshal(&mut &bytes[..]).unwrap();
    let asked = packets.iter().find_map(|packet| packet.as_any().downcast_ref::<ExtendedReport>())?;
    let time = asked.reports.iter().find_map(|block| block.as_any().downcast_ref::<ReferenceTime>())?;
    let echo = DLRRReport { ssrc: asked.sender_ssrc, last_rr: (time.ntp_timestamp >> 16) as u32, dlrr: 0 };
    let answer = ExtendedReport { sender_ssrc: 1, reports: vec![Box::new(DLRRReportBlock { reports: vec![echo] })] };
    Some(answer.marshal().unwrap().to_vec())
}
