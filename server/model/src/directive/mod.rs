//! The directive 督办单: a finding and a demand with a due time, from issue to close-out, never deleted.
//!
//! [`Directive::apply`] is the whole life-cycle, its table stands in [`machine`].

mod machine;
#[cfg(test)]
mod tests;

use crate::case::CaseKind;
use crate::drawing::ImageType;
use crate::ids::{AccountId, DirectiveId, EndpointId, FrameId, PictureId, RequestId, SessionId, SiteId, UnitId};
use crate::request::clocks::ClockName;
use crate::roles::Role;
use crate::time::Millis;
use crate::words;
pub use machine::{DirectiveAction, DirectiveEffect, DirectiveError};
use serde::{Deserialize, Serialize};

/// Longest finding, demand, report, reason or note, in characters.
pub const TEXT_MAX_CHARS: usize = 1_000;
/// The due time lies at most so far ahead, in milliseconds.
pub const DUE_MAX_MS: i64 = 90 * 24 * 3_600_000;
/// A report that nobody judges is taken to the next rank after this, in milliseconds.
pub const REVIEW_WITHIN_MS: i64 = 3 * 24 * 3_600_000;
/// What was escalated and still is not done climbs once more after this, in milliseconds.
pub const CLIMB_AGAIN_MS: i64 = 24 * 3_600_000;
/// Bytes of one picture.
pub const PICTURE_MAX_BYTES: usize = crate::drawing::FRAME_MAX_BYTES;
/// Pictures of one round: of the basis, or of one report.
pub const PICTURES_A_ROUND: usize = 12;
/// Rounds of report and return.
pub const ROUNDS_MAX: u32 = 50;

words! {
    DirectiveState {
        Issued = "issued", "待签收", "to be signed for";
        Signed = "signed", "办理中", "in hand";
        Reported = "reported", "待复核", "to be reviewed";
        Returned = "returned", "退回整改", "returned";
        Closed = "closed", "已销号", "closed";
    }
}

impl DirectiveState {
    pub fn is_open(self) -> bool {
        self != DirectiveState::Closed
    }

    /// The office has to do something.
    pub fn is_with_office(self) -> bool {
        matches!(self, DirectiveState::Issued | DirectiveState::Signed | DirectiveState::Returned)
    }
}

words! {
    /// Who judges it: an escalation hands that to the issuer's superior.
    Rank {
        Issuer = "issuer", "下发人", "the issuer";
        Leader = "leader", "带班领导", "the duty leader";
        Commander = "commander", "指挥长", "the commander";
    }
}

impl Rank {
    /// The rank at which somebody with these roles issues: a superior's directive is not judged below the superior.
    pub fn of_issuer(roles: &[Role]) -> Self {
        if roles.contains(&Role::Commander) {
            Rank::Commander
        } else if roles.contains(&Role::DutyLeader) {
            Rank::Leader
        } else {
            Rank::Issuer
        }
    }

    /// The roles that judge at this rank; none: every role that may issue.
    pub fn judges(self) -> Option<&'static [Role]> {
        match self {
            Rank::Issuer => None,
            Rank::Leader => Some(&[Role::DutyLeader, Role::Commander]),
            Rank::Commander => Some(&[Role::Commander]),
        }
    }

    pub fn above(self) -> Option<Self> {
        match self {
            Rank::Issuer => Some(Rank::Leader),
            Rank::Leader => Some(Rank::Commander),
            Rank::Commander => None,
        }
    }
}

/// What it was issued from. The site is always there; the rest says where the finding was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Source {
    pub request_id: Option<RequestId>,
    pub session_id: Option<SessionId>,
    /// A frozen frame of that session, with what was drawn on it.
    pub frame_id: Option<FrameId>,
    /// The request's clock that was overdue: the server issued it by itself.
    pub clock: Option<ClockName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Directive {
    pub id: DirectiveId,
    /// `DB` + Beijing date + site code + sequence of that site on that day.
    pub number: String,
    /// The place that it is about.
    pub site_id: SiteId,
    /// The office that has to answer.
    pub unit_id: UnitId,
    pub source: Source,
    pub case_kind: Option<CaseKind>,
    pub case_raw: String,
    pub case_normalised: String,
    /// What was found 事由.
    pub finding: String,
    /// What is to be done 整改要求.
    pub demand: String,
    pub due_ms: Millis,
    pub issuer_name: String,
    /// None: the server itself.
    pub issuer_account: Option<AccountId>,
    pub state: DirectiveState,
    pub rank: Rank,
    /// Reports so far; the report that is being prepared is the next.
    pub rounds: u32,
    pub signed_by: Option<String>,
    pub signed_ms: Option<Millis>,
    pub reported_ms: Option<Millis>,
    /// Whoever reported last does not judge it.
    pub reported_by: Option<AccountId>,
    /// Overdue since, as the server found it; a new due time clears it.
    pub overdue_ms: Option<Millis>,
    /// When it climbs by itself, if nothing happens until then.
    pub climbs_ms: Option<Millis>,
    pub issued_ms: Millis,
    pub closed_ms: Option<Millis>,
    pub version: i64,
}

/// One picture: of the basis (round 0), or of a report. Evidence: written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub id: PictureId,
    pub directive_id: DirectiveId,
    pub round: u32,
    pub image_type: ImageType,
    pub width: u32,
    pub height: u32,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub kept_ms: Millis,
    pub by_name: String,
    pub by_account: Option<AccountId>,
    pub by_endpoint: Option<EndpointId>,
}

/// `DB` + Beijing date + site code + sequence.
pub fn directive_number(now: Millis, site_code: &str, sequence: i64) -> String {
    format!("DB{}{}{:03}", crate::session::beijing_day(now), site_code, sequence)
}
