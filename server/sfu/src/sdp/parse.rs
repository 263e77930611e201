//! Reading a description: the crate's parser splits it, this takes what a bundled WebRTC connection needs.

use super::{
    Direction, Extension, MAX_OFFER_BYTES, MAX_SDP_BYTES, MAX_SECTIONS, Payload, RemoteDescription, SdpError, Section,
    SectionKind,
};
use crate::transport::Credentials;
use lianxian_model::media::Codec;
use rtc_sdp::description::common::Attribute;
use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;
use std::io::Cursor;

/// Payload types of a section: there are no more (RFC 3551).
const MAX_PAYLOAD_TYPES: usize = 128;
/// Bytes of a payload type's parameters; longer ones are no codec's that we know, and are not read.
const MAX_FMTP_BYTES: usize = 512;
/// Streams, repairs and simulcast layers that a section may name; what comes after is not read.
const MAX_SSRCS: usize = 32;
const MAX_RIDS: usize = 8;

/// Reads a publisher's offer.
///
/// # Errors
/// As [`parse`], and from a lower length on.
pub fn parse_offer(sdp: &str) -> Result<RemoteDescription, SdpError> {
    if sdp.len() > MAX_OFFER_BYTES {
        return Err(SdpError::TooLong { size: sdp.len(), limit: MAX_OFFER_BYTES });
    }
    parse(sdp)
}

/// Reads an offer or an answer.
///
/// # Errors
/// If it is no SDP, is over a limit, or lacks credentials or a SHA-256 fingerprint. Codecs and extensions that are unknown here are
/// passed over.
pub fn parse(sdp: &str) -> Result<RemoteDescription, SdpError> {
    if sdp.len() > MAX_SDP_BYTES {
        return Err(SdpError::TooLong { size: sdp.len(), limit: MAX_SDP_BYTES });
    }
    let session =
        SessionDescription::unmarshal(&mut Cursor::new(sdp)).map_err(|e| SdpError::Malformed(e.to_string()))?;
    let count = session.media_descriptions.len();
    if count > MAX_SECTIONS {
        return Err(SdpError::TooManySections(count));
    }
    // Everything is bundled: the first section that names them (or the session) speaks for all.
    let all = |key: &'static str| {
        let of = move |attributes| values(attributes, key);
        of(&session.attributes).chain(session.media_descriptions.iter().flat_map(move |m| of(&m.attributes)))
    };
    let transport = |key| all(key).next();
    let credentials = Credentials {
        ufrag: transport("ice-ufrag").filter(|v| in_range(v, 4)).ok_or(SdpError::Attribute("ice-ufrag"))?.to_owned(),
        pwd: transport("ice-pwd").filter(|v| in_range(v, 22)).ok_or(SdpError::Attribute("ice-pwd"))?.to_owned(),
    };
    let fingerprint =
        all("fingerprint").find_map(sha256_fingerprint).ok_or(SdpError::Attribute("fingerprint:sha-256"))?;
    let sections = session.media_descriptions.iter().map(section).collect::<Result<_, _>>()?;
    Ok(RemoteDescription { credentials, fingerprint, sections })
}

/// RFC 8839, section 5.4: at least so many characters, at most 256.
fn in_range(value: &str, least: usize) -> bool {
    (least..=256).contains(&value.len()) && value.is_ascii()
}

fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    attributes.iter().find(|a| a.key == key)?.value.as_deref()
}

fn values<'a>(attributes: &'a [Attribute], key: &'a str) -> impl Iterator<Item = &'a str> {
    attributes.iter().filter(move |a| a.key == key).filter_map(|a| a.value.as_deref())
}

fn sha256_fingerprint(text: &str) -> Option<[u8; 32]> {
    let (algorithm, digest) = text.trim().split_once(' ')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut parts = digest.trim().split(':');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

fn section(media: &MediaDescription) -> Result<Section, SdpError> {
    let kind = match media.media_name.media.as_str() {
        "audio" => SectionKind::Audio,
        "video" => SectionKind::Video,
        "application" => SectionKind::Application,
        _ => return Err(SdpError::Attribute("m= (audio, video or application)")),
    };
    let rejected = media.media_name.port.value == 0 && !media.attributes.iter().any(|a| a.key == "bundle-only");
    // Of a section that was given up the mid may be gone too.
    let mid = match value(&media.attributes, "mid") {
        None if rejected => "",
        mid => mid.filter(|mid| !mid.is_empty() && mid.len() <= 32).ok_or(SdpError::Attribute("mid"))?,
    };
    let has = |key: &str| media.attributes.iter().any(|a| a.key == key);
    let direction = match () {
        () if has("inactive") => Direction::Inactive,
        () if has("sendonly") => Direction::SendOnly,
        () if has("recvonly") => Direction::RecvOnly,
        () => Direction::SendRecv,
    };
    let (stream_id, track_id) = stream_and_track(media);
    let repairs = repairs(media);
    Ok(Section {
        mid: mid.to_owned(),
        kind,
        direction,
        rejected,
        stream_id,
        track_id,
        payloads: payloads(media),
        extensions: values(&media.attributes, "extmap").filter_map(extension).collect(),
        rids: rids(media),
        ssrcs: ssrcs(media, &repairs),
        repairs,
    })
}

/// From `a=msid` (RFC 8830), or from the older form inside `a=ssrc`.
fn stream_and_track(media: &MediaDescription) -> (String, String) {
    let of_ssrc = || values(&media.attributes, "ssrc").find_map(|v| v.split_once(" msid:").map(|(_, ids)| ids));
    let ids = value(&media.attributes, "msid").or_else(of_ssrc).unwrap_or_default();
    let mut words = ids.split_whitespace();
    let stream = words.next().unwrap_or_default();
    (stream.to_owned(), words.next().unwrap_or_default().to_owned())
}

fn codec(name: &str) -> Option<Codec> {
    match name.to_ascii_lowercase().as_str() {
        "opus" => Some(Codec::Opus),
        "red" => Some(Codec::Red),
        "vp8" => Some(Codec::Vp8),
        "h264" => Some(Codec::H264),
        "vp9" => Some(Codec::Vp9),
        "av1" => Some(Codec::Av1),
        _ => None,
    }
}

fn payloads(media: &MediaDescription) -> Vec<Payload> {
    // (payload type, name, clock rate) of each rtpmap; (payload type, parameters) of each fmtp.
    let maps: Vec<(u8, &str, u32)> = values(&media.attributes, "rtpmap")
        .filter_map(|text| {
            let (payload_type, map) = text.split_once(' ')?;
            let mut parts = map.split('/');
            Some((payload_type.parse().ok()?, parts.next()?, parts.next()?.trim().parse().ok()?))
        })
        .take(MAX_PAYLOAD_TYPES)
        .collect();
    let fmtps: Vec<(u8, &str)> = values(&media.attributes, "fmtp")
        .filter_map(|text| {
            text.split_once(' ').and_then(|(payload_type, rest)| Some((payload_type.parse().ok()?, rest)))
        })
        .filter(|(_, rest)| rest.len() <= MAX_FMTP_BYTES)
        .take(MAX_PAYLOAD_TYPES)
        .collect();
    let fmtp = |payload_type: u8| fmtps.iter().find(|(p, _)| *p == payload_type).map_or("", |(_, text)| text);
    // (repaired, by): RFC 4588, section 8.1.
    let repairs: Vec<(u8, u8)> = maps
        .iter()
        .filter(|(_, name, _)| name.eq_ignore_ascii_case("rtx"))
        .filter_map(|(rtx, ..)| {
            let repaired = fmtp(*rtx).split(';').find_map(|p| p.trim().strip_prefix("apt="))?;
            Some((repaired.parse().ok()?, *rtx))
        })
        .collect();
    let rtx_of = |payload_type: u8| repairs.iter().find(|(repaired, _)| *repaired == payload_type).map(|(_, rtx)| *rtx);
    // The order of the m-line is the order of preference.
    let mut formats = Vec::new();
    for format in media.media_name.formats.iter().take(MAX_PAYLOAD_TYPES).filter_map(|f| f.parse::<u8>().ok()) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let known = formats.into_iter().filter_map(|payload_type| {
        let (_, name, clock_rate) = maps.iter().find(|(p, ..)| *p == payload_type)?;
        let codec = codec(name)?;
        // Video "red" is another thing than audio's, and stereo-less Opus does not exist.
        let fits = match codec {
            Codec::Opus | Codec::Red => *clock_rate == 48_000,
            _ => *clock_rate == 90_000,
        };
        let fmtp = fmtp(payload_type).to_owned();
        fits.then(|| Payload { payload_type, codec, clock_rate: *clock_rate, fmtp, rtx: rtx_of(payload_type) })
    });
    known.collect()
}

fn extension(text: &str) -> Option<(u8, Extension)> {
    let mut words = text.split_whitespace();
    let id = words.next()?.split('/').next()?.parse().ok().filter(|id| *id != 0)?;
    Some((id, Extension::of_uri(words.next()?)?))
}

fn rids(media: &MediaDescription) -> Vec<String> {
    let declared: Vec<&str> = values(&media.attributes, "rid")
        .filter_map(|text| text.split_once(' ').filter(|(_, rest)| rest.starts_with("send")).map(|(rid, _)| rid))
        .take(MAX_RIDS)
        .collect();
    let simulcast = value(&media.attributes, "simulcast").unwrap_or_default();
    let mut words = simulcast.split_whitespace();
    let list = loop {
        match words.next() {
            Some("send") => break words.next().unwrap_or_default(),
            Some(_) => continue,
            None => break "",
        }
    };
    // A leading "~" marks one that starts paused; alternatives of one stream are told apart by commas.
    let listed = list.split(';').filter_map(|s| s.split(',').next()).map(|rid| rid.trim_start_matches('~'));
    let known = listed.filter(|rid| declared.contains(rid) && rid.len() <= 16);
    known.take(MAX_RIDS).map(str::to_owned).collect()
}

fn repairs(media: &MediaDescription) -> Vec<(u32, u32)> {
    let groups = values(&media.attributes, "ssrc-group").filter_map(|text| text.strip_prefix("FID "));
    groups
        .filter_map(|text| {
            let mut words = text.split_whitespace().map(|w| w.parse().ok());
            Some((words.next()??, words.next()??))
        })
        .take(MAX_SSRCS)
        .collect()
}

fn ssrcs(media: &MediaDescription, repairs: &[(u32, u32)]) -> Vec<u32> {
    let mut found = Vec::new();
    for text in values(&media.attributes, "ssrc") {
        if found.len() >= MAX_SSRCS {
            break;
        }
        let Some(ssrc) = text.split_whitespace().next().and_then(|w| w.parse().ok()) else { continue };
        if !found.contains(&ssrc) && !repairs.iter().any(|(_, rtx)| *rtx == ssrc) {
            found.push(ssrc);
        }
    }
    found
}
