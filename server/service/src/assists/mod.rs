//! Assistances 求助会话: the centre calls a site, people are added and leave, the site answers and hangs up.

pub(crate) mod earphones;
mod opening;
pub(crate) mod parties;

pub(crate) use opening::{AssistOpening, open_assist};

use crate::actor::{AccountActor, Actor};
use crate::core::Core;
use crate::error::{ServiceError, ServiceResult};
use crate::guests::{self, ConsentView, GuestView};
use crate::org::Named;
use crate::ports::store::Tx;
use crate::sessions::{SessionView, change, read};
use crate::watches::PURPOSE_MAX_CHARS;
use crate::work::Work;
use lianxian_model::assist::{Assist, Invitation};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::guest::picture_may_pass;
use lianxian_model::ids::{AccountId, EndpointId, PersonId, RequestId, SessionId, SiteId};
use lianxian_model::org::{Endpoint, EndpointKind};
use lianxian_model::roles::Right;
use lianxian_model::session::{LeaveReason, Mode, Session, SessionEnd, SessionEvent, SessionKind};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Invitations that one assistance may see.
pub const MAX_INVITATIONS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewAssist {
    pub site_id: SiteId,
    /// The actor's own console.
    pub endpoint_id: EndpointId,
    pub purpose: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewParty {
    pub account_id: AccountId,
    /// `join`, `whisper` or `watch`.
    pub mode: Mode,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Joining {
    /// The actor's own console.
    pub endpoint_id: EndpointId,
}

/// Someone who attends now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartyView {
    pub account_id: AccountId,
    pub person_id: PersonId,
    pub name: String,
    pub unit: Option<Named>,
    /// The identity of its link.
    pub endpoint_id: EndpointId,
    pub mode: Mode,
    pub since_ms: Millis,
    /// Leads the session.
    pub leads: bool,
}

/// Someone who was asked and has not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvitedView {
    pub account_id: AccountId,
    pub name: String,
    pub mode: Mode,
    pub by: String,
    pub at_ms: Millis,
}

/// An assistance as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssistView {
    pub session: SessionView,
    /// The identity of the station's link.
    pub station: Named,
    pub station_present: bool,
    pub request_id: Option<RequestId>,
    pub request_number: Option<String>,
    /// The site agreed; until then nothing flows.
    pub answered_ms: Option<Millis>,
    /// Whoever leads it is away since then.
    pub leader_lost_ms: Option<Millis>,
    pub parties: Vec<PartyView>,
    pub invited: Vec<InvitedView>,
    /// Citizens who came by a link of its request, out and in.
    pub guests: Vec<GuestView>,
    /// Given at the workstation.
    pub consents: Vec<ConsentView>,
    /// Earphones are worn at the station: whispers reach it.
    pub earphones: bool,
    /// Nobody is heard until somebody has agreed to sound: the site is a mediation room.
    pub sound_waits: bool,
    /// Somebody at the workstation has agreed to sound alone: its picture does not pass.
    pub picture_withheld: bool,
}

/// Someone who could be added: logged in, and may answer requests there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Candidate {
    pub account_id: AccountId,
    pub name: String,
    pub unit: String,
    pub roles: Vec<lianxian_model::roles::Role>,
}

#[derive(Clone)]
pub struct Assists {
    pub(crate) core: Core,
}

impl Assists {
    /// The centre calls a site's workstation. Right `requests.answer` over the site.
    /// Errors: `no_such_station`, `station_busy`, `console_busy`, `station_offline`; `invalid` with field `purpose`.
    pub async fn call(&self, actor: &Actor, new: NewAssist, key: Option<&str>) -> ServiceResult<AssistView> {
        self.core
            .require(actor, Right::RequestsAnswer, AuditAction::AssistOpen, AuditObject::Site, new.site_id.as_str())
            .await?;
        let account = account_of(actor)?;
        let purpose = new.purpose.split_whitespace().collect::<Vec<_>>().join(" ");
        if purpose.is_empty() {
            return Err(ServiceError::invalid("purpose", "请填写连线事由", "an assistance needs a purpose"));
        }
        if purpose.chars().count() > PURPOSE_MAX_CHARS {
            return Err(ServiceError {
                limit: Some(PURPOSE_MAX_CHARS as i64),
                ..ServiceError::invalid("purpose", "事由过长", "the purpose is too long")
            });
        }
        let mut work = self.core.begin(actor).await?;
        let once = match work.once(key, AuditAction::AssistOpen, &new).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let Some(site) = work.tx.site(&new.site_id).await? else {
            return Err(ServiceError::not_found("场所", "site"));
        };
        let may = self.core.may(&mut work.tx, actor, Right::RequestsAnswer, &site.unit_id).await?;
        if !may || !own_console(&mut work.tx, account, &new.endpoint_id).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::AssistOpen, AuditObject::Site, new.site_id.as_str())
                .await);
        }
        let station = self.station_on_line(&mut work.tx, &site.id).await?;
        let opening = AssistOpening {
            site,
            station,
            console: new.endpoint_id.clone(),
            account: account.clone(),
            purpose,
            request: None,
        };
        let session = open_assist(&mut work, opening).await?;
        let view = view(&mut work.tx, session).await?;
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The site's workstation that is on line; of several, one that is on air.
    pub(crate) async fn station_on_line(&self, tx: &mut Box<dyn Tx>, site: &SiteId) -> ServiceResult<EndpointId> {
        let stations: Vec<Endpoint> = tx
            .endpoints_of_site(site)
            .await?
            .into_iter()
            .filter(|e| e.kind == EndpointKind::Station && e.enrolled && !e.disabled)
            .collect();
        if stations.is_empty() {
            return Err(opening::no_such_station());
        }
        let mut on_line = None;
        for station in stations {
            match tx.presence(&station.id).await? {
                Some(presence) if presence.online && presence.on_air => return Ok(station.id),
                Some(presence) if presence.online => on_line = Some(station.id),
                _ => {}
            }
        }
        on_line.ok_or_else(|| {
            ServiceError::conflict("station_offline", "该场所工作站不在线", "no workstation of the site is on line")
        })
    }

    /// Whoever attends it, was asked to, or may read the session.
    pub async fn view(&self, actor: &Actor, session: &SessionId) -> ServiceResult<AssistView> {
        let mut tx = self.core.read().await?;
        let found = assist_session(&mut tx, session).await?;
        let may = match actor {
            Actor::Device(device) => found.site_id.as_ref() == Some(&device.site),
            _ => {
                concerned(&mut tx, actor, &found).await?
                    || self.over(&mut tx, actor, Right::SessionsRead, &found).await?
            }
        };
        if !may {
            drop(tx);
            return Err(self
                .core
                .refuse(actor, AuditAction::SessionRead, AuditObject::Session, session.as_str())
                .await);
        }
        view(&mut tx, found).await
    }

    /// The open assistances to which the actor was asked and has not come.
    pub async fn invitations(&self, actor: &Actor) -> ServiceResult<Vec<AssistView>> {
        let account = account_of(actor)?;
        let mut tx = self.core.read().await?;
        let mut asking = Vec::new();
        for session in tx.open_assists_that_ask(&account.account).await? {
            if !concerned(&mut tx, actor, &session).await? {
                continue;
            }
            let view = view(&mut tx, session).await?;
            if view.invited.iter().any(|one| one.account_id == account.account) {
                asking.push(view);
            }
        }
        Ok(asking)
    }

    /// Those who could be added now. Attendees with `requests.answer`, or right `requests.manage` over the unit.
    pub async fn candidates(&self, actor: &Actor, session: &SessionId) -> ServiceResult<Vec<Candidate>> {
        let mut tx = self.core.read().await?;
        let found = assist_session(&mut tx, session).await?;
        if !self.runs(&mut tx, actor, &found).await? {
            drop(tx);
            return Err(self
                .core
                .refuse(actor, AuditAction::AssistCandidates, AuditObject::Session, session.as_str())
                .await);
        }
        let Some(unit) = &found.unit_id else { return Ok(Vec::new()) };
        let now = self.core.now();
        let attending: BTreeSet<PersonId> = found.open_attendances().filter_map(|a| a.person_id.clone()).collect();
        let mut candidates: Vec<Candidate> = Vec::new();
        for login in tx.open_logins().await? {
            if login.over(now).is_some() || candidates.iter().any(|known| known.account_id == login.account_id) {
                continue;
            }
            let Some(account) = tx.account(&login.account_id).await?.filter(|a| !a.disabled && !a.locked) else {
                continue;
            };
            let Actor::Account(person) = crate::logins::actor_of(&mut tx, &account, login.id, &login.ip).await? else {
                continue;
            };
            let there = Actor::Account(person.clone());
            if attending.contains(&person.person)
                || !self.core.may(&mut tx, &there, Right::RequestsAnswer, unit).await?
            {
                continue;
            }
            candidates.push(Candidate {
                account_id: person.account.clone(),
                name: person.person_name.clone(),
                unit: person.unit_name.clone(),
                roles: there.roles(),
            });
        }
        Ok(candidates)
    }

    /// Asks someone to join. Attendees with `requests.answer` over the unit, or right `requests.manage`.
    /// Errors: `already_attends`, `may_not_answer` (whoever is asked), `invalid` with field `mode`.
    pub async fn invite(&self, actor: &Actor, session: &SessionId, new: NewParty) -> ServiceResult<AssistView> {
        if !new.mode.is_party() {
            return Err(ServiceError::invalid("mode", "请选择加入、耳语或只看", "the mode is join, whisper or watch"));
        }
        let mut work = self.core.begin(actor).await?;
        let found = assist_session(&mut work.tx, session).await?;
        if !self.runs(&mut work.tx, actor, &found).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::AssistInvite, AuditObject::Session, session.as_str())
                .await);
        }
        open_or(&found)?;
        let by = account_of(actor)?;
        let account = work.tx.account(&new.account_id).await?.filter(|a| !a.disabled && !a.locked);
        let account = account.ok_or_else(|| ServiceError::not_found("账号", "account"))?;
        let person = work.tx.person(&account.person_id).await?;
        let person = person.ok_or_else(|| ServiceError::not_found("人员", "person"))?;
        if found.open_attendances().any(|a| a.person_id.as_ref() == Some(&person.id)) {
            return Err(lianxian_model::session::SessionError::AlreadyAttends.into());
        }
        if !self.account_may_answer(&mut work.tx, &new.account_id, &found).await? {
            return Err(ServiceError::conflict(
                "may_not_answer",
                format!("{}没有受理该机构求助的权限", person.name),
                "the person asked has no right to answer there",
            ));
        }
        if work.tx.invitations_of(session).await?.len() >= MAX_INVITATIONS {
            return Err(ServiceError::limit(
                "too_many_invitations",
                MAX_INVITATIONS as i64,
                format!("一次求助会话最多邀请 {MAX_INVITATIONS} 次"),
                format!("at most {MAX_INVITATIONS} invitations in one assistance"),
            ));
        }
        let invitation = Invitation {
            session_id: found.id.clone(),
            seq: 0,
            account_id: account.id.clone(),
            person_id: person.id.clone(),
            name: person.name.clone(),
            mode: new.mode,
            by_account: by.account.clone(),
            by_name: by.person_name.clone(),
            at_ms: work.now,
        };
        work.tx.insert_invitation(&invitation).await?;
        let detail = json!({ "by": by.person_name, "name": person.name, "mode": new.mode });
        work.tx.append_timeline(&found.id, work.now, "assist.invited", &detail.to_string()).await?;
        work.audit(AuditAction::AssistInvite, AuditObject::Session, found.id.as_str(), detail);
        change::tell(&mut work, &found, EventKind::SessionUpdated).await?;
        let view = view(&mut work.tx, found).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The actor comes in: whoever was asked in the mode of the asking, the one who leads it, or whoever holds right
    /// `requests.manage` over the unit. While nobody leads it, whoever attends and may speak leads it on by this.
    /// Errors: `console_busy`, `console_offline`, `already_attends`, `parties_full`.
    pub async fn join(&self, actor: &Actor, session: &SessionId, joining: Joining) -> ServiceResult<AssistView> {
        let mut work = self.core.begin(actor).await?;
        let mut found = assist_session(&mut work.tx, session).await?;
        let account = account_of(actor)?;
        let asked = standing_invitations(&mut work.tx, &found).await?;
        let asked = asked.iter().rev().find(|i| i.account_id == account.account).map(|i| i.mode);
        let leads = found.observer_account.as_ref() == Some(&account.account);
        // Whoever is in it already, and may speak, comes in once more to lead it on.
        let speaks = found
            .open_attendances()
            .any(|a| a.person_id.as_ref() == Some(&account.person) && a.mode.may_publish_in_assist());
        let mode = match asked {
            _ if speaks && found.observer_lost_ms.is_some() => Some(Mode::Join),
            Some(mode) => Some(mode),
            None if leads || self.over(&mut work.tx, actor, Right::RequestsManage, &found).await? => Some(Mode::Join),
            None => None,
        };
        // An invitation opens the door only as long as the right behind it holds.
        let may = self.over(&mut work.tx, actor, Right::RequestsAnswer, &found).await?;
        let own = own_console(&mut work.tx, account, &joining.endpoint_id).await?;
        let Some(mode) = mode.filter(|_| own && may) else {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::AssistJoin, AuditObject::Session, session.as_str()).await);
        };
        open_or(&found)?;
        parties::add_party(&mut work, &mut found, &joining.endpoint_id, account, mode).await?;
        work.audit(
            AuditAction::AssistJoin,
            AuditObject::Session,
            found.id.as_str(),
            json!({ "mode": mode, "number": found.number }),
        );
        let view = view(&mut work.tx, found).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Takes someone out, or leaves. Oneself; attendees with `requests.answer` over the unit; right `requests.manage`.
    /// Errors: `does_not_attend`, `leader_stays` (whoever leads it ends it instead).
    pub async fn remove(&self, actor: &Actor, session: &SessionId, who: &AccountId) -> ServiceResult<AssistView> {
        let mut work = self.core.begin(actor).await?;
        let mut found = assist_session(&mut work.tx, session).await?;
        let own = account_of(actor)?.account == *who;
        if !own && !self.runs(&mut work.tx, actor, &found).await? {
            drop(work);
            return Err(self
                .core
                .refuse(actor, AuditAction::AssistRemove, AuditObject::Session, session.as_str())
                .await);
        }
        open_or(&found)?;
        let console = console_of(&mut work.tx, &found, who).await?;
        if found.observer_endpoint.as_ref() == Some(&console) {
            return Err(ServiceError::conflict(
                "leader_stays",
                "主持人不能离开，请结束会话",
                "whoever leads the session ends it instead of leaving",
            ));
        }
        let reason = if own { LeaveReason::Left } else { LeaveReason::Revoked };
        parties::remove_party(&mut work, &mut found, &console, reason).await?;
        work.audit(
            AuditAction::AssistRemove,
            AuditObject::Session,
            found.id.as_str(),
            json!({ "account_id": who, "own": own }),
        );
        let view = view(&mut work.tx, found).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The actor speaks to everyone (`join`) or to the staff alone (`whisper`) from now on. Who came to watch stays so.
    pub async fn set_mode(&self, actor: &Actor, session: &SessionId, mode: Mode) -> ServiceResult<AssistView> {
        if !matches!(mode, Mode::Join | Mode::Whisper) {
            return Err(ServiceError::invalid("mode", "请选择通话或耳语", "the mode is join or whisper"));
        }
        let mut work = self.core.begin(actor).await?;
        let mut found = assist_session(&mut work.tx, session).await?;
        open_or(&found)?;
        let account = account_of(actor)?;
        let attends = |a: &lianxian_model::session::Attendance| {
            a.person_id.as_ref() == Some(&account.person) && a.mode.is_party()
        };
        let watches = found.open_attendances().any(|a| attends(a) && a.mode == Mode::Watch);
        if watches || !found.open_attendances().any(attends) {
            drop(work);
            return Err(self.core.refuse(actor, AuditAction::AssistMode, AuditObject::Session, session.as_str()).await);
        }
        let console = console_of(&mut work.tx, &found, &account.account).await?;
        parties::change_mode(&mut work, &mut found, &console, mode).await?;
        work.audit(AuditAction::AssistMode, AuditObject::Session, found.id.as_str(), json!({ "mode": mode }));
        let view = view(&mut work.tx, found).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The site takes the centre's call: from now on both sides see and hear each other. Devices only; a call that was
    /// answered already is left as it is.
    pub async fn answer(&self, actor: &Actor, session: &SessionId) -> ServiceResult<AssistView> {
        let (mut work, found, _) = self.of_station(actor, session, AuditAction::AssistAnswer).await?;
        if work.tx.answer_assist(session, work.now).await? {
            work.tx.append_timeline(session, work.now, "assist.answered", "{}").await?;
            work.audit(
                AuditAction::AssistAnswer,
                AuditObject::Session,
                session.as_str(),
                json!({ "number": found.number }),
            );
            work.regrant(session);
            change::tell(&mut work, &found, EventKind::SessionUpdated).await?;
        }
        let view = view(&mut work.tx, found).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Whoever is at the station puts earphones on, or takes them off: with them on whispers reach it. Devices only.
    pub async fn wear_earphones(&self, actor: &Actor, session: &SessionId, worn: bool) -> ServiceResult<AssistView> {
        let (mut work, found, assist) = self.of_station(actor, session, AuditAction::AssistEarphones).await?;
        earphones::wear(&mut work, &found, &assist, worn).await?;
        let view = view(&mut work.tx, found).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The site ends it. Devices only.
    pub async fn hang_up(&self, actor: &Actor, session: &SessionId) -> ServiceResult<SessionView> {
        let (mut work, mut found, _) = self.of_station(actor, session, AuditAction::AssistHangUp).await?;
        let event = SessionEvent::End { cause: SessionEnd::HungUp, note: String::new() };
        change::apply(&mut work, &mut found, event).await?;
        work.audit(
            AuditAction::AssistHangUp,
            AuditObject::Session,
            session.as_str(),
            json!({ "number": found.number }),
        );
        let view = read::view(&mut work.tx, found, &mut read::Names::default()).await?;
        work.commit().await?;
        Ok(view)
    }

    /// The open assistance in which the device takes part.
    async fn of_station(
        &self,
        actor: &Actor,
        session: &SessionId,
        action: AuditAction,
    ) -> ServiceResult<(Work, Session, Assist)> {
        let mut work = self.core.begin(actor).await?;
        let found = assist_session(&mut work.tx, session).await?;
        let assist = work.tx.assist(session).await?;
        let own = |assist: &Assist| actor.device().is_some_and(|device| assist.station == device.endpoint);
        let Some(assist) = assist.filter(own) else {
            drop(work);
            return Err(self.core.refuse(actor, action, AuditObject::Session, session.as_str()).await);
        };
        open_or(&found)?;
        Ok((work, found, assist))
    }

    /// Whether the actor may say who takes part: an attendee with `requests.answer`, or right `requests.manage`.
    pub(crate) async fn runs(&self, tx: &mut Box<dyn Tx>, actor: &Actor, session: &Session) -> ServiceResult<bool> {
        runs(&self.core, tx, actor, session).await
    }

    async fn over(&self, tx: &mut Box<dyn Tx>, actor: &Actor, right: Right, session: &Session) -> ServiceResult<bool> {
        match &session.unit_id {
            Some(unit) => self.core.may(tx, actor, right, unit).await,
            None => Ok(false),
        }
    }

    async fn account_may_answer(
        &self,
        tx: &mut Box<dyn Tx>,
        account: &AccountId,
        session: &Session,
    ) -> ServiceResult<bool> {
        let Some(unit) = &session.unit_id else { return Ok(false) };
        let path = tx.path_of(unit).await?;
        let grants = tx.grants_of(account).await?;
        Ok(grants.iter().any(|g| g.role.rights().contains(&Right::RequestsAnswer) && path.contains(&g.unit_id)))
    }
}

/// Whether the actor may run the assistance; see [`Assists::runs`].
pub(crate) async fn runs(core: &Core, tx: &mut Box<dyn Tx>, actor: &Actor, session: &Session) -> ServiceResult<bool> {
    let (Some(unit), Some(account)) = (&session.unit_id, actor.account()) else { return Ok(false) };
    let attends = session.observer_account.as_ref() == Some(&account.account)
        || session.open_attendances().any(|a| a.person_id.as_ref() == Some(&account.person));
    let right = if attends { Right::RequestsAnswer } else { Right::RequestsManage };
    core.may(tx, actor, right, unit).await
}

/// Whether the actor attends the assistance, did, or was asked to, and was not taken out since.
pub(crate) async fn concerned(tx: &mut Box<dyn Tx>, actor: &Actor, session: &Session) -> ServiceResult<bool> {
    let Some(account) = actor.account() else { return Ok(false) };
    let attended = session.observer_account.as_ref() == Some(&account.account)
        || session.attendances.iter().any(|a| a.person_id.as_ref() == Some(&account.person));
    if session.kind != SessionKind::Assist {
        return Ok(attended);
    }
    if attended && session.removed_ms(&account.person).is_none() {
        return Ok(true);
    }
    Ok(standing_invitations(tx, session).await?.iter().any(|i| i.account_id == account.account))
}

/// The invitations that still open the door: whoever was taken out needs a new one.
pub(crate) async fn standing_invitations(tx: &mut Box<dyn Tx>, session: &Session) -> ServiceResult<Vec<Invitation>> {
    let mut invitations = tx.invitations_of(&session.id).await?;
    invitations.retain(|i| session.removed_ms(&i.person_id).is_none_or(|removed| i.at_ms > removed));
    Ok(invitations)
}

fn account_of(actor: &Actor) -> ServiceResult<&AccountActor> {
    actor.account().ok_or_else(ServiceError::forbidden)
}

fn open_or(session: &Session) -> ServiceResult<()> {
    if session.is_open() {
        return Ok(());
    }
    Err(lianxian_model::session::SessionError::NotOpen(session.state).into())
}

pub(crate) async fn own_console(
    tx: &mut Box<dyn Tx>,
    account: &AccountActor,
    console: &EndpointId,
) -> ServiceResult<bool> {
    Ok(tx.endpoint(console).await?.is_some_and(|e| e.login_id.as_ref() == Some(&account.login)))
}

async fn assist_session(tx: &mut Box<dyn Tx>, session: &SessionId) -> ServiceResult<Session> {
    let found = tx.session(session).await?.filter(|s| s.kind == SessionKind::Assist);
    found.ok_or_else(|| ServiceError::not_found("求助会话", "assistance"))
}

/// The console at which the account attends.
async fn console_of(tx: &mut Box<dyn Tx>, session: &Session, account: &AccountId) -> ServiceResult<EndpointId> {
    let consoles: Vec<EndpointId> =
        session.open_attendances().filter(|a| a.mode.is_party()).filter_map(|a| a.endpoint_id.clone()).collect();
    for console in consoles {
        if parties::account_of_console(tx, &console).await?.as_ref() == Some(account) {
            return Ok(console);
        }
    }
    Err(lianxian_model::session::SessionError::DoesNotAttend.into())
}

/// An assistance with everyone in it, as it stands.
pub(crate) async fn view(tx: &mut Box<dyn Tx>, session: Session) -> ServiceResult<AssistView> {
    let missing = || ServiceError::internal("an assistance without its row");
    let assist = tx.assist(&session.id).await?.ok_or_else(missing)?;
    let sound_waits = !guests::sound_may_pass_in(tx, &session, &assist).await?;
    let (guests, consents) =
        (guests::guests_in(tx, &session, &assist).await?, guests::station_consents(tx, &session, &assist).await?);
    let Assist { station, request_id, request_number, answered_ms, earphones, .. } = assist;
    let station = tx.endpoint(&station).await?.ok_or_else(missing)?;
    let mut names = read::Names::default();
    let mut parties = Vec::new();
    for a in session.open_attendances().filter(|a| a.mode.is_party()) {
        let (Some(endpoint), Some(person)) = (&a.endpoint_id, &a.person_id) else { continue };
        let Some(account) = parties::account_of_console(tx, endpoint).await? else { continue };
        parties.push(PartyView {
            account_id: account,
            person_id: person.clone(),
            name: a.name.clone(),
            unit: names.unit(tx, a.unit_id.as_ref()).await?,
            endpoint_id: endpoint.clone(),
            mode: a.mode,
            since_ms: a.joined_ms,
            leads: session.observer_endpoint.as_ref() == Some(endpoint),
        });
    }
    let mut invited: Vec<InvitedView> = Vec::new();
    for i in tx.invitations_of(&session.id).await? {
        // Whoever came since then is no longer awaited.
        let came = |a: &&lianxian_model::session::Attendance| {
            a.person_id.as_ref() == Some(&i.person_id) && a.joined_ms >= i.at_ms
        };
        if session.attendances.iter().any(|a| came(&a)) {
            continue;
        }
        invited.retain(|former| former.account_id != i.account_id);
        invited.push(InvitedView {
            account_id: i.account_id,
            name: i.name,
            mode: i.mode,
            by: i.by_name,
            at_ms: i.at_ms,
        });
    }
    let station_present = session.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(&station.id));
    let leader_lost_ms = session.observer_lost_ms;
    Ok(AssistView {
        session: read::view(tx, session, &mut names).await?,
        station: Named::new(station.id.0, station.name),
        station_present,
        request_id,
        request_number,
        answered_ms,
        leader_lost_ms,
        parties,
        invited,
        guests,
        picture_withheld: !picture_may_pass(&consents),
        consents: consents.into_iter().map(ConsentView::from).collect(),
        earphones,
        sound_waits,
    })
}
