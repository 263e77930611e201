//! One worker: the peers of one core, and the tracks that they publish and receive.

mod contract;

pub use contract::{Command, Datagram, Egress, Flow, MAX_DATAGRAM, Relay, RelayTo, Reply, SharedPacket, WorkerIndex};
