//! Who is on, case by case, and what can be a shift.

use super::*;

const HOUR: i64 = 3_600_000;

/// An operator's shift of the centre, hours of one day.
fn shift(id: &str, person: &str, from: i64, to: i64) -> Shift {
    Shift {
        id: id.into(),
        unit_id: "centre".into(),
        person_id: person.into(),
        role: DutyRole::Operator,
        mode: DutyMode::Office,
        skills: vec![Skill::General],
        starts_ms: Millis(from * HOUR),
        ends_ms: Millis(to * HOUR),
        arrived_ms: None,
        left_ms: None,
        no_show_ms: None,
        version: 1,
    }
}

fn at(hour: i64, minute: i64) -> Millis {
    Millis(hour * HOUR + minute * 60_000)
}

fn on(shifts: &[Shift], at: Millis) -> Vec<(&str, Standing)> {
    who_is_on(shifts, at).into_iter().map(|(shift, standing)| (shift.id.as_str(), standing)).collect()
}

#[test]
fn the_roster_alone_says_who_is_on() {
    let shifts = [shift("day", "a", 8, 20), shift("night", "b", 20, 32)];
    let cases: [(Millis, &[&str]); 6] = [
        (at(7, 59), &[]),
        (at(8, 0), &["day"]),
        (at(19, 59), &["day"]),
        (at(20, 0), &["night"]),
        (at(31, 59), &["night"]),
        (at(32, 0), &[]),
    ];
    for (when, expected) in cases {
        let found: Vec<&str> = on(&shifts, when).into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, expected, "{when:?}");
    }
}

#[test]
fn a_missing_relief_keeps_the_outgoing_on_until_somebody_takes_over() {
    let day = shift("day", "a", 8, 20);
    let noted = Shift { no_show_ms: Some(at(20, 10)), ..shift("night", "b", 20, 32) };
    let pair = [day.clone(), noted.clone()];
    assert_eq!(on(&pair, at(20, 5)), [("night", Standing::On)], "not noted yet");
    assert_eq!(on(&pair, at(20, 10)), [("day", Standing::Held)]);
    assert_eq!(on(&pair, at(31, 59)), [("day", Standing::Held)]);
    assert_eq!(standing(&pair[1], &pair, at(21, 0)), Standing::Missing);

    let came = [day.clone(), Shift { arrived_ms: Some(at(21, 0)), ..noted.clone() }];
    assert_eq!(on(&came, at(20, 59)), [("day", Standing::Held)]);
    assert_eq!(on(&came, at(21, 0)), [("night", Standing::On)]);

    // Somebody else stepped in for the one who is missing.
    let stand_in = Shift { starts_ms: at(20, 30), arrived_ms: Some(at(20, 30)), ..shift("stand-in", "c", 20, 32) };
    let relieved = [day.clone(), noted.clone(), stand_in];
    assert_eq!(on(&relieved, at(20, 29)), [("day", Standing::Held)]);
    assert_eq!(on(&relieved, at(20, 30)), [("stand-in", Standing::On)]);

    // Whoever is held may go: then nobody is on, and that is an alarm.
    let gone = [Shift { left_ms: Some(at(22, 0)), ..day }, noted];
    assert_eq!(on(&gone, at(21, 59)), [("day", Standing::Held)]);
    assert_eq!(on(&gone, at(22, 0)), []);
}

#[test]
fn who_reported_stays_on_beside_a_relief_that_has_not() {
    let day = Shift { arrived_ms: Some(at(7, 55)), ..shift("day", "a", 8, 20) };
    let silent = [day.clone(), shift("night", "b", 20, 32)];
    assert_eq!(on(&silent, at(20, 1)), [("day", Standing::Held), ("night", Standing::On)]);
    let early = [day, Shift { arrived_ms: Some(at(19, 50)), ..shift("night", "b", 20, 32) }];
    assert_eq!(on(&early, at(19, 55)), [("day", Standing::On)]);
    assert_eq!(on(&early, at(20, 0)), [("night", Standing::On)]);
}

#[test]
fn nobody_is_held_without_a_relief_nor_for_ever_nor_for_another_role() {
    let day = Shift { arrived_ms: Some(at(8, 0)), ..shift("day", "a", 8, 20) };
    assert_eq!(on(std::slice::from_ref(&day), at(20, 0)), []);
    let missing = Shift { no_show_ms: Some(at(20, 0)), ..shift("night", "b", 20, 44) };
    let pair = [day.clone(), missing.clone()];
    assert_eq!(on(&pair, at(31, 59)), [("day", Standing::Held)]);
    assert_eq!(on(&pair, at(32, 0)), [], "twelve hours are enough");
    let chief = Shift { role: DutyRole::ShiftChief, ..missing.clone() };
    assert_eq!(on(&[day.clone(), chief], at(21, 0)), []);
    let elsewhere = Shift { unit_id: "street".into(), ..missing.clone() };
    assert_eq!(on(&[day.clone(), elsewhere], at(21, 0)), []);
    let later = Shift { starts_ms: at(21, 1), ..missing.clone() };
    assert_eq!(on(&[day.clone(), later], at(22, 0)), [], "that is nobody's relief");
    // Who did not come is not held either.
    let absent = Shift { arrived_ms: None, no_show_ms: Some(at(8, 5)), ..day };
    assert_eq!(on(&[absent, missing], at(21, 0)), []);
}

#[test]
fn who_left_is_off_and_free_again() {
    let left = Shift { left_ms: Some(at(12, 0)), ..shift("day", "a", 8, 20) };
    assert_eq!(on(std::slice::from_ref(&left), at(11, 59)), [("day", Standing::On)]);
    assert_eq!(on(std::slice::from_ref(&left), at(12, 0)), []);
    assert!(!left.overlaps(&shift("other", "a", 12, 14)));
    assert!(left.overlaps(&shift("other", "a", 11, 14)));
}

#[test]
fn the_ladder_is_the_order() {
    let mut shifts = Vec::new();
    for (id, role) in [
        ("r", DutyRole::Reserve),
        ("l", DutyRole::DutyLeader),
        ("o1", DutyRole::Operator),
        ("c", DutyRole::ShiftChief),
        ("o2", DutyRole::Operator),
    ] {
        shifts.push(Shift { role, ..shift(id, id, 0, 24) });
    }
    let order: Vec<&str> = on(&shifts, at(1, 0)).into_iter().map(|(id, _)| id).collect();
    assert_eq!(order, ["o1", "o2", "c", "l", "r"]);
}

#[test]
fn one_person_is_in_one_place() {
    let day = shift("day", "a", 8, 20);
    assert!(!day.overlaps(&day));
    assert!(!day.overlaps(&shift("night", "a", 20, 32)));
    assert!(day.overlaps(&shift("late", "a", 19, 21)));
    assert!(!day.overlaps(&shift("late", "b", 19, 21)));
}

#[test]
fn spans_have_limits() {
    let check = |ms: i64| check_span(Millis(HOUR), Millis(HOUR + ms));
    assert_eq!(check(0), Err(ShiftError::Backwards));
    assert_eq!(check(-1), Err(ShiftError::Backwards));
    assert_eq!(check(SHIFT_MIN_MS - 1), Err(ShiftError::TooShort));
    assert_eq!(check(SHIFT_MIN_MS), Ok(()));
    assert_eq!(check(SHIFT_MAX_MS), Ok(()));
    assert_eq!(check(SHIFT_MAX_MS + 1), Err(ShiftError::TooLong));
    assert_eq!(check_span(Millis(i64::MIN), Millis(i64::MAX)), Err(ShiftError::TooLong));
    assert_eq!(check_span(Millis(i64::MAX), Millis(i64::MIN)), Err(ShiftError::Backwards));
}

#[test]
fn gaps_are_where_nobody_is_planned() {
    let spans = |shifts: &[Shift]| -> Vec<(i64, i64)> {
        let gaps = gaps(shifts, DutyRole::Operator, Millis(0), Millis(24 * HOUR));
        gaps.into_iter().map(|gap| (gap.from_ms.0 / HOUR, gap.to_ms.0 / HOUR)).collect()
    };
    assert_eq!(spans(&[]), [(0, 24)]);
    assert_eq!(spans(&[shift("b", "b", 12, 20), shift("a", "a", -4, 12)]), [(20, 24)]);
    assert_eq!(spans(&[shift("a", "a", 2, 6), shift("b", "b", 4, 5), shift("c", "c", 8, 30)]), [(0, 2), (6, 8)]);
    assert_eq!(spans(&[Shift { role: DutyRole::ShiftChief, ..shift("a", "a", 0, 24) }]), [(0, 24)]);
    assert_eq!(spans(&[Shift { left_ms: Some(at(10, 0)), ..shift("a", "a", 0, 24) }]), [(10, 24)]);
}

#[test]
fn the_next_turn_is_the_next_change_by_the_clock() {
    let shifts = [shift("day", "a", 8, 20), shift("night", "b", 21, 32)];
    assert_eq!(next_turn(&shifts, at(0, 0)), Some(at(8, 0)));
    assert_eq!(next_turn(&shifts, at(8, 0)), Some(at(20, 0)));
    assert_eq!(next_turn(&shifts, at(20, 0)), Some(at(21, 0)));
    assert_eq!(next_turn(&shifts, at(44, 0)), None);
}
