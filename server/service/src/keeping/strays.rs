//! Strays: bytes whose row never came, because the server was killed between the two or the row was refused at the last moment.
//! They are set aside and not removed: with a database put back from a backup, what looks like a stray may be evidence.

use super::{ATTACHMENTS, FRAMES, PHOTOS, PICTURES, Place};
use crate::actor::Actor;
use crate::core::{Core, Service};
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use lianxian_model::audit::{AuditAction, AuditObject};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long bytes may wait for their row; it comes within seconds, or never.
pub const STRAY_AFTER: Duration = Duration::from_secs(3600);
/// How often strays are looked for; the first time at the start.
const ROUND: Duration = Duration::from_secs(24 * 3600);
/// Names that one audit row tells; there are rarely any.
const TOLD_NAMES: usize = 50;

impl Service {
    /// Looks for strays until the token is cancelled.
    pub(crate) async fn sweep_strays_until(&self, shutdown: &CancellationToken) {
        let mut round = tokio::time::interval(ROUND);
        let rounds = async {
            loop {
                round.tick().await;
                if let Err(error) = self.sweep_strays().await {
                    tracing::error!(%error, "strays could not be swept");
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = rounds => {}
        }
    }

    /// Sets files aside that are older than [`STRAY_AFTER`] and that no row speaks of, and says so in the audit. How many there were.
    pub async fn sweep_strays(&self) -> ServiceResult<usize> {
        let files = self.core.files()?;
        let names = files.list(STRAY_AFTER).await.map_err(ServiceError::internal)?;
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            if let Some((folder, _)) = name.rsplit_once('/') {
                folders.entry(folder.to_owned()).or_default().push(name);
            }
        }
        let mut found = Vec::new();
        for (folder, names) in folders {
            let Some(known) = known_in(&self.core, &folder).await? else {
                tracing::warn!(folder, "a folder of files is none of ours, and left alone");
                continue;
            };
            for name in names.into_iter().filter(|name| !known.contains(name)) {
                files.set_aside(&name).await.map_err(ServiceError::internal)?;
                found.push(name);
            }
        }
        if !found.is_empty() {
            let mut work = self.core.begin(&Actor::System).await?;
            let told = &found[..found.len().min(TOLD_NAMES)];
            work.audit(AuditAction::FileStray, AuditObject::Server, "", json!({ "files": found.len(), "names": told }));
            work.commit().await?;
        }
        Ok(found.len())
    }
}

/// The names that rows speak of in a folder; none: nobody has such a folder.
async fn known_in(core: &Core, folder: &str) -> ServiceResult<Option<HashSet<String>>> {
    let Some((kind, owner)) = folder.split_once('/') else { return Ok(None) };
    let mut tx = core.read().await?;
    Ok(names(&mut tx, kind, owner).await?.map(HashSet::from_iter))
}

async fn names(tx: &mut Box<dyn Tx>, kind: &str, owner: &str) -> ServiceResult<Option<Vec<String>>> {
    Ok(Some(match kind {
        ATTACHMENTS => {
            let session = owner.into();
            let files = tx.attachments_of(&session).await?;
            files.iter().map(|file| Place::Attachment(&session, &file.id).name()).collect()
        }
        FRAMES => {
            let session = owner.into();
            let frames = tx.frames_of(&session).await?;
            frames.iter().map(|frame| Place::Frame(&session, &frame.id, frame.image_type).name()).collect()
        }
        PICTURES => {
            let directive = owner.into();
            let pictures = tx.pictures_of(&directive).await?;
            pictures.iter().map(|picture| Place::Picture(&directive, &picture.id, picture.image_type).name()).collect()
        }
        PHOTOS => {
            let request = owner.into();
            let photos = tx.request(&request).await?.map(|request| request.photos).unwrap_or_default();
            photos.iter().map(|photo| Place::Photo(&request, &photo.id, photo.image_type).name()).collect()
        }
        _ => return Ok(None),
    }))
}
