//! SDP fragments (RFC 8840, `application/trickle-ice-sdpfrag`): candidates that come later, and restarts of ICE.

use super::sdp::{Credentials, Description, Malformed};
use std::fmt::Write as _;

/// Candidates of one fragment.
const MAX_CANDIDATES: usize = 64;

/// What a client's fragment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) credentials: Option<Credentials>,
    /// `candidate:…`
    pub(super) candidates: Vec<String>,
}

impl Fragment {
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let malformed = |why: &str| Err(Malformed(why.to_owned()));
        let (mut ufrag, mut pwd, mut ended) = (None, None, false);
        let mut candidates: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let Some(attribute) = line.strip_prefix("a=") else {
                if line.starts_with("m=") {
                    continue;
                }
                return malformed("a fragment has only lines a=… and m=…");
            };
            match attribute.split_once(':') {
                Some(("ice-ufrag", value)) => same(&mut ufrag, value)?,
                Some(("ice-pwd", value)) => same(&mut pwd, value)?,
                Some(("candidate", _)) if candidates.len() >= MAX_CANDIDATES => {
                    return Err(Malformed(format!("more than {MAX_CANDIDATES} candidates")));
                }
                Some(("candidate", value)) if value.split_whitespace().count() >= 8 => {
                    candidates.push(attribute.to_owned());
                }
                Some(("candidate", _)) => return malformed("a candidate that is none (RFC 8839, section 5.1)"),
                None if attribute == "end-of-candidates" => ended = true,
                _ => {}
            }
        }
        let credentials = match (ufrag, pwd) {
            (Some(ufrag), Some(pwd)) => Some(Credentials { ufrag, pwd }),
            (None, None) => None,
            _ => return malformed("ice-ufrag and ice-pwd come together"),
        };
        let in_range =
            |text: &str, least| (least..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if credentials.as_ref().is_some_and(|c| !in_range(&c.ufrag, 4) || !in_range(&c.pwd, 22)) {
            return malformed("ice-ufrag or ice-pwd is not as RFC 8839, section 5.4 wants it");
        }
        if credentials.is_none() && candidates.is_empty() && !ended {
            return malformed("the fragment says nothing");
        }
        Ok(Self { credentials, candidates })
    }
}

/// Everything is bundled: one pair of credentials, however often it is named.
fn same(known: &mut Option<String>, value: &str) -> Result<(), Malformed> {
    if known.as_ref().is_some_and(|known| known != value) {
        return Err(Malformed("different credentials in one fragment".into()));
    }
    *known = Some(value.to_owned());
    Ok(())
}

/// What a description of ours says of its transport, as the answer to a restart. `None`: it names no credentials.
pub(super) fn write(ours: &Description) -> Option<String> {
    let Credentials { ufrag, pwd } = ours.credentials()?;
    let section = ours.sections.iter().find(|section| !section.is_rejected() && section.kind() != "application")?;
    let mut text = format!("a=ice-lite\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n");
    let _ = write!(text, "m={} 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:{}\r\n", section.kind(), section.mid()?);
    for candidate in section.values("candidate") {
        let _ = write!(text, "a=candidate:{candidate}\r\n");
    }
    text.push_str("a=end-of-candidates\r\n");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CREDENTIALS: &str = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";

    #[test]
    fn candidates_and_credentials_are_read() {
        let text = format!(
            "{CREDENTIALS}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n{CREDENTIALS}a=candidate:1 1 udp 9 192.0.2.1 6 typ host\r\n\
             a=end-of-candidates\r\n"
        );
        let fragment = Fragment::parse(&text).unwrap();
        assert_eq!(fragment.credentials.unwrap().ufrag, "EsAw");
        assert_eq!(fragment.candidates, ["candidate:1 1 udp 9 192.0.2.1 6 typ host"]);
        assert!(Fragment::parse("a=end-of-candidates\n").unwrap().credentials.is_none());
    }

    #[test]
    fn what_says_nothing_or_nonsense_is_refused() {
        let many = "a=candidate:1 1 udp 9 192.0.2.1 6 typ host\r\n".repeat(MAX_CANDIDATES + 1);
        for text in [
            "",
            "hello",
            "a=mid:0\r\n",
            "a=ice-ufrag:EsAw\r\n",
            "a=ice-ufrag:E\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
            "a=candidate:x\r\n",
            &format!("{CREDENTIALS}a=ice-ufrag:Other\r\n"),
            &many,
        ] {
            assert!(Fragment::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), lines in proptest::collection::vec("(a=|m=|)[ -~]{0,60}", 0..9)) {
            let _ = Fragment::parse(&text);
            let _ = Fragment::parse(&lines.join("\r\n"));
        }

        #[test]
        fn what_is_said_is_read(
            ufrag in "[a-zA-Z0-9+/]{4,40}",
            pwd in "[a-zA-Z0-9+/]{22,60}",
            ports in proptest::collection::vec(any::<u16>(), 0..MAX_CANDIDATES),
        ) {
            let candidates: Vec<String> =
                ports.iter().map(|port| format!("candidate:1 1 udp 9 192.0.2.1 {port} typ host")).collect();
            let said: String = candidates.iter().map(|candidate| format!("a={candidate}\r\n")).collect();
            let fragment = Fragment::parse(&format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n{said}")).unwrap();
            prop_assert_eq!(fragment, Fragment { credentials: Some(Credentials { ufrag, pwd }), candidates });
        }
    }
}
