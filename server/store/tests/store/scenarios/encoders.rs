//! Encoders and players: a token typed into a device, whose endpoint it speaks for, and what a console may play.

use crate::harness::town::{code, in_both_towns};
use lianxian_model::audit::AuditResult;
use lianxian_model::ids::EndpointId;
use lianxian_model::link::LinkEnd;
use lianxian_service::org::EndpointPatch;

in_both_towns! {
    async fn a_token_is_issued_once_and_replaces_what_was_there(town: Town) {
        let s = &town.service;
        let admin = town.login("sysadmin").await;
        let device = town.device("华明街道司法所");
        let stale = s.enrolments.issue(&admin, &device.endpoint_id).await.unwrap();
        let issued = s.encoders.issue_token(&admin, &device.endpoint_id).await.unwrap();
        assert_eq!(town.live.ended(), [(device.endpoint_id.clone(), LinkEnd::Revoked)]);
        assert_eq!(code(s.enrolments.authenticate(&device.device_token, "10.2.2.2").await), "device_unknown");
        assert_eq!(code(s.enrolments.enrol(&stale.code, "10.9.9.9").await), "code_refused");
        let actor = s.enrolments.authenticate(&issued.device_token, "10.2.2.2").await.unwrap();
        assert_eq!(s.encoders.publisher(&actor, None).await.unwrap(), device.endpoint_id);
        let audit = town.audit().await;
        assert!(audit.iter().any(|row| row.action == "enrolment.token" && row.result == AuditResult::Success));
        assert!(!format!("{audit:?}").contains(&issued.device_token), "no secret on record");

        for account in ["zhihuizhang", "secadmin", "suozhang"] {
            let actor = town.login(account).await;
            town.refused(&actor, "enrolment.token", s.encoders.issue_token(&actor, &device.endpoint_id)).await;
        }
        let seat = town.seat("zhihuizhang").await;
        assert_eq!(code(s.encoders.issue_token(&admin, &seat.console).await), "not_found", "a console is no device");
        let disabled = EndpointPatch { disabled: Some(true), ..EndpointPatch::default() };
        s.org.update_endpoint(&admin, &device.endpoint_id, disabled).await.unwrap();
        assert_eq!(code(s.encoders.issue_token(&admin, &device.endpoint_id).await), "endpoint_disabled");
    }

    async fn a_device_publishes_as_itself_alone(town: Town) {
        let s = &town.service;
        let (device, other) = (town.device("华明街道司法所"), town.seed.devices.last().unwrap().clone());
        let actor = town.device_actor(&device).await;
        assert_eq!(s.encoders.publisher(&actor, Some(&device.endpoint_id)).await.unwrap(), device.endpoint_id);
        town.refused(&actor, "whip.publish", s.encoders.publisher(&actor, Some(&other.endpoint_id))).await;
        let unknown = EndpointId("nobody".into());
        town.refused(&actor, "whip.publish", s.encoders.publisher(&actor, Some(&unknown))).await;
    }

    async fn a_console_plays_what_its_open_session_grants(town: Town) {
        let s = &town.service;
        let seat = town.seat("zhihuizhang").await;
        let device = town.device("华明街道司法所");
        let site = device.site_id.clone();
        let play = |target: &str| {
            let (console, target, ip) = (seat.console.clone(), target.to_owned(), seat.actor.ip().to_owned());
            async move { s.encoders.playable(&console, &target, &ip).await }
        };
        town.refused(&seat.actor, "whep.play", play(site.as_str())).await;
        town.refused(&seat.actor, "whep.play", play(device.endpoint_id.as_str())).await;
        let before = town.audit().await.len();
        assert_eq!(code(play("nowhere").await), "not_found");
        let audit = town.audit().await;
        assert_eq!(audit.len(), before + 1);
        assert_eq!((audit[before].action.as_str(), audit[before].result), ("whep.play", AuditResult::Refused));

        let (watch, _) = town.watch(&seat, "每日视频巡查", &[&site]).await;
        assert_eq!(code(play(site.as_str()).await), "not_on_air");
        let (participant, _) = town.on_air(&device).await;
        assert_eq!(play(site.as_str()).await.unwrap(), std::slice::from_ref(&device.endpoint_id));
        assert_eq!(play(device.endpoint_id.as_str()).await.unwrap(), std::slice::from_ref(&device.endpoint_id));
        // Another login of the same account is another console.
        let other = town.seat("zhihuizhang").await;
        let of_other = s.encoders.playable(&other.console, site.as_str(), other.actor.ip());
        town.refused(&other.actor, "whep.play", of_other).await;

        town.unlink(&device.endpoint_id, &participant, LinkEnd::Left).await;
        assert_eq!(code(play(site.as_str()).await), "not_on_air");
        s.watches.end(&seat.actor, &watch.id).await.unwrap();
        town.refused(&seat.actor, "whep.play", play(site.as_str())).await;
        town.chain_holds().await;
    }
}
