use super::district::{account, person, put_district};
use crate::harness::on_both;
use lianxian_model::roles::{Role, RoleGrant};
use lianxian_model::time::Millis;

on_both! {
    async fn persons_and_accounts_come_back_as_they_went(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let mut changed = person("p1", "b");
        changed.name = "刘建国".into();
        changed.disabled = true;
        assert!(tx.update_person(&changed).await.unwrap());
        assert!(!tx.update_person(&changed).await.unwrap());
        changed.version = 2;
        assert_eq!(tx.person(&"p1".into()).await.unwrap(), Some(changed.clone()));
        assert_eq!(tx.persons().await.unwrap(), [changed]);

        let mut locked = account("acc1", "p1");
        locked.failures = 5;
        locked.locked_until_ms = Some(Millis(99));
        locked.locked = true;
        locked.password_hash = "other".into();
        assert!(tx.update_account(&locked).await.unwrap());
        assert!(!tx.update_account(&locked).await.unwrap());
        locked.version = 2;
        assert_eq!(tx.account(&"acc1".into()).await.unwrap(), Some(locked.clone()));
        assert_eq!(tx.account_by_name("name-acc1").await.unwrap(), Some(locked.clone()));
        assert_eq!(tx.account_by_name("nobody\0").await.unwrap(), None, "whatever a name holds, it only finds nobody");
        assert_eq!(tx.accounts().await.unwrap(), [locked]);
        tx.commit().await.unwrap();
    }

    async fn grants_are_given_once_and_taken_once(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let grant = RoleGrant {
            id: "g1".into(),
            account_id: "acc1".into(),
            role: Role::Commander,
            unit_id: "root".into(),
            given_ms: Millis(3),
            given_by: None,
        };
        tx.insert_grant(&grant).await.unwrap();
        let second =
            RoleGrant { id: "g2".into(), role: Role::Expert, given_by: Some("acc1".into()), ..grant.clone() };
        tx.insert_grant(&second).await.unwrap();
        assert_eq!(tx.grants_of(&"acc1".into()).await.unwrap(), [grant.clone(), second.clone()]);
        assert!(tx.delete_grant(&"g1".into()).await.unwrap());
        assert!(!tx.delete_grant(&"g1".into()).await.unwrap());
        assert_eq!(tx.grants().await.unwrap(), [second]);
        assert_eq!(tx.grants_of(&"nobody".into()).await.unwrap(), []);
        tx.commit().await.unwrap();
    }
}
