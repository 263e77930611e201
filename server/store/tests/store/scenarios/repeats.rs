//! A command that is sent again, because its answer got lost, is carried out once.

use crate::harness::town::{SECOND, code, in_both_towns};
use lianxian_model::case::CaseKind;
use lianxian_model::ids::UnitId;
use lianxian_model::org::UnitLevel;
use lianxian_service::cases::NewCaseLink;
use lianxian_service::org::NewUnit;

fn street(under: &UnitId, code: &str) -> NewUnit {
    let (parent_id, name) = (Some(under.clone()), "街道".into());
    NewUnit { parent_id, name, level: UnitLevel::Street, code: code.into(), sort: 0 }
}

in_both_towns! {
    async fn a_key_stands_for_one_command(town: Town) {
        let org = &town.service.org;
        let admin = town.login("sysadmin").await;
        let district = town.district().await;
        let before = town.audit().await.len();
        let first = org.create_unit(&admin, street(&district, "K1"), Some("key-1")).await.unwrap();
        town.clock.pass(SECOND);
        assert_eq!(org.create_unit(&admin, street(&district, "K1"), Some("key-1")).await.unwrap(), first);
        assert_eq!(town.audit().await.len(), before + 1, "one row for one deed");
        assert_eq!(code(org.create_unit(&admin, street(&district, "K2"), Some("key-1")).await), "idempotency_key_reused");
        assert_eq!(code(org.create_unit(&admin, street(&district, "K1"), Some("key-2")).await), "code_taken");
        assert_eq!(code(org.create_unit(&admin, street(&district, "K1"), None).await), "code_taken");
        let long = "x".repeat(200);
        assert_eq!(code(org.create_unit(&admin, street(&district, "K3"), Some(&long)).await), "invalid");
        // What failed is not remembered: the same key may try again.
        org.create_unit(&admin, street(&district, "K2"), Some("key-2")).await.unwrap();
    }

    async fn keys_are_each_actors_own(town: Town) {
        let (one, two) = (town.seat("zhihuizhang").await, town.seat("zhibanyuan").await);
        let watches = &town.service.watches;
        let first = watches.open(&one.actor, "日常巡查", Some("k")).await.unwrap();
        let other = watches.open(&two.actor, "日常巡查", Some("k")).await.unwrap();
        assert_ne!(first.id, other.id);
        assert_eq!(watches.open(&one.actor, "日常巡查", Some("k")).await.unwrap().id, first.id);
        watches.end(&one.actor, &first.id).await.unwrap();
        let again = watches.open(&one.actor, "日常巡查", Some("k")).await.unwrap();
        assert_eq!(again.id, first.id, "the answer is that of the first time");
        let next = watches.open(&one.actor, "日常巡查", Some("k2")).await.unwrap();
        assert_ne!(next.id, first.id);
    }

    /// Opening what is open already is a command like any other.
    async fn a_key_holds_also_where_nothing_was_changed(town: Town) {
        let seat = town.seat("zhihuizhang").await;
        let watches = &town.service.watches;
        let open = watches.open(&seat.actor, "日常巡查", None).await.unwrap();
        assert_eq!(watches.open(&seat.actor, "日常巡查", Some("k")).await.unwrap().id, open.id);
        watches.end(&seat.actor, &open.id).await.unwrap();
        assert_eq!(watches.open(&seat.actor, "日常巡查", Some("k")).await.unwrap().id, open.id);
    }

    async fn sent_twice_at_once_it_is_done_once(town: Town) {
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let link = || {
            let case = NewCaseLink { number: "2026-001".into(), kind: CaseKind::Other };
            town.service.cases.link(&seat.actor, &sessions[0].id, case, Some("k"))
        };
        let (one, two) = tokio::join!(link(), link());
        assert_eq!(one.unwrap(), two.unwrap());
        let links = town.db.read().await.case_links_of(&sessions[0].id).await.unwrap();
        assert_eq!(links.len(), 1);
    }
}
