//! The state driven by hand: a world that commits, answers and forwards when it is told to, and watches what is said.

mod full;
mod grants;
mod manners;
mod measuring;
mod plain_rooms;
mod publishing;
mod random;
mod resuming;

use super::super::jobs::{MediaJob, MediaOutcome, RecordJob, RecordOutcome};
use super::super::setup::{Guest, Join, JoinError, Manner, Whom};
use super::*;
use crate::ports::live::PublishRights;
use crate::ports::record::LinkProfile;
use lianxian_model::link::{AddTrack, ClientInfo, ParticipantView, TrackAbout, Wish};
use lianxian_model::media::{Codec, Downstream, PublisherAnswer, TrackKind, TrackSource};
use std::collections::VecDeque;

pub(super) const CAMERA: (TrackKind, TrackSource) = (TrackKind::Video, TrackSource::Camera);
pub(super) const MICROPHONE: (TrackKind, TrackSource) = (TrackKind::Audio, TrackSource::Microphone);

/// In the order in which it happened.
#[derive(Clone, Debug)]
pub(super) enum Happened {
    Committed(ParticipantSid, RecordJob),
    Told(ParticipantSid, Notice),
    Called(ParticipantSid, MediaJob),
}

pub(super) struct World {
    pub state: State,
    pub now: i64,
    next_ticket: u64,
    pub admitted: BTreeMap<u64, (ParticipantSid, u64)>,
    pub refused: BTreeMap<u64, JoinError>,
    /// The link that speaks for a participant.
    pub links: BTreeMap<ParticipantSid, u64>,
    pub facts_waiting: BTreeMap<ParticipantSid, VecDeque<RecordJob>>,
    pub calls_waiting: BTreeMap<ParticipantSid, VecDeque<MediaJob>>,
    pub log: Vec<Happened>,
    pub measured: Vec<QualityRow>,
    /// What the media plane sends to whom.
    pub sent: BTreeMap<ParticipantSid, Vec<Downstream>>,
    pub grants: BTreeMap<SessionId, Vec<Grant>>,
    pub recorded_tracks: BTreeSet<TrackSid>,
    /// (subscriber, track), by the record.
    pub recorded_subscriptions: BTreeSet<(ParticipantSid, TrackSid)>,
    /// What the record says when it is asked to commit.
    pub record_answer: Result<(), RecordError>,
    /// Endpoint -> rights.
    pub rights: BTreeMap<String, LinkRights>,
    pub kinds: BTreeMap<TrackSid, TrackKind>,
    /// Participant -> identity.
    pub identities: BTreeMap<ParticipantSid, String>,
}

pub(super) fn station_rights() -> LinkRights {
    LinkRights { may_publish: PublishRights::ALL, may_subscribe: true, ..LinkRights::default() }
}

pub(super) fn console_rights() -> LinkRights {
    LinkRights { may_subscribe: true, hidden: true, ..LinkRights::default() }
}

pub(super) fn guest_rights() -> LinkRights {
    LinkRights {
        may_publish: PublishRights::ALL,
        may_subscribe: true,
        may_publish_data: true,
        may_update_metadata: true,
        hidden: false,
    }
}

pub(super) fn grant(session: &str, publisher: &str, subscriber: &str, video: bool, audio: bool) -> Grant {
    Grant { session: session.into(), publisher: publisher.into(), subscriber: subscriber.into(), video, audio }
}

impl World {
    pub fn new() -> Self {
        let mut id = 0;
        let mint: Mint = Box::new(move || {
            id += 1;
            format!("{id:04}")
        });
        Self {
            state: State::new(mint, Vec::new(), Millis(0)),
            now: 0,
            next_ticket: 0,
            admitted: BTreeMap::new(),
            refused: BTreeMap::new(),
            links: BTreeMap::new(),
            facts_waiting: BTreeMap::new(),
            calls_waiting: BTreeMap::new(),
            log: Vec::new(),
            measured: Vec::new(),
            sent: BTreeMap::new(),
            grants: BTreeMap::new(),
            recorded_tracks: BTreeSet::new(),
            recorded_subscriptions: BTreeSet::new(),
            record_answer: Ok(()),
            rights: BTreeMap::new(),
            kinds: BTreeMap::new(),
            identities: BTreeMap::new(),
        }
    }

    pub fn at(&self) -> Millis {
        Millis(self.now)
    }

    // --- what happens ---

    fn join(&mut self, whom: Whom, auto_subscribe: bool, resume: Option<ParticipantSid>) -> u64 {
        self.join_as(Manner::Socket, ClientInfo { auto_subscribe, ..ClientInfo::default() }, whom, resume)
    }

    pub fn join_as(&mut self, manner: Manner, client: ClientInfo, whom: Whom, resume: Option<ParticipantSid>) -> u64 {
        self.next_ticket += 1;
        let join = Join { whom, manner, client, ip: "10.0.0.1".into(), resume };
        self.state.join(self.next_ticket, join, self.at());
        self.take_effects();
        self.next_ticket
    }

    pub fn ask_endpoint(&mut self, id: &str, rights: LinkRights) -> u64 {
        self.rights.entry(id.into()).or_insert(rights);
        self.join(Whom::Endpoint(id.into(), None), true, None)
    }

    pub fn ask_guest(&mut self, identity: &str, rights: LinkRights) -> u64 {
        self.join(guest(identity, rights), true, None)
    }

    pub fn ask_resume(&mut self, whom: Whom, sid: &ParticipantSid) -> u64 {
        self.join(whom, true, Some(sid.clone()))
    }

    pub fn station(&mut self, id: &str) -> ParticipantSid {
        let ticket = self.ask_endpoint(id, station_rights());
        self.run();
        self.admitted[&ticket].0.clone()
    }

    pub fn console(&mut self, id: &str) -> ParticipantSid {
        let ticket = self.ask_endpoint(id, console_rights());
        self.run();
        self.admitted[&ticket].0.clone()
    }

    pub fn guest(&mut self, identity: &str) -> ParticipantSid {
        self.guest_with(identity, guest_rights())
    }

    pub fn guest_with(&mut self, identity: &str, rights: LinkRights) -> ParticipantSid {
        let ticket = self.ask_guest(identity, rights);
        self.run();
        self.admitted[&ticket].0.clone()
    }

    pub fn wish(&mut self, sid: &ParticipantSid, wish: Wish) {
        let Some(link) = self.links.get(sid).copied() else { return };
        self.state.wish(sid, link, wish, self.at());
        self.take_effects();
    }

    pub fn event(&mut self, event: MediaEvent) {
        self.state.media_event(event, self.at());
        self.take_effects();
    }

    pub fn grants(&mut self, session: &str, grants: Vec<Grant>) {
        self.grants.insert(session.into(), grants.clone());
        self.state.set_grants(&session.into(), grants, None, self.at());
        self.take_effects();
    }

    pub fn gone(&mut self, sid: &ParticipantSid, end: LinkEnd) {
        let Some(link) = self.links.get(sid).copied() else { return };
        self.state.gone(sid, link, end, self.at());
        self.take_effects();
    }

    pub fn wait(&mut self, ms: i64) {
        self.now += ms;
        self.state.tick(self.at());
        self.take_effects();
    }

    /// Announces, offers and sends; the track, shown once everything ran.
    pub fn publish(&mut self, sid: &ParticipantSid, what: (TrackKind, TrackSource)) -> TrackSid {
        let track = self.announce(sid, what);
        self.wish(sid, Wish::PublisherOffer { id: 1, sdp: "offer".into() });
        self.run();
        self.start(sid, &track);
        self.run();
        track
    }

    pub fn announce(&mut self, sid: &ParticipantSid, (kind, source): (TrackKind, TrackSource)) -> TrackSid {
        let cid = format!("cid-{}", self.log.len());
        let about = TrackAbout { name: format!("{source:?}"), ..TrackAbout::default() };
        self.wish(sid, Wish::AddTrack(AddTrack { cid, kind, source, about }));
        let published = self.told(sid).into_iter().rev().find_map(|notice| match notice {
            Notice::TrackPublished { track, .. } => Some(track),
            _ => None,
        });
        let track = published.expect("an announced track is answered").sid;
        self.kinds.insert(track.clone(), kind);
        track
    }

    pub fn start(&mut self, sid: &ParticipantSid, track: &TrackSid) {
        let codec = if self.kinds.get(track) == Some(&TrackKind::Audio) { Codec::Opus } else { Codec::Vp8 };
        self.event(MediaEvent::TrackStarted { participant: sid.clone(), track: track.clone(), mid: "0".into(), codec });
    }

    // --- what follows ---

    fn take_effects(&mut self) {
        for effect in self.state.drain() {
            match effect {
                Effect::Tell { participant, notice } => {
                    self.check_notice(&participant, &notice);
                    self.log.push(Happened::Told(participant, notice));
                }
                Effect::HangUp { participant } => {
                    self.links.remove(&participant);
                }
                Effect::Admit { ticket, participant, link } => {
                    self.links.insert(participant.clone(), link);
                    self.admitted.insert(ticket, (participant, link));
                }
                Effect::Refuse { ticket, error } => {
                    self.refused.insert(ticket, error);
                }
                Effect::Record { participant, job } => {
                    if let RecordJob::OpenEndpoint(opened) = &job {
                        self.identities.insert(participant.clone(), opened.endpoint.0.clone());
                    }
                    if let RecordJob::OpenConference(joined) = &job {
                        self.identities.insert(participant.clone(), joined.identity.clone());
                    }
                    self.facts_waiting.entry(participant).or_default().push_back(job);
                }
                Effect::Media { participant, job } => {
                    self.check_call(&participant, &job);
                    self.calls_waiting.entry(participant).or_default().push_back(job);
                }
                Effect::Measured(row) => self.measured.push(*row),
                Effect::Forget { .. } => {}
            }
        }
    }

    /// Whether the oracle's grants let the viewer receive this kind of the publisher's tracks.
    pub fn granted(&self, viewer: &str, publisher: &str, kind: Option<TrackKind>) -> bool {
        self.grants.values().flatten().any(|grant| {
            grant.subscriber.as_str() == viewer
                && grant.publisher.as_str() == publisher
                && match kind {
                    Some(TrackKind::Video) => grant.video,
                    Some(TrackKind::Audio) => grant.audio,
                    None => grant.video || grant.audio,
                }
        })
    }

    fn is_endpoint(&self, sid: &ParticipantSid) -> bool {
        self.identities.get(sid).is_some_and(|identity| self.rights.contains_key(identity))
    }

    /// Nobody is told of anyone or anything without a grant, nor of a track that is not on record.
    fn check_notice(&self, viewer: &ParticipantSid, notice: &Notice) {
        if !self.is_endpoint(viewer) {
            return;
        }
        let viewer_id = &self.identities[viewer];
        let check_person = |sid: &ParticipantSid, kind| {
            let publisher = &self.identities[sid];
            assert!(sid == viewer || self.granted(viewer_id, publisher, kind), "{viewer_id} told of {publisher}");
        };
        let check_view = |view: &ParticipantView| {
            if view.state == lianxian_model::link::ParticipantState::Disconnected {
                return;
            }
            check_person(&view.sid, None);
            for track in &view.tracks {
                check_person(&view.sid, Some(track.kind));
                assert!(self.recorded_tracks.contains(&track.sid), "{viewer_id} told of an unrecorded track");
                assert!(view.sid == *viewer || track.cid.is_empty(), "the client's own id is its own");
            }
        };
        match notice {
            Notice::Joined(joined) => joined.others.iter().for_each(check_view),
            Notice::Participants(views) => views.iter().for_each(check_view),
            Notice::Speakers(speakers) => {
                speakers.iter().filter(|s| s.active).for_each(|s| check_person(&s.participant, Some(TrackKind::Audio)));
            }
            Notice::Quality(qualities) => qualities.iter().for_each(|(sid, ..)| check_person(sid, None)),
            _ => {}
        }
    }

    /// Nobody is sent a track without a grant, nor before that is on record.
    fn check_call(&self, viewer: &ParticipantSid, job: &MediaJob) {
        let MediaJob::Downstreams { set, .. } = job else { return };
        for downstream in set {
            assert!(
                self.recorded_subscriptions.contains(&(viewer.clone(), downstream.track.clone())),
                "sent before it is on record"
            );
            assert!(self.recorded_tracks.contains(&downstream.track));
            if self.is_endpoint(viewer) {
                let (viewer, publisher) = (&self.identities[viewer], &self.identities[&downstream.publisher]);
                let kind = self.kinds[&downstream.track];
                assert!(self.granted(viewer, publisher, Some(kind)), "{viewer} sent {kind:?} of {publisher}");
            }
        }
    }

    /// Commits one waiting fact of the participant.
    pub fn commit(&mut self, sid: &ParticipantSid) -> bool {
        let Some(job) = self.facts_waiting.get_mut(sid).and_then(VecDeque::pop_front) else { return false };
        let answer = self.record_answer.clone();
        if answer.is_ok() {
            match &job {
                RecordJob::TrackStarted(started) => {
                    self.recorded_tracks.insert(started.track.clone());
                }
                RecordJob::SubscriptionsStarted { started, .. } => {
                    for started in started {
                        assert!(!started.sessions.is_empty(), "a subscription without a session");
                        let key = (started.subscriber_participant.clone(), started.track.clone());
                        self.recorded_subscriptions.insert(key);
                    }
                }
                RecordJob::SubscriptionsEnded(tracks) => {
                    for track in tracks {
                        self.recorded_subscriptions.remove(&(sid.clone(), track.clone()));
                    }
                }
                _ => {}
            }
            self.log.push(Happened::Committed(sid.clone(), job.clone()));
        }
        let outcome = match job {
            RecordJob::OpenEndpoint(opened) => RecordOutcome::OpenedEndpoint(answer.map(|()| LinkProfile {
                name: format!("name of {}", opened.endpoint),
                attributes: BTreeMap::new(),
                rights: self.rights[opened.endpoint.as_str()],
            })),
            RecordJob::OpenConference(_) => RecordOutcome::OpenedConference(answer.map(|()| "conference".into())),
            RecordJob::Rights(endpoint, _) => RecordOutcome::Rights(answer.map(|()| LinkProfile {
                name: String::new(),
                attributes: BTreeMap::new(),
                rights: self.rights[endpoint.as_str()],
            })),
            RecordJob::TrackStarted(started) => RecordOutcome::TrackStarted(started.track, answer),
            RecordJob::SubscriptionsStarted { numbers, .. } => RecordOutcome::SubscriptionsStarted(numbers, answer),
            RecordJob::FirstPacket(track) => RecordOutcome::FirstPacket(track, answer),
            _ => RecordOutcome::Noted(answer),
        };
        self.state.recorded(sid, outcome, self.at());
        self.take_effects();
        true
    }

    /// Makes one waiting media call of the participant.
    pub fn call(&mut self, sid: &ParticipantSid) -> bool {
        let Some(job) = self.calls_waiting.get_mut(sid).and_then(VecDeque::pop_front) else { return false };
        self.log.push(Happened::Called(sid.clone(), job.clone()));
        let outcome = match job {
            MediaJob::Open(_) => MediaOutcome::Opened(Ok(())),
            MediaJob::PublisherOffer { id, announced, .. } => {
                let bound = announced.iter().enumerate().map(|(n, track)| (track.sid.clone(), n.to_string())).collect();
                let answer = PublisherAnswer { sdp: "answer".into(), bound, removed: Vec::new() };
                MediaOutcome::Answer { id, answer: Ok(answer) }
            }
            MediaJob::SubscriberAnswer { .. } => MediaOutcome::SubscriberAnswer(Ok(())),
            MediaJob::Downstreams { set, .. } => {
                self.sent.insert(sid.clone(), set);
                MediaOutcome::Downstreams(Ok(()))
            }
            MediaJob::Close => {
                self.sent.remove(sid);
                MediaOutcome::Noted(Ok(()))
            }
            _ => MediaOutcome::Noted(Ok(())),
        };
        self.state.called(sid, outcome, self.at());
        self.take_effects();
        true
    }

    /// Commits and calls until nothing waits.
    pub fn run(&mut self) {
        loop {
            let facts = self.facts_waiting.iter().find(|(_, jobs)| !jobs.is_empty()).map(|(sid, _)| sid.clone());
            let calls = self.calls_waiting.iter().find(|(_, jobs)| !jobs.is_empty()).map(|(sid, _)| sid.clone());
            match (calls, facts) {
                (Some(sid), _) => self.call(&sid),
                (None, Some(sid)) => self.commit(&sid),
                (None, None) => return,
            };
        }
    }

    // --- what was said and done ---

    pub fn told(&self, sid: &ParticipantSid) -> Vec<Notice> {
        let to = |happened: &Happened| match happened {
            Happened::Told(whom, notice) if whom == sid => Some(notice.clone()),
            _ => None,
        };
        self.log.iter().filter_map(to).collect()
    }

    /// What was told since, by the length of the log then.
    pub fn told_since(&self, from: usize, sid: &ParticipantSid) -> Vec<Notice> {
        let to = |happened: &Happened| match happened {
            Happened::Told(whom, notice) if whom == sid => Some(notice.clone()),
            _ => None,
        };
        self.log[from..].iter().filter_map(to).collect()
    }

    pub fn committed(&self) -> Vec<(ParticipantSid, RecordJob)> {
        let of = |happened: &Happened| match happened {
            Happened::Committed(sid, job) => Some((sid.clone(), job.clone())),
            _ => None,
        };
        self.log.iter().filter_map(of).collect()
    }

    pub fn refusals(&self) -> Vec<&'static str> {
        let of = |(_, job): (ParticipantSid, RecordJob)| match job {
            RecordJob::Refused(refused) => Some(refused.action),
            _ => None,
        };
        self.committed().into_iter().filter_map(of).collect()
    }

    /// What the viewer believes of the others, from all that it was told: identity -> (state, tracks).
    pub fn believes(&self, sid: &ParticipantSid) -> BTreeMap<String, BTreeSet<TrackSid>> {
        let mut believes = BTreeMap::new();
        let mut versions: BTreeMap<ParticipantSid, u32> = BTreeMap::new();
        for notice in self.told(sid) {
            let views = match notice {
                Notice::Joined(joined) => {
                    believes.clear();
                    joined.others
                }
                Notice::Participants(views) => views,
                _ => continue,
            };
            for view in views {
                let version = versions.entry(view.sid.clone()).or_default();
                assert!(view.version > *version, "versions rise");
                *version = view.version;
                if view.sid == *sid {
                    continue;
                }
                if view.state == lianxian_model::link::ParticipantState::Disconnected {
                    believes.remove(&view.identity);
                } else {
                    let tracks = view.tracks.into_iter().map(|track| track.sid).collect();
                    believes.insert(view.identity, tracks);
                }
            }
        }
        believes
    }

    pub fn receives(&self, sid: &ParticipantSid) -> BTreeSet<TrackSid> {
        self.sent.get(sid).into_iter().flatten().map(|downstream| downstream.track.clone()).collect()
    }
}

pub(super) fn guest(identity: &str, rights: LinkRights) -> Whom {
    Whom::Guest(Box::new(Guest {
        key: "k".into(),
        purpose: "test".into(),
        room: "r".into(),
        identity: identity.into(),
        name: format!("name of {identity}"),
        metadata: String::new(),
        attributes: BTreeMap::new(),
        rights,
    }))
}

pub(super) fn leave_of(
    notices: &[Notice],
) -> Option<(lianxian_model::link::LeaveReason, lianxian_model::link::LeaveAction)> {
    notices.iter().find_map(|notice| match notice {
        Notice::Leave { reason, action } => Some((*reason, *action)),
        _ => None,
    })
}
