//! What people do to a request, and who may.

use super::raise::text;
use super::{RequestView, Requests, change, names, no_request, party, read};
use crate::actor::Actor;
use crate::error::{ErrorKind, ServiceError, ServiceResult};
use crate::guests::{self, Judged};
use crate::work::Work;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::ids::{EndpointId, PersonId, RequestId};
use lianxian_model::request::{Channel, Favour, Grade, HelpRequest, Party, RequestAction, RequestState};
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// One thing to do to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum RequestStepWanted {
    /// 受理 and 接单 in one: the first who accepts has it. With a console, the assistance begins at once.
    Accept { endpoint_id: Option<EndpointId> },
    /// 拒接: this seat does not ring any more.
    Refuse { reason: String },
    /// 接单 of what was dispatched.
    Take,
    /// 分派, 转办.
    Dispatch { to: PersonId },
    /// 退单.
    Return { reason: String },
    /// 连线, from this console of the actor's own.
    Connect { endpoint_id: EndpointId },
    /// 申请挂起 or 申请延期, until then.
    Plead { favour: Favour, reason: String, until_ms: Millis },
    /// 审批.
    Decide { granted: bool },
    /// 恢复.
    Resume,
    /// 办理完毕: the asker is to confirm.
    Finish { result: String },
    /// 确认办结, by the asker.
    Confirm,
    /// The asker does not agree that it is done.
    Object { reason: String },
    /// 评价, by the asker; said again, the latest holds.
    Evaluate {
        grade: Grade,
        #[serde(default)]
        text: String,
    },
    /// 回访 of a dissatisfied asker.
    CallBack { note: String },
    /// 归档.
    Archive,
    /// 撤销, by the asker or whoever manages.
    Withdraw { reason: String },
    /// 合并 into another of the same site.
    Merge { into: RequestId },
}

impl RequestStepWanted {
    fn audit_action(&self) -> AuditAction {
        match self {
            Self::Accept { .. } => AuditAction::RequestAccept,
            Self::Refuse { .. } => AuditAction::RequestRefuse,
            Self::Take => AuditAction::RequestTake,
            Self::Dispatch { .. } => AuditAction::RequestDispatch,
            Self::Return { .. } => AuditAction::RequestReturn,
            Self::Connect { .. } => AuditAction::RequestConnect,
            Self::Plead { .. } => AuditAction::RequestPlead,
            Self::Decide { .. } => AuditAction::RequestDecide,
            Self::Resume => AuditAction::RequestResume,
            Self::Finish { .. } => AuditAction::RequestFinish,
            Self::Confirm => AuditAction::RequestConfirm,
            Self::Object { .. } => AuditAction::RequestObject,
            Self::Evaluate { .. } => AuditAction::RequestEvaluate,
            Self::CallBack { .. } => AuditAction::RequestCallBack,
            Self::Archive => AuditAction::RequestArchive,
            Self::Withdraw { .. } => AuditAction::RequestWithdraw,
            Self::Merge { .. } => AuditAction::RequestMerge,
        }
    }

    /// Whose act it is.
    fn side(&self) -> Side {
        match self {
            Self::Confirm | Self::Object { .. } | Self::Evaluate { .. } => Side::Asker,
            Self::Withdraw { .. } => Side::AskerOrManager,
            Self::Decide { .. } | Self::Archive => Side::Manager,
            Self::Dispatch { .. } => Side::HolderOrManager,
            Self::Resume | Self::Merge { .. } => Side::HolderIfHeld,
            _ => Side::Answerer,
        }
    }
}

enum Side {
    Asker,
    AskerOrManager,
    Answerer,
    Manager,
    /// Whoever has it hands it on; whoever manages hands on anything.
    HolderOrManager,
    /// The same of what somebody has; of what nobody has, whoever may answer.
    HolderIfHeld,
}

impl Requests {
    /// One step. Errors: `request_taken` (somebody was faster, named), `request_state`, `request_not_yours`,
    /// `changed_meanwhile`, `invalid` with its field.
    pub async fn act(
        &self,
        actor: &Actor,
        id: &RequestId,
        wanted: RequestStepWanted,
        key: Option<&str>,
    ) -> ServiceResult<RequestView> {
        let mut work = self.core.begin(actor).await?;
        let mut request = work.tx.request(id).await?.ok_or_else(no_request)?;
        if !self.may(&mut work, actor, &request, wanted.side()).await? {
            drop(work);
            return Err(self.core.refuse(actor, wanted.audit_action(), AuditObject::Request, id.as_str()).await);
        }
        let once = match work.once(key, wanted.audit_action(), &(id, &wanted)).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        let audit = wanted.audit_action();
        self.step(&mut work, actor, &mut request, wanted).await?;
        let detail = json!({ "number": request.number, "state": request.state });
        work.audit(audit, AuditObject::Request, id.as_str(), detail);
        let view = read::view(&mut work.tx, request, &mut names()).await?;
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }

    async fn step(
        &self,
        work: &mut Work,
        actor: &Actor,
        request: &mut HelpRequest,
        wanted: RequestStepWanted,
    ) -> ServiceResult<()> {
        use RequestStepWanted as Wanted;
        let said = actor.name().to_owned();
        let action = match wanted {
            Wanted::Accept { endpoint_id } => {
                let by = party(actor)?;
                self.accept(work, request, &by).await?;
                let Some(console) = endpoint_id else { return Ok(()) };
                return match self.connect(work, actor, request, by, &console).await {
                    // The workstation is away or busy: whoever accepted has the request all the same, and connects later.
                    Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
                    connected => connected,
                };
            }
            Wanted::Connect { endpoint_id } => {
                let by = party(actor)?;
                return self.connect(work, actor, request, by, &endpoint_id).await;
            }
            Wanted::Refuse { reason } => RequestAction::Refuse { by: party(actor)?, reason: said_why(&reason)? },
            Wanted::Take => RequestAction::Take { by: party(actor)? },
            Wanted::Dispatch { to } => {
                let by = party(actor)?;
                let to = self.answerer(work, &to, request).await?;
                if request.state == RequestState::Waiting {
                    change::apply(work, request, RequestAction::Accept { by: by.clone() }).await?;
                }
                RequestAction::Dispatch { by, to }
            }
            Wanted::Return { reason } => RequestAction::Return { by: party(actor)?, reason: said_why(&reason)? },
            Wanted::Plead { favour, reason, until_ms } => {
                RequestAction::Plead { favour, by: party(actor)?, reason: said_why(&reason)?, until: until_ms }
            }
            Wanted::Decide { granted } => RequestAction::Decide { by: party(actor)?, granted },
            Wanted::Resume => RequestAction::Resume { by: party(actor)? },
            Wanted::Finish { result } => RequestAction::Finish { by: party(actor)?, result: text("result", &result)? },
            Wanted::Confirm => RequestAction::Confirm { by: said },
            Wanted::Object { reason } => RequestAction::Object { by: said, reason: said_why(&reason)? },
            Wanted::Evaluate { grade, text: words } => {
                let channel = if actor.device().is_some() { Channel::Station } else { Channel::Console };
                let words = text("text", &words)?;
                return guests::rate(work, request, Judged { by: said, channel, visit: None, grade, text: words })
                    .await;
            }
            Wanted::CallBack { note } => {
                let note = text("note", &note)?;
                if note.is_empty() {
                    return Err(ServiceError::invalid("note", "请填写回访情况", "say what the call-back found"));
                }
                RequestAction::CallBack { by: party(actor)?, note }
            }
            Wanted::Archive => RequestAction::Archive { by: party(actor)? },
            Wanted::Withdraw { reason } => RequestAction::Withdraw { by: said, reason: said_why(&reason)? },
            Wanted::Merge { into } => {
                let other = work.tx.request(&into).await?.filter(|other| other.site_id == request.site_id);
                let Some(other) = other.filter(|other| other.state.is_open()) else {
                    return Err(ServiceError::invalid(
                        "into",
                        "只能并入同一场所的未结求助",
                        "only into an open request of the same site",
                    ));
                };
                change::apply(work, request, RequestAction::Merge { by: party(actor)?, into }).await?;
                // Its guests, and what they agreed to, are the other's from now on.
                if let Some(session) = &other.session_id {
                    work.regrant(session);
                }
                return change::tell(work, &other).await;
            }
        };
        change::apply(work, request, action).await
    }

    /// The first who accepts has it; of a call that rings again, the first who takes it up.
    async fn accept(&self, work: &mut Work, request: &mut HelpRequest, by: &Party) -> ServiceResult<()> {
        if request.state != RequestState::Accepted {
            change::apply(work, request, RequestAction::Accept { by: by.clone() }).await?;
        }
        change::apply(work, request, RequestAction::Take { by: by.clone() }).await
    }

    /// Someone who may answer for the request's unit.
    async fn answerer(&self, work: &mut Work, person: &PersonId, request: &HelpRequest) -> ServiceResult<Party> {
        let unknown = || ServiceError::invalid("to", "该人员不能受理此求助", "this person may not answer this request");
        let found = work.tx.person(person).await?.filter(|p| !p.disabled).ok_or_else(unknown)?;
        let path = work.tx.path_of(&request.unit_id).await?;
        for account in work.tx.accounts().await?.into_iter().filter(|a| a.person_id == *person && !a.disabled) {
            let grants = work.tx.grants_of(&account.id).await?;
            if grants.iter().any(|g| g.role.rights().contains(&Right::RequestsAnswer) && path.contains(&g.unit_id)) {
                return Ok(Party { person_id: found.id, name: found.name });
            }
        }
        Err(unknown())
    }

    /// The actor asked, or asks for the same site.
    pub(super) async fn asks(&self, work: &mut Work, actor: &Actor, request: &HelpRequest) -> ServiceResult<bool> {
        Ok(match actor {
            Actor::Device(device) => device.site == request.site_id,
            Actor::Account(account) => {
                request.asker_account.as_ref() == Some(&account.account)
                    || self.core.may(&mut work.tx, actor, Right::RequestsRaise, &request.unit_id).await?
            }
            Actor::Guest(_) => false,
            Actor::System => true,
        })
    }

    async fn may(&self, work: &mut Work, actor: &Actor, request: &HelpRequest, side: Side) -> ServiceResult<bool> {
        let unit = &request.unit_id;
        let asker = self.asks(work, actor, request).await?;
        let answers = self.core.may(&mut work.tx, actor, Right::RequestsAnswer, unit).await?;
        let manages = self.core.may(&mut work.tx, actor, Right::RequestsManage, unit).await?;
        let holder = request.assignee.as_ref().map(|assignee| &assignee.person_id);
        let holds = actor.account().is_some_and(|account| holder == Some(&account.person));
        Ok(match side {
            Side::Asker => asker,
            Side::AskerOrManager => asker || manages,
            Side::Manager => manages,
            Side::Answerer => answers,
            Side::HolderOrManager => manages || holds,
            Side::HolderIfHeld => manages || holds || (answers && request.assignee.is_none()),
        })
    }
}

fn said_why(reason: &str) -> ServiceResult<String> {
    let reason = text("reason", reason)?;
    if reason.is_empty() {
        return Err(ServiceError::invalid("reason", "请说明原因", "say why"));
    }
    Ok(reason)
}
