//! The event stream: the outbox, scoped by right, in commit order.
//!
//! A reader waits on [`Events::committed`], then takes [`Events::since`] its last seq until nothing new comes.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::ServiceResult;
use lianxian_model::event::OutboxEvent;
use tokio::sync::watch;

/// Most events that one call gives.
pub const MAX_EVENTS: i64 = 500;

/// Events that the actor may see, and how far the outbox was read: go on from there.
#[derive(Clone, Debug, PartialEq)]
pub struct EventBatch {
    pub events: Vec<OutboxEvent>,
    pub read_to: i64,
    /// Nothing further was committed when this was read.
    pub at_end: bool,
}

#[derive(Clone)]
pub struct Events {
    pub(crate) core: Core,
}

impl Events {
    /// The seq of the last committed event; changes with every commit that tells something.
    pub fn committed(&self) -> watch::Receiver<i64> {
        self.core.committed()
    }

    /// Where a reader without a `Last-Event-ID` begins.
    pub async fn latest(&self) -> ServiceResult<i64> {
        crate::pending!()
    }

    /// Events after `seq` that the actor may see: an account by its grants, a device its own site.
    pub async fn since(&self, _actor: &Actor, _seq: i64) -> ServiceResult<EventBatch> {
        crate::pending!()
    }
}
