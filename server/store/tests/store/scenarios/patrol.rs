//! The main job: a purpose, sites, pictures, the register, a case, the end.

use crate::harness::town::{SECOND, Town, all, code, in_both_towns, picked};
use async_trait::async_trait;
use lianxian_model::case::CaseKind;
use lianxian_model::ids::SessionId;
use lianxian_model::media::TrackSummary;
use lianxian_model::register::{OfflineCause, WatchEnd};
use lianxian_model::session::{LeaveReason, Mode, OBSERVER_GRACE_MS, SessionEnd, SessionState};
use lianxian_model::time::Clock;
use lianxian_service::cases::NewCaseLink;
use lianxian_service::ports::live::{LinkEnd, MediaFull};
use lianxian_service::ports::store::{Store, StoreError, StoreResult, Tx};
use lianxian_service::presence::PresenceState;
use lianxian_service::register::RegisterFilter;
use lianxian_service::sessions::SessionFilter;
use lianxian_service::{ErrorKind, Service, Setup};
use lianxian_store::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

async fn story(town: &Town, session: &SessionId) -> Vec<String> {
    town.db.read().await.timeline(session).await.unwrap().into_iter().map(|line| line.kind).collect()
}

/// A database that cannot be read for a time.
struct Blinking {
    store: Arc<Database>,
    is_blind: AtomicBool,
}

#[async_trait]
impl Store for Blinking {
    async fn begin(&self) -> StoreResult<Box<dyn Tx>> {
        self.store.begin().await
    }

    async fn read(&self) -> StoreResult<Box<dyn Tx>> {
        match self.is_blind.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("blind".into())),
            false => self.store.read().await,
        }
    }

    async fn settled(&self) -> StoreResult<()> {
        self.store.settled().await
    }
}

in_both_towns! {
    async fn grants_that_cannot_be_read_are_withdrawn_until_they_can(town: Town) {
        let mut town = town;
        let store = Arc::new(Blinking { store: town.db.store.clone(), is_blind: AtomicBool::new(false) });
        town.service = Service::new(Setup { store: store.clone(), clock: town.clock.clone() });
        town.live = Arc::default();
        town.service.attach_live(town.live.clone());
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let granted = async |is_granted: bool| {
            let told = async {
                while town.live.granted(&sessions[0].id).is_empty() == is_granted {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), told).await.expect("the net is told");
        };
        granted(true).await;
        store.is_blind.store(true, Ordering::SeqCst);
        // Whatever changes the session has its grants read anew.
        town.link(&device.endpoint_id).await;
        granted(false).await;
        store.is_blind.store(false, Ordering::SeqCst);
        granted(true).await;
    }

    async fn a_patrol_from_its_purpose_to_its_end(town: Town) {
        let s = &town.service;
        let (office, room) = (town.device("华明街道司法所"), town.device("华明街道调解室"));
        let (office_link, office_track) = town.on_air(&office).await;
        let (_, room_track) = town.on_air(&room).await;
        let seat = town.seat("zhihuizhang").await;
        assert_eq!(s.watches.open(&seat.actor, "  ", None).await.unwrap_err().field, Some("purpose"));

        let started = town.clock.pass(SECOND);
        let (watch, sessions) = town.watch(&seat, " 节前  安全检查 ", &[&office.site_id, &room.site_id]).await;
        assert_eq!(watch.purpose, "节前 安全检查");
        assert_eq!(s.watches.current(&seat.actor).await.unwrap(), Some(watch.clone()));
        let numbers: Vec<_> = sessions.iter().map(|session| session.number.as_str()).collect();
        assert_eq!(numbers, ["HH20261125HM01001", "HH20261125HM02001"]);
        // Of a mediation room, a picture and never a sound.
        let grant = |publisher: &lianxian_service::demo::DemoDevice, audio| {
            vec![(publisher.endpoint_id.clone(), seat.console.clone(), true, audio)]
        };
        assert_eq!(town.live.granted(&sessions[0].id), grant(&office, true));
        assert_eq!(town.live.granted(&sessions[1].id), grant(&room, false));
        assert_eq!(s.net_record().grants().await.unwrap().len(), 2, "as a net that starts now is told");

        // The site knows who watches, and why.
        let device = town.device_actor(&office).await;
        let view = s.stations.view(&device).await.unwrap();
        let [watcher] = &view.watchers[..] else { panic!("{:?}", view.watchers) };
        assert_eq!((watcher.name.as_str(), watcher.unit.as_str()), ("陈志远", "东丽区公共法律服务中心"));
        assert_eq!((watcher.purpose.as_str(), watcher.since_ms, watcher.audio), ("节前 安全检查", started, true));

        let pictured = town.clock.pass(300);
        town.picture_arrives(&sessions[0].id, &seat, &office, &office_track).await;
        town.picture_arrives(&sessions[1].id, &seat, &room, &room_track).await;

        // Picked again, a site is the session that it is.
        let again = s.watches.open_sites(&seat.actor, &watch.id, picked(&seat, &[&office.site_id])).await.unwrap();
        assert_eq!(again[0].session.as_ref().unwrap().id, sessions[0].id);

        let case = |number: &str| NewCaseLink { number: number.into(), kind: CaseKind::Mediation };
        let link = s.cases.link(&seat.actor, &sessions[1].id, case("晋医人调字[2019]011号"), None).await.unwrap();
        assert_eq!(link.normalised, "晋医人调字(2019)11号");
        let twice = s.cases.link(&seat.actor, &sessions[1].id, case("晋医人调字〔2019〕11号"), None).await;
        assert_eq!(code(twice), "already_linked");
        let unlike = s.cases.link(&seat.actor, &sessions[1].id, case("随便写"), None).await.unwrap_err();
        assert_eq!(unlike.field, Some("number"));

        town.clock.pass(60 * SECOND);
        let summary = TrackSummary { packets: 9_000, bytes: 9_000_000, ..TrackSummary::default() };
        s.net_record().track_ended(&office_track, summary.clone()).await.unwrap();
        town.unlink(&office.endpoint_id, &office_link, LinkEnd::Lost).await;
        let ended = town.clock.pass(SECOND);
        let over = s.watches.end(&seat.actor, &watch.id).await.unwrap();
        assert_eq!((over.ended_ms, over.end_cause), (Some(ended), Some(WatchEnd::Ended)));
        assert_eq!(code(s.watches.end(&seat.actor, &watch.id).await), "watch_not_open");
        let late = s.watches.open_sites(&seat.actor, &watch.id, picked(&seat, &[&office.site_id])).await;
        assert_eq!(code(late), "watch_not_open");
        for session in &sessions {
            assert_eq!(town.live.granted(&session.id), []);
        }

        // By its other spellings, after the end.
        for spelling in ["晋医人调字[2019]011号", "晋医人调字（２０１９）11号", " 晋医人调字【2019】 0011 号 "] {
            let found = s.cases.sessions(&seat.actor, spelling, &all()).await.unwrap().items;
            let found: Vec<_> = found.iter().map(|session| &session.id).collect();
            assert_eq!(found, [&sessions[1].id], "{spelling}");
        }
        assert!(s.cases.sessions(&seat.actor, "晋医人调字[2019]12号", &all()).await.unwrap().items.is_empty());

        // One row a site: whose picture, why, who, from when to when.
        let register = s.register.list(&seat.actor, &RegisterFilter::default(), &all()).await.unwrap().items;
        assert_eq!(register.len(), 2);
        for (row, session) in register.iter().rev().zip(&sessions) {
            assert_eq!((&row.session_id, &row.number), (&session.id, &session.number));
            assert_eq!((row.from_ms, row.to_ms, row.first_picture_ms), (started, Some(ended), Some(pictured)));
            assert_eq!((row.purpose.as_str(), row.person.name.as_str()), ("节前 安全检查", "陈志远"));
        }
        assert_eq!((register[1].content.as_str(), register[0].content.as_str()), ("实时视频、声音", "实时视频（无声音）"));
        let ledger = s.stations.ledger(&device, &all()).await.unwrap().items;
        assert_eq!(ledger, register[1..], "the watched read what the watchers' register says");
        assert!(s.stations.view(&device).await.unwrap().watchers.is_empty());

        let detail = s.sessions.get(&seat.actor, &sessions[0].id).await.unwrap();
        let kinds: Vec<_> = detail.timeline.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds, ["session.opened", "attendance.joined", "attendance.joined", "picture.first",
            "attendance.left", "attendance.left", "session.ended"]);
        let modes: Vec<_> = detail.attendances.iter().map(|a| (a.mode, a.leave_reason)).collect();
        assert!(modes.contains(&(Mode::Watch, Some(LeaveReason::SessionEnded))), "{modes:?}");
        assert!(modes.contains(&(Mode::Present, Some(LeaveReason::LinkLost))), "{modes:?}");
        assert_eq!(detail.tracks.len(), 1);
        assert_eq!(detail.tracks[0].summary, Some(summary));
        let story = story(&town, &sessions[1].id).await;
        assert_eq!(story[3..], ["picture.first", "case.linked", "attendance.left", "attendance.left", "session.ended"]);

        // A link is withdrawn, with a reason, and stays to be seen.
        let cases = &s.cases;
        let mute = cases.withdraw(&seat.actor, &sessions[1].id, &link.id, " ").await.unwrap_err();
        assert_eq!(mute.field, Some("reason"));
        cases.withdraw(&seat.actor, &sessions[1].id, &link.id, "填错会话").await.unwrap();
        assert_eq!(code(cases.withdraw(&seat.actor, &sessions[1].id, &link.id, "再撤").await), "already_withdrawn");
        assert!(cases.sessions(&seat.actor, "晋医人调字[2019]011号", &all()).await.unwrap().items.is_empty());
        let kept = s.sessions.get(&seat.actor, &sessions[1].id).await.unwrap().session.cases;
        assert_eq!(kept[0].withdraw_reason.as_deref(), Some("填错会话"));
        s.cases.link(&seat.actor, &sessions[1].id, case("晋医人调字[2019]011号"), None).await.unwrap();
        town.chain_holds().await;
    }

    async fn an_observer_who_is_back_in_time_goes_on(town: Town) {
        let device = town.device("华明街道司法所");
        let mut seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        town.unlink(&seat.console, &seat.participant, LinkEnd::Lost).await;
        town.clock.pass(OBSERVER_GRACE_MS - 1);
        town.service.sweep().await.unwrap();
        seat.participant = town.link(&seat.console).await;
        town.clock.pass(OBSERVER_GRACE_MS * 4);
        town.service.sweep().await.unwrap();
        let session = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!((session.state, session.observer_lost_ms), (SessionState::Open, None));
        let reasons: Vec<_> = session.attendances.iter().map(|a| a.leave_reason).collect();
        assert_eq!(reasons, [Some(LeaveReason::LinkLost), None]);

        town.unlink(&seat.console, &seat.participant, LinkEnd::Left).await;
        let ended = town.clock.pass(OBSERVER_GRACE_MS);
        town.service.sweep().await.unwrap();
        let session = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!((session.end_cause, session.ended_ms), (Some(SessionEnd::ObserverLost), Some(ended)));
        assert_eq!(town.live.granted(&sessions[0].id), []);
        assert!(town.audit().await.iter().any(|row| row.action == "session.observer_lost"));
    }

    /// The page that asked for the sessions never opened its link.
    async fn a_console_without_a_link_is_not_awaited_for_ever(town: Town) {
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        town.unlink(&seat.console, &seat.participant, LinkEnd::Left).await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        town.clock.pass(OBSERVER_GRACE_MS);
        town.service.sweep().await.unwrap();
        let session = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!(session.end_cause, Some(SessionEnd::ObserverLost));
    }

    async fn a_site_that_comes_and_goes_is_seen_to(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let presence = async || {
            let board = s.presence.list(&seat.actor).await.unwrap();
            let of_site = board.into_iter().find(|view| view.endpoint_id == device.endpoint_id).unwrap();
            (of_site.state, of_site.on_air, of_site.since_ms, of_site.cause)
        };
        assert_eq!(presence().await, (PresenceState::Offline, false, None, Some(OfflineCause::Never)));
        let came = town.clock.pass(SECOND);
        let (link, _) = town.on_air(&device).await;
        assert_eq!(presence().await, (PresenceState::Online, true, Some(came), None));
        town.clock.pass(SECOND);
        // The device comes again before its old link was missed.
        let second = town.link(&device.endpoint_id).await;
        town.unlink(&device.endpoint_id, &link, LinkEnd::Duplicate).await;
        assert_eq!(presence().await.0, PresenceState::Online);
        let went = town.clock.pass(SECOND);
        town.unlink(&device.endpoint_id, &second, LinkEnd::Lost).await;
        assert_eq!(presence().await, (PresenceState::Offline, false, Some(went), Some(OfflineCause::Lost)));
        let session = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert!(session.is_open(), "the patrol waits for its site");
        let site: Vec<_> = session.attendances.iter().filter(|a| a.mode == Mode::Present).collect();
        let reasons: Vec<_> = site.iter().map(|a| a.leave_reason).collect();
        assert_eq!(reasons, [Some(LeaveReason::Duplicate), Some(LeaveReason::LinkLost)]);
    }

    async fn sites_that_cannot_be_watched_say_why_one_by_one(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let bare = s.org.tree(&town.login("zhihuizhang").await).await.unwrap();
        let bare = bare.sites.into_iter().find(|site| site.name == "区中心指挥室").unwrap().id;
        let nowhere = "nowhere".into();
        let seat = town.seat("zhihuizhang").await;
        let watch = s.watches.open(&seat.actor, "日常巡查", None).await.unwrap();
        let sites = [&nowhere, &bare, &device.site_id, &device.site_id];
        let opened = s.watches.open_sites(&seat.actor, &watch.id, picked(&seat, &sites)).await.unwrap();
        let codes: Vec<_> = opened.iter().map(|site| site.session.as_ref().err().map(|error| error.code)).collect();
        assert_eq!(codes, [Some("not_found"), Some("site_without_endpoint"), None], "named twice, opened once");
        // Somebody else's console watches nothing for us.
        let other = town.seat("zhibanyuan").await;
        let theirs = picked(&other, &[&device.site_id]);
        town.refused(&seat.actor, "session.open", s.watches.open_sites(&seat.actor, &watch.id, theirs)).await;
        town.refused(&other.actor, "watch.end", s.watches.end(&other.actor, &watch.id)).await;
    }

    async fn a_full_wall_opens_no_more_but_shows_what_it_has(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (watch, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let mut tx = town.db.write().await;
        let one = tx.session(&sessions[0].id).await.unwrap().unwrap();
        for n in 1..lianxian_service::watches::MAX_OPEN_SESSIONS {
            let more = lianxian_model::session::Session {
                id: format!("more-{n}").as_str().into(),
                number: format!("HH-{n}"),
                site_id: Some(town.device("区中心服务大厅").site_id),
                version: 1,
                attendances: Vec::new(),
                ..one.clone()
            };
            tx.insert_session(&more).await.unwrap();
        }
        tx.commit().await.unwrap();
        let far = town.device("张贵庄街道司法所");
        let sites = picked(&seat, &[&far.site_id, &device.site_id]);
        let opened = s.watches.open_sites(&seat.actor, &watch.id, sites).await.unwrap();
        assert_eq!(opened[0].session.as_ref().err().map(|error| error.code), Some("too_many_sessions"));
        assert_eq!(opened[1].session.as_ref().unwrap().id, sessions[0].id);
    }

    async fn a_full_media_plane_opens_no_site_and_ends_none(town: Town) {
        let s = &town.service;
        let (office, hall, far) =
            (town.device("华明街道司法所"), town.device("区中心服务大厅"), town.device("张贵庄街道司法所"));
        let seat = town.seat("zhihuizhang").await;
        let (watch, sessions) = town.watch(&seat, "日常巡查", &[&office.site_id]).await;
        *town.live.full.lock().unwrap() = Some(MediaFull { limit: 85, value: 93 });

        let sites = picked(&seat, &[&hall.site_id, &office.site_id]);
        let opened = s.watches.open_sites(&seat.actor, &watch.id, sites).await.unwrap();
        let refused = opened[0].session.as_ref().unwrap_err();
        assert_eq!((refused.code, refused.kind, refused.limit), ("media_full", ErrorKind::Unavailable, Some(85)));
        assert_eq!(refused.value, Some(93.into()));
        assert!(refused.zh.contains("93%") && refused.en.contains("93%"));
        assert_eq!(opened[1].session.as_ref().unwrap().id, sessions[0].id, "what runs goes on");

        let sites = picked(&seat, &[&hall.site_id, &far.site_id]);
        let none = s.watches.open_sites(&seat.actor, &watch.id, sites.clone()).await.unwrap_err();
        assert_eq!(none.code, "media_full", "nothing was opened: the whole call says why");
        let mut tx = town.db.read().await;
        let open = tx.open_sessions_of_observer(&seat.console).await.unwrap();
        assert_eq!(open.iter().map(|session| &session.id).collect::<Vec<_>>(), [&sessions[0].id]);
        drop(tx);

        *town.live.full.lock().unwrap() = None;
        let opened = s.watches.open_sites(&seat.actor, &watch.id, sites).await.unwrap();
        assert!(opened.iter().all(|site| site.session.is_ok()));
    }

    async fn records_are_found_and_exported(town: Town) {
        let s = &town.service;
        let (office, hall) = (town.device("华明街道司法所"), town.device("区中心服务大厅"));
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&office.site_id, &hall.site_id]).await;
        s.sessions.end(&seat.actor, &sessions[0].id, " 看完 ").await.unwrap();
        assert_eq!(code(s.sessions.end(&seat.actor, &sessions[0].id, "").await), "session_not_open");
        let list = async |filter: SessionFilter| {
            let page = s.sessions.list(&seat.actor, &filter, &all()).await.unwrap();
            page.items.into_iter().map(|session| session.number).collect::<Vec<_>>()
        };
        let any = SessionFilter::default;
        assert_eq!(list(any()).await.len(), 2);
        assert_eq!(list(SessionFilter { open: Some(true), ..any() }).await, ["HH20261125ZX01001"]);
        assert_eq!(list(SessionFilter { q: Some("华明".into()), ..any() }).await, ["HH20261125HM01001"]);
        let ended = s.sessions.get(&seat.actor, &sessions[0].id).await.unwrap().session;
        assert_eq!((ended.end_note.as_str(), ended.end_cause), ("看完", Some(SessionEnd::Ended)));
        let sessions = s.sessions.export(&seat.actor, &any()).await.unwrap();
        let register = s.register.export(&seat.actor, &RegisterFilter::default()).await.unwrap();
        assert_eq!((sessions.len(), register.len()), (2, 2));
        let taken: Vec<_> = town.audit().await.into_iter().filter(|row| row.action.ends_with(".export")).collect();
        assert_eq!(taken.len(), 2, "what was taken out is on record");
        assert!(taken.iter().all(|row| row.detail.contains(r#""rows":2"#)));
        assert!(s.watches.current(&seat.actor).await.unwrap().is_some(), "the watch goes on");
        assert!(town.clock.now() > crate::harness::town::MORNING);
    }

    async fn whoever_hangs_up_midway_leaves_no_fact_untold(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let seat = town.seat("zhihuizhang").await;
        // The browser goes away a moment later each time, until the answer comes before it does.
        for patience in 1..200 {
            let (watch, sessions) = town.watch(&seat, "抽查", &[&office.site_id]).await;
            let mut ending = Box::pin(s.watches.end(&seat.actor, &watch.id));
            let answered = tokio::time::timeout(Duration::from_micros(50 * patience), &mut ending).await.is_ok();
            drop(ending);
            tokio::time::sleep(Duration::from_millis(20)).await;
            let ended = s.sessions.get(&seat.actor, &sessions[0].id).await.unwrap().session.state == SessionState::Ended;
            assert_eq!(town.live.granted(&sessions[0].id).is_empty(), ended, "after {patience}: the net knows what is on record");
            if answered {
                return;
            }
            if !ended {
                s.watches.end(&seat.actor, &watch.id).await.unwrap();
            }
        }
        panic!("it was never answered");
    }
}
