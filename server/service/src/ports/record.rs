//! What the live net needs of the record. Each call returns when its fact is committed, and only then is anyone told.

use crate::ports::live::Grant;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::{ClientInfo, LinkEnd, LinkRights};
use lianxian_model::media::{Codec, TrackKind, TrackSource, TrackSummary};
use lianxian_model::quality::QualityRow;
use std::collections::BTreeMap;

/// How an endpoint appears to those who may see it, and what its link may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkProfile {
    /// Shown name: the site's for a station or camera, the person's for a console.
    pub name: String,
    /// For example `kind` and `site_id`. Seen by every subscriber that has a grant: nothing secret here.
    pub attributes: BTreeMap<String, String>,
    pub rights: LinkRights,
}

/// Which device token a device's link was asked for under: the beginning of the token's hash, no secret. It holds until
/// the device is replaced. Consoles and guests have none: theirs hang on the login and the visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment(pub String);

impl Enrolment {
    pub fn of(token_hash: &str) -> Self {
        Self(token_hash.chars().take(16).collect())
    }
}

/// Whose a link, track or subscription is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LinkOwner {
    /// An endpoint of the net.
    Endpoint(EndpointId),
    /// Someone in a conference that an integration key opened.
    Conference { session: SessionId, identity: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkOpened {
    pub endpoint: EndpointId,
    pub enrolment: Option<Enrolment>,
    pub participant: ParticipantSid,
    pub client: ClientInfo,
    /// Remote address, as text.
    pub ip: String,
}

/// A link of an integration key's token, into a plain room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceJoined {
    /// The integration key's name, and what the configuration says it is for.
    pub key: String,
    pub purpose: String,
    pub room: String,
    pub identity: String,
    pub name: String,
    pub participant: ParticipantSid,
    pub client: ClientInfo,
    pub ip: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackStarted {
    pub owner: LinkOwner,
    pub participant: ParticipantSid,
    pub track: TrackSid,
    pub name: String,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub codec: Codec,
}

/// A subscriber is about to be sent a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionStarted {
    /// The sessions whose grants allow it (one, as a rule); in a conference, the conference.
    pub sessions: Vec<SessionId>,
    pub subscriber: LinkOwner,
    pub subscriber_participant: ParticipantSid,
    pub publisher: LinkOwner,
    pub track: TrackSid,
    pub kind: TrackKind,
}

/// Something that a link asked for and may not: one audit row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRefused {
    pub owner: LinkOwner,
    pub participant: ParticipantSid,
    pub ip: String,
    /// `publish`, `subscribe`, `publish_data`, `update_metadata` …
    pub action: &'static str,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The endpoint is unknown, disabled or replaced, or its login is over: the link is refused, not retried.
    #[error("refused: {0}")]
    Refused(String),
    /// The store cannot commit now: the link is asked to come again.
    #[error("the record is unavailable: {0}")]
    Unavailable(String),
}

#[async_trait]
pub trait NetRecord: Send + Sync + 'static {
    /// What this endpoint may do now. Asked at the door, before the socket is accepted; writes nothing.
    async fn link_rights(
        &self,
        endpoint: &EndpointId,
        enrolment: Option<&Enrolment>,
    ) -> Result<LinkProfile, RecordError>;

    /// Every grant that holds now. Asked once, when the net starts.
    async fn grants(&self) -> Result<Vec<Grant>, RecordError>;

    async fn link_opened(&self, opened: LinkOpened) -> Result<LinkProfile, RecordError>;

    async fn link_closed(
        &self,
        endpoint: &EndpointId,
        participant: &ParticipantSid,
        cause: LinkEnd,
    ) -> Result<(), RecordError>;

    /// Opens the room's conference session if it has none, and an attendance in it; tells the session.
    async fn conference_joined(&self, joined: ConferenceJoined) -> Result<SessionId, RecordError>;

    /// Ends the attendance, and the session with its last one.
    async fn conference_left(
        &self,
        session: &SessionId,
        participant: &ParticipantSid,
        cause: LinkEnd,
    ) -> Result<(), RecordError>;

    async fn track_started(&self, started: TrackStarted) -> Result<(), RecordError>;

    async fn track_ended(&self, track: &TrackSid, summary: TrackSummary) -> Result<(), RecordError>;

    /// One transaction for all of them.
    async fn subscriptions_started(&self, started: Vec<SubscriptionStarted>) -> Result<(), RecordError>;

    /// The subscriber got the first packet of the track.
    async fn first_packet(&self, subscriber: &ParticipantSid, track: &TrackSid) -> Result<(), RecordError>;

    /// The track is no longer sent to these subscribers' link.
    async fn subscriptions_ended(&self, subscriber: &ParticipantSid, tracks: Vec<TrackSid>) -> Result<(), RecordError>;

    /// How good tracks were, interval by interval. One transaction for all of them.
    async fn measured(&self, rows: Vec<QualityRow>) -> Result<(), RecordError>;

    async fn refused(&self, refused: LinkRefused) -> Result<(), RecordError>;
}
