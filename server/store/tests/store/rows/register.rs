use super::district::{after, first, put_district, session, units};
use crate::harness::on_both;
use lianxian_model::register::{RegisterRow, ViewMode};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::Tx;
use lianxian_service::register::RegisterFilter;

fn row(id: &str, session: &str, site: &str, unit: &str, at: i64) -> RegisterRow {
    RegisterRow {
        id: id.into(),
        session_id: session.into(),
        number: format!("HH-{session}"),
        site_id: site.into(),
        site_name: "华明司法所".into(),
        site_unit_id: unit.into(),
        purpose: "日常巡查".into(),
        content: "实时视频".into(),
        unit_id: "root".into(),
        unit_name: "区局".into(),
        person_id: "p1".into(),
        person_name: "陈志远".into(),
        account_id: "acc1".into(),
        from_ms: Millis(at),
        to_ms: None,
        first_picture_ms: None,
        mode: ViewMode::Live,
    }
}

async fn put_rows(tx: &mut Box<dyn Tx>) {
    put_district(tx).await;
    for (n, site, unit) in [(1, "sa", "a"), (2, "sa1", "a1"), (3, "sb", "b")] {
        let id = format!("s{n}");
        tx.insert_session(&session(&id, site, unit, n * 100)).await.unwrap();
        tx.insert_register(&row(&format!("r{n}"), &id, site, unit, n * 100)).await.unwrap();
    }
}

async fn ids(tx: &mut Box<dyn Tx>, roots: Option<&[&str]>, filter: RegisterFilter, page: &Keyset) -> Vec<String> {
    let roots = roots.map(units);
    tx.register(roots.as_deref(), &filter, page).await.unwrap().into_iter().map(|row| row.id.0).collect()
}

on_both! {
    async fn a_row_is_closed_once_and_never_before_it_began(db: TestDatabase) {
        let mut tx = db.write().await;
        put_rows(&mut tx).await;
        let s1 = "s1".into();
        tx.mark_first_picture(&s1, Millis(120)).await.unwrap();
        tx.mark_first_picture(&s1, Millis(130)).await.unwrap();
        tx.close_register(&s1, Millis(50)).await.unwrap();
        tx.close_register(&s1, Millis(500)).await.unwrap();
        let closed =
            RegisterRow { to_ms: Some(Millis(100)), first_picture_ms: Some(Millis(120)), ..row("r1", "s1", "sa", "a", 100) };
        assert_eq!(tx.register_of(&s1).await.unwrap(), [closed]);
        tx.commit().await.unwrap();
    }

    async fn the_register_is_read_in_scope(db: TestDatabase) {
        let mut tx = db.write().await;
        put_rows(&mut tx).await;
        tx.close_register(&"s3".into(), Millis(350)).await.unwrap();
        let all = &first(10);
        let any = RegisterFilter::default;
        assert_eq!(ids(&mut tx, None, any(), all).await, ["r3", "r2", "r1"]);
        assert_eq!(ids(&mut tx, Some(&["a"]), any(), all).await, ["r2", "r1"]);
        assert!(ids(&mut tx, Some(&[]), any(), all).await.is_empty());
        let unit = RegisterFilter { unit_id: Some("a1".into()), ..any() };
        assert_eq!(ids(&mut tx, Some(&["root"]), unit, all).await, ["r2"]);
        assert_eq!(ids(&mut tx, None, RegisterFilter { site_id: Some("sb".into()), ..any() }, all).await, ["r3"]);
        assert!(ids(&mut tx, None, RegisterFilter { person_id: Some("p2".into()), ..any() }, all).await.is_empty());
        let from = RegisterFilter { from_ms: Some(Millis(351)), ..any() };
        assert_eq!(ids(&mut tx, None, from, all).await, ["r2", "r1"]);
        assert_eq!(ids(&mut tx, None, RegisterFilter { to_ms: Some(Millis(200)), ..any() }, all).await, ["r1"]);
        assert_eq!(ids(&mut tx, Some(&["root"]), any(), &after(300, "r3", 1)).await, ["r2"]);
    }
}
