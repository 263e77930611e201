//! Help requests, their history and their calls.

use crate::cells::{Cells, Value, values};
use crate::select::{Select, containing};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{PersonId, RequestId, SessionId, UnitId};
use lianxian_model::request::rules::RulesVersion;
use lianxian_model::request::{HelpRequest, Party, RequestState};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{RequestCall, RequestQuery, RequestRows, RequestStep, StoreError, StoreResult};

/// The body says everything but the version, which the row counts.
fn request(row: &Cells<'_>) -> StoreResult<HelpRequest> {
    let body: String = row.get("body")?;
    let request: HelpRequest =
        serde_json::from_str(&body).map_err(|error| StoreError::Corrupt(format!("column body: {error}")))?;
    Ok(HelpRequest { version: row.get("version")?, ..request })
}

fn rules(row: &Cells<'_>) -> StoreResult<RulesVersion> {
    let body: String = row.get("body")?;
    Ok(RulesVersion {
        unit_id: row.get("unit_id")?,
        version: row.get("version")?,
        rules: serde_json::from_str(&body).map_err(|error| StoreError::Corrupt(format!("column body: {error}")))?,
        made_ms: row.get("made_ms")?,
        made_by: row.get("made_by")?,
    })
}

/// The values of a request after its id and version.
fn fields(request: &HelpRequest) -> StoreResult<Vec<Value>> {
    let person = |party: &Option<Party>| -> Option<PersonId> { party.as_ref().map(|party| party.person_id.clone()) };
    let body = serde_json::to_string(request).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(values![
        request.number,
        request.site_id,
        request.unit_id,
        request.state,
        request.is_on_desk(),
        request.need,
        request.urgency,
        person(&request.owner),
        person(&request.assignee),
        request.session_id,
        request.case_normalised,
        request.raised_ms,
        request.closed_ms,
        request.next_due(),
        body,
        request.merged_into,
        words(request),
    ])
}

/// What a search of requests looks into, beside the name of the site.
fn words(request: &HelpRequest) -> String {
    let name = |party: &Option<Party>| party.as_ref().map(|party| party.name.clone()).unwrap_or_default();
    let HelpRequest { number, sentence, case_raw, asker_name, result, .. } = request;
    [number, sentence, case_raw, asker_name, &name(&request.owner), &name(&request.assignee), result]
        .map(String::as_str)
        .join("\n")
}

#[async_trait]
impl RequestRows for UnitOfWork {
    async fn insert_request(&mut self, request: &HelpRequest) -> StoreResult<()> {
        let sql = "INSERT INTO help_requests (id, version, number, site_id, unit_id, state, is_open, need, urgency, \
                   owner_person, assignee_person, session_id, case_normalised, raised_ms, closed_ms, next_due_ms, body, \
                   merged_into, words) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
        let mut row = values![request.id, request.version];
        row.extend(fields(request)?);
        self.run_one(sql, row).await
    }

    async fn update_request(&mut self, request: &HelpRequest) -> StoreResult<bool> {
        let sql = "UPDATE help_requests SET number = $3, site_id = $4, unit_id = $5, state = $6, is_open = $7, \
                   need = $8, urgency = $9, owner_person = $10, assignee_person = $11, session_id = $12, \
                   case_normalised = $13, raised_ms = $14, closed_ms = $15, next_due_ms = $16, body = $17, \
                   merged_into = $18, words = $19, version = version + 1 WHERE id = $1 AND version = $2";
        let mut row = values![request.id, request.version];
        row.extend(fields(request)?);
        Ok(self.run(sql, row).await? == 1)
    }

    async fn request(&mut self, id: &RequestId) -> StoreResult<Option<HelpRequest>> {
        self.first("SELECT body, version FROM help_requests WHERE id = $1", values![*id], request).await
    }

    async fn request_of_session(&mut self, session: &SessionId) -> StoreResult<Option<HelpRequest>> {
        let sql = "SELECT body, version FROM help_requests WHERE session_id = $1 ORDER BY raised_ms DESC LIMIT 1";
        self.first(sql, values![*session], request).await
    }

    async fn requests(&mut self, query: &RequestQuery, page: &Keyset) -> StoreResult<Vec<HelpRequest>> {
        let mut select = Select::new("SELECT id, raised_ms, body, version FROM help_requests");
        if let Some(roots) = &query.roots {
            select.and_within("unit_id", roots);
        }
        if let Some(unit) = &query.unit_id {
            select.and_within("unit_id", std::slice::from_ref(unit));
        }
        select.and_if("site_id = ?1", &query.site_id);
        select.and_if("(assignee_person = ?1 OR owner_person = ?1)", &query.person_id);
        select.and_if("case_normalised = ?1", &query.case_normalised);
        select.and_if("raised_ms >= ?1", &query.from_ms);
        select.and_if("raised_ms < ?1", &query.to_ms);
        select.and_if("is_open = ?1", &query.open);
        if let Some(q) = &query.q {
            let contains = "(LOWER(words) LIKE LOWER(?1) ESCAPE '!' OR site_id IN \
                            (SELECT id FROM sites WHERE LOWER(name) LIKE LOWER(?1) ESCAPE '!'))";
            select.and(contains, values![containing(q)]);
        }
        self.selected(select.page("raised_ms", "id", page), request).await
    }

    async fn ringing_requests(&mut self) -> StoreResult<Vec<HelpRequest>> {
        let sql =
            "SELECT body, version FROM help_requests WHERE is_open = 1 AND state IN ($1, $2) ORDER BY raised_ms, id";
        let ringing = self.all(sql, values![RequestState::Waiting, RequestState::Accepted], request).await?;
        Ok(ringing.into_iter().filter(|request| request.ring.is_some()).collect())
    }

    async fn due_requests(&mut self, now: Millis, limit: i64) -> StoreResult<Vec<RequestId>> {
        let sql = "SELECT id FROM help_requests WHERE next_due_ms IS NOT NULL AND next_due_ms <= $1 \
                   ORDER BY next_due_ms LIMIT $2";
        self.all(sql, values![now, limit], |row| row.get("id")).await
    }

    async fn append_request_step(&mut self, request: &RequestId, step: &RequestStep) -> StoreResult<()> {
        let sql = "INSERT INTO help_request_steps (request_id, seq, at_ms, actor, kind, state, detail) \
                   SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6 FROM help_request_steps \
                   WHERE request_id = $1";
        let row = values![*request, step.at_ms, step.actor, step.kind, step.state, step.detail];
        self.run_one(sql, row).await
    }

    async fn request_steps(&mut self, request: &RequestId) -> StoreResult<Vec<RequestStep>> {
        let sql = "SELECT seq, at_ms, actor, kind, state, detail FROM help_request_steps WHERE request_id = $1 \
                   ORDER BY seq";
        let read = |row: &Cells<'_>| {
            Ok(RequestStep {
                seq: row.get("seq")?,
                at_ms: row.get("at_ms")?,
                actor: row.get("actor")?,
                kind: row.get("kind")?,
                state: row.get("state")?,
                detail: row.get("detail")?,
            })
        };
        self.all(sql, values![*request], read).await
    }

    async fn append_request_call(&mut self, request: &RequestId, call: &RequestCall) -> StoreResult<()> {
        let sql = "INSERT INTO help_request_calls (request_id, seq, at_ms, rung, roster, persons) \
                   SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5 FROM help_request_calls WHERE request_id = $1";
        self.run_one(sql, values![*request, call.at_ms, call.rung, call.roster, call.persons]).await
    }

    async fn request_calls(&mut self, request: &RequestId) -> StoreResult<Vec<RequestCall>> {
        let sql = "SELECT at_ms, rung, roster, persons FROM help_request_calls WHERE request_id = $1 ORDER BY seq";
        let read = |row: &Cells<'_>| {
            Ok(RequestCall {
                at_ms: row.get("at_ms")?,
                rung: row.get("rung")?,
                roster: row.get("roster")?,
                persons: row.get("persons")?,
            })
        };
        self.all(sql, values![*request], read).await
    }

    async fn insert_request_rules(&mut self, version: &RulesVersion) -> StoreResult<()> {
        let sql = "INSERT INTO request_rules (unit_id, version, body, made_ms, made_by) VALUES ($1, $2, $3, $4, $5)";
        let body = serde_json::to_string(&version.rules).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let row = values![version.unit_id, version.version, body, version.made_ms, version.made_by];
        self.run_one(sql, row).await
    }

    async fn request_rules(&mut self, unit: &UnitId) -> StoreResult<Option<RulesVersion>> {
        let sql = "SELECT unit_id, version, body, made_ms, made_by FROM request_rules WHERE unit_id = $1 \
                   ORDER BY version DESC LIMIT 1";
        self.first(sql, values![*unit], rules).await
    }

    async fn request_rules_of(&mut self, unit: &UnitId) -> StoreResult<Vec<RulesVersion>> {
        let sql = "SELECT unit_id, version, body, made_ms, made_by FROM request_rules WHERE unit_id = $1 \
                   ORDER BY version DESC";
        self.all(sql, values![*unit], rules).await
    }
}
