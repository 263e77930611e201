//! A description (RFC 8866) as its lines: what has to be known of an offer before anyone is told of it, and what is
//! changed in it. The media plane reads for itself whatever it is handed.

use lianxian_model::media::Codec;
use std::fmt;

/// Lines and media sections of one description; its bytes are limited by the request's body.
const MAX_LINES: usize = 4_096;
const MAX_SECTIONS: usize = 32;
/// There are no more (RFC 3551).
const MAX_PAYLOAD_TYPES: usize = 128;

/// Text that is no description, and where it stops being one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub(super) String);

/// `ice-ufrag` and `ice-pwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) pwd: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    /// Whole lines before the first section.
    session: Vec<String>,
    pub(super) sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// What stands after `m=`.
    media: String,
    /// Whole lines after that one.
    lines: Vec<String>,
}

/// One payload type of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) payload_type: u8,
    /// `VP8/90000`.
    pub(super) map: String,
    pub(super) fmtp: String,
    /// The payload type of its retransmissions.
    pub(super) rtx: Option<u8>,
}

impl Format {
    /// The codec, if it is one that the media plane takes. H.264 without fragmentation is not.
    pub(super) fn codec(&self) -> Option<Codec> {
        let name = self.map.split('/').next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "opus" => Some(Codec::Opus),
            "red" => Some(Codec::Red),
            "vp8" => Some(Codec::Vp8),
            "vp9" => Some(Codec::Vp9),
            "av1" => Some(Codec::Av1),
            "h264" if self.fmtp.contains("packetization-mode=1") => Some(Codec::H264),
            _ => None,
        }
    }
}

impl Description {
    /// Reads the lines; every one must be of the form `x=…`.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut description = Self { session: Vec::new(), sections: Vec::new() };
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            if number >= MAX_LINES {
                return Err(Malformed(format!("more than {MAX_LINES} lines")));
            }
            let mut chars = line.chars();
            let typed = chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.next() == Some('=');
            if !typed || line.chars().any(char::is_control) {
                return Err(Malformed(format!("line {} is not of the form x=…", number + 1)));
            }
            if let Some(media) = line.strip_prefix("m=") {
                if description.sections.len() >= MAX_SECTIONS {
                    return Err(Malformed(format!("more than {MAX_SECTIONS} media sections")));
                }
                description.sections.push(Section { media: media.to_owned(), lines: Vec::new() });
                continue;
            }
            let lines = description.sections.last_mut().map_or(&mut description.session, |section| &mut section.lines);
            lines.push(line.to_owned());
        }
        if description.session.first().map(String::as_str) != Some("v=0") {
            return Err(Malformed("it does not begin with v=0".into()));
        }
        Ok(description)
    }

    /// The values of an attribute, those of the session first.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_sections = self.sections.iter().flat_map(move |section| values(&section.lines, name));
        values(&self.session, name).chain(of_sections)
    }

    /// The first that are named: everything is bundled.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        let first = |name| self.all(name).find(|value| !value.is_empty()).map(str::to_owned);
        Some(Credentials { ufrag: first("ice-ufrag")?, pwd: first("ice-pwd")? })
    }

    /// The SHA-256 fingerprint's whole value.
    pub(super) fn fingerprint(&self) -> Option<&str> {
        self.all("fingerprint").find(|value| value.get(..8).is_some_and(|name| name.eq_ignore_ascii_case("sha-256 ")))
    }

    /// Whether it leaves the client's role in DTLS open to its writer: we are the server of every handshake.
    pub(super) fn may_be_active(&self) -> bool {
        !self.all("setup").any(|setup| setup == "passive")
    }

    /// The same under other credentials, and without candidates: an ICE restart (RFC 8839, section 4.4.1.1.1).
    pub(super) fn restarted(&self, credentials: &Credentials) -> Self {
        let change = |lines: &[String]| {
            let kept = lines.iter().filter(|line| !line.starts_with("a=candidate:"));
            kept.map(|line| match line.split_once(':') {
                Some(("a=ice-ufrag", _)) => format!("a=ice-ufrag:{}", credentials.ufrag),
                Some(("a=ice-pwd", _)) => format!("a=ice-pwd:{}", credentials.pwd),
                _ => line.clone(),
            })
            .collect()
        };
        let sections = self.sections.iter();
        let sections =
            sections.map(|section| Section { media: section.media.clone(), lines: change(&section.lines) }).collect();
        Self { session: change(&self.session), sections }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.session {
            write!(f, "{line}\r\n")?;
        }
        for section in &self.sections {
            write!(f, "m={}\r\n", section.media)?;
            for line in &section.lines {
                write!(f, "{line}\r\n")?;
            }
        }
        Ok(())
    }
}

impl Section {
    /// `audio`, `video`, `application` …
    pub(super) fn kind(&self) -> &str {
        self.media.split(' ').next().unwrap_or_default()
    }

    /// Port 0 without bundling: it is not to be used (RFC 3264, section 6).
    pub(super) fn is_rejected(&self) -> bool {
        self.media.split(' ').nth(1) == Some("0") && !self.has("bundle-only")
    }

    pub(super) fn mid(&self) -> Option<&str> {
        self.value("mid").filter(|mid| !mid.is_empty())
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        values(&self.lines, name).next()
    }

    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        values(&self.lines, name)
    }

    pub(super) fn sends(&self) -> bool {
        !self.is_rejected() && !self.has("recvonly") && !self.has("inactive")
    }

    pub(super) fn receives(&self) -> bool {
        !self.is_rejected() && !self.has("sendonly") && !self.has("inactive")
    }

    /// Payload types with their maps, in the order of preference; those of retransmissions belong to what they repair.
    pub(super) fn formats(&self) -> Vec<Format> {
        let of = |name: &'static str| {
            let pairs = values(&self.lines, name).filter_map(|value| value.split_once(' '));
            let numbered = pairs.filter_map(|(number, rest)| Some((number.parse::<u8>().ok()?, rest)));
            numbered.take(MAX_PAYLOAD_TYPES).collect::<Vec<_>>()
        };
        let (maps, fmtps) = (of("rtpmap"), of("fmtp"));
        let fmtp = |payload_type: u8| {
            fmtps.iter().find(|(number, _)| *number == payload_type).map_or("", |(_, parameters)| parameters)
        };
        let map = |payload_type: u8| maps.iter().find(|(number, _)| *number == payload_type).map(|(_, map)| *map);
        let is_rtx = |map: &str| map.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("rtx/"));
        let mut listed: Vec<u8> = Vec::new();
        for number in self.media.split(' ').skip(3).filter_map(|number| number.parse().ok()) {
            if usize::from(number) < MAX_PAYLOAD_TYPES && !listed.contains(&number) {
                listed.push(number);
            }
        }
        // (repaired, by): RFC 4588, section 8.1.
        let repairs: Vec<(u8, u8)> = listed
            .iter()
            .filter(|number| map(**number).is_some_and(is_rtx))
            .filter_map(|number| {
                let repaired = fmtp(*number).split(';').find_map(|p| p.trim().strip_prefix("apt="))?;
                Some((repaired.parse().ok()?, *number))
            })
            .collect();
        let rtx_of = |wanted: u8| repairs.iter().find(|(repaired, _)| *repaired == wanted).map(|(_, rtx)| *rtx);
        let media = listed.iter().filter_map(|number| Some((*number, map(*number)?)));
        media
            .filter(|(_, map)| !is_rtx(map))
            .map(|(payload_type, map)| Format {
                payload_type,
                map: map.to_owned(),
                fmtp: fmtp(payload_type).to_owned(),
                rtx: rtx_of(payload_type),
            })
            .collect()
    }

    /// (id, URI) of the header extensions.
    pub(super) fn extensions(&self) -> Vec<(&str, &str)> {
        values(&self.lines, "extmap")
            .filter_map(|value| {
                let mut words = value.split_whitespace();
                Some((words.next()?.split('/').next()?, words.next()?))
            })
            .collect()
    }

    /// The ids of what it sends at once (RFC 8853), as they are listed: the first is preferred.
    pub(super) fn rids(&self) -> Vec<String> {
        let simulcast = self.value("simulcast").unwrap_or_default();
        let mut words = simulcast.split_whitespace();
        while let Some(word) = words.next() {
            if word == "send" {
                let list = words.next().unwrap_or_default().split(';');
                // Of alternatives the first; a paused one is still one.
                let first =
                    |choice: &str| choice.split(',').next().unwrap_or_default().trim_start_matches('~').to_owned();
                return list.map(first).filter(|rid| !rid.is_empty()).collect();
            }
        }
        Vec::new()
    }

    /// Names the track that it carries, in place of whatever its writer called it.
    pub(super) fn name_track(&mut self, stream: &str, track: &str) {
        self.lines.retain(|line| !line.starts_with("a=msid:"));
        self.lines.push(format!("a=msid:{stream} {track}"));
    }
}

fn values<'a>(lines: &'a [String], name: &str) -> impl Iterator<Item = &'a str> {
    lines.iter().filter_map(move |line| {
        let rest = line.strip_prefix("a=")?.strip_prefix(name)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix(':') }
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
        a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=rtpmap:96 opus/48000/2\r\na=msid:s a\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 97 98 99\r\na=mid:1\r\na=sendonly\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789012345678901\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 packetization-mode=0\r\n\
        a=rtpmap:98 VP8/90000\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=simulcast:send hi;mid,x;~lo\r\n\
        a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=extmap:3/sendonly urn:x y\r\n";

    #[test]
    fn an_offer_is_read_and_written_as_it_was() {
        let offer = Description::parse(OFFER).unwrap();
        assert_eq!(offer.to_string(), OFFER);
        assert_eq!(offer.credentials().unwrap().ufrag, "abcd");
        assert_eq!(offer.fingerprint(), Some("sha-256 AA:BB"));
        assert!(offer.may_be_active());
        let video = &offer.sections[1];
        assert_eq!((video.kind(), video.mid(), video.sends(), video.receives()), ("video", Some("1"), true, false));
        let formats = video.formats();
        let read: Vec<_> = formats.iter().map(|f| (f.payload_type, f.codec(), f.rtx)).collect();
        assert_eq!(read, [(97, None, None), (98, Some(Codec::Vp8), Some(99))]);
        assert_eq!(video.rids(), ["hi", "mid", "lo"]);
        assert_eq!(video.extensions(), [("3", "urn:x")]);
    }

    #[test]
    fn a_format_that_is_listed_often_is_one() {
        let often = OFFER.replace("SAVPF 97 98 99", &format!("SAVPF {}", "98 99 ".repeat(5_000).trim()));
        let formats = Description::parse(&often).unwrap().sections[1].formats();
        assert_eq!(formats.iter().map(|f| (f.payload_type, f.rtx)).collect::<Vec<_>>(), [(98, Some(99))]);
    }

    #[test]
    fn a_restart_changes_the_credentials_alone() {
        let fresh = Credentials { ufrag: "wxyz".into(), pwd: "9876543210987654321098".into() };
        let again = Description::parse(OFFER).unwrap().restarted(&fresh);
        assert_eq!(again.credentials(), Some(fresh));
        let text = again.to_string();
        assert!(!text.contains("abcd") && !text.contains("candidate") && text.contains("sha-256 AA:BB"));
        assert_eq!(text.matches("a=ice-ufrag:wxyz").count(), 2);
    }

    #[test]
    fn what_is_no_description_is_said_to_be_none() {
        for text in ["", "hello", "v=1\r\n", "v=0\r\nM=x\r\n", "v=0\r\na=\u{7}\r\n"] {
            assert!(Description::parse(text).is_err(), "{text:?}");
        }
        assert!(Description::parse(&format!("v=0\r\n{}", "m=audio 9 X 0\r\n".repeat(MAX_SECTIONS + 1))).is_err());
        assert!(Description::parse(&format!("v=0\r\n{}", "a=x\r\n".repeat(MAX_LINES + 1))).is_err());
    }

    /// Everything that is asked of a description.
    fn ask(description: &Description) {
        let _ = (description.credentials(), description.fingerprint(), description.may_be_active());
        for section in &description.sections {
            let _ = (section.kind(), section.mid(), section.sends(), section.receives(), section.is_rejected());
            let _ = (section.formats(), section.rids(), section.extensions());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), at in 0..OFFER.len(), length in 0..60usize) {
            let mut bent = OFFER.to_owned();
            bent.replace_range(at..(at + length).min(OFFER.len()), &text);
            for text in [text, bent] {
                if let Ok(description) = Description::parse(&text) {
                    ask(&description);
                    let written = description.to_string();
                    prop_assert_eq!(Description::parse(&written), Ok(description));
                }
            }
        }

        #[test]
        fn lines_of_its_form_are_read_and_written(lines in proptest::collection::vec("[a-z]=[ -~]{0,40}", 0..40)) {
            let text = format!("v=0\r\n{}", lines.iter().map(|line| format!("{line}\r\n")).collect::<String>());
            let description = Description::parse(&text);
            if let Ok(description) = &description {
                ask(description);
                prop_assert_eq!(description.to_string(), text);
            }
            let sections = lines.iter().filter(|line| line.starts_with("m=")).count();
            prop_assert_eq!(description.is_ok(), sections <= MAX_SECTIONS);
        }
    }
}
