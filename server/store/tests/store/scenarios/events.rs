//! The event stream tells everyone what concerns them, in commit order, and nothing else.

use crate::harness::town::{SECOND, Town, code, in_both_towns};
use lianxian_model::event::EventKind::{self, *};
use lianxian_service::Actor;
use lianxian_service::org::UnitPatch;
use lianxian_service::ports::live::LinkEnd;
use lianxian_service::ports::record::{LinkOwner, LinkRefused};

async fn seen(town: &Town, actor: &Actor, from: i64) -> Vec<EventKind> {
    let batch = town.service.events.since(actor, from).await.unwrap();
    assert!(batch.at_end);
    let seqs: Vec<_> = batch.events.iter().map(|event| event.seq).collect();
    assert!(seqs.is_sorted() && seqs.iter().all(|seq| (from + 1..=batch.read_to).contains(seq)));
    batch.events.into_iter().map(|event| event.kind).collect()
}

in_both_towns! {
    async fn everyone_sees_what_lies_in_their_scope(town: Town) {
        let s = &town.service;
        let (own, other) = (town.device("华明街道司法所"), town.device("张贵庄街道司法所"));
        let commander = town.seat("zhihuizhang").await;
        let (head, staff) = (town.login("suozhang").await, town.login("gongzuoyuan").await);
        let (system, auditor) = (town.login("sysadmin").await, town.login("auditor").await);
        let (own_device, other_device) = (town.device_actor(&own).await, town.device_actor(&other).await);
        let from = s.events.latest().await.unwrap();
        let mut committed = s.events.committed();
        committed.mark_unchanged();

        let link = town.link(&other.endpoint_id).await;
        assert!(committed.has_changed().unwrap());
        let (watch, _) = town.watch(&commander, "日常巡查", &[&other.site_id]).await;
        s.watches.end(&commander.actor, &watch.id).await.unwrap();
        town.unlink(&other.endpoint_id, &link, LinkEnd::Left).await;
        let refused = LinkRefused {
            owner: LinkOwner::Endpoint(commander.console.clone()),
            participant: commander.participant.clone(),
            ip: "10.1.1.1".into(),
            action: "publish",
            detail: "camera".into(),
        };
        s.net_record().refused(refused).await.unwrap();
        let patrol = [PresenceChanged, WatchOpened, SessionOpened, SessionUpdated, SessionUpdated, SessionEnded,
            WatchEnded, PresenceChanged];
        assert_eq!(seen(&town, &commander.actor, from).await, patrol);
        assert_eq!(seen(&town, &Actor::System, from).await.len(), patrol.len() + 1);
        let told = [PresenceChanged, SessionOpened, SessionUpdated, SessionUpdated, SessionEnded, PresenceChanged];
        assert_eq!(seen(&town, &other_device, from).await, told);
        // Another street's head, staff and device learn nothing of it.
        for actor in [&head, &staff, &own_device] {
            assert_eq!(seen(&town, actor, from).await, [], "{}", actor.name());
        }
        // The administrators see the tree and its presence, not who watches whom; a refusal is the auditor's.
        assert_eq!(seen(&town, &system, from).await, [PresenceChanged, PresenceChanged]);
        assert_eq!(seen(&town, &auditor, from).await, [PresenceChanged, PresenceChanged, LinkRefused]);
        assert_eq!(seen(&town, &commander.actor, s.events.latest().await.unwrap()).await, []);

        let from = s.events.latest().await.unwrap();
        town.watch(&commander, "日常巡查", &[&own.site_id]).await;
        let ours = [SessionOpened, SessionUpdated];
        assert_eq!(seen(&town, &head, from).await, ours, "a street's head reads its sessions");
        assert_eq!(seen(&town, &own_device, from).await, ours);
        assert_eq!(seen(&town, &staff, from).await, []);
        let street = town.db.read().await.site(&own.site_id).await.unwrap().unwrap().unit_id;
        let patch = UnitPatch { name: Some("华明".into()), ..UnitPatch::default() };
        let from = s.events.latest().await.unwrap();
        s.org.update_unit(&system, &street, patch).await.unwrap();
        for actor in [&head, &staff, &system, &commander.actor] {
            assert_eq!(seen(&town, actor, from).await, [OrgChanged], "{}", actor.name());
        }
        assert_eq!(seen(&town, &own_device, from).await, []);
    }

    async fn a_stream_ends_with_its_login_and_narrows_with_its_grants(town: Town) {
        let s = &town.service;
        let device = town.device("华明街道司法所");
        let commander = town.seat("zhihuizhang").await;
        let watcher = town.login("dudao").await;
        let from = s.events.latest().await.unwrap();
        town.watch(&commander, "日常巡查", &[&device.site_id]).await;
        assert!(seen(&town, &watcher, from).await.contains(&SessionOpened));
        // The actor that the stream began with still names the grant; the record says that it is gone.
        let security = town.login("secadmin").await;
        let account = watcher.account().unwrap().account.clone();
        let grant = s.accounts.grants(&security, &account).await.unwrap().remove(0).id;
        s.accounts.withdraw(&security, &account, &grant).await.unwrap();
        assert_eq!(seen(&town, &watcher, from).await, [AccountChanged], "its own account's change");
        s.logins.logout(&watcher).await.unwrap();
        assert_eq!(code(s.events.since(&watcher, from).await), "login_over");

        let actor = town.device_actor(&device).await;
        assert!(!seen(&town, &actor, from).await.is_empty());
        let system = town.login("sysadmin").await;
        let patch = lianxian_service::org::EndpointPatch { disabled: Some(true), ..Default::default() };
        s.org.update_endpoint(&system, &device.endpoint_id, patch).await.unwrap();
        assert_eq!(code(s.events.since(&actor, from).await), "device_unknown");
    }

    async fn a_long_absence_is_read_in_pieces(town: Town) {
        let device = town.device("华明街道司法所");
        let commander = town.login("zhihuizhang").await;
        let from = town.service.events.latest().await.unwrap();
        for _ in 0..260 {
            let link = town.link(&device.endpoint_id).await;
            town.unlink(&device.endpoint_id, &link, LinkEnd::Lost).await;
        }
        town.clock.pass(SECOND);
        let first = town.service.events.since(&commander, from).await.unwrap();
        assert_eq!((first.events.len(), first.at_end), (500, false));
        let rest = town.service.events.since(&commander, first.read_to).await.unwrap();
        assert_eq!((rest.events.len(), rest.at_end, rest.read_to), (20, true, from + 520));
    }
}
