//! Guests as they are told: to the staff who let them in, and to themselves.

use super::consents::text_for;
use super::ratings::may_judge;
use super::{ConsentTextView, Guests, RatingView, Standing, attends, open_session, ratings_of};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::ports::store::Tx;
use crate::sessions::read::Names;
use lianxian_model::assist::Assist;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::duty::Skill;
use lianxian_model::guest::{Consent, GuestLink, GuestState, LinkRefusal, Visit, guest_state};
use lianxian_model::ids::{ConsentId, EndpointId, GuestLinkId, PersonId, RequestId, VisitId};
use lianxian_model::request::{RequestState, Urgency};
use lianxian_model::roles::Right;
use lianxian_model::session::{Mode, Session};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GuestLinkView {
    pub id: GuestLinkId,
    pub made_by: String,
    pub made_ms: Millis,
    pub expires_ms: Millis,
    pub max_uses: i64,
    pub uses: i64,
    /// Why it opens nothing any more.
    pub refusal: Option<LinkRefusal>,
    pub revoked_by: String,
    pub revoke_reason: String,
}

impl GuestLinkView {
    pub(super) fn of(link: GuestLink, now: Millis) -> Self {
        let refusal = link.refusal(now);
        let GuestLink { id, made_by, made_ms, expires_ms, max_uses, uses, revoked_by, revoke_reason, .. } = link;
        Self { id, made_by, made_ms, expires_ms, max_uses, uses, refusal, revoked_by, revoke_reason }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsentView {
    pub id: ConsentId,
    pub name: String,
    pub text_version: i64,
    pub text_sha256: String,
    pub picture: bool,
    pub sound: bool,
    pub given_ms: Millis,
    /// In whose presence; empty: on a guest's own page.
    pub witness: String,
    pub withdrawn_ms: Option<Millis>,
    pub withdraw_reason: String,
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        let Consent { id, name, text_version, text_sha256, picture, sound, given_ms, witness, .. } = consent;
        let (withdrawn_ms, withdraw_reason) = (consent.withdrawn_ms, consent.withdraw_reason);
        Self { id, name, text_version, text_sha256, picture, sound, given_ms, witness, withdrawn_ms, withdraw_reason }
    }
}

/// A guest as the staff sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GuestView {
    pub id: VisitId,
    pub link_id: GuestLinkId,
    /// The identity of its link to the net.
    pub endpoint_id: EndpointId,
    /// As given with its consent; empty before.
    pub name: String,
    pub state: GuestState,
    pub opened_ms: Millis,
    /// The latest.
    pub consent: Option<ConsentView>,
    pub removed_ms: Option<Millis>,
    pub removed_by: String,
    pub remove_reason: String,
}

/// Everything about a request's guests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GuestBoard {
    /// Newest first.
    pub links: Vec<GuestLinkView>,
    /// Oldest first, as all below.
    pub guests: Vec<GuestView>,
    /// Of guests and at the workstation, withdrawn ones included.
    pub consents: Vec<ConsentView>,
    pub ratings: Vec<RatingView>,
}

/// The promise clock: whether somebody took the matter up, and until when the next answer is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Promise {
    pub asked_ms: Millis,
    pub accepted_ms: Option<Millis>,
    /// It is to be accepted by then or, once it was, done by then. None: done, or it stands still.
    pub answer_by_ms: Option<Millis>,
    pub done_ms: Option<Millis>,
}

/// Who has the matter in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnswererView {
    pub name: String,
    pub unit: String,
    pub post: String,
}

/// The assistance that runs, as a guest may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VisitSession {
    pub since_ms: Millis,
    /// Nobody is heard until somebody has agreed to sound.
    pub sound_waits: bool,
    /// The names of everyone in it.
    pub present: Vec<String>,
    /// The guest is in it.
    pub attends: bool,
}

/// A visit as its guest sees it. Of the request it tells nothing that others said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VisitView {
    pub id: VisitId,
    pub state: GuestState,
    pub name: String,
    pub request_number: String,
    pub request_state: RequestState,
    pub need: Skill,
    pub urgency: Urgency,
    /// Where and by whom help was asked.
    pub site: Option<Named>,
    pub asker: String,
    pub promise: Promise,
    pub answerer: Option<AnswererView>,
    pub session: Option<VisitSession>,
    pub text: ConsentTextView,
    /// The one in force.
    pub consent: Option<ConsentView>,
    /// It may be judged now.
    pub may_judge: bool,
    /// This visit's latest.
    pub rating: Option<RatingView>,
    /// By the server's clock.
    pub now_ms: Millis,
}

pub(super) async fn guest(tx: &mut Box<dyn Tx>, visit: Visit) -> ServiceResult<GuestView> {
    let request = super::followed(tx, &visit.request_id).await?;
    let session = open_session(tx, &request).await?;
    guest_of(tx, visit, session.as_ref()).await
}

async fn guest_of(tx: &mut Box<dyn Tx>, visit: Visit, session: Option<&Session>) -> ServiceResult<GuestView> {
    let consents = tx.consents_of_visit(&visit.id).await?;
    let state = guest_state(&visit, &consents, session.is_some_and(|session| attends(session, &visit)));
    let Visit { id, link_id, endpoint_id, name, opened_ms, removed_ms, removed_by, remove_reason, .. } = visit;
    let consent = consents.into_iter().next_back().map(ConsentView::from);
    Ok(GuestView { id, link_id, endpoint_id, name, state, opened_ms, consent, removed_ms, removed_by, remove_reason })
}

/// Those who came by a link of the request that the assistance is held for.
pub(crate) async fn guests_in(
    tx: &mut Box<dyn Tx>,
    session: &Session,
    assist: &Assist,
) -> ServiceResult<Vec<GuestView>> {
    let Some(request) = &assist.request_id else { return Ok(Vec::new()) };
    let mut guests = Vec::new();
    for visit in tx.visits_of(request).await? {
        guests.push(guest_of(tx, visit, session.is_open().then_some(session)).await?);
    }
    Ok(guests)
}

impl Guests {
    /// Links, guests, consents and ratings of a request. Right `requests.read` over its unit, or one's own site's.
    pub async fn board(&self, actor: &Actor, id: &RequestId) -> ServiceResult<GuestBoard> {
        let mut tx = self.core.read().await?;
        let request = tx.request(id).await?.ok_or_else(|| ServiceError::not_found("求助单", "help request"))?;
        let may = match actor {
            Actor::Device(device) => device.site == request.site_id,
            _ => self.core.may(&mut tx, actor, Right::RequestsRead, &request.unit_id).await?,
        };
        if !may {
            drop(tx);
            return Err(self.core.refuse(actor, AuditAction::RequestRead, AuditObject::Request, id.as_str()).await);
        }
        let now = self.core.now();
        let session = open_session(&mut tx, &request).await?;
        let mut guests = Vec::new();
        for visit in tx.visits_of(id).await? {
            guests.push(guest_of(&mut tx, visit, session.as_ref()).await?);
        }
        Ok(GuestBoard {
            links: tx.guest_links_of(id).await?.into_iter().map(|link| GuestLinkView::of(link, now)).collect(),
            guests,
            consents: tx.consents_of_request(id).await?.into_iter().map(ConsentView::from).collect(),
            ratings: ratings_of(&mut tx, id).await?,
        })
    }

    /// The visit as its guest sees it.
    pub(super) async fn told(&self, tx: &mut Box<dyn Tx>, standing: Standing) -> ServiceResult<VisitView> {
        let missing = || ServiceError::internal("a guest link without a consent text");
        let text = text_for(tx, &standing.request.unit_id).await?.ok_or_else(missing)?;
        let state = guest_state(&standing.visit, &standing.consents, standing.attends());
        let consent = standing.consent().cloned().map(ConsentView::from);
        let session = match &standing.session {
            Some(session) => Some(visit_session(tx, session, &standing.visit).await?),
            None => None,
        };
        let own = tx.ratings_of_request(&standing.request.id).await?.into_iter().rev();
        let rating = own.into_iter().find(|rating| rating.visit_id.as_ref() == Some(&standing.visit.id));
        let request = standing.request;
        let has = request.assignee.as_ref().or(request.owner.as_ref());
        let answerer = match has.map(|party| (party.person_id.clone(), party.name.clone())) {
            Some((person, name)) => Some(answerer(tx, &person, name).await?),
            None => None,
        };
        let clocks = &request.clocks;
        let running = if clocks.response.stopped_ms.is_none() { &clocks.response } else { &clocks.closing };
        let stands = running.stopped_ms.is_some() || running.paused_since_ms.is_some();
        let state_of = request.state;
        Ok(VisitView {
            id: standing.visit.id,
            state,
            name: standing.visit.name,
            request_number: request.number,
            request_state: state_of,
            need: request.need,
            urgency: request.urgency,
            site: Names::default().site(tx, Some(&request.site_id)).await?,
            asker: request.asker_name,
            promise: Promise {
                asked_ms: request.raised_ms,
                accepted_ms: clocks.response.stopped_ms.filter(|_| request.owner.is_some()),
                answer_by_ms: running.due_ms.filter(|_| !stands && state_of.is_open()),
                done_ms: request.finished_ms.or(request.closed_ms),
            },
            answerer,
            session,
            text: text.into(),
            consent,
            may_judge: may_judge(state_of),
            rating: rating.map(RatingView::from),
            now_ms: self.core.now(),
        })
    }
}

async fn answerer(tx: &mut Box<dyn Tx>, person: &PersonId, name: String) -> ServiceResult<AnswererView> {
    let Some(person) = tx.person(person).await? else {
        return Ok(AnswererView { name, unit: String::new(), post: String::new() });
    };
    let unit = tx.unit(&person.unit_id).await?.map(|unit| unit.name).unwrap_or_default();
    Ok(AnswererView { name, unit, post: person.post })
}

async fn visit_session(tx: &mut Box<dyn Tx>, session: &Session, visit: &Visit) -> ServiceResult<VisitSession> {
    let sound_waits = match tx.assist(&session.id).await? {
        Some(assist) => !super::sound_may_pass_in(tx, session, &assist).await?,
        None => false,
    };
    // Whoever only watches sends nothing, but is there: nobody looks on unseen.
    let others = session.open_attendances().filter(|a| a.endpoint_id.as_ref() != Some(&visit.endpoint_id));
    Ok(VisitSession {
        since_ms: session.started_ms,
        sound_waits,
        present: others.filter(|a| a.mode != Mode::Release).map(|a| a.name.clone()).collect(),
        attends: attends(session, visit),
    })
}
