//! What reaches a worker thread beside datagrams: commands of the service, relays of the other workers and connections, over
//! bounded queues, with one wake-up for whatever has gathered.

use lianxian_sfu::worker::{Command, Relay, RelayTo, Reply, WorkerIndex};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Commands that wait for one worker at most; further callers wait for room.
pub(crate) const COMMANDS_WAITING: usize = 1_024;

/// Relays that wait for one worker at most.
pub(crate) const RELAYS_WAITING: usize = 8_192;

/// Connections that wait for one worker at most; further ones wait for room.
const STREAMS_WAITING: usize = 64;

/// Room that media relays leave to control relays.
const RELAYS_KEPT_FOR_CONTROL: usize = RELAYS_WAITING / 4;

/// Wakes a worker out of its poll; many wakes before it looks are one.
#[derive(Debug)]
pub(crate) struct Wake {
    event: EventFd,
    pending: AtomicBool,
}

impl Wake {
    fn new() -> io::Result<Self> {
        let event = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        Ok(Self { event, pending: AtomicBool::new(false) })
    }

    /// Call after the message is in its queue.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // Fails only when the count is full, and then the worker is awake anyway.
            let _ = self.event.write(1);
        }
    }

    /// Call before looking into the queues.
    pub fn clear(&self) {
        if self.pending.load(Ordering::Acquire) {
            let _ = self.event.read();
            self.pending.swap(false, Ordering::AcqRel);
        }
    }

    pub fn event(&self) -> &EventFd {
        &self.event
    }
}

/// A connection that carries media, with its first frame.
#[derive(Debug)]
pub(crate) struct Adopted {
    pub socket: TcpStream,
    pub frame: Vec<u8>,
    /// Dropped when the connection is: whoever counts connections waits for that.
    pub open: oneshot::Sender<()>,
}

/// The worker's end.
pub(crate) struct Inbox {
    pub wake: Arc<Wake>,
    pub commands: mpsc::Receiver<(Command, oneshot::Sender<Reply>)>,
    pub relays: mpsc::Receiver<(WorkerIndex, Relay)>,
    pub streams: mpsc::Receiver<Adopted>,
}

/// The end of everybody else.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub wake: Arc<Wake>,
    pub commands: mpsc::Sender<(Command, oneshot::Sender<Reply>)>,
    pub streams: mpsc::Sender<Adopted>,
    relays: mpsc::Sender<(WorkerIndex, Relay)>,
}

/// Both ends of one worker's mail.
///
/// # Errors
/// When the process has no descriptor left.
pub(crate) fn mail() -> io::Result<(Address, Inbox)> {
    let wake = Arc::new(Wake::new()?);
    let (to_commands, commands) = mpsc::channel(COMMANDS_WAITING);
    let (to_relays, relays) = mpsc::channel(RELAYS_WAITING);
    let (to_streams, streams) = mpsc::channel(STREAMS_WAITING);
    let address = Address { wake: wake.clone(), commands: to_commands, streams: to_streams, relays: to_relays };
    Ok((address, Inbox { wake, commands, relays, streams }))
}

/// The relays that one worker sends. Media is dropped when the other is overloaded; control waits here for room.
pub(crate) struct Relays {
    own: WorkerIndex,
    /// By worker index; the own place is empty.
    others: Vec<Option<Other>>,
    pub dropped: u64,
}

struct Other {
    address: Address,
    /// Control that found no room. While it is not empty the worker takes no commands, which bounds it.
    waiting: VecDeque<Relay>,
    posted: bool,
}

impl Relays {
    pub fn new(own: WorkerIndex, addresses: &[Address]) -> Self {
        let other = |(index, address): (usize, &Address)| {
            let other = || Other { address: address.clone(), waiting: VecDeque::new(), posted: false };
            (index != usize::from(own.0)).then(other)
        };
        Self { own, others: addresses.iter().enumerate().map(other).collect(), dropped: 0 }
    }

    pub fn post(&mut self, to: RelayTo, relay: Relay) {
        match to {
            RelayTo::One(to) => self.post_to(to, relay),
            RelayTo::AllOthers => {
                for index in 0..self.others.len() {
                    self.post_to(WorkerIndex(index as u16), relay.clone());
                }
            }
        }
    }

    fn post_to(&mut self, to: WorkerIndex, relay: Relay) {
        let Some(Some(other)) = self.others.get_mut(usize::from(to.0)) else { return };
        let media = is_media(&relay);
        let room = other.address.relays.capacity();
        if media && (!other.waiting.is_empty() || room <= RELAYS_KEPT_FOR_CONTROL) {
            self.dropped += 1;
            return;
        }
        if !other.waiting.is_empty() {
            other.waiting.push_back(relay);
            return;
        }
        match other.address.relays.try_send((self.own, relay)) {
            Ok(()) => other.posted = true,
            Err(mpsc::error::TrySendError::Full((_, relay))) if !media => other.waiting.push_back(relay),
            // Full: media, dropped. Closed: the process is shutting down.
            Err(_) => self.dropped += 1,
        }
    }

    /// Posts what waited, and wakes those who have mail. Once a turn.
    pub fn deliver(&mut self) {
        for other in self.others.iter_mut().flatten() {
            while let Some(relay) = other.waiting.pop_front() {
                match other.address.relays.try_send((self.own, relay)) {
                    Ok(()) => other.posted = true,
                    Err(mpsc::error::TrySendError::Full((_, relay))) => {
                        other.waiting.push_front(relay);
                        break;
                    }
                    Err(mpsc::error::TrySendError::Closed(_)) => other.waiting.clear(),
                }
            }
            if std::mem::take(&mut other.posted) {
                other.address.wake.wake();
            }
        }
    }

    /// True while control relays wait for room.
    pub fn is_waiting(&self) -> bool {
        self.others.iter().flatten().any(|other| !other.waiting.is_empty())
    }
}

/// What may be lost without harm to anything but a few milliseconds of picture or sound.
fn is_media(relay: &Relay) -> bool {
    matches!(
        relay,
        Relay::Packets { .. }
            | Relay::SenderReport { .. }
            | Relay::Levels { .. }
            | Relay::Datagram { .. }
            | Relay::Stray { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_sfu::worker::Flow;

    fn flow() -> Flow {
        Flow::udp(([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into())
    }

    fn datagram() -> Relay {
        Relay::Datagram { flow: flow(), bytes: vec![1] }
    }

    fn wanted(number: u8) -> Relay {
        Relay::KeyframeRequest { track: "TR_1".into(), layer: number, urgent: false }
    }

    #[test]
    fn media_gives_way_and_control_waits_in_order() {
        let (first, _first_inbox) = mail().unwrap();
        let (second, mut inbox) = mail().unwrap();
        let mut relays = Relays::new(WorkerIndex(0), &[first, second]);
        let to = RelayTo::One(WorkerIndex(1));
        for _ in 0..RELAYS_WAITING {
            relays.post(to, datagram());
        }
        assert_eq!(relays.dropped, RELAYS_KEPT_FOR_CONTROL as u64);
        for number in 0..RELAYS_KEPT_FOR_CONTROL + 3 {
            relays.post(to, wanted(number as u8));
        }
        assert!(relays.is_waiting());
        relays.post(to, datagram());
        assert_eq!(relays.dropped, RELAYS_KEPT_FOR_CONTROL as u64 + 1, "media never overtakes control that waits");
        relays.deliver();
        let mut layers = Vec::new();
        let mut read = |inbox: &mut Inbox| {
            while let Ok((from, relay)) = inbox.relays.try_recv() {
                assert_eq!(from, WorkerIndex(0));
                if let Relay::KeyframeRequest { layer, .. } = relay {
                    layers.push(layer);
                }
            }
        };
        read(&mut inbox);
        relays.deliver();
        read(&mut inbox);
        assert!(!relays.is_waiting());
        assert_eq!(layers, (0..RELAYS_KEPT_FOR_CONTROL + 3).map(|number| number as u8).collect::<Vec<_>>());
    }

    #[test]
    fn all_others_excludes_oneself_and_one_wake_serves_many() {
        let (addresses, mut inboxes): (Vec<_>, Vec<_>) = (0..3).map(|_| mail().unwrap()).unzip();
        let mut relays = Relays::new(WorkerIndex(1), &addresses);
        for number in 0..5 {
            relays.post(RelayTo::AllOthers, wanted(number));
        }
        relays.deliver();
        let counts = inboxes.iter_mut().map(|inbox| {
            let woken = inbox.wake.event().read().unwrap_or(0);
            (woken, std::iter::from_fn(|| inbox.relays.try_recv().ok()).count())
        });
        assert_eq!(counts.collect::<Vec<_>>(), [(1, 5), (0, 0), (1, 5)]);
    }
}
