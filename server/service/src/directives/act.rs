//! What people do to a directive, and who may.

use super::{DirectiveAct, DirectiveView, Directives, change, no_directive, rank, read, text, words};
use crate::actor::Actor;
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::Tx;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::directive::{Directive, DirectiveAction, DirectiveState};
use lianxian_model::ids::DirectiveId;
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest name that staff at a workstation signs with, in characters.
const NAME_MAX_CHARS: usize = 50;

/// One thing to do to a directive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum DirectiveStepWanted {
    /// 签收, by the addressed office.
    Sign {
        /// At a workstation: who signs. An account signs in its own name.
        #[serde(default)]
        name: String,
    },
    /// 反馈, by the addressed office; the pictures that were kept for this round belong to it.
    Report {
        text: String,
        #[serde(default)]
        name: String,
    },
    /// 销号.
    Close {
        #[serde(default)]
        note: String,
    },
    /// 退回整改; a new due time is needed when the old one is past.
    Return { reason: String, due_ms: Option<Millis> },
    /// 升级.
    Escalate { reason: String },
}

impl DirectiveStepWanted {
    fn audit_action(&self) -> AuditAction {
        match self {
            Self::Sign { .. } => AuditAction::DirectiveSign,
            Self::Report { .. } => AuditAction::DirectiveReport,
            Self::Close { .. } => AuditAction::DirectiveClose,
            Self::Return { .. } => AuditAction::DirectiveReturn,
            Self::Escalate { .. } => AuditAction::DirectiveEscalate,
        }
    }
}

impl Directives {
    /// One step. Errors: `directive_state`, `directive_at_top`, `own_report`, `changed_meanwhile`, `invalid` with its field.
    pub async fn act(
        &self,
        actor: &Actor,
        id: &DirectiveId,
        wanted: DirectiveStepWanted,
        key: Option<&str>,
    ) -> ServiceResult<DirectiveView> {
        use DirectiveStepWanted as Wanted;
        let mut work = self.core.begin(actor).await?;
        let mut directive = work.tx.directive(id).await?.ok_or_else(no_directive)?;
        let may = match &wanted {
            Wanted::Sign { .. } | Wanted::Report { .. } => self.answers(&mut work.tx, actor, &directive).await?,
            Wanted::Close { .. } | Wanted::Return { .. } => self.judges(&mut work.tx, actor, &directive).await?,
            Wanted::Escalate { .. } => {
                self.core.may(&mut work.tx, actor, Right::DirectivesIssue, &directive.unit_id).await?
            }
        };
        let audit = wanted.audit_action();
        if !may {
            drop(work);
            return Err(self.core.refuse(actor, audit, AuditObject::Directive, id.as_str()).await);
        }
        let once = match work.once(key, audit, &(id, &wanted)).await? {
            Ok(once) => once,
            Err(earlier) => return Ok(earlier),
        };
        if matches!(wanted, Wanted::Close { .. } | Wanted::Return { .. }) && own_report(actor, &directive) {
            return Err(ServiceError::conflict(
                "own_report",
                "不能复核自己的反馈，请由他人复核",
                "nobody judges their own report",
            ));
        }
        let said = match &wanted {
            Wanted::Sign { name } | Wanted::Report { name, .. } => signature(actor, name)?,
            _ => actor.name().to_owned(),
        };
        let by = said.clone();
        let action = match wanted {
            Wanted::Sign { .. } => DirectiveAction::Sign { by },
            Wanted::Report { text: words_of, .. } => {
                let text = words("text", &words_of, "请填写办理情况", "say what was done")?;
                let account = actor.account().map(|account| account.account.clone());
                DirectiveAction::Report { by, account, text }
            }
            Wanted::Close { note } => DirectiveAction::Close { by, note: text("note", &note)? },
            Wanted::Return { reason, due_ms } => {
                let reason = words("reason", &reason, "请说明退回原因", "say why")?;
                DirectiveAction::Return { by, reason, due: due_ms }
            }
            Wanted::Escalate { reason } => {
                DirectiveAction::Escalate { by, reason: words("reason", &reason, "请说明升级原因", "say why")? }
            }
        };
        change::apply(&mut work, &mut directive, action, said.clone()).await?;
        let detail = json!({ "number": directive.number, "state": directive.state, "by": said });
        work.audit(audit, AuditObject::Directive, id.as_str(), detail);
        let view = read::view(&mut work.tx, directive, &mut Default::default()).await?;
        work.done(once, &view).await?;
        work.commit().await?;
        Ok(view)
    }

    /// Right `directives.issue` over the office, at the directive's rank or above.
    pub(super) async fn judges(
        &self,
        tx: &mut Box<dyn Tx>,
        actor: &Actor,
        directive: &Directive,
    ) -> ServiceResult<bool> {
        let Some(account) = actor.account() else { return Ok(matches!(actor, Actor::System)) };
        if !self.core.may(tx, actor, Right::DirectivesIssue, &directive.unit_id).await? {
            return Ok(false);
        }
        let roles = rank::roles_over(tx, account, &directive.unit_id).await?;
        Ok(directive.rank.judges().is_none_or(|judges| roles.iter().any(|role| judges.contains(role))))
    }

    /// What the actor may do to it as it stands.
    pub(super) async fn allowed(
        &self,
        tx: &mut Box<dyn Tx>,
        actor: &Actor,
        directive: &Directive,
    ) -> ServiceResult<Vec<DirectiveAct>> {
        let answers = self.answers(tx, actor, directive).await?;
        let judges = self.judges(tx, actor, directive).await? && !own_report(actor, directive);
        let issues = self.core.may(tx, actor, Right::DirectivesIssue, &directive.unit_id).await?;
        let mut allowed = Vec::new();
        match directive.state {
            DirectiveState::Issued if answers => allowed.push(DirectiveAct::Sign),
            DirectiveState::Signed | DirectiveState::Returned if answers => allowed.push(DirectiveAct::Report),
            DirectiveState::Reported if judges => allowed.extend([DirectiveAct::Close, DirectiveAct::Return]),
            _ => {}
        }
        if issues && directive.state.is_open() {
            if rank::superior(tx, directive.rank, &directive.unit_id).await?.is_some() {
                allowed.push(DirectiveAct::Escalate);
            }
            allowed.push(DirectiveAct::Evidence);
        }
        Ok(allowed)
    }
}

fn own_report(actor: &Actor, directive: &Directive) -> bool {
    directive.reported_by.is_some() && directive.reported_by.as_ref() == actor.account().map(|account| &account.account)
}

/// An account's own name; at a workstation the name that was said, with the workstation's.
pub(super) fn signature(actor: &Actor, name: &str) -> ServiceResult<String> {
    let name = name.trim();
    if name.chars().count() > NAME_MAX_CHARS {
        return Err(ServiceError {
            limit: Some(NAME_MAX_CHARS as i64),
            ..ServiceError::invalid(
                "name",
                format!("姓名最多 {NAME_MAX_CHARS} 个字"),
                format!("a name has at most {NAME_MAX_CHARS} characters"),
            )
        });
    }
    Ok(match actor {
        Actor::Device(device) if !name.is_empty() => format!("{name}（{}）", device.endpoint_name),
        _ => actor.name().to_owned(),
    })
}
