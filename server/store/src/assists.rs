//! What assistances are beyond their sessions, and who was asked to join them.

use crate::cells::{Cells, Value, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::assist::{Assist, Invitation};
use lianxian_model::ids::{AccountId, EndpointId, SessionId};
use lianxian_model::session::{Session, SessionKind, SessionState};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{AssistRows, SessionRows, StoreResult};

fn assist(row: &Cells<'_>) -> StoreResult<Assist> {
    Ok(Assist {
        session_id: row.get("session_id")?,
        station: row.get("station")?,
        request_id: row.get("request_id")?,
        request_number: row.get("request_number")?,
        answered_ms: row.get("answered_ms")?,
        earphones: row.get("earphones")?,
    })
}

fn invitation(row: &Cells<'_>) -> StoreResult<Invitation> {
    Ok(Invitation {
        session_id: row.get("session_id")?,
        seq: row.get("seq")?,
        account_id: row.get("account_id")?,
        person_id: row.get("person_id")?,
        name: row.get("name")?,
        mode: row.get("mode")?,
        by_account: row.get("by_account")?,
        by_name: row.get("by_name")?,
        at_ms: row.get("at_ms")?,
    })
}

#[async_trait]
impl AssistRows for UnitOfWork {
    async fn insert_assist(&mut self, assist: &Assist) -> StoreResult<()> {
        let sql = "INSERT INTO assists (session_id, station, request_id, request_number, answered_ms) \
                   VALUES ($1, $2, $3, $4, $5)";
        let row =
            values![assist.session_id, assist.station, assist.request_id, assist.request_number, assist.answered_ms,];
        self.run_one(sql, row).await
    }

    async fn assist(&mut self, session: &SessionId) -> StoreResult<Option<Assist>> {
        let sql = "SELECT session_id, station, request_id, request_number, answered_ms, COALESCE((SELECT worn FROM \
                   assist_earphones e WHERE e.session_id = assists.session_id ORDER BY seq DESC LIMIT 1), 0) \
                   AS earphones FROM assists WHERE session_id = $1";
        self.first(sql, values![*session], assist).await
    }

    async fn answer_assist(&mut self, session: &SessionId, at: Millis) -> StoreResult<bool> {
        let sql = "UPDATE assists SET answered_ms = $2 WHERE session_id = $1 AND answered_ms IS NULL";
        Ok(self.run(sql, values![*session, at]).await? == 1)
    }

    async fn insert_earphones(&mut self, session: &SessionId, worn: bool, at: Millis) -> StoreResult<()> {
        let sql = "INSERT INTO assist_earphones (session_id, seq, worn, at_ms) SELECT $1, COALESCE(MAX(seq), 0) + 1, \
                   $2, $3 FROM assist_earphones WHERE session_id = $1";
        self.run_one(sql, values![*session, worn, at]).await
    }

    async fn open_assists_of_party(&mut self, endpoint: &EndpointId) -> StoreResult<Vec<Session>> {
        let sql = "SELECT s.id AS id FROM sessions s WHERE s.state = $1 AND s.kind = $2 AND (s.observer_endpoint = $3 OR \
                   EXISTS (SELECT 1 FROM attendances a WHERE a.session_id = s.id AND a.endpoint_id = $3)) ORDER BY s.id";
        let row = values![SessionState::Open, SessionKind::Assist, *endpoint];
        self.whole_sessions(sql, row).await
    }

    async fn open_assists_that_ask(&mut self, account: &AccountId) -> StoreResult<Vec<Session>> {
        let sql = "SELECT s.id AS id FROM sessions s WHERE s.state = $1 AND s.kind = $2 AND EXISTS \
                   (SELECT 1 FROM assist_invitations i WHERE i.session_id = s.id AND i.account_id = $3) ORDER BY s.id";
        self.whole_sessions(sql, values![SessionState::Open, SessionKind::Assist, *account]).await
    }

    async fn insert_invitation(&mut self, invitation: &Invitation) -> StoreResult<()> {
        let sql = "INSERT INTO assist_invitations (session_id, seq, account_id, person_id, name, mode, by_account, \
                   by_name, at_ms) SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8 \
                   FROM assist_invitations WHERE session_id = $1";
        let row = values![
            invitation.session_id,
            invitation.account_id,
            invitation.person_id,
            invitation.name,
            invitation.mode,
            invitation.by_account,
            invitation.by_name,
            invitation.at_ms,
        ];
        self.run_one(sql, row).await
    }

    async fn invitations_of(&mut self, session: &SessionId) -> StoreResult<Vec<Invitation>> {
        let sql = "SELECT session_id, seq, account_id, person_id, name, mode, by_account, by_name, at_ms \
                   FROM assist_invitations WHERE session_id = $1 ORDER BY seq";
        self.all(sql, values![*session], invitation).await
    }
}

impl UnitOfWork {
    /// The sessions of a query for their ids, with all their attendances.
    async fn whole_sessions(&mut self, sql: &'static str, values: Vec<Value>) -> StoreResult<Vec<Session>> {
        let ids: Vec<SessionId> = self.all(sql, values, |row| row.get("id")).await?;
        let mut sessions = Vec::with_capacity(ids.len());
        for id in ids {
            sessions.extend(self.session(&id).await?);
        }
        Ok(sessions)
    }
}
