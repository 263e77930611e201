//! A start after a stop that nobody planned: what was open is closed, at the last sign of life.

use crate::harness::town::{MINUTE, SECOND, in_both_towns, service_over};
use lianxian_model::event::EventKind;
use lianxian_model::register::{OfflineCause, WatchEnd};
use lianxian_model::session::{LeaveReason, SessionEnd, SessionState};
use lianxian_model::time::Clock;
use lianxian_service::Actor;
use lianxian_service::recovery::Recovered;

in_both_towns! {
    async fn what_was_open_ends_at_the_last_sign_of_life(town: Town) {
        let (office, hall) = (town.device("华明街道司法所"), town.device("区中心服务大厅"));
        let (office_link, track) = town.on_air(&office).await;
        let seat = town.seat("zhihuizhang").await;
        let (watch, before) = town.watch(&seat, "日常巡查", &[&office.site_id]).await;
        town.picture_arrives(&before[0].id, &seat, &office, &track).await;
        town.clock.pass(10 * SECOND);
        town.service.heartbeat().await.unwrap();
        let alive = town.clock.now();
        // Opened after the last heartbeat: its end must not lie before its beginning.
        let late = town.clock.pass(SECOND);
        let (_, after) = town.watch(&seat, "日常巡查", &[&hall.site_id]).await;
        town.clock.pass(5 * MINUTE);

        let (service, live) = service_over(&town.db, &town.clock);
        let told = service.events.latest().await.unwrap();
        let recovered = service.recover().await.unwrap();
        assert_eq!(recovered, Recovered { sessions: 2, watches: 1, endpoints: 1, last_alive: Some(alive) });
        let mut tx = town.db.read().await;
        for (session, at) in [(&before[0], alive), (&after[0], late)] {
            let found = tx.session(&session.id).await.unwrap().unwrap();
            assert_eq!((found.state, found.end_cause), (SessionState::Interrupted, Some(SessionEnd::Interrupted)));
            assert_eq!(found.ended_ms, Some(at));
            for a in &found.attendances {
                assert_eq!((a.left_ms, a.leave_reason), (Some(at), Some(LeaveReason::Interrupted)));
            }
            let register = tx.register_of(&session.id).await.unwrap();
            assert_eq!(register[0].to_ms, Some(at));
            assert_eq!(tx.timeline(&session.id).await.unwrap().last().unwrap().kind, "session.ended");
        }
        let watch = tx.watch(&watch.id).await.unwrap().unwrap();
        assert_eq!((watch.ended_ms, watch.end_cause), (Some(late), Some(WatchEnd::Interrupted)));
        for endpoint in [&office.endpoint_id, &seat.console] {
            assert_eq!(tx.open_link_of(endpoint).await.unwrap(), None);
        }
        let tracks = tx.tracks_of_endpoint(&office.endpoint_id, before[0].started_ms, None).await.unwrap();
        assert_eq!((tracks.len(), tracks[0].ended_ms), (1, Some(alive)));
        let presence = tx.presence(&office.endpoint_id).await.unwrap().unwrap();
        assert_eq!((presence.online, presence.on_air), (false, false));
        assert_eq!((presence.since_ms, presence.cause), (Some(alive), Some(OfflineCause::ServerRestart)));
        drop(tx);

        // Whoever reads the stream from before the stop learns all of it.
        let events = service.events.since(&Actor::System, told).await.unwrap().events;
        let count = |kind| events.iter().filter(|event| event.kind == kind).count();
        assert_eq!(count(EventKind::SessionEnded), 2);
        assert_eq!(count(EventKind::WatchEnded), 1);
        assert_eq!(count(EventKind::PresenceChanged), 1);
        assert!(events.iter().all(|event| event.unit_id.is_some()), "each is told to those whom it concerns");
        let rows: Vec<_> = town.audit().await.into_iter().map(|row| row.action).collect();
        assert_eq!(rows[rows.len() - 3..], ["session.interrupted", "session.interrupted", "server.start"]);
        assert_eq!(live.granted(&before[0].id), []);
        assert!(service.net_record().grants().await.unwrap().is_empty());

        let again = service.recover().await.unwrap();
        assert_eq!((again.sessions, again.watches, again.endpoints), (0, 0, 0));
        // The old link's goodbye, if it still comes, changes nothing.
        town.unlink(&office.endpoint_id, &office_link, lianxian_service::ports::live::LinkEnd::Left).await;
        town.chain_holds().await;
    }

    /// The machine's clock was put back while the server was down.
    async fn a_clock_that_went_back_puts_no_end_before_a_beginning(town: Town) {
        let office = town.device("华明街道司法所");
        town.on_air(&office).await;
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&office.site_id]).await;
        town.service.heartbeat().await.unwrap();
        town.clock.pass(-60 * MINUTE);
        let (service, _live) = service_over(&town.db, &town.clock);
        service.recover().await.unwrap();
        let session = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!(session.ended_ms, Some(session.started_ms));
        assert!(session.attendances.iter().all(|a| a.left_ms == Some(a.joined_ms)));
    }
}
