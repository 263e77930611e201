//! What the door is told when it is built: where it listens, how it proves itself, and who else may sign tokens.

use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Port 0 lets the system choose; [`crate::Bound::address`] says which.
    pub listen: SocketAddr,
    pub tls: Tls,
    pub integration_keys: Vec<IntegrationKey>,
    /// Further names and addresses that the self-made certificate is good for.
    pub public_names: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum Tls {
    /// A certificate authority of our own in this folder, and a server certificate signed by it.
    SelfMade { dir: PathBuf },
    /// PEM files: the certificate with its chain, and its key. Read again when they change.
    Files { certificate: PathBuf, key: PathBuf },
    /// Plain HTTP: for tests, and behind a proxy that speaks TLS. Browsers give no camera to such a page.
    Off,
}

/// A key with which another system signs access tokens for rooms of its own.
#[derive(Clone)]
pub struct IntegrationKey {
    pub key: String,
    pub secret: String,
    /// What it is for; the purpose of every conference that it opens.
    pub purpose: String,
}

impl std::fmt::Debug for IntegrationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IntegrationKey").field("key", &self.key).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
