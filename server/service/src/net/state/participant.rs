//! One participant: a connection life of one identity, what it publishes, and what it has been told.

use super::super::limits;
use super::super::setup::Manner;
use super::Seat;
use crate::ports::record::{Enrolment, LinkOwner};
use lianxian_model::ids::{ParticipantSid, SessionId, TrackSid};
use lianxian_model::link::{
    ClientInfo, ConnectionQuality, LinkRights, Notice, ParticipantState, ParticipantView, TrackPermission, TrackView,
};
use lianxian_model::media::{Codec, TrackKind, TrackSettings};
use lianxian_model::time::Millis;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

#[derive(Debug)]
pub(super) struct Participant {
    pub sid: ParticipantSid,
    pub seat: Seat,
    pub enrolment: Option<Enrolment>,
    pub owner: LinkOwner,
    pub name: String,
    pub metadata: String,
    pub attributes: BTreeMap<String, String>,
    pub rights: LinkRights,
    pub client: ClientInfo,
    pub manner: Manner,
    pub ip: String,
    pub joined_at: Millis,
    /// A transport has been up.
    pub active: bool,
    /// The number of the link that speaks for it now; none while it is awaited.
    pub link: Option<u64>,
    pub lost_at: Option<Millis>,
    /// Publisher's transport, subscriber's transport.
    pub up: [bool; 2],
    /// When the first of its transports ended.
    pub broken_at: Option<Millis>,
    pub tracks: BTreeMap<TrackSid, Published>,
    /// Tracks whose start is on record, or on its way there, and whose end is not.
    pub recorded: BTreeSet<TrackSid>,
    pub revisions: Revisions,
    /// Who this one has been told of.
    pub told: BTreeMap<ParticipantSid, Told>,
    /// Rises with everything that it is told of anyone.
    pub version: u32,
    /// What it asked for by name, over the default of its client.
    pub choice: HashMap<TrackSid, bool>,
    pub settings: HashMap<TrackSid, TrackSettings>,
    pub subscriptions: BTreeMap<TrackSid, Subscription>,
    /// Tracks that it wants and their publisher does not let it have; it has been told so.
    pub forbidden: BTreeSet<TrackSid>,
    /// Whose tracks it was not sent for the limit of subscriptions: they are looked at again when one ends.
    pub over_limit: BTreeSet<ParticipantSid>,
    pub permit: Permit,
    pub missed: Vec<Notice>,
    /// Up to where its reliable messages were passed on.
    pub last_data_sequence: u32,
    /// Whom it has been told of as speaking, and how loud (in [`super::speakers::STEPS`]ths).
    pub speaking: BTreeMap<ParticipantSid, u8>,
    pub quality: Option<(ConnectionQuality, f32)>,
    pub told_quality: BTreeMap<ParticipantSid, ConnectionQuality>,
    /// Refusals that are on record: the same again says nothing new.
    pub refusals: HashSet<(&'static str, String)>,
}

/// Numbers that change with what they stand for, so that "has this viewer been told?" is a comparison.
/// A viewer who may not hear learns nothing when a sound track changes, not even that something did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revisions {
    pub person: u64,
    pub video: u64,
    pub audio: u64,
}

impl Revisions {
    pub(super) fn of(&mut self, kind: TrackKind) -> &mut u64 {
        match kind {
            TrackKind::Video => &mut self.video,
            TrackKind::Audio => &mut self.audio,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub person: u64,
    /// None: it may not see those.
    pub video: Option<u64>,
    pub audio: Option<u64>,
    pub identity: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// No packet yet.
    Awaited,
    /// The first packet came; the fact is on its way to the record.
    Committing,
    /// On record: it may be shown.
    Recorded,
}

#[derive(Debug)]
pub(super) struct Published {
    /// As its publisher sees it (with the client's track id).
    pub view: TrackView,
    pub announced_at: Millis,
    pub start: Start,
    /// Someone takes it; the publisher has been told.
    pub taken: bool,
    /// What viewers want of it. Not told before its start is on record: a track told to be silent before it was ever
    /// heard would never start.
    pub wanted: Option<(Option<Codec>, [bool; 3])>,
}

impl Published {
    pub(super) fn shown(&self) -> bool {
        self.start == Start::Recorded
    }
}

/// A track that a participant receives, or will once that is on record.
#[derive(Debug)]
pub(super) struct Subscription {
    pub number: u64,
    pub publisher: ParticipantSid,
    pub sessions: BTreeSet<SessionId>,
    /// On record, so the media plane may send it.
    pub sent: bool,
    /// The first packet arrived.
    pub arrived: bool,
}

/// Who may take a participant's tracks, as its client says.
#[derive(Debug, Default)]
pub(super) enum Permit {
    #[default]
    Everyone,
    Named(Vec<TrackPermission>),
}

impl Permit {
    pub(super) fn allows(&self, viewer: &Participant, track: &TrackSid) -> bool {
        let Permit::Named(permissions) = self else { return true };
        permissions.iter().any(|permission| {
            let named = if permission.participant.as_str().is_empty() {
                permission.identity == viewer.seat.identity
            } else {
                permission.participant == viewer.sid
            };
            named && (permission.all_tracks || permission.tracks.contains(track))
        })
    }
}

impl Participant {
    /// What it told of the track, or what holds before it did.
    pub(super) fn settings_of(&self, track: &TrackSid) -> TrackSettings {
        let first = || TrackSettings::first(self.client.adaptive_stream);
        self.settings.get(track).copied().unwrap_or_else(first)
    }

    /// It as one sees it who may see these kinds of its tracks; `own`: as it sees itself.
    pub(super) fn view(&self, video: bool, audio: bool, own: bool, version: u32) -> ParticipantView {
        let visible = |track: &&Published| {
            track.shown()
                && match track.view.kind {
                    TrackKind::Video => video,
                    TrackKind::Audio => audio,
                }
        };
        let tracks: Vec<TrackView> = self
            .tracks
            .values()
            .filter(visible)
            .map(|track| {
                let mut view = track.view.clone();
                if !own {
                    view.cid = String::new();
                }
                view
            })
            .collect();
        ParticipantView {
            sid: self.sid.clone(),
            identity: self.seat.identity.clone(),
            name: self.name.clone(),
            metadata: self.metadata.clone(),
            attributes: self.attributes.clone(),
            state: if self.active { ParticipantState::Active } else { ParticipantState::Joined },
            publishing: !tracks.is_empty(),
            tracks,
            version,
            rights: self.rights,
            joined_at: self.joined_at,
            client_protocol: self.client.client_protocol,
            end: None,
        }
    }

    pub(super) fn next_version(&mut self) -> u32 {
        self.version = self.version.saturating_add(1);
        self.version
    }

    /// What its viewers could be shown.
    pub(super) fn shown_tracks(&self) -> impl Iterator<Item = (&TrackSid, &Published)> {
        self.tracks.iter().filter(|(_, track)| track.shown())
    }

    /// Whether any of its transports reaches it.
    pub(super) fn is_reached(&self) -> bool {
        self.up.contains(&true)
    }

    /// Keeps a notice for a client that is away, if it could not do without it. Beyond the limit nothing is kept: of data,
    /// what a client knows not to have arrived it repeats.
    pub(super) fn miss(&mut self, notice: Notice) {
        let worth = matches!(
            notice,
            Notice::TrackPublished { .. }
                | Notice::TrackUnpublished { .. }
                | Notice::TrackSubscribed { .. }
                | Notice::RequestAnswer { .. }
                | Notice::DataReceived { reliable: true, .. }
                | Notice::RefreshToken { .. }
                | Notice::StreamStates(_)
        );
        if worth && self.missed.len() < limits::NOTICES_MISSED {
            self.missed.push(notice);
        }
    }
}
