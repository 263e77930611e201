use super::district::{login, put_district, station};
use crate::harness::on_both;
use lianxian_model::people::{Login, LoginEnd};
use lianxian_model::time::Millis;

on_both! {
    async fn a_login_is_seen_and_ends_once(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        tx.insert_login(&login("l2", "acc1"), "hash-l2").await.unwrap();
        assert_eq!(tx.login_by_token("hash-l1").await.unwrap(), Some(login("l1", "acc1")));
        assert_eq!(tx.login_by_token("hash").await.unwrap(), None);
        tx.touch_login(&"l1".into(), Millis(500)).await.unwrap();
        tx.touch_login(&"l1".into(), Millis(400)).await.unwrap();
        let seen = Login { last_seen_ms: Millis(500), ..login("l1", "acc1") };
        assert_eq!(tx.login(&"l1".into()).await.unwrap(), Some(seen.clone()), "time does not go back");
        assert_eq!(tx.open_logins_of(&"acc1".into()).await.unwrap(), [seen, login("l2", "acc1")]);
        assert!(tx.end_login(&"l1".into(), Millis(600), LoginEnd::Idle).await.unwrap());
        assert!(!tx.end_login(&"l1".into(), Millis(700), LoginEnd::LoggedOut).await.unwrap());
        tx.touch_login(&"l1".into(), Millis(900)).await.unwrap();
        let ended = tx.login(&"l1".into()).await.unwrap().unwrap();
        assert_eq!((ended.ended_ms, ended.end_cause), (Some(Millis(600)), Some(LoginEnd::Idle)));
        assert_eq!(ended.last_seen_ms, Millis(500));
        assert_eq!(tx.open_logins().await.unwrap(), [login("l2", "acc1")]);
        tx.commit().await.unwrap();
    }

    async fn codes_are_taken_once_and_tokens_replaced(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let (a, b) = ("e-sa".into(), "e-sb".into());
        tx.put_code(&a, "old", Millis(10)).await.unwrap();
        tx.put_code(&a, "new", Millis(20)).await.unwrap();
        tx.put_code(&b, "b", Millis(30)).await.unwrap();
        assert_eq!(tx.take_code("old").await.unwrap(), None);
        assert_eq!(tx.take_code("new").await.unwrap(), Some((a.clone(), Millis(20))));
        assert_eq!(tx.take_code("new").await.unwrap(), None);
        tx.drop_codes().await.unwrap();
        assert_eq!(tx.take_code("b").await.unwrap(), None);

        for (ip, at) in [("1.1.1.1", 10), ("1.1.1.1", 20), ("2.2.2.2", 30)] {
            tx.put_wrong_code(ip, Millis(at)).await.unwrap();
        }
        assert_eq!(tx.wrong_codes("1.1.1.1", Millis(0)).await.unwrap(), (2, 3));
        assert_eq!(tx.wrong_codes("1.1.1.1", Millis(10)).await.unwrap(), (1, 2));
        tx.drop_wrong_codes(Millis(30)).await.unwrap();
        assert_eq!(tx.wrong_codes("1.1.1.1", Millis(0)).await.unwrap(), (0, 1));

        tx.put_device_token(&a, "t1", Millis(1)).await.unwrap();
        tx.put_device_token(&a, "t2", Millis(2)).await.unwrap();
        assert_eq!(tx.endpoint_by_token("t1").await.unwrap(), None);
        assert_eq!(tx.endpoint_by_token("t2").await.unwrap().map(|e| e.id), Some(a.clone()));
        assert!(tx.update_endpoint(&station("e-sa", "sa")).await.unwrap());
        assert!(tx.endpoint_by_token("t2").await.unwrap().is_some(), "a change of the endpoint keeps its token");
        tx.drop_device_token(&a).await.unwrap();
        assert_eq!(tx.endpoint_by_token("t2").await.unwrap(), None);
        tx.commit().await.unwrap();
    }
}
