//! Answering a publisher's offer: we receive what it sends of known codecs, and nothing else.

use super::lines::{self, Own};
use super::offer::RED_BLOCKS;
use super::{Direction, Payload, RemoteDescription, Section, SectionKind};
use crate::transport::Credentials;
use crate::worker::Candidate;
use lianxian_model::media::Codec;
use std::fmt::Write as _;

#[derive(Clone, Debug)]
pub struct AnswerChoices<'a> {
    pub credentials: &'a Credentials,
    pub fingerprint: &'a str,
    pub candidates: &'a [Candidate],
    pub session_id: u64,
    pub version: u64,
    /// Mids whose media is received; of the others the section is answered inactive.
    pub received: &'a [&'a str],
    /// Mids whose sound is to come redundantly (RFC 2198), if the offer can: browsers answer no NACK for the sound that they send.
    pub redundant: &'a [&'a str],
}

/// Answers each section of the offer. A first answer binds the extensions of simulcast too: a browser that did not see them there
/// refuses simulcast for the life of the connection.
pub fn write_answer(offer: &RemoteDescription, choices: &AnswerChoices<'_>) -> String {
    let own = Own {
        credentials: choices.credentials,
        fingerprint: choices.fingerprint,
        candidates: choices.candidates,
        setup: "passive",
    };
    // What is refused may not stand in the bundle (RFC 9143, section 7.3).
    let mids: Vec<&str> = offer.sections.iter().filter(|s| is_usable(s)).map(|s| s.mid.as_str()).collect();
    let mut sdp = String::with_capacity(4096);
    lines::session(&mut sdp, choices.session_id, choices.version, &mids);
    for section in &offer.sections {
        match section.kind {
            SectionKind::Application => {
                lines::application(&mut sdp, &section.mid, &own, if is_usable(section) { 9 } else { 0 })
            }
            _ => media(&mut sdp, section, &own, choices),
        }
    }
    sdp
}

fn media(sdp: &mut String, section: &Section, own: &Own<'_>, choices: &AnswerChoices<'_>) {
    let mid = section.mid.as_str();
    let mut payloads: Vec<&Payload> = section.payloads.iter().filter(|p| is_received(p)).collect();
    if choices.redundant.contains(&mid) {
        // The sender takes what the answer names first (RFC 3264, section 6.1).
        payloads.sort_by_key(|payload| !passes_redundantly(payload));
    }
    let types: Vec<u8> = payloads.iter().flat_map(|p| [Some(p.payload_type), p.rtx]).flatten().collect();
    let usable = is_usable(section);
    lines::media_line(sdp, section.kind, if usable { 9 } else { 0 }, &types);
    lines::transport(sdp, own);
    let received = choices.received.contains(&mid) && usable && section.direction.sends();
    let direction = if received { "recvonly" } else { "inactive" };
    lines::mid(sdp, &section.mid);
    let _ = write!(sdp, "a={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n");
    for (id, extension) in &section.extensions {
        lines::extension(sdp, *id, *extension);
    }
    for payload in payloads {
        lines::codec(sdp, payload.payload_type, payload.codec, &answered_fmtp(payload), payload.rtx, &["transport-cc"]);
    }
    if received && !section.rids.is_empty() {
        for rid in &section.rids {
            let _ = write!(sdp, "a=rid:{rid} recv\r\n");
        }
        let _ = write!(sdp, "a=simulcast:recv {}\r\n", section.rids.join(";"));
    }
}

fn is_usable(section: &Section) -> bool {
    let known = section.kind == SectionKind::Application || section.payloads.iter().any(is_received);
    known && !section.rejected
}

/// H.264 in packetization mode 0 has no fragmentation: nobody sends video so.
fn is_received(payload: &Payload) -> bool {
    payload.codec != Codec::H264 || payload.fmtp.contains("packetization-mode=1")
}

/// The blocks of RED name Opus by its number, which has to be the one that viewers are offered.
fn passes_redundantly(payload: &Payload) -> bool {
    payload.codec == Codec::Red && payload.fmtp == RED_BLOCKS
}

fn answered_fmtp(payload: &Payload) -> String {
    match payload.codec {
        // In-band FEC and discontinuous transmission are wanted whatever was offered.
        Codec::Opus => "minptime=10;useinbandfec=1;usedtx=1".to_owned(),
        _ => payload.fmtp.clone(),
    }
}

impl Direction {
    pub fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}
