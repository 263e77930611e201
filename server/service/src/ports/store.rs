//! The store as service sees it: a unit of work that reads and writes rows and is committed whole or not at all.
//!
//! Writing units of work follow one another (one writer), so what one of them reads stays true until it commits.
//! `update_*` checks the row's version and answers false when somebody else was faster.

use crate::audit::AuditFilter;
use crate::page::Keyset;
use crate::register::RegisterFilter;
use async_trait::async_trait;
use lianxian_model::assist::{Assist, Invitation};
use lianxian_model::attachment::Attachment;
use lianxian_model::audit::AuditEvent;
use lianxian_model::card::Card;
use lianxian_model::case::{CaseEntryKind, CaseKind, CaseLink, CasePattern};
use lianxian_model::check::Check;
use lianxian_model::directive::{Directive, DirectiveState, Picture};
use lianxian_model::drawing::{Frame, Stroke};
use lianxian_model::duty::{Handover, Shift, ShiftSwap};
use lianxian_model::event::OutboxEvent;
use lianxian_model::guest::{Consent, ConsentText, GuestLink, Rating, Visit};
use lianxian_model::ids::*;
use lianxian_model::media::{TrackKind, TrackSummary};
use lianxian_model::org::{Endpoint, Site, Unit};
use lianxian_model::people::{Account, Login, LoginEnd, Person};
use lianxian_model::quality::QualityRow;
use lianxian_model::register::{OfflineCause, Presence, RegisterRow, Watch};
use lianxian_model::request::HelpRequest;
use lianxian_model::request::ring::Rung;
use lianxian_model::request::rules::RulesVersion;
use lianxian_model::roles::RoleGrant;
use lianxian_model::session::{Attendance, Session, SessionKind, TrackInterval};
use lianxian_model::time::Millis;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A unique value is taken.
    #[error("a row with this value exists: {0}")]
    Duplicate(String),
    /// The database cannot be reached, is locked for too long, or is full.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A row does not read as what it should be.
    #[error("a stored row is not as it should be: {0}")]
    Corrupt(String),
}

pub type StoreResult<T> = Result<T, StoreError>;

#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// A unit of work that writes. Dropped without a commit, it leaves nothing behind.
    async fn begin(&self) -> StoreResult<Box<dyn Tx>>;

    /// A unit of work that only reads, beside any writer.
    async fn read(&self) -> StoreResult<Box<dyn Tx>>;

    /// Returns when whatever can be read now is on the disk. Errors: `Unavailable` when it never will be.
    async fn settled(&self) -> StoreResult<()>;
}

#[async_trait]
pub trait Tx:
    OrgRows
    + PeopleRows
    + LoginRows
    + DeviceRows
    + PresenceRows
    + WatchRows
    + SessionRows
    + TrackRows
    + RegisterRows
    + CaseRows
    + AssistRows
    + DrawingRows
    + AttachmentRows
    + CheckRows
    + RequestRows
    + DirectiveRows
    + CardRows
    + GuestRows
    + DutyRows
    + AgreementRows
    + LedgerRows
    + UpkeepRows
{
    async fn commit(self: Box<Self>) -> StoreResult<()>;
}

#[async_trait]
pub trait OrgRows: Send {
    async fn units(&mut self) -> StoreResult<Vec<Unit>>;
    async fn unit(&mut self, id: &UnitId) -> StoreResult<Option<Unit>>;
    /// The unit and everything above it; empty for an unknown unit.
    async fn path_of(&mut self, id: &UnitId) -> StoreResult<Vec<UnitId>>;
    async fn insert_unit(&mut self, unit: &Unit) -> StoreResult<()>;
    /// Also moves the unit's subtree when the parent changed.
    async fn update_unit(&mut self, unit: &Unit) -> StoreResult<bool>;
    async fn sites(&mut self) -> StoreResult<Vec<Site>>;
    async fn site(&mut self, id: &SiteId) -> StoreResult<Option<Site>>;
    async fn insert_site(&mut self, site: &Site) -> StoreResult<()>;
    async fn update_site(&mut self, site: &Site) -> StoreResult<bool>;
    /// All but consoles and guests.
    async fn endpoints(&mut self) -> StoreResult<Vec<Endpoint>>;
    async fn endpoints_of_site(&mut self, site: &SiteId) -> StoreResult<Vec<Endpoint>>;
    async fn endpoint(&mut self, id: &EndpointId) -> StoreResult<Option<Endpoint>>;
    async fn console_of(&mut self, login: &LoginId, tab: &str) -> StoreResult<Option<Endpoint>>;
    async fn consoles_of(&mut self, login: &LoginId) -> StoreResult<Vec<Endpoint>>;
    async fn insert_endpoint(&mut self, endpoint: &Endpoint) -> StoreResult<()>;
    async fn update_endpoint(&mut self, endpoint: &Endpoint) -> StoreResult<bool>;
}

#[async_trait]
pub trait PeopleRows: Send {
    async fn persons(&mut self) -> StoreResult<Vec<Person>>;
    async fn person(&mut self, id: &PersonId) -> StoreResult<Option<Person>>;
    async fn insert_person(&mut self, person: &Person) -> StoreResult<()>;
    async fn update_person(&mut self, person: &Person) -> StoreResult<bool>;
    async fn accounts(&mut self) -> StoreResult<Vec<Account>>;
    async fn account(&mut self, id: &AccountId) -> StoreResult<Option<Account>>;
    /// The person's accounts that are not disabled.
    async fn accounts_of_person(&mut self, person: &PersonId) -> StoreResult<Vec<Account>>;
    async fn account_by_name(&mut self, name: &str) -> StoreResult<Option<Account>>;
    async fn insert_account(&mut self, account: &Account) -> StoreResult<()>;
    async fn update_account(&mut self, account: &Account) -> StoreResult<bool>;
    async fn grants(&mut self) -> StoreResult<Vec<RoleGrant>>;
    async fn grants_of(&mut self, account: &AccountId) -> StoreResult<Vec<RoleGrant>>;
    async fn insert_grant(&mut self, grant: &RoleGrant) -> StoreResult<()>;
    async fn delete_grant(&mut self, id: &GrantId) -> StoreResult<bool>;
}

#[async_trait]
pub trait LoginRows: Send {
    async fn insert_login(&mut self, login: &Login, token_hash: &str) -> StoreResult<()>;
    async fn login(&mut self, id: &LoginId) -> StoreResult<Option<Login>>;
    async fn login_by_token(&mut self, token_hash: &str) -> StoreResult<Option<Login>>;
    async fn open_logins_of(&mut self, account: &AccountId) -> StoreResult<Vec<Login>>;
    async fn open_logins(&mut self) -> StoreResult<Vec<Login>>;
    async fn touch_login(&mut self, id: &LoginId, seen: Millis) -> StoreResult<()>;
    /// False: it was over already.
    async fn end_login(&mut self, id: &LoginId, at: Millis, cause: LoginEnd) -> StoreResult<bool>;
}

#[async_trait]
pub trait DeviceRows: Send {
    /// Replaces the endpoint's code.
    async fn put_code(&mut self, endpoint: &EndpointId, code_hash: &str, expires: Millis) -> StoreResult<()>;
    /// Removes the code and tells whose it was and until when it held.
    async fn take_code(&mut self, code_hash: &str) -> StoreResult<Option<(EndpointId, Millis)>>;
    async fn drop_codes(&mut self) -> StoreResult<()>;
    async fn put_wrong_code(&mut self, ip: &str, at: Millis) -> StoreResult<()>;
    /// Wrong codes after `since`: from this address, and in all.
    async fn wrong_codes(&mut self, ip: &str, since: Millis) -> StoreResult<(i64, i64)>;
    async fn drop_wrong_codes(&mut self, before: Millis) -> StoreResult<()>;
    async fn put_device_token(&mut self, endpoint: &EndpointId, token_hash: &str, at: Millis) -> StoreResult<()>;
    async fn drop_device_token(&mut self, endpoint: &EndpointId) -> StoreResult<()>;
    /// Of the token that the device has now.
    async fn device_token_hash(&mut self, endpoint: &EndpointId) -> StoreResult<Option<String>>;
    async fn endpoint_by_token(&mut self, token_hash: &str) -> StoreResult<Option<Endpoint>>;
}

/// One link's life, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInterval {
    pub participant: ParticipantSid,
    pub endpoint_id: EndpointId,
    pub opened_ms: Millis,
    pub closed_ms: Option<Millis>,
    pub cause: Option<String>,
    pub ip: String,
    /// JSON of what the client said about itself.
    pub client: String,
}

#[async_trait]
pub trait PresenceRows: Send {
    /// Of all endpoints but consoles.
    async fn presences(&mut self) -> StoreResult<Vec<Presence>>;
    async fn presence(&mut self, endpoint: &EndpointId) -> StoreResult<Option<Presence>>;
    async fn put_presence(&mut self, presence: &Presence) -> StoreResult<()>;
    /// Everything that is online goes offline at `at`; tells whom it concerned.
    async fn all_offline(&mut self, at: Millis, cause: OfflineCause) -> StoreResult<Vec<EndpointId>>;
    async fn insert_link(&mut self, link: &LinkInterval) -> StoreResult<()>;
    /// False: unknown or closed already.
    async fn close_link(&mut self, participant: &ParticipantSid, at: Millis, cause: &str) -> StoreResult<bool>;
    /// The endpoint's link that is open now.
    async fn open_link_of(&mut self, endpoint: &EndpointId) -> StoreResult<Option<LinkInterval>>;
    /// Closes every open link, never before it opened.
    async fn close_links(&mut self, at: Millis, cause: &str) -> StoreResult<u64>;
}

#[async_trait]
pub trait WatchRows: Send {
    async fn insert_watch(&mut self, watch: &Watch) -> StoreResult<()>;
    async fn update_watch(&mut self, watch: &Watch) -> StoreResult<bool>;
    async fn watch(&mut self, id: &WatchId) -> StoreResult<Option<Watch>>;
    async fn open_watches_of(&mut self, account: &AccountId) -> StoreResult<Vec<Watch>>;
    async fn open_watches(&mut self) -> StoreResult<Vec<Watch>>;
    async fn recent_purposes(&mut self, account: &AccountId, limit: i64) -> StoreResult<Vec<String>>;
}

/// Which sessions; text is matched without regard to case where the database can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Units whose subtrees may be seen; none: all.
    pub roots: Option<Vec<UnitId>>,
    pub site_id: Option<SiteId>,
    pub unit_id: Option<UnitId>,
    pub person_id: Option<PersonId>,
    pub kind: Option<SessionKind>,
    pub case_normalised: Option<String>,
    pub q: Option<String>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
    pub open: Option<bool>,
}

/// One line of a session's story, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    pub seq: i64,
    pub at_ms: Millis,
    pub kind: String,
    /// JSON object.
    pub detail: String,
}

#[async_trait]
pub trait SessionRows: Send {
    /// Without its attendances.
    async fn insert_session(&mut self, session: &Session) -> StoreResult<()>;
    /// Without its attendances; checks `version`, stores `version + 1`.
    async fn update_session(&mut self, session: &Session) -> StoreResult<bool>;
    /// With all its attendances.
    async fn session(&mut self, id: &SessionId) -> StoreResult<Option<Session>>;
    /// Alone: reading a session costs what all its attendances cost.
    async fn session_kind(&mut self, id: &SessionId) -> StoreResult<Option<SessionKind>>;
    /// With all their attendances, as are the next four.
    async fn open_sessions(&mut self) -> StoreResult<Vec<Session>>;
    async fn open_sessions_of_site(&mut self, site: &SiteId) -> StoreResult<Vec<Session>>;
    async fn open_sessions_of_observer(&mut self, endpoint: &EndpointId) -> StoreResult<Vec<Session>>;
    async fn open_sessions_of_watch(&mut self, watch: &WatchId) -> StoreResult<Vec<Session>>;
    async fn open_conference(&mut self, room: &str) -> StoreResult<Option<Session>>;
    /// The next number of a series, from 1.
    async fn next_in_series(&mut self, series: &str) -> StoreResult<i64>;
    async fn insert_attendance(&mut self, attendance: &Attendance) -> StoreResult<()>;
    async fn close_attendance(&mut self, attendance: &Attendance) -> StoreResult<()>;
    /// Newest first, without attendances.
    async fn sessions(&mut self, query: &SessionQuery, page: &Keyset) -> StoreResult<Vec<Session>>;
    async fn append_timeline(&mut self, session: &SessionId, at: Millis, kind: &str, detail: &str) -> StoreResult<()>;
    async fn timeline(&mut self, session: &SessionId) -> StoreResult<Vec<TimelineRow>>;
    /// Lines of that kind in its story, how many.
    async fn count_timeline(&mut self, session: &SessionId, kind: &str) -> StoreResult<i64>;
}

/// One track sent to one subscriber, under one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    pub session_id: SessionId,
    pub track: TrackSid,
    pub subscriber: ParticipantSid,
    pub kind: TrackKind,
    pub started_ms: Millis,
}

#[async_trait]
pub trait TrackRows: Send {
    async fn insert_track(&mut self, track: &TrackInterval) -> StoreResult<()>;
    /// Closes it, never before it started. Tells the endpoint whose it was; none: unknown or closed already.
    async fn end_track(
        &mut self,
        track: &TrackSid,
        at: Millis,
        summary: Option<&TrackSummary>,
    ) -> StoreResult<Option<TrackInterval>>;
    async fn open_tracks_of(&mut self, participant: &ParticipantSid) -> StoreResult<Vec<TrackInterval>>;
    async fn open_tracks_of_endpoint(&mut self, endpoint: &EndpointId) -> StoreResult<Vec<TrackInterval>>;
    /// Closes all that are open.
    async fn end_tracks(&mut self, at: Millis) -> StoreResult<u64>;
    async fn tracks_of_session(&mut self, session: &SessionId) -> StoreResult<Vec<TrackInterval>>;
    /// Tracks of the endpoint that overlap the time.
    async fn tracks_of_endpoint(
        &mut self,
        endpoint: &EndpointId,
        from: Millis,
        to: Option<Millis>,
    ) -> StoreResult<Vec<TrackInterval>>;
    /// An interval that is there already stays as it is.
    async fn insert_quality(&mut self, rows: &[QualityRow]) -> StoreResult<()>;
    /// Of these tracks, what overlaps the time, oldest first.
    async fn quality_of(
        &mut self,
        tracks: &[TrackSid],
        from: Millis,
        to: Option<Millis>,
        limit: i64,
    ) -> StoreResult<Vec<QualityRow>>;
    /// Drops intervals that ended before then, `limit` at most, but for those in a session that a case is linked to; how many.
    async fn drop_quality(&mut self, before: Millis, limit: i64) -> StoreResult<u64>;
    async fn insert_subscription(&mut self, subscription: &Subscription) -> StoreResult<()>;
    /// Marks the first packet of subscriptions that had none; tells their sessions.
    async fn first_packet(
        &mut self,
        subscriber: &ParticipantSid,
        track: &TrackSid,
        at: Millis,
    ) -> StoreResult<Vec<(SessionId, TrackKind)>>;
    /// (track, subscriber) of all that were ever sent under the session.
    async fn subscriptions_of(&mut self, session: &SessionId) -> StoreResult<Vec<(TrackSid, ParticipantSid)>>;
    async fn end_subscription(&mut self, subscriber: &ParticipantSid, track: &TrackSid, at: Millis) -> StoreResult<()>;
    async fn end_subscriptions_of(&mut self, subscriber: &ParticipantSid, at: Millis) -> StoreResult<()>;
    /// Closes all that are open.
    async fn end_subscriptions(&mut self, at: Millis) -> StoreResult<u64>;
}

#[async_trait]
pub trait RegisterRows: Send {
    async fn insert_register(&mut self, row: &RegisterRow) -> StoreResult<()>;
    /// Closes the session's open rows, never before they began.
    async fn close_register(&mut self, session: &SessionId, at: Millis) -> StoreResult<()>;
    /// As [`Self::close_register`], of one person.
    async fn close_register_of(&mut self, session: &SessionId, person: &PersonId, at: Millis) -> StoreResult<()>;
    async fn mark_first_picture(&mut self, session: &SessionId, at: Millis) -> StoreResult<()>;
    /// Newest first. `roots`: units (of the site) whose subtrees may be seen.
    async fn register(
        &mut self,
        roots: Option<&[UnitId]>,
        filter: &RegisterFilter,
        page: &Keyset,
    ) -> StoreResult<Vec<RegisterRow>>;
    async fn register_of(&mut self, session: &SessionId) -> StoreResult<Vec<RegisterRow>>;
}

/// Whose record a line of a case's timeline comes from; each has a right of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseOrigin {
    Session,
    Request,
    Directive,
}

/// Which lines of a case's timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseQuery {
    pub normalised: String,
    /// Units whose subtrees' sessions may be seen; none: all.
    pub session_roots: Option<Vec<UnitId>>,
    /// As `session_roots`, of help requests.
    pub request_roots: Option<Vec<UnitId>>,
    /// As `session_roots`, of directives.
    pub directive_roots: Option<Vec<UnitId>>,
    /// Only these; none: all.
    pub kinds: Option<Vec<CaseEntryKind>>,
    /// The unit and everything under it.
    pub unit_id: Option<UnitId>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
}

/// One line of a case's timeline, as stored: of a session's story, or of a request's or a directive's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// Unique, and in the order of what happened at one instant.
    pub id: String,
    pub origin: CaseOrigin,
    pub at_ms: Millis,
    pub category: CaseEntryKind,
    /// What the story or the history calls it.
    pub kind: String,
    /// JSON object.
    pub detail: String,
    pub actor: String,
    /// The session's, the request's or the directive's.
    pub owner_id: String,
    pub number: String,
    pub unit_id: Option<UnitId>,
    pub site_id: Option<SiteId>,
    /// Every link of it to this case was withdrawn.
    pub withdrawn: bool,
}

/// How many lines of one category one unit has in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseCount {
    pub origin: CaseOrigin,
    pub unit_id: Option<UnitId>,
    pub category: CaseEntryKind,
    pub lines: i64,
    pub first_ms: Millis,
    pub last_ms: Millis,
}

#[async_trait]
pub trait CaseRows: Send {
    /// Newest first. Of what was withdrawn only that it was: its content is none of the case's.
    async fn case_lines(&mut self, query: &CaseQuery, page: &Keyset) -> StoreResult<Vec<CaseLine>>;
    /// Of all units.
    async fn case_counts(&mut self, normalised: &str) -> StoreResult<Vec<CaseCount>>;
    /// The links of all sessions to the number, newest first, withdrawn ones included.
    async fn case_links_to(&mut self, normalised: &str, limit: i64) -> StoreResult<Vec<CaseLink>>;
    async fn insert_case_link(&mut self, link: &CaseLink) -> StoreResult<()>;
    /// False: it was withdrawn already.
    async fn withdraw_case_link(&mut self, link: &CaseLink) -> StoreResult<bool>;
    async fn case_link(&mut self, id: &CaseLinkId) -> StoreResult<Option<CaseLink>>;
    async fn case_links_of(&mut self, session: &SessionId) -> StoreResult<Vec<CaseLink>>;
    /// Of all sessions whose id lies in the range, ends included.
    async fn case_links_between(&mut self, first: &SessionId, last: &SessionId) -> StoreResult<Vec<CaseLink>>;
    async fn case_patterns(&mut self) -> StoreResult<Vec<CasePattern>>;
    async fn put_case_pattern(&mut self, pattern: &CasePattern) -> StoreResult<()>;
    async fn case_pattern(&mut self, kind: CaseKind) -> StoreResult<Option<CasePattern>>;
}

#[async_trait]
pub trait AssistRows: Send {
    async fn insert_assist(&mut self, assist: &Assist) -> StoreResult<()>;
    async fn assist(&mut self, session: &SessionId) -> StoreResult<Option<Assist>>;
    /// False: it was answered already.
    async fn answer_assist(&mut self, session: &SessionId, at: Millis) -> StoreResult<bool>;
    /// Earphones are worn at the station from now on, or not any more.
    async fn insert_earphones(&mut self, session: &SessionId, worn: bool, at: Millis) -> StoreResult<()>;
    /// The open assistances that the endpoint leads, or in which it attends or did. With all their attendances.
    async fn open_assists_of_party(&mut self, endpoint: &EndpointId) -> StoreResult<Vec<Session>>;
    /// Those to which the account was ever asked. With all their attendances.
    async fn open_assists_that_ask(&mut self, account: &AccountId) -> StoreResult<Vec<Session>>;
    async fn insert_invitation(&mut self, invitation: &Invitation) -> StoreResult<()>;
    /// Oldest first.
    async fn invitations_of(&mut self, session: &SessionId) -> StoreResult<Vec<Invitation>>;
}

#[async_trait]
pub trait DrawingRows: Send {
    async fn insert_frame(&mut self, frame: &Frame) -> StoreResult<()>;
    /// Oldest first.
    async fn frames_of(&mut self, session: &SessionId) -> StoreResult<Vec<Frame>>;
    async fn insert_stroke(&mut self, stroke: &Stroke) -> StoreResult<()>;
    /// In order, undone ones and undoings included.
    async fn strokes_of(&mut self, frame: &FrameId) -> StoreResult<Vec<Stroke>>;
}

#[async_trait]
pub trait AttachmentRows: Send {
    async fn insert_attachment(&mut self, file: &Attachment) -> StoreResult<()>;
    /// Oldest first.
    async fn attachments_of(&mut self, session: &SessionId) -> StoreResult<Vec<Attachment>>;
}

#[async_trait]
pub trait CheckRows: Send {
    async fn insert_check(&mut self, check: &Check) -> StoreResult<()>;
    /// The newest.
    async fn last_check_of_account(&mut self, account: &AccountId) -> StoreResult<Option<Check>>;
    async fn last_check_of_endpoint(&mut self, endpoint: &EndpointId) -> StoreResult<Option<Check>>;
    /// The newest of any of the person's accounts.
    async fn last_check_of_person(&mut self, person: &PersonId) -> StoreResult<Option<Check>>;
}

/// Shifts that were taken off the roster are in no answer.
#[async_trait]
pub trait DutyRows: Send {
    async fn insert_shift(&mut self, shift: &Shift) -> StoreResult<()>;
    async fn update_shift(&mut self, shift: &Shift) -> StoreResult<bool>;
    /// Takes it off the roster; false as `update_*`.
    async fn remove_shift(&mut self, shift: &Shift, at: Millis) -> StoreResult<bool>;
    async fn shift(&mut self, id: &ShiftId) -> StoreResult<Option<Shift>>;
    /// Of exactly these units, what meets the time, by start.
    async fn shifts_of_units(
        &mut self,
        units: &[UnitId],
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> StoreResult<Vec<Shift>>;
    /// What meets the time, by start.
    async fn shifts_of_person(&mut self, person: &PersonId, from: Millis, to: Millis) -> StoreResult<Vec<Shift>>;
}

/// Swaps of shifts, and hand-overs between them.
#[async_trait]
pub trait AgreementRows: Send {
    async fn insert_swap(&mut self, swap: &ShiftSwap) -> StoreResult<()>;
    /// False: it was decided already.
    async fn decide_swap(&mut self, swap: &ShiftSwap) -> StoreResult<bool>;
    async fn swap(&mut self, id: &SwapId) -> StoreResult<Option<ShiftSwap>>;
    /// Those that wait, and those asked for since, newest first.
    async fn swaps_of_unit(&mut self, unit: &UnitId, since: Millis, limit: i64) -> StoreResult<Vec<ShiftSwap>>;
    async fn insert_handover(&mut self, card: &Handover) -> StoreResult<()>;
    /// The incoming person's signature. False: it is there already.
    async fn sign_handover(&mut self, card: &Handover) -> StoreResult<bool>;
    async fn handover(&mut self, id: &HandoverId) -> StoreResult<Option<Handover>>;
    /// Those that wait, and those written since, newest first.
    async fn handovers_of_unit(&mut self, unit: &UnitId, since: Millis, limit: i64) -> StoreResult<Vec<Handover>>;
}

/// Which help requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestQuery {
    /// Units whose subtrees may be seen; none: all.
    pub roots: Option<Vec<UnitId>>,
    pub site_id: Option<SiteId>,
    pub unit_id: Option<UnitId>,
    /// Whoever has it or was first.
    pub person_id: Option<PersonId>,
    pub case_normalised: Option<String>,
    /// Part of the number or of what was said.
    pub q: Option<String>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
    pub open: Option<bool>,
}

/// One step of a request's history, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestStep {
    pub seq: i64,
    pub at_ms: Millis,
    pub actor: String,
    pub kind: String,
    /// The state after it.
    pub state: String,
    /// JSON object.
    pub detail: String,
}

/// One routing decision: whose seats rang, and the roster that it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCall {
    pub at_ms: Millis,
    pub rung: Rung,
    /// JSON of the roster.
    pub roster: String,
    /// JSON of the persons.
    pub persons: String,
}

#[async_trait]
pub trait RequestRows: Send {
    async fn insert_request(&mut self, request: &HelpRequest) -> StoreResult<()>;
    /// Checks `version`, stores `version + 1`.
    async fn update_request(&mut self, request: &HelpRequest) -> StoreResult<bool>;
    async fn request(&mut self, id: &RequestId) -> StoreResult<Option<HelpRequest>>;
    /// The one that the session was held for.
    async fn request_of_session(&mut self, session: &SessionId) -> StoreResult<Option<HelpRequest>>;
    /// Newest first.
    async fn requests(&mut self, query: &RequestQuery, page: &Keyset) -> StoreResult<Vec<HelpRequest>>;
    /// Those that ring, oldest first.
    async fn ringing_requests(&mut self) -> StoreResult<Vec<HelpRequest>>;
    /// Those that time changes by then, the longest due first.
    async fn due_requests(&mut self, now: Millis, limit: i64) -> StoreResult<Vec<RequestId>>;
    async fn append_request_step(&mut self, request: &RequestId, step: &RequestStep) -> StoreResult<()>;
    /// Oldest first.
    async fn request_steps(&mut self, request: &RequestId) -> StoreResult<Vec<RequestStep>>;
    async fn append_request_call(&mut self, request: &RequestId, call: &RequestCall) -> StoreResult<()>;
    /// Oldest first.
    async fn request_calls(&mut self, request: &RequestId) -> StoreResult<Vec<RequestCall>>;
    async fn insert_request_rules(&mut self, version: &RulesVersion) -> StoreResult<()>;
    /// The unit's latest.
    async fn request_rules(&mut self, unit: &UnitId) -> StoreResult<Option<RulesVersion>>;
    /// The unit's own, newest first.
    async fn request_rules_of(&mut self, unit: &UnitId) -> StoreResult<Vec<RulesVersion>>;
}

/// Which directives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectiveQuery {
    /// Addressed units whose subtrees may be seen; none: all.
    pub roots: Option<Vec<UnitId>>,
    pub site_id: Option<SiteId>,
    pub unit_id: Option<UnitId>,
    pub request_id: Option<RequestId>,
    pub session_id: Option<SessionId>,
    /// Linked to the case by itself, through its request, or through its or its request's session.
    pub case_normalised: Option<String>,
    pub state: Option<DirectiveState>,
    pub open: Option<bool>,
    /// Not reported, and due by then.
    pub overdue_at: Option<Millis>,
    /// Part of the number or of what was said.
    pub q: Option<String>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
}

/// One step of a directive's history, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectiveStep {
    pub seq: i64,
    pub at_ms: Millis,
    pub actor: String,
    pub kind: String,
    /// The state after it.
    pub state: String,
    /// JSON object.
    pub detail: String,
}

#[async_trait]
pub trait CardRows: Send {
    async fn insert_card(&mut self, card: &Card) -> StoreResult<()>;
    /// Checks `version`, stores `version + 1`.
    async fn update_card(&mut self, card: &Card) -> StoreResult<bool>;
    async fn card(&mut self, id: &CardId) -> StoreResult<Option<Card>>;
    /// The unit's own, withdrawn ones included, oldest first.
    async fn cards_of(&mut self, unit: &UnitId) -> StoreResult<Vec<Card>>;
}

#[async_trait]
pub trait DirectiveRows: Send {
    async fn insert_directive(&mut self, directive: &Directive) -> StoreResult<()>;
    /// Checks `version`, stores `version + 1`.
    async fn update_directive(&mut self, directive: &Directive) -> StoreResult<bool>;
    async fn directive(&mut self, id: &DirectiveId) -> StoreResult<Option<Directive>>;
    /// Newest first.
    async fn directives(&mut self, query: &DirectiveQuery, page: &Keyset) -> StoreResult<Vec<Directive>>;
    /// Oldest first.
    async fn open_directives_of_request(&mut self, request: &RequestId) -> StoreResult<Vec<Directive>>;
    /// Those that time changes by then, the longest due first.
    async fn due_directives(&mut self, now: Millis, limit: i64) -> StoreResult<Vec<DirectiveId>>;
    async fn append_directive_step(&mut self, directive: &DirectiveId, step: &DirectiveStep) -> StoreResult<()>;
    /// Oldest first.
    async fn directive_steps(&mut self, directive: &DirectiveId) -> StoreResult<Vec<DirectiveStep>>;
    async fn insert_picture(&mut self, picture: &Picture) -> StoreResult<()>;
    /// Oldest first.
    async fn pictures_of(&mut self, directive: &DirectiveId) -> StoreResult<Vec<Picture>>;
}

/// Guest links, visits, consents with their texts, ratings. Secrets are given and asked for as their SHA-256, hex.
#[async_trait]
pub trait GuestRows: Send {
    async fn insert_guest_link(&mut self, link: &GuestLink, token_hash: &str) -> StoreResult<()>;
    async fn guest_link(&mut self, id: &GuestLinkId) -> StoreResult<Option<GuestLink>>;
    async fn guest_link_by_token(&mut self, token_hash: &str) -> StoreResult<Option<GuestLink>>;
    /// Those of what was merged into it too, newest first; as the visits and the consents of a request.
    async fn guest_links_of(&mut self, request: &RequestId) -> StoreResult<Vec<GuestLink>>;
    /// Takes one use; false: there is none left, or it was revoked.
    async fn use_guest_link(&mut self, id: &GuestLinkId) -> StoreResult<bool>;
    /// False: it was revoked already.
    async fn revoke_guest_link(&mut self, link: &GuestLink) -> StoreResult<bool>;
    async fn insert_visit(&mut self, visit: &Visit, token_hash: &str) -> StoreResult<()>;
    async fn visit(&mut self, id: &VisitId) -> StoreResult<Option<Visit>>;
    async fn visit_by_token(&mut self, token_hash: &str) -> StoreResult<Option<Visit>>;
    async fn visit_of_endpoint(&mut self, endpoint: &EndpointId) -> StoreResult<Option<Visit>>;
    /// Oldest first.
    async fn visits_of(&mut self, request: &RequestId) -> StoreResult<Vec<Visit>>;
    async fn name_visit(&mut self, id: &VisitId, name: &str) -> StoreResult<()>;
    /// False: it was removed already.
    async fn remove_visit(&mut self, visit: &Visit) -> StoreResult<bool>;
    async fn insert_consent_text(&mut self, text: &ConsentText) -> StoreResult<()>;
    /// The latest of exactly this unit.
    async fn consent_text(&mut self, unit: &UnitId) -> StoreResult<Option<ConsentText>>;
    /// All versions of exactly this unit, newest first.
    async fn consent_texts_of(&mut self, unit: &UnitId) -> StoreResult<Vec<ConsentText>>;
    async fn insert_consent(&mut self, consent: &Consent) -> StoreResult<()>;
    /// False: it was withdrawn already.
    async fn withdraw_consent(&mut self, consent: &Consent) -> StoreResult<bool>;
    async fn consent(&mut self, id: &ConsentId) -> StoreResult<Option<Consent>>;
    /// Oldest first, withdrawn ones included; as the two below.
    async fn consents_of_visit(&mut self, visit: &VisitId) -> StoreResult<Vec<Consent>>;
    async fn consents_of_request(&mut self, request: &RequestId) -> StoreResult<Vec<Consent>>;
    /// Given in the session, or before it to the request that it was held for.
    async fn consents_of_session(&mut self, session: &SessionId) -> StoreResult<Vec<Consent>>;
    async fn insert_rating(&mut self, rating: &Rating) -> StoreResult<()>;
    /// Oldest first; the last holds.
    async fn ratings_of_request(&mut self, request: &RequestId) -> StoreResult<Vec<Rating>>;
}

/// Where the two append-only ledgers stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerHead {
    pub audit_seq: i64,
    pub audit_hash: String,
    pub outbox_seq: i64,
}

/// The audit and the outbox.
#[async_trait]
pub trait LedgerRows: Send {
    async fn ledger_head(&mut self) -> StoreResult<LedgerHead>;
    async fn put_ledger_head(&mut self, head: &LedgerHead) -> StoreResult<()>;
    async fn append_audit(&mut self, event: &AuditEvent) -> StoreResult<()>;
    /// Newest first.
    async fn audit(&mut self, filter: &AuditFilter, page: &Keyset) -> StoreResult<Vec<AuditEvent>>;
    /// Oldest first.
    async fn audit_after(&mut self, seq: i64, limit: i64) -> StoreResult<Vec<AuditEvent>>;
    async fn append_event(&mut self, event: &OutboxEvent) -> StoreResult<()>;
    /// Oldest first.
    async fn events_after(&mut self, seq: i64, limit: i64) -> StoreResult<Vec<OutboxEvent>>;
}

/// A command that was carried out under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneCommand {
    pub actor: String,
    pub key: String,
    pub action: String,
    /// Hash of the request.
    pub request_hash: String,
    /// JSON of the answer.
    pub answer: String,
    pub at_ms: Millis,
}

#[async_trait]
pub trait UpkeepRows: Send {
    async fn done_command(&mut self, actor: &str, key: &str) -> StoreResult<Option<DoneCommand>>;
    async fn put_done_command(&mut self, done: &DoneCommand) -> StoreResult<()>;
    async fn drop_done_commands(&mut self, before: Millis) -> StoreResult<()>;
    async fn heartbeat(&mut self) -> StoreResult<Option<Millis>>;
    async fn put_heartbeat(&mut self, at: Millis) -> StoreResult<()>;
}
