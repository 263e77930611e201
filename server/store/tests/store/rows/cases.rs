use super::district::{put_district, session};
use crate::harness::on_both;
use lianxian_model::case::{CaseKind, CaseLink, CasePattern};
use lianxian_model::time::Millis;

fn link(id: &str, session: &str, at: i64) -> CaseLink {
    CaseLink {
        id: id.into(),
        session_id: session.into(),
        kind: CaseKind::Notary,
        raw: "（2026）津东丽证字第０１２号".into(),
        normalised: "(2026)津东丽证字第12号".into(),
        linked_by: "acc1".into(),
        linked_by_name: "陈志远".into(),
        linked_ms: Millis(at),
        withdrawn_ms: None,
        withdrawn_by: None,
        withdraw_reason: None,
    }
}

on_both! {
    async fn links_are_withdrawn_once_with_a_reason(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        for (id, at) in [("s1", 100), ("s2", 200), ("s3", 300)] {
            tx.insert_session(&session(id, "sa", "a", at)).await.unwrap();
            tx.insert_case_link(&link(&format!("k-{id}"), id, at)).await.unwrap();
        }
        let mut first = link("k-s1", "s1", 100);
        assert_eq!(tx.case_link(&"k-s1".into()).await.unwrap(), Some(first.clone()));
        first.withdrawn_ms = Some(Millis(150));
        first.withdrawn_by = Some("acc1".into());
        first.withdraw_reason = Some("录错".into());
        assert!(tx.withdraw_case_link(&first).await.unwrap());
        assert!(!tx.withdraw_case_link(&first).await.unwrap());
        assert_eq!(tx.case_links_of(&"s1".into()).await.unwrap(), [first.clone()]);
        let between = tx.case_links_between(&"s1".into(), &"s2".into()).await.unwrap();
        assert_eq!(between, [first, link("k-s2", "s2", 200)]);
        assert_eq!(tx.case_link(&"k9".into()).await.unwrap(), None);
        tx.commit().await.unwrap();
    }

    async fn a_pattern_is_replaced_by_its_kind(db: TestDatabase) {
        let mut tx = db.write().await;
        let pattern = |kind, example: &str| CasePattern { kind, pattern: r"\p{Han}+".into(), example: example.into() };
        for pattern in [pattern(CaseKind::Notary, "甲"), pattern(CaseKind::LegalAid, "乙"), pattern(CaseKind::Notary, "丙")] {
            tx.put_case_pattern(&pattern).await.unwrap();
        }
        assert_eq!(tx.case_pattern(CaseKind::Notary).await.unwrap(), Some(pattern(CaseKind::Notary, "丙")));
        assert_eq!(tx.case_pattern(CaseKind::Other).await.unwrap(), None);
        assert_eq!(tx.case_patterns().await.unwrap().len(), 2);
    }
}
