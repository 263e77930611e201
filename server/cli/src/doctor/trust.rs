//! TLS for looking at a server: whatever certificate it shows is taken, and whether it would have been trusted is told. Nothing
//! secret is ever sent over such a connection.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What the server showed.
#[derive(Clone, Debug)]
pub struct Shown {
    pub der: Vec<u8>,
    /// Why it would not have been trusted.
    pub refusal: Option<String>,
}

#[derive(Debug)]
pub struct Witness {
    /// None: there is no authority to trust at all.
    judge: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    shown: Mutex<Option<Shown>>,
}

impl Witness {
    /// With this authority, or with the machine's.
    ///
    /// # Errors
    /// The authority's file cannot be read, in words.
    pub fn new(ca: Option<&Path>) -> Result<Arc<Self>, String> {
        let mut roots = RootCertStore::empty();
        match ca {
            Some(path) => {
                let unreadable = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
                let pem = std::fs::read(path).map_err(|error| unreadable(&error))?;
                for certificate in CertificateDer::pem_slice_iter(&pem) {
                    let certificate = certificate.map_err(|error| unreadable(&error))?;
                    roots.add(certificate).map_err(|error| unreadable(&error))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(ring::default_provider());
        let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().ok();
        Ok(Arc::new(Self { judge, provider, shown: Mutex::new(None) }))
    }

    pub fn client(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let builder =
            ClientConfig::builder_with_provider(self.provider.clone()).with_safe_default_protocol_versions()?;
        Ok(builder.dangerous().with_custom_certificate_verifier(self.clone()).with_no_client_auth())
    }

    pub fn shown(&self) -> Option<Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let refusal = match &self.judge {
            Some(judge) => judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).err(),
            None => Some(Error::General("this machine trusts no authority".into())),
        };
        let shown = Shown { der: end_entity.to_vec(), refusal: refusal.map(|error| error.to_string()) };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
