//! Packets that left together seen as one: how much further apart two such groups arrived than they left.

/// Packets that leave within this time are one group, in microseconds.
const BURST: i64 = 5_000;
/// Packets that a network element held back and lets go at once are one group too, up to this long.
const MAX_BURST: i64 = 100_000;
/// A jump of the receiver's clock by more than this is no delay.
const MAX_JUMP: u64 = 3_000_000;

/// From one group to the next, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Between their sendings.
    pub sent: i64,
    /// Between their arrivals.
    pub arrived: i64,
    /// When the later one arrived, on the receiver's clock.
    pub at: i64,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    first_arrival: i64,
    last_arrival: i64,
}

impl Group {
    fn of(sent: i64, arrival: i64) -> Self {
        Self { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival }
    }

    fn holds(&self, sent: i64, arrival: i64) -> bool {
        if sent - self.first_sent <= BURST {
            return true;
        }
        let (sending, arriving) = (sent - self.last_sent, arrival - self.last_arrival);
        arriving <= BURST && arriving < sending && arrival - self.first_arrival < MAX_BURST
    }
}

#[derive(Debug, Default)]
pub struct Groups {
    before: Option<Group>,
    current: Option<Group>,
}

impl Groups {
    /// Takes a packet, in the order of sending. A step when it begins a group and two whole ones lie before it.
    pub fn add(&mut self, sent: i64, arrival: i64) -> Option<Step> {
        let Some(group) = &mut self.current else {
            self.current = Some(Group::of(sent, arrival));
            return None;
        };
        if sent < group.first_sent {
            return None;
        }
        if arrival.saturating_sub(group.last_arrival).unsigned_abs() > MAX_JUMP {
            (self.before, self.current) = (None, Some(Group::of(sent, arrival)));
            return None;
        }
        if group.holds(sent, arrival) {
            group.last_sent = group.last_sent.max(sent);
            group.last_arrival = group.last_arrival.max(arrival);
            return None;
        }
        let whole = *group;
        self.current = Some(Group::of(sent, arrival));
        let before = self.before.replace(whole)?;
        let arrived = whole.last_arrival - before.last_arrival;
        // Groups that overtook each other say nothing of a queue.
        (arrived >= 0).then_some(Step { sent: whole.last_sent - before.last_sent, arrived, at: whole.last_arrival })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_between_whole_groups() {
        let mut groups = Groups::default();
        assert_eq!(groups.add(0, 1_000), None);
        assert_eq!(groups.add(2_000, 2_500), None, "same group");
        assert_eq!(groups.add(33_000, 34_000), None);
        assert_eq!(groups.add(66_000, 75_000), Some(Step { sent: 31_000, arrived: 31_500, at: 34_000 }));
        assert_eq!(groups.add(99_000, 110_000), Some(Step { sent: 33_000, arrived: 41_000, at: 75_000 }));
    }

    #[test]
    fn what_was_held_back_and_let_go_is_one_group() {
        let mut groups = Groups::default();
        let steps: Vec<_> = (0..20).filter_map(|n| groups.add(n * 10_000, 300_000 + n * 10)).collect();
        assert!(steps.is_empty(), "{steps:?}");
    }

    #[test]
    fn a_jump_of_the_receivers_clock_is_no_delay() {
        let mut groups = Groups::default();
        groups.add(0, 0);
        groups.add(10_000, 10_000);
        assert_eq!(groups.add(20_000, 90_000_000), None);
        assert_eq!(groups.add(30_000, 90_010_000), None);
    }

    proptest! {
        #[test]
        fn nothing_overflows(packets in proptest::collection::vec((0i64..1 << 50, -(1i64 << 60)..1 << 60), 0..100)) {
            let mut groups = Groups::default();
            for (sent, arrival) in packets {
                if let Some(step) = groups.add(sent, arrival) {
                    prop_assert!(step.arrived >= 0);
                }
            }
        }
    }
}
