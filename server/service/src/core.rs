//! What every noun of the service stands on: the store, the clock, randomness, the live net; and the service as one value.

use crate::accounts::Accounts;
use crate::actor::{Actor, Scope};
use crate::assists::Assists;
use crate::attachments::Attachments;
use crate::audit::Audit;
use crate::cards::Cards;
use crate::cases::Cases;
use crate::checks::Checks;
use crate::directives::Directives;
use crate::drawings::Drawings;
use crate::duty::Duty;
use crate::encoders::Encoders;
use crate::enrolments::Enrolments;
use crate::error::{ErrorKind, ServiceError, ServiceResult};
use crate::events::Events;
use crate::guests::Guests;
use crate::logins::Logins;
use crate::org::Org;
use crate::ports::files::Files;
use crate::ports::live::Live;
use crate::ports::store::{Store, StoreError, Tx};
use crate::presence::PresenceBoard;
use crate::register::Register;
use crate::requests::Requests;
use crate::sessions::Sessions;
use crate::sessions::live::LiveQueue;
use crate::stations::Stations;
use crate::watches::Watches;
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::ids::UnitId;
use lianxian_model::roles::Right;
use lianxian_model::time::{Clock, Millis};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

/// How long the org tree may be remembered: another process may have changed it.
const TREE_LIFE_MS: i64 = 5_000;

/// Long readings at once: exports, and the audit chain's verification. Each holds one of the store's readers (SQLite has four)
/// for as long as it takes; the others are for everyone else.
const LONG_READINGS: usize = 2;
/// How long a long reading waits for its turn.
const LONG_TURN: Duration = Duration::from_secs(10);

/// What the wiring gives.
#[derive(Clone)]
pub struct Setup {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
}

/// (unit, parent) pairs.
pub(crate) type Tree = Arc<Vec<(UnitId, Option<UnitId>)>>;

#[derive(Clone)]
pub(crate) struct Core(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: OnceLock<Arc<dyn Live>>,
    pub(crate) live_queue: LiveQueue,
    pub(crate) files: OnceLock<Arc<dyn Files>>,
    pub(crate) committed: watch::Sender<i64>,
    pub(crate) closed: CancellationToken,
    /// The org tree and when it was read.
    tree: Mutex<Option<(Millis, Tree)>>,
    long_readings: Semaphore,
}

impl Core {
    pub(crate) fn now(&self) -> Millis {
        self.0.clock.now()
    }

    /// Where files are kept.
    pub(crate) fn files(&self) -> ServiceResult<Arc<dyn Files>> {
        let files = self.0.files.get().cloned();
        files.ok_or_else(|| ServiceError::internal("there is no place for files"))
    }

    pub(crate) fn committed(&self) -> watch::Receiver<i64> {
        self.0.committed.subscribe()
    }

    /// A unit of work in the actor's name.
    pub(crate) async fn begin(&self, actor: &Actor) -> ServiceResult<Work> {
        let tx = self.0.store.begin().await?;
        Ok(Work::new(self.clone(), tx, actor, self.now()))
    }

    pub(crate) async fn read(&self) -> ServiceResult<Box<dyn Tx>> {
        Ok(self.0.store.read().await?)
    }

    /// To be held over a long reading. Errors: `too_many_exports`.
    pub(crate) async fn long_turn(&self) -> ServiceResult<SemaphorePermit<'_>> {
        match tokio::time::timeout(LONG_TURN, self.0.long_readings.acquire()).await {
            Ok(turn) => turn.map_err(ServiceError::internal),
            Err(_) => {
                let zh = format!("正在进行的导出和核验已有 {LONG_READINGS} 项，请稍后再试");
                let en = format!("{LONG_READINGS} exports or verifications are under way, try again in a moment");
                let error = ServiceError::new(ErrorKind::Unavailable, "too_many_exports", zh, en);
                Err(ServiceError { limit: Some(LONG_READINGS as i64), ..error })
            }
        }
    }

    pub(crate) async fn settled(&self) -> ServiceResult<()> {
        Ok(self.0.store.settled().await?)
    }

    /// A reading of a unit over which the actor holds the right; none: the highest such unit.
    pub(crate) async fn readable(
        &self,
        actor: &Actor,
        right: Right,
        action: AuditAction,
        unit: Option<&UnitId>,
    ) -> ServiceResult<(Box<dyn Tx>, UnitId)> {
        let mut tx = self.read().await?;
        let unit = match unit {
            Some(unit) => Some(unit.clone()),
            None => highest(&mut tx, actor, right).await?,
        };
        if let Some(unit) = &unit
            && self.may(&mut tx, actor, right, unit).await?
        {
            return Ok((tx, unit.clone()));
        }
        drop(tx);
        let unit = unit.map_or_else(String::new, |unit| unit.0);
        Err(self.refuse(actor, action, AuditObject::Unit, &unit).await)
    }

    /// Whether the actor holds the right over the unit.
    pub(crate) async fn may(
        &self,
        tx: &mut Box<dyn Tx>,
        actor: &Actor,
        right: Right,
        unit: &UnitId,
    ) -> ServiceResult<bool> {
        if let Actor::System = actor {
            return Ok(true);
        }
        let roots = actor.roots(right);
        if roots.is_empty() {
            return Ok(false);
        }
        let path = tx.path_of(unit).await?;
        Ok(roots.iter().any(|root| path.contains(root)))
    }

    /// The units that the actor's right covers.
    pub(crate) async fn scope(&self, actor: &Actor, right: Right) -> ServiceResult<Scope> {
        if let Actor::System = actor {
            return Ok(Scope::All);
        }
        Ok(Scope::subtrees(&actor.roots(right), &self.tree().await?))
    }

    /// The org tree, at most [`TREE_LIFE_MS`] old.
    pub(crate) async fn tree(&self) -> ServiceResult<Tree> {
        let now = self.now();
        if let Some((read, tree)) = &*self.0.tree.lock().unwrap_or_else(PoisonError::into_inner)
            && (0..TREE_LIFE_MS).contains(&(now.0 - read.0))
        {
            return Ok(tree.clone());
        }
        let units = self.read().await?.units().await?;
        let tree: Tree = Arc::new(units.into_iter().map(|unit| (unit.id, unit.parent_id)).collect());
        *self.0.tree.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, tree.clone()));
        Ok(tree)
    }

    /// Room for one more watch in the media plane. Errors: `media_full`.
    pub(crate) fn admit_watch(&self) -> ServiceResult<()> {
        self.0.live.get().map_or(Ok(()), |live| Ok(live.admit_watch()?))
    }

    pub(crate) fn forget_tree(&self) {
        *self.0.tree.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records a refused act — one audit row — and gives the error to answer with.
    pub(crate) async fn refuse(
        &self,
        actor: &Actor,
        action: AuditAction,
        object: AuditObject,
        object_id: &str,
    ) -> ServiceError {
        let forbidden = ServiceError::forbidden();
        let write = async {
            let mut work = self.begin(actor).await?;
            work.audit_refused(action, object, object_id, forbidden.code);
            work.commit().await
        };
        match write.await {
            Ok(()) => forbidden,
            // An unrecorded refusal is still a refusal, but the caller must know that the record failed.
            Err(error) => error,
        }
    }

    /// The right, held anywhere, or a refusal.
    pub(crate) async fn require(
        &self,
        actor: &Actor,
        right: Right,
        action: AuditAction,
        object: AuditObject,
        object_id: &str,
    ) -> ServiceResult<()> {
        if actor.holds(right) { Ok(()) } else { Err(self.refuse(actor, action, object, object_id).await) }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate(what) => {
                ServiceError::conflict("duplicate", "已存在相同的记录", format!("a row with this value exists: {what}"))
            }
            StoreError::Unavailable(detail) => {
                tracing::error!(%detail, "the store is unavailable");
                ServiceError::new(
                    ErrorKind::Unavailable,
                    "store_unavailable",
                    "数据库暂时不可用，请稍后再试",
                    "the database is unavailable, try again",
                )
            }
            StoreError::Corrupt(detail) => {
                tracing::error!(%detail, "a stored row is not as it should be");
                ServiceError::internal("a stored row is not as it should be")
            }
        }
    }
}

/// All use cases. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub org: Org,
    pub accounts: Accounts,
    pub logins: Logins,
    pub enrolments: Enrolments,
    pub encoders: Encoders,
    pub presence: PresenceBoard,
    pub watches: Watches,
    pub sessions: Sessions,
    pub stations: Stations,
    pub assists: Assists,
    pub drawings: Drawings,
    pub attachments: Attachments,
    pub cards: Cards,
    pub cases: Cases,
    pub register: Register,
    pub requests: Requests,
    pub directives: Directives,
    pub guests: Guests,
    pub checks: Checks,
    pub duty: Duty,
    pub audit: Audit,
    pub events: Events,
    pub(crate) core: Core,
}

impl Service {
    pub fn new(setup: Setup) -> Self {
        let core = Core(Arc::new(Inner {
            store: setup.store,
            clock: setup.clock,
            live: OnceLock::new(),
            live_queue: LiveQueue::default(),
            files: OnceLock::new(),
            committed: watch::channel(0).0,
            closed: CancellationToken::new(),
            tree: Mutex::new(None),
            long_readings: Semaphore::new(LONG_READINGS),
        }));
        Self {
            org: Org { core: core.clone() },
            accounts: Accounts { core: core.clone() },
            logins: Logins { core: core.clone() },
            enrolments: Enrolments { core: core.clone() },
            encoders: Encoders { core: core.clone() },
            presence: PresenceBoard { core: core.clone() },
            watches: Watches { core: core.clone() },
            sessions: Sessions { core: core.clone() },
            stations: Stations { core: core.clone() },
            assists: Assists { core: core.clone() },
            drawings: Drawings { core: core.clone() },
            attachments: Attachments { core: core.clone() },
            cards: Cards { core: core.clone() },
            cases: Cases { core: core.clone() },
            register: Register { core: core.clone() },
            requests: Requests { core: core.clone() },
            directives: Directives { core: core.clone() },
            guests: Guests { core: core.clone() },
            checks: Checks { core: core.clone() },
            duty: Duty { core: core.clone() },
            audit: Audit { core: core.clone() },
            events: Events { core: core.clone() },
            core,
        }
    }

    /// To be awaited between reading something and telling it: nobody is told what a power cut could still take back.
    pub async fn settled(&self) -> ServiceResult<()> {
        self.core.settled().await
    }

    /// Gives the service its place for files; without it nothing that needs one is taken. The second call changes nothing.
    pub fn attach_files(&self, files: Arc<dyn Files>) {
        let _ = self.core.0.files.set(files);
    }

    /// Gives the service the live net; from now on grants follow every committed change.
    /// Before this they are only on record (the net asks for them when it starts). The second call changes nothing.
    pub fn attach_live(&self, live: Arc<dyn Live>) {
        if self.core.0.live.set(live).is_ok() {
            tokio::spawn(crate::sessions::live::keep_live(self.core.clone()));
        }
    }
}

/// Of the units that the right was given over, the one nearest the root.
async fn highest(tx: &mut Box<dyn Tx>, actor: &Actor, right: Right) -> ServiceResult<Option<UnitId>> {
    let mut best: Option<(usize, UnitId)> = None;
    for root in actor.roots(right) {
        let height = tx.path_of(&root).await?.len();
        if best.as_ref().is_none_or(|(least, _)| height < *least) {
            best = Some((height, root));
        }
    }
    Ok(best.map(|(_, unit)| unit))
}
