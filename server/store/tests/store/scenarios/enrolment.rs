//! The life of an enrolment code, and of the token that it buys.

use crate::harness::town::{SECOND, code, in_both_towns};
use lianxian_model::audit::AuditResult;
use lianxian_model::link::ClientInfo;
use lianxian_model::org::EndpointKind;
use lianxian_service::enrolments::{CODE_LIFE_MS, MAX_WRONG_CODES};
use lianxian_service::org::{EndpointPatch, NewEndpoint};
use lianxian_service::ports::live::LinkEnd;
use lianxian_service::ports::record::{Enrolment, LinkOpened, RecordError};

in_both_towns! {
    async fn a_code_is_good_once_and_for_ten_minutes(town: Town) {
        let s = &town.service;
        let admin = town.login("sysadmin").await;
        let site = town.device("华明街道司法所").site_id;
        let new = NewEndpoint { site_id: site.clone(), name: "二号工作站".into(), kind: EndpointKind::Station };
        let endpoint = s.org.create_endpoint(&admin, new, None).await.unwrap();
        assert!(!endpoint.enrolled);
        assert!(s.net_record().link_rights(&endpoint.id, None).await.is_err(), "not enrolled yet");

        let stale = s.enrolments.issue(&admin, &endpoint.id).await.unwrap();
        let first = s.enrolments.issue(&admin, &endpoint.id).await.unwrap();
        assert_eq!(code(s.enrolments.enrol(&stale.code, "10.9.9.9").await), "code_refused", "replaced");
        town.clock.pass(CODE_LIFE_MS);
        assert_eq!(code(s.enrolments.enrol(&first.code, "10.9.9.9").await), "code_refused", "expired");

        let issued = s.enrolments.issue(&admin, &endpoint.id).await.unwrap();
        town.clock.pass(CODE_LIFE_MS - 1);
        let typed = issued.code.replace('-', "  ");
        let enrolled = s.enrolments.enrol(&typed, "10.9.9.9").await.unwrap();
        assert_eq!((&enrolled.endpoint.id, enrolled.endpoint.enrolled), (&endpoint.id, true));
        assert_eq!(enrolled.site.id, site);
        assert_eq!(code(s.enrolments.enrol(&issued.code, "10.9.9.9").await), "code_refused", "used");

        let actor = s.enrolments.authenticate(&enrolled.device_token, "10.9.9.9").await.unwrap();
        let view = s.stations.view(&actor).await.unwrap();
        assert_eq!((view.site.name.as_str(), view.unit.name.as_str()), ("华明街道司法所", "华明街道"));
        let link = s.enrolments.link_identity(&actor, None).await.unwrap();
        let told = s.net_record().link_rights(&endpoint.id, link.enrolment.as_ref()).await.unwrap();
        assert_eq!(told.name, "华明街道司法所");
        assert!(s.net_record().link_rights(&endpoint.id, None).await.is_err(), "bound to no device");
        let text = format!("{:?}", town.audit().await);
        assert!(!text.contains(&issued.code) && !text.contains(&enrolled.device_token), "no secret on record");
        let used: Vec<_> = town.audit().await.into_iter().filter(|row| row.action == "enrolment.use").collect();
        let results: Vec<_> = used.iter().map(|row| row.result).collect();
        assert_eq!(results, [AuditResult::Refused, AuditResult::Refused, AuditResult::Success, AuditResult::Refused]);
    }

    async fn enrolling_again_replaces_the_device(town: Town) {
        let s = &town.service;
        let admin = town.login("sysadmin").await;
        let device = town.device("华明街道司法所");
        town.link(&device.endpoint_id).await;
        let issued = s.enrolments.issue(&admin, &device.endpoint_id).await.unwrap();
        let enrolled = s.enrolments.enrol(&issued.code, "10.9.9.9").await.unwrap();
        assert_eq!(town.live.ended(), [(device.endpoint_id.clone(), LinkEnd::Revoked)]);
        assert_eq!(code(s.enrolments.authenticate(&device.device_token, "10.2.2.2").await), "device_unknown");
        s.enrolments.authenticate(&enrolled.device_token, "10.2.2.2").await.unwrap();

        let disabled = |disabled| EndpointPatch { disabled: Some(disabled), ..EndpointPatch::default() };
        s.org.update_endpoint(&admin, &device.endpoint_id, disabled(true)).await.unwrap();
        assert_eq!(town.live.ended(), [(device.endpoint_id.clone(), LinkEnd::Revoked)]);
        assert_eq!(code(s.enrolments.authenticate(&enrolled.device_token, "10.2.2.2").await), "device_unknown");
        assert_eq!(code(s.enrolments.issue(&admin, &device.endpoint_id).await), "endpoint_disabled");
        s.org.update_endpoint(&admin, &device.endpoint_id, disabled(false)).await.unwrap();
        let again = s.enrolments.authenticate(&enrolled.device_token, "10.2.2.2").await;
        assert_eq!(code(again), "device_unknown", "it must be enrolled anew");
    }

    async fn a_replaced_device_stays_outside_with_the_link_token_that_it_has(town: Town) {
        let s = &town.service;
        let record = s.net_record();
        let admin = town.login("sysadmin").await;
        let device = town.device("华明街道司法所").endpoint_id;
        let opening = |participant: &str, enrolment: &Option<Enrolment>| LinkOpened {
            endpoint: device.clone(),
            enrolment: enrolment.clone(),
            participant: participant.into(),
            client: ClientInfo::default(),
            ip: "10.6.6.6".into(),
        };
        let enrolment_of = async |token: &str| {
            let actor = s.enrolments.authenticate(token, "10.2.2.2").await.unwrap();
            s.enrolments.link_identity(&actor, None).await.unwrap().enrolment
        };
        let mut former = vec![enrolment_of(&town.device("华明街道司法所").device_token).await];
        record.link_opened(opening("PA_former", &former[0])).await.unwrap();

        let issued = s.encoders.issue_token(&admin, &device).await.unwrap().device_token;
        let by_token = enrolment_of(&issued).await;
        record.link_opened(opening("PA_token", &by_token)).await.unwrap();
        former.push(by_token);
        let enrolled = s.enrolments.issue(&admin, &device).await.unwrap();
        let enrolled = s.enrolments.enrol(&enrolled.code, "10.9.9.9").await.unwrap().device_token;
        let by_code = enrolment_of(&enrolled).await;
        record.link_opened(opening("PA_code", &by_code)).await.unwrap();
        for former in &former {
            let refused = |told: Result<_, RecordError>| matches!(told, Err(RecordError::Refused(_)));
            assert!(refused(record.link_opened(opening("PA_thief", former)).await));
            assert!(refused(record.link_rights(&device, former.as_ref()).await));
        }
        assert!(record.link_rights(&device, by_code.as_ref()).await.is_ok());
        let open = town.db.read().await.open_link_of(&device).await.unwrap().unwrap();
        assert_eq!(open.participant.as_str(), "PA_code", "the device itself stays");
        former.push(by_code);

        // Disabled and enrolled anew: what the former device holds comes to no new life.
        let disabled = |disabled| EndpointPatch { disabled: Some(disabled), ..EndpointPatch::default() };
        s.org.update_endpoint(&admin, &device, disabled(true)).await.unwrap();
        s.org.update_endpoint(&admin, &device, disabled(false)).await.unwrap();
        s.encoders.issue_token(&admin, &device).await.unwrap();
        for former in &former {
            assert!(record.link_rights(&device, former.as_ref()).await.is_err());
        }
        let text = format!("{:?}", town.audit().await);
        assert!(former.iter().flatten().all(|enrolment| !text.contains(&enrolment.0)), "no secret on record");
    }

    async fn guessing_is_slowed_down_where_it_comes_from(town: Town) {
        let s = &town.service;
        let admin = town.login("sysadmin").await;
        let device = town.device("华明街道司法所");
        let issued = s.enrolments.issue(&admin, &device.endpoint_id).await.unwrap();
        for _ in 0..MAX_WRONG_CODES {
            assert_eq!(code(s.enrolments.enrol("0000-0000-0", "10.66.6.6").await), "code_refused");
        }
        assert_eq!(code(s.enrolments.enrol(&issued.code, "10.66.6.6").await), "too_many_attempts", "even the right one");
        s.enrolments.enrol(&issued.code, "10.9.9.9").await.unwrap();
        let issued = s.enrolments.issue(&admin, &device.endpoint_id).await.unwrap();
        town.clock.pass(CODE_LIFE_MS + SECOND);
        assert_eq!(code(s.enrolments.enrol(&issued.code, "10.66.6.6").await), "code_refused", "heard again, but late");
    }

    async fn codes_are_given_by_whoever_manages_the_place(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        for account in ["zhihuizhang", "secadmin", "suozhang"] {
            let actor = town.login(account).await;
            town.refused(&actor, "enrolment.issue", s.enrolments.issue(&actor, &device.endpoint_id)).await;
        }
        let seat = town.seat("zhihuizhang").await;
        let admin = town.login("sysadmin").await;
        assert_eq!(code(s.enrolments.issue(&admin, &seat.console).await), "not_found", "a console is no device");
    }
}
