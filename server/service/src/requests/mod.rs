//! Help requests 求助单: asked by one tap, rung to whoever is on duty, carried through their life-cycle, and read.

mod act;
mod assist;
mod call;
mod change;
mod photos;
mod raise;
mod read;
mod rules;
mod time;

pub use act::RequestStepWanted;
pub use raise::NewRequest;
pub(crate) use raise::{Asked, put};
pub use read::{
    Answerer, CallView, ClockView, RequestCase, RequestDetail, RequestFilter, RequestStepView, RequestView, RingView,
};
pub use rules::{NewRules, RequestRules, RulesVersionView};

use crate::actor::Actor;
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::page::{Keyset, MAX_EXPORT, Page, PageRequest};
use crate::ports::store::{RequestQuery, Tx};
use crate::sessions::read::Names;
pub(crate) use change::{apply, led_on, session_ended, step};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::normalise;
use lianxian_model::ids::{AccountId, PersonId, RequestId, SiteId};
use lianxian_model::request::{HelpRequest, Party, RequestError, SUSPENSION_MAX_MS};
use lianxian_model::roles::{Right, RoleGrant};
use serde_json::json;
use std::collections::BTreeSet;

/// Requests that the desk's live list shows at most.
pub const MAX_OPEN_LISTED: i64 = 2_000;
/// Requests that a workstation's own list shows.
const STATION_LISTED: i64 = 30;

#[derive(Clone)]
pub struct Requests {
    pub(crate) core: Core,
}

impl Requests {
    /// Everything that is open in the actor's scope, newest first; the whole live desk. Right `requests.read`.
    pub async fn open(&self, actor: &Actor) -> ServiceResult<Vec<RequestView>> {
        self.core.require(actor, Right::RequestsRead, AuditAction::RequestList, AuditObject::Request, "").await?;
        let mut tx = self.core.read().await?;
        let query = RequestQuery { roots: roots(actor), open: Some(true), ..RequestQuery::default() };
        let rows = tx.requests(&query, &Keyset { before: None, limit: MAX_OPEN_LISTED }).await?;
        read::views(&mut tx, rows).await
    }

    /// Right `requests.read`; in scope.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &RequestFilter,
        page: &PageRequest,
    ) -> ServiceResult<Page<RequestView>> {
        self.core.require(actor, Right::RequestsRead, AuditAction::RequestList, AuditObject::Request, "").await?;
        let keyset = page.keyset()?;
        let mut tx = self.core.read().await?;
        let more = Keyset { before: keyset.before.clone(), limit: keyset.limit + 1 };
        let rows = tx.requests(&query(actor, filter), &more).await?;
        let page = Page::of(rows, keyset.limit, |r| (r.raised_ms.0, r.id.0.clone()));
        Ok(Page { items: read::views(&mut tx, page.items).await?, next: page.next })
    }

    /// All of them, up to [`crate::page::MAX_EXPORT`]; leaves an audit row.
    pub async fn export(&self, actor: &Actor, filter: &RequestFilter) -> ServiceResult<Vec<RequestView>> {
        self.core.require(actor, Right::RequestsRead, AuditAction::RequestExport, AuditObject::Request, "").await?;
        let turn = self.core.long_turn().await?;
        let mut tx = self.core.read().await?;
        let keyset = Keyset { before: None, limit: MAX_EXPORT };
        let rows = tx.requests(&query(actor, filter), &keyset).await?;
        let rows = read::views(&mut tx, rows).await?;
        drop((tx, turn));
        let mut work = self.core.begin(actor).await?;
        work.audit(
            AuditAction::RequestExport,
            AuditObject::Request,
            "",
            json!({ "filter": filter, "rows": rows.len() }),
        );
        work.commit().await?;
        Ok(rows)
    }

    /// With its whole history. Right `requests.read` over its unit, or one's own site's.
    pub async fn get(&self, actor: &Actor, id: &RequestId) -> ServiceResult<RequestDetail> {
        let mut tx = self.core.read().await?;
        let request = tx.request(id).await?.ok_or_else(no_request)?;
        if !self.may_read(&mut tx, actor, &request).await? {
            drop(tx);
            return Err(self.core.refuse(actor, AuditAction::RequestRead, AuditObject::Request, id.as_str()).await);
        }
        read::detail(&mut tx, request).await
    }

    /// Who may answer it, those on duty first. For whoever may read it.
    pub async fn answerers(&self, actor: &Actor, id: &RequestId) -> ServiceResult<Vec<Answerer>> {
        let mut tx = self.core.read().await?;
        let request = tx.request(id).await?.ok_or_else(no_request)?;
        if !self.may_read(&mut tx, actor, &request).await? {
            drop(tx);
            return Err(self.core.refuse(actor, AuditAction::RequestRead, AuditObject::Request, id.as_str()).await);
        }
        let now = self.core.now();
        let on: Vec<_> = crate::duty::on_duty(&mut tx, &request.unit_id, now).await?;
        let path = tx.path_of(&request.unit_id).await?;
        let answers =
            |grant: &RoleGrant| grant.role.rights().contains(&Right::RequestsAnswer) && path.contains(&grant.unit_id);
        let granted: BTreeSet<AccountId> =
            tx.grants().await?.into_iter().filter(answers).map(|grant| grant.account_id).collect();
        let accounts = tx.accounts().await?.into_iter().filter(|a| !a.disabled && granted.contains(&a.id));
        let persons: BTreeSet<PersonId> = accounts.map(|account| account.person_id).collect();
        let mut answerers: Vec<Answerer> = tx
            .persons()
            .await?
            .into_iter()
            .filter(|person| !person.disabled && persons.contains(&person.id))
            .map(|person| Answerer {
                on_duty: on.iter().any(|shift| shift.person_id == person.id),
                person_id: person.id,
                name: person.name,
                post: person.post,
            })
            .collect();
        answerers.sort_by(|a, b| b.on_duty.cmp(&a.on_duty).then_with(|| a.name.cmp(&b.name)));
        Ok(answerers)
    }

    /// The workstation's own, newest first.
    pub async fn of_station(&self, actor: &Actor) -> ServiceResult<Vec<RequestView>> {
        let site = station_of(actor)?;
        let mut tx = self.core.read().await?;
        let query = RequestQuery { site_id: Some(site), ..RequestQuery::default() };
        let rows = tx.requests(&query, &Keyset { before: None, limit: STATION_LISTED }).await?;
        read::views(&mut tx, rows).await
    }

    async fn may_read(&self, tx: &mut Box<dyn Tx>, actor: &Actor, request: &HelpRequest) -> ServiceResult<bool> {
        match actor {
            Actor::Device(device) => Ok(device.site == request.site_id),
            _ => self.core.may(tx, actor, Right::RequestsRead, &request.unit_id).await,
        }
    }
}

fn query(actor: &Actor, filter: &RequestFilter) -> RequestQuery {
    let text = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    RequestQuery {
        roots: roots(actor),
        site_id: filter.site_id.clone(),
        unit_id: filter.unit_id.clone(),
        person_id: filter.person_id.clone(),
        case_normalised: text(&filter.case).map(|number| normalise(&number)),
        q: text(&filter.q),
        from_ms: filter.from_ms,
        to_ms: filter.to_ms,
        open: filter.open,
    }
}

fn roots(actor: &Actor) -> Option<Vec<lianxian_model::ids::UnitId>> {
    match actor {
        Actor::System => None,
        _ => Some(actor.roots(Right::RequestsRead)),
    }
}

fn station_of(actor: &Actor) -> ServiceResult<SiteId> {
    let device = actor.device().ok_or_else(|| {
        ServiceError::unauthenticated("device_unknown", "请先登记本终端", "this page is for enrolled devices")
    })?;
    Ok(device.site.clone())
}

fn no_request() -> ServiceError {
    ServiceError::not_found("求助单", "help request")
}

/// An account as a party of the centre.
fn party(actor: &Actor) -> ServiceResult<Party> {
    let account = actor.account().ok_or_else(ServiceError::forbidden)?;
    Ok(Party { person_id: account.person.clone(), name: account.person_name.clone() })
}

/// Names for one request's view.
fn names() -> Names {
    Names::default()
}

impl From<RequestError> for ServiceError {
    fn from(error: RequestError) -> Self {
        let en = error.to_string();
        match error {
            RequestError::Illegal(state) => {
                ServiceError::conflict("request_state", format!("求助单{}，不能这样操作", state.zh()), en)
                    .with_value(state.as_str())
            }
            RequestError::HasIt(name) => {
                ServiceError::conflict("request_taken", format!("{name}已接手"), en).with_value(name)
            }
            RequestError::NotYours => ServiceError::conflict("request_not_yours", "只有当前承办人可以这样操作", en),
            RequestError::NotRung => ServiceError::conflict("request_not_rung", "本席位没有正在振铃的求助", en),
            RequestError::PleaWaits => ServiceError::conflict("plea_waits", "已有挂起或延期申请等待审批", en),
            RequestError::NoPlea => ServiceError::conflict("no_plea", "没有等待审批的申请", en),
            RequestError::BadTime => ServiceError {
                limit: Some(SUSPENSION_MAX_MS),
                ..ServiceError::invalid("until_ms", "截止时间须在今后 90 天以内", en)
            },
            RequestError::CallBackDue => ServiceError::conflict("call_back_due", "不满意评价须先回访，再归档", en),
            RequestError::Itself => ServiceError::invalid("into", "不能并入自身", en),
        }
    }
}
