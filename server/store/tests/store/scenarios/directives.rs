//! A directive from the issue to the close-out, time under a clock set by hand, the server's own for an overdue request, and who may do
//! what.

use crate::harness::town::{MINUTE, Town, all, code, in_both_towns, png, service_over};
use bytes::Bytes;
use lianxian_model::case::CaseKind;
use lianxian_model::directive::{DirectiveState, PICTURE_MAX_BYTES, Rank};
use lianxian_model::duty::Skill;
use lianxian_model::event::EventKind;
use lianxian_model::request::Urgency;
use lianxian_model::request::clocks::ClockName;
use lianxian_model::time::{Clock, Millis};
use lianxian_service::Actor;
use lianxian_service::cases::NewCaseLink;
use lianxian_service::directives::{
    DirectiveAct, DirectiveFilter, DirectiveStepWanted as Step, DirectiveView, NewDirective, NewPicture,
};
use lianxian_service::requests::NewRequest;
use sha2::{Digest, Sha256};

const OFFICE: &str = "华明街道司法所";
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn about_office(town: &Town) -> NewDirective {
    NewDirective {
        site_id: Some(town.device(OFFICE).site_id),
        request_id: None,
        session_id: None,
        frame_id: None,
        finding: " 窗口无人值守 ".into(),
        demand: "立即到岗，说明原因".into(),
        due_ms: Millis(town.clock.now().0 + DAY),
        case_number: String::new(),
        case_kind: None,
    }
}

async fn issued(town: &Town) -> DirectiveView {
    let inspector = town.login("dudao").await;
    town.service.directives.issue(&inspector, about_office(town), None).await.unwrap()
}

fn sign() -> Step {
    Step::Sign { name: "杨静".into() }
}

fn report() -> Step {
    Step::Report { text: "已到岗，值班表已调整".into(), name: "杨静".into() }
}

in_both_towns! {
    async fn from_the_issue_to_the_close_out(town: Town) {
        let s = &town.service.directives;
        let station = town.device_actor(&town.device(OFFICE)).await;
        let inspector = town.login("dudao").await;
        let from = town.service.events.latest().await.unwrap();
        let issued = issued(&town).await;
        assert_eq!((issued.number.as_str(), issued.state, issued.rank), ("DB20261125HM01001", DirectiveState::Issued, Rank::Issuer));
        assert_eq!((issued.finding.as_str(), issued.issuer.as_str()), ("窗口无人值守", "赵海涛"));
        let id = issued.id.clone();
        let still = s.keep_picture(&inspector, &id, NewPicture { basis: true }, png(1_280)).await.unwrap();
        assert_eq!((still.round, still.width, still.height), (0, 1280, 720));
        assert_eq!(still.sha256, hex::encode(Sha256::digest(png(1_280))));

        // The office sees it, signs, and only then reports.
        assert_eq!(s.of_station(&station).await.unwrap().len(), 1);
        let act = async |actor: &Actor, step| s.act(actor, &id, step, None).await;
        assert_eq!(code(act(&station, report()).await), "directive_state");
        assert_eq!(code(s.keep_picture(&station, &id, NewPicture::default(), png(1_280)).await), "directive_state");
        let signed = act(&station, sign()).await.unwrap();
        assert_eq!(signed.signed_by.as_deref(), Some("杨静（华明街道司法所 · 工作站）"));
        assert_eq!(act(&station, Step::Report { text: "  ".into(), name: String::new() }).await.unwrap_err().field, Some("text"));
        let shown = s.keep_picture(&station, &id, NewPicture::default(), png(1_280)).await.unwrap();
        act(&station, report()).await.unwrap();
        let (kind, bytes) = s.picture(&inspector, &id, &shown.id).await.unwrap();
        assert_eq!((kind.mime(), bytes), ("image/png", png(1_280)));

        // Returned, reported again, closed.
        let back = Step::Return { reason: "看不到工牌".into(), due_ms: None };
        let returned = act(&inspector, back).await.unwrap();
        assert_eq!((returned.state, returned.rounds), (DirectiveState::Returned, 1));
        let head = town.login("suozhang").await;
        let again = s.keep_picture(&head, &id, NewPicture::default(), png(1_280)).await.unwrap();
        assert_eq!(again.round, 2);
        act(&head, report()).await.unwrap();
        town.refused(&head, "directive.close", act(&head, Step::Close { note: String::new() })).await;
        let seen = s.get(&inspector, &id).await.unwrap();
        assert_eq!(seen.allowed, [DirectiveAct::Close, DirectiveAct::Return, DirectiveAct::Escalate, DirectiveAct::Evidence]);
        let closed = act(&inspector, Step::Close { note: "属实".into() }).await.unwrap();
        assert_eq!((closed.state, closed.rounds), (DirectiveState::Closed, 2));
        assert_eq!(code(act(&inspector, Step::Escalate { reason: "再看".into() }).await), "directive_state");

        let detail = s.get(&station, &id).await.unwrap();
        let kinds: Vec<&str> = detail.steps.iter().map(|step| step.kind.as_str()).collect();
        assert_eq!(kinds, ["issue", "sign", "report", "return", "report", "close"]);
        let rounds: Vec<u32> = detail.pictures.iter().map(|picture| picture.round).collect();
        assert_eq!((rounds, detail.allowed), (vec![0, 1, 2], vec![]));
        assert!(s.open(&inspector).await.unwrap().is_empty());
        let told = town.service.events.since(&station, from).await.unwrap().events;
        assert_eq!(told.iter().filter(|event| event.kind == EventKind::DirectiveChanged).count(), 9);

        // Nobody with a database client changes it, and nobody deletes it.
        let mut client = town.db.client().await;
        for sql in ["DELETE FROM directives", "UPDATE directives SET number = 'x'", "UPDATE directives SET state = 'issued'",
            "DELETE FROM directive_steps", "UPDATE directive_steps SET detail = '{}'", "DELETE FROM directive_pictures",
            "UPDATE directive_pictures SET sha256 = ''"] {
            let error = sqlx::query(sql).execute(&mut client).await.expect_err(sql);
            assert!(error.to_string().contains("is evidence"), "{sql}: {error}");
        }
        town.chain_holds().await;
    }

    async fn what_was_found_cannot_be_rewritten_while_it_is_open(town: Town) {
        issued(&town).await;
        let mut client = town.db.client().await;
        let sql = "UPDATE directives SET body = REPLACE(body, '窗口无人值守', '一切正常')";
        assert!(sqlx::query(sql).execute(&mut client).await.is_err());
    }

    async fn what_is_overdue_climbs_once_also_after_a_restart(town: Town) {
        let id = issued(&town).await.id;
        town.clock.pass(DAY - 1);
        town.service.sweep().await.unwrap();
        assert_eq!(town.service.directives.get(&Actor::System, &id).await.unwrap().directive.rank, Rank::Issuer);
        // The process dies, and another takes over when the time is up.
        town.clock.pass(2 * MINUTE);
        let (service, _) = service_over(&town.db, &town.clock);
        service.recover().await.unwrap();
        for _ in 0..3 {
            service.sweep().await.unwrap();
        }
        let detail = service.directives.get(&Actor::System, &id).await.unwrap();
        assert_eq!((detail.directive.rank, detail.directive.overdue_ms), (Rank::Leader, Some(town.clock.now())));
        let kinds: Vec<&str> = detail.steps.iter().map(|step| step.kind.as_str()).collect();
        assert_eq!(kinds, ["issue", "overdue", "escalated"]);
        town.clock.pass(DAY);
        service.sweep().await.unwrap();
        assert_eq!(service.directives.get(&Actor::System, &id).await.unwrap().directive.rank, Rank::Commander);
        let overdue = DirectiveFilter { overdue: Some(true), ..DirectiveFilter::default() };
        let chief = town.login("zhibanzhang").await;
        assert_eq!(town.service.directives.list(&chief, &overdue, &all()).await.unwrap().items.len(), 1);

        // What climbed is no longer the issuer's to judge.
        let station = town.device_actor(&town.device(OFFICE)).await;
        let act = async |actor: &Actor, step| town.service.directives.act(actor, &id, step, None).await;
        act(&station, sign()).await.unwrap();
        act(&station, report()).await.unwrap();
        let close = || Step::Close { note: String::new() };
        for lower in ["dudao", "daiban"] {
            let actor = town.login(lower).await;
            town.refused(&actor, "directive.close", act(&actor, close())).await;
        }
        let commander = town.login("zhihuizhang").await;
        assert_eq!(act(&commander, close()).await.unwrap().state, DirectiveState::Closed);
    }

    async fn an_overdue_request_issues_its_directive_once_also_after_a_restart(town: Town) {
        let station = town.device_actor(&town.device(OFFICE)).await;
        let new = NewRequest {
            need: Skill::General, urgency: Urgency::Life, sentence: String::new(), case_number: "晋医人调字[2019]011号".into(),
            case_kind: Some(CaseKind::Mediation), asker: String::new(), site_id: None,
        };
        let request = town.service.requests.raise(&station, new, None).await.unwrap();
        // The reminder, then the directive, both due while the server was away.
        town.clock.pass(15 * MINUTE);
        town.service.sweep().await.unwrap();
        town.clock.pass(15 * MINUTE);
        let (service, _) = service_over(&town.db, &town.clock);
        service.recover().await.unwrap();
        for _ in 0..3 {
            service.sweep().await.unwrap();
        }
        let of_request = DirectiveFilter { request_id: Some(request.id.clone()), ..DirectiveFilter::default() };
        let found = service.directives.list(&Actor::System, &of_request, &all()).await.unwrap().items;
        assert_eq!(found.len(), 1);
        let directive = &found[0];
        assert_eq!((directive.number.as_str(), directive.issuer.as_str()), ("DB20261125HM01001", "系统"));
        assert_eq!(directive.source.clock, Some(ClockName::Response));
        assert!(directive.finding.contains(&request.number) && directive.finding.contains("响应"));
        // To the office that owed the answer, not to the one that asked.
        assert_eq!(directive.unit.as_ref().map(|unit| unit.name.as_str()), Some("东丽区公共法律服务中心"));
        assert!(service.directives.of_station(&station).await.unwrap().is_empty());
        let steps = service.requests.get(&Actor::System, &request.id).await.unwrap().steps;
        let direct = steps.iter().find(|step| step.kind == "direct").unwrap();
        assert_eq!(direct.detail["directive"], directive.number);
        // It is linked to the request's case, in any spelling.
        let of_case = DirectiveFilter { case: Some("晋医人调字（2019）11号".into()), ..DirectiveFilter::default() };
        assert_eq!(service.directives.list(&Actor::System, &of_case, &all()).await.unwrap().items.len(), 1);

        // Whoever answers requests there answers it, and nobody judges an own report.
        let (operator, chief) = (town.login("zhibanyuan").await, town.login("zhibanzhang").await);
        let act = async |actor: &Actor, step| town.service.directives.act(actor, &directive.id, step, None).await;
        act(&operator, sign()).await.unwrap();
        act(&chief, report()).await.unwrap();
        assert_eq!(code(act(&chief, Step::Close { note: String::new() }).await), "own_report");
        let inspector = town.login("dudao").await;
        act(&inspector, Step::Close { note: String::new() }).await.unwrap();
        town.chain_holds().await;
    }

    async fn an_overdue_request_that_nobody_could_answer_goes_to_the_office_above(town: Town) {
        let s = &town.service;
        let chief = town.login("zhibanzhang").await;
        for shift in s.duty.now(&chief, None).await.unwrap().on {
            s.duty.leave(&chief, &shift.id).await.unwrap();
        }
        let station = town.device_actor(&town.device(OFFICE)).await;
        let new = NewRequest {
            need: Skill::General, urgency: Urgency::Life, sentence: String::new(), case_number: String::new(),
            case_kind: None, asker: String::new(), site_id: None,
        };
        let request = s.requests.raise(&station, new, None).await.unwrap();
        for _ in 0..2 {
            town.clock.pass(15 * MINUTE);
            s.sweep().await.unwrap();
        }
        let of_request = DirectiveFilter { request_id: Some(request.id), ..DirectiveFilter::default() };
        let found = s.directives.list(&Actor::System, &of_request, &all()).await.unwrap().items;
        assert_eq!(found.len(), 1);
        assert!(s.directives.of_station(&station).await.unwrap().is_empty(), "not the one that asked");
        assert_eq!(found[0].unit.as_ref().map(|unit| unit.name.as_str()), Some("东丽区司法局"));
    }

    async fn a_directive_is_found_by_its_own_and_by_its_sessions_case(town: Town) {
        let s = &town.service;
        let office = town.device(OFFICE);
        town.on_air(&office).await;
        let seat = town.seat("dudao").await;
        let (_, sessions) = town.watch(&seat, "例行巡查", &[&office.site_id]).await;
        let session = sessions[0].id.clone();
        let new = NewDirective { site_id: None, session_id: Some(session.clone()), ..about_office(&town) };
        let issued = s.directives.issue(&seat.actor, new, None).await.unwrap();
        let elsewhere = NewDirective { site_id: Some(town.device("张贵庄街道司法所").site_id), session_id: Some(session.clone()), ..about_office(&town) };
        assert_eq!(s.directives.issue(&seat.actor, elsewhere, None).await.unwrap_err().field, Some("session_id"));
        let case = |number: &str| DirectiveFilter { case: Some(number.into()), ..DirectiveFilter::default() };
        let found = async |number: &str| s.directives.list(&seat.actor, &case(number), &all()).await.unwrap().items.len();
        assert_eq!(found("宣传2026-001").await, 0);
        let link = NewCaseLink { number: "宣传2026-001".into(), kind: CaseKind::Publicity };
        let link = s.cases.link(&seat.actor, &session, link, None).await.unwrap();
        assert_eq!(found("宣传2026-001").await, 1);
        s.cases.withdraw(&seat.actor, &session, &link.id, "关联错了").await.unwrap();
        assert_eq!(found("宣传2026-001").await, 0);
        let own = NewDirective { case_number: "2026-001".into(), case_kind: Some(CaseKind::Other), ..about_office(&town) };
        s.directives.issue(&seat.actor, own, None).await.unwrap();
        assert_eq!(found("2026-001").await, 1);
        let story = s.sessions.get(&seat.actor, &session).await.unwrap().timeline;
        let line = format!("赵海涛下发督办单 {}", issued.number);
        assert!(story.iter().any(|entry| entry.text_zh == line), "{story:?}");
    }

    async fn what_is_refused_is_on_record_and_says_why(town: Town) {
        let s = &town.service.directives;
        let issued = issued(&town).await;
        let other = town.device_actor(&town.device("张贵庄街道司法所")).await;
        town.refused(&other, "directive.read", s.get(&other, &issued.id)).await;
        town.refused(&other, "directive.sign", s.act(&other, &issued.id, sign(), None)).await;
        let (staff, operator) = (town.login("gongzuoyuan").await, town.login("zhibanyuan").await);
        for actor in [&staff, &operator] {
            town.refused(actor, "directive.issue", s.issue(actor, about_office(&town), None)).await;
        }
        // An operator of the centre reads it and does not sign for the street.
        assert_eq!(s.get(&operator, &issued.id).await.unwrap().allowed, []);
        town.refused(&operator, "directive.sign", s.act(&operator, &issued.id, sign(), None)).await;
        // Staff of one street does not read what is another's.
        let inspector = town.login("dudao").await;
        let theirs = NewDirective { site_id: Some(town.device("张贵庄街道司法所").site_id), ..about_office(&town) };
        let theirs = s.issue(&inspector, theirs, None).await.unwrap();
        town.refused(&staff, "directive.read", s.get(&staff, &theirs.id)).await;
        assert_eq!(s.open(&staff).await.unwrap().len(), 1);

        let wrong = async |new: NewDirective| s.issue(&inspector, new, None).await.unwrap_err();
        assert_eq!(wrong(NewDirective { finding: " ".into(), ..about_office(&town) }).await.field, Some("finding"));
        let long = wrong(NewDirective { demand: "长".repeat(1_001), ..about_office(&town) }).await;
        assert_eq!((long.field, long.limit), (Some("demand"), Some(1_000)));
        assert_eq!(wrong(NewDirective { due_ms: town.clock.now(), ..about_office(&town) }).await.field, Some("due_ms"));
        assert_eq!(wrong(NewDirective { site_id: None, ..about_office(&town) }).await.field, Some("site_id"));
        let basis = || NewPicture { basis: true };
        let html = s.keep_picture(&inspector, &issued.id, basis(), Bytes::from_static(b"<html>")).await.unwrap_err();
        assert_eq!(html.field, Some("image"));
        let large = s.keep_picture(&inspector, &issued.id, basis(), vec![0; PICTURE_MAX_BYTES + 1].into()).await.unwrap_err();
        assert_eq!((large.field, large.limit), (Some("image"), Some(PICTURE_MAX_BYTES as i64)));
        town.refused(&staff, "directive.picture", s.keep_picture(&staff, &issued.id, basis(), png(1_280))).await;
        // Sent again, it is one directive.
        let once = async || s.issue(&inspector, about_office(&town), Some("db-1")).await.unwrap().id;
        assert_eq!(once().await, once().await);
    }
}
