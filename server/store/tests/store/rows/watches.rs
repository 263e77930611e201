use super::district::put_district;
use crate::harness::on_both;
use lianxian_model::register::{Watch, WatchEnd};
use lianxian_model::time::Millis;

fn watch(id: &str, purpose: &str, at: i64) -> Watch {
    Watch {
        id: id.into(),
        account_id: "acc1".into(),
        person_id: "p1".into(),
        purpose: purpose.into(),
        started_ms: Millis(at),
        ended_ms: None,
        end_cause: None,
        version: 1,
    }
}

on_both! {
    async fn watches_end_and_their_purposes_are_offered_again(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let acc = "acc1".into();
        for (at, (id, purpose)) in [("w1", "日常"), ("w2", "督导"), ("w3", "日常"), ("w4", "应急")].into_iter().enumerate() {
            tx.insert_watch(&watch(id, purpose, at as i64)).await.unwrap();
        }
        assert_eq!(tx.recent_purposes(&acc, 10).await.unwrap(), ["应急", "日常", "督导"]);
        assert_eq!(tx.recent_purposes(&acc, 2).await.unwrap(), ["应急", "日常"]);
        let mut ended = watch("w1", "日常", 0);
        ended.ended_ms = Some(Millis(9));
        ended.end_cause = Some(WatchEnd::LoggedOut);
        assert!(tx.update_watch(&ended).await.unwrap());
        assert!(!tx.update_watch(&ended).await.unwrap());
        ended.version = 2;
        assert_eq!(tx.watch(&"w1".into()).await.unwrap(), Some(ended));
        let open = [watch("w2", "督导", 1), watch("w3", "日常", 2), watch("w4", "应急", 3)];
        assert_eq!(tx.open_watches_of(&acc).await.unwrap(), open);
        assert_eq!(tx.open_watches().await.unwrap(), open);
        assert_eq!(tx.open_watches_of(&"nobody".into()).await.unwrap(), []);
        tx.commit().await.unwrap();
    }
}
