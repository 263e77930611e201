//! What the net asks of the record and of the media plane for one participant, and what came of it.
//!
//! Facts of one participant are committed in order, media calls of one participant are made in order; the two rows do
//! not wait for each other, nor for those of anyone else.

use super::limits;
use crate::ports::media::{Media, OpenParticipant};
use crate::ports::record::{
    ConferenceJoined, Enrolment, LinkOpened, LinkOwner, LinkProfile, LinkRefused, NetRecord, RecordError,
    SubscriptionStarted, TrackStarted,
};
use bytes::Bytes;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::LinkEnd;
use lianxian_model::media::{
    AnnouncedTrack, Downstream, MediaError, PublisherAnswer, Target, TrackSettings, TrackSummary,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// A fact to be committed.
#[derive(Clone, Debug)]
pub(super) enum RecordJob {
    OpenEndpoint(LinkOpened),
    OpenConference(ConferenceJoined),
    /// What the endpoint may do now, asked when it comes back.
    Rights(EndpointId, Option<Enrolment>),
    TrackStarted(TrackStarted),
    TrackEnded(TrackSid, TrackSummary),
    /// With the number of each subscription, so that a late answer is not taken for one about a newer of the same track.
    SubscriptionsStarted {
        numbers: Vec<(TrackSid, u64)>,
        started: Vec<SubscriptionStarted>,
    },
    FirstPacket(TrackSid),
    SubscriptionsEnded(Vec<TrackSid>),
    Refused(LinkRefused),
    Closed {
        owner: LinkOwner,
        cause: LinkEnd,
    },
}

#[derive(Debug)]
pub(super) enum RecordOutcome {
    OpenedEndpoint(Result<LinkProfile, RecordError>),
    OpenedConference(Result<SessionId, RecordError>),
    Rights(Result<LinkProfile, RecordError>),
    TrackStarted(TrackSid, Result<(), RecordError>),
    SubscriptionsStarted(Vec<(TrackSid, u64)>, Result<(), RecordError>),
    FirstPacket(TrackSid, Result<(), RecordError>),
    /// Nothing follows from it but a counter.
    Noted(Result<(), RecordError>),
}

/// A call of the media plane.
#[derive(Clone, Debug)]
pub(super) enum MediaJob {
    Open(OpenParticipant),
    Close,
    MayPublish(bool),
    PublisherOffer {
        id: u32,
        sdp: String,
        announced: Vec<AnnouncedTrack>,
    },
    SubscriberAnswer {
        id: u32,
        sdp: String,
    },
    Candidate {
        target: Target,
        candidate: String,
    },
    /// `settled`: fires when the last of its holders has been carried out.
    Downstreams {
        set: Vec<Downstream>,
        settled: Option<Arc<Settled>>,
    },
    Settings {
        track: TrackSid,
        settings: TrackSettings,
    },
    Muted {
        track: TrackSid,
        muted: bool,
    },
    Data {
        reliable: bool,
        bytes: Bytes,
    },
    RestartSubscriber,
}

#[derive(Debug)]
pub(super) enum MediaOutcome {
    Opened(Result<(), MediaError>),
    Answer { id: u32, answer: Result<PublisherAnswer, MediaError> },
    SubscriberAnswer(Result<(), MediaError>),
    Downstreams(Result<(), MediaError>),
    Noted(Result<(), MediaError>),
}

/// Tells one who waits that everything a change asked of the media plane has been done, by being dropped everywhere.
#[derive(Debug)]
pub(super) struct Settled(Option<oneshot::Sender<()>>);

impl Settled {
    pub(super) fn new(done: oneshot::Sender<()>) -> Arc<Self> {
        Arc::new(Self(Some(done)))
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            // Whoever waited may have given up.
            let _ = done.send(());
        }
    }
}

pub(super) async fn commit(record: &dyn NetRecord, whose: &ParticipantSid, job: RecordJob) -> RecordOutcome {
    match job {
        RecordJob::OpenEndpoint(opened) => RecordOutcome::OpenedEndpoint(record.link_opened(opened).await),
        RecordJob::OpenConference(joined) => RecordOutcome::OpenedConference(record.conference_joined(joined).await),
        RecordJob::Rights(endpoint, enrolment) => {
            RecordOutcome::Rights(record.link_rights(&endpoint, enrolment.as_ref()).await)
        }
        RecordJob::TrackStarted(started) => {
            let track = started.track.clone();
            RecordOutcome::TrackStarted(track, record.track_started(started).await)
        }
        RecordJob::SubscriptionsStarted { numbers, started } => {
            RecordOutcome::SubscriptionsStarted(numbers, record.subscriptions_started(started).await)
        }
        RecordJob::FirstPacket(track) => {
            let noted = record.first_packet(whose, &track).await;
            RecordOutcome::FirstPacket(track, noted)
        }
        RecordJob::TrackEnded(track, summary) => {
            RecordOutcome::Noted(insist(|| record.track_ended(&track, summary.clone())).await)
        }
        RecordJob::SubscriptionsEnded(tracks) => {
            RecordOutcome::Noted(insist(|| record.subscriptions_ended(whose, tracks.clone())).await)
        }
        RecordJob::Refused(refused) => RecordOutcome::Noted(insist(|| record.refused(refused.clone())).await),
        RecordJob::Closed { owner: LinkOwner::Endpoint(endpoint), cause } => {
            RecordOutcome::Noted(insist(|| record.link_closed(&endpoint, whose, cause)).await)
        }
        RecordJob::Closed { owner: LinkOwner::Conference { session, .. }, cause } => {
            RecordOutcome::Noted(insist(|| record.conference_left(&session, whose, cause)).await)
        }
    }
}

/// What happened cannot be refused: while the store is away, it is tried again.
pub(super) async fn insist<F, A>(attempt: A) -> Result<(), RecordError>
where
    A: Fn() -> F,
    F: Future<Output = Result<(), RecordError>>,
{
    let mut wait = Duration::from_millis(limits::RECORD_RETRY_MS);
    for _ in 0..limits::RECORD_RETRIES {
        match attempt().await {
            Err(RecordError::Unavailable(_)) => tokio::time::sleep(wait).await,
            settled => return settled,
        }
        wait *= 2;
    }
    attempt().await
}

pub(super) async fn call(media: &dyn Media, whose: &ParticipantSid, job: MediaJob) -> MediaOutcome {
    match job {
        MediaJob::Open(open) => MediaOutcome::Opened(media.open(open).await),
        MediaJob::Close => {
            media.close(whose).await;
            MediaOutcome::Noted(Ok(()))
        }
        MediaJob::MayPublish(may) => MediaOutcome::Noted(media.set_may_publish(whose, may).await),
        MediaJob::PublisherOffer { id, sdp, announced } => {
            MediaOutcome::Answer { id, answer: media.publisher_offer(whose, sdp, announced).await }
        }
        MediaJob::SubscriberAnswer { id, sdp } => {
            MediaOutcome::SubscriberAnswer(media.subscriber_answer(whose, id, sdp).await)
        }
        MediaJob::Candidate { target, candidate } => {
            MediaOutcome::Noted(media.remote_candidate(whose, target, candidate).await)
        }
        MediaJob::Downstreams { set, settled } => {
            let outcome = media.set_downstreams(whose, set).await;
            drop(settled);
            MediaOutcome::Downstreams(outcome)
        }
        MediaJob::Settings { track, settings } => {
            MediaOutcome::Noted(media.set_track_settings(whose, &track, settings).await)
        }
        MediaJob::Muted { track, muted } => MediaOutcome::Noted(media.set_muted(whose, &track, muted).await),
        MediaJob::Data { reliable, bytes } => MediaOutcome::Noted(media.send_data(whose, reliable, bytes).await),
        MediaJob::RestartSubscriber => MediaOutcome::Noted(media.restart_subscriber(whose).await),
    }
}
