//! The help request 求助单: asked by one tap, answered by whoever is on duty, carried to its end and judged.
//!
//! [`HelpRequest::apply`] is the whole life-cycle; [`clocks`] are the three times that it is measured by, [`ring`] is the
//! ladder that an unanswered call climbs, [`rules`] are what a district sets of both.

pub mod clocks;
mod machine;
pub mod ring;
pub mod rules;
#[cfg(test)]
mod tests;

use crate::case::CaseKind;
use crate::drawing::ImageType;
use crate::duty::Skill;
use crate::ids::{AccountId, EndpointId, PersonId, PictureId, RequestId, SessionId, SiteId, UnitId};
use crate::time::Millis;
use crate::words;
use clocks::Clocks;
pub use machine::{RequestAction, RequestEffect, RequestError};
use ring::{Ladder, Ring};
use serde::{Deserialize, Serialize};

/// Longest sentence of a request, and longest reason, note or result, in characters.
pub const TEXT_MAX_CHARS: usize = 1_000;
/// Photos of one request.
pub const PHOTOS_A_REQUEST: usize = 6;
/// Longest time that a suspension may be asked for, in milliseconds.
pub const SUSPENSION_MAX_MS: i64 = 90 * 24 * 3_600_000;
/// A request whose asker says nothing is taken as confirmed after this, in milliseconds.
pub const CONFIRM_WITHIN_MS: i64 = 24 * 3_600_000;
/// A dissatisfied asker is called back within this, in milliseconds.
pub const CALL_BACK_WITHIN_MS: i64 = 24 * 3_600_000;

words! {
    RequestState {
        Waiting = "waiting", "待受理", "waiting";
        Accepted = "accepted", "已受理", "accepted";
        Dispatched = "dispatched", "已分派", "dispatched";
        Taken = "taken", "已接单", "taken";
        Connected = "connected", "连线中", "connected";
        Handling = "handling", "处置中", "in hand";
        Suspended = "suspended", "挂起", "suspended";
        Confirming = "confirming", "待确认", "awaiting the asker";
        Closed = "closed", "已办结", "closed";
        Reviewed = "reviewed", "已评价", "reviewed";
        Archived = "archived", "已归档", "archived";
        Withdrawn = "withdrawn", "已撤销", "withdrawn";
        Merged = "merged", "已合并", "merged";
    }
}

impl RequestState {
    /// Somebody still has to do something about the matter itself.
    pub fn is_open(self) -> bool {
        use RequestState::*;
        matches!(self, Waiting | Accepted | Dispatched | Taken | Connected | Handling | Suspended | Confirming)
    }
}

words! {
    Urgency {
        Life = "life", "危及人身财产", "life or property";
        Utilities = "utilities", "水电气热", "utilities";
        Ordinary = "ordinary", "一般", "ordinary";
    }
}

words! {
    /// How the request reached the centre 渠道.
    Channel {
        Station = "station", "工作站", "workstation";
        Console = "console", "控制台", "console";
        Guest = "guest", "来访链接", "guest link";
    }
}

words! {
    /// 好差评: five grades.
    Grade {
        VerySatisfied = "very_satisfied", "非常满意", "very satisfied";
        Satisfied = "satisfied", "满意", "satisfied";
        Fair = "fair", "基本满意", "fair";
        Dissatisfied = "dissatisfied", "不满意", "dissatisfied";
        VeryDissatisfied = "very_dissatisfied", "非常不满意", "very dissatisfied";
    }
}

impl Grade {
    /// Calls for a call-back 回访.
    pub fn is_dissatisfied(self) -> bool {
        matches!(self, Grade::Dissatisfied | Grade::VeryDissatisfied)
    }
}

/// Someone of the centre, as named at the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Party {
    pub person_id: PersonId,
    pub name: String,
}

words! {
    /// What needs the approval of whoever manages requests.
    Favour {
        Suspend = "suspend", "挂起", "suspension";
        Extend = "extend", "延期", "extension";
    }
}

/// A suspension or an extension that was asked for and is not decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Plea {
    pub favour: Favour,
    pub by: Party,
    pub reason: String,
    /// The suspension ends, or the closing clock is due, then.
    pub until_ms: Millis,
    pub asked_ms: Millis,
}

/// What the asker thought of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evaluation {
    pub grade: Grade,
    pub text: String,
    pub by: String,
    pub at_ms: Millis,
    /// A dissatisfied asker is called back by then; none once that is done, or if it need not be.
    pub call_back_by_ms: Option<Millis>,
    /// The desk was told that it is overdue.
    #[serde(default)]
    pub call_back_reminded: bool,
}

/// A photo 照片 that was taken with a request. Evidence: the history has its hash, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Photo {
    pub id: PictureId,
    pub image_type: ImageType,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    pub bytes: i64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub kept_ms: Millis,
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HelpRequest {
    pub id: RequestId,
    /// `QZ` + Beijing date + site code + sequence of that site on that day.
    pub number: String,
    pub site_id: SiteId,
    pub unit_id: UnitId,
    /// The workstation that it was asked at.
    pub endpoint_id: Option<EndpointId>,
    pub channel: Channel,
    pub need: Skill,
    pub urgency: Urgency,
    /// What it is about, in the asker's words; may be empty, for one tap suffices.
    pub sentence: String,
    pub case_kind: Option<CaseKind>,
    pub case_raw: String,
    pub case_normalised: String,
    pub asker_name: String,
    pub asker_account: Option<AccountId>,
    pub state: RequestState,
    /// 首问: the first who accepted it; never another.
    pub owner: Option<Party>,
    /// Who has it now.
    pub assignee: Option<Party>,
    /// The session that is or was held for it, the latest.
    pub session_id: Option<SessionId>,
    pub ring: Option<Ring>,
    pub clocks: Clocks,
    /// How its calls climb: by the rules that held when it was raised.
    #[serde(default)]
    pub ladder: Ladder,
    pub plea: Option<Plea>,
    pub suspended_until_ms: Option<Millis>,
    /// What was done, said at the end.
    pub result: String,
    pub finished_ms: Option<Millis>,
    pub evaluation: Option<Evaluation>,
    pub merged_into: Option<RequestId>,
    /// By the server's clock, always.
    /// Oldest first.
    #[serde(default)]
    pub photos: Vec<Photo>,
    pub raised_ms: Millis,
    pub closed_ms: Option<Millis>,
    pub version: i64,
}

impl HelpRequest {
    /// A dissatisfied asker is to be called back.
    pub fn is_call_back_due(&self) -> bool {
        self.evaluation.as_ref().is_some_and(|evaluation| evaluation.call_back_by_ms.is_some())
    }

    /// The desk has something to do about it: the matter itself, or a call-back.
    pub fn is_on_desk(&self) -> bool {
        self.state.is_open() || (self.state == RequestState::Closed && self.is_call_back_due())
    }

    /// When time alone will next change it.
    pub fn next_due(&self) -> Option<Millis> {
        let ring = self.ring.as_ref().and_then(|ring| ring.next_ms);
        let suspended = self.suspended_until_ms.filter(|_| self.state == RequestState::Suspended);
        let confirm = self
            .finished_ms
            .filter(|_| self.state == RequestState::Confirming)
            .map(|finished| Millis(finished.0 + CONFIRM_WITHIN_MS));
        let clocks = if self.state.is_open() { self.clocks.next_due() } else { None };
        let call_back = self
            .evaluation
            .as_ref()
            .filter(|evaluation| self.state == RequestState::Closed && !evaluation.call_back_reminded)
            .and_then(|evaluation| evaluation.call_back_by_ms);
        [ring, suspended, confirm, clocks, call_back].into_iter().flatten().min()
    }
}

/// `QZ` + Beijing date + site code + sequence.
pub fn request_number(now: Millis, site_code: &str, sequence: i64) -> String {
    format!("QZ{}{}{:03}", crate::session::beijing_day(now), site_code, sequence)
}
