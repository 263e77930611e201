//! The desk's doors: the rules of requests, photos, the library and the note; who may, what is refused, and by which code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;

use door::{Door, problem, refused};
use reqwest::Method;
use serde_json::{Value, json};

/// A PNG's head, as wide as is said: what the server reads of a picture.
fn png(width: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(720_u32.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

impl Door {
    async fn asked(&self, cookie: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        problem(self.with(cookie, method, path, body.to_string()).await).await
    }
}

#[tokio::test]
async fn rules_are_set_by_whoever_leads_and_bad_values_are_named() {
    let door = Door::open().await;
    let (chief, operator) = (door.cookie("zhibanzhang").await, door.cookie("zhibanyuan").await);
    let (status, held) = door.asked(&operator, Method::GET, "/request-rules", &Value::Null).await;
    assert_eq!((status, &held["may_set"], held["versions"].as_array().unwrap().len()), (200, &json!(false), 0));
    let mut rules = held["rules"].clone();
    rules["ladder"]["chief_ms"] = json!(20_000);
    let new = json!({ "unit_id": held["unit_id"], "rules": rules });
    assert_eq!(
        refused(door.with(&operator, Method::POST, "/request-rules", new.to_string()).await).await,
        (403, "forbidden".into())
    );
    let (status, made) = door.asked(&chief, Method::POST, "/request-rules", &new).await;
    assert_eq!((status, &made["version"], &made["rules"]["ladder"]["chief_ms"]), (201, &json!(1), &json!(20_000)));

    let mut absurd = new.clone();
    absurd["rules"]["ladder"]["chief_ms"] = json!(1);
    let (status, body) = door.asked(&chief, Method::POST, "/request-rules", &absurd).await;
    assert_eq!((status, &body["field"]), (422, &json!("ladder.chief_ms")), "{body}");
    for wrong in [json!({}), json!({ "unit_id": held["unit_id"], "rules": {} }), json!([])] {
        assert_eq!(door.asked(&chief, Method::POST, "/request-rules", &wrong).await.0, 422, "{wrong}");
    }
    let nowhere = json!({ "unit_id": "nowhere", "rules": rules });
    assert_eq!(door.asked(&chief, Method::POST, "/request-rules", &nowhere).await.0, 404);
    assert_eq!(door.asked(&chief, Method::GET, "/request-rules?unit_id=nowhere", &Value::Null).await.0, 403);
    assert_eq!(door.asked("", Method::GET, "/request-rules", &Value::Null).await.0, 401);
}

#[tokio::test]
async fn a_photo_is_taken_once_from_the_asker_and_read_as_it_was() {
    let door = Door::open().await;
    let raised: Value = door.as_device(Method::POST, "/station/requests", "{}").await.json().await.unwrap();
    let request = raised["id"].as_str().unwrap();
    let photos = format!("/station/requests/{request}/photos");
    let (status, photo) = problem(door.as_device(Method::POST, &photos, png(640)).await).await;
    assert_eq!((status, &photo["width"], &photo["image_type"]), (201, &json!(640), &json!("png")));
    let again = problem(door.as_device(Method::POST, &photos, png(640)).await).await;
    assert_eq!(again, (201, photo.clone()), "sent again after a lost answer it is the same");

    let one = format!("/requests/{request}/photos/{}", photo["id"].as_str().unwrap());
    let operator = door.cookie("zhibanyuan").await;
    let image = door.with(&operator, Method::GET, &one, "").await;
    let header = |name: &str| image.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-type"), header("x-content-type-options")), ("image/png".into(), "nosniff".into()));
    assert_eq!(image.bytes().await.unwrap(), png(640));
    assert_eq!(door.as_device(Method::GET, &format!("/station{one}"), "").await.bytes().await.unwrap(), png(640));

    let (status, html) = problem(door.as_device(Method::POST, &photos, "<html>").await).await;
    assert_eq!((status, &html["field"]), (422, &json!("image")));
    let large = door.as_device(Method::POST, &photos, vec![0; 8 * 1024 * 1024 + 1]).await;
    assert_eq!(refused(large).await, (413, "too_large".into()));
    // Only the asker adds to it, only who may read it sees it, and nobody without a name.
    let by_operator = door.with(&operator, Method::POST, &format!("/requests/{request}/photos"), png(641)).await;
    assert_eq!(refused(by_operator).await, (403, "forbidden".into()));
    let security = door.cookie("secadmin").await;
    assert_eq!(refused(door.with(&security, Method::GET, &one, "").await).await, (403, "forbidden".into()));
    assert_eq!(door.with("", Method::GET, &one, "").await.status(), 401);
    let unknown = door.with(&operator, Method::GET, &format!("/requests/{request}/photos/none"), "").await;
    assert_eq!(refused(unknown).await, (404, "not_found".into()));
    let unknown = door.as_device(Method::POST, "/station/requests/none/photos", png(640)).await;
    assert_eq!(refused(unknown).await, (404, "not_found".into()));
}

#[tokio::test]
async fn cards_are_edited_by_whoever_leads_and_no_edit_is_lost() {
    let door = Door::open().await;
    let (chief, operator) = (door.cookie("zhibanzhang").await, door.cookie("zhibanyuan").await);
    let board = door.asked(&operator, Method::GET, "/cards", &Value::Null).await.1;
    assert_eq!(board["may_edit"], false);
    let new = json!({ "unit_id": board["unit_id"], "kind": "phrase", "text": "您好", "case_kind": null });
    assert_eq!(
        refused(door.with(&operator, Method::POST, "/cards", new.to_string()).await).await,
        (403, "forbidden".into())
    );
    let (status, card) = door.asked(&chief, Method::POST, "/cards", &new).await;
    assert_eq!((status, &card["version"]), (201, &json!(1)));
    let path = format!("/cards/{}", card["id"].as_str().unwrap());
    let change = json!({ "version": 1, "text": "您好，请讲", "case_kind": null });
    assert_eq!(door.asked(&chief, Method::PUT, &path, &change).await.0, 200);
    let (status, late) = door.asked(&chief, Method::PUT, &path, &change).await;
    assert_eq!((status, &late["code"]), (409, &json!("changed_meanwhile")));
    let (status, long) = door
        .asked(
            &chief,
            Method::POST,
            "/cards",
            &json!({ "unit_id": board["unit_id"], "kind": "phrase", "text": "长".repeat(201), "case_kind": null }),
        )
        .await;
    assert_eq!((status, &long["field"], &long["limit"]), (422, &json!("text"), &json!(200)));
    for wrong in [json!({}), json!({ "unit_id": board["unit_id"], "kind": "poem", "text": "x", "case_kind": null })] {
        assert_eq!(door.asked(&chief, Method::POST, "/cards", &wrong).await.0, 422, "{wrong}");
    }
    assert_eq!(door.asked(&chief, Method::PUT, "/cards/none", &change).await.0, 404);
}

#[tokio::test]
async fn a_note_needs_an_assistance_and_its_version() {
    let door = Door::open().await;
    let operator = door.cookie("zhibanyuan").await;
    let note = json!({ "version": 0, "text": "一" });
    assert_eq!(door.asked(&operator, Method::POST, "/sessions/none/notes", &note).await.0, 404);
    for wrong in [
        json!({ "text": "一" }),
        json!({ "version": "0", "text": "一" }),
        json!({ "version": 0, "text": "一", "by": "别人" }),
    ] {
        assert_eq!(door.asked(&operator, Method::POST, "/sessions/none/notes", &wrong).await.0, 422, "{wrong}");
    }
    assert_eq!(door.asked("", Method::POST, "/sessions/none/notes", &note).await.0, 401);
}

#[tokio::test]
async fn a_cameras_token_shows_and_does_nothing_that_takes_a_person() {
    let door = Door::open().await;
    let admin = door.cookie("sysadmin").await;
    let site = &door.device(0).site_id;
    let new = json!({ "site_id": site, "name": "大厅摄像机", "kind": "camera" });
    let (status, camera) = door.asked(&admin, Method::POST, "/org/endpoints", &new).await;
    assert_eq!(status, 201, "{camera}");
    let path = format!("/org/endpoints/{}/device-token", camera["id"].as_str().unwrap());
    let (_, issued) = door.asked(&admin, Method::POST, &path, &json!({})).await;
    let bearer = format!("Bearer {}", issued["device_token"].as_str().unwrap());
    let asks = async |method: Method, path: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        door.send(method, &format!("/api/v1{path}"), &headers, "{}").await
    };
    assert_eq!(asks(Method::GET, "/station").await.status(), 200, "it is known");
    for (method, path) in [
        (Method::GET, "/station/requests"),
        (Method::POST, "/station/requests"),
        (Method::GET, "/station/directives"),
        (Method::GET, "/station/consent-text"),
    ] {
        let answer = refused(asks(method.clone(), path).await).await;
        assert_eq!(answer, (403, "not_staffed".into()), "{method} {path}");
    }
    assert_eq!(
        door.as_device(Method::GET, "/station/requests", "").await.status(),
        200,
        "the workstation beside it may"
    );
}

/// Each is held whole while it comes in, whatever it is for.
#[tokio::test]
async fn images_wait_for_their_turn() {
    let door = Door::open().await;
    let photos = "/station/requests/none/photos";
    let slow: Vec<_> = (0..16)
        .map(|_| {
            let never = reqwest::Body::wrap_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
            let bearer = format!("Bearer {}", door.device(0).device_token);
            let request = door.http.post(format!("{}/api/v1{photos}", door.base)).header("authorization", bearer);
            tokio::spawn(request.body(never).send())
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let (status, body) = problem(door.as_device(Method::POST, photos, png(640)).await).await;
    assert_eq!((status, body["code"].as_str(), body["limit"].as_i64()), (429, Some("too_many_uploads"), Some(16)));
    slow.iter().for_each(|upload| upload.abort());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(refused(door.as_device(Method::POST, photos, png(640)).await).await, (404, "not_found".into()));
}
