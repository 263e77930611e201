//! The session 会话 as a pure state machine: `apply(event, now)` changes it and tells what follows from the change.
//!
//! | state | event | becomes | what follows |
//! |---|---|---|---|
//! | open | `Join` | open | an attendance opens |
//! | open | `Leave` | open | that attendance closes |
//! | open | `ObserverAway` | open, observer awaited for `grace_ms` | the observer's attendance closes |
//! | open, awaited | `ObserverBack` | open | the observer's attendance opens anew |
//! | open, awaited | `Tick` at the deadline | ended, `observer_lost` | all attendances close |
//! | open | `End` | ended | all attendances close |
//! | open | `Interrupt` | interrupted | all attendances close at the last sign of life |
//! | ended, interrupted | any but `Tick` | refused: `NotOpen` | |

use crate::assist::ASSIST_GRACE_MS;
use crate::ids::{
    AccountId, AttendanceId, EndpointId, ParticipantSid, PersonId, SessionId, SiteId, TrackIntervalId, TrackSid,
    UnitId, WatchId,
};
use crate::media::{Codec, TrackKind, TrackSource, TrackSummary};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

/// How long a session waits for an observer whose link broke; an assistance waits longer.
pub const OBSERVER_GRACE_MS: i64 = 15_000;
/// Attendances that one session may have open at once.
pub const MAX_OPEN_ATTENDANCES: usize = 2_048;

words! {
    SessionKind {
        Patrol = "patrol", "巡查", "patrol";
        Assist = "assist", "求助", "assistance";
        Conference = "conference", "会商", "conference";
        RollCall = "roll_call", "点名", "roll call";
        Emergency = "emergency", "应急", "emergency";
        Broadcast = "broadcast", "广播", "broadcast";
        Drill = "drill", "演练", "drill";
    }
}

words! {
    SessionState {
        Open = "open", "进行中", "open";
        Ended = "ended", "已结束", "ended";
        Interrupted = "interrupted", "异常中断", "interrupted";
    }
}

words! {
    SessionEnd {
        Ended = "ended", "中心端结束", "ended by the centre";
        WatchEnded = "watch_ended", "巡查结束", "the watch ended";
        LoggedOut = "logged_out", "退出登录", "the observer logged out";
        ObserverLost = "observer_lost", "中心端断线", "the link of the centre was lost";
        Revoked = "revoked", "权限撤销或停用", "a right was withdrawn";
        HungUp = "hung_up", "现场挂断", "ended by the site";
        Emptied = "emptied", "参会人员已全部离开", "everyone left";
        Interrupted = "interrupted", "异常中断", "interrupted by a server stop";
    }
}

words! {
    /// What someone does in a session.
    Mode {
        Watch = "watch", "只看", "watch";
        Talk = "talk", "喊话", "talk";
        Whisper = "whisper", "耳语", "whisper";
        Join = "join", "插入", "join";
        Release = "release", "强拆", "release";
        /// The site's own endpoint, which is seen.
        Present = "present", "在场", "present";
        /// A citizen who came by a link.
        Guest = "guest", "来访", "guest";
    }
}

words! {
    LeaveReason {
        SessionEnded = "session_ended", "会话结束", "session ended";
        Left = "left", "离开", "left";
        LinkLost = "link_lost", "断线", "link lost";
        /// A console said goodbye: it went to another page of ours, or was closed; it may be back in a moment.
        PageLeft = "page_left", "离开页面", "left the page";
        ModeChanged = "mode_changed", "改变方式", "changed the mode";
        Duplicate = "duplicate", "同一终端重新连接", "replaced by a new link";
        Revoked = "revoked", "被移出", "removed";
        Withdrawn = "withdrawn", "撤回同意", "withdrew the consent";
        Interrupted = "interrupted", "异常中断", "interrupted";
    }
}

/// One interval of one person or endpoint in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    pub id: AttendanceId,
    pub session_id: SessionId,
    pub endpoint_id: Option<EndpointId>,
    pub person_id: Option<PersonId>,
    /// As it was at the time.
    pub name: String,
    pub unit_id: Option<UnitId>,
    pub mode: Mode,
    pub participant: Option<ParticipantSid>,
    pub joined_ms: Millis,
    pub left_ms: Option<Millis>,
    pub leave_reason: Option<LeaveReason>,
}

impl Attendance {
    pub fn is_open(&self) -> bool {
        self.left_ms.is_none()
    }

    /// Closes it, never before it began.
    pub fn close(&mut self, at: Millis, reason: LeaveReason) {
        if self.is_open() {
            self.left_ms = Some(at.max(self.joined_ms));
            self.leave_reason = Some(reason);
        }
    }
}

/// One interval of one published track. Evidence: closed once, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackInterval {
    pub id: TrackIntervalId,
    pub track: TrackSid,
    pub participant: ParticipantSid,
    pub endpoint_id: Option<EndpointId>,
    /// The conference that it belongs to; a station's track belongs to the endpoint, and to sessions by their intervals.
    pub session_id: Option<SessionId>,
    pub name: String,
    pub kind: TrackKind,
    pub source: TrackSource,
    pub codec: Codec,
    pub started_ms: Millis,
    pub ended_ms: Option<Millis>,
    pub summary: Option<TrackSummary>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub number: String,
    pub kind: SessionKind,
    pub state: SessionState,
    /// Why it exists; never empty.
    pub purpose: String,
    pub site_id: Option<SiteId>,
    /// The unit of the site, or the unit that a conference is held for.
    pub unit_id: Option<UnitId>,
    pub watch_id: Option<WatchId>,
    /// The endpoint that watches; none in a conference.
    pub observer_endpoint: Option<EndpointId>,
    pub observer_account: Option<AccountId>,
    pub observer_person: Option<PersonId>,
    pub observer_name: String,
    pub observer_unit: Option<UnitId>,
    /// A conference's room name.
    pub room: Option<String>,
    pub started_ms: Millis,
    pub ended_ms: Option<Millis>,
    pub end_cause: Option<SessionEnd>,
    /// Said by whoever ended it.
    pub end_note: String,
    /// The observer's link is away since then.
    pub observer_lost_ms: Option<Millis>,
    pub version: i64,
    /// Intervals; the closed ones may be left out by the store when it loads the session for a change.
    pub attendances: Vec<Attendance>,
}

/// Something that happens to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// Someone comes in. An endpoint has at most one open attendance.
    Join(Box<Attendance>),
    /// The endpoint's attendance ends; the session goes on.
    Leave {
        endpoint: EndpointId,
        reason: LeaveReason,
    },
    /// A conference's participant leaves.
    ParticipantLeft {
        participant: ParticipantSid,
        reason: LeaveReason,
    },
    /// The observer's link is gone.
    ObserverAway(LeaveReason),
    /// The observer's link is there (again); the attendance is the one to open.
    ObserverBack(Box<Attendance>),
    /// Time passed.
    Tick,
    End {
        cause: SessionEnd,
        note: String,
    },
    /// Found open at a start: `last_alive` is the last heartbeat.
    Interrupt {
        last_alive: Millis,
    },
}

/// What follows from a change, for whoever stores and tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEffect {
    AttendanceOpened(AttendanceId),
    AttendanceClosed(AttendanceId),
    /// Close the register row, the grants and the case for live media at this time.
    Ended {
        at: Millis,
        cause: SessionEnd,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    #[error("the session is {0}, not open")]
    NotOpen(SessionState),
    #[error("the endpoint attends already")]
    AlreadyAttends,
    #[error("the endpoint does not attend")]
    DoesNotAttend,
    #[error("a session has at most {MAX_OPEN_ATTENDANCES} attendances open at once")]
    Full,
}

impl Session {
    pub fn is_open(&self) -> bool {
        self.state == SessionState::Open
    }

    pub fn open_attendances(&self) -> impl Iterator<Item = &Attendance> {
        self.attendances.iter().filter(|a| a.is_open())
    }

    /// When the person was taken out, if nobody has let them in again since.
    pub fn removed_ms(&self, person: &PersonId) -> Option<Millis> {
        let last = self.attendances.iter().rfind(|a| a.person_id.as_ref() == Some(person))?;
        last.left_ms.filter(|_| last.leave_reason == Some(LeaveReason::Revoked))
    }

    /// When `Tick` will end it, if nothing else happens.
    pub fn deadline(&self) -> Option<Millis> {
        if !self.is_open() {
            return None;
        }
        self.observer_lost_ms.map(|lost| Millis(lost.0 + self.grace_ms()))
    }

    /// How long it waits for an observer who is away.
    pub fn grace_ms(&self) -> i64 {
        if self.kind == SessionKind::Assist { ASSIST_GRACE_MS } else { OBSERVER_GRACE_MS }
    }

    /// Changes the session by one event. On an error nothing has changed.
    pub fn apply(&mut self, event: SessionEvent, now: Millis) -> Result<Vec<SessionEffect>, SessionError> {
        if let SessionEvent::Tick = event {
            return Ok(match self.deadline() {
                Some(deadline) if now >= deadline => {
                    self.close(now, SessionState::Ended, SessionEnd::ObserverLost, LeaveReason::SessionEnded)
                }
                _ => Vec::new(),
            });
        }
        if !self.is_open() {
            return Err(SessionError::NotOpen(self.state));
        }
        match event {
            SessionEvent::Join(attendance) => self.join(*attendance, now),
            SessionEvent::Leave { endpoint, reason } => {
                self.leave(|a| a.endpoint_id.as_ref() == Some(&endpoint), reason, now)
            }
            SessionEvent::ParticipantLeft { participant, reason } => {
                self.leave(|a| a.participant.as_ref() == Some(&participant), reason, now)
            }
            SessionEvent::ObserverAway(reason) => {
                if self.observer_lost_ms.is_none() {
                    self.observer_lost_ms = Some(now.max(self.started_ms));
                }
                let observer = self.observer_endpoint.clone();
                let attends = |a: &Attendance| observer.is_some() && a.endpoint_id == observer;
                Ok(self.leave(attends, reason, now).unwrap_or_default())
            }
            SessionEvent::ObserverBack(attendance) => {
                let effects = self.join(*attendance, now)?;
                self.observer_lost_ms = None;
                Ok(effects)
            }
            SessionEvent::End { cause, note } => {
                let effects = self.close(now, SessionState::Ended, cause, LeaveReason::SessionEnded);
                self.end_note = note;
                Ok(effects)
            }
            SessionEvent::Interrupt { last_alive } => Ok(self.close(
                last_alive.min(now),
                SessionState::Interrupted,
                SessionEnd::Interrupted,
                LeaveReason::Interrupted,
            )),
            SessionEvent::Tick => Ok(Vec::new()),
        }
    }

    fn join(&mut self, mut attendance: Attendance, now: Millis) -> Result<Vec<SessionEffect>, SessionError> {
        let same = |a: &Attendance| match (&attendance.endpoint_id, &attendance.participant) {
            (Some(endpoint), _) => a.endpoint_id.as_ref() == Some(endpoint),
            (None, Some(participant)) => a.participant.as_ref() == Some(participant),
            (None, None) => false,
        };
        if self.open_attendances().any(same) {
            return Err(SessionError::AlreadyAttends);
        }
        if self.open_attendances().count() >= MAX_OPEN_ATTENDANCES {
            return Err(SessionError::Full);
        }
        attendance.session_id = self.id.clone();
        attendance.joined_ms = now.max(self.started_ms);
        attendance.left_ms = None;
        attendance.leave_reason = None;
        let id = attendance.id.clone();
        self.attendances.push(attendance);
        Ok(vec![SessionEffect::AttendanceOpened(id)])
    }

    fn leave(
        &mut self,
        who: impl Fn(&Attendance) -> bool,
        reason: LeaveReason,
        now: Millis,
    ) -> Result<Vec<SessionEffect>, SessionError> {
        let mut effects = Vec::new();
        for attendance in self.attendances.iter_mut().filter(|a| a.is_open() && who(a)) {
            attendance.close(now, reason);
            effects.push(SessionEffect::AttendanceClosed(attendance.id.clone()));
        }
        if effects.is_empty() { Err(SessionError::DoesNotAttend) } else { Ok(effects) }
    }

    /// Ends it at `at`, but never before anything in it began, nor before what is closed already ended.
    fn close(&mut self, at: Millis, state: SessionState, cause: SessionEnd, reason: LeaveReason) -> Vec<SessionEffect> {
        let latest = self.attendances.iter().map(|a| a.left_ms.unwrap_or(a.joined_ms)).max();
        let at = at.max(self.started_ms).max(latest.unwrap_or(self.started_ms));
        let mut effects = Vec::new();
        for attendance in self.attendances.iter_mut().filter(|a| a.is_open()) {
            attendance.close(at, reason);
            effects.push(SessionEffect::AttendanceClosed(attendance.id.clone()));
        }
        self.state = state;
        self.ended_ms = Some(at);
        self.end_cause = Some(cause);
        self.observer_lost_ms = None;
        effects.push(SessionEffect::Ended { at, cause });
        effects
    }
}

/// `HH` + Beijing date + site code + sequence of that site on that day.
pub fn session_number(now: Millis, site_code: &str, sequence: i64) -> String {
    format!("HH{}{}{:03}", beijing_day(now), site_code, sequence)
}

/// The calendar day in Beijing (UTC+8, no summer time) as `yyyymmdd`.
pub fn beijing_day(now: Millis) -> String {
    let days = (now.0 + 8 * 3_600_000).div_euclid(86_400_000);
    // Days to a proleptic Gregorian date, counted from a 1 March so that the leap day comes last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}")
}

#[cfg(test)]
mod tests;
