//! A record that notes what it is told.

use crate::ports::live::Grant;
use crate::ports::record::*;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::LinkEnd;
use lianxian_model::media::TrackSummary;
use lianxian_model::quality::QualityRow;
use std::collections::BTreeSet;
use std::sync::Mutex;

#[derive(Default)]
pub(super) struct NotedRecord {
    refuses: bool,
    facts: Mutex<Vec<String>>,
    batches: Mutex<Vec<usize>>,
    /// About whom nothing can be committed now.
    away: Mutex<BTreeSet<String>>,
}

impl NotedRecord {
    /// One that refuses batches of quality.
    pub fn refusing() -> Self {
        Self { refuses: true, ..Self::default() }
    }

    pub fn away(&self, about: &str) {
        self.away.lock().unwrap().insert(about.into());
    }

    pub fn back(&self) {
        self.away.lock().unwrap().clear();
    }

    pub fn facts(&self) -> Vec<String> {
        self.facts.lock().unwrap().clone()
    }

    pub fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }

    fn note(&self, what: &str, about: &str) -> Result<(), RecordError> {
        if self.away.lock().unwrap().contains(about) {
            return Err(RecordError::Unavailable("away".into()));
        }
        self.facts.lock().unwrap().push(format!("{what} {about}"));
        Ok(())
    }
}

fn not_asked<T>() -> Result<T, RecordError> {
    Err(RecordError::Refused("not asked here".into()))
}

#[async_trait]
impl NetRecord for NotedRecord {
    async fn link_rights(&self, _: &EndpointId, _: Option<&Enrolment>) -> Result<LinkProfile, RecordError> {
        not_asked()
    }

    async fn grants(&self) -> Result<Vec<Grant>, RecordError> {
        not_asked()
    }

    async fn link_opened(&self, _: LinkOpened) -> Result<LinkProfile, RecordError> {
        not_asked()
    }

    async fn link_closed(&self, _: &EndpointId, whose: &ParticipantSid, _: LinkEnd) -> Result<(), RecordError> {
        self.note("closed", whose.as_str())
    }

    async fn conference_joined(&self, _: ConferenceJoined) -> Result<SessionId, RecordError> {
        not_asked()
    }

    async fn conference_left(&self, _: &SessionId, whose: &ParticipantSid, _: LinkEnd) -> Result<(), RecordError> {
        self.note("closed", whose.as_str())
    }

    async fn track_started(&self, _: TrackStarted) -> Result<(), RecordError> {
        not_asked()
    }

    async fn track_ended(&self, track: &TrackSid, _: TrackSummary) -> Result<(), RecordError> {
        self.note("track", track.as_str())
    }

    async fn subscriptions_started(&self, _: Vec<SubscriptionStarted>) -> Result<(), RecordError> {
        not_asked()
    }

    async fn first_packet(&self, _: &ParticipantSid, _: &TrackSid) -> Result<(), RecordError> {
        not_asked()
    }

    async fn subscriptions_ended(&self, _: &ParticipantSid, _: Vec<TrackSid>) -> Result<(), RecordError> {
        not_asked()
    }

    async fn measured(&self, rows: Vec<QualityRow>) -> Result<(), RecordError> {
        if self.refuses {
            // One that is away is asked again; one that refuses is not.
            return Err(RecordError::Refused("no".into()));
        }
        self.batches.lock().unwrap().push(rows.len());
        Ok(())
    }

    async fn refused(&self, _: LinkRefused) -> Result<(), RecordError> {
        not_asked()
    }
}
