//! The site's own switch, and its class: what may flow follows both, at once.

use crate::harness::town::{SECOND, Town, code, in_both_towns};
use lianxian_model::event::EventKind;
use lianxian_model::ids::SessionId;
use lianxian_model::org::PrivacyClass;
use lianxian_model::session::SessionEnd;
use lianxian_service::Actor;
use lianxian_service::org::SitePatch;
use lianxian_service::ports::live::LinkEnd;

/// (video, audio) that the session grants.
fn flows(town: &Town, session: &SessionId) -> Vec<(bool, bool)> {
    town.live.granted(session).into_iter().map(|(_, _, video, audio)| (video, audio)).collect()
}

in_both_towns! {
    async fn the_switch_takes_the_picture_away_and_gives_it_back(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let station = town.device_actor(&device).await;
        town.on_air(&device).await;
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let session = &sessions[0].id;
        assert_eq!(flows(&town, session), [(true, true)]);
        assert_eq!(s.stations.set_privacy(&station, true, " ").await.unwrap_err().field, Some("reason"));
        assert_eq!(code(s.stations.set_privacy(&seat.actor, true, "x").await), "device_unknown", "the site's alone");

        let from = s.events.latest().await.unwrap();
        let since = town.clock.pass(SECOND);
        let switch = s.stations.set_privacy(&station, true, "接待未成年人").await.unwrap();
        assert_eq!((switch.on, switch.since_ms), (true, Some(since)));
        assert_eq!(flows(&town, session), [], "nothing flows when the call returns");
        assert!(s.net_record().grants().await.unwrap().is_empty());
        assert!(town.db.read().await.session(session).await.unwrap().unwrap().is_open(), "the session goes on");
        let view = s.stations.view(&station).await.unwrap();
        assert_eq!((view.privacy.reason.as_deref(), view.watchers[0].audio), (Some("接待未成年人"), false));
        let board = s.presence.list(&seat.actor).await.unwrap();
        assert!(board.iter().any(|view| view.endpoint_id == device.endpoint_id && view.privacy));
        let events = s.events.since(&seat.actor, from).await.unwrap().events;
        assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::PrivacyChanged]);

        // Switched on again it is what it was; who opens a patrol now sees nothing either.
        s.stations.set_privacy(&station, true, "另一个原因").await.unwrap();
        assert_eq!(s.stations.view(&station).await.unwrap().privacy.reason.as_deref(), Some("接待未成年人"));
        let other = town.seat("zhibanyuan").await;
        let (_, blind) = town.watch(&other, "日常巡查", &[&device.site_id]).await;
        assert_eq!(flows(&town, &blind[0].id), []);
        s.stations.set_privacy(&station, false, "").await.unwrap();
        assert_eq!(flows(&town, session), [(true, true)]);
        assert_eq!(flows(&town, &blind[0].id), [(true, true)]);
        let lines: Vec<_> = town.db.read().await.timeline(session).await.unwrap().into_iter().map(|l| l.kind).collect();
        assert_eq!(lines[lines.len() - 2..], ["privacy.on", "privacy.off"]);
        let rows: Vec<_> = town.audit().await;
        let rows: Vec<_> = rows.iter().filter(|row| row.action.starts_with("station.privacy")).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].endpoint_id.as_ref(), Some(&device.endpoint_id));
        assert!(rows[0].detail.contains("接待未成年人"));
    }

    async fn a_site_that_becomes_private_is_heard_no_more(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let admin = town.login("sysadmin").await;
        let patch = |patch: SitePatch| s.org.update_site(&admin, &device.site_id, patch);
        let private = SitePatch { privacy_class: Some(PrivacyClass::Private), ..SitePatch::default() };
        patch(private).await.unwrap();
        assert_eq!(flows(&town, &sessions[0].id), [(true, false)]);
        patch(SitePatch { disabled: Some(true), ..SitePatch::default() }).await.unwrap();
        assert_eq!(flows(&town, &sessions[0].id), []);
        let ended = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!(ended.end_cause, Some(SessionEnd::Revoked));
        assert_eq!(town.live.ended(), [(device.endpoint_id.clone(), LinkEnd::Revoked)]);
        let enrolment = town.enrolment(&device.endpoint_id).await;
        assert!(s.net_record().link_rights(&device.endpoint_id, enrolment.as_ref()).await.is_err());
        assert!(s.events.since(&Actor::System, 0).await.unwrap().at_end);
    }
}
