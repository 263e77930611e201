//! The loop of one worker thread. A turn takes some of everything that waits - commands, relays, datagrams, due timers -
//! drains the core, sends the batch, and sleeps until there is more. Nothing in it blocks but the poll.

use crate::batch::Batch;
use crate::core::Core;
use crate::events::Events;
use crate::mail::{Adopted, Inbox, Relays};
use crate::metrics::{BUSY, Copy};
use crate::routes::Routes;
use crate::socket::{Intake, Sockets};
use crate::streams::{FIRST_TOKEN, Streams};
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::{MediaEvent, Target, TransportEnd};
use lianxian_sfu::worker::{Command, Datagram, Flow, MAX_DATAGRAM, Relay, RelayTo, WorkerIndex};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Taken in one turn at most, so that none of the sources starves another.
const COMMANDS_A_TURN: usize = 64;
const RELAYS_A_TURN: usize = 512;

/// How old the counters' copy may be.
const COPY_EVERY: Duration = Duration::from_millis(250);

/// When something waits for room elsewhere: how soon to look again.
const RETRY_AFTER: Duration = Duration::from_millis(1);

/// How often to look for connections that do nothing.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Descriptors that one look at the kernel tells of at most.
const READY_AT_ONCE: usize = 64;

/// How long to rest after a fault of the socket itself, so that it cannot spin a core.
const FAULT_REST: Duration = Duration::from_millis(10);

/// What a worker thread is given at birth.
pub(crate) struct Parts {
    pub index: WorkerIndex,
    pub workers: u16,
    pub sockets: Sockets,
    pub inbox: Inbox,
    pub relays: Relays,
    pub events: Events,
    pub copy: Copy,
    pub stop: Arc<AtomicBool>,
}

pub(crate) struct Turns<C> {
    core: C,
    sockets: Rc<Sockets>,
    epoll: Rc<Epoll>,
    watching_room: bool,
    intake: Intake,
    /// Connections that the kernel said are ready, and a frame of one.
    ready: Vec<EpollEvent>,
    frame: Vec<u8>,
    swept: Instant,
    batch: Batch,
    routes: Routes,
    inbox: Inbox,
    relays: Relays,
    events: Events,
    /// Closed last, because its events overflowed.
    flooder: Option<ParticipantSid>,
    copy: Copy,
    copied: Instant,
    copy_due: bool,
    awake: Instant,
    stop: Arc<AtomicBool>,
    tally: Tally,
}

/// What the shell itself counts.
#[derive(Debug, Default)]
struct Tally {
    datagrams: u64,
    oversize: u64,
    elsewhere: u64,
    routes_full: u64,
    faults: u64,
    overflow_closes: u64,
    /// Time awake, that is, not waiting for work.
    busy: Duration,
}

impl<C: Core> Turns<C> {
    /// # Errors
    /// When the process has no descriptor left.
    pub fn new(parts: Parts, core: C) -> io::Result<Self> {
        let Parts { index, workers, sockets, inbox, relays, events, copy, stop } = parts;
        let epoll = Rc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?);
        epoll.add(inbox.wake.event(), EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
        for descriptor in sockets.descriptors() {
            epoll.add(descriptor, EpollEvent::new(EpollFlags::EPOLLIN, 1))?;
        }
        let sockets = Rc::new(sockets);
        Ok(Self {
            core,
            watching_room: false,
            intake: Intake::new(),
            ready: Vec::with_capacity(READY_AT_ONCE),
            frame: Vec::new(),
            swept: Instant::now(),
            batch: Batch::new(sockets.clone(), Streams::new(epoll.clone())),
            epoll,
            sockets,
            routes: Routes::new(index, workers),
            inbox,
            relays,
            events,
            flooder: None,
            copy,
            copied: Instant::now(),
            copy_due: true,
            awake: Instant::now(),
            stop,
            tally: Tally::default(),
        })
    }

    /// Runs until told to stop; what was queued by then is sent.
    pub fn run(mut self) {
        loop {
            self.inbox.wake.clear();
            let stopping = self.stop.load(Ordering::Acquire);
            let now = Instant::now();
            let mut more = self.take_commands(now);
            more |= self.take_relays(now);
            more |= self.take_datagrams(now);
            self.take_streams(now);
            if self.core.deadline().is_some_and(|deadline| deadline <= now) {
                self.core.tick(now, &mut self.batch);
            }
            self.drain(now);
            self.batch.flush();
            self.relays.deliver();
            self.events.deliver();
            self.leave_copy(now);
            if stopping {
                return;
            }
            if !more {
                self.sleep();
            } else if self.batch.streams.len() > 0 {
                self.look(EpollTimeout::ZERO);
            }
        }
    }

    fn take_commands(&mut self, now: Instant) -> bool {
        if self.relays.is_waiting() {
            return false;
        }
        for _ in 0..COMMANDS_A_TURN {
            let Ok((command, answer)) = self.inbox.commands.try_recv() else { return false };
            self.copy_due = true;
            let reply = self.core.command(command, now, &mut self.batch);
            // A caller that gave up needs no reply.
            let _ = answer.send(reply);
        }
        true
    }

    fn take_relays(&mut self, now: Instant) -> bool {
        for _ in 0..RELAYS_A_TURN {
            let Ok((from, relay)) = self.inbox.relays.try_recv() else { return false };
            self.copy_due = true;
            match relay {
                Relay::Datagram { flow, mut bytes } => {
                    self.core.receive(Datagram { flow, bytes: &mut bytes }, now, &mut self.batch);
                    continue;
                }
                Relay::Bind { flow, owner } => {
                    self.tally.routes_full += u64::from(!self.routes.bind(flow, owner));
                }
                Relay::Unbind { flow } => self.routes.unbind(&flow, from),
                _ => {}
            }
            self.core.relay(relay, now, &mut self.batch);
        }
        true
    }

    fn take_datagrams(&mut self, now: Instant) -> bool {
        let Self { core, sockets, intake, batch, routes, relays, tally, .. } = self;
        let before = tally.datagrams;
        let outcome = sockets.receive(intake, |flow: Flow, bytes: &mut [u8]| {
            tally.datagrams += 1;
            if bytes.len() > MAX_DATAGRAM {
                tally.oversize += 1;
            } else if let Some(owner) = routes.elsewhere(&flow, bytes) {
                tally.elsewhere += 1;
                relays.post(RelayTo::One(owner), Relay::Datagram { flow, bytes: bytes.to_vec() });
            } else {
                core.receive(Datagram { flow, bytes }, now, batch);
            }
        });
        self.copy_due |= self.tally.datagrams != before;
        match outcome {
            Ok(more) => more,
            Err(error) => {
                self.tally.faults += 1;
                if self.tally.faults.is_power_of_two() {
                    tracing::warn!(%error, faults = self.tally.faults, "reading the media socket failed");
                }
                std::thread::sleep(FAULT_REST);
                false
            }
        }
    }

    /// New connections, and what those that are ready have brought.
    fn take_streams(&mut self, now: Instant) {
        while let Ok(Adopted { socket, mut frame, open }) = self.inbox.streams.try_recv() {
            self.copy_due = true;
            if let Some(flow) = self.batch.streams.adopt(socket, Some(open), now) {
                self.core.receive(Datagram { flow, bytes: &mut frame }, now, &mut self.batch);
            }
        }
        for event in std::mem::take(&mut self.ready) {
            self.copy_due = true;
            let token = event.data();
            if event.events().contains(EpollFlags::EPOLLOUT) {
                self.batch.streams.resume(token);
            }
            if event.events().intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR) {
                self.batch.streams.read(token);
            }
            while let Some(flow) = self.batch.streams.next_frame(token, &mut self.frame) {
                self.core.receive(Datagram { flow, bytes: &mut self.frame }, now, &mut self.batch);
            }
        }
        if now.duration_since(self.swept) >= SWEEP_EVERY {
            self.swept = now;
            let before = self.batch.streams.len();
            self.batch.streams.sweep(now);
            self.copy_due |= self.batch.streams.len() != before;
        }
    }

    /// Events and relays that the core has ready.
    fn drain(&mut self, now: Instant) {
        loop {
            while let Some((to, relay)) = self.core.poll_relay() {
                match &relay {
                    Relay::Bind { flow, .. } => {
                        self.routes.bind_here(flow);
                        self.batch.streams.prove(flow);
                    }
                    Relay::Unbind { flow } => self.batch.streams.release(flow, now),
                    _ => {}
                }
                self.relays.post(to, relay);
            }
            let Some(event) = self.core.poll_event() else { return };
            if let Some(participant) = self.events.post(event) {
                self.close_flooder(participant, now);
            }
        }
    }

    /// Closes a participant whose events overflow; the service hears that its transports ended, and sends it away to come again.
    fn close_flooder(&mut self, participant: ParticipantSid, now: Instant) {
        // What it had said by then follows, and overflows as well.
        if self.flooder.as_ref() == Some(&participant) {
            return;
        }
        self.tally.overflow_closes += 1;
        tracing::warn!(%participant, "closed: its events overflow the queue to the service");
        self.core.command(Command::Close { participant: participant.clone() }, now, &mut self.batch);
        for target in [Target::Publisher, Target::Subscriber] {
            let participant = participant.clone();
            self.events.post(MediaEvent::TransportDown { participant, target, end: TransportEnd::Fault });
        }
        self.flooder = Some(participant);
    }

    fn leave_copy(&mut self, now: Instant) {
        if !self.copy_due || now.duration_since(self.copied) < COPY_EVERY {
            return;
        }
        self.copied = now;
        self.copy_due = false;
        self.tally.busy += now.saturating_duration_since(std::mem::replace(&mut self.awake, now));
        let Self { core, batch, routes, relays, events, tally, copy, inbox, .. } = self;
        let sent = batch.sent();
        copy.update(|tell| {
            core.counters(tell);
            tell("socket_datagrams_in_total", tally.datagrams);
            tell("socket_oversize_in_total", tally.oversize);
            tell("socket_faults_total", tally.faults);
            tell("socket_datagrams_out_total", sent.datagrams);
            tell("socket_bytes_out_total", sent.bytes);
            tell("socket_messages_out_total", sent.messages);
            tell("socket_send_calls_total", sent.calls);
            tell("socket_refused_out_total", sent.refused);
            tell("socket_dropped_out_total", batch.overflowed());
            tell("tcp_connections", batch.streams.len() as u64);
            tell("tcp_datagrams_in_total", batch.streams.tally.datagrams_in);
            tell("tcp_datagrams_out_total", batch.streams.tally.datagrams_out);
            tell("tcp_dropped_out_total", batch.streams.tally.dropped);
            tell("tcp_cut_total", batch.streams.tally.cut);
            tell("handed_to_other_worker_total", tally.elsewhere);
            tell("relays_dropped_total", relays.dropped);
            tell("events_dropped_total", events.dropped);
            tell("overflow_closes_total", tally.overflow_closes);
            tell("commands_waiting", inbox.commands.len() as u64);
            tell("relays_waiting", inbox.relays.len() as u64);
            tell("events_kept_back", events.kept_back() as u64);
            tell(BUSY, tally.busy.as_micros() as u64);
            tell("flows_of_other_workers", routes.len() as u64);
            tell("flow_table_full_total", tally.routes_full);
        });
    }

    fn sleep(&mut self) {
        if self.batch.is_blocked() != self.watching_room {
            self.watching_room = self.batch.is_blocked();
            self.watch();
        }
        let now = Instant::now();
        let mut wait = self.core.deadline().map(|deadline| deadline.saturating_duration_since(now));
        let mut at_most = |limit: Duration| wait = Some(wait.map_or(limit, |wait| wait.min(limit)));
        if self.copy_due {
            at_most((self.copied + COPY_EVERY).saturating_duration_since(now));
        }
        if self.relays.is_waiting() || self.events.is_waiting() {
            at_most(RETRY_AFTER);
        }
        if self.batch.streams.len() > 0 {
            at_most((self.swept + SWEEP_EVERY).saturating_duration_since(now));
        }
        // Rounded up: waking a little before a deadline would only spin until it is there.
        let timeout = wait.map_or(EpollTimeout::NONE, |wait| {
            let millis = wait.as_micros().div_ceil(1000).min(60_000) as u16;
            EpollTimeout::from(millis)
        });
        self.tally.busy += now.saturating_duration_since(self.awake);
        self.look(timeout);
        self.awake = Instant::now();
    }

    /// Waits until something is ready, and notes which connections are.
    fn look(&mut self, timeout: EpollTimeout) {
        let mut ready = [EpollEvent::empty(); READY_AT_ONCE];
        match self.epoll.wait(&mut ready, timeout) {
            Ok(count) => {
                let streams = ready.iter().take(count).filter(|event| event.data() >= FIRST_TOKEN);
                self.ready.extend(streams);
            }
            Err(Errno::EINTR) => {}
            Err(error) => {
                tracing::error!(%error, "waiting for the media socket failed");
                std::thread::sleep(FAULT_REST);
            }
        }
    }

    /// Asks to be woken for room in the sockets only while something waits for it.
    fn watch(&self) {
        let interest =
            if self.watching_room { EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT } else { EpollFlags::EPOLLIN };
        for descriptor in self.sockets.descriptors() {
            if let Err(error) = self.epoll.modify(descriptor, &mut EpollEvent::new(interest, 1)) {
                tracing::error!(%error, "watching the media socket failed");
            }
        }
    }
}
