//! The assistance session 求助会话: a station and those who help it, and who of them receives whom.
//!
//! | mode of the publisher | its picture goes to | its sound goes to |
//! |---|---|---|
//! | `present` (the station) | everyone else | everyone else |
//! | `join` | everyone else | everyone else |
//! | `whisper` | everyone else | those who join or whisper, never the station |
//! | `watch` | nobody | nobody |

use crate::ids::{AccountId, EndpointId, PersonId, RequestId, SessionId};
use crate::session::Mode;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long an assistance waits for whoever leads it: long enough to log in at another computer.
pub const ASSIST_GRACE_MS: i64 = 120_000;
/// People who may attend one assistance at once, beside the station.
pub const MAX_PARTIES: usize = 12;

/// What an assistance is beyond its session. Its station and where it came from never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assist {
    pub session_id: SessionId,
    /// The one endpoint of the site that takes part.
    pub station: EndpointId,
    /// The help request that it answers; none: the centre called.
    pub request_id: Option<RequestId>,
    pub request_number: Option<String>,
    /// The site agreed: by its request, or by answering the call. Until then nothing flows either way.
    pub answered_ms: Option<Millis>,
}

/// Someone who was asked to join. Evidence: never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub session_id: SessionId,
    pub seq: i64,
    pub account_id: AccountId,
    pub person_id: PersonId,
    pub name: String,
    pub mode: Mode,
    pub by_account: AccountId,
    pub by_name: String,
    pub at_ms: Millis,
}

/// One end of an assistance as it attends now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub endpoint: EndpointId,
    pub mode: Mode,
}

/// One may receive of the other these kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyFlow {
    pub publisher: EndpointId,
    pub subscriber: EndpointId,
    pub video: bool,
    pub audio: bool,
}

impl Mode {
    /// Whether someone who attends an assistance in this mode may be seen and heard in it.
    pub fn may_publish_in_assist(self) -> bool {
        matches!(self, Mode::Join | Mode::Whisper | Mode::Present)
    }

    /// The modes in which a person at a console may attend an assistance.
    pub fn is_party(self) -> bool {
        matches!(self, Mode::Join | Mode::Whisper | Mode::Watch)
    }
}

/// Who receives what of whom among those who attend now.
pub fn flows(parties: &[Party]) -> Vec<PartyFlow> {
    let mut flows = Vec::new();
    for publisher in parties.iter().filter(|party| party.mode.may_publish_in_assist()) {
        for subscriber in parties.iter().filter(|party| party.endpoint != publisher.endpoint) {
            let audio = match publisher.mode {
                Mode::Whisper => matches!(subscriber.mode, Mode::Join | Mode::Whisper),
                _ => true,
            };
            flows.push(PartyFlow {
                publisher: publisher.endpoint.clone(),
                subscriber: subscriber.endpoint.clone(),
                video: true,
                audio,
            });
        }
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(parties: &[(&str, Mode)]) -> Vec<String> {
        let parties: Vec<Party> =
            parties.iter().map(|(endpoint, mode)| Party { endpoint: (*endpoint).into(), mode: *mode }).collect();
        let word = |flow: &PartyFlow| match (flow.video, flow.audio) {
            (true, true) => "va",
            (true, false) => "v",
            (false, true) => "a",
            (false, false) => "",
        };
        flows(&parties).iter().map(|f| format!("{}>{} {}", f.publisher, f.subscriber, word(f))).collect()
    }

    #[test]
    fn two_see_and_hear_each_other() {
        assert_eq!(table(&[("station", Mode::Present), ("op", Mode::Join)]), ["station>op va", "op>station va"]);
        assert_eq!(table(&[("op", Mode::Join)]), Vec::<String>::new());
    }

    #[test]
    fn of_three_each_pair_sees_and_hears_each_other() {
        let all = table(&[("station", Mode::Present), ("op", Mode::Join), ("expert", Mode::Join)]);
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|flow| flow.ends_with(" va")), "{all:?}");
    }

    #[test]
    fn a_whisper_reaches_who_joins_or_whispers_and_never_the_station() {
        let all = table(&[
            ("station", Mode::Present),
            ("op", Mode::Join),
            ("expert", Mode::Whisper),
            ("second", Mode::Whisper),
            ("guest", Mode::Watch),
        ]);
        for heard in ["expert>op va", "expert>second va", "second>expert va", "op>station va", "station>expert va"] {
            assert!(all.contains(&heard.to_owned()), "{heard} of {all:?}");
        }
        for unheard in ["expert>station v", "second>station v", "expert>guest v"] {
            assert!(all.contains(&unheard.to_owned()), "{unheard} of {all:?}");
        }
        assert!(all.contains(&"op>guest va".to_owned()));
    }

    #[test]
    fn who_only_watches_is_received_by_nobody() {
        for mode in Mode::ALL {
            let sent = table(&[("station", Mode::Present), ("x", *mode)]);
            let publishes = sent.iter().any(|flow| flow.starts_with("x>"));
            assert_eq!(publishes, matches!(mode, Mode::Join | Mode::Whisper | Mode::Present), "{mode}");
        }
    }
}
