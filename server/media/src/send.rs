//! Hands an ordered batch to the kernel: sendmmsg, each message a datagram or a run for UDP GSO.

use crate::runs::{Order, Queued, Run};
use lianxian_sfu::worker::MAX_DATAGRAM;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use std::io::IoSlice;
use std::net::IpAddr;
use std::os::fd::RawFd;

/// Messages of one sendmmsg call.
const MESSAGES: usize = 128;

/// Runs that are refused one after another, though their datagrams alone are taken, before no more are tried: a single one may be for
/// somebody whose way alone does not bear it.
const REFUSED_RUNS: usize = 4;

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub datagrams: u64,
    pub bytes: u64,
    /// Messages handed over; fewer than `datagrams` when runs were long enough for GSO.
    pub messages: u64,
    pub calls: u64,
    /// Refused by the kernel (no route, too long, filtered): dropped.
    pub refused: u64,
}

/// How the attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Every run was handed over or refused.
    Done,
    /// The socket's buffer is full: runs from this index on are unsent.
    Blocked(usize),
    /// The kernel (or a device) does not take runs after all: order what is left from this index on one by one.
    NoSegmentation(usize),
}

/// The header blocks of sendmmsg, one set for each kind of control message (their size is fixed at birth).
pub(crate) struct Sender {
    v4: MultiHeaders<SockaddrStorage>,
    v4_runs: MultiHeaders<SockaddrStorage>,
    v6: MultiHeaders<SockaddrStorage>,
    v6_runs: MultiHeaders<SockaddrStorage>,
    addresses: Vec<Option<SockaddrStorage>>,
    /// Runs refused since one was taken, though their datagrams alone were not.
    refused_runs: usize,
    pub sent: Sent,
}

impl Sender {
    pub fn new() -> Self {
        let headers = |space| MultiHeaders::preallocate(MESSAGES, Some(space));
        Self {
            v4: headers(nix::cmsg_space!(libc::in_pktinfo)),
            v4_runs: headers(nix::cmsg_space!(libc::in_pktinfo, u16)),
            v6: headers(nix::cmsg_space!(libc::in6_pktinfo)),
            v6_runs: headers(nix::cmsg_space!(libc::in6_pktinfo, u16)),
            addresses: Vec::with_capacity(MESSAGES),
            refused_runs: 0,
            sent: Sent::default(),
        }
    }

    /// Sends the runs of `order` from `from` on. `socket` is the descriptor for the address family of an address.
    pub fn send(
        &mut self,
        slots: &[[u8; MAX_DATAGRAM]],
        queued: &[Queued],
        order: &Order,
        from: usize,
        socket: impl Fn(IpAddr) -> RawFd,
    ) -> Stop {
        let mut at = from;
        // Both live for the call only: they borrow the slots.
        let mut pieces: Vec<IoSlice<'_>> = Vec::with_capacity(queued.len().min(4 * MESSAGES));
        let mut spans: Vec<(usize, usize)> = Vec::with_capacity(MESSAGES);
        while let Some(first) = order.runs.get(at) {
            let local = queued[usize::from(first.first)].flow.local.ip();
            let group = group(&order.runs[at..], queued, local);
            pieces.clear();
            spans.clear();
            self.addresses.clear();
            for run in &order.runs[at..at + group.messages] {
                let start = pieces.len();
                for slot in order.slots(*run).map(usize::from) {
                    pieces.push(IoSlice::new(&slots[slot][..usize::from(queued[slot].len)]));
                }
                spans.push((start, pieces.len()));
                self.addresses.push(Some(queued[usize::from(run.first)].flow.remote.into()));
            }
            let messages: Vec<&[IoSlice<'_>]> = spans.iter().map(|(start, end)| &pieces[*start..*end]).collect();
            self.sent.calls += 1;
            match self.call(socket(local), &messages, local, group.segment) {
                Ok(count) => {
                    self.sent.messages += count as u64;
                    if order.runs[at..at + count].iter().any(|run| run.count > 1) {
                        self.refused_runs = 0;
                    }
                    for run in &order.runs[at..at + count] {
                        self.sent.datagrams += u64::from(run.count);
                        self.sent.bytes +=
                            order.slots(*run).map(|slot| u64::from(queued[usize::from(slot)].len)).sum::<u64>();
                    }
                    at += count;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN | Errno::ENOBUFS) => return Stop::Blocked(at),
                Err(Errno::EINVAL | Errno::EIO) if first.count > 1 => {
                    // Is it the run, or whom it is for? Its datagrams one by one tell.
                    let alone: Vec<&[IoSlice<'_>]> = messages[0].iter().map(std::slice::from_ref).collect();
                    let remote = self.addresses.first().copied().flatten();
                    self.addresses.clear();
                    self.addresses.resize(alone.len(), remote);
                    self.sent.calls += 1;
                    let taken = match self.call(socket(local), &alone, local, 0) {
                        Ok(taken) => taken,
                        Err(Errno::EAGAIN | Errno::ENOBUFS) => return Stop::Blocked(at),
                        Err(_) => 0,
                    };
                    self.sent.messages += taken as u64;
                    self.sent.datagrams += taken as u64;
                    self.sent.bytes += alone.iter().take(taken).map(|piece| piece[0].len() as u64).sum::<u64>();
                    self.sent.refused += (alone.len() - taken) as u64;
                    at += 1;
                    if taken > 0 {
                        self.refused_runs += 1;
                        if self.refused_runs >= REFUSED_RUNS {
                            return Stop::NoSegmentation(at);
                        }
                    }
                }
                Err(_) => {
                    self.sent.refused += u64::from(first.count);
                    at += 1;
                }
            }
        }
        Stop::Done
    }

    /// One system call: how many of `messages` were taken.
    fn call(&mut self, fd: RawFd, messages: &[&[IoSlice<'_>]], local: IpAddr, segment: u16) -> nix::Result<usize> {
        let Self { v4, v4_runs, v6, v6_runs, addresses, .. } = self;
        // The answer leaves from the address that the peer sent to, whatever the routes say: it checked that pair.
        let info4;
        let info6;
        let from = match local {
            IpAddr::V4(ip) => {
                let address = libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) };
                let any = libc::in_addr { s_addr: 0 };
                info4 = libc::in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: address, ipi_addr: any };
                ControlMessage::Ipv4PacketInfo(&info4)
            }
            IpAddr::V6(ip) => {
                info6 = libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: ip.octets() }, ipi6_ifindex: 0 };
                ControlMessage::Ipv6PacketInfo(&info6)
            }
        };
        let (headers, runs) = match local {
            IpAddr::V4(_) => (v4, v4_runs),
            IpAddr::V6(_) => (v6, v6_runs),
        };
        let flags = MsgFlags::MSG_DONTWAIT;
        let taken = if segment == 0 {
            sendmmsg(fd, headers, messages, addresses.as_slice(), [from], flags)?.count()
        } else {
            let control = [from, ControlMessage::UdpGsoSegments(&segment)];
            sendmmsg(fd, runs, messages, addresses.as_slice(), control, flags)?.count()
        };
        Ok(taken)
    }
}

/// How many of the next runs go into one call, and their common segment size (0: no run among them is longer than one).
struct Group {
    messages: usize,
    segment: u16,
}

/// One call has one set of control messages: the same local address, and one segment size. A lone datagram that is
/// not longer than that size may ride along, for the kernel cuts nothing off it.
fn group(runs: &[Run], queued: &[Queued], local: IpAddr) -> Group {
    let (mut messages, mut segment, mut longest_single, mut pieces) = (0, 0_u16, 0_u16, 0_usize);
    for run in runs.iter().take(MESSAGES) {
        if queued[usize::from(run.first)].flow.local.ip() != local {
            break;
        }
        let fits = match (run.count, segment) {
            (1, 0) => true,
            (1, segment) => run.segment <= segment,
            (_, 0) => run.segment >= longest_single,
            (_, segment) => run.segment == segment,
        };
        if !fits {
            break;
        }
        match run.count {
            1 => longest_single = longest_single.max(run.segment),
            _ => segment = run.segment,
        }
        messages += 1;
        pieces += usize::from(run.count);
        if pieces >= 4 * MESSAGES {
            break;
        }
    }
    Group { messages, segment }
}
