//! Publishing: announced, offered, heard for the first time, on record, shown; and the way back.
//!
//! A track is shown from its first packet on until it is unpublished, whether or not packets come meanwhile: a station
//! that nobody watches is told to send nothing, and is on air all the same.

use super::super::jobs::{MediaJob, RecordJob};
use super::super::limits;
use super::State;
use super::participant::{Published, Start};
use crate::ports::record::TrackStarted;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{AddTrack, Notice, RequestOutcome, RequestSubject, TrackView};
use lianxian_model::media::{AnnouncedTrack, Codec, PublisherAnswer, Quality, TrackKind, TrackSource, TrackSummary};

/// Encodings, codecs and features that one track may name.
const MAX_NAMED: usize = 16;

/// The kind that a source must have: rights are given by source, grants by kind.
fn fits(kind: TrackKind, source: TrackSource) -> bool {
    match source {
        TrackSource::Camera | TrackSource::ScreenShare => kind == TrackKind::Video,
        TrackSource::Microphone | TrackSource::ScreenShareAudio => kind == TrackKind::Audio,
        TrackSource::Unknown => true,
    }
}

impl State {
    pub(super) fn add_track(&mut self, sid: &ParticipantSid, add: AddTrack) {
        let Some(person) = self.people.get(sid) else { return };
        let known = person.tracks.values().find(|t| t.view.cid == add.cid && t.view.mid.is_empty());
        if let Some(known) = known {
            // Asked again before it was offered: the same answer.
            let track = known.view.clone();
            return self.tell(sid, Notice::TrackPublished { cid: add.cid, track });
        }
        let about = &add.about;
        let too_much = [about.layers.len(), about.codecs.len(), about.audio_features.len()]
            .into_iter()
            .chain([about.packet_trailer_features.len()])
            .any(|count| count > MAX_NAMED)
            || [&add.cid, &about.name, &about.stream]
                .into_iter()
                .chain(about.codecs.iter().flat_map(|(codec, cid)| [codec, cid]))
                .any(|text| text.len() > limits::TRACK_TEXT_BYTES)
            || about.layers.iter().any(|layer| layer.rid.len() > limits::RID_BYTES);
        let refusal = if !fits(add.kind, add.source) || too_much {
            Some((RequestOutcome::InvalidRequest, "a track that makes no sense".to_owned()))
        } else if !person.rights.may_publish.allows(add.source) {
            Some((RequestOutcome::NotAllowed, "no right to publish this source".to_owned()))
        } else if person.tracks.len() >= limits::TRACKS_PER_LINK {
            let limit = limits::TRACKS_PER_LINK;
            Some((RequestOutcome::LimitExceeded, format!("the limit tracks_per_link is {limit}")))
        } else {
            None
        };
        if let Some((outcome, message)) = refusal {
            self.refuse(sid, "publish", format!("{:?} {:?}: {message}", add.source, add.kind).to_lowercase());
            let subject =
                RequestSubject::AddTrack { cid: add.cid, name: add.about.name, kind: add.kind, source: add.source };
            return self.tell(sid, Notice::RequestAnswer { request_id: 0, outcome, message, subject });
        }
        let track = TrackSid(self.id("TR_"));
        let view = TrackView {
            sid: track.clone(),
            kind: add.kind,
            source: add.source,
            about: add.about,
            mid: String::new(),
            codec: None,
            cid: add.cid.clone(),
        };
        let published =
            Published { view: view.clone(), announced_at: self.now, start: Start::Awaited, taken: false, wanted: None };
        let muted = view.about.muted;
        let Some(person) = self.people.get_mut(sid) else { return };
        person.tracks.insert(track.clone(), published);
        self.publishers.insert(track.clone(), sid.clone());
        if muted {
            self.media(sid, MediaJob::Muted { track, muted });
        }
        self.tell(sid, Notice::TrackPublished { cid: add.cid, track: view });
    }

    pub(super) fn publisher_offer(&mut self, sid: &ParticipantSid, id: u32, sdp: String) {
        let Some(person) = self.people.get(sid) else { return };
        let announced = person
            .tracks
            .values()
            .map(|track| AnnouncedTrack {
                sid: track.view.sid.clone(),
                cid: track.view.cid.clone(),
                kind: track.view.kind,
                source: track.view.source,
                layers: track.view.about.layers.clone(),
                redundant: !track.view.about.disable_red,
            })
            .collect();
        self.media(sid, MediaJob::PublisherOffer { id, sdp, announced });
    }

    /// The media plane has answered the client's offer.
    pub(super) fn answered(&mut self, sid: &ParticipantSid, id: u32, answer: PublisherAnswer) {
        let mut muted = Vec::new();
        if let Some(person) = self.people.get_mut(sid) {
            for (track, mid) in answer.bound {
                if let Some(published) = person.tracks.get_mut(&track) {
                    published.view.mid = mid;
                    if published.view.about.muted {
                        muted.push(track);
                    }
                }
            }
        }
        self.tell(sid, Notice::PublisherAnswer { id, sdp: answer.sdp });
        for track in muted {
            self.media(sid, MediaJob::Muted { track, muted: true });
        }
        for track in answer.removed {
            self.unpublish(sid, &track, true);
        }
    }

    /// The first packet came: the fact goes on record, and then the track is shown.
    pub(super) fn track_started(&mut self, sid: &ParticipantSid, track: &TrackSid, mid: String, codec: Codec) {
        let Some(person) = self.people.get_mut(sid) else { return };
        let Some(published) = person.tracks.get_mut(track) else { return };
        published.view.mid = mid;
        published.view.codec = Some(codec);
        if published.start != Start::Awaited {
            return;
        }
        published.start = Start::Committing;
        let started = TrackStarted {
            owner: person.owner.clone(),
            participant: sid.clone(),
            track: track.clone(),
            name: published.view.about.name.clone(),
            kind: published.view.kind,
            source: published.view.source,
            codec,
        };
        person.recorded.insert(track.clone());
        self.record(sid, RecordJob::TrackStarted(started));
    }

    pub(super) fn track_recorded(&mut self, sid: &ParticipantSid, track: &TrackSid) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        let Some(published) = person.tracks.get_mut(track).filter(|t| t.start == Start::Committing) else { return };
        published.start = Start::Recorded;
        *person.revisions.of(published.view.kind) = revision;
        self.changed(sid);
        self.tell_wanted(sid, track);
    }

    /// The media plane has let a track go, and says what it measured.
    pub(super) fn track_ended(&mut self, sid: &ParticipantSid, track: &TrackSid, summary: TrackSummary) {
        if !self.people.contains_key(sid) {
            return self.summed_up(sid, track, summary);
        }
        self.unpublish(sid, track, true);
        if self.people.get_mut(sid).is_some_and(|person| person.recorded.remove(track)) {
            self.record(sid, RecordJob::TrackEnded(track.clone(), summary));
        }
    }

    /// Takes a track away from everyone. Its end goes on record when the media plane has summed it up.
    pub(super) fn unpublish(&mut self, sid: &ParticipantSid, track: &TrackSid, tell: bool) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        let Some(published) = person.tracks.remove(track) else { return };
        if published.shown() {
            *person.revisions.of(published.view.kind) = revision;
        }
        self.publishers.remove(track);
        self.changed(sid);
        if tell {
            self.tell(sid, Notice::TrackUnpublished { track: track.clone() });
        }
    }

    /// Tracks that were announced and never offered.
    pub(super) fn forget_announced(&mut self) {
        let now = self.now.0;
        let mut forgotten: Vec<(ParticipantSid, TrackSid)> = Vec::new();
        for (sid, person) in &self.people {
            for (track, published) in &person.tracks {
                let old = now - published.announced_at.0 >= limits::ANNOUNCED_MS;
                if old && published.view.mid.is_empty() && published.start == Start::Awaited {
                    forgotten.push((sid.clone(), track.clone()));
                }
            }
        }
        for (sid, track) in forgotten {
            self.unpublish(&sid, &track, true);
        }
    }

    pub(super) fn mute(&mut self, sid: &ParticipantSid, track: TrackSid, muted: bool) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        let Some(published) = person.tracks.get_mut(&track) else {
            let subject = RequestSubject::Mute { track, muted };
            let message = "no such track of yours".to_owned();
            let outcome = RequestOutcome::NotFound;
            return self.tell(sid, Notice::RequestAnswer { request_id: 0, outcome, message, subject });
        };
        if published.view.about.muted == muted {
            return;
        }
        published.view.about.muted = muted;
        let shown = published.shown();
        let kind = published.view.kind;
        self.media(sid, MediaJob::Muted { track, muted });
        if shown {
            if let Some(person) = self.people.get_mut(sid) {
                *person.revisions.of(kind) = revision;
            }
            self.changed(sid);
        }
    }

    /// Changes what a track says of itself.
    pub(super) fn describe(&mut self, sid: &ParticipantSid, track: &TrackSid, change: impl FnOnce(&mut TrackView)) {
        let revision = self.number();
        let Some(person) = self.people.get_mut(sid) else { return };
        let Some(published) = person.tracks.get_mut(track) else { return };
        let before = published.view.clone();
        change(&mut published.view);
        if published.view != before && published.shown() {
            *person.revisions.of(before.kind) = revision;
            self.changed(sid);
        }
    }

    /// Which qualities of a track anyone takes (low, medium, high).
    pub(super) fn wanted(&mut self, sid: &ParticipantSid, track: &TrackSid, codec: Option<Codec>, wanted: [bool; 3]) {
        let Some(person) = self.people.get_mut(sid) else { return };
        let Some(published) = person.tracks.get_mut(track) else { return };
        published.wanted = Some((codec, wanted));
        self.tell_wanted(sid, track);
    }

    /// Tells a publisher what is wanted of its track, if that is known.
    pub(super) fn tell_wanted(&mut self, sid: &ParticipantSid, track: &TrackSid) {
        let published = self.people.get(sid).and_then(|person| person.tracks.get(track));
        let Some(published) = published.filter(|published| published.shown()) else { return };
        let Some((codec, [low, medium, high])) = published.wanted else { return };
        let codec = codec.or(published.view.codec);
        let wanted = vec![(Quality::Low, low), (Quality::Medium, medium), (Quality::High, high)];
        self.tell(sid, Notice::WantedQualities { track: track.clone(), codec, wanted });
    }
}
