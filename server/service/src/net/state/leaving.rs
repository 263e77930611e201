//! Going: lost sockets are awaited, ended links are closed for the media plane at once and for the record once the
//! summaries of their tracks have come. What ends is told at once: silence needs no justification on record.

use super::super::jobs::{MediaJob, RecordJob};
use super::super::limits;
use super::super::setup::{JoinError, Manner};
use super::resuming::gone;
use super::{Effect, RoomKey, State};
use crate::ports::record::LinkOwner;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{LeaveAction, LeaveReason, LinkEnd, Notice};
use lianxian_model::media::TrackSummary;
use lianxian_model::time::Millis;
use std::collections::BTreeSet;

/// A participant that has ended, until that is on record.
#[derive(Debug)]
pub(super) struct Closing {
    owner: LinkOwner,
    cause: LinkEnd,
    /// Tracks whose summaries have not come.
    awaited: BTreeSet<TrackSid>,
    until: Millis,
}

impl Closing {
    /// Tracks whose summaries have not come.
    pub(super) fn awaited(&self) -> &BTreeSet<TrackSid> {
        &self.awaited
    }
}

/// How a client is sent away, and whether it should come again.
fn farewell(end: LinkEnd) -> (LeaveReason, LeaveAction) {
    match end {
        LinkEnd::Left => (LeaveReason::ClientInitiated, LeaveAction::Disconnect),
        LinkEnd::Duplicate => (LeaveReason::DuplicateIdentity, LeaveAction::Disconnect),
        LinkEnd::Revoked | LinkEnd::LoggedOut => (LeaveReason::ParticipantRemoved, LeaveAction::Disconnect),
        LinkEnd::ProtocolError => (LeaveReason::StateMismatch, LeaveAction::Disconnect),
        LinkEnd::SlowReader => (LeaveReason::StateMismatch, LeaveAction::Reconnect),
        LinkEnd::Lost => (LeaveReason::ConnectionTimeout, LeaveAction::Reconnect),
        LinkEnd::MediaLost => (LeaveReason::MediaFailure, LeaveAction::Reconnect),
        LinkEnd::RecordUnavailable => (LeaveReason::JoinFailure, LeaveAction::Reconnect),
        LinkEnd::Shutdown => (LeaveReason::ServerShutdown, LeaveAction::Reconnect),
    }
}

impl State {
    /// The socket's task is done with a link. A lost one is awaited; everything else is final.
    pub(in super::super) fn gone(&mut self, sid: &ParticipantSid, link: u64, end: LinkEnd, now: Millis) {
        self.now = now;
        let Some(person) = self.people.get_mut(sid).filter(|person| person.link == Some(link)) else { return };
        match end {
            LinkEnd::Lost => {
                person.link = None;
                person.lost_at = Some(now);
                self.counters.lost_links += 1;
                self.effects.push(Effect::HangUp { participant: sid.clone() });
            }
            end => {
                if end == LinkEnd::ProtocolError {
                    self.counters.protocol_errors += 1;
                }
                self.end(sid, end);
            }
        }
    }

    /// Ends a participant. Idempotent.
    pub(super) fn end(&mut self, sid: &ParticipantSid, cause: LinkEnd) {
        let Some(person) = self.people.remove(sid) else { return };
        if let Some(room) = self.rooms.get_mut(&person.seat.room) {
            room.seats.remove(&person.seat.identity);
            if room.seats.is_empty() && person.seat.room != RoomKey::Net {
                self.rooms.remove(&person.seat.room);
            }
        }
        for track in person.tracks.keys() {
            self.publishers.remove(track);
        }
        let comes_again = farewell(cause).1 == LeaveAction::Reconnect && person.seat.room != RoomKey::Net;
        if comes_again && self.expected.len() < limits::LINKS {
            self.expected.insert(person.seat.clone(), Millis(self.now.0 + limits::LINK_GRACE_WITH_MEDIA_MS));
        }
        if let Some(resuming) = self.resuming.remove(sid) {
            self.refuse_join(resuming.ticket(), JoinError::NoResume);
        }
        if person.link.is_some() {
            let (reason, action) = farewell(cause);
            let leave = Notice::Leave { reason, action };
            self.effects.push(Effect::Tell { participant: sid.clone(), notice: leave });
            self.effects.push(Effect::HangUp { participant: sid.clone() });
        }
        for viewer in self.audience(&person) {
            let Some(watching) = self.people.get_mut(&viewer) else { continue };
            watching.speaking.remove(sid);
            watching.told_quality.remove(sid);
            // One who is away is told when it comes back.
            if watching.link.is_some() && watching.told.remove(sid).is_some() {
                let version = watching.next_version();
                // When everyone is sent away, nobody needs to hear of each other's going.
                if !self.stopping {
                    let view = gone(sid.clone(), &person.seat.identity, version, Some(cause));
                    self.tell(&viewer, Notice::Participants(vec![view]));
                }
            }
            self.stale_subscriptions.insert((viewer, sid.clone()));
        }
        self.media(sid, MediaJob::Close);
        let closing = Closing {
            owner: person.owner,
            cause,
            awaited: person.recorded,
            until: Millis(self.now.0 + limits::SUMMARIES_MS),
        };
        let nothing_awaited = closing.awaited.is_empty();
        self.closing.insert(sid.clone(), closing);
        if nothing_awaited {
            self.finish(sid);
        }
    }

    /// A track of one that has ended was summed up.
    pub(super) fn summed_up(&mut self, sid: &ParticipantSid, track: &TrackSid, summary: TrackSummary) {
        let Some(closing) = self.closing.get_mut(sid) else { return };
        if !closing.awaited.remove(track) {
            return;
        }
        let last = closing.awaited.is_empty();
        self.record(sid, RecordJob::TrackEnded(track.clone(), summary));
        if last {
            self.finish(sid);
        }
    }

    fn finish(&mut self, sid: &ParticipantSid) {
        if let Some(Closing { owner, cause, .. }) = self.closing.remove(sid) {
            self.record(sid, RecordJob::Closed { owner, cause });
            self.effects.push(Effect::Forget { participant: sid.clone() });
        }
    }

    /// Ends what was awaited for too long.
    pub(super) fn end_overdue(&mut self) {
        let now = self.now.0;
        self.expected.retain(|_, until| now < until.0);
        let over = |since: Option<Millis>, grace: i64| since.is_some_and(|since| now - since.0 >= grace);
        let lost = |person: &super::Participant| {
            let grace = match person.is_reached() {
                true => limits::LINK_GRACE_WITH_MEDIA_MS,
                false => limits::LINK_GRACE_MS,
            };
            if over(person.lost_at, grace) {
                Some(LinkEnd::Lost)
            } else if over(person.broken_at, limits::MEDIA_GRACE_MS)
                || (person.manner != Manner::Socket
                    && !person.active
                    && over(Some(person.joined_at), limits::MEDIA_SETUP_MS))
            {
                Some(LinkEnd::MediaLost)
            } else {
                None
            }
        };
        let mut overdue: Vec<(ParticipantSid, LinkEnd)> =
            self.people.values().filter_map(|person| Some((person.sid.clone(), lost(person)?))).collect();
        overdue.sort_by(|a, b| a.0.cmp(&b.0));
        for (sid, end) in overdue {
            if end == LinkEnd::MediaLost {
                self.counters.media_lost += 1;
            }
            self.end(&sid, end);
        }
        let mut unsummed: Vec<ParticipantSid> =
            self.closing.iter().filter(|(_, c)| now >= c.until.0).map(|(sid, _)| sid.clone()).collect();
        unsummed.sort();
        for sid in unsummed {
            self.finish(&sid);
        }
    }
}
