//! Every parser of remote bytes as one function that must return, whatever it is given; and examples to mutate.
//!
//! `tests/tests/parsers.rs` drives them with bounded seeded mutations on every run, `make fuzz` with a coverage-guided fuzzer.

use bytes::Bytes;
use lianxian_model::drawing::{FRAME_MAX_SIDE, image_head};
use lianxian_model::link::{AddTrack, TrackAbout};
use lianxian_model::media::{Codec, TrackKind, TrackSource};
use lianxian_model::time::Millis;
use lianxian_sfu::rtp::{ExtensionIds, Header, Marks};
use lianxian_sfu::sdp::{AnswerChoices, write_answer};
use lianxian_sfu::transport::{Credentials, DtlsIdentity, RemoteParameters, Setup, Transport};
use lianxian_sfu::worker::{Candidate, Carrier, Egress, Flow, MAX_DATAGRAM};
use lianxian_sfu::{codec, feedback, sdp};
use lianxian_signaling::client::{Publish, Request};
use lianxian_signaling::{Conversation, Frame, Introduction, Limits};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A parser under test: its name, what drives it, and valid examples of its input.
pub struct Parser {
    pub name: &'static str,
    pub feed: fn(&[u8]),
    pub examples: fn() -> Vec<Vec<u8>>,
}

pub const ALL: [Parser; 7] = [
    Parser { name: "datagram", feed: datagram, examples: datagram_examples },
    Parser { name: "rtp", feed: rtp, examples: rtp_examples },
    Parser { name: "rtcp", feed: rtcp, examples: rtcp_examples },
    Parser { name: "codec", feed: payload, examples: payload_examples },
    Parser { name: "sdp", feed: description, examples: description_examples },
    Parser { name: "link", feed: link, examples: link_examples },
    Parser { name: "image", feed: image, examples: image_examples },
];

/// The head of an image that someone wants to have kept.
pub fn image(bytes: &[u8]) {
    if let Some((_, width, height)) = image_head(bytes) {
        assert!((1..=FRAME_MAX_SIDE).contains(&width) && (1..=FRAME_MAX_SIDE).contains(&height));
    }
}

pub fn image_examples() -> Vec<Vec<u8>> {
    let png = [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &[0, 0, 5, 0, 0, 0, 2, 0xd0, 8, 2, 0, 0, 0]].concat();
    let webp = |chunk: &[u8], rest: &[u8]| [b"RIFF\0\0\0\0WEBP".as_slice(), chunk, &[0; 4], rest].concat();
    vec![
        png,
        webp(b"VP8 ", &[0, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]),
        webp(b"VP8L", &[0x2f, 0xff, 0xc4, 0xb3, 0x00]),
        webp(b"VP8X", &[0, 0, 0, 0, 0xff, 4, 0, 0xcf, 2, 0]),
    ]
}

fn identity() -> Arc<DtlsIdentity> {
    static IDENTITY: OnceLock<Arc<DtlsIdentity>> = OnceLock::new();
    IDENTITY.get_or_init(|| Arc::new(DtlsIdentity::generate().expect("an identity"))).clone()
}

fn credentials(ufrag: &str) -> Credentials {
    Credentials { ufrag: ufrag.to_owned(), pwd: "p".repeat(24) }
}

struct Sink {
    slot: [u8; MAX_DATAGRAM],
    sent: usize,
}

impl Egress for Sink {
    fn slot(&mut self) -> &mut [u8; MAX_DATAGRAM] {
        &mut self.slot
    }

    fn commit(&mut self, _flow: Flow, len: usize) {
        self.sent += len;
    }
}

/// STUN, DTLS and SRTP as they come to a peer that waits for its first check. Whoever does not know the password is
/// not answered at all.
pub fn datagram(bytes: &[u8]) {
    let now = Instant::now();
    let mut transport = Transport::new(
        Setup { local: credentials("local"), identity: identity(), first_ssrc: 1, takes_data: true },
        now,
    );
    transport.set_remote(RemoteParameters { credentials: credentials("remote"), fingerprint: [7; 32] });
    let flow = Flow::udp(([127, 0, 0, 1], 4000).into(), ([127, 0, 0, 1], 5000).into());
    let mut sink = Sink { slot: [0; MAX_DATAGRAM], sent: 0 };
    let mut copy = bytes.to_vec();
    transport.receive(flow, &mut copy, now);
    transport.transmit(&mut sink);
    assert_eq!(sink.sent, 0, "an unauthenticated datagram was answered");
}

/// A binding request (RFC 8489) without integrity, a first byte of each other protocol (RFC 7983).
fn datagram_examples() -> Vec<Vec<u8>> {
    let username = b"local:remote";
    let mut stun = vec![0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42];
    stun.extend([1; 12]);
    stun.extend([0, 6, 0, username.len() as u8]);
    stun.extend(username);
    let mut dtls = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 1, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0, 18];
    dtls.extend([0xfe; 18]);
    vec![stun, dtls, rtp_examples().remove(0), rtcp_examples().remove(0)]
}

/// RTP headers and header extensions (RFC 3550, RFC 8285).
pub fn rtp(bytes: &[u8]) {
    let Some(header) = Header::parse(bytes) else { return };
    let ids = ExtensionIds {
        mid: 1,
        rid: 2,
        repaired_rid: 3,
        audio_level: 4,
        transport_sequence: 5,
        ..ExtensionIds::default()
    };
    let marks = Marks::read(header.extensions(bytes), &ids);
    std::hint::black_box((header.payload(bytes).len(), format!("{marks:?}")));
}

fn rtp_examples() -> Vec<Vec<u8>> {
    let mut plain = vec![0x80, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7];
    plain.extend([0x90, 0x80, 1, 2, 3]);
    let mut extended = vec![0x90, 0xe0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 7, 0xbe, 0xde, 0, 2];
    extended.extend([0x10, b'1', 0x20, b'q', 0x51, 0, 3, 0]);
    extended.extend([0x10, 0, 1]);
    let mut padded = vec![0xb0, 111, 0, 3, 0, 0, 0, 9, 0, 0, 0, 7, 0x10, 0, 0, 1, 4, 1, 0x80, 0];
    padded.extend([1, 2, 3, 0, 0, 3]);
    vec![plain, extended, padded]
}

/// Compound RTCP (RFC 3550, RFC 4585).
pub fn rtcp(bytes: &[u8]) {
    let mut told = 0_usize;
    for feedback in feedback::read(bytes) {
        told += match feedback {
            feedback::Feedback::Nack { pairs, .. } => pairs.count(),
            _ => 1,
        };
    }
    assert!(told <= bytes.len() * 17, "{told} statements out of {} bytes", bytes.len());
}

fn rtcp_examples() -> Vec<Vec<u8>> {
    let written = |write: &dyn Fn(&mut feedback::Writer<'_>)| {
        let mut buffer = [0; 256];
        let mut writer = feedback::Writer::new(&mut buffer);
        write(&mut writer);
        let len = writer.len();
        buffer[..len].to_vec()
    };
    vec![
        written(&|w| {
            w.sender_report(7, 1 << 40, 90_000, 10, 1000);
        }),
        written(&|w| {
            w.receiver_report(1, &[feedback::ReceptionReport { about: 7, ..Default::default() }]);
            w.nack(1, 7, &[3, 4, 5, 900]);
            w.keyframe_request(1, 7);
        }),
    ]
}

/// What is read of a codec's payload to find key frames and layers.
pub fn payload(bytes: &[u8]) {
    for codec in [Codec::Opus, Codec::Red, Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1] {
        std::hint::black_box(codec::inspect(codec, bytes));
    }
    std::hint::black_box(codec::red_primary(bytes));
}

fn payload_examples() -> Vec<Vec<u8>> {
    vec![
        // VP8 (RFC 7741) with a 15-bit picture id, TL0PICIDX and TID, then a key frame of 640x360.
        vec![0x90, 0xe0, 0x80, 0x11, 3, 0x20, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01],
        // H.264 (RFC 6184): STAP-A of SPS and PPS; FU-A start of an IDR.
        vec![0x78, 0, 10, 0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe8, 0x40, 0, 4, 0x68, 0xce, 0x3c, 0x80],
        vec![0x7c, 0x85, 0x88, 0x80],
        // VP9 (RFC 9628) with a scalability structure.
        vec![0x8a, 0x81, 0x23, 0x18, 2, 0x80, 1, 0x68, 0x49, 0x83, 0x42],
        // RED (RFC 2198): an Opus block of 20 ms ago, and a new one.
        vec![0xef, 0x0f, 0x00, 0x02, 0x6f, 0xfc, 0x01, 0xfc, 0x02, 0x03],
        // AV1: aggregation header and a sequence header OBU.
        vec![0x18, 0x0a, 0x0b, 0, 0, 0, 0x04, 0x3c, 0xff, 0xbc, 0xff, 0xf9, 0x80, 0x40],
    ]
}

/// An offer (RFC 8866, RFC 8829), and what is answered to it.
pub fn description(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(offer) = sdp::parse(text) else { return };
    let own = credentials("own");
    let received: Vec<&str> = offer.sections.iter().map(|section| section.mid.as_str()).collect();
    let choices = AnswerChoices {
        credentials: &own,
        fingerprint: "AA:BB",
        candidates: &[Candidate { address: ([127, 0, 0, 1], 7882).into(), carrier: Carrier::Udp }],
        session_id: 1,
        version: 1,
        received: &received,
        redundant: &received,
    };
    std::hint::black_box(write_answer(&offer, &choices));
}

fn description_examples() -> Vec<Vec<u8>> {
    let transport = format!(
        "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\n",
        "p".repeat(24),
        ["0A"; 32].join(":")
    );
    let offer = format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n{transport}a=mid:0\r\na=sendonly\r\na=msid:- camera\r\na=rtcp-mux\r\n\
         a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
         a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
         a=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{transport}a=mid:1\r\na=sctp-port:5000\r\n"
    );
    vec![offer.into_bytes()]
}

/// A message of a link, binary or text, a data packet, and the words of the address it came by.
pub fn link(bytes: &[u8]) {
    let now = Millis(1_000);
    let conversation = || Conversation::new("someone", Limits::default(), now);
    let _ = conversation().hear(&Frame::Binary(Bytes::copy_from_slice(bytes)), now);
    let mut joined = conversation();
    joined.resume("PA_1".into());
    let _ = joined.data(true, bytes, now);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = conversation().hear(&Frame::Text(text.to_owned()), now);
    let words = text.split('&').filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<String, String> = words.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    std::hint::black_box(Introduction::read(&query));
}

fn link_examples() -> Vec<Vec<u8>> {
    let about = TrackAbout::default();
    let track = AddTrack { cid: "c".into(), kind: TrackKind::Video, source: TrackSource::Camera, about };
    let publish = Publish {
        cid: &track.cid,
        name: "camera",
        kind: track.kind,
        source: track.source,
        muted: false,
        width: 640,
        height: 360,
        codec: "vp8",
        layers: &[],
    };
    vec![
        Request::AddTrack(publish).encode().to_vec(),
        Request::Offer { id: 3, sdp: "v=0" }.encode().to_vec(),
        Request::Ping { timestamp: 9 }.encode().to_vec(),
        Request::data(b"hello", "topic", &["other"], 4).to_vec(),
        br#"{"message":{"Ping":12}}"#.to_vec(),
        b"sdk=js&protocol=16&reconnect=1&sid=PA_1".to_vec(),
    ]
}
