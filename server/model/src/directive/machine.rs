//! The life-cycle of a directive: `apply(action, now)` changes it and tells what follows from the change.
//!
//! | state | action | by | becomes |
//! |---|---|---|---|
//! | issued | `Sign` | the addressed office | signed |
//! | signed, returned | `Report`, with words, perhaps pictures | the addressed office | reported |
//! | reported | `Close` | whoever judges at its rank | closed |
//! | reported | `Return` with a reason, perhaps a new due time | whoever judges at its rank | returned |
//! | any that is open | `Escalate` with a reason | whoever may issue | the same, one rank up |
//! | any that is open | time: due and not reported, or reported and not judged for three days | nobody | the same, one rank up, once; and once more a day later |
//!
//! Ranks are the issuer, the duty leader 带班领导, the commander 指挥长: the superior of an inspector, of a shift chief and of the server
//! is the duty leader, whose superior is the commander. What a superior issues begins at the superior's own rank. A rank that nobody
//! holds over the office is passed over. What climbed is judged at its rank or above, no longer by the issuer.
//! The caller checks who acts, and says which rank above is held.

use super::{CLIMB_AGAIN_MS, DUE_MAX_MS, Directive, DirectiveState, REVIEW_WITHIN_MS, ROUNDS_MAX, Rank};
use crate::ids::AccountId;
use crate::time::Millis;

/// Something that is done to a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectiveAction {
    Sign { by: String },
    Report { by: String, account: Option<AccountId>, text: String },
    Close { by: String, note: String },
    Return { by: String, reason: String, due: Option<Millis> },
    Escalate { by: String, reason: String },
    Tick,
}

impl DirectiveAction {
    /// The word under which the history keeps it.
    pub fn name(&self) -> &'static str {
        match self {
            DirectiveAction::Sign { .. } => "sign",
            DirectiveAction::Report { .. } => "report",
            DirectiveAction::Close { .. } => "close",
            DirectiveAction::Return { .. } => "return",
            DirectiveAction::Escalate { .. } => "escalate",
            DirectiveAction::Tick => "tick",
        }
    }
}

/// What follows from a change, for whoever stores and tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectiveEffect {
    /// The due time went by without a report.
    Overdue,
    /// The time to judge the report went by.
    ReviewOverdue,
    /// One rank up.
    Escalated(Rank),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    #[error("a directive that is {0} does not allow this")]
    Illegal(DirectiveState),
    #[error("the due time must lie ahead, {DUE_MAX_MS} ms at most")]
    BadTime,
    #[error("nobody is above {0}")]
    AtTop(Rank),
    #[error("a directive has at most {ROUNDS_MAX} rounds")]
    TooManyRounds,
}

type Effects = Vec<DirectiveEffect>;

impl Directive {
    /// A due time that may be set at `now`.
    pub fn check_due(due: Millis, now: Millis) -> Result<(), DirectiveError> {
        if due <= now || due.0 - now.0 > DUE_MAX_MS { Err(DirectiveError::BadTime) } else { Ok(()) }
    }

    /// When time alone will next change it.
    pub fn next_due(&self) -> Option<Millis> {
        if self.state.is_open() { self.climbs_ms } else { None }
    }

    /// Changes the directive by one action; `superior` is the next rank above that somebody holds. On an error nothing has changed.
    pub fn apply(
        &mut self,
        action: DirectiveAction,
        now: Millis,
        superior: Option<Rank>,
    ) -> Result<Effects, DirectiveError> {
        use DirectiveState::*;
        match action {
            DirectiveAction::Sign { by } => {
                self.only_in(&[Issued])?;
                self.state = Signed;
                self.signed_by = Some(by);
                self.signed_ms = Some(now);
                Ok(Vec::new())
            }
            DirectiveAction::Report { account, .. } => {
                self.only_in(&[Signed, Returned])?;
                if self.rounds >= ROUNDS_MAX {
                    return Err(DirectiveError::TooManyRounds);
                }
                self.rounds += 1;
                self.state = Reported;
                self.reported_ms = Some(now);
                self.reported_by = account;
                self.climbs_ms = Some(Millis(now.0 + REVIEW_WITHIN_MS));
                Ok(Vec::new())
            }
            DirectiveAction::Close { .. } => {
                self.only_in(&[Reported])?;
                self.state = Closed;
                self.closed_ms = Some(now);
                self.climbs_ms = None;
                Ok(Vec::new())
            }
            DirectiveAction::Return { due, .. } => {
                self.only_in(&[Reported])?;
                // Time that is up already would be overdue at once: then a new one is needed.
                let due = due.unwrap_or(self.due_ms);
                Self::check_due(due, now)?;
                self.due_ms = due;
                self.state = Returned;
                self.overdue_ms = None;
                self.climbs_ms = Some(due);
                Ok(Vec::new())
            }
            DirectiveAction::Escalate { .. } => {
                self.only_in(&[Issued, Signed, Reported, Returned])?;
                let rank = superior.ok_or(DirectiveError::AtTop(self.rank))?;
                Ok(self.climb(rank))
            }
            DirectiveAction::Tick => Ok(self.tick(now, superior)),
        }
    }

    fn tick(&mut self, now: Millis, superior: Option<Rank>) -> Effects {
        if !self.state.is_open() || self.climbs_ms.is_none_or(|climbs| climbs > now) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if self.state.is_with_office() {
            if self.overdue_ms.is_none() {
                self.overdue_ms = Some(now);
                effects.push(DirectiveEffect::Overdue);
            }
        } else {
            effects.push(DirectiveEffect::ReviewOverdue);
        }
        if let Some(rank) = superior {
            effects.extend(self.climb(rank));
        }
        // At the top there is nobody left to climb to; it stays red there.
        self.climbs_ms = superior.and_then(Rank::above).map(|_| Millis(now.0 + CLIMB_AGAIN_MS));
        effects
    }

    fn climb(&mut self, rank: Rank) -> Effects {
        self.rank = rank;
        vec![DirectiveEffect::Escalated(rank)]
    }

    fn only_in(&self, states: &[DirectiveState]) -> Result<(), DirectiveError> {
        if states.contains(&self.state) { Ok(()) } else { Err(DirectiveError::Illegal(self.state)) }
    }
}
