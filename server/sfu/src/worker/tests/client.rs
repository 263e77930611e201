//! The client side of one peer connection: checks, a DTLS client, SRTP, and data channels that it opens or accepts.

use crate::worker::Flow;
use bytes::{Bytes, BytesMut};
use rtc_crypto::RTCCryptoProvider;
use rtc_datachannel::message::Message as Dcep;
use rtc_datachannel::message::message_channel_ack::DataChannelAck;
use rtc_datachannel::message::message_channel_open::{CHANNEL_PRIORITY_NORMAL, ChannelType, DataChannelOpen};
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_sctp::{
    Association, ClientConfig, DatagramEvent, EndpointConfig, Event, Payload, PayloadProtocolIdentifier, StreamEvent,
};
use rtc_shared::TransportProtocol;
use rtc_shared::marshal::{Marshal as _, Unmarshal as _};
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::attributes::{ATTR_USERNAME, AttrType};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter as _, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// What all clients of a test run share.
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    gcm: Arc<HandshakeConfig>,
    cm: Arc<HandshakeConfig>,
    pub fingerprint: String,
}

pub static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let provider = rtc_crypto::default_provider().unwrap();
    let certificate = Certificate::generate_self_signed(vec!["client".to_owned()], provider.crypto()).unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate.certificate[0].as_ref());
    let config = |profiles: Vec<SrtpProtectionProfile>| {
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate.clone()])
            .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
            .with_srtp_protection_profiles(profiles)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_insecure_skip_verify(true)
            .build(true, Some(PEER));
        Arc::new(config.unwrap())
    };
    Identity {
        // As browsers do: the older one first.
        gcm: config(vec![
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
        ]),
        cm: config(vec![SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80]),
        fingerprint: digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"),
        provider,
    }
});

struct Keys {
    seal: Context,
    open: Context,
    pub profile: ProtectionProfile,
}

struct Sctp {
    endpoint: rtc_sctp::Endpoint,
    association: Association,
    /// Label by stream.
    labels: BTreeMap<u16, String>,
    connected: bool,
}

/// One side of one peer connection.
pub struct Client {
    pub flow: Flow,
    pub ufrag: String,
    pub pwd: String,
    /// The server's credentials.
    pub remote: Option<(String, String)>,
    /// Its checks nominate, as those of a controlling agent on the pair that it has chosen do.
    pub nominates: bool,
    only_cm: bool,
    endpoint: Endpoint,
    checked: bool,
    started: bool,
    next_check: Option<Instant>,
    keys: Option<Keys>,
    sctp: Option<Sctp>,
    /// Labels to open when the association is up.
    to_open: Vec<&'static str>,
    outgoing: Vec<Vec<u8>>,
    pub rtp: Vec<Vec<u8>>,
    pub rtcp: Vec<Vec<u8>>,
    /// (label, message)
    pub messages: Vec<(String, Vec<u8>)>,
    pub closed: bool,
    /// What could not be decrypted.
    pub undecryptable: usize,
}

impl Client {
    pub fn new(port: u16) -> Self {
        Self {
            flow: Flow::udp(([192, 0, 2, 1], port).into(), ([192, 0, 2, 9], 8444).into()),
            ufrag: format!("client{port}"),
            pwd: "c".repeat(24),
            remote: None,
            nominates: true,
            only_cm: false,
            endpoint: Endpoint::new(PEER, TransportProtocol::UDP, None),
            checked: false,
            started: false,
            next_check: None,
            keys: None,
            sctp: None,
            to_open: Vec::new(),
            outgoing: Vec::new(),
            rtp: Vec::new(),
            rtcp: Vec::new(),
            messages: Vec::new(),
            closed: false,
            undecryptable: 0,
        }
    }

    /// Knows AES-CM alone.
    pub fn old(mut self) -> Self {
        self.only_cm = true;
        self
    }

    /// Opens `_reliable` and `_lossy` itself, as publishers do.
    pub fn open_channels(&mut self) {
        self.to_open = vec!["_reliable", "_lossy"];
    }

    pub fn uses_gcm(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| matches!(keys.profile, ProtectionProfile::AeadAes128Gcm))
    }

    pub fn check(&self, integrity: &str) -> Vec<u8> {
        let (ufrag, _) = self.remote.as_ref().unwrap();
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.transaction_id = TransactionId::new();
        message.write_header();
        TextAttribute::new(ATTR_USERNAME, format!("{ufrag}:{}", self.ufrag)).add_to(&mut message).unwrap();
        message.add(AttrType(0x0024), &0x6e00_1eff_u32.to_be_bytes());
        message.add(AttrType(0x802a), &7_u64.to_be_bytes());
        if self.nominates {
            message.add(AttrType(0x0025), &[]);
        }
        let crypto = IDENTITY.provider.crypto();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(integrity.to_owned(), crypto);
        integrity.add_to(&mut message).unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        message.raw.clone()
    }

    /// What it wants to send now.
    pub fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let Some((_, pwd)) = self.remote.clone() else { return Vec::new() };
        if self.next_check.is_none_or(|at| at <= now) {
            self.outgoing.push(self.check(&pwd));
            self.next_check = Some(now + if self.checked { Duration::from_secs(2) } else { Duration::from_millis(50) });
        }
        if self.checked && !self.started {
            self.started = true;
            let config = if self.only_cm { &IDENTITY.cm } else { &IDENTITY.gcm };
            self.endpoint.connect(now, PEER, config.clone(), None).unwrap();
        }
        if self.started && !self.closed {
            let _ = self.endpoint.handle_timeout(PEER, now);
        }
        self.pump_sctp(now);
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.outgoing.push(transmit.message.to_vec());
        }
        std::mem::take(&mut self.outgoing)
    }

    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        match bytes[0] {
            0..=3 => {
                assert_eq!(bytes[..2], [1, 1], "only success responses are sent");
                self.checked = true;
            }
            20..=63 => {
                for event in self.endpoint.read(now, PEER, None, BytesMut::from(bytes)).unwrap_or_default() {
                    match event {
                        EndpointEvent::HandshakeComplete => self.finish(now),
                        EndpointEvent::ApplicationData(data) => self.receive_sctp(data.freeze(), now),
                        EndpointEvent::PeerClosed => self.closed = true,
                        _ => {}
                    }
                }
            }
            128..=191 => {
                let Some(keys) = &mut self.keys else { return };
                let is_rtcp = (192..=223).contains(&bytes[1]);
                let opened = if is_rtcp { keys.open.decrypt_rtcp(bytes) } else { keys.open.decrypt_rtp(bytes) };
                match opened {
                    Ok(plain) if is_rtcp => self.rtcp.push(plain.to_vec()),
                    Ok(plain) => self.rtp.push(plain.to_vec()),
                    Err(_) => self.undecryptable += 1,
                }
            }
            other => panic!("a datagram that begins with {other}"),
        }
    }

    fn finish(&mut self, now: Instant) {
        let state = self.endpoint.get_connection_state(PEER).unwrap();
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            other => panic!("{other:?}"),
        };
        let (key, salt) = (profile.key_len(), profile.salt_len());
        let material = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], 2 * (key + salt)).unwrap();
        let (keys, salts) = material.as_ref().split_at(2 * key);
        let crypto = IDENTITY.provider.crypto();
        let context = |key: &[u8], salt: &[u8]| Context::new(key, salt, profile, None, None, crypto).unwrap();
        self.keys = Some(Keys {
            seal: context(&keys[..key], &salts[..salt]),
            open: context(&keys[key..], &salts[salt..]),
            profile,
        });
        let mut endpoint = rtc_sctp::Endpoint::new(PEER, TransportProtocol::UDP, Arc::new(EndpointConfig::new()), None);
        let (_, association) = endpoint.connect(now, ClientConfig::default(), PEER).unwrap();
        self.sctp = Some(Sctp { endpoint, association, labels: BTreeMap::new(), connected: false });
    }

    fn receive_sctp(&mut self, data: Bytes, now: Instant) {
        let Some(sctp) = &mut self.sctp else { return };
        if let Some((_, DatagramEvent::AssociationEvent(event))) = sctp.endpoint.handle(now, PEER, None, data) {
            sctp.association.handle_event(event);
        }
        self.pump_sctp(now);
    }

    fn pump_sctp(&mut self, now: Instant) {
        let Some(sctp) = &mut self.sctp else { return };
        if sctp.association.poll_timeout().is_some_and(|at| at <= now) {
            sctp.association.handle_timeout(now);
        }
        while let Some(event) = sctp.association.poll() {
            match event {
                Event::Connected => sctp.connected = true,
                Event::Stream(StreamEvent::Readable { id }) => {
                    let mut stream = sctp.association.stream(id).unwrap();
                    while let Ok(Some(chunks)) = stream.read_sctp() {
                        let payload = chunks.to_payload(1 << 20).unwrap();
                        if chunks.ppi == PayloadProtocolIdentifier::Dcep {
                            if let Dcep::DataChannelOpen(open) = Dcep::unmarshal(&mut &payload[..]).unwrap() {
                                sctp.labels.insert(id, String::from_utf8(open.label.clone()).unwrap());
                                let ack = Dcep::DataChannelAck(DataChannelAck).marshal().unwrap();
                                stream.write_with_ppi(now, &ack, PayloadProtocolIdentifier::Dcep).unwrap();
                            }
                        } else {
                            let label = sctp.labels.get(&id).cloned().unwrap_or_default();
                            self.messages.push((label, payload.to_vec()));
                        }
                    }
                }
                _ => {}
            }
        }
        if sctp.connected {
            for (number, label) in std::mem::take(&mut self.to_open).into_iter().enumerate() {
                let id = number as u16 * 2;
                let channel_type =
                    if label == "_lossy" { ChannelType::PartialReliableRexmitUnordered } else { ChannelType::Reliable };
                let open = Dcep::DataChannelOpen(DataChannelOpen {
                    channel_type,
                    priority: CHANNEL_PRIORITY_NORMAL,
                    reliability_parameter: 0,
                    label: label.as_bytes().to_vec(),
                    protocol: Vec::new(),
                });
                let mut stream = sctp.association.open_stream(id, PayloadProtocolIdentifier::Binary).unwrap();
                stream.write_with_ppi(now, &open.marshal().unwrap(), PayloadProtocolIdentifier::Dcep).unwrap();
                sctp.labels.insert(id, label.to_owned());
            }
        }
        while let Some(transmit) = sctp.association.poll_transmit(now) {
            if let Payload::RawEncode(packets) = transmit.message {
                for packet in packets {
                    self.endpoint.write(now, PEER, &packet).unwrap();
                }
            }
        }
    }

    pub fn has_association(&self) -> bool {
        self.sctp.as_ref().is_some_and(|sctp| sctp.connected)
    }

    pub fn send_message(&mut self, label: &str, bytes: &[u8], now: Instant) {
        let sctp = self.sctp.as_mut().unwrap();
        let id = *sctp.labels.iter().find(|(_, known)| *known == label).unwrap().0;
        let mut stream = sctp.association.stream(id).unwrap();
        stream.write_with_ppi(now, bytes, PayloadProtocolIdentifier::Binary).unwrap();
    }

    pub fn send_rtp(&mut self, packet: &[u8]) {
        let sealed = self.keys.as_mut().unwrap().seal.encrypt_rtp(packet).unwrap();
        self.outgoing.push(sealed.to_vec());
    }

    pub fn send_rtcp(&mut self, packet: &[u8]) {
        let sealed = self.keys.as_mut().unwrap().seal.encrypt_rtcp(packet).unwrap();
        self.outgoing.push(sealed.to_vec());
    }
}
