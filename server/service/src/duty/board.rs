//! The roster as it is read: who is on now, the week with its gaps, who may be planned; and who answers for a site.

use super::{Duty, MAX_SHIFTS_READ, OnDuty, ROSTER_SPAN_MAX_MS};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::ports::store::Tx;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::check::CheckVerdict;
use lianxian_model::duty::{
    DutyMode, DutyRole, HELD_MAX_MS, Shift, Skill, Span, Standing, gaps, next_turn, standing, who_is_on,
};
use lianxian_model::ids::{PersonId, ShiftId, UnitId};
use lianxian_model::people::Person;
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const DAY_MS: i64 = 24 * 3_600_000;
/// How far ahead "next" looks.
const NEXT_WITHIN_MS: i64 = DAY_MS;
/// Shifts that are shown as the next.
const NEXT_SHOWN: usize = 8;

/// What a person's computer was last found to be able to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastCheck {
    pub at_ms: Millis,
    pub verdict: CheckVerdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShiftView {
    pub id: ShiftId,
    pub unit: Named,
    pub person: Named,
    pub phone: String,
    pub role: DutyRole,
    pub mode: DutyMode,
    pub skills: Vec<Skill>,
    pub starts_ms: Millis,
    pub ends_ms: Millis,
    pub arrived_ms: Option<Millis>,
    pub left_ms: Option<Millis>,
    pub no_show_ms: Option<Millis>,
    /// At the moment of the reading.
    pub standing: Standing,
    /// The person has an account, so that a call can ring.
    pub reachable: bool,
    /// The person's last pre-shift check.
    pub check: Option<LastCheck>,
    pub version: i64,
}

/// Who answers for a unit now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DutyNow {
    pub unit: Named,
    pub at_ms: Millis,
    /// In ladder order, the unit's own before those of the units above.
    pub on: Vec<ShiftView>,
    /// Noted as not come, within their time.
    pub missing: Vec<ShiftView>,
    /// What starts within a day.
    pub next: Vec<ShiftView>,
    /// No operator is on: a call for help goes to nobody's seat.
    pub alarm: bool,
    /// When this answer may differ by the clock alone.
    pub until_ms: Option<Millis>,
}

/// The shifts that serve a unit, its own and those of the units above, over some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DutyWeek {
    pub unit: Named,
    pub at_ms: Millis,
    pub from_ms: Millis,
    pub to_ms: Millis,
    /// By start.
    pub shifts: Vec<ShiftView>,
    /// When no operator is planned.
    pub gaps: Vec<Span>,
    /// The account may plan this unit's shifts.
    pub manage: bool,
    /// When a standing may differ by the clock alone.
    pub until_ms: Option<Millis>,
}

/// Someone who can be planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DutyPerson {
    pub id: PersonId,
    pub name: String,
    pub post: String,
    pub unit: Named,
    /// Names of the accounts that can be rung.
    pub accounts: Vec<String>,
}

/// Who would answer a site, as its people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Answering {
    pub name: String,
    pub role: DutyRole,
    pub mode: DutyMode,
    pub skills: Vec<Skill>,
    /// A call can ring the person.
    pub reachable: bool,
}

/// Everyone on duty now whose shift's unit is the site's unit or above it, in ladder order: operator, shift chief, duty
/// leader, reserve; within a role the nearer unit first.
pub(crate) async fn on_duty(tx: &mut Box<dyn Tx>, site_unit: &UnitId, now: Millis) -> ServiceResult<Vec<OnDuty>> {
    let shifts = serving(tx, site_unit, now, Millis(now.0.saturating_add(1))).await?;
    let mut on = Vec::new();
    for (shift, _) in who_is_on(&shifts, now) {
        let Some(person) = tx.person(&shift.person_id).await?.filter(|person| !person.disabled) else { continue };
        let accounts = tx.accounts_of_person(&person.id).await?;
        on.push(OnDuty {
            shift_id: shift.id.clone(),
            person_id: person.id,
            person_name: person.name,
            role: shift.role,
            mode: shift.mode,
            skills: shift.skills.clone(),
            accounts: accounts.into_iter().map(|account| account.id).collect(),
        });
    }
    Ok(on)
}

/// The shifts that serve the unit between the two instants, with those that ended shortly before and may still hold their
/// persons on. The nearer unit's first, then by start.
pub(super) async fn serving(
    tx: &mut Box<dyn Tx>,
    unit: &UnitId,
    from: Millis,
    to: Millis,
) -> ServiceResult<Vec<Shift>> {
    let path = tx.path_of(unit).await?;
    let held = Millis(from.0.saturating_sub(HELD_MAX_MS));
    let mut shifts = tx.shifts_of_units(&path, held, to, MAX_SHIFTS_READ).await?;
    let height: HashMap<&UnitId, usize> = path.iter().enumerate().map(|(height, unit)| (unit, height)).collect();
    shifts.sort_by_key(|shift| height.get(&shift.unit_id).copied());
    Ok(shifts)
}

impl Duty {
    /// Who answers for the unit now (none given: the highest unit that the account may read). Right `duty.read`.
    pub async fn now(&self, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<DutyNow> {
        let (mut tx, unit) = self.readable(actor, unit).await?;
        let at = self.core.now();
        let ahead = Millis(at.0.saturating_add(NEXT_WITHIN_MS));
        let shifts = serving(&mut tx, &unit, at, ahead).await?;
        let mut names = Names::default();
        let (mut on, mut alarm) = (Vec::new(), true);
        for (shift, _) in who_is_on(&shifts, at) {
            let there = tx.person(&shift.person_id).await?.is_some_and(|person| !person.disabled);
            alarm &= !(there && shift.role == DutyRole::Operator);
            on.push(names.view(&mut tx, shift, &shifts, at).await?);
        }
        let (mut missing, mut next) = (Vec::new(), Vec::new());
        let mut by_start: Vec<&Shift> = shifts.iter().collect();
        by_start.sort_by_key(|shift| (shift.starts_ms, shift.role));
        for shift in by_start {
            match standing(shift, &shifts, at) {
                Standing::Missing => missing.push(names.view(&mut tx, shift, &shifts, at).await?),
                Standing::Ahead if next.len() < NEXT_SHOWN => {
                    next.push(names.view(&mut tx, shift, &shifts, at).await?);
                }
                _ => {}
            }
        }
        let unit = names.unit(&mut tx, &unit).await?;
        Ok(DutyNow { unit, at_ms: at, on, missing, next, alarm, until_ms: next_turn(&shifts, at) })
    }

    /// Who would answer the device's site now, in ladder order. Every device, for itself.
    pub async fn answering(&self, actor: &Actor) -> ServiceResult<Vec<Answering>> {
        let Some(device) = actor.device() else { return Err(ServiceError::forbidden()) };
        let mut tx = self.core.read().await?;
        let on = on_duty(&mut tx, &device.unit, self.core.now()).await?;
        let told = on.into_iter().map(|on| Answering {
            name: on.person_name,
            role: on.role,
            mode: on.mode,
            skills: on.skills,
            reachable: !on.accounts.is_empty(),
        });
        Ok(told.collect())
    }

    /// Right `duty.read` over the unit.
    pub async fn week(
        &self,
        actor: &Actor,
        unit: Option<&UnitId>,
        from: Millis,
        to: Millis,
    ) -> ServiceResult<DutyWeek> {
        let span = to.0.checked_sub(from.0).unwrap_or(i64::MAX);
        if !(1..=ROSTER_SPAN_MAX_MS).contains(&span) {
            let error =
                ServiceError::invalid("to_ms", "一次最多查看 31 天的值班表", "a reading covers 31 days at most");
            return Err(ServiceError { limit: Some(ROSTER_SPAN_MAX_MS), ..error });
        }
        let (mut tx, unit) = self.readable(actor, unit).await?;
        let at = self.core.now();
        let manage = self.core.may(&mut tx, actor, Right::DutyManage, &unit).await?;
        let among = serving(&mut tx, &unit, from, to).await?;
        let mut within: Vec<&Shift> = among.iter().filter(|shift| shift.ends_ms > from).collect();
        within.sort_by_key(|shift| (shift.starts_ms, shift.role));
        let mut names = Names::default();
        let mut shifts = Vec::new();
        for shift in within {
            shifts.push(names.view(&mut tx, shift, &among, at).await?);
        }
        Ok(DutyWeek {
            unit: names.unit(&mut tx, &unit).await?,
            at_ms: at,
            from_ms: from,
            to_ms: to,
            shifts,
            gaps: gaps(&among, DutyRole::Operator, from, to),
            manage,
            until_ms: next_turn(&among, at),
        })
    }

    /// Everyone who can be planned for the unit: those in the scope of the account's `duty.manage`.
    pub async fn people(&self, actor: &Actor, unit: &UnitId) -> ServiceResult<Vec<DutyPerson>> {
        let mut tx = self.core.read().await?;
        if !self.core.may(&mut tx, actor, Right::DutyManage, unit).await? {
            drop(tx);
            return Err(self.core.refuse(actor, AuditAction::DutyPeople, AuditObject::Unit, unit.as_str()).await);
        }
        let scope = self.core.scope(actor, Right::DutyManage).await?;
        let mut accounts: HashMap<PersonId, Vec<String>> = HashMap::new();
        for account in tx.accounts().await?.into_iter().filter(|account| !account.disabled) {
            accounts.entry(account.person_id).or_default().push(account.name);
        }
        let units: HashMap<UnitId, String> = tx.units().await?.into_iter().map(|unit| (unit.id, unit.name)).collect();
        let persons = tx.persons().await?.into_iter();
        let people = persons.filter(|person| !person.disabled && scope.covers(&person.unit_id)).map(|person| {
            let unit = units.get(&person.unit_id).cloned().unwrap_or_default();
            DutyPerson {
                accounts: accounts.remove(&person.id).unwrap_or_default(),
                id: person.id,
                name: person.name,
                post: person.post,
                unit: Named::new(person.unit_id.0, unit),
            }
        });
        Ok(people.collect())
    }

    /// A reading of a unit in the scope of `duty.read`.
    pub(super) async fn readable(&self, actor: &Actor, unit: Option<&UnitId>) -> ServiceResult<(Box<dyn Tx>, UnitId)> {
        self.core.readable(actor, Right::DutyRead, AuditAction::DutyRead, unit).await
    }

    /// One shift as the account that changed it is told of it.
    pub(super) async fn told(&self, id: &ShiftId) -> ServiceResult<ShiftView> {
        let mut tx = self.core.read().await?;
        let at = self.core.now();
        let Some(shift) = tx.shift(id).await? else { return Err(super::no_shift()) };
        let among = serving(&mut tx, &shift.unit_id, at, Millis(at.0.saturating_add(1))).await?;
        Names::default().view(&mut tx, &shift, &among, at).await
    }
}

/// Names and checks, each read once for one answer.
#[derive(Default)]
pub(super) struct Names {
    units: HashMap<UnitId, String>,
    persons: HashMap<PersonId, Known>,
}

#[derive(Clone)]
struct Known {
    person: Option<Person>,
    reachable: bool,
    check: Option<LastCheck>,
}

impl Names {
    pub(super) async fn unit(&mut self, tx: &mut Box<dyn Tx>, id: &UnitId) -> ServiceResult<Named> {
        if !self.units.contains_key(id) {
            let name = tx.unit(id).await?.map_or_else(String::new, |unit| unit.name);
            self.units.insert(id.clone(), name);
        }
        Ok(Named::new(id.0.clone(), self.units.get(id).cloned().unwrap_or_default()))
    }

    async fn known(&mut self, tx: &mut Box<dyn Tx>, id: &PersonId) -> ServiceResult<Known> {
        if let Some(known) = self.persons.get(id) {
            return Ok(known.clone());
        }
        let person = tx.person(id).await?;
        let disabled = person.as_ref().is_none_or(|person| person.disabled);
        let check = tx.last_check_of_person(id).await?;
        let known = Known {
            person,
            reachable: !disabled && !tx.accounts_of_person(id).await?.is_empty(),
            check: check.map(|check| LastCheck { at_ms: check.at_ms, verdict: check.verdict }),
        };
        self.persons.insert(id.clone(), known.clone());
        Ok(known)
    }

    pub(super) async fn person(&mut self, tx: &mut Box<dyn Tx>, id: &PersonId) -> ServiceResult<Named> {
        let known = self.known(tx, id).await?;
        Ok(Named::new(id.0.clone(), known.person.map_or_else(String::new, |person| person.name)))
    }

    pub(super) async fn view(
        &mut self,
        tx: &mut Box<dyn Tx>,
        shift: &Shift,
        among: &[Shift],
        at: Millis,
    ) -> ServiceResult<ShiftView> {
        let known = self.known(tx, &shift.person_id).await?;
        let (name, phone) = known.person.map_or_else(Default::default, |person| (person.name, person.phone));
        Ok(ShiftView {
            id: shift.id.clone(),
            unit: self.unit(tx, &shift.unit_id).await?,
            person: Named::new(shift.person_id.0.clone(), name),
            phone,
            role: shift.role,
            mode: shift.mode,
            skills: shift.skills.clone(),
            starts_ms: shift.starts_ms,
            ends_ms: shift.ends_ms,
            arrived_ms: shift.arrived_ms,
            left_ms: shift.left_ms,
            no_show_ms: shift.no_show_ms,
            standing: standing(shift, among, at),
            reachable: known.reachable,
            check: known.check,
            version: shift.version,
        })
    }
}
