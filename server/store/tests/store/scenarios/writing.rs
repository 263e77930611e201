//! Lines and the note of an assistance: bounded by name, never lost between two writers, and who is told of which.

use crate::harness::town::{SECOND, code, in_both_towns};
use lianxian_model::event::EventKind;
use lianxian_model::ids::SessionId;
use lianxian_model::session::Mode;
use lianxian_model::time::Clock;
use lianxian_model::writing::{LINES_A_SESSION, NOTE_MAX_CHARS, NOTES_A_SESSION};
use lianxian_service::assists::{Joining, NewAssist, NewParty};

in_both_towns! {
    async fn a_note_is_kept_in_versions_and_no_writer_overwrites_another(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let (op, chief) = (town.seat("zhibanyuan").await, town.seat("zhibanzhang").await);
        let (id, device) = town.assisted(&office, &op).await;
        let join = NewParty { account_id: chief.actor.account().unwrap().account.clone(), mode: Mode::Join };
        s.assists.invite(&op.actor, &id, join).await.unwrap();
        s.assists.join(&chief.actor, &id, Joining { endpoint_id: chief.console.clone() }).await.unwrap();
        let from = s.events.latest().await.unwrap();
        town.clock.pass(SECOND);

        let d = &s.drawings;
        let first = d.note(&op.actor, &id, 0, " 一、双方到场。 ").await.unwrap();
        assert_eq!((first.version, first.author.as_str(), first.text.as_str()), (1, "李明", "一、双方到场。"));
        // Two wrote over nothing: the second is told, and which version to read.
        let late = d.note(&chief.actor, &id, 0, "我的记录").await.unwrap_err();
        assert_eq!((late.code, late.value), ("changed_meanwhile", Some(1.into())));
        let second = d.note(&chief.actor, &id, 1, "一、双方到场。二、经过。").await.unwrap();
        assert_eq!(d.marks(&op.actor, &id).await.unwrap().note.as_ref(), Some(&second));
        let story = s.sessions.get(&op.actor, &id).await.unwrap().timeline;
        let kept: Vec<_> = story.iter().filter(|line| line.kind == "note.kept").map(|line| line.text_zh.as_str()).collect();
        assert_eq!(kept, ["李明写下记录（第 1 版）：一、双方到场。", "王淑敏写下记录（第 2 版）：一、双方到场。二、经过。"]);

        // The note is the helpers': the screen at the office, which a citizen may see, is not told it.
        assert_eq!(d.marks(&device, &id).await.unwrap().note, None);
        let noted = async |actor| {
            let events = s.events.since(actor, from).await.unwrap().events;
            events.into_iter().filter(|event| event.kind == EventKind::SessionNoted).count()
        };
        assert_eq!((noted(&device).await, noted(&op.actor).await), (0, 2));
        town.refused(&device, "note.keep", d.note(&device, &id, 2, "三")).await;

        assert_eq!(d.note(&op.actor, &id, 2, "  ").await.unwrap_err().field, Some("text"));
        let long = d.note(&op.actor, &id, 2, &"长".repeat(NOTE_MAX_CHARS + 1)).await.unwrap_err();
        assert_eq!((long.field, long.limit), (Some("text"), Some(NOTE_MAX_CHARS as i64)));
        for version in 2..NOTES_A_SESSION as i64 {
            d.note(&op.actor, &id, version, &format!("第 {version} 次")).await.unwrap();
        }
        let full = d.note(&op.actor, &id, NOTES_A_SESSION as i64, "再来").await.unwrap_err();
        assert_eq!((full.code, full.limit), ("too_many_notes", Some(NOTES_A_SESSION as i64)));
        town.chain_holds().await;
    }

    async fn a_session_takes_a_named_number_of_lines(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let op = town.seat("zhibanyuan").await;
        let device = town.device_actor(&office).await;
        let new = NewAssist {
            site_id: office.site_id.clone(), endpoint_id: op.console.clone(), purpose: "指导取证".into(),
        };
        let id: SessionId = s.assists.call(&op.actor, new, None).await.unwrap().session.id;
        s.drawings.say(&op.actor, &id, "请讲").await.unwrap();
        // As if they had been said: a thousand of them take long.
        let mut tx = town.db.write().await;
        for _ in 1..LINES_A_SESSION {
            tx.append_timeline(&id, town.clock.now(), "line.said", r#"{"by":"李明","text":"好"}"#).await.unwrap();
        }
        tx.commit().await.unwrap();
        let full = s.drawings.say(&device, &id, "再说一句").await.unwrap_err();
        assert_eq!((full.code, full.limit), ("too_many_lines", Some(LINES_A_SESSION as i64)));
        assert_eq!(s.drawings.marks(&device, &id).await.unwrap().lines.len(), LINES_A_SESSION);
        assert_eq!(code(s.drawings.note(&op.actor, &id, 1, "记录").await), "changed_meanwhile", "lines are no versions");
    }
}
