//! Files as service sees them: bytes under a name, written once, read back whole, removed only if nobody speaks of them.

use async_trait::async_trait;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file cannot be kept or read: {0}")]
pub struct FileError(pub String);

#[async_trait]
pub trait Files: Send + Sync + 'static {
    /// Returns when the bytes are safe on the disk. `name` is made by the server: letters, digits, `-`, `.` and `/`.
    async fn put(&self, name: &str, bytes: bytes::Bytes) -> Result<(), FileError>;

    async fn get(&self, name: &str) -> Result<bytes::Bytes, FileError>;

    /// Names of what was written that long ago or earlier, what was left half written among them.
    async fn list(&self, age: Duration) -> Result<Vec<String>, FileError>;

    /// Whether it was there.
    async fn remove(&self, name: &str) -> Result<bool, FileError>;
}
