//! The sockets of one worker: one for each address family on the media port, shared with the other workers by
//! SO_REUSEPORT, so that the kernel spreads flows over them.

use lianxian_sfu::worker::Flow;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSocketState};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

/// Bytes asked of the kernel for each direction of a socket: a burst of a key frame to several hundred viewers.
/// The kernel may give less (net.core.rmem_max, wmem_max).
const SOCKET_BUFFER_BYTES: usize = 8 << 20;

/// Bytes of one receive buffer: the longest train of datagrams that the kernel merges into one (UDP GRO).
const RECEIVE_BYTES: usize = 65_536;

#[derive(Debug)]
pub(crate) struct Sockets {
    v4: Option<Bound>,
    v6: Option<Bound>,
}

#[derive(Debug)]
struct Bound {
    socket: Socket,
    state: UdpSocketState,
    local: SocketAddr,
}

impl Sockets {
    /// Binds `v4`, and `v6` when given. Either may be a wildcard.
    ///
    /// # Errors
    /// When an address cannot be bound (in use without SO_REUSEPORT, not of this host).
    pub fn open(v4: SocketAddr, v6: Option<SocketAddr>) -> io::Result<Self> {
        Ok(Self { v4: Some(Bound::open(v4)?), v6: v6.map(Bound::open).transpose()? })
    }

    /// The address of the IPv4 socket, with the port that the kernel chose.
    #[cfg(test)]
    pub fn local_v4(&self) -> Option<SocketAddr> {
        self.v4.as_ref().map(|bound| bound.local)
    }

    pub fn has_v6(&self) -> bool {
        self.v6.is_some()
    }

    /// The descriptor that answers from `local`; -1 (refused by the kernel) when the family is not bound.
    pub fn descriptor(&self, local: IpAddr) -> RawFd {
        let bound = if local.is_ipv4() { &self.v4 } else { &self.v6 };
        bound.as_ref().map_or(-1, |bound| bound.socket.as_raw_fd())
    }

    /// Datagrams that one message may carry at most (1: no UDP GSO here).
    pub fn max_segments(&self) -> usize {
        [&self.v4, &self.v6].into_iter().flatten().map(|bound| bound.state.max_gso_segments()).min().unwrap_or(1)
    }

    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.v4, &self.v6].into_iter().flatten().map(|bound| bound.socket.as_fd())
    }

    /// One batch of what has arrived at each family's socket. True: there may be more.
    ///
    /// # Errors
    /// Other faults than "nothing there" and the refusals of earlier datagrams by their receivers.
    pub fn receive(&self, intake: &mut Intake, mut take: impl FnMut(Flow, &mut [u8])) -> io::Result<bool> {
        let mut more = false;
        for bound in [&self.v4, &self.v6].into_iter().flatten() {
            more |= bound.receive(intake, &mut take)?;
        }
        Ok(more)
    }
}

impl Bound {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_port(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Less than asked for is no reason not to start.
        let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
        let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
        socket.bind(&SockAddr::from(address))?;
        let state = UdpSocketState::new((&socket).into())?;
        // Set by quinn-udp for a congestion control that is not ours; a stamp on each datagram is not free.
        let _ = nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::ReceiveTimestampns, &false);
        let local = socket.local_addr()?.as_socket().unwrap_or(address);
        Ok(Self { socket, state, local })
    }

    fn receive(&self, intake: &mut Intake, take: &mut impl FnMut(Flow, &mut [u8])) -> io::Result<bool> {
        let mut slices = intake.buffers.each_mut().map(|buffer| IoSliceMut::new(buffer));
        let count = match self.state.recv((&self.socket).into(), &mut slices, &mut intake.meta) {
            Ok(count) => count,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                    return Ok(false);
                }
                _ => return Err(error),
            },
        };
        for (meta, buffer) in intake.meta.iter().zip(&mut intake.buffers).take(count) {
            // Nobody can be answered there (RFC 768: no port), and the kernel refuses to send to it.
            if meta.addr.port() == 0 {
                continue;
            }
            let local = SocketAddr::new(meta.dst_ip.unwrap_or(self.local.ip()), self.local.port());
            let flow = Flow::udp(meta.addr, local);
            let arrived = buffer.get_mut(..meta.len).unwrap_or_default();
            if arrived.is_empty() {
                // An empty datagram has no chunk, and is counted all the same.
                take(flow, arrived);
                continue;
            }
            for bytes in arrived.chunks_mut(meta.stride.max(1)) {
                take(flow, bytes);
            }
        }
        Ok(count == BATCH_SIZE)
    }
}

/// Where datagrams are read to: kept, so that a turn allocates nothing.
pub(crate) struct Intake {
    buffers: [Box<[u8]>; BATCH_SIZE],
    meta: [RecvMeta; BATCH_SIZE],
}

impl Intake {
    pub fn new() -> Self {
        let buffer = || vec![0; RECEIVE_BYTES].into_boxed_slice();
        Self { buffers: std::array::from_fn(|_| buffer()), meta: [RecvMeta::default(); BATCH_SIZE] }
    }
}
