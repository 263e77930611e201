//! One participant as its worker holds it: two transports, what it publishes, what it receives.

use super::allowance::Allowance;
use super::outlet::Outlet;
use super::slab::Key;
use super::track::Track;
use super::upload::Publisher;
use super::viewer::Viewer;
use crate::sdp::SubscriberSections;
use crate::transport::Transport;
use crate::worker::Flow;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::Target;
use std::time::{Duration, Instant};

/// One transport and where it is known.
pub(super) struct Link {
    pub peer: Key<Peer>,
    pub target: Target,
    pub transport: Transport,
    /// Our own SSRC in RTCP.
    pub ssrc: u32,
    /// The user fragments that lead here, newest last.
    pub ufrags: Vec<String>,
    pub flows: Vec<Flow>,
    pub armed: Option<Instant>,
    /// Of a subscriber: what its line carries. Made with the first picture.
    pub outlet: Option<Box<Outlet>>,
    /// Ended for good.
    pub down: bool,
}

pub(super) struct Peer {
    pub sid: ParticipantSid,
    pub may_publish: bool,
    pub publisher: Option<Publisher>,
    pub subscriber: Option<Subscriber>,
    pub round_trip: Option<Duration>,
    /// Shares lost, as receiver reports told them since quality was told last.
    pub downstream_loss: Mean,
    pub upstream_loss: Mean,
}

/// What is received over the subscriber's transport.
pub(super) struct Subscriber {
    pub link: Key<Link>,
    pub session_id: u64,
    pub sections: SubscriberSections,
    pub wants: Vec<Want>,
    /// The offer that waits for its answer.
    pub outstanding: Option<u32>,
    pub last_offer: u32,
    /// What the next offer has to tell is not told yet.
    pub changed: bool,
    /// How much may be asked for again, and how often for a whole picture.
    pub nacks: Allowance,
    pub pictures: Allowance,
    /// How much sound is sent again unasked.
    pub copies: Allowance,
}

/// A track that the participant is to receive.
pub(super) struct Want {
    pub sid: TrackSid,
    pub stream_id: String,
    pub track: Key<Track>,
    pub viewer: Key<Viewer>,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
}

/// A mean that is taken from time to time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: f32,
    count: u32,
}

impl Mean {
    pub fn add(&mut self, value: f32) {
        self.sum += value;
        self.count += 1;
    }

    /// The mean since the last time; 0 without a value.
    pub fn take(&mut self) -> f32 {
        let Self { sum, count } = std::mem::take(self);
        if count == 0 { 0.0 } else { sum / count as f32 }
    }
}
