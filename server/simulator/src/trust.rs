//! Which servers are believed: those of a given authority, or those that the machine trusts.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("the certificate authority {path} cannot be read: {detail}")]
    Authority { path: PathBuf, detail: String },
    #[error("{0}")]
    Tls(#[from] rustls::Error),
    #[error("no HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

/// How links and requests check the server.
#[derive(Clone)]
pub struct Trust {
    pub http: reqwest::Client,
    /// `None`: the machine's own roots.
    pub tls: Option<Arc<ClientConfig>>,
}

impl Trust {
    /// # Errors
    /// If the authority's file cannot be read or holds no certificate.
    pub fn new(authority: Option<&Path>) -> Result<Self, TrustError> {
        let builder = reqwest::Client::builder().timeout(std::time::Duration::from_secs(10)).no_proxy();
        let Some(path) = authority else {
            return Ok(Self { http: builder.build()?, tls: None });
        };
        let unreadable = |detail: String| TrustError::Authority { path: path.to_owned(), detail };
        let pem = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(format!("{error:?}")))?;
        if certificates.is_empty() {
            return Err(unreadable("it holds no certificate".into()));
        }
        let mut roots = RootCertStore::empty();
        let mut builder = builder.tls_built_in_root_certs(false);
        for certificate in certificates {
            builder = builder.add_root_certificate(reqwest::Certificate::from_der(&certificate)?);
            roots.add(certificate)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { http: builder.build()?, tls: Some(Arc::new(tls)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_is_none_is_named() {
        let folder = std::env::temp_dir().join(format!("lianxian-trust-{}", std::process::id()));
        std::fs::write(&folder, "no certificate").unwrap();
        let error = Trust::new(Some(&folder)).err().map(|e| e.to_string()).unwrap_or_default();
        std::fs::remove_file(&folder).unwrap();
        assert!(error.contains("holds no certificate") && error.contains("lianxian-trust"), "{error}");
        assert!(Trust::new(Some(&folder)).is_err(), "a file that is not there");
    }
}
