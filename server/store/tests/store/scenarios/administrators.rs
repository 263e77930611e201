//! The three administrators exclude each other, and none of them watches.

use crate::harness::town::{Town, all, code, in_both_towns};
use lianxian_model::ids::{AccountId, UnitId};
use lianxian_model::roles::Role;
use lianxian_model::session::SessionEnd;
use lianxian_service::Actor;
use lianxian_service::accounts::{AccountPatch, NewAccount, NewGrant, NewPerson};
use lianxian_service::audit::AuditFilter;
use lianxian_service::demo::DEMO_PASSWORD;
use lianxian_service::org::{NewUnit, UnitPatch};
use lianxian_service::sessions::SessionFilter;

async fn account(town: &Town, name: &str) -> AccountId {
    town.db.read().await.account_by_name(name).await.unwrap().unwrap().id
}

in_both_towns! {
    async fn the_three_administrators_exclude_each_other(town: Town) {
        let unit_id = town.district().await;
        let security = town.login("secadmin").await;
        let give = async |name: &str, role| {
            let grant = NewGrant { role, unit_id: unit_id.clone() };
            town.service.accounts.give(&security, &account(&town, name).await, grant, None).await
        };
        for (name, role) in [
            ("sysadmin", Role::SecurityAdmin),
            ("sysadmin", Role::AuditAdmin),
            ("sysadmin", Role::Commander),
            ("auditor", Role::SystemAdmin),
            ("auditor", Role::Staff),
            ("zhihuizhang", Role::AuditAdmin),
            ("gongzuoyuan", Role::SystemAdmin),
        ] {
            assert_eq!(code(give(name, role).await), "roles_exclude", "{name} + {role}");
        }
        give("gongzuoyuan", Role::Inspector).await.unwrap();
        assert_eq!(code(give("gongzuoyuan", Role::Inspector).await), "already_granted");
        let own = account(&town, "secadmin").await;
        let more = NewGrant { role: Role::SecurityAdmin, unit_id: unit_id.clone() };
        town.refused(&security, "grant.give", town.service.accounts.give(&security, &own, more, None)).await;
    }

    async fn each_administrator_has_one_third(town: Town) {
        let unit_id = town.district().await;
        let system = town.login("sysadmin").await;
        let security = town.login("secadmin").await;
        let auditor = town.login("auditor").await;
        let s = &town.service;
        let staff = account(&town, "gongzuoyuan").await;

        let audit = async |actor: &Actor| s.audit.list(actor, &AuditFilter::default(), &all()).await;
        town.refused(&system, "audit.read", audit(&system)).await;
        town.refused(&security, "audit.read", audit(&security)).await;
        assert!(!audit(&auditor).await.unwrap().items.is_empty());
        town.refused(&security, "audit.verify", s.audit.verify(&security)).await;

        let grant = || NewGrant { role: Role::Inspector, unit_id: unit_id.clone() };
        town.refused(&system, "grant.give", s.accounts.give(&system, &staff, grant(), None)).await;
        town.refused(&auditor, "grant.give", s.accounts.give(&auditor, &staff, grant(), None)).await;

        let lock = || AccountPatch { locked: Some(true), ..AccountPatch::default() };
        town.refused(&security, "account.update", s.accounts.update(&security, &staff, lock())).await;
        town.refused(&auditor, "account.update", s.accounts.update(&auditor, &staff, lock())).await;
        let patch = UnitPatch { name: Some("别名".into()), ..UnitPatch::default() };
        town.refused(&auditor, "org.update_unit", s.org.update_unit(&auditor, &unit_id, patch)).await;

        for (actor, name) in [(&system, "system"), (&security, "security"), (&auditor, "auditor")] {
            town.refused(actor, "watch.open", s.watches.open(actor, name, None)).await;
            town.refused(actor, "session.list", s.sessions.list(actor, &SessionFilter::default(), &all())).await;
            town.refused(actor, "link.token", s.enrolments.link_identity(actor, None)).await;
        }
        town.chain_holds().await;
    }

    /// From a new person to a first patrol, as two administrators do it together.
    async fn a_new_colleague_is_let_in_by_two(town: Town) {
        let s = &town.service;
        let system = town.login("sysadmin").await;
        let security = town.login("secadmin").await;
        let unit_id = town.district().await;
        let new = NewPerson { name: " 林晓 ".into(), unit_id: unit_id.clone(), post: "督导员".into(), phone: "".into() };
        let person = s.accounts.create_person(&system, new, None).await.unwrap();
        assert_eq!(person.name, "林晓");
        let new = |name: &str, password: &str| NewAccount {
            person_id: person.id.clone(),
            name: name.into(),
            password: password.into(),
        };
        let weak = s.accounts.create(&system, new("linxiao", "linxiao1"), None).await.unwrap_err();
        assert_eq!(weak.field, Some("password"));
        let made = s.accounts.create(&system, new("LinXiao", "Dongli-2026"), None).await.unwrap();
        assert_eq!(made.name, "linxiao");
        let again = s.accounts.create(&system, new("linxiao", "Dongli-2026"), None).await;
        assert_eq!(code(again), "name_taken");
        let actor = town.login_with("linxiao", "Dongli-2026").await.unwrap().actor;
        town.refused(&actor, "watch.open", s.watches.open(&actor, "看看", None)).await;

        let grant = NewGrant { role: Role::Inspector, unit_id };
        let grant = s.accounts.give(&security, &made.id, grant, None).await.unwrap();
        let actor = town.login_with("linxiao", "Dongli-2026").await.unwrap().actor;
        s.watches.open(&actor, "看看", None).await.unwrap();
        s.accounts.withdraw(&security, &made.id, &grant.id).await.unwrap();
        let actor = town.login_with("linxiao", "Dongli-2026").await.unwrap().actor;
        town.refused(&actor, "watch.open", s.watches.open(&actor, "看看", None)).await;
    }

    async fn a_withdrawn_grant_ends_what_stood_on_it(town: Town) {
        let s = &town.service;
        let security = town.login("secadmin").await;
        let (near, far) = (town.device("华明街道司法所"), town.device("张贵庄街道司法所"));
        let street = town.db.read().await.site(&near.site_id).await.unwrap().unwrap().unit_id;
        let seat = town.seat("zhihuizhang").await;
        let id = seat.actor.account().unwrap().account.clone();
        let old = s.accounts.grants(&security, &id).await.unwrap().remove(0);
        let narrow = NewGrant { role: Role::Commander, unit_id: street };
        s.accounts.give(&security, &id, narrow, None).await.unwrap();
        let (watch, sessions) = town.watch(&seat, "日常巡查", &[&near.site_id, &far.site_id]).await;
        s.accounts.withdraw(&security, &id, &old.id).await.unwrap();
        assert_eq!(town.live.granted(&sessions[0].id).len(), 1, "still in scope");
        assert_eq!(town.live.granted(&sessions[1].id), []);
        let ended = town.db.read().await.session(&sessions[1].id).await.unwrap().unwrap();
        assert_eq!(ended.end_cause, Some(SessionEnd::Revoked));
        let left = s.accounts.grants(&security, &id).await.unwrap().remove(0);
        s.accounts.withdraw(&security, &id, &left.id).await.unwrap();
        assert_eq!(town.live.granted(&sessions[0].id), []);
        let watch = town.db.read().await.watch(&watch.id).await.unwrap().unwrap();
        assert_eq!(watch.end_cause.map(|cause| cause.as_str()), Some("revoked"), "nothing is left to watch");
    }

    async fn a_disabled_person_is_out(town: Town) {
        let system = town.login("sysadmin").await;
        let seat = town.seat("dudao").await;
        let person = seat.actor.account().unwrap().person.clone();
        let patch = lianxian_service::accounts::PersonPatch { disabled: Some(true), ..Default::default() };
        town.service.accounts.update_person(&system, &person, patch).await.unwrap();
        let over = town.service.logins.authenticate(&seat.token, "10.1.1.1", true).await;
        assert_eq!(code(over), "login_over");
        assert_eq!(code(town.login_with("dudao", DEMO_PASSWORD).await), "login_refused");
    }

    async fn the_tree_is_changed_by_its_administrator_alone(town: Town) {
        let s = &town.service;
        let system = town.login("sysadmin").await;
        let root = town.district().await;
        let new = |parent: Option<&UnitId>, code: &str| NewUnit {
            parent_id: parent.cloned(),
            name: "新街道".into(),
            level: lianxian_model::org::UnitLevel::Street,
            code: code.into(),
            sort: 99,
        };
        let street = s.org.create_unit(&system, new(Some(&root), "xjd"), None).await.unwrap();
        assert_eq!(street.code, "XJD");
        assert_eq!(code(s.org.create_unit(&system, new(Some(&root), "XJD"), None).await), "code_taken");
        let under = s.org.create_unit(&system, new(Some(&street.id), "XJD-1"), None).await.unwrap();
        let round = UnitPatch { parent_id: Some(under.id.clone()), ..UnitPatch::default() };
        let error = s.org.update_unit(&system, &street.id, round).await.unwrap_err();
        assert_eq!(error.field, Some("parent_id"));
        // Whoever manages one street only can neither leave it nor make a root.
        let commander = town.login("zhihuizhang").await;
        let patch = UnitPatch { name: Some("别名".into()), ..UnitPatch::default() };
        town.refused(&commander, "org.update_unit", s.org.update_unit(&commander, &street.id, patch)).await;
        town.refused(&commander, "org.create_unit", s.org.create_unit(&commander, new(None, "R2"), None)).await;
        assert_eq!(town.db.read().await.path_of(&under.id).await.unwrap().len(), 3);
    }
}
