//! Bytes that a row speaks of: frozen frames, files, pictures, photos. They are safe on the disk before their row says so, and are
//! given out only as long as they are what the row says.

mod strays;

use crate::core::Core;
use crate::error::{ErrorKind, ServiceError, ServiceResult};
use crate::secrets::hash_bytes;
use bytes::Bytes;
use lianxian_model::drawing::{FRAME_MAX_BYTES, ImageType, image_head};
use lianxian_model::ids::{AttachmentId, DirectiveId, FrameId, PictureId, RequestId, SessionId};

/// Where bytes are kept: under whoever has them, by their id. What people call a file stands in its row alone.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Attachment(&'a SessionId, &'a AttachmentId),
    Frame(&'a SessionId, &'a FrameId, ImageType),
    /// Of a directive.
    Picture(&'a DirectiveId, &'a PictureId, ImageType),
    /// Of a request.
    Photo(&'a RequestId, &'a PictureId, ImageType),
}

const ATTACHMENTS: &str = "attachments";
const FRAMES: &str = "frames";
const PICTURES: &str = "directives";
const PHOTOS: &str = "requests";

impl Place<'_> {
    fn name(self) -> String {
        match self {
            Place::Attachment(session, file) => format!("{ATTACHMENTS}/{session}/{file}.bin"),
            Place::Frame(session, frame, kind) => format!("{FRAMES}/{session}/{frame}.{kind}"),
            Place::Picture(directive, picture, kind) => format!("{PICTURES}/{directive}/{picture}.{kind}"),
            Place::Photo(request, photo, kind) => format!("{PHOTOS}/{request}/{photo}.{kind}"),
        }
    }
}

impl Core {
    /// Puts bytes where they are safe; then their row may be written. Without one they are a stray, and set aside.
    /// Errors: `files_unavailable`.
    pub(crate) async fn keep(&self, place: Place<'_>, bytes: &Bytes) -> ServiceResult<()> {
        self.files()?.put(&place.name(), bytes.clone()).await.map_err(|error| {
            tracing::error!(%error, "bytes could not be kept");
            let (zh, en) = ("文件暂时无法保存，请稍后再试", "the file cannot be kept now, try again");
            ServiceError::new(ErrorKind::Unavailable, "files_unavailable", zh, en)
        })
    }

    /// The bytes of a row. Errors: `damaged` when they are no longer what was kept.
    pub(crate) async fn kept(&self, place: Place<'_>, sha256: &str) -> ServiceResult<Bytes> {
        let name = place.name();
        let bytes = self.files()?.get(&name).await.map_err(ServiceError::internal)?;
        if hash_bytes(&bytes).await? != sha256 {
            tracing::error!(name, "bytes are not what was kept");
            return Err(ServiceError::new(ErrorKind::Internal, "damaged", "文件已损坏", "the file was changed"));
        }
        Ok(bytes)
    }
}

/// The type, width and height of an image that may be kept, read from its own bytes. Errors: `invalid` with field `image`.
pub(crate) fn checked_image(image: &Bytes) -> ServiceResult<(ImageType, u32, u32)> {
    if image.len() > FRAME_MAX_BYTES {
        let limit = FRAME_MAX_BYTES as i64;
        return Err(ServiceError {
            limit: Some(limit),
            ..ServiceError::invalid(
                "image",
                format!("图片过大，最多 {} MiB", limit / 1024 / 1024),
                format!("the image is larger than {limit} bytes"),
            )
        });
    }
    image_head(image).ok_or_else(|| {
        ServiceError::invalid(
            "image",
            "只接受 PNG 或 WebP 图片，边长不超过 8192",
            "the body is no PNG or WebP image of at most 8192 pixels a side",
        )
    })
}
