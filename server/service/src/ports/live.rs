//! The live net as the rest of service sees it: who may receive whom, what a link may do, and ending a link.
//! Implemented by [`crate::net`]. Every call follows a committed fact, never the other way round.

use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, SessionId};

pub use lianxian_model::link::{LinkEnd, LinkRights, PublishRights};

/// The subscriber may receive the publisher's tracks of the kinds named, and may know that the publisher exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// The session that justifies it. A grant without one does not exist.
    pub session: SessionId,
    pub publisher: EndpointId,
    pub subscriber: EndpointId,
    pub video: bool,
    pub audio: bool,
}

/// The media plane is at its limit: new viewers are refused, and those that watch go on. Both in percent of its workers' time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaFull {
    pub limit: u64,
    pub value: u64,
}

#[async_trait]
pub trait Live: Send + Sync + 'static {
    /// Replaces the grants of one session; empty revokes them. Holds for links that come later too.
    /// Returns when it is in force in the net; the media plane follows within the same round.
    async fn set_grants(&self, session: &SessionId, grants: Vec<Grant>);

    /// Changes what a live link may do; tracks that it may publish no longer are ended. No link: nothing to do.
    async fn set_rights(&self, endpoint: &EndpointId, rights: LinkRights);

    /// Ends the endpoint's link, if it has one.
    async fn end_link(&self, endpoint: &EndpointId, reason: LinkEnd);

    /// Whether the media plane has room for one more watch; a refusal counts as one.
    fn admit_watch(&self) -> Result<(), MediaFull>;
}
