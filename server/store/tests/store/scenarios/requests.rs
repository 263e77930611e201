//! A help request from the tap to the evaluation, the ladder under a clock set by hand, and who may do what.

use crate::harness::town::{MINUTE, SECOND, Town, all, code, in_both_towns, png, service_over};
use lianxian_model::case::CaseKind;
use lianxian_model::duty::{DutyMode, DutyRole, Skill};
use lianxian_model::request::clocks::Span;
use lianxian_model::request::ring::{Ladder, Rung};
use lianxian_model::request::rules::Rules;
use lianxian_model::request::{Favour, Grade, PHOTOS_A_REQUEST, RequestState, Urgency};
use lianxian_model::time::{Clock, Millis};
use lianxian_service::Actor;
use lianxian_service::cases::CaseTimelineFilter;
use lianxian_service::duty::NewShift;
use lianxian_service::requests::{NewRequest, NewRules, RequestFilter, RequestStepWanted as Step, RequestView};

const OFFICE: &str = "华明街道司法所";

fn tap() -> NewRequest {
    NewRequest {
        need: Skill::General,
        urgency: Urgency::Ordinary,
        sentence: String::new(),
        case_number: String::new(),
        case_kind: None,
        asker: String::new(),
        site_id: None,
    }
}

async fn raised(town: &Town, new: NewRequest) -> RequestView {
    let station = town.device_actor(&town.device(OFFICE)).await;
    town.service.requests.raise(&station, new, None).await.unwrap()
}

async fn ringing(town: &Town, request: &RequestView) -> (Rung, Vec<String>) {
    let found = town.service.requests.get(&Actor::System, &request.id).await.unwrap().request;
    let ring = found.ring.unwrap();
    let persons = town.db.read().await.persons().await.unwrap();
    let name = |id| persons.iter().find(|person| person.id == id).unwrap().name.clone();
    (ring.rung, ring.persons.into_iter().map(name).collect())
}

in_both_towns! {
    async fn from_the_tap_to_the_evaluation(town: Town) {
        let s = &town.service;
        let station = town.device_actor(&town.device(OFFICE)).await;
        let (operator, chief) = (town.login("zhibanyuan").await, town.login("zhibanzhang").await);
        let new = NewRequest {
            sentence: "  邻里纠纷，双方情绪激动 ".into(),
            case_number: "晋医人调字[2019]011号".into(),
            case_kind: Some(CaseKind::Mediation),
            asker: "杨静".into(),
            ..tap()
        };
        let request = raised(&town, new).await;
        assert_eq!((request.number.as_str(), request.state), ("QZ20261125HM01001", RequestState::Waiting));
        assert_eq!((request.sentence.as_str(), request.asker.as_str()), ("邻里纠纷，双方情绪激动", "杨静"));
        assert_eq!(request.case.as_ref().unwrap().normalised, "晋医人调字(2019)11号");
        let (rung, names) = ringing(&town, &request).await;
        assert_eq!((rung, names.contains(&"李明".to_owned())), (Rung::Seats, true));

        town.clock.pass(9 * SECOND);
        let act = async |actor: &Actor, step| s.requests.act(actor, &request.id, step, None).await;
        let taken = act(&operator, Step::Accept { endpoint_id: None }).await.unwrap();
        assert_eq!((taken.state, taken.ring), (RequestState::Taken, None));
        assert_eq!(taken.owner.as_ref().map(|party| party.name.as_str()), Some("李明"));
        assert_eq!(taken.response.stopped_ms.unwrap().0 - taken.raised_ms.0, 9 * SECOND);
        let second = act(&chief, Step::Accept { endpoint_id: None }).await.unwrap_err();
        assert_eq!((second.code, second.value), ("request_taken", Some("李明".into())));

        // Handed on, the first contact stays the first.
        let expert = town.login("lvshi").await;
        let to = expert.account().unwrap().person.clone();
        assert_eq!(act(&operator, Step::Dispatch { to: to.clone() }).await.unwrap().state, RequestState::Dispatched);
        assert_eq!(code(act(&operator, Step::Take).await), "request_not_yours");
        let taken = act(&expert, Step::Take).await.unwrap();
        assert_eq!(taken.owner.map(|party| party.name), Some("李明".into()));
        assert_eq!(taken.assignee.map(|party| party.person_id), Some(to));

        // Only an approved suspension stops the clock.
        let until_ms = Millis(town.clock.now().0 + 60 * MINUTE);
        let plead = Step::Plead { favour: Favour::Suspend, reason: "等材料".into(), until_ms };
        act(&expert, plead).await.unwrap();
        town.refused(&expert, "request.decide", act(&expert, Step::Decide { granted: true })).await;
        let suspended = act(&chief, Step::Decide { granted: true }).await.unwrap();
        assert!(suspended.closing.paused_since_ms.is_some());
        town.clock.pass(60 * MINUTE);
        s.sweep().await.unwrap();
        let again = s.requests.get(&expert, &request.id).await.unwrap();
        assert_eq!((again.request.state, again.request.closing.paused_ms), (RequestState::Handling, 60 * MINUTE));

        act(&expert, Step::Finish { result: "已当面释法，双方和解".into() }).await.unwrap();
        town.refused(&expert, "request.confirm", act(&expert, Step::Confirm)).await;
        act(&station, Step::Confirm).await.unwrap();
        let grade = Grade::Dissatisfied;
        let judged = act(&station, Step::Evaluate { grade, text: "等得久".into() }).await.unwrap();
        assert_eq!(judged.state, RequestState::Closed);
        assert!(judged.evaluation.unwrap().call_back_by_ms.is_some());
        assert_eq!(code(act(&chief, Step::Archive).await), "call_back_due");
        // Nobody called back in time: the desk is reminded, once.
        town.clock.pass(24 * 60 * MINUTE);
        s.sweep().await.unwrap();
        s.sweep().await.unwrap();
        assert_eq!(act(&operator, Step::CallBack { note: " ".into() }).await.unwrap_err().field, Some("note"));
        act(&operator, Step::CallBack { note: "已说明原因".into() }).await.unwrap();
        let filed = act(&chief, Step::Archive).await.unwrap();
        assert_eq!(filed.state, RequestState::Archived);

        let detail = s.requests.get(&chief, &request.id).await.unwrap();
        let kinds: Vec<&str> = detail.steps.iter().map(|step| step.kind.as_str()).collect();
        assert_eq!(kinds, [
            "raise", "ring", "accept", "take", "dispatch", "take", "plead_suspend", "grant", "suspension_ended",
            "finish", "confirm", "evaluate", "call_back_due", "call_back_overdue", "call_back", "archive",
        ]);
        assert_eq!(detail.steps.last().unwrap().state, RequestState::Archived);
        assert_eq!(detail.calls.len(), 1);
        assert!(detail.calls[0].roster.as_array().is_some_and(|roster| !roster.is_empty()), "the roster is kept");
        assert!(s.requests.open(&chief).await.unwrap().is_empty());
        let past = RequestFilter { case: Some("晋医人调字（2019）11号".into()), ..RequestFilter::default() };
        assert_eq!(s.requests.list(&chief, &past, &all()).await.unwrap().items.len(), 1);
        town.chain_holds().await;
    }

    async fn an_unanswered_call_climbs_also_after_a_restart(town: Town) {
        let request = raised(&town, tap()).await;
        town.clock.pass(14 * SECOND);
        town.service.sweep().await.unwrap();
        assert_eq!(ringing(&town, &request).await.0, Rung::Seats);
        town.clock.pass(SECOND);
        town.service.sweep().await.unwrap();
        let (rung, names) = ringing(&town, &request).await;
        assert_eq!((rung, names.contains(&"王淑敏".to_owned())), (Rung::Chief, true));
        // The process dies and another takes over a minute later.
        town.clock.pass(MINUTE);
        let (service, _) = service_over(&town.db, &town.clock);
        service.recover().await.unwrap();
        service.sweep().await.unwrap();
        let (rung, names) = ringing(&town, &request).await;
        assert_eq!((rung, names.contains(&"刘建国".to_owned())), (Rung::Leader, true));
        let detail = service.requests.get(&Actor::System, &request.id).await.unwrap();
        assert_eq!(detail.calls.iter().map(|call| call.rung).collect::<Vec<_>>(), [Rung::Seats, Rung::Chief, Rung::Leader]);
    }

    async fn a_call_at_the_top_rings_whoever_comes_on_duty_and_no_longer_who_went(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        for shift in s.duty.now(&chief, None).await.unwrap().on {
            s.duty.leave(&chief, &shift.id).await.unwrap();
        }
        let request = raised(&town, tap()).await;
        assert_eq!(ringing(&town, &request).await, (Rung::Leader, vec![]), "nobody is there");
        s.follow_roster().await.unwrap();
        let calls = async || s.requests.get(&Actor::System, &request.id).await.unwrap().calls.len();
        assert_eq!(calls().await, 1, "a roster that is the same is no new call");
        let person = |account: &'static str| async { town.login(account).await.account().unwrap().person.clone() };
        let at = town.clock.now();
        let new = NewShift {
            unit_id: town.district().await,
            person_id: person("zhibanyuan").await,
            role: DutyRole::Operator,
            mode: DutyMode::Office,
            skills: vec![Skill::General],
            starts_ms: at,
            ends_ms: Millis(at.0 + 60 * MINUTE),
        };
        let shift = s.duty.plan(&chief, new, None).await.unwrap();
        s.duty.arrive(&chief, &shift.id).await.unwrap();
        s.follow_roster().await.unwrap();
        assert_eq!(ringing(&town, &request).await, (Rung::Leader, vec!["李明".to_owned()]));
        assert_eq!(calls().await, 2);
        s.duty.leave(&chief, &shift.id).await.unwrap();
        s.follow_roster().await.unwrap();
        assert_eq!(ringing(&town, &request).await, (Rung::Leader, vec![]));
    }

    async fn what_somebody_has_in_hand_is_not_merged_or_resumed_by_another(town: Town) {
        let s = &town.service;
        let (operator, expert, chief) =
            (town.login("zhibanyuan").await, town.login("lvshi").await, town.login("zhibanzhang").await);
        let (first, second, third) =
            (raised(&town, tap()).await, raised(&town, tap()).await, raised(&town, tap()).await);
        let act = async |actor: &Actor, of: &RequestView, step| s.requests.act(actor, &of.id, step, None).await;
        act(&operator, &first, Step::Accept { endpoint_id: None }).await.unwrap();
        let merge = || Step::Merge { into: second.id.clone() };
        town.refused(&expert, "request.merge", act(&expert, &first, merge())).await;
        let until_ms = Millis(town.clock.now().0 + 60 * MINUTE);
        let plead = Step::Plead { favour: Favour::Suspend, reason: "等材料".into(), until_ms };
        act(&operator, &first, plead).await.unwrap();
        act(&chief, &first, Step::Decide { granted: true }).await.unwrap();
        town.refused(&expert, "request.resume", act(&expert, &first, Step::Resume)).await;
        act(&operator, &first, Step::Resume).await.unwrap();
        act(&operator, &first, merge()).await.unwrap();
        // What nobody has, whoever may answer sorts.
        assert_eq!(act(&expert, &third, merge()).await.unwrap().merged_into, Some(second.id));
    }

    async fn a_search_looks_into_what_people_see(town: Town) {
        let s = &town.service;
        let operator = town.login("zhibanyuan").await;
        let request = raised(&town, NewRequest { sentence: "邻里漏水".into(), asker: "杨静".into(), ..tap() }).await;
        s.requests.act(&operator, &request.id, Step::Accept { endpoint_id: None }, None).await.unwrap();
        let found = async |q: &str| {
            let filter = RequestFilter { q: Some(q.into()), ..RequestFilter::default() };
            s.requests.list(&operator, &filter, &all()).await.unwrap().items.iter().any(|r| r.id == request.id)
        };
        for words in [&request.number[2..], "漏水", "杨静", "李明", "华明街道"] {
            assert!(found(words).await, "{words}");
        }
        for words in ["station", "null", "clocks", "张贵庄"] {
            assert!(!found(words).await, "{words}");
        }
    }

    async fn a_photo_is_kept_once_by_the_asker_and_read_by_whoever_may_read_the_request(town: Town) {
        let s = &town.service.requests;
        let station = town.device_actor(&town.device(OFFICE)).await;
        let (operator, elsewhere) = (town.login("zhibanyuan").await, town.login("secadmin").await);
        let request = raised(&town, NewRequest {
            case_number: "晋医人调字[2019]011号".into(), case_kind: Some(CaseKind::Mediation), ..tap()
        }).await;
        let photo = s.keep_photo(&station, &request.id, png(640)).await.unwrap();
        assert_eq!((photo.width, photo.bytes, photo.by.as_str()), (640, 29, "华明街道司法所 · 工作站"));
        // Sent again after a lost answer it is the same photo.
        assert_eq!(s.keep_photo(&station, &request.id, png(640)).await.unwrap(), photo);
        let seen = s.open(&operator).await.unwrap();
        assert_eq!(seen[0].photos, std::slice::from_ref(&photo));
        let (kind, bytes) = s.photo(&operator, &request.id, &photo.id).await.unwrap();
        assert_eq!((kind.mime(), bytes), ("image/png", png(640)));
        town.refused(&operator, "request.photo", s.keep_photo(&operator, &request.id, png(641))).await;
        town.refused(&elsewhere, "request.read", s.photo(&elsewhere, &request.id, &photo.id)).await;
        let html = s.keep_photo(&station, &request.id, b"<html>".as_slice().into()).await.unwrap_err();
        assert_eq!(html.field, Some("image"));
        for width in 1..i64::try_from(PHOTOS_A_REQUEST).unwrap() {
            s.keep_photo(&station, &request.id, png(u32::try_from(width).unwrap())).await.unwrap();
        }
        let full = s.keep_photo(&station, &request.id, png(999)).await.unwrap_err();
        assert_eq!((full.code, full.limit), ("too_many_photos", Some(6)));
        // The case has it, with the picture.
        let filter = CaseTimelineFilter::default();
        let lines = town.service.cases.timeline(&operator, "晋医人调字(2019)11号", &filter, &all()).await.unwrap().items;
        assert!(lines.iter().any(|line| line.photo.as_ref() == Some(&photo) && line.text_zh.ends_with("拍了一张照片")));
        s.act(&station, &request.id, Step::Withdraw { reason: "误报".into() }, None).await.unwrap();
        assert_eq!(code(s.keep_photo(&station, &request.id, png(998)).await), "request_state");
        assert_eq!(s.keep_photo(&station, &request.id, png(640)).await.unwrap(), photo);
        town.chain_holds().await;
    }

    async fn a_districts_own_rules_hold_for_what_is_asked_from_then_on(town: Town) {
        let s = &town.service;
        let (leader, operator) = (town.login("zhibanzhang").await, town.login("zhibanyuan").await);
        let before = raised(&town, tap()).await;
        let held = s.requests.rules(&leader, None).await.unwrap();
        assert_eq!((held.rules, held.set_by, held.may_set), (Rules::default(), None, true));
        let ladder = Ladder { chief_ms: 60_000, leader_ms: 90_000 };
        let mut rules = Rules { ladder, ..Rules::default() };
        rules.ordinary.response = Span::Ms(2 * 60 * MINUTE);
        let new = |rules| NewRules { unit_id: held.unit_id.clone(), rules };
        town.refused(&operator, "request.rules", s.requests.set_rules(&operator, new(rules))).await;
        let mut absurd = rules;
        absurd.life.closing = Span::WorkingDays(0);
        let refused = s.requests.set_rules(&leader, new(absurd)).await.unwrap_err();
        assert_eq!(refused.field, Some("life.closing"));
        assert_eq!(refused.zh, "“危及人身财产”的办结时限须在 1 个工作日到 60 个工作日之间");
        assert_eq!(s.requests.set_rules(&leader, new(rules)).await.unwrap().version, 1);

        let after = raised(&town, tap()).await;
        assert_eq!(after.response.due_ms.unwrap().0 - after.raised_ms.0, 2 * 60 * MINUTE);
        town.clock.pass(30 * SECOND);
        s.sweep().await.unwrap();
        assert_eq!(ringing(&town, &before).await.0, Rung::Leader, "what was open keeps its rules");
        assert_eq!(ringing(&town, &after).await.0, Rung::Seats);
        town.clock.pass(30 * SECOND);
        s.sweep().await.unwrap();
        assert_eq!(ringing(&town, &after).await.0, Rung::Chief);

        // The office under the district reads them as the district's; another version keeps the first.
        assert_eq!(s.requests.set_rules(&leader, new(Rules::default())).await.unwrap().version, 2);
        let told = s.requests.rules(&operator, Some(&held.unit_id)).await.unwrap();
        let versions: Vec<_> = told.versions.iter().map(|one| (one.version, one.rules.ladder.chief_ms)).collect();
        assert_eq!((versions, told.may_set), (vec![(2, 15_000), (1, 60_000)], false));
        town.chain_holds().await;
    }

    async fn an_overdue_clock_reminds_once_and_then_asks_for_a_directive(town: Town) {
        let request = raised(&town, NewRequest { urgency: Urgency::Life, ..tap() }).await;
        let kinds = async || {
            let detail = town.service.requests.get(&Actor::System, &request.id).await.unwrap();
            detail.steps.into_iter().map(|step| step.kind).filter(|kind| kind != "ring").collect::<Vec<_>>()
        };
        for (minutes, expected) in [(14, &["raise"][..]), (1, &["raise", "remind"]), (14, &["raise", "remind"]), (1, &["raise", "remind", "direct"]), (60, &["raise", "remind", "direct"])] {
            town.clock.pass(minutes * MINUTE);
            town.service.sweep().await.unwrap();
            assert_eq!(kinds().await, expected);
        }
    }

    async fn what_is_refused_is_on_record_and_says_why(town: Town) {
        let s = &town.service;
        let request = raised(&town, tap()).await;
        let (staff, inspector) = (town.login("gongzuoyuan").await, town.login("dudao").await);
        let accept = || Step::Accept { endpoint_id: None };
        for actor in [&staff, &inspector] {
            town.refused(actor, "request.accept", s.requests.act(actor, &request.id, accept(), None)).await;
        }
        // Another street's station neither reads it nor withdraws it.
        let other = town.device_actor(&town.device("张贵庄街道司法所")).await;
        assert_eq!(code(s.requests.get(&other, &request.id).await), "forbidden");
        let withdraw = Step::Withdraw { reason: "点错了".into() };
        assert_eq!(code(s.requests.act(&other, &request.id, withdraw.clone(), None).await), "forbidden");
        let own = town.device_actor(&town.device(OFFICE)).await;
        let silent = Step::Withdraw { reason: "  ".into() };
        assert_eq!(s.requests.act(&own, &request.id, silent, None).await.unwrap_err().field, Some("reason"));
        let gone = s.requests.act(&own, &request.id, withdraw, None).await.unwrap();
        assert_eq!((gone.state, gone.ring), (RequestState::Withdrawn, None));
        let operator = town.login("zhibanyuan").await;
        assert_eq!(code(s.requests.act(&operator, &request.id, accept(), None).await), "request_state");
        // Staff asks from its own account, for its own unit only.
        let site = |name: &str| Some(town.device(name).site_id);
        let mine = NewRequest { site_id: site(OFFICE), ..tap() };
        assert_eq!(s.requests.raise(&staff, mine, None).await.unwrap().asker, "杨静");
        let theirs = NewRequest { site_id: site("张贵庄街道司法所"), ..tap() };
        town.refused(&staff, "request.raise", s.requests.raise(&staff, theirs, None)).await;
        let long = NewRequest { sentence: "长".repeat(1_001), ..tap() };
        let error = s.requests.raise(&own, long, None).await.unwrap_err();
        assert_eq!((error.field, error.limit), (Some("sentence"), Some(1_000)));
        let unlike = NewRequest { case_number: "没有号".into(), case_kind: Some(CaseKind::Notary), ..tap() };
        assert_eq!(s.requests.raise(&own, unlike, None).await.unwrap_err().field, Some("case_number"));
    }

    async fn a_tap_that_is_sent_again_is_one_request(town: Town) {
        let station = town.device_actor(&town.device(OFFICE)).await;
        let raise = async || town.service.requests.raise(&station, tap(), Some("tap-1")).await.unwrap();
        let (first, again) = (raise().await, raise().await);
        assert_eq!(first.id, again.id);
        assert_eq!(town.service.requests.of_station(&station).await.unwrap().len(), 1);
    }
}
