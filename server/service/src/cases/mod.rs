//! Links between sessions and cases: added during or after, withdrawn with a reason, never deleted.

mod shown;
mod steps;
mod timeline;

pub use timeline::{
    CaseEntry, CaseKindCount, CaseLinkRow, CasePrint, CaseTimelineFilter, CaseView, MAX_LINKS_SHOWN, MAX_PRINT_ENTRIES,
};

use crate::actor::{AccountActor, Actor};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::org;
use crate::page::{Page, PageRequest};
use crate::secrets::new_id;
use crate::sessions::{SessionFilter, SessionView, change, read};
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::{
    CASE_NUMBER_MAX_CHARS, CaseKind, CaseLink, CaseNumberError, CasePattern, check_number, normalise,
};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{CaseLinkId, SessionId};
use lianxian_model::request::HelpRequest;
use lianxian_model::roles::Right;
use lianxian_model::session::Session;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Case links that one session may have, withdrawn ones included.
pub const MAX_CASES_A_SESSION: i64 = 50;
/// Longest reason of a withdrawal, in characters.
pub const REASON_MAX_CHARS: usize = 200;
/// Longest pattern of a kind's numbers, in bytes.
pub const PATTERN_MAX_BYTES: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseLinkView {
    pub id: CaseLinkId,
    pub raw: String,
    pub normalised: String,
    pub kind: CaseKind,
    /// Name of whoever linked it.
    pub linked_by: String,
    pub linked_ms: Millis,
    pub withdrawn_ms: Option<Millis>,
    pub withdraw_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewCaseLink {
    pub number: String,
    pub kind: CaseKind,
}

impl From<CaseLink> for CaseLinkView {
    fn from(link: CaseLink) -> Self {
        Self {
            id: link.id,
            raw: link.raw,
            normalised: link.normalised,
            kind: link.kind,
            linked_by: link.linked_by_name,
            linked_ms: link.linked_ms,
            withdrawn_ms: link.withdrawn_ms,
            withdraw_reason: link.withdraw_reason,
        }
    }
}

#[derive(Clone)]
pub struct Cases {
    pub(crate) core: Core,
}

impl Cases {
    /// Right `cases.link` over the session's unit. Errors: `already_linked`; `invalid` with field `number`.
    pub async fn link(
        &self,
        actor: &Actor,
        session: &SessionId,
        new: NewCaseLink,
        key: Option<&str>,
    ) -> ServiceResult<CaseLinkView> {
        let mut work = self.core.begin(actor).await?;
        let Some(session) = self.linkable(&mut work, actor, session).await? else {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::CaseLink, AuditObject::Session, session.as_str()).await);
        };
        let once = match work.once(key, AuditAction::CaseLink, &(&session.id, &new)).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let patterns: Vec<_> = work.tx.case_pattern(new.kind).await?.into_iter().collect();
        let normalised = check_number(&new.number, new.kind, &patterns).map_err(number_error)?;
        let existing = work.tx.case_links_of(&session.id).await?;
        if existing.iter().any(|l| l.withdrawn_ms.is_none() && l.kind == new.kind && l.normalised == normalised) {
            return Err(ServiceError::conflict("already_linked", "该案件已关联", "the case is linked already"));
        }
        if existing.len() as i64 >= MAX_CASES_A_SESSION {
            return Err(ServiceError::limit(
                "too_many_cases",
                MAX_CASES_A_SESSION,
                format!("一次会话最多关联 {MAX_CASES_A_SESSION} 个案件"),
                format!("a session has at most {MAX_CASES_A_SESSION} case links"),
            ));
        }
        let Some(account) = actor.account() else { return Err(ServiceError::forbidden()) };
        let link = CaseLink {
            id: CaseLinkId(new_id(work.now)),
            session_id: session.id.clone(),
            kind: new.kind,
            raw: new.number,
            normalised,
            linked_by: account.account.clone(),
            linked_by_name: account.person_name.clone(),
            linked_ms: work.now,
            withdrawn_ms: None,
            withdrawn_by: None,
            withdraw_reason: None,
        };
        work.tx.insert_case_link(&link).await?;
        let detail = json!({ "by": account.person_name, "raw": link.raw, "kind": link.kind });
        work.tx.append_timeline(&session.id, work.now, "case.linked", &detail.to_string()).await?;
        work.audit(AuditAction::CaseLink, AuditObject::Session, session.id.as_str(), detail.clone());
        work.event(EventKind::CaseLinked, change::about(&session), detail);
        let view = CaseLinkView::from(link);
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Errors: `already_withdrawn`; `invalid` with field `reason`.
    pub async fn withdraw(
        &self,
        actor: &Actor,
        session: &SessionId,
        link: &CaseLinkId,
        reason: &str,
    ) -> ServiceResult<CaseLinkView> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_MAX_CHARS {
            return Err(ServiceError {
                limit: Some(REASON_MAX_CHARS as i64),
                ..ServiceError::invalid(
                    "reason",
                    "请填写撤销原因（200 字以内）",
                    "a withdrawal needs a reason of at most 200 characters",
                )
            });
        }
        let mut work = self.core.begin(actor).await?;
        let Some(session) = self.linkable(&mut work, actor, session).await? else {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::CaseWithdraw, AuditObject::Session, session.as_str())
                .await);
        };
        let found = work.tx.case_link(link).await?.filter(|l| l.session_id == session.id);
        let Some(mut link) = found else { return Err(ServiceError::not_found("案件关联", "case link")) };
        let Some(account) = actor.account() else { return Err(ServiceError::forbidden()) };
        link.withdrawn_ms = Some(work.now.max(link.linked_ms));
        link.withdrawn_by = Some(account.account.clone());
        link.withdraw_reason = Some(reason.to_owned());
        if !work.tx.withdraw_case_link(&link).await? {
            return Err(ServiceError::conflict("already_withdrawn", "该关联已撤销", "the link was withdrawn already"));
        }
        let detail = json!({ "by": account.person_name, "raw": link.raw, "kind": link.kind, "reason": reason });
        work.tx.append_timeline(&session.id, work.now, "case.withdrawn", &detail.to_string()).await?;
        work.audit(AuditAction::CaseWithdraw, AuditObject::Session, session.id.as_str(), detail.clone());
        work.event(EventKind::CaseWithdrawn, change::about(&session), detail);
        work.commit().await?;
        Ok(link.into())
    }

    /// Sessions in scope that are linked to the number, whatever its spelling.
    pub async fn sessions(&self, actor: &Actor, number: &str, page: &PageRequest) -> ServiceResult<Page<SessionView>> {
        self.core.require(actor, Right::SessionsRead, AuditAction::CaseRead, AuditObject::Case, "").await?;
        if normalise(number).is_empty() || number.chars().count() > CASE_NUMBER_MAX_CHARS * 2 {
            return Err(number_error(CaseNumberError::Empty));
        }
        let filter = SessionFilter { case: Some(number.to_owned()), ..SessionFilter::default() };
        let mut tx = self.core.read().await?;
        read::page(&mut tx, actor, Right::SessionsRead, &filter, &page.keyset()?).await
    }

    /// The district's number formats.
    pub async fn patterns(&self, actor: &Actor) -> ServiceResult<Vec<CasePattern>> {
        self.core.require(actor, Right::OrgRead, AuditAction::CasePatterns, AuditObject::Case, "").await?;
        Ok(self.core.read().await?.case_patterns().await?)
    }

    /// Right `org.manage` over the whole district, for which the formats hold. Refused if the pattern does not compile or does not take its example.
    pub async fn set_pattern(&self, actor: &Actor, pattern: CasePattern) -> ServiceResult<CasePattern> {
        let (action, object) = (AuditAction::CaseSetPattern, AuditObject::Case);
        self.core.require(actor, Right::OrgManage, action, object, pattern.kind.as_str()).await?;
        let mut tx = self.core.read().await?;
        let over = match org::root(&mut tx).await? {
            Some(root) => self.core.may(&mut tx, actor, Right::OrgManage, &root.id).await?,
            None => false,
        };
        drop(tx);
        if !over {
            return Err(self.core.refuse(actor, action, object, pattern.kind.as_str()).await);
        }
        if pattern.pattern.len() > PATTERN_MAX_BYTES {
            return Err(ServiceError {
                limit: Some(PATTERN_MAX_BYTES as i64),
                ..ServiceError::invalid("pattern", "格式过长", "the pattern is too long")
            });
        }
        check_number(&pattern.example, pattern.kind, std::slice::from_ref(&pattern))
            .map_err(|error| ServiceError::invalid("pattern", "格式有误，或与示例不符", error.to_string()))?;
        let mut work = self.core.begin(actor).await?;
        work.tx.put_case_pattern(&pattern).await?;
        work.audit(AuditAction::CaseSetPattern, AuditObject::Case, pattern.kind.as_str(), json!(pattern));
        work.commit().await?;
        Ok(pattern)
    }

    /// The session; `None` if the actor has no right over it.
    async fn linkable(&self, work: &mut Work, actor: &Actor, session: &SessionId) -> ServiceResult<Option<Session>> {
        let Some(found) = work.tx.session(session).await? else {
            return Err(ServiceError::not_found("会话", "session"));
        };
        let over = match &found.unit_id {
            Some(unit) => self.core.may(&mut work.tx, actor, Right::CasesLink, unit).await?,
            None => false,
        };
        Ok(over.then_some(found))
    }
}

/// The session that a request is helped in belongs to the case that the request names: by a link of its own, which can be
/// withdrawn. The number was checked when the request was raised.
pub(crate) async fn link_of_request(
    work: &mut Work,
    session: &Session,
    request: &HelpRequest,
    by: &AccountActor,
) -> ServiceResult<()> {
    let Some(kind) = request.case_kind else { return Ok(()) };
    let link = CaseLink {
        id: CaseLinkId(new_id(work.now)),
        session_id: session.id.clone(),
        kind,
        raw: request.case_raw.clone(),
        normalised: request.case_normalised.clone(),
        linked_by: by.account.clone(),
        linked_by_name: by.person_name.clone(),
        linked_ms: work.now,
        withdrawn_ms: None,
        withdrawn_by: None,
        withdraw_reason: None,
    };
    work.tx.insert_case_link(&link).await?;
    let detail = json!({ "by": by.person_name, "raw": link.raw, "kind": kind, "request": request.number });
    work.tx.append_timeline(&session.id, work.now, "case.linked", &detail.to_string()).await?;
    work.audit(AuditAction::CaseLink, AuditObject::Session, session.id.as_str(), detail.clone());
    work.event(EventKind::CaseLinked, change::about(session), detail);
    Ok(())
}

pub(crate) fn number_error(error: CaseNumberError) -> ServiceError {
    let zh = match &error {
        CaseNumberError::Empty => "请填写案号".to_owned(),
        CaseNumberError::TooLong => format!("案号最多 {CASE_NUMBER_MAX_CHARS} 字"),
        CaseNumberError::Unlike { example } => format!("案号格式不符，例如：{example}"),
        CaseNumberError::BadPattern(_) => "该类案号的格式设置有误，请联系系统管理员".to_owned(),
    };
    ServiceError::invalid("number", zh, error.to_string())
}
