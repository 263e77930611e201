//! Freezing, drawing and writing in an assistance: stored before it is told, never changed, read under the session.

use crate::harness::town::{SECOND, code, in_both_towns, png};
use bytes::Bytes;
use lianxian_model::drawing::{Colour, Drawn, FRAME_MAX_BYTES, Tool};
use lianxian_model::event::EventKind;
use lianxian_model::session::Mode;
use lianxian_model::time::{Clock, Millis};
use lianxian_service::ErrorKind;
use lianxian_service::assists::{Joining, NewParty};
use lianxian_service::drawings::NewFrame;
use sha2::{Digest, Sha256};

fn pen() -> Drawn {
    Drawn { tool: Tool::Pen, colour: Colour::Red, width: 40, points: vec![(100, 100), (5_000, 5_000)], text: "".into() }
}

in_both_towns! {
    async fn a_frame_its_strokes_and_lines_are_kept_and_told(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let (op, chief, other) =
            (town.seat("zhibanyuan").await, town.seat("zhibanzhang").await, town.seat("lvshi").await);
        let (id, device) = town.assisted(&office, &op).await;
        let from = s.events.latest().await.unwrap();

        let seen = town.clock.pass(SECOND);
        let frame = |frame_ms| NewFrame { source: office.endpoint_id.clone(), frame_ms };
        let kept = s.drawings.freeze(&op.actor, &id, frame(Millis(seen.0 - 200)), png(1_280)).await.unwrap();
        assert_eq!((kept.width, kept.height, kept.frame_ms), (1280, 720, Millis(seen.0 - 200)));
        assert_eq!(kept.sha256, hex::encode(Sha256::digest(png(1_280))));
        let (kind, bytes) = s.drawings.image(&device, &id, &kept.id).await.unwrap();
        assert_eq!((kind.mime(), bytes), ("image/png", png(1_280)));
        // A clock that runs ahead freezes nothing that is yet to come.
        let ahead = s.drawings.freeze(&device, &id, frame(Millis(seen.0 + 3_600_000)), png(1_280)).await.unwrap();
        assert_eq!(ahead.frame_ms, town.clock.now());

        let mine = s.drawings.draw(&op.actor, &id, &kept.id, pen()).await.unwrap();
        let theirs = s.drawings.draw(&device, &id, &kept.id, Drawn {
            tool: Tool::Text, points: vec![(1, 2)], text: "此处".into(), ..pen()
        }).await.unwrap();
        assert_eq!((mine.seq, theirs.seq), (1, 2));
        assert_ne!(mine.sha256, theirs.sha256);
        let undone = s.drawings.undo(&op.actor, &id, &kept.id).await.unwrap();
        assert_eq!((undone.seq, undone.undoes), (3, Some(1)), "one's own, whoever drew last");
        assert_eq!(code(s.drawings.undo(&op.actor, &id, &kept.id).await), "nothing_to_undo");
        s.drawings.say(&device, &id, " 请看这里 ").await.unwrap();

        // What was told is what is stored.
        let told: Vec<_> = s.events.since(&device, from).await.unwrap().events.into_iter()
            .filter(|event| event.kind == EventKind::SessionMarked)
            .map(|event| event.payload)
            .collect();
        let strokes: Vec<_> = told.iter().filter_map(|mark| mark.get("stroke")?.get("seq")?.as_i64()).collect();
        assert_eq!(strokes, [1, 2, 3]);
        let marks = s.drawings.marks(&device, &id).await.unwrap();
        assert_eq!(marks.frames[0].strokes, std::slice::from_ref(&theirs));
        assert_eq!(told[0]["frame"]["sha256"], kept.sha256);
        let lines: Vec<_> = marks.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["请看这里"]);
        let detail = s.sessions.get(&op.actor, &id).await.unwrap();
        let said: Vec<_> = detail.timeline.iter().map(|line| line.text_zh.clone()).collect();
        assert!(said.iter().any(|line| line.ends_with("：请看这里")), "{said:?}");
        assert!(said.iter().any(|line| line.starts_with("李明定格画面（09:")), "{said:?}");

        // Who only watches and who is not there draw nothing; what is no picture is none whatever it is called.
        let watch = NewParty { account_id: chief.actor.account().unwrap().account.clone(), mode: Mode::Watch };
        s.assists.invite(&op.actor, &id, watch).await.unwrap();
        s.assists.join(&chief.actor, &id, Joining { endpoint_id: chief.console.clone() }).await.unwrap();
        assert_eq!(s.drawings.marks(&chief.actor, &id).await.unwrap(), marks);
        town.refused(&chief.actor, "stroke.draw", s.drawings.draw(&chief.actor, &id, &kept.id, pen())).await;
        town.refused(&other.actor, "frame.keep", s.drawings.freeze(&other.actor, &id, frame(seen), png(1_280))).await;
        town.refused(&other.actor, "session.read", s.drawings.marks(&other.actor, &id)).await;
        let html = s.drawings.freeze(&op.actor, &id, frame(seen), Bytes::from_static(b"<html>")).await.unwrap_err();
        assert_eq!(html.field, Some("image"));
        let large = s.drawings.freeze(&op.actor, &id, frame(seen), vec![0; FRAME_MAX_BYTES + 1].into()).await.unwrap_err();
        assert_eq!((large.field, large.limit), (Some("image"), Some(FRAME_MAX_BYTES as i64)));
        let foreign = NewFrame { source: "nobody".into(), frame_ms: seen };
        assert_eq!(s.drawings.freeze(&op.actor, &id, foreign, png(1_280)).await.unwrap_err().field, Some("source"));
        let nowhere = s.drawings.draw(&op.actor, &id, &"none".into(), pen()).await.unwrap_err();
        assert_eq!(nowhere.kind, ErrorKind::NotFound);

        s.assists.hang_up(&device, &id).await.unwrap();
        assert_eq!(code(s.drawings.draw(&op.actor, &id, &kept.id, pen()).await), "session_not_open");
        assert_eq!(s.drawings.marks(&op.actor, &id).await.unwrap(), marks, "it stays");

        // Evidence: nobody with a database client changes it.
        let mut client = town.db.client().await;
        for sql in ["UPDATE session_strokes SET drawn = '{}'", "DELETE FROM session_frames", "DELETE FROM assists",
            "UPDATE session_frames SET sha256 = ''", "UPDATE assists SET station = 'x'"] {
            assert!(sqlx::query(sql).execute(&mut client).await.is_err(), "{sql}");
        }
        town.chain_holds().await;
    }
}
