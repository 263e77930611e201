//! The net's face: how it is started, joined, wished at and listened to.

use crate::ports::live::{Grant, Live};
use crate::ports::media::Media;
use crate::ports::record::{NetRecord, RecordError};
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, ParticipantSid, SessionId};
use lianxian_model::link::{ClientInfo, LinkEnd, LinkRights, Notice, Wish};
use lianxian_model::time::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What the net stands on.
pub struct NetSetup {
    pub media: Arc<dyn Media>,
    pub record: Arc<dyn NetRecord>,
    pub clock: Arc<dyn Clock>,
}

/// Who comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// An endpoint of the net; what it may do is asked of the record.
    Endpoint(EndpointId),
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

/// Someone at the door, whose token has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    pub whom: Whom,
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
    /// The participant to resume is gone; the client is to come again as a new one.
    #[error("the participant to resume is gone")]
    NoResume,
    #[error("limit reached: {limit} is {value}")]
    Limit { limit: &'static str, value: u64 },
}

/// The link has ended; its last notice says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link is over")]
pub struct LinkOver;

/// One open link. Dropped without [`Link::close`], it counts as lost.
#[derive(Debug)]
pub struct Link {
    pub participant: ParticipantSid,
    /// The first is `Joined` (or `Resumed`), the last `Leave`.
    pub notices: mpsc::Receiver<Notice>,
}

impl Link {
    /// Hands in what the client asks for; waits while the link's queue is full.
    ///
    /// # Errors
    /// [`LinkOver`] once the link has ended.
    pub async fn wish(&self, _wish: Wish) -> Result<(), LinkOver> {
        Err(LinkOver)
    }

    /// Ends the link for a known reason.
    pub async fn close(self, _end: LinkEnd) {}
}

/// The live net. Cheap to clone.
#[derive(Clone)]
pub struct Net {
    setup: Arc<NetSetup>,
}

impl Net {
    /// Takes the media plane's events, asks the record for the grants that hold, and serves until `shutdown`.
    ///
    /// # Errors
    /// The record cannot say which grants hold.
    pub async fn start(setup: NetSetup, _shutdown: CancellationToken) -> Result<Net, RecordError> {
        setup.record.grants().await?;
        Ok(Net { setup: Arc::new(setup) })
    }

    /// Opens (or resumes) a link. The first notice is `Joined` (or `Resumed`), the last `Leave`.
    ///
    /// # Errors
    /// See [`JoinError`].
    pub async fn join(&self, _join: Join) -> Result<Link, JoinError> {
        let _ = self.setup.clock.now();
        Err(JoinError::Unavailable("the net does not take links yet".into()))
    }

    /// Counters and gauges; names without the prefix `lianxian_net_`.
    pub fn metrics(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

#[async_trait]
impl Live for Net {
    async fn set_grants(&self, _session: &SessionId, _grants: Vec<Grant>) {}

    async fn set_rights(&self, _endpoint: &EndpointId, _rights: LinkRights) {}

    async fn end_link(&self, _endpoint: &EndpointId, _reason: LinkEnd) {}
}
