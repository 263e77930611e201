//! One process for one SQLite data folder: a lock on a file in it, which the system lifts when the process ends.

use crate::database::OpenError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file's name in the folder.
const NAME: &str = "lianxian.lock";

/// Held as long as it lives. The file stays: removing it would let two processes each lock their own.
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    pub(crate) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path: PathBuf = folder.join(NAME);
        let broken = |error: std::io::Error| OpenError::Folder { path: path.clone(), error };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(broken)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it only helps the message.
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim().to_owned();
                let holder = if holder.is_empty() { "another process".to_owned() } else { format!("process {holder}") };
                return Err(OpenError::Held { folder: folder.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(broken(error)),
        }
        file.set_len(0).map_err(broken)?;
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        writeln!(file, "{}", std::process::id()).map_err(broken)?;
        Ok(Self { _file: file })
    }
}
