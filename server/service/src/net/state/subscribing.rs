//! What each participant receives: what it may see, wants and is permitted. A track is on record before it is sent.

use super::super::jobs::{MediaJob, RecordJob};
use super::super::limits;
use super::participant::{Participant, Permit, Subscription};
use super::{RoomKey, State};
use crate::ports::record::SubscriptionStarted;
use lianxian_model::ids::{ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::{Notice, TrackPermission};
use lianxian_model::media::{Downstream, TrackKind, TrackSettings};
use std::collections::{BTreeMap, BTreeSet};

/// What a viewer is to receive of one track, and by which sessions.
struct Due {
    kind: TrackKind,
    sessions: BTreeSet<SessionId>,
}

impl State {
    /// Looks after every pair that changed.
    pub(super) fn resubscribe(&mut self) {
        let mut by_viewer: BTreeMap<ParticipantSid, Vec<ParticipantSid>> = BTreeMap::new();
        for (viewer, publisher) in std::mem::take(&mut self.stale_subscriptions) {
            by_viewer.entry(viewer).or_default().push(publisher);
        }
        for (viewer, publishers) in by_viewer {
            self.resubscribe_viewer(&viewer, &publishers);
        }
    }

    /// Marks everything that a viewer could receive.
    pub(super) fn resubscribe_all(&mut self, viewer: &ParticipantSid) {
        let Some(person) = self.people.get(viewer) else { return };
        let of_subscriptions = person.subscriptions.values().map(|subscription| &subscription.publisher);
        for publisher in person.told.keys().chain(of_subscriptions) {
            self.stale_subscriptions.insert((viewer.clone(), publisher.clone()));
        }
    }

    /// What the viewer is to receive of the publisher, and which tracks it wants but is not permitted.
    fn due(&self, viewer: &Participant, publisher: &ParticipantSid) -> (BTreeMap<TrackSid, Due>, BTreeSet<TrackSid>) {
        let (mut due, mut forbidden) = (BTreeMap::new(), BTreeSet::new());
        let Some(person) = self.people.get(publisher) else { return (due, forbidden) };
        if !viewer.rights.may_subscribe || person.shown_tracks().next().is_none() {
            return (due, forbidden);
        }
        let Some(sight) = self.sight(viewer, person) else { return (due, forbidden) };
        for (sid, track) in person.shown_tracks() {
            let kind = track.view.kind;
            let sessions = match kind {
                TrackKind::Video => &sight.video,
                TrackKind::Audio => &sight.audio,
            };
            let wanted = viewer.choice.get(sid).copied().unwrap_or(viewer.client.auto_subscribe);
            if sessions.is_empty() || !wanted {
                continue;
            }
            if !person.permit.allows(viewer, sid) {
                forbidden.insert(sid.clone());
                continue;
            }
            // One who is away cannot be told of anything new, so it gets nothing new.
            if viewer.link.is_some() || viewer.subscriptions.contains_key(sid) {
                due.insert(sid.clone(), Due { kind, sessions: sessions.clone() });
            }
        }
        (due, forbidden)
    }

    fn resubscribe_viewer(&mut self, viewer: &ParticipantSid, publishers: &[ParticipantSid]) {
        let Some(mut person) = self.people.remove(viewer) else { return };
        let mut ended: Vec<TrackSid> = Vec::new();
        let mut started: Vec<(TrackSid, u64, SubscriptionStarted)> = Vec::new();
        let mut sent_changed = false;
        for publisher in publishers {
            let (due, forbidden) = self.due(&person, publisher);
            self.tell_permissions(&mut person, publisher, &forbidden);
            let let_go: Vec<TrackSid> = person
                .subscriptions
                .iter()
                .filter(|(track, subscription)| subscription.publisher == *publisher && !due.contains_key(*track))
                .map(|(track, _)| track.clone())
                .collect();
            for track in let_go {
                sent_changed |= person.subscriptions.remove(&track).is_some_and(|subscription| subscription.sent);
                ended.push(track);
            }
            for (track, due) in due {
                let Some(owner) = self.people.get(publisher).map(|publisher| publisher.owner.clone()) else { continue };
                let start = |sessions: &BTreeSet<SessionId>| SubscriptionStarted {
                    sessions: sessions.iter().cloned().collect(),
                    subscriber: person.owner.clone(),
                    subscriber_participant: viewer.clone(),
                    publisher: owner,
                    track: track.clone(),
                    kind: due.kind,
                };
                if let Some(held) = person.subscriptions.get_mut(&track)
                    && !held.sessions.is_disjoint(&due.sessions)
                {
                    if held.sessions == due.sessions {
                        continue;
                    }
                    if held.sessions.is_subset(&due.sessions) {
                        let gained: BTreeSet<SessionId> = due.sessions.difference(&held.sessions).cloned().collect();
                        started.push((track.clone(), held.number, start(&gained)));
                    } else {
                        // A session ended while another goes on: its interval ends, theirs begin anew.
                        self.effects.push(super::Effect::Record {
                            participant: viewer.clone(),
                            job: RecordJob::SubscriptionsEnded(vec![track.clone()]),
                        });
                        started.push((track.clone(), held.number, start(&due.sessions)));
                    }
                    held.sessions = due.sessions;
                    continue;
                }
                if let Some(held) = person.subscriptions.remove(&track) {
                    // None of the sessions that justified it holds any more: what follows is another subscription.
                    sent_changed |= held.sent;
                    ended.push(track.clone());
                } else if person.subscriptions.len() >= limits::SUBSCRIPTIONS_PER_LINK {
                    // Not sent, and not forgotten: the link itself is none the worse for it.
                    self.counters.subscriptions_over_limit += 1;
                    person.over_limit.insert(publisher.clone());
                    continue;
                }
                self.next_number += 1;
                let number = self.next_number;
                started.push((track.clone(), number, start(&due.sessions)));
                let subscription = Subscription {
                    number,
                    publisher: publisher.clone(),
                    sessions: due.sessions,
                    sent: false,
                    arrived: false,
                };
                person.subscriptions.insert(track, subscription);
            }
        }
        if !ended.is_empty() {
            let again = std::mem::take(&mut person.over_limit);
            self.stale_subscriptions.extend(again.into_iter().map(|publisher| (viewer.clone(), publisher)));
        }
        person.choice.retain(|track, _| self.publishers.contains_key(track));
        person.settings.retain(|track, _| self.publishers.contains_key(track));
        self.people.insert(viewer.clone(), person);
        if sent_changed {
            // Before anything is written: what may not be sent stops now.
            self.send_downstreams(viewer);
        }
        if !ended.is_empty() {
            self.record(viewer, RecordJob::SubscriptionsEnded(ended));
        }
        if !started.is_empty() {
            let numbers = started.iter().map(|(track, number, _)| (track.clone(), *number)).collect();
            let started = started.into_iter().map(|(_, _, started)| started).collect();
            self.record(viewer, RecordJob::SubscriptionsStarted { numbers, started });
        }
    }

    /// Tells the viewer which of the tracks that it wants it is not permitted, and which it is again.
    fn tell_permissions(
        &mut self,
        viewer: &mut Participant,
        publisher: &ParticipantSid,
        forbidden: &BTreeSet<TrackSid>,
    ) {
        // One who is away is told when it comes back: what is kept here is what it knows.
        if viewer.link.is_none() {
            return;
        }
        let of_publisher = |track: &TrackSid| self.publishers.get(track) == Some(publisher);
        let told: BTreeSet<TrackSid> = viewer.forbidden.iter().filter(|track| of_publisher(track)).cloned().collect();
        viewer.forbidden.retain(|track| self.publishers.contains_key(track));
        for (track, allowed) in
            told.difference(forbidden).map(|t| (t, true)).chain(forbidden.difference(&told).map(|t| (t, false)))
        {
            if allowed {
                viewer.forbidden.remove(track);
            } else {
                viewer.forbidden.insert(track.clone());
            }
            if viewer.told.contains_key(publisher) {
                let notice = Notice::Permission { participant: publisher.clone(), track: track.clone(), allowed };
                self.effects.push(super::Effect::Tell { participant: viewer.sid.clone(), notice });
            }
        }
    }

    /// Tells the media plane all that the viewer receives.
    fn send_downstreams(&mut self, viewer: &ParticipantSid) {
        let Some(person) = self.people.get(viewer) else { return };
        let set = person
            .subscriptions
            .iter()
            .filter(|(_, subscription)| subscription.sent)
            .map(|(track, subscription)| Downstream {
                track: track.clone(),
                publisher: subscription.publisher.clone(),
                settings: person.settings_of(track),
            })
            .collect();
        let settled = self.settled.clone();
        self.media(viewer, MediaJob::Downstreams { set, settled });
    }

    /// Subscriptions are on record: they are sent, unless they ended meanwhile.
    pub(super) fn subscriptions_recorded(&mut self, viewer: &ParticipantSid, numbers: Vec<(TrackSid, u64)>) {
        let Some(person) = self.people.get_mut(viewer) else { return };
        let (mut changed, mut arrived) = (false, Vec::new());
        for (track, number) in numbers {
            let Some(held) = person.subscriptions.get_mut(&track).filter(|held| held.number == number) else {
                continue;
            };
            changed |= !held.sent;
            held.sent = true;
            if held.arrived {
                // A session that came to a track which flows already: its first picture is this one.
                arrived.push(track);
            }
        }
        if changed {
            self.send_downstreams(viewer);
        }
        for track in arrived {
            self.record(viewer, RecordJob::FirstPacket(track));
        }
    }

    /// The viewer got its first packet of a track.
    pub(super) fn first_packet(&mut self, viewer: &ParticipantSid, track: &TrackSid) {
        let Some(person) = self.people.get_mut(viewer) else { return };
        let Some(held) = person.subscriptions.get_mut(track).filter(|held| held.sent) else { return };
        if !held.arrived {
            held.arrived = true;
            self.record(viewer, RecordJob::FirstPacket(track.clone()));
        }
    }

    /// The viewer's line paused a track that it receives, or lets it flow again.
    pub(super) fn stream_state(&mut self, viewer: &ParticipantSid, track: TrackSid, paused: bool) {
        let Some(held) = self.people.get(viewer).and_then(|person| person.subscriptions.get(&track)) else { return };
        let publisher = held.publisher.clone();
        self.tell(viewer, Notice::StreamStates(vec![(publisher, track, !paused)]));
    }

    /// It is on record that someone received the track: its publisher hears so, once.
    pub(super) fn taken(&mut self, track: &TrackSid) {
        let Some(publisher) = self.publishers.get(track).cloned() else { return };
        let published = self.people.get_mut(&publisher).and_then(|person| person.tracks.get_mut(track));
        if let Some(published) = published.filter(|published| !published.taken) {
            published.taken = true;
            self.tell(&publisher, Notice::TrackSubscribed { track: track.clone() });
        }
    }

    // --- what clients ask ---

    pub(super) fn subscribe(&mut self, viewer: &ParticipantSid, tracks: Vec<TrackSid>, subscribe: bool) {
        for track in tracks {
            let Some(publisher) = self.publishers.get(&track).cloned() else {
                // Gone, or never there: the same answer, so that nobody can tell which.
                if subscribe {
                    self.tell(viewer, Notice::SubscriptionFailed { track });
                }
                continue;
            };
            if !subscribe {
                if let Some(person) = self.people.get_mut(viewer) {
                    person.choice.insert(track, false);
                }
                self.stale_subscriptions.insert((viewer.clone(), publisher));
                continue;
            }
            let may = self.people.get(viewer).is_some_and(|person| self.may_receive(person, &publisher, &track));
            if !may {
                self.refuse(viewer, "subscribe", format!("track {track}"));
                self.tell(viewer, Notice::SubscriptionFailed { track });
                continue;
            }
            if self.full.is_some() && self.is_new_in_plain_room(viewer, &track) {
                self.counters.media_full_refusals += 1;
                self.tell(viewer, Notice::SubscriptionFailed { track });
                continue;
            }
            if let Some(person) = self.people.get_mut(viewer) {
                person.choice.insert(track, true);
            }
            self.stale_subscriptions.insert((viewer.clone(), publisher));
        }
    }

    /// In the net a subscription belongs to a session, which was let in when it was opened.
    fn is_new_in_plain_room(&self, viewer: &ParticipantSid, track: &TrackSid) -> bool {
        let is_new = |person: &Participant| {
            matches!(person.seat.room, RoomKey::Plain { .. }) && !person.subscriptions.contains_key(track)
        };
        self.people.get(viewer).is_some_and(is_new)
    }

    /// Whether it may ask for the track: visible, of a kind that it has a grant for, and it may receive at all.
    fn may_receive(&self, viewer: &Participant, publisher: &ParticipantSid, track: &TrackSid) -> bool {
        let Some(person) = self.people.get(publisher) else { return false };
        let Some(published) = person.tracks.get(track).filter(|published| published.shown()) else { return false };
        viewer.rights.may_subscribe
            && self.sight(viewer, person).is_some_and(|sight| match published.view.kind {
                TrackKind::Video => !sight.video.is_empty(),
                TrackKind::Audio => !sight.audio.is_empty(),
            })
    }

    pub(super) fn set_tracks(&mut self, viewer: &ParticipantSid, tracks: Vec<TrackSid>, settings: TrackSettings) {
        for track in tracks {
            let Some(publisher) = self.publishers.get(&track).cloned() else { continue };
            let may = self.people.get(viewer).is_some_and(|person| self.may_receive(person, &publisher, &track));
            let Some(person) = self.people.get_mut(viewer).filter(|_| may) else { continue };
            let settings = match person.client.has_not_measured(&settings) {
                true => TrackSettings { enabled: settings.enabled, ..person.settings_of(&track) },
                false => settings,
            };
            person.settings.insert(track.clone(), settings);
            if person.subscriptions.get(&track).is_some_and(|held| held.sent) {
                self.media(viewer, MediaJob::Settings { track, settings });
            }
        }
    }

    pub(super) fn permit(&mut self, publisher: &ParticipantSid, everyone: bool, mut named: Vec<TrackPermission>) {
        named.truncate(limits::PERMISSIONS);
        for permission in &mut named {
            permission.tracks.truncate(limits::TRACKS_PER_LINK);
        }
        let Some(person) = self.people.get_mut(publisher) else { return };
        person.permit = if everyone { Permit::Everyone } else { Permit::Named(named) };
        let Some(person) = self.people.get(publisher) else { return };
        for viewer in self.audience(person) {
            self.stale_subscriptions.insert((viewer, publisher.clone()));
        }
    }
}
