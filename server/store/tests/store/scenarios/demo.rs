//! The two ways in which a database gets its first rows.

use crate::harness::on_both;
use crate::harness::town::{HandClock, MORNING, code, in_both_towns, service_over};
use lianxian_model::roles::Role;
use lianxian_model::time::Clock as _;
use lianxian_service::PageRequest;
use lianxian_service::ServiceError;
use lianxian_service::logins::NewLogin;
use lianxian_service::requests::{RequestFilter, RequestView};
use std::collections::BTreeSet;

in_both_towns! {
    async fn the_demonstration_has_a_district_and_an_account_for_each_role(town: Town) {
        let roles: BTreeSet<_> = town.seed.logins.iter().map(|login| login.role.as_str()).collect();
        let every: BTreeSet<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        assert_eq!(roles, every);
        let commander = town.login("zhihuizhang").await;
        let tree = town.service.org.tree(&commander).await.unwrap();
        let level = |level: &str| tree.units.iter().filter(|unit| unit.level.as_str() == level).count();
        assert_eq!((level("district"), level("centre"), level("street")), (1, 1, 11));
        assert!(level("village") >= 11);
        assert!(town.seed.devices.len() >= 6, "six offices run in the demonstration");
        for device in &town.seed.devices {
            let actor = town.device_actor(device).await;
            let view = town.service.stations.view(&actor).await.unwrap();
            assert_eq!((&view.site.name, &view.endpoint.id), (&device.site, &device.endpoint_id));
        }
        assert_eq!(town.service.cases.patterns(&commander).await.unwrap().len(), 12);
        assert_eq!(code(town.service.seed_demo().await), "not_empty");
        assert_eq!(town.service.first_start().await.unwrap(), []);
        town.chain_holds().await;
    }
}

in_both_towns! {
    async fn a_day_s_work_fills_the_columns_of_the_desk(town: Town) {
        town.service.seed_demo_requests().await.unwrap();
        let chief = town.login("zhibanzhang").await;
        let open = town.service.requests.open(&chief).await.unwrap();
        let states: BTreeSet<_> = open.iter().map(|request| request.state.as_str()).collect();
        assert_eq!(states, BTreeSet::from(["taken", "dispatched", "suspended", "confirming", "closed"]));
        for request in &open {
            assert!(request.raised_ms < town.clock.now());
            assert_eq!(request.response.stopped_ms.unwrap().0 - request.raised_ms.0, 8_000);
        }
        let past = RequestFilter { open: Some(false), ..RequestFilter::default() };
        let past = town.service.requests.list(&chief, &past, &PageRequest::default()).await.unwrap();
        let due = |request: &&RequestView| request.evaluation.as_ref().is_some_and(|said| said.call_back_by_ms.is_some());
        let dues = (past.items.iter().filter(due).count(), open.iter().filter(due).count());
        assert_eq!((past.items.len(), dues), (1, (0, 1)), "a bad word has to be called back: the desk has it to do");
        let board = town.service.duty.handovers(&chief, None).await.unwrap();
        assert_eq!(board.open.len(), open.len(), "what is open is handed over");
        town.chain_holds().await;
    }
}

on_both! {
    async fn a_first_start_makes_the_three_administrators(db: TestDatabase) {
        let (service, _live) = service_over(&db, &HandClock::at(MORNING));
        assert!(service.is_empty().await.unwrap());
        let logins = service.first_start().await.unwrap();
        let roles: Vec<_> = logins.iter().map(|login| login.role).collect();
        assert_eq!(roles, [Role::SystemAdmin, Role::SecurityAdmin, Role::AuditAdmin]);
        for first in &logins {
            let login = NewLogin {
                account: first.account.clone(),
                password: first.password.clone(),
                ip: "10.1.1.1".into(),
                client: String::new(),
            };
            let me = service.logins.login(login).await.unwrap().me;
            assert_eq!(me.roles.iter().map(|over| over.role).collect::<Vec<_>>(), [first.role]);
        }
        assert_eq!(service.first_start().await, Ok::<_, ServiceError>(Vec::new()));
        assert_eq!(code(service.seed_demo().await), "not_empty");
    }
}
