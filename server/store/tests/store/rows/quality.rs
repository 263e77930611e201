use super::district::{put_district, session};
use crate::harness::on_both;
use lianxian_model::case::{CaseKind, CaseLink};
use lianxian_model::media::TrackKind;
use lianxian_model::quality::{QualityRow, UpstreamSample, ViewerSample, Viewers};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{Subscription, Tx};

fn row(track: &str, from: i64) -> QualityRow {
    let viewer = ViewerSample {
        span_ms: 10_000,
        bytes: 5,
        rtt_ms: Some(12),
        estimate_bps: Some(3_000_000),
        freezes: 1,
        frozen_ms: 1_200,
        ..ViewerSample::default()
    };
    QualityRow {
        track: track.into(),
        from_ms: Millis(from),
        to_ms: Millis(from + 10),
        upstream: UpstreamSample {
            span_ms: 10,
            bytes: u64::from(u32::MAX) * 9,
            expected: 100,
            missed: 3,
            lost: 1,
            jitter_ms: 4,
            rtt_ms: (from > 0).then_some(7),
            width: 1280,
            height: 720,
        },
        viewers: Viewers::Named(vec![("PA_9".into(), viewer)]),
    }
}

async fn found(tx: &mut Box<dyn Tx>, tracks: &[&str], from: i64, to: Option<i64>) -> Vec<(String, i64)> {
    let tracks: Vec<_> = tracks.iter().map(|track| (*track).into()).collect();
    let rows = tx.quality_of(&tracks, Millis(from), to.map(Millis), 1_000).await.unwrap();
    rows.into_iter().map(|row| (row.track.0, row.from_ms.0)).collect()
}

on_both! {
    async fn intervals_come_back_as_they_went_in_and_once(db: TestDatabase) {
        let mut tx = db.write().await;
        let rows: Vec<QualityRow> = (0..100).map(|n| row("TR_1", n * 10)).chain([row("TR_2", 5)]).collect();
        tx.insert_quality(&rows).await.unwrap();
        let changed = QualityRow { to_ms: Millis(99_999), ..row("TR_2", 5) };
        tx.insert_quality(&[changed]).await.unwrap();
        tx.insert_quality(&[]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await;
        let back = tx.quality_of(&["TR_1".into(), "TR_2".into()], Millis(-1), None, 1_000).await.unwrap();
        assert_eq!(back.len(), 101);
        assert_eq!((&back[0], &back[1], &back[2]), (&rows[0], &rows[100], &rows[1]), "oldest first; what is there stays");
        assert_eq!(tx.quality_of(&["TR_1".into()], Millis(-1), None, 7).await.unwrap().len(), 7);
        assert_eq!(tx.quality_of(&[], Millis(-1), None, 7).await.unwrap(), []);
    }

    async fn intervals_are_found_by_the_time_that_they_share(db: TestDatabase) {
        let mut tx = db.write().await;
        tx.insert_quality(&[row("TR_1", 0), row("TR_1", 10), row("TR_1", 20), row("TR_2", 10)]).await.unwrap();
        let one = |times: &[i64]| times.iter().map(|at| ("TR_1".to_owned(), *at)).collect::<Vec<_>>();
        assert_eq!(found(&mut tx, &["TR_1"], 0, None).await, one(&[0, 10, 20]));
        assert_eq!(found(&mut tx, &["TR_1"], 10, Some(20)).await, one(&[10]), "what only touches is not in it");
        assert_eq!(found(&mut tx, &["TR_1"], 5, Some(11)).await, one(&[0, 10]));
        assert_eq!(found(&mut tx, &["TR_1"], 30, None).await, []);
    }

    async fn old_intervals_go_but_for_those_of_a_case(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        for (id, track) in [("s1", "TR_case"), ("s2", "TR_withdrawn"), ("s3", "TR_none")] {
            tx.insert_session(&session(id, "sa", "a", 1)).await.unwrap();
            let subscription = Subscription {
                id: format!("u-{id}"),
                session_id: id.into(),
                track: track.into(),
                subscriber: "PA_9".into(),
                kind: TrackKind::Video,
                started_ms: Millis(100),
            };
            tx.insert_subscription(&subscription).await.unwrap();
            tx.end_subscription(&"PA_9".into(), &track.into(), Millis(200)).await.unwrap();
        }
        for (id, session, withdrawn) in [("c1", "s1", None), ("c2", "s2", Some(Millis(9)))] {
            let link = CaseLink {
                id: id.into(),
                session_id: session.into(),
                kind: CaseKind::Other,
                raw: "1".into(),
                normalised: "1".into(),
                linked_by: "acc".into(),
                linked_by_name: "某".into(),
                linked_ms: Millis(5),
                withdrawn_ms: None,
                withdrawn_by: None,
                withdraw_reason: None,
            };
            tx.insert_case_link(&link).await.unwrap();
            if withdrawn.is_some() {
                let gone = CaseLink {
                    withdrawn_ms: withdrawn,
                    withdrawn_by: Some("acc".into()),
                    withdraw_reason: Some("错".into()),
                    ..link
                };
                assert!(tx.withdraw_case_link(&gone).await.unwrap());
            }
        }
        let tracks = ["TR_case", "TR_withdrawn", "TR_none"];
        for track in tracks {
            tx.insert_quality(&[row(track, 50), row(track, 150), row(track, 300), row(track, 900)]).await.unwrap();
        }
        assert_eq!(tx.drop_quality(Millis(500), 3).await.unwrap(), 3, "so many at once and no more");
        assert_eq!(tx.drop_quality(Millis(500), 100).await.unwrap(), 5);
        assert_eq!(tx.drop_quality(Millis(500), 100).await.unwrap(), 0);
        let mut left = found(&mut tx, &tracks, 0, None).await;
        left.sort();
        let left: Vec<(&str, i64)> = left.iter().map(|(track, at)| (track.as_str(), *at)).collect();
        let kept = [("TR_case", 150), ("TR_case", 900), ("TR_none", 900), ("TR_withdrawn", 900)];
        assert_eq!(left, kept, "the time of the case's session alone");
        let mut subscribed = tx.subscriptions_of(&"s1".into()).await.unwrap();
        subscribed.sort();
        assert_eq!(subscribed, [("TR_case".into(), "PA_9".into())]);
    }
}
