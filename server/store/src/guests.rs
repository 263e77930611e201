//! Guest links, the visits that they opened, consents with their texts, and ratings.

use crate::cells::{Cells, values};
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::guest::{Consent, ConsentText, GuestLink, Rating, Visit};
use lianxian_model::ids::{ConsentId, EndpointId, GuestLinkId, RequestId, SessionId, UnitId, VisitId};
use lianxian_service::ports::store::{GuestRows, StoreResult};

/// `merged`: the request, and whatever was merged into it. Whoever came for one of them came for it.
macro_rules! merged {
    ($request:literal) => {
        concat!(
            "WITH RECURSIVE merged (id) AS (SELECT CAST(",
            $request,
            " AS TEXT) UNION SELECT r.id FROM help_requests r JOIN merged m ON r.merged_into = m.id) "
        )
    };
}

macro_rules! link_columns {
    () => {
        "id, request_id, site_id, unit_id, made_by, made_by_account, made_ms, expires_ms, max_uses, uses, revoked_ms, \
         revoked_by, revoke_reason"
    };
}

macro_rules! visit_columns {
    () => {
        "id, link_id, request_id, endpoint_id, name, opened_ms, ip, removed_ms, removed_by, remove_reason"
    };
}

macro_rules! text_columns {
    () => {
        "unit_id, version, title, body, sha256, made_ms, made_by"
    };
}

macro_rules! consent_columns {
    () => {
        "id, unit_id, request_id, session_id, visit_id, name, text_unit, text_version, text_sha256, picture, sound, \
         given_ms, witness, withdrawn_ms, withdraw_reason"
    };
}

macro_rules! rating_columns {
    () => {
        "request_id, seq, session_id, visit_id, channel, grade, text, by_name, at_ms"
    };
}

fn link(row: &Cells<'_>) -> StoreResult<GuestLink> {
    Ok(GuestLink {
        id: row.get("id")?,
        request_id: row.get("request_id")?,
        site_id: row.get("site_id")?,
        unit_id: row.get("unit_id")?,
        made_by: row.get("made_by")?,
        made_by_account: row.get("made_by_account")?,
        made_ms: row.get("made_ms")?,
        expires_ms: row.get("expires_ms")?,
        max_uses: row.get("max_uses")?,
        uses: row.get("uses")?,
        revoked_ms: row.get("revoked_ms")?,
        revoked_by: row.get("revoked_by")?,
        revoke_reason: row.get("revoke_reason")?,
    })
}

fn visit(row: &Cells<'_>) -> StoreResult<Visit> {
    Ok(Visit {
        id: row.get("id")?,
        link_id: row.get("link_id")?,
        request_id: row.get("request_id")?,
        endpoint_id: row.get("endpoint_id")?,
        name: row.get("name")?,
        opened_ms: row.get("opened_ms")?,
        ip: row.get("ip")?,
        removed_ms: row.get("removed_ms")?,
        removed_by: row.get("removed_by")?,
        remove_reason: row.get("remove_reason")?,
    })
}

fn text(row: &Cells<'_>) -> StoreResult<ConsentText> {
    Ok(ConsentText {
        unit_id: row.get("unit_id")?,
        version: row.get("version")?,
        title: row.get("title")?,
        body: row.get("body")?,
        sha256: row.get("sha256")?,
        made_ms: row.get("made_ms")?,
        made_by: row.get("made_by")?,
    })
}

fn consent(row: &Cells<'_>) -> StoreResult<Consent> {
    Ok(Consent {
        id: row.get("id")?,
        unit_id: row.get("unit_id")?,
        request_id: row.get("request_id")?,
        session_id: row.get("session_id")?,
        visit_id: row.get("visit_id")?,
        name: row.get("name")?,
        text_unit: row.get("text_unit")?,
        text_version: row.get("text_version")?,
        text_sha256: row.get("text_sha256")?,
        picture: row.get("picture")?,
        sound: row.get("sound")?,
        given_ms: row.get("given_ms")?,
        witness: row.get("witness")?,
        withdrawn_ms: row.get("withdrawn_ms")?,
        withdraw_reason: row.get("withdraw_reason")?,
    })
}

fn rating(row: &Cells<'_>) -> StoreResult<Rating> {
    Ok(Rating {
        request_id: row.get("request_id")?,
        seq: row.get("seq")?,
        session_id: row.get("session_id")?,
        visit_id: row.get("visit_id")?,
        channel: row.get("channel")?,
        grade: row.get("grade")?,
        text: row.get("text")?,
        by: row.get("by_name")?,
        at_ms: row.get("at_ms")?,
    })
}

#[async_trait]
impl GuestRows for UnitOfWork {
    async fn insert_guest_link(&mut self, link: &GuestLink, token_hash: &str) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO guest_links (token_hash, ",
            link_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        );
        let row = values![
            token_hash.to_owned(),
            link.id,
            link.request_id,
            link.site_id,
            link.unit_id,
            link.made_by,
            link.made_by_account,
            link.made_ms,
            link.expires_ms,
            link.max_uses,
            link.uses,
            link.revoked_ms,
            link.revoked_by,
            link.revoke_reason,
        ];
        self.run_one(sql, row).await
    }

    async fn guest_link(&mut self, id: &GuestLinkId) -> StoreResult<Option<GuestLink>> {
        let sql = concat!("SELECT ", link_columns!(), " FROM guest_links WHERE id = $1");
        self.first(sql, values![*id], link).await
    }

    async fn guest_link_by_token(&mut self, token_hash: &str) -> StoreResult<Option<GuestLink>> {
        let sql = concat!("SELECT ", link_columns!(), " FROM guest_links WHERE token_hash = $1");
        self.first(sql, values![token_hash.to_owned()], link).await
    }

    async fn guest_links_of(&mut self, request: &RequestId) -> StoreResult<Vec<GuestLink>> {
        let sql = concat!(
            merged!("$1"),
            "SELECT ",
            link_columns!(),
            " FROM guest_links WHERE request_id IN (SELECT id FROM merged) ORDER BY made_ms DESC, id DESC"
        );
        self.all(sql, values![*request], link).await
    }

    async fn use_guest_link(&mut self, id: &GuestLinkId) -> StoreResult<bool> {
        let sql = "UPDATE guest_links SET uses = uses + 1 \
                   WHERE id = $1 AND uses < max_uses AND revoked_ms IS NULL";
        Ok(self.run(sql, values![*id]).await? == 1)
    }

    async fn revoke_guest_link(&mut self, link: &GuestLink) -> StoreResult<bool> {
        let sql = "UPDATE guest_links SET revoked_ms = $2, revoked_by = $3, revoke_reason = $4 \
                   WHERE id = $1 AND revoked_ms IS NULL";
        let row = values![link.id, link.revoked_ms, link.revoked_by, link.revoke_reason];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn insert_visit(&mut self, visit: &Visit, token_hash: &str) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO guest_visits (token_hash, ",
            visit_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let row = values![
            token_hash.to_owned(),
            visit.id,
            visit.link_id,
            visit.request_id,
            visit.endpoint_id,
            visit.name,
            visit.opened_ms,
            visit.ip,
            visit.removed_ms,
            visit.removed_by,
            visit.remove_reason,
        ];
        self.run_one(sql, row).await
    }

    async fn visit(&mut self, id: &VisitId) -> StoreResult<Option<Visit>> {
        let sql = concat!("SELECT ", visit_columns!(), " FROM guest_visits WHERE id = $1");
        self.first(sql, values![*id], visit).await
    }

    async fn visit_by_token(&mut self, token_hash: &str) -> StoreResult<Option<Visit>> {
        let sql = concat!("SELECT ", visit_columns!(), " FROM guest_visits WHERE token_hash = $1");
        self.first(sql, values![token_hash.to_owned()], visit).await
    }

    async fn visit_of_endpoint(&mut self, endpoint: &EndpointId) -> StoreResult<Option<Visit>> {
        let sql = concat!("SELECT ", visit_columns!(), " FROM guest_visits WHERE endpoint_id = $1");
        self.first(sql, values![*endpoint], visit).await
    }

    async fn visits_of(&mut self, request: &RequestId) -> StoreResult<Vec<Visit>> {
        let sql = concat!(
            merged!("$1"),
            "SELECT ",
            visit_columns!(),
            " FROM guest_visits WHERE request_id IN (SELECT id FROM merged) ORDER BY opened_ms, id"
        );
        self.all(sql, values![*request], visit).await
    }

    async fn name_visit(&mut self, id: &VisitId, name: &str) -> StoreResult<()> {
        self.run_one("UPDATE guest_visits SET name = $2 WHERE id = $1", values![*id, name.to_owned()]).await
    }

    async fn remove_visit(&mut self, visit: &Visit) -> StoreResult<bool> {
        let sql = "UPDATE guest_visits SET removed_ms = $2, removed_by = $3, remove_reason = $4 \
                   WHERE id = $1 AND removed_ms IS NULL";
        let row = values![visit.id, visit.removed_ms, visit.removed_by, visit.remove_reason];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn insert_consent_text(&mut self, text: &ConsentText) -> StoreResult<()> {
        let sql = concat!("INSERT INTO consent_texts (", text_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let row = values![text.unit_id, text.version, text.title, text.body, text.sha256, text.made_ms, text.made_by];
        self.run_one(sql, row).await
    }

    async fn consent_text(&mut self, unit: &UnitId) -> StoreResult<Option<ConsentText>> {
        let sql =
            concat!("SELECT ", text_columns!(), " FROM consent_texts WHERE unit_id = $1 ORDER BY version DESC LIMIT 1");
        self.first(sql, values![*unit], text).await
    }

    async fn consent_texts_of(&mut self, unit: &UnitId) -> StoreResult<Vec<ConsentText>> {
        let sql = concat!("SELECT ", text_columns!(), " FROM consent_texts WHERE unit_id = $1 ORDER BY version DESC");
        self.all(sql, values![*unit], text).await
    }

    async fn insert_consent(&mut self, consent: &Consent) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO consents (",
            consent_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        );
        let row = values![
            consent.id,
            consent.unit_id,
            consent.request_id,
            consent.session_id,
            consent.visit_id,
            consent.name,
            consent.text_unit,
            consent.text_version,
            consent.text_sha256,
            consent.picture,
            consent.sound,
            consent.given_ms,
            consent.witness,
            consent.withdrawn_ms,
            consent.withdraw_reason,
        ];
        self.run_one(sql, row).await
    }

    async fn withdraw_consent(&mut self, consent: &Consent) -> StoreResult<bool> {
        let sql = "UPDATE consents SET withdrawn_ms = $2, withdraw_reason = $3 WHERE id = $1 AND withdrawn_ms IS NULL";
        Ok(self.run(sql, values![consent.id, consent.withdrawn_ms, consent.withdraw_reason]).await? == 1)
    }

    async fn consent(&mut self, id: &ConsentId) -> StoreResult<Option<Consent>> {
        let sql = concat!("SELECT ", consent_columns!(), " FROM consents WHERE id = $1");
        self.first(sql, values![*id], consent).await
    }

    async fn consents_of_visit(&mut self, visit: &VisitId) -> StoreResult<Vec<Consent>> {
        let sql = concat!("SELECT ", consent_columns!(), " FROM consents WHERE visit_id = $1 ORDER BY given_ms, id");
        self.all(sql, values![*visit], consent).await
    }

    async fn consents_of_request(&mut self, request: &RequestId) -> StoreResult<Vec<Consent>> {
        let sql = concat!(
            merged!("$1"),
            "SELECT ",
            consent_columns!(),
            " FROM consents WHERE request_id IN (SELECT id FROM merged) ORDER BY given_ms, id"
        );
        self.all(sql, values![*request], consent).await
    }

    async fn consents_of_session(&mut self, session: &SessionId) -> StoreResult<Vec<Consent>> {
        // Given before the session began, a consent belongs to it by the request that it was held for.
        let sql = concat!(
            merged!("(SELECT a.request_id FROM assists a WHERE a.session_id = $1)"),
            "SELECT ",
            consent_columns!(),
            " FROM consents WHERE session_id = $1 OR (session_id IS NULL AND request_id IN \
             (SELECT id FROM merged)) ORDER BY given_ms, id"
        );
        self.all(sql, values![*session], consent).await
    }

    async fn insert_rating(&mut self, rating: &Rating) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO request_ratings (",
            rating_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        let row = values![
            rating.request_id,
            rating.seq,
            rating.session_id,
            rating.visit_id,
            rating.channel,
            rating.grade,
            rating.text,
            rating.by,
            rating.at_ms,
        ];
        self.run_one(sql, row).await
    }

    async fn ratings_of_request(&mut self, request: &RequestId) -> StoreResult<Vec<Rating>> {
        let sql = concat!("SELECT ", rating_columns!(), " FROM request_ratings WHERE request_id = $1 ORDER BY seq");
        self.all(sql, values![*request], rating).await
    }
}
