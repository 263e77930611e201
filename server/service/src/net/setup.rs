//! What the net stands on, and who comes to its door.

use crate::ports::live::MediaFull;
use crate::ports::media::Media;
use crate::ports::record::{Enrolment, NetRecord};
use lianxian_model::ids::{EndpointId, ParticipantSid};
use lianxian_model::link::{ClientInfo, LinkRights};
use lianxian_model::time::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the net stands on.
pub struct NetSetup {
    pub media: Arc<dyn Media>,
    pub record: Arc<dyn NetRecord>,
    pub clock: Arc<dyn Clock>,
    /// Busy share of the busiest media worker, in percent, from which new viewers are refused; 0: never.
    pub busy_limit: u8,
}

/// Who comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// An endpoint of the net, and under which enrolment it comes; what it may do is asked of the record.
    Endpoint(EndpointId, Option<Enrolment>),
    Guest(Box<Guest>),
}

/// Someone with a token of an integration key: a plain room, recorded as a conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The integration key's name, and what the configuration says it is for.
    pub key: String,
    pub purpose: String,
    pub room: String,
    pub identity: String,
    pub name: String,
    pub metadata: String,
    pub attributes: BTreeMap<String, String>,
    pub rights: LinkRights,
}

/// What speaks for a participant beside its media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// A socket of its own, whose silence is noticed. Whoever held the seat before gives way.
    #[default]
    Socket,
    /// Requests alone (RFC 9725), to publish. It waits for no socket, so its media has to come up in time; and it does not
    /// take a seat that is in use.
    Publishing,
    /// The same, to receive.
    Playing,
}

/// Someone at the door, whose token has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    pub whom: Whom,
    pub manner: Manner,
    pub client: ClientInfo,
    /// Remote address, as text.
    pub ip: String,
    /// The participant to be again.
    pub resume: Option<ParticipantSid>,
}

/// Why nobody came in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    #[error("refused: {0}")]
    Refused(String),
    #[error("not now: {0}")]
    Unavailable(String),
    /// Somebody speaks for this identity already, and the newcomer's manner does not displace it.
    #[error("the seat is in use")]
    InUse,
    /// The participant to resume is gone; the client is to come again as a new one.
    #[error("the participant to resume is gone")]
    NoResume,
    /// For one who would receive; publishers are let in.
    #[error("media_full: the media workers are busy for {} % of their time, the limit is {} %; try again later", .0.value, .0.limit)]
    MediaFull(MediaFull),
    #[error("limit reached: {limit} is {value}")]
    Limit { limit: &'static str, value: u64 },
}
