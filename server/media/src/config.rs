//! How the media plane is set up, and why it may not start.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Worker threads at most: the index has to fit the head of a ufrag.
pub const MAX_WORKERS: u16 = 64;

#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// The IPv4 address to listen on; unspecified: all.
    pub listen: Ipv4Addr,
    /// The one UDP port; 0: one that is free (tests).
    pub port: u16,
    /// What peers are told to reach the server at; empty: the addresses of the interfaces.
    pub addresses: Vec<IpAddr>,
    /// The TCP port at which peers find connections that [`crate::MediaHandle::adopt`] is given; none: they are not told of any.
    pub tcp_port: Option<u16>,
    /// Worker threads, at most [`MAX_WORKERS`]; 0: one for each core.
    pub workers: u16,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self { listen: Ipv4Addr::UNSPECIFIED, port: 8444, addresses: Vec::new(), tcp_port: None, workers: 0 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("media.workers is {0}, but at most {MAX_WORKERS} are possible")]
    TooManyWorkers(u16),
    #[error("the media port {address}/udp cannot be used (media.port): {source}")]
    Port { address: SocketAddr, source: io::Error },
    #[error("the addresses of the network interfaces cannot be read: {0}")]
    Interfaces(io::Error),
    #[error("a media worker cannot be started: {0}")]
    Worker(io::Error),
    #[error("no certificate for media: {0}")]
    Identity(String),
}
