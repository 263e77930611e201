//! Descriptions as browsers write them, and what is made of them.

use super::*;
use crate::worker::{Candidate, Carrier};
use lianxian_model::ids::TrackSid;
use proptest::prelude::*;

const HEAD: &str = "v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=extmap-allow-mixed\r\n\
    a=msid-semantic: WMS\r\n";
const TRANSPORT: &str = "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:AbCd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n\
    a=ice-options:trickle\r\na=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
    a=setup:actpass\r\n";

fn simulcast_offer() -> String {
    format!(
        "{HEAD}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n{TRANSPORT}a=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 98 99 45 46 116\r\n{TRANSPORT}a=mid:1\r\n\
         a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\na=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
         a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
         a=extmap:5 urn:3gpp:video-orientation\r\na=sendonly\r\na=msid:- cam-1\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
         a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
         a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n\
         a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\na=rtpmap:104 H264/90000\r\na=fmtp:104 packetization-mode=0;profile-level-id=42e01f\r\n\
         a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=rtpmap:45 AV1/90000\r\n\
         a=rtpmap:46 rtx/90000\r\na=fmtp:46 apt=45\r\na=rtpmap:116 red/90000\r\n\
         a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0\r\n{TRANSPORT}a=mid:2\r\na=sendonly\r\na=msid:stream mic-1\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n\
         a=rtpmap:0 PCMU/8000\r\na=ssrc:777 cname:x\r\n"
    )
}

fn own() -> Credentials {
    Credentials { ufrag: "0+abcd".to_owned(), pwd: "p".repeat(24) }
}

/// Answers that take no track of any offer.
fn nothing_taken(credentials: &Credentials) -> AnswerChoices<'_> {
    AnswerChoices {
        credentials,
        fingerprint: "AA",
        candidates: &[],
        session_id: 1,
        version: 1,
        received: &[],
        redundant: &[],
    }
}

#[test]
fn a_format_that_is_listed_often_is_one_and_endless_parameters_are_none() {
    let plain = parse(&simulcast_offer()).unwrap();
    let often = simulcast_offer().replace("SAVPF 96 97", "SAVPF 96 96 96 97").replace("SAVPF 111", "SAVPF 111 111");
    assert_eq!(parse(&often).unwrap().sections, plain.sections);
    let long = simulcast_offer().replace("minptime=10", &format!("x={}", ";".repeat(600)));
    assert_eq!(parse(&long).unwrap().sections[2].payloads[0].fmtp, "");
}

#[test]
fn a_simulcast_offer_is_read_whole() {
    let offer = parse(&simulcast_offer()).unwrap();
    assert_eq!(offer.credentials.ufrag, "AbCd");
    assert_eq!(offer.fingerprint[..3], [0, 1, 2]);
    let [data, video, audio] = &offer.sections[..] else { panic!("three sections") };
    assert_eq!(data.kind, SectionKind::Application);
    assert_eq!((video.track_id.as_str(), audio.track_id.as_str()), ("cam-1", "mic-1"));
    assert_eq!(video.rids, ["q", "h", "f"]);
    assert_eq!(video.extension_id(Extension::RepairedRid), Some(11));
    let codecs: Vec<_> = video.payloads.iter().map(|p| (p.codec, p.payload_type, p.rtx)).collect();
    assert_eq!(
        codecs,
        [
            (Codec::Vp8, 96, Some(97)),
            (Codec::H264, 102, Some(103)),
            (Codec::H264, 104, None),
            (Codec::Vp9, 98, Some(99)),
            (Codec::Av1, 45, Some(46)),
        ],
        "video RED is not audio's RED"
    );
    assert_eq!(audio.ssrcs, [777]);
}

#[test]
fn the_answer_binds_simulcast_and_refuses_what_may_not_be_sent() {
    let offer = parse(&simulcast_offer()).unwrap();
    let credentials = own();
    let at = |address: &str, carrier| Candidate { address: address.parse().unwrap(), carrier };
    let candidates = [at("192.0.2.1:8444", Carrier::Udp), at("192.0.2.1:443", Carrier::Tcp)];
    let choices = AnswerChoices { candidates: &candidates, received: &["1"], ..nothing_taken(&credentials) };
    let answer = write_answer(&offer, &choices);
    for needed in [
        "a=simulcast:recv q;h;f",
        "a=rid:h recv",
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=rtcp-fb:96 nack pli",
        "a=ice-lite",
        "a=setup:passive",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 8444 typ host\r\n",
        "a=candidate:2 1 tcp 1526726399 192.0.2.1 443 typ host tcptype passive\r\n",
        "m=application 9",
    ] {
        assert!(answer.contains(needed), "{needed} is missing in\n{answer}");
    }
    assert!(!answer.contains("a=rtpmap:104"), "H.264 without fragmentation is not taken");
    let audio = answer.split("m=audio").nth(1).unwrap();
    assert!(audio.contains("a=inactive") && !audio.contains("a=recvonly"));
}

fn track(n: u32, kind: SectionKind) -> OfferedTrack {
    OfferedTrack {
        track: TrackSid(format!("TR_{n}")),
        stream_id: format!("PA_{n}|camera"),
        kind,
        ssrc: n,
        rtx_ssrc: n + 1000,
        cname: "c".to_owned(),
    }
}

fn offer_of(sections: &mut SubscriberSections) -> (String, Vec<(String, TrackSid)>) {
    let credentials = own();
    let fingerprint = ["11"; 32].join(":");
    sections.write_offer(&OfferChoices {
        credentials: &credentials,
        fingerprint: &fingerprint,
        candidates: &[],
        session_id: 1,
    })
}

#[test]
fn sections_are_used_again_and_keep_their_place() {
    let mut sections = SubscriberSections::default();
    assert!(sections.set(vec![track(1, SectionKind::Video), track(2, SectionKind::Audio)]));
    assert!(!sections.set(vec![track(2, SectionKind::Audio), track(1, SectionKind::Video)]), "the order says nothing");
    let _ = offer_of(&mut sections);
    assert!(sections.set(vec![track(2, SectionKind::Audio)]));
    let (sdp, carried) = offer_of(&mut sections);
    assert_eq!(carried, [("2".to_owned(), TrackSid("TR_2".into()))]);
    assert_eq!(parse(&sdp).unwrap().sections[1].direction, Direction::Inactive);
    assert!(sections.set(vec![track(2, SectionKind::Audio), track(3, SectionKind::Video)]));
    let (sdp, carried) = offer_of(&mut sections);
    assert_eq!(carried, [("1".to_owned(), TrackSid("TR_3".into())), ("2".to_owned(), TrackSid("TR_2".into()))]);
    assert!(sdp.contains("a=msid:PA_3|camera TR_3") && !sdp.contains("TR_1"));
    let parsed = parse(&sdp).unwrap();
    assert_eq!(parsed.sections.len(), 3);
    assert_eq!(parsed.sections[1].repairs, [(3, 1003)]);

    // A subscriber that takes only VP8 of the video, and refuses the audio.
    let mut answer = parsed;
    for section in &mut answer.sections {
        section.direction = Direction::RecvOnly;
        section.payloads.retain(|p| p.codec == Codec::Vp8);
    }
    answer.sections[2].direction = Direction::Inactive;
    let taken = sections.taken(&answer);
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].payloads, [(Codec::Vp8, 96, Some(97))]);
    assert_eq!(
        taken[0].extensions,
        [
            (2, Extension::AbsoluteSendTime),
            (3, Extension::TransportSequence),
            (4, Extension::Mid),
            (8, Extension::DependencyDescriptor),
        ]
    );
}

/// A receiver whose own offer came first keeps its own numbers.
#[test]
fn an_answer_under_other_numbers_is_sent_to_under_those() {
    let mut sections = SubscriberSections::default();
    sections.set(vec![track(1, SectionKind::Video), track(2, SectionKind::Audio)]);
    let (sdp, _) = offer_of(&mut sections);
    let mut answer = parse(&sdp).unwrap();
    for section in &mut answer.sections {
        section.direction = Direction::RecvOnly;
        for payload in &mut section.payloads {
            payload.payload_type -= 10;
            payload.rtx = payload.rtx.map(|rtx| rtx - 10);
        }
        section.extensions = vec![(7, Extension::DependencyDescriptor), (99, Extension::Mid)];
    }
    let taken = sections.taken(&answer);
    assert_eq!(taken[0].payloads[0], (Codec::Vp8, 86, Some(87)));
    assert_eq!(taken[0].extensions, [(7, Extension::DependencyDescriptor)], "ids that cannot be written are not taken");
    assert_eq!(taken[1].payloads, [(Codec::Opus, 101, None)], "RED names Opus by number");
    for payload in &mut answer.sections[1].payloads {
        payload.payload_type = 200;
    }
    assert!(sections.taken(&answer)[0].payloads.is_empty());
}

#[test]
fn a_section_must_be_seen_inactive_before_another_track_takes_it() {
    let mut sections = SubscriberSections::default();
    sections.set(vec![track(1, SectionKind::Video)]);
    let _ = offer_of(&mut sections);
    sections.set(vec![track(2, SectionKind::Video)]);
    let (sdp, carried) = offer_of(&mut sections);
    assert_eq!(carried, [("2".to_owned(), TrackSid("TR_2".into()))]);
    assert_eq!(parse(&sdp).unwrap().sections[1].direction, Direction::Inactive);
    sections.set(vec![track(3, SectionKind::Video)]);
    let (_, carried) = offer_of(&mut sections);
    assert_eq!(carried, [("1".to_owned(), TrackSid("TR_3".into()))]);
}

#[test]
fn what_is_given_up_is_refused_and_leaves_the_bundle() {
    let offer = simulcast_offer()
        .replace("m=video 9 ", "m=video 0 ")
        .replace("a=mid:1\r\n", "")
        .replace("opus/48000/2", "G722/8000")
        .replace("red/48000/2", "CN/8000");
    let offer = parse(&offer).unwrap();
    assert!(offer.sections[1].rejected && offer.sections[1].mid.is_empty());
    let credentials = own();
    let choices = AnswerChoices { received: &["1", "2"], ..nothing_taken(&credentials) };
    let answer = write_answer(&offer, &choices);
    assert!(answer.contains("a=group:BUNDLE 0\r\n"), "{answer}");
    assert!(answer.contains("m=video 0 ") && answer.contains("m=audio 0 "), "{answer}");
}

#[test]
fn redundant_sound_is_answered_first_where_it_is_wanted_and_can_pass() {
    let first_of = |sdp: &str, redundant: &[&str]| {
        let credentials = own();
        let choices = AnswerChoices { received: &["2"], redundant, ..nothing_taken(&credentials) };
        let answer = write_answer(&parse(sdp).unwrap(), &choices);
        let line = answer.lines().find(|line| line.starts_with("m=audio")).unwrap().to_owned();
        line.split(' ').nth(3).unwrap().to_owned()
    };
    assert_eq!(first_of(&simulcast_offer(), &["2"]), "63");
    assert_eq!(first_of(&simulcast_offer(), &[]), "111", "the publisher disabled it");
    let elsewhere = simulcast_offer().replace("a=fmtp:63 111/111", "a=fmtp:63 109/109");
    assert_eq!(first_of(&elsewhere, &["2"]), "111", "viewers know no Opus of that number");
}

#[test]
fn of_several_fingerprints_the_sha_256_counts() {
    let first = "a=fingerprint:sha-1 00:01\r\na=fingerprint:sha-256 ";
    let offer = parse(&simulcast_offer().replace("a=fingerprint:sha-256 ", first)).unwrap();
    assert_eq!(offer.fingerprint[..3], [0, 1, 2]);
}

/// As much of everything as fits: reading it must stay cheap, which the number of what was read shows.
#[test]
fn a_crowded_section_is_read_in_part() {
    let lines: String = (0..1200)
        .map(|n| {
            format!(
                "a=rtpmap:{} rtx/90000\r\na=rid:r{n} send\r\na=ssrc:{n} cname:x\r\na=ssrc-group:FID 1{n} 2{n}\r\n",
                n % 128
            )
        })
        .collect();
    let layers = (0..1200).map(|n| format!("r{n}")).collect::<Vec<_>>().join(";");
    let crowd = format!("{lines}a=simulcast:send {layers}\r\nm=audio 9 ");
    let offer =
        parse(&simulcast_offer().replace("a=simulcast:send q;h;f\r\n", "").replace("m=audio 9 ", &crowd)).unwrap();
    let video = &offer.sections[1];
    assert!(
        video.payloads.len() <= 128 && video.ssrcs.len() <= 32 && video.repairs.len() <= 32 && video.rids.len() <= 8
    );
}

#[test]
fn what_is_missing_is_named() {
    let without = |line: &str| parse(&simulcast_offer().replace(line, "a=x:"));
    assert_eq!(without("a=ice-pwd:"), Err(SdpError::Attribute("ice-pwd")));
    assert_eq!(without("a=fingerprint:"), Err(SdpError::Attribute("fingerprint:sha-256")));
    assert!(matches!(parse("hello"), Err(SdpError::Malformed(_))));
    assert!(matches!(parse(&"v".repeat(MAX_SDP_BYTES + 1)), Err(SdpError::TooLong { .. })));
}

proptest! {
    #[test]
    fn no_text_panics(cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20)) {
        let mut bytes = simulcast_offer().into_bytes();
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }
}
