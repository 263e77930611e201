//! Orders a batch of queued datagrams into system-call messages: one datagram each, or a run of equal sizes to one
//! flow that the kernel cuts apart again (UDP GSO). Pure; `send` executes the order.

use lianxian_sfu::worker::Flow;
use std::net::IpAddr;

/// Largest payload of one message, in bytes (the IPv4 datagram limit less its headers).
const MAX_RUN_BYTES: usize = 65_000;

/// A datagram in the batch: its slot is its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queued {
    pub flow: Flow,
    pub len: u16,
}

/// One message: `count` datagrams starting at slot `first` and following [`Order::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub first: u16,
    pub count: u16,
    /// Size of each datagram but the last, which may be shorter, in bytes.
    pub segment: u16,
}

/// No slot: the end of a flow's chain.
const NONE: u16 = u16::MAX;

/// The order of one batch. Kept between batches for its memory.
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub runs: Vec<Run>,
    /// For each slot, the next slot of the same flow.
    next: Vec<u16>,
    cursors: Vec<u16>,
    /// Open-addressed by flow: (batch stamp, last slot of the flow). Never more than half full.
    table: Vec<(u32, u16)>,
    stamp: u32,
}

impl Order {
    /// Lays out `queued` (at most `u16::MAX - 1` datagrams) with at most `max_segments` datagrams in a message.
    /// The order within a flow is kept; the order between flows is not.
    pub fn plan(&mut self, queued: &[Queued], max_segments: usize) {
        self.runs.clear();
        if max_segments <= 1 || queued.len() < 2 {
            let single = |(slot, q): (usize, &Queued)| Run { first: slot as u16, count: 1, segment: q.len };
            self.runs.extend(queued.iter().enumerate().map(single));
            return;
        }
        self.chain(queued);
        // Round by round, one run of each flow: what goes out side by side has the same segment size (the same source
        // packet for many viewers), so `send` can hand many runs to the kernel in one call.
        while !self.cursors.is_empty() {
            let Self { runs, next, cursors, .. } = self;
            cursors.retain_mut(|cursor| {
                let (run, rest) = take_run(queued, next, *cursor, max_segments);
                runs.push(run);
                *cursor = rest;
                rest != NONE
            });
        }
    }

    /// The slots of a run, in order.
    pub fn slots(&self, run: Run) -> impl Iterator<Item = u16> + '_ {
        let mut slot = run.first;
        (0..run.count).map(move |_| {
            let current = slot;
            slot = self.next.get(usize::from(slot)).copied().unwrap_or(NONE);
            current
        })
    }

    /// Links each flow's datagrams; `cursors` gets the first of each flow.
    fn chain(&mut self, queued: &[Queued]) {
        self.next.clear();
        self.next.resize(queued.len(), NONE);
        self.cursors.clear();
        let size = (queued.len() * 2).next_power_of_two();
        if self.table.len() < size {
            self.table = vec![(0, 0); size];
            self.stamp = 0;
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.table.fill((0, 0));
            self.stamp = 1;
        }
        let mask = self.table.len() - 1;
        for (slot, q) in queued.iter().enumerate() {
            let mut place = spread(&q.flow) as usize & mask;
            loop {
                let (stamp, last) = self.table[place];
                if stamp != self.stamp {
                    self.cursors.push(slot as u16);
                    break;
                }
                if queued[usize::from(last)].flow == q.flow {
                    self.next[usize::from(last)] = slot as u16;
                    break;
                }
                place = (place + 1) & mask;
            }
            self.table[place] = (self.stamp, slot as u16);
        }
    }
}

/// The longest run from `first` on, and where the flow goes on after it.
fn take_run(queued: &[Queued], next: &[u16], first: u16, max_segments: usize) -> (Run, u16) {
    let segment = queued[usize::from(first)].len;
    let (mut count, mut bytes, mut slot) = (1_usize, usize::from(segment), next[usize::from(first)]);
    while slot != NONE && count < max_segments {
        let len = queued[usize::from(slot)].len;
        if len > segment || bytes + usize::from(len) > MAX_RUN_BYTES {
            break;
        }
        count += 1;
        bytes += usize::from(len);
        slot = next[usize::from(slot)];
        if len < segment {
            // Only the last datagram of a run may be shorter.
            break;
        }
    }
    (Run { first, count: count as u16, segment }, slot)
}

/// A cheap hash of the flow. Only flows that hold an authenticated peer (or one answered check) are sent to, and a
/// collision costs a probe, so nothing is to be gained from choosing them.
fn spread(flow: &Flow) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let ip = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64 ^ v6.to_bits() as u64,
    };
    let remote = (ip(flow.remote.ip()) ^ (u64::from(flow.remote.port()) << 40)).wrapping_mul(ODD);
    (remote ^ ip(flow.local.ip())).wrapping_mul(ODD) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(port: u16, len: u16) -> Queued {
        let flow = Flow::udp(([127, 0, 0, 1], port).into(), ([127, 0, 0, 1], 8444).into());
        Queued { flow, len }
    }

    /// Runs as (port, sizes).
    fn planned(batch: &[Queued], max: usize) -> Vec<(u16, Vec<u16>)> {
        let mut order = Order::default();
        order.plan(batch, max);
        let slots = |run: &Run| order.slots(*run).map(|slot| batch[usize::from(slot)]).collect::<Vec<_>>();
        let told = order.runs.iter().map(|run| {
            let of_run = slots(run);
            assert!(of_run.iter().all(|q| q.flow == of_run[0].flow), "a run has one flow");
            (of_run[0].flow.remote.port(), of_run.iter().map(|q| q.len).collect())
        });
        told.collect()
    }

    #[test]
    fn equal_sizes_to_one_flow_make_one_message() {
        let batch = [queued(1, 1200), queued(2, 1200), queued(1, 1200), queued(2, 1200), queued(1, 800), queued(2, 90)];
        assert_eq!(planned(&batch, 64), [(1, vec![1200, 1200, 800]), (2, vec![1200, 1200, 90])]);
    }

    #[test]
    fn a_larger_datagram_starts_a_new_run_and_flows_stay_in_order() {
        let batch = [queued(1, 100), queued(1, 1200), queued(1, 1200), queued(2, 60), queued(1, 1200)];
        assert_eq!(planned(&batch, 2), [(1, vec![100]), (2, vec![60]), (1, vec![1200, 1200]), (1, vec![1200])]);
    }

    #[test]
    fn without_segmentation_each_datagram_is_a_message_in_order() {
        let batch = [queued(1, 1200), queued(2, 1200), queued(1, 1200)];
        assert_eq!(planned(&batch, 1), [(1, vec![1200]), (2, vec![1200]), (1, vec![1200])]);
    }

    #[test]
    fn a_run_never_exceeds_a_datagram() {
        let batch: Vec<_> = (0..120).map(|_| queued(7, 1500)).collect();
        let sizes: Vec<usize> = planned(&batch, 64).into_iter().map(|(_, lens)| lens.len()).collect();
        assert_eq!(sizes, [43, 43, 34]);
    }

    #[test]
    fn memory_of_an_earlier_batch_does_not_leak_into_the_next() {
        let mut order = Order::default();
        order.plan(&[queued(1, 10), queued(1, 10), queued(2, 10)], 64);
        let second = [queued(2, 10), queued(3, 10), queued(2, 10)];
        order.plan(&second, 64);
        assert_eq!(order.runs.len(), 2);
        assert_eq!(order.slots(order.runs[0]).collect::<Vec<_>>(), [0, 2]);
    }
}
