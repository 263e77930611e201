//! TLS: which certificate the door shows, kept fresh while the server runs.

mod authority;
mod facts;
mod files;
mod names;

use crate::config::{ApiConfig, Tls};
use crate::error::ApiError;
use authority::Authority;
pub use facts::{Facts, certificate_facts, certificate_on_disk};
use files::Files;
use lianxian_model::time::{Clock, Millis};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

/// How often the certificate is looked at: names of the machine change, files are replaced, time passes.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// The certificate in use.
pub(crate) struct Certificates {
    shown: Arc<Shown>,
    source: Source,
    /// For offices to install; only with an authority of our own.
    pub(crate) ca_pem: Option<String>,
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

enum Source {
    Own { authority: Box<Authority>, listen: SocketAddr, public_names: Vec<String>, made: Made },
    Files(Files),
}

/// What the certificate in use was made for, and until when it is shown.
struct Made {
    names: BTreeSet<String>,
    renew_at: Millis,
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl Certificates {
    /// `None` with TLS off.
    pub(crate) fn open(config: &ApiConfig, listen: SocketAddr, now: Millis) -> Result<Option<Self>, ApiError> {
        match &config.tls {
            Tls::Off => Ok(None),
            Tls::SelfMade { dir } => {
                let authority = Authority::open(dir, now)?;
                let names = names::of(listen, &config.public_names);
                let (certificate, renew_at) = authority.certify(&names, now)?;
                let ca_pem = Some(authority.pem().to_owned());
                let source = Source::Own {
                    authority: Box::new(authority),
                    listen,
                    public_names: config.public_names.clone(),
                    made: Made { names, renew_at },
                };
                Ok(Some(Self::new(certificate, source, ca_pem, Some(dir.clone()))))
            }
            Tls::Files { certificate, key } => {
                let files = Files::new(certificate.clone(), key.clone());
                let loaded = files.load()?;
                Ok(Some(Self::new(loaded, Source::Files(files), None, None)))
            }
        }
    }

    fn new(certificate: CertifiedKey, source: Source, ca_pem: Option<String>, dir: Option<PathBuf>) -> Self {
        Self { shown: Arc::new(Shown(RwLock::new(Arc::new(certificate)))), source, ca_pem, dir }
    }

    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, ApiError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks now and then whether the certificate must be another, until the server stops. What cannot be renewed is
    /// said, and the old one is shown on.
    pub(crate) async fn keep_fresh(mut self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            match self.fresher(clock.now()) {
                Ok(Some(certificate)) => {
                    *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificate);
                    tracing::info!("the server certificate was renewed");
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the server certificate could not be renewed"),
            }
        }
    }

    /// Another certificate, if the one in use is too old, for other names, or no longer what the files hold.
    fn fresher(&mut self, now: Millis) -> Result<Option<CertifiedKey>, ApiError> {
        match &mut self.source {
            Source::Own { authority, listen, public_names, made } => {
                let names = names::of(*listen, public_names);
                // Names are only ever added: an interface that is down for a moment costs nobody the certificate.
                if made.names.is_superset(&names) && now < made.renew_at {
                    return Ok(None);
                }
                let (certificate, renew_at) = authority.certify(&names, now)?;
                *made = Made { names, renew_at };
                Ok(Some(certificate))
            }
            Source::Files(files) => files.changed(),
        }
    }
}

/// Writes a secret that only the server's own account may read.
pub(crate) fn write_secret(path: &std::path::Path, text: &str) -> Result<(), ApiError> {
    authority::write(path, text, 0o600)
}

#[cfg(test)]
mod tests;
