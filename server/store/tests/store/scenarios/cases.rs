//! A case by its number: everything of it in one timeline, withdrawn links as such, other units' rows left out, prints on record.

use crate::harness::town::{SECOND, Town, code, in_both_towns, png};
use lianxian_model::case::{CaseEntryKind as Kind, CaseKind, CasePattern};
use lianxian_model::duty::Skill;
use lianxian_model::request::{Grade, Urgency};
use lianxian_model::roles::RoleGrant;
use lianxian_service::cases::{CaseEntry, CaseTimelineFilter, NewCaseLink};
use lianxian_service::directives::{DirectiveStepWanted as DirectiveStep, NewDirective};
use lianxian_service::drawings::NewFrame;
use lianxian_service::requests::{NewRequest, RequestStepWanted as Step, RequestView};
use lianxian_service::{Actor, PageRequest};

const NUMBER: &str = "晋医人调字[2019]011号";
/// The same number as somebody else writes it.
const SPELLED: &str = "晋医人调字（2019） 11号";

async fn raised(town: &Town, office: &str) -> RequestView {
    let station = town.device_actor(&town.device(office)).await;
    let new = NewRequest {
        need: Skill::General,
        urgency: Urgency::Ordinary,
        sentence: "邻里纠纷".into(),
        case_number: NUMBER.into(),
        case_kind: Some(CaseKind::Mediation),
        asker: "杨静".into(),
        site_id: None,
    };
    town.service.requests.raise(&station, new, None).await.unwrap()
}

/// The whole timeline, page by page.
async fn timeline(town: &Town, actor: &Actor, filter: &CaseTimelineFilter) -> Vec<CaseEntry> {
    let mut entries = Vec::new();
    let mut page = PageRequest { cursor: None, limit: Some(3) };
    loop {
        let got = town.service.cases.timeline(actor, SPELLED, filter, &page).await.unwrap();
        assert!(got.items.len() <= 3);
        entries.extend(got.items);
        match got.next {
            Some(next) => page.cursor = Some(next),
            None => return entries,
        }
    }
}

fn only(kinds: &str) -> CaseTimelineFilter {
    CaseTimelineFilter { kinds: Some(kinds.into()), ..CaseTimelineFilter::default() }
}

in_both_towns! {
    async fn the_number_formats_are_the_whole_districts_to_set(town: Town) {
        let s = &town.service;
        let of_root = town.login("sysadmin").await;
        let [former] = s.cases.patterns(&of_root).await.unwrap().into_iter().filter(|p| p.kind == CaseKind::Mediation).collect::<Vec<_>>().try_into().unwrap();
        let new = CasePattern { pattern: "津丽调字\\(\\d{4}\\)\\d+号".into(), example: "津丽调字(2026)1号".into(), ..former };
        // Whoever administers one street does not set what holds for all.
        let mut work = town.db.write().await;
        let street = work.units().await.unwrap().into_iter().find(|unit| unit.name.starts_with("华明")).unwrap();
        let account = of_root.account().unwrap().account.clone();
        let [grant] = work.grants_of(&account).await.unwrap().try_into().unwrap();
        work.delete_grant(&grant.id).await.unwrap();
        work.insert_grant(&RoleGrant { id: "street".into(), unit_id: street.id, ..grant.clone() }).await.unwrap();
        work.commit().await.unwrap();
        let of_street = town.login("sysadmin").await;
        town.refused(&of_street, "case.set_pattern", s.cases.set_pattern(&of_street, new.clone())).await;
        let mut work = town.db.write().await;
        work.delete_grant(&"street".into()).await.unwrap();
        work.insert_grant(&grant).await.unwrap();
        work.commit().await.unwrap();
        let of_root = town.login("sysadmin").await;
        assert_eq!(s.cases.set_pattern(&of_root, new.clone()).await.unwrap(), new);
    }

    async fn a_number_leads_to_all_of_it_in_one_timeline(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let device = town.device_actor(&office).await;
        let op = town.seat("zhibanyuan").await;
        let request = raised(&town, "华明街道司法所").await;
        town.clock.pass(3 * SECOND);
        let accept = Step::Accept { endpoint_id: Some(op.console.clone()) };
        let session = s.requests.act(&op.actor, &request.id, accept, None).await.unwrap().session_id.unwrap();
        town.clock.pass(SECOND);
        let frame = NewFrame { source: office.endpoint_id.clone(), frame_ms: lianxian_model::time::Clock::now(&*town.clock) };
        let kept = s.drawings.freeze(&op.actor, &session, frame, png(1_280)).await.unwrap();
        town.clock.pass(SECOND);
        s.drawings.say(&device, &session, "请看第二页").await.unwrap();
        town.clock.pass(SECOND);
        s.sessions.end(&op.actor, &session, "").await.unwrap();
        s.requests.act(&op.actor, &request.id, Step::Finish { result: "已和解".into() }, None).await.unwrap();
        s.requests.act(&device, &request.id, Step::Confirm, None).await.unwrap();
        let judged = Step::Evaluate { grade: Grade::Satisfied, text: String::new() };
        s.requests.act(&device, &request.id, judged, None).await.unwrap();
        let inspector = town.login("dudao").await;
        let found = NewDirective {
            site_id: None,
            request_id: None,
            session_id: Some(session.clone()),
            frame_id: None,
            finding: "材料未一次告知".into(),
            demand: "补发材料清单".into(),
            due_ms: lianxian_model::time::Millis(request.raised_ms.0 + 24 * 3_600_000),
            case_number: String::new(),
            case_kind: None,
        };
        let directive = s.directives.issue(&inspector, found, None).await.unwrap();
        let sign = DirectiveStep::Sign { name: "杨静".into() };
        s.directives.act(&device, &directive.id, sign, None).await.unwrap();

        let case = s.cases.get(&op.actor, SPELLED).await.unwrap();
        assert_eq!(case.number, "晋医人调字(2019)11号");
        assert_eq!((case.spellings.clone(), case.kinds.clone()), (vec![NUMBER.to_owned()], vec![CaseKind::Mediation]));
        assert!(!case.elsewhere);
        assert_eq!(case.links.len(), 1, "the session is linked by the request's number");
        let entries = timeline(&town, &op.actor, &CaseTimelineFilter::default()).await;
        assert_eq!(entries.len() as i64, case.counts.iter().map(|count| count.lines).sum::<i64>());
        let ids: std::collections::BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids.len(), entries.len(), "each line once");
        assert!(entries.windows(2).all(|two| two[0].at_ms >= two[1].at_ms), "newest first");
        let of = |kind| entries.iter().filter(move |entry| entry.kind == kind).collect::<Vec<_>>();
        assert_eq!(of(Kind::Rating)[0].text_zh, format!("{}评价：满意", device.name()));
        assert_eq!(of(Kind::Drawing)[0].frame.as_ref().map(|frame| frame.id.clone()), Some(kept.id));
        assert!(of(Kind::Note)[0].text_zh.contains("请看第二页"));
        assert_eq!(of(Kind::Attendance).len(), 4, "two came and two left");
        assert!(of(Kind::Session).iter().any(|entry| entry.text_zh.contains("会话结束")));
        assert!(of(Kind::Request).iter().any(|entry| entry.text_zh == "杨静发起求助：邻里纠纷"));
        assert_eq!(of(Kind::Directive).len(), 2, "issued and signed");
        assert_eq!(of(Kind::Directive)[1].text_zh, "赵海涛下发督办单：材料未一次告知");
        assert!(of(Kind::Directive).iter().all(|entry| entry.directive_id.as_ref() == Some(&directive.id)));
        assert!(entries.iter().all(|entry| !entry.withdrawn && entry.text_zh != entry.text_en));

        // Filters: kinds, time, unit.
        let some = timeline(&town, &op.actor, &only("note,drawing")).await;
        assert_eq!(some.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [Kind::Note, Kind::Drawing]);
        let refused = s.cases.timeline(&op.actor, SPELLED, &only("smell"), &PageRequest::default()).await;
        assert_eq!(refused.unwrap_err().field, Some("kinds"));
        let until = CaseTimelineFilter { to_ms: Some(kept.kept_ms), ..CaseTimelineFilter::default() };
        assert!(timeline(&town, &op.actor, &until).await.iter().all(|entry| entry.at_ms < kept.kept_ms));
        let other = town.db.read().await.site(&town.device("张贵庄街道司法所").site_id).await.unwrap().unwrap().unit_id;
        let elsewhere = CaseTimelineFilter { unit_id: Some(other), ..CaseTimelineFilter::default() };
        assert_eq!(timeline(&town, &op.actor, &elsewhere).await, []);

        // A print is on record, oldest first.
        let print = s.cases.print(&op.actor, SPELLED, &only("note,rating")).await.unwrap();
        assert_eq!(print.entries.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [Kind::Note, Kind::Rating]);
        assert_eq!((print.printed_by.as_str(), print.cut), ("李明", false));
        let audit = town.audit().await;
        let row = audit.iter().find(|row| row.action == "case.print").unwrap();
        assert_eq!((row.object_id.as_str(), row.actor.as_str()), ("晋医人调字(2019)11号", "李明"));
        town.chain_holds().await;
    }

    async fn a_withdrawn_link_is_shown_as_such_and_its_content_no_more(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let device = town.device_actor(&office).await;
        let op = town.seat("zhibanyuan").await;
        let request = raised(&town, "华明街道司法所").await;
        let accept = Step::Accept { endpoint_id: Some(op.console.clone()) };
        let session = s.requests.act(&op.actor, &request.id, accept, None).await.unwrap().session_id.unwrap();
        s.drawings.say(&device, &session, "另一件事").await.unwrap();
        let link = s.cases.get(&op.actor, NUMBER).await.unwrap().links[0].clone();
        assert!(link.may_withdraw);
        s.cases.withdraw(&op.actor, &session, &link.link.id, "录错案号").await.unwrap();
        let case = s.cases.get(&op.actor, NUMBER).await.unwrap();
        assert_eq!(case.links[0].link.withdraw_reason.as_deref(), Some("录错案号"));
        assert!(!case.links[0].may_withdraw);
        let entries = timeline(&town, &op.actor, &CaseTimelineFilter::default()).await;
        assert!(entries.iter().all(|entry| entry.withdrawn));
        assert!(entries.iter().any(|entry| entry.text_zh.contains("撤销关联") && entry.text_zh.contains("录错案号")));
        assert!(entries.iter().any(|entry| entry.kind == Kind::Request), "that it was asked under this number stays");
        assert!(entries.iter().all(|entry| entry.kind != Kind::Note), "what was said there is none of this case's");

        // Linked again, it is all there again.
        let again = NewCaseLink { number: SPELLED.into(), kind: CaseKind::Mediation };
        s.cases.link(&op.actor, &session, again, None).await.unwrap();
        let entries = timeline(&town, &op.actor, &CaseTimelineFilter::default()).await;
        assert!(entries.iter().any(|entry| entry.kind == Kind::Note && !entry.withdrawn));
        assert_eq!(s.cases.get(&op.actor, NUMBER).await.unwrap().links.len(), 2);
    }

    async fn of_other_units_it_only_says_that_there_is_something(town: Town) {
        let s = &town.service;
        raised(&town, "张贵庄街道司法所").await;
        let head = town.login("suozhang").await;
        let chief = town.login("zhibanzhang").await;
        // Wholly another street's: refused, on record.
        town.refused(&head, "case.read", s.cases.get(&head, NUMBER)).await;
        let all = CaseTimelineFilter::default();
        town.refused(&head, "case.read", s.cases.timeline(&head, SPELLED, &all, &PageRequest::default())).await;
        town.refused(&head, "case.print", s.cases.print(&head, NUMBER, &all)).await;
        // Of both streets: each sees its own, and that there are others.
        let mine = raised(&town, "华明街道司法所").await;
        let case = s.cases.get(&head, NUMBER).await.unwrap();
        assert!(case.elsewhere);
        let seen = timeline(&town, &head, &all).await;
        assert!(!seen.is_empty() && seen.iter().all(|entry| entry.number == mine.number));
        let whole = s.cases.get(&chief, NUMBER).await.unwrap();
        assert!(!whole.elsewhere && whole.units.len() == 2);
        assert!(timeline(&town, &chief, &all).await.len() > seen.len());
        // Nobody has it: nothing, and no error.
        let none = s.cases.get(&head, "没有这个案号").await.unwrap();
        assert!(none.counts.is_empty() && !none.elsewhere && none.links.is_empty());
        assert_eq!(code(s.cases.get(&head, " \u{3000} ").await), "invalid");
        assert_eq!(code(s.cases.get(&head, &"9".repeat(200)).await), "invalid");
        // An administrator has no right to any.
        let admin = town.login("sysadmin").await;
        town.refused(&admin, "case.read", s.cases.get(&admin, NUMBER)).await;
    }
}
