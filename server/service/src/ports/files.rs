//! Files as service sees them: bytes under a name, written once, read back whole.

use async_trait::async_trait;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file cannot be kept or read: {0}")]
pub struct FileError(pub String);

#[async_trait]
pub trait Files: Send + Sync + 'static {
    /// Returns when the bytes are safe on the disk. `name` is made by the server: letters, digits, `-`, `.` and `/`.
    async fn put(&self, name: &str, bytes: bytes::Bytes) -> Result<(), FileError>;

    async fn get(&self, name: &str) -> Result<bytes::Bytes, FileError>;
}
