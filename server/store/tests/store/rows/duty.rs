use super::district::put_district;
use crate::harness::on_both;
use lianxian_model::duty::{DutyMode, DutyRole, Shift, Skill};
use lianxian_model::time::Millis;

fn shift(id: &str, unit: &str, starts: i64, ends: i64) -> Shift {
    Shift {
        id: id.into(),
        unit_id: unit.into(),
        person_id: "p1".into(),
        role: DutyRole::Operator,
        mode: DutyMode::Phone,
        skills: vec![Skill::LegalAid, Skill::Notary],
        starts_ms: Millis(starts),
        ends_ms: Millis(ends),
        arrived_ms: None,
        left_ms: None,
        no_show_ms: None,
        version: 1,
    }
}

on_both! {
    async fn shifts_are_found_by_unit_and_by_person_and_time(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let (early, late, street) = (shift("s1", "root", 0, 100), shift("s2", "root", 100, 200), shift("s3", "a", 200, 300));
        for shift in [&late, &street, &early] {
            tx.insert_shift(shift).await.unwrap();
        }
        let units = ["root".into(), "a".into()];
        let found = tx.shifts_of_units(&units, Millis(0), Millis(300), 10).await.unwrap();
        assert_eq!(found, [early.clone(), late.clone(), street.clone()]);
        // An end is not part of it, on either side.
        let meets = tx.shifts_of_units(&units, Millis(100), Millis(200), 10).await.unwrap();
        assert_eq!(meets, std::slice::from_ref(&late));
        let first = tx.shifts_of_units(&units[..1], Millis(0), Millis(300), 1).await.unwrap();
        assert_eq!(first, std::slice::from_ref(&early));
        assert_eq!(tx.shifts_of_units(&[], Millis(0), Millis(300), 10).await.unwrap(), []);
        let own = tx.shifts_of_person(&"p1".into(), Millis(150), Millis(250)).await.unwrap();
        assert_eq!(own, [late, street]);
        assert_eq!(tx.shifts_of_person(&"p2".into(), Millis(0), Millis(300)).await.unwrap(), []);
        tx.commit().await.unwrap();
    }

    async fn a_change_checks_the_version_and_what_is_taken_off_is_gone(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let first = shift("s1", "root", 0, 100);
        tx.insert_shift(&first).await.unwrap();
        let changed = Shift {
            role: DutyRole::ShiftChief,
            skills: Vec::new(),
            arrived_ms: Some(Millis(5)),
            left_ms: Some(Millis(90)),
            no_show_ms: Some(Millis(3)),
            ..first.clone()
        };
        assert!(tx.update_shift(&changed).await.unwrap());
        assert!(!tx.update_shift(&changed).await.unwrap(), "that was version 1");
        let stored = Shift { version: 2, ..changed };
        assert_eq!(tx.shift(&"s1".into()).await.unwrap(), Some(stored.clone()));
        assert!(!tx.remove_shift(&first, Millis(1)).await.unwrap());
        assert!(tx.remove_shift(&stored, Millis(1)).await.unwrap());
        assert_eq!(tx.shift(&"s1".into()).await.unwrap(), None);
        assert_eq!(tx.shifts_of_units(&["root".into()], Millis(0), Millis(100), 10).await.unwrap(), []);
        assert_eq!(tx.shifts_of_person(&"p1".into(), Millis(0), Millis(100)).await.unwrap(), []);
        tx.commit().await.unwrap();
    }
}
