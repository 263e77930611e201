//! The check of the line at a real door: who may ask for what, what is kept, and every limit. Reaching a check peer over
//! UDP and TCP is proven by `lianxian doctor` (server/cli/tests) and in Chromium (tests/journeys).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;

use door::{Door, JSON, PATIENCE, refused};
use futures::{SinkExt as _, StreamExt as _};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;

const MIB: usize = 1024 * 1024;
const TRANSFER_MIB: usize = 16;

/// Every role of the demonstration district, and its staff in a street.
const ACCOUNTS: [&str; 13] = [
    "zhihuizhang",
    "daiban",
    "zhibanzhang",
    "zhibanyuan",
    "dudao",
    "lvshi",
    "jiaoguan",
    "kaoguan",
    "sysadmin",
    "secadmin",
    "auditor",
    "suozhang",
    "gongzuoyuan",
];

fn offer(fingerprint: &str) -> String {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n\
         a=ice-pwd:0123456789012345678901\r\n{fingerprint}a=setup:actpass\r\na=sctp-port:5000\r\n"
    );
    json!({ "sdp": sdp }).to_string()
}

fn good_offer() -> String {
    offer(&format!("a=fingerprint:sha-256 {}\r\n", ["AB"; 32].join(":")))
}

fn found(topic: &str) -> String {
    json!({ "took_ms": 5000, "items": [
        { "topic": topic, "verdict": "weak", "cause": "udp_blocked", "figure": 8444 },
        { "topic": "tcp", "verdict": "good", "cause": "", "figure": null },
    ] })
    .to_string()
}

impl Door {
    async fn check_peer(&self, body: String) -> Response {
        self.send(Method::POST, "/api/v1/checks/peers", &[JSON], body).await
    }
}

#[tokio::test]
async fn every_role_keeps_its_own_check_and_measures() {
    let door = Door::open().await;
    for account in ACCOUNTS {
        let cookie = door.cookie(account).await;
        let none = door.with(&cookie, Method::GET, "/checks/last", "").await;
        assert_eq!((none.status().as_u16(), none.text().await.unwrap().as_str()), (200, "null"), "{account}");
        let kept = door.with(&cookie, Method::POST, "/checks", found("udp")).await;
        assert_eq!(kept.status(), 201, "{account}");
        let kept: Value = kept.json().await.unwrap();
        assert_eq!((&kept["verdict"], &kept["items"][0]["cause"]), (&json!("weak"), &json!("udp_blocked")));
        let last: Value = door.with(&cookie, Method::GET, "/checks/last", "").await.json().await.unwrap();
        assert_eq!(last, kept);
        let down = door.with(&cookie, Method::GET, "/checks/downloads?bytes=100000", "").await;
        assert_eq!(down.bytes().await.unwrap().len(), 100_000, "{account}");
        let up = door.with(&cookie, Method::POST, "/checks/uploads", "x".repeat(100_000)).await;
        assert_eq!(up.json::<Value>().await.unwrap()["bytes"], 100_000, "{account}");
    }
    let kept = door.as_device(Method::POST, "/station/checks", found("udp")).await;
    assert_eq!(kept.status(), 201);
    let last: Value = door.as_device(Method::GET, "/station/checks/last", "").await.json().await.unwrap();
    assert_eq!(last["endpoint_id"], door.device(0).endpoint_id.as_str());
    let down = door.as_device(Method::GET, "/station/checks/downloads?bytes=5", "").await;
    assert_eq!(down.bytes().await.unwrap().len(), 5);
    let up = door.as_device(Method::POST, "/station/checks/uploads", "12345").await;
    assert_eq!(up.json::<Value>().await.unwrap()["bytes"], 5);
}

#[tokio::test]
async fn nobody_measures_or_keeps_for_another() {
    let door = Door::open().await;
    let paths = [
        (Method::POST, "/checks"),
        (Method::GET, "/checks/last"),
        (Method::GET, "/checks/downloads?bytes=5"),
        (Method::POST, "/checks/uploads"),
    ];
    let cookie = door.cookie("zhihuizhang").await;
    for (method, path) in paths {
        let stranger = door.send(method.clone(), &format!("/api/v1{path}"), &[JSON], found("udp")).await;
        assert_eq!(refused(stranger).await.0, 401, "{path}");
        assert_eq!(refused(door.as_device(method.clone(), path, found("udp")).await).await.0, 401, "{path}");
        let station = format!("/station{path}");
        let account = door.with(&cookie, method.clone(), &station, found("udp")).await;
        assert_eq!(refused(account).await.0, 401, "{station}");
        if method == Method::POST {
            let foreign = [("cookie", cookie.as_str()), ("origin", "https://elsewhere.example"), JSON];
            let foreign = door.send(method, &format!("/api/v1{path}"), &foreign, found("udp")).await;
            assert_eq!(refused(foreign).await, (403, "bad_origin".into()), "{path}");
        }
    }
    let foreign = [("origin", "https://elsewhere.example"), JSON];
    let foreign = door.send(Method::POST, "/api/v1/checks/peers", &foreign, good_offer()).await;
    assert_eq!(refused(foreign).await, (403, "bad_origin".into()));
}

#[tokio::test]
async fn what_is_no_check_is_refused_and_haste_too() {
    let door = Door::open().await;
    let cookie = door.cookie("zhihuizhang").await;
    let keep = |body: String| door.with(&cookie, Method::POST, "/checks", body);
    for body in [found("smell"), found("tcp"), json!({ "took_ms": 1, "items": [] }).to_string()] {
        assert_eq!(refused(keep(body.clone()).await).await, (422, "invalid".into()), "{body}");
    }
    assert_eq!(keep(found("udp")).await.status(), 201);
    assert_eq!(refused(keep(found("udp")).await).await, (429, "check_too_soon".into()));
}

#[tokio::test]
async fn a_check_peer_says_where_media_is_and_is_gone_when_nobody_may_have_more() {
    let door = Door::open().await;
    let peer = door.check_peer(good_offer()).await;
    assert_eq!(peer.status(), 201);
    let peer: Value = peer.json().await.unwrap();
    let sdp = peer["sdp"].as_str().unwrap();
    assert!(sdp.contains("a=ice-lite") && sdp.contains(" udp ") && sdp.contains("m=application"), "{sdp}");
    assert!(peer["life_ms"].as_i64().unwrap() > 0 && peer["now_ms"].as_i64().unwrap() > 0);
    for (body, status, code) in [
        (offer(""), 422, "bad_offer"),
        (json!({ "sdp": "v=0" }).to_string(), 422, "bad_offer"),
        (json!({ "sdp": "x".repeat(20_000) }).to_string(), 413, "too_large"),
        ("{}".to_owned(), 422, "invalid"),
    ] {
        assert_eq!(refused(door.check_peer(body.clone()).await).await, (status, code.into()), "{body}");
    }
    // Places of one address, of which one is taken; the refused ones gave theirs back.
    let mut opened = 1;
    let refusal = loop {
        let answer = door.check_peer(good_offer()).await;
        if answer.status() != 201 {
            break refused(answer).await;
        }
        opened += 1;
    };
    assert_eq!((opened, refusal), (24, (429, "checks_busy".into())));
}

#[tokio::test]
async fn bandwidth_is_bounded_for_each_account() {
    let door = Door::open().await;
    let cookie = door.cookie("zhihuizhang").await;
    let most = format!("/checks/downloads?bytes={}", TRANSFER_MIB * MIB);
    let down = |path: String, cookie: String| {
        let door = &door;
        async move { door.with(&cookie, Method::GET, &path, "").await }
    };
    let more = format!("/checks/downloads?bytes={}", TRANSFER_MIB * MIB + 1);
    assert_eq!(refused(down(more, cookie.clone()).await).await, (413, "too_large".into()));
    let mut sent = 0;
    let refusal = loop {
        let answer = down(most.clone(), cookie.clone()).await;
        if answer.status() != 200 {
            break refused(answer).await;
        }
        sent += answer.bytes().await.unwrap().len();
        assert!(sent < 1024 * MIB, "no limit holds");
    };
    assert_eq!(refusal, (429, "too_many_bytes".into()));
    assert!(sent >= 128 * MIB, "{sent}");
    let up = door.with(&cookie, Method::POST, "/checks/uploads", "x".repeat(4 * MIB)).await;
    assert_eq!(refused(up).await.0, 429, "up and down are one allowance");
    let other = door.cookie("dudao").await;
    assert_eq!(down(most, other).await.status(), 200, "another account has its own");
}

#[tokio::test]
async fn the_socket_answers_with_the_time_and_ends_with_what_is_no_check() {
    let door = Door::open().await;
    let address = format!("{}/rtc/check", door.base.replacen("http", "ws", 1));
    let (mut socket, _) = tokio_tungstenite::connect_async(&address).await.unwrap();
    for said in ["1", "\"<>"] {
        socket.send(Message::text(said)).await.unwrap();
        let answer = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        let answer: Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
        assert_eq!(answer["said"], said);
        assert!(answer["now_ms"].as_i64().unwrap() > 1_700_000_000_000);
    }
    for wrong in [Message::text("x".repeat(200)), Message::binary(vec![1])] {
        let (mut socket, _) = tokio_tungstenite::connect_async(&address).await.unwrap();
        socket.send(wrong).await.unwrap();
        let end = async { while let Some(Ok(_)) = socket.next().await {} };
        tokio::time::timeout(PATIENCE, end).await.expect("the socket ends");
    }
}

/// A connection to the console's port that carries media has its place at the door for as long as it is open, and not only until the
/// media plane has taken it over.
#[tokio::test]
async fn a_connection_that_carries_media_keeps_its_place() {
    let door = Door::open().await;
    let figure = async |name: &str| {
        let page = door.send(Method::GET, "/metrics", &[], "").await.text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::to_owned);
        // A worker has told nothing before it has done something.
        line.map_or(0, |value| value.parse::<u64>().unwrap())
    };
    let until = async |name: &'static str, wanted: u64| {
        tokio::time::timeout(PATIENCE, async {
            while figure(name).await != wanted {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{name} does not become {wanted}"));
    };
    let alone = figure("lianxian_http_connections").await;
    let address = door.base.strip_prefix("http://").unwrap();
    let mut media = tokio::net::TcpStream::connect(address).await.unwrap();
    // A check of a peer of the first worker, whoever that may be, in its frame (RFC 4571).
    let username = b"0+nobody:x  ";
    let mut check = vec![0, 1, 0, 16, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 12];
    check.extend(username);
    media.write_all(&[&(check.len() as u16).to_be_bytes()[..], &check].concat()).await.unwrap();
    until("lianxian_media_tcp_connections", 1).await;
    assert_eq!(figure("lianxian_http_connections").await, alone + 1);
    drop(media);
    until("lianxian_http_connections", alone).await;
}
