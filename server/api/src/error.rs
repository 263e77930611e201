//! Why the door cannot be opened: every text names the file, key or address concerned.

use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path}: {detail}")]
    Pem { path: PathBuf, detail: String },
    #[error("{present} is there, but {missing} is not: put it back, or remove both to have new ones made")]
    HalfAuthority { present: PathBuf, missing: PathBuf },
    #[error("cannot make a certificate for {names}: {detail}")]
    Certificate { names: String, detail: String },
    #[error("integration key {key:?}: {detail}")]
    IntegrationKey { key: String, detail: &'static str },
    #[error("TLS: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
}
