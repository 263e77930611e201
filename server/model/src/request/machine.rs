//! The life-cycle of a help request: `apply(action, now)` changes it and tells what follows from the change.
//!
//! | state | action | becomes | clocks |
//! |---|---|---|---|
//! | waiting | `Accept` | accepted | response stops, closing starts |
//! | accepted | `Take` | taken | |
//! | waiting*, accepted, dispatched, taken, in hand | `Dispatch` | dispatched | pick-up starts (*after an accept) |
//! | dispatched | `Take` by whom it was given to | taken | pick-up stops |
//! | dispatched, taken, in hand | `Return` by whoever has it, with a reason | accepted | pick-up stops |
//! | taken, in hand | `Connect` | connected | |
//! | connected | `Disconnect` | in hand | |
//! | connected | `Drop`: whoever helped is gone | accepted, rings again | |
//! | connected | `Lead`: somebody in the session leads it on | connected, theirs | |
//! | taken, in hand | `Plead` for a suspension or an extension | the same | |
//! | taken, in hand | `Decide`, granted | suspended; or the closing clock is due later | closing stands still |
//! | suspended | `Resume`, or its end | in hand | closing goes on |
//! | taken, connected, in hand | `Finish` | awaiting the asker | closing stops |
//! | awaiting the asker | `Confirm`, or a day without a word | closed | |
//! | awaiting the asker | `Object`, with a reason | in hand | closing goes on as if never stopped |
//! | awaiting the asker, closed, reviewed | `Evaluate`, satisfied | reviewed | |
//! | awaiting the asker, closed, reviewed | `Evaluate`, dissatisfied | closed, a call-back is due | |
//! | closed, call-back due | `Evaluate`, satisfied | closed, the call-back stays due | |
//! | closed, call-back due | time: it is overdue | closed, the desk is reminded once | |
//! | closed, call-back due | `CallBack` | reviewed | |
//! | closed (no call-back due), reviewed | `Archive` | archived | |
//! | open, but awaiting the asker | `Withdraw` | withdrawn | all stop |
//! | open, but connected or awaiting the asker | `Merge` | merged | all stop |
//! | any that rings | `Refuse` by someone who is rung | the same, without that seat | |
//!
//! A call at the top of its ladder follows the roster: `Roster` has its seats worked out anew. Time climbs the ladder and tells once of a clock that is overdue, then once more for a directive.

use super::clocks::{ClockName, Overdue};
use super::ring::{Ring, Rung};
use super::{
    CALL_BACK_WITHIN_MS, CONFIRM_WITHIN_MS, Evaluation, Favour, Grade, HelpRequest, Party, Plea, RequestState,
    SUSPENSION_MAX_MS,
};
use crate::ids::{RequestId, SessionId};
use crate::time::Millis;

/// Something that is done to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestAction {
    Accept {
        by: Party,
    },
    Refuse {
        by: Party,
        reason: String,
    },
    Take {
        by: Party,
    },
    Dispatch {
        by: Party,
        to: Party,
    },
    Return {
        by: Party,
        reason: String,
    },
    Connect {
        by: Party,
        session: SessionId,
    },
    Disconnect,
    Drop,
    Lead {
        by: Party,
    },
    Plead {
        favour: Favour,
        by: Party,
        reason: String,
        until: Millis,
    },
    Decide {
        by: Party,
        granted: bool,
    },
    Resume {
        by: Party,
    },
    Finish {
        by: Party,
        result: String,
    },
    Confirm {
        by: String,
    },
    Object {
        by: String,
        reason: String,
    },
    Evaluate {
        by: String,
        grade: Grade,
        text: String,
    },
    CallBack {
        by: Party,
        note: String,
    },
    Archive {
        by: Party,
    },
    Withdraw {
        by: String,
        reason: String,
    },
    Merge {
        by: Party,
        into: RequestId,
    },
    /// Others are on duty now.
    Roster,
    Tick,
}

impl RequestAction {
    /// The word under which the history keeps it.
    pub fn name(&self) -> &'static str {
        match self {
            RequestAction::Accept { .. } => "accept",
            RequestAction::Refuse { .. } => "refuse",
            RequestAction::Take { .. } => "take",
            RequestAction::Dispatch { .. } => "dispatch",
            RequestAction::Return { .. } => "return",
            RequestAction::Connect { .. } => "connect",
            RequestAction::Disconnect => "disconnect",
            RequestAction::Drop => "drop",
            RequestAction::Lead { .. } => "lead",
            RequestAction::Plead { favour: Favour::Suspend, .. } => "plead_suspend",
            RequestAction::Plead { favour: Favour::Extend, .. } => "plead_extend",
            RequestAction::Decide { granted: true, .. } => "grant",
            RequestAction::Decide { granted: false, .. } => "deny",
            RequestAction::Resume { .. } => "resume",
            RequestAction::Finish { .. } => "finish",
            RequestAction::Confirm { .. } => "confirm",
            RequestAction::Object { .. } => "object",
            RequestAction::Evaluate { .. } => "evaluate",
            RequestAction::CallBack { .. } => "call_back",
            RequestAction::Archive { .. } => "archive",
            RequestAction::Withdraw { .. } => "withdraw",
            RequestAction::Merge { .. } => "merge",
            RequestAction::Roster => "roster",
            RequestAction::Tick => "tick",
        }
    }
}

/// What follows from a change, for whoever stores and tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestEffect {
    /// The seats to ring are to be worked out anew.
    Rings(Rung),
    Silent,
    /// 催办.
    Reminded(ClockName),
    /// 督办: a directive is to be issued.
    Directed(ClockName),
    /// The suspension ran out.
    SuspensionEnded,
    /// Taken as confirmed, for the asker said nothing.
    ConfirmedBySilence,
    CallBackDue(Millis),
    /// 催办: nobody was called back in time.
    CallBackOverdue,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("a request that is {0} does not allow this")]
    Illegal(RequestState),
    #[error("{0} has it already")]
    HasIt(String),
    #[error("only whoever has the request may do this")]
    NotYours,
    #[error("this seat is not rung")]
    NotRung,
    #[error("another suspension or extension waits for a decision")]
    PleaWaits,
    #[error("no suspension or extension waits for a decision")]
    NoPlea,
    #[error("the time must lie ahead, {SUSPENSION_MAX_MS} ms at most")]
    BadTime,
    #[error("the dissatisfied asker was not called back yet")]
    CallBackDue,
    #[error("a request is not merged into itself")]
    Itself,
}

type Effects = Vec<RequestEffect>;

impl HelpRequest {
    /// Begins to ring; the response clock starts. The rest of the fields are as the caller gave them.
    pub fn raise(&mut self, now: Millis) -> Effects {
        self.state = RequestState::Waiting;
        self.clocks.start(ClockName::Response, now);
        self.start_ring(now)
    }

    /// Changes the request by one action. On an error nothing has changed.
    pub fn apply(&mut self, action: RequestAction, now: Millis) -> Result<Effects, RequestError> {
        use RequestState::*;
        match action {
            RequestAction::Tick => Ok(self.tick(now)),
            RequestAction::Roster => Ok(self.ring.iter().map(|ring| RequestEffect::Rings(ring.rung)).collect()),
            RequestAction::Accept { by } => {
                self.only_in(&[Waiting])?;
                self.owner.get_or_insert(by);
                self.state = Accepted;
                self.clocks.stop(ClockName::Response, now);
                self.clocks.start_once(ClockName::Closing, now);
                Ok(self.silence())
            }
            RequestAction::Refuse { by, .. } => self.refuse(&by),
            RequestAction::Take { by } => {
                self.only_in(&[Accepted, Dispatched])?;
                if self.state == Dispatched && !self.has(&by) {
                    return Err(RequestError::NotYours);
                }
                self.assignee = Some(by);
                self.state = Taken;
                self.clocks.stop(ClockName::Pickup, now);
                Ok(self.silence())
            }
            RequestAction::Dispatch { to, .. } => {
                self.only_in(&[Accepted, Dispatched, Taken, Handling])?;
                self.assignee = Some(to);
                self.plea = None;
                self.state = Dispatched;
                self.clocks.start(ClockName::Pickup, now);
                Ok(self.silence())
            }
            RequestAction::Return { by, .. } => {
                self.only_in(&[Dispatched, Taken, Handling])?;
                self.only_by(&by)?;
                self.assignee = None;
                self.plea = None;
                self.state = Accepted;
                self.clocks.stop(ClockName::Pickup, now);
                Ok(Vec::new())
            }
            RequestAction::Connect { by, session } => {
                self.only_in(&[Taken, Handling])?;
                self.only_by(&by)?;
                self.session_id = Some(session);
                self.state = Connected;
                Ok(Vec::new())
            }
            RequestAction::Disconnect => {
                self.only_in(&[Connected])?;
                self.state = Handling;
                Ok(Vec::new())
            }
            RequestAction::Drop => {
                self.only_in(&[Connected])?;
                self.assignee = None;
                self.plea = None;
                self.state = Accepted;
                Ok(self.start_ring(now))
            }
            RequestAction::Lead { by } => {
                self.only_in(&[Connected])?;
                self.assignee = Some(by);
                self.plea = None;
                Ok(Vec::new())
            }
            RequestAction::Plead { favour, by, reason, until } => {
                self.only_in(&[Taken, Handling])?;
                self.only_by(&by)?;
                if self.plea.is_some() {
                    return Err(RequestError::PleaWaits);
                }
                if until <= now || until.0 - now.0 > SUSPENSION_MAX_MS {
                    return Err(RequestError::BadTime);
                }
                self.plea = Some(Plea { favour, by, reason, until_ms: until, asked_ms: now });
                Ok(Vec::new())
            }
            RequestAction::Decide { granted, .. } => self.decide(granted, now),
            RequestAction::Resume { .. } => {
                self.only_in(&[Suspended])?;
                self.resume(now);
                Ok(Vec::new())
            }
            RequestAction::Finish { by, result } => {
                self.only_in(&[Taken, Connected, Handling])?;
                self.only_by(&by)?;
                self.result = result;
                self.plea = None;
                self.finished_ms = Some(now);
                self.state = Confirming;
                self.clocks.stop(ClockName::Closing, now);
                Ok(Vec::new())
            }
            RequestAction::Confirm { .. } => {
                self.only_in(&[Confirming])?;
                self.end(Closed, now);
                Ok(Vec::new())
            }
            RequestAction::Object { .. } => {
                self.only_in(&[Confirming])?;
                self.finished_ms = None;
                self.state = Handling;
                self.clocks.go_on(ClockName::Closing);
                Ok(Vec::new())
            }
            RequestAction::Evaluate { by, grade, text } => self.evaluate(by, grade, text, now),
            RequestAction::CallBack { .. } => {
                self.only_in(&[Closed])?;
                let due = self.evaluation.as_mut().and_then(|evaluation| evaluation.call_back_by_ms.take());
                due.ok_or(RequestError::Illegal(self.state))?;
                self.state = Reviewed;
                Ok(Vec::new())
            }
            RequestAction::Archive { .. } => {
                self.only_in(&[Closed, Reviewed])?;
                if self.evaluation.as_ref().is_some_and(|evaluation| evaluation.call_back_by_ms.is_some()) {
                    return Err(RequestError::CallBackDue);
                }
                self.state = Archived;
                Ok(Vec::new())
            }
            RequestAction::Withdraw { .. } => {
                self.only_in(&[Waiting, Accepted, Dispatched, Taken, Connected, Handling, Suspended])?;
                self.end(Withdrawn, now);
                Ok(self.silence())
            }
            RequestAction::Merge { into, .. } => {
                self.only_in(&[Waiting, Accepted, Dispatched, Taken, Handling, Suspended])?;
                if into == self.id {
                    return Err(RequestError::Itself);
                }
                self.merged_into = Some(into);
                self.end(Merged, now);
                Ok(self.silence())
            }
        }
    }

    fn tick(&mut self, now: Millis) -> Effects {
        let mut effects = Vec::new();
        if let Some(ring) = &mut self.ring {
            while ring.next_ms.is_some_and(|next| next <= now) {
                ring.climb(self.ladder);
                effects.push(RequestEffect::Rings(ring.rung));
            }
        }
        if self.state == RequestState::Suspended && self.suspended_until_ms.is_some_and(|until| until <= now) {
            self.resume(now);
            effects.push(RequestEffect::SuspensionEnded);
        }
        let silent_since = self.finished_ms.filter(|_| self.state == RequestState::Confirming);
        if silent_since.is_some_and(|finished| finished.0 + CONFIRM_WITHIN_MS <= now.0) {
            self.end(RequestState::Closed, now);
            effects.push(RequestEffect::ConfirmedBySilence);
        }
        let closed = self.state == RequestState::Closed;
        if let Some(evaluation) = self.evaluation.as_mut().filter(|said| closed && !said.call_back_reminded)
            && evaluation.call_back_by_ms.is_some_and(|due| due <= now)
        {
            evaluation.call_back_reminded = true;
            effects.push(RequestEffect::CallBackOverdue);
        }
        if self.state.is_open() {
            effects.extend(self.clocks.overdue(now).into_iter().map(|overdue| match overdue {
                Overdue::Remind(clock) => RequestEffect::Reminded(clock),
                Overdue::Direct(clock) => RequestEffect::Directed(clock),
            }));
        }
        effects
    }

    fn refuse(&mut self, by: &Party) -> Result<Effects, RequestError> {
        let ring = self.ring.as_mut().ok_or(RequestError::NotRung)?;
        if !ring.persons.contains(&by.person_id) {
            return Err(RequestError::NotRung);
        }
        ring.persons.retain(|person| *person != by.person_id);
        ring.refused.push(by.person_id.clone());
        if ring.persons.is_empty() && ring.next_ms.is_some() {
            // Nobody is left on this rung: waiting out its time would help no one.
            ring.climb(self.ladder);
        }
        Ok(vec![RequestEffect::Rings(ring.rung)])
    }

    fn decide(&mut self, granted: bool, now: Millis) -> Result<Effects, RequestError> {
        self.only_in(&[RequestState::Taken, RequestState::Handling])?;
        let plea = self.plea.take().ok_or(RequestError::NoPlea)?;
        if !granted {
            return Ok(Vec::new());
        }
        match plea.favour {
            Favour::Suspend => {
                self.state = RequestState::Suspended;
                self.suspended_until_ms = Some(plea.until_ms);
                self.clocks.pause(ClockName::Closing, now);
            }
            Favour::Extend => self.clocks.extend(ClockName::Closing, plea.until_ms),
        }
        Ok(Vec::new())
    }

    /// The latest grade holds; whoever judges it takes it as done. A call-back that is due stays due, whatever is said
    /// later: a better grade must not be what a call-back is spared by.
    fn evaluate(&mut self, by: String, grade: Grade, text: String, now: Millis) -> Result<Effects, RequestError> {
        self.only_in(&[RequestState::Confirming, RequestState::Closed, RequestState::Reviewed])?;
        if self.state == RequestState::Confirming {
            self.end(RequestState::Closed, now);
        }
        let former = self.evaluation.as_ref();
        let due = former.and_then(|former| former.call_back_by_ms);
        let call_back_reminded = former.is_some_and(|former| due.is_some() && former.call_back_reminded);
        let newly = (due.is_none() && grade.is_dissatisfied()).then_some(Millis(now.0 + CALL_BACK_WITHIN_MS));
        let call_back_by_ms = due.or(newly);
        self.evaluation = Some(Evaluation { grade, text, by, at_ms: now, call_back_by_ms, call_back_reminded });
        self.state = if call_back_by_ms.is_some() { RequestState::Closed } else { RequestState::Reviewed };
        Ok(newly.map(RequestEffect::CallBackDue).into_iter().collect())
    }

    fn start_ring(&mut self, now: Millis) -> Effects {
        self.ring = Some(Ring::start(now, self.ladder));
        vec![RequestEffect::Rings(Rung::Seats)]
    }

    fn silence(&mut self) -> Effects {
        if self.ring.take().is_some() { vec![RequestEffect::Silent] } else { Vec::new() }
    }

    fn resume(&mut self, now: Millis) {
        self.state = RequestState::Handling;
        self.suspended_until_ms = None;
        self.clocks.resume(ClockName::Closing, now);
    }

    fn end(&mut self, state: RequestState, now: Millis) {
        self.state = state;
        self.closed_ms = Some(now);
        self.plea = None;
        self.suspended_until_ms = None;
        self.clocks.stop_all(now);
    }

    fn has(&self, party: &Party) -> bool {
        self.assignee.as_ref().is_some_and(|assignee| assignee.person_id == party.person_id)
    }

    fn only_by(&self, party: &Party) -> Result<(), RequestError> {
        if self.has(party) { Ok(()) } else { Err(RequestError::NotYours) }
    }

    fn only_in(&self, states: &[RequestState]) -> Result<(), RequestError> {
        use RequestState::*;
        if states.contains(&self.state) {
            return Ok(());
        }
        // Whoever comes second wants to know who was first.
        match (&self.assignee, self.state) {
            (Some(assignee), Dispatched | Taken | Connected | Handling | Suspended) => {
                Err(RequestError::HasIt(assignee.name.clone()))
            }
            _ => Err(RequestError::Illegal(self.state)),
        }
    }
}
