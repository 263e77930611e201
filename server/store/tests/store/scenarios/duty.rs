//! The roster: planned within one's scope, lived, and asked who answers a site.

use crate::harness::town::{MINUTE, SECOND, Town, code, in_both_towns};
use lianxian_model::duty::{DutyMode, DutyRole, OpenItemKind, Skill, Standing, SwapState};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{PersonId, UnitId};
use lianxian_model::people::Person;
use lianxian_model::time::{Clock, Millis};
use lianxian_service::directives::NewDirective;
use lianxian_service::duty::{
    CopyWeek, IMPORT_MAX_LINES, NewHandover, NewShift, NewSwap, SheetLine, ShiftChange, ShiftView, SwapDecision,
};

const HOUR: i64 = 60 * MINUTE;
const WEEK: i64 = 7 * 24 * HOUR;

async fn person(town: &Town, account: &str) -> PersonId {
    town.db.read().await.account_by_name(account).await.unwrap().unwrap().person_id
}

async fn street(town: &Town) -> UnitId {
    let site = town.device("华明街道司法所").site_id;
    town.db.read().await.site(&site).await.unwrap().unwrap().unit_id
}

/// An operator's shift at the first street, hours from now.
async fn new(town: &Town, account: &str, from: i64, to: i64) -> NewShift {
    let now = town.clock.now().0;
    NewShift {
        unit_id: street(town).await,
        person_id: person(town, account).await,
        role: DutyRole::Operator,
        mode: DutyMode::Office,
        skills: vec![Skill::Mediation, Skill::General, Skill::Mediation],
        starts_ms: Millis(now + from * HOUR),
        ends_ms: Millis(now + to * HOUR),
    }
}

fn change(shift: &ShiftView) -> ShiftChange {
    ShiftChange {
        version: shift.version,
        person_id: None,
        role: None,
        mode: None,
        skills: None,
        starts_ms: None,
        ends_ms: None,
    }
}

/// Who answers the street's office, in order.
async fn answering(town: &Town) -> Vec<String> {
    let device = town.device_actor(&town.device("华明街道司法所")).await;
    town.service.duty.answering(&device).await.unwrap().into_iter().map(|on| on.name).collect()
}

in_both_towns! {
    async fn the_demonstration_is_on_duty_at_any_hour(town: Town) {
        let operator = town.login("zhibanyuan").await;
        let everyone = ["李明", "孙雅琴", "王淑敏", "刘建国"];
        for _ in 0..24 {
            assert_eq!(answering(&town).await, everyone, "{:?}", town.clock.now());
            town.clock.pass(HOUR);
        }
        let operator_again = town.login("zhibanyuan").await;
        assert_eq!(operator.account().unwrap().person, operator_again.account().unwrap().person);
        let now = town.service.duty.now(&operator_again, None).await.unwrap();
        assert_eq!(now.on.iter().map(|shift| shift.person.name.as_str()).collect::<Vec<_>>(), everyone);
        assert!(!now.alarm && now.on.iter().all(|shift| shift.reachable));
        assert_eq!((now.on[1].mode, now.on[1].skills.clone()), (DutyMode::Phone, vec![Skill::LegalAid, Skill::Notary]));
        let from = town.clock.now();
        let week = town.service.duty.week(&operator_again, None, from, Millis(from.0 + 6 * 24 * HOUR)).await.unwrap();
        assert_eq!(week.gaps, []);
        assert!(!week.manage, "an operator reads the roster and does not plan it");
    }

    async fn a_planned_shift_answers_the_very_next_call(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let shift = s.duty.plan(&chief, new(&town, "gongzuoyuan", 0, 8).await, None).await.unwrap();
        assert_eq!(shift.skills, [Skill::General, Skill::Mediation], "each once");
        assert_eq!(shift.standing, Standing::On);
        assert_eq!(answering(&town).await[0], "杨静", "the nearer unit's before the district's");
        // Another hand takes over at once, and the record says until when it was whose.
        let head = person(&town, "suozhang").await;
        town.clock.pass(MINUTE);
        let handed = ShiftChange { person_id: Some(head), ..change(&shift) };
        let next = s.duty.change(&chief, &shift.id, handed).await.unwrap();
        assert_ne!(next.id, shift.id);
        assert_eq!(answering(&town).await[0], "马志强");
        let former = town.db.read().await.shift(&shift.id).await.unwrap().unwrap();
        assert_eq!(former.left_ms, Some(next.starts_ms));
        // Its role is changed: the operators are the district's again.
        let promoted = ShiftChange { role: Some(DutyRole::ShiftChief), ..change(&next) };
        s.duty.change(&chief, &next.id, promoted).await.unwrap();
        assert_eq!(answering(&town).await, ["李明", "孙雅琴", "马志强", "王淑敏", "刘建国"]);
        let events = town.db.read().await.events_after(0, 1_000).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::DutyChanged).count(), 3);
        let audit = town.audit().await;
        let acts: Vec<_> = audit.iter().filter(|row| row.object_kind == "shift").map(|row| row.action.as_str()).collect();
        assert_eq!(acts, ["duty.plan", "duty.change", "duty.change"]);
        town.chain_holds().await;
    }

    async fn what_cannot_be_a_shift_is_refused_with_its_cause(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let base = new(&town, "gongzuoyuan", 1, 9).await;
        let refused = async |new: NewShift| s.duty.plan(&chief, new, None).await.err().unwrap();
        let backwards = refused(NewShift { ends_ms: base.starts_ms, ..base.clone() }).await;
        assert_eq!((backwards.code, backwards.field), ("invalid", Some("ends_ms")));
        let long = refused(NewShift { ends_ms: Millis(base.starts_ms.0 + 25 * HOUR), ..base.clone() }).await;
        assert_eq!(long.limit, Some(24 * HOUR));
        let unknown = refused(NewShift { person_id: "nobody".into(), ..base.clone() }).await;
        assert_eq!(unknown.field, Some("person_id"));
        let past = refused(new(&town, "gongzuoyuan", -9, -1).await).await;
        assert_eq!(past.field, Some("ends_ms"));
        let far = refused(new(&town, "gongzuoyuan", 24 * 500, 24 * 500 + 8).await).await;
        assert_eq!(far.field, Some("starts_ms"));

        let shift = s.duty.plan(&chief, base.clone(), Some("once")).await.unwrap();
        let again = s.duty.plan(&chief, base.clone(), Some("once")).await.unwrap();
        assert_eq!(again.id, shift.id, "sent twice, carried out once");
        assert_eq!(code(s.duty.plan(&chief, base.clone(), None).await), "overlapping");
        // The end of one may be the start of the next.
        s.duty.plan(&chief, new(&town, "gongzuoyuan", 9, 17).await, None).await.unwrap();
        let into = ShiftChange { ends_ms: Some(Millis(base.ends_ms.0 + HOUR)), ..change(&shift) };
        assert_eq!(code(s.duty.change(&chief, &shift.id, into).await), "overlapping");
        let moved = ShiftChange { starts_ms: Some(Millis(base.starts_ms.0 + HOUR)), ..change(&shift) };
        let moved = s.duty.change(&chief, &shift.id, moved).await.unwrap();
        let stale = ShiftChange { mode: Some(DutyMode::Phone), ..change(&shift) };
        assert_eq!(code(s.duty.change(&chief, &shift.id, stale).await), "changed_meanwhile");
        s.duty.remove(&chief, &moved.id).await.unwrap();
        assert_eq!(code(s.duty.remove(&chief, &moved.id).await), "not_found");
        s.duty.plan(&chief, base, None).await.unwrap();
    }

    async fn a_shift_that_has_begun_is_no_plan_any_more(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let shift = s.duty.plan(&chief, new(&town, "gongzuoyuan", 0, 2).await, None).await.unwrap();
        town.clock.pass(MINUTE);
        let later = ShiftChange { starts_ms: Some(Millis(shift.starts_ms.0 + HOUR)), ..change(&shift) };
        assert_eq!(code(s.duty.change(&chief, &shift.id, later).await), "shift_begun");
        assert_eq!(code(s.duty.remove(&chief, &shift.id).await), "shift_begun");
        let longer = ShiftChange { ends_ms: Some(Millis(shift.ends_ms.0 + HOUR)), ..change(&shift) };
        let longer = s.duty.change(&chief, &shift.id, longer).await.unwrap();
        town.clock.pass(4 * HOUR);
        let chief = town.login("zhibanzhang").await;
        assert_eq!(code(s.duty.change(&chief, &shift.id, change(&longer)).await), "shift_over");
    }

    async fn a_relief_that_does_not_come_keeps_the_outgoing_on(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let day = s.duty.plan(&chief, new(&town, "gongzuoyuan", 0, 1).await, None).await.unwrap();
        let night = s.duty.plan(&chief, new(&town, "cunjuguwen", 1, 9).await, None).await.unwrap();
        let staff = town.login("gongzuoyuan").await;
        let adviser = town.login("cunjuguwen").await;
        town.refused(&adviser, "duty.arrive", s.duty.arrive(&adviser, &day.id)).await;
        let arrived = s.duty.arrive(&staff, &day.id).await.unwrap();
        assert_eq!(arrived.arrived_ms, Some(town.clock.now()));
        assert_eq!(code(s.duty.arrive(&staff, &day.id).await), "already_arrived");
        assert_eq!(code(s.duty.no_show(&staff, &night.id).await), "not_begun");
        town.clock.pass(HOUR + SECOND);
        assert_eq!(answering(&town).await[..2], ["杨静", "何平"], "the relief has not reported");
        // Whoever waits to be relieved says so.
        let head = town.login("suozhang").await;
        town.refused(&head, "duty.no_show", s.duty.no_show(&head, &night.id)).await;
        let noted = s.duty.no_show(&staff, &night.id).await.unwrap();
        assert_eq!(noted.standing, Standing::Missing);
        assert_eq!(code(s.duty.no_show(&staff, &night.id).await), "already_missing");
        let names = answering(&town).await;
        assert!(names[0] == "杨静" && !names.contains(&"何平".to_owned()), "{names:?}");
        let now = s.duty.now(&head, Some(&day_unit(&day))).await.unwrap();
        assert_eq!(now.on[0].standing, Standing::Held);
        assert_eq!(now.missing.iter().map(|shift| &shift.id).collect::<Vec<_>>(), [&night.id]);
        town.clock.pass(HOUR);
        let adviser = town.login("cunjuguwen").await;
        s.duty.arrive(&adviser, &night.id).await.unwrap();
        let names = answering(&town).await;
        assert!(names[0] == "何平" && !names.contains(&"杨静".to_owned()), "{names:?}");
        town.chain_holds().await;
    }

    async fn an_empty_shift_is_an_alarm(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let operators: Vec<_> =
            s.duty.now(&chief, None).await.unwrap().on.into_iter().filter(|on| on.role == DutyRole::Operator).collect();
        assert_eq!(operators.len(), 2);
        // Somebody who may not log in any more answers nobody.
        let mut work = town.db.write().await;
        for shift in &operators {
            let person = work.person(&shift.person.id.as_str().into()).await.unwrap().unwrap();
            work.update_person(&Person { disabled: true, ..person }).await.unwrap();
        }
        work.commit().await.unwrap();
        assert!(s.duty.now(&chief, None).await.unwrap().alarm);
        for shift in &operators {
            s.duty.leave(&chief, &shift.id).await.unwrap();
        }
        let now = s.duty.now(&chief, None).await.unwrap();
        assert!(now.alarm);
        assert_eq!(now.until_ms, now.next.iter().map(|shift| shift.starts_ms).min());
        assert_eq!(answering(&town).await, ["王淑敏", "刘建国"]);
        assert_eq!(code(s.duty.leave(&chief, &operators[0].id).await), "not_on_duty");
        let at = town.clock.now();
        let week = s.duty.week(&chief, None, at, Millis(at.0 + 24 * HOUR)).await.unwrap();
        assert_eq!(week.gaps.iter().map(|gap| gap.from_ms).collect::<Vec<_>>(), [at]);
    }

    async fn a_week_is_copied_and_what_is_there_stays(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let unit_id = street(&town).await;
        let from = town.clock.now();
        let first = s.duty.plan(&chief, new(&town, "gongzuoyuan", 1, 9).await, None).await.unwrap();
        s.duty.plan(&chief, new(&town, "cunjuguwen", 9, 17).await, None).await.unwrap();
        let to_ms = Millis(from.0 + WEEK);
        let copy = || CopyWeek { unit_id: unit_id.clone(), from_ms: from, to_ms };
        let report = s.duty.copy_week(&chief, copy()).await.unwrap();
        assert_eq!((report.copied, report.skipped.len()), (2, 0));
        let again = s.duty.copy_week(&chief, copy()).await.unwrap();
        assert_eq!((again.copied, again.skipped.len()), (0, 2));
        assert_eq!(again.skipped[0].person, "杨静");
        let week = s.duty.week(&chief, Some(&unit_id), to_ms, Millis(to_ms.0 + WEEK)).await.unwrap();
        let own: Vec<_> = week.shifts.iter().filter(|shift| shift.unit.id == unit_id.0).collect();
        assert_eq!(own.len(), 2);
        assert_eq!((own[0].starts_ms.0, &own[0].skills), (first.starts_ms.0 + WEEK, &first.skills));
        let empty = CopyWeek { from_ms: Millis(from.0 - WEEK), ..copy() };
        assert_eq!(code(s.duty.copy_week(&chief, empty).await), "nothing_to_copy");
        let same = CopyWeek { to_ms: from, ..copy() };
        assert_eq!(code(s.duty.copy_week(&chief, same).await), "invalid");
    }

    async fn the_roster_is_planned_and_read_in_scope(town: Town) {
        let s = &town.service;
        let head = town.login("suozhang").await;
        let shift = new(&town, "gongzuoyuan", 1, 9).await;
        town.refused(&head, "duty.plan", s.duty.plan(&head, shift.clone(), None)).await;
        town.refused(&head, "duty.people", s.duty.people(&head, &shift.unit_id)).await;
        let other = town.device("张贵庄街道司法所").site_id;
        let other = town.db.read().await.site(&other).await.unwrap().unwrap().unit_id;
        town.refused(&head, "duty.read", s.duty.now(&head, Some(&other))).await;
        let player = town.login("canxun").await;
        town.refused(&player, "duty.read", s.duty.now(&player, None)).await;
        // A street's people read who answers for it: the district's people.
        let now = s.duty.now(&head, None).await.unwrap();
        assert_eq!((now.unit.name.as_str(), now.on.len()), ("华明街道", 4));
        let chief = town.login("zhibanzhang").await;
        let people = s.duty.people(&chief, &shift.unit_id).await.unwrap();
        let staff = people.iter().find(|person| person.name == "杨静").unwrap();
        assert_eq!(staff.accounts, ["gongzuoyuan"]);
        let planned = s.duty.plan(&chief, shift, None).await.unwrap();
        town.refused(&head, "duty.change", s.duty.change(&head, &planned.id, change(&planned))).await;
        town.refused(&head, "duty.remove", s.duty.remove(&head, &planned.id)).await;
        town.refused(&head, "duty.leave", s.duty.leave(&head, &planned.id)).await;
    }
}

fn day_unit(shift: &ShiftView) -> UnitId {
    UnitId(shift.unit.id.clone())
}

in_both_towns! {
    async fn a_swap_is_asked_for_and_approved(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let (staff, adviser) = (town.login("gongzuoyuan").await, town.login("cunjuguwen").await);
        let unit_id = street(&town).await;
        let mine = s.duty.plan(&chief, new(&town, "gongzuoyuan", 1, 9).await, None).await.unwrap();
        let theirs = s.duty.plan(&chief, new(&town, "cunjuguwen", 9, 17).await, None).await.unwrap();
        let ask = |reason: &str| NewSwap {
            shift_id: mine.id.clone(),
            to_person_id: PersonId(theirs.person.id.clone()),
            other_shift_id: Some(theirs.id.clone()),
            reason: reason.into(),
        };
        assert_eq!(code(s.duty.ask_swap(&staff, ask(" ")).await), "invalid");
        town.refused(&adviser, "duty.ask_swap", s.duty.ask_swap(&adviser, ask("替我"))).await;
        let asked = s.duty.ask_swap(&staff, ask("家里有事")).await.unwrap();
        assert!(asked.may_withdraw && !asked.may_decide);
        assert_eq!(code(s.duty.ask_swap(&staff, ask("家里有事")).await), "already_asked");
        let yes = || SwapDecision { approve: true, note: "同意".into() };
        town.refused(&staff, "duty.decide_swap", s.duty.decide_swap(&staff, &asked.id, yes())).await;
        let listed = s.duty.swaps(&chief, Some(&unit_id)).await.unwrap();
        assert!(listed.len() == 1 && listed[0].may_decide);
        let decided = s.duty.decide_swap(&chief, &asked.id, yes()).await.unwrap();
        assert_eq!((decided.state, decided.note.as_str()), (SwapState::Approved, "同意"));
        let holder = async |id| town.db.read().await.shift(id).await.unwrap().unwrap().person_id.0;
        assert_eq!(holder(&mine.id).await, theirs.person.id);
        assert_eq!(holder(&theirs.id).await, mine.person.id);
        assert_eq!(code(s.duty.decide_swap(&chief, &asked.id, yes()).await), "already_decided");
        assert_eq!(code(s.duty.withdraw_swap(&staff, &asked.id).await), "already_decided");
        town.chain_holds().await;
    }

    /// Approval looks again: what has become impossible changes nothing, and the swap still waits.
    async fn a_swap_that_no_longer_fits_is_not_carried_out(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let staff = town.login("gongzuoyuan").await;
        let mine = s.duty.plan(&chief, new(&town, "gongzuoyuan", 1, 9).await, None).await.unwrap();
        let to_person_id = person(&town, "cunjuguwen").await;
        let ask = NewSwap { shift_id: mine.id.clone(), to_person_id, other_shift_id: None, reason: "外出".into() };
        let asked = s.duty.ask_swap(&staff, ask).await.unwrap();
        s.duty.plan(&chief, new(&town, "cunjuguwen", 8, 10).await, None).await.unwrap();
        let decision = |approve| SwapDecision { approve, note: String::new() };
        assert_eq!(code(s.duty.decide_swap(&chief, &asked.id, decision(true)).await), "overlapping");
        let kept = town.db.read().await.shift(&mine.id).await.unwrap().unwrap();
        assert_eq!(kept.person_id.0, mine.person.id);
        let refused = s.duty.decide_swap(&chief, &asked.id, decision(false)).await.unwrap();
        assert_eq!(refused.state, SwapState::Refused);
    }

    async fn whom_a_roster_serves_hears_of_its_changes(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let street = street(&town).await;
        let district = town.db.read().await.unit(&street).await.unwrap().unwrap().parent_id.unwrap();
        let staff = town.login("gongzuoyuan").await;
        let hears = async |from: i64| {
            let told = s.events.since(&staff, from).await.unwrap().events;
            told.iter().filter(|event| event.kind == EventKind::DutyChanged).count()
        };
        for (unit, hour) in [(street, 300), (district, 302)] {
            let from = s.events.latest().await.unwrap();
            let shift = NewShift { unit_id: unit, ..new(&town, "gongzuoyuan", hour, hour + 1).await };
            s.duty.plan(&chief, shift, None).await.unwrap();
            assert_eq!(hears(from).await, 1);
        }
        // Another street's roster is nobody's business here.
        let other = town.device("张贵庄街道司法所").site_id;
        let other = town.db.read().await.site(&other).await.unwrap().unwrap().unit_id;
        let from = s.events.latest().await.unwrap();
        let shift = NewShift { unit_id: other, ..new(&town, "lvshi", 310, 311).await };
        s.duty.plan(&chief, shift, None).await.unwrap();
        assert_eq!(hears(from).await, 0);
    }

    async fn a_shift_is_handed_over_by_two_signatures(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let unit_id = street(&town).await;
        let day = s.duty.plan(&chief, new(&town, "gongzuoyuan", 0, 1).await, None).await.unwrap();
        let night = s.duty.plan(&chief, new(&town, "cunjuguwen", 1, 9).await, None).await.unwrap();
        let office = town.device("华明街道司法所");
        let commander = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&commander, "日常巡查", &[&office.site_id]).await;
        let other = town.device("张贵庄街道司法所");
        let inspector = town.seat("dudao").await;
        town.watch(&inspector, "别处巡查", &[&other.site_id]).await;
        let (staff, adviser) = (town.login("gongzuoyuan").await, town.login("cunjuguwen").await);
        let board = s.duty.handovers(&staff, Some(&unit_id)).await.unwrap();
        assert_eq!(board.due.iter().map(|due| (due.mine, due.to.name.as_str())).collect::<Vec<_>>(), [(true, "何平")]);
        assert_eq!(board.open.iter().map(|item| &item.number).collect::<Vec<_>>(), [&sessions[0].number]);
        town.clock.pass(1);
        let tap = serde_json::from_value(serde_json::json!({ "sentence": "等材料" })).unwrap();
        let asked = s.requests.raise(&town.device_actor(&office).await, tap, None).await.unwrap();
        let board = s.duty.handovers(&staff, Some(&unit_id)).await.unwrap();
        assert_eq!((&board.open[1].number, board.open[1].title.as_str()), (&asked.number, "待受理：等材料"));
        let finding = "登记簿未盖章".to_owned();
        let demand = "补盖并反馈".to_owned();
        let due_ms = Millis(town.clock.now().0 + HOUR);
        let new = NewDirective {
            site_id: Some(office.site_id.clone()), request_id: None, session_id: None, frame_id: None, finding, demand, due_ms,
            case_number: String::new(), case_kind: None,
        };
        town.clock.pass(1);
        let told = s.directives.issue(&commander.actor, new, None).await.unwrap();
        let board = s.duty.handovers(&staff, Some(&unit_id)).await.unwrap();
        assert_eq!((board.open[2].number.clone(), board.open[2].kind), (told.number, OpenItemKind::Directive));
        // Who only reads rosters reads no purposes of sessions here.
        let expert = town.login("lvshi").await;
        let board = s.duty.handovers(&expert, Some(&unit_id)).await.unwrap();
        assert!(board.open.iter().all(|item| item.kind != OpenItemKind::Session), "{:?}", board.open);
        let card = || NewHandover {
            from_shift_id: day.id.clone(),
            to_shift_id: night.id.clone(),
            note: "调解室门锁坏了".into(),
        };
        town.refused(&adviser, "duty.hand_over", s.duty.hand_over(&adviser, card())).await;
        let backwards = NewHandover { to_shift_id: day.id.clone(), ..card() };
        assert_eq!(code(s.duty.hand_over(&staff, backwards).await), "invalid");
        let signed = s.duty.hand_over(&staff, card()).await.unwrap();
        assert_eq!((signed.items.len(), signed.in_signed_ms), (3, None));
        assert_eq!(code(s.duty.hand_over(&staff, card()).await), "already_signed");
        // It waits, and everybody sees that it does.
        let board = s.duty.handovers(&chief, Some(&unit_id)).await.unwrap();
        assert!(board.due.is_empty() && board.cards[0].in_signed_ms.is_none() && !board.cards[0].may_sign);
        town.refused(&staff, "duty.take_over", s.duty.take_over(&staff, &signed.id, "")).await;
        town.clock.pass(HOUR + MINUTE);
        let (staff, adviser) = (town.login("gongzuoyuan").await, town.login("cunjuguwen").await);
        s.duty.no_show(&staff, &night.id).await.unwrap();
        assert_eq!(answering(&town).await[0], "杨静", "held until the card is signed");
        let taken = s.duty.take_over(&adviser, &signed.id, "已知悉").await.unwrap();
        assert_eq!((taken.in_signed_ms, taken.answer.as_str()), (Some(town.clock.now()), "已知悉"));
        assert_eq!(answering(&town).await[0], "何平");
        assert_eq!(code(s.duty.take_over(&adviser, &signed.id, "").await), "already_signed");
        town.chain_holds().await;
    }

    async fn a_sheet_is_taken_in_whole_or_not_at_all(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        let unit_id = street(&town).await;
        let line = |line, person: &str, account: &str, role: &str, starts: &str, ends: &str| SheetLine {
            line,
            person: person.into(),
            account: account.into(),
            role: role.into(),
            mode: "电话值守".into(),
            skills: "人民调解；公证".into(),
            starts: starts.into(),
            ends: ends.into(),
        };
        let good = line(2, "杨静", "", "值班员", "2026-11-26 08:00", "2026-11-26 20:00");
        let bad = vec![
            good.clone(),
            line(3, "查无此人", "", "值班员", "2026-11-26 08:00", "2026-11-26 20:00"),
            line(4, "何平", "gongzuoyuan", "值班员", "2026-11-26 08:00", "2026-11-26 20:00"),
            line(5, "何平", "", "门卫", "2026-11-26 08:00", "2026-11-26 20:00"),
            line(6, "何平", "", "值班员", "明早八点", "2026-11-26 20:00"),
            line(7, "何平", "", "值班员", "2026-11-26 08:00", "2026-11-28 20:00"),
            line(8, "杨静", "", "值班长", "2026-11-26 19:00", "2026-11-26 22:00"),
        ];
        let report = s.duty.import(&chief, &unit_id, bad).await.unwrap();
        let wrong: Vec<_> = report.bad.iter().map(|bad| (bad.line, bad.column.as_str())).collect();
        let expected =
            [(3, "姓名"), (4, "账号"), (5, "岗位"), (6, "开始时间"), (7, "结束时间"), (8, "开始时间")];
        assert_eq!((report.imported, wrong.as_slice()), (0, expected.as_slice()));
        let (from, to) = (Millis(town.clock.now().0 - HOUR), Millis(town.clock.now().0 + WEEK));
        assert_eq!(s.duty.export(&chief, &unit_id, from, to).await.unwrap(), []);
        let whole = vec![good.clone(), line(3, "", "cunjuguwen", "operator", "2026/11/26 20:00", "2026-11-27 8:00:00")];
        let report = s.duty.import(&chief, &unit_id, whole.clone()).await.unwrap();
        assert_eq!((report.imported, report.unchanged, report.bad.len()), (2, 0, 0));
        let again = s.duty.import(&chief, &unit_id, whole).await.unwrap();
        assert_eq!((again.imported, again.unchanged), (0, 2));
        let rows = s.duty.export(&chief, &unit_id, from, to).await.unwrap();
        assert_eq!(rows.iter().map(|(_, account)| account.as_str()).collect::<Vec<_>>(), ["gongzuoyuan", "cunjuguwen"]);
        assert_eq!(rows[0].0.skills, [Skill::Mediation, Skill::Notary]);
        let head = town.login("suozhang").await;
        town.refused(&head, "duty.import", s.duty.import(&head, &unit_id, vec![good.clone()])).await;
        let many = vec![good; IMPORT_MAX_LINES + 1];
        assert_eq!(code(s.duty.import(&chief, &unit_id, many).await), "too_many_lines");
    }
}
