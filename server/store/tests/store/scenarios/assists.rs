//! Assistances: a call that the site takes, an expert who is added, whispers, lost lines, and who may do what.

use crate::harness::town::{SECOND, Seat, Town, code, in_both_towns};
use lianxian_model::assist::ASSIST_GRACE_MS;
use lianxian_model::ids::{EndpointId, SessionId};
use lianxian_model::link::{LinkEnd, PublishRights};
use lianxian_model::media::TrackKind;
use lianxian_model::session::{Attendance, LeaveReason, Mode, SessionEnd, SessionKind, SessionState};
use lianxian_service::assists::{AssistView, Joining, NewAssist, NewParty};
use lianxian_service::demo::DemoDevice;
use lianxian_service::guests::NewConsent;
use lianxian_service::ports::record::{LinkOwner, SubscriptionStarted};
use lianxian_service::requests::RequestStepWanted as Step;

async fn call(town: &Town, seat: &Seat, device: &DemoDevice) -> AssistView {
    let new =
        NewAssist {
            site_id: device.site_id.clone(), endpoint_id: seat.console.clone(), purpose: "指导 取证".into()
        };
    town.service.assists.call(&seat.actor, new, None).await.unwrap()
}

fn joining(seat: &Seat) -> Joining {
    Joining { endpoint_id: seat.console.clone() }
}

fn party(seat: &Seat, mode: Mode) -> NewParty {
    NewParty { account_id: seat.actor.account().unwrap().account.clone(), mode }
}

fn pairs(town: &Town, session: &SessionId, names: &[(&EndpointId, &str)]) -> Vec<String> {
    let name = |id: &EndpointId| names.iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| *name);
    let mut pairs: Vec<String> = town
        .live
        .granted(session)
        .iter()
        .map(|(from, to, video, audio)| {
            let kinds = [(*video, "v"), (*audio, "a")].iter().filter(|k| k.0).map(|k| k.1).collect::<String>();
            format!("{}>{} {kinds}", name(from), name(to))
        })
        .collect();
    pairs.sort();
    pairs
}

/// What the net itself puts on record it is told in its own time.
async fn becomes(town: &Town, session: &SessionId, names: &[(&EndpointId, &str)], expected: &[&str]) {
    let told = async {
        while pairs(town, session, names) != expected {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_secs(10), told).await;
    assert!(in_time.is_ok(), "{:?} and not {expected:?}", pairs(town, session, names));
}

in_both_towns! {
    async fn an_assistance_from_its_call_to_its_end(town: Town) {
        let s = &town.service;
        // A mediation room with its privacy switch on: patrols see nothing of it.
        let room = town.device("华明街道调解室");
        let device = town.device_actor(&room).await;
        let (station_link, _) = town.on_air(&room).await;
        s.stations.set_privacy(&device, true, "正在调解").await.unwrap();
        let (op, expert) = (town.seat("zhibanyuan").await, town.seat("lvshi").await);
        let names = [(&room.endpoint_id, "station"), (&op.console, "op"), (&expert.console, "expert")];

        let view = call(&town, &op, &room).await;
        let id = view.session.id.clone();
        assert_eq!((view.session.kind, view.session.purpose.as_str()), (SessionKind::Assist, "指导 取证"));
        assert_eq!(view.session.number, "HH20261125HM02001");
        assert_eq!((view.station_present, view.answered_ms), (true, None));
        assert_eq!(town.live.granted(&id), [], "a call that was not taken shows nothing");
        assert_eq!(town.live.rights(&op.console).unwrap().may_publish, PublishRights::NONE);
        let seen = s.stations.view(&device).await.unwrap();
        assert_eq!(seen.assist.as_ref().map(|assist| &assist.session.id), Some(&id));
        assert_eq!(seen.watchers, [], "an assistance is no patrol");

        let answered = town.clock.pass(SECOND);
        assert_eq!(s.assists.answer(&device, &id).await.unwrap().answered_ms, Some(answered));
        // Seen at once; heard once somebody there has agreed to it.
        assert_eq!(pairs(&town, &id, &names), ["op>station v", "station>op v"]);
        let text = s.guests.texts(&device, &device.device().unwrap().unit).await.unwrap().current;
        let consent = NewConsent { name: "王某".into(), sha256: text.sha256, picture: true, sound: true };
        s.guests.consent_at_station(&device, &id, consent).await.unwrap();
        assert_eq!(pairs(&town, &id, &names), ["op>station va", "station>op va"]);
        let rights = town.live.rights(&op.console).unwrap();
        assert_eq!((rights.may_publish, rights.hidden), (PublishRights::ALL, false));
        // Taken twice is taken once.
        assert_eq!(s.assists.answer(&device, &id).await.unwrap().answered_ms, Some(answered));

        // The expert is asked, and comes in while the others go on.
        town.refused(&expert.actor, "assist.join", s.assists.join(&expert.actor, &id, joining(&expert))).await;
        assert_eq!(town.live.rights(&expert.console), None);
        let asked = s.assists.invite(&op.actor, &id, party(&expert, Mode::Join)).await.unwrap();
        assert_eq!(asked.invited.len(), 1);
        assert!(s.sessions.get(&expert.actor, &id).await.is_ok(), "whoever is asked reads what it is about");
        let joined = s.assists.join(&expert.actor, &id, joining(&expert)).await.unwrap();
        assert_eq!((joined.parties.len(), joined.invited.len()), (2, 0));
        let all = ["expert>op va", "expert>station va", "op>expert va", "op>station va", "station>expert va",
            "station>op va"];
        assert_eq!(pairs(&town, &id, &names), all);
        assert_eq!(code(s.assists.join(&expert.actor, &id, joining(&expert)).await), "console_busy");
        assert_eq!(code(s.assists.invite(&op.actor, &id, party(&expert, Mode::Join)).await), "already_attends");

        // Whispered to the staff; the station hears nothing of it.
        s.assists.set_mode(&expert.actor, &id, Mode::Whisper).await.unwrap();
        let whispered = pairs(&town, &id, &names);
        assert!(whispered.contains(&"expert>station v".into()) && whispered.contains(&"expert>op va".into()));
        assert_eq!(town.live.rights(&expert.console).unwrap().may_publish, PublishRights::ALL);
        // With earphones on it does, until they are taken off; said twice is said once.
        for worn in [true, true, false] {
            assert_eq!(s.assists.wear_earphones(&device, &id, worn).await.unwrap().earphones, worn);
            let whispered = pairs(&town, &id, &names);
            assert_eq!(whispered.contains(&"expert>station va".into()), worn, "{whispered:?}");
        }
        let detail = s.sessions.get(&op.actor, &id).await.unwrap();
        assert_eq!(detail.timeline.iter().filter(|line| line.kind == "assist.earphones").count(), 2);
        let elsewhere = town.device_actor(&town.device("区中心服务大厅")).await;
        town.refused(&elsewhere, "assist.earphones", s.assists.wear_earphones(&elsewhere, &id, true)).await;
        s.assists.set_mode(&expert.actor, &id, Mode::Join).await.unwrap();
        assert_eq!(pairs(&town, &id, &names), all);

        // A lost line keeps its place, the station's and the expert's alike.
        s.assists.wear_earphones(&device, &id, true).await.unwrap();
        town.unlink(&room.endpoint_id, &station_link, LinkEnd::Lost).await;
        becomes(&town, &id, &names, &["expert>op va", "op>expert va"]).await;
        town.unlink(&expert.console, &expert.participant, LinkEnd::Lost).await;
        becomes(&town, &id, &names, &[]).await;
        assert_eq!(town.live.rights(&expert.console).unwrap().may_publish, PublishRights::NONE);
        town.link(&room.endpoint_id).await;
        let back = town.link(&expert.console).await;
        becomes(&town, &id, &names, &all).await;
        let told = s.net_record().link_rights(&expert.console, None).await.unwrap().rights.may_publish;
        assert_eq!(told, PublishRights::ALL, "it may speak as before");
        // Nobody knows what was done with the earphones meanwhile: they count as taken off, and that is on record.
        let detail = s.sessions.get(&op.actor, &id).await.unwrap();
        assert!(!s.assists.view(&op.actor, &id).await.unwrap().earphones);
        let told = detail.timeline.iter().rfind(|line| line.kind == "assist.earphones").unwrap();
        assert!(told.text_zh.starts_with("现场工作站重新连线"), "{}", told.text_zh);
        s.assists.set_mode(&expert.actor, &id, Mode::Whisper).await.unwrap();
        assert!(pairs(&town, &id, &names).contains(&"expert>station v".into()));
        s.assists.set_mode(&expert.actor, &id, Mode::Join).await.unwrap();

        let account = expert.actor.account().unwrap().account.clone();
        s.assists.remove(&op.actor, &id, &account).await.unwrap();
        assert_eq!(pairs(&town, &id, &names), ["op>station va", "station>op va"]);
        assert_eq!(town.live.rights(&expert.console).unwrap().may_publish, PublishRights::NONE);
        town.unlink(&expert.console, &back, LinkEnd::Left).await;
        let own = op.actor.account().unwrap().account.clone();
        assert_eq!(code(s.assists.remove(&op.actor, &id, &own).await), "leader_stays");

        let over = s.sessions.end(&op.actor, &id, "已办结").await.unwrap();
        assert_eq!((over.state, over.end_cause), (SessionState::Ended, Some(SessionEnd::Ended)));
        assert_eq!(town.live.granted(&id), []);
        assert_eq!(town.live.rights(&op.console).unwrap().may_publish, PublishRights::NONE);
        assert_eq!(s.stations.view(&device).await.unwrap().assist, None);

        let detail = s.sessions.get(&op.actor, &id).await.unwrap();
        let kinds: Vec<_> = detail.timeline.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds[..4], ["assist.called", "attendance.joined", "attendance.joined", "assist.answered"]);
        assert!(kinds.contains(&"assist.invited") && kinds.last() == Some(&"session.ended"), "{kinds:?}");
        let register: Vec<_> = detail.register.iter().map(|row| row.person.name.as_str()).collect();
        assert!(register.contains(&"李明") && register.contains(&"孙雅琴"), "{register:?}");
        assert!(detail.register.iter().all(|row| row.to_ms.is_some()));
        let reasons: Vec<_> = detail.attendances.iter().filter_map(|a| a.leave_reason).collect();
        for reason in [LeaveReason::ModeChanged, LeaveReason::LinkLost, LeaveReason::Revoked, LeaveReason::SessionEnded] {
            assert!(reasons.contains(&reason), "{reason} of {reasons:?}");
        }
        town.chain_holds().await;
    }

    async fn who_only_watches_and_who_may_not_speak(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let (op, chief, other) = (town.seat("zhibanyuan").await, town.seat("zhibanzhang").await, town.seat("dudao").await);
        let id = call(&town, &op, &office).await.session.id;
        s.assists.answer(&town.device_actor(&office).await, &id).await.unwrap();
        // An inspector watches sites, but answers no requests: not to be asked, not to come in, not to say who does.
        assert_eq!(code(s.assists.invite(&op.actor, &id, party(&other, Mode::Watch)).await), "may_not_answer");
        town.refused(&other.actor, "assist.join", s.assists.join(&other.actor, &id, joining(&other))).await;
        town.refused(&other.actor, "assist.invite", s.assists.invite(&other.actor, &id, party(&chief, Mode::Join))).await;
        town.refused(&other.actor, "session.end", s.sessions.end(&other.actor, &id, "")).await;
        let elsewhere = NewAssist {
            site_id: office.site_id.clone(), endpoint_id: op.console.clone(), purpose: "事由".into(),
        };
        town.refused(&chief.actor, "assist.open", s.assists.call(&chief.actor, elsewhere, None)).await;
        let device = town.device_actor(&town.device("区中心服务大厅")).await;
        town.refused(&device, "assist.hang_up", s.assists.hang_up(&device, &id)).await;

        s.assists.invite(&op.actor, &id, party(&chief, Mode::Watch)).await.unwrap();
        s.assists.join(&chief.actor, &id, joining(&chief)).await.unwrap();
        assert_eq!(town.live.rights(&chief.console).unwrap().may_publish, PublishRights::NONE);
        let names = [(&office.endpoint_id, "station"), (&op.console, "op"), (&chief.console, "chief")];
        assert_eq!(pairs(&town, &id, &names), ["op>chief va", "op>station va", "station>chief va", "station>op va"]);
        town.refused(&chief.actor, "assist.mode", s.assists.set_mode(&chief.actor, &id, Mode::Join)).await;

        // Neither end takes part twice.
        let again = NewAssist {
            site_id: office.site_id.clone(), endpoint_id: chief.console.clone(), purpose: "事由".into(),
        };
        assert_eq!(code(s.assists.call(&chief.actor, again, None).await), "station_busy");
        let hall = town.device("区中心服务大厅");
        let second = NewAssist { site_id: hall.site_id.clone(), endpoint_id: op.console.clone(), purpose: "事由".into() };
        assert_eq!(code(s.assists.call(&op.actor, second.clone(), None).await), "station_offline");
        town.on_air(&hall).await;
        assert_eq!(code(s.assists.call(&op.actor, second, None).await), "console_busy");
        // A patrol of the same console and site is a session of its own.
        let (_, patrols) = town.watch(&op, "日常巡查", &[&office.site_id]).await;
        assert_ne!(patrols[0].id, id);
    }

    async fn whoever_leads_is_awaited_and_may_come_back_elsewhere(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let op = town.seat("zhibanyuan").await;
        let id = call(&town, &op, &office).await.session.id;
        s.assists.answer(&town.device_actor(&office).await, &id).await.unwrap();
        s.logins.logout(&op.actor).await.unwrap();
        let waiting = town.db.read().await.session(&id).await.unwrap().unwrap();
        assert!(waiting.is_open() && waiting.observer_lost_ms.is_some(), "the site keeps its place");
        assert_eq!(waiting.attendances[0].leave_reason, Some(LeaveReason::Left), "no line broke");
        assert!(waiting.open_attendances().any(|a| a.mode == Mode::Present));

        town.clock.pass(ASSIST_GRACE_MS - 1);
        s.sweep().await.unwrap();
        let again = town.seat("zhibanyuan").await;
        let view = s.assists.join(&again.actor, &id, joining(&again)).await.unwrap();
        assert_eq!((view.leader_lost_ms, view.parties.len(), view.parties[0].leads), (None, 1, true));
        let names = [(&office.endpoint_id, "station"), (&again.console, "op")];
        assert_eq!(pairs(&town, &id, &names), ["op>station va", "station>op va"]);

        // Nobody comes: it ends.
        town.unlink(&again.console, &again.participant, LinkEnd::Lost).await;
        town.clock.pass(ASSIST_GRACE_MS);
        s.sweep().await.unwrap();
        let over = town.db.read().await.session(&id).await.unwrap().unwrap();
        assert_eq!(over.end_cause, Some(SessionEnd::ObserverLost));
        assert!(over.open_attendances().next().is_none());
    }

    async fn a_console_between_two_pages_of_ours_is_said_to_have_left_the_page(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let op = town.seat("zhibanyuan").await;
        // From the desk there is no link yet, and so nobody who could leave.
        town.unlink(&op.console, &op.participant, LinkEnd::Left).await;
        let id = call(&town, &op, &office).await.session.id;
        let leader = async || {
            let session = town.db.read().await.session(&id).await.unwrap().unwrap();
            let of = |a: &&Attendance| a.endpoint_id.as_ref() == Some(&op.console);
            let reasons: Vec<_> = session.attendances.iter().filter(of).map(|a| a.leave_reason).collect();
            (session.observer_lost_ms.is_some(), reasons)
        };
        assert_eq!(leader().await, (true, vec![]));
        let participant = town.link(&op.console).await;
        assert_eq!(leader().await, (false, vec![None]));
        town.unlink(&op.console, &participant, LinkEnd::Left).await;
        assert_eq!(leader().await, (true, vec![Some(LeaveReason::PageLeft)]));
        let participant = town.link(&op.console).await;
        town.unlink(&op.console, &participant, LinkEnd::Lost).await;
        assert_eq!(leader().await, (true, vec![Some(LeaveReason::PageLeft), Some(LeaveReason::LinkLost)]));
        town.link(&op.console).await;
        assert_eq!(leader().await.1.last(), Some(&None), "and comes back from both");
        s.assists.answer(&town.device_actor(&office).await, &id).await.unwrap();
        assert_eq!(pairs(&town, &id, &[(&office.endpoint_id, "station"), (&op.console, "op")]), ["op>station va", "station>op va"]);
    }

    async fn whoever_is_in_it_leads_it_on_and_has_the_request(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let (op, expert) = (town.seat("zhibanyuan").await, town.seat("lvshi").await);
        let station = town.device_actor(&office).await;
        let tap = serde_json::from_value(serde_json::json!({})).unwrap();
        let request = s.requests.raise(&station, tap, None).await.unwrap();
        let accept = Step::Accept { endpoint_id: Some(op.console.clone()) };
        let id = s.requests.act(&op.actor, &request.id, accept, None).await.unwrap().session_id.unwrap();
        s.assists.invite(&op.actor, &id, party(&expert, Mode::Whisper)).await.unwrap();
        s.assists.join(&expert.actor, &id, joining(&expert)).await.unwrap();
        assert_eq!(code(s.assists.join(&expert.actor, &id, joining(&expert)).await), "console_busy", "somebody leads it");
        s.logins.logout(&op.actor).await.unwrap();

        let view = s.assists.join(&expert.actor, &id, joining(&expert)).await.unwrap();
        assert_eq!((view.leader_lost_ms, view.parties.len()), (None, 1));
        assert_eq!((view.parties[0].leads, view.parties[0].mode), (true, Mode::Join));
        let names = [(&office.endpoint_id, "station"), (&expert.console, "expert")];
        assert_eq!(pairs(&town, &id, &names), ["expert>station va", "station>expert va"]);
        let has = s.requests.get(&expert.actor, &request.id).await.unwrap();
        assert_eq!(has.request.assignee.map(|party| party.name), Some("孙雅琴".into()));
        assert_eq!(has.request.owner.map(|party| party.name), Some("李明".into()), "the first contact stays");
        assert!(has.steps.iter().any(|step| step.kind == "lead" && step.actor == "孙雅琴"));
        town.clock.pass(ASSIST_GRACE_MS);
        s.sweep().await.unwrap();
        assert!(town.db.read().await.session(&id).await.unwrap().unwrap().is_open(), "nobody is cut off");
        let finish = Step::Finish { result: "已答复".into() };
        s.requests.act(&expert.actor, &request.id, finish, None).await.unwrap();
    }

    async fn whoever_was_taken_out_needs_a_new_invitation(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let (op, expert) = (town.seat("zhibanyuan").await, town.seat("lvshi").await);
        let (id, _) = town.assisted(&office, &op).await;
        let invite = || s.assists.invite(&op.actor, &id, party(&expert, Mode::Join));
        let asking = async || {
            let views = s.assists.invitations(&expert.actor).await.unwrap();
            views.into_iter().map(|view| view.session.id).collect::<Vec<_>>()
        };
        assert!(asking().await.is_empty());
        invite().await.unwrap();
        assert_eq!((asking().await, s.assists.invitations(&op.actor).await.unwrap().len()), (vec![id.clone()], 0));
        s.assists.join(&expert.actor, &id, joining(&expert)).await.unwrap();
        assert!(asking().await.is_empty(), "whoever came is no longer asked");
        let account = expert.actor.account().unwrap().account.clone();
        town.clock.pass(SECOND);
        s.assists.remove(&op.actor, &id, &account).await.unwrap();
        town.refused(&expert.actor, "assist.join", s.assists.join(&expert.actor, &id, joining(&expert))).await;
        town.refused(&expert.actor, "session.read", s.assists.view(&expert.actor, &id)).await;
        // What is said from then on is not told there.
        let from = s.events.latest().await.unwrap();
        s.drawings.say(&op.actor, &id, "仅限在场的人").await.unwrap();
        let heard = s.events.since(&expert.actor, from).await.unwrap().events;
        assert!(heard.iter().all(|event| event.session_id.as_ref() != Some(&id)), "{heard:?}");
        assert!(asking().await.is_empty(), "nor whoever was taken out");
        town.clock.pass(SECOND);
        invite().await.unwrap();
        assert_eq!(asking().await, std::slice::from_ref(&id));
        s.assists.join(&expert.actor, &id, joining(&expert)).await.unwrap();
        s.assists.view(&expert.actor, &id).await.unwrap();
    }

    async fn the_story_says_whose_picture_reached_whom(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        let (station_link, track) = town.on_air(&office).await;
        let op = town.seat("zhibanyuan").await;
        let id = call(&town, &op, &office).await.session.id;
        s.assists.answer(&town.device_actor(&office).await, &id).await.unwrap();
        town.picture_arrives(&id, &op, &office, &track).await;
        let back = town.publish(&op.console, &op.participant).await;
        let started = SubscriptionStarted {
            sessions: vec![id.clone()],
            subscriber: LinkOwner::Endpoint(office.endpoint_id.clone()),
            subscriber_participant: station_link.clone(),
            publisher: LinkOwner::Endpoint(op.console.clone()),
            track: back.clone(),
            kind: TrackKind::Video,
        };
        s.net_record().subscriptions_started(vec![started]).await.unwrap();
        s.net_record().first_packet(&station_link, &back).await.unwrap();
        let detail = s.sessions.get(&op.actor, &id).await.unwrap();
        let said: Vec<_> = detail.timeline.iter().map(|line| line.text_zh.as_str()).collect();
        assert!(said.iter().any(|line| line.contains("的画面到达李明")), "{said:?}");
        assert!(said.iter().any(|line| line.starts_with("李明的画面到达华明街道司法所")), "{said:?}");
        assert_eq!(detail.tracks.len(), 2);
        assert!(detail.register[0].first_picture_ms.is_some());
    }
}
