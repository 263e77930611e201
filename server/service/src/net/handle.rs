//! The net as everyone else holds it.

use super::jobs::Settled;
use super::limits;
use super::link::Link;
use super::load::{Judge, Room};
use super::measures::Tally;
use super::metrics::Metrics;
use super::setup::{Join, JoinError, NetSetup};
use super::shell::{Command, Shell, Sources, Told};
use super::state::State;
use crate::ports::live::{Grant, Live, MediaFull};
use crate::ports::record::RecordError;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, SessionId};
use lianxian_model::link::{LinkEnd, LinkRights};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// The live net. Cheap to clone; all clones are the one net.
#[derive(Clone, Debug)]
pub struct Net {
    commands: mpsc::Sender<Command>,
    metrics: Metrics,
    room: Room,
    over: CancellationToken,
}

impl Net {
    /// Takes the media plane's events, asks the record for the grants that hold, and serves until `shutdown`.
    ///
    /// # Errors
    /// The record cannot say which grants hold, or another net has the media plane's events.
    pub async fn start(setup: NetSetup, shutdown: CancellationToken) -> Result<Net, RecordError> {
        let grants = setup.record.grants().await?;
        let taken = || RecordError::Unavailable("the media plane's events are taken already".into());
        let events = setup.media.take_events().ok_or_else(taken)?;
        let (to_commands, commands) = mpsc::channel(limits::COMMANDS_WAITING);
        let state = State::new(Box::new(crate::secrets::new_link_id), grants, setup.clock.now());
        let metrics = Metrics::default();
        let (judge, room) = (Judge::new(setup.busy_limit), Room::default());
        metrics.set(&state, &Tally::default(), &judge, &room, 0);
        let over = CancellationToken::new();
        let sources = Sources { commands, events, shutdown, over: over.clone() };
        let told = Told { metrics: metrics.clone(), room: room.clone() };
        tokio::spawn(Shell::run(setup, state, judge, to_commands.clone(), sources, told));
        Ok(Net { commands: to_commands, metrics, room, over })
    }

    /// Opens (or resumes) a link. The first notice is `Joined` (or `Resumed`), the last `Leave`.
    ///
    /// # Errors
    /// See [`JoinError`].
    pub async fn join(&self, join: Join) -> Result<Link, JoinError> {
        let ended = || JoinError::Unavailable("the net has ended".into());
        let (reply, answer) = oneshot::channel();
        let command = Command::Join { join: Box::new(join), reply };
        self.commands.send(command).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    /// Counters and gauges, at most a tick old; names without the prefix `lianxian_net_`.
    pub fn metrics(&self) -> Vec<(&'static str, u64)> {
        self.metrics.get()
    }

    /// Returns after `shutdown`, when every link has been sent away and that is on record.
    pub async fn ended(&self) {
        self.over.cancelled().await;
    }

    async fn ask(&self, command: Command, done: oneshot::Receiver<()>) {
        // A net that has ended has no links: whatever was asked holds already.
        if self.commands.send(command).await.is_ok() {
            let _ = done.await;
        }
    }
}

#[async_trait]
impl Live for Net {
    async fn set_grants(&self, session: &SessionId, grants: Vec<Grant>) {
        let (done, settled) = oneshot::channel();
        let command = Command::SetGrants { session: session.clone(), grants, settled: Settled::new(done) };
        let wait = Duration::from_millis(limits::SETTLE_MS);
        if tokio::time::timeout(wait, self.ask(command, settled)).await.is_err() {
            tracing::error!(%session, "the media plane has not followed a change of grants in time");
        }
    }

    async fn set_rights(&self, endpoint: &EndpointId, rights: LinkRights) {
        let (done, settled) = oneshot::channel();
        self.ask(Command::SetRights { endpoint: endpoint.clone(), rights, done }, settled).await;
    }

    async fn end_link(&self, endpoint: &EndpointId, reason: LinkEnd) {
        let (done, settled) = oneshot::channel();
        self.ask(Command::EndLink { endpoint: endpoint.clone(), reason, done }, settled).await;
    }

    fn admit_watch(&self) -> Result<(), MediaFull> {
        self.room.admit()
    }
}
