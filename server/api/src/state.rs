//! What every request may use.

use crate::attempts::Attempts;
use crate::checks::Checks;
use crate::config::IntegrationKey;
use crate::events::Slots;
use crate::limits;
use crate::link::{Doorkeeper, OwnKey};
use crate::metrics::Metrics;
use crate::whip::Sessions;
use axum::extract::FromRequestParts;
use axum::http::request;
use lianxian_model::time::Clock;
use lianxian_service::Service;
use lianxian_service::net::Net;
use lianxian_service::ports::media::Media;
use lianxian_service::ports::record::NetRecord;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the wiring gives.
pub struct Parts {
    pub service: Service,
    pub net: Net,
    pub clock: Arc<dyn Clock>,
    pub media: Arc<dyn MediaPlane>,
}

/// The media plane as the door, `/metrics` and `/readyz` see it.
pub trait MediaPlane: Send + Sync + 'static {
    /// Takes over a connection to the console's port that speaks media, not HTTP: ICE over TCP (RFC 6544).
    fn adopt(&self, socket: TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// As the service sees it: for peers that only check whether it can be reached.
    fn port(&self) -> Arc<dyn Media>;

    /// Counters and gauges; names without the prefix `lianxian_media_`.
    fn metrics(&self) -> Vec<(std::borrow::Cow<'static, str>, u64)>;

    /// Every worker runs.
    fn healthy(&self) -> bool;
}

#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) service: Service,
    pub(crate) record: Arc<dyn NetRecord>,
    pub(crate) net: Net,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) media: Arc<dyn MediaPlane>,
    pub(crate) door: Doorkeeper,
    /// TLS is on: cookies are for TLS alone.
    pub(crate) secure: bool,
    pub(crate) ca_pem: Option<String>,
    pub(crate) metrics: Metrics,
    pub(crate) attempts: Attempts,
    pub(crate) checks: Checks,
    pub(crate) password_checks: Semaphore,
    /// Files that come in, and images.
    pub(crate) uploads: Semaphore,
    pub(crate) images: Semaphore,
    /// Files that go out.
    pub(crate) downloads: Arc<Semaphore>,
    pub(crate) streams: Slots,
    /// Streams of guests, of everyone.
    pub(crate) guest_streams: Arc<Semaphore>,
    /// WHIP and WHEP.
    pub(crate) sessions_over_http: Sessions,
    /// Changes when a login may have ended, so that its event streams look at once.
    pub(crate) logins_changed: watch::Sender<()>,
    pub(crate) stop: CancellationToken,
    /// The links' tasks.
    pub(crate) links: TaskTracker,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub(crate) fn new(
        parts: Parts,
        keys: &[IntegrationKey],
        own_key: OwnKey,
        secure: bool,
        ca_pem: Option<String>,
    ) -> Self {
        Self(Arc::new(Inner {
            record: parts.service.net_record(),
            service: parts.service,
            net: parts.net,
            clock: parts.clock,
            media: parts.media,
            door: Doorkeeper::new(own_key, keys),
            secure,
            ca_pem,
            metrics: Metrics::new(),
            attempts: Attempts::default(),
            checks: Checks::default(),
            password_checks: Semaphore::new(limits::PASSWORD_CHECKS),
            uploads: Semaphore::new(limits::FILES_AT_ONCE),
            images: Semaphore::new(limits::IMAGES_AT_ONCE),
            downloads: Arc::new(Semaphore::new(limits::DOWNLOADS_AT_ONCE)),
            streams: Slots::default(),
            guest_streams: Arc::new(Semaphore::new(limits::STREAMS_OF_GUESTS)),
            sessions_over_http: Sessions::default(),
            logins_changed: watch::channel(()).0,
            stop: CancellationToken::new(),
            links: TaskTracker::new(),
        }))
    }
}

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) ip: IpAddr,
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut request::Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Peer { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED) }))
    }
}
