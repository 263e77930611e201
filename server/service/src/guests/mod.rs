//! Guests 来访: links that the staff gives out, the visits that they open, consents, and ratings.

mod attending;
mod consents;
mod door;
mod links;
mod ratings;
mod read;

pub(crate) use attending::{
    link_left, link_opened, party, profile, session_ended, sound_may_pass_in, station_consents, station_party,
};
pub(crate) use consents::scope_told;
pub use consents::{ConsentTextView, ConsentTexts, NewConsent, NewConsentText, Withdrawal};
pub use door::OpenedVisit;
pub use links::{MadeGuestLink, NewGuestLink};
pub(crate) use ratings::{Judged, rate, ratings_of};
pub use ratings::{Judgement, RatingView};
pub(crate) use read::guests_in;
pub use read::{AnswererView, ConsentView, GuestBoard, GuestLinkView, GuestView, Promise, VisitSession, VisitView};

use crate::actor::{Actor, GuestActor};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use crate::sessions::change;
use crate::texts::within;
use crate::work::{About, Work};
use lianxian_model::event::EventKind;
use lianxian_model::guest::{Consent, GuestLink, LinkRefusal, REASON_MAX_CHARS, Visit};
use lianxian_model::ids::RequestId;
use lianxian_model::request::HelpRequest;
use lianxian_model::roles::Right;
use lianxian_model::session::{Session, SessionKind};
use lianxian_model::time::Millis;
use serde_json::json;

/// Requests that were merged into another, and so on, that a link follows.
const MERGES_FOLLOWED: usize = 8;

#[derive(Clone)]
pub struct Guests {
    pub(crate) core: Core,
}

/// Where a visit stands now.
pub(crate) struct Standing {
    pub visit: Visit,
    pub link: GuestLink,
    /// The one that the visit's was merged into, if it was.
    pub request: HelpRequest,
    /// The assistance that runs for it.
    pub session: Option<Session>,
    /// All of the visit, oldest first.
    pub consents: Vec<Consent>,
}

impl Standing {
    pub(crate) fn consent(&self) -> Option<&Consent> {
        self.consents.iter().rev().find(|consent| consent.in_force())
    }

    pub(crate) fn attends(&self) -> bool {
        self.session.as_ref().is_some_and(|session| attends(session, &self.visit))
    }

    /// Whoever comes by a link that was revoked, was removed, or stayed away too long, is told so.
    pub(crate) fn admitted(self, now: Millis) -> ServiceResult<Self> {
        if let Some(refusal) = refused_visit(&self.visit, &self.link, now) { Err(refusal) } else { Ok(self) }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::Guest(Box::new(GuestActor {
            visit: self.visit.id.clone(),
            request: self.request.id.clone(),
            endpoint: self.visit.endpoint_id.clone(),
            name: shown_name(&self.visit),
            ip: self.visit.ip.clone(),
        }))
    }
}

fn attends(session: &Session, visit: &Visit) -> bool {
    session.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(&visit.endpoint_id))
}

/// As the record names a guest.
fn shown_name(visit: &Visit) -> String {
    if visit.name.is_empty() { "来访人".to_owned() } else { format!("{}（来访）", visit.name) }
}

/// The request, or what it was merged into.
async fn followed(tx: &mut Box<dyn Tx>, id: &RequestId) -> ServiceResult<HelpRequest> {
    let missing = || ServiceError::internal("a guest link without its request");
    let mut request = tx.request(id).await?.ok_or_else(missing)?;
    for _ in 0..MERGES_FOLLOWED {
        let Some(into) = request.merged_into.clone() else { break };
        request = tx.request(&into).await?.ok_or_else(missing)?;
    }
    Ok(request)
}

async fn open_session(tx: &mut Box<dyn Tx>, request: &HelpRequest) -> ServiceResult<Option<Session>> {
    let Some(id) = &request.session_id else { return Ok(None) };
    Ok(tx.session(id).await?.filter(|session| session.is_open() && session.kind == SessionKind::Assist))
}

async fn standing(tx: &mut Box<dyn Tx>, visit: Visit) -> ServiceResult<Standing> {
    let missing = || ServiceError::internal("a visit without its link");
    let link = tx.guest_link(&visit.link_id).await?.ok_or_else(missing)?;
    let request = followed(tx, &visit.request_id).await?;
    let session = open_session(tx, &request).await?;
    let consents = tx.consents_of_visit(&visit.id).await?;
    Ok(Standing { visit, link, request, session, consents })
}

/// The actor's own visit, as it stands.
async fn own(tx: &mut Box<dyn Tx>, actor: &Actor, now: Millis) -> ServiceResult<Standing> {
    let guest = actor.guest().ok_or_else(ServiceError::forbidden)?;
    let visit = tx.visit(&guest.visit).await?.ok_or_else(visit_unknown)?;
    standing(tx, visit).await?.admitted(now)
}

fn visit_unknown() -> ServiceError {
    ServiceError::unauthenticated(
        "visit_unknown",
        "本页面没有来访记录，请重新打开工作人员发给您的链接",
        "this browser has no visit: open the link that the staff gave you",
    )
}

fn link_unknown() -> ServiceError {
    ServiceError::unauthenticated(
        "guest_link_unknown",
        "链接无效：请核对是否复制完整，或请工作人员重新出示二维码",
        "this link is not one of ours: check that it was copied whole, or ask the staff for its code",
    )
}

fn refused_link(link: &GuestLink, refusal: LinkRefusal) -> ServiceError {
    match refusal {
        LinkRefusal::Revoked => ServiceError::unauthenticated(
            "guest_link_revoked",
            "来访链接已被工作人员撤销，请向工作人员索取新的链接",
            "the staff revoked this link: ask for a new one",
        ),
        LinkRefusal::Expired => ServiceError::unauthenticated(
            "guest_link_expired",
            "来访链接已过期，请向工作人员索取新的链接",
            "this link has expired: ask the staff for a new one",
        )
        .with_value(link.expires_ms.0),
        LinkRefusal::UsedUp => ServiceError {
            limit: Some(link.max_uses),
            ..ServiceError::unauthenticated(
                "guest_link_used_up",
                format!("来访链接最多打开 {} 次，现已用完，请向工作人员索取新的链接", link.max_uses),
                format!("this link may be opened {} times, and was: ask the staff for a new one", link.max_uses),
            )
        },
    }
}

fn refused_visit(visit: &Visit, link: &GuestLink, now: Millis) -> Option<ServiceError> {
    if visit.removed_ms.is_some() {
        let reason = &visit.remove_reason;
        return Some(
            ServiceError::unauthenticated(
                "guest_removed",
                format!("工作人员已结束您的来访：{reason}。如有疑问请联系工作人员"),
                format!("the staff ended your visit: {reason}. Ask the staff if anything is unclear"),
            )
            .with_value(reason.clone()),
        );
    }
    if link.revoked_ms.is_some() {
        return Some(refused_link(link, LinkRefusal::Revoked));
    }
    visit.is_over(now).then(|| {
        ServiceError::unauthenticated(
            "visit_over",
            "本次来访已结束，请向工作人员索取新的链接",
            "this visit is over: ask the staff for a new link",
        )
    })
}

/// Trimmed, at most [`REASON_MAX_CHARS`] characters, never empty.
fn reason_of(said: &str) -> ServiceResult<String> {
    let said = said.trim();
    if said.is_empty() {
        return Err(ServiceError::invalid("reason", "请说明原因", "say why"));
    }
    within("reason", said, REASON_MAX_CHARS)
}

/// Tells everyone concerned that something about the request's guests changed; screens read how they stand.
async fn tell(work: &mut Work, request: &HelpRequest) -> ServiceResult<()> {
    let session = open_session(&mut work.tx, request).await?;
    let accounts = match &session {
        Some(session) => change::accounts_of(&mut work.tx, session).await?,
        None => Vec::new(),
    };
    let about = About {
        unit: Some(request.unit_id.clone()),
        site: Some(request.site_id.clone()),
        session: session.map(|session| session.id),
        endpoint: request.endpoint_id.clone(),
    };
    work.event(EventKind::GuestChanged, about, json!({ "request_id": request.id, "account_ids": accounts }));
    Ok(())
}

impl Guests {
    /// Who may give links out, take them back and remove guests: the site's own device; right `requests.raise` or
    /// `requests.answer` over its unit.
    async fn may_admit(&self, tx: &mut Box<dyn Tx>, actor: &Actor, request: &HelpRequest) -> ServiceResult<bool> {
        match actor {
            Actor::Device(device) => Ok(device.site == request.site_id),
            Actor::Guest(_) => Ok(false),
            _ => {
                let unit = &request.unit_id;
                Ok(self.core.may(tx, actor, Right::RequestsRaise, unit).await?
                    || self.core.may(tx, actor, Right::RequestsAnswer, unit).await?)
            }
        }
    }
}
