//! The shell over real loopback sockets, with a scripted core in place of the media.

use crate::config::{MediaConfig, StartError};
use crate::core::Core;
use crate::handle::MediaHandle;
use crate::start::{Birth, start_with};
use bytes::Bytes;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::{Downstream, MediaError, MediaEvent, Target, TrackSettings};
use lianxian_service::ports::media::{Media, OpenParticipant};
use lianxian_sfu::worker::{Command, Datagram, Egress, Flow, MAX_DATAGRAM, Relay, RelayTo, Reply, WorkerIndex};
use std::collections::{HashSet, VecDeque};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

/// Echoes what it is sent behind its own index. A binding request binds the flow, as a good check would.
struct Script {
    index: WorkerIndex,
    here: HashSet<ParticipantSid>,
    bound: HashSet<Flow>,
    relays: VecDeque<(RelayTo, Relay)>,
    events: VecDeque<MediaEvent>,
    due: Option<Instant>,
    ticks: u64,
}

impl Script {
    fn new(birth: Birth) -> Self {
        Self {
            index: birth.index,
            here: HashSet::new(),
            bound: HashSet::new(),
            relays: VecDeque::new(),
            events: VecDeque::new(),
            due: None,
            ticks: 0,
        }
    }
}

fn answer(egress: &mut impl Egress, flow: Flow, bytes: &[u8]) {
    egress.slot()[..bytes.len()].copy_from_slice(bytes);
    egress.commit(flow, bytes.len());
}

impl Core for Script {
    fn receive(&mut self, datagram: Datagram<'_>, _now: Instant, egress: &mut impl Egress) {
        let Datagram { flow, bytes } = datagram;
        if bytes.first() == Some(&0) && self.bound.insert(flow) {
            self.relays.push_back((RelayTo::AllOthers, Relay::Bind { flow, owner: self.index }));
        }
        if self.bound.contains(&flow) {
            answer(egress, flow, &[&[self.index.0 as u8], &bytes[..]].concat());
        }
    }

    fn command(&mut self, command: Command, now: Instant, _egress: &mut impl Egress) -> Reply {
        match command {
            Command::Open { participant, .. } => {
                self.here.insert(participant);
            }
            Command::Close { participant } => {
                self.here.remove(&participant);
            }
            Command::SetDownstreams { downstreams, .. } => {
                for (downstream, owner) in downstreams {
                    let text = format!("{} of {} on {}", downstream.track, downstream.publisher, owner.0);
                    let bytes = Bytes::from(text);
                    self.events.push_back(MediaEvent::Data { participant: "PA".into(), reliable: true, bytes });
                }
            }
            // Answered by a timer, to see that deadlines wake the loop.
            Command::RestartSubscriber { .. } => self.due = Some(now + Duration::from_millis(20)),
            Command::SetMuted { .. } => return Reply::Refused(MediaError::BadSdp("no".into())),
            _ => {}
        }
        Reply::Done
    }

    fn relay(&mut self, _relay: Relay, _now: Instant, _egress: &mut impl Egress) {}

    fn tick(&mut self, _now: Instant, _egress: &mut impl Egress) {
        self.due = None;
        self.ticks += 1;
        let bytes = Bytes::from_static(b"tick");
        self.events.push_back(MediaEvent::Data { participant: "PA".into(), reliable: true, bytes });
    }

    fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    fn poll_relay(&mut self) -> Option<(RelayTo, Relay)> {
        self.relays.pop_front()
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("ticks_total", self.ticks);
    }
}

fn loopback(workers: u16) -> MediaConfig {
    MediaConfig { listen: Ipv4Addr::LOCALHOST, port: 0, workers, ..MediaConfig::default() }
}

fn client(media: &MediaHandle) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.connect(media.candidates()[0].address).unwrap();
    socket
}

/// A binding request for a peer of the worker.
fn check(worker: u16) -> Vec<u8> {
    let username = format!("{worker}+ab:cd");
    let mut bytes = vec![0, 1, 0, 12, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    bytes.extend([0, 6, 0, username.len() as u8]);
    bytes.extend(username.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn exchange(socket: &UdpSocket, bytes: &[u8]) -> (u8, Vec<u8>) {
    let mut answer = [0; 2 * MAX_DATAGRAM];
    socket.send(bytes).unwrap();
    let len = socket.recv(&mut answer).unwrap();
    (answer[0], answer[1..len].to_vec())
}

fn counter(media: &MediaHandle, name: &str) -> u64 {
    media.metrics().into_iter().find(|(told, _)| *told == name).map_or(0, |(_, value)| value)
}

/// Until the workers' copies show it; the test run's own limit ends it otherwise.
async fn counted(media: &MediaHandle, name: &str, least: u64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while counter(media, name) < least {
        assert!(Instant::now() < deadline, "{name} stays {} of {least}", counter(media, name));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn open(media: &MediaHandle, participant: &str) {
    let open = OpenParticipant { participant: participant.into(), may_publish: true, may_subscribe: true };
    media.open(open).await.unwrap();
}

#[tokio::test]
async fn datagrams_find_the_worker_of_their_peer_whatever_socket_they_come_to() {
    let media = start_with(&loopback(3), Script::new).unwrap();
    // The kernel spreads these flows over the three sockets as it likes.
    for number in 0..24_u16 {
        let (worker, socket) = (number % 3, client(&media));
        assert_eq!(exchange(&socket, &check(worker)), (worker as u8, check(worker)));
        // The bind reaches the other workers a moment later; until then the datagram meets silence, as lost ones do.
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut answer = [0; 100];
        let echoed = (0..100).any(|_| socket.send(&[0x80, 1, 2]).is_ok() && socket.recv(&mut answer).is_ok());
        assert!(echoed);
        assert_eq!(answer[..4], [worker as u8, 0x80, 1, 2]);
    }
    counted(&media, "flows_of_other_workers", 2).await;
    assert!(counter(&media, "handed_to_other_worker_total") > 0);
    media.shutdown().await;
}

#[tokio::test]
async fn hostile_datagrams_meet_silence_and_are_counted() {
    let media = start_with(&loopback(2), Script::new).unwrap();
    let socket = client(&media);
    for number in 0..500_u32 {
        let byte = number.wrapping_mul(2_654_435_761).to_be_bytes();
        let bytes = byte.iter().cycle().take((number as usize * 7) % 2_000).map(|byte| byte | 1).collect::<Vec<_>>();
        socket.send(&bytes).unwrap();
    }
    counted(&media, "socket_datagrams_in_total", 500).await;
    assert_eq!(counter(&media, "socket_oversize_in_total"), 71);
    assert_eq!(counter(&media, "socket_datagrams_out_total"), 0);
    assert_eq!(counter(&media, "flows_of_other_workers"), 0);
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 10]).is_err());
    media.shutdown().await;
}

#[tokio::test]
async fn participants_are_spread_and_downstreams_name_their_owners() {
    let media = start_with(&loopback(2), Script::new).unwrap();
    let mut events = media.take_events().unwrap();
    assert!(media.take_events().is_none());
    for participant in ["PA_1", "PA_2", "PA_3", "PA_4"] {
        open(&media, participant).await;
    }
    let downstream = |publisher: &str| Downstream {
        track: "TR".into(),
        publisher: publisher.into(),
        settings: TrackSettings::default(),
    };
    let wanted = ["PA_1", "PA_2", "PA_gone", "PA_3"].map(downstream).to_vec();
    media.set_downstreams(&"PA_4".into(), wanted).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..3 {
        let Some(MediaEvent::Data { bytes, .. }) = events.recv().await else { panic!("no event") };
        told.push(String::from_utf8(bytes.to_vec()).unwrap());
    }
    assert_eq!(told, ["TR of PA_1 on 0", "TR of PA_2 on 1", "TR of PA_3 on 0"]);
    media.close(&"PA_1".into()).await;
    media.close(&"PA_1".into()).await;
    let error = media.restart_subscriber(&"PA_1".into()).await;
    assert_eq!(error, Err(MediaError::UnknownParticipant("PA_1".into())));
    let refused = media.set_muted(&"PA_2".into(), &"TR".into(), true).await;
    assert_eq!(refused, Err(MediaError::BadSdp("no".into())));
    media.shutdown().await;
}

#[tokio::test]
async fn deadlines_wake_an_idle_worker() {
    let media = start_with(&loopback(1), Script::new).unwrap();
    let mut events = media.take_events().unwrap();
    open(&media, "PA").await;
    media.restart_subscriber(&"PA".into()).await.unwrap();
    let Some(MediaEvent::Data { bytes, .. }) = events.recv().await else { panic!("no event") };
    assert_eq!(bytes, "tick");
    counted(&media, "ticks_total", 1).await;
    media.shutdown().await;
}

#[tokio::test]
async fn shutdown_ends_the_threads_the_events_and_the_port() {
    let media = start_with(&loopback(2), Script::new).unwrap();
    let mut events = media.take_events().unwrap();
    open(&media, "PA").await;
    assert!(media.healthy());
    let port = media.candidates()[0].address.port();
    let taken = start_with(&MediaConfig { port, ..loopback(1) }, Script::new).map(|_| ());
    assert!(matches!(taken, Err(StartError::Port { .. })), "a second server cannot share the port: {taken:?}");
    media.shutdown().await;
    assert!(!media.healthy());
    assert_eq!(events.recv().await, None);
    let after = OpenParticipant { participant: "PA_2".into(), may_publish: false, may_subscribe: true };
    assert_eq!(media.open(after).await, Err(MediaError::Closed));
    let again = start_with(&MediaConfig { port, ..loopback(1) }, Script::new).unwrap();
    again.shutdown().await;
}

#[test]
fn too_many_workers_are_refused_by_name() {
    let error = start_with(&loopback(65), Script::new).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "media.workers is 65, but at most 64 are possible");
}

/// What the net lets one link have, the media plane carries.
#[tokio::test]
async fn the_media_plane_carries_what_the_net_lets_a_link_receive() {
    let media = crate::start(&loopback(1)).unwrap();
    for participant in ["PA_1", "PA_2"] {
        open(&media, participant).await;
    }
    let downstream = |number| Downstream {
        track: format!("TR_{number}").into(),
        publisher: "PA_1".into(),
        settings: TrackSettings::default(),
    };
    let all = (0..lianxian_service::net::SUBSCRIPTIONS_PER_LINK).map(downstream).collect();
    assert_eq!(media.set_downstreams(&"PA_2".into(), all).await, Ok(()));
    counted(&media, "viewers", lianxian_service::net::SUBSCRIPTIONS_PER_LINK as u64).await;
    media.shutdown().await;
}

/// Who floods the service with reliable messages is closed, once, and the service hears that its transports ended.
#[tokio::test]
async fn a_flooder_is_closed_and_the_service_hears_so() {
    let media = start_with(&loopback(1), Script::new).unwrap();
    let mut events = media.take_events().unwrap();
    open(&media, "PA").await;
    let downstream = Downstream { track: "TR".into(), publisher: "PA".into(), settings: TrackSettings::default() };
    // The script says a message for each.
    media.set_downstreams(&"PA".into(), vec![downstream; 5_000]).await.unwrap();
    counted(&media, "overflow_closes_total", 1).await;
    let (mut messages, mut ends) = (0, Vec::new());
    while ends.len() < 2 {
        match events.recv().await.unwrap() {
            MediaEvent::TransportDown { target, .. } => ends.push(target),
            _ => messages += 1,
        }
    }
    assert!((1..5_000).contains(&messages));
    assert_eq!(ends, [Target::Publisher, Target::Subscriber]);
    assert_eq!(counter(&media, "overflow_closes_total"), 1);
    media.shutdown().await;
}
