//! What time alone does to requests: the ladder, suspensions that end, silence that confirms, clocks that are overdue.

use super::{Requests, change};
use crate::actor::Actor;
use crate::error::ServiceResult;
use lianxian_model::request::RequestAction;

/// Requests that one round changes at most; the rest follows in the next.
const A_ROUND: i64 = 200;

impl Requests {
    /// Carries out what is due, each request in its own transaction. Whatever was due while the server was away is due now.
    pub(crate) async fn sweep(&self) -> ServiceResult<()> {
        let due = self.core.read().await?.due_requests(self.core.now(), A_ROUND).await?;
        for id in due {
            let mut work = self.core.begin(&Actor::System).await?;
            let Some(mut request) = work.tx.request(&id).await? else { continue };
            change::apply(&mut work, &mut request, RequestAction::Tick).await?;
            work.commit().await?;
        }
        Ok(())
    }
}
