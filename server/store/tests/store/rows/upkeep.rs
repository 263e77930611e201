use crate::harness::on_both;
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{DoneCommand, StoreError};

on_both! {
    async fn a_done_command_is_remembered_for_its_actor(db: TestDatabase) {
        let mut tx = db.write().await;
        let done = |actor: &str, at| DoneCommand {
            actor: actor.into(),
            key: "k".into(),
            action: "watch.open".into(),
            request_hash: "h".into(),
            answer: "{\"a\":1}".into(),
            at_ms: Millis(at),
        };
        tx.put_done_command(&done("x", 10)).await.unwrap();
        tx.put_done_command(&done("y", 20)).await.unwrap();
        assert_eq!(tx.done_command("x", "k").await.unwrap(), Some(done("x", 10)));
        assert_eq!(tx.done_command("x", "other").await.unwrap(), None);
        tx.drop_done_commands(Millis(20)).await.unwrap();
        assert_eq!(tx.done_command("x", "k").await.unwrap(), None);
        assert_eq!(tx.done_command("y", "k").await.unwrap(), Some(done("y", 20)));
        assert_eq!(tx.put_done_command(&done("y", 30)).await, Err(StoreError::Duplicate("done_commands".into())));
    }

    async fn the_last_sign_of_life_is_kept(db: TestDatabase) {
        let mut tx = db.write().await;
        assert_eq!(tx.heartbeat().await.unwrap(), None);
        tx.put_heartbeat(Millis(5)).await.unwrap();
        tx.put_heartbeat(Millis(i64::MAX)).await.unwrap();
        assert_eq!(tx.heartbeat().await.unwrap(), Some(Millis(i64::MAX)));
    }
}
