//! Photos of a request: a picture says sooner than a sentence what is the matter. The request rings without waiting for it; the
//! file is safe on the disk before its row says so.

use super::{Requests, change, no_request};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::keeping::{Place, checked_image};
use crate::secrets::{hash_bytes, new_id};
use crate::work::{Work, unless_lost};
use bytes::Bytes;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::drawing::ImageType;
use lianxian_model::ids::{PictureId, RequestId};
use lianxian_model::request::{HelpRequest, PHOTOS_A_REQUEST, Photo, RequestError};
use serde_json::json;

impl Requests {
    /// Keeps a photo, once: the same bytes again are the photo that is kept. The asker, while the request is open.
    /// Errors: `request_state`, `too_many_photos`, `files_unavailable`; `invalid` with field `image`.
    pub async fn keep_photo(&self, actor: &Actor, id: &RequestId, image: Bytes) -> ServiceResult<Photo> {
        let (image_type, width, height) = checked_image(&image)?;
        let sha256 = hash_bytes(&image).await?;
        // Who may not is refused before anything is written.
        let (work, request) = self.room_for_photo(actor, id, &sha256).await?;
        if let Some(kept) = kept(&request, &sha256) {
            return Ok(kept);
        }
        let photo_id = PictureId(new_id(work.now));
        drop(work);
        self.core.keep(Place::Photo(id, &photo_id, image_type), &image).await?;
        let (mut work, mut request) = self.room_for_photo(actor, id, &sha256).await?;
        if let Some(kept) = kept(&request, &sha256) {
            return Ok(kept);
        }
        let photo = Photo {
            id: photo_id,
            image_type,
            width,
            height,
            bytes: image.len() as i64,
            sha256,
            kept_ms: work.now,
            by: work.actor_name().to_owned(),
        };
        request.photos.push(photo.clone());
        unless_lost(work.tx.update_request(&request).await?)?;
        request.version += 1;
        let detail = json!({ "photo": photo.id, "sha256": photo.sha256, "bytes": photo.bytes });
        change::step(&mut work, &request, "photo", detail.clone()).await?;
        work.audit(AuditAction::RequestPhoto, AuditObject::Request, id.as_str(), detail);
        change::tell(&mut work, &request).await?;
        work.commit().await?;
        Ok(photo)
    }

    async fn room_for_photo(&self, actor: &Actor, id: &RequestId, sha256: &str) -> ServiceResult<(Work, HelpRequest)> {
        let mut work = self.core.begin(actor).await?;
        let request = work.tx.request(id).await?.ok_or_else(no_request)?;
        if !self.asks(&mut work, actor, &request).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::RequestPhoto, AuditObject::Request, id.as_str()).await);
        }
        if kept(&request, sha256).is_some() {
            return Ok((work, request));
        }
        if !request.state.is_open() {
            return Err(RequestError::Illegal(request.state).into());
        }
        if request.photos.len() >= PHOTOS_A_REQUEST {
            return Err(ServiceError::limit(
                "too_many_photos",
                PHOTOS_A_REQUEST as i64,
                format!("一张求助单最多 {PHOTOS_A_REQUEST} 张照片"),
                format!("a request has at most {PHOTOS_A_REQUEST} photos"),
            ));
        }
        Ok((work, request))
    }

    /// The bytes of a photo, for whoever may read the request. Errors: `damaged` when they are no longer what was kept.
    pub async fn photo(&self, actor: &Actor, id: &RequestId, photo: &PictureId) -> ServiceResult<(ImageType, Bytes)> {
        let mut tx = self.core.read().await?;
        let request = tx.request(id).await?.ok_or_else(no_request)?;
        let may = self.may_read(&mut tx, actor, &request).await?;
        drop(tx);
        if !may {
            return Err(self.core.refuse(actor, AuditAction::RequestRead, AuditObject::Request, id.as_str()).await);
        }
        let found = request.photos.into_iter().find(|kept| kept.id == *photo);
        let found = found.ok_or_else(|| ServiceError::not_found("照片", "photo"))?;
        let place = Place::Photo(id, &found.id, found.image_type);
        Ok((found.image_type, self.core.kept(place, &found.sha256).await?))
    }
}

fn kept(request: &HelpRequest, sha256: &str) -> Option<Photo> {
    request.photos.iter().find(|photo| photo.sha256 == sha256).cloned()
}
