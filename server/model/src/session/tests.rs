//! Any sequence of events leaves a session with consistent intervals.

use super::*;
use proptest::prelude::*;

fn session() -> Session {
    Session {
        id: "s".into(),
        number: "HH1".into(),
        kind: SessionKind::Patrol,
        state: SessionState::Open,
        purpose: "例行巡查".into(),
        site_id: Some("site".into()),
        unit_id: Some("unit".into()),
        watch_id: Some("w".into()),
        observer_endpoint: Some("console".into()),
        observer_account: Some("a".into()),
        observer_person: Some("p".into()),
        observer_name: "张三".into(),
        observer_unit: Some("centre".into()),
        room: None,
        started_ms: Millis(1_000),
        ended_ms: None,
        end_cause: None,
        end_note: String::new(),
        observer_lost_ms: None,
        version: 1,
        attendances: Vec::new(),
    }
}

fn attendance(id: usize, endpoint: &str) -> Box<Attendance> {
    Box::new(Attendance {
        id: AttendanceId(id.to_string()),
        session_id: "s".into(),
        endpoint_id: Some(endpoint.into()),
        person_id: None,
        name: endpoint.into(),
        unit_id: None,
        mode: Mode::Watch,
        participant: None,
        joined_ms: Millis(0),
        left_ms: None,
        leave_reason: None,
    })
}

fn consistent(session: &Session) {
    for a in &session.attendances {
        assert!(a.joined_ms >= session.started_ms);
        if let Some(left) = a.left_ms {
            assert!(left >= a.joined_ms, "{a:?}");
            assert!(a.leave_reason.is_some());
        }
        if let Some(ended) = session.ended_ms {
            assert!(a.left_ms.is_some_and(|left| left <= ended), "{a:?} outlives {ended:?}");
        }
    }
    assert_eq!(session.ended_ms.is_some(), !session.is_open());
    assert_eq!(session.end_cause.is_some(), !session.is_open());
    assert!(session.ended_ms.is_none_or(|ended| ended >= session.started_ms));
    for endpoint in ["console", "station", "camera"] {
        let open = session.open_attendances().filter(|a| a.endpoint_id == Some(endpoint.into())).count();
        assert!(open <= 1, "{endpoint} attends {open} times");
    }
}

fn event(choice: u8, id: usize) -> SessionEvent {
    let endpoint = ["console", "station", "camera"][usize::from(choice / 16) % 3];
    match choice % 10 {
        0..=2 => SessionEvent::Join(attendance(id, endpoint)),
        3 | 4 => SessionEvent::Leave { endpoint: endpoint.into(), reason: LeaveReason::LinkLost },
        5 => SessionEvent::ObserverAway(LeaveReason::LinkLost),
        6 => SessionEvent::ObserverBack(attendance(id, "console")),
        7 => SessionEvent::Tick,
        8 if choice > 200 => SessionEvent::End { cause: SessionEnd::Ended, note: String::new() },
        9 if choice > 200 => SessionEvent::Interrupt { last_alive: Millis(i64::from(choice) * 20) },
        _ => SessionEvent::Tick,
    }
}

proptest! {
    #[test]
    fn intervals_stay_consistent(steps in proptest::collection::vec((any::<u8>(), 0i64..9_000), 1..60)) {
        let mut session = session();
        let mut now = session.started_ms;
        for (id, (choice, pause)) in steps.into_iter().enumerate() {
            now = Millis(now.0 + pause);
            let before = session.clone();
            let was_open = session.is_open();
            match session.apply(event(choice, id), now) {
                Ok(effects) => {
                    let closed = effects.iter().filter(|e| matches!(e, SessionEffect::Ended { .. })).count();
                    prop_assert_eq!(closed == 1, was_open && !session.is_open());
                }
                Err(_) => prop_assert_eq!(&before, &session),
            }
            if !was_open {
                prop_assert_eq!(&before, &session);
            }
            consistent(&session);
        }
        if session.is_open() {
            session.apply(SessionEvent::Interrupt { last_alive: Millis(0) }, now).expect("open");
            consistent(&session);
        }
    }

    /// A clock that steps back must not bend an interval either.
    #[test]
    fn a_clock_that_jumps_does_no_harm(steps in proptest::collection::vec((any::<u8>(), 0i64..20_000), 1..40)) {
        let mut session = session();
        for (id, (choice, at)) in steps.into_iter().enumerate() {
            let _ = session.apply(event(choice, id), Millis(at));
            consistent(&session);
        }
    }
}

#[test]
fn a_lost_observer_is_awaited_and_then_ends_it() {
    let mut session = session();
    session.apply(SessionEvent::Join(attendance(1, "console")), Millis(1_000)).expect("joins");
    session.apply(SessionEvent::Join(attendance(2, "station")), Millis(1_000)).expect("joins");
    session.apply(SessionEvent::ObserverAway(LeaveReason::LinkLost), Millis(5_000)).expect("lost");
    assert_eq!(session.deadline(), Some(Millis(5_000 + OBSERVER_GRACE_MS)));
    assert_eq!(session.apply(SessionEvent::Tick, Millis(19_999)), Ok(vec![]));
    assert!(session.is_open());
    session.apply(SessionEvent::Tick, Millis(20_000)).expect("ticks");
    assert_eq!(session.end_cause, Some(SessionEnd::ObserverLost));
    assert_eq!(session.attendances[0].left_ms, Some(Millis(5_000)));
    assert_eq!(session.attendances[1].left_ms, Some(Millis(20_000)));
    assert_eq!(
        session.apply(SessionEvent::ObserverAway(LeaveReason::LinkLost), Millis(1)),
        Err(SessionError::NotOpen(SessionState::Ended))
    );
}

#[test]
fn an_observer_who_comes_back_goes_on() {
    let mut session = session();
    session.apply(SessionEvent::Join(attendance(1, "console")), Millis(1_000)).expect("joins");
    session.apply(SessionEvent::ObserverAway(LeaveReason::LinkLost), Millis(5_000)).expect("lost");
    session.apply(SessionEvent::ObserverBack(attendance(2, "console")), Millis(9_000)).expect("back");
    assert_eq!(session.deadline(), None);
    assert_eq!(session.open_attendances().count(), 1);
}

#[test]
fn numbers_carry_the_day_in_beijing() {
    // 2026-11-24T15:59:59.999Z is still the 24th in Beijing; a millisecond later it is the 25th.
    assert_eq!(session_number(Millis(1_795_535_999_999), "HM01", 7), "HH20261124HM01007");
    assert_eq!(beijing_day(Millis(1_795_536_000_000)), "20261125");
    assert_eq!(beijing_day(Millis(951_750_000_000)), "20000228");
    assert_eq!(beijing_day(Millis(951_753_600_000)), "20000229");
    assert_eq!(beijing_day(Millis(951_840_000_000)), "20000301");
}
