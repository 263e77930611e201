//! The DTLS server of one transport, round the crate's endpoint: it picks the SRTP profile that we prefer, repeats a flight that the
//! crate would forget, and exports the SRTP keys.

use super::gate::{ALERT, Gate, HANDSHAKE, is_hello, records};
use super::identity::{DtlsIdentity, fingerprint_of};
use super::srtp::Srtp;
use bytes::{Bytes, BytesMut};
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::protection_profile::ProtectionProfile;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The crate tells associations apart by address; ours has one, and an address change must not show.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
const GCM: u16 = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm as u16;
const MAX_HELD: usize = 16;
/// Bytes of one handshake, repetitions with it: the crate keeps records of the next epoch until it can read them.
const MAX_HANDSHAKE_BYTES: usize = 256 * 1024;
/// Repetitions of our flight come no faster than this.
const REPLAY_INTERVAL: Duration = Duration::from_millis(25);
/// Repetitions in one handshake: a client repeats its own flight some ten times before it gives up.
const MAX_REPLAYS: u32 = 16;

pub(super) enum DtlsOutcome {
    Finished(Box<Srtp>),
    Data(Bytes),
    Closed,
    Failed,
    Bad,
}

pub(super) struct Dtls {
    identity: Arc<DtlsIdentity>,
    endpoint: Option<Endpoint>,
    gate: Gate,
    held: Vec<Bytes>,
    outgoing: VecDeque<Bytes>,
    last_flight: Vec<Bytes>,
    last_replay: Option<Instant>,
    replays: u32,
    peer_fingerprint: Option<[u8; 32]>,
    handshake_bytes: usize,
    finished: bool,
    closed: bool,
}

impl Dtls {
    pub fn new(identity: Arc<DtlsIdentity>) -> Self {
        Self {
            identity,
            endpoint: None,
            gate: Gate::default(),
            held: Vec::new(),
            outgoing: VecDeque::new(),
            last_flight: Vec::new(),
            last_replay: None,
            replays: 0,
            peer_fingerprint: None,
            handshake_bytes: 0,
            finished: false,
            closed: false,
        }
    }

    /// SHA-256 of the certificate that the other side proved to hold; known when the handshake is finished.
    pub fn peer_fingerprint(&self) -> Option<[u8; 32]> {
        self.peer_fingerprint
    }

    pub fn receive(&mut self, bytes: &[u8], now: Instant) -> Vec<DtlsOutcome> {
        if self.closed {
            return Vec::new();
        }
        if !self.finished {
            self.handshake_bytes += bytes.len();
            if self.handshake_bytes > MAX_HANDSHAKE_BYTES {
                self.closed = true;
                return vec![DtlsOutcome::Failed];
            }
            // Anybody can write a plain alert: were it believed, one would end the handshake. A handshake that the client gave up
            // runs into its deadline instead.
            if records(bytes).any(|record| record.kind == ALERT) {
                return vec![DtlsOutcome::Bad];
            }
        }
        let is_admitted = self.gate.admits(bytes, self.finished);
        if self.endpoint.is_some() {
            return if is_admitted { self.feed(bytes, now) } else { vec![DtlsOutcome::Bad] };
        }
        // Until the whole ClientHello is here (it comes in two datagrams) the profile cannot be chosen.
        if !is_admitted || self.held.len() >= MAX_HELD || !is_hello(bytes) {
            self.held.clear();
            self.gate.forget_hello();
            return vec![DtlsOutcome::Bad];
        }
        self.held.push(Bytes::copy_from_slice(bytes));
        let Some(offered) = self.gate.offered_profiles() else { return Vec::new() };
        let config = if offered.contains(&GCM) { &self.identity.gcm } else { &self.identity.cm };
        self.endpoint = Some(Endpoint::new(PEER, TransportProtocol::UDP, Some(config.clone())));
        let held = std::mem::take(&mut self.held);
        held.iter().flat_map(|datagram| self.feed(datagram, now)).collect()
    }

    fn feed(&mut self, bytes: &[u8], now: Instant) -> Vec<DtlsOutcome> {
        let Some(endpoint) = &mut self.endpoint else { return Vec::new() };
        let mut outcomes = Vec::new();
        match endpoint.read(now, PEER, None, BytesMut::from(bytes)) {
            Err(_) => outcomes.push(DtlsOutcome::Bad),
            Ok(events) => {
                for event in events {
                    match event {
                        EndpointEvent::HandshakeComplete => outcomes.push(self.finish()),
                        EndpointEvent::ApplicationData(data) => outcomes.push(DtlsOutcome::Data(data.freeze())),
                        EndpointEvent::PeerClosed => {
                            self.closed = true;
                            outcomes.push(DtlsOutcome::Closed);
                        }
                        _ => {}
                    }
                }
            }
        }
        if !self.collect() && bytes.first() == Some(&HANDSHAKE) {
            self.replay(now);
        }
        outcomes
    }

    fn finish(&mut self) -> DtlsOutcome {
        self.finished = true;
        self.gate.forget_hello();
        let Some(state) = self.endpoint.as_ref().and_then(|e| e.get_connection_state(PEER)) else {
            return DtlsOutcome::Failed;
        };
        self.peer_fingerprint = state.peer_certificates.first().map(|certificate| fingerprint_of(certificate));
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            _ => return DtlsOutcome::Failed,
        };
        let length = 2 * (profile.key_len() + profile.salt_len());
        let Ok(material) = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], length) else {
            return DtlsOutcome::Failed;
        };
        Srtp::new(profile, material.as_ref(), self.identity.provider.crypto())
            .map_or(DtlsOutcome::Failed, |srtp| DtlsOutcome::Finished(Box::new(srtp)))
    }

    /// Moves what the endpoint wants to send out; was there any?
    fn collect(&mut self) -> bool {
        let Some(endpoint) = &mut self.endpoint else { return false };
        let mut flight = Vec::new();
        while let Some(transmit) = endpoint.poll_transmit() {
            flight.push(transmit.message.freeze());
        }
        let any = !flight.is_empty();
        self.outgoing.extend(flight.iter().cloned());
        if any && !self.finished {
            self.last_flight = flight;
        } else if self.finished {
            self.last_flight = Vec::new();
        }
        any
    }

    /// The crate clears its timer on any handshake record and arms it only for a whole flight: were our flight lost, the client's
    /// repeated one would be met with silence for ever.
    fn replay(&mut self, now: Instant) {
        let armed = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.poll_timeout(&PEER).is_some());
        let lately = self.last_replay.is_some_and(|at| now.saturating_duration_since(at) < REPLAY_INTERVAL);
        if !self.finished && !armed && !lately && self.replays < MAX_REPLAYS {
            self.last_replay = Some(now);
            self.replays += 1;
            self.outgoing.extend(self.last_flight.iter().cloned());
        }
    }

    /// Sends application data; before the handshake is finished it goes nowhere.
    pub fn write(&mut self, data: &[u8], now: Instant) {
        if let Some(endpoint) = self.endpoint.as_mut().filter(|_| self.finished && !self.closed) {
            // It fails only without an association, which `finished` rules out.
            let _ = endpoint.write(now, PEER, data);
            self.collect();
        }
    }

    pub fn tick(&mut self, now: Instant) {
        if let Some(endpoint) = self.endpoint.as_mut().filter(|_| !self.closed) {
            // When the crate's repetitions are used up, the transport's own deadline ends it.
            let _ = endpoint.handle_timeout(PEER, now);
            self.collect();
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.endpoint.as_ref().filter(|_| !self.closed)?.poll_timeout(&PEER)
    }

    pub fn close(&mut self, now: Instant) {
        if let Some(endpoint) = self.endpoint.as_mut().filter(|_| !self.closed) {
            let _ = endpoint.close(now);
            self.collect();
        }
        self.closed = true;
    }

    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.outgoing.pop_front()
    }
}
