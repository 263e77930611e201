//! Guests 来访: a citizen comes to a help request by a short-lived link, agrees to a text, takes part in the assistance from
//! a browser, and says afterwards how it was.
//!
//! A link 来访链接 may be opened a few times within its life. Each opening is a visit 来访: one browser, known by a secret of
//! its own, one endpoint of the net. A visit sends nothing before a consent 知情同意 is in force, and only what it covers.

use crate::ids::{AccountId, ConsentId, EndpointId, GuestLinkId, RequestId, SessionId, SiteId, UnitId, VisitId};
use crate::org::SiteKind;
use crate::request::{Channel, Grade};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

/// How long a link can be opened, unless said otherwise, and the bounds of what may be said, in milliseconds.
pub const LINK_LIFE_MS: i64 = 2 * 3_600_000;
pub const LINK_LIFE_MIN_MS: i64 = 5 * 60_000;
pub const LINK_LIFE_MAX_MS: i64 = 24 * 3_600_000;
/// How often a link can be opened, unless said otherwise, and at most.
pub const LINK_USES: i64 = 3;
pub const LINK_USES_MAX: i64 = 10;
/// Links that one request may see.
pub const MAX_LINKS_A_REQUEST: usize = 20;
/// Guests who may attend one assistance at once.
pub const MAX_GUESTS: usize = 4;
/// How long a visit can be gone on with from its own browser, in milliseconds: long enough to judge when all is done.
pub const VISIT_LIFE_MS: i64 = 7 * 24 * 3_600_000;
/// Longest given name, in characters.
pub const NAME_MAX_CHARS: usize = 40;
/// Longest reason of a refusal, a revocation or a withdrawal, in characters.
pub const REASON_MAX_CHARS: usize = 200;
/// Consents that one visit, or one assistance at its site, may see: agreeing and withdrawing has an end.
pub const MAX_CONSENTS: usize = 50;
/// Longest title and body of a consent text, in characters.
pub const CONSENT_TITLE_MAX_CHARS: usize = 60;
pub const CONSENT_BODY_MAX_CHARS: usize = 8_000;
/// Ratings of one request: corrections have an end.
pub const MAX_RATINGS: i64 = 10;

words! {
    /// Why a link lets nobody in any more.
    LinkRefusal {
        Revoked = "revoked", "已撤销", "revoked";
        Expired = "expired", "已过期", "expired";
        UsedUp = "used_up", "次数已用完", "used up";
    }
}

words! {
    /// Where a guest stands, as the staff sees it.
    GuestState {
        Waiting = "waiting", "未同意", "has not agreed yet";
        Consented = "consented", "已同意", "agreed";
        Attending = "attending", "通话中", "in the session";
        Withdrawn = "withdrawn", "已撤回同意", "withdrew the consent";
        Removed = "removed", "已被移出", "removed";
    }
}

/// A link 来访链接. Its secret is stored as a hash alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestLink {
    pub id: GuestLinkId,
    pub request_id: RequestId,
    pub site_id: SiteId,
    pub unit_id: UnitId,
    pub made_by: String,
    pub made_by_account: Option<AccountId>,
    pub made_ms: Millis,
    pub expires_ms: Millis,
    pub max_uses: i64,
    pub uses: i64,
    pub revoked_ms: Option<Millis>,
    pub revoked_by: String,
    pub revoke_reason: String,
}

impl GuestLink {
    /// Why it opens no new visit now.
    pub fn refusal(&self, now: Millis) -> Option<LinkRefusal> {
        if self.revoked_ms.is_some() {
            Some(LinkRefusal::Revoked)
        } else if now >= self.expires_ms {
            Some(LinkRefusal::Expired)
        } else if self.uses >= self.max_uses {
            Some(LinkRefusal::UsedUp)
        } else {
            None
        }
    }
}

/// One browser that opened a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub id: VisitId,
    pub link_id: GuestLinkId,
    pub request_id: RequestId,
    /// Its end of the net.
    pub endpoint_id: EndpointId,
    /// As given with the latest consent; empty before.
    pub name: String,
    pub opened_ms: Millis,
    pub ip: String,
    pub removed_ms: Option<Millis>,
    pub removed_by: String,
    pub remove_reason: String,
}

impl Visit {
    /// It cannot be gone on with any more.
    pub fn is_over(&self, now: Millis) -> bool {
        now.0 >= self.opened_ms.0 + VISIT_LIFE_MS
    }
}

/// What a district asks people to agree to. Evidence: a new version never changes an old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentText {
    /// It holds for this unit and everything under it that has none of its own.
    pub unit_id: UnitId,
    /// 1, 2, 3 … of the unit.
    pub version: i64,
    pub title: String,
    pub body: String,
    /// Of the title, a line feed, and the body in UTF-8; lower-case hex.
    pub sha256: String,
    pub made_ms: Millis,
    pub made_by: String,
}

/// A person agreed. Evidence: only its withdrawal is added, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub id: ConsentId,
    pub unit_id: UnitId,
    pub request_id: Option<RequestId>,
    /// The assistance that ran when it was given.
    pub session_id: Option<SessionId>,
    /// None: given at the site's workstation, before the staff.
    pub visit_id: Option<VisitId>,
    pub name: String,
    /// Whose text, which version, and its hash.
    pub text_unit: UnitId,
    pub text_version: i64,
    pub text_sha256: String,
    /// Agreed to each by itself.
    pub picture: bool,
    pub sound: bool,
    pub given_ms: Millis,
    /// In whose presence; empty for a guest's own page.
    pub witness: String,
    pub withdrawn_ms: Option<Millis>,
    pub withdraw_reason: String,
}

impl Consent {
    pub fn in_force(&self) -> bool {
        self.withdrawn_ms.is_none()
    }
}

/// How somebody found the help. Evidence: a correction is the next of the request, and the last holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    pub request_id: RequestId,
    /// 1, 2, 3 … of the request.
    pub seq: i64,
    pub session_id: Option<SessionId>,
    pub visit_id: Option<VisitId>,
    pub channel: Channel,
    pub grade: Grade,
    pub text: String,
    pub by: String,
    pub at_ms: Millis,
}

/// Where the visit stands. `attends`: it has an open attendance of the assistance.
pub fn guest_state(visit: &Visit, consents: &[Consent], attends: bool) -> GuestState {
    if visit.removed_ms.is_some() {
        GuestState::Removed
    } else if consents.iter().any(Consent::in_force) {
        if attends { GuestState::Attending } else { GuestState::Consented }
    } else if consents.is_empty() {
        GuestState::Waiting
    } else {
        GuestState::Withdrawn
    }
}

impl SiteKind {
    /// Nobody is heard in an assistance with such a site before a consent to sound is in force.
    pub fn needs_consent_for_sound(self) -> bool {
        self == SiteKind::Mediation
    }
}

/// Whether an assistance with a site of this kind lets sound pass at all.
pub fn sound_may_pass(site: SiteKind, consents: &[Consent]) -> bool {
    !site.needs_consent_for_sound() || consents.iter().any(|consent| consent.in_force() && consent.sound)
}

/// Whether the workstation's picture passes, by what was agreed to there: not while somebody has agreed to sound alone.
pub fn picture_may_pass(consents: &[Consent]) -> bool {
    consents.iter().all(|consent| !consent.in_force() || consent.picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> GuestLink {
        GuestLink {
            id: "l".into(),
            request_id: "r".into(),
            site_id: "s".into(),
            unit_id: "u".into(),
            made_by: "杨静".into(),
            made_by_account: None,
            made_ms: Millis(0),
            expires_ms: Millis(LINK_LIFE_MS),
            max_uses: 2,
            uses: 0,
            revoked_ms: None,
            revoked_by: String::new(),
            revoke_reason: String::new(),
        }
    }

    fn visit() -> Visit {
        Visit {
            id: "v".into(),
            link_id: "l".into(),
            request_id: "r".into(),
            endpoint_id: "e".into(),
            name: String::new(),
            opened_ms: Millis(0),
            ip: String::new(),
            removed_ms: None,
            removed_by: String::new(),
            remove_reason: String::new(),
        }
    }

    fn consent(picture: bool, sound: bool, withdrawn: Option<i64>) -> Consent {
        Consent {
            id: "c".into(),
            unit_id: "u".into(),
            request_id: Some("r".into()),
            session_id: None,
            visit_id: Some("v".into()),
            name: "张三".into(),
            text_unit: "u".into(),
            text_version: 1,
            text_sha256: String::new(),
            picture,
            sound,
            given_ms: Millis(1),
            witness: String::new(),
            withdrawn_ms: withdrawn.map(Millis),
            withdraw_reason: String::new(),
        }
    }

    #[test]
    fn a_link_says_why_it_opens_no_more_and_revocation_goes_first() {
        let fresh = link();
        assert_eq!(fresh.refusal(Millis(LINK_LIFE_MS - 1)), None);
        assert_eq!(fresh.refusal(Millis(LINK_LIFE_MS)), Some(LinkRefusal::Expired));
        assert_eq!(GuestLink { uses: 2, ..link() }.refusal(Millis(1)), Some(LinkRefusal::UsedUp));
        assert_eq!(GuestLink { uses: 1, ..link() }.refusal(Millis(1)), None);
        let revoked = GuestLink { uses: 2, revoked_ms: Some(Millis(1)), ..link() };
        assert_eq!(revoked.refusal(Millis(LINK_LIFE_MS)), Some(LinkRefusal::Revoked));
    }

    #[test]
    fn a_visit_outlives_its_link_and_ends_by_itself() {
        assert!(!visit().is_over(Millis(LINK_LIFE_MAX_MS)));
        assert!(visit().is_over(Millis(VISIT_LIFE_MS)));
    }

    #[test]
    fn the_staff_sees_where_a_guest_stands() {
        let (given, gone) = (consent(true, true, None), consent(true, true, Some(5)));
        assert_eq!(guest_state(&visit(), &[], false), GuestState::Waiting);
        assert_eq!(guest_state(&visit(), std::slice::from_ref(&given), false), GuestState::Consented);
        assert_eq!(guest_state(&visit(), std::slice::from_ref(&given), true), GuestState::Attending);
        assert_eq!(guest_state(&visit(), std::slice::from_ref(&gone), true), GuestState::Withdrawn);
        // Whoever agrees anew is in again.
        assert_eq!(guest_state(&visit(), &[gone, given.clone()], true), GuestState::Attending);
        let removed = Visit { removed_ms: Some(Millis(9)), ..visit() };
        assert_eq!(guest_state(&removed, &[given], true), GuestState::Removed);
    }

    #[test]
    fn a_mediation_room_is_silent_until_a_consent_to_sound_is_in_force() {
        for kind in SiteKind::ALL {
            assert_eq!(sound_may_pass(*kind, &[]), *kind != SiteKind::Mediation, "{kind}");
        }
        let room = |consents: &[Consent]| sound_may_pass(SiteKind::Mediation, consents);
        assert!(!room(&[consent(true, false, None)]), "a picture is not a voice");
        assert!(!room(&[consent(true, true, Some(3))]), "withdrawn");
        assert!(room(&[consent(true, true, Some(3)), consent(false, true, None)]));
    }
}
