//! How good a session was is part of its record: read and exported by whoever may read the session, and forgotten in time.

use crate::harness::town::{MINUTE, SECOND, Town, code, in_both_towns};
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::quality::{QualityRow, UpstreamSample, ViewerSample, Viewers};
use lianxian_model::time::Clock;
use lianxian_model::time::Millis;
use lianxian_service::recovery::QUALITY_LIFE_MS;

/// Ten seconds of the track, from `ago` before now on; each viewer missed so many of 100 packets.
fn interval(town: &Town, track: &TrackSid, ago: i64, viewers: &[(&ParticipantSid, u64)]) -> QualityRow {
    let sample =
        |missed| ViewerSample { span_ms: 10_000, bytes: 1_250_000, reported: 100, missed, ..Default::default() };
    QualityRow {
        track: track.clone(),
        from_ms: Millis(town.clock.now().0 - ago),
        to_ms: Millis(town.clock.now().0 - ago + 10 * SECOND),
        upstream: UpstreamSample {
            span_ms: 10_000,
            bytes: 2_500_000,
            expected: 1_000,
            missed: 20,
            lost: 1,
            ..UpstreamSample::default()
        },
        viewers: Viewers::Named(viewers.iter().map(|(sid, missed)| ((*sid).clone(), sample(*missed))).collect()),
    }
}

in_both_towns! {
    async fn a_session_shows_its_own_time_and_its_own_viewers(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let (_, track) = town.on_air(&device).await;
        let seat = town.seat("zhihuizhang").await;
        let other = town.seat("zhibanyuan").await;
        town.clock.pass(MINUTE);
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        town.picture_arrives(&sessions[0].id, &seat, &device, &track).await;
        town.clock.pass(MINUTE);
        let viewers = [(&seat.participant, 5), (&other.participant, 90)];
        let rows = [
            interval(&town, &track, 2 * MINUTE, &[(&other.participant, 90)]),
            interval(&town, &track, 40 * SECOND, &viewers),
            interval(&town, &track, 30 * SECOND, &viewers[1..]),
        ];
        s.net_record().measured(rows.to_vec()).await.unwrap();
        let quality = s.sessions.quality(&seat.actor, &sessions[0].id).await.unwrap();
        assert_eq!((quality.tracks.len(), quality.to_ms, quality.cut), (1, None, false));
        let curve = &quality.tracks[0];
        assert_eq!((&curve.track, curve.publisher.name.is_empty()), (&track, false));
        assert_eq!(curve.points.len(), 2, "what was before the session is not its own");
        let (first, second) = (&curve.points[0], &curve.points[1]);
        assert_eq!((first.bitrate_bps, first.loss, first.lost), (2_000_000, Some(0.02), Some(0.001)));
        let seen = first.viewers.as_ref().unwrap();
        assert_eq!((seen.viewers, seen.loss_worst, seen.bitrate_bps), (1, Some(0.05), 1_000_000));
        assert_eq!(second.viewers, None, "others watched under other sessions");

        let before = town.audit().await.len();
        let (number, tracks) = s.sessions.export_quality(&seat.actor, &sessions[0].id).await.unwrap();
        assert_eq!((number, tracks), (sessions[0].number.clone(), quality.tracks));
        let audit = town.audit().await;
        assert_eq!(audit[before..].iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), ["session.quality.export"]);
    }

    async fn who_may_not_read_the_session_does_not_learn_how_good_it_was(town: Town) {
        let s = &town.service;
        let (own, other) = (town.device("华明街道司法所"), town.device("张贵庄街道司法所"));
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&own.site_id, &other.site_id]).await;
        let (mine, theirs) = (&sessions[0].id, &sessions[1].id);
        let head = town.login("suozhang").await;
        town.refused(&head, "session.read", s.sessions.quality(&head, theirs)).await;
        town.refused(&head, "session.read", s.sessions.export_quality(&head, theirs)).await;
        let quality = s.sessions.quality(&head, mine).await.unwrap();
        assert!(quality.tracks.is_empty());
        let staff = town.login("gongzuoyuan").await;
        town.refused(&staff, "session.read", s.sessions.quality(&staff, mine)).await;
        assert_eq!(code(s.sessions.quality(&head, &"none".into()).await), "not_found");
    }

    async fn old_intervals_are_forgotten_and_that_is_on_record(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let (_, track) = town.on_air(&device).await;
        let rows = [interval(&town, &track, QUALITY_LIFE_MS + MINUTE, &[]), interval(&town, &track, MINUTE, &[])];
        s.net_record().measured(rows.to_vec()).await.unwrap();
        let left = async || {
            let mut tx = town.db.read().await;
            tx.quality_of(std::slice::from_ref(&track), Millis(0), None, 10).await.unwrap().len()
        };
        assert_eq!(left().await, 2);
        let before = town.audit().await.len();
        s.tidy().await.unwrap();
        assert_eq!(left().await, 1);
        let audit = town.audit().await;
        assert_eq!(audit[before..].iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), ["session.quality.purge"]);
        s.tidy().await.unwrap();
        assert_eq!(town.audit().await.len(), before + 1, "nothing to forget is nothing to tell");
        town.chain_holds().await;
    }
}
