//! The net's state: rooms, participants, grants, and what follows from a change of any of them.
//!
//! Pure: it is told the time, what happened and how earlier requests came out; what it wants done it leaves as effects,
//! in order. It never waits, so one slow commit holds up nobody else.

mod data;
mod door;
mod grants;
mod leaving;
mod measuring;
mod participant;
mod profile;
mod publishing;
mod quality;
mod resuming;
mod sight;
mod speakers;
mod subscribing;
#[cfg(test)]
mod tests;
mod wishes;

use super::jobs::{MediaJob, MediaOutcome, RecordJob, RecordOutcome, Settled};
use super::setup::JoinError;
use crate::ports::live::{Grant, MediaFull};
use crate::ports::record::{LinkOwner, LinkRefused, RecordError};
use grants::Grants;
use lianxian_model::ids::{EndpointId, ParticipantSid, RoomSid, SessionId, TrackSid};
use lianxian_model::link::{LinkEnd, LinkRights, NET_ROOM, Notice};
use lianxian_model::media::{MediaError, MediaEvent, Target};
use lianxian_model::quality::QualityRow;
use lianxian_model::time::Millis;
use participant::Participant;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Makes the random part of an id.
pub(super) type Mint = Box<dyn FnMut() -> String + Send>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RoomKey {
    /// The whole-district net.
    Net,
    /// A plain room of an integration key.
    Plain { key: String, room: String },
}

/// One identity in one room: at most one participant sits there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Seat {
    pub room: RoomKey,
    pub identity: String,
}

#[derive(Debug)]
struct Room {
    sid: RoomSid,
    created_at: Millis,
    seats: BTreeMap<String, ParticipantSid>,
}

/// What the state wants done, in order.
#[derive(Debug)]
pub(super) enum Effect {
    Tell {
        participant: ParticipantSid,
        notice: Notice,
    },
    /// The link has been told everything.
    HangUp {
        participant: ParticipantSid,
    },
    /// Whoever waits with the ticket is given the link.
    Admit {
        ticket: u64,
        participant: ParticipantSid,
        link: u64,
    },
    Refuse {
        ticket: u64,
        error: JoinError,
    },
    Record {
        participant: ParticipantSid,
        job: RecordJob,
    },
    Media {
        participant: ParticipantSid,
        job: MediaJob,
    },
    /// One interval of one track for the record: nobody waits for it.
    Measured(Box<QualityRow>),
    /// Nothing more will be asked for this participant.
    Forget {
        participant: ParticipantSid,
    },
}

/// Which row of jobs is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Notices,
    Record,
    Media,
}

/// Counters since the start; the rest is counted when asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub joins: u64,
    pub resumes: u64,
    pub refused_joins: u64,
    pub refusals: u64,
    pub slow_readers: u64,
    pub lost_links: u64,
    pub media_lost: u64,
    pub protocol_errors: u64,
    pub record_failures: u64,
    pub media_failures: u64,
    pub data_routed: u64,
    pub data_dropped: u64,
    pub subscriptions_over_limit: u64,
    pub media_full_refusals: u64,
}

/// What there is at the moment.
pub(super) struct Gauges {
    pub links: u64,
    pub participants: u64,
    pub awaited: u64,
    pub closing: u64,
    pub rooms: u64,
    pub tracks: u64,
    pub subscriptions: u64,
    pub grant_pairs: u64,
}

pub(super) struct State {
    mint: Mint,
    next_number: u64,
    now: Millis,
    rooms: HashMap<RoomKey, Room>,
    people: HashMap<ParticipantSid, Participant>,
    opening: HashMap<ParticipantSid, door::Opening>,
    /// Who waits for an opening of the same seat to be settled.
    doors: HashMap<Seat, Vec<door::Waiting>>,
    resuming: HashMap<ParticipantSid, resuming::Resuming>,
    closing: HashMap<ParticipantSid, leaving::Closing>,
    /// Seats in plain rooms whose participants were told to come again, and until when they are expected.
    expected: HashMap<Seat, Millis>,
    grants: Grants,
    /// Whose a live track is.
    publishers: HashMap<TrackSid, ParticipantSid>,
    /// What viewers were sent of tracks whose next row is not made yet.
    watched: BTreeMap<TrackSid, measuring::Watched>,
    /// (viewer, publisher) whose view may have changed in this round.
    stale_sight: BTreeSet<(ParticipantSid, ParticipantSid)>,
    /// (viewer, publisher) between whom what is sent may have changed.
    stale_subscriptions: BTreeSet<(ParticipantSid, ParticipantSid)>,
    settled: Option<Arc<Settled>>,
    effects: Vec<Effect>,
    next_quality_at: Millis,
    /// Set while the media plane has no room for new viewers.
    full: Option<MediaFull>,
    stopping: bool,
    pub(super) counters: Counters,
}

impl State {
    pub(super) fn new(mint: Mint, grants: Vec<Grant>, now: Millis) -> Self {
        let mut state = Self {
            mint,
            next_number: 0,
            now,
            rooms: HashMap::new(),
            people: HashMap::new(),
            opening: HashMap::new(),
            doors: HashMap::new(),
            resuming: HashMap::new(),
            closing: HashMap::new(),
            expected: HashMap::new(),
            grants: Grants::default(),
            publishers: HashMap::new(),
            watched: BTreeMap::new(),
            stale_sight: BTreeSet::new(),
            stale_subscriptions: BTreeSet::new(),
            settled: None,
            effects: Vec::new(),
            next_quality_at: now,
            full: None,
            stopping: false,
            counters: Counters::default(),
        };
        let mut by_session: BTreeMap<SessionId, Vec<Grant>> = BTreeMap::new();
        for grant in grants {
            by_session.entry(grant.session.clone()).or_default().push(grant);
        }
        for (session, grants) in by_session {
            state.grants.set(&session, grants);
        }
        state
    }

    /// What is to be done, in order. Taken after every mutation.
    pub(super) fn drain(&mut self) -> Vec<Effect> {
        self.settle_round();
        std::mem::take(&mut self.effects)
    }

    /// Time passed.
    pub(super) fn tick(&mut self, now: Millis) {
        self.now = now;
        self.end_overdue();
        self.forget_announced();
        self.tell_qualities();
        self.settle_watched();
    }

    /// Whether the media plane has room for new viewers. Those that are here go on.
    pub(super) fn set_full(&mut self, full: Option<MediaFull>) {
        self.full = full;
    }

    /// Replaces one session's grants. `settled` fires when the media plane has followed.
    pub(super) fn set_grants(
        &mut self,
        session: &SessionId,
        grants: Vec<Grant>,
        settled: Option<Arc<Settled>>,
        now: Millis,
    ) {
        self.now = now;
        let pairs = self.grants.set(session, grants);
        for (publisher, subscriber) in pairs {
            if let (Some(viewer), Some(publisher)) = (self.seated(&subscriber), self.seated(&publisher)) {
                self.stale_sight.insert((viewer, publisher));
            }
        }
        // Everything that this round asks of the media plane holds it.
        self.settled = settled;
        self.settle_round();
    }

    pub(super) fn set_rights(&mut self, endpoint: &EndpointId, rights: LinkRights, now: Millis) {
        self.now = now;
        for opening in self.opening.values_mut().filter(|o| o.is_of(endpoint)) {
            opening.rights = Some(rights);
        }
        if let Some(sid) = self.seated(endpoint) {
            self.apply_rights(&sid, rights);
        }
    }

    pub(super) fn end_link(&mut self, endpoint: &EndpointId, reason: LinkEnd, now: Millis) {
        self.now = now;
        for opening in self.opening.values_mut().filter(|o| o.is_of(endpoint)) {
            opening.doomed = Some(reason);
        }
        if let Some(sid) = self.seated(endpoint) {
            self.end(&sid, reason);
        }
    }

    /// The server stops: everyone is sent away to come again.
    pub(super) fn stop(&mut self, now: Millis) {
        self.now = now;
        self.stopping = true;
        for opening in self.opening.values_mut() {
            opening.doomed = Some(LinkEnd::Shutdown);
        }
        for waiting in std::mem::take(&mut self.doors).into_values().flatten() {
            self.refuse_join(waiting.ticket, JoinError::Unavailable("the server stops".into()));
        }
        let everyone: BTreeSet<ParticipantSid> = self.people.keys().cloned().collect();
        for sid in everyone {
            self.end(&sid, LinkEnd::Shutdown);
        }
    }

    /// The media plane is gone for good.
    pub(super) fn media_gone(&mut self, now: Millis) {
        self.now = now;
        self.stopping = true;
        let everyone: BTreeSet<ParticipantSid> = self.people.keys().cloned().collect();
        for sid in everyone {
            self.end(&sid, LinkEnd::MediaLost);
        }
    }

    /// A stopped net has nothing left to record.
    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.opening.is_empty() && self.closing.is_empty()
    }

    pub(super) fn gauges(&self) -> Gauges {
        let linked = self.people.values().filter(|person| person.link.is_some()).count() as u64;
        let participants = self.people.len() as u64;
        Gauges {
            links: linked,
            participants,
            awaited: participants - linked,
            closing: self.closing.len() as u64,
            rooms: self.rooms.len() as u64,
            tracks: self.people.values().map(|person| person.shown_tracks().count() as u64).sum(),
            subscriptions: self.people.values().map(|person| person.subscriptions.len() as u64).sum(),
            grant_pairs: self.grants.len() as u64,
        }
    }

    /// A queue of this participant is full.
    pub(super) fn overflow(&mut self, participant: &ParticipantSid, full: Full, now: Millis) {
        self.now = now;
        let end = match full {
            Full::Notices => LinkEnd::SlowReader,
            Full::Record => LinkEnd::RecordUnavailable,
            Full::Media => LinkEnd::MediaLost,
        };
        if full == Full::Notices {
            self.counters.slow_readers += 1;
        }
        self.end(participant, end);
    }

    /// A lossy message was dropped because too much waits.
    pub(super) fn dropped_data(&mut self) {
        self.counters.data_dropped += 1;
    }

    /// How a fact came out.
    pub(super) fn recorded(&mut self, participant: &ParticipantSid, outcome: RecordOutcome, now: Millis) {
        self.now = now;
        match outcome {
            RecordOutcome::OpenedEndpoint(opened) => self.opened(participant, opened.map(door::Opened::Endpoint)),
            RecordOutcome::OpenedConference(opened) => self.opened(participant, opened.map(door::Opened::Conference)),
            RecordOutcome::Rights(profile) => self.resumed(participant, profile),
            RecordOutcome::TrackStarted(track, result) => {
                if self.committed(participant, &result) {
                    self.track_recorded(participant, &track);
                }
            }
            RecordOutcome::SubscriptionsStarted(numbers, result) => {
                if self.committed(participant, &result) {
                    self.subscriptions_recorded(participant, numbers);
                }
            }
            RecordOutcome::FirstPacket(track, result) => {
                self.note(&result);
                if result.is_ok() {
                    self.taken(&track);
                }
            }
            RecordOutcome::Noted(result) => self.note(&result),
        }
    }

    /// What cannot be put on record does not happen: the link is asked to come again.
    fn committed(&mut self, participant: &ParticipantSid, result: &Result<(), RecordError>) -> bool {
        self.note(result);
        match result {
            Ok(()) => true,
            Err(RecordError::Refused(_)) => {
                self.end(participant, LinkEnd::Revoked);
                false
            }
            Err(RecordError::Unavailable(_)) => {
                self.end(participant, LinkEnd::RecordUnavailable);
                false
            }
        }
    }

    fn note(&mut self, result: &Result<(), RecordError>) {
        if let Err(error) = result {
            self.counters.record_failures += 1;
            tracing::warn!(%error, "a fact could not be committed");
        }
    }

    /// How a call of the media plane came out.
    pub(super) fn called(&mut self, participant: &ParticipantSid, outcome: MediaOutcome, now: Millis) {
        self.now = now;
        match outcome {
            MediaOutcome::Opened(Ok(())) | MediaOutcome::Noted(Ok(())) => {}
            MediaOutcome::Opened(Err(error)) => {
                self.media_failed(participant, "open", &error);
                self.end(participant, LinkEnd::MediaLost);
            }
            MediaOutcome::Answer { id, answer: Ok(answer) } => self.answered(participant, id, answer),
            MediaOutcome::Answer { id: _, answer: Err(error) } => {
                self.media_failed(participant, "publisher offer", &error);
                self.end(participant, fault_of(&error));
            }
            MediaOutcome::SubscriberAnswer(Ok(())) | MediaOutcome::Downstreams(Ok(())) => {}
            MediaOutcome::SubscriberAnswer(Err(error)) => {
                self.media_failed(participant, "subscriber answer", &error);
                // An answer that a newer offer has overtaken is stale, not wrong.
                if !matches!(error, MediaError::UnexpectedAnswer { .. }) {
                    self.end(participant, fault_of(&error));
                }
            }
            MediaOutcome::Downstreams(Err(error)) => {
                self.media_failed(participant, "downstreams", &error);
                // Grants are enforced there: where they cannot be, nothing goes on.
                self.end(participant, LinkEnd::MediaLost);
            }
            MediaOutcome::Noted(Err(error)) => self.media_failed(participant, "call", &error),
        }
    }

    fn media_failed(&mut self, participant: &ParticipantSid, what: &'static str, error: &MediaError) {
        // One that is going away is no longer known there.
        if self.people.contains_key(participant) {
            self.counters.media_failures += 1;
            tracing::debug!(%participant, what, %error, "the media plane refused");
        }
    }

    /// What the media plane tells.
    pub(super) fn media_event(&mut self, event: MediaEvent, now: Millis) {
        self.now = now;
        match event {
            MediaEvent::SubscriberOffer { participant, id, sdp, mid_to_track } => {
                self.settle_round();
                self.tell(&participant, Notice::SubscriberOffer { id, sdp, mid_to_track });
            }
            MediaEvent::TransportUp { participant, target } => self.transport(&participant, target, true),
            MediaEvent::TransportDown { participant, target, end } => {
                tracing::debug!(%participant, ?target, ?end, "a transport ended");
                self.transport(&participant, target, false);
            }
            MediaEvent::TrackStarted { participant, track, mid, codec } => {
                self.track_started(&participant, &track, mid, codec);
            }
            MediaEvent::TrackEnded { participant, track, summary } => self.track_ended(&participant, &track, summary),
            MediaEvent::TrackSubscribed { participant, track } => self.first_packet(&participant, &track),
            MediaEvent::StreamState { participant, track, paused } => self.stream_state(&participant, track, paused),
            MediaEvent::Data { participant, reliable, bytes } => {
                self.tell(&participant, Notice::DataReceived { reliable, bytes });
            }
            MediaEvent::WantedQualities { participant, track, codec, low, medium, high } => {
                self.wanted(&participant, &track, codec, [low, medium, high]);
            }
            MediaEvent::Speakers { levels } => self.tell_speakers(&levels),
            MediaEvent::Quality { participant, upstream_loss, downstream_loss, rtt_ms } => {
                self.measured(&participant, upstream_loss.max(downstream_loss), rtt_ms);
            }
            MediaEvent::Sent { participant, samples } => self.sent(&participant, samples),
            MediaEvent::Received { participant, samples } => self.received(&participant, samples),
        }
    }

    fn transport(&mut self, sid: &ParticipantSid, target: Target, up: bool) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        let slot = match target {
            Target::Publisher => 0,
            Target::Subscriber => 1,
        };
        if let Some(state) = person.up.get_mut(slot) {
            *state = up;
        }
        if !up {
            person.broken_at.get_or_insert(self.now);
        }
        if up && !person.active {
            person.active = true;
            person.revisions.person = revision;
            self.changed(sid);
        }
    }

    // --- small things that every part needs ---

    /// A number never used before: of a link, a subscription, a revision.
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", (self.mint)())
    }

    /// The participant of an endpoint, if it is linked.
    fn seated(&self, endpoint: &EndpointId) -> Option<ParticipantSid> {
        self.rooms.get(&RoomKey::Net)?.seats.get(endpoint.as_str()).cloned()
    }

    /// Tells a client something, or keeps it while the client is away.
    fn tell(&mut self, sid: &ParticipantSid, notice: Notice) {
        let Some(person) = self.people.get_mut(sid) else { return };
        if person.link.is_some() {
            self.effects.push(Effect::Tell { participant: sid.clone(), notice });
        } else {
            person.miss(notice);
        }
    }

    fn record(&mut self, sid: &ParticipantSid, job: RecordJob) {
        self.effects.push(Effect::Record { participant: sid.clone(), job });
    }

    fn media(&mut self, sid: &ParticipantSid, job: MediaJob) {
        self.effects.push(Effect::Media { participant: sid.clone(), job });
    }

    /// Puts a refusal on record, once for each different one of a link.
    fn refuse(&mut self, sid: &ParticipantSid, action: &'static str, detail: String) {
        self.counters.refusals += 1;
        let Some(person) = self.people.get_mut(sid) else { return };
        if person.refusals.contains(&(action, detail.clone())) {
            return;
        }
        if person.refusals.len() >= super::limits::REFUSALS_PER_LINK {
            self.counters.protocol_errors += 1;
            self.end(sid, LinkEnd::ProtocolError);
            return;
        }
        person.refusals.insert((action, detail.clone()));
        let refused = LinkRefused {
            owner: person.owner.clone(),
            participant: sid.clone(),
            ip: person.ip.clone(),
            action,
            detail,
        };
        self.record(sid, RecordJob::Refused(refused));
    }
}

/// The end that a refused description means.
fn fault_of(error: &MediaError) -> LinkEnd {
    match error {
        MediaError::BadSdp(_) | MediaError::Limit { .. } | MediaError::UnexpectedAnswer { .. } => {
            LinkEnd::ProtocolError
        }
        MediaError::UnknownParticipant(_) | MediaError::Fault | MediaError::Closed => LinkEnd::MediaLost,
    }
}

/// The name that clients are told of a room.
fn room_name(key: &RoomKey) -> &str {
    match key {
        RoomKey::Net => NET_ROOM,
        RoomKey::Plain { room, .. } => room,
    }
}

/// The endpoint whose participant it is, in the net.
fn endpoint_of(person: &Participant) -> Option<&EndpointId> {
    match &person.owner {
        LinkOwner::Endpoint(endpoint) => Some(endpoint),
        LinkOwner::Conference { .. } => None,
    }
}
