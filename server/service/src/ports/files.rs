//! Files as service sees them: bytes under a name, written once, read back whole, never removed.

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

    /// Names of what was written that long ago or earlier, what was left half written among them; not of what was set aside.
    async fn list(&self, age: Duration) -> Result<Vec<String>, FileError>;

    /// Takes it out of the way, under its name, for a person to look at: the database may be the wrong one.
    async fn set_aside(&self, name: &str) -> Result<(), FileError>;
}
