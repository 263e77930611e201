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
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

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

pub(super) async fn commit(
    record: &dyn NetRecord,
    whose: &ParticipantSid,
    job: RecordJob,
    patience: &Patience,
) -> RecordOutcome {
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
            RecordOutcome::Noted(patience.insist(|| record.track_ended(&track, summary.clone())).await)
        }
        RecordJob::SubscriptionsEnded(tracks) => {
            RecordOutcome::Noted(patience.insist(|| record.subscriptions_ended(whose, tracks.clone())).await)
        }
        RecordJob::Refused(refused) => RecordOutcome::Noted(patience.insist(|| record.refused(refused.clone())).await),
        RecordJob::Closed { owner: LinkOwner::Endpoint(endpoint), cause } => {
            RecordOutcome::Noted(patience.insist_on_end(|| record.link_closed(&endpoint, whose, cause)).await)
        }
        RecordJob::Closed { owner: LinkOwner::Conference { session, .. }, cause } => {
            RecordOutcome::Noted(patience.insist_on_end(|| record.conference_left(&session, whose, cause)).await)
        }
    }
}

/// How long what happened is tried again while the store is away: it cannot be refused.
#[derive(Debug)]
pub(super) struct Patience {
    /// The first wait, and the longest.
    waits: [Duration; 2],
    most: Duration,
    /// Places for ends that are tried for longer.
    ends: Semaphore,
    /// The server stops: nothing is tried again.
    over: CancellationToken,
}

impl Patience {
    pub(super) fn of_facts(over: CancellationToken) -> Self {
        let most = Duration::from_millis(limits::RECORD_PATIENCE_MS);
        Self { most, ends: Semaphore::new(limits::ENDS_WAITING), ..Self::of_quality(over) }
    }

    pub(super) fn of_quality(over: CancellationToken) -> Self {
        Self {
            waits: [limits::RECORD_RETRY_MS, limits::RECORD_RETRY_MOST_MS].map(Duration::from_millis),
            most: Duration::from_millis(limits::QUALITY_PATIENCE_MS),
            ends: Semaphore::new(0),
            over,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    pub(super) async fn insist<F, A>(&self, attempt: A) -> Result<(), RecordError>
    where
        A: Fn() -> F,
        F: Future<Output = Result<(), RecordError>>,
    {
        self.try_for(Some(self.most), &attempt).await
    }

    /// An end that is not on record leaves sessions running there: it is tried until it is, or the server stops.
    async fn insist_on_end<F, A>(&self, attempt: A) -> Result<(), RecordError>
    where
        A: Fn() -> F,
        F: Future<Output = Result<(), RecordError>>,
    {
        let outcome = self.try_for(Some(self.most), &attempt).await;
        let (Err(RecordError::Unavailable(why)), false) = (&outcome, self.is_over()) else { return outcome };
        let Ok(_place) = self.ends.try_acquire() else {
            tracing::error!(%why, "the limit ends_waiting is reached: the end of a link is left to the next start");
            return outcome;
        };
        tracing::error!(%why, "the end of a link is not on record yet");
        self.try_for(None, &attempt).await
    }

    async fn try_for<F, A>(&self, most: Option<Duration>, attempt: &A) -> Result<(), RecordError>
    where
        A: Fn() -> F,
        F: Future<Output = Result<(), RecordError>>,
    {
        let begun = Instant::now();
        let [mut wait, longest] = self.waits;
        loop {
            let outcome = attempt().await;
            let is_away = matches!(outcome, Err(RecordError::Unavailable(_)));
            if !is_away || most.is_some_and(|most| begun.elapsed() >= most) {
                return outcome;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.over.cancelled() => return outcome,
            }
            wait = longest.min(wait * 2);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::doubles::NotedRecord;
    use super::super::shell::commit_in_order;
    use super::*;
    use tokio::sync::mpsc;
    use tokio::task::JoinHandle;

    /// As in service, with a thousandth of the time.
    fn patience(ends: usize) -> (Arc<Patience>, CancellationToken) {
        let over = CancellationToken::new();
        let waits = [1, 5].map(Duration::from_millis);
        let most = Duration::from_millis(50);
        (Arc::new(Patience { waits, most, ends: Semaphore::new(ends), over: over.clone() }), over)
    }

    /// A link whose track ended, and which ended itself.
    fn row(whose: &str, record: &Arc<NotedRecord>, patience: &Arc<Patience>) -> JoinHandle<()> {
        let (to, jobs) = mpsc::channel(8);
        // Without an answer to wait for: nobody listens any more.
        let (outcomes, _) = mpsc::channel(8);
        let owner = LinkOwner::Endpoint(whose.into());
        for job in [
            RecordJob::TrackEnded("TR_1".into(), TrackSummary::default()),
            RecordJob::Closed { owner, cause: LinkEnd::Lost },
        ] {
            to.try_send(Box::new(job)).unwrap();
        }
        tokio::spawn(commit_in_order(jobs, record.clone(), whose.into(), outcomes, patience.clone()))
    }

    #[tokio::test]
    async fn what_happened_while_the_store_was_away_is_committed_in_order() {
        let (record, (patience, _over)) = (Arc::new(NotedRecord::default()), patience(1));
        record.away("PA_1");
        record.away("TR_1");
        let waits = row("PA_1", &record, &patience);
        tokio::time::sleep(Duration::from_millis(20)).await;
        record.back();
        waits.await.unwrap();
        assert_eq!(record.facts(), ["track TR_1", "closed PA_1"]);
    }

    #[tokio::test]
    async fn the_end_of_a_link_is_never_given_up_and_keeps_nobody_else_back() {
        let (record, (patience, _over)) = (Arc::new(NotedRecord::default()), patience(1));
        record.away("PA_1");
        let waits = row("PA_1", &record, &patience);
        tokio::time::sleep(Duration::from_millis(200)).await;
        row("PA_2", &record, &patience).await.unwrap();
        assert_eq!(record.facts(), ["track TR_1", "track TR_1", "closed PA_2"]);
        assert!(!waits.is_finished());
        record.back();
        waits.await.unwrap();
        assert_eq!(record.facts().last().unwrap(), "closed PA_1");
    }

    #[tokio::test]
    async fn a_fact_that_the_store_never_takes_does_not_keep_back_the_end() {
        let (record, (patience, _over)) = (Arc::new(NotedRecord::default()), patience(1));
        record.away("TR_1");
        row("PA_1", &record, &patience).await.unwrap();
        assert_eq!(record.facts(), ["closed PA_1"]);
    }

    #[tokio::test]
    async fn ends_that_wait_are_limited_and_given_up_when_the_server_stops() {
        let (record, (patience, over)) = (Arc::new(NotedRecord::default()), patience(1));
        record.away("PA_1");
        record.away("PA_2");
        let first = row("PA_1", &record, &patience);
        tokio::time::sleep(Duration::from_millis(200)).await;
        row("PA_2", &record, &patience).await.unwrap();
        assert!(!first.is_finished());
        over.cancel();
        first.await.unwrap();
        assert!(!record.facts().iter().any(|fact| fact.starts_with("closed")));
    }
}
