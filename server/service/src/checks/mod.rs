//! Pre-shift checks: an account or a device hands in what its page measured, and reads its last one.

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use crate::secrets::new_id;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::check::{Check, CheckItem, CheckTopic, worst};
use lianxian_model::ids::CheckId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest cause of an item, in bytes.
pub const CAUSE_MAX_BYTES: usize = 40;
/// Longest time that a check may say it took, in milliseconds.
pub const CHECK_TOOK_MAX_MS: i64 = 10 * 60_000;
/// How soon one account or device may hand in the next, in milliseconds.
pub const CHECK_EVERY_MS: i64 = 3_000;

/// What a page hands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheck {
    /// From the first step to the last.
    pub took_ms: i64,
    /// Each topic once.
    pub items: Vec<CheckItem>,
}

#[derive(Clone)]
pub struct Checks {
    pub(crate) core: Core,
}

impl Checks {
    /// Every account and every device, for itself. Errors: `check_too_soon`.
    pub async fn keep(&self, actor: &Actor, new: NewCheck) -> ServiceResult<Check> {
        validate(&new)?;
        let mut work = self.core.begin(actor).await?;
        let since = work.now.0 - CHECK_EVERY_MS;
        if last_of(&mut work.tx, actor).await?.is_some_and(|last| last.at_ms.0 > since) {
            return Err(ServiceError::limit(
                "check_too_soon",
                CHECK_EVERY_MS,
                "刚刚才交过一次自检，请稍候再试",
                "a check was handed in a moment ago",
            ));
        }
        let (account_id, person_id, endpoint_id, unit_id) = match actor {
            Actor::Account(a) => (Some(a.account.clone()), Some(a.person.clone()), None, a.unit.clone()),
            Actor::Device(d) => (None, None, Some(d.endpoint.clone()), d.unit.clone()),
            Actor::Guest(_) | Actor::System => return Err(ServiceError::forbidden()),
        };
        let check = Check {
            id: CheckId(new_id(work.now)),
            account_id,
            person_id,
            endpoint_id,
            unit_id,
            name: actor.name().to_owned(),
            at_ms: work.now,
            took_ms: new.took_ms,
            verdict: worst(&new.items),
            items: new.items,
            ip: actor.ip().to_owned(),
        };
        work.tx.insert_check(&check).await?;
        work.audit(AuditAction::CheckKeep, AuditObject::Check, check.id.as_str(), json!({ "verdict": check.verdict }));
        work.commit().await?;
        Ok(check)
    }

    /// The actor's own last check.
    pub async fn last(&self, actor: &Actor) -> ServiceResult<Option<Check>> {
        let mut tx = self.core.read().await?;
        last_of(&mut tx, actor).await
    }
}

async fn last_of(tx: &mut Box<dyn Tx>, actor: &Actor) -> ServiceResult<Option<Check>> {
    Ok(match actor {
        Actor::Account(account) => tx.last_check_of_account(&account.account).await?,
        Actor::Device(device) => tx.last_check_of_endpoint(&device.endpoint).await?,
        Actor::Guest(_) | Actor::System => None,
    })
}

fn validate(new: &NewCheck) -> ServiceResult<()> {
    if !(0..=CHECK_TOOK_MAX_MS).contains(&new.took_ms) {
        let error = ServiceError::invalid("took_ms", "自检用时不合理", "a check takes at most ten minutes");
        return Err(ServiceError { limit: Some(CHECK_TOOK_MAX_MS), ..error });
    }
    let topics: BTreeSet<CheckTopic> = new.items.iter().map(|item| item.topic).collect();
    if new.items.is_empty() || topics.len() != new.items.len() {
        return Err(ServiceError::invalid("items", "每个检查项须有且只有一次", "each topic once, and one at least"));
    }
    let is_word = |cause: &str| cause.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if new.items.iter().any(|item| item.cause.len() > CAUSE_MAX_BYTES || !is_word(&item.cause)) {
        let error = ServiceError::invalid("items", "原因须为简短的小写单词", "a cause is a short lower-case word");
        return Err(ServiceError { limit: Some(CAUSE_MAX_BYTES as i64), ..error });
    }
    Ok(())
}
