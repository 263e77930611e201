//! One light media transport: an ICE check, a DTLS client, SRTP keys. It counts what it receives and opens only samples of it,
//! so that two cores can carry the server and five hundred viewers at once.

use crate::session::{Local, Remote};
use anyhow::{Context as _, Result, anyhow};
use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use rtc_stun::attributes::{ATTR_USERNAME, AttrType};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter as _, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CHECK_INTERVAL: Duration = Duration::from_millis(100);
const CONSENT_INTERVAL: Duration = Duration::from_secs(5);
/// A stand-in: the DTLS endpoint tells associations apart by address, and this one has a single one.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// What every transport of the process shares: one certificate, one configuration.
pub struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    dtls: Arc<HandshakeConfig>,
    fingerprint: String,
}

impl Identity {
    pub fn make() -> Result<Self> {
        let provider = rtc_crypto::default_provider().map_err(|e| anyhow!("{e}"))?;
        let certificate = Certificate::generate_self_signed(vec!["load".to_owned()], provider.crypto())?;
        let digest = {
            let mut bytes = Vec::new();
            for certificate in &certificate.certificate {
                bytes.extend_from_slice(certificate.as_ref());
            }
            sha256(&bytes)
        };
        let fingerprint = digest.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":");
        let dtls = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            .with_cipher_suites(vec![
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
                CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
            ])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_insecure_skip_verify(true)
            .build(true, Some(PEER))?;
        Ok(Self { provider, dtls: Arc::new(dtls), fingerprint })
    }

    /// Fresh ICE credentials beside the process's fingerprint.
    pub fn local(&self) -> Local {
        let text = |n: usize| -> String {
            use rand::Rng as _;
            rand::rng().sample_iter(rand::distr::Alphanumeric).take(n).map(char::from).collect()
        };
        Local { ufrag: text(8), pwd: text(24), fingerprint: self.fingerprint.clone(), address: None }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).into()
}

pub struct Transport {
    identity: Arc<Identity>,
    local: Local,
    pub remote: Remote,
    endpoint: Endpoint,
    /// Our check was answered.
    checked: bool,
    /// We answered one: a side that is not lite takes no DTLS before.
    answered: bool,
    started: bool,
    next_check: Instant,
    pub keys: Option<Keys>,
}

pub struct Keys {
    pub seal: Context,
    pub open: Context,
}

/// What a datagram was.
pub enum Got<'a> {
    Rtp(&'a [u8]),
    Rtcp(&'a [u8]),
    Control,
}

impl Transport {
    pub fn new(identity: Arc<Identity>, local: Local, remote: Remote, now: Instant) -> Self {
        let endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        Self {
            identity,
            local,
            remote,
            endpoint,
            checked: false,
            answered: false,
            started: false,
            next_check: now,
            keys: None,
        }
    }

    pub fn goes_by(&self, ufrag: &str) -> bool {
        self.local.ufrag == ufrag
    }

    pub fn is_up(&self) -> bool {
        self.keys.is_some()
    }

    fn check(&self) -> Result<Vec<u8>> {
        let mut message = Message::new();
        message.typ = BINDING_REQUEST;
        message.transaction_id = TransactionId::new();
        message.write_header();
        let username = format!("{}:{}", self.remote.ufrag, self.local.ufrag);
        TextAttribute::new(ATTR_USERNAME, username).add_to(&mut message)?;
        message.add(AttrType(0x0024), &0x6e00_1eff_u32.to_be_bytes()); // PRIORITY
        message.add(AttrType(0x802a), &rand::random::<u64>().to_be_bytes()); // ICE-CONTROLLING
        message.add(AttrType(0x0025), &[]); // USE-CANDIDATE
        let crypto = self.identity.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(self.remote.pwd.clone(), crypto)
            .add_to(&mut message)?;
        FINGERPRINT.add_to(&mut message)?;
        Ok(message.raw.clone())
    }

    /// The answer to a check of a peer that is not lite.
    fn answer(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut request = Message::new();
        request.unmarshal_binary(bytes)?;
        let mut message = Message::new();
        message.typ = BINDING_SUCCESS;
        message.transaction_id = request.transaction_id;
        message.write_header();
        XorMappedAddress { ip: self.remote.address.ip(), port: self.remote.address.port() }.add_to(&mut message)?;
        let crypto = self.identity.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(self.local.pwd.clone(), crypto)
            .add_to(&mut message)?;
        FINGERPRINT.add_to(&mut message)?;
        Ok(message.raw.clone())
    }

    /// Sends what is due through `send`.
    pub fn tick(&mut self, now: Instant, mut send: impl FnMut(&[u8])) -> Result<()> {
        if now >= self.next_check {
            send(&self.check()?);
            self.next_check = now + if self.checked { CONSENT_INTERVAL } else { CHECK_INTERVAL };
        }
        if self.checked && (self.remote.lite || self.answered) && !self.started {
            self.started = true;
            self.endpoint.connect(now, PEER, self.identity.dtls.clone(), None)?;
        }
        if self.started {
            self.endpoint.handle_timeout(PEER, now)?;
        }
        self.flush(send);
        Ok(())
    }

    fn flush(&mut self, mut send: impl FnMut(&[u8])) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            send(&transmit.message);
        }
    }

    /// Takes a datagram; RTP and RTCP are handed back still sealed.
    pub fn receive<'a>(&mut self, bytes: &'a [u8], now: Instant, mut send: impl FnMut(&[u8])) -> Result<Got<'a>> {
        match bytes.first() {
            Some(0..=3) => {
                if bytes.len() >= 20 && bytes[..2] == [0x00, 0x01] {
                    send(&self.answer(bytes)?);
                    self.answered = true;
                }
                // Any success response to our checks is the answer that we wait for.
                if bytes.len() >= 20 && bytes[..2] == [0x01, 0x01] {
                    self.checked = true;
                }
                self.tick(now, send)?;
                Ok(Got::Control)
            }
            Some(20..=63) => {
                for event in self.endpoint.read(now, PEER, None, BytesMut::from(bytes))? {
                    if matches!(event, EndpointEvent::HandshakeComplete) {
                        self.keys = Some(self.export()?);
                    }
                }
                self.flush(send);
                Ok(Got::Control)
            }
            Some(128..=191) if bytes.len() >= 12 => {
                let is_rtcp = (192..=223).contains(&bytes[1]);
                Ok(if is_rtcp { Got::Rtcp(bytes) } else { Got::Rtp(bytes) })
            }
            _ => Ok(Got::Control),
        }
    }

    fn export(&self) -> Result<Keys> {
        let state = self.endpoint.get_connection_state(PEER).context("no association")?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            other => return Err(anyhow!("the server chose {other:?}")),
        };
        let (key, salt) = (profile.key_len(), profile.salt_len());
        let material = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], 2 * (key + salt))?;
        let material = material.as_ref();
        let (keys, salts) = material.split_at(2 * key);
        let crypto = self.identity.provider.crypto();
        // RFC 5764, section 4.2: the client's write key comes first.
        Ok(Keys {
            seal: Context::new(&keys[..key], &salts[..salt], profile, None, None, crypto)?,
            open: Context::new(&keys[key..], &salts[salt..], profile, None, None, crypto)?,
        })
    }
}
