//! A certificate that somebody else looks after: two PEM files, read again when either changes.

use super::provider;
use crate::error::ApiError;
use std::path::PathBuf;
use std::time::SystemTime;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: [Option<SystemTime>; 2],
}

impl Files {
    pub(super) fn new(certificate: PathBuf, key: PathBuf) -> Self {
        let mut files = Self { certificate, key, seen: [None, None] };
        files.seen = files.times();
        files
    }

    fn times(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).and_then(|found| found.modified()).ok())
    }

    pub(super) fn load(&self) -> Result<CertifiedKey, ApiError> {
        let bad = |path: &PathBuf, detail: String| ApiError::Pem { path: path.clone(), detail };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| bad(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(bad(&self.certificate, "no certificate in it".into()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| bad(&self.key, error.to_string()))?;
        CertifiedKey::from_der(chain, key, &provider()).map_err(|error| bad(&self.key, error.to_string()))
    }

    /// The certificate, if the files are not those that were read last.
    pub(super) fn changed(&mut self) -> Result<Option<CertifiedKey>, ApiError> {
        let times = self.times();
        if times == self.seen {
            return Ok(None);
        }
        let loaded = self.load()?;
        self.seen = times;
        Ok(Some(loaded))
    }
}
