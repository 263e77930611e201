//! What time alone does to directives: what is overdue climbs to the superior.

use super::{Directives, change};
use crate::actor::Actor;
use crate::error::ServiceResult;
use lianxian_model::directive::DirectiveAction;

/// Directives that one round changes at most; the rest follows in the next.
const A_ROUND: i64 = 200;

impl Directives {
    /// Carries out what is due, each directive in its own transaction. Whatever was due while the server was away is due now.
    pub(crate) async fn sweep(&self) -> ServiceResult<()> {
        let due = self.core.read().await?.due_directives(self.core.now(), A_ROUND).await?;
        for id in due {
            let mut work = self.core.begin(&Actor::System).await?;
            let Some(mut directive) = work.tx.directive(&id).await? else { continue };
            let by = work.actor_name().to_owned();
            change::apply(&mut work, &mut directive, DirectiveAction::Tick, by).await?;
            work.commit().await?;
        }
        Ok(())
    }
}
