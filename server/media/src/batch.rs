//! The outgoing datagrams of one worker: peers seal straight into its slots, a full batch (or the end of a turn) is
//! handed to the kernel. Bounded: when the kernel takes no more, what comes on top is dropped and counted.

use crate::runs::{Order, Queued};
use crate::send::{Sender, Sent, Stop};
use crate::socket::Sockets;
use crate::streams::Streams;
use lianxian_sfu::worker::{Carrier, Egress, Flow, MAX_DATAGRAM};
use std::rc::Rc;

/// Datagrams that a worker holds at most, sent or waiting for room in the socket's buffer.
pub(crate) const BATCH_DATAGRAMS: usize = 1024;

pub(crate) struct Batch {
    /// One more than [`BATCH_DATAGRAMS`]: the last is written to while the batch is full and never sent.
    slots: Vec<[u8; MAX_DATAGRAM]>,
    queued: Vec<Queued>,
    order: Order,
    sender: Sender,
    sockets: Rc<Sockets>,
    /// The connections that carry datagrams in frames.
    pub streams: Streams,
    /// Datagrams in one message at most; 1: the kernel does not segment.
    max_segments: usize,
    blocked: bool,
    /// Dropped because the kernel took no more.
    overflowed: u64,
}

impl Batch {
    pub fn new(sockets: Rc<Sockets>, streams: Streams) -> Self {
        Self {
            slots: vec![[0; MAX_DATAGRAM]; BATCH_DATAGRAMS + 1],
            queued: Vec::with_capacity(BATCH_DATAGRAMS),
            order: Order::default(),
            sender: Sender::new(),
            max_segments: sockets.max_segments(),
            sockets,
            streams,
            blocked: false,
            overflowed: 0,
        }
    }

    /// Hands over what is queued. Afterwards [`Batch::is_blocked`] tells whether some of it is still here.
    pub fn flush(&mut self) {
        self.streams.flush();
        self.blocked = false;
        if self.queued.is_empty() {
            return;
        }
        self.order.plan(&self.queued, self.max_segments);
        let mut from = 0;
        loop {
            let sockets = &self.sockets;
            match self.sender.send(&self.slots, &self.queued, &self.order, from, |ip| sockets.descriptor(ip)) {
                Stop::Done => {
                    self.queued.clear();
                    return;
                }
                Stop::Blocked(at) => {
                    self.keep(at);
                    self.blocked = true;
                    return;
                }
                Stop::NoSegmentation(at) => {
                    tracing::info!("UDP segmentation is refused here: sending each datagram by itself from now on");
                    self.max_segments = 1;
                    self.keep(at);
                    self.order.plan(&self.queued, self.max_segments);
                    from = 0;
                }
            }
        }
    }

    /// True while the socket has no room: wait until it is writable, then flush.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    pub fn sent(&self) -> Sent {
        self.sender.sent
    }

    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Moves the datagrams of the runs from `at` on to the front, in their order.
    fn keep(&mut self, at: usize) {
        let rest = self.order.runs.get(at..).unwrap_or_default();
        let unsent: Vec<u16> = rest.iter().flat_map(|run| self.order.slots(*run)).collect();
        // Rare (a full socket buffer): a copy of what is left is simpler than a ring.
        let kept: Vec<([u8; MAX_DATAGRAM], Queued)> =
            unsent.into_iter().map(|slot| (self.slots[usize::from(slot)], self.queued[usize::from(slot)])).collect();
        self.queued.clear();
        for (place, (bytes, queued)) in kept.into_iter().enumerate() {
            self.slots[place] = bytes;
            self.queued.push(queued);
        }
    }
}

impl Egress for Batch {
    fn slot(&mut self) -> &mut [u8; MAX_DATAGRAM] {
        if self.queued.len() >= BATCH_DATAGRAMS && !self.blocked {
            self.flush();
        }
        let place = self.queued.len().min(BATCH_DATAGRAMS);
        &mut self.slots[place]
    }

    fn commit(&mut self, flow: Flow, len: usize) {
        if flow.carrier == Carrier::Tcp {
            let slot = &self.slots[self.queued.len().min(BATCH_DATAGRAMS)];
            return self.streams.queue(&flow, &slot[..len.min(MAX_DATAGRAM)]);
        }
        if self.queued.len() >= BATCH_DATAGRAMS {
            self.overflowed += 1;
            return;
        }
        self.queued.push(Queued { flow, len: len.min(MAX_DATAGRAM) as u16 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::epoll::{Epoll, EpollCreateFlags};
    use std::net::UdpSocket;
    use std::time::Duration;

    fn receiver() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket
    }

    fn put(batch: &mut Batch, flow: Flow, bytes: &[u8]) {
        batch.slot()[..bytes.len()].copy_from_slice(bytes);
        batch.commit(flow, bytes.len());
    }

    fn batch() -> Batch {
        let epoll = Rc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap());
        Batch::new(Rc::new(Sockets::open("127.0.0.1:0".parse().unwrap(), None).unwrap()), Streams::new(epoll))
    }

    #[test]
    fn runs_and_lone_datagrams_arrive_whole_in_order_and_from_the_local_address() {
        let mut batch = batch();
        let local = batch.sockets.local_v4().unwrap();
        let (a, b) = (receiver(), receiver());
        let flow = |to: &UdpSocket| Flow::udp(to.local_addr().unwrap(), local);
        for number in 0..6_u8 {
            put(&mut batch, flow(&a), &[number; 1200]);
            put(&mut batch, flow(&b), &[number; 300]);
        }
        put(&mut batch, flow(&a), &[6; 700]);
        put(&mut batch, flow(&b), &[6; 900]);
        batch.flush();
        assert!(!batch.is_blocked());
        let mut bytes = [0; 2000];
        for (socket, size, last) in [(&a, 1200, 700), (&b, 300, 900)] {
            for number in 0..7_u8 {
                let (len, from) = socket.recv_from(&mut bytes).unwrap();
                assert_eq!((len, bytes[0], from), (if number == 6 { last } else { size }, number, local));
            }
        }
        assert_eq!(batch.sent().datagrams, 14);
        if batch.max_segments > 1 {
            assert_eq!(batch.sent().messages, 3, "two runs, and the datagram that is longer than its run");
        }
    }

    #[test]
    fn more_than_a_batch_flushes_itself() {
        let mut batch = batch();
        let local = batch.sockets.local_v4().unwrap();
        let to = receiver();
        let flow = Flow::udp(to.local_addr().unwrap(), local);
        for _ in 0..BATCH_DATAGRAMS + 10 {
            put(&mut batch, flow, &[1; 20]);
        }
        assert_eq!(batch.sent().datagrams, BATCH_DATAGRAMS as u64);
        batch.flush();
        assert_eq!(batch.sent().datagrams, BATCH_DATAGRAMS as u64 + 10);
        assert_eq!(batch.overflowed(), 0);
    }

    #[test]
    fn a_refused_datagram_does_not_hold_up_the_others() {
        let mut batch = batch();
        let local = batch.sockets.local_v4().unwrap();
        let to = receiver();
        // Port 0 cannot be sent to.
        let nowhere = Flow::udp("127.0.0.1:0".parse().unwrap(), local);
        let flow = Flow::udp(to.local_addr().unwrap(), local);
        put(&mut batch, nowhere, &[1; 20]);
        put(&mut batch, flow, &[2; 20]);
        batch.flush();
        let mut bytes = [0; 100];
        assert_eq!(to.recv(&mut bytes).unwrap(), 20);
        assert_eq!((batch.sent().datagrams, batch.sent().refused), (1, 1));
    }

    /// One viewer that nobody can send to is no reason to send to all others datagram by datagram.
    #[test]
    fn a_refused_run_does_not_end_runs_for_everyone() {
        let mut batch = batch();
        let segments = batch.max_segments;
        let local = batch.sockets.local_v4().unwrap();
        let to = receiver();
        let nowhere = Flow::udp("127.0.0.1:0".parse().unwrap(), local);
        let flow = Flow::udp(to.local_addr().unwrap(), local);
        for _ in 0..2 * 4 {
            for _ in 0..4 {
                put(&mut batch, nowhere, &[1; 1200]);
            }
            for _ in 0..4 {
                put(&mut batch, flow, &[2; 1200]);
            }
            batch.flush();
        }
        let mut bytes = [0; 2000];
        for _ in 0..32 {
            assert_eq!(to.recv(&mut bytes).unwrap(), 1200);
        }
        assert_eq!((batch.sent().datagrams, batch.sent().refused), (32, 32));
        assert_eq!(batch.max_segments, segments);
    }

    #[test]
    fn a_full_socket_drops_the_newest_and_counts() {
        let mut batch = batch();
        let local = batch.sockets.local_v4().unwrap();
        let flow = Flow::udp(receiver().local_addr().unwrap(), local);
        batch.blocked = true;
        for _ in 0..BATCH_DATAGRAMS + 3 {
            put(&mut batch, flow, &[1; 20]);
        }
        assert_eq!(batch.overflowed(), 3);
    }
}
