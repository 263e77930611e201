//! What a line of a case's timeline shows beside its words: a frame, a file, a photo. Whoever has them is read once.

use crate::attachments::AttachmentView;
use crate::drawings::{FrameView, frames_drawn};
use crate::error::ServiceResult;
use crate::ports::store::Tx;
use lianxian_model::ids::{RequestId, SessionId};
use lianxian_model::request::Photo;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Shown {
    frames: HashMap<SessionId, Vec<FrameView>>,
    files: HashMap<SessionId, Vec<AttachmentView>>,
    photos: HashMap<RequestId, Vec<Photo>>,
}

/// The one that a line's detail names under `key`.
fn named<T: Clone>(all: Option<&Vec<T>>, detail: &str, key: &str, id: impl Fn(&T) -> &str) -> Option<T> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    let wanted = detail.get(key)?.as_str()?;
    all?.iter().find(|one| id(one) == wanted).cloned()
}

impl Shown {
    pub(super) async fn frame(
        &mut self,
        tx: &mut Box<dyn Tx>,
        session: &SessionId,
        detail: &str,
    ) -> ServiceResult<Option<FrameView>> {
        if !self.frames.contains_key(session) {
            self.frames.insert(session.clone(), frames_drawn(tx, session).await?);
        }
        Ok(named(self.frames.get(session), detail, "frame", |one| one.id.as_str()))
    }

    pub(super) async fn file(
        &mut self,
        tx: &mut Box<dyn Tx>,
        session: &SessionId,
        detail: &str,
    ) -> ServiceResult<Option<AttachmentView>> {
        if !self.files.contains_key(session) {
            let all = tx.attachments_of(session).await?.into_iter().map(AttachmentView::from).collect();
            self.files.insert(session.clone(), all);
        }
        Ok(named(self.files.get(session), detail, "file", |one| one.id.as_str()))
    }

    pub(super) async fn photo(
        &mut self,
        tx: &mut Box<dyn Tx>,
        request: &RequestId,
        detail: &str,
    ) -> ServiceResult<Option<Photo>> {
        if !self.photos.contains_key(request) {
            let photos = tx.request(request).await?.map(|request| request.photos).unwrap_or_default();
            self.photos.insert(request.clone(), photos);
        }
        Ok(named(self.photos.get(request), detail, "photo", |one| one.id.as_str()))
    }
}
