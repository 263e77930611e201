//! What a participant says of itself, and what it may do, while it is linked.

use super::super::jobs::MediaJob;
use super::super::limits;
use super::State;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{LinkRights, Notice, RequestOutcome, RequestSubject};
use std::collections::BTreeMap;

pub(super) fn bytes_of(attributes: &BTreeMap<String, String>) -> usize {
    attributes.iter().map(|(name, value)| name.len() + value.len()).sum()
}

impl State {
    pub(super) fn update_metadata(
        &mut self,
        sid: &ParticipantSid,
        request_id: u32,
        name: String,
        metadata: String,
        attributes: BTreeMap<String, String>,
    ) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        let answer = |outcome, message: String| Notice::RequestAnswer {
            request_id,
            outcome,
            message,
            subject: RequestSubject::Id,
        };
        if !person.rights.may_update_metadata {
            self.refuse(sid, "update_metadata", String::new());
            let message = "no right to change one's own name, metadata or attributes".to_owned();
            return self.tell(sid, answer(RequestOutcome::NotAllowed, message));
        }
        let mut merged = person.attributes.clone();
        for (attribute, value) in attributes {
            if value.is_empty() {
                merged.remove(&attribute);
            } else {
                merged.insert(attribute, value);
            }
        }
        let over = [
            ("name_bytes", name.len(), limits::NAME_BYTES),
            ("metadata_bytes", metadata.len(), limits::METADATA_BYTES),
            ("attributes_bytes", bytes_of(&merged), limits::ATTRIBUTES_BYTES),
        ];
        if let Some((limit, value, most)) = over.into_iter().find(|(_, value, most)| value > most) {
            let message = format!("{value} bytes; the limit {limit} is {most}");
            return self.tell(sid, answer(RequestOutcome::LimitExceeded, message));
        }
        if !name.is_empty() {
            person.name = name;
        }
        if !metadata.is_empty() {
            person.metadata = metadata;
        }
        person.attributes = merged;
        person.revisions.person = revision;
        self.changed(sid);
        self.tell_self(sid);
        self.tell(sid, answer(RequestOutcome::Ok, String::new()));
    }

    /// The link may do this from now on; what it publishes beyond it ends.
    pub(super) fn apply_rights(&mut self, sid: &ParticipantSid, rights: LinkRights) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        if person.rights == rights {
            return;
        }
        let former = std::mem::replace(&mut person.rights, rights);
        person.revisions.person = revision;
        let forbidden: Vec<TrackSid> = person
            .tracks
            .iter()
            .filter(|(_, track)| !rights.may_publish.allows(track.view.source))
            .map(|(track, _)| track.clone())
            .collect();
        let refresh = Notice::RefreshToken {
            rights,
            name: person.name.clone(),
            metadata: person.metadata.clone(),
            attributes: person.attributes.clone(),
        };
        for track in forbidden {
            self.unpublish(sid, &track, true);
        }
        if former.may_publish.any() != rights.may_publish.any() {
            self.media(sid, MediaJob::MayPublish(rights.may_publish.any()));
        }
        self.tell_self(sid);
        self.tell(sid, refresh);
        self.resubscribe_all(sid);
        self.changed(sid);
    }
}
