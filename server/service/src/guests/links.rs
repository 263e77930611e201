//! Links: given out by the staff, with a life and a number of uses, and taken back.

use super::{GuestLinkView, Guests, attending, reason_of, tell};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::requests;
use crate::secrets::{hash_text, new_id, new_token};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::guest::{
    GuestLink, LINK_LIFE_MAX_MS, LINK_LIFE_MIN_MS, LINK_LIFE_MS, LINK_USES, LINK_USES_MAX, MAX_LINKS_A_REQUEST,
};
use lianxian_model::ids::{GuestLinkId, RequestId, VisitId};
use lianxian_model::request::{RequestError, RequestState};
use lianxian_model::session::LeaveReason;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A link to make. Everything has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGuestLink {
    /// How long it can be opened, in milliseconds: from five minutes to a day; two hours unless said.
    pub life_ms: Option<i64>,
    /// How often it can be opened: 1 to 10; 3 unless said.
    pub max_uses: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeGuestLink {
    /// Told once: `https://<this server>/g/<token>` is the link. Only its hash is stored.
    pub token: String,
    pub link: GuestLinkView,
}

fn within(field: &'static str, said: Option<i64>, usual: i64, least: i64, most: i64) -> ServiceResult<i64> {
    let value = said.unwrap_or(usual);
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let (zh, en) = match field {
        "life_ms" => {
            let (least, most) = (least / 60_000, most / 3_600_000);
            (format!("有效期须在 {least} 分钟到 {most} 小时之间"), format!("from {least} minutes to {most} hours"))
        }
        _ => (format!("打开次数须在 {least} 到 {most} 之间"), format!("from {least} to {most} times")),
    };
    let limit = if value < least { least } else { most };
    Err(ServiceError { limit: Some(limit), ..ServiceError::invalid(field, zh, en) }.with_value(value))
}

impl Guests {
    /// Makes a link to a help request that is not over. The site's device, or right `requests.raise` or `requests.answer`
    /// over its unit. Errors: `request_state`, `too_many_guest_links`; `invalid` with field `life_ms` or `max_uses`.
    pub async fn make_link(
        &self,
        actor: &Actor,
        request: &RequestId,
        new: NewGuestLink,
    ) -> ServiceResult<MadeGuestLink> {
        let life = within("life_ms", new.life_ms, LINK_LIFE_MS, LINK_LIFE_MIN_MS, LINK_LIFE_MAX_MS)?;
        let max_uses = within("max_uses", new.max_uses, LINK_USES, 1, LINK_USES_MAX)?;
        let mut work = self.core.begin(actor).await?;
        let found = work.tx.request(request).await?.ok_or_else(|| ServiceError::not_found("求助单", "help request"))?;
        if !self.may_admit(&mut work.tx, actor, &found).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::GuestLink, AuditObject::Request, request.as_str()).await);
        }
        if matches!(found.state, RequestState::Withdrawn | RequestState::Merged | RequestState::Archived) {
            return Err(RequestError::Illegal(found.state).into());
        }
        if work.tx.guest_links_of(request).await?.len() >= MAX_LINKS_A_REQUEST {
            return Err(ServiceError::limit(
                "too_many_guest_links",
                MAX_LINKS_A_REQUEST as i64,
                format!("一张求助单最多发出 {MAX_LINKS_A_REQUEST} 个来访链接"),
                format!("at most {MAX_LINKS_A_REQUEST} guest links for one request"),
            ));
        }
        // What a guest is asked to agree to is on record before anybody is asked.
        self.text_on_record(&mut work, &found.unit_id).await?;
        let token = new_token();
        let link = GuestLink {
            id: GuestLinkId(new_id(work.now)),
            request_id: found.id.clone(),
            site_id: found.site_id.clone(),
            unit_id: found.unit_id.clone(),
            made_by: actor.name().to_owned(),
            made_by_account: actor.account().map(|account| account.account.clone()),
            made_ms: work.now,
            expires_ms: Millis(work.now.0 + life),
            max_uses,
            uses: 0,
            revoked_ms: None,
            revoked_by: String::new(),
            revoke_reason: String::new(),
        };
        work.tx.insert_guest_link(&link, &hash_text(&token)).await?;
        let detail = json!({ "request": found.number, "expires_ms": link.expires_ms, "max_uses": max_uses });
        work.audit(AuditAction::GuestLink, AuditObject::GuestLink, link.id.as_str(), detail.clone());
        requests::step(&mut work, &found, "guest_link", detail).await?;
        tell(&mut work, &found).await?;
        let view = GuestLinkView::of(link, work.now);
        work.commit().await?;
        Ok(MadeGuestLink { token, link: view })
    }

    /// It opens nothing any more, and whoever came by it is out. As [`Self::make_link`].
    /// Errors: `guest_link_revoked`; `invalid` with field `reason`.
    pub async fn revoke_link(&self, actor: &Actor, id: &GuestLinkId, reason: &str) -> ServiceResult<GuestLinkView> {
        let reason = reason_of(reason)?;
        let mut work = self.core.begin(actor).await?;
        let no_link = || ServiceError::not_found("来访链接", "guest link");
        let mut link = work.tx.guest_link(id).await?.ok_or_else(no_link)?;
        let request = super::followed(&mut work.tx, &link.request_id).await?;
        if !self.may_admit(&mut work.tx, actor, &request).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::GuestLinkRevoke, AuditObject::GuestLink, id.as_str())
                .await);
        }
        link.revoked_ms = Some(work.now);
        link.revoked_by = actor.name().to_owned();
        link.revoke_reason = reason.clone();
        if !work.tx.revoke_guest_link(&link).await? {
            return Err(ServiceError::conflict("guest_link_revoked", "该链接已经撤销", "the link was revoked already"));
        }
        for visit in work.tx.visits_of(&link.request_id).await?.iter().filter(|visit| visit.link_id == link.id) {
            attending::leave(&mut work, visit, LeaveReason::Revoked).await?;
        }
        let detail = json!({ "request": request.number, "reason": reason });
        work.audit(AuditAction::GuestLinkRevoke, AuditObject::GuestLink, id.as_str(), detail.clone());
        requests::step(&mut work, &request, "guest_link_revoked", detail).await?;
        tell(&mut work, &request).await?;
        let view = GuestLinkView::of(link, work.now);
        work.commit().await?;
        Ok(view)
    }

    /// Refuses a guest, or takes one out who is in. As [`Self::make_link`]. Errors: `guest_removed`; `invalid` with field `reason`.
    pub async fn remove(&self, actor: &Actor, id: &VisitId, reason: &str) -> ServiceResult<super::GuestView> {
        let reason = reason_of(reason)?;
        let mut work = self.core.begin(actor).await?;
        let mut visit = work.tx.visit(id).await?.ok_or_else(|| ServiceError::not_found("来访人", "guest"))?;
        let request = super::followed(&mut work.tx, &visit.request_id).await?;
        if !self.may_admit(&mut work.tx, actor, &request).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::GuestRemove, AuditObject::Guest, id.as_str()).await);
        }
        visit.removed_ms = Some(work.now);
        visit.removed_by = actor.name().to_owned();
        visit.remove_reason = reason.clone();
        if !work.tx.remove_visit(&visit).await? {
            return Err(ServiceError::conflict("guest_removed", "该来访人已经移出", "the guest was removed already"));
        }
        attending::leave(&mut work, &visit, LeaveReason::Revoked).await?;
        let detail = json!({ "request": request.number, "name": visit.name, "reason": reason });
        work.audit(AuditAction::GuestRemove, AuditObject::Guest, id.as_str(), detail.clone());
        requests::step(&mut work, &request, "guest_removed", detail).await?;
        tell(&mut work, &request).await?;
        let view = super::read::guest(&mut work.tx, visit).await?;
        work.commit().await?;
        Ok(view)
    }
}
