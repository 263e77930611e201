//! The texts of SDP that a load client needs: read what the other side offers or answers, and answer in kind.

use anyhow::{Context as _, Result};
use std::net::SocketAddr;

/// What a media transport needs of the other side's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub ufrag: String,
    pub pwd: String,
    pub address: SocketAddr,
    /// It answers checks and makes none (RFC 8445, section 2.5).
    pub lite: bool,
    /// The number of the transport-wide sequence extension, and the payload type of VP8's retransmissions.
    pub transport_wide: Option<u8>,
    pub retransmissions: Option<u8>,
}

#[derive(Clone, Debug)]
pub struct Local {
    pub ufrag: String,
    pub pwd: String,
    pub fingerprint: String,
    /// Where its checks come from, for servers that have to be told; none: any port, told to nobody.
    pub address: Option<SocketAddr>,
}

fn value<'a>(sdp: &'a str, prefix: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| line.trim_end().strip_prefix(prefix))
}

impl Remote {
    /// Reads credentials and the first usable UDP host candidate on the loopback device (or else any).
    pub fn read(sdp: &str) -> Result<Self> {
        let candidates = sdp.lines().filter_map(|line| line.trim_end().strip_prefix("a=candidate:"));
        let mut addresses = candidates.filter_map(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let (component, transport) = (words.get(1)?, words.get(2)?);
            if *component != "1" || !transport.eq_ignore_ascii_case("udp") {
                return None;
            }
            Some(SocketAddr::new(words.get(4)?.parse().ok()?, words.get(5)?.parse().ok()?))
        });
        Ok(Self {
            ufrag: value(sdp, "a=ice-ufrag:").context("no ice-ufrag")?.to_owned(),
            pwd: value(sdp, "a=ice-pwd:").context("no ice-pwd")?.to_owned(),
            address: addresses.find(SocketAddr::is_ipv4).context("no IPv4 UDP candidate")?,
            lite: sdp.lines().any(|line| line.trim_end() == "a=ice-lite"),
            transport_wide: sdp.lines().find_map(|line| {
                let (id, uri) = line.strip_prefix("a=extmap:")?.split_once(' ')?;
                uri.contains("transport-wide-cc").then(|| id.parse().ok())?
            }),
            retransmissions: sdp.lines().find_map(|line| {
                let (payload, map) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
                map.starts_with("rtx/").then(|| payload.parse().ok())?
            }),
        })
    }
}

/// Answers an offer with everything in it accepted for receiving, as the DTLS client.
pub fn accept(offer: &str, local: &Local) -> String {
    let mut answer = String::new();
    let dropped =
        ["a=candidate:", "a=end-of-candidates", "a=ssrc", "a=msid:", "a=ice-lite", "a=ice-options", "a=setup:"];
    let own = ["a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"];
    for line in offer.lines().map(str::trim_end) {
        if dropped.iter().chain(&own).any(|prefix| line.starts_with(prefix)) {
            continue;
        }
        let line = if line == "a=sendonly" || line == "a=sendrecv" { "a=recvonly" } else { line };
        answer.push_str(line);
        answer.push_str("\r\n");
        if line.starts_with("c=") {
            answer.push_str(&transport_lines(local, "active"));
        }
    }
    answer
}

fn transport_lines(local: &Local, setup: &str) -> String {
    let candidate = |address: SocketAddr| {
        let (ip, port) = (address.ip(), address.port());
        format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n")
    };
    let candidate = local.address.map(candidate).unwrap_or_default();
    format!(
        "{candidate}a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n",
        local.ufrag, local.pwd, local.fingerprint
    )
}

pub const AUDIO_PAYLOAD: u8 = 111;
pub const VIDEO_PAYLOAD: u8 = 96;

/// An offer of one Opus and one VP8 stream. `cids` are the track ids, audio first.
pub fn publish_offer(local: &Local, cids: [&str; 2], ssrcs: [u32; 2], setup: &str) -> String {
    let mut offer = format!(
        "v=0\r\no=- {} 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=msid-semantic: WMS s\r\n",
        ssrcs[0]
    );
    let sections = [
        ("audio", AUDIO_PAYLOAD, "opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1\r\n"),
        ("video", VIDEO_PAYLOAD, "VP8/90000", "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n"),
    ];
    for (mid, (kind, payload, map, more)) in sections.into_iter().enumerate() {
        let (ssrc, cid) = (ssrcs[mid], cids[mid]);
        offer.push_str(&format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {payload}\r\nc=IN IP4 0.0.0.0\r\n{}a=mid:{mid}\r\n\
             a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendonly\r\na=msid:s {cid}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
             a=rtpmap:{payload} {map}\r\n{more}a=ssrc:{ssrc} cname:load\r\na=ssrc:{ssrc} msid:s {cid}\r\n",
            transport_lines(local, setup)
        ));
    }
    offer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_answered_in_kind() {
        let server = "v=0\r\na=ice-lite\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n\
             a=setup:actpass\r\na=rtpmap:97 rtx/90000\r\n\
             a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=sendonly\r\na=candidate:1 1 udp 2130706431 127.0.0.1 8444 typ host\r\n";
        let remote = Remote::read(server).unwrap();
        assert_eq!(
            remote,
            Remote {
                ufrag: "u".into(),
                pwd: "p".into(),
                address: "127.0.0.1:8444".parse().unwrap(),
                lite: true,
                transport_wide: Some(3),
                retransmissions: Some(97),
            }
        );
        let local = Local { ufrag: "mine".into(), pwd: "secret".into(), fingerprint: "AA:BB".into(), address: None };
        let answer = accept(server, &local);
        assert!(
            answer.contains("a=recvonly") && answer.contains("a=setup:active") && answer.contains("a=ice-ufrag:mine")
        );
        assert!(!answer.contains("candidate") && !answer.contains("a=ice-ufrag:u\r"));
    }
}
