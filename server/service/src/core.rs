//! What every noun of the service stands on: the store, the clock, randomness, the live net; and the service as one value.

use crate::accounts::Accounts;
use crate::audit::Audit;
use crate::cases::Cases;
use crate::enrolments::Enrolments;
use crate::events::Events;
use crate::logins::Logins;
use crate::org::Org;
use crate::ports::live::Live;
use crate::ports::store::Store;
use crate::presence::PresenceBoard;
use crate::register::Register;
use crate::sessions::Sessions;
use crate::stations::Stations;
use crate::watches::Watches;
use lianxian_model::time::Clock;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// What the wiring gives.
#[derive(Clone)]
pub struct Setup {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
}

#[derive(Clone)]
pub(crate) struct Core(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: OnceLock<Arc<dyn Live>>,
    pub(crate) committed: watch::Sender<i64>,
}

impl Core {
    pub(crate) fn committed(&self) -> watch::Receiver<i64> {
        self.0.committed.subscribe()
    }
}

/// All use cases. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub org: Org,
    pub accounts: Accounts,
    pub logins: Logins,
    pub enrolments: Enrolments,
    pub presence: PresenceBoard,
    pub watches: Watches,
    pub sessions: Sessions,
    pub stations: Stations,
    pub cases: Cases,
    pub register: Register,
    pub audit: Audit,
    pub events: Events,
    pub(crate) core: Core,
}

/// A body that is still to come; only on the way to the first whole version.
#[doc(hidden)]
#[macro_export]
macro_rules! pending {
    () => {
        Err($crate::error::ServiceError::internal("pending"))
    };
}

impl Service {
    pub fn new(setup: Setup) -> Self {
        let core = Core(Arc::new(Inner {
            store: setup.store,
            clock: setup.clock,
            live: OnceLock::new(),
            committed: watch::channel(0).0,
        }));
        Self {
            org: Org { core: core.clone() },
            accounts: Accounts { core: core.clone() },
            logins: Logins { core: core.clone() },
            enrolments: Enrolments { core: core.clone() },
            presence: PresenceBoard { core: core.clone() },
            watches: Watches { core: core.clone() },
            sessions: Sessions { core: core.clone() },
            stations: Stations { core: core.clone() },
            cases: Cases { core: core.clone() },
            register: Register { core: core.clone() },
            audit: Audit { core: core.clone() },
            events: Events { core: core.clone() },
            core,
        }
    }

    /// Gives the service the live net. Before this, grants are only on record (the net asks for them when it starts).
    pub fn attach_live(&self, live: Arc<dyn Live>) {
        let _ = self.core.0.live.set(live);
    }
}
