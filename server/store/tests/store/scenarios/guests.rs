//! Citizens by a link: from the staff's asking to the call-back, what is refused and how it is said, and that a withdrawn
//! consent stops everything at once.

use crate::harness::town::{MINUTE, SECOND, Seat, Town, code, in_both_towns};
use lianxian_model::audit::AuditResult;
use lianxian_model::duty::Skill;
use lianxian_model::guest::{GuestState, LINK_LIFE_MS, LinkRefusal, MAX_GUESTS, MAX_RATINGS, VISIT_LIFE_MS};
use lianxian_model::ids::{EndpointId, SessionId};
use lianxian_model::link::{LinkEnd, PublishRights};
use lianxian_model::request::{Grade, RequestState, Urgency};
use lianxian_model::session::{LeaveReason, Mode};
use lianxian_service::assists::{Joining, NewParty};
use lianxian_service::demo::DemoDevice;
use lianxian_service::guests::{Judgement, MadeGuestLink, NewConsent, NewGuestLink, VisitView, Withdrawal};
use lianxian_service::requests::{NewRequest, RequestStepWanted as Step, RequestView};
use lianxian_service::{Actor, ServiceError};
use std::time::{Duration, Instant};

const OFFICE: &str = "华明街道司法所";
/// What is promised is a second; a loaded machine gets the rest.
const STOPPED_WITHIN: Duration = Duration::from_secs(5);

fn tap() -> NewRequest {
    NewRequest {
        need: Skill::General,
        urgency: Urgency::Ordinary,
        sentence: "老人不会写起诉状".into(),
        case_number: String::new(),
        case_kind: None,
        asker: "杨静".into(),
        site_id: None,
    }
}

struct Matter {
    device: DemoDevice,
    station: Actor,
    request: RequestView,
}

async fn asked_at(town: &Town, site: &str) -> Matter {
    let device = town.device(site);
    let station = town.device_actor(&device).await;
    let request = town.service.requests.raise(&station, tap(), None).await.unwrap();
    Matter { device, station, request }
}

async fn link(town: &Town, matter: &Matter) -> MadeGuestLink {
    town.service.guests.make_link(&matter.station, &matter.request.id, NewGuestLink::default()).await.unwrap()
}

async fn accept(town: &Town, matter: &Matter, op: &Seat) -> SessionId {
    let step = Step::Accept { endpoint_id: Some(op.console.clone()) };
    town.service.requests.act(&op.actor, &matter.request.id, step, None).await.unwrap().session_id.unwrap()
}

/// Opens the link as a browser of its own.
async fn come(town: &Town, token: &str) -> (Actor, VisitView) {
    let opened = town.service.guests.open(token, None, "10.9.9.9").await.unwrap();
    let actor = town.service.guests.authenticate(&opened.secret.unwrap(), "10.9.9.9").await.unwrap();
    (actor, opened.view)
}

fn yes(view: &VisitView, name: &str, picture: bool, sound: bool) -> NewConsent {
    NewConsent { name: name.into(), sha256: view.text.sha256.clone(), picture, sound }
}

fn end(actor: &Actor) -> EndpointId {
    actor.guest().unwrap().endpoint.clone()
}

/// What flows, as `from>to va`, of those named.
fn flows(town: &Town, session: &SessionId, names: &[(&EndpointId, &str)]) -> Vec<String> {
    let name = |id: &EndpointId| names.iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| *name);
    let mut all: Vec<String> = town
        .live
        .granted(session)
        .iter()
        .map(|(from, to, video, audio)| {
            let kinds = [(*video, "v"), (*audio, "a")].iter().filter(|k| k.0).map(|k| k.1).collect::<String>();
            format!("{}>{} {kinds}", name(from), name(to))
        })
        .collect();
    all.sort();
    all
}

async fn becomes(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), wait).await.is_ok(), "{what}");
}

fn refusal(error: ServiceError) -> (&'static str, Option<i64>) {
    // Whoever is refused is told what to do, in both languages.
    assert!(error.zh.contains("请") && !error.en.is_empty(), "{error:?}");
    (error.code, error.limit)
}

in_both_towns! {
    async fn a_citizen_from_the_link_to_the_call_back(town: Town) {
        let s = &town.service;
        let matter = asked_at(&town, OFFICE).await;
        town.on_air(&matter.device).await;
        let made = link(&town, &matter).await;
        assert_eq!((made.link.max_uses, made.link.uses, made.link.refusal), (3, 0, None));
        assert_eq!(made.link.expires_ms.0 - made.link.made_ms.0, LINK_LIFE_MS);

        // The promise clock: not accepted yet, and until when somebody must.
        let (guest, view) = come(&town, &made.token).await;
        assert_eq!((view.state, view.asker.as_str()), (GuestState::Waiting, "杨静"));
        assert_eq!((view.promise.accepted_ms, view.answerer.as_ref()), (None, None));
        assert_eq!(view.promise.answer_by_ms, matter.request.response.due_ms);
        assert!(!serde_json::to_string(&view).unwrap().contains("起诉状"), "what others said is not the guest's to read");
        assert_eq!(code(s.guests.may_come_in(&guest).await), "consent_needed");

        let op = town.seat("zhibanyuan").await;
        let accepted = town.clock.pass(9 * SECOND);
        let session = accept(&town, &matter, &op).await;
        let view = s.guests.visit(&guest).await.unwrap();
        assert_eq!(view.promise.accepted_ms, Some(accepted));
        assert_eq!(view.answerer.as_ref().map(|who| who.name.as_str()), Some("李明"));
        assert!(view.promise.answer_by_ms.unwrap() > accepted, "the closing clock runs");
        let running = view.session.as_ref().unwrap();
        assert!(running.present.contains(&"李明".to_owned()) && !running.attends && !running.sound_waits);

        // Without a yes nothing: no token, no link.
        assert!(s.net_record().link_rights(&end(&guest), None).await.is_err());
        let view = s.guests.consent(&guest, yes(&view, " 张  三 ", true, true)).await.unwrap();
        assert_eq!((view.state, view.name.as_str()), (GuestState::Consented, "张 三"));
        s.guests.may_come_in(&guest).await.unwrap();
        let participant = town.link(&end(&guest)).await;
        let rights = s.net_record().link_rights(&end(&guest), None).await.unwrap().rights;
        assert_eq!(rights.may_publish, PublishRights { camera: true, microphone: true, screen: false });
        assert!(!rights.hidden && !rights.may_publish_data && !rights.may_update_metadata);
        let citizen = end(&guest);
        let names = [(&matter.device.endpoint_id, "station"), (&op.console, "op"), (&citizen, "citizen")];
        let all = ["citizen>op va", "citizen>station va", "op>citizen va", "op>station va", "station>citizen va",
            "station>op va"];
        becomes("everyone sees and hears everyone", || flows(&town, &session, &names) == all).await;
        let staff = s.assists.view(&op.actor, &session).await.unwrap();
        assert_eq!((staff.guests[0].state, staff.guests[0].name.as_str()), (GuestState::Attending, "张 三"));

        // Withdrawn: measured at the server, from the asking to nothing flowing.
        let began = Instant::now();
        let view = s.guests.withdraw(&guest, Withdrawal { reason: "不方便".into() }).await.unwrap();
        let took = began.elapsed();
        assert_eq!(flows(&town, &session, &names), ["op>station va", "station>op va"]);
        assert_eq!(town.live.ended(), [(citizen.clone(), LinkEnd::Revoked)]);
        println!("a withdrawn consent stopped everything after {took:?} (promised: 1 s)");
        assert!(took < STOPPED_WITHIN, "{took:?}");
        assert_eq!((view.state, view.consent), (GuestState::Withdrawn, None));
        town.unlink(&citizen, &participant, LinkEnd::Revoked).await;
        let record = town.db.read().await.session(&session).await.unwrap().unwrap();
        let own: Vec<_> = record.attendances.iter().filter(|a| a.mode == Mode::Guest).collect();
        assert_eq!((own.len(), own[0].leave_reason), (1, Some(LeaveReason::Withdrawn)));
        assert!(s.net_record().link_rights(&citizen, None).await.is_err(), "and the door stays shut");
        let said: Vec<String> =
            s.sessions.get(&op.actor, &session).await.unwrap().timeline.into_iter().map(|line| line.text_zh).collect();
        for line in ["张 三同意知情同意书第 1 版（画面和声音）", "张 三进入（来访）", "张 三离开（撤回同意）", "张 三撤回同意：不方便"] {
            assert!(said.contains(&line.to_owned()), "{line} of {said:?}");
        }

        // Finished; the guest judges, corrects upward, and is called back all the same.
        let judge = async |grade| s.guests.judge(&guest, Judgement { grade, text: "等得久".into() }).await;
        assert_eq!(code(judge(Grade::Satisfied).await), "not_finished");
        let act = async |actor: &Actor, step| s.requests.act(actor, &matter.request.id, step, None).await;
        act(&op.actor, Step::Finish { result: "已代书".into() }).await.unwrap();
        assert!(s.guests.visit(&guest).await.unwrap().may_judge);
        let view = judge(Grade::Dissatisfied).await.unwrap();
        assert_eq!((view.request_state, view.rating.unwrap().grade), (RequestState::Closed, Grade::Dissatisfied));
        let task = s.requests.open(&op.actor).await.unwrap();
        assert_eq!(task.len(), 1, "the desk has a call-back to do");
        assert!(task[0].evaluation.as_ref().unwrap().call_back_by_ms.is_some());
        judge(Grade::Satisfied).await.unwrap();
        let chief = town.login("zhibanzhang").await;
        assert_eq!(code(act(&chief, Step::Archive).await), "call_back_due");
        act(&op.actor, Step::CallBack { note: "已致歉".into() }).await.unwrap();
        assert!(s.requests.open(&op.actor).await.unwrap().is_empty());
        act(&chief, Step::Archive).await.unwrap();
        assert_eq!(code(judge(Grade::Fair).await), "not_finished");

        let board = s.guests.board(&op.actor, &matter.request.id).await.unwrap();
        let grades: Vec<_> = board.ratings.iter().map(|rating| (rating.seq, rating.grade)).collect();
        assert_eq!(grades, [(1, Grade::Dissatisfied), (2, Grade::Satisfied)]);
        assert_eq!((board.consents.len(), board.consents[0].withdraw_reason.as_str()), (1, "不方便"));
        let mut tx = town.db.read().await;
        assert_eq!(tx.consents_of_session(&session).await.unwrap().len(), 1);
        assert_eq!(tx.ratings_of_request(&matter.request.id).await.unwrap().len(), 2);
        drop(tx);
        let actions: Vec<String> = town.audit().await.into_iter().map(|row| row.action).collect();
        for action in ["guest.link", "guest.open", "consent.give", "consent.withdraw", "guest.rate"] {
            assert!(actions.contains(&action.to_owned()), "{action} of {actions:?}");
        }
        town.chain_holds().await;
    }

    async fn a_whisper_is_never_granted_to_a_guest_and_more_guests_hear_each_other(town: Town) {
        let s = &town.service;
        let matter = asked_at(&town, OFFICE).await;
        town.on_air(&matter.device).await;
        let (op, expert) = (town.seat("zhibanyuan").await, town.seat("lvshi").await);
        let session = accept(&town, &matter, &op).await;
        let made = link(&town, &matter).await;
        let (guest, view) = come(&town, &made.token).await;
        s.guests.consent(&guest, yes(&view, "张三", true, true)).await.unwrap();
        town.link(&end(&guest)).await;
        let account = expert.actor.account().unwrap().account.clone();
        let party = NewParty { account_id: account, mode: Mode::Whisper };
        s.assists.invite(&op.actor, &session, party).await.unwrap();
        let joining = Joining { endpoint_id: expert.console.clone() };
        s.assists.join(&expert.actor, &session, joining).await.unwrap();
        let heard = |from: &EndpointId, to: &EndpointId| {
            town.live.granted(&session).iter().any(|(f, t, _, audio)| f == from && t == to && *audio)
        };
        let citizen = end(&guest);
        becomes("the staff hears the whisper", || heard(&expert.console, &op.console)).await;
        assert!(!heard(&expert.console, &citizen) && !heard(&expert.console, &matter.device.endpoint_id));
        assert!(heard(&citizen, &expert.console) && heard(&op.console, &citizen));
        // Out loud it is another thing; back to a whisper and the ear is shut again.
        s.assists.set_mode(&expert.actor, &session, Mode::Join).await.unwrap();
        assert!(heard(&expert.console, &citizen));
        s.assists.set_mode(&expert.actor, &session, Mode::Whisper).await.unwrap();
        assert!(!heard(&expert.console, &citizen));

        // Only the picture, from now on: what was agreed to is what flows.
        s.guests.consent(&guest, yes(&view, "张三", true, false)).await.unwrap();
        assert!(!heard(&citizen, &op.console) && heard(&op.console, &citizen));
        let told = town.live.rights(&citizen).unwrap().may_publish;
        assert_eq!(told, PublishRights { camera: true, microphone: false, screen: false });
        let consents = s.guests.board(&op.actor, &matter.request.id).await.unwrap().consents;
        assert_eq!((consents.len(), consents.iter().filter(|one| one.withdrawn_ms.is_none()).count()), (2, 1));

        // The session ends, and so does the guest's link.
        s.assists.hang_up(&matter.station, &session).await.unwrap();
        assert!(town.live.ended().contains(&(citizen.clone(), LinkEnd::Revoked)));
        assert!(s.guests.visit(&guest).await.unwrap().session.is_none());
        assert_eq!(code(s.guests.may_come_in(&guest).await), "not_connected");
    }

    async fn a_mediation_room_is_silent_until_somebody_agreed(town: Town) {
        let s = &town.service;
        let matter = asked_at(&town, "华明街道调解室").await;
        town.on_air(&matter.device).await;
        let op = town.seat("zhibanyuan").await;
        let session = accept(&town, &matter, &op).await;
        let names = [(&matter.device.endpoint_id, "station"), (&op.console, "op")];
        let (silent, open) = (["op>station v", "station>op v"], ["op>station va", "station>op va"]);
        assert_eq!(flows(&town, &session, &names), silent);
        assert!(s.assists.view(&op.actor, &session).await.unwrap().sound_waits);
        let text = s.guests.texts(&matter.station, &matter.station.device().unwrap().unit).await.unwrap().current;
        let mut new = NewConsent { name: "王某".into(), sha256: "0".repeat(64), picture: true, sound: true };
        let stale = s.guests.consent_at_station(&matter.station, &session, new.clone()).await.unwrap_err();
        assert_eq!((stale.code, stale.value), ("consent_text_changed", Some(1.into())));
        new.sha256 = text.sha256;
        let other = town.device_actor(&town.device(OFFICE)).await;
        town_refuses(&town, &other, &session, new.clone()).await;
        let given = s.guests.consent_at_station(&matter.station, &session, new.clone()).await.unwrap();
        assert!(given.witness.starts_with("华明街道调解室"));
        assert_eq!(flows(&town, &session, &names), open);
        assert!(!s.assists.view(&op.actor, &session).await.unwrap().sound_waits);
        let withdraw = s.guests.withdraw_at_station(&matter.station, &session, &given.id, Withdrawal::default());
        assert!(withdraw.await.unwrap().withdrawn_ms.is_some());
        assert_eq!(flows(&town, &session, &names), silent);

        // A guest's yes to sound opens it too; a yes to the picture alone does not; sent away, it counts no more.
        let made = link(&town, &matter).await;
        let (guest, view) = come(&town, &made.token).await;
        s.guests.consent(&guest, yes(&view, "赵某", true, false)).await.unwrap();
        assert_eq!(flows(&town, &session, &names), silent);
        s.guests.consent(&guest, yes(&view, "赵某", false, true)).await.unwrap();
        assert_eq!(flows(&town, &session, &names), open);
        s.guests.withdraw(&guest, Withdrawal::default()).await.unwrap();
        assert_eq!(flows(&town, &session, &names), silent);
        // Nor does the yes of one whose link was revoked, who had come and gone.
        s.guests.consent(&guest, yes(&view, "赵某", false, true)).await.unwrap();
        assert_eq!(flows(&town, &session, &names), open);
        s.guests.revoke_link(&op.actor, &made.link.id, "发错了人").await.unwrap();
        becomes("the room is silent", || flows(&town, &session, &names) == silent).await;

        // Sound alone was agreed to in the room: its picture stays there.
        let alone = NewConsent { picture: false, ..new.clone() };
        let given = s.guests.consent_at_station(&matter.station, &session, alone).await.unwrap();
        assert_eq!(flows(&town, &session, &names), ["op>station va", "station>op a"]);
        let view = s.assists.view(&op.actor, &session).await.unwrap();
        assert!(view.picture_withheld && !view.sound_waits);
        s.guests.withdraw_at_station(&matter.station, &session, &given.id, Withdrawal::default()).await.unwrap();
        assert_eq!(flows(&town, &session, &names), silent);
        assert!(!s.assists.view(&op.actor, &session).await.unwrap().picture_withheld);
    }

    async fn the_guests_of_a_merged_request_are_those_of_the_one_that_goes_on(town: Town) {
        let s = &town.service;
        let first = asked_at(&town, "华明街道调解室").await;
        town.on_air(&first.device).await;
        let second = Matter {
            device: first.device.clone(),
            station: first.station.clone(),
            request: s.requests.raise(&first.station, tap(), None).await.unwrap(),
        };
        let made = link(&town, &second).await;
        let (guest, view) = come(&town, &made.token).await;
        s.guests.consent(&guest, yes(&view, "赵某", true, true)).await.unwrap();
        let op = town.seat("zhibanyuan").await;
        let session = accept(&town, &first, &op).await;
        let names = [(&first.device.endpoint_id, "station"), (&op.console, "op")];
        assert_eq!(flows(&town, &session, &names), ["op>station v", "station>op v"]);
        assert!(s.assists.view(&op.actor, &session).await.unwrap().guests.is_empty());
        s.requests.act(&op.actor, &second.request.id, Step::Merge { into: first.request.id.clone() }, None).await.unwrap();
        let open = ["op>station va", "station>op va"];
        becomes("what the guest agreed to counts", || flows(&town, &session, &names) == open).await;
        town.link(&end(&guest)).await;
        let seen = s.assists.view(&op.actor, &session).await.unwrap().guests;
        assert_eq!(seen.iter().map(|g| (g.name.as_str(), g.state)).collect::<Vec<_>>(), [("赵某", GuestState::Attending)]);
        let board = s.guests.board(&op.actor, &first.request.id).await.unwrap();
        assert_eq!((board.links.len(), board.guests.len(), board.consents.len()), (1, 1, 1));
        // And is taken out like any other.
        s.guests.remove(&op.actor, &seen[0].id, "与本案无关").await.unwrap();
        becomes("nobody speaks for the room", || flows(&town, &session, &names) == ["op>station v", "station>op v"]).await;
    }

    async fn a_link_that_opens_nothing_says_which_and_what_to_do(town: Town) {
        let s = &town.service;
        let matter = asked_at(&town, OFFICE).await;
        let open = async |token: &str| s.guests.open(token, None, "10.9.9.9").await.map(|_| ()).unwrap_err();
        for nonsense in ["", "g", "../etc", &"z".repeat(64), &"a".repeat(64), &"a".repeat(100_000)] {
            assert_eq!(refusal(open(nonsense).await).0, "guest_link_unknown");
        }
        // Used up: each browser takes one, and the same browser none.
        let made = link(&town, &matter).await;
        let first = s.guests.open(&made.token, None, "10.9.9.9").await.unwrap().secret.unwrap();
        for _ in 0..5 {
            assert_eq!(s.guests.open(&made.token, Some(&first), "10.9.9.9").await.unwrap().secret, None);
        }
        come(&town, &made.token).await;
        come(&town, &made.token).await;
        assert_eq!(refusal(open(&made.token).await), ("guest_link_used_up", Some(3)));
        assert!(s.guests.open(&made.token, Some(&first), "10.9.9.9").await.is_ok(), "whoever came in goes on");

        // Expired: nobody new, and those who came go on, for a while.
        let late = link(&town, &matter).await;
        let (guest, _) = come(&town, &late.token).await;
        town.clock.pass(LINK_LIFE_MS);
        assert_eq!(refusal(open(&late.token).await).0, "guest_link_expired");
        assert!(s.guests.visit(&guest).await.is_ok());
        town.clock.pass(VISIT_LIFE_MS);
        assert_eq!(refusal(s.guests.visit(&guest).await.unwrap_err()).0, "visit_over");

        // Revoked: those who came are out too.
        let gone = link(&town, &matter).await;
        let (guest, _) = come(&town, &gone.token).await;
        let revoked = s.guests.revoke_link(&matter.station, &gone.link.id, "发错人").await.unwrap();
        assert_eq!((revoked.refusal, revoked.revoke_reason.as_str()), (Some(LinkRefusal::Revoked), "发错人"));
        assert_eq!(code(s.guests.revoke_link(&matter.station, &gone.link.id, "再次").await), "guest_link_revoked");
        assert_eq!(refusal(open(&gone.token).await).0, "guest_link_revoked");
        assert_eq!(refusal(s.guests.visit(&guest).await.unwrap_err()).0, "guest_link_revoked");
        let refused: Vec<String> = town.audit().await.into_iter()
            .filter(|row| row.action == "guest.open" && row.result == AuditResult::Refused)
            .map(|row| row.reason)
            .collect();
        assert_eq!(refused, ["used_up", "expired", "revoked"], "of links that are ours; a guess leaves no row");
        assert_eq!(refusal(s.guests.authenticate("nobody", "10.9.9.9").await.unwrap_err()).0, "visit_unknown");
    }

    async fn the_staff_refuses_and_removes_with_a_reason(town: Town) {
        let s = &town.service;
        let matter = asked_at(&town, OFFICE).await;
        town.on_air(&matter.device).await;
        let op = town.seat("zhibanyuan").await;
        let session = accept(&town, &matter, &op).await;
        let made = link(&town, &matter).await;
        let (guest, view) = come(&town, &made.token).await;
        s.guests.consent(&guest, yes(&view, "张三", true, true)).await.unwrap();
        town.link(&end(&guest)).await;
        let visit = guest.guest().unwrap().visit.clone();
        let stranger = town.device_actor(&town.device("张贵庄街道司法所")).await;
        town.refused(&stranger, "guest.remove", s.guests.remove(&stranger, &visit, "无关")).await;
        assert_eq!(s.guests.remove(&op.actor, &visit, "  ").await.unwrap_err().field, Some("reason"));
        let long = s.guests.remove(&op.actor, &visit, &"长".repeat(201)).await.unwrap_err();
        assert_eq!((long.field, long.limit), (Some("reason"), Some(200)));
        let removed = s.guests.remove(&op.actor, &visit, "与本案无关").await.unwrap();
        assert_eq!((removed.state, removed.removed_by.as_str()), (GuestState::Removed, "李明"));
        let citizen = end(&guest);
        assert!(!town.live.granted(&session).iter().any(|(from, to, ..)| *from == citizen || *to == citizen));
        assert_eq!(town.live.ended(), [(citizen.clone(), LinkEnd::Revoked)]);
        let told = s.guests.visit(&guest).await.unwrap_err();
        assert_eq!((told.code, told.value), ("guest_removed", Some("与本案无关".into())));
        assert!(told.zh.contains("与本案无关"));
        assert!(s.net_record().link_rights(&citizen, None).await.is_err());
        // The same browser is not let in again by the same link; another may be.
        assert!(come(&town, &made.token).await.1.consent.is_none());
    }

    async fn what_is_out_of_bounds_names_the_limit(town: Town) {
        let s = &town.service;
        let matter = asked_at(&town, OFFICE).await;
        let make = async |life_ms, max_uses| {
            let new = NewGuestLink { life_ms, max_uses };
            s.guests.make_link(&matter.station, &matter.request.id, new).await
        };
        for (life, uses, field, limit) in [
            (Some(MINUTE), None, "life_ms", 5 * MINUTE),
            (Some(25 * 60 * MINUTE), None, "life_ms", 24 * 60 * MINUTE),
            (None, Some(0), "max_uses", 1),
            (None, Some(11), "max_uses", 10),
        ] {
            let error = make(life, uses).await.unwrap_err();
            assert_eq!((error.field, error.limit), (Some(field), Some(limit)));
        }
        // Who has no right to the request gives no link out.
        let inspector = town.login("dudao").await;
        let new = NewGuestLink::default();
        town.refused(&inspector, "guest.link", s.guests.make_link(&inspector, &matter.request.id, new)).await;

        let made = make(None, Some(10)).await.unwrap();
        let (guest, view) = come(&town, &made.token).await;
        for (new, field, limit) in [
            (yes(&view, "  ", true, true), "name", None),
            (yes(&view, &"名".repeat(41), true, true), "name", Some(40)),
            (yes(&view, "张三", false, false), "sound", None),
        ] {
            let error = s.guests.consent(&guest, new).await.unwrap_err();
            assert_eq!((error.field, error.limit), (Some(field), limit));
        }
        // A new version asks anew, and former consents stand.
        let admin = town.login("sysadmin").await;
        let unit_id = town.district().await;
        let text = |body: &str| lianxian_service::guests::NewConsentText {
            unit_id: unit_id.clone(), title: "同意书".into(), body: body.into(),
        };
        town.refused(&inspector, "consent.text", s.guests.put_text(&inspector, text("改"))).await;
        assert_eq!(s.guests.put_text(&admin, text(&"长".repeat(8_001))).await.unwrap_err().limit, Some(8_000));
        s.guests.consent(&guest, yes(&view, "张三", true, true)).await.unwrap();
        assert_eq!(s.guests.put_text(&admin, text("第二版")).await.unwrap().version, 2);
        let stale = s.guests.consent(&guest, yes(&view, "张三", true, true)).await.unwrap_err();
        assert_eq!((stale.code, stale.value), ("consent_text_changed", Some(2.into())));
        let view = s.guests.visit(&guest).await.unwrap();
        assert_eq!((view.text.version, view.consent.unwrap().text_version), (2, 1));

        // So many guests at once and no more; so many corrections and no more.
        town.on_air(&matter.device).await;
        let op = town.seat("zhibanyuan").await;
        accept(&town, &matter, &op).await;
        for n in 0..MAX_GUESTS {
            let (one, view) = come(&town, &made.token).await;
            s.guests.consent(&one, yes(&view, &format!("来访{n}"), true, true)).await.unwrap();
            s.guests.may_come_in(&one).await.unwrap();
            town.link(&end(&one)).await;
        }
        let full = s.guests.may_come_in(&guest).await.unwrap_err();
        assert_eq!((full.code, full.limit), ("guests_full", Some(MAX_GUESTS as i64)));
        assert!(town.service.net_record().link_opened(opening(&end(&guest))).await.is_err(), "nor past the door");
        let step = Step::Finish { result: String::new() };
        s.requests.act(&op.actor, &matter.request.id, step, None).await.unwrap();
        let judge = async || s.guests.judge(&guest, Judgement { grade: Grade::Fair, text: String::new() }).await;
        for _ in 0..MAX_RATINGS {
            judge().await.unwrap();
        }
        let over = judge().await.unwrap_err();
        assert_eq!((over.code, over.limit), ("too_many_ratings", Some(MAX_RATINGS)));
        let long = Judgement { grade: Grade::Fair, text: "长".repeat(1_001) };
        assert_eq!(s.guests.judge(&guest, long).await.unwrap_err().limit, Some(1_000));
    }
}

fn opening(endpoint: &EndpointId) -> lianxian_service::ports::record::LinkOpened {
    lianxian_service::ports::record::LinkOpened {
        endpoint: endpoint.clone(),
        enrolment: None,
        participant: lianxian_model::ids::ParticipantSid("PA_late".into()),
        client: lianxian_model::link::ClientInfo::default(),
        ip: "10.9.9.9".into(),
    }
}

async fn town_refuses(town: &Town, stranger: &Actor, session: &SessionId, new: NewConsent) {
    let act = town.service.guests.consent_at_station(stranger, session, new);
    town.refused(stranger, "consent.give", act).await;
}
