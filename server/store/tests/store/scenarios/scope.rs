//! What lies outside one's grants is refused, on record, and never shown.

use crate::harness::town::{SECOND, Seat, Town, all, code, in_both_towns, picked};
use lianxian_model::case::CaseKind;
use lianxian_model::ids::UnitId;
use lianxian_model::roles::Role;
use lianxian_service::ErrorKind;
use lianxian_service::accounts::NewGrant;
use lianxian_service::cases::NewCaseLink;
use lianxian_service::register::RegisterFilter;
use lianxian_service::sessions::SessionFilter;

async fn unit_of(town: &Town, site: &str) -> UnitId {
    let site = town.device(site).site_id;
    town.db.read().await.site(&site).await.unwrap().unwrap().unit_id
}

/// A seat of the first street's head, whom the security administrator made its inspector too.
async fn street_inspector(town: &Town) -> Seat {
    let security = town.login("secadmin").await;
    let account = town.db.read().await.account_by_name("suozhang").await.unwrap().unwrap().id;
    let unit_id = unit_of(town, "华明街道司法所").await;
    let grant = NewGrant { role: Role::Inspector, unit_id };
    town.service.accounts.give(&security, &account, grant, None).await.unwrap();
    town.seat("suozhang").await
}

in_both_towns! {
    async fn another_streets_site_is_refused_alone(town: Town) {
        let s = &town.service;
        let (own, village) = (town.device("华明街道司法所"), town.device("胡张庄村司法工作室"));
        let other = town.device("张贵庄街道司法所");
        let seat = street_inspector(&town).await;
        let watch = s.watches.open(&seat.actor, "日常巡查", None).await.unwrap();
        let before = town.audit().await.len();
        let sites = picked(&seat, &[&own.site_id, &other.site_id, &village.site_id]);
        let opened = s.watches.open_sites(&seat.actor, &watch.id, sites).await.unwrap();
        let kinds: Vec<_> = opened.iter().map(|site| site.session.as_ref().err().map(|error| error.kind)).collect();
        assert_eq!(kinds, [None, Some(ErrorKind::Forbidden), None], "its village lies under the street");
        let audit = town.audit().await;
        let refused: Vec<_> = audit[before..].iter().filter(|row| row.result.as_str() == "refused").collect();
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].action.as_str(), refused[0].object_id.as_str()), ("session.open", other.site_id.as_str()));
        assert_eq!(town.db.read().await.open_sessions_of_site(&other.site_id).await.unwrap(), []);
    }

    async fn another_streets_records_are_neither_shown_nor_touched(town: Town) {
        let s = &town.service;
        let (own, other) = (town.device("华明街道司法所"), town.device("张贵庄街道司法所"));
        let commander = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&commander, "日常巡查", &[&own.site_id, &other.site_id]).await;
        let (mine, theirs) = (&sessions[0].id, &sessions[1].id);
        let head = town.login("suozhang").await;

        town.refused(&head, "session.read", s.sessions.get(&head, theirs)).await;
        town.refused(&head, "session.end", s.sessions.end(&head, theirs, "")).await;
        let case = || NewCaseLink { number: "2026-001".into(), kind: CaseKind::Other };
        town.refused(&head, "case.link", s.cases.link(&head, theirs, case(), None)).await;
        let link = s.cases.link(&commander.actor, theirs, case(), None).await.unwrap();
        town.refused(&head, "case.withdraw", s.cases.withdraw(&head, theirs, &link.id, "撤")).await;
        s.sessions.get(&head, mine).await.unwrap();
        // One's own links are not a way to another session's.
        assert_eq!(code(s.cases.withdraw(&head, mine, &link.id, "撤").await), "not_found");
        s.cases.link(&head, mine, case(), None).await.unwrap();

        let listed = s.sessions.list(&head, &SessionFilter::default(), &all()).await.unwrap().items;
        assert_eq!(listed.iter().map(|session| &session.id).collect::<Vec<_>>(), [mine]);
        let asked = SessionFilter { site_id: Some(other.site_id.clone()), ..SessionFilter::default() };
        assert!(s.sessions.list(&head, &asked, &all()).await.unwrap().items.is_empty());
        assert!(s.sessions.export(&head, &asked).await.unwrap().is_empty());
        let found = s.cases.sessions(&head, "2026-001", &all()).await.unwrap().items;
        assert_eq!(found.iter().map(|session| &session.id).collect::<Vec<_>>(), [mine]);
        let register = s.register.list(&head, &RegisterFilter::default(), &all()).await.unwrap().items;
        assert_eq!(register.iter().map(|row| &row.session_id).collect::<Vec<_>>(), [mine]);
        let tree = s.org.tree(&head).await.unwrap();
        assert!(tree.sites.iter().any(|site| site.id == own.site_id));
        assert!(tree.sites.iter().all(|site| site.id != other.site_id));
        assert!(tree.endpoints.iter().all(|endpoint| endpoint.id != other.endpoint_id));
        let names: Vec<_> = tree.units.iter().map(|unit| unit.name.as_str()).collect();
        assert!(names.contains(&"东丽区司法局") && !names.contains(&"张贵庄街道"), "{names:?}");
        let board = s.presence.list(&head).await.unwrap();
        assert!(board.iter().any(|view| view.endpoint_id == own.endpoint_id));
        assert!(board.iter().all(|view| view.endpoint_id != other.endpoint_id));
    }

    async fn those_without_a_right_get_nothing(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        let commander = town.seat("zhihuizhang").await;
        let (watch, sessions) = town.watch(&commander, "日常巡查", &[&office.site_id]).await;
        let staff = town.login("gongzuoyuan").await;
        town.refused(&staff, "watch.open", s.watches.open(&staff, "看看", None)).await;
        let sites = picked(&commander, &[&office.site_id]);
        town.refused(&staff, "session.open", s.watches.open_sites(&staff, &watch.id, sites)).await;
        town.refused(&staff, "session.read", s.sessions.get(&staff, &sessions[0].id)).await;
        town.refused(&staff, "session.list", s.sessions.list(&staff, &SessionFilter::default(), &all())).await;
        town.refused(&staff, "session.export", s.sessions.export(&staff, &SessionFilter::default())).await;
        town.refused(&staff, "case.read", s.cases.sessions(&staff, "2026-001", &all())).await;
        town.refused(&staff, "account.list", s.accounts.list(&staff)).await;
        town.refused(&staff, "link.token", s.enrolments.link_identity(&staff, None)).await;
        // The watched-ledger is theirs to read: who watched the street that they work in.
        let ledger = s.register.list(&staff, &RegisterFilter::default(), &all()).await.unwrap().items;
        assert_eq!(ledger.len(), 1);
        let player = town.login("canxun").await;
        town.refused(&player, "register.list", s.register.list(&player, &RegisterFilter::default(), &all())).await;
        town.refused(&player, "register.export", s.register.export(&player, &RegisterFilter::default())).await;
        town.chain_holds().await;
    }

    /// A patrol is of the places that are in scope now, not of those that were.
    async fn a_street_that_moves_takes_its_records_along(town: Town) {
        let s = &town.service;
        let office = town.device("华明街道司法所");
        let commander = town.seat("zhihuizhang").await;
        town.watch(&commander, "日常巡查", &[&office.site_id]).await;
        let head = town.login("suozhang").await;
        let system = town.login("sysadmin").await;
        let (street, other) = (unit_of(&town, "华明街道司法所").await, unit_of(&town, "张贵庄街道司法所").await);
        let patch = lianxian_service::org::UnitPatch { parent_id: Some(street), ..Default::default() };
        let seen = async || s.org.tree(&head).await.unwrap().sites.len();
        let before = seen().await;
        s.org.update_unit(&system, &other, patch).await.unwrap();
        town.clock.pass(SECOND);
        assert!(seen().await > before, "the other street lies under this one now");
        let listed = s.sessions.list(&head, &SessionFilter::default(), &all()).await.unwrap().items;
        assert_eq!(listed.len(), 1);
    }
}
