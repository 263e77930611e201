//! The three clocks of a request: 响应 from asking to a human answer, 接单 from dispatch to taking it up, 办结 from
//! acceptance to the end. Only an approved suspension stops one for a while, and only the last.

use super::Urgency;
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    ClockName {
        Response = "response", "响应", "response";
        Pickup = "pickup", "接单", "pick-up";
        Closing = "closing", "办结", "closing";
    }
}

/// How long something may take: so many milliseconds, or working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    Ms(i64),
    /// Monday to Friday, Beijing time; the same time of the day.
    WorkingDays(i64),
}

impl Span {
    pub fn after(self, from: Millis) -> Millis {
        match self {
            Span::Ms(ms) => Millis(from.0.saturating_add(ms)),
            Span::WorkingDays(days) => {
                let mut at = from.0;
                let mut left = days;
                while left > 0 {
                    at += DAY_MS;
                    if !is_weekend(at) {
                        left -= 1;
                    }
                }
                Millis(at)
            }
        }
    }
}

const DAY_MS: i64 = 86_400_000;

fn is_weekend(at: i64) -> bool {
    // 1 January 1970 was a Thursday.
    let day = (at + 8 * 3_600_000).div_euclid(DAY_MS);
    matches!((day + 3).rem_euclid(7), 5 | 6)
}

/// What each clock may take, and how long after a reminder a directive follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub response: Span,
    pub pickup: Span,
    pub closing: Span,
    pub directive_after: Span,
}

impl Limits {
    /// The defaults of an urgency. Life and property: 15 minutes on any day; utilities: half an hour; else a working day.
    pub fn of(urgency: Urgency) -> Self {
        const MINUTE_MS: i64 = 60_000;
        match urgency {
            Urgency::Life => {
                let quick = Span::Ms(15 * MINUTE_MS);
                Self { response: quick, pickup: quick, closing: Span::Ms(DAY_MS), directive_after: quick }
            }
            Urgency::Utilities => {
                let quick = Span::Ms(30 * MINUTE_MS);
                Self { response: quick, pickup: quick, closing: Span::Ms(DAY_MS), directive_after: quick }
            }
            Urgency::Ordinary => {
                let day = Span::WorkingDays(1);
                Self { response: day, pickup: day, closing: Span::WorkingDays(3), directive_after: day }
            }
        }
    }

    fn of_clock(&self, name: ClockName) -> Span {
        match name {
            ClockName::Response => self.response,
            ClockName::Pickup => self.pickup,
            ClockName::Closing => self.closing,
        }
    }
}

/// One clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Clock {
    pub started_ms: Option<Millis>,
    pub due_ms: Option<Millis>,
    pub stopped_ms: Option<Millis>,
    /// Stands still since then.
    pub paused_since_ms: Option<Millis>,
    /// Time that it stood still in all.
    pub paused_ms: i64,
    /// Overdue was told: 催办 once, then 督办 once.
    pub reminded_ms: Option<Millis>,
    pub directed_ms: Option<Millis>,
}

impl Clock {
    pub fn is_running(&self) -> bool {
        self.started_ms.is_some() && self.stopped_ms.is_none() && self.paused_since_ms.is_none()
    }

    /// Time it ran, in milliseconds.
    pub fn elapsed_ms(&self, now: Millis) -> i64 {
        let Some(started) = self.started_ms else { return 0 };
        let until = self.stopped_ms.or(self.paused_since_ms).unwrap_or(now);
        (until.0 - started.0 - self.paused_ms).max(0)
    }

    fn start(&mut self, now: Millis, span: Span) {
        *self = Self { started_ms: Some(now), due_ms: Some(span.after(now)), ..Self::default() };
    }

    fn stop(&mut self, now: Millis) {
        self.resume(now);
        if self.started_ms.is_some() && self.stopped_ms.is_none() {
            self.stopped_ms = Some(now);
        }
    }

    fn pause(&mut self, now: Millis) {
        if self.is_running() {
            self.paused_since_ms = Some(now);
        }
    }

    /// What it stood still is added to its due time.
    fn resume(&mut self, now: Millis) {
        if let Some(since) = self.paused_since_ms.take() {
            let stood = (now.0 - since.0).max(0);
            self.paused_ms += stood;
            self.due_ms = self.due_ms.map(|due| Millis(due.0 + stood));
        }
    }

    fn next_due(&self, directive_after: Span) -> Option<Millis> {
        let due = self.due_ms.filter(|_| self.is_running())?;
        match (self.reminded_ms, self.directed_ms) {
            (None, _) => Some(due),
            (Some(reminded), None) => Some(directive_after.after(reminded)),
            _ => None,
        }
    }
}

/// Something that a clock calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// 催办.
    Remind(ClockName),
    /// 督办: a directive.
    Direct(ClockName),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    pub response: Clock,
    pub pickup: Clock,
    pub closing: Clock,
    pub limits: Limits,
}

impl Clocks {
    pub fn new(limits: Limits) -> Self {
        let idle = Clock::default;
        Self { response: idle(), pickup: idle(), closing: idle(), limits }
    }

    pub fn get(&self, name: ClockName) -> &Clock {
        match name {
            ClockName::Response => &self.response,
            ClockName::Pickup => &self.pickup,
            ClockName::Closing => &self.closing,
        }
    }

    fn get_mut(&mut self, name: ClockName) -> &mut Clock {
        match name {
            ClockName::Response => &mut self.response,
            ClockName::Pickup => &mut self.pickup,
            ClockName::Closing => &mut self.closing,
        }
    }

    pub(super) fn start(&mut self, name: ClockName, now: Millis) {
        let span = self.limits.of_clock(name);
        self.get_mut(name).start(now, span);
    }

    /// Starts it unless it was started before.
    pub(super) fn start_once(&mut self, name: ClockName, now: Millis) {
        if self.get(name).started_ms.is_none() {
            self.start(name, now);
        }
    }

    pub(super) fn stop(&mut self, name: ClockName, now: Millis) {
        self.get_mut(name).stop(now);
    }

    pub(super) fn stop_all(&mut self, now: Millis) {
        for name in ClockName::ALL {
            self.stop(*name, now);
        }
    }

    pub(super) fn pause(&mut self, name: ClockName, now: Millis) {
        self.get_mut(name).pause(now);
    }

    pub(super) fn resume(&mut self, name: ClockName, now: Millis) {
        self.get_mut(name).resume(now);
    }

    /// Runs on as if it had never been stopped.
    pub(super) fn go_on(&mut self, name: ClockName) {
        self.get_mut(name).stopped_ms = None;
    }

    /// A later due time; overdue counts anew.
    pub(super) fn extend(&mut self, name: ClockName, due: Millis) {
        let clock = self.get_mut(name);
        clock.due_ms = Some(due);
        (clock.reminded_ms, clock.directed_ms) = (None, None);
    }

    pub(super) fn next_due(&self) -> Option<Millis> {
        let after = self.limits.directive_after;
        ClockName::ALL.iter().filter_map(|name| self.get(*name).next_due(after)).min()
    }

    /// What is overdue now and was not told yet; marks it told. One step of a clock at a time.
    pub(super) fn overdue(&mut self, now: Millis) -> Vec<Overdue> {
        let after = self.limits.directive_after;
        let mut found = Vec::new();
        for name in ClockName::ALL {
            let clock = self.get_mut(*name);
            if clock.next_due(after).is_none_or(|due| due > now) {
                continue;
            }
            if clock.reminded_ms.is_none() {
                clock.reminded_ms = Some(now);
                found.push(Overdue::Remind(*name));
            } else {
                clock.directed_ms = Some(now);
                found.push(Overdue::Direct(*name));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 27 November 2026, 10:00 in Beijing.
    const FRIDAY: Millis = Millis(1795744800000);

    #[test]
    fn a_working_day_skips_the_weekend() {
        assert_eq!(Span::WorkingDays(1).after(FRIDAY), Millis(FRIDAY.0 + 3 * DAY_MS));
        assert_eq!(Span::WorkingDays(3).after(FRIDAY), Millis(FRIDAY.0 + 5 * DAY_MS));
        let saturday = Millis(FRIDAY.0 + DAY_MS);
        assert_eq!(Span::WorkingDays(1).after(saturday), Millis(FRIDAY.0 + 3 * DAY_MS));
    }

    #[test]
    fn a_pause_moves_the_due_time_and_does_not_count() {
        let mut clock = Clock::default();
        clock.start(Millis(0), Span::Ms(100));
        clock.pause(Millis(40));
        assert_eq!((clock.elapsed_ms(Millis(90)), clock.next_due(Span::Ms(10))), (40, None));
        clock.resume(Millis(90));
        assert_eq!((clock.due_ms, clock.elapsed_ms(Millis(100))), (Some(Millis(150)), 50));
        clock.stop(Millis(120));
        assert_eq!((clock.elapsed_ms(Millis(500)), clock.paused_ms), (70, 50));
    }

    #[test]
    fn overdue_is_told_once_as_a_reminder_and_once_as_a_directive() {
        let mut clocks = Clocks::new(Limits::of(Urgency::Life));
        clocks.start(ClockName::Response, Millis(0));
        let quarter = 15 * 60_000;
        assert!(clocks.overdue(Millis(quarter - 1)).is_empty());
        assert_eq!(clocks.overdue(Millis(quarter)), [Overdue::Remind(ClockName::Response)]);
        assert!(clocks.overdue(Millis(quarter + 1)).is_empty());
        assert_eq!(clocks.overdue(Millis(2 * quarter)), [Overdue::Direct(ClockName::Response)]);
        assert_eq!((clocks.overdue(Millis(9 * quarter)).len(), clocks.next_due()), (0, None));
    }
}
