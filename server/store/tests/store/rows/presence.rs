use super::district::put_district;
use crate::harness::on_both;
use lianxian_model::register::{OfflineCause, Presence};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::LinkInterval;

fn presence(endpoint: &str, online: bool, since: i64) -> Presence {
    Presence { endpoint_id: endpoint.into(), online, on_air: online, since_ms: Some(Millis(since)), cause: None }
}

fn link(participant: &str, endpoint: &str, opened: i64) -> LinkInterval {
    LinkInterval {
        participant: participant.into(),
        endpoint_id: endpoint.into(),
        opened_ms: Millis(opened),
        closed_ms: None,
        cause: None,
        ip: "10.0.0.2".into(),
        client: "{}".into(),
    }
}

on_both! {
    async fn who_is_online_goes_offline_at_once_but_never_before_it_came(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        tx.put_presence(&presence("e-sa", true, 50)).await.unwrap();
        tx.put_presence(&presence("e-sb", true, 150)).await.unwrap();
        tx.put_presence(&presence("e-sa1", true, 10)).await.unwrap();
        let gone = Presence { cause: Some(OfflineCause::Lost), ..presence("e-sa1", false, 20) };
        tx.put_presence(&gone).await.unwrap();
        tx.put_presence(&presence("c1", false, 20)).await.unwrap();
        let mut whom = tx.all_offline(Millis(100), OfflineCause::ServerRestart).await.unwrap();
        whom.sort();
        assert_eq!(whom, ["e-sa".into(), "e-sb".into()]);
        let off = |endpoint, since| Presence { cause: Some(OfflineCause::ServerRestart), ..presence(endpoint, false, since) };
        assert_eq!(tx.presences().await.unwrap(), [off("e-sa", 100), gone, off("e-sb", 150)]);
        assert_eq!(tx.presence(&"c1".into()).await.unwrap(), Some(presence("c1", false, 20)));
        assert_eq!(tx.presence(&"nobody".into()).await.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn links_open_and_close_once(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let a = "e-sa".into();
        tx.insert_link(&link("PA_1", "e-sa", 10)).await.unwrap();
        assert_eq!(tx.open_link_of(&a).await.unwrap(), Some(link("PA_1", "e-sa", 10)));
        assert!(tx.close_link(&"PA_1".into(), Millis(5), "lost").await.unwrap());
        assert!(!tx.close_link(&"PA_1".into(), Millis(50), "left").await.unwrap());
        assert!(!tx.close_link(&"PA_9".into(), Millis(50), "left").await.unwrap());
        assert_eq!(tx.open_link_of(&a).await.unwrap(), None);
        tx.insert_link(&link("PA_2", "e-sa", 60)).await.unwrap();
        tx.insert_link(&link("PA_3", "e-sb", 90)).await.unwrap();
        assert_eq!(tx.close_links(Millis(80), "interrupted").await.unwrap(), 2);
        assert_eq!(tx.close_links(Millis(80), "interrupted").await.unwrap(), 0);
        tx.commit().await.unwrap();

        let mut client = db.client().await;
        let sql = "SELECT closed_ms FROM links ORDER BY participant";
        let closed: Vec<i64> = sqlx::query_scalar(sql).fetch_all(&mut client).await.unwrap();
        assert_eq!(closed, [10, 80, 90], "never before it opened");
    }
}
