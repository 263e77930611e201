//! Bytes and their rows: what has no row is set aside and said, what has one stays, whatever it belongs to.

use crate::harness::town::{SECOND, in_both_towns, png};
use bytes::Bytes;
use lianxian_model::time::Clock;
use lianxian_service::attachments::NewAttachment;
use lianxian_service::directives::NewPicture;
use lianxian_service::drawings::NewFrame;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Everything in the folder was written so long ago.
fn age(folder: &Path, by: Duration) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path, by);
        } else {
            std::fs::File::options().append(true).open(&path).unwrap().set_modified(SystemTime::now() - by).unwrap();
        }
    }
}

in_both_towns! {
    async fn bytes_without_a_row_are_set_aside_and_no_others(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let op = town.seat("zhibanyuan").await;
        let inspector = town.login("dudao").await;
        let (id, device) = town.assisted(&office, &op).await;
        town.clock.pass(SECOND);
        let frame = NewFrame { source: office.endpoint_id.clone(), frame_ms: town.clock.now() };
        let frame = s.drawings.freeze(&op.actor, &id, frame, png(1_280)).await.unwrap();
        let named = NewAttachment { name: "情况.txt".into(), claimed: String::new() };
        let file = s.attachments.keep(&op.actor, &id, named, Bytes::from_static(b"leak")).await.unwrap();
        let tap = serde_json::from_value(json!({})).unwrap();
        let request = s.requests.raise(&device, tap, None).await.unwrap();
        let photo = s.requests.keep_photo(&device, &request.id, png(640)).await.unwrap();
        let due_ms = town.clock.now().0 + 86_400_000;
        let directive = serde_json::from_value(json!({
            "site_id": office.site_id, "finding": "窗口无人", "demand": "整改", "due_ms": due_ms,
        })).unwrap();
        let directive = s.directives.issue(&inspector, directive, None).await.unwrap();
        let picture = s.directives.keep_picture(&inspector, &directive.id, NewPicture { basis: true }, png(800)).await.unwrap();

        let files = town.db._folder.as_ref().unwrap().path().join("files");
        let strays = [
            format!("frames/{id}/{}.png", picture.id), format!("frames/{id}/{}.part", frame.id),
            format!("attachments/{id}/{}.bin", frame.id), "attachments/nobody/x.bin".to_owned(),
            format!("directives/{}/x.png", directive.id), format!("requests/{}/x.png", request.id),
        ];
        for stray in &strays {
            std::fs::create_dir_all(files.join(stray).parent().unwrap()).unwrap();
            std::fs::write(files.join(stray), "stray").unwrap();
        }
        // What is none of ours is left alone, and stops nothing.
        std::fs::create_dir_all(files.join("lost+found/x")).unwrap();
        std::fs::write(files.join("lost+found/x/foreign.bin"), "foreign").unwrap();
        std::fs::write(files.join("frames/.hidden"), "foreign").unwrap();

        assert_eq!(s.sweep_strays().await.unwrap(), 0, "their rows may be on their way");
        age(&files, Duration::from_secs(2 * 3600));
        assert_eq!(s.sweep_strays().await.unwrap(), strays.len());
        for stray in &strays {
            assert!(!files.join(stray).exists() && files.join("strays").join(stray).exists(), "{stray}");
        }
        assert!(files.join("lost+found/x/foreign.bin").exists() && files.join("frames/.hidden").exists());
        assert_eq!(s.drawings.image(&op.actor, &id, &frame.id).await.unwrap().1, png(1_280));
        assert_eq!(s.attachments.read(&op.actor, &id, &file.id).await.unwrap().1, Bytes::from_static(b"leak"));
        assert_eq!(s.requests.photo(&op.actor, &request.id, &photo.id).await.unwrap().1, png(640));
        assert_eq!(s.directives.picture(&inspector, &directive.id, &picture.id).await.unwrap().1, png(800));
        let told: Vec<_> = town.audit().await.into_iter().filter(|row| row.action == "file.stray").collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].detail.to_string().contains("nobody/x.bin"));
        assert_eq!(s.sweep_strays().await.unwrap(), 0);
        town.chain_holds().await;
    }
}
