//! Opens the port and starts the worker threads.

use crate::candidates::candidates;
use crate::config::{MAX_WORKERS, MediaConfig, StartError};
use crate::core::Core;
use crate::events::{EVENTS_WAITING, Events};
use crate::handle::MediaHandle;
use crate::mail::{Relays, mail};
use crate::metrics::Copy;
use crate::socket::Sockets;
use crate::turn::{Parts, Turns};
use lianxian_sfu::transport::DtlsIdentity;
use lianxian_sfu::worker::{self, Candidate, Carrier, Worker, WorkerIndex};
use std::io;
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use tokio::sync::mpsc;

/// What a core is told at birth.
pub(crate) struct Birth {
    pub index: WorkerIndex,
    pub candidates: Vec<Candidate>,
}

/// Opens the port and starts the media plane.
///
/// # Errors
/// When the port is taken, the configuration asks for too many workers, or the process lacks something (each is named).
pub fn start(config: &MediaConfig) -> Result<MediaHandle, StartError> {
    let identity = DtlsIdentity::generate().map_err(|error| StartError::Identity(error.to_string()))?;
    let identity = Arc::new(identity);
    start_with(config, move |birth| {
        let Birth { index, candidates } = birth;
        Worker::new(worker::Birth { index, candidates, identity: identity.clone(), seed: rand::random() })
    })
}

/// Starts the workers, each round a core made by `make` on its own thread.
pub(crate) fn start_with<C: Core + 'static>(
    config: &MediaConfig,
    make: impl Fn(Birth) -> C + Clone + Send + 'static,
) -> Result<MediaHandle, StartError> {
    let workers = match config.workers {
        0 => thread::available_parallelism().map_or(1, |cores| cores.get().min(usize::from(MAX_WORKERS)) as u16),
        workers if workers > MAX_WORKERS => return Err(StartError::TooManyWorkers(workers)),
        workers => workers,
    };
    let (sockets, port) = open(config, workers)?;
    let hosts = match config.listen {
        listen if config.addresses.is_empty() && !listen.is_unspecified() => vec![SocketAddr::new(listen.into(), port)],
        _ => {
            let with_v6 = sockets.first().is_some_and(Sockets::has_v6);
            candidates(&config.addresses, port, with_v6).map_err(StartError::Interfaces)?
        }
    };
    let over_tcp =
        config.tcp_port.into_iter().flat_map(|port| hosts.iter().map(move |host| SocketAddr::new(host.ip(), port)));
    let candidates: Vec<Candidate> =
        (hosts.iter().map(|address| Candidate { address: *address, carrier: Carrier::Udp }))
            .chain(over_tcp.map(|address| Candidate { address, carrier: Carrier::Tcp }))
            .collect();
    let mut addresses = Vec::new();
    let mut inboxes = Vec::new();
    for _ in 0..workers {
        let (address, inbox) = mail().map_err(StartError::Worker)?;
        addresses.push(address);
        inboxes.push(inbox);
    }
    let (to_events, events) = mpsc::channel(EVENTS_WAITING);
    let stop = Arc::new(AtomicBool::new(false));
    let copies: Vec<Copy> = (0..workers).map(|_| Copy::default()).collect();
    let mut threads = Vec::new();
    for (number, (sockets, inbox)) in sockets.into_iter().zip(inboxes).enumerate() {
        let index = WorkerIndex(number as u16);
        let parts = Parts {
            index,
            workers,
            sockets,
            inbox,
            relays: Relays::new(index, &addresses),
            events: Events::new(to_events.clone()),
            copy: copies[number].clone(),
            stop: stop.clone(),
        };
        let (make, birth) = (make.clone(), Birth { index, candidates: candidates.clone() });
        let work = move || match Turns::new(parts, make(birth)) {
            Ok(turns) => turns.run(),
            Err(error) => tracing::error!(%error, "a media worker cannot be started"),
        };
        threads.push(thread::Builder::new().name(format!("media-{number}")).spawn(work).map_err(StartError::Worker)?);
    }
    tracing::info!(port, workers, ?candidates, "media plane started");
    Ok(MediaHandle::new(addresses, events, copies, stop, threads, candidates))
}

/// The sockets of every worker, and the port that they share.
fn open(config: &MediaConfig, workers: u16) -> Result<(Vec<Sockets>, u16), StartError> {
    let asked = SocketAddr::new(config.listen.into(), config.port);
    let failed = |source: io::Error| StartError::Port { address: asked, source };
    // SO_REUSEPORT would let a second server of the same user share the port and take half of the flows. A socket
    // without it finds out; the port that it was given (if any was free) is then ours.
    let port = UdpSocket::bind(asked).and_then(|probe| probe.local_addr()).map_err(failed)?.port();
    let v4 = SocketAddr::new(config.listen.into(), port);
    // IPv6 is taken where it exists; only an address that was configured makes it a must.
    let wants_v6 = config.listen.is_unspecified();
    let needs_v6 = config.addresses.iter().any(|ip| ip.is_ipv6());
    let v6 = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
    let open_one = |with_v6: bool| Sockets::open(v4, with_v6.then_some(v6));
    let mut with_v6 = wants_v6 || needs_v6;
    let first = match open_one(with_v6) {
        Err(_) if with_v6 && !needs_v6 => {
            with_v6 = false;
            open_one(false)
        }
        outcome => outcome,
    };
    let mut sockets = vec![first.map_err(failed)?];
    for _ in 1..workers {
        sockets.push(open_one(with_v6).map_err(failed)?);
    }
    Ok((sockets, port))
}
