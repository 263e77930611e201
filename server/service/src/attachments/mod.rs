//! Files sent in an assistance: what they are is read from themselves, what they are called is a name alone, and the bytes are
//! safe on the disk before their row says so.

use crate::actor::Actor;
use crate::core::Core;
use crate::drawings::{attended, readable, tell};
use crate::error::{ServiceError, ServiceResult};
use crate::keeping::Place;
use crate::secrets::{hash_bytes, new_id};
use crate::work::Work;
use bytes::Bytes;
use lianxian_model::attachment::{
    Attachment, FILE_MAX_BYTES, FILE_NAME_MAX_CHARS, FILES_A_SESSION, FileNameError, FileType, check_name, sniff,
};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::ids::{AttachmentId, SessionId};
use lianxian_model::session::Session;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NewAttachment {
    /// A name alone: no path, at most 120 characters, its ending that of the content.
    pub name: String,
    /// The media type that the sender claims; none is as good as `application/octet-stream`.
    #[serde(default)]
    #[param(required = false)]
    pub claimed: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttachmentView {
    pub id: AttachmentId,
    pub name: String,
    pub file_type: FileType,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub kept_ms: Millis,
    pub author: String,
}

impl From<Attachment> for AttachmentView {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name,
            file_type: file.file_type,
            bytes: file.bytes,
            sha256: file.sha256,
            kept_ms: file.kept_ms,
            author: file.author.name,
        }
    }
}

#[derive(Clone)]
pub struct Attachments {
    pub(crate) core: Core,
}

impl Attachments {
    /// Keeps a file. Attendees who may speak, and the station.
    /// Errors: `invalid` with field `file` or `name`; `too_many_files`; `files_unavailable`.
    pub async fn keep(
        &self,
        actor: &Actor,
        session: &SessionId,
        new: NewAttachment,
        bytes: Bytes,
    ) -> ServiceResult<AttachmentView> {
        let (name, file_type) = checked(&new, &bytes)?;
        // Who may not is refused before anything is written.
        let (mut work, found, _) = attended(&self.core, actor, session, AuditAction::FileKeep).await?;
        room(&mut work, &found).await?;
        let id = AttachmentId(new_id(work.now));
        drop(work);
        let sha256 = hash_bytes(&bytes).await?;
        let size = bytes.len() as i64;
        self.core.keep(Place::Attachment(session, &id), &bytes).await?;
        let (mut work, found, author) = attended(&self.core, actor, session, AuditAction::FileKeep).await?;
        room(&mut work, &found).await?;
        let file = Attachment {
            id,
            session_id: found.id.clone(),
            name,
            file_type,
            bytes: size,
            sha256,
            kept_ms: work.now,
            author,
        };
        work.tx.insert_attachment(&file).await?;
        let detail = json!({
            "by": file.author.name, "file": file.id, "name": file.name, "type": file_type, "bytes": size,
            "sha256": file.sha256,
        });
        work.tx.append_timeline(&found.id, work.now, "file.kept", &detail.to_string()).await?;
        work.audit(AuditAction::FileKeep, AuditObject::Session, found.id.as_str(), detail);
        let view = AttachmentView::from(file);
        tell(&mut work, &found, json!({ "file": view })).await?;
        work.commit().await?;
        Ok(view)
    }

    /// A file as it was kept. Whoever may read the session, and its station. Errors: `damaged`.
    pub async fn read(
        &self,
        actor: &Actor,
        session: &SessionId,
        file: &AttachmentId,
    ) -> ServiceResult<(AttachmentView, Bytes)> {
        let mut tx = readable(&self.core, actor, session).await?;
        let found = tx.attachments_of(session).await?.into_iter().find(|known| known.id == *file);
        drop(tx);
        let found = found.ok_or_else(|| ServiceError::not_found("文件", "file"))?;
        let bytes = self.core.kept(Place::Attachment(session, &found.id), &found.sha256).await?;
        Ok((found.into(), bytes))
    }
}

/// What it is called and what it is; refused with the value, the limit and what to do.
fn checked(new: &NewAttachment, bytes: &Bytes) -> ServiceResult<(String, FileType)> {
    if bytes.len() > FILE_MAX_BYTES {
        let limit = FILE_MAX_BYTES as i64;
        return Err(ServiceError {
            limit: Some(limit),
            ..ServiceError::invalid(
                "file",
                format!("文件过大，最多 {} MiB", limit / 1024 / 1024),
                format!("the file is larger than {limit} bytes"),
            )
        });
    }
    let Some(kind) = sniff(bytes) else {
        return Err(ServiceError::invalid(
            "file",
            "只接受 PDF、图片（PNG、JPEG、WebP）、Word、Excel 和纯文本，不接受带宏的文档",
            "only PDF, PNG, JPEG, WebP, Word, Excel and plain text are taken, and no documents with macros",
        ));
    };
    if !kind.fits_claim(&new.claimed) {
        return Err(ServiceError::invalid(
            "file",
            format!("文件声称的类型与内容不符：内容是{}", kind.zh()),
            format!("the claimed type does not fit the content, which is {}", kind.en()),
        )
        .with_value(new.claimed.chars().take(FILE_NAME_MAX_CHARS).collect::<String>()));
    }
    let name = check_name(&new.name, kind).map_err(|error| name_error(error, kind))?;
    Ok((name, kind))
}

fn name_error(error: FileNameError, kind: FileType) -> ServiceError {
    let en = error.to_string();
    match error {
        FileNameError::Empty => ServiceError::invalid("name", "文件没有名称", en),
        FileNameError::TooLong => ServiceError {
            limit: Some(FILE_NAME_MAX_CHARS as i64),
            ..ServiceError::invalid("name", format!("文件名最多 {FILE_NAME_MAX_CHARS} 字，请改名后再发"), en)
        },
        FileNameError::Path => {
            ServiceError::invalid("name", "文件名不能带路径或 \\ / : * ? \" < > | 等符号，请改名后再发", en)
        }
        FileNameError::Ending => {
            let endings = kind.endings().join("、");
            ServiceError::invalid(
                "name",
                format!("文件名的后缀与内容不符：内容是{}，后缀应为 {endings}", kind.zh()),
                format!("{en}: it is {}, which ends in {}", kind.en(), kind.endings().join(", ")),
            )
        }
    }
}

async fn room(work: &mut Work, session: &Session) -> ServiceResult<()> {
    if work.tx.attachments_of(&session.id).await?.len() >= FILES_A_SESSION {
        return Err(ServiceError::limit(
            "too_many_files",
            FILES_A_SESSION as i64,
            format!("一次会话最多发 {FILES_A_SESSION} 个文件"),
            format!("a session has at most {FILES_A_SESSION} files"),
        ));
    }
    Ok(())
}
