//! The door itself: it listens, proves who it is, and hands each connection to the routes until the server stops.

use crate::config::{ApiConfig, IntegrationKey};
use crate::error::ApiError;
use crate::limits;
use crate::link::{Doorkeeper, OwnKey};
use crate::pace::{EachStream, Paced, Reader, idle};
use crate::rest;
use crate::state::{App, MediaPlane, Parts, Peer};
use crate::tls::Certificates;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as TowerService;

/// A door that is bound and not yet open: connections wait in the system's queue until [`Bound::serve`].
pub struct Bound {
    /// Where it listens.
    pub address: SocketAddr,
    listener: TcpListener,
    certificates: Option<Certificates>,
    app: App,
}

/// Takes the address, before anything is told of it.
///
/// # Errors
/// The address is taken, or not of this host.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ApiError> {
    TcpListener::bind(address).await.map_err(|source| ApiError::Listen { address, source })
}

/// Makes everything ready that can fail.
///
/// # Errors
/// A certificate, key or integration key is not as it must be.
pub async fn bind(config: ApiConfig, listener: TcpListener, parts: Parts) -> Result<Bound, ApiError> {
    check_keys(&config.integration_keys)?;
    let address = listener.local_addr().map_err(|source| ApiError::Listen { address: config.listen, source })?;
    let certificates = Certificates::open(&config, address, parts.clock.now())?;
    let own_key = OwnKey::open(certificates.as_ref().and_then(|c| c.dir.as_deref()))?;
    let ca_pem = certificates.as_ref().and_then(|c| c.ca_pem.clone());
    let app = App::new(parts, &config.integration_keys, own_key, certificates.is_some(), ca_pem);
    Ok(Bound { address, listener, certificates, app })
}

fn check_keys(keys: &[IntegrationKey]) -> Result<(), ApiError> {
    /// Fewest bytes of a secret (RFC 7518, 3.2: as many as the hash has).
    const SECRET_BYTES: usize = 32;
    for (at, key) in keys.iter().enumerate() {
        let wrong = |detail| Err(ApiError::IntegrationKey { key: key.key.clone(), detail });
        if key.key.trim().is_empty() {
            return wrong("it needs a name");
        }
        if Doorkeeper::is_own_name(&key.key) {
            return wrong("this name is the server's own");
        }
        if key.secret.len() < SECRET_BYTES {
            return wrong("its secret must have at least 32 bytes");
        }
        if key.purpose.trim().is_empty() {
            return wrong("it needs a purpose: every conference has one");
        }
        if keys.iter().take(at).any(|other| other.key == key.key) {
            return wrong("the name is there twice");
        }
    }
    Ok(())
}

impl Bound {
    /// Serves until `shutdown`; then takes no more connections, lets what runs come to its end for a bounded time, and
    /// returns.
    ///
    /// # Errors
    /// The certificate in use cannot be shown.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), ApiError> {
        let stop = self.app.stop.clone();
        let acceptor = self.certificates.as_ref().map(Certificates::acceptor).transpose()?;
        let upkeep = TaskTracker::new();
        if let Some(certificates) = self.certificates {
            upkeep.spawn(certificates.keep_fresh(self.app.clock.clone(), stop.clone()));
        }
        let media = self.app.media.clone();
        let door = Door { router: rest::routes(self.app.clone()), acceptor, media, stop: stop.clone() };
        let connections = TaskTracker::new();
        let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
        let crowd = Crowd::default();
        loop {
            let place = places.clone().acquire_owned();
            let (place, accepted) = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                (place, accepted) = async { (place.await, self.listener.accept().await) } => (place, accepted),
            };
            let (socket, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, as a rule: existing connections must end before new ones can come.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let peer = Peer { ip: address.ip().to_canonical() };
            let Some(seat) = crowd.enter(peer.ip) else {
                tracing::debug!(ip = %peer.ip, limit = limits::CONNECTIONS_AN_ADDRESS, "too many connections");
                continue;
            };
            let (door, metrics) = (door.clone(), self.app.metrics.clone());
            connections.spawn(async move {
                metrics.connections.inc();
                door.welcome(socket, peer).await;
                metrics.connections.dec();
                drop((seat, place));
            });
        }
        drop(self.listener);
        stop.cancel();
        for tracker in [&connections, &self.app.links, &upkeep] {
            tracker.close();
        }
        let drained = async {
            connections.wait().await;
            self.app.links.wait().await;
            upkeep.wait().await;
        };
        if tokio::time::timeout(limits::DRAIN, drained).await.is_err() {
            tracing::warn!(
                connections = connections.len(),
                links = self.app.links.len(),
                "ended while these were open"
            );
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Door {
    router: Router,
    acceptor: Option<TlsAcceptor>,
    media: Arc<dyn MediaPlane>,
    stop: CancellationToken,
}

/// First byte of a TLS handshake record (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// First byte at most of a framed datagram: the upper half of a length that no datagram of ours exceeds (RFC 4571). HTTP begins
/// with a letter.
const FRAME_LENGTH: u8 = 0x05;

impl Door {
    async fn welcome(self, socket: TcpStream, peer: Peer) {
        // Signalling is small messages that must not wait for each other.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        let mut first = [0u8; 1];
        match tokio::time::timeout(limits::HANDSHAKE, socket.peek(&mut first)).await {
            Ok(Ok(1)) => {}
            _ => return,
        }
        if first[0] <= FRAME_LENGTH {
            // As long as it is open it has its place and its seat. When the server stops, the media plane ends it by itself.
            let media = self.media.adopt(socket);
            return tokio::select! {
                () = media => {}
                () = self.stop.cancelled() => {}
            };
        }
        let service = ForPeer { router: self.router, peer };
        let Some(acceptor) = self.acceptor else {
            return serve(socket, service, Version::Http1, Patience::LIMITS, self.stop).await;
        };
        if first[0] != TLS_HANDSHAKE {
            return serve(socket, SpeakTls, Version::Http1, Patience::LIMITS, self.stop).await;
        }
        match tokio::time::timeout(limits::HANDSHAKE, acceptor.accept(socket)).await {
            Ok(Ok(socket)) => {
                let h2 = socket.get_ref().1.alpn_protocol() == Some(b"h2");
                let version = if h2 { Version::Http2 } else { Version::Http1 };
                serve(socket, service, version, Patience::LIMITS, self.stop).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, ip = %peer.ip, "TLS handshake"),
            Err(_) => tracing::debug!(ip = %peer.ip, "TLS handshake took too long"),
        }
    }
}

#[derive(Clone, Copy)]
enum Version {
    Http1,
    Http2,
}

/// How long one connection is waited for.
#[derive(Clone, Copy)]
struct Patience {
    ping: Duration,
    idle: Duration,
    farewell: Duration,
    reader: Duration,
}

impl Patience {
    const LIMITS: Self =
        Self { ping: limits::PING, idle: limits::IDLE, farewell: limits::FAREWELL, reader: limits::READER };
}

async fn serve<I, S>(socket: I, service: S, version: Version, patience: Patience, stop: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: TowerService<Request<hyper::body::Incoming>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let mut builder = auto::Builder::new(EachStream(patience.reader));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits::HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(patience.ping)
        .keep_alive_timeout(patience.ping)
        .max_concurrent_streams(limits::STREAMS_A_CONNECTION)
        .max_send_buf_size(limits::SEND_BUFFER_BYTES);
    builder = match version {
        Version::Http1 => builder.http1_only(),
        Version::Http2 => builder.http2_only(),
    };
    let (open, mut told) = watch::channel(0);
    let service = TowerToHyperService::new(Paced { service, open });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    tokio::pin!(connection);
    // HTTP/1 has one answer at a time, and its connection is what sends it.
    let reader = Arc::<Reader>::default();
    let ended = tokio::select! {
        ended = reader.clone().served(patience.reader, connection.as_mut()) => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            reader.served(patience.reader, connection.as_mut()).await
        }
        () = idle(&mut told, patience.idle) => {
            connection.as_mut().graceful_shutdown();
            // A peer that never said a word, or does not hear, cannot take its leave; a request that crossed with ours is answered.
            tokio::select! {
                ended = reader.served(patience.reader, connection.as_mut()) => ended,
                () = idle(&mut told, patience.farewell) => None,
            }
        }
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::trace!(%error, "a connection ended early"),
        None => tracing::debug!("a connection whose peer took nothing was cut"),
    }
}

/// The routes, told who asks.
#[derive(Clone)]
struct ForPeer {
    router: Router,
    peer: Peer,
}

impl<B> TowerService<Request<B>> for ForPeer
where
    Router: TowerService<Request<B>>,
{
    type Response = <Router as TowerService<Request<B>>>::Response;
    type Error = <Router as TowerService<Request<B>>>::Error;
    type Future = <Router as TowerService<Request<B>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        TowerService::poll_ready(&mut self.router, cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        TowerService::call(&mut self.router, request)
    }
}

/// Answers plain HTTP on the TLS port: sends a browser to the same page over TLS, and tells a program.
#[derive(Clone)]
struct SpeakTls;

impl<B> TowerService<Request<B>> for SpeakTls {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let text = "This port speaks HTTPS. 本端口只接受 HTTPS 访问。\n";
        let mut response = Response::new(Body::from(text));
        let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, plain);
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        let to = header::HeaderValue::try_from(format!("https://{host}{path}"));
        *response.status_mut() = match to {
            Ok(to) if !host.is_empty() && request.method().is_safe() => {
                response.headers_mut().insert(header::LOCATION, to);
                axum::http::StatusCode::TEMPORARY_REDIRECT
            }
            _ => axum::http::StatusCode::BAD_REQUEST,
        };
        std::future::ready(Ok(response))
    }
}

/// How many connections each address has open.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place in the crowd, given back when dropped.
struct Seat {
    crowd: Crowd,
    ip: IpAddr,
}

impl Crowd {
    fn enter(&self, ip: IpAddr) -> Option<Seat> {
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = crowd.entry(ip).or_default();
        if *here >= limits::CONNECTIONS_AN_ADDRESS {
            return None;
        }
        *here += 1;
        Some(Seat { crowd: self.clone(), ip })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = crowd.get_mut(&self.ip) {
            *here -= 1;
            if *here == 0 {
                crowd.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests;
