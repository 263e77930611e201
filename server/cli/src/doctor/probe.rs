//! Whether media can reach the server: a peer of the media plane is asked for over HTTPS, and then asked itself, by connectivity
//! checks over UDP and over TCP, as a browser does it.

use lianxian_sfu::transport::{Credentials, Probe};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

/// How long a way may stay silent.
const PATIENCE: Duration = Duration::from_secs(4);
/// Between two questions over UDP: one may be lost.
const AGAIN: Duration = Duration::from_millis(300);
/// Answers are far smaller.
const ANSWER_BYTES: usize = 2048;
/// Addresses that are tried at most.
const CANDIDATES: usize = 16;

/// What the server answered to the offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub remote: Credentials,
    pub udp: Vec<SocketAddr>,
    pub tcp: Vec<SocketAddr>,
}

/// An offer (RFC 8829) of a connection with a data channel, which will never be made.
pub fn offer(ufrag: &str) -> String {
    let password = hex::encode(rand::random::<[u8; 16]>());
    let fingerprint = rand::random::<[u8; 32]>().map(|byte| format!("{byte:02X}")).join(":");
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:{ufrag}\r\n\
         a=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=sctp-port:5000\r\n"
    )
}

/// `None`: it is no answer of a peer.
pub fn read_answer(sdp: &str) -> Option<Peer> {
    let of = |name: &str| sdp.lines().find_map(|line| line.trim_end().strip_prefix(name)).map(str::to_owned);
    let remote = Credentials { ufrag: of("a=ice-ufrag:")?, pwd: of("a=ice-pwd:")? };
    let (mut udp, mut tcp) = (Vec::new(), Vec::new());
    for line in sdp.lines().filter_map(|line| line.strip_prefix("a=candidate:")).take(CANDIDATES) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, carrier, _, ip, port, ..] = words.as_slice() else { continue };
        let (Ok(ip), Ok(port)) = (ip.parse::<IpAddr>(), port.parse::<u16>()) else { continue };
        let list = if carrier.eq_ignore_ascii_case("tcp") { &mut tcp } else { &mut udp };
        if !list.contains(&SocketAddr::new(ip, port)) {
            list.push(SocketAddr::new(ip, port));
        }
    }
    Some(Peer { remote, udp, tcp })
}

fn question(peer: &Peer, ufrag: &str) -> Option<Probe> {
    Probe::new(&peer.remote, ufrag, rand::random())
}

/// The first address that answers over UDP.
pub async fn over_udp(peer: &Peer, ufrag: &str) -> Option<SocketAddr> {
    first(peer.udp.iter().map(|address| Box::pin(ask_udp(peer, ufrag, *address)))).await
}

/// The first address that answers over TCP.
pub async fn over_tcp(peer: &Peer, ufrag: &str) -> Option<SocketAddr> {
    first(peer.tcp.iter().map(|address| Box::pin(ask_tcp(peer, ufrag, *address)))).await
}

async fn first<F>(ways: impl Iterator<Item = std::pin::Pin<Box<F>>>) -> Option<SocketAddr>
where
    F: Future<Output = Option<SocketAddr>>,
{
    let mut open: Vec<_> = ways.collect();
    while !open.is_empty() {
        let (found, _, rest) = futures::future::select_all(open).await;
        if found.is_some() {
            return found;
        }
        open = rest;
    }
    None
}

async fn ask_udp(peer: &Peer, ufrag: &str, address: SocketAddr) -> Option<SocketAddr> {
    let end = Instant::now() + PATIENCE;
    let probe = question(peer, ufrag)?;
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await.ok()?;
    socket.connect(address).await.ok()?;
    let mut answer = [0u8; ANSWER_BYTES];
    while Instant::now() < end {
        // A firewall may answer with "unreachable": that is an error here, and another question may still pass.
        let _ = socket.send(probe.request()).await;
        let pause = end.min(Instant::now() + AGAIN);
        loop {
            match timeout_at(pause, socket.recv(&mut answer)).await {
                Ok(Ok(length)) if probe.is_answered_by(answer.get(..length).unwrap_or_default()) => {
                    return Some(address);
                }
                Ok(Ok(_)) => {}
                Ok(Err(_)) => {
                    tokio::time::sleep_until(pause).await;
                    break;
                }
                Err(_) => break,
            }
        }
    }
    None
}

/// In frames behind their length (RFC 4571).
async fn ask_tcp(peer: &Peer, ufrag: &str, address: SocketAddr) -> Option<SocketAddr> {
    let probe = question(peer, ufrag)?;
    let talk = async {
        let mut socket = TcpStream::connect(address).await?;
        let mut frame = u16::try_from(probe.request().len()).unwrap_or(0).to_be_bytes().to_vec();
        frame.extend_from_slice(probe.request());
        socket.write_all(&frame).await?;
        loop {
            let mut head = [0u8; 2];
            socket.read_exact(&mut head).await?;
            let mut answer = vec![0; usize::from(u16::from_be_bytes(head)).min(ANSWER_BYTES)];
            socket.read_exact(&mut answer).await?;
            if probe.is_answered_by(&answer) {
                return Ok::<_, std::io::Error>(address);
            }
        }
    };
    timeout_at(Instant::now() + PATIENCE, talk).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_the_ways() {
        let sdp = "v=0\r\na=ice-ufrag:0+ab\r\na=ice-pwd:secret\r\na=candidate:1 1 udp 2130706431 10.1.2.3 8444 typ host\r\n\
                   a=candidate:2 1 tcp 1518280447 10.1.2.3 443 typ host tcptype passive\r\na=candidate:x\r\n";
        let peer = read_answer(sdp).unwrap();
        assert_eq!(peer.remote, Credentials { ufrag: "0+ab".into(), pwd: "secret".into() });
        assert_eq!(peer.udp, ["10.1.2.3:8444".parse::<SocketAddr>().unwrap()]);
        assert_eq!(peer.tcp, ["10.1.2.3:443".parse::<SocketAddr>().unwrap()]);
        assert_eq!(read_answer("v=0\r\n"), None);
        assert!(lianxian_sfu::sdp::parse(&offer("abcd")).is_ok());
    }

    #[tokio::test]
    async fn a_way_where_nobody_answers_is_shut() {
        let mute = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let shut = deaf.local_addr().unwrap();
        drop(deaf);
        let remote = Credentials { ufrag: "a".into(), pwd: "b".repeat(22) };
        let peer = Peer { remote, udp: vec![mute.local_addr().unwrap()], tcp: vec![shut] };
        let (udp, tcp) = tokio::join!(over_udp(&peer, "me"), over_tcp(&peer, "me"));
        assert_eq!((udp, tcp), (None, None));
    }
}
