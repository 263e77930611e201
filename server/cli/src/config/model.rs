//! The keys, their defaults, and what must hold between them.

use super::ConfigError;
use lianxian_media::{MAX_WORKERS, MediaConfig};
use lianxian_service::net::DEFAULT_BUSY_LIMIT;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Every key, as the reference names it.
#[cfg(test)]
pub const KEYS: [&str; 19] = [
    "listen",
    "data_dir",
    "database",
    "tls.mode",
    "tls.certificate",
    "tls.key",
    "tls.names",
    "media.listen",
    "media.port",
    "media.addresses",
    "media.tcp_port",
    "media.workers",
    "media.busy_limit",
    "integration_keys",
    "integration_keys.key",
    "integration_keys.secret",
    "integration_keys.purpose",
    "log.level",
    "log.format",
];

/// Fewest bytes of an integration key's secret (RFC 7518, 3.2).
const SECRET_MIN_BYTES: usize = 32;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Console, REST and link.
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    /// `sqlite:<path>` or `postgres://…`; none: a SQLite file in the data folder.
    pub database: Option<String>,
    pub tls: TlsKeys,
    pub media: MediaKeys,
    pub integration_keys: Vec<IntegrationKey>,
    pub log: Log,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    #[default]
    SelfMade,
    Files,
    Off,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsKeys {
    pub mode: TlsMode,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Further names and addresses of the self-made certificate.
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaKeys {
    /// None: as `listen`, where that is IPv4.
    pub listen: Option<Ipv4Addr>,
    pub port: u16,
    pub addresses: Vec<IpAddr>,
    /// None: the port of `listen`; 0: media goes over UDP alone.
    pub tcp_port: Option<u16>,
    pub workers: u16,
    /// Percent of the workers' time; 0: no limit.
    pub busy_limit: u8,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegrationKey {
    pub key: String,
    pub secret: String,
    pub purpose: String,
}

impl std::fmt::Debug for IntegrationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IntegrationKey").field("key", &self.key).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or filters such as `info,lianxian_api=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 8443),
            data_dir: "data".into(),
            database: None,
            tls: TlsKeys::default(),
            media: MediaKeys::default(),
            integration_keys: Vec::new(),
            log: Log::default(),
        }
    }
}

impl Default for MediaKeys {
    fn default() -> Self {
        Self {
            listen: None,
            port: MediaConfig::default().port,
            addresses: Vec::new(),
            tcp_port: None,
            workers: 0,
            busy_limit: DEFAULT_BUSY_LIMIT,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, detail: String| Err(ConfigError::Check { key, detail });
        if self.tls.mode == TlsMode::Files && (self.tls.certificate.is_none() || self.tls.key.is_none()) {
            return wrong("tls.mode", "\"files\" needs tls.certificate and tls.key, two PEM files".into());
        }
        if self.tls.mode != TlsMode::Files && (self.tls.certificate.is_some() || self.tls.key.is_some()) {
            return wrong("tls.mode", "tls.certificate and tls.key are read only with mode \"files\"".into());
        }
        if self.media.workers > MAX_WORKERS {
            let detail = format!("{} is more than {MAX_WORKERS}; 0 is one for each core", self.media.workers);
            return wrong("media.workers", detail);
        }
        if self.media.busy_limit > 100 {
            let detail = format!("{} is more than 100 (percent); 0 is no limit", self.media.busy_limit);
            return wrong("media.busy_limit", detail);
        }
        if let Some(database) = &self.database
            && !["sqlite:", "postgres://", "postgresql://"].iter().any(|start| database.starts_with(start))
        {
            return wrong("database", "it is sqlite:<path> or postgres://user:password@host/database".into());
        }
        for key in &self.integration_keys {
            if key.secret.len() < SECRET_MIN_BYTES {
                let detail = format!("the secret of {:?} has fewer than {SECRET_MIN_BYTES} bytes", key.key);
                return wrong("integration_keys", detail);
            }
        }
        if self.log.level.parse::<tracing_subscriber::EnvFilter>().is_err() {
            let accepted = "error, warn, info, debug, trace, or filters such as info,lianxian_api=debug";
            return wrong("log.level", format!("{:?} is not one of {accepted}", self.log.level));
        }
        Ok(())
    }

    pub fn database_url(&self) -> String {
        let file = || format!("sqlite:{}", self.data_dir.join("lianxian.db").display());
        self.database.clone().unwrap_or_else(file)
    }

    pub fn api(&self) -> lianxian_api::ApiConfig {
        let tls = match (self.tls.mode, &self.tls.certificate, &self.tls.key) {
            (TlsMode::Files, Some(certificate), Some(key)) => {
                lianxian_api::Tls::Files { certificate: certificate.clone(), key: key.clone() }
            }
            (TlsMode::Off, ..) => lianxian_api::Tls::Off,
            _ => lianxian_api::Tls::SelfMade { dir: self.data_dir.join("tls") },
        };
        let keys = self.integration_keys.iter().map(|key| lianxian_api::IntegrationKey {
            key: key.key.clone(),
            secret: key.secret.clone(),
            purpose: key.purpose.clone(),
        });
        lianxian_api::ApiConfig {
            listen: self.listen,
            tls,
            integration_keys: keys.collect(),
            public_names: self.tls.names.clone(),
        }
    }

    /// `port` is the one that the console's door has.
    pub fn media(&self, port: u16) -> MediaConfig {
        let as_listen = match self.listen.ip() {
            IpAddr::V4(ip) => ip,
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        };
        MediaConfig {
            listen: self.media.listen.unwrap_or(as_listen),
            port: self.media.port,
            addresses: self.media.addresses.clone(),
            tcp_port: Some(self.media.tcp_port.unwrap_or(port)).filter(|port| *port != 0),
            workers: self.media.workers,
        }
    }

    pub fn speaks_tls(&self) -> bool {
        self.tls.mode != TlsMode::Off
    }
}
