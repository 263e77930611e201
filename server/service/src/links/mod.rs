//! What the live net puts on record: links, tracks, conferences, first pictures. It waits for the commit and for nothing
//! else: the net is told of grants in its own time (see `sessions::live`), or the two would wait for each other.

mod conference;
mod endpoint;
mod tracks;

pub(crate) use endpoint::profile as profile_of;

use crate::core::{Core, Service};
use crate::error::{ErrorKind, ServiceError};
use crate::ports::live::Grant;
use crate::ports::record::{
    ConferenceJoined, Enrolment, LinkOpened, LinkProfile, LinkRefused, NetRecord, RecordError, SubscriptionStarted,
    TrackStarted,
};
use crate::sessions::live::grants_of;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::LinkEnd;
use lianxian_model::media::TrackSummary;
use lianxian_model::quality::QualityRow;
use std::sync::Arc;

impl Service {
    /// The record that the live net writes.
    pub fn net_record(&self) -> Arc<dyn NetRecord> {
        Arc::new(Links { core: self.core.clone() })
    }
}

struct Links {
    core: Core,
}

impl From<ServiceError> for RecordError {
    fn from(error: ServiceError) -> Self {
        match error.kind {
            ErrorKind::NotFound
            | ErrorKind::Forbidden
            | ErrorKind::Unauthenticated
            | ErrorKind::Invalid
            | ErrorKind::Conflict
            | ErrorKind::LimitReached => RecordError::Refused(error.to_string()),
            ErrorKind::Unavailable | ErrorKind::Internal => RecordError::Unavailable(error.to_string()),
        }
    }
}

#[async_trait]
impl NetRecord for Links {
    async fn link_rights(
        &self,
        endpoint: &EndpointId,
        enrolment: Option<&Enrolment>,
    ) -> Result<LinkProfile, RecordError> {
        Ok(endpoint::rights(&self.core, endpoint, enrolment).await?)
    }

    async fn grants(&self) -> Result<Vec<Grant>, RecordError> {
        let mut tx = self.core.read().await?;
        let mut grants = Vec::new();
        for session in tx.open_sessions().await.map_err(ServiceError::from)? {
            grants.extend(grants_of(&mut tx, &session).await?);
        }
        Ok(grants)
    }

    async fn link_opened(&self, opened: LinkOpened) -> Result<LinkProfile, RecordError> {
        Ok(endpoint::opened(&self.core, opened).await?)
    }

    async fn link_closed(
        &self,
        endpoint: &EndpointId,
        participant: &ParticipantSid,
        cause: LinkEnd,
    ) -> Result<(), RecordError> {
        Ok(endpoint::closed(&self.core, endpoint, participant, cause).await?)
    }

    async fn conference_joined(&self, joined: ConferenceJoined) -> Result<SessionId, RecordError> {
        Ok(conference::joined(&self.core, joined).await?)
    }

    async fn conference_left(
        &self,
        session: &SessionId,
        participant: &ParticipantSid,
        cause: LinkEnd,
    ) -> Result<(), RecordError> {
        Ok(conference::left(&self.core, session, participant, cause).await?)
    }

    async fn track_started(&self, started: TrackStarted) -> Result<(), RecordError> {
        Ok(tracks::started(&self.core, started).await?)
    }

    async fn track_ended(&self, track: &TrackSid, summary: TrackSummary) -> Result<(), RecordError> {
        Ok(tracks::ended(&self.core, track, summary).await?)
    }

    async fn subscriptions_started(&self, started: Vec<SubscriptionStarted>) -> Result<(), RecordError> {
        Ok(tracks::subscriptions_started(&self.core, started).await?)
    }

    async fn first_packet(&self, subscriber: &ParticipantSid, track: &TrackSid) -> Result<(), RecordError> {
        Ok(tracks::first_packet(&self.core, subscriber, track).await?)
    }

    async fn subscriptions_ended(&self, subscriber: &ParticipantSid, tracks: Vec<TrackSid>) -> Result<(), RecordError> {
        Ok(tracks::subscriptions_ended(&self.core, subscriber, tracks).await?)
    }

    async fn measured(&self, rows: Vec<QualityRow>) -> Result<(), RecordError> {
        Ok(tracks::measured(&self.core, &rows).await?)
    }

    async fn refused(&self, refused: LinkRefused) -> Result<(), RecordError> {
        Ok(endpoint::refused(&self.core, refused).await?)
    }
}
