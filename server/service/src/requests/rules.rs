//! The rules of help requests: a unit sets them in versions, and whoever is under it goes by them.

use super::Requests;
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use crate::work::About;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::UnitId;
use lianxian_model::request::Urgency;
use lianxian_model::request::clocks::ClockName;
use lianxian_model::request::rules::{Rules, RulesError, RulesVersion, SPAN_MAX_WORKING_DAYS};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

const MINUTE_MS: i64 = 60_000;

/// One version of a unit's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RulesVersionView {
    /// Whose they are.
    pub unit_id: UnitId,
    pub version: i64,
    pub rules: Rules,
    pub made_ms: Millis,
    pub made_by: String,
}

impl From<RulesVersion> for RulesVersionView {
    fn from(version: RulesVersion) -> Self {
        let RulesVersion { unit_id, version, rules, made_ms, made_by } = version;
        Self { unit_id, version, rules, made_ms, made_by }
    }
}

/// What holds for a unit, and how that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequestRules {
    pub unit_id: UnitId,
    pub rules: Rules,
    /// The unit whose version holds; none: nobody has set any, and the defaults do.
    pub set_by: Option<UnitId>,
    pub defaults: Rules,
    /// The unit's own, newest first.
    pub versions: Vec<RulesVersionView>,
    /// Whoever asks may set the unit's.
    pub may_set: bool,
}

/// The next version of a unit's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRules {
    pub unit_id: UnitId,
    pub rules: Rules,
}

fn refused(error: RulesError) -> ServiceError {
    let RulesError { field, min, max } = error;
    let counted = |value: i64| match value {
        days if max <= SPAN_MAX_WORKING_DAYS => format!("{days} 个工作日"),
        ms if ms % MINUTE_MS != 0 => format!("{} 秒", ms / 1_000),
        ms if ms % (24 * 60 * MINUTE_MS) == 0 => format!("{} 天", ms / (24 * 60 * MINUTE_MS)),
        ms => format!("{} 分钟", ms / MINUTE_MS),
    };
    let zh = format!("{}须在 {}到 {}之间", name_of(field), counted(min), counted(max));
    ServiceError::invalid(field, zh, error.to_string())
}

/// A value as the screen names it.
fn name_of(field: &'static str) -> String {
    match field.split_once('.') {
        Some(("ladder", "chief_ms")) => "呼叫值班长".to_owned(),
        Some(("ladder", _)) => "呼叫带班领导".to_owned(),
        Some((urgency, clock)) => {
            let urgency = Urgency::parse(urgency).map_or(urgency, Urgency::zh);
            let clock = ClockName::parse(clock).map_or("催办后转督办", ClockName::zh);
            format!("“{urgency}”的{clock}时限")
        }
        None => field.to_owned(),
    }
}

/// The latest version of the nearest unit that has one.
pub(super) async fn rules_for(tx: &mut Box<dyn Tx>, unit: &UnitId) -> ServiceResult<Option<RulesVersion>> {
    for above in tx.path_of(unit).await? {
        if let Some(version) = tx.request_rules(&above).await? {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

impl Requests {
    /// What holds for a unit; none: the highest that the actor may read. Right `duty.read` over it.
    pub async fn rules(&self, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<RequestRules> {
        let (mut tx, unit) = self.core.readable(actor, Right::DutyRead, AuditAction::RequestRules, unit).await?;
        let holds = rules_for(&mut tx, &unit).await?;
        Ok(RequestRules {
            versions: tx.request_rules_of(&unit).await?.into_iter().map(RulesVersionView::from).collect(),
            may_set: self.core.may(&mut tx, actor, Right::DutyManage, &unit).await?,
            unit_id: unit,
            rules: holds.as_ref().map_or_else(Rules::default, |version| version.rules),
            set_by: holds.map(|version| version.unit_id),
            defaults: Rules::default(),
        })
    }

    /// A new version for a unit and all under it without their own; requests that are open keep theirs.
    /// Right `duty.manage` over it. Errors: `invalid` with the field and its bounds.
    pub async fn set_rules(&self, actor: &Actor, new: NewRules) -> ServiceResult<RulesVersionView> {
        new.rules.check().map_err(refused)?;
        let mut work = self.core.begin(actor).await?;
        let unit = new.unit_id;
        work.tx.unit(&unit).await?.ok_or_else(|| ServiceError::not_found("机构", "unit"))?;
        if !self.core.may(&mut work.tx, actor, Right::DutyManage, &unit).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::RequestRules, AuditObject::Unit, unit.as_str()).await);
        }
        let version = work.tx.request_rules(&unit).await?.map_or(1, |last| last.version + 1);
        let made = RulesVersion {
            unit_id: unit.clone(),
            version,
            rules: new.rules,
            made_ms: work.now,
            made_by: actor.name().to_owned(),
        };
        work.tx.insert_request_rules(&made).await?;
        work.audit(
            AuditAction::RequestRules,
            AuditObject::Unit,
            unit.as_str(),
            json!({ "version": version, "rules": made.rules }),
        );
        let about = About { unit: Some(unit), ..About::default() };
        work.event(EventKind::DutyChanged, about, json!({ "rules": version }));
        work.commit().await?;
        Ok(made.into())
    }
}
