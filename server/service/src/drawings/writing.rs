//! Lines that are said in writing, and the note 笔录. Both are lines of the session's story.

use super::{Drawings, attended, tell, tell_as};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::TimelineRow;
use crate::secrets::hash_text;
use crate::texts::within;
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::SessionId;
use lianxian_model::time::Millis;
use lianxian_model::writing::{LINE_MAX_CHARS, LINES_A_SESSION, NOTE_MAX_CHARS, NOTES_A_SESSION};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// In the story: one line that everyone reads.
const LINE: &str = "line.said";
/// In the story: one version of the note.
const NOTE: &str = "note.kept";

/// One line said in writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineView {
    pub at_ms: Millis,
    pub author: String,
    pub text: String,
}

/// One version of the session's note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoteView {
    /// 1, 2, 3 …
    pub version: i64,
    pub at_ms: Millis,
    pub author: String,
    pub text: String,
}

impl Drawings {
    /// Says a line in writing. Attendees who may speak, and the station.
    /// Errors: `invalid` with field `text`; `too_many_lines`.
    pub async fn say(&self, actor: &Actor, session: &SessionId, text: &str) -> ServiceResult<LineView> {
        let text = said(text, LINE_MAX_CHARS)?;
        let (mut work, found, author) = attended(&self.core, actor, session, AuditAction::LineSay).await?;
        if count(&mut work, session, LINE).await? >= LINES_A_SESSION as i64 {
            return Err(ServiceError::limit(
                "too_many_lines",
                LINES_A_SESSION as i64,
                format!("一次会话最多发言 {LINES_A_SESSION} 条，请改用语音"),
                format!("a session has at most {LINES_A_SESSION} lines: speak instead"),
            ));
        }
        let line = LineView { at_ms: work.now, author: author.name, text };
        let detail = json!({ "by": line.author, "text": line.text });
        work.tx.append_timeline(session, work.now, LINE, &detail.to_string()).await?;
        tell(&mut work, &found, json!({ "line": line })).await?;
        work.commit().await?;
        Ok(line)
    }

    /// Keeps the next version of the session's note, written over the version that its author read (0: there was none).
    /// Every version stays in the story. Attendees with an account who may speak.
    /// Errors: `changed_meanwhile` with the latest version as its value; `invalid` with field `text`; `too_many_notes`.
    pub async fn note(&self, actor: &Actor, session: &SessionId, read: i64, text: &str) -> ServiceResult<NoteView> {
        let text = said(text, NOTE_MAX_CHARS)?;
        let (mut work, found, author) = attended(&self.core, actor, session, AuditAction::NoteKeep).await?;
        if author.account_id.is_none() {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::NoteKeep, AuditObject::Session, session.as_str()).await);
        }
        let latest = count(&mut work, session, NOTE).await?;
        if latest != read {
            let (zh, en) =
                ("记录已被他人更新，请核对后再存入", "somebody else kept a version meanwhile: look at it first");
            return Err(ServiceError::conflict("changed_meanwhile", zh, en).with_value(latest));
        }
        if latest >= NOTES_A_SESSION as i64 {
            return Err(ServiceError::limit(
                "too_many_notes",
                NOTES_A_SESSION as i64,
                format!("一次会话的记录最多存 {NOTES_A_SESSION} 版"),
                format!("a session's note has at most {NOTES_A_SESSION} versions"),
            ));
        }
        let note = NoteView { version: latest + 1, at_ms: work.now, author: author.name, text };
        let detail = json!({ "by": note.author, "version": note.version, "text": note.text });
        work.tx.append_timeline(session, work.now, NOTE, &detail.to_string()).await?;
        let (chars, sha256) = (note.text.chars().count(), hash_text(&note.text));
        let audited = json!({ "version": note.version, "chars": chars, "sha256": sha256 });
        work.audit(AuditAction::NoteKeep, AuditObject::Session, session.as_str(), audited);
        tell_as(EventKind::SessionNoted, &mut work, &found, json!({ "note": note })).await?;
        work.commit().await?;
        Ok(note)
    }
}

/// What somebody wrote, trimmed; never empty, at most so many characters.
fn said(text: &str, max_chars: usize) -> ServiceResult<String> {
    let text = within("text", text, max_chars)?;
    if text.is_empty() {
        return Err(ServiceError::invalid("text", "请输入内容", "a line needs words"));
    }
    Ok(text)
}

async fn count(work: &mut Work, session: &SessionId, kind: &str) -> ServiceResult<i64> {
    Ok(work.tx.count_timeline(session, kind).await?)
}

/// What was written in a session, read from its story.
pub(super) struct Written {
    pub(super) lines: Vec<LineView>,
    pub(super) note: Option<NoteView>,
}

pub(super) fn written(story: Vec<TimelineRow>) -> Written {
    let (mut lines, mut note, mut version) = (Vec::new(), None, 0);
    for row in story.into_iter().filter(|row| matches!(row.kind.as_str(), LINE | NOTE)) {
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let told = |key: &str| detail.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (at_ms, author, text) = (row.at_ms, told("by"), told("text"));
        if row.kind == LINE {
            lines.push(LineView { at_ms, author, text });
        } else {
            version += 1;
            note = Some(NoteView { version, at_ms, author, text });
        }
    }
    Written { lines, note }
}
