//! The roster as a spreadsheet: taken in whole or not at all, with each bad line named; and the rows that go out.

use super::board::{Names, ShiftView};
use super::plan::{NewShift, WEEK_MS, put};
use super::{Duty, MAX_SHIFTS_READ, ROSTER_SPAN_MAX_MS, tell};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::{DutyMode, DutyRole, Shift, Skill};
use lianxian_model::ids::{PersonId, UnitId};
use lianxian_model::people::Person;
use lianxian_model::roles::Right;
use lianxian_model::session::beijing_day;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

/// Lines that one import takes, its heading not counted.
pub const IMPORT_MAX_LINES: usize = 500;

/// The columns, as the export writes and the import reads them.
pub const COLUMN_PERSON: &str = "姓名";
pub const COLUMN_ACCOUNT: &str = "账号";
pub const COLUMN_ROLE: &str = "岗位";
pub const COLUMN_MODE: &str = "值守方式";
pub const COLUMN_SKILLS: &str = "专长";
pub const COLUMN_STARTS: &str = "开始时间";
pub const COLUMN_ENDS: &str = "结束时间";

/// One line as it was read; what is not there is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetLine {
    /// From 1, the heading being 1.
    pub line: usize,
    pub person: String,
    pub account: String,
    pub role: String,
    pub mode: String,
    pub skills: String,
    pub starts: String,
    pub ends: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BadLine {
    /// From 1, the heading being 1.
    pub line: usize,
    pub column: String,
    pub value: String,
    pub cause_zh: String,
    pub cause_en: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// None, as long as a line is bad.
    pub imported: usize,
    /// On the roster already, as they are.
    pub unchanged: usize,
    pub bad: Vec<BadLine>,
}

impl Duty {
    /// Puts every line on the unit's roster, or none. Right `duty.manage` over the unit. Errors: `too_many_lines`.
    pub async fn import(&self, actor: &Actor, unit: &UnitId, lines: Vec<SheetLine>) -> ServiceResult<ImportReport> {
        let mut work = self.core.begin(actor).await?;
        if !self.core.may(&mut work.tx, actor, Right::DutyManage, unit).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::DutyImport, AuditObject::Unit, unit.as_str()).await);
        }
        if lines.len() > IMPORT_MAX_LINES {
            return Err(ServiceError::limit(
                "too_many_lines",
                IMPORT_MAX_LINES as i64,
                format!("一次最多导入 {IMPORT_MAX_LINES} 行"),
                format!("an import has at most {IMPORT_MAX_LINES} lines"),
            ));
        }
        let scope = self.core.scope(actor, Right::DutyManage).await?;
        let known = Known::read(&mut work, |person| !person.disabled && scope.covers(&person.unit_id)).await?;
        let mut report = ImportReport { imported: 0, unchanged: 0, bad: Vec::new() };
        for line in &lines {
            let new = match known.shift(unit, line) {
                Ok(new) => new,
                Err(bad) => {
                    report.bad.push(bad);
                    continue;
                }
            };
            if stands(&mut work, &new).await? {
                report.unchanged += 1;
                continue;
            }
            match put(&mut work, &scope, new).await {
                Ok(shift) => {
                    report.imported += 1;
                    tell(&mut work, AuditAction::DutyPlan, &shift, json!(shift));
                }
                Err(error) if error.is_the_rows() => {
                    let (column, value) = match error.field {
                        Some("person_id") => (COLUMN_PERSON, &line.person),
                        Some("ends_ms") => (COLUMN_ENDS, &line.ends),
                        _ => (COLUMN_STARTS, &line.starts),
                    };
                    report.bad.push(bad(line, column, value, error.zh, error.en));
                }
                Err(error) => return Err(error),
            }
        }
        if !report.bad.is_empty() {
            report.imported = 0;
            report.unchanged = 0;
            return Ok(report);
        }
        work.audit(AuditAction::DutyImport, AuditObject::Unit, unit.as_str(), json!({ "imported": report.imported }));
        work.commit().await?;
        Ok(report)
    }

    /// The unit's own shifts over some days, each with the person's first account. Right `duty.read` over the unit; leaves
    /// an audit row.
    pub async fn export(
        &self,
        actor: &Actor,
        unit: &UnitId,
        from: Millis,
        to: Millis,
    ) -> ServiceResult<Vec<(ShiftView, String)>> {
        let span = to.0.checked_sub(from.0).unwrap_or(i64::MAX);
        if !(1..=ROSTER_SPAN_MAX_MS).contains(&span) {
            let error =
                ServiceError::invalid("to_ms", "一次最多导出 31 天的值班表", "an export covers 31 days at most");
            return Err(ServiceError { limit: Some(ROSTER_SPAN_MAX_MS), ..error });
        }
        let turn = self.core.long_turn().await?;
        let (mut tx, _) = self.readable(actor, Some(unit)).await?;
        let now = self.core.now();
        let units = std::slice::from_ref(unit);
        let shifts = tx.shifts_of_units(units, Millis(from.0 - WEEK_MS), to, MAX_SHIFTS_READ).await?;
        let mut names = Names::default();
        let mut rows = Vec::new();
        for shift in shifts.iter().filter(|shift| shift.ends_ms > from) {
            let view = names.view(&mut tx, shift, &shifts, now).await?;
            let account = tx.accounts_of_person(&shift.person_id).await?.into_iter().next();
            rows.push((view, account.map_or_else(String::new, |account| account.name)));
        }
        drop((tx, turn));
        let mut work = self.core.begin(actor).await?;
        work.audit(AuditAction::DutyExport, AuditObject::Unit, unit.as_str(), json!({ "rows": rows.len() }));
        work.commit().await?;
        Ok(rows)
    }
}

/// Who can be meant by a name or an account.
struct Known {
    by_name: HashMap<String, Vec<PersonId>>,
    by_account: HashMap<String, (PersonId, String)>,
}

impl Known {
    async fn read(work: &mut Work, may: impl Fn(&Person) -> bool) -> ServiceResult<Self> {
        let persons: Vec<Person> = work.tx.persons().await?.into_iter().filter(may).collect();
        let names: HashMap<PersonId, String> = persons.iter().map(|p| (p.id.clone(), p.name.clone())).collect();
        let mut by_name: HashMap<String, Vec<PersonId>> = HashMap::new();
        for person in persons {
            by_name.entry(person.name).or_default().push(person.id);
        }
        let accounts = work.tx.accounts().await?.into_iter();
        let by_account = accounts.filter_map(|account| {
            let name = names.get(&account.person_id)?.clone();
            Some((account.name, (account.person_id, name)))
        });
        Ok(Self { by_name, by_account: by_account.collect() })
    }

    fn person(&self, line: &SheetLine) -> Result<PersonId, BadLine> {
        let (name, account) = (line.person.trim(), line.account.trim().to_lowercase());
        if !account.is_empty() {
            return match self.by_account.get(&account) {
                Some((person, known)) if name.is_empty() || known == name => Ok(person.clone()),
                Some((_, known)) => {
                    let zh = format!("账号 {account} 属于 {known}，与姓名不符");
                    Err(bad(line, COLUMN_ACCOUNT, &line.account, zh, format!("{account} is {known}'s")))
                }
                None => Err(bad(
                    line,
                    COLUMN_ACCOUNT,
                    &line.account,
                    "没有这个账号，或不在您的管理范围内",
                    "no such account in scope",
                )),
            };
        }
        match self.by_name.get(name).map(Vec::as_slice) {
            Some([person]) => Ok(person.clone()),
            Some(_) => Err(bad(
                line,
                COLUMN_PERSON,
                &line.person,
                "有多名同名人员，请在“账号”列填写账号",
                "several persons have this name: give the account",
            )),
            None if name.is_empty() => Err(bad(line, COLUMN_PERSON, &line.person, "请填写姓名", "a name is needed")),
            None => {
                Err(bad(line, COLUMN_PERSON, &line.person, "没有此人，或不在您的管理范围内", "no such person in scope"))
            }
        }
    }

    fn shift(&self, unit: &UnitId, line: &SheetLine) -> Result<NewShift, BadLine> {
        let person_id = self.person(line)?;
        let role = DutyRole::ALL.iter().find(|role| is_word(&line.role, role.as_str(), role.zh(), role.en()));
        let Some(role) = role else {
            let words = DutyRole::ALL.iter().map(|role| role.zh()).collect::<Vec<_>>().join("、");
            return Err(bad(line, COLUMN_ROLE, &line.role, format!("须为：{words}"), "not a duty role"));
        };
        let mode = DutyMode::ALL.iter().find(|mode| is_word(&line.mode, mode.as_str(), mode.zh(), mode.en()));
        let mode = if line.mode.trim().is_empty() { Some(&DutyMode::Office) } else { mode };
        let Some(mode) = mode else {
            let words = DutyMode::ALL.iter().map(|mode| mode.zh()).collect::<Vec<_>>().join("、");
            return Err(bad(line, COLUMN_MODE, &line.mode, format!("须为：{words}"), "not a duty mode"));
        };
        let mut skills = Vec::new();
        let said = line.skills.split(['；', ';', '、', '，', ',', '/']).map(str::trim);
        for word in said.filter(|word| !word.is_empty()) {
            let skill = Skill::ALL.iter().find(|skill| is_word(word, skill.as_str(), skill.zh(), skill.en()));
            let Some(skill) = skill else {
                let words = Skill::ALL.iter().map(|skill| skill.zh()).collect::<Vec<_>>().join("、");
                return Err(bad(line, COLUMN_SKILLS, word, format!("须为：{words}"), "not a skill"));
            };
            skills.push(*skill);
        }
        let starts_ms = moment(line, COLUMN_STARTS, &line.starts)?;
        let ends_ms = moment(line, COLUMN_ENDS, &line.ends)?;
        Ok(NewShift { unit_id: unit.clone(), person_id, role: *role, mode: *mode, skills, starts_ms, ends_ms })
    }
}

/// The very shift is on the roster already.
async fn stands(work: &mut Work, new: &NewShift) -> ServiceResult<bool> {
    let found: Vec<Shift> = work.tx.shifts_of_person(&new.person_id, new.starts_ms, new.ends_ms).await?;
    Ok(found.iter().any(|shift| {
        shift.unit_id == new.unit_id
            && shift.role == new.role
            && shift.starts_ms == new.starts_ms
            && shift.ends_ms == new.ends_ms
    }))
}

fn is_word(said: &str, word: &str, zh: &str, en: &str) -> bool {
    let said = said.trim();
    said == zh || said.eq_ignore_ascii_case(word) || said.eq_ignore_ascii_case(en)
}

/// Longest value that a report repeats, in characters.
const VALUE_SHOWN_CHARS: usize = 60;

fn bad(line: &SheetLine, column: &str, value: &str, zh: impl Into<String>, en: impl Into<String>) -> BadLine {
    BadLine {
        line: line.line,
        column: column.into(),
        value: value.chars().take(VALUE_SHOWN_CHARS).collect(),
        cause_zh: zh.into(),
        cause_en: en.into(),
    }
}

fn moment(line: &SheetLine, column: &str, text: &str) -> Result<Millis, BadLine> {
    let (zh, en) = ("时间写作 2026-11-26 08:00（北京时间）", "a time is written 2026-11-26 08:00, in Beijing");
    beijing_moment(text).ok_or_else(|| bad(line, column, text, zh, en))
}

/// `2026-11-26 08:00`, `2026/11/26 8:00:00`, in Beijing; none for anything else.
pub fn beijing_moment(text: &str) -> Option<Millis> {
    let text = text.trim();
    let (date, time) = text.split_once([' ', 'T'])?;
    let mut parts = date.split(['-', '/']);
    let (year, month, day) = (digits(parts.next()?, 4, 4)?, digits(parts.next()?, 1, 2)?, digits(parts.next()?, 1, 2)?);
    let mut clock = time.trim().split(':');
    let (hour, minute) = (digits(clock.next()?, 1, 2)?, digits(clock.next()?, 2, 2)?);
    let second = clock.next().map_or(Some(0), |second| digits(second, 2, 2))?;
    if parts.next().is_some() || clock.next().is_some() || hour > 24 || minute > 59 || second > 59 {
        return None;
    }
    if hour == 24 && (minute, second) != (0, 0) {
        return None;
    }
    // Days from a civil date, counted from a 1 March so that the leap day comes last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let midnight = Millis(days * 86_400_000 - 8 * 3_600_000);
    // A day that no month has would be another day.
    if beijing_day(midnight) != format!("{year:04}{month:02}{day:02}") {
        return None;
    }
    Some(Millis(midnight.0 + (hour * 3_600 + minute * 60 + second) * 1_000))
}

fn digits(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_spreadsheets_write_them() {
        let morning = Some(Millis(1_795_651_200_000));
        for text in ["2026-11-26 08:00", "2026/11/26 8:00", " 2026-11-26 08:00:00 ", "2026-11-26T08:00"] {
            assert_eq!(beijing_moment(text), morning, "{text}");
        }
        assert_eq!(beijing_moment("2026-11-25 24:00"), beijing_moment("2026-11-26 00:00"));
        assert_eq!(beijing_moment("1970-01-01 08:00"), Some(Millis(0)));
        let wrong = [
            "",
            "2026-11-26",
            "08:00",
            "2026-02-30 08:00",
            "2026-13-01 08:00",
            "2026-00-01 08:00",
            "26-11-26 08:00",
            "2026-11-26 25:00",
            "2026-11-26 08:60",
            "2026-11-26 24:01",
            "2026-11-26-1 08:00",
            "明天 08:00",
            "2026-11-26 +8:00",
        ];
        for text in wrong {
            assert_eq!(beijing_moment(text), None, "{text}");
        }
    }
}
