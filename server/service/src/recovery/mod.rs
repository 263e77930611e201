//! The server's own upkeep: closing at the start what the last run left open, the heartbeat, the sweeps.

use crate::actor::Actor;
use crate::core::Service;
use crate::error::ServiceResult;
use crate::logins::end_login;
use crate::presence;
use crate::sessions::change;
use crate::work::{About, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::WatchId;
use lianxian_model::register::{OfflineCause, WatchEnd};
use lianxian_model::session::SessionEvent;
use lianxian_model::time::Millis;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the server writes that it is alive: how exact the ends of interrupted intervals are.
pub const HEARTBEAT: Duration = Duration::from_secs(2);
/// How often deadlines are looked at.
pub const SWEEP: Duration = Duration::from_secs(1);
/// How often calls at the top of their ladder look whether others are on duty now.
const ROSTER: Duration = Duration::from_secs(5);
/// How long the answer of a command under an idempotency key is remembered.
const DONE_COMMAND_LIFE_MS: i64 = 24 * 60 * 60 * 1000;

/// How long intervals of quality are kept after they ended: as long as a patrol without a case. Those of a session that a case is
/// linked to stay with it.
pub const QUALITY_LIFE_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Intervals that one unit of work drops, so that others get their turn.
const QUALITY_DROPPED_AT_ONCE: i64 = 5_000;

/// What a start found open and closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    pub sessions: usize,
    pub watches: usize,
    pub endpoints: usize,
    /// When the last run was last known alive.
    pub last_alive: Option<Millis>,
}

impl Service {
    /// Closes what the last run left open, as interrupted, at its last sign of life. Call it before anything else serves.
    pub async fn recover(&self) -> ServiceResult<Recovered> {
        let mut work = self.core.begin(&Actor::System).await?;
        let last_alive = work.tx.heartbeat().await?;
        // A clock that went back must not put an end before its beginning; the machine and the store see to that.
        let at = last_alive.unwrap_or(work.now).min(work.now);
        let mut recovered = Recovered { last_alive, ..Recovered::default() };
        // A watch ends with the last of its sessions, which may have begun after the last heartbeat.
        let mut last_of_watch: HashMap<WatchId, Millis> = HashMap::new();
        for mut session in work.tx.open_sessions().await? {
            change::apply(&mut work, &mut session, SessionEvent::Interrupt { last_alive: at }).await?;
            let detail = json!({ "number": session.number, "ended_ms": session.ended_ms });
            work.audit(AuditAction::SessionInterrupted, AuditObject::Session, session.id.as_str(), detail);
            recovered.sessions += 1;
            if let (Some(watch), Some(ended)) = (session.watch_id, session.ended_ms) {
                let last = last_of_watch.entry(watch).or_insert(ended);
                *last = ended.max(*last);
            }
        }
        for mut watch in work.tx.open_watches().await? {
            let last = last_of_watch.get(&watch.id).copied().unwrap_or(at);
            watch.ended_ms = Some(last.max(watch.started_ms));
            watch.end_cause = Some(WatchEnd::Interrupted);
            unless_lost(work.tx.update_watch(&watch).await?)?;
            let payload =
                json!({ "watch_id": watch.id, "cause": WatchEnd::Interrupted, "account_id": watch.account_id });
            let unit = work.tx.person(&watch.person_id).await?.map(|person| person.unit_id);
            work.event(EventKind::WatchEnded, About { unit, ..About::default() }, payload);
            recovered.watches += 1;
        }
        work.tx.end_subscriptions(at).await?;
        work.tx.end_tracks(at).await?;
        work.tx.close_links(at, "interrupted").await?;
        for endpoint in work.tx.all_offline(at, OfflineCause::ServerRestart).await? {
            presence::tell(&mut work, &endpoint).await?;
            recovered.endpoints += 1;
        }
        let now = work.now;
        work.tx.put_heartbeat(now).await?;
        let detail = json!({
            "sessions": recovered.sessions, "watches": recovered.watches, "endpoints": recovered.endpoints,
            "last_alive_ms": last_alive,
        });
        work.audit(AuditAction::ServerStart, AuditObject::Server, "", detail);
        work.commit().await?;
        let seq = self.core.read().await?.ledger_head().await?.outbox_seq;
        self.core.0.committed.send_if_modified(|last| {
            *last = seq.max(*last);
            true
        });
        Ok(recovered)
    }

    /// Writes that the server is alive.
    pub async fn heartbeat(&self) -> ServiceResult<()> {
        let mut work = self.core.begin(&Actor::System).await?;
        let now = work.now;
        work.tx.put_heartbeat(now).await?;
        work.commit().await
    }

    /// Does what time asks for: sessions whose observer stayed away end, idle logins end, requests ring on and run late.
    pub async fn sweep(&self) -> ServiceResult<()> {
        let now = self.core.now();
        let mut tx = self.core.read().await?;
        let due = tx.open_sessions().await?.into_iter().any(|s| s.deadline().is_some_and(|d| d <= now));
        let over = tx.open_logins().await?.into_iter().any(|login| login.over(now).is_some());
        drop(tx);
        if due {
            let mut work = self.core.begin(&Actor::System).await?;
            for mut session in work.tx.open_sessions().await? {
                if session.deadline().is_some_and(|deadline| deadline <= work.now) {
                    change::apply(&mut work, &mut session, SessionEvent::Tick).await?;
                    let detail = json!({ "number": session.number });
                    work.audit(AuditAction::SessionObserverLost, AuditObject::Session, session.id.as_str(), detail);
                }
            }
            work.commit().await?;
        }
        if over {
            let mut work = self.core.begin(&Actor::System).await?;
            for login in work.tx.open_logins().await? {
                if let Some(cause) = login.over(work.now)
                    && end_login(&mut work, &login, cause).await?
                {
                    work.audit(AuditAction::LoginEnd, AuditObject::Login, login.id.as_str(), json!({ "cause": cause }));
                }
            }
            work.commit().await?;
        }
        self.requests.sweep().await?;
        self.directives.sweep().await
    }

    /// Calls that nobody is left to climb to ring whoever is on duty now.
    pub async fn follow_roster(&self) -> ServiceResult<()> {
        self.requests.follow_roster().await
    }

    /// Heartbeat and sweeps until the token is cancelled. A failed round is logged and tried again.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::join!(self.rounds(&shutdown), self.sweep_strays_until(&shutdown));
        if let Err(error) = self.heartbeat().await {
            tracing::error!(%error, "the last heartbeat failed");
        }
        self.core.0.closed.cancel();
    }

    async fn rounds(&self, shutdown: &CancellationToken) {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        let mut sweep = tokio::time::interval(SWEEP);
        let mut roster = tokio::time::interval(ROSTER);
        let mut tidy = tokio::time::interval(Duration::from_secs(3600));
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        roster.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let round = tokio::select! {
                () = shutdown.cancelled() => break,
                _ = heartbeat.tick() => self.heartbeat().await,
                _ = sweep.tick() => self.sweep().await,
                _ = roster.tick() => self.follow_roster().await,
                _ = tidy.tick() => self.tidy().await,
            };
            if let Err(error) = round {
                tracing::error!(%error, "upkeep failed");
            }
        }
    }

    /// Forgets what is kept for a time only: old answers, and intervals of quality past [`QUALITY_LIFE_MS`].
    pub async fn tidy(&self) -> ServiceResult<()> {
        let mut work = self.core.begin(&Actor::System).await?;
        let before = Millis(work.now.0 - DONE_COMMAND_LIFE_MS);
        work.tx.drop_done_commands(before).await?;
        work.commit().await?;
        let mut dropped = 0;
        loop {
            let mut work = self.core.begin(&Actor::System).await?;
            let before = Millis(work.now.0 - QUALITY_LIFE_MS);
            let of_this = work.tx.drop_quality(before, QUALITY_DROPPED_AT_ONCE).await?;
            dropped += of_this;
            let over = of_this < QUALITY_DROPPED_AT_ONCE as u64;
            if over && dropped > 0 {
                work.audit(
                    AuditAction::SessionQualityPurge,
                    AuditObject::Session,
                    "",
                    json!({ "rows": dropped, "before_ms": before }),
                );
            }
            work.commit().await?;
            if over {
                return Ok(());
            }
        }
    }
}
