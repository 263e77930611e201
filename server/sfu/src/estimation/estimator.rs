//! The stages put together: from a viewer's transport-wide feedback to the rate that its line carries.

use super::{
    Acknowledged, Groups, History, LossBound, MAX_ESTIMATE, MIN_ESTIMATE, Micros, Probes, RateControl, Report,
    START_ESTIMATE, Standing, Trend, Usage,
};
use crate::feedback::TransportWide;

/// Of one feedback: so many lost and a third of all, while a queue stands, are what it had no room for.
const OVERFLOW: u32 = 3;
/// Over which time the arriving rate is taken.
const ARRIVING: Micros = 250_000;
/// The same while a queue grows or stands: then the line is busy all the time, and what arrives is what it carries.
const ARRIVING_BUSY: Micros = 100_000;
/// After the first feedback the estimate has this long to find its height before anything is paused for it.
const SETTLING: Micros = 1_000_000;
/// Without feedback for this long, while packets leave, the line is taken for worse and worse.
const SILENCE: Micros = 1_000_000;
const SILENT_STEP: Micros = 500_000;
/// Packets whose fate is unknown, before silence says something.
const SILENT_PACKETS: u32 = 10;
/// The reference time of feedback has 24 bits of 64 ms.
const REFERENCE_BITS: u32 = 24;
const REFERENCE: i64 = 64_000;

/// The estimate for one transport.
#[derive(Debug)]
pub struct Estimator {
    groups: Groups,
    trend: Trend,
    standing: Standing,
    /// On the receiver's clock, and on our own: the second cannot be forged.
    arriving: Acknowledged,
    acknowledged: Acknowledged,
    rate: RateControl,
    loss: LossBound,
    pub probes: Probes,
    /// The last reference time, as it came and endless.
    reference: Option<(u32, i64)>,
    first_feedback: Option<Micros>,
    last_feedback: Micros,
    silent_since: Micros,
    silent: bool,
    /// Packets sent since the last feedback.
    unanswered: u32,
    round_trip: Micros,
    estimate: u64,
}

impl Default for Estimator {
    fn default() -> Self {
        Self {
            groups: Groups::default(),
            trend: Trend::default(),
            standing: Standing::default(),
            arriving: Acknowledged::default(),
            acknowledged: Acknowledged::default(),
            rate: RateControl::new(START_ESTIMATE),
            loss: LossBound::default(),
            probes: Probes::default(),
            reference: None,
            first_feedback: None,
            last_feedback: 0,
            silent_since: 0,
            silent: false,
            unanswered: 0,
            round_trip: 100_000,
            estimate: START_ESTIMATE,
        }
    }
}

impl Estimator {
    /// In bit/s; `None` before the first feedback.
    pub fn estimate(&self) -> Option<u64> {
        self.first_feedback.map(|_| self.estimate)
    }

    /// Whether it is old enough to pause something for it.
    pub fn is_settled(&self, now: Micros) -> bool {
        self.first_feedback.is_some_and(|first| now.saturating_sub(first) >= SETTLING)
    }

    /// Whether a queue was seen to grow within the last `time`.
    pub fn was_full(&self, now: Micros, time: Micros) -> bool {
        self.rate.decreased().is_some_and(|last| now.saturating_sub(last) < time)
    }

    /// The share of packets lost lately, in [0, 1].
    pub fn loss(&self) -> f32 {
        self.loss.average()
    }

    /// Between a packet's sending and its report, at least, in microseconds.
    pub fn round_trip(&self) -> Micros {
        self.round_trip
    }

    /// A packet left.
    pub fn sent(&mut self, size: usize) {
        self.unanswered = self.unanswered.saturating_add(1);
        self.probes.sent(size);
    }

    /// Takes a feedback; the estimate in bit/s.
    pub fn feedback(&mut self, history: &mut History, feedback: &TransportWide<'_>, now: Micros) -> u64 {
        let reference = self.reference_of(feedback.reference());
        let (mut usage, mut told, mut newest) = (Usage::Normal, 0u32, None);
        let (mut received, mut lost) = (0, 0u32);
        for (sequence, arrival) in feedback.statuses() {
            let Some(report) = history.report(sequence, arrival.is_some(), now) else { continue };
            told += 1;
            let sent = match report {
                Report::Lost => {
                    lost += 1;
                    continue;
                }
                Report::Received(sent) => {
                    received += 1;
                    sent
                }
                Report::Late(sent) => {
                    self.loss.late();
                    sent
                }
            };
            let Some(arrival) = arrival.map(|arrival| reference.saturating_add(i64::from(arrival))) else { continue };
            newest = newest.max(Some(sent.at));
            self.arriving.add(arrival.max(0) as Micros, u32::from(sent.size));
            self.acknowledged.add(now, u32::from(sent.size));
            if sent.cluster != 0 {
                // A probe makes a queue of its own; only how fast it drains counts.
                self.probes.came(sent, arrival);
                continue;
            }
            self.standing.add(sent.at, arrival);
            if let Some(step) = self.groups.add(sent.at as i64, arrival) {
                usage = self.trend.add(step);
            }
        }
        if told == 0 {
            return self.estimate;
        }
        if let Some(newest) = newest {
            let trip = now.saturating_sub(newest);
            self.round_trip = if trip < self.round_trip { trip } else { (self.round_trip * 15 + trip) / 16 };
        }
        if std::mem::take(&mut self.silent) {
            // What was lost while nothing passed says nothing of what passes now.
            lost = 0;
        }
        let stands = self.standing.take();
        let overflows = lost >= OVERFLOW && lost * 3 >= told && self.standing.may_overflow();
        // A long queue counts more than how it came to be, and one that drains needs no more than that.
        usage = match (stands, usage) {
            _ if overflows => Usage::Over,
            (Usage::Normal, Usage::Over) if self.standing.has_passed() => Usage::Normal,
            (Usage::Normal, seen) => seen,
            (stands, _) => stands,
        };
        self.loss.add(received, lost);
        self.first_feedback.get_or_insert(now);
        (self.last_feedback, self.unanswered) = (now, 0);
        self.judge(usage, stands, history, now);
        self.estimate
    }

    fn judge(&mut self, usage: Usage, stands: Usage, history: &History, now: Micros) {
        let before = self.estimate;
        // Twice what was really acknowledged in the last second is the most that growth may reach, whatever arrival times say.
        let believed = self.acknowledged.rate_at(now);
        let arriving = match (usage, stands) {
            // What passes above the estimate does not excuse a queue that stands.
            (Usage::Over, Usage::Over) => self.arriving.rate(ARRIVING_BUSY).map(|rate| rate.min(self.rate.rate())),
            (Usage::Over, _) => self.arriving.rate(ARRIVING_BUSY),
            _ => self.arriving.rate(ARRIVING).map(|rate| rate.min(believed / 3 * 4)),
        };
        let mut rate = self.rate.update(usage, arriving, self.round_trip, now);
        if usage == Usage::Over {
            self.probes.hold_off(now);
        }
        if let Some(shown) = self.probes.result(now)
            && shown > rate
            && usage != Usage::Over
        {
            self.rate.set(shown);
            self.loss.raise(shown);
            rate = shown;
        }
        let allowed = self.loss.update(before.min(rate), || history.sent_rate(now), now).unwrap_or(MAX_ESTIMATE);
        self.estimate = rate.min(allowed).clamp(MIN_ESTIMATE, MAX_ESTIMATE);
        if self.estimate < rate {
            // When losses are over it goes up from here, not from where it was.
            self.rate.set(self.estimate);
        }
    }

    /// The endless form of a reference time, in microseconds.
    fn reference_of(&mut self, reference: u32) -> i64 {
        let endless = match self.reference {
            None => i64::from(reference) + (1 << REFERENCE_BITS),
            Some((last, endless)) => {
                // The difference of 24-bit numbers, with its sign.
                let shift = u32::BITS - REFERENCE_BITS;
                endless + i64::from((reference.wrapping_sub(last) << shift) as i32 >> shift)
            }
        };
        self.reference = Some((reference, endless));
        endless.saturating_mul(REFERENCE)
    }

    /// Looks at the clock: a line that says nothing while packets leave is taken for worse. True if the estimate fell.
    pub fn look(&mut self, now: Micros) -> bool {
        let silent = self.first_feedback.is_some()
            && self.unanswered >= SILENT_PACKETS
            && now.saturating_sub(self.last_feedback) >= SILENCE
            && now.saturating_sub(self.silent_since) >= SILENT_STEP;
        if silent {
            (self.silent_since, self.silent) = (now, true);
            self.probes.hurry(now);
            self.rate.set(self.estimate / 2);
            self.estimate = (self.estimate / 2).max(MIN_ESTIMATE);
        }
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{Arrivals, Feedback, read};
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// A line with a queue: sends packets at a rate over it, each 50 ms told of.
    struct Line {
        history: History,
        estimator: Estimator,
        arrivals: Arrivals,
        start: Instant,
        now: Micros,
        free_at: Micros,
        /// In bit/s.
        capacity: u64,
        coming: std::collections::VecDeque<(Micros, u16)>,
        /// Bytes that are to be sent.
        owed: u64,
    }

    impl Line {
        fn new(capacity: u64) -> Self {
            let start = Instant::now();
            Self {
                history: History::default(),
                estimator: Estimator::default(),
                arrivals: Arrivals::new(start),
                start,
                now: 0,
                free_at: 0,
                capacity,
                coming: <_>::default(),
                owed: 0,
            }
        }

        /// Sends so many bit/s of packets of 1,000 bytes, with frames each 33 ms, and probes as they are due.
        fn run(&mut self, seconds: u64, rate: impl Fn(u64) -> u64) {
            let end = self.now + seconds * 1_000_000;
            while self.now < end {
                self.now += 1_000;
                if self.now.is_multiple_of(33_000) {
                    self.owed += rate(self.estimator.estimate().unwrap_or(START_ESTIMATE)) * 33 / 8_000;
                    while self.owed > 0 {
                        let size = self.owed.min(1_000);
                        self.owed -= size;
                        self.send(size as usize);
                    }
                }
                let estimate = self.estimator.estimate().unwrap_or(START_ESTIMATE);
                if self.now > 1_000_000 {
                    self.estimator.probes.begin(estimate, self.now);
                }
                while self.estimator.probes.is_behind(self.now) {
                    self.send(290);
                }
                while self.coming.front().is_some_and(|(at, _)| *at <= self.now) {
                    let (at, sequence) = self.coming.pop_front().unwrap();
                    self.arrivals.record(sequence, self.start + Duration::from_micros(at));
                }
                if self.now.is_multiple_of(50_000) {
                    let mut buffer = [0; 1_000];
                    while let Some(len) = self.arrivals.write(1, 2, &mut buffer) {
                        for item in read(&buffer[..len]) {
                            let Feedback::TransportWide(feedback) = item else { panic!() };
                            self.estimator.feedback(&mut self.history, &feedback, self.now);
                        }
                    }
                }
                self.estimator.look(self.now);
            }
        }

        fn send(&mut self, size: usize) {
            let (sequence, cluster) = (self.history.next_sequence(), self.estimator.probes.number());
            self.history.record(size, cluster, self.now);
            self.estimator.sent(size);
            self.free_at = self.free_at.max(self.now) + size as u64 * 8_000_000 / self.capacity;
            self.coming.push_back((self.free_at + 20_000, sequence));
        }

        fn queue(&self) -> Micros {
            self.free_at.saturating_sub(self.now)
        }

        fn estimate(&self) -> u64 {
            self.estimator.estimate().unwrap()
        }
    }

    #[test]
    fn finds_a_narrow_line_and_keeps_its_queue_short() {
        let mut line = Line::new(1_000_000);
        line.run(10, |estimate| estimate * 9 / 10);
        assert!((600_000..1_050_000).contains(&line.estimate()), "{}", line.estimate());
        let mut worst = 0;
        for _ in 0..20 {
            line.run(1, |estimate| estimate * 9 / 10);
            worst = worst.max(line.queue());
        }
        assert!(worst < 150_000, "{worst}");
        assert!((600_000..1_150_000).contains(&line.estimate()), "{}", line.estimate());
    }

    #[test]
    fn follows_a_fall_and_a_return() {
        let mut line = Line::new(3_000_000);
        line.estimator.probes.set_wanted(2_500_000);
        line.run(10, |estimate| estimate.min(2_400_000));
        assert!(line.estimate() > 2_200_000, "{}", line.estimate());
        line.capacity = 500_000;
        line.run(3, |estimate| estimate.min(2_400_000));
        assert!(line.estimate() < 600_000, "{}", line.estimate());
        line.run(10, |estimate| estimate.min(2_400_000) * 9 / 10);
        assert!((250_000..600_000).contains(&line.estimate()), "{}", line.estimate());
        line.capacity = 3_000_000;
        line.run(4, |estimate| estimate.min(2_400_000) * 9 / 10);
        assert!(line.estimate() > 2_200_000, "{}", line.estimate());
    }

    #[test]
    fn silence_lowers_it_and_the_return_raises_it() {
        let mut line = Line::new(5_000_000);
        line.estimator.probes.set_wanted(2_000_000);
        line.run(5, |_| 1_500_000);
        let before = line.estimate();
        let lost = std::mem::take(&mut line.coming);
        drop(lost);
        // Nothing arrives for three seconds.
        for _ in 0..3_000 {
            line.now += 1_000;
            if line.now.is_multiple_of(33_000) {
                line.history.record(1_000, 0, line.now);
                line.estimator.sent(1_000);
            }
            line.estimator.look(line.now);
        }
        assert!(line.estimate() <= before / 8, "{} {before}", line.estimate());
        line.run(4, |estimate| estimate.min(1_500_000));
        assert!(line.estimate() > 1_500_000, "{}", line.estimate());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Whatever a forger says in feedback: the estimate grows no higher than what was acknowledged allows, and stays in bounds.
        #[test]
        fn forged_feedback_is_bounded(lies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 16..80), 1..200), honest in any::<bool>()) {
            let mut history = History::default();
            let mut estimator = Estimator::default();
            let mut now = 0;
            for lie in lies {
                now += 50_000;
                // 160 kbit/s are sent.
                history.record(1_000, 0, now);
                estimator.sent(1_000);
                let mut packet = vec![0x8f, 205, 0, 0];
                packet.extend(lie);
                packet.truncate(packet.len() / 4 * 4);
                packet[3] = (packet.len() / 4 - 1) as u8;
                if honest {
                    let sequence = history.next_sequence().wrapping_sub(1);
                    packet[12..14].copy_from_slice(&sequence.to_be_bytes());
                }
                for item in read(&packet) {
                    if let Feedback::TransportWide(feedback) = item {
                        let estimate = estimator.feedback(&mut history, &feedback, now);
                        prop_assert!((MIN_ESTIMATE..=START_ESTIMATE).contains(&estimate));
                    }
                }
            }
        }
    }
}
