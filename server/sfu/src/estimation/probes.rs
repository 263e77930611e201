//! Whether the line carries more than is sent: now and then a cluster of packets leaves faster than the estimate, and how fast they
//! arrive is the answer. When, how large, and what came of it.

use super::{MAX_ESTIMATE, Micros, Sent};

/// How long a cluster takes, and its packets at least.
pub const DURATION: Micros = 20_000;
pub const LEAST_PACKETS: u16 = 8;
/// How much more than the estimate is tried.
const FACTOR: f64 = 2.0;
/// No cluster is slower, in bit/s: of smaller ones nothing can be measured.
const LEAST_TARGET: u64 = 250_000;
/// Of what is wanted: some room above it.
const ROOM: f64 = 1.3;
/// Between two clusters: after success, and after failure, each time longer.
const SOON: Micros = 100_000;
const FIRST_WAIT: Micros = 1_000_000;
const LONGEST_WAIT: Micros = 2_000_000;
/// An answer that has not come by then does not come.
const ANSWER: Micros = 600_000;
/// Packets that must have come of those sent.
const SHARE: f32 = 0.7;
/// A cluster that arrived slower than it was sent met a limit: this much of it is safe.
const SAFE: f64 = 0.95;

#[derive(Debug)]
struct Cluster {
    /// When it began, in bit/s.
    estimate: u64,
    target: u64,
    started: Micros,
    packets: u16,
    bytes: u32,
    complete: bool,
    came: u16,
    came_bytes: u32,
    first_sent: Micros,
    last_sent: Micros,
    /// Of the packet sent last, and of the one that arrived first: they lie outside the intervals.
    last_size: u16,
    first_size: u16,
    first_arrival: i64,
    last_arrival: i64,
}

/// The probes of one transport.
#[derive(Debug)]
pub struct Probes {
    /// What all that is wanted would take, in bit/s.
    wanted: u64,
    cluster: Option<Cluster>,
    number: u8,
    due: Micros,
    wait: Micros,
}

impl Default for Probes {
    fn default() -> Self {
        Self { wanted: 0, cluster: None, number: 0, due: 0, wait: FIRST_WAIT }
    }
}

impl Probes {
    pub fn set_wanted(&mut self, wanted: u64) {
        self.wanted = wanted;
    }

    /// The cluster that packets sent now belong to; 0: none.
    pub fn number(&self) -> u8 {
        if self.is_running() { self.number } else { 0 }
    }

    pub fn is_running(&self) -> bool {
        self.cluster.as_ref().is_some_and(|cluster| !cluster.complete)
    }

    /// Begins a cluster if one is due: more is wanted than `estimate`.
    pub fn begin(&mut self, estimate: u64, now: Micros) -> bool {
        if let Some(cluster) = &self.cluster {
            if now.saturating_sub(cluster.started) < ANSWER {
                return false;
            }
            self.cluster = None;
            self.failed(now);
        }
        if self.wanted <= estimate || estimate >= MAX_ESTIMATE || now < self.due {
            return false;
        }
        let wanted = (self.wanted as f64 * ROOM) as u64;
        let target = ((estimate as f64 * FACTOR) as u64).max(LEAST_TARGET).min(wanted.max(LEAST_TARGET));
        self.number = self.number.checked_add(1).unwrap_or(1);
        self.cluster = Some(Cluster {
            estimate,
            target: target.min(MAX_ESTIMATE),
            started: now,
            packets: 0,
            bytes: 0,
            complete: false,
            came: 0,
            came_bytes: 0,
            first_sent: Micros::MAX,
            last_sent: 0,
            last_size: 0,
            first_size: 0,
            first_arrival: i64::MAX,
            last_arrival: i64::MIN,
        });
        true
    }

    /// Whether the running cluster is behind its rate, so that padding is to be sent now.
    pub fn is_behind(&self, now: Micros) -> bool {
        let Some(cluster) = self.cluster.as_ref().filter(|cluster| !cluster.complete) else { return false };
        let passed = now.saturating_sub(cluster.started).min(ANSWER);
        u64::from(cluster.bytes) <= cluster.target / 8 * passed / 1_000_000
    }

    /// A packet of the running cluster left.
    pub fn sent(&mut self, size: usize) {
        let Some(cluster) = self.cluster.as_mut().filter(|cluster| !cluster.complete) else { return };
        cluster.packets = cluster.packets.saturating_add(1);
        cluster.bytes = cluster.bytes.saturating_add(size as u32);
        let enough = u64::from(cluster.bytes) >= cluster.target / 8 * DURATION / 1_000_000;
        cluster.complete = enough && cluster.packets >= LEAST_PACKETS;
    }

    /// A packet of a cluster came.
    pub fn came(&mut self, sent: Sent, arrival: i64) {
        let Some(cluster) = self.cluster.as_mut().filter(|_| sent.cluster == self.number) else { return };
        cluster.came += 1;
        cluster.came_bytes += u32::from(sent.size);
        cluster.first_sent = cluster.first_sent.min(sent.at);
        if sent.at >= cluster.last_sent {
            (cluster.last_sent, cluster.last_size) = (sent.at, sent.size);
        }
        if arrival < cluster.first_arrival {
            (cluster.first_arrival, cluster.first_size) = (arrival, sent.size);
        }
        cluster.last_arrival = cluster.last_arrival.max(arrival);
    }

    /// The rate that a cluster showed, in bit/s, once: when enough of it came. Never more than it was sent with.
    pub fn result(&mut self, now: Micros) -> Option<u64> {
        let cluster = self.cluster.as_ref()?;
        let enough = cluster.complete && f32::from(cluster.came) >= f32::from(cluster.packets) * SHARE;
        if !enough {
            return None;
        }
        let cluster = self.cluster.take()?;
        let rate = |bytes: u32, interval: u64| {
            // The clock of the reports has steps of 250 µs.
            (interval >= 1_000).then(|| u64::from(bytes) * 8 * 1_000_000 / interval)
        };
        let sent_in = cluster.last_sent.saturating_sub(cluster.first_sent);
        let came_in = cluster.last_arrival.saturating_sub(cluster.first_arrival).max(1_000) as u64;
        let sent = rate(cluster.came_bytes.saturating_sub(u32::from(cluster.last_size)), sent_in);
        let came = rate(cluster.came_bytes.saturating_sub(u32::from(cluster.first_size)), came_in);
        let (Some(sent), Some(came)) = (sent, came) else {
            self.failed(now);
            return None;
        };
        let shown = if came * 10 < sent * 9 { (came as f64 * SAFE) as u64 } else { sent.min(came) };
        // What shows no more than was known has found the limit too.
        if shown * 10 >= cluster.target * 7 && shown * 20 > cluster.estimate * 21 {
            self.wait = FIRST_WAIT;
            self.due = now + SOON;
        } else {
            self.failed(now);
        }
        Some(shown.min(cluster.target))
    }

    fn failed(&mut self, now: Micros) {
        self.due = now + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }

    /// The line is silent: the sooner it is found to speak again the better, and there is nothing to harm.
    pub fn hurry(&mut self, now: Micros) {
        self.wait = SOON;
        self.due = self.due.min(now + SOON);
    }

    /// Nothing can carry the running cluster.
    pub fn cancel(&mut self, now: Micros) {
        if self.cluster.take().is_some() {
            self.failed(now);
        }
    }

    /// The line was just found full: not now.
    pub fn hold_off(&mut self, now: Micros) {
        self.due = self.due.max(now + FIRST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a whole cluster of packets of 300 bytes over a line of so many bit/s; the result.
    fn probe(probes: &mut Probes, start: Micros, line: u64) -> Option<u64> {
        let mut free_at = 0;
        let mut arrivals = Vec::new();
        let mut now = start;
        while probes.is_running() {
            while probes.is_behind(now) {
                let number = probes.number();
                probes.sent(300);
                free_at = now.max(free_at) + 300 * 8 * 1_000_000 / line;
                arrivals.push((Sent { at: now, size: 300, cluster: number }, free_at as i64 + 20_000));
            }
            now += 1_000;
        }
        for (sent, arrival) in arrivals {
            probes.came(sent, arrival);
        }
        probes.result(now + 50_000)
    }

    #[test]
    fn a_free_line_shows_what_was_tried_and_a_full_one_its_own_rate() {
        let mut probes = Probes::default();
        assert!(!probes.begin(1_000_000, 0), "nothing is wanted");
        probes.set_wanted(5_000_000);
        assert!(probes.begin(1_000_000, 0));
        assert!(!probes.begin(1_000_000, 1_000), "one at a time");
        let shown = probe(&mut probes, 0, 100_000_000).unwrap();
        assert!((1_800_000..=2_000_000).contains(&shown), "{shown}");
        assert!(probes.begin(shown, 400_000), "soon after success");
        let shown = probe(&mut probes, 400_000, 1_500_000).unwrap();
        assert!((1_350_000..1_500_000).contains(&shown), "{shown}");
        assert!(!probes.begin(shown, 800_000), "not at once after failure");
        assert!(probes.begin(shown, 2_000_000));
    }

    #[test]
    fn what_shows_no_more_than_was_known_is_tried_again_later() {
        let mut probes = Probes::default();
        probes.set_wanted(1_100_000);
        assert!(probes.begin(1_000_000, 0));
        let shown = probe(&mut probes, 0, 1_060_000).unwrap();
        assert!((980_000..1_050_000).contains(&shown), "{shown}");
        assert!(!probes.begin(1_000_000, 900_000));
        assert!(probes.begin(1_000_000, 1_200_000));
    }

    #[test]
    fn arrivals_of_a_forger_show_no_more_than_was_sent() {
        let mut probes = Probes::default();
        probes.set_wanted(u64::MAX / 4);
        assert!(probes.begin(500_000, 0));
        let mut now = 0;
        let mut sent = Vec::new();
        while probes.is_running() {
            while probes.is_behind(now) {
                sent.push(Sent { at: now, size: 300, cluster: probes.number() });
                probes.sent(300);
            }
            now += 1_000;
        }
        for (number, sent) in sent.into_iter().enumerate() {
            probes.came(sent, i64::MAX - (number % 3) as i64);
        }
        assert!(probes.result(now).is_none_or(|shown| shown <= 1_000_000));
    }

    #[test]
    fn without_an_answer_it_waits_longer_each_time_up_to_a_limit() {
        let mut probes = Probes::default();
        probes.set_wanted(5_000_000);
        let mut begun = Vec::new();
        for millisecond in 0..20_000u64 {
            if probes.begin(500_000, millisecond * 1_000) {
                begun.push(millisecond);
            }
        }
        let waits: Vec<u64> = begun.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits[..3], [1_600, 2_600, 2_600]);
    }
}
