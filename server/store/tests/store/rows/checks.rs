use super::district::put_district;
use crate::harness::on_both;
use lianxian_model::check::{Check, CheckItem, CheckTopic, CheckVerdict};
use lianxian_model::time::Millis;

fn check(id: &str, at: i64) -> Check {
    let item = |topic, verdict, cause: &str, figure| CheckItem { topic, verdict, cause: cause.into(), figure };
    Check {
        id: id.into(),
        account_id: Some("acc1".into()),
        person_id: Some("p1".into()),
        endpoint_id: None,
        unit_id: "a".into(),
        name: "陈志远".into(),
        at_ms: Millis(at),
        took_ms: 7_400,
        verdict: CheckVerdict::Weak,
        items: vec![
            item(CheckTopic::Udp, CheckVerdict::Weak, "udp_blocked", Some(8444)),
            item(CheckTopic::Tcp, CheckVerdict::Good, "", None),
        ],
        ip: "10.1.1.1".into(),
    }
}

on_both! {
    async fn the_newest_is_the_last_of_its_account_or_device(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        assert_eq!(tx.last_check_of_account(&"acc1".into()).await.unwrap(), None);
        for (id, at) in [("c1", 100), ("c3", 300), ("c2", 200)] {
            tx.insert_check(&check(id, at)).await.unwrap();
        }
        let device = Check {
            account_id: None,
            person_id: None,
            endpoint_id: Some("e-sa".into()),
            name: "工作站".into(),
            items: Vec::new(),
            ..check("c4", 250)
        };
        tx.insert_check(&device).await.unwrap();
        assert_eq!(tx.last_check_of_account(&"acc1".into()).await.unwrap(), Some(check("c3", 300)));
        assert_eq!(tx.last_check_of_endpoint(&"e-sa".into()).await.unwrap(), Some(device));
        assert_eq!(tx.last_check_of_endpoint(&"e-sb".into()).await.unwrap(), None);
        tx.commit().await.unwrap();
    }
}
