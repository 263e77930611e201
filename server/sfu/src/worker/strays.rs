//! Media from an address that nobody knows: a translator on a peer's way forgot its mapping and made another. The peer's own checks
//! would tell of it within seconds; what it sends meanwhile is as authentic, and tells at once.

use super::allowance::Terms;
use super::contract::{Carrier, Egress, Flow, Relay, RelayTo};
use super::peer::Link;
use super::slab::Key;
use super::{MAX_DATAGRAM, Worker};
use crate::transport::Received;
use std::time::Instant;

/// Datagrams of unknown flows that are looked at; a flood of them costs no more than that.
const STRAYS: Terms = Terms { burst: 100, per_second: 100 };
/// Peers of one address whose keys are tried on one datagram.
const MAX_TRIED: usize = 64;

impl Worker {
    /// Finds whose media this is among the peers that were last heard from the same host. True if it is someone's here, and was taken.
    /// `direct`: it came from the network to this worker, so others are asked too.
    pub(super) fn recognise(
        &mut self,
        flow: Flow,
        bytes: &[u8],
        direct: bool,
        now: Instant,
        egress: &mut impl Egress,
    ) -> bool {
        let is_media = matches!(bytes.first(), Some(128..=191)) && flow.carrier == Carrier::Udp;
        if !is_media || bytes.len() > MAX_DATAGRAM || !self.strays.take(STRAYS, now) {
            return false;
        }
        let host = flow.remote.ip();
        let known = self.flows.iter().filter(|(known, _)| known.remote.ip() == host);
        let mut tried: Vec<Key<Link>> = known.map(|(_, link)| *link).collect();
        tried.sort_unstable_by_key(|link| link.number());
        tried.dedup();
        tried.truncate(MAX_TRIED);
        let mut copy = [0; MAX_DATAGRAM];
        for key in tried {
            let Some(link) = self.links.get_mut(key) else { continue };
            // A key that does not fit spoils what it was tried on.
            let Some(copy) = copy.get_mut(..bytes.len()) else { return false };
            copy.copy_from_slice(bytes);
            let (peer, target) = (link.peer, link.target);
            let Some(received) = link.transport.recognise(flow, copy, now) else { continue };
            self.contained(key, now, egress, |worker, egress| {
                worker.drain_link(key, now, egress);
                match received {
                    Received::Rtp(packet) => worker.receive_media(peer, target, packet, now, egress),
                    Received::Rtcp(packet) => worker.receive_rtcp(peer, target, packet, now, egress),
                    Received::Nothing | Received::Dropped(_) => {}
                }
            });
            return true;
        }
        if direct {
            self.relays.push_back((RelayTo::AllOthers, Relay::Stray { flow, bytes: bytes.to_vec() }));
        }
        false
    }
}
