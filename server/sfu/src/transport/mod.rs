//! One peer connection's transport: ICE-lite (RFC 8445), DTLS as the server (RFC 6347), SRTP (RFC 3711, RFC 7714) and data channels
//! over SCTP (RFC 8831), demultiplexed by RFC 7983. Told the time; returns what it wants to send and say.

mod channels;
mod dtls;
mod gate;
mod guard;
mod ice;
mod identity;
mod issued;
mod probe;
mod sequence;
mod srtp;
mod streams;
mod stun;

pub use channels::{DataError, MAX_MESSAGE_BYTES};
pub use ice::Credentials;
pub use identity::{DtlsIdentity, IdentityError};
pub use probe::Probe;

use crate::worker::{Egress, Flow, MAX_DATAGRAM};
use bytes::Bytes;
use channels::Channels;
use dtls::{Dtls, DtlsOutcome};
use ice::{Ice, Verdict};
use issued::Issued;
use lianxian_model::media::TransportEnd;
use srtp::Srtp;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Without an authenticated packet for this long, consent has expired (RFC 7675).
pub const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);
/// A handshake that takes longer has failed. The crate's own limit is a count of retransmissions.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Datagrams waiting to be sent by one transport; media never waits here.
const MAX_WAITING: usize = 1024;

/// The user fragment of ours that a binding request names. Says nothing of its authenticity.
pub fn addressed_ufrag(bytes: &[u8]) -> Option<&str> {
    stun::Check::parse(bytes).map(|check| check.receiver)
}

/// What a transport is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    pub local: Credentials,
    pub identity: Arc<DtlsIdentity>,
    /// The first SSRC that it sends under; those after it follow.
    pub first_ssrc: u32,
    /// Whether data channels are spoken at all: a peer that may do nothing has no use for them.
    pub takes_data: bool,
}

/// What the other side's description says of its transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteParameters {
    pub credentials: Credentials,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
}

/// What a datagram turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// Handled inside, or nothing to tell.
    Nothing,
    /// A decrypted RTP packet.
    Rtp(&'a [u8]),
    /// A decrypted compound RTCP packet.
    Rtcp(&'a [u8]),
    Dropped(Drop),
}

/// Why a datagram was dropped; each is a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drop {
    /// A STUN message that is malformed, not for this peer, or without integrity.
    BadStun,
    /// DTLS from an address that no check has validated.
    UnvalidatedFlow,
    BadDtls,
    /// SRTP before the keys are known.
    NotUp,
    /// SRTP or SRTCP that fails authentication, or repeats.
    BadSrtp,
    /// No protocol of RFC 7983 that we speak.
    UnknownProtocol,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportEvent {
    /// The flow is the peer's: an authenticated check came over it.
    Bound(Flow),
    Unbound(Flow),
    /// DTLS is up, the fingerprint matched: media and data may pass.
    Up,
    Down(TransportEnd),
    Data {
        reliable: bool,
        bytes: Bytes,
    },
}

pub struct Transport {
    ice: Ice,
    dtls: Dtls,
    srtp: Option<Srtp>,
    channels: Channels,
    takes_data: bool,
    streams: Issued,
    expected_fingerprint: Option<[u8; 32]>,
    /// Finished, but the fingerprint is not known yet or not compared.
    unverified: Option<Srtp>,
    waiting: VecDeque<(Flow, Bytes)>,
    events: VecDeque<TransportEvent>,
    last_authenticated: Instant,
    started: Option<Instant>,
    ended: bool,
    now: Instant,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport")
            .field("up", &self.srtp.is_some())
            .field("flow", &self.flow())
            .finish_non_exhaustive()
    }
}

impl Transport {
    pub fn new(setup: Setup, now: Instant) -> Self {
        Self {
            ice: Ice::new(setup.local, setup.identity.clone()),
            dtls: Dtls::new(setup.identity),
            srtp: None,
            channels: Channels::default(),
            takes_data: setup.takes_data,
            streams: Issued::new(setup.first_ssrc),
            expected_fingerprint: None,
            unverified: None,
            waiting: VecDeque::new(),
            events: VecDeque::new(),
            last_authenticated: now,
            started: None,
            ended: false,
            now,
        }
    }

    pub fn local_credentials(&self) -> &Credentials {
        self.ice.local()
    }

    /// Sets or (after an ICE restart of theirs) changes what the other side's description says. May come after the ClientHello.
    pub fn set_remote(&mut self, remote: RemoteParameters) {
        self.ice.set_remote(remote.credentials);
        self.expected_fingerprint = Some(remote.fingerprint);
        self.verify();
    }

    /// New local credentials; the old ones hold until the first good check on the new.
    pub fn restart_ice(&mut self, local: Credentials) {
        self.ice.restart(local);
    }

    /// An SSRC to send under, never used over this transport; `None` once all are used up.
    pub fn issue_ssrc(&mut self) -> Option<u32> {
        self.streams.issue()
    }

    /// Nothing more is sent under the SSRC.
    pub fn retire_ssrc(&mut self, ssrc: u32) {
        self.streams.retire(ssrc);
    }

    /// Streams that may be sent.
    #[cfg(test)]
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Data channels are spoken from now on.
    pub fn take_data(&mut self) {
        self.takes_data = true;
    }

    /// Whether checks may still name this user fragment of ours.
    pub fn goes_by(&self, ufrag: &str) -> bool {
        self.ice.goes_by(ufrag)
    }

    /// For how long nothing authentic came.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last_authenticated)
    }

    pub fn is_up(&self) -> bool {
        self.srtp.is_some() && !self.ended
    }

    /// The flow that media leaves by: the nominated one.
    pub fn flow(&self) -> Option<Flow> {
        self.ice.selected()
    }

    /// Takes one datagram. SRTP is decrypted in place.
    pub fn receive<'a>(&mut self, flow: Flow, bytes: &'a mut [u8], now: Instant) -> Received<'a> {
        self.now = now;
        if self.ended {
            return Received::Nothing;
        }
        match bytes.first() {
            Some(0..=3) => self.receive_stun(flow, bytes),
            Some(20..=63) => self.receive_dtls(flow, bytes),
            Some(128..=191) => self.receive_srtp(bytes),
            _ => Received::Dropped(Drop::UnknownProtocol),
        }
    }

    /// Takes media from a flow that is nobody's yet. If it is authentic, the other side has a new address (a translator on the way
    /// forgot the old one): what is sent goes there from now on, seconds before its next check would say so. `None`: not this peer's.
    pub fn recognise<'a>(&mut self, flow: Flow, bytes: &'a mut [u8], now: Instant) -> Option<Received<'a>> {
        if self.ended {
            return None;
        }
        self.now = now;
        let received = self.receive_srtp(bytes);
        if matches!(received, Received::Dropped(_)) {
            return None;
        }
        let (bound, unbound) = self.ice.adopt(flow, self.now);
        self.events.extend(unbound.map(TransportEvent::Unbound));
        self.events.extend(bound.map(TransportEvent::Bound));
        Some(received)
    }

    fn receive_stun(&mut self, flow: Flow, bytes: &[u8]) -> Received<'static> {
        match self.ice.receive(flow, bytes, self.now) {
            Verdict::Silence => Received::Dropped(Drop::BadStun),
            Verdict::Answer { response, bound, unbound } => {
                self.last_authenticated = self.now;
                self.started.get_or_insert(self.now);
                // Never more bytes than came: a check with integrity is at least as long as its answer, so this holds by itself,
                // and the sender is authenticated by now.
                self.queue(flow, response);
                if let Some(flow) = unbound {
                    self.events.push_back(TransportEvent::Unbound(flow));
                }
                if let Some(flow) = bound {
                    self.events.push_back(TransportEvent::Bound(flow));
                }
                Received::Nothing
            }
        }
    }

    fn receive_dtls(&mut self, flow: Flow, bytes: &[u8]) -> Received<'static> {
        if !self.ice.is_validated(&flow) {
            return Received::Dropped(Drop::UnvalidatedFlow);
        }
        let now = self.now;
        let dtls = &mut self.dtls;
        // The crates below are not panic-free on all input; a fault of one peer must stay its own.
        let outcome = catch_unwind(AssertUnwindSafe(|| dtls.receive(bytes, now)));
        let Ok(outcome) = outcome else {
            self.end(TransportEnd::Fault);
            return Received::Dropped(Drop::BadDtls);
        };
        self.send_dtls();
        for outcome in outcome {
            match outcome {
                DtlsOutcome::Finished(srtp) => {
                    self.unverified = Some(*srtp);
                    self.verify();
                }
                DtlsOutcome::Data(data) if self.srtp.is_some() && self.takes_data => self.receive_sctp(data),
                DtlsOutcome::Data(_) => {}
                DtlsOutcome::Closed => self.end(TransportEnd::PeerClosed),
                DtlsOutcome::Failed => self.end(TransportEnd::HandshakeFailed),
                DtlsOutcome::Bad => return Received::Dropped(Drop::BadDtls),
            }
        }
        Received::Nothing
    }

    /// Lets media through once the handshake is finished and the certificate is the one that the description named.
    fn verify(&mut self) {
        if self.ended {
            return;
        }
        let (Some(expected), Some(certificate)) = (self.expected_fingerprint, self.dtls.peer_fingerprint()) else {
            return;
        };
        if expected != certificate {
            self.unverified = None;
            self.end(TransportEnd::HandshakeFailed);
        } else if let Some(srtp) = self.unverified.take() {
            self.srtp = Some(srtp);
            self.last_authenticated = self.now;
            self.events.push_back(TransportEvent::Up);
        }
    }

    fn receive_sctp(&mut self, data: Bytes) {
        let now = self.now;
        self.with_channels(|channels| channels.receive(data, now));
    }

    /// Does something with the channels, then moves what they want to send into DTLS, and what they received into events. A fault in the
    /// crates below ends this peer alone.
    fn with_channels<T>(&mut self, act: impl FnOnce(&mut Channels) -> T) -> Option<T> {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let result = act(&mut self.channels);
            self.pump_channels();
            result
        }));
        if result.is_err() {
            self.end(TransportEnd::Fault);
        }
        result.ok()
    }

    fn pump_channels(&mut self) {
        while let Some(message) = self.channels.poll_message() {
            self.events.push_back(TransportEvent::Data { reliable: message.reliable, bytes: message.bytes });
        }
        let now = self.now;
        while let Some(packet) = self.channels.poll_transmit(now) {
            self.dtls.write(&packet, now);
        }
        self.send_dtls();
    }

    fn send_dtls(&mut self) {
        let Some(flow) = self.flow() else { return };
        while let Some(record) = self.dtls.poll_transmit() {
            self.queue(flow, record);
        }
    }

    fn queue(&mut self, flow: Flow, bytes: Bytes) {
        // Control of a peer that never drains: the oldest is the least use.
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((flow, bytes));
    }

    fn receive_srtp<'a>(&mut self, bytes: &'a mut [u8]) -> Received<'a> {
        let Some(srtp) = &mut self.srtp else { return Received::Dropped(Drop::NotUp) };
        let is_rtcp = bytes.get(1).is_some_and(|kind| (192..=223).contains(kind));
        let opened = if is_rtcp { srtp.open_rtcp(bytes) } else { srtp.open_rtp(bytes) };
        let Some(length) = opened else { return Received::Dropped(Drop::BadSrtp) };
        self.last_authenticated = self.now;
        match bytes.get(..length) {
            Some(plain) if is_rtcp => Received::Rtcp(plain),
            Some(plain) => Received::Rtp(plain),
            None => Received::Dropped(Drop::BadSrtp),
        }
    }

    /// Seals the RTP packet in `slot[..len]` in place; the sealed length. `None`: not up, no room, an index already used, or an SSRC that was
    /// not given out (or is retired).
    pub fn seal_rtp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        if self.ended {
            return None;
        }
        self.srtp.as_mut()?.seal_rtp(&mut self.streams, slot, len)
    }

    /// Seals the compound RTCP packet in `slot[..len]` in place; the sealed length.
    pub fn seal_rtcp(&mut self, slot: &mut [u8], len: usize) -> Option<usize> {
        if self.ended {
            return None;
        }
        self.srtp.as_mut()?.seal_rtcp(slot, len)
    }

    /// Opens `_reliable` (ordered) and `_lossy` (unordered, never retransmitted) as soon as the association is up.
    pub fn open_channels(&mut self) {
        self.with_channels(Channels::open);
    }

    /// Sends a message over one of the two channels.
    ///
    /// # Errors
    /// If the channel is not open, the message is too long, or the queue is full (named limits).
    pub fn send_data(&mut self, reliable: bool, bytes: &[u8], now: Instant) -> Result<(), DataError> {
        self.now = now;
        if self.ended {
            return Err(DataError::NotOpen);
        }
        self.with_channels(|channels| channels.send(reliable, bytes, now)).unwrap_or(Err(DataError::NotOpen))
    }

    /// Timers: retransmissions, consent, the handshake's deadline.
    pub fn tick(&mut self, now: Instant) {
        self.now = now;
        if self.ended {
            return;
        }
        let overdue = |since: Instant, limit: Duration| now.saturating_duration_since(since) >= limit;
        if self.srtp.is_some() {
            if overdue(self.last_authenticated, CONSENT_TIMEOUT) {
                return self.end(TransportEnd::ConsentExpired);
            }
            self.with_channels(|channels| channels.tick(now));
        } else if self.started.is_some_and(|started| overdue(started, HANDSHAKE_TIMEOUT)) {
            return self.end(TransportEnd::HandshakeFailed);
        }
        self.dtls.tick(now);
        self.send_dtls();
    }

    pub fn deadline(&self) -> Option<Instant> {
        if self.ended {
            return None;
        }
        let limit = match (&self.srtp, self.started) {
            (Some(_), _) => Some(self.last_authenticated + CONSENT_TIMEOUT),
            (None, Some(started)) => Some(started + HANDSHAKE_TIMEOUT),
            (None, None) => None,
        };
        [limit, self.dtls.deadline(), self.channels.deadline()].into_iter().flatten().min()
    }

    /// Ends it from our side, with a close_notify.
    pub fn close(&mut self, now: Instant) {
        self.now = now;
        if !self.ended {
            self.ended = true;
            self.dtls.close(now);
            self.send_dtls();
        }
    }

    fn end(&mut self, end: TransportEnd) {
        if !self.ended {
            self.ended = true;
            self.events.push_back(TransportEvent::Down(end));
        }
    }

    /// Puts the control datagrams that wait into the shell's batch.
    pub fn transmit(&mut self, egress: &mut impl Egress) {
        while let Some((flow, bytes)) = self.waiting.pop_front() {
            if bytes.len() <= MAX_DATAGRAM {
                egress.slot()[..bytes.len()].copy_from_slice(&bytes);
                egress.commit(flow, bytes.len());
            }
        }
    }

    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn poll_event(&mut self) -> Option<TransportEvent> {
        self.events.pop_front()
    }
}
