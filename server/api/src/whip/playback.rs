//! A player's offer to receive, beside the offer that the media plane makes to every receiver: one description for each
//! side, so that both are answered. The client keeps its own numbers and gets our streams.

use super::publication::check_transport;
use super::refusal::unusable;
use super::sdp::{Credentials, Description, Format, Section};
use crate::problem::Problem;
use lianxian_model::ids::TrackSid;
use lianxian_model::link::TrackView;
use lianxian_model::media::{Codec, TrackKind};
use std::fmt::Write as _;

/// The payload types inside RED's blocks, which nobody rewrites (RFC 2198): Opus's, and RED's own.
const OPUS_IN_RED: u8 = 111;
const RED: u8 = 63;
const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";

/// A track and the section of the client's offer that receives it.
#[derive(Clone, Debug)]
struct Place {
    track: TrackSid,
    section: usize,
    codec: Codec,
}

#[derive(Clone, Debug)]
pub(super) struct Playback {
    offer: Description,
    credentials: Credentials,
    fingerprint: String,
    places: Vec<Place>,
}

/// What each side is told after one offer of the media plane.
pub(super) struct Told {
    pub(super) client: String,
    pub(super) media: String,
    /// How many of the tracks the offer carried.
    pub(super) carried: usize,
}

impl Playback {
    /// # Errors
    /// 400 for what is no offer, 422 for one that receives nothing.
    pub(super) fn read(sdp: &str) -> Result<Self, Problem> {
        let offer = Description::parse(sdp)?;
        check_transport(&offer)?;
        let receives = |section: &Section| section.receives() && section.mid().is_some();
        if !offer.sections.iter().any(|section| matches!(section.kind(), "audio" | "video") && receives(section)) {
            let en = "the offer receives nothing: a section must be recvonly";
            return Err(unusable("nothing_received", "SDP 中没有要接收的媒体", en));
        }
        // Both were looked for above.
        let credentials = offer.credentials().unwrap_or(Credentials { ufrag: String::new(), pwd: String::new() });
        let fingerprint = offer.fingerprint().unwrap_or_default().to_owned();
        Ok(Self { offer, credentials, fingerprint, places: Vec::new() })
    }

    pub(super) fn wants(&self, kind: TrackKind) -> bool {
        self.offer.sections.iter().any(|section| section.kind() == word(kind) && section.receives())
    }

    /// Gives the track the first section of its kind that can take its codec; false if there is none.
    pub(super) fn place(&mut self, track: &TrackView) -> bool {
        let Some(codec) = track.codec else { return false };
        let taken: Vec<usize> = self.places.iter().map(|place| place.section).collect();
        let fits = |(at, section): &(usize, &Section)| {
            section.kind() == word(track.kind)
                && section.receives()
                && section.mid().is_some()
                && !taken.contains(at)
                && !formats_for(section, codec).is_empty()
        };
        let found = self.offer.sections.iter().enumerate().find(fits).map(|(at, _)| at);
        if let Some(section) = found {
            self.places.push(Place { track: track.sid.clone(), section, codec });
        }
        found.is_some()
    }

    pub(super) fn tracks(&self) -> Vec<TrackSid> {
        self.places.iter().map(|place| place.track.clone()).collect()
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The client restarts ICE.
    pub(super) fn restart(&mut self, credentials: Credentials) {
        self.credentials = credentials;
    }

    /// Answers the media plane's offer in the client's name, and the client's offer in the media plane's.
    pub(super) fn answer(&self, ours: &Description, mid_to_track: &[(String, TrackSid)]) -> Told {
        let place_of = |section: &Section| {
            let mid = section.mid()?;
            let (_, track) = mid_to_track.iter().find(|(carried, _)| carried == mid)?;
            self.places.iter().find(|place| place.track == *track)
        };
        let pairs: Vec<(&Section, Option<&Place>)> =
            ours.sections.iter().map(|section| (section, place_of(section))).collect();
        Told {
            client: self.to_client(ours, &pairs),
            media: self.to_media(&pairs),
            carried: pairs.iter().filter(|(_, place)| place.is_some()).count(),
        }
    }

    fn to_client(&self, ours: &Description, pairs: &[(&Section, Option<&Place>)]) -> String {
        let pair_of = |at: usize| pairs.iter().find(|(_, place)| place.is_some_and(|place| place.section == at));
        let of_bundle = |(at, section): (usize, &Section)| pair_of(at).and_then(|_| section.mid().map(str::to_owned));
        let bundle: Vec<String> = self.offer.sections.iter().enumerate().filter_map(of_bundle).collect();
        let mut sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=msid-semantic: WMS *\r\na=ice-lite\r\n",
            bundle.join(" ")
        );
        for (at, section) in self.offer.sections.iter().enumerate() {
            match pair_of(at) {
                Some((sent, Some(place))) => {
                    let formats = formats_for(section, place.codec);
                    media_line(&mut sdp, section.kind(), &formats);
                    own_transport(&mut sdp, ours, sent);
                    mid(&mut sdp, section);
                    sdp.push_str("a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n");
                    for (id, uri) in shared_extensions(section, sent) {
                        let _ = write!(sdp, "a=extmap:{id} {uri}\r\n");
                    }
                    maps(&mut sdp, &formats);
                    feedback(&mut sdp, &formats, section, sent);
                    // Our streams are told by their numbers: without MID in the packets nothing else tells them apart.
                    for line in ["msid", "ssrc-group", "ssrc"] {
                        for value in sent.values(line) {
                            let _ = write!(sdp, "a={line}:{value}\r\n");
                        }
                    }
                }
                _ => {
                    let protocol = if section.kind() == "application" {
                        "UDP/DTLS/SCTP webrtc-datachannel"
                    } else {
                        "UDP/TLS/RTP/SAVPF 0"
                    };
                    let _ = write!(sdp, "m={} 0 {protocol}\r\nc=IN IP4 0.0.0.0\r\n", section.kind());
                    mid(&mut sdp, section);
                    sdp.push_str("a=inactive\r\n");
                }
            }
        }
        sdp
    }

    fn to_media(&self, pairs: &[(&Section, Option<&Place>)]) -> String {
        let Credentials { ufrag, pwd } = &self.credentials;
        let fingerprint = &self.fingerprint;
        let mut sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n\
             a=fingerprint:{fingerprint}\r\na=setup:active\r\n"
        );
        for (sent, place) in pairs {
            let received = place.and_then(|place| Some((self.offer.sections.get(place.section)?, place.codec)));
            match received {
                Some((section, codec)) => {
                    let formats = formats_for(section, codec);
                    media_line(&mut sdp, sent.kind(), &formats);
                    mid(&mut sdp, sent);
                    sdp.push_str("a=recvonly\r\na=rtcp-mux\r\n");
                    for (id, uri) in shared_extensions(section, sent) {
                        let _ = write!(sdp, "a=extmap:{id} {uri}\r\n");
                    }
                    maps(&mut sdp, &formats);
                    feedback(&mut sdp, &formats, section, sent);
                }
                None => {
                    let protocol = if sent.kind() == "application" {
                        "UDP/DTLS/SCTP webrtc-datachannel"
                    } else {
                        "UDP/TLS/RTP/SAVPF 0"
                    };
                    let _ = write!(sdp, "m={} 0 {protocol}\r\n", sent.kind());
                    mid(&mut sdp, sent);
                    sdp.push_str("a=inactive\r\n");
                }
            }
        }
        sdp
    }
}

fn word(kind: TrackKind) -> &'static str {
    match kind {
        TrackKind::Audio => "audio",
        TrackKind::Video => "video",
    }
}

/// The client's formats in which it can be sent a track of this codec; empty: it cannot.
fn formats_for(section: &Section, codec: Codec) -> Vec<Format> {
    let all = section.formats();
    let of = |codec: Codec| all.iter().filter(move |format| format.codec() == Some(codec));
    match codec {
        Codec::Red => {
            let red = of(Codec::Red).find(|f| f.payload_type == RED && f.fmtp.starts_with("111/111"));
            let opus = of(Codec::Opus).find(|f| f.payload_type == OPUS_IN_RED);
            match (red, opus) {
                (Some(red), Some(opus)) => vec![red.clone(), opus.clone()],
                // The media plane sends the new block alone, as Opus.
                _ => of(Codec::Opus).next().cloned().into_iter().collect(),
            }
        }
        Codec::H264 => {
            // Profiles differ, decoders seldom do: the one that everybody has first.
            let baseline = of(Codec::H264).find(|format| format.fmtp.contains("profile-level-id=42e0"));
            baseline.or_else(|| of(Codec::H264).next()).cloned().into_iter().collect()
        }
        _ => of(codec).next().cloned().into_iter().collect(),
    }
}

fn media_line(sdp: &mut String, kind: &str, formats: &[Format]) {
    let types = formats.iter().flat_map(|format| [Some(format.payload_type), format.rtx]).flatten();
    let types: Vec<String> = types.map(|number| number.to_string()).collect();
    let _ = write!(sdp, "m={kind} 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\n", types.join(" "));
}

fn mid(sdp: &mut String, section: &Section) {
    if let Some(mid) = section.mid() {
        let _ = write!(sdp, "a=mid:{mid}\r\n");
    }
}

/// The media plane's transport, as its offer names it; the handshake is the client's to open.
fn own_transport(sdp: &mut String, ours: &Description, sent: &Section) {
    if let Some(Credentials { ufrag, pwd }) = ours.credentials() {
        let _ = write!(sdp, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n");
    }
    if let Some(fingerprint) = ours.fingerprint() {
        let _ = write!(sdp, "a=fingerprint:{fingerprint}\r\n");
    }
    sdp.push_str("a=setup:passive\r\n");
    for candidate in sent.values("candidate") {
        let _ = write!(sdp, "a=candidate:{candidate}\r\n");
    }
    sdp.push_str("a=end-of-candidates\r\n");
}

/// Extensions that both know, under the client's ids. MID would carry our section's name, which is not the client's.
fn shared_extensions<'a>(client: &'a Section, sent: &Section) -> Vec<(&'a str, &'a str)> {
    let known = sent.extensions();
    let shared = |(_, uri): &(&str, &str)| *uri != MID && known.iter().any(|(_, ours)| ours == uri);
    client.extensions().into_iter().filter(shared).collect()
}

fn maps(sdp: &mut String, formats: &[Format]) {
    for Format { payload_type, map, fmtp, rtx } in formats {
        let _ = write!(sdp, "a=rtpmap:{payload_type} {map}\r\n");
        if !fmtp.is_empty() {
            let _ = write!(sdp, "a=fmtp:{payload_type} {fmtp}\r\n");
        }
        if let Some(rtx) = rtx {
            let _ = write!(sdp, "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={payload_type}\r\n");
        }
    }
}

/// The kinds of feedback that both name, whatever codec they name them for.
fn feedback(sdp: &mut String, formats: &[Format], client: &Section, sent: &Section) {
    let kinds = |section: &Section| -> Vec<String> {
        section.values("rtcp-fb").filter_map(|value| value.split_once(' ')).map(|(_, kind)| kind.to_owned()).collect()
    };
    let (theirs, mut shared) = (kinds(client), kinds(sent));
    shared.sort();
    shared.dedup();
    for kind in shared.iter().filter(|kind| theirs.contains(kind)) {
        for format in formats {
            let _ = write!(sdp, "a=rtcp-fb:{} {kind}\r\n", format.payload_type);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_model::link::TrackAbout;
    use lianxian_model::media::TrackSource;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA\r\na=setup:actpass\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 100\r\na=mid:a\r\na=recvonly\r\na=rtpmap:100 opus/48000/2\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 101 102 103\r\na=mid:v\r\na=recvonly\r\na=rtpmap:101 VP8/90000\r\n\
        a=rtcp-fb:101 nack\r\na=rtcp-fb:101 goog-remb\r\na=rtpmap:102 rtx/90000\r\na=fmtp:102 apt=101\r\n\
        a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=64001f\r\n\
        a=extmap:7 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:5 urn:x\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n";
    const OURS: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=ice-ufrag:ours\r\na=ice-pwd:ours-pwd\r\n\
        a=fingerprint:sha-256 BB\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n\
        a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
        a=extmap:8 urn:x\r\na=msid:PA|TR TR\r\na=ssrc-group:FID 1 2\r\na=ssrc:1 cname:c\r\n";

    fn track(sid: &str, kind: TrackKind, codec: Codec) -> TrackView {
        TrackView {
            sid: sid.into(),
            kind,
            source: TrackSource::Camera,
            about: TrackAbout::default(),
            mid: "0".into(),
            codec: Some(codec),
            cid: String::new(),
        }
    }

    #[test]
    fn each_side_is_told_in_its_own_numbers() {
        let mut playback = Playback::read(OFFER).unwrap();
        assert!(playback.place(&track("TR", TrackKind::Video, Codec::Vp8)));
        assert!(!playback.place(&track("TR2", TrackKind::Video, Codec::Vp8)), "one section, one track");
        let ours = Description::parse(OURS).unwrap();
        let told = playback.answer(&ours, &[("1".into(), "TR".into())]);
        assert_eq!(told.carried, 1);
        let client = Description::parse(&told.client).unwrap();
        let kinds: Vec<_> = client.sections.iter().map(|s| (s.kind(), s.mid().unwrap(), s.is_rejected())).collect();
        assert_eq!(kinds, [("audio", "a", true), ("video", "v", false), ("application", "d", true)]);
        assert_eq!(client.credentials().unwrap().ufrag, "ours");
        for line in [
            "a=group:BUNDLE v\r\n",
            "m=video 9 UDP/TLS/RTP/SAVPF 101 102\r\n",
            "a=setup:passive",
            "a=sendonly",
            "a=ssrc:1 cname:c",
            "a=ssrc-group:FID 1 2",
            "a=extmap:5 urn:x",
            "a=rtcp-fb:101 nack\r\n",
            "a=candidate:1 1 udp",
        ] {
            assert!(told.client.contains(line), "{line} is missing in\n{}", told.client);
        }
        assert!(
            !told.client.contains("sdes:mid") && !told.client.contains("goog-remb") && !told.client.contains("103")
        );
        let media = Description::parse(&told.media).unwrap();
        assert_eq!(media.credentials().unwrap().ufrag, "abcd");
        let kinds: Vec<_> = media.sections.iter().map(|s| (s.mid().unwrap(), s.is_rejected())).collect();
        assert_eq!(kinds, [("0", true), ("1", false)]);
        assert!(told.media.contains("a=rtpmap:101 VP8/90000") && told.media.contains("a=fmtp:102 apt=101"));
    }

    #[test]
    fn a_codec_that_the_player_lacks_has_no_place() {
        let mut playback = Playback::read(OFFER).unwrap();
        assert!(!playback.place(&track("TR", TrackKind::Video, Codec::Vp9)));
        assert!(
            playback.clone().place(&track("TR", TrackKind::Audio, Codec::Red)),
            "without RED it gets the Opus in it"
        );
        assert!(playback.place(&track("TR", TrackKind::Audio, Codec::Opus)));
        assert!(playback.place(&track("TR", TrackKind::Video, Codec::H264)), "any profile rather than none");
        assert!(Playback::read(&OFFER.replace("recvonly", "sendonly")).is_err());
    }
}
