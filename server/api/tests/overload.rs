//! A media plane at its limit, as it is met at the door: refusals that name the limit, for REST, the link and players.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;

use async_trait::async_trait;
use bytes::Bytes;
use door::{Door, HandClock, PATIENCE};
use lianxian_media::MediaHandle;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{LinkRights, PublishRights};
use lianxian_model::media::{
    AnnouncedTrack, Downstream, MediaError, MediaEvent, PublisherAnswer, Target, TrackSettings,
};
use lianxian_model::time::Clock;
use lianxian_service::demo::DEMO_PASSWORD;
use lianxian_service::logins::NewLogin;
use lianxian_service::ports::media::{Media, OpenParticipant};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, watch};

/// How busy the plane says it is, in percent of one worker since the start, and how often it was asked.
struct Script {
    clock: Arc<HandClock>,
    percent: AtomicU64,
    /// (at, busy µs) of the last asking.
    said: watch::Sender<(i64, u64)>,
}

/// The real media plane but for its busy time.
struct Scripted {
    media: MediaHandle,
    script: Arc<Script>,
}

#[async_trait]
impl Media for Scripted {
    async fn open(&self, participant: OpenParticipant) -> Result<(), MediaError> {
        self.media.open(participant).await
    }

    async fn close(&self, participant: &ParticipantSid) {
        self.media.close(participant).await;
    }

    async fn set_may_publish(&self, participant: &ParticipantSid, may: bool) -> Result<(), MediaError> {
        self.media.set_may_publish(participant, may).await
    }

    async fn publisher_offer(
        &self,
        participant: &ParticipantSid,
        sdp: String,
        announced: Vec<AnnouncedTrack>,
    ) -> Result<PublisherAnswer, MediaError> {
        self.media.publisher_offer(participant, sdp, announced).await
    }

    async fn subscriber_answer(&self, participant: &ParticipantSid, id: u32, sdp: String) -> Result<(), MediaError> {
        self.media.subscriber_answer(participant, id, sdp).await
    }

    async fn remote_candidate(
        &self,
        participant: &ParticipantSid,
        target: Target,
        candidate: String,
    ) -> Result<(), MediaError> {
        self.media.remote_candidate(participant, target, candidate).await
    }

    async fn set_downstreams(&self, participant: &ParticipantSid, set: Vec<Downstream>) -> Result<(), MediaError> {
        self.media.set_downstreams(participant, set).await
    }

    async fn set_track_settings(
        &self,
        participant: &ParticipantSid,
        track: &TrackSid,
        settings: TrackSettings,
    ) -> Result<(), MediaError> {
        self.media.set_track_settings(participant, track, settings).await
    }

    async fn set_muted(&self, publisher: &ParticipantSid, track: &TrackSid, muted: bool) -> Result<(), MediaError> {
        self.media.set_muted(publisher, track, muted).await
    }

    async fn send_data(&self, participant: &ParticipantSid, reliable: bool, bytes: Bytes) -> Result<(), MediaError> {
        self.media.send_data(participant, reliable, bytes).await
    }

    async fn restart_subscriber(&self, participant: &ParticipantSid) -> Result<(), MediaError> {
        self.media.restart_subscriber(participant).await
    }

    fn busy_us(&self) -> Vec<u64> {
        let now = self.script.clock.now().0;
        let percent = self.script.percent.load(Ordering::SeqCst);
        let mut busy = 0;
        self.script.said.send_modify(|(at, said)| {
            *said += u64::try_from(now - *at).unwrap() * 10 * percent;
            *at = now;
            busy = *said;
        });
        vec![busy]
    }

    fn take_events(&self) -> Option<mpsc::Receiver<MediaEvent>> {
        self.media.take_events()
    }
}

/// A door on such a plane.
struct Busy {
    door: Door,
    script: Arc<Script>,
    headers: Vec<(&'static str, String)>,
}

impl Busy {
    async fn open() -> Self {
        let mut script = None;
        let door = Door::open_on(|media, clock| {
            let said = watch::channel((clock.now().0, 0)).0;
            let made = Arc::new(Script { clock, percent: AtomicU64::new(20), said });
            script = Some(made.clone());
            Arc::new(Scripted { media, script: made })
        });
        let door = door.await;
        let login = NewLogin {
            account: "zhihuizhang".into(),
            password: DEMO_PASSWORD.into(),
            ip: "127.0.0.1".into(),
            client: "test".into(),
        };
        let token = door.service.logins.login(login).await.unwrap().token;
        let headers = vec![
            ("cookie", format!("lianxian_login={token}")),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        Self { door, script: script.unwrap(), headers }
    }

    /// More than the judge's window goes by at this load, and the net has heard of it.
    async fn run(&self, percent: u64) {
        self.script.percent.store(percent, Ordering::SeqCst);
        let mut said = self.script.said.subscribe();
        // The first asking may be under way with the load from before; what the last one said has been taken when the
        // next one comes.
        for _ in 0..3 {
            self.door.clock.pass(6_000);
            said.mark_unchanged();
            tokio::time::timeout(PATIENCE, said.changed()).await.unwrap().unwrap();
        }
        tokio::time::timeout(PATIENCE, said.changed()).await.unwrap().unwrap();
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.door.send(Method::POST, path, &headers, body.to_string()).await
    }

    async fn knock(&self, token: &str) -> Response {
        let headers = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        self.door.send(Method::GET, &format!("/rtc?access_token={token}"), &headers, "").await
    }

    async fn metric(&self, name: &str) -> String {
        let page = self.door.send(Method::GET, "/metrics", &[], "").await.text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name}")).to_owned()
    }
}

fn guest_rights() -> LinkRights {
    LinkRights { may_publish: PublishRights::ALL, may_subscribe: true, ..LinkRights::default() }
}

#[tokio::test]
async fn while_media_is_full_new_viewers_are_refused_with_the_limit_and_others_go_on() {
    let busy = Busy::open().await;
    let (first, second) = (busy.door.device(0).site_id.clone(), busy.door.device(1).site_id.clone());
    let console: Value = busy.post("/api/v1/link/tokens", json!({ "tab": "wall" })).await.json().await.unwrap();
    let watch: Value = busy.post("/api/v1/watches", json!({ "purpose": "每日视频巡查" })).await.json().await.unwrap();
    let path = format!("/api/v1/watches/{}/sites", watch["id"].as_str().unwrap());
    let pick =
        |sites: &[&lianxian_model::ids::SiteId]| json!({ "site_ids": sites, "endpoint_id": console["identity"] });
    busy.run(84).await;
    let opened = busy.post(&path, pick(&[&first])).await;
    assert_eq!(opened.status(), 200);
    let running: Value = opened.json().await.unwrap();
    assert!(running[0]["session"]["id"].is_string(), "{running}");

    busy.run(97).await;
    let refused = busy.post(&path, pick(&[&second])).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["limit"], &problem["value"]),
        (&json!("media_full"), &json!(85), &json!(97))
    );
    for (language, words) in [("detail_zh", ["97%", "85%", "稍后"]), ("detail_en", ["97%", "85%", "later"])] {
        let said = problem[language].as_str().unwrap();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    // Beside one that runs, the new one alone is refused.
    let both: Value = busy.post(&path, pick(&[&second, &first])).await.json().await.unwrap();
    assert_eq!(both[0]["error"]["code"], "media_full");
    assert_eq!(both[1]["session"]["id"], running[0]["session"]["id"]);

    let guest = busy.knock(&busy.door.integration_token("guest", "talk", guest_rights())).await;
    assert_eq!((guest.status().as_u16(), guest.headers()["retry-after"].to_str().unwrap()), (503, "2"));
    let said = guest.text().await.unwrap();
    assert!(said.contains("media_full") && said.contains("97 %") && said.contains("85 %"), "{said}");
    let only_publishes = LinkRights { may_subscribe: false, ..guest_rights() };
    let camera = busy.knock(&busy.door.integration_token("camera", "talk", only_publishes)).await;
    assert_eq!(camera.status(), 101, "a publisher comes in");
    let own = busy.knock(console["token"].as_str().unwrap()).await;
    assert_eq!(own.status(), 101, "a console keeps its link");

    busy.run(97).await;
    assert_eq!(busy.metric("lianxian_net_media_full").await, "1");
    assert_eq!(busy.metric("lianxian_net_media_busy_percent").await, "97");
    assert_eq!(busy.metric("lianxian_net_media_full_refusals_total").await, "3");
    busy.run(10).await;
    assert_eq!(busy.metric("lianxian_net_media_full").await, "0");
    let opened = busy.post(&path, pick(&[&second])).await;
    assert_eq!(opened.status(), 200);
}
