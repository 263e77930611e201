//! WHIP and WHEP at a real door: every status that the documents name, and what becomes of the endpoint. The media itself
//! is proven with real clients in tests/sdk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;

use door::{Door, PATIENCE};
use lianxian_model::audit::{AuditEvent, AuditResult};
use lianxian_model::link::{LinkRights, PublishRights};
use lianxian_service::Actor;
use lianxian_service::demo::DEMO_PASSWORD;
use lianxian_service::logins::NewLogin;
use lianxian_service::org::EndpointPatch;
use lianxian_service::ports::store::Store;
use lianxian_service::presence::PresenceState;
use lianxian_service::watches::PickedSites;
use reqwest::{Method, Response, StatusCode};

const PROBLEM: &str = "application/problem+json";
const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

impl Door {
    async fn offer(&self, path: &str, token: &str, sdp: impl Into<reqwest::Body>) -> Response {
        let bearer = format!("Bearer {token}");
        self.send(Method::POST, path, &[("authorization", &bearer), ("content-type", SDP)], sdp).await
    }

    /// Whether the device's endpoint is on the net, once that is as it should be.
    async fn becomes(&self, n: usize, state: PresenceState) {
        let endpoint = &self.device(n).endpoint_id;
        let mut committed = self.service.events.committed();
        let search = async {
            loop {
                committed.borrow_and_update();
                let list = self.service.presence.list(&Actor::System).await.unwrap();
                if list.iter().any(|p| p.endpoint_id == *endpoint && p.state == state) {
                    return;
                }
                committed.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("{endpoint} never becomes {state:?}"));
    }

    async fn refusals(&self, action: &str) -> Vec<AuditEvent> {
        let rows = self.store.read().await.unwrap().audit_after(0, i64::MAX).await.unwrap();
        rows.into_iter().filter(|row| row.action == action && row.result == AuditResult::Refused).collect()
    }
}

fn offer() -> String {
    let fingerprint = ["AB"; 32].join(":");
    let section = |kind: &str, mid: u8, codec: &str| {
        format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=sendonly\r\na=rtcp-mux\r\n\
             a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 {fingerprint}\r\n\
             a=setup:actpass\r\na=rtpmap:96 {codec}\r\n"
        )
    };
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n{}{}",
        section("audio", 0, "opus/48000/2"),
        section("video", 1, "VP8/90000")
    )
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// The status and the problem's code.
async fn refused(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_eq!(header(&response, "content-type"), "application/problem+json", "{status}");
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().unwrap().to_owned())
}

fn ufrag(sdp: &str) -> String {
    let line = sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:"));
    line.unwrap_or_else(|| panic!("no ufrag in {sdp}")).to_owned()
}

#[tokio::test]
async fn what_cannot_be_published_is_refused_by_name() {
    let door = Door::open().await;
    let token = &door.device(0).device_token;
    let bearer = format!("Bearer {token}");
    let post = |headers: Vec<(&'static str, String)>, body: String| {
        let door = &door;
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            refused(door.send(Method::POST, "/whip", &headers, body).await).await
        }
    };
    let sdp = ("content-type", SDP.to_owned());
    let auth = ("authorization", bearer.clone());
    let no_token = door.send(Method::POST, "/whip", &[("content-type", SDP)], offer()).await;
    assert_eq!(header(&no_token, "www-authenticate"), "Bearer");
    assert_eq!(refused(no_token).await, (401, "no_token".into()));
    let wrong = ("authorization", "Bearer 00".to_owned());
    assert_eq!(post(vec![wrong, sdp.clone()], offer()).await, (401, "device_unknown".into()));
    let forged = ("authorization", "Bearer a.b.c".to_owned());
    assert_eq!(post(vec![forged, sdp.clone()], offer()).await, (401, "token_refused".into()));
    assert_eq!(post(vec![auth.clone()], offer()).await, (415, "media_type".into()));
    let json = ("content-type", "application/json".to_owned());
    assert_eq!(post(vec![auth.clone(), json], offer()).await, (415, "media_type".into()));
    let accept = ("accept", "application/json".to_owned());
    assert_eq!(post(vec![auth.clone(), sdp.clone(), accept], offer()).await, (406, "not_acceptable".into()));
    assert_eq!(post(vec![auth.clone(), sdp.clone()], "hello".into()).await, (400, "malformed_sdp".into()));
    // Well-formed as far as it is read here, and refused by the media plane.
    let short = offer().replace("0123456789012345678901", "short");
    assert_eq!(post(vec![auth.clone(), sdp.clone()], short).await, (400, "malformed_sdp".into()));
    let long = format!("{}a=x:{}\r\n", offer(), "x".repeat(64 * 1024));
    assert_eq!(post(vec![auth.clone(), sdp.clone()], long).await, (413, "too_large".into()));
    let codecs = offer().replace("opus", "PCMU").replace("VP8", "H263");
    assert_eq!(post(vec![auth.clone(), sdp.clone()], codecs).await, (422, "no_common_codec".into()));
    // The server is always the DTLS server, and says so.
    let headers = [("authorization", bearer.as_str()), ("content-type", SDP)];
    let passive = door.send(Method::POST, "/whip", &headers, offer().replace("actpass", "passive")).await;
    assert_eq!((passive.status().as_u16(), header(&passive, "content-type")), (422, PROBLEM.into()));
    let problem: serde_json::Value = passive.json().await.unwrap();
    assert_eq!(problem["code"], "dtls_role");
    for language in ["detail_zh", "detail_en"] {
        let said = problem[language].as_str().unwrap();
        assert!(["DTLS", "passive", "actpass", "active"].iter().all(|word| said.contains(word)), "{said}");
    }
    // One that is active is not refused for that.
    let active = offer().replace("actpass", "active").replace("opus", "PCMU").replace("VP8", "H263");
    assert_eq!(post(vec![auth.clone(), sdp.clone()], active).await, (422, "no_common_codec".into()));
    let receiving = offer().replace("sendonly", "recvonly");
    assert_eq!(post(vec![auth, sdp], receiving).await, (422, "nothing_sent".into()));

    let other = format!("/whip/{}", door.device(1).endpoint_id);
    assert_eq!(refused(door.offer(&other, token, offer()).await).await, (403, "forbidden".into()));
    let rows = door.refusals("whip.publish").await;
    assert_eq!(rows.len(), 1, "one audit row");
    assert_eq!(rows[0].object_id, door.device(1).endpoint_id.0);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let response = door.send(method, "/whip", &[], "").await;
        assert_eq!(header(&response, "allow"), "OPTIONS, POST");
        assert_eq!(refused(response).await, (405, "method_not_allowed".into()));
    }
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask_what_is_taken() {
    let door = Door::open().await;
    let response = door.send(Method::OPTIONS, "/whip", &[("origin", "https://elsewhere")], "").await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&response, "accept-post"), SDP);
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert!(header(&response, "access-control-allow-headers").contains("Authorization"));
    assert!(header(&response, "access-control-expose-headers").contains("Location"));
    let response = door.send(Method::OPTIONS, "/whip/sessions/x", &[], "").await;
    assert!(header(&response, "access-control-allow-methods").contains("PATCH"));
    assert_eq!(header(&response, "accept-patch"), FRAGMENT);
}

#[tokio::test]
async fn a_session_is_opened_changed_and_ended() {
    let door = Door::open().await;
    let (token, other) = (door.device(0).device_token.clone(), door.device(1).device_token.clone());
    let created = door.offer(&format!("/whip/{}", door.device(0).endpoint_id), &token, offer()).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(header(&created, "content-type"), SDP);
    assert_eq!(header(&created, "link"), "", "no ICE server is configured");
    let (session, tag) = (header(&created, "location"), header(&created, "etag"));
    assert!(session.starts_with("/whip/sessions/") && tag.starts_with('"'), "{session} {tag}");
    let answer = created.text().await.unwrap();
    for line in ["a=ice-lite", "a=setup:passive", "a=recvonly", "a=group:BUNDLE 0 1", "typ host", "a=end-of-candidates"]
    {
        assert!(answer.contains(line), "{line} is missing in\n{answer}");
    }
    door.becomes(0, PresenceState::Online).await;
    assert_eq!(refused(door.offer("/whip", &token, offer()).await).await, (409, "endpoint_in_use".into()));

    let bearer = format!("Bearer {token}");
    let patch = |tag: Option<&str>, kind: &str, body: &str| {
        let (tag, kind, body) = (tag.map(str::to_owned), kind.to_owned(), body.to_owned());
        let (door, bearer, session) = (&door, &bearer, &session);
        async move {
            let mut headers = vec![("authorization", bearer.as_str()), ("content-type", kind.as_str())];
            headers.extend(tag.as_deref().map(|tag| ("if-match", tag)));
            door.send(Method::PATCH, session, &headers, body).await
        }
    };
    let candidate = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
                     a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n";
    assert_eq!(refused(patch(None, FRAGMENT, candidate).await).await, (428, "precondition_required".into()));
    let stale = refused(patch(Some("\"x\""), FRAGMENT, candidate).await).await;
    assert_eq!(stale, (412, "stale_ice_session".into()));
    assert_eq!(refused(patch(Some(&tag), SDP, candidate).await).await, (415, "media_type".into()));
    assert_eq!(refused(patch(Some(&tag), FRAGMENT, "hello").await).await, (400, "malformed_sdp".into()));
    assert_eq!(patch(Some(&tag), FRAGMENT, candidate).await.status(), StatusCode::NO_CONTENT);

    let restart = "a=ice-ufrag:wxyz\r\na=ice-pwd:9876543210987654321098\r\n";
    let restarted = patch(Some("*"), FRAGMENT, restart).await;
    assert_eq!(restarted.status(), StatusCode::OK);
    assert_eq!(header(&restarted, "content-type"), FRAGMENT);
    let fresh = header(&restarted, "etag");
    assert!(!fresh.is_empty() && fresh != tag);
    let fragment = restarted.text().await.unwrap();
    assert_ne!(ufrag(&fragment), ufrag(&answer), "a restart is answered by new credentials");
    assert!(fragment.contains("a=candidate:"));
    assert_eq!(patch(Some(&tag), FRAGMENT, candidate).await.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(patch(Some(&fresh), FRAGMENT, "a=end-of-candidates\r\n").await.status(), StatusCode::NO_CONTENT);

    let foreign = format!("Bearer {other}");
    let taken = door.send(Method::DELETE, &session, &[("authorization", &foreign)], "").await;
    assert_eq!(refused(taken).await, (403, "not_allowed".into()));
    assert_eq!(refused(door.send(Method::DELETE, &session, &[], "").await).await, (401, "no_token".into()));
    let as_player = session.replace("/whip/", "/whep/");
    let elsewhere = door.send(Method::DELETE, &as_player, &[("authorization", &bearer)], "").await;
    assert_eq!(refused(elsewhere).await, (404, "no_session".into()));
    let ended = door.send(Method::DELETE, &session, &[("authorization", &bearer)], "").await;
    assert_eq!(ended.status(), StatusCode::OK);
    door.becomes(0, PresenceState::Offline).await;
    let again = door.send(Method::DELETE, &session, &[("authorization", &bearer)], "").await;
    assert_eq!(refused(again).await, (404, "no_session".into()));
    assert_eq!(door.offer("/whip", &token, offer()).await.status(), StatusCode::CREATED, "it may come again at once");
}

#[tokio::test]
async fn a_withdrawn_right_ends_the_session() {
    let door = Door::open().await;
    let token = door.device(0).device_token.clone();
    let created = door.offer("/whip", &token, offer()).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    door.becomes(0, PresenceState::Online).await;
    let endpoint = &door.device(0).endpoint_id;
    let disabled = EndpointPatch { disabled: Some(true), ..EndpointPatch::default() };
    door.service.org.update_endpoint(&Actor::System, endpoint, disabled).await.unwrap();
    door.becomes(0, PresenceState::Offline).await;
    let after = refused(door.offer("/whip", &token, offer()).await).await;
    assert_eq!(after, (401, "device_unknown".into()));
}

#[tokio::test]
async fn a_replaced_devices_link_token_opens_nothing() {
    let door = Door::open().await;
    let signed = door.as_device(Method::POST, "/station/link/tokens", "").await;
    let signed: serde_json::Value = signed.json().await.unwrap();
    let rtc = format!("{}/rtc?access_token={}", door.base.replace("http", "ws"), signed["token"].as_str().unwrap());
    let validate = format!("/rtc/validate?access_token={}", signed["token"].as_str().unwrap());
    let validated = async || door.send(Method::GET, &validate, &[], "").await.status();
    drop(tokio_tungstenite::connect_async(&rtc).await.unwrap());
    assert_eq!(validated().await, StatusCode::OK);

    door.service.encoders.issue_token(&Actor::System, &door.device(0).endpoint_id).await.unwrap();
    let refused = tokio_tungstenite::connect_async(&rtc).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(refused) = refused else { panic!("{refused}") };
    assert_eq!(refused.status().as_u16(), 401);
    assert_eq!(validated().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_encoder_with_an_integration_keys_token_joins_the_room_that_it_names() {
    let door = Door::open().await;
    let publisher = LinkRights { may_publish: PublishRights::ALL, ..LinkRights::default() };
    let token = door.integration_token("camera-1", "mediation", publisher);
    let created = door.offer("/whip", &token, offer()).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let session = header(&created, "location");
    assert!(session.starts_with("/whip/sessions/"), "{session}");
    assert!(created.text().await.unwrap().contains("a=setup:passive"));
    // It is a conference on record, with the encoder in it under the key's purpose.
    let conferences = || async {
        let mut tx = door.store.read().await.unwrap();
        let mut open = Vec::new();
        for session in tx.open_sessions().await.unwrap() {
            open.extend(session.attendances.iter().map(|who| (session.purpose.clone(), who.name.clone())));
        }
        open
    };
    assert_eq!(conferences().await, [("联席会商".to_owned(), "camera-1".to_owned())]);
    assert_eq!(refused(door.offer("/whip", &token, offer()).await).await, (409, "endpoint_in_use".into()));
    let other = door.offer("/whip/camera-2", &token, offer()).await;
    assert_eq!(refused(other).await, (403, "not_allowed".into()), "the address names somebody else");
    let watcher = LinkRights { may_subscribe: true, ..LinkRights::default() };
    let watcher = door.integration_token("watcher", "mediation", watcher);
    assert_eq!(refused(door.offer("/whip", &watcher, offer()).await).await, (403, "not_allowed".into()));

    let bearer = format!("Bearer {token}");
    let ended = door.send(Method::DELETE, &session, &[("authorization", &bearer)], "").await;
    assert_eq!(ended.status(), StatusCode::OK);
    assert_eq!(door.offer("/whip", &token, offer()).await.status(), StatusCode::CREATED, "it may come again at once");
}

#[tokio::test]
async fn a_player_needs_a_session_that_grants_the_site() {
    let door = Door::open().await;
    let site = door.device(0).site_id.clone();
    let address = format!("/whep/{site}");
    let receiving = offer().replace("sendonly", "recvonly");
    let no_token = door.send(Method::POST, &address, &[("content-type", SDP)], receiving.clone()).await;
    assert_eq!(refused(no_token).await, (401, "no_token".into()));
    let device = door.offer(&address, &door.device(0).device_token, receiving.clone()).await;
    assert_eq!(refused(device).await, (403, "not_allowed".into()));

    let login = NewLogin {
        account: "zhihuizhang".into(),
        password: DEMO_PASSWORD.into(),
        ip: "127.0.0.1".into(),
        client: "test".into(),
    };
    let logged_in = door.service.logins.login(login).await.unwrap();
    let cookie = format!("lianxian_login={}", logged_in.token);
    let headers =
        [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    let signed = door.send(Method::POST, "/api/v1/link/tokens", &headers, r#"{"tab":"player"}"#).await;
    let signed: serde_json::Value = signed.json().await.unwrap();
    let (token, console) = (signed["token"].as_str().unwrap(), signed["identity"].as_str().unwrap());

    assert_eq!(refused(door.offer(&address, token, "hello").await).await, (400, "malformed_sdp".into()));
    assert_eq!(refused(door.offer(&address, token, offer()).await).await, (422, "nothing_received".into()));
    assert_eq!(refused(door.offer(&address, token, receiving.clone()).await).await, (403, "forbidden".into()));
    assert_eq!(door.refusals("whep.play").await.len(), 1, "one audit row");
    let nowhere = door.offer("/whep/nowhere", token, receiving.clone()).await;
    assert_eq!(refused(nowhere).await, (404, "not_found".into()));
    let publishing = door.offer("/whip", token, offer()).await;
    assert_eq!(refused(publishing).await, (403, "not_allowed".into()), "a console publishes nothing");

    let actor = &logged_in.actor;
    let watch = door.service.watches.open(actor, "每日视频巡查", None).await.unwrap();
    let picked = PickedSites { site_ids: vec![site], endpoint_id: console.into() };
    door.service.watches.open_sites(actor, &watch.id, picked).await.unwrap().remove(0).session.unwrap();
    let quiet = door.offer(&address, token, receiving).await;
    assert_eq!(header(&quiet, "retry-after"), "5");
    assert_eq!(refused(quiet).await, (409, "not_on_air".into()));
}
