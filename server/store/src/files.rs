//! Files in a folder: written beside their place, flushed to the disk, and moved there whole.

use async_trait::async_trait;
use bytes::Bytes;
use lianxian_service::ports::files::{FileError, Files};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where strays are put, in the folder itself.
const ASIDE: &str = "strays/";

/// The folder that holds them all.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// Names are the server's own; one that could lead out of the folder is refused all the same.
    fn path(&self, name: &str) -> Result<PathBuf, FileError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/');
        let parts = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
        if name.is_empty() || !parts || !name.chars().all(plain) {
            return Err(FileError(format!("`{name}` is no name of a file")));
        }
        Ok(self.0.join(name))
    }
}

#[async_trait]
impl Files for Folder {
    async fn put(&self, name: &str, bytes: Bytes) -> Result<(), FileError> {
        let path = self.path(name)?;
        run(move || write(&path, &bytes)).await
    }

    async fn get(&self, name: &str) -> Result<Bytes, FileError> {
        let path = self.path(name)?;
        run(move || std::fs::read(&path)).await.map(Bytes::from)
    }

    async fn list(&self, age: Duration) -> Result<Vec<String>, FileError> {
        let folder = self.clone();
        run(move || {
            let before = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
            let mut names = Vec::new();
            if folder.0.is_dir() {
                collect(&folder.0, "", before, &mut names)?;
            }
            // What could not have been put here is not ours.
            names.retain(|name| folder.path(name).is_ok() && !name.starts_with(ASIDE));
            Ok(names)
        })
        .await
    }

    async fn set_aside(&self, name: &str) -> Result<(), FileError> {
        let from = self.path(name)?;
        let to = self.0.join(ASIDE).join(name);
        run(move || {
            std::fs::create_dir_all(to.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
            std::fs::rename(&from, &to)
        })
        .await
    }
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, FileError> {
    let told = |error: &dyn std::fmt::Display| FileError(error.to_string());
    tokio::task::spawn_blocking(work).await.map_err(|error| told(&error))?.map_err(|error| told(&error))
}

fn collect(folder: &Path, prefix: &str, before: SystemTime, names: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), before, names)?;
        } else if kind.is_file() {
            match entry.metadata() {
                Ok(file) if file.modified()? <= before => names.push(name),
                // Half written a moment ago, it has its own name by now.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    let beside = path.with_extension("part");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    // The name is as durable as the bytes.
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_put_comes_back_and_nothing_leads_out() {
        let root = tempfile::tempdir().unwrap();
        let files = Folder::new(root.path().join("files"));
        files.put("frames/a-1/b.png", Bytes::from_static(b"picture")).await.unwrap();
        assert_eq!(files.get("frames/a-1/b.png").await.unwrap(), Bytes::from_static(b"picture"));
        assert_eq!(std::fs::read_dir(root.path().join("files/frames/a-1")).unwrap().count(), 1, "nothing is left over");
        for name in ["", "/etc/passwd", "../x", "a/../../x", "a//b", ".hidden", "a\\b", "a\0b"] {
            assert!(files.put(name, Bytes::new()).await.is_err(), "{name}");
            assert!(files.get(name).await.is_err(), "{name}");
        }
    }
}
