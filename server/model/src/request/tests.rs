//! The request machine: the table in words, and random actions against a reference that knows only the table.

use super::clocks::{ClockName, Clocks, Limits};
use super::ring::{Ladder, Rung, Seat};
use super::*;
use crate::duty::DutyRole;
use proptest::prelude::*;

const LADDER: Ladder = Ladder { chief_ms: 15_000, leader_ms: 30_000 };

fn party(name: &str) -> Party {
    Party { person_id: name.into(), name: name.into() }
}

fn raised(now: Millis) -> HelpRequest {
    let mut request = HelpRequest {
        id: "r".into(),
        number: "QZ20261126HM01001".into(),
        site_id: "s".into(),
        unit_id: "u".into(),
        endpoint_id: None,
        channel: Channel::Station,
        need: Skill::Mediation,
        urgency: Urgency::Life,
        sentence: String::new(),
        case_kind: None,
        case_raw: String::new(),
        case_normalised: String::new(),
        asker_name: "杨静".into(),
        asker_account: None,
        state: RequestState::Waiting,
        owner: None,
        assignee: None,
        session_id: None,
        ring: None,
        clocks: Clocks::new(Limits::of(Urgency::Life)),
        ladder: LADDER,
        plea: None,
        suspended_until_ms: None,
        result: String::new(),
        finished_ms: None,
        evaluation: None,
        merged_into: None,
        photos: Vec::new(),
        raised_ms: now,
        closed_ms: None,
        version: 1,
    };
    request.raise(now);
    request
}

fn seat(name: &str, role: DutyRole, skills: &[Skill]) -> Seat {
    Seat { person_id: name.into(), role, skills: skills.to_vec() }
}

#[test]
fn an_unanswered_call_climbs_at_fifteen_and_thirty_seconds() {
    let seats = [
        seat("op", DutyRole::Operator, &[Skill::General]),
        seat("mediator", DutyRole::Operator, &[Skill::Mediation]),
        seat("chief", DutyRole::ShiftChief, &[]),
        seat("leader", DutyRole::DutyLeader, &[]),
    ];
    let mut request = raised(Millis(0));
    let called = |request: &HelpRequest| {
        let ring = request.ring.as_ref().unwrap();
        ring.call(request.need, &seats).into_iter().map(|p| p.0).collect::<Vec<_>>()
    };
    assert_eq!(called(&request), ["mediator"]);
    assert!(request.apply(RequestAction::Tick, Millis(14_999)).unwrap().is_empty());
    assert_eq!(request.apply(RequestAction::Tick, Millis(15_000)).unwrap(), [RequestEffect::Rings(Rung::Chief)]);
    assert_eq!(called(&request), ["op", "mediator", "chief"]);
    assert_eq!(request.next_due(), Some(Millis(30_000)));
    request.apply(RequestAction::Tick, Millis(30_000)).unwrap();
    assert_eq!(called(&request), ["op", "mediator", "chief", "leader"]);
    // A server that was away climbs all at once.
    let mut late = raised(Millis(0));
    let effects = late.apply(RequestAction::Tick, Millis(40_000)).unwrap();
    assert_eq!(effects, [RequestEffect::Rings(Rung::Chief), RequestEffect::Rings(Rung::Leader)]);
}

#[test]
fn a_seat_that_refuses_is_not_rung_again_and_an_empty_rung_is_left_at_once() {
    let mut request = raised(Millis(0));
    request.ring.as_mut().unwrap().persons = vec!["op".into()];
    let refuse = |name: &str| RequestAction::Refuse { by: party(name), reason: "忙".into() };
    assert_eq!(request.apply(refuse("other"), Millis(1)), Err(RequestError::NotRung));
    assert_eq!(request.apply(refuse("op"), Millis(2)).unwrap(), [RequestEffect::Rings(Rung::Chief)]);
    let seats = [seat("op", DutyRole::Operator, &[]), seat("chief", DutyRole::ShiftChief, &[])];
    assert_eq!(request.ring.as_ref().unwrap().call(request.need, &seats), ["chief".into()]);
}

#[test]
fn of_two_who_accept_the_second_is_told_who_has_it() {
    let mut request = raised(Millis(0));
    for action in [RequestAction::Accept { by: party("a") }, RequestAction::Take { by: party("a") }] {
        request.apply(action, Millis(9_000)).unwrap();
    }
    let second = request.apply(RequestAction::Accept { by: party("b") }, Millis(9_000));
    assert_eq!(second, Err(RequestError::HasIt("a".into())));
    assert_eq!((request.owner, request.ring), (Some(party("a")), None));
    assert_eq!(request.clocks.response.elapsed_ms(Millis(99_000)), 9_000);
}

#[test]
fn a_helper_who_is_lost_leaves_a_call_that_rings_again_and_the_first_contact_stays() {
    let mut request = raised(Millis(0));
    for action in [
        RequestAction::Accept { by: party("a") },
        RequestAction::Take { by: party("a") },
        RequestAction::Connect { by: party("a"), session: "s".into() },
        RequestAction::Drop,
        RequestAction::Take { by: party("b") },
    ] {
        request.apply(action, Millis(5_000)).unwrap();
    }
    assert_eq!((request.state, request.owner.clone()), (RequestState::Taken, Some(party("a"))));
    assert_eq!((request.assignee, request.ring), (Some(party("b")), None));
}

#[test]
fn only_an_approved_suspension_stops_the_closing_clock() {
    let mut request = raised(Millis(0));
    let mut at = |action, ms| request.apply(action, Millis(ms)).map(|_| request.clone());
    at(RequestAction::Accept { by: party("a") }, 0).unwrap();
    at(RequestAction::Take { by: party("a") }, 0).unwrap();
    let plead = RequestAction::Plead {
        favour: Favour::Suspend,
        by: party("a"),
        reason: "等材料".into(),
        until: Millis(50_000),
    };
    let asked = at(plead, 10_000).unwrap();
    assert_eq!(asked.clocks.closing.elapsed_ms(Millis(20_000)), 20_000);
    let suspended = at(RequestAction::Decide { by: party("chief"), granted: true }, 20_000).unwrap();
    assert_eq!((suspended.state, suspended.next_due()), (RequestState::Suspended, Some(Millis(50_000))));
    assert_eq!(suspended.clocks.closing.elapsed_ms(Millis(49_000)), 20_000);
    let again = at(RequestAction::Tick, 50_000).unwrap();
    assert_eq!(again.state, RequestState::Handling);
    assert_eq!(again.clocks.closing.elapsed_ms(Millis(60_000)), 30_000);
}

#[test]
fn an_asker_who_objects_sets_the_clock_going_as_if_it_had_never_stopped() {
    let mut request = raised(Millis(0));
    for (action, ms) in [
        (RequestAction::Accept { by: party("a") }, 0),
        (RequestAction::Take { by: party("a") }, 0),
        (RequestAction::Finish { by: party("a"), result: "已答复".into() }, 10_000),
        (RequestAction::Object { by: "杨静".into(), reason: "未解决".into() }, 30_000),
    ] {
        request.apply(action, Millis(ms)).unwrap();
    }
    assert_eq!(request.clocks.closing.elapsed_ms(Millis(40_000)), 40_000);
    let finish = RequestAction::Finish { by: party("a"), result: "已解决".into() };
    request.apply(finish, Millis(50_000)).unwrap();
    request.apply(RequestAction::Tick, Millis(50_000 + CONFIRM_WITHIN_MS)).unwrap();
    assert_eq!((request.state, request.clocks.closing.elapsed_ms(Millis(i64::MAX))), (RequestState::Closed, 50_000));
}

#[test]
fn a_dissatisfied_asker_must_be_called_back_before_it_is_filed() {
    let mut request = raised(Millis(0));
    for action in [
        RequestAction::Accept { by: party("a") },
        RequestAction::Take { by: party("a") },
        RequestAction::Finish { by: party("a"), result: String::new() },
        RequestAction::Confirm { by: "杨静".into() },
        RequestAction::Evaluate { by: "杨静".into(), grade: Grade::Dissatisfied, text: String::new() },
    ] {
        request.apply(action, Millis(1)).unwrap();
    }
    let archive = RequestAction::Archive { by: party("a") };
    assert_eq!(request.apply(archive.clone(), Millis(2)), Err(RequestError::CallBackDue));
    request.apply(RequestAction::CallBack { by: party("a"), note: "已致歉".into() }, Millis(3)).unwrap();
    request.apply(archive, Millis(4)).unwrap();
    assert_eq!(request.state, RequestState::Archived);
}

#[test]
fn a_grade_is_corrected_by_the_next_and_never_spares_a_call_back() {
    let mut request = raised(Millis(0));
    let judge = |grade| RequestAction::Evaluate { by: "张三".into(), grade, text: String::new() };
    for action in [
        RequestAction::Accept { by: party("a") },
        RequestAction::Take { by: party("a") },
        RequestAction::Finish { by: party("a"), result: String::new() },
    ] {
        request.apply(action, Millis(1)).unwrap();
    }
    // Whoever judges it takes it as done.
    assert!(request.apply(judge(Grade::Satisfied), Millis(2)).unwrap().is_empty());
    assert_eq!(
        (request.state, request.closed_ms, request.is_on_desk()),
        (RequestState::Reviewed, Some(Millis(2)), false)
    );
    let due = Millis(3 + CALL_BACK_WITHIN_MS);
    assert_eq!(request.apply(judge(Grade::VeryDissatisfied), Millis(3)).unwrap(), [RequestEffect::CallBackDue(due)]);
    assert!(request.is_on_desk() && request.state == RequestState::Closed);
    assert!(request.apply(judge(Grade::VerySatisfied), Millis(4)).unwrap().is_empty());
    let held = request.evaluation.clone().unwrap();
    assert_eq!((held.grade, held.call_back_by_ms), (Grade::VerySatisfied, Some(due)), "the first due time stays");
    let archive = RequestAction::Archive { by: party("a") };
    assert_eq!(request.apply(archive.clone(), Millis(5)), Err(RequestError::CallBackDue));
    request.apply(RequestAction::CallBack { by: party("a"), note: "已回访".into() }, Millis(6)).unwrap();
    request.apply(archive, Millis(7)).unwrap();
    let late = request.apply(judge(Grade::Fair), Millis(8));
    assert_eq!(late, Err(RequestError::Illegal(RequestState::Archived)), "what is filed is not judged any more");
}

#[test]
fn an_overdue_call_back_is_reminded_of_once_and_a_corrected_grade_does_not_hush_it() {
    let mut request = raised(Millis(0));
    let judge = |grade| RequestAction::Evaluate { by: "张三".into(), grade, text: String::new() };
    for action in [
        RequestAction::Accept { by: party("a") },
        RequestAction::Take { by: party("a") },
        RequestAction::Finish { by: party("a"), result: String::new() },
        judge(Grade::Dissatisfied),
    ] {
        request.apply(action, Millis(1)).unwrap();
    }
    let due = Millis(1 + CALL_BACK_WITHIN_MS);
    assert_eq!(request.next_due(), Some(due));
    assert!(request.apply(RequestAction::Tick, Millis(due.0 - 1)).unwrap().is_empty());
    request.apply(judge(Grade::Satisfied), Millis(due.0 - 1)).unwrap();
    assert_eq!(request.apply(RequestAction::Tick, due).unwrap(), [RequestEffect::CallBackOverdue]);
    assert_eq!(request.next_due(), None);
    request.apply(judge(Grade::Fair), Millis(due.0 + 1)).unwrap();
    assert!(request.apply(RequestAction::Tick, Millis(due.0 + 2)).unwrap().is_empty(), "once");
    assert_eq!(request.state, RequestState::Closed);
}

/// A choice of what to do next, without its details.
#[derive(Clone, Copy, Debug)]
enum Move {
    Accept,
    Refuse,
    Take,
    Dispatch,
    Return,
    Connect,
    Disconnect,
    Drop,
    Lead,
    Suspend,
    Extend,
    Grant,
    Deny,
    Resume,
    Finish,
    Confirm,
    Object,
    Evaluate(bool),
    CallBack,
    Archive,
    Withdraw,
    Merge(bool),
    Tick,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        Just(Move::Accept),
        Just(Move::Refuse),
        Just(Move::Take),
        Just(Move::Dispatch),
        Just(Move::Return),
        Just(Move::Connect),
        Just(Move::Disconnect),
        Just(Move::Drop),
        Just(Move::Lead),
        Just(Move::Suspend),
        Just(Move::Extend),
        Just(Move::Grant),
        Just(Move::Deny),
        Just(Move::Resume),
        Just(Move::Finish),
        Just(Move::Confirm),
        Just(Move::Object),
        any::<bool>().prop_map(Move::Evaluate),
        Just(Move::CallBack),
        Just(Move::Archive),
        Just(Move::Withdraw),
        any::<bool>().prop_map(Move::Merge),
        Just(Move::Tick),
    ]
}

/// The reference: who has it (1 or 2), what waits, and how much of the time was spent suspended. It knows nothing of the
/// machine's fields.
#[derive(Clone, Debug)]
struct Reference {
    state: &'static str,
    has: u8,
    plea: Option<(bool, i64)>,
    rung: bool,
    until: i64,
    accepted_at: Option<i64>,
    answered_at: Option<i64>,
    suspended_at: Option<i64>,
    suspended_ms: i64,
    finished_at: Option<i64>,
    ended_at: Option<i64>,
    called_back: Option<bool>,
}

impl Reference {
    fn end(&mut self, state: &'static str, now: i64) {
        if let Some(since) = self.suspended_at.take() {
            self.suspended_ms += now - since;
        }
        (self.state, self.plea, self.ended_at, self.rung) = (state, None, Some(now), false);
    }

    fn resume(&mut self, now: i64) {
        if let Some(since) = self.suspended_at.take() {
            self.suspended_ms += now - since;
        }
        self.state = "handling";
    }

    /// True: allowed, and done.
    fn step(&mut self, step: Move, who: u8, now: i64) -> bool {
        let s = self.state;
        let mine = self.has == who;
        let held = ["taken", "handling"].contains(&s);
        let allowed = match step {
            Move::Accept => s == "waiting",
            // Nobody is rung here by name: the ring's own seats are the service's to set.
            Move::Refuse => false,
            Move::Take => s == "accepted" || (s == "dispatched" && mine),
            Move::Dispatch => ["accepted", "dispatched", "taken", "handling"].contains(&s),
            Move::Return => ["dispatched", "taken", "handling"].contains(&s) && mine,
            Move::Connect => held && mine,
            Move::Disconnect | Move::Drop | Move::Lead => s == "connected",
            Move::Suspend | Move::Extend => held && mine && self.plea.is_none(),
            Move::Grant | Move::Deny => held && self.plea.is_some(),
            Move::Resume => s == "suspended",
            Move::Finish => ["taken", "connected", "handling"].contains(&s) && mine,
            Move::Confirm | Move::Object => s == "confirming",
            Move::Evaluate(_) => ["confirming", "closed", "reviewed"].contains(&s),
            Move::CallBack => s == "closed" && self.called_back == Some(false),
            Move::Archive => s == "reviewed" || (s == "closed" && self.called_back != Some(false)),
            Move::Withdraw => {
                ["waiting", "accepted", "dispatched", "taken", "connected", "handling", "suspended"].contains(&s)
            }
            Move::Merge(itself) => {
                ["waiting", "accepted", "dispatched", "taken", "handling", "suspended"].contains(&s) && !itself
            }
            Move::Tick => true,
        };
        if !allowed {
            return false;
        }
        match step {
            Move::Accept => {
                (self.state, self.rung) = ("accepted", false);
                (self.answered_at, self.accepted_at) = (Some(now), Some(now));
            }
            Move::Take => (self.state, self.has, self.rung) = ("taken", who, false),
            Move::Dispatch => (self.state, self.has, self.plea, self.rung) = ("dispatched", 3 - who, None, false),
            Move::Return => (self.state, self.has, self.plea) = ("accepted", 0, None),
            Move::Connect => self.state = "connected",
            Move::Disconnect => self.state = "handling",
            Move::Drop => (self.state, self.has, self.rung, self.plea) = ("accepted", 0, true, None),
            Move::Lead => (self.has, self.plea) = (who, None),
            Move::Suspend => self.plea = Some((true, now + 1_000)),
            Move::Extend => self.plea = Some((false, now + 1_000)),
            Move::Grant => {
                if let Some((true, until)) = self.plea.take() {
                    (self.state, self.suspended_at, self.until) = ("suspended", Some(now), until);
                }
            }
            Move::Deny => self.plea = None,
            Move::Resume => self.resume(now),
            Move::Finish => (self.state, self.plea, self.finished_at) = ("confirming", None, Some(now)),
            Move::Confirm => self.end("closed", now),
            Move::Object => (self.state, self.finished_at) = ("handling", None),
            Move::Evaluate(well) => {
                if s == "confirming" {
                    self.end("closed", now);
                }
                // A call-back that is due stays due.
                let due = self.called_back == Some(false) || !well;
                (self.state, self.called_back) = (if due { "closed" } else { "reviewed" }, Some(!due));
            }
            Move::CallBack => (self.state, self.called_back) = ("reviewed", Some(true)),
            Move::Archive => self.state = "archived",
            Move::Withdraw => self.end("withdrawn", now),
            Move::Merge(_) => self.end("merged", now),
            Move::Tick => {
                if s == "suspended" && self.until <= now {
                    self.resume(now);
                }
                if s == "confirming" && self.finished_at.is_some_and(|at| at + CONFIRM_WITHIN_MS <= now) {
                    self.end("closed", now);
                }
            }
            Move::Refuse => {}
        }
        true
    }
}

fn action(step: Move, by: Party, other: Party, now: i64) -> RequestAction {
    let text = || "因故".to_owned();
    let until = Millis(now + 1_000);
    match step {
        Move::Accept => RequestAction::Accept { by },
        Move::Refuse => RequestAction::Refuse { by, reason: text() },
        Move::Take => RequestAction::Take { by },
        Move::Dispatch => RequestAction::Dispatch { by, to: other },
        Move::Return => RequestAction::Return { by, reason: text() },
        Move::Connect => RequestAction::Connect { by, session: "s".into() },
        Move::Disconnect => RequestAction::Disconnect,
        Move::Drop => RequestAction::Drop,
        Move::Lead => RequestAction::Lead { by },
        Move::Suspend => RequestAction::Plead { favour: Favour::Suspend, by, reason: text(), until },
        Move::Extend => RequestAction::Plead { favour: Favour::Extend, by, reason: text(), until },
        Move::Grant => RequestAction::Decide { by, granted: true },
        Move::Deny => RequestAction::Decide { by, granted: false },
        Move::Resume => RequestAction::Resume { by },
        Move::Finish => RequestAction::Finish { by, result: text() },
        Move::Confirm => RequestAction::Confirm { by: by.name },
        Move::Object => RequestAction::Object { by: by.name, reason: text() },
        Move::Evaluate(well) => {
            let grade = if well { Grade::Satisfied } else { Grade::VeryDissatisfied };
            RequestAction::Evaluate { by: by.name, grade, text: text() }
        }
        Move::CallBack => RequestAction::CallBack { by, note: text() },
        Move::Archive => RequestAction::Archive { by },
        Move::Withdraw => RequestAction::Withdraw { by: by.name, reason: text() },
        Move::Merge(itself) => RequestAction::Merge { by, into: if itself { "r".into() } else { "q".into() } },
        Move::Tick => RequestAction::Tick,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Legal and illegal actions in any order: the machine allows just what the table allows, an illegal one changes nothing,
    /// the clocks add up, and who was first stays first.
    #[test]
    fn random_actions_agree_with_the_reference(
        steps in prop::collection::vec((moves(), 1..=2_u8, 0..40_000_000_i64), 1..60)
    ) {
        let mut now = 0;
        let mut request = raised(Millis(0));
        let mut reference = Reference {
            state: "waiting", has: 0, plea: None, rung: true, until: 0, accepted_at: None, answered_at: None,
            suspended_at: None, suspended_ms: 0, finished_at: None, ended_at: None, called_back: None,
        };
        let mut first: Option<Party> = None;
        for (step, who, waited) in steps {
            now += waited;
            let (by, other) = (party(&format!("p{who}")), party(&format!("p{}", 3 - who)));
            let before = request.clone();
            let done = request.apply(action(step, by.clone(), other, now), Millis(now));
            let allowed = reference.step(step, who, now);
            prop_assert_eq!(done.is_ok(), allowed, "{:?} in {}: {:?}", step, before.state, done);
            if !allowed {
                prop_assert_eq!(&request, &before, "a refused action changed something");
            }
            if matches!(step, Move::Accept) && allowed {
                first = Some(by);
            }
            prop_assert_eq!(request.state.as_str(), reference.state);
            prop_assert_eq!(&request.owner, &first, "the first contact changed");
            prop_assert_eq!(request.ring.is_some(), reference.rung);
            let holder = request.assignee.as_ref().map(|p| p.name.clone());
            let expected = (reference.has > 0).then(|| format!("p{}", reference.has));
            prop_assert_eq!(holder, expected);

            let clocks = &request.clocks;
            let open_until = reference.ended_at.unwrap_or(now);
            let answered = reference.answered_at.unwrap_or(open_until);
            prop_assert_eq!(clocks.response.elapsed_ms(Millis(now)), answered);
            if let Some(accepted) = reference.accepted_at {
                let until = reference.finished_at.unwrap_or(open_until);
                let stood = reference.suspended_ms + reference.suspended_at.map_or(0, |since| now - since);
                prop_assert_eq!(clocks.closing.elapsed_ms(Millis(now)), until - accepted - stood);
            } else {
                prop_assert_eq!(clocks.closing.started_ms, None);
            }
            for name in ClockName::ALL {
                let clock = clocks.get(*name);
                prop_assert!(clock.elapsed_ms(Millis(now)) >= 0);
                if !request.state.is_open() {
                    prop_assert!(!clock.is_running(), "{} runs in {}", name, request.state);
                }
            }
        }
    }
}
