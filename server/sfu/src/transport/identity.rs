//! The process's DTLS identity: one certificate, and the handshake configurations that present it.

use rtc_crypto::RTCCryptoProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::sync::Arc;
use std::time::Duration;

/// The crate resends at a fixed interval and gives up after eight: below a second it gives up too soon.
const FLIGHT_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no DTLS identity can be made: {0}")]
pub struct IdentityError(String);

/// Made once a process: most of a join's CPU time is certificates.
pub struct DtlsIdentity {
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) gcm: Arc<HandshakeConfig>,
    pub(super) cm: Arc<HandshakeConfig>,
    fingerprint: [u8; 32],
}

impl std::fmt::Debug for DtlsIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DtlsIdentity").field(&self.fingerprint_text()).finish()
    }
}

impl DtlsIdentity {
    /// Makes a fresh self-signed P-256 certificate.
    ///
    /// # Errors
    /// If the crypto provider cannot.
    pub fn generate() -> Result<Self, IdentityError> {
        let failed = |error: &dyn std::fmt::Display| IdentityError(error.to_string());
        let provider = rtc_crypto::default_provider().map_err(|e| failed(&e))?;
        let certificate = Certificate::generate_self_signed(vec!["lianxian".to_owned()], provider.crypto())
            .map_err(|e| failed(&e))?;
        let leaf = certificate.certificate.first().ok_or_else(|| IdentityError("an empty chain".to_owned()))?;
        let fingerprint = fingerprint_of(leaf.as_ref());
        let config = |profile| {
            ConfigBuilder::default()
                .with_crypto_provider(provider.clone())
                .with_certificates(vec![certificate.clone()])
                .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
                .with_srtp_protection_profiles(vec![profile])
                .with_client_auth(ClientAuthType::RequireAnyClientCert)
                .with_extended_master_secret(ExtendedMasterSecretType::Require)
                .with_flight_interval(FLIGHT_INTERVAL)
                .with_insecure_skip_verify(true)
                .build(false, None)
                .map(Arc::new)
                .map_err(|e| failed(&e))
        };
        Ok(Self {
            gcm: config(SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm)?,
            cm: config(SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80)?,
            provider,
            fingerprint,
        })
    }

    /// SHA-256 of the certificate, as `a=fingerprint:sha-256` spells it (RFC 8122).
    pub fn fingerprint_text(&self) -> String {
        self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }
}

pub(super) fn fingerprint_of(certificate: &[u8]) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, certificate).as_ref());
    fingerprint
}
