//! Directives 督办单: issued with a due time, signed for, reported on with pictures, judged, closed or escalated; never deleted.

mod act;
mod change;
mod issue;
mod pictures;
mod rank;
mod read;
mod time;

pub use act::DirectiveStepWanted;
pub use issue::NewDirective;
pub use pictures::{KeptPicture, NewPicture};
pub use read::{DirectiveAct, DirectiveDetail, DirectiveFilter, DirectiveStepView, DirectiveView, PictureView};

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::page::{Keyset, MAX_EXPORT, Page, PageRequest};
use crate::ports::store::{DirectiveQuery, Tx};
use crate::texts;
pub(crate) use issue::of_overdue_request;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::normalise;
use lianxian_model::directive::{DUE_MAX_MS, Directive, DirectiveError, ROUNDS_MAX, TEXT_MAX_CHARS};
use lianxian_model::ids::DirectiveId;
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde_json::json;

/// Directives that the live list shows at most.
pub const MAX_OPEN_LISTED: i64 = 2_000;
/// Directives that a workstation's own list shows.
const STATION_LISTED: i64 = 30;

#[derive(Clone)]
pub struct Directives {
    pub(crate) core: Core,
}

impl Directives {
    /// Everything that is open in the actor's scope, the soonest due first. Right `directives.read`.
    pub async fn open(&self, actor: &Actor) -> ServiceResult<Vec<DirectiveView>> {
        self.core.require(actor, Right::DirectivesRead, AuditAction::DirectiveList, AuditObject::Directive, "").await?;
        let mut tx = self.core.read().await?;
        let query = DirectiveQuery { roots: roots(actor), open: Some(true), ..DirectiveQuery::default() };
        let mut rows = tx.directives(&query, &Keyset { before: None, limit: MAX_OPEN_LISTED }).await?;
        rows.sort_by(|a, b| (a.due_ms, &a.id).cmp(&(b.due_ms, &b.id)));
        read::views(&mut tx, rows).await
    }

    /// Right `directives.read`; in scope; newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &DirectiveFilter,
        page: &PageRequest,
    ) -> ServiceResult<Page<DirectiveView>> {
        self.core.require(actor, Right::DirectivesRead, AuditAction::DirectiveList, AuditObject::Directive, "").await?;
        let keyset = page.keyset()?;
        let mut tx = self.core.read().await?;
        let more = Keyset { before: keyset.before.clone(), limit: keyset.limit + 1 };
        let rows = tx.directives(&query(actor, filter, self.core.now()), &more).await?;
        let page = Page::of(rows, keyset.limit, |d| (d.issued_ms.0, d.id.0.clone()));
        Ok(Page { items: read::views(&mut tx, page.items).await?, next: page.next })
    }

    /// All of them, up to [`crate::page::MAX_EXPORT`]; leaves an audit row.
    pub async fn export(&self, actor: &Actor, filter: &DirectiveFilter) -> ServiceResult<Vec<DirectiveView>> {
        self.core
            .require(actor, Right::DirectivesRead, AuditAction::DirectiveExport, AuditObject::Directive, "")
            .await?;
        let turn = self.core.long_turn().await?;
        let mut tx = self.core.read().await?;
        let keyset = Keyset { before: None, limit: MAX_EXPORT };
        let rows = tx.directives(&query(actor, filter, self.core.now()), &keyset).await?;
        let rows = read::views(&mut tx, rows).await?;
        drop((tx, turn));
        let mut work = self.core.begin(actor).await?;
        work.audit(
            AuditAction::DirectiveExport,
            AuditObject::Directive,
            "",
            json!({ "filter": filter, "rows": rows.len() }),
        );
        work.commit().await?;
        Ok(rows)
    }

    /// With its history, its pictures, and what the actor may do. Right `directives.read` over the office, or of the office.
    pub async fn get(&self, actor: &Actor, id: &DirectiveId) -> ServiceResult<DirectiveDetail> {
        let (mut tx, directive) = self.readable(actor, id).await?;
        let allowed = self.allowed(&mut tx, actor, &directive).await?;
        read::detail(&mut tx, directive, allowed).await
    }

    /// The workstation's own: addressed to its office and about its site. Newest first.
    pub async fn of_station(&self, actor: &Actor) -> ServiceResult<Vec<DirectiveView>> {
        let device = actor.device().ok_or_else(|| {
            ServiceError::unauthenticated("device_unknown", "请先登记本终端", "this page is for enrolled devices")
        })?;
        let mut tx = self.core.read().await?;
        let query = DirectiveQuery {
            site_id: Some(device.site.clone()),
            unit_id: Some(device.unit.clone()),
            ..DirectiveQuery::default()
        };
        let rows = tx.directives(&query, &Keyset { before: None, limit: STATION_LISTED }).await?;
        read::views(&mut tx, rows).await
    }

    async fn readable(&self, actor: &Actor, id: &DirectiveId) -> ServiceResult<(Box<dyn Tx>, Directive)> {
        let mut tx = self.core.read().await?;
        let directive = tx.directive(id).await?.ok_or_else(no_directive)?;
        let issued = directive.issuer_account.is_some()
            && actor.account().map(|account| &account.account) == directive.issuer_account.as_ref();
        if issued
            || self.answers(&mut tx, actor, &directive).await?
            || self.core.may(&mut tx, actor, Right::DirectivesRead, &directive.unit_id).await?
        {
            return Ok((tx, directive));
        }
        drop(tx);
        Err(self.core.refuse(actor, AuditAction::DirectiveRead, AuditObject::Directive, id.as_str()).await)
    }

    /// Of the addressed office: its workstation at that site, whoever answers directives there, and of an office that answers
    /// requests its own people.
    pub(super) async fn answers(
        &self,
        tx: &mut Box<dyn Tx>,
        actor: &Actor,
        directive: &Directive,
    ) -> ServiceResult<bool> {
        match actor {
            Actor::Device(device) => Ok(device.site == directive.site_id && device.unit == directive.unit_id),
            Actor::Account(account) => {
                let own = account.unit == directive.unit_id && actor.holds(Right::RequestsAnswer);
                Ok(own || self.core.may(tx, actor, Right::DirectivesAnswer, &directive.unit_id).await?)
            }
            Actor::Guest(_) => Ok(false),
            Actor::System => Ok(true),
        }
    }
}

fn query(actor: &Actor, filter: &DirectiveFilter, now: Millis) -> DirectiveQuery {
    let text = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    DirectiveQuery {
        roots: roots(actor),
        site_id: filter.site_id.clone(),
        unit_id: filter.unit_id.clone(),
        request_id: filter.request_id.clone(),
        session_id: filter.session_id.clone(),
        case_normalised: text(&filter.case).map(|number| normalise(&number)),
        state: filter.state,
        open: filter.open,
        overdue_at: filter.overdue.filter(|overdue| *overdue).map(|_| now),
        q: text(&filter.q),
        from_ms: filter.from_ms,
        to_ms: filter.to_ms,
    }
}

fn roots(actor: &Actor) -> Option<Vec<lianxian_model::ids::UnitId>> {
    match actor {
        Actor::System => None,
        _ => Some(actor.roots(Right::DirectivesRead)),
    }
}

fn no_directive() -> ServiceError {
    ServiceError::not_found("督办单", "directive")
}

/// Trimmed, at most [`TEXT_MAX_CHARS`] characters.
fn text(field: &'static str, text: &str) -> ServiceResult<String> {
    texts::within(field, text, TEXT_MAX_CHARS)
}

/// As [`text`], and not empty.
fn words(field: &'static str, said: &str, zh: &str, en: &str) -> ServiceResult<String> {
    let said = text(field, said)?;
    if said.is_empty() { Err(ServiceError::invalid(field, zh, en)) } else { Ok(said) }
}

impl From<DirectiveError> for ServiceError {
    fn from(error: DirectiveError) -> Self {
        let en = error.to_string();
        match error {
            DirectiveError::Illegal(state) => {
                ServiceError::conflict("directive_state", format!("督办单{}，不能这样操作", state.zh()), en)
                    .with_value(state.as_str())
            }
            DirectiveError::BadTime => ServiceError {
                limit: Some(DUE_MAX_MS),
                ..ServiceError::invalid("due_ms", "办理期限须在今后 90 天以内", en)
            },
            DirectiveError::AtTop(rank) => {
                ServiceError::conflict("directive_at_top", format!("已由{}督办，无法再升级", rank.zh()), en)
            }
            DirectiveError::TooManyRounds => {
                let zh = format!("一张督办单最多反馈 {ROUNDS_MAX} 次");
                ServiceError::limit("too_many_rounds", i64::from(ROUNDS_MAX), zh, en)
            }
        }
    }
}
