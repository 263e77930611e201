//! The directive machine: the table, tried whole; time; and random actions against what must always hold.

use super::*;
use DirectiveState::*;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn issued(rank: Rank, due: i64) -> Directive {
    Directive {
        id: "d".into(),
        number: directive_number(Millis(0), "HM01", 1),
        site_id: "s".into(),
        unit_id: "u".into(),
        source: Source::default(),
        case_kind: None,
        case_raw: String::new(),
        case_normalised: String::new(),
        finding: "窗口无人".into(),
        demand: "立即到岗".into(),
        due_ms: Millis(due),
        issuer_name: "赵海涛".into(),
        issuer_account: None,
        state: Issued,
        rank,
        rounds: 0,
        signed_by: None,
        signed_ms: None,
        reported_ms: None,
        reported_by: None,
        overdue_ms: None,
        climbs_ms: Some(Millis(due)),
        issued_ms: Millis(0),
        closed_ms: None,
        version: 1,
    }
}

fn actions(due: Option<Millis>) -> [DirectiveAction; 5] {
    let by = || "杨静".to_owned();
    [
        DirectiveAction::Sign { by: by() },
        DirectiveAction::Report { by: by(), account: None, text: "已整改".into() },
        DirectiveAction::Close { by: by(), note: String::new() },
        DirectiveAction::Return { by: by(), reason: "看不清".into(), due },
        DirectiveAction::Escalate { by: by(), reason: "屡次".into() },
    ]
}

#[test]
fn every_action_in_every_state_does_what_the_table_says() {
    // Rows as DirectiveState::ALL, columns as `actions`.
    let table: [[Option<DirectiveState>; 5]; 5] = [
        [Some(Signed), None, None, None, Some(Issued)],
        [None, Some(Reported), None, None, Some(Signed)],
        [None, None, Some(Closed), Some(Returned), Some(Reported)],
        [None, Some(Reported), None, None, Some(Returned)],
        [None, None, None, None, None],
    ];
    for (state, row) in DirectiveState::ALL.iter().zip(table) {
        for (action, becomes) in actions(None).into_iter().zip(row) {
            let before = Directive { state: *state, ..issued(Rank::Issuer, DAY) };
            let mut after = before.clone();
            match (after.apply(action.clone(), Millis(HOUR), Some(Rank::Leader)), becomes) {
                (Ok(_), Some(becomes)) => assert_eq!(after.state, becomes, "{state} {action:?}"),
                (Err(error), None) => {
                    assert_eq!(error, DirectiveError::Illegal(*state));
                    assert_eq!(after, before);
                }
                (outcome, _) => panic!("{state} {action:?}: {outcome:?}"),
            }
        }
    }
}

#[test]
fn what_is_overdue_climbs_once_a_rank_and_a_return_begins_anew() {
    let mut d = issued(Rank::Issuer, DAY);
    let tick = |d: &mut Directive, at| {
        let superior = d.rank.above();
        d.apply(DirectiveAction::Tick, Millis(at), superior).unwrap()
    };
    assert_eq!(tick(&mut d, DAY - 1), []);
    assert_eq!(tick(&mut d, DAY), [DirectiveEffect::Overdue, DirectiveEffect::Escalated(Rank::Leader)]);
    assert_eq!(tick(&mut d, DAY + 1), [], "told once");
    assert_eq!(tick(&mut d, 2 * DAY), [DirectiveEffect::Escalated(Rank::Commander)]);
    assert_eq!((tick(&mut d, 9 * DAY), d.next_due()), (vec![], None), "nobody is above");
    let [sign, report, close, ..] = actions(None);
    d.apply(sign, Millis(10 * DAY), None).unwrap();
    d.apply(report.clone(), Millis(10 * DAY), None).unwrap();
    assert_eq!(tick(&mut d, 13 * DAY - 1), []);
    assert_eq!(tick(&mut d, 13 * DAY), [DirectiveEffect::ReviewOverdue]);
    // Returned with the old due time, which is past: refused, nothing changed.
    let [_, _, _, stale, _] = actions(None);
    assert_eq!(d.apply(stale, Millis(13 * DAY), None), Err(DirectiveError::BadTime));
    let [_, _, _, fresh, _] = actions(Some(Millis(14 * DAY)));
    d.apply(fresh, Millis(13 * DAY), None).unwrap();
    assert_eq!((d.state, d.overdue_ms, d.rank), (Returned, None, Rank::Commander), "the rank stays");
    assert_eq!(tick(&mut d, 14 * DAY), [DirectiveEffect::Overdue]);
    d.apply(report, Millis(15 * DAY), None).unwrap();
    d.apply(close, Millis(15 * DAY), None).unwrap();
    assert_eq!((d.rounds, d.closed_ms, d.next_due()), (2, Some(Millis(15 * DAY)), None));
}

#[test]
fn a_superior_issues_at_the_own_rank_and_who_judges_follows_from_it() {
    assert_eq!(Rank::of_issuer(&[Role::Inspector]), Rank::Issuer);
    assert_eq!(Rank::of_issuer(&[Role::DutyLeader]), Rank::Leader);
    assert_eq!(Rank::of_issuer(&[Role::DutyLeader, Role::Commander]), Rank::Commander);
    assert_eq!(Rank::Issuer.judges(), None);
    assert!(Rank::Leader.judges().is_some_and(|roles| !roles.contains(&Role::Inspector)));
    assert_eq!(Rank::Commander.judges(), Some(&[Role::Commander][..]));
    let mut d = issued(Rank::Commander, DAY);
    let [.., escalate] = actions(None);
    assert_eq!(d.apply(escalate, Millis(1), None), Err(DirectiveError::AtTop(Rank::Commander)));
}

#[test]
fn a_due_time_lies_ahead_and_not_too_far() {
    for (due, fits) in [(0, false), (1, true), (DUE_MAX_MS, true), (DUE_MAX_MS + 1, false)] {
        assert_eq!(Directive::check_due(Millis(due), Millis(0)).is_ok(), fits, "{due}");
    }
    assert_eq!(Directive::check_due(Millis(i64::MAX), Millis(0)), Err(DirectiveError::BadTime));
}

proptest! {
    #[test]
    fn whatever_is_done_the_story_holds(steps in prop::collection::vec((0usize..6, 0i64..3 * DAY, prop::option::of(-DAY..5 * DAY)), 1..80)) {
        let mut d = issued(Rank::Issuer, DAY);
        let mut now = 0;
        let mut reports = 0;
        for (which, pass, due) in steps {
            now += pass;
            let before = d.clone();
            let superior = d.rank.above();
            let action = match which {
                5 => DirectiveAction::Tick,
                n => actions(due.map(|due| Millis(now + due)))[n].clone(),
            };
            let outcome = d.apply(action.clone(), Millis(now), superior);
            match &outcome {
                Err(_) => prop_assert_eq!(&d, &before, "an error changes nothing"),
                Ok(effects) => {
                    let climbed = effects.iter().filter(|e| matches!(e, DirectiveEffect::Escalated(_))).count();
                    prop_assert_eq!(climbed, usize::from(d.rank > before.rank), "one rank at most, and told");
                }
            }
            if outcome.is_ok() && which == 1 { reports += 1; }
            prop_assert_eq!(d.rounds, reports);
            prop_assert!(d.rank >= before.rank, "it never comes down");
            prop_assert_eq!(d.closed_ms.is_some(), d.state == Closed);
            prop_assert!(before.state != Closed || d == before, "closed is closed");
            prop_assert_eq!(d.signed_by.is_some(), d.state != Issued);
            // Nothing open is forgotten: it climbs some day, or is red at the top, or waits there for a judgment.
            if d.state.is_with_office() {
                prop_assert!(d.climbs_ms.is_some() || d.overdue_ms.is_some());
            }
        }
    }
}
