//! A publisher's offer: whether it can work, what it publishes, and the offer as the media plane is handed it.

use super::refusal::{no_common_codec, unusable};
use super::sdp::{Description, Malformed, Section};
use crate::problem::Problem;
use lianxian_model::link::{AddTrack, TrackAbout};
use lianxian_model::media::{Codec, Quality, TrackKind, TrackSource, VideoLayer};

/// Layers of one picture.
const MAX_LAYERS: usize = 3;

pub(super) struct Publication {
    pub(super) offer: Description,
    pub(super) tracks: Vec<AddTrack>,
}

impl Publication {
    /// Reads an offer: one camera, one microphone, or both.
    ///
    /// # Errors
    /// 400 for what is no offer, 422 for one that cannot work.
    pub(super) fn read(sdp: &str) -> Result<Self, Problem> {
        let mut offer = Description::parse(sdp)?;
        check_transport(&offer)?;
        let mut tracks: Vec<AddTrack> = Vec::new();
        let mut sends = false;
        for section in &mut offer.sections {
            let (kind, source, name) = match section.kind() {
                "video" => (TrackKind::Video, TrackSource::Camera, "camera"),
                "audio" => (TrackKind::Audio, TrackSource::Microphone, "microphone"),
                "application" => continue,
                other => return Err(Malformed(format!("a section of the kind {other:?}")).into()),
            };
            if !section.sends() {
                continue;
            }
            sends = true;
            if !section.formats().iter().any(|format| format.codec().is_some_and(|codec| codec != Codec::Red)) {
                continue;
            }
            if tracks.iter().any(|track| track.kind == kind) {
                let en = "a session publishes at most one picture and one sound";
                return Err(unusable("too_many_tracks", "一次推流最多一路视频和一路声音", en));
            }
            let mid = section.mid().ok_or_else(|| Malformed("a section without a mid".into()))?;
            let cid = format!("whip-{mid}");
            let layers = if kind == TrackKind::Video { layers(section) } else { Vec::new() };
            section.name_track("whip", &cid);
            let about = TrackAbout { name: name.to_owned(), layers, ..TrackAbout::default() };
            tracks.push(AddTrack { cid, kind, source, about });
        }
        if !sends {
            let en = "the offer sends nothing: a section must be sendonly";
            return Err(unusable("nothing_sent", "SDP 中没有要发送的媒体", en));
        }
        if tracks.is_empty() {
            return Err(no_common_codec());
        }
        Ok(Self { offer, tracks })
    }
}

/// What every offer over HTTP must have, whichever way its media goes.
pub(super) fn check_transport(offer: &Description) -> Result<(), Problem> {
    if offer.sections.is_empty() {
        return Err(Malformed("no media section".into()).into());
    }
    if offer.credentials().is_none() {
        return Err(Malformed("ice-ufrag or ice-pwd is missing".into()).into());
    }
    if offer.fingerprint().is_none() {
        return Err(Malformed("fingerprint:sha-256 is missing".into()).into());
    }
    if !offer.may_be_active() {
        let en = "this server is always the DTLS server (setup:passive): offer setup:actpass or active";
        let zh = "服务器始终是 DTLS 服务端（setup:passive）：客户端须用 setup:actpass 或 active";
        return Err(unusable("dtls_role", zh, en));
    }
    Ok(())
}

/// The layers of a simulcast section, by what their ids mean where that is known, else as they are preferred.
fn layers(section: &Section) -> Vec<VideoLayer> {
    let mut rids = section.rids();
    rids.truncate(MAX_LAYERS);
    let has = |name: &str| rids.iter().any(|rid| rid == name);
    let full_half_quarter = has("f") || has("q");
    let known = |rid: &String| match rid.to_ascii_lowercase().as_str() {
        "q" | "l" | "lo" | "low" => Some(Quality::Low),
        "h" if full_half_quarter => Some(Quality::Medium),
        "m" | "mid" | "med" | "medium" => Some(Quality::Medium),
        "f" | "h" | "hi" | "high" => Some(Quality::High),
        _ => None,
    };
    let by_name: Vec<Option<Quality>> = rids.iter().map(known).collect();
    let distinct = by_name.iter().enumerate().all(|(n, quality)| quality.is_some() && !by_name[..n].contains(quality));
    let steps = [Quality::Low, Quality::Medium, Quality::High];
    let count = rids.len();
    let layer = |(n, rid): (usize, String)| {
        let preferred = steps.get(count - 1 - n).copied().unwrap_or(Quality::High);
        let quality = by_name.get(n).copied().flatten().filter(|_| distinct).unwrap_or(preferred);
        VideoLayer { quality, width: 0, height: 0, bitrate_bps: 0, rid }
    };
    rids.into_iter().enumerate().map(layer).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sdp::tests::OFFER;
    use super::*;
    use axum::response::IntoResponse as _;

    fn refused(sdp: &str) -> (u16, String) {
        let problem = Publication::read(sdp).err().expect("it is refused");
        let status = problem.clone().into_response().status().as_u16();
        let body = serde_json::to_value(problem.body()).unwrap();
        (status, body["code"].as_str().unwrap().to_owned())
    }

    #[test]
    fn what_can_work_becomes_a_camera_and_a_microphone() {
        let Publication { offer, tracks } = Publication::read(OFFER).unwrap();
        let told: Vec<_> = tracks.iter().map(|t| (t.cid.as_str(), t.source)).collect();
        assert_eq!(told, [("whip-0", TrackSource::Microphone), ("whip-1", TrackSource::Camera)]);
        assert!(offer.to_string().contains("a=msid:whip whip-0") && !offer.to_string().contains("a=msid:s a"));
        let layers: Vec<_> = tracks[1].about.layers.iter().map(|l| (l.rid.as_str(), l.quality)).collect();
        assert_eq!(layers, [("hi", Quality::High), ("mid", Quality::Medium), ("lo", Quality::Low)]);
        let numbered = Publication::read(&OFFER.replace("hi;mid,x;~lo", "0;1;2")).unwrap();
        let layers: Vec<_> = numbered.tracks[1].about.layers.iter().map(|l| (l.rid.as_str(), l.quality)).collect();
        assert_eq!(layers, [("0", Quality::High), ("1", Quality::Medium), ("2", Quality::Low)]);
    }

    #[test]
    fn what_cannot_work_is_told_from_what_is_no_offer() {
        assert_eq!(refused("hello"), (400, "malformed_sdp".into()));
        assert_eq!(refused("v=0\r\ns=-\r\n"), (400, "malformed_sdp".into()));
        assert_eq!(refused(&OFFER.replace("a=ice-pwd:", "a=x:")), (400, "malformed_sdp".into()));
        assert_eq!(refused(&OFFER.replace("sha-256", "sha-1")), (400, "malformed_sdp".into()));
        assert_eq!(refused(&OFFER.replace("a=mid:1\r\n", "")), (400, "malformed_sdp".into()));
        assert_eq!(refused(&OFFER.replace("m=video", "m=text")), (400, "malformed_sdp".into()));
        assert_eq!(refused(&OFFER.replace("sendonly", "recvonly")), (422, "nothing_sent".into()));
        assert_eq!(refused(&OFFER.replace("actpass", "passive")), (422, "dtls_role".into()));
        assert_eq!(refused(&OFFER.replace("opus", "G722").replace("VP8", "H265")), (422, "no_common_codec".into()));
        let twice = OFFER.split_once("m=video").map(|(_, video)| format!("{OFFER}m=video{video}")).unwrap();
        assert_eq!(refused(&twice), (422, "too_many_tracks".into()));
    }
}
