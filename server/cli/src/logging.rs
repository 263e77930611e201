//! Structured logs on stderr; stdout belongs to what the commands answer.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// What the protocol crates call information is a fault-finder's. A configured filter of the same name goes over it.
const QUIET: &str = "rtc=warn,rtc_ice=warn,rtc_dtls=error,rtc_sctp=error,webrtc=warn";

/// The second call changes nothing.
pub fn start(log: &Log) {
    let filter = format!("{QUIET},{}", log.level).parse::<EnvFilter>().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        // Of a line that cannot be written it would tell on the same stderr, and panic: nobody's work ends with its log.
        .log_internal_errors(false);
    let _ = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
