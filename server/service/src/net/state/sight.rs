//! Who sees whom: in the net by grants alone, in a plain room everyone but the hidden. Each viewer is told what changed
//! for it, and nothing of what it may not know.

use super::grants::Sight;
use super::participant::{Participant, Told};
use super::resuming::gone;
use super::{RoomKey, State, endpoint_of};
use crate::ports::record::LinkOwner;
use lianxian_model::ids::{EndpointId, ParticipantSid};
use lianxian_model::link::{Notice, ParticipantView};
use std::collections::BTreeMap;

impl State {
    /// What the viewer may receive of the publisher; none: it may not even know that there is one.
    pub(super) fn sight(&self, viewer: &Participant, publisher: &Participant) -> Option<Sight> {
        if viewer.sid == publisher.sid || viewer.seat.room != publisher.seat.room {
            return None;
        }
        match (&publisher.owner, &viewer.owner) {
            (LinkOwner::Endpoint(publisher), LinkOwner::Endpoint(viewer)) => self.grants.sight(publisher, viewer),
            (LinkOwner::Conference { .. }, LinkOwner::Conference { session, .. }) => {
                (!publisher.rights.hidden).then(|| Sight::all(session.clone()))
            }
            _ => None,
        }
    }

    /// Who may see the participant, or was told of it.
    pub(super) fn audience(&self, publisher: &Participant) -> Vec<ParticipantSid> {
        let Some(room) = self.rooms.get(&publisher.seat.room) else { return Vec::new() };
        match endpoint_of(publisher) {
            Some(endpoint) => {
                let seated = |id: &EndpointId| room.seats.get(id.as_str()).cloned();
                self.grants.subscribers_of(endpoint).filter_map(seated).collect()
            }
            None => room.seats.values().filter(|sid| **sid != publisher.sid).cloned().collect(),
        }
    }

    /// Whom the participant may see.
    pub(super) fn visible_to(&self, viewer: &ParticipantSid) -> Vec<ParticipantSid> {
        let Some(viewer) = self.people.get(viewer) else { return Vec::new() };
        let Some(room) = self.rooms.get(&viewer.seat.room) else { return Vec::new() };
        let candidates: Vec<&ParticipantSid> = match (&viewer.seat.room, endpoint_of(viewer)) {
            (RoomKey::Net, Some(endpoint)) => {
                let seated = |id: &EndpointId| room.seats.get(id.as_str());
                self.grants.publishers_for(endpoint).filter_map(seated).collect()
            }
            _ => room.seats.values().collect(),
        };
        let seen = |sid: &&ParticipantSid| {
            self.people.get(*sid).is_some_and(|publisher| self.sight(viewer, publisher).is_some())
        };
        candidates.into_iter().filter(seen).cloned().collect()
    }

    /// Something about a participant changed: everyone who may see it is looked after at the end of the round.
    pub(super) fn changed(&mut self, publisher: &ParticipantSid) {
        let Some(person) = self.people.get(publisher) else { return };
        for viewer in self.audience(person) {
            self.stale_sight.insert((viewer, publisher.clone()));
        }
    }

    /// The publisher as the viewer is to be told of it now, if that differs from what it was told last.
    pub(super) fn look(&mut self, viewer: &ParticipantSid, publisher: &ParticipantSid) -> Option<ParticipantView> {
        let watching = self.people.get(viewer)?;
        let seen = self.people.get(publisher).and_then(|person| Some((person, self.sight(watching, person)?)));
        let told = seen.as_ref().map(|(person, sight)| Told {
            person: person.revisions.person,
            video: (!sight.video.is_empty()).then_some(person.revisions.video),
            audio: (!sight.audio.is_empty()).then_some(person.revisions.audio),
            identity: person.seat.identity.clone(),
        });
        if told.as_ref() == watching.told.get(publisher) {
            return None;
        }
        let version = watching.version.saturating_add(1);
        let view = match (&seen, &told) {
            (Some((person, _)), Some(told)) => person.view(told.video.is_some(), told.audio.is_some(), false, version),
            _ => gone(publisher.clone(), &watching.told.get(publisher)?.identity, version, None),
        };
        let watching = self.people.get_mut(viewer)?;
        watching.version = version;
        match told {
            Some(told) => {
                watching.told.insert(publisher.clone(), told);
            }
            None => {
                watching.told.remove(publisher);
                watching.speaking.remove(publisher);
                watching.told_quality.remove(publisher);
            }
        }
        Some(view)
    }

    /// Tells a participant how it stands itself.
    pub(super) fn tell_self(&mut self, sid: &ParticipantSid) {
        let view = self.own_view(sid);
        self.tell(sid, Notice::Participants(view.into_iter().collect()));
    }

    pub(super) fn own_view(&mut self, sid: &ParticipantSid) -> Option<ParticipantView> {
        let person = self.people.get_mut(sid)?;
        let version = person.next_version();
        Some(person.view(true, true, true, version))
    }

    /// Whether the viewer has been told of the publisher's tracks of this kind.
    pub(super) fn knows(&self, viewer: &Participant, publisher: &ParticipantSid, audio: bool) -> bool {
        viewer.told.get(publisher).is_some_and(|told| if audio { told.audio.is_some() } else { told.video.is_some() })
    }

    /// Ends a round: everyone is told what changed for them, and only then tracks are taken up or let go.
    pub(super) fn settle_round(&mut self) {
        while !self.stale_sight.is_empty() || !self.stale_subscriptions.is_empty() {
            let mut views: BTreeMap<ParticipantSid, Vec<ParticipantView>> = BTreeMap::new();
            for (viewer, publisher) in std::mem::take(&mut self.stale_sight) {
                let Some(watching) = self.people.get(&viewer) else { continue };
                // Who is away is told everything when it comes back.
                if watching.link.is_some()
                    && let Some(view) = self.look(&viewer, &publisher)
                {
                    views.entry(viewer.clone()).or_default().push(view);
                }
                self.stale_subscriptions.insert((viewer, publisher));
            }
            for (viewer, views) in views {
                self.tell(&viewer, Notice::Participants(views));
            }
            self.resubscribe();
        }
        self.settled = None;
    }
}
