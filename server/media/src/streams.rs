//! The TCP connections that carry media where UDP is blocked: each datagram in a frame behind its length (RFC 4571), as ICE
//! over TCP has it (RFC 6544). A connection belongs to the worker whose peer it named in its first frame.

use lianxian_sfu::worker::{Flow, MAX_DATAGRAM};
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Connections of one worker at most.
pub(crate) const MAX_STREAMS: usize = 4_096;

/// Bytes that wait for one connection at most; a datagram on top of them is dropped, as a full line would drop it.
const QUEUE_BYTES: usize = 128 << 10;

/// Bytes asked of the kernel for sending: what lies there can be neither dropped nor overtaken, so it is little.
const KERNEL_BYTES: usize = 64 << 10;

/// Bytes read from one connection in one turn at most.
const READ_BYTES: usize = 32 << 10;

/// A connection that takes nothing of what waits for it for this long is cut.
const STALLED: Duration = Duration::from_secs(10);

/// A connection over which no check of a peer of ours succeeded for this long is cut.
const UNPROVEN: Duration = Duration::from_secs(10);

/// Bytes of a frame's length.
pub(crate) const FRAME_HEAD: usize = 2;

/// Tokens below are the worker's own descriptors.
pub(crate) const FIRST_TOKEN: u64 = 2;

pub(crate) struct Streams {
    epoll: Rc<Epoll>,
    slots: Vec<Option<Stream>>,
    free: Vec<usize>,
    by_flow: HashMap<Flow, usize>,
    /// Slots with bytes that were not offered to the kernel yet.
    fresh: Vec<usize>,
    intake: Vec<u8>,
    pub tally: Tally,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub datagrams_in: u64,
    pub datagrams_out: u64,
    /// Dropped: the connection's queue was full, or it was gone.
    pub dropped: u64,
    /// Cut by us: stalled, unproven, malformed, or one too many.
    pub cut: u64,
}

struct Stream {
    socket: TcpStream,
    flow: Flow,
    /// What has come and was not taken whole, from `read` on.
    arrived: Vec<u8>,
    read: usize,
    queue: Vec<u8>,
    /// What of `queue` the kernel has.
    taken: usize,
    is_fresh: bool,
    /// Asked to be woken for room.
    watches_room: bool,
    stalled_since: Option<Instant>,
    /// None: a peer of ours answers for it.
    unproven_since: Option<Instant>,
    /// Tells by its end that the connection has ended.
    _open: Option<oneshot::Sender<()>>,
}

impl Streams {
    pub fn new(epoll: Rc<Epoll>) -> Self {
        Self {
            epoll,
            slots: Vec::new(),
            free: Vec::new(),
            by_flow: HashMap::new(),
            fresh: Vec::new(),
            intake: Vec::new(),
            tally: Tally::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.by_flow.len()
    }

    /// Takes a connection in; its flow, unless there are too many or it is gone already.
    pub fn adopt(&mut self, socket: TcpStream, open: Option<oneshot::Sender<()>>, now: Instant) -> Option<Flow> {
        if self.by_flow.len() >= MAX_STREAMS {
            self.tally.cut += 1;
            return None;
        }
        let flow = prepare(&socket).ok()?;
        // The same two ends again: the former connection is gone, whether or not we heard of it.
        if let Some(former) = self.by_flow.get(&flow) {
            self.remove(*former);
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        let event = EpollEvent::new(EpollFlags::EPOLLIN, token(place));
        if let Err(error) = self.epoll.add(&socket, event) {
            tracing::warn!(%error, "a media connection cannot be watched");
            self.free.push(place);
            return None;
        }
        self.slots[place] = Some(Stream {
            socket,
            flow,
            arrived: Vec::new(),
            read: 0,
            queue: Vec::new(),
            taken: 0,
            is_fresh: false,
            watches_room: false,
            stalled_since: None,
            unproven_since: Some(now),
            _open: open,
        });
        self.by_flow.insert(flow, place);
        Some(flow)
    }

    /// Reads what has arrived at a connection. Afterwards [`Streams::next_frame`] gives the frames that are whole.
    pub fn read(&mut self, token: u64) {
        let Some(place) = place(token) else { return };
        let Some(Some(stream)) = self.slots.get_mut(place) else { return };
        self.intake.resize(READ_BYTES, 0);
        match stream.socket.read(&mut self.intake) {
            Ok(0) => self.remove(place),
            Ok(count) => stream.arrived.extend_from_slice(&self.intake[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.remove(place),
        }
    }

    /// Moves the next whole frame into `frame`, and tells its flow. An empty one says nothing, and is passed over.
    pub fn next_frame(&mut self, token: u64, frame: &mut Vec<u8>) -> Option<Flow> {
        let place = place(token)?;
        let stream = self.slots.get_mut(place)?.as_mut()?;
        loop {
            let rest = stream.arrived.get(stream.read..).unwrap_or_default();
            let len = rest.first_chunk().map(|head| usize::from(u16::from_be_bytes(*head)));
            if len.is_some_and(|len| len > MAX_DATAGRAM) {
                // No peer sends such a frame, and what follows cannot be trusted to be one.
                self.tally.cut += 1;
                self.remove(place);
                return None;
            }
            let Some(whole) = len.and_then(|len| rest.get(FRAME_HEAD..FRAME_HEAD + len)) else {
                // Moved once for all the frames before it.
                stream.arrived.drain(..stream.read);
                stream.read = 0;
                return None;
            };
            stream.read += FRAME_HEAD + whole.len();
            if !whole.is_empty() {
                frame.clear();
                frame.extend_from_slice(whole);
                self.tally.datagrams_in += 1;
                return Some(stream.flow);
            }
        }
    }

    /// Queues a datagram in its frame.
    pub fn queue(&mut self, flow: &Flow, datagram: &[u8]) {
        let stream = self.by_flow.get(flow).and_then(|place| Some((*place, self.slots.get_mut(*place)?.as_mut()?)));
        let Some((place, stream)) = stream else {
            self.tally.dropped += 1;
            return;
        };
        if stream.queue.len() - stream.taken + FRAME_HEAD + datagram.len() > QUEUE_BYTES {
            self.tally.dropped += 1;
            return;
        }
        stream.queue.extend_from_slice(&(datagram.len() as u16).to_be_bytes());
        stream.queue.extend_from_slice(datagram);
        self.tally.datagrams_out += 1;
        if !stream.is_fresh {
            stream.is_fresh = true;
            self.fresh.push(place);
        }
    }

    /// Offers the kernel what was queued since the last time.
    pub fn flush(&mut self) {
        while let Some(place) = self.fresh.pop() {
            self.write(place);
        }
    }

    /// The connection has room again.
    pub fn resume(&mut self, token: u64) {
        if let Some(place) = place(token) {
            self.write(place);
        }
    }

    fn write(&mut self, place: usize) {
        let Some(Some(stream)) = self.slots.get_mut(place) else { return };
        stream.is_fresh = false;
        while stream.taken < stream.queue.len() {
            match stream.socket.write(&stream.queue[stream.taken..]) {
                Ok(0) => return self.remove(place),
                Ok(count) => {
                    stream.taken += count;
                    stream.stalled_since = None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    stream.stalled_since.get_or_insert_with(Instant::now);
                    break;
                }
                Err(_) => return self.remove(place),
            }
        }
        stream.queue.drain(..stream.taken);
        stream.taken = 0;
        let watches_room = !stream.queue.is_empty();
        if watches_room != stream.watches_room {
            stream.watches_room = watches_room;
            let room = if watches_room { EpollFlags::EPOLLOUT } else { EpollFlags::empty() };
            let mut event = EpollEvent::new(EpollFlags::EPOLLIN | room, token(place));
            if self.epoll.modify(&stream.socket, &mut event).is_err() {
                self.remove(place);
            }
        }
    }

    /// A check of a peer of ours succeeded over the flow.
    pub fn prove(&mut self, flow: &Flow) {
        self.set_unproven(flow, None);
    }

    /// The peer let go of the flow.
    pub fn release(&mut self, flow: &Flow, now: Instant) {
        self.set_unproven(flow, Some(now));
    }

    fn set_unproven(&mut self, flow: &Flow, since: Option<Instant>) {
        let place = self.by_flow.get(flow).copied();
        if let Some(Some(stream)) = place.and_then(|place| self.slots.get_mut(place)) {
            stream.unproven_since = since;
        }
    }

    /// Cuts who takes nothing and who proves nothing. About once a second.
    pub fn sweep(&mut self, now: Instant) {
        let longer = |since: Option<Instant>, limit| since.is_some_and(|since| now.duration_since(since) > limit);
        for place in 0..self.slots.len() {
            let Some(Some(stream)) = self.slots.get(place) else { continue };
            if longer(stream.stalled_since, STALLED) || longer(stream.unproven_since, UNPROVEN) {
                tracing::debug!(remote = %stream.flow.remote, "a media connection is cut: it takes or proves nothing");
                self.tally.cut += 1;
                self.remove(place);
            }
        }
    }

    fn remove(&mut self, place: usize) {
        // Closing the descriptor ends its watch.
        if let Some(stream) = self.slots.get_mut(place).and_then(Option::take) {
            self.by_flow.remove(&stream.flow);
            self.free.push(place);
        }
    }
}

fn token(place: usize) -> u64 {
    FIRST_TOKEN + place as u64
}

fn place(token: u64) -> Option<usize> {
    usize::try_from(token.checked_sub(FIRST_TOKEN)?).ok()
}

fn prepare(socket: &TcpStream) -> io::Result<Flow> {
    socket.set_nonblocking(true)?;
    socket.set_nodelay(true)?;
    // More than asked for is no reason to refuse it.
    let _ = socket2::SockRef::from(socket).set_send_buffer_size(KERNEL_BYTES);
    let canonical = |mut address: std::net::SocketAddr| {
        address.set_ip(address.ip().to_canonical());
        address
    };
    Ok(Flow::tcp(canonical(socket.peer_addr()?), canonical(socket.local_addr()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::epoll::EpollCreateFlags;
    use proptest::prelude::*;
    use std::net::TcpListener;

    fn streams() -> Streams {
        Streams::new(Rc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap()))
    }

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        (client, listener.accept().unwrap().0)
    }

    /// The tokens that are ready, waiting for at least one.
    fn ready(streams: &Streams) -> Vec<u64> {
        let mut events = [EpollEvent::empty(); 8];
        let count = streams.epoll.wait(&mut events, 5_000_u16).unwrap();
        assert!(count > 0, "nothing became ready");
        events[..count].iter().map(EpollEvent::data).collect()
    }

    /// Reads until `count` frames came.
    fn frames(streams: &mut Streams, count: usize) -> Vec<Vec<u8>> {
        let (mut found, mut frame) = (Vec::new(), Vec::new());
        while found.len() < count {
            for token in ready(streams) {
                streams.read(token);
                while streams.next_frame(token, &mut frame).is_some() {
                    found.push(frame.clone());
                }
            }
        }
        found
    }

    #[test]
    fn frames_pass_both_ways_however_they_are_cut() {
        let mut streams = streams();
        let (mut client, server) = pair();
        let flow = streams.adopt(server, None, Instant::now()).unwrap();
        assert_eq!(flow.remote, client.local_addr().unwrap());
        let mut sent = Vec::new();
        for number in 1..=3_u8 {
            sent.extend([0, number]);
            sent.extend(vec![number; usize::from(number)]);
        }
        let (first, second) = sent.split_at(4);
        client.write_all(first).unwrap();
        assert_eq!(frames(&mut streams, 1), [vec![1]]);
        client.write_all(second).unwrap();
        assert_eq!(frames(&mut streams, 2), [vec![2; 2], vec![3; 3]]);
        // Empty frames, and half of one that ends later.
        client.write_all(&[&[0; 2_000][..], &[0, 2, 4, 4, 0, 3, 5]].concat()).unwrap();
        assert_eq!(frames(&mut streams, 1), [vec![4; 2]]);
        client.write_all(&[5, 5]).unwrap();
        assert_eq!(frames(&mut streams, 1), [vec![5; 3]]);

        streams.queue(&flow, &[7; 300]);
        streams.queue(&flow, &[8; 5]);
        streams.flush();
        let mut got = vec![0; 2 * FRAME_HEAD + 305];
        client.read_exact(&mut got).unwrap();
        assert_eq!((&got[..3], &got[302..305]), (&[1, 44, 7][..], &[0, 5, 8][..]));
    }

    #[test]
    fn a_frame_longer_than_a_datagram_ends_the_connection() {
        let mut streams = streams();
        let (mut client, server) = pair();
        streams.adopt(server, None, Instant::now()).unwrap();
        client.write_all(&[0xff, 0xff, 1, 2, 3]).unwrap();
        let mut frame = Vec::new();
        for token in ready(&streams) {
            streams.read(token);
            assert!(streams.next_frame(token, &mut frame).is_none());
        }
        assert_eq!((streams.len(), streams.tally.cut), (0, 1));
        // The unread bytes make the kernel reset it.
        assert!(client.read(&mut [0; 1]).map_or(true, |count| count == 0));
    }

    #[test]
    fn who_does_not_read_loses_datagrams_and_then_the_connection() {
        let mut streams = streams();
        let (mut client, server) = pair();
        let flow = streams.adopt(server, None, Instant::now()).unwrap();
        streams.prove(&flow);
        let now = Instant::now();
        while streams.tally.dropped == 0 {
            streams.queue(&flow, &[1; 1200]);
            streams.flush();
        }
        assert!(streams.slots[0].as_ref().unwrap().queue.len() <= QUEUE_BYTES);
        streams.sweep(now + STALLED);
        assert_eq!(streams.len(), 1, "it may still take it");
        // Reading makes room, and what was queued goes on.
        let queued = streams.slots[0].as_ref().unwrap().queue.len();
        let mut bytes = vec![0; 1 << 20];
        assert!(client.read(&mut bytes).unwrap() > 0);
        while streams.slots[0].as_ref().unwrap().queue.len() == queued {
            assert!(client.read(&mut bytes).unwrap() > 0);
            for token in ready(&streams) {
                streams.resume(token);
            }
        }
        while streams.slots[0].as_ref().unwrap().stalled_since.is_none() {
            streams.queue(&flow, &[1; 1200]);
            streams.flush();
        }
        streams.sweep(Instant::now() + STALLED + Duration::from_secs(1));
        assert_eq!((streams.len(), streams.tally.cut), (0, 1));
        streams.queue(&flow, &[1; 10]);
        streams.flush();
    }

    #[test]
    fn who_proves_nothing_is_cut_and_a_peer_that_ends_lets_go() {
        let mut streams = streams();
        let (first, second) = (pair(), pair());
        let now = Instant::now();
        let proven = streams.adopt(first.1, None, now).unwrap();
        streams.adopt(second.1, None, now).unwrap();
        streams.prove(&proven);
        let later = now + UNPROVEN + Duration::from_secs(1);
        streams.sweep(later);
        assert_eq!(streams.len(), 1);
        streams.release(&proven, later);
        streams.sweep(later + UNPROVEN);
        assert_eq!(streams.len(), 1);
        streams.sweep(later + UNPROVEN + Duration::from_secs(1));
        assert_eq!((streams.len(), streams.tally.cut), (0, 2));
    }

    #[test]
    fn the_end_of_the_other_side_is_ours() {
        let mut streams = streams();
        let (client, server) = pair();
        streams.adopt(server, None, Instant::now()).unwrap();
        drop(client);
        for token in ready(&streams) {
            streams.read(token);
        }
        assert_eq!((streams.len(), streams.tally.cut), (0, 0));
    }

    #[test]
    fn whoever_counts_hears_of_the_end_and_not_before() {
        let mut streams = streams();
        let (client, server) = pair();
        let (open, mut ended) = oneshot::channel();
        streams.adopt(server, Some(open), Instant::now()).unwrap();
        assert_eq!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        drop(client);
        for token in ready(&streams) {
            streams.read(token);
        }
        assert_eq!(ended.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }

    proptest! {
        // Each case has a connection of its own.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frames_come_whole_wherever_they_are_cut(
            sent in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..MAX_DATAGRAM), 1..6),
            cuts in proptest::collection::vec(1usize..2_000, 1..8),
        ) {
            let mut streams = streams();
            let (mut client, server) = pair();
            streams.adopt(server, None, Instant::now()).unwrap();
            let framed = |frame: &Vec<u8>| [&(frame.len() as u16).to_be_bytes()[..], frame].concat();
            let bytes: Vec<u8> = sent.iter().flat_map(framed).collect();
            let (mut rest, mut found, mut frame) = (&bytes[..], Vec::new(), Vec::new());
            for cut in cuts.iter().cycle() {
                let (piece, behind) = rest.split_at((*cut).min(rest.len()));
                client.write_all(piece).unwrap();
                rest = behind;
                for token in ready(&streams) {
                    streams.read(token);
                    while streams.next_frame(token, &mut frame).is_some() {
                        found.push(frame.clone());
                    }
                }
                if rest.is_empty() {
                    break;
                }
            }
            found.extend(frames(&mut streams, sent.len() - found.len()));
            prop_assert_eq!(found, sent);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 1..4_000)) {
            let mut streams = streams();
            let (mut client, server) = pair();
            streams.adopt(server, None, Instant::now()).unwrap();
            client.write_all(&bytes).unwrap();
            let mut frame = Vec::new();
            for token in ready(&streams) {
                streams.read(token);
                while streams.next_frame(token, &mut frame).is_some() {
                    prop_assert!(frame.len() <= MAX_DATAGRAM);
                }
            }
        }
    }
}
