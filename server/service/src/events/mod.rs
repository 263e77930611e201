//! The event stream: the outbox, scoped by right, in commit order.
//!
//! A reader waits on [`Events::committed`], then takes [`Events::since`] its last seq until nothing new comes.

use crate::actor::{Actor, Scope};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use lianxian_model::event::{EventKind, OutboxEvent};
use lianxian_model::ids::{AccountId, EndpointId, SiteId};
use lianxian_model::roles::Right;
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
        Ok(self.core.read().await?.ledger_head().await?.outbox_seq)
    }

    /// Events after `seq` that the actor may see: an account by its grants as they are now, a device its own site.
    /// Errors: `login_over` once the login has ended.
    pub async fn since(&self, actor: &Actor, seq: i64) -> ServiceResult<EventBatch> {
        // Read before the unit of work: whoever holds one reader and waits for another can wait for ever.
        let tree = self.core.tree().await?;
        let mut tx = self.core.read().await?;
        let now = self.core.now();
        let eyes = match actor {
            Actor::System => Eyes::All,
            Actor::Device(device) => {
                if !tx.endpoint(&device.endpoint).await?.is_some_and(|e| e.enrolled && !e.disabled) {
                    return Err(crate::enrolments::device_unknown());
                }
                Eyes::Device { site: device.site.clone(), endpoint: device.endpoint.clone() }
            }
            // A guest is told how its own visit stands, and nothing of the outbox.
            Actor::Guest(_) => return Err(ServiceError::forbidden()),
            Actor::Account(account) => {
                let login = tx.login(&account.login).await?;
                if login.is_none_or(|login| login.over(now).is_some()) {
                    return Err(crate::logins::login_over());
                }
                let mut fresh = account.as_ref().clone();
                fresh.grants = tx.grants_of(&account.account).await?;
                let fresh = Actor::Account(Box::new(fresh));
                let scopes = |rights: &[Right]| {
                    let roots: Vec<_> = rights.iter().flat_map(|right| fresh.roots(*right)).collect();
                    Scope::subtrees(&roots, &tree)
                };
                Eyes::Account(Box::new(AccountEyes {
                    org: scopes(&[Right::OrgRead]),
                    sessions: scopes(&[Right::SessionsRead, Right::WallWatch]),
                    duty: Scope::lineages(&fresh.roots(Right::DutyRead), &tree),
                    requests: scopes(&[Right::RequestsRead]),
                    directives: scopes(&[Right::DirectivesRead]),
                    accounts: scopes(&[Right::AccountsManage, Right::RightsManage]),
                    audit: fresh.holds(Right::AuditRead),
                    account: account.account.clone(),
                }))
            }
        };
        let rows = tx.events_after(seq, MAX_EVENTS).await?;
        drop(tx);
        if !rows.is_empty() {
            self.core.settled().await?;
        }
        let at_end = (rows.len() as i64) < MAX_EVENTS;
        let read_to = rows.last().map_or(seq, |event| event.seq);
        let events = rows.into_iter().filter(|event| eyes.see(event)).collect();
        Ok(EventBatch { events, read_to, at_end })
    }
}

/// What one reader of the stream may see.
enum Eyes {
    All,
    Device { site: SiteId, endpoint: EndpointId },
    Account(Box<AccountEyes>),
}

struct AccountEyes {
    org: Scope,
    sessions: Scope,
    duty: Scope,
    requests: Scope,
    directives: Scope,
    accounts: Scope,
    audit: bool,
    account: AccountId,
}

impl Eyes {
    fn see(&self, event: &OutboxEvent) -> bool {
        use EventKind::*;
        match self {
            Eyes::All => true,
            Eyes::Device { site, endpoint } => {
                let told = matches!(
                    event.kind,
                    PresenceChanged
                        | PrivacyChanged
                        | SessionOpened
                        | SessionUpdated
                        | SessionEnded
                        | RequestChanged
                        | GuestChanged
                        | DirectiveChanged
                );
                // What is said and drawn in an assistance is told to the workstation that is in it.
                let own = || event.payload.get("station").and_then(|id| id.as_str()) == Some(endpoint.as_str());
                (told && event.site_id.as_ref() == Some(site)) || (event.kind == SessionMarked && own())
            }
            Eyes::Account(eyes) => {
                let covered = |scope: &Scope| match &event.unit_id {
                    Some(unit) => scope.covers(unit),
                    None => !scope.is_empty(),
                };
                let own = || event.payload.get("account_id").and_then(|id| id.as_str()) == Some(eyes.account.as_str());
                // An assistance names those whom it concerns, experts from elsewhere among them.
                let named = || {
                    let accounts = event.payload.get("account_ids").and_then(|ids| ids.as_array());
                    accounts.is_some_and(|ids| ids.iter().any(|id| id.as_str() == Some(eyes.account.as_str())))
                };
                match event.kind {
                    PresenceChanged | PrivacyChanged | OrgChanged => covered(&eyes.org),
                    WatchOpened | WatchEnded => own() || covered(&eyes.sessions),
                    SessionOpened | SessionUpdated | SessionEnded | SessionMarked | SessionNoted => {
                        named() || covered(&eyes.sessions)
                    }
                    CaseLinked | CaseWithdrawn => covered(&eyes.sessions),
                    // Both hold for whoever is under the unit, too.
                    DutyChanged | CardChanged => covered(&eyes.duty),
                    RequestChanged => covered(&eyes.requests),
                    GuestChanged => named() || covered(&eyes.requests),
                    DirectiveChanged => covered(&eyes.directives),
                    AccountChanged => own() || covered(&eyes.accounts),
                    LinkRefused => eyes.audit,
                }
            }
        }
    }
}
