//! Structured logs on stderr; stdout belongs to what the commands answer.

use crate::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// The second call changes nothing.
pub fn start(log: &Log) {
    let filter = log.level.parse::<EnvFilter>().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
