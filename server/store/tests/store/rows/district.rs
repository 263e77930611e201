//! Rows that others refer to: a small district, made by hand.

use lianxian_model::ids::*;
use lianxian_model::org::{Endpoint, EndpointKind, PrivacyClass, PrivacySwitch, Site, SiteKind, Unit, UnitLevel};
use lianxian_model::people::{Account, Login, Person};
use lianxian_model::session::{Session, SessionKind, SessionState};
use lianxian_model::time::Millis;
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::Tx;

pub fn unit(id: &str, parent: Option<&str>) -> Unit {
    Unit {
        id: id.into(),
        parent_id: parent.map(Into::into),
        name: format!("单位{id}"),
        level: UnitLevel::Street,
        code: format!("C-{id}"),
        sort: 0,
        disabled: false,
        version: 1,
    }
}

pub fn site(id: &str, unit: &str) -> Site {
    Site {
        id: id.into(),
        unit_id: unit.into(),
        name: format!("司法所{id}"),
        kind: SiteKind::Mediation,
        privacy_class: PrivacyClass::Private,
        code: format!("S-{id}"),
        disabled: false,
        privacy: PrivacySwitch::default(),
        version: 1,
    }
}

pub fn station(id: &str, site: &str) -> Endpoint {
    Endpoint {
        id: id.into(),
        site_id: Some(site.into()),
        name: "工作站".into(),
        kind: EndpointKind::Station,
        enrolled: false,
        disabled: false,
        login_id: None,
        tab: None,
        version: 1,
    }
}

pub fn console(id: &str, login: &str, tab: &str) -> Endpoint {
    Endpoint {
        site_id: None,
        kind: EndpointKind::Console,
        login_id: Some(login.into()),
        tab: Some(tab.into()),
        ..station(id, "")
    }
}

pub fn person(id: &str, unit: &str) -> Person {
    Person {
        id: id.into(),
        name: "陈志远".into(),
        unit_id: unit.into(),
        post: "指挥长".into(),
        phone: "022-1".into(),
        disabled: false,
        version: 1,
    }
}

pub fn account(id: &str, person: &str) -> Account {
    Account {
        id: id.into(),
        person_id: person.into(),
        name: format!("name-{id}"),
        password_hash: "$argon2id$…".into(),
        password_changed_ms: Millis(5),
        failures: 0,
        locked_until_ms: None,
        locked: false,
        disabled: false,
        version: 1,
    }
}

pub fn login(id: &str, account: &str) -> Login {
    Login {
        id: id.into(),
        account_id: account.into(),
        opened_ms: Millis(100),
        last_seen_ms: Millis(100),
        ip: "10.0.0.1".into(),
        client: "Chromium".into(),
        ended_ms: None,
        end_cause: None,
    }
}

/// A patrol of the site by `c1`, started at `at`.
pub fn session(id: &str, site: &str, unit: &str, at: i64) -> Session {
    Session {
        id: id.into(),
        number: format!("HH20261125{id}"),
        kind: SessionKind::Patrol,
        state: SessionState::Open,
        purpose: "日常巡查".into(),
        site_id: Some(site.into()),
        unit_id: Some(unit.into()),
        watch_id: None,
        observer_endpoint: Some("c1".into()),
        observer_account: Some("acc1".into()),
        observer_person: Some("p1".into()),
        observer_name: "陈志远".into(),
        observer_unit: Some("root".into()),
        room: None,
        started_ms: Millis(at),
        ended_ms: None,
        end_cause: None,
        end_note: String::new(),
        observer_lost_ms: None,
        version: 1,
        attendances: Vec::new(),
    }
}

/// Units root > {a > a1, b}; a site and a station in each of a, a1, b; one person, account, login and console.
pub async fn put_district(tx: &mut Box<dyn Tx>) {
    for (id, parent) in [("root", None), ("a", Some("root")), ("a1", Some("a")), ("b", Some("root"))] {
        tx.insert_unit(&unit(id, parent)).await.unwrap();
    }
    for (id, unit) in [("sa", "a"), ("sa1", "a1"), ("sb", "b")] {
        tx.insert_site(&site(id, unit)).await.unwrap();
        tx.insert_endpoint(&station(&format!("e-{id}"), id)).await.unwrap();
    }
    tx.insert_person(&person("p1", "root")).await.unwrap();
    tx.insert_account(&account("acc1", "p1")).await.unwrap();
    tx.insert_login(&login("l1", "acc1"), "hash-l1").await.unwrap();
    tx.insert_endpoint(&console("c1", "l1", "main")).await.unwrap();
}

pub fn first(limit: i64) -> Keyset {
    Keyset { before: None, limit }
}

pub fn after(at: i64, id: &str, limit: i64) -> Keyset {
    Keyset { before: Some((at, id.into())), limit }
}

pub fn units(ids: &[&str]) -> Vec<UnitId> {
    ids.iter().map(|id| UnitId::from(*id)).collect()
}
