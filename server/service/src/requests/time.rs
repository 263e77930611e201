//! What time alone does to requests: the ladder, suspensions that end, silence that confirms, clocks that are overdue.

use super::{Requests, call, change};
use crate::actor::Actor;
use crate::duty::on_duty;
use crate::error::ServiceResult;
use lianxian_model::ids::UnitId;
use lianxian_model::request::RequestAction;
use lianxian_model::request::ring::Seat;
use std::collections::HashMap;

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

    /// A call at the top of its ladder has no time left that would look again: it rings whoever is on duty now, also those
    /// who came since, and no longer those who went.
    pub(crate) async fn follow_roster(&self) -> ServiceResult<()> {
        let mut tx = self.core.read().await?;
        let mut rosters: HashMap<UnitId, Vec<Seat>> = HashMap::new();
        let mut stale = Vec::new();
        for request in tx.ringing_requests().await? {
            let Some(ring) = request.ring.filter(|ring| ring.next_ms.is_none()) else { continue };
            if !rosters.contains_key(&request.unit_id) {
                let roster = on_duty(&mut tx, &request.unit_id, self.core.now()).await?;
                rosters.insert(request.unit_id.clone(), call::seats(&roster));
            }
            if ring.call(request.need, &rosters[&request.unit_id]) != ring.persons {
                stale.push(request.id);
            }
        }
        drop(tx);
        for id in stale {
            let mut work = self.core.begin(&Actor::System).await?;
            let Some(mut request) = work.tx.request(&id).await? else { continue };
            change::apply(&mut work, &mut request, RequestAction::Roster).await?;
            work.commit().await?;
        }
        Ok(())
    }
}
