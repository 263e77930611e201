//! Files sent in an assistance: kept once with what proves them, refused when they lie, read under the session, never changed.

use crate::harness::town::{SECOND, code, in_both_towns};
use bytes::Bytes;
use lianxian_model::attachment::{FILE_MAX_BYTES, FILE_NAME_MAX_CHARS, FILES_A_SESSION, FileType};
use lianxian_model::event::EventKind;
use lianxian_service::ErrorKind;
use lianxian_service::attachments::NewAttachment;
use sha2::{Digest, Sha256};

fn named(name: &str, claimed: &str) -> NewAttachment {
    NewAttachment { name: name.into(), claimed: claimed.into() }
}

const PDF: &[u8] = b"%PDF-1.7 agreement";

in_both_towns! {
    async fn a_file_is_kept_told_and_read_as_it_was(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let (op, chief) = (town.seat("zhibanyuan").await, town.seat("zhibanzhang").await);
        let (id, device) = town.assisted(&office, &op).await;
        let from = s.events.latest().await.unwrap();
        town.clock.pass(SECOND);

        let bytes = Bytes::from_static(PDF);
        let kept = s.attachments.keep(&op.actor, &id, named(" 调解协议.pdf", "application/pdf"), bytes.clone()).await.unwrap();
        assert_eq!((kept.name.as_str(), kept.file_type, kept.bytes), ("调解协议.pdf", FileType::Pdf, PDF.len() as i64));
        assert_eq!(kept.sha256, hex::encode(Sha256::digest(PDF)));
        let text = Bytes::from_static("邻居漏水".as_bytes());
        let second = s.attachments.keep(&device, &id, named("情况.txt", ""), text.clone()).await.unwrap();
        let (told, read) = s.attachments.read(&device, &id, &kept.id).await.unwrap();
        assert_eq!((told, read), (kept.clone(), bytes.clone()));
        assert_eq!(s.drawings.marks(&chief.actor, &id).await.unwrap().files, [kept.clone(), second]);
        let events = s.events.since(&op.actor, from).await.unwrap().events;
        let marked = events.iter().filter(|e| e.kind == EventKind::SessionMarked && e.payload.get("file").is_some());
        assert_eq!(marked.count(), 2);
        let story = s.sessions.get(&chief.actor, &id).await.unwrap().timeline;
        assert!(story.iter().any(|line| line.text_zh == "李明发送文件 调解协议.pdf"));

        // Lies, paths and sizes are refused, each by its own name, and leave nothing.
        let keep = async |name: &str, claimed: &str, bytes: Bytes| {
            s.attachments.keep(&op.actor, &id, named(name, claimed), bytes).await.unwrap_err()
        };
        let large = keep("a.txt", "", Bytes::from(vec![b'a'; FILE_MAX_BYTES + 1])).await;
        assert_eq!((large.field, large.limit), (Some("file"), Some(FILE_MAX_BYTES as i64)));
        assert_eq!(keep("a.pdf", "", Bytes::from_static(b"MZ\0")).await.field, Some("file"));
        let lie = keep("a.pdf", "image/png", bytes.clone()).await;
        assert_eq!((lie.field, lie.value), (Some("file"), Some("image/png".into())));
        assert_eq!(keep("a.txt", "", bytes.clone()).await.field, Some("name"));
        assert_eq!(keep("../../a.pdf", "", bytes.clone()).await.field, Some("name"));
        let long = keep(&format!("{}.pdf", "长".repeat(FILE_NAME_MAX_CHARS)), "", bytes.clone()).await;
        assert_eq!((long.field, long.limit), (Some("name"), Some(FILE_NAME_MAX_CHARS as i64)));
        assert_eq!(s.drawings.marks(&op.actor, &id).await.unwrap().files.len(), 2);

        // Whoever is not in it sends nothing; another office's device reads nothing.
        let expert = town.login("lvshi").await;
        town.refused(&expert, "file.keep", s.attachments.keep(&expert, &id, named("a.pdf", ""), bytes.clone())).await;
        let other = town.device_actor(&town.device("张贵庄街道司法所")).await;
        town.refused(&other, "session.read", s.attachments.read(&other, &id, &kept.id)).await;
        assert_eq!(s.attachments.read(&op.actor, &id, &"none".into()).await.unwrap_err().kind, ErrorKind::NotFound);

        for n in 2..FILES_A_SESSION {
            s.attachments.keep(&device, &id, named(&format!("{n}.txt"), ""), text.clone()).await.unwrap();
        }
        let full = s.attachments.keep(&device, &id, named("x.txt", ""), text.clone()).await.unwrap_err();
        assert_eq!((full.code, full.limit), ("too_many_files", Some(FILES_A_SESSION as i64)));

        s.assists.hang_up(&device, &id).await.unwrap();
        assert_eq!(code(s.attachments.keep(&device, &id, named("x.txt", ""), text).await), "session_not_open");
        // Evidence: nobody with a database client changes it.
        let mut client = town.db.client().await;
        for sql in ["UPDATE session_files SET name = 'x'", "DELETE FROM session_files"] {
            assert!(sqlx::query(sql).execute(&mut client).await.is_err(), "{sql}");
        }
        town.chain_holds().await;
    }
}
