use super::district::{account, console, login, put_district, site, station, unit, units};
use crate::harness::on_both;
use lianxian_model::org::{PrivacySwitch, SiteKind};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::StoreError;

on_both! {
    async fn units_move_with_their_subtrees(db: TestDatabase) {
        let mut tx = db.write().await;
        for (id, parent) in
            [("root", None), ("a", Some("root")), ("b", Some("root")), ("a1", Some("a")), ("a2", Some("a1"))]
        {
            tx.insert_unit(&unit(id, parent)).await.unwrap();
        }
        assert_eq!(tx.path_of(&"a2".into()).await.unwrap(), units(&["a2", "a1", "a", "root"]));
        let mut moved = unit("a1", Some("b"));
        assert!(tx.update_unit(&moved).await.unwrap());
        assert_eq!(tx.path_of(&"a2".into()).await.unwrap(), units(&["a2", "a1", "b", "root"]));
        assert_eq!(tx.path_of(&"a".into()).await.unwrap(), units(&["a", "root"]));
        assert!(!tx.update_unit(&moved).await.unwrap(), "the version is old");
        moved.version = 2;
        moved.parent_id = None;
        assert!(tx.update_unit(&moved).await.unwrap());
        assert_eq!(tx.path_of(&"a2".into()).await.unwrap(), units(&["a2", "a1"]));
        tx.commit().await.unwrap();

        let mut tx = db.read().await;
        moved.version = 3;
        assert_eq!(tx.unit(&"a1".into()).await.unwrap(), Some(moved));
        assert_eq!(tx.units().await.unwrap().len(), 5);
        assert_eq!(tx.path_of(&"nowhere".into()).await.unwrap(), []);
        assert_eq!(tx.unit(&"nowhere".into()).await.unwrap(), None);
    }

    async fn sites_and_endpoints_come_back_as_they_went(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let mut changed = site("sa", "b");
        changed.name = "新名".into();
        changed.kind = SiteKind::Hall;
        changed.privacy = PrivacySwitch { on: true, reason: Some("会见当事人".into()), since_ms: Some(Millis(7)) };
        assert!(tx.update_site(&changed).await.unwrap());
        assert!(!tx.update_site(&changed).await.unwrap(), "the version is old");
        changed.version = 2;
        assert_eq!(tx.site(&"sa".into()).await.unwrap(), Some(changed));
        assert_eq!(tx.sites().await.unwrap().len(), 3);

        let mut station = station("e-sa", "sa");
        station.enrolled = true;
        station.name = "新终端".into();
        assert!(tx.update_endpoint(&station).await.unwrap());
        assert!(!tx.update_endpoint(&station).await.unwrap(), "the version is old");
        station.version = 2;
        assert_eq!(tx.endpoint(&"e-sa".into()).await.unwrap(), Some(station.clone()));
        assert_eq!(tx.endpoints_of_site(&"sa".into()).await.unwrap(), [station]);
        let ids: Vec<_> = tx.endpoints().await.unwrap().into_iter().map(|e| e.id.0).collect();
        assert_eq!(ids, ["e-sa", "e-sa1", "e-sb"], "no console among them");

        tx.insert_endpoint(&console("c2", "l1", "second")).await.unwrap();
        assert_eq!(tx.console_of(&"l1".into(), "second").await.unwrap(), Some(console("c2", "l1", "second")));
        assert_eq!(tx.console_of(&"l1".into(), "third").await.unwrap(), None);
        assert_eq!(tx.consoles_of(&"l1".into()).await.unwrap().len(), 2);
        tx.commit().await.unwrap();
    }

    async fn a_taken_value_is_named_alike_by_both(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        tx.commit().await.unwrap();
        let duplicate = |what: &str| Err(StoreError::Duplicate(what.into()));
        let mut tx = db.write().await;
        let twin = lianxian_model::org::Unit { id: "other".into(), ..unit("a", None) };
        assert_eq!(tx.insert_unit(&twin).await, duplicate("units.code"));
        assert_eq!(tx.commit().await, duplicate("units.code"), "what failed is not committed in half");
        let mut tx = db.write().await;
        assert_eq!(tx.insert_unit(&unit("a", None)).await.map_err(|e| matches!(e, StoreError::Duplicate(_))), Err(true));
        drop(tx);
        let mut tx = db.write().await;
        assert_eq!(tx.insert_endpoint(&console("c9", "l1", "main")).await, duplicate("endpoints"));
        drop(tx);
        let mut tx = db.write().await;
        let twin = account("acc1", "p1");
        let twin = lianxian_model::people::Account { id: "acc2".into(), ..twin };
        assert_eq!(tx.insert_account(&twin).await, duplicate("accounts.name"));
        drop(tx);
        let mut tx = db.write().await;
        assert_eq!(tx.insert_login(&login("l2", "acc1"), "hash-l1").await, duplicate("logins.token_hash"));
    }

    async fn nothing_refers_to_what_is_not_there(db: TestDatabase) {
        let mut tx = db.write().await;
        let refused = tx.insert_site(&site("s", "nowhere")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt(_)), "{refused}");
    }
}
