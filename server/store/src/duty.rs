//! Shifts of the duty roster.

use crate::cells::{Cell, Cells, values};
use crate::select::Select;
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::duty::{Shift, Skill};
use lianxian_model::ids::{PersonId, ShiftId, UnitId};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{DutyRows, StoreError, StoreResult};

macro_rules! shift_columns {
    () => {
        "id, unit_id, person_id, role, mode, skills, starts_ms, ends_ms, arrived_ms, left_ms, no_show_ms, version"
    };
}

fn shift(row: &Cells<'_>) -> StoreResult<Shift> {
    let skills: String = row.get("skills")?;
    let skills: Vec<Skill> =
        serde_json::from_str(&skills).map_err(|error| StoreError::Corrupt(format!("column skills: {error}")))?;
    Ok(Shift {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        person_id: row.get("person_id")?,
        role: row.get("role")?,
        mode: row.get("mode")?,
        skills,
        starts_ms: row.get("starts_ms")?,
        ends_ms: row.get("ends_ms")?,
        arrived_ms: row.get("arrived_ms")?,
        left_ms: row.get("left_ms")?,
        no_show_ms: row.get("no_show_ms")?,
        version: row.get("version")?,
    })
}

fn spelled(skills: &[Skill]) -> StoreResult<String> {
    serde_json::to_string(skills).map_err(|error| StoreError::Corrupt(error.to_string()))
}

#[async_trait]
impl DutyRows for UnitOfWork {
    async fn insert_shift(&mut self, shift: &Shift) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO shifts (",
            shift_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        let row = values![
            shift.id,
            shift.unit_id,
            shift.person_id,
            shift.role,
            shift.mode,
            spelled(&shift.skills)?,
            shift.starts_ms,
            shift.ends_ms,
            shift.arrived_ms,
            shift.left_ms,
            shift.no_show_ms,
            shift.version,
        ];
        self.run_one(sql, row).await
    }

    async fn update_shift(&mut self, shift: &Shift) -> StoreResult<bool> {
        let sql = "UPDATE shifts SET unit_id = $3, person_id = $4, role = $5, mode = $6, skills = $7, starts_ms = $8, \
                   ends_ms = $9, arrived_ms = $10, left_ms = $11, no_show_ms = $12, version = version + 1 \
                   WHERE id = $1 AND version = $2 AND removed_ms IS NULL";
        let row = values![
            shift.id,
            shift.version,
            shift.unit_id,
            shift.person_id,
            shift.role,
            shift.mode,
            spelled(&shift.skills)?,
            shift.starts_ms,
            shift.ends_ms,
            shift.arrived_ms,
            shift.left_ms,
            shift.no_show_ms,
        ];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn remove_shift(&mut self, shift: &Shift, at: Millis) -> StoreResult<bool> {
        let sql = "UPDATE shifts SET removed_ms = $3, version = version + 1 \
                   WHERE id = $1 AND version = $2 AND removed_ms IS NULL";
        Ok(self.run(sql, values![shift.id, shift.version, at]).await? == 1)
    }

    async fn shift(&mut self, id: &ShiftId) -> StoreResult<Option<Shift>> {
        let sql = concat!("SELECT ", shift_columns!(), " FROM shifts WHERE id = $1 AND removed_ms IS NULL");
        self.first(sql, values![*id], shift).await
    }

    async fn shifts_of_units(
        &mut self,
        units: &[UnitId],
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> StoreResult<Vec<Shift>> {
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Select::new(concat!("SELECT ", shift_columns!(), " FROM shifts"));
        let places: Vec<String> = (1..=units.len()).map(|n| format!("?{n}")).collect();
        let among = format!("unit_id IN ({})", places.join(", "));
        select.and(&among, units.iter().map(Cell::to_value).collect());
        select.and("ends_ms > ?1 AND starts_ms < ?2", values![from, to]);
        select.and("removed_ms IS NULL", Vec::new());
        self.selected(select.ordered("starts_ms, id", limit), shift).await
    }

    async fn shifts_of_person(&mut self, person: &PersonId, from: Millis, to: Millis) -> StoreResult<Vec<Shift>> {
        let sql = concat!(
            "SELECT ",
            shift_columns!(),
            " FROM shifts WHERE person_id = $1 AND ends_ms > $2 AND starts_ms < $3 AND removed_ms IS NULL \
             ORDER BY starts_ms, id"
        );
        self.all(sql, values![*person, from, to], shift).await
    }
}
