//! The server: its rooms opened from the ground up, and closed from the door down.

use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::signal;
use lianxian_api::{Bound, MediaPlane, Parts};
use lianxian_media::MediaHandle;
use lianxian_service::net::{Net, NetSetup};
use lianxian_service::ports::media::Media;
use lianxian_service::{Service, Setup};
use lianxian_store::{Database, Folder};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long links may take to be sent away, with the facts of it on record.
const NET_DRAIN: Duration = Duration::from_secs(5);
/// How long the media workers may take to say goodbye.
const MEDIA_DRAIN: Duration = Duration::from_secs(3);

/// A server that is open.
pub struct Server {
    /// Where browsers find it.
    pub url: String,
    media_address: SocketAddr,
    database: Arc<Database>,
    net: Net,
    media: MediaHandle,
    api: JoinHandle<Result<(), Failure>>,
    service_run: JoinHandle<()>,
    stop_net: CancellationToken,
    stop_api: CancellationToken,
    stop_service: CancellationToken,
}

struct Plane(MediaHandle);

impl MediaPlane for Plane {
    fn adopt(&self, socket: TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let media = self.0.clone();
        Box::pin(async move { media.adopt(socket).await })
    }

    fn port(&self) -> Arc<dyn Media> {
        Arc::new(self.0.clone())
    }

    fn metrics(&self) -> Vec<(Cow<'static, str>, u64)> {
        self.0.metrics()
    }

    fn healthy(&self) -> bool {
        self.0.healthy()
    }
}

/// The database and the service on it, before anything serves.
pub async fn open_service(config: &Config) -> Result<(Arc<Database>, Service), Failure> {
    let database = Arc::new(Database::open(&config.database_url()).await?);
    let service = Service::new(Setup { store: database.clone(), clock: Arc::new(SystemClock) });
    service.attach_files(Arc::new(Folder::new(config.data_dir.join("files"))));
    Ok((database, service))
}

/// `lianxian serve`: until a signal.
pub async fn serve(config: Config) -> Result<(), Failure> {
    let stop = signal::stop_token().map_err(Failure::Runtime)?;
    let mut server = Server::start(config).await?;
    println!("{}", server.ready_line());
    tokio::select! {
        () = stop.cancelled() => {}
        outcome = &mut server.api => {
            let ended = outcome.unwrap_or(Err(Failure::Ended)).and(Err(Failure::Ended));
            server.close_rooms().await;
            return ended;
        }
    }
    server.stop().await
}

impl Server {
    pub async fn start(config: Config) -> Result<Self, Failure> {
        let (database, service) = open_service(&config).await?;
        for login in service.first_start().await? {
            // Told once, here: only the hash is kept.
            eprintln!("首次启动，请登录后立即修改口令 {}（{}）：{}", login.account, login.role.zh(), login.password);
        }
        let recovered = service.recover().await?;
        if recovered.sessions + recovered.endpoints > 0 {
            tracing::warn!(?recovered, "closed what the last run left open");
        }
        let listener = lianxian_api::listen(config.listen).await?;
        let port = listener.local_addr().map_err(Failure::Runtime)?.port();
        let media = lianxian_media::start(&config.media(port))?;
        let (stop_net, stop_api, stop_service) =
            (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let clock = Arc::new(SystemClock);
        let setup = NetSetup {
            media: Arc::new(media.clone()),
            record: service.net_record(),
            clock: clock.clone(),
            busy_limit: config.media.busy_limit,
        };
        let net = Net::start(setup, stop_net.clone()).await?;
        service.attach_live(Arc::new(net.clone()));
        let parts = Parts { service: service.clone(), net: net.clone(), clock, media: Arc::new(Plane(media.clone())) };
        let bound = lianxian_api::bind(config.api(), listener, parts).await?;
        let url = url_of(&config, &bound);
        let media_address = match media.candidates() {
            [first, ..] => first.address,
            [] => SocketAddr::new(config.listen.ip(), config.media.port),
        };
        let service_run = tokio::spawn({
            let stop = stop_service.clone();
            async move { service.run(stop).await }
        });
        let api = tokio::spawn({
            let stop = stop_api.clone();
            async move { bound.serve(stop).await.map_err(Failure::from) }
        });
        tracing::info!(%url, media = %media_address, "ready");
        Ok(Self { url, media_address, database, net, media, api, service_run, stop_net, stop_api, stop_service })
    }

    /// One JSON object, for whoever started the process.
    fn ready_line(&self) -> String {
        serde_json::json!({ "ready": true, "https": self.url, "media": self.media_address.to_string() }).to_string()
    }

    /// Sends the links away first, so that their ends are on record; then the door, the media, the record.
    pub async fn stop(mut self) -> Result<(), Failure> {
        self.stop_net.cancel();
        if tokio::time::timeout(NET_DRAIN, self.net.ended()).await.is_err() {
            tracing::warn!("links were still open when the net had to end");
        }
        self.stop_api.cancel();
        let served = (&mut self.api).await.unwrap_or(Err(Failure::Ended));
        self.close_rooms().await;
        served
    }

    async fn close_rooms(self) {
        self.stop_net.cancel();
        self.stop_api.cancel();
        if tokio::time::timeout(MEDIA_DRAIN, self.media.shutdown()).await.is_err() {
            tracing::warn!("the media plane had to be left behind");
        }
        self.stop_service.cancel();
        let _ = self.service_run.await;
        self.database.close().await;
    }
}

fn url_of(config: &Config, bound: &Bound) -> String {
    let scheme = if config.speaks_tls() { "https" } else { "http" };
    let port = bound.address.port();
    match bound.address.ip() {
        ip if ip.is_unspecified() || (ip.is_loopback() && config.speaks_tls()) => {
            format!("{scheme}://localhost:{port}")
        }
        IpAddr::V4(ip) => format!("{scheme}://{ip}:{port}"),
        IpAddr::V6(ip) => format!("{scheme}://[{ip}]:{port}"),
    }
}
