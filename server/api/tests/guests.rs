//! The guest's door, which asks for no login: bad tokens and what is said of them, whose cookie opens what, sizes and rates,
//! and the visit told live.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;

use door::{Door, JSON, PATIENCE, problem, refused};
use proptest::prelude::*;
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Attempts of one address at once, and the bytes of a guest's body, as docs/reference/rest.md names them.
const ATTEMPTS: usize = 30;
const BODY_BYTES: usize = 8 * 1024;

struct Guest {
    cookie: String,
    view: Value,
}

fn open(token: &str) -> String {
    json!({ "token": token }).to_string()
}

impl Door {
    async fn open_link(&self, token: &str) -> Response {
        self.send(Method::POST, "/api/v1/guest/visit", &[JSON], open(token)).await
    }

    /// A request of the first device, and a link to it: (request, link, token).
    async fn link(&self, new: Value) -> (String, String, String) {
        let raised: Value = self.as_device(Method::POST, "/station/requests", "{}").await.json().await.unwrap();
        let request = raised["id"].as_str().unwrap().to_owned();
        let made =
            self.as_device(Method::POST, &format!("/station/requests/{request}/guest-links"), new.to_string()).await;
        assert_eq!(made.status(), 201);
        let made: Value = made.json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (request, text(&made["link"]["id"]), text(&made["token"]))
    }

    async fn guest(&self, token: &str) -> Guest {
        let answer = self.open_link(token).await;
        assert_eq!(answer.status(), 200);
        let said = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(said.contains("HttpOnly; SameSite=Strict") && said.contains("Path=/api/v1"), "{said}");
        let cookie = said.split(';').next().unwrap().to_owned();
        Guest { cookie, view: answer.json().await.unwrap() }
    }
}

fn consent(view: &Value) -> String {
    json!({ "name": "张三", "sha256": view["text"]["sha256"], "picture": true, "sound": true }).to_string()
}

#[tokio::test]
async fn a_token_that_opens_nothing_says_which_it_is() {
    let door = Door::open().await;
    for token in ["", "x", "../../etc/passwd", &"a".repeat(64), &"f".repeat(65), "\u{0}\u{202e}来访"] {
        let (status, body) = problem(door.open_link(token).await).await;
        assert_eq!((status, body["code"].as_str()), (401, Some("guest_link_unknown")), "{token}");
        assert!(body["detail_zh"].as_str().unwrap().contains("链接无效"));
    }
    let (request, link, token) = door.link(json!({ "max_uses": 1, "life_ms": 300_000 })).await;
    let guest = door.guest(&token).await;
    assert_eq!(guest.view["request_state"], "waiting");
    let (status, used) = problem(door.open_link(&token).await).await;
    assert_eq!((status, used["code"].as_str(), used["limit"].as_i64()), (401, Some("guest_link_used_up"), Some(1)));
    let (_, _, late) = door.link(json!({ "life_ms": 300_000 })).await;
    door.clock.pass(300_000);
    assert_eq!(refused(door.open_link(&late).await).await, (401, "guest_link_expired".into()));
    // The browser that opened it goes on, with its cookie and no further use.
    let again = door.with(&guest.cookie, Method::POST, "/guest/visit", open(&token)).await;
    assert_eq!((again.status().as_u16(), again.headers().get("set-cookie")), (200, None));
    let revoke = format!("/station/guest-links/{link}/revoke");
    let silent = door.as_device(Method::POST, &revoke, json!({ "reason": " " }).to_string()).await;
    let (status, body) = problem(silent).await;
    assert_eq!((status, body["field"].as_str()), (422, Some("reason")));
    let revoked = door.as_device(Method::POST, &revoke, json!({ "reason": "发错人" }).to_string()).await;
    assert_eq!(revoked.status(), 200);
    assert_eq!(refused(door.open_link(&token).await).await, (401, "guest_link_revoked".into()));
    let visit = door.with(&guest.cookie, Method::GET, "/guest/visit", "").await;
    assert_eq!(refused(visit).await, (401, "guest_link_revoked".into()));
    let board: Value =
        door.as_device(Method::GET, &format!("/station/requests/{request}/guests"), "").await.json().await.unwrap();
    assert_eq!((&board["links"][0]["refusal"], board["guests"].as_array().unwrap().len()), (&json!("revoked"), 1));
}

#[tokio::test]
async fn a_guest_s_cookie_opens_its_own_visit_and_nothing_else() {
    let door = Door::open().await;
    let (request, _, token) = door.link(json!({})).await;
    let guest = door.guest(&token).await;
    // No cookie, or somebody else's.
    let staff = door.cookie("zhibanyuan").await;
    let nobody = format!("lianxian_guest={}", "a".repeat(64));
    for cookie in ["", staff.as_str(), nobody.as_str()] {
        for (method, path, body) in [
            (Method::GET, "/guest/visit", String::new()),
            (Method::GET, "/guest/events", String::new()),
            (Method::POST, "/guest/consents", consent(&guest.view)),
            (Method::POST, "/guest/consents/withdraw", "{}".into()),
            (Method::POST, "/guest/link/tokens", String::new()),
            (Method::POST, "/guest/ratings", json!({ "grade": "satisfied" }).to_string()),
            (Method::GET, "/guest/checks/downloads?bytes=5", String::new()),
            (Method::POST, "/guest/checks/uploads", "12345".into()),
        ] {
            let answer = door.with(cookie, method, path, body).await;
            assert_eq!(refused(answer).await, (401, "visit_unknown".into()), "{path}");
        }
    }
    // The guest's is no account's, and no device's.
    for (method, path) in [
        (Method::GET, format!("/requests/{request}")),
        (Method::GET, format!("/requests/{request}/guests")),
        (Method::POST, format!("/requests/{request}/guest-links")),
        (Method::GET, "/station/requests".into()),
        (Method::GET, "/events".into()),
        (Method::POST, "/link/tokens".into()),
    ] {
        let answer = door.with(&guest.cookie, method, &path, json!({ "tab": "main" }).to_string()).await;
        assert_eq!(answer.status(), 401, "{path}");
    }
    // Another site's page may neither open nor agree in the guest's name.
    let foreign = [("cookie", guest.cookie.as_str()), ("origin", "https://elsewhere.example"), JSON];
    for (path, body) in [("/guest/visit", open(&token)), ("/guest/consents", consent(&guest.view))] {
        let answer = door.send(Method::POST, &format!("/api/v1{path}"), &foreign, body).await;
        assert_eq!(refused(answer).await, (403, "bad_origin".into()), "{path}");
    }
    // Agreed to, but nobody has connected: no way onto the net.
    let early = door.with(&guest.cookie, Method::POST, "/guest/link/tokens", "").await;
    assert_eq!(refused(early).await, (409, "consent_needed".into()));
    let agreed = door.with(&guest.cookie, Method::POST, "/guest/consents", consent(&guest.view)).await;
    assert_eq!(agreed.status(), 201);
    let agreed: Value = agreed.json().await.unwrap();
    assert_eq!((&agreed["state"], &agreed["consent"]["sound"]), (&json!("consented"), &json!(true)));
    let early = door.with(&guest.cookie, Method::POST, "/guest/link/tokens", "").await;
    assert_eq!(refused(early).await, (409, "not_connected".into()));
    let early = door.with(&guest.cookie, Method::POST, "/guest/ratings", json!({ "grade": "fair" }).to_string()).await;
    assert_eq!(refused(early).await, (409, "not_finished".into()));
    let down = door.with(&guest.cookie, Method::GET, "/guest/checks/downloads?bytes=1000", "").await;
    assert_eq!(down.bytes().await.unwrap().len(), 1_000);
}

#[tokio::test]
async fn sizes_and_rates_have_an_end_and_say_it() {
    let door = Door::open().await;
    let (_, _, token) = door.link(json!({})).await;
    let guest = door.guest(&token).await;
    let long = "a".repeat(BODY_BYTES + 1);
    let large = door.open_link(&long).await;
    let (status, body) = problem(large).await;
    assert_eq!((status, body["code"].as_str(), body["limit"].as_u64()), (413, Some("too_large"), Some(8_192)));
    for (path, body) in [
        ("/guest/consents", json!({ "name": long, "sha256": "", "picture": true, "sound": true })),
        ("/guest/ratings", json!({ "grade": "fair", "text": long })),
        ("/guest/consents/withdraw", json!({ "reason": long })),
    ] {
        let answer = door.with(&guest.cookie, Method::POST, path, body.to_string()).await;
        assert_eq!(refused(answer).await, (413, "too_large".into()), "{path}");
    }
    for (body, status) in [("{", 400), ("[]", 422), (r#"{"token":7}"#, 422), (r#"{"token":"x","more":1}"#, 422)] {
        let answer = door.send(Method::POST, "/api/v1/guest/visit", &[JSON], body).await;
        assert_eq!(answer.status().as_u16(), status, "{body}");
    }
    // Guessing has an end, and so has pressing a button.
    let mut codes = Vec::new();
    for _ in 0..=ATTEMPTS {
        codes.push(refused(door.open_link(&"b".repeat(64)).await).await.1);
    }
    assert_eq!(codes.last().map(String::as_str), Some("too_many_attempts"), "{codes:?}");
    let pressed = door.with(&guest.cookie, Method::POST, "/guest/consents", consent(&guest.view)).await;
    assert_eq!(refused(pressed).await, (429, "too_many_attempts".into()));
    // Looking goes on, and later everything does.
    assert_eq!(door.with(&guest.cookie, Method::GET, "/guest/visit", "").await.status(), 200);
    door.clock.pass(120_000);
    let pressed = door.with(&guest.cookie, Method::POST, "/guest/consents", consent(&guest.view)).await;
    assert_eq!(pressed.status(), 201);
}

/// The next event of the stream: its name and its data.
async fn next(stream: &mut Response, text: &mut String) -> (String, Value) {
    let read = async {
        loop {
            if let Some((event, rest)) = text.split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())) {
                *text = rest;
                let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let (Some(name), Some(data)) = (line("event: "), line("data: ")) {
                    return (name, serde_json::from_str(&data).unwrap());
                }
                continue;
            }
            text.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("nothing was told")
}

#[tokio::test]
async fn the_visit_is_told_live_until_it_is_over() {
    let door = Door::open().await;
    let (request, link, token) = door.link(json!({})).await;
    let guest = door.guest(&token).await;
    let mut stream = door.with(&guest.cookie, Method::GET, "/guest/events", "").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    let (name, view) = next(&mut stream, &mut text).await;
    assert_eq!((name.as_str(), &view["promise"]["accepted_ms"]), ("visit", &Value::Null));
    let staff = door.cookie("zhibanyuan").await;
    let accept = json!({ "action": "accept", "endpoint_id": null }).to_string();
    let taken = door.with(&staff, Method::POST, &format!("/requests/{request}/steps"), accept).await;
    assert_eq!(taken.status(), 200);
    let (name, view) = next(&mut stream, &mut text).await;
    assert_eq!((name.as_str(), view["answerer"]["name"].as_str()), ("visit", Some("李明")));
    assert!(view["promise"]["accepted_ms"].is_i64() && view["promise"]["answer_by_ms"].is_i64());
    let revoke = json!({ "reason": "办理完毕" }).to_string();
    let revoked = door.with(&staff, Method::POST, &format!("/guest-links/{link}/revoke"), revoke).await;
    assert_eq!(revoked.status(), 200);
    let (name, over) = next(&mut stream, &mut text).await;
    assert_eq!((name.as_str(), over["code"].as_str()), ("over", Some("guest_link_revoked")));
    // So many pages of one visit at once, and no more.
    let (_, _, token) = door.link(json!({})).await;
    let guest = door.guest(&token).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(door.with(&guest.cookie, Method::GET, "/guest/events", "").await);
    }
    assert!(open.iter().all(|stream| stream.status() == 200));
    let (status, body) = problem(door.with(&guest.cookie, Method::GET, "/guest/events", "").await).await;
    assert_eq!((status, body["code"].as_str(), body["limit"].as_i64()), (429, Some("too_many_streams"), Some(4)));
}

/// Whatever is sent to the one request that anybody may send: an answer that says no, and never a fault of the server.
#[test]
fn nothing_that_is_sent_breaks_the_door() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let door = runtime.block_on(Door::open());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(150));
    let bodies = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        ".*".prop_map(|token| open(&token)),
        "[0-9a-fA-F]{60,68}".prop_map(|token| open(&token)),
        "\\PC{0,80}",
    ];
    let outcome = runner.run(&(bodies, "[ -~]{0,90}"), |(body, cookie)| {
        door.clock.pass(10_000);
        let cookie = format!("lianxian_guest={cookie}");
        let headers = [("cookie", cookie.as_str()), ("origin", door.base.as_str()), JSON];
        let (opened, read) = runtime.block_on(async {
            let opened = door.send(Method::POST, "/api/v1/guest/visit", &headers, body.clone()).await.status().as_u16();
            (opened, door.send(Method::GET, "/api/v1/guest/visit", &headers, "").await.status().as_u16())
        });
        prop_assert!([400, 401, 422].contains(&opened), "{opened} for {body:?}");
        prop_assert_eq!(read, 401);
        Ok(())
    });
    outcome.unwrap();
}
