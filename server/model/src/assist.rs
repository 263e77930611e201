//! The assistance session 求助会话: a station and those who help it, and who of them receives whom.
//!
//! | mode of the publisher | its picture goes to | its sound goes to |
//! |---|---|---|
//! | `present` (the station) | everyone else | everyone else |
//! | `join` | everyone else | everyone else |
//! | `whisper` | everyone else | those who join or whisper, and the station while earphones are worn there |
//! | `watch` | nobody | nobody |
//! | `guest` | everyone else, if agreed to | everyone else, if agreed to |
//!
//! A guest hears who joins and the station, and never a whisper. Where sound waits for a consent, nobody's passes.

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
    /// Whoever is at the station wears earphones: whom it helps does not hear what comes there.
    pub earphones: bool,
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
    /// What it may send beside its mode: of a guest what was agreed to, of everyone else both.
    pub picture: bool,
    pub sound: bool,
    /// Of the station: earphones are worn there.
    pub earphones: bool,
}

impl Party {
    /// Someone who needs to agree to nothing, with no earphones.
    pub fn of(endpoint: EndpointId, mode: Mode) -> Self {
        Self { endpoint, mode, picture: true, sound: true, earphones: false }
    }

    fn hears_whispers(&self) -> bool {
        match self.mode {
            Mode::Join | Mode::Whisper => true,
            Mode::Present => self.earphones,
            Mode::Watch | Mode::Talk | Mode::Release | Mode::Guest => false,
        }
    }
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
        matches!(self, Mode::Join | Mode::Whisper | Mode::Present | Mode::Guest)
    }

    /// The modes in which a person at a console may attend an assistance.
    pub fn is_party(self) -> bool {
        matches!(self, Mode::Join | Mode::Whisper | Mode::Watch)
    }
}

/// Who receives what of whom among those who attend now. `sound_may_pass`: see [`crate::guest::sound_may_pass`].
pub fn flows(parties: &[Party], sound_may_pass: bool) -> Vec<PartyFlow> {
    let mut flows = Vec::new();
    for publisher in parties.iter().filter(|party| party.mode.may_publish_in_assist()) {
        for subscriber in parties.iter().filter(|party| party.endpoint != publisher.endpoint) {
            let heard = match publisher.mode {
                Mode::Whisper => subscriber.hears_whispers(),
                _ => true,
            };
            flows.push(PartyFlow {
                publisher: publisher.endpoint.clone(),
                subscriber: subscriber.endpoint.clone(),
                video: publisher.picture,
                audio: heard && publisher.sound && sound_may_pass,
            });
        }
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(parties: &[(&str, Mode)]) -> Vec<String> {
        told(&parties.iter().map(|(endpoint, mode)| Party::of((*endpoint).into(), *mode)).collect::<Vec<_>>(), true)
    }

    fn told(parties: &[Party], sound_may_pass: bool) -> Vec<String> {
        let word = |flow: &PartyFlow| match (flow.video, flow.audio) {
            (true, true) => "va",
            (true, false) => "v",
            (false, true) => "a",
            (false, false) => "",
        };
        flows(parties, sound_may_pass).iter().map(|f| format!("{}>{} {}", f.publisher, f.subscriber, word(f))).collect()
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
    fn a_whisper_reaches_who_joins_or_whispers_and_not_the_station() {
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
    fn earphones_let_the_station_alone_hear_whispers() {
        let worn = |mode| Party { earphones: true, ..Party::of("who".into(), mode) };
        for mode in Mode::ALL {
            let all = told(&[worn(*mode), Party::of("expert".into(), Mode::Whisper)], true);
            let hears = matches!(mode, Mode::Join | Mode::Whisper | Mode::Present);
            assert_eq!(all.contains(&"expert>who va".to_owned()), hears, "{mode}: {all:?}");
        }
        let all = told(&[worn(Mode::Present), Party::of("expert".into(), Mode::Whisper)], false);
        assert!(all.contains(&"expert>who v".to_owned()), "nothing is heard where sound waits: {all:?}");
    }

    #[test]
    fn who_only_watches_is_received_by_nobody() {
        for mode in Mode::ALL {
            let sent = table(&[("station", Mode::Present), ("x", *mode)]);
            let publishes = sent.iter().any(|flow| flow.starts_with("x>"));
            assert_eq!(publishes, matches!(mode, Mode::Join | Mode::Whisper | Mode::Present | Mode::Guest), "{mode}");
        }
    }

    #[test]
    fn a_guest_is_seen_and_heard_by_all_and_hears_no_whisper() {
        let all = table(&[
            ("station", Mode::Present),
            ("op", Mode::Join),
            ("expert", Mode::Whisper),
            ("citizen", Mode::Guest),
            ("neighbour", Mode::Guest),
        ]);
        for heard in ["op>citizen va", "station>citizen va", "neighbour>citizen va"] {
            assert!(all.contains(&heard.to_owned()), "{heard} of {all:?}");
        }
        for hears in ["op", "station", "expert", "neighbour"] {
            assert!(all.contains(&format!("citizen>{hears} va")), "{hears} of {all:?}");
        }
        assert!(all.contains(&"expert>citizen v".to_owned()), "{all:?}");
        // Whatever else anybody does: no whisper of anyone reaches a guest's ear.
        for others in [Mode::Join, Mode::Watch, Mode::Present, Mode::Whisper, Mode::Guest] {
            let all = table(&[("who", others), ("expert", Mode::Whisper), ("citizen", Mode::Guest)]);
            assert!(!all.iter().any(|flow| flow.starts_with("expert>citizen") && flow.ends_with('a')), "{all:?}");
        }
    }

    #[test]
    fn a_guest_sends_what_was_agreed_to_and_no_more() {
        let sent = |picture, sound| {
            let guest = Party { picture, sound, ..Party::of("citizen".into(), Mode::Guest) };
            let all = told(&[Party::of("op".into(), Mode::Join), guest], true);
            (all[0].clone(), all[1].clone())
        };
        assert_eq!(sent(true, false), ("op>citizen va".into(), "citizen>op v".into()));
        assert_eq!(sent(false, true), ("op>citizen va".into(), "citizen>op a".into()));
        assert_eq!(sent(false, false), ("op>citizen va".into(), "citizen>op ".into()));
    }

    #[test]
    fn where_sound_waits_for_a_consent_nobody_is_heard_and_all_are_seen() {
        let parties = [("station", Mode::Present), ("op", Mode::Join), ("citizen", Mode::Guest)];
        let parties: Vec<Party> = parties.iter().map(|(who, mode)| Party::of((*who).into(), *mode)).collect();
        let all = told(&parties, false);
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|flow| flow.ends_with(" v")), "{all:?}");
    }
}
