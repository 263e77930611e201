//! Sessions: ending them, finding them, and one session's whole story.

pub(crate) mod change;
pub(crate) mod live;
pub mod quality;
pub(crate) mod read;

use crate::actor::Actor;
use crate::assists;
use crate::cases::CaseLinkView;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::page::{Keyset, MAX_EXPORT, Page, PageRequest};
use crate::ports::store::Tx;
use crate::register::RegisterView;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::ids::{
    AttendanceId, EndpointId, PersonId, SessionId, SiteId, TrackIntervalId, TrackSid, UnitId, WatchId,
};
use lianxian_model::media::{Codec, TrackKind, TrackSource, TrackSummary};
use lianxian_model::roles::Right;
use lianxian_model::session::{LeaveReason, Mode, Session, SessionEnd, SessionEvent, SessionKind, SessionState};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ObserverView {
    pub id: PersonId,
    pub name: String,
    pub unit: Option<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionView {
    pub id: SessionId,
    pub number: String,
    pub kind: SessionKind,
    pub state: SessionState,
    pub purpose: String,
    /// None for a conference.
    pub site: Option<Named>,
    pub unit: Option<Named>,
    /// None for a conference.
    pub observer: Option<ObserverView>,
    pub watch_id: Option<WatchId>,
    pub observer_endpoint_id: Option<EndpointId>,
    pub room: Option<String>,
    pub started_ms: Millis,
    pub ended_ms: Option<Millis>,
    pub end_cause: Option<SessionEnd>,
    pub end_note: String,
    pub cases: Vec<CaseLinkView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttendanceView {
    pub id: AttendanceId,
    pub endpoint: Option<Named>,
    pub person: Option<Named>,
    /// As it was at the time.
    pub name: String,
    pub mode: Mode,
    pub joined_ms: Millis,
    pub left_ms: Option<Millis>,
    pub leave_reason: Option<LeaveReason>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrackView {
    pub id: TrackIntervalId,
    pub track: TrackSid,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub codec: Codec,
    pub publisher: Named,
    pub started_ms: Millis,
    pub ended_ms: Option<Millis>,
    pub summary: Option<TrackSummary>,
}

/// One line of the session's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TimelineEntry {
    pub at_ms: Millis,
    /// Order within the session.
    pub seq: i64,
    /// For example `session.opened`, `attendance.joined`, `picture.first`, `privacy.on`, `case.linked`.
    pub kind: String,
    pub text_zh: String,
    pub text_en: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionDetail {
    #[serde(flatten)]
    pub session: SessionView,
    pub attendances: Vec<AttendanceView>,
    pub tracks: Vec<TrackView>,
    pub register: Vec<RegisterView>,
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionFilter {
    pub site_id: Option<SiteId>,
    /// The unit and everything under it.
    pub unit_id: Option<UnitId>,
    pub person_id: Option<PersonId>,
    pub kind: Option<SessionKind>,
    /// A case number in any spelling.
    pub case: Option<String>,
    /// Part of the number, the purpose, the site's or the observer's name.
    pub q: Option<String>,
    /// Sessions that were running at or after this.
    pub from_ms: Option<Millis>,
    /// Sessions that started before this.
    pub to_ms: Option<Millis>,
    pub open: Option<bool>,
}

/// Longest note of an ending, in characters.
pub const NOTE_MAX_CHARS: usize = 200;

#[derive(Clone)]
pub struct Sessions {
    pub(crate) core: Core,
}

impl Sessions {
    /// The observer's own, or right `wall.watch` over the site; of an assistance, whoever may run it. Errors: `session_not_open` (somebody was faster).
    pub async fn end(&self, actor: &Actor, session: &SessionId, note: &str) -> ServiceResult<SessionView> {
        if note.chars().count() > NOTE_MAX_CHARS {
            return Err(ServiceError {
                limit: Some(NOTE_MAX_CHARS as i64),
                ..ServiceError::invalid("reason", "说明过长", "the note is too long")
            });
        }
        let mut work = self.core.begin(actor).await?;
        let Some(mut found) = work.tx.session(session).await? else {
            return Err(ServiceError::not_found("会话", "session"));
        };
        let own = actor.account().is_some_and(|a| found.observer_account.as_ref() == Some(&a.account));
        let over = match &found.unit_id {
            _ if found.kind == SessionKind::Assist => assists::runs(&self.core, &mut work.tx, actor, &found).await?,
            Some(unit) => self.core.may(&mut work.tx, actor, Right::WallWatch, unit).await?,
            None => false,
        };
        if !own && !over {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::SessionEnd, AuditObject::Session, session.as_str()).await);
        }
        let event = SessionEvent::End { cause: SessionEnd::Ended, note: note.trim().to_owned() };
        change::apply(&mut work, &mut found, event).await?;
        work.audit(
            AuditAction::SessionEnd,
            AuditObject::Session,
            session.as_str(),
            serde_json::json!({ "number": found.number }),
        );
        let view = read::view(&mut work.tx, found, &mut read::Names::default()).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Right `sessions.read`; in scope.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> ServiceResult<Page<SessionView>> {
        self.core.require(actor, Right::SessionsRead, AuditAction::SessionList, AuditObject::Session, "").await?;
        let page = page.keyset()?;
        let mut tx = self.core.read().await?;
        read::page(&mut tx, actor, Right::SessionsRead, filter, &page).await
    }

    /// All of them, up to [`crate::page::MAX_EXPORT`]; leaves an audit row.
    pub async fn export(&self, actor: &Actor, filter: &SessionFilter) -> ServiceResult<Vec<SessionView>> {
        self.core.require(actor, Right::SessionsRead, AuditAction::SessionExport, AuditObject::Session, "").await?;
        let turn = self.core.long_turn().await?;
        let mut tx = self.core.read().await?;
        let keyset = Keyset { before: None, limit: MAX_EXPORT };
        let rows = read::page(&mut tx, actor, Right::SessionsRead, filter, &keyset).await?.items;
        drop((tx, turn));
        let mut work = self.core.begin(actor).await?;
        let detail = serde_json::json!({ "filter": filter, "rows": rows.len() });
        work.audit(AuditAction::SessionExport, AuditObject::Session, "", detail);
        work.commit().await?;
        Ok(rows)
    }

    /// Right `sessions.read` over the session's unit, or a session that concerns the actor.
    pub async fn get(&self, actor: &Actor, session: &SessionId) -> ServiceResult<SessionDetail> {
        let (mut tx, found) = self.readable(actor, session).await?;
        read::detail(&mut tx, found).await
    }

    /// The session, if it may be read.
    async fn readable(&self, actor: &Actor, session: &SessionId) -> ServiceResult<(Box<dyn Tx>, Session)> {
        let mut tx = self.core.read().await?;
        let Some(found) = tx.session(session).await? else {
            return Err(ServiceError::not_found("会话", "session"));
        };
        let own = assists::concerned(&mut tx, actor, &found).await?;
        let over = match &found.unit_id {
            Some(unit) => self.core.may(&mut tx, actor, Right::SessionsRead, unit).await?,
            None => false,
        };
        if !own && !over {
            drop(tx);
            return Err(self
                .core
                .refuse(actor, AuditAction::SessionRead, AuditObject::Session, session.as_str())
                .await);
        }
        Ok((tx, found))
    }
}
