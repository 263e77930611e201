//! The floor: what the kernel alone takes to send a packet, unsealed, in batches of 64 to many sockets on the loopback device.

use anyhow::Result;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use nix::sys::time::TimeVal;
use std::io::IoSlice;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;

const BATCH: usize = 64;
const PACKET: usize = 1200;
const PACKETS: usize = 300_000;

/// Microseconds of CPU per packet with `sendmmsg` to `receivers` sockets.
pub fn sendmmsg_us(receivers: usize) -> Result<f64> {
    let sockets: Vec<UdpSocket> = (0..receivers).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let mut addresses = Vec::new();
    for socket in &sockets {
        let std::net::SocketAddr::V4(address) = socket.local_addr()? else { continue };
        addresses.push(SockaddrIn::from(address));
    }
    let sender = UdpSocket::bind("127.0.0.1:0")?;
    let payload = [0x5a_u8; PACKET];
    let slices: Vec<[IoSlice<'_>; 1]> = (0..BATCH).map(|_| [IoSlice::new(&payload)]).collect();
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    // A reader drains the sockets, as viewers would; its time is not counted.
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reader = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 2048];
            for socket in &sockets {
                let _ = socket.set_nonblocking(true);
            }
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for socket in &sockets {
                    while socket.recv(&mut buffer).is_ok() {}
                }
            }
        })
    };
    let before = thread_cpu_us()?;
    let mut sent = 0;
    let mut at = 0;
    while sent < PACKETS {
        let to: Vec<Option<SockaddrIn>> = (0..BATCH).map(|n| Some(addresses[(at + n) % addresses.len()])).collect();
        at += BATCH;
        sent += sendmmsg(sender.as_raw_fd(), &mut headers, &slices, to, [], MsgFlags::empty())?.count();
    }
    let spent = thread_cpu_us()? - before;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let _ = reader.join();
    Ok(spent / sent as f64)
}

fn thread_cpu_us() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD)?;
    let us = |t: TimeVal| t.tv_sec() as f64 * 1e6 + t.tv_usec() as f64;
    Ok(us(usage.user_time()) + us(usage.system_time()))
}
