//! Files that were sent in sessions.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::attachment::Attachment;
use lianxian_model::drawing::Author;
use lianxian_model::ids::SessionId;
use lianxian_service::ports::store::{AttachmentRows, StoreResult};

fn attachment(row: &Cells<'_>) -> StoreResult<Attachment> {
    Ok(Attachment {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        name: row.get("name")?,
        file_type: row.get("file_type")?,
        bytes: row.get("bytes")?,
        sha256: row.get("sha256")?,
        kept_ms: row.get("kept_ms")?,
        author: Author {
            name: row.get("by_name")?,
            account_id: row.get("by_account")?,
            endpoint_id: row.get("by_endpoint")?,
        },
    })
}

#[async_trait]
impl AttachmentRows for UnitOfWork {
    async fn insert_attachment(&mut self, file: &Attachment) -> StoreResult<()> {
        let sql = "INSERT INTO session_files (id, session_id, name, file_type, bytes, sha256, kept_ms, by_name, \
                   by_account, by_endpoint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let row = values![
            file.id,
            file.session_id,
            file.name,
            file.file_type,
            file.bytes,
            file.sha256,
            file.kept_ms,
            file.author.name,
            file.author.account_id,
            file.author.endpoint_id,
        ];
        self.run_one(sql, row).await
    }

    async fn attachments_of(&mut self, session: &SessionId) -> StoreResult<Vec<Attachment>> {
        let sql = "SELECT id, session_id, name, file_type, bytes, sha256, kept_ms, by_name, by_account, by_endpoint \
                   FROM session_files WHERE session_id = $1 ORDER BY kept_ms, id";
        self.all(sql, values![*session], attachment).await
    }
}
