//! Coming back: the same participant on a new socket, told everything again.

use super::super::jobs::{MediaJob, RecordJob};
use super::super::setup::{Join, JoinError, Whom};
use super::door::{enrolment_of, seat_of};
use super::{Effect, State};
use crate::ports::record::{LinkProfile, RecordError};
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{LinkEnd, LinkRights, Notice, ParticipantState, ParticipantView, SpeakerView};
use lianxian_model::media::TrackSettings;

/// One who comes back, while the record is asked what it may do now.
#[derive(Debug)]
pub(super) struct Resuming {
    ticket: u64,
    join: Join,
}

impl Resuming {
    pub(super) fn ticket(&self) -> u64 {
        self.ticket
    }
}

impl State {
    pub(super) fn resume(&mut self, ticket: u64, join: Join, sid: ParticipantSid) {
        // A device that was replaced is not the one that sits there now.
        let same = self.people.get(&sid).is_some_and(|person| {
            person.seat == seat_of(&join.whom) && person.enrolment.as_ref() == enrolment_of(&join.whom)
        });
        if !same {
            return self.refuse_join(ticket, JoinError::NoResume);
        }
        if self.people.get(&sid).is_some_and(|person| person.broken_at.is_some()) {
            // It would come back to a picture that cannot: better at once as someone new.
            self.counters.media_lost += 1;
            self.end(&sid, LinkEnd::MediaLost);
            return self.refuse_join(ticket, JoinError::NoResume);
        }
        match join.whom.clone() {
            Whom::Endpoint(endpoint, enrolment) => {
                if let Some(earlier) = self.resuming.insert(sid.clone(), Resuming { ticket, join }) {
                    // The answer that is on its way serves the one who came last.
                    return self.refuse_join(earlier.ticket, JoinError::NoResume);
                }
                self.record(&sid, RecordJob::Rights(endpoint, enrolment));
            }
            Whom::Guest(guest) => self.reattach(&sid, ticket, join, guest.rights),
        }
    }

    /// The record has said what one who comes back may do.
    pub(super) fn resumed(&mut self, sid: &ParticipantSid, profile: Result<LinkProfile, RecordError>) {
        let Some(Resuming { ticket, join }) = self.resuming.remove(sid) else { return };
        match profile {
            Ok(profile) => self.reattach(sid, ticket, join, profile.rights),
            Err(RecordError::Refused(why)) => {
                self.refuse_join(ticket, JoinError::Refused(why));
                self.end(sid, LinkEnd::Revoked);
            }
            Err(RecordError::Unavailable(why)) => self.refuse_join(ticket, JoinError::Unavailable(why)),
        }
    }

    fn reattach(&mut self, sid: &ParticipantSid, ticket: u64, join: Join, rights: LinkRights) {
        let link = self.number();
        let Some(person) = self.people.get_mut(sid) else {
            return self.refuse_join(ticket, JoinError::NoResume);
        };
        person.link = Some(link);
        person.lost_at = None;
        person.ip = join.ip;
        person.told_quality.clear();
        person.speaking.clear();
        let last_data_sequence = person.last_data_sequence;
        let missed = std::mem::take(&mut person.missed);
        // What was told before the break may have been lost with it: everything is told again.
        let former = std::mem::take(&mut person.told);
        self.counters.resumes += 1;
        self.effects.push(Effect::Admit { ticket, participant: sid.clone(), link });
        self.tell(sid, Notice::Resumed { last_data_sequence });
        let visible = self.visible_to(sid);
        // Whoever speaks is told of at the next look; of one who stopped meanwhile nothing else would tell.
        let silent = former.keys().filter(|publisher| visible.contains(publisher)).chain([sid]).cloned();
        let silent = silent.map(|participant| SpeakerView { participant, level: 0.0, active: false }).collect();
        let mut views: Vec<ParticipantView> = Vec::new();
        for (publisher, told) in former {
            if visible.contains(&publisher) {
                continue;
            }
            // Whoever sits there now under the same identity follows below.
            if let Some(person) = self.people.get_mut(sid) {
                let version = person.next_version();
                views.push(gone(publisher, &told.identity, version, None));
            }
        }
        views.extend(self.own_view(sid));
        views.extend(visible.iter().filter_map(|publisher| self.look(sid, publisher)));
        self.tell(sid, Notice::Participants(views));
        self.tell(sid, Notice::Speakers(silent));
        for notice in missed {
            self.tell(sid, notice);
        }
        // What is wanted of its tracks may have changed, or have been told to a socket that was dead already.
        let tracks: Vec<TrackSid> =
            self.people.get(sid).map(|person| person.tracks.keys().cloned().collect()).unwrap_or_default();
        for track in tracks {
            self.tell_wanted(sid, &track);
        }
        self.media(sid, MediaJob::RestartSubscriber);
        for publisher in visible {
            self.stale_subscriptions.insert((sid.clone(), publisher));
        }
        if let Some(person) = self.people.get(sid)
            && person.rights != rights
        {
            self.apply_rights(sid, rights);
        }
    }

    /// What a client that came back believes of its subscriptions.
    pub(super) fn sync(&mut self, sid: &ParticipantSid, tracks: Vec<TrackSid>, subscribe: bool, off: Vec<TrackSid>) {
        let live: Vec<TrackSid> = tracks.into_iter().filter(|track| self.publishers.contains_key(track)).collect();
        let off: Vec<TrackSid> = off.into_iter().filter(|track| self.publishers.contains_key(track)).collect();
        let Some(person) = self.people.get_mut(sid) else { return };
        person.choice = live.into_iter().map(|track| (track, subscribe)).collect();
        let mut changed = Vec::new();
        for track in off {
            let settings = TrackSettings { enabled: false, ..person.settings_of(&track) };
            person.settings.insert(track.clone(), settings);
            if person.subscriptions.get(&track).is_some_and(|subscription| subscription.sent) {
                changed.push((track, settings));
            }
        }
        for (track, settings) in changed {
            self.media(sid, MediaJob::Settings { track, settings });
        }
        self.resubscribe_all(sid);
    }
}

/// One who is there no more for a viewer.
pub(super) fn gone(sid: ParticipantSid, identity: &str, version: u32, end: Option<LinkEnd>) -> ParticipantView {
    ParticipantView {
        sid,
        identity: identity.to_owned(),
        name: String::new(),
        metadata: String::new(),
        attributes: std::collections::BTreeMap::new(),
        state: ParticipantState::Disconnected,
        tracks: Vec::new(),
        version,
        rights: LinkRights::default(),
        joined_at: lianxian_model::time::Millis(0),
        publishing: false,
        client_protocol: 0,
        end,
    }
}
