//! Which worker a datagram belongs to. The kernel gives a flow to the worker it likes; its peer may live on another.
//! Authenticated flows are told by their owner; a first connectivity check is routed by the server's ufrag.

use lianxian_sfu::worker::{Flow, WorkerIndex};
use std::collections::HashMap;

/// Flows of other workers that one worker remembers at most: each is an authenticated peer of this process.
pub(crate) const MAX_FOREIGN_FLOWS: usize = 65_536;

const STUN_MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const STUN_HEADER_BYTES: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const USERNAME: u16 = 0x0006;

#[derive(Debug)]
pub(crate) struct Routes {
    own: WorkerIndex,
    workers: u16,
    foreign: HashMap<Flow, WorkerIndex>,
}

impl Routes {
    pub fn new(own: WorkerIndex, workers: u16) -> Self {
        Self { own, workers, foreign: HashMap::new() }
    }

    /// The other worker that a datagram is for; None: it stays here (and is judged here).
    pub fn elsewhere(&self, flow: &Flow, bytes: &[u8]) -> Option<WorkerIndex> {
        if self.workers < 2 {
            return None;
        }
        // A check names its peer, and may move a flow to a new one; everything else follows the flow.
        let owner = match checked_worker(bytes) {
            Some(worker) if worker.0 < self.workers => Some(worker),
            _ => self.foreign.get(flow).copied(),
        };
        owner.filter(|owner| *owner != self.own)
    }

    /// `owner` authenticated the flow. False: the table is full.
    pub fn bind(&mut self, flow: Flow, owner: WorkerIndex) -> bool {
        if self.foreign.len() >= MAX_FOREIGN_FLOWS && !self.foreign.contains_key(&flow) {
            return false;
        }
        self.foreign.insert(flow, owner);
        true
    }

    /// `owner` let go of the flow; a newer owner keeps it.
    pub fn unbind(&mut self, flow: &Flow, owner: WorkerIndex) {
        if self.foreign.get(flow) == Some(&owner) {
            self.foreign.remove(flow);
        }
    }

    /// A peer of this worker authenticated the flow.
    pub fn bind_here(&mut self, flow: &Flow) {
        self.foreign.remove(flow);
    }

    pub fn len(&self) -> usize {
        self.foreign.len()
    }
}

/// The worker whose peer a STUN binding request names: USERNAME is `server ufrag:client ufrag` (RFC 8445, 7.2.2), and
/// our ufrags start with the worker's index in base 36 and a `+`.
pub(crate) fn checked_worker(bytes: &[u8]) -> Option<WorkerIndex> {
    if bytes.get(..2)? != BINDING_REQUEST || bytes.get(4..8)? != STUN_MAGIC_COOKIE {
        return None;
    }
    let mut attributes = bytes.get(STUN_HEADER_BYTES..)?;
    while let [t0, t1, l0, l1, rest @ ..] = attributes {
        let len = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = rest.get(..len)?;
        if u16::from_be_bytes([*t0, *t1]) == USERNAME {
            let index = value.split(|byte| *byte == b'+').next()?;
            if index.len() == value.len() || index.is_empty() || index.len() > 4 {
                return None;
            }
            return u16::from_str_radix(std::str::from_utf8(index).ok()?, 36).ok().map(WorkerIndex);
        }
        attributes = rest.get(len.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(username: &str) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
        bytes.extend([7; 12]);
        // An attribute before it, with padding.
        bytes.extend([0x80, 0x22, 0, 3, b'a', b'b', b'c', 0]);
        bytes.extend([0, 6, 0, username.len() as u8]);
        bytes.extend(username.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn flow(port: u16) -> Flow {
        Flow::udp(([127, 0, 0, 1], port).into(), ([127, 0, 0, 1], 8444).into())
    }

    #[test]
    fn a_check_goes_to_the_worker_that_its_ufrag_names() {
        let routes = Routes::new(WorkerIndex(1), 40);
        assert_eq!(routes.elsewhere(&flow(1), &check("0+abcd:efgh")), Some(WorkerIndex(0)));
        assert_eq!(routes.elsewhere(&flow(1), &check("10+abcd:efgh")), Some(WorkerIndex(36)));
        assert_eq!(routes.elsewhere(&flow(1), &check("1+abcd:efgh")), None, "its own");
        assert_eq!(routes.elsewhere(&flow(1), &check("zz+abcd:efgh")), None, "no such worker");
        assert_eq!(routes.elsewhere(&flow(1), &check("abcd:efgh")), None, "not a ufrag of ours");
    }

    #[test]
    fn other_datagrams_follow_their_flow() {
        let mut routes = Routes::new(WorkerIndex(0), 2);
        assert_eq!(routes.elsewhere(&flow(1), &[0x80; 40]), None);
        assert!(routes.bind(flow(1), WorkerIndex(1)));
        assert_eq!(routes.elsewhere(&flow(1), &[0x80; 40]), Some(WorkerIndex(1)));
        assert_eq!(routes.elsewhere(&flow(1), &check("0+a:b")), None, "a check of a bound flow names its own peer");
        routes.unbind(&flow(1), WorkerIndex(0));
        assert_eq!(routes.len(), 1, "only the owner unbinds");
        routes.bind_here(&flow(1));
        assert_eq!(routes.elsewhere(&flow(1), &[0x80; 40]), None);
    }

    #[test]
    fn crooked_checks_are_judged_here() {
        let routes = Routes::new(WorkerIndex(1), 2);
        let whole = check("0+abcd:efgh");
        for end in 0..whole.len() - 1 {
            let _ = routes.elsewhere(&flow(1), &whole[..end]);
        }
        for place in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut crooked = whole.clone();
                crooked[place] = value;
                let _ = routes.elsewhere(&flow(1), &crooked);
            }
        }
    }

    #[test]
    fn the_table_is_bounded() {
        let mut routes = Routes::new(WorkerIndex(0), 2);
        for number in 0..MAX_FOREIGN_FLOWS {
            let remote = ([10, (number >> 16) as u8, (number >> 8) as u8, number as u8], 1000).into();
            assert!(routes.bind(Flow { remote, ..flow(1) }, WorkerIndex(1)));
        }
        assert!(!routes.bind(flow(9), WorkerIndex(1)));
        assert_eq!(routes.len(), MAX_FOREIGN_FLOWS);
    }

    fn base36(mut number: u16) -> String {
        let mut digits = vec![char::from_digit(u32::from(number % 36), 36).unwrap()];
        while number >= 36 {
            number /= 36;
            digits.push(char::from_digit(u32::from(number % 36), 36).unwrap());
        }
        digits.into_iter().rev().collect()
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = checked_worker(&bytes);
            // Behind the head of a check too.
            let _ = checked_worker(&[&check("")[..STUN_HEADER_BYTES], &bytes].concat());
        }

        #[test]
        fn any_index_is_read_as_it_was_written(index: u16, rest in "[a-zA-Z0-9]{4,20}:[a-zA-Z0-9/+]{4,20}") {
            prop_assert_eq!(checked_worker(&check(&format!("{}+{rest}", base36(index)))), Some(WorkerIndex(index)));
        }
    }
}
