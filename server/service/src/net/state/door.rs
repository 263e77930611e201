//! Coming in: one opening of a seat at a time, the fact first, then everyone who may see the newcomer.

use super::super::jobs::{MediaJob, RecordJob};
use super::super::limits;
use super::super::setup::{Guest, Join, JoinError, Manner, Whom};
use super::participant::{Participant, Permit, Revisions};
use super::{Effect, Room, RoomKey, Seat, State, room_name};
use crate::ports::media::OpenParticipant;
use crate::ports::record::{ConferenceJoined, Enrolment, LinkOpened, LinkOwner, LinkProfile, RecordError};
use lianxian_model::ids::{EndpointId, ParticipantSid, RoomSid, SessionId};
use lianxian_model::link::{Joined, LinkEnd, LinkRights, Notice, ParticipantView, RoomView};
use lianxian_model::time::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// One who waits at the door, with the ticket by which the answer finds it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub ticket: u64,
    pub join: Join,
}

/// A participant whose coming in is being put on record.
#[derive(Debug)]
pub(super) struct Opening {
    seat: Seat,
    ticket: u64,
    join: Join,
    /// It was told to end before it was in.
    pub doomed: Option<LinkEnd>,
    /// Rights that were set meanwhile.
    pub rights: Option<LinkRights>,
}

impl Opening {
    pub(super) fn is_of(&self, endpoint: &EndpointId) -> bool {
        matches!(&self.join.whom, Whom::Endpoint(id, _) if id == endpoint)
    }
}

/// What the record said of a newcomer.
pub(super) enum Opened {
    Endpoint(LinkProfile),
    Conference(SessionId),
}

/// The seat that someone asks for.
pub(super) fn seat_of(whom: &Whom) -> Seat {
    match whom {
        Whom::Endpoint(endpoint, _) => Seat { room: RoomKey::Net, identity: endpoint.0.clone() },
        Whom::Guest(guest) => Seat {
            room: RoomKey::Plain { key: guest.key.clone(), room: guest.room.clone() },
            identity: guest.identity.clone(),
        },
    }
}

pub(super) fn enrolment_of(whom: &Whom) -> Option<&Enrolment> {
    match whom {
        Whom::Endpoint(_, enrolment) => enrolment.as_ref(),
        Whom::Guest(_) => None,
    }
}

impl State {
    /// Someone is at the door. The answer is an `Admit` or a `Refuse` with the ticket.
    pub(in super::super) fn join(&mut self, ticket: u64, join: Join, now: Millis) {
        self.now = now;
        if self.stopping {
            return self.refuse_join(ticket, JoinError::Unavailable("the server stops".into()));
        }
        if let Whom::Guest(guest) = &join.whom
            && let Err(refusal) = check_guest(guest)
        {
            return self.refuse_join(ticket, refusal);
        }
        if let Some(sid) = join.resume.clone() {
            return self.resume(ticket, join, sid);
        }
        if self.people.len() + self.opening.len() >= limits::LINKS {
            let limit = JoinError::Limit { limit: "links", value: limits::LINKS as u64 };
            return self.refuse_join(ticket, limit);
        }
        let seat = seat_of(&join.whom);
        if let Some(full) = self.full
            && self.is_new_viewer(&seat, &join)
        {
            self.counters.media_full_refusals += 1;
            return self.refuse_join(ticket, JoinError::MediaFull(full));
        }
        match self.doors.get_mut(&seat) {
            Some(waiting) if waiting.len() >= limits::WAITING_AT_DOOR => {
                let limit = JoinError::Limit { limit: "waiting_at_door", value: limits::WAITING_AT_DOOR as u64 };
                self.refuse_join(ticket, limit);
            }
            Some(waiting) => waiting.push(Waiting { ticket, join }),
            None => {
                self.doors.insert(seat.clone(), Vec::new());
                self.open(seat, Waiting { ticket, join });
            }
        }
    }

    /// Whether someone comes to receive who did not before. Endpoints of the net bring their links alone: what they may
    /// receive is decided where a session is opened.
    fn is_new_viewer(&self, seat: &Seat, join: &Join) -> bool {
        let is_seated = self.rooms.get(&seat.room).is_some_and(|room| room.seats.contains_key(&seat.identity));
        let receives = match (&join.whom, join.manner) {
            (_, Manner::Playing) => true,
            (Whom::Guest(guest), Manner::Socket) => guest.rights.may_subscribe,
            (Whom::Endpoint(..), Manner::Socket) | (_, Manner::Publishing) => false,
        };
        receives && !is_seated && !self.expected.contains_key(seat)
    }

    fn open(&mut self, seat: Seat, Waiting { ticket, join }: Waiting) {
        if join.manner != Manner::Socket && self.is_in_use(&seat) {
            self.refuse_join(ticket, JoinError::InUse);
            return self.next_at_door(seat);
        }
        let sid = ParticipantSid(self.id("PA_"));
        let job = match &join.whom {
            Whom::Endpoint(endpoint, enrolment) => RecordJob::OpenEndpoint(LinkOpened {
                endpoint: endpoint.clone(),
                enrolment: enrolment.clone(),
                participant: sid.clone(),
                client: join.client.clone(),
                ip: join.ip.clone(),
            }),
            Whom::Guest(guest) => RecordJob::OpenConference(ConferenceJoined {
                key: guest.key.clone(),
                purpose: guest.purpose.clone(),
                room: guest.room.clone(),
                identity: guest.identity.clone(),
                name: guest.name.clone(),
                participant: sid.clone(),
                client: join.client.clone(),
                ip: join.ip.clone(),
            }),
        };
        self.opening.insert(sid.clone(), Opening { seat, ticket, join, doomed: None, rights: None });
        self.record(&sid, job);
    }

    /// The record has answered about a newcomer.
    pub(super) fn opened(&mut self, sid: &ParticipantSid, opened: Result<Opened, RecordError>) {
        let Some(opening) = self.opening.remove(sid) else { return };
        let seat = opening.seat.clone();
        match opened {
            Ok(opened) => self.admit(sid, opening, opened),
            Err(error) => {
                let refusal = match error {
                    RecordError::Refused(why) => JoinError::Refused(why),
                    RecordError::Unavailable(why) => JoinError::Unavailable(why),
                };
                self.refuse_join(opening.ticket, refusal);
                self.effects.push(Effect::Forget { participant: sid.clone() });
            }
        }
        self.next_at_door(seat);
    }

    /// Whether somebody speaks for the seat. One whose link is lost, or whose media ended, only waits to be given up.
    fn is_in_use(&self, seat: &Seat) -> bool {
        let seated = self.rooms.get(&seat.room).and_then(|room| room.seats.get(&seat.identity));
        let person = seated.and_then(|sid| self.people.get(sid));
        person.is_some_and(|person| person.link.is_some() && person.broken_at.is_none())
    }

    fn next_at_door(&mut self, seat: Seat) {
        let Some(waiting) = self.doors.get_mut(&seat) else { return };
        if waiting.is_empty() {
            self.doors.remove(&seat);
        } else {
            let next = waiting.remove(0);
            self.open(seat, next);
        }
    }

    fn admit(&mut self, sid: &ParticipantSid, opening: Opening, opened: Opened) {
        let Opening { seat, ticket, join, doomed, rights } = opening;
        let enrolment = enrolment_of(&join.whom).cloned();
        let (owner, profile, metadata) = match (opened, join.whom) {
            (Opened::Endpoint(profile), Whom::Endpoint(endpoint, _)) => {
                (LinkOwner::Endpoint(endpoint), profile, String::new())
            }
            (Opened::Conference(session), Whom::Guest(guest)) => {
                let owner = LinkOwner::Conference { session, identity: guest.identity };
                let profile = LinkProfile { name: guest.name, attributes: guest.attributes, rights: guest.rights };
                (owner, profile, guest.metadata)
            }
            // The record answers what it was asked.
            (Opened::Endpoint(_), Whom::Guest(_)) | (Opened::Conference(_), Whom::Endpoint(..)) => {
                return self.refuse_join(ticket, JoinError::Unavailable("the record answered something else".into()));
            }
        };
        if let Some(end) = doomed {
            let refusal = match end {
                LinkEnd::Shutdown => JoinError::Unavailable("the server stops".into()),
                _ => JoinError::Refused("the right to be here was withdrawn".into()),
            };
            self.refuse_join(ticket, refusal);
            self.record(sid, RecordJob::Closed { owner, cause: end });
            self.effects.push(Effect::Forget { participant: sid.clone() });
            return;
        }
        let former = self.rooms.get(&seat.room).and_then(|room| room.seats.get(&seat.identity)).cloned();
        if let Some(former) = former {
            // Told before the newcomer is: clients know participants by identity.
            self.end(&former, LinkEnd::Duplicate);
        }
        if !self.rooms.contains_key(&seat.room) {
            let room = Room { sid: RoomSid(self.id("RM_")), created_at: self.now, seats: BTreeMap::new() };
            self.rooms.insert(seat.room.clone(), room);
        }
        if let Some(room) = self.rooms.get_mut(&seat.room) {
            room.seats.insert(seat.identity.clone(), sid.clone());
        }
        let revision = self.number();
        let link = self.number();
        let person = Participant {
            sid: sid.clone(),
            seat,
            enrolment,
            owner,
            name: profile.name,
            metadata,
            attributes: profile.attributes,
            rights: rights.unwrap_or(profile.rights),
            client: join.client,
            manner: join.manner,
            ip: join.ip,
            joined_at: self.now,
            active: false,
            link: Some(link),
            lost_at: None,
            up: [false; 2],
            broken_at: None,
            tracks: BTreeMap::new(),
            recorded: BTreeSet::new(),
            revisions: Revisions { person: revision, video: revision, audio: revision },
            told: BTreeMap::new(),
            version: 0,
            choice: HashMap::new(),
            settings: HashMap::new(),
            subscriptions: BTreeMap::new(),
            forbidden: BTreeSet::new(),
            over_limit: BTreeSet::new(),
            permit: Permit::default(),
            missed: Vec::new(),
            last_data_sequence: 0,
            speaking: BTreeMap::new(),
            quality: None,
            told_quality: BTreeMap::new(),
            refusals: HashSet::new(),
        };
        let (may_publish, manner) = (person.rights.may_publish.any(), person.manner);
        self.people.insert(sid.clone(), person);
        self.counters.joins += 1;
        self.effects.push(Effect::Admit { ticket, participant: sid.clone(), link });
        let joined = self.joined(sid);
        if let Some(joined) = joined {
            self.tell(sid, Notice::Joined(Box::new(joined)));
        }
        // What it may receive of those who were here before it.
        self.resubscribe_all(sid);
        // Data comes to everyone over the subscriber's connection, so everyone with a socket has one; what may be received
        // over it is decided by the downstreams alone.
        let may_subscribe = manner != Manner::Publishing;
        let open = OpenParticipant { participant: sid.clone(), may_publish, may_subscribe };
        self.media(sid, MediaJob::Open(open));
        self.changed(sid);
    }

    /// What a newcomer is told first.
    fn joined(&mut self, sid: &ParticipantSid) -> Option<Joined> {
        let others: Vec<ParticipantView> =
            self.visible_to(sid).iter().filter_map(|publisher| self.look(sid, publisher)).collect();
        let person = self.people.get_mut(sid)?;
        let version = person.next_version();
        let participant = person.view(true, true, true, version);
        let publishers = others.iter().filter(|view| view.publishing).count();
        let key = &self.people.get(sid)?.seat.room;
        let room = self.rooms.get(key)?;
        let room = RoomView {
            sid: room.sid.clone(),
            name: room_name(key).to_owned(),
            metadata: String::new(),
            created_at: room.created_at,
            participants: u32::try_from(others.len() + 1).unwrap_or(u32::MAX),
            publishers: u32::try_from(publishers).unwrap_or(u32::MAX),
        };
        Some(Joined { room, participant, others })
    }

    pub(super) fn refuse_join(&mut self, ticket: u64, error: JoinError) {
        self.counters.refused_joins += 1;
        self.effects.push(Effect::Refuse { ticket, error });
    }
}

fn check_guest(guest: &Guest) -> Result<(), JoinError> {
    let limit = |limit, value: usize| Err(JoinError::Limit { limit, value: value as u64 });
    if guest.name.len() > limits::NAME_BYTES
        || guest.identity.len() > limits::NAME_BYTES
        || guest.room.len() > limits::NAME_BYTES
    {
        return limit("name_bytes", limits::NAME_BYTES);
    }
    if guest.metadata.len() > limits::METADATA_BYTES {
        return limit("metadata_bytes", limits::METADATA_BYTES);
    }
    if super::profile::bytes_of(&guest.attributes) > limits::ATTRIBUTES_BYTES {
        return limit("attributes_bytes", limits::ATTRIBUTES_BYTES);
    }
    if guest.identity.is_empty() {
        return Err(JoinError::Refused("the token names nobody".into()));
    }
    Ok(())
}
