//! Subscribing: which tracks a participant receives, and the offers that tell it so.

use super::contract::{Egress, Relay, RelayTo, WorkerIndex};
use super::outlet::Outlet;
use super::peer::{Peer, Want};
use super::slab::Key;
use super::track::{Source, Track};
use super::viewer::{Viewer, ViewerParts};
use super::{MediaEvent, Worker};
use crate::sdp::{Extension, OfferChoices, OfferedTrack, SectionKind, Taken, parse};
use crate::transport::RemoteParameters;
use crate::upstream::MAX_LAYERS;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::{Downstream, MediaError, TrackKind, TrackSettings, TransportEnd};
use rand::Rng as _;
use std::time::Instant;

impl Worker {
    /// Replaces what the participant receives. What is taken away is not sent from now on, whatever the offers say.
    pub(super) fn set_downstreams(
        &mut self,
        key: Key<Peer>,
        downstreams: Vec<(Downstream, WorkerIndex)>,
        now: Instant,
        egress: &mut impl Egress,
    ) {
        let Some(subscriber) = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut()) else { return };
        let (stay, go): (Vec<Want>, Vec<Want>) = std::mem::take(&mut subscriber.wants)
            .into_iter()
            .partition(|want| downstreams.iter().any(|(downstream, _)| downstream.track == want.sid));
        subscriber.changed |= !go.is_empty();
        subscriber.wants = stay;
        let link = subscriber.link;
        for want in go {
            if let Some(link) = self.links.get_mut(link) {
                link.transport.retire_ssrc(want.ssrc);
                link.transport.retire_ssrc(want.rtx_ssrc);
            }
            self.sum_up_viewer(key, want.track, want.viewer, now);
            if let Some(track) = self.tracks.get_mut(want.track) {
                track.viewers.remove(want.viewer);
            }
            self.viewers_changed(want.track, now);
            self.drop_if_idle(want.track);
        }
        for (downstream, owner) in downstreams {
            let Downstream { track, publisher, settings } = downstream;
            let subscriber = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref());
            if subscriber.is_some_and(|subscriber| subscriber.wants.iter().any(|want| want.sid == track)) {
                self.set_track_settings(key, &track, settings, now, egress);
            } else {
                self.add_want(key, track, &publisher, settings, owner, now);
            }
        }
        self.offer_if_due(key);
    }

    fn add_want(
        &mut self,
        key: Key<Peer>,
        sid: TrackSid,
        publisher: &ParticipantSid,
        settings: TrackSettings,
        owner: WorkerIndex,
        now: Instant,
    ) {
        let Some(link) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()).map(|s| s.link) else { return };
        let Some(transport) = self.links.get_mut(link).map(|link| &mut link.transport) else { return };
        let (Some(ssrc), Some(rtx_ssrc)) = (transport.issue_ssrc(), transport.issue_ssrc()) else {
            // Four thousand million streams of one connection: the client comes anew with another key.
            return self.link_down(link, TransportEnd::Fault, now);
        };
        let track = if owner == self.index { self.track_here(&sid) } else { self.track_elsewhere(&sid, owner) };
        let first = [self.rng.random(), self.rng.random()];
        let Some(peer) = self.peers.get_mut(key) else { return };
        let participant = peer.sid.clone();
        let Some(subscriber) = &mut peer.subscriber else { return };
        let up = self.links.get(link).is_some_and(|link| link.transport.is_up());
        let parts = ViewerParts { peer: key, link, participant, settings, ssrc, rtx_ssrc, up, first };
        let Some(entry) = self.tracks.get_mut(track) else { return };
        let mut viewer = Viewer::new(parts, now);
        // What is known by now is in the offer that follows; of the rest it hears when it is.
        viewer.offered = entry.info.is_some();
        viewer.set_codec(entry.info.and_then(|info| info.codec));
        let viewer = entry.viewers.insert(viewer);
        let stream_id = format!("{publisher}|{sid}");
        subscriber.wants.push(Want { sid, stream_id, track, viewer, ssrc, rtx_ssrc });
        subscriber.changed = true;
        self.viewers_changed(track, now);
    }

    /// The entry of another worker's track; that worker is told that it has viewers here.
    fn track_elsewhere(&mut self, sid: &TrackSid, owner: WorkerIndex) -> Key<Track> {
        if let Some(key) = self.by_track.get(sid) {
            return *key;
        }
        let key = self.tracks.insert(Track::new(sid.clone(), Source::Elsewhere(owner)));
        self.by_track.insert(sid.clone(), key);
        let relay = Relay::Subscribe { track: sid.clone(), from: self.index };
        self.relays.push_back((RelayTo::One(owner), relay));
        key
    }

    /// Lets go of a track that nobody here publishes or receives.
    pub(super) fn drop_if_idle(&mut self, key: Key<Track>) {
        let Some(track) = self.tracks.get(key).filter(|track| track.is_idle()) else { return };
        if let Source::Elsewhere(owner) = track.source {
            let relay = Relay::Unsubscribe { track: track.sid.clone(), from: self.index };
            self.relays.push_back((RelayTo::One(owner), relay));
        }
        self.by_track.remove(&track.sid);
        self.tracks.remove(key);
        self.noted.retain(|noted| *noted != key);
    }

    pub(super) fn set_track_settings(
        &mut self,
        key: Key<Peer>,
        track: &TrackSid,
        settings: TrackSettings,
        now: Instant,
        egress: &mut impl Egress,
    ) {
        let subscriber = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref());
        let want = subscriber.and_then(|subscriber| subscriber.wants.iter().find(|want| want.sid == *track));
        let Some((track, viewer)) = want.map(|want| (want.track, want.viewer)) else { return };
        let Some(entry) = self.tracks.get_mut(track).and_then(|track| track.viewers.get_mut(viewer)) else { return };
        if entry.settings != settings {
            entry.settings = settings;
            self.viewers_changed(track, now);
            self.share_line(key, now, egress);
            self.start_viewer(track, viewer, false, now, egress);
        }
    }

    /// Its transport is up: what it is to receive may flow. Key frames asked for before may have been missed by the client's own
    /// handshake, so they are asked for again.
    pub(super) fn subscriber_up(&mut self, key: Key<Peer>, now: Instant, egress: &mut impl Egress) {
        for (track, viewer) in self.set_up(key, true) {
            self.viewers_changed(track, now);
            self.start_viewer(track, viewer, true, now, egress);
        }
    }

    pub(super) fn subscriber_down(&mut self, key: Key<Peer>, now: Instant) {
        for (track, _) in self.set_up(key, false) {
            self.viewers_changed(track, now);
        }
    }

    fn set_up(&mut self, key: Key<Peer>, up: bool) -> Vec<(Key<Track>, Key<Viewer>)> {
        let Some(subscriber) = self.peers.get(key).and_then(|peer| peer.subscriber.as_ref()) else { return Vec::new() };
        let places: Vec<_> = subscriber.wants.iter().map(|want| (want.track, want.viewer)).collect();
        for (track, viewer) in &places {
            if let Some(viewer) = self.tracks.get_mut(*track).and_then(|track| track.viewers.get_mut(*viewer)) {
                viewer.up = up;
            }
        }
        places
    }

    /// Tells the subscriber what changed, unless an offer waits for its answer: then after that.
    pub(super) fn offer_if_due(&mut self, key: Key<Peer>) {
        let subscriber = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut());
        let Some(subscriber) = subscriber.filter(|s| s.changed && s.outstanding.is_none()) else { return };
        subscriber.changed = false;
        let is_first = subscriber.last_offer == 0;
        if self.update_sections(key) || is_first {
            self.write_offer(key);
        }
    }

    /// Offers whether or not anything changed.
    pub(super) fn offer_anew(&mut self, key: Key<Peer>) {
        self.update_sections(key);
        if let Some(subscriber) = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut()) {
            subscriber.changed = false;
        }
        self.write_offer(key);
    }

    /// Brings the sections up to what is wanted and known; true if that has to be told.
    fn update_sections(&mut self, key: Key<Peer>) -> bool {
        let Some(subscriber) = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut()) else { return false };
        let tracks = &self.tracks;
        let offered = subscriber.wants.iter().filter_map(|want| {
            let kind = match tracks.get(want.track)?.info?.kind {
                TrackKind::Audio => SectionKind::Audio,
                TrackKind::Video => SectionKind::Video,
            };
            Some(OfferedTrack {
                track: want.sid.clone(),
                stream_id: want.stream_id.clone(),
                kind,
                ssrc: want.ssrc,
                rtx_ssrc: want.rtx_ssrc,
                // Says nothing that the stream id does not say.
                cname: want.stream_id.clone(),
            })
        });
        subscriber.sections.set(offered.collect())
    }

    fn write_offer(&mut self, key: Key<Peer>) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let participant = peer.sid.clone();
        let Some(subscriber) = &mut peer.subscriber else { return };
        let Some(link) = self.links.get(subscriber.link).filter(|link| !link.down) else { return };
        subscriber.last_offer += 1;
        let id = subscriber.last_offer;
        subscriber.outstanding = Some(id);
        let choices = OfferChoices {
            credentials: link.transport.local_credentials(),
            fingerprint: &self.fingerprint,
            candidates: &self.candidates,
            session_id: subscriber.session_id,
        };
        let (sdp, mid_to_track) = subscriber.sections.write_offer(&choices);
        self.events.push_back(MediaEvent::SubscriberOffer { participant, id, sdp, mid_to_track });
    }

    pub(super) fn subscriber_answer(
        &mut self,
        key: Key<Peer>,
        id: u32,
        sdp: &str,
        now: Instant,
        egress: &mut impl Egress,
    ) -> Result<(), MediaError> {
        let Some(subscriber) = self.peers.get_mut(key).and_then(|peer| peer.subscriber.as_mut()) else { return Ok(()) };
        let expected = subscriber.outstanding;
        // Some clients do not repeat the offer's id and leave it zero; one offer at most is outstanding, so theirs is the answer to it.
        if expected.is_none() || (id != 0 && expected != Some(id)) {
            return Err(MediaError::UnexpectedAnswer { got: id, expected });
        }
        // Only what was asked for is read: it may be long.
        let answer = parse(sdp).map_err(|error| MediaError::BadSdp(error.to_string()))?;
        subscriber.outstanding = None;
        subscriber.changed |= subscriber.sections.crowded();
        let link = subscriber.link;
        let mut negotiated = Vec::new();
        for taken in subscriber.sections.taken(&answer) {
            // A track that was taken away and given again since the offer has another stream.
            let want = subscriber.wants.iter().find(|want| want.sid == taken.track && want.ssrc == taken.ssrc);
            if let Some(want) = want {
                negotiated.push((want.track, want.viewer, taken));
            }
        }
        let remote = RemoteParameters { credentials: answer.credentials, fingerprint: answer.fingerprint };
        let takes_arrivals =
            |taken: &Taken| taken.extensions.iter().any(|(_, extension)| *extension == Extension::TransportSequence);
        if negotiated.iter().any(|(.., taken)| takes_arrivals(taken))
            && let Some(link) = self.links.get_mut(link)
        {
            link.outlet.get_or_insert_with(|| Box::new(Outlet::new(true, now)));
        }
        let mut places = Vec::with_capacity(negotiated.len());
        for (track, viewer, taken) in negotiated {
            places.push((track, viewer));
            if let Some(viewer) = self.tracks.get_mut(track).and_then(|track| track.viewers.get_mut(viewer)) {
                viewer.negotiated(taken);
            }
        }
        // What is new takes its share before it takes the line.
        self.share_line(key, now, egress);
        for (track, viewer) in places {
            self.viewers_changed(track, now);
            self.start_viewer(track, viewer, false, now, egress);
        }
        self.set_remote(link, remote, now, egress);
        self.offer_if_due(key);
        Ok(())
    }

    /// Something about the track or its viewers changed: who is sent to, who gets which layer, what the publisher is asked for.
    pub(super) fn viewers_changed(&mut self, key: Key<Track>, now: Instant) {
        self.choose_layers(key, None, now);
    }

    /// The same; of the layer `at_hand` a key frame has just come.
    pub(super) fn choose_layers(&mut self, key: Key<Track>, at_hand: Option<u8>, now: Instant) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let (muted, codec) = (track.is_muted(), track.info.and_then(|info| info.codec));
        let known = track.info.is_some();
        let mut to_offer = Vec::new();
        let mut turned = [false; MAX_LAYERS];
        for viewer_key in track.viewers.keys() {
            let Some(viewer) = track.viewers.get(viewer_key) else { continue };
            let (wanted, target) = track.choose(viewer);
            let Some(viewer) = track.viewers.get_mut(viewer_key) else { continue };
            viewer.set_codec(codec);
            viewer.settle(muted);
            if viewer.sending
                && viewer.target != target
                && let Some(turned) = target.and_then(|target| turned.get_mut(usize::from(target)))
            {
                *turned = true;
            }
            (viewer.wanted, viewer.target) = (wanted, target);
            if known && !viewer.offered {
                viewer.offered = true;
                to_offer.push(viewer.peer);
            }
        }
        if self.tracks.get(key).is_some_and(Track::is_video) {
            for (layer, _) in (0u8..).zip(turned).filter(|(layer, turned)| *turned && at_hand != Some(*layer)) {
                self.ask_keyframe(key, layer, false, now);
            }
        }
        for peer in to_offer {
            if let Some(subscriber) = self.peers.get_mut(peer).and_then(|peer| peer.subscriber.as_mut()) {
                subscriber.changed = true;
            }
            self.offer_if_due(peer);
        }
        self.tell_needed(key, now);
    }
}
