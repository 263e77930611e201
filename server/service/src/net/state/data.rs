//! Data messages go to whoever may see their sender, or to those of them that it names.

use super::super::jobs::MediaJob;
use super::super::setup::Manner;
use super::State;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::link::DataMessage;
use std::collections::HashSet;

impl State {
    pub(super) fn send_data(&mut self, sid: &ParticipantSid, message: DataMessage) {
        let Some(person) = self.people.get_mut(sid) else { return };
        if message.reliable {
            person.last_data_sequence = person.last_data_sequence.max(message.sequence);
        }
        let Some(person) = self.people.get(sid) else { return };
        if !person.rights.may_publish_data {
            self.counters.data_dropped += 1;
            return self.refuse(sid, "publish_data", String::new());
        }
        let named: HashSet<&str> = message.destinations.iter().map(String::as_str).collect();
        let hears = |viewer: &ParticipantSid| {
            // Who plays or publishes without a socket has no data channel, and what waits for one would end its link.
            let Some(other) = self.people.get(viewer).filter(|other| other.manner == Manner::Socket) else {
                return false;
            };
            // One who is not shown may still speak to those whom it sees.
            let meets =
                self.sight(other, person).is_some() || (person.rights.hidden && self.sight(person, other).is_some());
            meets
                && (named.is_empty() || named.contains(other.seat.identity.as_str()) || named.contains(viewer.as_str()))
        };
        let receivers: Vec<ParticipantSid> = self.audience(person).into_iter().filter(hears).collect();
        self.counters.data_routed += 1;
        for receiver in receivers {
            let job = MediaJob::Data { reliable: message.reliable, bytes: message.bytes.clone() };
            self.media(&receiver, job);
        }
    }
}
