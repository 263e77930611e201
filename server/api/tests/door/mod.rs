//! A whole server but for its console, at a real door, on loopback.

// Each test file stands on a part of it.
#![allow(dead_code)]

use lianxian_api::{ApiConfig, IntegrationKey, MediaPlane, Parts, Tls};
use lianxian_media::{MediaConfig, MediaHandle};
use lianxian_model::link::LinkRights;
use lianxian_model::time::{Clock, Millis};
use lianxian_service::demo::{DEMO_PASSWORD, DemoDevice, DemoSeed};
use lianxian_service::net::{DEFAULT_BUSY_LIMIT, Net, NetSetup};
use lianxian_service::ports::media::Media;
use lianxian_service::{Service, Setup};
use lianxian_signaling::token::{Claims, Keys, VideoGrant};
use lianxian_store::{Database, Folder};
use reqwest::{Body, Method, Response};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

pub const PATIENCE: Duration = Duration::from_secs(10);

pub const JSON: (&str, &str) = ("content-type", "application/json");

/// Status and body of an answer.
pub async fn problem(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Status and code of a refusal.
pub async fn refused(response: Response) -> (u16, String) {
    let (status, body) = problem(response).await;
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// The system's clock, set forward by hand.
#[derive(Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Millis(i64::try_from(since.as_millis()).unwrap() + self.0.load(Ordering::SeqCst))
    }
}

/// The key of another system, as an integrator would have it.
pub const INTEGRATION: (&str, &str) = ("platform", "a-secret-of-thirty-two-bytes-or-more");

struct Plane(MediaHandle);

impl MediaPlane for Plane {
    fn adopt(&self, socket: TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let media = self.0.clone();
        Box::pin(async move { media.adopt(socket).await })
    }

    fn port(&self) -> Arc<dyn Media> {
        Arc::new(self.0.clone())
    }

    fn metrics(&self) -> Vec<(std::borrow::Cow<'static, str>, u64)> {
        self.0.metrics()
    }

    fn healthy(&self) -> bool {
        self.0.healthy()
    }
}

pub struct Door {
    pub base: String,
    pub http: reqwest::Client,
    pub service: Service,
    pub store: Arc<Database>,
    pub seed: DemoSeed,
    pub clock: Arc<HandClock>,
    pub stop: CancellationToken,
    _folder: TempDir,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::open_on(|media, _| Arc::new(media)).await
    }

    /// A door whose net stands on what is made of the media plane.
    pub async fn open_on(port: impl FnOnce(MediaHandle, Arc<HandClock>) -> Arc<dyn Media>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("lianxian.db").display());
        let store = Arc::new(Database::open(&url).await.unwrap());
        let clock = Arc::new(HandClock::default());
        let service = Service::new(Setup { store: store.clone(), clock: clock.clone() });
        service.attach_files(Arc::new(Folder::new(folder.path().join("files"))));
        let seed = service.seed_demo().await.unwrap();
        let config = MediaConfig {
            listen: Ipv4Addr::LOCALHOST,
            port: 0,
            addresses: vec![Ipv4Addr::LOCALHOST.into()],
            workers: 1,
            ..MediaConfig::default()
        };
        let media = lianxian_media::start(&config).unwrap();
        let stop = CancellationToken::new();
        let setup = NetSetup {
            media: port(media.clone(), clock.clone()),
            record: service.net_record(),
            clock: clock.clone(),
            busy_limit: DEFAULT_BUSY_LIMIT,
        };
        let net = Net::start(setup, stop.clone()).await.unwrap();
        service.attach_live(Arc::new(net.clone()));
        let config = ApiConfig {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tls: Tls::Off,
            integration_keys: vec![IntegrationKey {
                key: INTEGRATION.0.into(),
                secret: INTEGRATION.1.into(),
                purpose: "联席会商".into(),
            }],
            public_names: Vec::new(),
        };
        let listener = lianxian_api::listen(config.listen).await.unwrap();
        let parts = Parts { service: service.clone(), net, clock: clock.clone(), media: Arc::new(Plane(media)) };
        let bound = lianxian_api::bind(config, listener, parts).await.unwrap();
        let base = format!("http://{}", bound.address);
        let shutdown = stop.clone();
        tokio::spawn(async move { bound.serve(shutdown).await });
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self { base, http, service, store, seed, clock, stop, _folder: folder }
    }

    /// The cookie of a login.
    pub async fn cookie(&self, account: &str) -> String {
        let said = json!({ "account": account, "password": DEMO_PASSWORD }).to_string();
        let answer = self.send(Method::POST, "/api/v1/logins", &[JSON], said).await;
        assert_eq!(answer.status(), 200, "{account}");
        answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// As whoever has the cookie.
    pub async fn with(&self, cookie: &str, method: Method, path: &str, body: impl Into<Body>) -> Response {
        let headers = [("cookie", cookie), ("origin", self.base.as_str()), JSON];
        self.send(method, &format!("/api/v1{path}"), &headers, body).await
    }

    /// As the first device.
    pub async fn as_device(&self, method: Method, path: &str, body: impl Into<Body>) -> Response {
        let bearer = format!("Bearer {}", self.device(0).device_token);
        self.send(method, &format!("/api/v1{path}"), &[("authorization", &bearer), JSON], body).await
    }

    pub fn device(&self, n: usize) -> &DemoDevice {
        &self.seed.devices[n]
    }

    /// A token of the integration key.
    pub fn integration_token(&self, identity: &str, room: &str, rights: LinkRights) -> String {
        let mut keys = Keys::default();
        keys.add(INTEGRATION.0, INTEGRATION.1.as_bytes());
        let claims = Claims {
            iss: INTEGRATION.0.into(),
            sub: identity.into(),
            name: identity.into(),
            exp: self.clock.now().0 / 1_000 + 600,
            video: VideoGrant::of(room, rights),
            ..Claims::default()
        };
        keys.sign(&claims).unwrap()
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}
