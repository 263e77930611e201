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

/// The id that a line's detail names.
fn named(detail: &str, key: &str) -> String {
    let detail: serde_json::Value = serde_json::from_str(detail).unwrap_or_default();
    detail.get(key).and_then(|id| id.as_str()).unwrap_or_default().to_owned()
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
        let id = named(detail, "frame");
        Ok(self.frames.get(session).and_then(|all| all.iter().find(|one| one.id.as_str() == id).cloned()))
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
        let id = named(detail, "file");
        Ok(self.files.get(session).and_then(|all| all.iter().find(|one| one.id.as_str() == id).cloned()))
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
        let id = named(detail, "photo");
        Ok(self.photos.get(request).and_then(|all| all.iter().find(|one| one.id.as_str() == id).cloned()))
    }
}
