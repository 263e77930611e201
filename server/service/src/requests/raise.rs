//! Asking for help: from a workstation by one tap, or by an account for a site of its own.

use super::rules::rules_for;
use super::{RequestView, Requests, change, names, read, station_of};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::secrets::new_id;
use crate::texts;
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::{CaseKind, check_number};
use lianxian_model::duty::Skill;
use lianxian_model::ids::{AccountId, EndpointId, RequestId, SiteId};
use lianxian_model::org::Site;
use lianxian_model::request::clocks::Clocks;
use lianxian_model::request::rules::Rules;
use lianxian_model::request::{Channel, HelpRequest, RequestState, TEXT_MAX_CHARS, Urgency, request_number};
use lianxian_model::roles::Right;
use lianxian_model::session::beijing_day;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Requests of one site that may wait for an answer at once; more taps of the same need say nothing new.
pub const MAX_WAITING_A_SITE: usize = 20;

/// What is asked. One tap suffices: everything has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    #[serde(default = "general")]
    pub need: Skill,
    #[serde(default = "ordinary")]
    pub urgency: Urgency,
    /// What it is about; may be empty.
    #[serde(default)]
    pub sentence: String,
    #[serde(default)]
    pub case_number: String,
    pub case_kind: Option<CaseKind>,
    /// Who asks, as the staff at the desk calls itself; an account's own name otherwise.
    #[serde(default)]
    pub asker: String,
    /// For an account: the site that needs help. A workstation asks for its own.
    pub site_id: Option<SiteId>,
}

fn general() -> Skill {
    Skill::General
}

fn ordinary() -> Urgency {
    Urgency::Ordinary
}

/// Trimmed, at most [`TEXT_MAX_CHARS`] characters.
pub(super) fn text(field: &'static str, text: &str) -> ServiceResult<String> {
    texts::within(field, text, TEXT_MAX_CHARS)
}

/// What was asked, checked.
pub(crate) struct Asked {
    pub site: Site,
    pub endpoint_id: Option<EndpointId>,
    pub channel: Channel,
    pub need: Skill,
    pub urgency: Urgency,
    pub sentence: String,
    pub case_kind: Option<CaseKind>,
    pub case_raw: String,
    pub case_normalised: String,
    pub asker_name: String,
    pub asker_account: Option<AccountId>,
}

/// Numbers a request, stores it, and rings.
pub(crate) async fn put(work: &mut Work, asked: Asked) -> ServiceResult<HelpRequest> {
    let series = format!("QZ{}{}", beijing_day(work.now), asked.site.code);
    let sequence = work.tx.next_in_series(&series).await?;
    let rules =
        rules_for(&mut work.tx, &asked.site.unit_id).await?.map_or_else(Rules::default, |version| version.rules);
    let mut request = HelpRequest {
        id: RequestId(new_id(work.now)),
        number: request_number(work.now, &asked.site.code, sequence),
        site_id: asked.site.id,
        unit_id: asked.site.unit_id,
        endpoint_id: asked.endpoint_id,
        channel: asked.channel,
        need: asked.need,
        urgency: asked.urgency,
        sentence: asked.sentence,
        case_kind: asked.case_kind,
        case_raw: asked.case_raw,
        case_normalised: asked.case_normalised,
        asker_name: asked.asker_name,
        asker_account: asked.asker_account,
        state: RequestState::Waiting,
        owner: None,
        assignee: None,
        session_id: None,
        ring: None,
        clocks: Clocks::new(rules.limits(asked.urgency)),
        ladder: rules.ladder,
        plea: None,
        suspended_until_ms: None,
        result: String::new(),
        finished_ms: None,
        evaluation: None,
        merged_into: None,
        photos: Vec::new(),
        raised_ms: work.now,
        closed_ms: None,
        version: 1,
    };
    change::raise(work, &mut request).await?;
    Ok(request)
}

impl Requests {
    /// A device for its own site; an account with right `requests.raise` over the site's unit.
    /// Errors: `too_many_waiting`; `invalid` with its field.
    pub async fn raise(&self, actor: &Actor, new: NewRequest, key: Option<&str>) -> ServiceResult<RequestView> {
        let (site_id, endpoint_id, channel) = match actor {
            Actor::Device(device) => (station_of(actor)?, Some(device.endpoint.clone()), Channel::Station),
            _ => {
                let site = new.site_id.clone();
                let site = site.ok_or_else(|| ServiceError::invalid("site_id", "请选择场所", "name the site"))?;
                (site, None, Channel::Console)
            }
        };
        let sentence = text("sentence", &new.sentence)?;
        let asker = text("asker", &new.asker)?;
        let mut work = self.core.begin(actor).await?;
        let site = work.tx.site(&site_id).await?.ok_or_else(|| ServiceError::not_found("场所", "site"))?;
        if actor.device().is_none() && !self.core.may(&mut work.tx, actor, Right::RequestsRaise, &site.unit_id).await? {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::RequestRaise, AuditObject::Site, site_id.as_str()).await);
        }
        let once = match work.once(key, AuditAction::RequestRaise, &(&site_id, &new)).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let (case_kind, case_raw, case_normalised) = match (new.case_number.trim(), new.case_kind) {
            ("", _) => (None, String::new(), String::new()),
            (raw, kind) => {
                let kind = kind.unwrap_or(CaseKind::Other);
                let patterns: Vec<_> = work.tx.case_pattern(kind).await?.into_iter().collect();
                let normalised = check_number(raw, kind, &patterns).map_err(|error| ServiceError {
                    field: Some("case_number"),
                    ..crate::cases::number_error(error)
                })?;
                (Some(kind), raw.to_owned(), normalised)
            }
        };
        let waiting = crate::ports::store::RequestQuery {
            site_id: Some(site_id.clone()),
            open: Some(true),
            ..Default::default()
        };
        let all = crate::page::Keyset { before: None, limit: crate::page::MAX_PAGE };
        let open = work.tx.requests(&waiting, &all).await?;
        if open.iter().filter(|r| r.state == RequestState::Waiting).count() >= MAX_WAITING_A_SITE {
            return Err(ServiceError::limit(
                "too_many_waiting",
                MAX_WAITING_A_SITE as i64,
                format!("本场所已有 {MAX_WAITING_A_SITE} 个求助等待受理，请等候或补充在已有求助上"),
                format!("{MAX_WAITING_A_SITE} requests of this site wait already"),
            ));
        }
        let asked = Asked {
            site,
            endpoint_id,
            channel,
            need: new.need,
            urgency: new.urgency,
            sentence,
            case_kind,
            case_raw,
            case_normalised,
            asker_name: if asker.is_empty() { actor.name().to_owned() } else { asker },
            asker_account: actor.account().map(|account| account.account.clone()),
        };
        let request = put(&mut work, asked).await?;
        let detail = json!({ "number": request.number, "need": request.need, "urgency": request.urgency });
        work.audit(AuditAction::RequestRaise, AuditObject::Request, request.id.as_str(), detail);
        let view = read::view(&mut work.tx, request, &mut names()).await?;
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }
}
