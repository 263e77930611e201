//! One change: its rows, its audit rows and its events, committed together; then the live net is told.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::live::LinkEnd;
use crate::ports::store::{DoneCommand, Tx};
use crate::secrets::{hash_text, new_id};
use lianxian_model::audit::{AuditAction, AuditEvent, AuditObject, AuditResult};
use lianxian_model::event::{EventKind, OutboxEvent};
use lianxian_model::ids::{AuditId, EndpointId, SessionId, SiteId, UnitId};
use lianxian_model::time::Millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use tokio::sync::oneshot;

/// Longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_MAX: usize = 128;
/// Longest reason that the audit keeps of an error, in characters.
const AUDIT_REASON_MAX_CHARS: usize = 500;

pub(crate) struct Work {
    pub(crate) core: Core,
    pub(crate) tx: Box<dyn Tx>,
    pub(crate) now: Millis,
    actor: Actor,
    audits: Vec<AuditDraft>,
    events: Vec<EventDraft>,
    changed_sessions: BTreeSet<SessionId>,
    ended_links: Vec<(EndpointId, LinkEnd)>,
    forget_tree: bool,
}

struct AuditDraft {
    action: AuditAction,
    object: AuditObject,
    object_id: String,
    result: AuditResult,
    reason: String,
    detail: serde_json::Value,
}

/// What an event is about.
#[derive(Clone, Default)]
pub(crate) struct About {
    pub unit: Option<UnitId>,
    pub site: Option<SiteId>,
    pub session: Option<SessionId>,
    pub endpoint: Option<EndpointId>,
}

struct EventDraft {
    kind: EventKind,
    about: About,
    payload: serde_json::Value,
}

/// A command under an idempotency key, not carried out before.
pub(crate) struct Once {
    actor: String,
    key: String,
    action: AuditAction,
    request_hash: String,
}

impl Work {
    pub(crate) fn new(core: Core, tx: Box<dyn Tx>, actor: &Actor, now: Millis) -> Self {
        Self {
            core,
            tx,
            now,
            actor: actor.clone(),
            audits: Vec::new(),
            events: Vec::new(),
            changed_sessions: BTreeSet::new(),
            ended_links: Vec::new(),
            forget_tree: false,
        }
    }

    /// The name that the record shows.
    pub(crate) fn actor_name(&self) -> &str {
        self.actor.name()
    }

    /// What is done from here on is done in this name.
    pub(crate) fn act_as(&mut self, actor: &Actor) {
        self.actor = actor.clone();
    }

    pub(crate) fn audit(
        &mut self,
        action: AuditAction,
        object: AuditObject,
        object_id: impl Into<String>,
        detail: serde_json::Value,
    ) {
        self.audit_as(AuditResult::Success, action, object, object_id.into(), String::new(), detail);
    }

    pub(crate) fn audit_refused(&mut self, action: AuditAction, object: AuditObject, object_id: &str, reason: &str) {
        let detail = serde_json::json!({});
        self.audit_as(AuditResult::Refused, action, object, object_id.into(), reason.into(), detail);
    }

    pub(crate) fn audit_as(
        &mut self,
        result: AuditResult,
        action: AuditAction,
        object: AuditObject,
        object_id: String,
        reason: String,
        detail: serde_json::Value,
    ) {
        let reason = reason.chars().take(AUDIT_REASON_MAX_CHARS).collect();
        self.audits.push(AuditDraft { action, object, object_id, result, reason, detail });
    }

    pub(crate) fn event(&mut self, kind: EventKind, about: About, payload: serde_json::Value) {
        self.events.push(EventDraft { kind, about, payload });
    }

    /// After the commit the live net is told this session's grants anew.
    pub(crate) fn regrant(&mut self, session: &SessionId) {
        self.changed_sessions.insert(session.clone());
    }

    /// After the commit the endpoint's link ends.
    pub(crate) fn end_link(&mut self, endpoint: &EndpointId, reason: LinkEnd) {
        self.ended_links.push((endpoint.clone(), reason));
    }

    pub(crate) fn org_changed(&mut self) {
        self.forget_tree = true;
    }

    /// `Err` with the earlier answer when the command was carried out before, else what to record it with.
    pub(crate) async fn once<T: DeserializeOwned>(
        &mut self,
        key: Option<&str>,
        action: AuditAction,
        request: &impl Serialize,
    ) -> ServiceResult<Result<Option<Once>, T>> {
        let Some(key) = key.filter(|key| !key.is_empty()) else { return Ok(Ok(None)) };
        if key.len() > IDEMPOTENCY_KEY_MAX {
            return Err(ServiceError {
                limit: Some(IDEMPOTENCY_KEY_MAX as i64),
                ..ServiceError::invalid("Idempotency-Key", "幂等键过长", "the idempotency key is too long")
            });
        }
        let actor = match &self.actor {
            Actor::Account(account) => account.account.0.clone(),
            Actor::Device(device) => device.endpoint.0.clone(),
            Actor::Guest(guest) => guest.endpoint.0.clone(),
            Actor::System => "system".into(),
        };
        let request = serde_json::to_string(request).map_err(ServiceError::internal)?;
        let request_hash = hash_text(&format!("{action}\n{request}"));
        match self.tx.done_command(&actor, key).await? {
            None => Ok(Ok(Some(Once { actor, key: key.into(), action, request_hash }))),
            Some(done) if done.request_hash == request_hash => {
                Ok(Err(serde_json::from_str(&done.answer).map_err(ServiceError::internal)?))
            }
            Some(_) => Err(ServiceError::conflict(
                "idempotency_key_reused",
                "幂等键已用于另一请求",
                "the idempotency key was used for another request",
            )),
        }
    }

    /// Remembers the answer of a command, in the same transaction.
    pub(crate) async fn done(&mut self, once: Option<Once>, answer: &impl Serialize) -> ServiceResult<()> {
        let Some(once) = once else { return Ok(()) };
        let answer = serde_json::to_string(answer).map_err(ServiceError::internal)?;
        let done = DoneCommand {
            actor: once.actor,
            key: once.key,
            action: once.action.as_str().into(),
            request_hash: once.request_hash,
            answer,
            at_ms: self.now,
        };
        Ok(self.tx.put_done_command(&done).await?)
    }

    /// Commits, wakes the readers of the event stream, and returns when the live net has taken the change.
    /// Never call it where the net itself waits: see [`Work::commit_unheard`].
    pub(crate) async fn commit(self) -> ServiceResult<()> {
        let core = self.core.clone();
        if let Some(told) = self.commit_unheard().await? {
            // An error says that the service is closing: the fact stands, the net is going anyway.
            tokio::select! {
                _ = told => {}
                () = core.0.closed.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Commits; the live net is told soon, in its own time. The answer, if any, fires when it has been.
    /// In a task of its own: whoever asked may hang up at any moment, and what is committed must be told all the same.
    pub(crate) async fn commit_unheard(self) -> ServiceResult<Option<oneshot::Receiver<()>>> {
        tokio::spawn(self.commit_and_tell()).await.map_err(ServiceError::internal)?
    }

    async fn commit_and_tell(mut self) -> ServiceResult<Option<oneshot::Receiver<()>>> {
        let told_to = self.append_ledgers().await?;
        self.tx.commit().await?;
        if self.forget_tree {
            self.core.forget_tree();
        }
        if let Some(seq) = told_to {
            self.core.0.committed.send_if_modified(|last| {
                let newer = seq > *last;
                *last = (*last).max(seq);
                newer
            });
        }
        if self.core.0.live.get().is_none() || (self.changed_sessions.is_empty() && self.ended_links.is_empty()) {
            return Ok(None);
        }
        Ok(Some(self.core.0.live_queue.push(self.changed_sessions, self.ended_links)))
    }

    /// The audit rows, chained, and the events, numbered. The seq of the last event, if there is one.
    async fn append_ledgers(&mut self) -> ServiceResult<Option<i64>> {
        if self.audits.is_empty() && self.events.is_empty() {
            return Ok(None);
        }
        let mut head = self.tx.ledger_head().await?;
        let roles = self.actor.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",");
        for draft in std::mem::take(&mut self.audits) {
            head.audit_seq += 1;
            let mut event = AuditEvent {
                id: AuditId(new_id(self.now)),
                seq: head.audit_seq,
                at_ms: self.now,
                account_id: self.actor.account().map(|account| account.account.clone()),
                endpoint_id: self.actor.endpoint().cloned(),
                actor: self.actor.name().to_owned(),
                roles: roles.clone(),
                ip: self.actor.ip().to_owned(),
                action: draft.action.as_str().into(),
                object_kind: draft.object.as_str().into(),
                object_id: draft.object_id,
                result: draft.result,
                reason: draft.reason,
                detail: draft.detail.to_string(),
                previous_hash: std::mem::take(&mut head.audit_hash),
                hash: String::new(),
            };
            event.hash = hash_text(&event.chained_text());
            head.audit_hash.clone_from(&event.hash);
            self.tx.append_audit(&event).await?;
        }
        let mut last = None;
        for draft in std::mem::take(&mut self.events) {
            head.outbox_seq += 1;
            last = Some(head.outbox_seq);
            let event = OutboxEvent {
                seq: head.outbox_seq,
                at_ms: self.now,
                kind: draft.kind,
                unit_id: draft.about.unit,
                site_id: draft.about.site,
                session_id: draft.about.session,
                endpoint_id: draft.about.endpoint,
                payload: draft.payload,
            };
            self.tx.append_event(&event).await?;
        }
        self.tx.put_ledger_head(&head).await?;
        Ok(last)
    }
}

/// A lost race: somebody changed the row since it was read.
pub(crate) fn unless_lost(updated: bool) -> ServiceResult<()> {
    if updated {
        Ok(())
    } else {
        Err(ServiceError::conflict(
            "changed_meanwhile",
            "数据已被他人修改，请刷新后重试",
            "somebody changed this meanwhile",
        ))
    }
}
