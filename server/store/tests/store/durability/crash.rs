//! A server that is killed in the middle of its work. The child is this test program again, told by its environment to
//! work on a given database and to acknowledge each thing done; the parent kills it between two bytes and looks.

use crate::harness::town::{HandClock, MORNING, SECOND, Town};
use crate::harness::{TestDatabase, on_both};
use lianxian_model::audit::AuditResult;
use lianxian_model::case::CaseKind;
use lianxian_model::event::EventKind;
use lianxian_model::ids::SessionId;
use lianxian_model::session::{SessionEnd, SessionState};
use lianxian_model::time::{Clock, Millis};
use lianxian_service::cases::NewCaseLink;
use lianxian_service::page::Keyset;
use lianxian_service::ports::live::LinkEnd;
use lianxian_service::ports::store::SessionQuery;
use lianxian_service::{Actor, Service, Setup};
use lianxian_store::Database;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const URL: &str = "LIANXIAN_CRASH_URL";
const START: &str = "LIANXIAN_CRASH_START_MS";
/// The test that the child runs.
const CHILD: &str = "durability::crash::a_patrol_acknowledges_what_it_did";
const CASE: &str = "晋医人调字[2019]011号";

/// Patrols one site after another, `rounds` times, and says what is done when it is done.
async fn patrol(town: &Town, rounds: usize, mut acknowledge: impl FnMut(String)) {
    let devices: Vec<_> = town.seed.devices.iter().take(3).cloned().collect();
    let mut links = Vec::new();
    for device in &devices {
        links.push(town.on_air(device).await);
    }
    let seat = town.seat("zhihuizhang").await;
    for round in 0..rounds {
        let at = round % devices.len();
        let (device, (_, track)) = (&devices[at], &links[at]);
        let (watch, sessions) = town.watch(&seat, &format!("第{round}轮"), &[&device.site_id]).await;
        let session = &sessions[0].id;
        acknowledge(format!("opened {session}"));
        town.clock.pass(SECOND);
        town.service.heartbeat().await.unwrap();
        town.picture_arrives(session, &seat, device, track).await;
        acknowledge(format!("pictured {session}"));
        let case = NewCaseLink { number: CASE.into(), kind: CaseKind::Mediation };
        town.service.cases.link(&seat.actor, session, case, None).await.unwrap();
        acknowledge(format!("linked {session}"));
        // Every other one is left to the next round's watch, which ends it.
        if round % 2 == 0 {
            town.service.watches.end(&seat.actor, &watch.id).await.unwrap();
            acknowledge(format!("ended {session}"));
        }
        town.clock.pass(SECOND);
    }
    for (device, (participant, _)) in devices.iter().zip(&links) {
        town.unlink(&device.endpoint_id, participant, LinkEnd::Left).await;
    }
}

/// By itself: what a patrol acknowledges is there. As the child of the tests below: patrols until it is killed.
#[test]
fn a_patrol_acknowledges_what_it_did() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Ok(url) = std::env::var(URL) else {
        return runtime.block_on(async {
            let db = TestDatabase::sqlite().await;
            let town = Town::new(db).await;
            let mut done = Vec::new();
            patrol(&town, 3, |line| done.push(line)).await;
            assert_eq!(done.len(), 11);
            everything_acknowledged_is_there(&town.db, &done).await;
            town.chain_holds().await;
            town.db.store.close().await;
        });
    };
    let start = Millis(std::env::var(START).unwrap().parse().unwrap());
    runtime.block_on(async {
        let store = Arc::new(Database::open(&url).await.unwrap());
        let is_sqlite = url.starts_with("sqlite:");
        let db = TestDatabase { store, url, is_sqlite, _folder: None };
        let seed = serde_json::from_str(&std::env::var(SEED).unwrap()).unwrap();
        let town = Town::again(db, HandClock::at(start), seed);
        // Around libtest's capture, unbuffered: a line is out before the next thing begins.
        let mut out = std::io::stdout();
        patrol(&town, usize::MAX, |line| {
            out.write_all(format!("\n+{line}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
        })
        .await;
    });
}

const SEED: &str = "LIANXIAN_CRASH_SEED";

/// The child, and what it acknowledged before it was killed.
struct Victim {
    child: Child,
}

impl Victim {
    fn start(url: &str, start: Millis, seed: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
            .env(URL, url)
            .env(START, start.0.to_string())
            .env(SEED, seed)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child }
    }

    /// Reads `lines` acknowledgements, kills it, and reads what was still under way.
    fn kill_after(mut self, lines: usize) -> Vec<String> {
        let mut said = BufReader::new(self.child.stdout.take().unwrap()).lines();
        let mut done = Vec::new();
        while done.len() < lines {
            let line = said.next().expect("the child ended by itself").unwrap();
            done.extend(line.strip_prefix('+').map(str::to_owned));
        }
        // SIGKILL: no handler, no flush, no goodbye.
        self.child.kill().unwrap();
        done.extend(said.map_while(Result::ok).filter_map(|line| line.strip_prefix('+').map(str::to_owned)));
        self.child.wait().unwrap();
        done
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // Of one that was killed already both are errors; of one whose test failed neither may stay.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn everything_acknowledged_is_there(db: &TestDatabase, done: &[String]) {
    let mut tx = db.read().await;
    for line in done {
        let (what, session) = line.split_once(' ').unwrap();
        let id = SessionId::from(session);
        let session = tx.session(&id).await.unwrap().unwrap_or_else(|| panic!("{line}: lost"));
        let register = tx.register_of(&id).await.unwrap();
        match what {
            "opened" => assert_eq!(register.len(), 1, "{line}"),
            "pictured" => assert!(register[0].first_picture_ms.is_some(), "{line}"),
            "linked" => assert_eq!(tx.case_links_of(&id).await.unwrap()[0].raw, CASE, "{line}"),
            "ended" => {
                assert_eq!((session.state, session.end_cause), (SessionState::Ended, Some(SessionEnd::WatchEnded)));
                assert_eq!(register[0].to_ms, session.ended_ms, "{line}");
            }
            _ => panic!("{line}"),
        }
    }
}

/// Nothing is half there: each session has its register row, its story, its audit row and its event, or does not exist.
async fn every_unit_of_work_is_whole(db: &TestDatabase) {
    let mut tx = db.read().await;
    let sessions = tx.sessions(&SessionQuery::default(), &Keyset { before: None, limit: 10_000 }).await.unwrap();
    let mut audited: BTreeMap<String, i64> = BTreeMap::new();
    for row in tx.audit_after(0, i64::MAX).await.unwrap() {
        if row.action == "session.open" && row.result == AuditResult::Success {
            *audited.entry(row.object_id).or_default() += 1;
        }
    }
    let mut told: BTreeMap<String, i64> = BTreeMap::new();
    for (seq, event) in (1..).zip(tx.events_after(0, i64::MAX).await.unwrap()) {
        assert_eq!(event.seq, seq, "the outbox has a gap");
        if event.kind == EventKind::SessionOpened {
            *told.entry(event.session_id.unwrap().0).or_default() += 1;
        }
    }
    assert_eq!((audited.len(), told.len()), (sessions.len(), sessions.len()));
    for session in sessions {
        assert_eq!((audited[session.id.as_str()], told[session.id.as_str()]), (1, 1), "{}", session.number);
        let story = tx.timeline(&session.id).await.unwrap();
        assert_eq!(story[0].kind, "session.opened", "{}", session.number);
        let register = tx.register_of(&session.id).await.unwrap();
        assert_eq!(register.len(), 1, "{}", session.number);
        let pictured = story.iter().filter(|line| line.kind == "picture.first").count();
        assert_eq!(pictured == 1, register[0].first_picture_ms.is_some(), "{}", session.number);
        let linked = story.iter().filter(|line| line.kind == "case.linked").count();
        assert_eq!(linked, tx.case_links_of(&session.id).await.unwrap().len(), "{}", session.number);
    }
}

/// After a start nothing is open, and every interval lies within what it belongs to.
async fn every_interval_is_closed_and_consistent(db: &TestDatabase) {
    let mut tx = db.read().await;
    assert_eq!(tx.open_sessions().await.unwrap(), []);
    assert_eq!(tx.open_watches().await.unwrap(), []);
    assert!(tx.presences().await.unwrap().iter().all(|presence| !presence.online && !presence.on_air));
    let ids = tx.sessions(&SessionQuery::default(), &Keyset { before: None, limit: 10_000 }).await.unwrap();
    for id in ids {
        let session = tx.session(&id.id).await.unwrap().unwrap();
        let ended = session.ended_ms.unwrap();
        assert!(session.started_ms <= ended, "{}", session.number);
        assert!(!session.attendances.is_empty(), "{}", session.number);
        for a in &session.attendances {
            let left = a.left_ms.unwrap();
            assert!(session.started_ms <= a.joined_ms && a.joined_ms <= left && left <= ended, "{}", session.number);
        }
        let register = tx.register_of(&session.id).await.unwrap();
        assert_eq!((register[0].from_ms, register[0].to_ms), (session.started_ms, Some(ended)), "{}", session.number);
        for a in session.attendances.iter().filter_map(|a| a.endpoint_id.as_ref()) {
            assert_eq!(tx.open_tracks_of_endpoint(a).await.unwrap(), [], "{}", session.number);
            assert_eq!(tx.open_link_of(a).await.unwrap(), None, "{}", session.number);
        }
    }
}

on_both! {
    async fn a_killed_server_loses_nothing_that_it_acknowledged(db: TestDatabase) {
        let clock = HandClock::at(MORNING);
        let service = Service::new(Setup { store: db.store.clone(), clock: clock.clone() });
        let seed = serde_json::to_string(&service.seed_demo().await.unwrap()).unwrap();
        db.store.close().await;
        let TestDatabase { store, url, is_sqlite, _folder } = db;
        drop((service, store));
        // Each time the server has come a little further, into another kind of work; and the database is the one that
        // the kill before left behind.
        let mut done = Vec::new();
        for lines in [1, 6, 15] {
            let victim = Victim::start(&url, clock.now(), &seed);
            done.extend(tokio::task::spawn_blocking(move || victim.kill_after(lines)).await.unwrap());
            let store = Arc::new(Database::open(&url).await.unwrap());
            let db = TestDatabase { store, url: url.clone(), is_sqlite, _folder: None };
            everything_acknowledged_is_there(&db, &done).await;
            every_unit_of_work_is_whole(&db).await;
            let service = Service::new(Setup { store: db.store.clone(), clock: clock.clone() });
            clock.pass(3_600 * SECOND);
            let recovered = service.recover().await.unwrap();
            assert_eq!(recovered.endpoints, 3);
            every_interval_is_closed_and_consistent(&db).await;
            everything_acknowledged_is_there(&db, &done).await;
            assert_eq!(service.audit.verify(&Actor::System).await.unwrap().broken_at, None);
            assert_eq!(service.recover().await.unwrap().sessions, 0, "a second start finds nothing open");
            drop(service);
            db.store.close().await;
        }
        assert!(done.len() >= 22);
    }
}
