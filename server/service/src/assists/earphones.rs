//! Earphones at the station: whispers reach it only while whoever is there has said that they are worn.

use crate::error::ServiceResult;
use crate::sessions::change;
use crate::work::Work;
use lianxian_model::assist::Assist;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::session::Session;
use serde_json::json;

/// Puts on record whether earphones are worn, and lets whispers pass or not; nothing if that stands already.
pub(super) async fn wear(work: &mut Work, session: &Session, assist: &Assist, worn: bool) -> ServiceResult<()> {
    record(work, session, assist, worn, json!({ "worn": worn })).await
}

/// The station has a new link: its page may have been closed while earphones were pulled, so they count as taken off
/// until whoever is there says otherwise.
pub(crate) async fn relinked(work: &mut Work, session: &Session, assist: &Assist) -> ServiceResult<()> {
    record(work, session, assist, false, json!({ "worn": false, "cause": "relinked" })).await
}

async fn record(
    work: &mut Work,
    session: &Session,
    assist: &Assist,
    worn: bool,
    detail: serde_json::Value,
) -> ServiceResult<()> {
    if assist.earphones == worn {
        return Ok(());
    }
    work.tx.insert_earphones(&session.id, worn, work.now).await?;
    work.tx.append_timeline(&session.id, work.now, "assist.earphones", &detail.to_string()).await?;
    work.audit(AuditAction::AssistEarphones, AuditObject::Session, session.id.as_str(), detail);
    work.regrant(&session.id);
    change::tell(work, session, EventKind::SessionUpdated).await
}
