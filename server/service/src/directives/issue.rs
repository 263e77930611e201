//! Issuing a directive: by whoever may, from a request, a session, a frozen frame or a site; and by the server itself when a request's
//! clock stays overdue.

use super::{DirectiveView, Directives, change, rank, read, words};
use crate::actor::Actor;
use crate::duty::on_duty;
use crate::error::{ServiceError, ServiceResult};
use crate::secrets::new_id;
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::{CaseKind, check_number};
use lianxian_model::directive::{Directive, DirectiveState, Rank, Source, directive_number};
use lianxian_model::ids::{AccountId, DirectiveId, FrameId, RequestId, SessionId, SiteId, UnitId};
use lianxian_model::org::Site;
use lianxian_model::request::HelpRequest;
use lianxian_model::request::clocks::ClockName;
use lianxian_model::roles::Right;
use lianxian_model::session::beijing_day;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashSet;

/// Open directives of one site; more would bury it.
pub const MAX_OPEN_A_SITE: usize = 200;

/// What is issued. One of site, request and session names the place; its office has to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDirective {
    pub site_id: Option<SiteId>,
    pub request_id: Option<RequestId>,
    pub session_id: Option<SessionId>,
    /// A frozen frame of the session.
    pub frame_id: Option<FrameId>,
    /// What was found, at most 1 000 characters.
    pub finding: String,
    /// What is to be done, at most 1 000 characters.
    pub demand: String,
    /// Ahead, by 90 days at most.
    pub due_ms: Millis,
    /// Left out: the request's own, if it has one.
    #[serde(default)]
    pub case_number: String,
    pub case_kind: Option<CaseKind>,
}

impl Directives {
    /// Right `directives.issue` over the site's unit. Errors: `too_many_open`; `invalid` with its field.
    pub async fn issue(&self, actor: &Actor, new: NewDirective, key: Option<&str>) -> ServiceResult<DirectiveView> {
        let finding = words("finding", &new.finding, "请填写发现的问题", "say what was found")?;
        let demand = words("demand", &new.demand, "请填写整改要求", "say what is to be done")?;
        let mut work = self.core.begin(actor).await?;
        let (site, mut source) = place(&mut work, &new).await?;
        let account = actor.account().ok_or_else(ServiceError::forbidden)?;
        if !self.core.may(&mut work.tx, actor, Right::DirectivesIssue, &site.unit_id).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::DirectiveIssue, AuditObject::Site, site.id.as_str())
                .await);
        }
        let once = match work.once(key, AuditAction::DirectiveIssue, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        Directive::check_due(new.due_ms, work.now)?;
        let request = match (&source.request_id, &source.session_id) {
            (Some(id), _) => work.tx.request(id).await?,
            // A session that a request was helped in leads to the request.
            (None, Some(session)) => work.tx.request_of_session(session).await?,
            _ => None,
        };
        source.request_id = request.as_ref().map(|request| request.id.clone());
        let case = match (new.case_number.trim(), new.case_kind) {
            ("", _) => request
                .as_ref()
                .and_then(|r| r.case_kind.map(|kind| (Some(kind), r.case_raw.clone(), r.case_normalised.clone()))),
            (raw, kind) => {
                let kind = kind.unwrap_or(CaseKind::Other);
                let patterns: Vec<_> = work.tx.case_pattern(kind).await?.into_iter().collect();
                let normalised = check_number(raw, kind, &patterns).map_err(|error| ServiceError {
                    field: Some("case_number"),
                    ..crate::cases::number_error(error)
                })?;
                Some((Some(kind), raw.to_owned(), normalised))
            }
        };
        let roles = rank::roles_over(&mut work.tx, account, &site.unit_id).await?;
        let draft = Draft {
            unit: site.unit_id.clone(),
            source,
            case: case.unwrap_or_default(),
            finding,
            demand,
            due: new.due_ms,
            rank: Rank::of_issuer(&roles),
            issuer: Some(account.account.clone()),
        };
        let directive = put(&mut work, &site, draft).await?;
        if let Some(request) = &request {
            let detail = json!({ "directive_id": directive.id, "directive": directive.number });
            crate::requests::step(&mut work, request, "directive", detail).await?;
        }
        let view = read::view(&mut work.tx, directive, &mut Default::default()).await?;
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }
}

/// The site that it is about, and where the finding was made.
async fn place(work: &mut Work, new: &NewDirective) -> ServiceResult<(Site, Source)> {
    let elsewhere = |field| ServiceError::invalid(field, "来源与场所不符", "it is not of this site");
    let mut site = new.site_id.clone();
    let mut agree = |field, of: Option<&SiteId>| match (&site, of) {
        (Some(site), Some(of)) if site != of => Err(elsewhere(field)),
        (None, Some(of)) => {
            site = Some(of.clone());
            Ok(())
        }
        _ => Ok(()),
    };
    if let Some(id) = &new.request_id {
        let request = work.tx.request(id).await?.ok_or_else(|| ServiceError::not_found("求助单", "help request"))?;
        agree("request_id", Some(&request.site_id))?;
    }
    if let Some(id) = &new.session_id {
        let session = work.tx.session(id).await?.ok_or_else(|| ServiceError::not_found("会话", "session"))?;
        agree("session_id", session.site_id.as_ref())?;
    }
    if let Some(frame) = &new.frame_id {
        let session = new.session_id.clone().ok_or_else(|| elsewhere("frame_id"))?;
        if !work.tx.frames_of(&session).await?.iter().any(|kept| kept.id == *frame) {
            return Err(ServiceError::not_found("定格画面", "frame"));
        }
    }
    let site = site.ok_or_else(|| ServiceError::invalid("site_id", "请选择场所", "name the site"))?;
    let site = work.tx.site(&site).await?.ok_or_else(|| ServiceError::not_found("场所", "site"))?;
    let source = Source {
        request_id: new.request_id.clone(),
        session_id: new.session_id.clone(),
        frame_id: new.frame_id.clone(),
        clock: None,
    };
    Ok((site, source))
}

struct Draft {
    unit: UnitId,
    source: Source,
    case: (Option<CaseKind>, String, String),
    finding: String,
    demand: String,
    due: Millis,
    rank: Rank,
    issuer: Option<AccountId>,
}

async fn put(work: &mut Work, site: &Site, draft: Draft) -> ServiceResult<Directive> {
    let query =
        crate::ports::store::DirectiveQuery { site_id: Some(site.id.clone()), open: Some(true), ..Default::default() };
    let open = work.tx.directives(&query, &crate::page::Keyset { before: None, limit: MAX_OPEN_A_SITE as i64 }).await?;
    // What the server owes is issued whatever there is.
    if draft.issuer.is_some() && open.len() >= MAX_OPEN_A_SITE {
        return Err(ServiceError::limit(
            "too_many_open",
            MAX_OPEN_A_SITE as i64,
            format!("本场所已有 {MAX_OPEN_A_SITE} 张未销号的督办单，请先复核销号"),
            format!("{MAX_OPEN_A_SITE} directives of this site are open already"),
        ));
    }
    let series = format!("DB{}{}", beijing_day(work.now), site.code);
    let sequence = work.tx.next_in_series(&series).await?;
    let (case_kind, case_raw, case_normalised) = draft.case;
    let directive = Directive {
        id: DirectiveId(new_id(work.now)),
        number: directive_number(work.now, &site.code, sequence),
        site_id: site.id.clone(),
        unit_id: draft.unit,
        source: draft.source,
        case_kind,
        case_raw,
        case_normalised,
        finding: draft.finding,
        demand: draft.demand,
        due_ms: draft.due,
        issuer_name: work.actor_name().to_owned(),
        issuer_account: draft.issuer,
        state: DirectiveState::Issued,
        rank: draft.rank,
        rounds: 0,
        signed_by: None,
        signed_ms: None,
        reported_ms: None,
        reported_by: None,
        overdue_ms: None,
        climbs_ms: Some(draft.due),
        issued_ms: work.now,
        closed_ms: None,
        version: 1,
    };
    work.tx.insert_directive(&directive).await?;
    let detail = json!({ "finding": directive.finding, "demand": directive.demand, "due_ms": directive.due_ms });
    change::step(work, &directive, "issue", work.actor_name().to_owned(), detail).await?;
    if let Some(session) = &directive.source.session_id {
        let detail = json!({ "by": directive.issuer_name, "number": directive.number, "directive": directive.id });
        work.tx.append_timeline(session, work.now, "directive.issued", &detail.to_string()).await?;
    }
    let detail = json!({ "number": directive.number, "due_ms": directive.due_ms, "source": directive.source });
    work.audit(AuditAction::DirectiveIssue, AuditObject::Directive, directive.id.as_str(), detail);
    change::tell(work, &directive).await?;
    Ok(directive)
}

/// The directive of a request whose clock stays overdue after the reminder, to the office of whoever has the request: else of whoever was
/// first, else of whoever is on duty for it. One that is still open for the same clock stands for this one too.
pub(crate) async fn of_overdue_request(
    work: &mut Work,
    request: &HelpRequest,
    clock: ClockName,
) -> ServiceResult<(DirectiveId, String)> {
    let open = work.tx.open_directives_of_request(&request.id).await?;
    if let Some(standing) = open.into_iter().find(|directive| directive.source.clock == Some(clock)) {
        return Ok((standing.id, standing.number));
    }
    let site = work.tx.site(&request.site_id).await?.ok_or_else(|| ServiceError::not_found("场所", "site"))?;
    let mut person = request.assignee.as_ref().or(request.owner.as_ref()).map(|party| party.person_id.clone());
    if person.is_none() {
        person = on_duty(&mut work.tx, &request.unit_id, work.now).await?.into_iter().map(|on| on.person_id).next();
    }
    let unit = match person {
        Some(person) => work.tx.person(&person).await?.map(|person| person.unit_id),
        None => None,
    };
    let unit = match unit {
        Some(unit) => unit,
        None => answering_above(work, &request.unit_id).await?,
    };
    let draft = Draft {
        unit,
        source: Source {
            request_id: Some(request.id.clone()),
            session_id: request.session_id.clone(),
            frame_id: None,
            clock: Some(clock),
        },
        case: (request.case_kind, request.case_raw.clone(), request.case_normalised.clone()),
        finding: format!("求助单 {} 的{}时限已过，催办后仍未办理", request.number, clock.zh()),
        demand: format!("立即办理求助单 {}，并反馈逾期原因和办理结果", request.number),
        due: request.clocks.limits.directive_after.after(work.now),
        rank: Rank::Issuer,
        issuer: None,
    };
    let directive = put(work, &site, draft).await?;
    Ok((directive.id, directive.number))
}

/// The nearest unit above the one that asked where somebody may answer; the highest, if nobody may anywhere.
async fn answering_above(work: &mut Work, unit: &UnitId) -> ServiceResult<UnitId> {
    let mut answering: HashSet<UnitId> = HashSet::new();
    for account in work.tx.accounts().await?.into_iter().filter(|account| !account.disabled) {
        let grants = work.tx.grants_of(&account.id).await?.into_iter();
        answering.extend(grants.filter(|g| g.role.rights().contains(&Right::RequestsAnswer)).map(|g| g.unit_id));
    }
    let above = work.tx.path_of(unit).await?.into_iter().filter(|above| above != unit);
    let above: Vec<UnitId> = above.collect();
    let nearest = above.iter().find(|above| answering.contains(*above)).or(above.last());
    Ok(nearest.unwrap_or(unit).clone())
}
