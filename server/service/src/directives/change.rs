//! Changing a directive: the pure machine decides, this stores what follows: the row, its history, its event.

use super::{rank, read};
use crate::error::{ServiceError, ServiceResult};
use crate::ports::store::DirectiveStep;
use crate::work::{About, Work, unless_lost};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::directive::{Directive, DirectiveAction, DirectiveEffect};
use lianxian_model::event::EventKind;
use serde_json::{Value, json};

/// Applies one action and stores everything that follows from it. `by`: the name that the history shows.
pub(super) async fn apply(
    work: &mut Work,
    directive: &mut Directive,
    action: DirectiveAction,
    by: String,
) -> ServiceResult<()> {
    let superior = rank::superior(&mut work.tx, directive.rank, &directive.unit_id).await?;
    let is_time = matches!(action, DirectiveAction::Tick);
    let (name, detail) = (action.name(), detail_of(&action));
    let before = directive.clone();
    let effects = directive.apply(action, work.now, superior)?;
    if is_time && *directive == before {
        return Ok(());
    }
    unless_lost(work.tx.update_directive(directive).await?)?;
    directive.version += 1;
    if !is_time {
        let detail = match effects.first() {
            Some(DirectiveEffect::Escalated(rank)) => merged(detail, json!({ "rank": rank })),
            _ => detail,
        };
        step(work, directive, name, by, detail).await?;
    } else {
        for effect in effects {
            let (kind, detail) = match effect {
                DirectiveEffect::Overdue => ("overdue", json!({ "due_ms": directive.due_ms })),
                DirectiveEffect::ReviewOverdue => ("review_overdue", json!({})),
                DirectiveEffect::Escalated(rank) => ("escalated", json!({ "rank": rank })),
            };
            step(work, directive, kind, by.clone(), detail.clone()).await?;
            let detail = merged(detail, json!({ "number": directive.number, "effect": kind }));
            work.audit(AuditAction::DirectiveOverdue, AuditObject::Directive, directive.id.as_str(), detail);
        }
    }
    tell(work, directive).await
}

pub(super) async fn step(
    work: &mut Work,
    directive: &Directive,
    kind: &str,
    by: String,
    detail: Value,
) -> ServiceResult<()> {
    let step = DirectiveStep {
        seq: 0,
        at_ms: work.now,
        actor: by,
        kind: kind.to_owned(),
        state: directive.state.as_str().to_owned(),
        detail: detail.to_string(),
    };
    Ok(work.tx.append_directive_step(&directive.id, &step).await?)
}

/// The event carries the whole view, so that a list need not be read again.
pub(super) async fn tell(work: &mut Work, directive: &Directive) -> ServiceResult<()> {
    let site = work.tx.site(&directive.site_id).await?;
    let about = About {
        unit: Some(directive.unit_id.clone()),
        // The site's workstation hears of what its own office has to answer, and of no other office's.
        site: site.filter(|site| site.unit_id == directive.unit_id).map(|site| site.id),
        session: directive.source.session_id.clone(),
        endpoint: None,
    };
    let view = read::view(&mut work.tx, directive.clone(), &mut Default::default()).await?;
    let payload = serde_json::to_value(&view).map_err(ServiceError::internal)?;
    work.event(EventKind::DirectiveChanged, about, payload);
    Ok(())
}

fn merged(mut detail: Value, more: Value) -> Value {
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
        detail.extend(more);
    }
    detail
}

fn detail_of(action: &DirectiveAction) -> Value {
    match action {
        DirectiveAction::Report { text, .. } => json!({ "text": text }),
        DirectiveAction::Close { note, .. } => json!({ "note": note }),
        DirectiveAction::Return { reason, due, .. } => json!({ "reason": reason, "due_ms": due }),
        DirectiveAction::Escalate { reason, .. } => json!({ "reason": reason }),
        _ => json!({}),
    }
}
