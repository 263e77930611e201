//! The media thread: a socket per transport, one poll, counts.

use crate::session::{Local, Remote};
use crate::source::Source;
use crate::transport::{Got, Identity, Transport};
use crate::viewer::{Manner, Receiver as Attention, Taken};
use anyhow::Result;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Every how many packets a viewer that samples opens one.
const SAMPLE_EVERY: u64 = 16;
/// One viewer in so many samples at all.
const SAMPLING_VIEWERS: usize = 8;
const TICK: Duration = Duration::from_millis(5);

pub enum Role {
    Viewer(Manner),
    Publisher { ssrcs: [u32; 2], packets_per_frame: usize },
}

enum Order {
    Add { local: Local, remote: Remote, role: Role, since: Instant, up: oneshot::Sender<()> },
    Measure(bool),
    Hold(bool),
    Learn { ufrag: String, remote: Remote },
    Report(oneshot::Sender<Report>),
    Stop,
}

/// What was counted while measuring.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub received: u64,
    /// By the network or the server, not by the viewer's own hand.
    pub lost: u64,
    /// Thrown away by the viewers, and what of it came again.
    pub thrown: u64,
    pub repaired: u64,
    pub sent: u64,
    /// Nanoseconds from making a packet to opening it, sorted.
    pub delays_ns: Vec<u64>,
    /// From `since` to the first media packet of each viewer, sorted.
    pub first_packets: Vec<Duration>,
}

/// The handle of the media thread.
pub struct Plane {
    orders: Sender<Order>,
    pub identity: Arc<Identity>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Plane {
    pub fn start() -> Result<Self> {
        let identity = Arc::new(Identity::make()?);
        let (orders, inbox) = channel();
        let mut running = Running {
            identity: identity.clone(),
            poll: Poll::new()?,
            inbox,
            peers: Vec::new(),
            measuring: false,
            held: false,
            report: Report::default(),
            epoch: Instant::now(),
        };
        let thread = std::thread::Builder::new().name("load-media".into()).spawn(move || running.run())?;
        Ok(Self { orders, identity, thread: Some(thread) })
    }

    /// Adds a transport; resolves when its DTLS is up.
    pub async fn add(&self, local: Local, remote: Remote, role: Role, since: Instant) -> Result<()> {
        let (up, is_up) = oneshot::channel();
        let _ = self.orders.send(Order::Add { local, remote, role, since, up });
        Ok(tokio::time::timeout(Duration::from_secs(20), is_up).await??)
    }

    pub fn measure(&self, on: bool) {
        let _ = self.orders.send(Order::Measure(on));
    }

    /// By which later offers are told to a transport.
    pub fn learner(&self) -> Learner {
        Learner(self.orders.clone())
    }

    /// Whether publishers are silent.
    pub fn hold(&self, on: bool) {
        let _ = self.orders.send(Order::Hold(on));
    }

    pub async fn report(&self) -> Result<Report> {
        let (tell, told) = oneshot::channel();
        let _ = self.orders.send(Order::Report(tell));
        Ok(told.await?)
    }
}

/// Tells transports what later offers say.
pub struct Learner(Sender<Order>);

impl Learner {
    /// The first offer has no media yet: its numbers come with a later one. `ufrag` is the transport's own.
    pub fn learn(&self, ufrag: &str, remote: Remote) {
        let _ = self.0.send(Order::Learn { ufrag: ufrag.to_owned(), remote });
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Peer {
    socket: UdpSocket,
    transport: Transport,
    up: Option<oneshot::Sender<()>>,
    source: Option<Source>,
    attention: Option<Attention>,
    deaf: bool,
    since: Instant,
    first: Option<Duration>,
    /// Highest sequence and packets counted of each stream while measuring.
    streams: HashMap<u32, (u16, u64)>,
    samples: bool,
    seen: u64,
}

struct Running {
    identity: Arc<Identity>,
    poll: Poll,
    inbox: Receiver<Order>,
    peers: Vec<Peer>,
    measuring: bool,
    held: bool,
    report: Report,
    epoch: Instant,
}

impl Running {
    fn run(&mut self) {
        let mut events = Events::with_capacity(1024);
        let mut buffer = [0u8; 2048];
        let mut next_tick = Instant::now();
        loop {
            let _ = self.poll.poll(&mut events, Some(Duration::from_millis(2)));
            let now = Instant::now();
            for event in &events {
                self.read(event.token().0, &mut buffer);
            }
            while let Ok(order) = self.inbox.try_recv() {
                if !self.obey(order) {
                    return;
                }
            }
            if !self.held {
                self.publish(now);
            }
            if now >= next_tick {
                next_tick = now + TICK;
                for peer in &mut self.peers {
                    let Peer { socket, transport, attention, .. } = peer;
                    if let (Some(attention), Some(keys)) = (attention, &mut transport.keys) {
                        attention.tell(now, |compound| {
                            if let Ok(sealed) = keys.seal.encrypt_rtcp(compound) {
                                let _ = socket.send(&sealed);
                            }
                        });
                    }
                    if let Err(error) = transport.tick(now, |bytes| drop(socket.send(bytes))) {
                        eprintln!("a transport failed: {error:#}");
                    }
                }
            }
        }
    }

    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Add { local, remote, role, since, up } => {
                if let Err(error) = self.add(local, remote, role, since, up) {
                    eprintln!("a transport cannot start: {error:#}");
                }
            }
            Order::Measure(on) => {
                self.measuring = on;
                if on {
                    let first_packets = std::mem::take(&mut self.report.first_packets);
                    self.report = Report { first_packets, ..Report::default() };
                    self.peers.iter_mut().for_each(|peer| peer.streams.clear());
                }
            }
            Order::Learn { ufrag, remote } => {
                let mut peers = self.peers.iter_mut().filter(|peer| peer.transport.goes_by(&ufrag));
                if let Some(attention) = peers.find_map(|peer| peer.attention.as_mut()) {
                    attention.learn(&remote);
                }
            }
            Order::Hold(on) => {
                self.held = on;
                let now = Instant::now();
                self.peers.iter_mut().filter_map(|peer| peer.source.as_mut()).for_each(|source| source.begin(now));
            }
            Order::Report(tell) => {
                let mut report = self.report.clone();
                report.first_packets = self.peers.iter().filter_map(|peer| peer.first).collect();
                report.first_packets.sort();
                report.delays_ns.sort_unstable();
                let _ = tell.send(report);
            }
            Order::Stop => return false,
        }
        true
    }

    fn add(&mut self, local: Local, remote: Remote, role: Role, since: Instant, up: oneshot::Sender<()>) -> Result<()> {
        let mut socket = UdpSocket::bind(local.address.unwrap_or(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0)))?;
        socket.connect(remote.address)?;
        let token = Token(self.peers.len());
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        let now = Instant::now();
        let (source, attention, deaf) = match role {
            Role::Viewer(Manner::Deaf) => (None, None, true),
            Role::Viewer(Manner::Attentive { lost_per_mille }) => {
                (None, Some(Attention::new(&remote, lost_per_mille, now)), false)
            }
            Role::Publisher { ssrcs, packets_per_frame } => {
                (Some(Source::new(self.epoch, ssrcs, packets_per_frame, now)), None, false)
            }
        };
        let transport = Transport::new(self.identity.clone(), local, remote, now);
        let samples = source.is_none() && token.0.is_multiple_of(SAMPLING_VIEWERS);
        let streams = HashMap::new();
        self.peers.push(Peer {
            socket,
            transport,
            up: Some(up),
            source,
            attention,
            deaf,
            since,
            first: None,
            streams,
            samples,
            seen: 0,
        });
        Ok(())
    }

    fn read(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        loop {
            let length = match peer.socket.recv(buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return,
            };
            let now = Instant::now();
            let Peer { socket, transport, .. } = peer;
            let got = match transport.receive(&buffer[..length], now, |bytes| drop(socket.send(bytes))) {
                Ok(got) => got,
                Err(error) => {
                    eprintln!("a transport failed: {error:#}");
                    continue;
                }
            };
            match got {
                Got::Rtp(packet) => peer.count(packet, now, self.epoch, self.measuring, &mut self.report),
                Got::Rtcp(packet) => peer.answer(packet),
                Got::Control if peer.transport.is_up() => {
                    if let Some(up) = peer.up.take() {
                        let _ = up.send(());
                        if peer.deaf {
                            let _ = self.poll.registry().deregister(&mut peer.socket);
                            return;
                        }
                    }
                }
                Got::Control => {}
            }
        }
    }

    fn publish(&mut self, now: Instant) {
        let (measuring, report) = (self.measuring, &mut self.report);
        for peer in &mut self.peers {
            let Peer { socket, transport, source, .. } = peer;
            let (Some(source), Some(keys)) = (source, &mut transport.keys) else { continue };
            if now < source.deadline() {
                continue;
            }
            source.tick(now, |packet| {
                if let Ok(sealed) = keys.seal.encrypt_rtp(packet) {
                    let _ = socket.send(&sealed);
                    report.sent += u64::from(measuring);
                }
            });
        }
    }
}

impl Peer {
    fn count(&mut self, packet: &[u8], now: Instant, epoch: Instant, measuring: bool, report: &mut Report) {
        if self.first.is_none() {
            self.first = Some(now - self.since);
        }
        let taken = self.attention.as_mut().map_or(Taken::Media, |attention| attention.take(packet, now));
        if !measuring {
            return;
        }
        report.received += 1;
        match taken {
            Taken::Media => {}
            Taken::Lost => report.thrown += 1,
            // These have numbers of their own.
            Taken::Repair => {
                report.repaired += 1;
                return;
            }
            Taken::Padding => return,
        }
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let ssrc = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
        let stream = self.streams.entry(ssrc).or_insert((sequence, 0));
        let step = sequence.wrapping_sub(stream.0);
        if stream.1 > 0 && step > 0 && step < 0x8000 {
            report.lost += u64::from(step - 1);
        }
        if step < 0x8000 {
            stream.0 = sequence;
        }
        stream.1 += 1;
        self.seen += 1;
        if self.samples && self.seen.is_multiple_of(SAMPLE_EVERY) {
            let opened = self.transport.keys.as_mut().and_then(|keys| keys.open.decrypt_rtp(packet).ok());
            if let Some(made) = opened.as_deref().and_then(|p| p.last_chunk::<8>()) {
                let made = u64::from_be_bytes(*made);
                report.delays_ns.push(((now - epoch).as_nanos() as u64).saturating_sub(made));
            }
        }
    }

    /// A publisher makes a key frame when it is asked to (PLI or FIR, RFC 4585 and RFC 5104).
    fn answer(&mut self, packet: &[u8]) {
        let (Some(source), Some(keys)) = (&mut self.source, &mut self.transport.keys) else { return };
        let Ok(opened) = keys.open.decrypt_rtcp(packet) else { return };
        let mut rest: &[u8] = &opened;
        while rest.len() >= 4 {
            let (format, kind) = (rest[0] & 0x1f, rest[1]);
            if kind == 206 && (format == 1 || format == 4) {
                source.want_key_frame();
            }
            let length = 4 * (usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1);
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}
