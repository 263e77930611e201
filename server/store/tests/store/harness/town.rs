//! The demonstration district with its service: a clock that is set by hand, a live net that only notes what it is told.

use super::TestDatabase;
use async_trait::async_trait;
use lianxian_model::audit::{AuditEvent, AuditResult};
use lianxian_model::ids::{EndpointId, LoginId, ParticipantSid, SessionId, SiteId, TrackSid, UnitId};
use lianxian_model::link::ClientInfo;
use lianxian_model::media::{Codec, TrackKind, TrackSource};
use lianxian_model::register::Watch;
use lianxian_model::time::{Clock, Millis};
use lianxian_service::assists::NewAssist;
use lianxian_service::demo::{DEMO_PASSWORD, DemoDevice, DemoSeed};
use lianxian_service::logins::{LoggedIn, NewLogin};
use lianxian_service::page::PageRequest;
use lianxian_service::ports::live::{Grant, LinkEnd, LinkRights, Live, MediaFull};
use lianxian_service::ports::record::{Enrolment, LinkOpened, LinkOwner, SubscriptionStarted, TrackStarted};
use lianxian_service::sessions::SessionView;
use lianxian_service::watches::PickedSites;
use lianxian_service::{Actor, ErrorKind, Service, ServiceError, ServiceResult, Setup};
use lianxian_store::Folder;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// 2026-11-25 09:00:00 in Beijing.
pub const MORNING: Millis = Millis(1_795_568_400_000);
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;

pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn at(now: Millis) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.0)))
    }

    pub fn pass(&self, ms: i64) -> Millis {
        Millis(self.0.fetch_add(ms, Ordering::SeqCst) + ms)
    }
}

impl Clock for HandClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// What the net was told last of each session, and which links it was told to end.
#[derive(Default)]
pub struct NotedLive {
    grants: Mutex<BTreeMap<SessionId, Vec<Grant>>>,
    ended: Mutex<Vec<(EndpointId, LinkEnd)>>,
    /// Set: there is no room for new watches.
    pub full: Mutex<Option<MediaFull>>,
    rights: Mutex<BTreeMap<EndpointId, LinkRights>>,
}

#[async_trait]
impl Live for NotedLive {
    async fn set_grants(&self, session: &SessionId, grants: Vec<Grant>) {
        self.grants.lock().unwrap().insert(session.clone(), grants);
    }

    async fn set_rights(&self, endpoint: &EndpointId, rights: LinkRights) {
        self.rights.lock().unwrap().insert(endpoint.clone(), rights);
    }

    async fn end_link(&self, endpoint: &EndpointId, reason: LinkEnd) {
        self.ended.lock().unwrap().push((endpoint.clone(), reason));
    }

    fn admit_watch(&self) -> Result<(), MediaFull> {
        self.full.lock().unwrap().map_or(Ok(()), Err)
    }
}

impl NotedLive {
    /// (publisher, subscriber, video, audio) of what one session grants now.
    pub fn granted(&self, session: &SessionId) -> Vec<(EndpointId, EndpointId, bool, bool)> {
        let grants = self.grants.lock().unwrap();
        let grants = grants.get(session).into_iter().flatten();
        grants.map(|g| (g.publisher.clone(), g.subscriber.clone(), g.video, g.audio)).collect()
    }

    /// What the endpoint's link was last told that it may do; none: nothing since it opened.
    pub fn rights(&self, endpoint: &EndpointId) -> Option<LinkRights> {
        self.rights.lock().unwrap().get(endpoint).copied()
    }

    /// The links ended since the last call.
    pub fn ended(&self) -> Vec<(EndpointId, LinkEnd)> {
        std::mem::take(&mut *self.ended.lock().unwrap())
    }
}

pub struct Town {
    pub db: TestDatabase,
    pub service: Service,
    pub clock: Arc<HandClock>,
    pub live: Arc<NotedLive>,
    pub seed: DemoSeed,
    count: AtomicU64,
}

/// Someone at the console: the login, its endpoint on the net, and that endpoint's link.
pub struct Seat {
    pub actor: Actor,
    pub token: String,
    pub console: EndpointId,
    pub participant: ParticipantSid,
}

impl Seat {
    pub fn login(&self) -> LoginId {
        self.actor.account().unwrap().login.clone()
    }
}

/// A service over the database as a start of the server makes it, with a live net of its own.
pub fn service_over(db: &TestDatabase, clock: &Arc<HandClock>) -> (Service, Arc<NotedLive>) {
    let service = Service::new(Setup { store: db.store.clone(), clock: clock.clone() });
    let live = Arc::new(NotedLive::default());
    service.attach_live(live.clone());
    if let Some(folder) = &db._folder {
        service.attach_files(Arc::new(Folder::new(folder.path().join("files"))));
    }
    (service, live)
}

impl Town {
    pub async fn new(db: TestDatabase) -> Self {
        let clock = HandClock::at(MORNING);
        let (service, live) = service_over(&db, &clock);
        let seed = service.seed_demo().await.unwrap();
        clock.pass(SECOND);
        Self { db, service, clock, live, seed, count: AtomicU64::new(0) }
    }

    /// A town that was seeded before, by another process perhaps.
    pub fn again(db: TestDatabase, clock: Arc<HandClock>, seed: DemoSeed) -> Self {
        let (service, live) = service_over(&db, &clock);
        // Participants and tracks of another run of it keep their names.
        let count = AtomicU64::new(u64::from(std::process::id()) * 1_000_000);
        Self { db, service, clock, live, seed, count }
    }

    fn count(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    pub async fn login_with(&self, account: &str, password: &str) -> ServiceResult<LoggedIn> {
        let login = NewLogin {
            account: account.into(),
            password: password.into(),
            ip: "10.1.1.1".into(),
            client: "Chromium".into(),
        };
        self.service.logins.login(login).await
    }

    pub async fn login(&self, account: &str) -> Actor {
        self.login_with(account, DEMO_PASSWORD).await.unwrap().actor
    }

    /// An assistance that the seat called and the office answered; with the office's device.
    pub async fn assisted(&self, office: &DemoDevice, seat: &Seat) -> (SessionId, Actor) {
        let device = self.device_actor(office).await;
        let new = NewAssist {
            site_id: office.site_id.clone(),
            endpoint_id: seat.console.clone(),
            purpose: "指导取证".into(),
        };
        let id = self.service.assists.call(&seat.actor, new, None).await.unwrap().session.id;
        self.service.assists.answer(&device, &id).await.unwrap();
        (id, device)
    }

    /// Logs in and opens the console's link.
    pub async fn seat(&self, account: &str) -> Seat {
        let LoggedIn { token, actor, .. } = self.login_with(account, DEMO_PASSWORD).await.unwrap();
        let console = self.service.enrolments.link_identity(&actor, None).await.unwrap().endpoint;
        let participant = self.link(&console).await;
        Seat { actor, token, console, participant }
    }

    /// The unit at the root of the tree.
    pub async fn district(&self) -> UnitId {
        self.db.read().await.units().await.unwrap().into_iter().find(|unit| unit.parent_id.is_none()).unwrap().id
    }

    /// The demonstration's device at the site of this name.
    pub fn device(&self, site: &str) -> DemoDevice {
        self.seed.devices.iter().find(|device| device.site == site).unwrap_or_else(|| panic!("no {site}")).clone()
    }

    pub async fn device_actor(&self, device: &DemoDevice) -> Actor {
        self.service.enrolments.authenticate(&device.device_token, "10.2.2.2").await.unwrap()
    }

    /// What a link token of the endpoint would be bound to now.
    pub async fn enrolment(&self, endpoint: &EndpointId) -> Option<Enrolment> {
        let hash = self.db.read().await.device_token_hash(endpoint).await.unwrap();
        hash.map(|hash| Enrolment::of(&hash))
    }

    /// Opens a link of the endpoint.
    pub async fn link(&self, endpoint: &EndpointId) -> ParticipantSid {
        let participant = ParticipantSid(format!("PA_{}", self.count()));
        let opened = LinkOpened {
            endpoint: endpoint.clone(),
            enrolment: self.enrolment(endpoint).await,
            participant: participant.clone(),
            client: ClientInfo { sdk: "js".into(), version: "2.0".into(), ..ClientInfo::default() },
            ip: "10.3.3.3".into(),
        };
        self.service.net_record().link_opened(opened).await.unwrap();
        participant
    }

    pub async fn unlink(&self, endpoint: &EndpointId, participant: &ParticipantSid, cause: LinkEnd) {
        self.service.net_record().link_closed(endpoint, participant, cause).await.unwrap();
    }

    /// Links the device and publishes its picture.
    pub async fn on_air(&self, device: &DemoDevice) -> (ParticipantSid, TrackSid) {
        let participant = self.link(&device.endpoint_id).await;
        let track = self.publish(&device.endpoint_id, &participant).await;
        (participant, track)
    }

    /// The endpoint's link publishes a picture.
    pub async fn publish(&self, endpoint: &EndpointId, participant: &ParticipantSid) -> TrackSid {
        let track = TrackSid(format!("TR_{}", self.count()));
        let started = TrackStarted {
            owner: LinkOwner::Endpoint(endpoint.clone()),
            participant: participant.clone(),
            track: track.clone(),
            name: "camera".into(),
            kind: TrackKind::Video,
            source: TrackSource::Camera,
            codec: Codec::Vp8,
        };
        self.service.net_record().track_started(started).await.unwrap();
        track
    }

    /// The track is sent to the seat under the session, and its first packet arrives.
    pub async fn picture_arrives(&self, session: &SessionId, seat: &Seat, device: &DemoDevice, track: &TrackSid) {
        let started = SubscriptionStarted {
            sessions: vec![session.clone()],
            subscriber: LinkOwner::Endpoint(seat.console.clone()),
            subscriber_participant: seat.participant.clone(),
            publisher: LinkOwner::Endpoint(device.endpoint_id.clone()),
            track: track.clone(),
            kind: TrackKind::Video,
        };
        let record = self.service.net_record();
        record.subscriptions_started(vec![started]).await.unwrap();
        record.first_packet(&seat.participant, track).await.unwrap();
    }

    /// Opens a watch and a session for each site; every site must open.
    pub async fn watch(&self, seat: &Seat, purpose: &str, sites: &[&SiteId]) -> (Watch, Vec<SessionView>) {
        let watch = self.service.watches.open(&seat.actor, purpose, None).await.unwrap();
        let picked = picked(seat, sites);
        let opened = self.service.watches.open_sites(&seat.actor, &watch.id, picked).await.unwrap();
        let sessions = opened.into_iter().map(|site| site.session.unwrap()).collect();
        (watch, sessions)
    }

    /// The audit from the first row on.
    pub async fn audit(&self) -> Vec<AuditEvent> {
        self.db.read().await.audit_after(0, i64::MAX).await.unwrap()
    }

    /// The act is refused as forbidden, and that leaves exactly one audit row: in the actor's name, with this action.
    pub async fn refused<T>(&self, actor: &Actor, action: &str, act: impl Future<Output = ServiceResult<T>>) {
        let before = self.audit().await.len();
        let error = act.await.err().unwrap_or_else(|| panic!("{action} was allowed"));
        assert_eq!((error.kind, error.code), (ErrorKind::Forbidden, "forbidden"), "{action}: {error}");
        let audit = self.audit().await;
        let [row] = &audit[before..] else { panic!("{action}: {} audit rows", audit.len() - before) };
        assert_eq!((row.action.as_str(), row.result), (action, AuditResult::Refused));
        assert_eq!(row.account_id.as_ref(), actor.account().map(|a| &a.account), "{action}");
        assert_eq!((row.actor.as_str(), row.ip.as_str()), (actor.name(), actor.ip()), "{action}");
    }

    pub async fn chain_holds(&self) {
        let report = self.service.audit.verify(&Actor::System).await.unwrap();
        assert_eq!(report.broken_at, None);
        assert_eq!(report.rows, self.audit().await.len() as i64);
    }
}

pub fn picked(seat: &Seat, sites: &[&SiteId]) -> PickedSites {
    PickedSites { site_ids: sites.iter().map(|site| (*site).clone()).collect(), endpoint_id: seat.console.clone() }
}

pub fn all() -> PageRequest {
    PageRequest { cursor: None, limit: Some(500) }
}

/// The error's code, of an act that must fail.
pub fn code<T>(result: ServiceResult<T>) -> &'static str {
    result.err().map_or("no error", |error: ServiceError| error.code)
}

/// Runs each scenario over both databases, in a freshly seeded town.
macro_rules! in_both_towns {
    ($($(#[$doc:meta])* async fn $name:ident($town:ident: Town) $body:block)+) => {
        $crate::harness::on_both! {$(
            $(#[$doc])*
            async fn $name(db: TestDatabase) {
                let $town = $crate::harness::town::Town::new(db).await;
                $body
            }
        )+}
    };
}
pub(crate) use in_both_towns;

/// The head of a PNG of this width and 720 lines: enough to be told by.
pub fn png(width: u32) -> bytes::Bytes {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend([0, 0, 2, 0xd0, 8, 2, 0, 0, 0]);
    png.into()
}
