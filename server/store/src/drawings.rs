//! Frozen frames and what is drawn on them.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::drawing::{Author, Frame, Stroke};
use lianxian_model::ids::{FrameId, SessionId};
use lianxian_service::ports::store::{DrawingRows, StoreError, StoreResult};

fn author(row: &Cells<'_>) -> StoreResult<Author> {
    Ok(Author { name: row.get("by_name")?, account_id: row.get("by_account")?, endpoint_id: row.get("by_endpoint")? })
}

fn side(row: &Cells<'_>, column: &str) -> StoreResult<u32> {
    let pixels: i64 = row.get(column)?;
    u32::try_from(pixels).map_err(|_| StoreError::Corrupt(format!("column {column}: {pixels} pixels")))
}

fn frame(row: &Cells<'_>) -> StoreResult<Frame> {
    Ok(Frame {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        source: row.get("source")?,
        frame_ms: row.get("frame_ms")?,
        kept_ms: row.get("kept_ms")?,
        image_type: row.get("image_type")?,
        width: side(row, "width")?,
        height: side(row, "height")?,
        bytes: row.get("bytes")?,
        sha256: row.get("sha256")?,
        author: author(row)?,
    })
}

fn stroke(row: &Cells<'_>) -> StoreResult<Stroke> {
    let drawn: Option<String> = row.get("drawn")?;
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("column drawn: {error}")))
    };
    Ok(Stroke {
        frame_id: row.get("frame_id")?,
        seq: row.get("seq")?,
        at_ms: row.get("at_ms")?,
        drawn: drawn.map(read).transpose()?,
        undoes: row.get("undoes")?,
        author: author(row)?,
        sha256: row.get("sha256")?,
    })
}

#[async_trait]
impl DrawingRows for UnitOfWork {
    async fn insert_frame(&mut self, frame: &Frame) -> StoreResult<()> {
        let sql = "INSERT INTO session_frames (id, session_id, source, frame_ms, kept_ms, image_type, width, height, \
                   bytes, sha256, by_name, by_account, by_endpoint) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let row = values![
            frame.id,
            frame.session_id,
            frame.source,
            frame.frame_ms,
            frame.kept_ms,
            frame.image_type,
            i64::from(frame.width),
            i64::from(frame.height),
            frame.bytes,
            frame.sha256,
            frame.author.name,
            frame.author.account_id,
            frame.author.endpoint_id,
        ];
        self.run_one(sql, row).await
    }

    async fn frames_of(&mut self, session: &SessionId) -> StoreResult<Vec<Frame>> {
        let sql = "SELECT id, session_id, source, frame_ms, kept_ms, image_type, width, height, bytes, sha256, \
                   by_name, by_account, by_endpoint FROM session_frames WHERE session_id = $1 ORDER BY kept_ms, id";
        self.all(sql, values![*session], frame).await
    }

    async fn insert_stroke(&mut self, stroke: &Stroke) -> StoreResult<()> {
        let sql = "INSERT INTO session_strokes (frame_id, seq, at_ms, drawn, undoes, sha256, by_name, by_account, \
                   by_endpoint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let drawn = stroke.drawn.as_ref().map(serde_json::to_string).transpose();
        let drawn = drawn.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let row = values![
            stroke.frame_id,
            stroke.seq,
            stroke.at_ms,
            drawn,
            stroke.undoes,
            stroke.sha256,
            stroke.author.name,
            stroke.author.account_id,
            stroke.author.endpoint_id,
        ];
        self.run_one(sql, row).await
    }

    async fn strokes_of(&mut self, frame: &FrameId) -> StoreResult<Vec<Stroke>> {
        let sql = "SELECT frame_id, seq, at_ms, drawn, undoes, sha256, by_name, by_account, by_endpoint \
                   FROM session_strokes WHERE frame_id = $1 ORDER BY seq";
        self.all(sql, values![*frame], stroke).await
    }
}
