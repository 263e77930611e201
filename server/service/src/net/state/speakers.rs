//! Who speaks, told to those who may hear them, whenever that changed: all who speak, and who does so no more. Some clients
//! keep what they were told and apply changes to it, others take what they are told for all there is.

use super::State;
use super::participant::Participant;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{Notice, SpeakerView};
use std::collections::BTreeMap;

/// Levels are told in this many steps, so that a voice does not make a message of every breath.
pub(super) const STEPS: u8 = 8;

/// Speakers that one viewer is told of at once: the loudest of those whom it may hear.
pub(super) const SPEAKERS_SHOWN: usize = 16;

impl State {
    /// The levels of the last interval; who is not in it is silent.
    pub(super) fn tell_speakers(&mut self, levels: &[(ParticipantSid, TrackSid, f32)]) {
        let mut loud: BTreeMap<ParticipantSid, u8> = BTreeMap::new();
        for (sid, track, level) in levels {
            let published = self.people.get(sid).and_then(|person| person.tracks.get(track));
            if !published.is_some_and(|published| published.shown() && !published.view.about.muted) {
                continue;
            }
            // A level that is no number reads as silence.
            let step = (level.clamp(0.0, 1.0) * f32::from(STEPS)).ceil() as u8;
            let loudest = loud.entry(sid.clone()).or_default();
            *loudest = (*loudest).max(step.min(STEPS));
        }
        loud.retain(|_, step| *step > 0);
        let mut news: Vec<(ParticipantSid, Vec<SpeakerView>)> = Vec::new();
        for (viewer, person) in &self.people {
            if person.link.is_none() || (loud.is_empty() && person.speaking.is_empty()) {
                continue;
            }
            let now = self.heard_by(viewer, person, &loud);
            if person.speaking.iter().eq(now.iter().map(|(sid, step)| (*sid, step))) {
                continue;
            }
            let speaks = |(sid, step): (&&ParticipantSid, &u8)| SpeakerView {
                participant: (*sid).clone(),
                level: f32::from(*step) / f32::from(STEPS),
                active: true,
            };
            let stopped = person.speaking.keys().filter(|sid| !now.contains_key(sid));
            let is_silent = |sid: &ParticipantSid| SpeakerView { participant: sid.clone(), level: 0.0, active: false };
            news.push((viewer.clone(), now.iter().map(speaks).chain(stopped.map(is_silent)).collect()));
        }
        for (viewer, views) in news {
            if let Some(person) = self.people.get_mut(&viewer) {
                for view in &views {
                    if view.active {
                        let step = (view.level * f32::from(STEPS)) as u8;
                        person.speaking.insert(view.participant.clone(), step);
                    } else {
                        person.speaking.remove(&view.participant);
                    }
                }
            }
            self.tell(&viewer, Notice::Speakers(views));
        }
    }

    /// Of those who speak, whom the viewer may hear: itself too, and of many the loudest.
    fn heard_by<'a>(
        &self,
        viewer: &ParticipantSid,
        person: &Participant,
        loud: &'a BTreeMap<ParticipantSid, u8>,
    ) -> BTreeMap<&'a ParticipantSid, u8> {
        // It knows of few, and of the whole house many may speak.
        let known = person.told.keys().chain([viewer]).filter_map(|sid| loud.get_key_value(sid));
        let hears = |(sid, _): &(&ParticipantSid, &u8)| *sid == viewer || self.knows(person, sid, true);
        let mut heard: Vec<(&ParticipantSid, u8)> = known.filter(hears).map(|(sid, step)| (sid, *step)).collect();
        if heard.len() > SPEAKERS_SHOWN {
            heard.sort_by(|(_, one), (_, other)| other.cmp(one));
            heard.truncate(SPEAKERS_SHOWN);
        }
        heard.into_iter().collect()
    }
}
