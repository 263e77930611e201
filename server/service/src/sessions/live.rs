//! What the live net is told: a session's grants, worked out from the record as it stands when they are told.
//!
//! Changes only name the session; one task reads the record and tells the net. So two changes that commit close
//! together cannot reach the net in the wrong order, and the record never waits for the net.

use crate::assists::parties;
use crate::core::Core;
use crate::error::{ErrorKind, ServiceResult};
use crate::links::profile_of;
use crate::ports::live::{Grant, LinkEnd, LinkRights, Live};
use crate::ports::store::Tx;
use lianxian_model::ids::{EndpointId, SessionId};
use lianxian_model::session::{Attendance, Mode, Session, SessionKind};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Sessions whose grants are to be told anew. A session is in it once, so it never outgrows the open sessions.
#[derive(Default)]
pub(crate) struct LiveQueue {
    pending: Mutex<Pending>,
    filled: Notify,
}

#[derive(Default)]
struct Pending {
    sessions: BTreeSet<SessionId>,
    links: Vec<(EndpointId, LinkEnd)>,
    told: Vec<oneshot::Sender<()>>,
}

impl LiveQueue {
    /// Fires when the net has been told.
    pub(crate) fn push(
        &self,
        sessions: BTreeSet<SessionId>,
        links: Vec<(EndpointId, LinkEnd)>,
    ) -> oneshot::Receiver<()> {
        let (told, receiver) = oneshot::channel();
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.sessions.extend(sessions);
        pending.links.extend(links);
        pending.told.push(told);
        drop(pending);
        self.filled.notify_one();
        receiver
    }

    fn take(&self) -> Pending {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The first pause before grants that could not be read are read again, and the longest; each is twice the one before.
const READ_AGAIN: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];

/// Sessions whose grants could not be read and are withdrawn: read again until they can be, or the session is over.
struct Unread {
    sessions: BTreeSet<SessionId>,
    pause: Duration,
    due: Instant,
}

impl Unread {
    fn new() -> Self {
        Self { sessions: BTreeSet::new(), pause: READ_AGAIN[0], due: Instant::now() }
    }

    fn insert(&mut self, session: SessionId) {
        if self.sessions.is_empty() {
            self.pause = READ_AGAIN[0];
            self.due = Instant::now() + self.pause;
        }
        self.sessions.insert(session);
    }

    async fn again(&mut self, core: &Core, live: &dyn Live) {
        for session in self.sessions.clone() {
            match read(core, &session).await {
                Ok(readable) => {
                    tell(live, &session, readable).await;
                    self.sessions.remove(&session);
                }
                // The record is still away: whoever waits for the net to be told of something else comes first.
                Err(error) if error.kind == ErrorKind::Unavailable => break,
                Err(error) => tracing::debug!(%session, %error, "grants are still unreadable"),
            }
        }
        self.pause = READ_AGAIN[1].min(self.pause * 2);
        self.due = Instant::now() + self.pause;
    }
}

/// Tells the net until the service closes.
pub(crate) async fn keep_live(core: Core) {
    let Some(live) = core.0.live.get().cloned() else { return };
    let mut unread = Unread::new();
    loop {
        tokio::select! {
            () = core.0.live_queue.filled.notified() => {}
            () = tokio::time::sleep_until(unread.due), if !unread.sessions.is_empty() => {}
            () = core.0.closed.cancelled() => return,
        }
        let pending = core.0.live_queue.take();
        for session in pending.sessions {
            match read(&core, &session).await {
                Ok(readable) => {
                    tell(live.as_ref(), &session, readable).await;
                    unread.sessions.remove(&session);
                }
                Err(error) => {
                    // What cannot be read cannot be justified: nothing flows.
                    tracing::error!(%session, %error, "grants are unreadable and therefore withdrawn");
                    live.set_grants(&session, Vec::new()).await;
                    unread.insert(session);
                }
            }
        }
        for (endpoint, reason) in &pending.links {
            live.end_link(endpoint, *reason).await;
        }
        for told in pending.told {
            // Nobody waits where the net itself made the change.
            let _ = told.send(());
        }
        if !unread.sessions.is_empty() && Instant::now() >= unread.due {
            unread.again(&core, live.as_ref()).await;
        }
    }
}

/// What a session gives now: what the links of its consoles and guests may do, and what flows.
type Readable = (Vec<(EndpointId, LinkRights)>, Vec<Grant>);

async fn read(core: &Core, session: &SessionId) -> ServiceResult<Readable> {
    let mut tx = core.read().await?;
    let Some(session) = tx.session(session).await? else { return Ok(Readable::default()) };
    let rights = rights_of(core, &mut tx, &session).await?;
    Ok((rights, grants_of(&mut tx, &session).await?))
}

async fn tell(live: &dyn Live, session: &SessionId, (rights, grants): Readable) {
    for (console, rights) in rights {
        live.set_rights(&console, rights).await;
    }
    live.set_grants(session, grants).await;
}

/// Attends by a console or a guest's page: what its link may do follows the assistance.
fn comes_by_itself(attendance: &Attendance) -> bool {
    attendance.person_id.is_some() || attendance.mode == Mode::Guest
}

/// What the consoles and guests of an assistance may do on their links now: those that attend it, and those that did.
async fn rights_of(
    core: &Core,
    tx: &mut Box<dyn Tx>,
    session: &Session,
) -> ServiceResult<Vec<(EndpointId, LinkRights)>> {
    if session.kind != SessionKind::Assist {
        return Ok(Vec::new());
    }
    let consoles: BTreeSet<&EndpointId> =
        session.attendances.iter().filter(|a| comes_by_itself(a)).filter_map(|a| a.endpoint_id.as_ref()).collect();
    let mut rights = Vec::with_capacity(consoles.len());
    for console in consoles {
        match profile_of(tx, console, core.now()).await {
            Ok((_, profile)) => rights.push((console.clone(), profile.rights)),
            // Its login is over, or its consent withdrawn: its link ends for that.
            Err(error) if error.kind == ErrorKind::Unauthenticated => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rights)
}

/// The grants that the session gives now: none when it is over, when the site is private now or its endpoints disabled.
pub(crate) async fn grants_of(tx: &mut Box<dyn Tx>, session: &Session) -> ServiceResult<Vec<Grant>> {
    if session.kind == SessionKind::Assist {
        return parties::grants(tx, session).await;
    }
    if !session.is_open() || session.kind != SessionKind::Patrol {
        return Ok(Vec::new());
    }
    let (Some(site), Some(observer)) = (&session.site_id, &session.observer_endpoint) else { return Ok(Vec::new()) };
    let Some(site) = tx.site(site).await? else { return Ok(Vec::new()) };
    let flow = site.patrol_flow();
    if !flow.video {
        return Ok(Vec::new());
    }
    let endpoints = tx.endpoints_of_site(&site.id).await?;
    let shown = endpoints.into_iter().filter(|e| e.kind.shows_site() && !e.disabled);
    Ok(shown
        .map(|endpoint| Grant {
            session: session.id.clone(),
            publisher: endpoint.id,
            subscriber: observer.clone(),
            video: flow.video,
            audio: flow.audio,
        })
        .collect())
}
