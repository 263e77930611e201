//! The DTLS server of one transport, round the crate's endpoint: it picks the SRTP profile that we prefer, repeats a flight that the
//! crate would forget, and exports the SRTP keys.

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
const RECORD_HEADER: usize = 13;
const HANDSHAKE_HEADER: usize = 12;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const USE_SRTP: u16 = 14;
const GCM: u16 = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm as u16;
/// A ClientHello is below 2 KiB; with post-quantum key shares it may grow some.
const MAX_HELLO_BYTES: usize = 8 * 1024;
const MAX_HELD: usize = 16;
/// Bytes of one handshake, repetitions with it: the crate keeps records of the next epoch until it can read them.
const MAX_HANDSHAKE_BYTES: usize = 256 * 1024;
/// Plain fragments of handshake messages in a connection's life, and bytes of encrypted ones: the crate keeps them without end, also
/// after the handshake, and puts them together by a recursion as deep as they are many.
const MAX_FRAGMENTS: usize = 512;
const MAX_SEALED_HANDSHAKE_BYTES: usize = 8 * 1024;
/// Repetitions of our flight come no faster than this.
const REPLAY_INTERVAL: Duration = Duration::from_millis(25);

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
    hello: Hello,
    held: Vec<Bytes>,
    outgoing: VecDeque<Bytes>,
    last_flight: Vec<Bytes>,
    last_replay: Option<Instant>,
    peer_fingerprint: Option<[u8; 32]>,
    handshake_bytes: usize,
    fragments: usize,
    sealed_handshake_bytes: usize,
    finished: bool,
    closed: bool,
}

impl Dtls {
    pub fn new(identity: Arc<DtlsIdentity>) -> Self {
        Self {
            identity,
            endpoint: None,
            hello: Hello::default(),
            held: Vec::new(),
            outgoing: VecDeque::new(),
            last_flight: Vec::new(),
            last_replay: None,
            peer_fingerprint: None,
            handshake_bytes: 0,
            fragments: 0,
            sealed_handshake_bytes: 0,
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
        if !self.admits_handshake(bytes) {
            return vec![DtlsOutcome::Bad];
        }
        if self.endpoint.is_some() {
            return self.feed(bytes, now);
        }
        // Until the whole ClientHello is here (it comes in two datagrams) the profile cannot be chosen.
        if self.held.len() >= MAX_HELD || !self.hello.add(bytes) {
            self.held.clear();
            self.hello = Hello::default();
            return vec![DtlsOutcome::Bad];
        }
        self.held.push(Bytes::copy_from_slice(bytes));
        let Some(offers_gcm) = self.hello.offers_gcm() else { return Vec::new() };
        let config = if offers_gcm { &self.identity.gcm } else { &self.identity.cm };
        self.endpoint = Some(Endpoint::new(PEER, TransportProtocol::UDP, Some(config.clone())));
        self.hello = Hello::default();
        let held = std::mem::take(&mut self.held);
        held.iter().flat_map(|datagram| self.feed(datagram, now)).collect()
    }

    /// Whether what the datagram holds of handshake messages is sound, and not more than a connection may ever send.
    fn admits_handshake(&mut self, bytes: &[u8]) -> bool {
        for record in records(bytes).filter(|record| record.kind == HANDSHAKE) {
            if record.epoch == 0 {
                let Some(count) = fragments(record.body) else { return false };
                self.fragments = self.fragments.saturating_add(count);
            } else {
                self.sealed_handshake_bytes = self.sealed_handshake_bytes.saturating_add(record.body.len());
            }
        }
        self.fragments <= MAX_FRAGMENTS && self.sealed_handshake_bytes <= MAX_SEALED_HANDSHAKE_BYTES
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
        if !self.finished && !armed && !lately {
            self.last_replay = Some(now);
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

/// Gathers the fragments of the first ClientHello, only to read which SRTP profiles it offers (RFC 5764, section 4.1.1).
#[derive(Default)]
struct Hello {
    body: Vec<u8>,
    /// Which bytes are here.
    have: Vec<(usize, usize)>,
}

impl Hello {
    /// Takes a datagram; false if it holds anything but fragments of a ClientHello.
    fn add(&mut self, datagram: &[u8]) -> bool {
        let mut read = 0;
        for record in records(datagram) {
            if record.kind != HANDSHAKE || !self.add_fragment(record.body) {
                return false;
            }
            read += RECORD_HEADER + record.body.len();
        }
        read == datagram.len()
    }

    fn add_fragment(&mut self, record: &[u8]) -> bool {
        let Some((fragment, [])) = Fragment::read(record) else { return false };
        if fragment.kind != CLIENT_HELLO || fragment.whole > MAX_HELLO_BYTES {
            return false;
        }
        self.body.resize(fragment.whole, 0);
        let range = fragment.offset..fragment.offset + fragment.body.len();
        let Some(place) = self.body.get_mut(range.clone()) else { return false };
        place.copy_from_slice(fragment.body);
        self.have.push((range.start, range.end));
        true
    }

    /// Known once every byte is here.
    fn offers_gcm(&self) -> Option<bool> {
        let mut have = self.have.clone();
        have.sort_unstable();
        let reached = have.iter().try_fold(0, |reached, (from, to)| (*from <= reached).then_some(reached.max(*to)));
        if self.body.is_empty() || reached != Some(self.body.len()) {
            return None;
        }
        Some(offered_profiles(&self.body).unwrap_or_default().contains(&GCM))
    }
}

/// A record (RFC 6347, section 4.1).
struct Record<'a> {
    kind: u8,
    epoch: u16,
    body: &'a [u8],
}

/// The records of a datagram, up to the first that does not fit.
fn records(mut datagram: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (header, rest) = datagram.split_first_chunk::<RECORD_HEADER>()?;
        let (body, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([header[11], header[12]])))?;
        datagram = rest;
        Some(Record { kind: header[0], epoch: u16::from_be_bytes([header[3], header[4]]), body })
    })
}

/// A part of a handshake message (RFC 6347, section 4.2.2).
struct Fragment<'a> {
    kind: u8,
    /// The whole message's length, and where in it the part lies.
    whole: usize,
    offset: usize,
    body: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// The first fragment of a record, and what follows it; `None` if it does not fit, or has no part of its message.
    fn read(record: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (header, rest) = record.split_at_checked(HANDSHAKE_HEADER)?;
        let (whole, offset, length) = (number(&header[1..], 3)?, number(&header[6..], 3)?, number(&header[9..], 3)?);
        let (body, rest) = rest.split_at_checked(length)?;
        let fits = offset + length <= whole && (length > 0 || whole == 0);
        fits.then_some((Self { kind: header[0], whole, offset, body }, rest))
    }
}

/// How many fragments a record holds; `None` if one of them is not sound.
fn fragments(mut record: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !record.is_empty() {
        (_, record) = Fragment::read(record)?;
        count += 1;
    }
    Some(count)
}

/// The profiles of the `use_srtp` extension in a ClientHello's body.
fn offered_profiles(hello: &[u8]) -> Option<Vec<u16>> {
    // version, random; then session id, cookie (each with one byte of length), suites (two), compression (one), extensions (two).
    let mut rest = hello.get(34..)?;
    for width in [1, 1, 2, 1] {
        let length = number(rest, width)?;
        rest = rest.get(width + length..)?;
    }
    let length = number(rest, 2)?;
    let mut extensions = rest.get(2..2 + length)?;
    while !extensions.is_empty() {
        let (kind, length) = (number(extensions, 2)?, number(extensions.get(2..)?, 2)?);
        let body = extensions.get(4..4 + length)?;
        if kind == usize::from(USE_SRTP) {
            let profiles = body.get(2..2 + number(body, 2)?)?;
            return Some(profiles.as_chunks::<2>().0.iter().map(|p| u16::from_be_bytes(*p)).collect());
        }
        extensions = extensions.get(4 + length..)?;
    }
    None
}

fn number(bytes: &[u8], width: usize) -> Option<usize> {
    Some(bytes.get(..width)?.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
}
