//! Sessions: ending them, finding them, and one session's whole story.

use crate::actor::Actor;
use crate::cases::CaseLinkView;
use crate::core::Core;
use crate::error::ServiceResult;
use crate::org::Named;
use crate::page::{Page, PageRequest};
use crate::register::RegisterView;
use lianxian_model::ids::{
    AttendanceId, EndpointId, PersonId, SessionId, SiteId, TrackIntervalId, TrackSid, UnitId, WatchId,
};
use lianxian_model::media::{Codec, TrackKind, TrackSource, TrackSummary};
use lianxian_model::session::{LeaveReason, Mode, SessionEnd, SessionKind, SessionState};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserverView {
    pub id: PersonId,
    pub name: String,
    pub unit: Option<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    pub at_ms: Millis,
    /// Order within the session.
    pub seq: i64,
    /// For example `session.opened`, `attendance.joined`, `picture.first`, `privacy.on`, `case.linked`.
    pub kind: String,
    pub text_zh: String,
    pub text_en: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionDetail {
    #[serde(flatten)]
    pub session: SessionView,
    pub attendances: Vec<AttendanceView>,
    pub tracks: Vec<TrackView>,
    pub register: Vec<RegisterView>,
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone)]
pub struct Sessions {
    pub(crate) core: Core,
}

impl Sessions {
    /// The observer's own, or right `wall.watch` over the site. Errors: `session_not_open` (somebody was faster).
    pub async fn end(&self, _actor: &Actor, _session: &SessionId, _note: &str) -> ServiceResult<SessionView> {
        crate::pending!()
    }

    /// Right `sessions.read`; in scope.
    pub async fn list(
        &self,
        _actor: &Actor,
        _filter: &SessionFilter,
        _page: &PageRequest,
    ) -> ServiceResult<Page<SessionView>> {
        crate::pending!()
    }

    /// All of them, up to [`crate::page::MAX_EXPORT`]; leaves an audit row.
    pub async fn export(&self, _actor: &Actor, _filter: &SessionFilter) -> ServiceResult<Vec<SessionView>> {
        crate::pending!()
    }

    pub async fn get(&self, _actor: &Actor, _session: &SessionId) -> ServiceResult<SessionDetail> {
        crate::pending!()
    }
}
