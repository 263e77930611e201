//! Why the binary could not do what it was told: one sentence that names the key, file or address concerned.

use lianxian_service::ServiceError;
use lianxian_service::ports::record::RecordError;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the runtime cannot be started: {0}")]
    Runtime(std::io::Error),
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error("database: {0}")]
    Database(#[from] lianxian_store::OpenError),
    #[error("media: {0}")]
    Media(#[from] lianxian_media::StartError),
    #[error("{0}")]
    Api(#[from] lianxian_api::ApiError),
    #[error("{0}")]
    Record(#[from] RecordError),
    #[error("{}", .0.en)]
    Service(#[from] ServiceError),
    #[error("simulated offices: {0}")]
    Simulator(#[from] lianxian_simulator::StartError),
    #[error("{path}: {source}", path = .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} is no list of devices: {source}", path = .path.display())]
    Offices { path: PathBuf, source: serde_json::Error },
    #[error("the audit chain is broken at row {at} of {rows}")]
    BrokenChain { at: i64, rows: i64 },
    #[error("{bad} things do not work; see above")]
    Unwell { bad: usize },
    #[error("the server ended by itself")]
    Ended,
}

impl Failure {
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Failure::File { path, source }
    }
}
