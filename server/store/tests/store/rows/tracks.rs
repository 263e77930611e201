use super::district::{put_district, session};
use crate::harness::on_both;
use lianxian_model::media::{Codec, TrackKind, TrackSource, TrackSummary};
use lianxian_model::session::TrackInterval;
use lianxian_model::time::Millis;
use lianxian_service::ports::store::Subscription;

fn track(sid: &str, kind: TrackKind, at: i64) -> TrackInterval {
    TrackInterval {
        id: format!("id-{sid}").as_str().into(),
        track: sid.into(),
        participant: "PA_1".into(),
        endpoint_id: Some("e-sa".into()),
        session_id: None,
        name: "画面".into(),
        kind,
        source: TrackSource::ScreenShare,
        codec: Codec::H264,
        started_ms: Millis(at),
        ended_ms: None,
        summary: None,
    }
}

on_both! {
    async fn tracks_end_once_and_keep_their_counts(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        let counts = TrackSummary { packets: 7, bytes: u64::from(u32::MAX) * 9, max_width: 1280, ..TrackSummary::default() };
        tx.insert_track(&track("TR_1", TrackKind::Video, 100)).await.unwrap();
        tx.insert_track(&track("TR_2", TrackKind::Audio, 110)).await.unwrap();
        assert_eq!(tx.open_tracks_of(&"PA_1".into()).await.unwrap().len(), 2);
        assert_eq!(tx.open_tracks_of_endpoint(&"e-sb".into()).await.unwrap(), []);
        let ended = TrackInterval {
            ended_ms: Some(Millis(200)),
            summary: Some(counts.clone()),
            ..track("TR_1", TrackKind::Video, 100)
        };
        let told = tx.end_track(&"TR_1".into(), Millis(200), Some(&counts)).await.unwrap();
        assert_eq!(told, Some(ended.clone()));
        assert_eq!(tx.end_track(&"TR_1".into(), Millis(300), None).await.unwrap(), None);
        assert_eq!(tx.end_track(&"TR_9".into(), Millis(300), None).await.unwrap(), None);

        let early = tx.end_track(&"TR_2".into(), Millis(50), None).await.unwrap().unwrap();
        assert_eq!(early.ended_ms, Some(Millis(110)), "never before it started");
        assert_eq!(tx.end_track(&"TR_2".into(), Millis(400), Some(&counts)).await.unwrap(), None);
        let of = tx.tracks_of_endpoint(&"e-sa".into(), Millis(0), None).await.unwrap();
        assert_eq!(of[0], ended);
        let late = (of[1].ended_ms, of[1].summary.clone());
        assert_eq!(late, (Some(Millis(110)), Some(counts)), "counts that come late are kept, the end stays");
        tx.insert_track(&track("TR_3", TrackKind::Video, 500)).await.unwrap();
        assert_eq!(tx.end_tracks(Millis(450)).await.unwrap(), 1);
        assert_eq!(tx.end_tracks(Millis(450)).await.unwrap(), 0);
        tx.commit().await.unwrap();
    }

    async fn tracks_are_found_by_the_time_that_they_share(db: TestDatabase) {
        let mut tx = db.write().await;
        put_district(&mut tx).await;
        tx.insert_session(&session("s1", "sa", "a", 1)).await.unwrap();
        tx.insert_track(&track("TR_1", TrackKind::Video, 100)).await.unwrap();
        tx.end_track(&"TR_1".into(), Millis(200), None).await.unwrap();
        tx.insert_track(&track("TR_2", TrackKind::Video, 300)).await.unwrap();
        let own = TrackInterval { session_id: Some("s1".into()), endpoint_id: None, ..track("TR_3", TrackKind::Audio, 5) };
        tx.insert_track(&own).await.unwrap();
        let e = "e-sa".into();
        for (from, to, wanted) in [
            (0, Some(99), vec![]),
            (0, Some(100), vec!["TR_1"]),
            (150, Some(160), vec!["TR_1"]),
            (201, Some(299), vec![]),
            (150, None, vec!["TR_1", "TR_2"]),
            (900, None, vec!["TR_2"]),
        ] {
            let found = tx.tracks_of_endpoint(&e, Millis(from), to.map(Millis)).await.unwrap();
            assert_eq!(found.into_iter().map(|t| t.track.0).collect::<Vec<_>>(), wanted, "{from} to {to:?}");
        }
        assert_eq!(tx.tracks_of_session(&"s1".into()).await.unwrap(), [own]);
    }

    async fn the_first_packet_is_told_once(db: TestDatabase) {
        let mut tx = db.write().await;
        let subscription = |id: &str, session: &str, track: &str| Subscription {
            id: id.into(),
            session_id: session.into(),
            track: track.into(),
            subscriber: "PA_9".into(),
            kind: TrackKind::Video,
            started_ms: Millis(10),
        };
        let (who, track) = ("PA_9".into(), "TR_1".into());
        for (id, session, track) in [("u1", "s1", "TR_1"), ("u2", "s2", "TR_1"), ("u3", "s1", "TR_2")] {
            tx.insert_subscription(&subscription(id, session, track)).await.unwrap();
        }
        let mut told = tx.first_packet(&who, &track, Millis(20)).await.unwrap();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(told, [("s1".into(), TrackKind::Video), ("s2".into(), TrackKind::Video)]);
        assert_eq!(tx.first_packet(&who, &track, Millis(30)).await.unwrap(), []);
        tx.end_subscription(&who, &"TR_2".into(), Millis(5)).await.unwrap();
        assert_eq!(tx.first_packet(&who, &"TR_2".into(), Millis(30)).await.unwrap(), [], "it is over");
        tx.end_subscriptions_of(&who, Millis(40)).await.unwrap();
        assert_eq!(tx.end_subscriptions(Millis(50)).await.unwrap(), 0);
        tx.insert_subscription(&subscription("u4", "s1", "TR_1")).await.unwrap();
        assert_eq!(tx.end_subscriptions(Millis(50)).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
}
