//! Whose seats ring: the roster of the moment, asked once, kept with the decision.

use crate::duty::{OnDuty, on_duty};
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::RequestCall;
use crate::work::Work;
use lianxian_model::request::HelpRequest;
use lianxian_model::request::ring::Seat;

/// A routing decision, to be stored.
pub(super) struct Called {
    pub row: RequestCall,
    pub names: Vec<String>,
}

/// Sets whose seats ring on the request's rung. A rung with nobody on it is left at once.
pub(super) async fn ring(work: &mut Work, request: &mut HelpRequest) -> ServiceResult<Called> {
    let roster = on_duty(&mut work.tx, &request.unit_id, work.now).await?;
    let seats = seats(&roster);
    let (need, ladder) = (request.need, request.ladder);
    let Some(ring) = &mut request.ring else { return Err(ServiceError::internal("a request that does not ring")) };
    loop {
        ring.persons = ring.call(need, &seats);
        if !ring.persons.is_empty() || ring.next_ms.is_none() {
            break;
        }
        ring.climb(ladder);
    }
    let names = roster.iter().filter(|on| ring.persons.contains(&on.person_id)).map(|on| on.person_name.clone());
    let mut names: Vec<String> = names.collect();
    names.dedup();
    let json = |value: serde_json::Result<String>| value.map_err(ServiceError::internal);
    let row = RequestCall {
        at_ms: work.now,
        rung: ring.rung,
        roster: json(serde_json::to_string(&roster))?,
        persons: json(serde_json::to_string(&ring.persons))?,
    };
    Ok(Called { row, names })
}

/// The roster, as far as the ladder cares.
pub(super) fn seats(roster: &[OnDuty]) -> Vec<Seat> {
    let seat = |on: &OnDuty| Seat { person_id: on.person_id.clone(), role: on.role, skills: on.skills.clone() };
    roster.iter().map(seat).collect()
}
