//! Sessions, who attends them, and their stories.

use crate::cells::{Cells, Value, values};
use crate::select::{Select, containing};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::ids::{EndpointId, SessionId, SiteId, WatchId};
use lianxian_model::session::{Attendance, Session, SessionKind, SessionState};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{SessionQuery, SessionRows, StoreResult, TimelineRow};

macro_rules! session_columns {
    () => {
        "id, number, kind, state, purpose, site_id, unit_id, watch_id, observer_endpoint, observer_account, \
         observer_person, observer_name, observer_unit, room, started_ms, ended_ms, end_cause, end_note, \
         observer_lost_ms, version"
    };
}

macro_rules! attendance_columns {
    () => {
        "id, session_id, endpoint_id, person_id, name, unit_id, mode, participant, joined_ms, left_ms, leave_reason"
    };
}

fn session(row: &Cells<'_>) -> StoreResult<Session> {
    Ok(Session {
        id: row.get("id")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        purpose: row.get("purpose")?,
        site_id: row.get("site_id")?,
        unit_id: row.get("unit_id")?,
        watch_id: row.get("watch_id")?,
        observer_endpoint: row.get("observer_endpoint")?,
        observer_account: row.get("observer_account")?,
        observer_person: row.get("observer_person")?,
        observer_name: row.get("observer_name")?,
        observer_unit: row.get("observer_unit")?,
        room: row.get("room")?,
        started_ms: row.get("started_ms")?,
        ended_ms: row.get("ended_ms")?,
        end_cause: row.get("end_cause")?,
        end_note: row.get("end_note")?,
        observer_lost_ms: row.get("observer_lost_ms")?,
        version: row.get("version")?,
        attendances: Vec::new(),
    })
}

fn attendance(row: &Cells<'_>) -> StoreResult<Attendance> {
    Ok(Attendance {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        endpoint_id: row.get("endpoint_id")?,
        person_id: row.get("person_id")?,
        name: row.get("name")?,
        unit_id: row.get("unit_id")?,
        mode: row.get("mode")?,
        participant: row.get("participant")?,
        joined_ms: row.get("joined_ms")?,
        left_ms: row.get("left_ms")?,
        leave_reason: row.get("leave_reason")?,
    })
}

/// The values of a session after its id and version.
fn fields(session: &Session) -> Vec<Value> {
    values![
        session.number,
        session.kind,
        session.state,
        session.purpose,
        session.site_id,
        session.unit_id,
        session.watch_id,
        session.observer_endpoint,
        session.observer_account,
        session.observer_person,
        session.observer_name,
        session.observer_unit,
        session.room,
        session.started_ms,
        session.ended_ms,
        session.end_cause,
        session.end_note,
        session.observer_lost_ms,
    ]
}

#[async_trait]
impl SessionRows for UnitOfWork {
    async fn insert_session(&mut self, session: &Session) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO sessions (",
            session_columns!(),
            ") VALUES ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $2)"
        );
        let mut row = values![session.id, session.version];
        row.extend(fields(session));
        self.run_one(sql, row).await
    }

    async fn update_session(&mut self, session: &Session) -> StoreResult<bool> {
        let sql = "UPDATE sessions SET number = $3, kind = $4, state = $5, purpose = $6, site_id = $7, unit_id = $8, \
                   watch_id = $9, observer_endpoint = $10, observer_account = $11, observer_person = $12, \
                   observer_name = $13, observer_unit = $14, room = $15, started_ms = $16, ended_ms = $17, \
                   end_cause = $18, end_note = $19, observer_lost_ms = $20, version = version + 1 \
                   WHERE id = $1 AND version = $2";
        let mut row = values![session.id, session.version];
        row.extend(fields(session));
        Ok(self.run(sql, row).await? == 1)
    }

    async fn session(&mut self, id: &SessionId) -> StoreResult<Option<Session>> {
        let sql = concat!("SELECT ", session_columns!(), " FROM sessions WHERE id = $1");
        Ok(self.with_attendances(sql, values![*id]).await?.pop())
    }

    async fn session_kind(&mut self, id: &SessionId) -> StoreResult<Option<SessionKind>> {
        self.first("SELECT kind FROM sessions WHERE id = $1", values![*id], |row| row.get("kind")).await
    }

    async fn open_sessions(&mut self) -> StoreResult<Vec<Session>> {
        let sql = concat!("SELECT ", session_columns!(), " FROM sessions WHERE state = 'open' ORDER BY id");
        self.with_attendances(sql, values![]).await
    }

    async fn open_sessions_of_site(&mut self, site: &SiteId) -> StoreResult<Vec<Session>> {
        let sql =
            concat!("SELECT ", session_columns!(), " FROM sessions WHERE state = 'open' AND site_id = $1 ORDER BY id");
        self.with_attendances(sql, values![*site]).await
    }

    async fn open_sessions_of_observer(&mut self, endpoint: &EndpointId) -> StoreResult<Vec<Session>> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions WHERE state = 'open' AND observer_endpoint = $1 ORDER BY id"
        );
        self.with_attendances(sql, values![*endpoint]).await
    }

    async fn open_sessions_of_watch(&mut self, watch: &WatchId) -> StoreResult<Vec<Session>> {
        let sql =
            concat!("SELECT ", session_columns!(), " FROM sessions WHERE state = 'open' AND watch_id = $1 ORDER BY id");
        self.with_attendances(sql, values![*watch]).await
    }

    async fn open_conference(&mut self, room: &str) -> StoreResult<Option<Session>> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions WHERE state = 'open' AND kind = $1 AND room = $2 ORDER BY id LIMIT 1"
        );
        Ok(self.with_attendances(sql, values![SessionKind::Conference, room.to_owned()]).await?.pop())
    }

    async fn next_in_series(&mut self, series: &str) -> StoreResult<i64> {
        let sql = "INSERT INTO series (name, last) VALUES ($1, 1) \
                   ON CONFLICT (name) DO UPDATE SET last = series.last + 1 RETURNING last";
        let next = self.first(sql, values![series.to_owned()], |row| row.get("last")).await?;
        next.ok_or_else(|| lianxian_service::ports::store::StoreError::Corrupt(format!("series {series} has no row")))
    }

    async fn insert_attendance(&mut self, attendance: &Attendance) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO attendances (",
            attendance_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let row = values![
            attendance.id,
            attendance.session_id,
            attendance.endpoint_id,
            attendance.person_id,
            attendance.name,
            attendance.unit_id,
            attendance.mode,
            attendance.participant,
            attendance.joined_ms,
            attendance.left_ms,
            attendance.leave_reason,
        ];
        self.run_one(sql, row).await
    }

    async fn close_attendance(&mut self, attendance: &Attendance) -> StoreResult<()> {
        let sql = "UPDATE attendances SET left_ms = $2, leave_reason = $3 WHERE id = $1 AND left_ms IS NULL";
        self.run_one(sql, values![attendance.id, attendance.left_ms, attendance.leave_reason]).await
    }

    async fn sessions(&mut self, query: &SessionQuery, page: &Keyset) -> StoreResult<Vec<Session>> {
        let mut select = Select::new(concat!("SELECT ", session_columns!(), " FROM sessions"));
        if let Some(roots) = &query.roots {
            select.and_within("unit_id", roots);
        }
        if let Some(unit) = &query.unit_id {
            select.and_within("unit_id", std::slice::from_ref(unit));
        }
        select.and_if("site_id = ?1", &query.site_id);
        select.and_if("observer_person = ?1", &query.person_id);
        select.and_if("kind = ?1", &query.kind);
        select.and_if("(ended_ms IS NULL OR ended_ms >= ?1)", &query.from_ms);
        select.and_if("started_ms < ?1", &query.to_ms);
        match query.open {
            Some(true) => select.and("state = ?1", values![SessionState::Open]),
            Some(false) => select.and("state <> ?1", values![SessionState::Open]),
            None => {}
        }
        let case = "id IN (SELECT session_id FROM case_links WHERE normalised = ?1 AND withdrawn_ms IS NULL)";
        select.and_if(case, &query.case_normalised);
        if let Some(q) = &query.q {
            let contains = "(LOWER(number) LIKE LOWER(?1) ESCAPE '!' OR LOWER(purpose) LIKE LOWER(?1) ESCAPE '!' \
                            OR LOWER(observer_name) LIKE LOWER(?1) ESCAPE '!' OR site_id IN \
                            (SELECT s.id FROM sites s WHERE LOWER(s.name) LIKE LOWER(?1) ESCAPE '!'))";
            select.and(contains, values![containing(q)]);
        }
        self.selected(select.page("started_ms", "id", page), session).await
    }

    async fn append_timeline(&mut self, session: &SessionId, at: Millis, kind: &str, detail: &str) -> StoreResult<()> {
        let sql = "INSERT INTO session_lines (session_id, seq, at_ms, kind, detail) \
                   SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4 FROM session_lines WHERE session_id = $1";
        self.run_one(sql, values![*session, at, kind.to_owned(), detail.to_owned()]).await
    }

    async fn timeline(&mut self, session: &SessionId) -> StoreResult<Vec<TimelineRow>> {
        let sql = "SELECT seq, at_ms, kind, detail FROM session_lines WHERE session_id = $1 ORDER BY seq";
        let read = |row: &Cells<'_>| {
            Ok(TimelineRow {
                seq: row.get("seq")?,
                at_ms: row.get("at_ms")?,
                kind: row.get("kind")?,
                detail: row.get("detail")?,
            })
        };
        self.all(sql, values![*session], read).await
    }

    async fn count_timeline(&mut self, session: &SessionId, kind: &str) -> StoreResult<i64> {
        let sql = "SELECT COUNT(*) AS lines FROM session_lines WHERE session_id = $1 AND kind = $2";
        let lines = self.first(sql, values![*session, kind.to_owned()], |row| row.get("lines")).await?;
        Ok(lines.unwrap_or_default())
    }
}

impl UnitOfWork {
    async fn with_attendances(&mut self, sql: &'static str, values: Vec<Value>) -> StoreResult<Vec<Session>> {
        let mut sessions = self.all(sql, values, session).await?;
        for session in &mut sessions {
            let sql = concat!(
                "SELECT ",
                attendance_columns!(),
                " FROM attendances WHERE session_id = $1 ORDER BY joined_ms, id"
            );
            session.attendances = self.all(sql, values![session.id], attendance).await?;
        }
        Ok(sessions)
    }
}
