//! Datagrams to peers: by the 4-tuple that authenticated itself, and for first connectivity checks by the user fragment that they name.

use super::contract::{Carrier, Datagram, Egress, Flow, Relay, RelayTo};
use super::peer::{Link, Peer};
use super::slab::Key;
use super::timers::Wake;
use super::{MediaEvent, Worker};
use crate::transport::{Received, TransportEvent, addressed_ufrag};
use lianxian_model::media::{Target, TransportEnd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

impl Worker {
    /// Takes a datagram. What belongs to nobody is dropped without an answer, and leaves nothing behind but a count.
    pub fn receive(&mut self, datagram: Datagram<'_>, now: Instant, egress: &mut impl Egress) {
        let Datagram { flow, bytes } = datagram;
        // A check names its peer, and may move a flow to a new one; all else follows the flow.
        let is_check = matches!(bytes.first(), Some(0..=3));
        let found = match is_check {
            true => addressed_ufrag(bytes).and_then(|ufrag| self.ufrags.get(ufrag)),
            false => self.flows.get(&flow),
        };
        let Some(&link) = found else {
            match is_check || !self.recognise(flow, bytes, true, now, egress) {
                true => self.counters.unknown_flow += 1,
                false => self.counters.moved_flows += 1,
            }
            return;
        };
        self.contained(link, now, egress, |worker, egress| worker.receive_for(link, flow, bytes, now, egress));
    }

    /// A fault in handling one peer's input ends that peer alone.
    pub(super) fn contained<E: Egress>(
        &mut self,
        link: Key<Link>,
        now: Instant,
        egress: &mut E,
        handle: impl FnOnce(&mut Self, &mut E),
    ) {
        let outcome = catch_unwind(AssertUnwindSafe(|| handle(self, egress)));
        if outcome.is_err() {
            self.counters.faults += 1;
            self.link_down(link, TransportEnd::Fault, now);
        }
    }

    /// The same for what is done about a participant and not for one of its links; `None`: nobody's fault that we know of.
    pub(super) fn fenced<E: Egress>(
        &mut self,
        peer: Option<Key<Peer>>,
        now: Instant,
        egress: &mut E,
        handle: impl FnOnce(&mut Self, &mut E),
    ) {
        let outcome = catch_unwind(AssertUnwindSafe(|| handle(self, egress)));
        if outcome.is_err() {
            self.peer_failed(peer, now);
        }
    }

    /// Counts a fault, and ends the transports of whoever it was about.
    pub(super) fn peer_failed(&mut self, peer: Option<Key<Peer>>, now: Instant) {
        self.counters.faults += 1;
        let Some(peer) = peer.and_then(|key| self.peers.get(key)) else { return };
        let publisher = peer.publisher.as_ref().map(|publisher| publisher.link);
        let subscriber = peer.subscriber.as_ref().map(|subscriber| subscriber.link);
        for link in [publisher, subscriber].into_iter().flatten() {
            self.link_down(link, TransportEnd::Fault, now);
        }
    }

    #[cfg(test)]
    pub(super) fn break_if_broken(&self, participant: &lianxian_model::ids::ParticipantSid) {
        assert!(self.broken.as_ref() != Some(participant), "a fault that a test asked for");
    }

    fn receive_for(&mut self, key: Key<Link>, flow: Flow, bytes: &mut [u8], now: Instant, egress: &mut impl Egress) {
        let is_check = matches!(bytes.first(), Some(0..=3));
        let Some(link) = self.links.get_mut(key) else { return };
        let (peer, target) = (link.peer, link.target);
        match link.transport.receive(flow, bytes, now) {
            Received::Rtp(packet) => self.receive_media(peer, target, packet, now, egress),
            Received::Rtcp(packet) => self.receive_rtcp(peer, target, packet, now, egress),
            Received::Nothing => {
                if is_check {
                    self.claim(flow, key);
                }
                self.drain_link(key, now, egress);
            }
            Received::Dropped(why) => {
                self.counters.dropped(why);
                self.drain_link(key, now, egress);
            }
        }
    }

    pub(super) fn receive_media(
        &mut self,
        peer: Key<Peer>,
        target: Target,
        packet: &[u8],
        now: Instant,
        egress: &mut impl Egress,
    ) {
        // Nobody sends media on the connection that is for receiving.
        if target == Target::Publisher {
            self.receive_rtp(peer, packet, now, egress);
        }
    }

    pub(super) fn receive_rtcp(
        &mut self,
        peer: Key<Peer>,
        target: Target,
        packet: &[u8],
        now: Instant,
        egress: &mut impl Egress,
    ) {
        self.counters.rtcp_in += 1;
        match target {
            Target::Publisher => self.receive_sender_rtcp(peer, packet, now),
            Target::Subscriber => self.receive_viewer_rtcp(peer, packet, now, egress),
        }
    }

    /// A good check came over the flow: it is the link's, whoever had it before.
    fn claim(&mut self, flow: Flow, key: Key<Link>) {
        let before = self.flows.insert(flow, key);
        if before == Some(key) {
            // Another connection may have the same two ends by now: our own shell hears that this one is proven.
            if flow.carrier == Carrier::Tcp {
                self.relays.push_back((RelayTo::One(self.index), Relay::Bind { flow, owner: self.index }));
            }
            return;
        }
        if let Some(link) = before.and_then(|before| self.links.get_mut(before)) {
            link.flows.retain(|known| *known != flow);
        }
        if let Some(link) = self.links.get_mut(key) {
            link.flows.push(flow);
        }
        if before.is_none() {
            self.relays.push_back((RelayTo::AllOthers, Relay::Bind { flow, owner: self.index }));
        }
    }

    fn unclaim(&mut self, flow: Flow, key: Key<Link>) {
        if self.flows.get(&flow) == Some(&key) {
            self.flows.remove(&flow);
            self.relays.push_back((RelayTo::AllOthers, Relay::Unbind { flow }));
        }
        if let Some(link) = self.links.get_mut(key) {
            link.flows.retain(|known| *known != flow);
        }
    }

    /// Another worker's peer authenticated the flow.
    pub(super) fn lose_flow(&mut self, flow: Flow) {
        if let Some(link) = self.flows.remove(&flow).and_then(|key| self.links.get_mut(key)) {
            link.flows.retain(|known| *known != flow);
        }
    }

    /// Acts on what a transport says, sends what it has, and arms its timer. After everything that was done to it.
    pub(super) fn drain_link(&mut self, key: Key<Link>, now: Instant, egress: &mut impl Egress) {
        while let Some(link) = self.links.get_mut(key) {
            let (peer, target) = (link.peer, link.target);
            // What the handshake has left to say goes before the media that it lets through.
            link.transport.transmit(egress);
            let Some(event) = link.transport.poll_event() else { break };
            match event {
                TransportEvent::Bound(flow) => self.claim(flow, key),
                TransportEvent::Unbound(flow) => self.unclaim(flow, key),
                TransportEvent::Up => {
                    let Some(participant) = self.peers.get(peer).map(|peer| peer.sid.clone()) else { continue };
                    self.events.push_back(MediaEvent::TransportUp { participant, target });
                    if target == Target::Subscriber {
                        self.subscriber_up(peer, now, egress);
                    }
                }
                TransportEvent::Down(end) => self.link_down(key, end, now),
                TransportEvent::Data { reliable, bytes } => {
                    let Some(participant) = self.peers.get(peer).map(|peer| peer.sid.clone()) else { continue };
                    self.events.push_back(MediaEvent::Data { participant, reliable, bytes });
                }
            }
        }
        if let Some(link) = self.links.get_mut(key) {
            link.transport.transmit(egress);
            let deadline = link.transport.deadline();
            self.timers.arm(&mut link.armed, deadline, Wake::Link(key));
        }
    }

    /// A transport ended by itself: what went over it ends, and the service is told. Its participant stays until it is closed.
    pub(super) fn link_down(&mut self, key: Key<Link>, end: TransportEnd, now: Instant) {
        let Some(link) = self.links.get_mut(key) else { return };
        if std::mem::replace(&mut link.down, true) {
            return;
        }
        let (peer, target) = (link.peer, link.target);
        // Without an address nothing reaches it, and with a fault inside it nothing may.
        self.forget_link(key);
        match target {
            Target::Publisher => self.end_uploads(peer, now),
            Target::Subscriber => self.subscriber_down(peer, now),
        }
        if let Some(participant) = self.peers.get(peer).map(|peer| peer.sid.clone()) {
            self.events.push_back(MediaEvent::TransportDown { participant, target, end });
        }
    }

    /// Takes a link out of every table by which datagrams and timers find it.
    pub(super) fn forget_link(&mut self, key: Key<Link>) {
        let Some(link) = self.links.get_mut(key) else { return };
        self.timers.disarm(&mut link.armed, Wake::Link(key));
        if let Some(outlet) = &mut link.outlet {
            self.timers.disarm(&mut outlet.armed, Wake::Outlet(key));
        }
        // With it goes what waited.
        link.outlet = None;
        for ufrag in std::mem::take(&mut link.ufrags) {
            self.ufrags.remove(&ufrag);
        }
        for flow in std::mem::take(&mut link.flows) {
            self.unclaim(flow, key);
        }
    }
}
