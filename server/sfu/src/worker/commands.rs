//! What the service asks for.

use super::allowance::Allowance;
use super::contract::{Command, Egress, Reply, WorkerIndex};
use super::limits::{MAX_PEERS, SLICE};
use super::peer::{Link, Mean, Peer, Subscriber};
use super::slab::Key;
use super::timers::Wake;
use super::{MediaEvent, Worker};
use crate::sdp::SubscriberSections;
use crate::transport::{DataError, RemoteParameters, Setup, Transport};
use bytes::Bytes;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::{Downstream, MAX_DOWNSTREAMS, MediaError, Target, TransportEnd};
use rand::Rng as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// A candidate line is short.
const MAX_CANDIDATE_BYTES: usize = 1024;

impl Worker {
    pub fn command(&mut self, command: Command, now: Instant, egress: &mut impl Egress) -> Reply {
        let participant = command.participant().clone();
        // What a client described is parsed in here.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.execute(command, now, egress)));
        match outcome {
            Ok(outcome) => outcome.unwrap_or_else(Reply::Refused),
            Err(_) => {
                let key = self.by_sid.get(&participant).copied();
                self.peer_failed(key, now);
                Reply::Refused(MediaError::Fault)
            }
        }
    }

    fn execute(&mut self, command: Command, now: Instant, egress: &mut impl Egress) -> Result<Reply, MediaError> {
        #[cfg(test)]
        self.break_if_broken(command.participant());
        match command {
            Command::Open { participant, may_publish, may_subscribe } => {
                self.open(participant, may_publish, may_subscribe, now)?
            }
            Command::Close { participant } => self.close(&participant, now, egress),
            Command::SetMayPublish { participant, may_publish } => {
                let key = self.key_of(&participant)?;
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.may_publish = may_publish;
                }
                if !may_publish {
                    self.end_uploads(key, now);
                } else if let Some(publisher) = self.peers.get(key).and_then(|peer| peer.publisher.as_ref())
                    && let Some(link) = self.links.get_mut(publisher.link)
                {
                    link.transport.take_data();
                }
            }
            Command::PublisherOffer { participant, sdp, announced } => {
                let key = self.key_of(&participant)?;
                return self.publisher_offer(key, &sdp, &announced, now, egress).map(Reply::Answer);
            }
            Command::SubscriberAnswer { participant, id, sdp } => {
                let key = self.key_of(&participant)?;
                self.subscriber_answer(key, id, &sdp, now, egress)?;
            }
            Command::RemoteCandidate { participant, target: _, candidate } => {
                self.key_of(&participant)?;
                return check_candidate(&candidate).map(|()| Reply::Done);
            }
            Command::SetDownstreams { participant, downstreams } => {
                let key = self.key_of(&participant)?;
                self.set_downstreams(key, distinct(downstreams)?, now, egress);
            }
            Command::SetTrackSettings { participant, track, settings } => {
                let key = self.key_of(&participant)?;
                self.set_track_settings(key, &track, settings, now, egress);
            }
            Command::SetMuted { publisher, track, muted } => {
                let key = self.key_of(&publisher)?;
                self.set_muted(key, &track, muted, now);
            }
            Command::SendData { participant, reliable, bytes } => {
                let key = self.key_of(&participant)?;
                self.send_data(key, reliable, &bytes, now, egress);
            }
            Command::RestartSubscriber { participant } => {
                let key = self.key_of(&participant)?;
                self.restart_subscriber(key)?;
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn key_of(&self, participant: &ParticipantSid) -> Result<Key<Peer>, MediaError> {
        self.by_sid.get(participant).copied().ok_or_else(|| MediaError::UnknownParticipant(participant.clone()))
    }

    fn open(
        &mut self,
        sid: ParticipantSid,
        may_publish: bool,
        may_subscribe: bool,
        now: Instant,
    ) -> Result<(), MediaError> {
        if let Some(key) = self.by_sid.get(&sid) {
            if let Some(peer) = self.peers.get_mut(*key) {
                peer.may_publish = may_publish;
            }
            return Ok(());
        }
        if self.peers.len() >= MAX_PEERS {
            return Err(MediaError::Limit { limit: "participants of one worker", value: MAX_PEERS as u64 });
        }
        let key = self.peers.insert(Peer {
            sid: sid.clone(),
            may_publish,
            publisher: None,
            subscriber: None,
            round_trip: None,
            downstream_loss: Mean::default(),
            upstream_loss: Mean::default(),
        });
        self.by_sid.insert(sid, key);
        self.slice_at.get_or_insert(now + SLICE);
        if may_subscribe {
            let link = self.new_link(key, Target::Subscriber, now);
            if let Some(link) = self.links.get_mut(link) {
                link.transport.open_channels();
            }
            let subscriber = Subscriber {
                link,
                session_id: self.session_id(),
                sections: SubscriberSections::default(),
                wants: Vec::new(),
                outstanding: None,
                last_offer: 0,
                changed: true,
                nacks: Allowance::default(),
                copies: Allowance::default(),
                pictures: Allowance::default(),
            };
            if let Some(peer) = self.peers.get_mut(key) {
                peer.subscriber = Some(subscriber);
            }
            self.offer_if_due(key);
        }
        Ok(())
    }

    /// An SDP session id: any number that a signed 64-bit one holds (RFC 8829, section 5.2.1).
    pub(super) fn session_id(&mut self) -> u64 {
        self.rng.random::<u64>() >> 2
    }

    pub(super) fn new_link(&mut self, peer: Key<Peer>, target: Target, now: Instant) -> Key<Link> {
        let local = self.credentials();
        let ufrag = local.ufrag.clone();
        // From the lower half, so that those that follow are never zero, which some take for none.
        let ssrc = self.rng.random_range(1..=u32::MAX / 2);
        let does_something = |peer: &Peer| peer.may_publish || peer.subscriber.is_some();
        let setup = Setup {
            local,
            identity: self.identity.clone(),
            first_ssrc: ssrc.wrapping_add(1),
            takes_data: target == Target::Subscriber || self.peers.get(peer).is_some_and(does_something),
        };
        let key = self.links.insert(Link {
            peer,
            target,
            transport: Transport::new(setup, now),
            ssrc,
            ufrags: vec![ufrag.clone()],
            flows: Vec::new(),
            armed: None,
            outlet: None,
            down: false,
        });
        self.ufrags.insert(ufrag, key);
        key
    }

    /// New local credentials; those before hold until a good check names the new ones. By whatever the transport no longer
    /// goes by it is no longer found.
    pub(super) fn restart_link(&mut self, key: Key<Link>) {
        let local = self.credentials();
        let Some(link) = self.links.get_mut(key) else { return };
        link.ufrags.push(local.ufrag.clone());
        self.ufrags.insert(local.ufrag.clone(), key);
        link.transport.restart_ice(local);
        let transport = &link.transport;
        let (held, over) = std::mem::take(&mut link.ufrags).into_iter().partition(|ufrag| transport.goes_by(ufrag));
        link.ufrags = held;
        for ufrag in over {
            self.ufrags.remove(&ufrag);
        }
    }

    pub(super) fn set_remote(
        &mut self,
        key: Key<Link>,
        remote: RemoteParameters,
        now: Instant,
        egress: &mut impl Egress,
    ) {
        if let Some(link) = self.links.get_mut(key) {
            link.transport.set_remote(remote);
        }
        // The handshake may have been waiting for the fingerprint alone.
        self.drain_link(key, now, egress);
    }

    /// Ends everything of a participant; its published tracks are told of.
    fn close(&mut self, sid: &ParticipantSid, now: Instant, egress: &mut impl Egress) {
        let Ok(key) = self.key_of(sid) else { return };
        self.end_uploads(key, now);
        self.set_downstreams(key, Vec::new(), now, egress);
        self.by_sid.remove(sid);
        let Some(mut peer) = self.peers.remove(key) else { return };
        if let Some(publisher) = &mut peer.publisher {
            self.timers.disarm(&mut publisher.armed, Wake::Upstream(key));
        }
        let links = [peer.publisher.map(|publisher| publisher.link), peer.subscriber.map(|subscriber| subscriber.link)];
        for link in links.into_iter().flatten() {
            self.forget_link(link);
            if let Some(mut link) = self.links.remove(link) {
                link.transport.close(now);
                link.transport.transmit(egress);
            }
        }
    }

    fn send_data(&mut self, key: Key<Peer>, reliable: bool, bytes: &Bytes, now: Instant, egress: &mut impl Egress) {
        let Some(link) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()).map(|s| s.link) else { return };
        self.contained(link, now, egress, |worker, egress| {
            let Some(transport) = worker.links.get_mut(link).map(|link| &mut link.transport) else { return };
            match transport.send_data(reliable, bytes, now) {
                Ok(()) => {}
                // A reliable message may not be lost in silence.
                Err(DataError::QueueFull) if reliable => worker.link_down(link, TransportEnd::Fault, now),
                Err(_) => worker.counters.data_dropped += 1,
            }
            worker.drain_link(link, now, egress);
        });
    }

    fn restart_subscriber(&mut self, key: Key<Peer>) -> Result<(), MediaError> {
        let Some(peer) = self.peers.get_mut(key) else { return Ok(()) };
        let gone = MediaError::UnknownParticipant(peer.sid.clone());
        let Some(subscriber) = &mut peer.subscriber else { return Ok(()) };
        let link = subscriber.link;
        // What has ended does not come back by new credentials.
        if self.links.get(link).is_none_or(|link| link.down) {
            return Err(gone);
        }
        subscriber.outstanding = None;
        subscriber.changed = true;
        self.restart_link(link);
        self.offer_anew(key);
        Ok(())
    }

    /// Tells the service something of a participant.
    pub(super) fn tell(&mut self, key: Key<Peer>, event: impl FnOnce(ParticipantSid) -> MediaEvent) {
        if let Some(peer) = self.peers.get(key) {
            self.events.push_back(event(peer.sid.clone()));
        }
    }
}

/// Each track once.
fn distinct(downstreams: Vec<(Downstream, WorkerIndex)>) -> Result<Vec<(Downstream, WorkerIndex)>, MediaError> {
    let mut distinct: Vec<(Downstream, WorkerIndex)> = Vec::with_capacity(downstreams.len());
    for (downstream, owner) in downstreams {
        if !distinct.iter().any(|(known, _)| known.track == downstream.track) {
            distinct.push((downstream, owner));
        }
    }
    if distinct.len() > MAX_DOWNSTREAMS {
        return Err(MediaError::Limit { limit: "tracks received by one participant", value: MAX_DOWNSTREAMS as u64 });
    }
    Ok(distinct)
}

/// Checks from anywhere are answered if they authenticate, so a candidate is of no use; nonsense is refused all the same. An empty one
/// ends the candidates.
fn check_candidate(candidate: &str) -> Result<(), MediaError> {
    let candidate = candidate.trim();
    if candidate.len() > MAX_CANDIDATE_BYTES {
        let value = MAX_CANDIDATE_BYTES as u64;
        return Err(MediaError::Limit { limit: "bytes of a candidate", value });
    }
    let words =
        candidate.trim_start_matches("a=").strip_prefix("candidate:").map(|rest| rest.split_whitespace().count());
    match words {
        None if candidate.is_empty() => Ok(()),
        Some(words) if words >= 8 => Ok(()),
        _ => Err(MediaError::BadSdp("not a candidate".to_owned())),
    }
}
