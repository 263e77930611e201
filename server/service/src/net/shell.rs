//! The task that owns the net's state: brings it what happens, carries out what follows, and never waits for either.

use super::jobs::{MediaJob, MediaOutcome, Patience, RecordJob, RecordOutcome, Settled, call, commit};
use super::limits;
use super::link::Link;
use super::load::{Judge, Room};
use super::measures::{self, Tally};
use super::metrics::Metrics;
use super::setup::{Join, JoinError, NetSetup};
use super::state::{Effect, Full, State};
use crate::ports::live::Grant;
use crate::ports::media::Media;
use crate::ports::record::NetRecord;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId};
use lianxian_model::link::{LinkEnd, LinkRights, Notice, Wish};
use lianxian_model::media::MediaEvent;
use lianxian_model::quality::QualityRow;
use lianxian_model::time::Millis;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What links and the service ask of the net.
#[derive(Debug)]
pub(super) enum Command {
    Join { join: Box<Join>, reply: oneshot::Sender<Result<Link, JoinError>> },
    Wish { participant: ParticipantSid, link: u64, wish: Wish },
    Gone { participant: ParticipantSid, link: u64, end: LinkEnd },
    SetGrants { session: SessionId, grants: Vec<Grant>, settled: Arc<Settled> },
    SetRights { endpoint: EndpointId, rights: LinkRights, done: oneshot::Sender<()> },
    EndLink { endpoint: EndpointId, reason: LinkEnd, done: oneshot::Sender<()> },
}

pub(super) enum Outcome {
    Record(ParticipantSid, RecordOutcome),
    Media(ParticipantSid, MediaOutcome),
}

struct OpenLink {
    number: u64,
    notices: mpsc::Sender<Box<Notice>>,
}

/// The two rows of one participant's jobs; each has a task of its own.
struct Rows {
    record: mpsc::Sender<Box<RecordJob>>,
    media: mpsc::Sender<Box<MediaJob>>,
}

pub(super) struct Shell {
    setup: NetSetup,
    state: State,
    /// Given to every link.
    commands: mpsc::Sender<Command>,
    tickets: HashMap<u64, oneshot::Sender<Result<Link, JoinError>>>,
    next_ticket: u64,
    links: HashMap<ParticipantSid, OpenLink>,
    rows: HashMap<ParticipantSid, Rows>,
    outcomes: mpsc::Sender<Outcome>,
    tasks: TaskTracker,
    patience: Arc<Patience>,
    /// Facts that cannot be committed are given up.
    given_up: CancellationToken,
    judge: Judge,
    told: Told,
    /// Intervals of quality; nobody waits for them.
    quality: Option<mpsc::Sender<Box<QualityRow>>>,
    tally: Arc<Tally>,
}

/// What everyone else reads.
pub(super) struct Told {
    pub metrics: Metrics,
    pub room: Room,
}

/// What the shell listens to.
pub(super) struct Sources {
    pub commands: mpsc::Receiver<Command>,
    pub events: mpsc::Receiver<MediaEvent>,
    pub shutdown: CancellationToken,
    /// Cancelled when everything is on record.
    pub over: CancellationToken,
}

impl Shell {
    /// Serves until shutdown, then sends everyone away and waits for the last facts.
    pub(super) async fn run(
        setup: NetSetup,
        state: State,
        judge: Judge,
        commands: mpsc::Sender<Command>,
        sources: Sources,
        told: Told,
    ) {
        let (to_outcomes, mut outcomes) = mpsc::channel(limits::OUTCOMES_WAITING);
        let (to_quality, quality) = mpsc::channel(limits::QUALITY_ROWS_WAITING);
        let given_up = CancellationToken::new();
        let mut shell = Shell {
            setup,
            state,
            commands,
            tickets: HashMap::new(),
            next_ticket: 0,
            links: HashMap::new(),
            rows: HashMap::new(),
            outcomes: to_outcomes,
            tasks: TaskTracker::new(),
            patience: Arc::new(Patience::of_facts(given_up.clone())),
            given_up,
            judge,
            told,
            quality: Some(to_quality),
            tally: Arc::default(),
        };
        let of_quality = Patience::of_quality(shell.given_up.clone());
        shell.tasks.spawn(measures::commit(quality, shell.setup.record.clone(), shell.tally.clone(), of_quality));
        let Sources { mut commands, mut events, shutdown, over } = sources;
        // However this task ends, nobody waits for it for ever.
        let _over = over.drop_guard();
        let mut tick = tokio::time::interval(Duration::from_millis(limits::TICK_MS));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deadline = None;
        let mut has_media = true;
        loop {
            tokio::select! {
                () = shutdown.cancelled(), if deadline.is_none() => {
                    deadline = Some(tokio::time::Instant::now() + Duration::from_millis(limits::SHUTDOWN_MS));
                    shell.state.stop(shell.now());
                }
                Some(outcome) = outcomes.recv() => shell.outcome(outcome),
                event = events.recv(), if has_media => match event {
                    Some(event) => shell.state.media_event(event, shell.now()),
                    None => {
                        has_media = false;
                        tracing::error!("the media plane has ended; every link is closed");
                        shell.state.media_gone(shell.now());
                    }
                },
                Some(command) = commands.recv() => shell.command(command),
                _ = tick.tick() => shell.tick(),
            }
            shell.carry_out_all();
            if let Some(deadline) = deadline
                && (shell.state.is_empty() || tokio::time::Instant::now() >= deadline)
            {
                break;
            }
        }
        shell.finish().await;
    }

    async fn finish(mut self) {
        self.links.clear();
        self.rows.clear();
        self.quality = None;
        for (_, reply) in self.tickets.drain() {
            // Whoever asked may have gone.
            let _ = reply.send(Err(JoinError::Unavailable("the server stops".into())));
        }
        self.tasks.close();
        let last = tokio::time::timeout(Duration::from_millis(limits::SHUTDOWN_MS), self.tasks.wait()).await;
        if last.is_err() {
            self.given_up.cancel();
            tracing::error!("facts of the last links could not be committed; the next start closes them");
        }
    }

    fn now(&self) -> Millis {
        self.setup.clock.now()
    }

    fn outcome(&mut self, outcome: Outcome) {
        let now = self.now();
        match outcome {
            Outcome::Record(participant, outcome) => self.state.recorded(&participant, outcome, now),
            Outcome::Media(participant, outcome) => self.state.called(&participant, outcome, now),
        }
    }

    fn command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Join { join, reply } => {
                self.next_ticket += 1;
                self.tickets.insert(self.next_ticket, reply);
                self.state.join(self.next_ticket, *join, now);
            }
            Command::Wish { participant, link, wish } => self.state.wish(&participant, link, wish, now),
            Command::Gone { participant, link, end } => self.state.gone(&participant, link, end, now),
            Command::SetGrants { session, grants, settled } => {
                self.state.set_grants(&session, grants, Some(settled), now);
            }
            Command::SetRights { endpoint, rights, done } => {
                self.state.set_rights(&endpoint, rights, now);
                self.carry_out_all();
                let _ = done.send(());
            }
            Command::EndLink { endpoint, reason, done } => {
                self.state.end_link(&endpoint, reason, now);
                self.carry_out_all();
                let _ = done.send(());
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        // A link that was dropped while the queue was full could not say so.
        let dropped: Vec<(ParticipantSid, u64)> = self
            .links
            .iter()
            .filter(|(_, link)| link.notices.is_closed())
            .map(|(participant, link)| (participant.clone(), link.number))
            .collect();
        for (participant, number) in dropped {
            self.state.gone(&participant, number, LinkEnd::Lost, now);
        }
        self.state.tick(now);
        self.weigh(now);
        let waiting = self.quality.as_ref().map_or(0, |rows| limits::QUALITY_ROWS_WAITING - rows.capacity());
        let Told { metrics, room } = &self.told;
        metrics.set(&self.state, &self.tally, &self.judge, room, waiting);
    }

    /// Looks at how busy the media plane is.
    fn weigh(&mut self, now: Millis) {
        let before = self.judge.full().is_some();
        self.judge.note(now, &self.setup.media.busy_us());
        let full = self.judge.full();
        self.state.set_full(full);
        self.told.room.set(full);
        match full {
            Some(full) if !before => {
                tracing::warn!(
                    value = full.value,
                    limit = full.limit,
                    "the media plane is full: new viewers are refused"
                );
            }
            None if before => tracing::info!(value = self.judge.share(), "the media plane takes new viewers again"),
            _ => {}
        }
    }

    /// Carries out what follows, and what follows from that.
    fn carry_out_all(&mut self) {
        loop {
            let effects = self.state.drain();
            if effects.is_empty() {
                return;
            }
            for effect in effects {
                self.carry_out(effect);
            }
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Tell { participant, notice } => self.tell(&participant, notice),
            Effect::HangUp { participant } => {
                self.links.remove(&participant);
            }
            Effect::Admit { ticket, participant, link } => {
                let (to_notices, notices) = mpsc::channel(limits::NOTICES_WAITING + 1);
                self.links.insert(participant.clone(), OpenLink { number: link, notices: to_notices });
                let open = Link::new(participant, link, notices, self.commands.clone());
                if let Some(reply) = self.tickets.remove(&ticket) {
                    // Whoever asked may have gone; the link is dropped then, which says that it is lost.
                    let _ = reply.send(Ok(open));
                }
            }
            Effect::Refuse { ticket, error } => {
                if let Some(reply) = self.tickets.remove(&ticket) {
                    let _ = reply.send(Err(error));
                }
            }
            Effect::Record { participant, job } => self.record(participant, job),
            Effect::Media { participant, job } => self.media(&participant, job),
            Effect::Measured(row) => {
                if self.quality.as_ref().is_none_or(|rows| rows.try_send(row).is_err()) {
                    self.tally.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            Effect::Forget { participant } => {
                self.rows.remove(&participant);
            }
        }
    }

    fn tell(&mut self, participant: &ParticipantSid, notice: Notice) {
        let Some(link) = self.links.get(participant) else { return };
        let free = link.notices.capacity();
        match &notice {
            // The last place is for the farewell.
            Notice::Leave { .. } => {}
            // Lossy data gives way before it crowds out control.
            Notice::DataReceived { reliable: false, .. } if free <= limits::NOTICES_WAITING / 2 => {
                self.state.dropped_data();
                return;
            }
            _ if free <= 1 && !link.notices.is_closed() => {
                let now = self.now();
                self.state.overflow(participant, Full::Notices, now);
                return;
            }
            _ => {}
        }
        // A reader that has gone needs no notices; its link says that it is lost.
        let _ = link.notices.try_send(Box::new(notice));
    }

    fn record(&mut self, participant: ParticipantSid, job: RecordJob) {
        if matches!(job, RecordJob::OpenEndpoint(_) | RecordJob::OpenConference(_)) {
            let rows = self.spawn_rows(&participant);
            self.rows.insert(participant.clone(), rows);
        }
        let Some(rows) = self.rows.get(&participant) else { return };
        let last = matches!(job, RecordJob::Closed { .. } | RecordJob::TrackEnded { .. });
        if !(last || rows.record.capacity() > limits::JOBS_RESERVED) || rows.record.try_send(Box::new(job)).is_err() {
            tracing::error!(%participant, "the limit jobs_waiting is reached for facts");
            let now = self.now();
            self.state.overflow(&participant, Full::Record, now);
        }
    }

    fn media(&mut self, participant: &ParticipantSid, job: MediaJob) {
        let Some(rows) = self.rows.get(participant) else { return };
        let free = rows.media.capacity();
        match &job {
            MediaJob::Close => {}
            MediaJob::Data { reliable: false, .. } if free <= limits::JOBS_WAITING / 2 => {
                self.state.dropped_data();
                return;
            }
            _ if free <= limits::JOBS_RESERVED => {
                tracing::error!(%participant, "the limit jobs_waiting is reached for media calls");
                let now = self.now();
                self.state.overflow(participant, Full::Media, now);
                return;
            }
            _ => {}
        }
        if rows.media.try_send(Box::new(job)).is_err() {
            tracing::error!(%participant, "a media call had no place to wait");
        }
    }

    fn spawn_rows(&self, participant: &ParticipantSid) -> Rows {
        let capacity = limits::JOBS_WAITING + limits::JOBS_RESERVED;
        let (to_facts, facts) = mpsc::channel(capacity);
        let (media, calls) = mpsc::channel(capacity);
        let (record, outcomes, patience) = (self.setup.record.clone(), self.outcomes.clone(), self.patience.clone());
        self.tasks.spawn(commit_in_order(facts, record, participant.clone(), outcomes, patience));
        self.tasks.spawn(call_in_order(calls, self.setup.media.clone(), participant.clone(), self.outcomes.clone()));
        Rows { record: to_facts, media }
    }
}

pub(super) async fn commit_in_order(
    mut jobs: mpsc::Receiver<Box<RecordJob>>,
    record: Arc<dyn NetRecord>,
    whose: ParticipantSid,
    outcomes: mpsc::Sender<Outcome>,
    patience: Arc<Patience>,
) {
    while let Some(job) = jobs.recv().await {
        // Boxed for its time: the row of a link that does nothing holds no room for a transaction.
        let outcome = Box::pin(commit(record.as_ref(), &whose, *job, &patience)).await;
        if !matches!(outcome, RecordOutcome::Noted(Ok(()))) {
            // A net that has ended needs no answer; what waits is committed all the same.
            let _ = outcomes.send(Outcome::Record(whose.clone(), outcome)).await;
        }
    }
}

async fn call_in_order(
    mut jobs: mpsc::Receiver<Box<MediaJob>>,
    media: Arc<dyn Media>,
    whose: ParticipantSid,
    outcomes: mpsc::Sender<Outcome>,
) {
    while let Some(job) = jobs.recv().await {
        let outcome = Box::pin(call(media.as_ref(), &whose, *job)).await;
        if !matches!(outcome, MediaOutcome::Noted(Ok(())) | MediaOutcome::Downstreams(Ok(()))) {
            let _ = outcomes.send(Outcome::Media(whose.clone(), outcome)).await;
        }
    }
}
