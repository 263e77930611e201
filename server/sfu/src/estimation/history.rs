//! What was sent over one transport and not reported yet: eight bytes for each packet, no more packets than a round trip holds.

use super::Micros;

/// Packets that are remembered at first; grows while reports come too late for it.
pub const LEAST_REMEMBERED: usize = 256;
/// Packets that are remembered at most: 16 KB.
pub const MOST_REMEMBERED: usize = 2_048;
/// A packet without a report for this long will get none.
const KEPT: u32 = 1_500_000;
const SECOND: u32 = 1_000_000;
/// A rate is taken over this time at least, in microseconds: packets leave in bursts.
const LEAST_SPAN: u32 = 100_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    Unknown,
    Lost,
    Received,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// The low bits of the time of sending.
    at: u32,
    size: u16,
    cluster: u8,
    fate: Fate,
}

/// A packet that a report tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    pub at: Micros,
    /// On the wire, in bytes.
    pub size: u16,
    /// The probe that it was part of; 0: none.
    pub cluster: u8,
}

/// What is new in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    Received(Sent),
    /// Told as lost before.
    Late(Sent),
    Lost,
}

/// The packets of one transport by their transport-wide sequence.
#[derive(Debug, Default)]
pub struct History {
    entries: Vec<Entry>,
    first: u64,
    next: u64,
}

impl History {
    /// The transport-wide number of the next packet.
    pub fn next_sequence(&self) -> u16 {
        self.next as u16
    }

    /// Notes the packet that took [`History::next_sequence`].
    pub fn record(&mut self, size: usize, cluster: u8, now: Micros) {
        if self.entries.is_empty() {
            self.entries.resize(LEAST_REMEMBERED, Entry::default());
        }
        if self.next - self.first >= self.entries.len() as u64 {
            let oldest = self.entry(self.first);
            let waits = oldest.fate == Fate::Unknown && (now as u32).wrapping_sub(oldest.at) < KEPT;
            if waits && self.entries.len() < MOST_REMEMBERED {
                self.grow();
            } else {
                self.first += 1;
            }
        }
        let size = size.min(usize::from(u16::MAX)) as u16;
        let place = self.place(self.next);
        if let Some(entry) = self.entries.get_mut(place) {
            *entry = Entry { at: now as u32, size, cluster, fate: Fate::Unknown };
        }
        self.next += 1;
    }

    fn place(&self, number: u64) -> usize {
        // A power of two.
        number as usize & (self.entries.len() - 1)
    }

    fn entry(&self, number: u64) -> Entry {
        self.entries.get(self.place(number)).copied().unwrap_or_default()
    }

    fn grow(&mut self) {
        let mut entries = vec![Entry::default(); self.entries.len() * 2];
        let mask = entries.len() - 1;
        for number in self.first..self.next {
            if let Some(place) = entries.get_mut(number as usize & mask) {
                *place = self.entry(number);
            }
        }
        self.entries = entries;
    }

    /// Takes what a viewer says of one packet. `None`: it was never sent, is forgotten, or nothing is new.
    pub fn report(&mut self, sequence: u16, received: bool, now: Micros) -> Option<Report> {
        let back = u64::from((self.next as u16).wrapping_sub(sequence));
        if back == 0 || back > self.next - self.first {
            return None;
        }
        let place = self.place(self.next - back);
        let entry = self.entries.get_mut(place)?;
        let before = entry.fate;
        match (received, before) {
            (true, Fate::Unknown | Fate::Lost) => {
                entry.fate = Fate::Received;
                let age = u64::from((now as u32).wrapping_sub(entry.at));
                let sent = Sent { at: now.saturating_sub(age), size: entry.size, cluster: entry.cluster };
                Some(if before == Fate::Lost { Report::Late(sent) } else { Report::Received(sent) })
            }
            (false, Fate::Unknown) => {
                entry.fate = Fate::Lost;
                Some(Report::Lost)
            }
            _ => None,
        }
    }

    /// What was sent in the last second, in bit/s; or since the oldest packet that is remembered.
    pub fn sent_rate(&self, now: Micros) -> u64 {
        let (mut bytes, mut span) = (0, LEAST_SPAN);
        for number in (self.first..self.next).rev() {
            let entry = self.entry(number);
            let age = (now as u32).wrapping_sub(entry.at);
            if age >= SECOND {
                span = SECOND;
                break;
            }
            bytes += u64::from(entry.size);
            span = span.max(age);
        }
        bytes * 8 * u64::from(SECOND) / u64::from(span)
    }

    /// Bytes that it takes.
    pub fn heap(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn eight_bytes_each_and_nothing_before_the_first() {
        assert_eq!(size_of::<Entry>(), 8);
        assert_eq!(History::default().heap(), 0);
    }

    #[test]
    fn each_packet_is_told_of_once() {
        let mut history = History::default();
        for number in 0..10u64 {
            history.record(100 + number as usize, 0, number * 1_000);
        }
        let sent = Sent { at: 3_000, size: 103, cluster: 0 };
        assert_eq!(history.report(3, true, 50_000), Some(Report::Received(sent)));
        assert_eq!(history.report(3, true, 50_000), None, "a replay");
        assert_eq!(history.report(3, false, 50_000), None);
        assert_eq!(history.report(4, false, 50_000), Some(Report::Lost));
        assert!(matches!(history.report(4, true, 50_000), Some(Report::Late(_))));
        assert_eq!(history.report(10, true, 50_000), None, "never sent");
        assert_eq!(history.report(65_535, true, 50_000), None, "never sent");
    }

    #[test]
    fn grows_only_while_reports_are_late() {
        let mut history = History::default();
        for number in 0..100_000u64 {
            history.record(1_000, 0, number * 1_000);
            history.report(number as u16, true, number * 1_000);
        }
        assert_eq!(history.heap(), LEAST_REMEMBERED * 8);
        for number in 0..100_000u64 {
            history.record(1_000, 0, number * 100);
        }
        assert_eq!(history.heap(), MOST_REMEMBERED * 8);
    }

    #[test]
    fn the_rate_is_of_the_last_second_or_of_what_is_remembered() {
        let mut history = History::default();
        assert_eq!(history.sent_rate(5_000_000), 0);
        let first = u64::from(u32::MAX) - 500_000;
        for number in 0..200u64 {
            history.record(1_000, 0, first + number * 10_000);
        }
        // 100 packets a second.
        let rate = history.sent_rate(first + 2_000_000);
        assert!((780_000..=800_000).contains(&rate), "{rate}");
        assert_eq!(history.sent_rate(first + 9_000_000), 0);
        // Of ten thousand a second only the last 256 are remembered once they are told of.
        for number in 0..10_000u64 {
            let now = first + 10_000_000 + number * 100;
            history.record(1_000, 0, now);
            history.report(history.next_sequence().wrapping_sub(1), true, now);
        }
        let rate = history.sent_rate(first + 11_000_000);
        assert!((19_000_000..22_000_000).contains(&rate), "256 kB within the shortest span: {rate}");
    }

    proptest! {
        /// Whatever is reported: only what is remembered is believed, each packet once, with its own size and time.
        #[test]
        fn reports_are_believed_once(reports in proptest::collection::vec((any::<u16>(), any::<bool>()), 0..3_000), start in 0u64..u64::from(u32::MAX) * 3) {
            let mut history = History::default();
            for number in 0..600u64 {
                history.record(number as usize, 0, start + number);
            }
            let mut seen = std::collections::HashSet::new();
            for (sequence, received) in reports {
                let report = history.report(sequence % 700, received, start + 1_000_000);
                if let Some(Report::Received(sent) | Report::Late(sent)) = report {
                    prop_assert!(seen.insert(sequence % 700));
                    prop_assert_eq!(sent.size, sequence % 700);
                    prop_assert_eq!(sent.at, start + u64::from(sequence % 700));
                }
            }
        }
    }
}
