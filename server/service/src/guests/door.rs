//! The guest's own door: a link is opened, and the browser that did so is known by a secret of its own from then on.

use super::{
    Guests, Standing, VisitView, link_unknown, open_session, own, refused_link, refused_visit, standing, tell,
    visit_unknown,
};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::requests;
use crate::secrets::{hash_text, new_id, new_token};
use lianxian_model::audit::{AuditAction, AuditObject, AuditResult};
use lianxian_model::guest::{GuestLink, MAX_GUESTS, Visit};
use lianxian_model::ids::{EndpointId, VisitId};
use lianxian_model::org::{Endpoint, EndpointKind};
use lianxian_model::request::{RequestError, RequestState};
use lianxian_model::session::Mode;
use serde_json::json;

/// Bytes of a link's or a visit's secret, hex.
const SECRET_BYTES: usize = 64;

/// An opened link.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedVisit {
    /// The browser's own secret; none: it has it already.
    pub secret: Option<String>,
    pub view: VisitView,
}

/// Whether it could be one of ours at all; what could not is never looked up.
fn is_secret(said: &str) -> bool {
    said.len() == SECRET_BYTES && said.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Guests {
    /// Opens a link; takes one of its uses, unless `held` is the secret of a visit that this browser made by it.
    /// Errors: `guest_link_unknown`, `guest_link_expired`, `guest_link_revoked`, `guest_link_used_up`, `guest_removed`,
    /// `request_state`.
    pub async fn open(&self, token: &str, held: Option<&str>, ip: &str) -> ServiceResult<OpenedVisit> {
        if !is_secret(token) {
            return Err(link_unknown());
        }
        let hash = hash_text(token);
        // Whoever guesses does not hold up those who write.
        let mut tx = self.core.read().await?;
        let link = tx.guest_link_by_token(&hash).await?.ok_or_else(link_unknown)?;
        if let Some(held) = held.filter(|held| is_secret(held))
            && let Some(visit) = tx.visit_by_token(&hash_text(held)).await?.filter(|visit| visit.link_id == link.id)
            && !visit.is_over(self.core.now())
        {
            let standing = standing(&mut tx, visit).await?.admitted(self.core.now())?;
            let view = self.told(&mut tx, standing).await?;
            return Ok(OpenedVisit { secret: None, view });
        }
        drop(tx);
        self.open_anew(&hash, ip).await
    }

    async fn open_anew(&self, hash: &str, ip: &str) -> ServiceResult<OpenedVisit> {
        let mut work = self.core.begin(&Actor::System).await?;
        let link = work.tx.guest_link_by_token(hash).await?.ok_or_else(link_unknown)?;
        let refusal = link.refusal(work.now);
        if let Some(refusal) = refusal {
            let error = refused_link(&link, refusal);
            let detail = json!({ "ip": ip });
            let reason = refusal.as_str().to_owned();
            work.audit_as(
                AuditResult::Refused,
                AuditAction::GuestOpen,
                AuditObject::GuestLink,
                link.id.0.clone(),
                reason,
                detail,
            );
            work.commit().await?;
            return Err(error);
        }
        let request = super::followed(&mut work.tx, &link.request_id).await?;
        if matches!(request.state, RequestState::Withdrawn | RequestState::Archived) {
            return Err(RequestError::Illegal(request.state).into());
        }
        if !work.tx.use_guest_link(&link.id).await? {
            return Err(refused_link(&link, lianxian_model::guest::LinkRefusal::UsedUp));
        }
        let endpoint = Endpoint {
            id: EndpointId(new_id(work.now)),
            site_id: None,
            name: "来访".into(),
            kind: EndpointKind::Guest,
            enrolled: false,
            disabled: false,
            login_id: None,
            tab: None,
            version: 1,
        };
        work.tx.insert_endpoint(&endpoint).await?;
        let visit = Visit {
            id: VisitId(new_id(work.now)),
            link_id: link.id.clone(),
            request_id: link.request_id.clone(),
            endpoint_id: endpoint.id,
            name: String::new(),
            opened_ms: work.now,
            ip: ip.to_owned(),
            removed_ms: None,
            removed_by: String::new(),
            remove_reason: String::new(),
        };
        let secret = new_token();
        work.tx.insert_visit(&visit, &hash_text(&secret)).await?;
        let link = GuestLink { uses: link.uses + 1, ..link };
        let session = open_session(&mut work.tx, &request).await?;
        let standing = Standing { visit, link, request, session, consents: Vec::new() };
        work.act_as(&standing.actor());
        let detail =
            json!({ "link": standing.link.id, "uses": standing.link.uses, "request": standing.request.number });
        work.audit(AuditAction::GuestOpen, AuditObject::Guest, standing.visit.id.as_str(), detail.clone());
        requests::step(&mut work, &standing.request, "guest_opened", detail).await?;
        tell(&mut work, &standing.request).await?;
        let view = self.told(&mut work.tx, standing).await?;
        work.commit().await?;
        Ok(OpenedVisit { secret: Some(secret), view })
    }

    /// Whose visit it is. Errors: `visit_unknown`, `visit_over`, `guest_link_revoked`, `guest_removed`.
    pub async fn authenticate(&self, secret: &str, ip: &str) -> ServiceResult<Actor> {
        if !is_secret(secret) {
            return Err(visit_unknown());
        }
        let mut tx = self.core.read().await?;
        let visit = tx.visit_by_token(&hash_text(secret)).await?.ok_or_else(visit_unknown)?;
        let link = tx.guest_link(&visit.link_id).await?.ok_or_else(visit_unknown)?;
        if let Some(refusal) = refused_visit(&visit, &link, self.core.now()) {
            return Err(refusal);
        }
        let visit = Visit { ip: ip.to_owned(), ..visit };
        Ok(standing(&mut tx, visit).await?.actor())
    }

    /// The guest's own visit as it stands.
    pub async fn visit(&self, actor: &Actor) -> ServiceResult<VisitView> {
        let mut tx = self.core.read().await?;
        let standing = own(&mut tx, actor, self.core.now()).await?;
        self.told(&mut tx, standing).await
    }

    /// Whether the guest may come onto the net now. Errors: `consent_needed`, `not_connected`, `guests_full`.
    pub async fn may_come_in(&self, actor: &Actor) -> ServiceResult<()> {
        let mut tx = self.core.read().await?;
        let standing = own(&mut tx, actor, self.core.now()).await?;
        if standing.consent().is_none() {
            return Err(ServiceError::conflict(
                "consent_needed",
                "请先阅读并同意知情同意书",
                "read the consent text and agree to it first",
            ));
        }
        let Some(session) = &standing.session else {
            return Err(ServiceError::conflict(
                "not_connected",
                "工作人员尚未接通连线，接通后本页会自动进入",
                "nobody has connected yet; this page goes in by itself once somebody has",
            ));
        };
        let guests = session.open_attendances().filter(|a| a.mode == Mode::Guest).count();
        if guests >= MAX_GUESTS && !standing.attends() {
            return Err(guests_full());
        }
        Ok(())
    }
}

pub(super) fn guests_full() -> ServiceError {
    ServiceError::limit(
        "guests_full",
        MAX_GUESTS as i64,
        format!("一次连线最多 {MAX_GUESTS} 位来访人，请联系工作人员"),
        format!("at most {MAX_GUESTS} guests attend one session: ask the staff"),
    )
}
