//! Lines that answers and offers share.

use super::{Extension, SectionKind};
use crate::transport::Credentials;
use crate::worker::{Candidate, Carrier};
use lianxian_model::media::Codec;
use std::fmt::Write as _;

/// What a description says of our own transport.
#[derive(Clone, Debug)]
pub(super) struct Own<'a> {
    pub credentials: &'a Credentials,
    /// SHA-256, as text.
    pub fingerprint: &'a str,
    pub candidates: &'a [Candidate],
    /// `passive` in answers, `actpass` in offers.
    pub setup: &'static str,
}

pub(super) fn session(sdp: &mut String, id: u64, version: u64, mids: &[&str]) {
    let bundle = mids.join(" ");
    let _ = write!(
        sdp,
        "v=0\r\no=- {id} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {bundle}\r\na=extmap-allow-mixed\r\n\
         a=msid-semantic: WMS *\r\na=ice-lite\r\n"
    );
}

pub(super) fn transport(sdp: &mut String, own: &Own<'_>) {
    let _ = write!(
        sdp,
        "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{}\r\n",
        own.credentials.ufrag, own.credentials.pwd, own.fingerprint, own.setup
    );
    for (n, Candidate { address, carrier }) in own.candidates.iter().enumerate() {
        // RFC 8445, 5.1.2 and RFC 6544, 4.2: whatever goes over TCP comes after all that goes over UDP; the first address is the best.
        let (preference, name, role) = match carrier {
            Carrier::Udp => (126, "udp", ""),
            Carrier::Tcp => (90, "tcp", " tcptype passive"),
        };
        let priority = (preference << 24) | ((65_535 - n.min(65_535)) << 8) | 255;
        let (ip, port) = (address.ip(), address.port());
        let _ = write!(sdp, "a=candidate:{} 1 {name} {priority} {ip} {port} typ host{role}\r\n", n + 1);
    }
    sdp.push_str("a=end-of-candidates\r\n");
}

pub(super) fn media_line(sdp: &mut String, kind: SectionKind, port: u16, payload_types: &[u8]) {
    let formats: Vec<String> = payload_types.iter().map(u8::to_string).collect();
    // A section without a known codec must still name a format.
    let formats = if formats.is_empty() { "0".to_owned() } else { formats.join(" ") };
    let _ = write!(sdp, "m={} {port} UDP/TLS/RTP/SAVPF {formats}\r\n", kind.name());
}

pub(super) fn application(sdp: &mut String, mid: &str, own: &Own<'_>, port: u16) {
    let _ = write!(sdp, "m=application {port} UDP/DTLS/SCTP webrtc-datachannel\r\n");
    transport(sdp, own);
    self::mid(sdp, mid);
    let max = crate::transport::MAX_MESSAGE_BYTES;
    let _ = write!(sdp, "a=sctp-port:5000\r\na=max-message-size:{max}\r\n");
}

/// A section that was given up may have none.
pub(super) fn mid(sdp: &mut String, mid: &str) {
    if !mid.is_empty() {
        let _ = write!(sdp, "a=mid:{mid}\r\n");
    }
}

pub(super) fn extension(sdp: &mut String, id: u8, extension: Extension) {
    let _ = write!(sdp, "a=extmap:{id} {}\r\n", extension.uri());
}

/// `feedback`: what is told of it in RTCP besides what all video is.
pub(super) fn codec(sdp: &mut String, payload_type: u8, codec: Codec, fmtp: &str, rtx: Option<u8>, feedback: &[&str]) {
    let (name, is_video) = match codec {
        Codec::Opus => ("opus/48000/2", false),
        Codec::Red => ("red/48000/2", false),
        Codec::Vp8 => ("VP8/90000", true),
        Codec::H264 => ("H264/90000", true),
        Codec::Vp9 => ("VP9/90000", true),
        Codec::Av1 => ("AV1/90000", true),
    };
    let _ = write!(sdp, "a=rtpmap:{payload_type} {name}\r\n");
    if !fmtp.is_empty() {
        let _ = write!(sdp, "a=fmtp:{payload_type} {fmtp}\r\n");
    }
    for feedback in feedback.iter().filter(|_| codec != Codec::Red) {
        let _ = write!(sdp, "a=rtcp-fb:{payload_type} {feedback}\r\n");
    }
    if is_video {
        for feedback in ["nack", "nack pli", "ccm fir"] {
            let _ = write!(sdp, "a=rtcp-fb:{payload_type} {feedback}\r\n");
        }
    }
    if let Some(rtx) = rtx {
        let _ = write!(sdp, "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={payload_type}\r\n");
    }
}
