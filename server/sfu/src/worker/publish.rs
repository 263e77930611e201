//! Publishing: a client's offer becomes tracks, their packets become shared ones.

use super::contract::{Egress, Relay, RelayTo, TrackInfo};
use super::limits::{RECEIVER_REPORT_INTERVAL, SIZE_INTERVAL};
use super::peer::Peer;
use super::quality::Intake;
use super::references::References;
use super::slab::Key;
use super::timers::Wake;
use super::track::{Source, Track, clock_rate};
use super::upload::{Publisher, Taken, Upload};
use super::viewer::set_extensions;
use super::{MediaEvent, Worker};
use crate::feedback::Arrivals;
use crate::rtp::ExtensionIds;
use crate::sdp::{AnswerChoices, RemoteDescription, Section, SectionKind, parse_offer, write_answer};
use crate::transport::RemoteParameters;
use crate::upstream::{Bindings, Layer, Level, MAX_LAYERS, SectionRule};
use lianxian_model::ids::TrackSid;
use lianxian_model::media::{
    AnnouncedTrack, Codec, MAX_UPLOADS, MediaError, PublisherAnswer, Target, TrackKind, VideoLayer,
};
use std::time::Instant;

impl Worker {
    pub(super) fn publisher_offer(
        &mut self,
        key: Key<Peer>,
        sdp: &str,
        announced: &[AnnouncedTrack],
        now: Instant,
        egress: &mut impl Egress,
    ) -> Result<PublisherAnswer, MediaError> {
        let offer = parse_offer(sdp).map_err(|error| MediaError::BadSdp(error.to_string()))?;
        let may_publish = self.peers.get(key).is_some_and(|peer| peer.may_publish);
        let carried = if may_publish { carried(&offer, announced) } else { vec![None; offer.sections.len()] };
        if carried.iter().flatten().count() > MAX_UPLOADS {
            return Err(MediaError::Limit { limit: "tracks published by one participant", value: MAX_UPLOADS as u64 });
        }
        let link = self.publisher_link(key, &offer, now)?;
        let removed = self.end_uploads_unless(
            key,
            |section, upload| carried.get(section).copied().flatten().is_some_and(|track| track.sid == upload.sid),
            now,
        );
        let mut bound = Vec::new();
        for (index, (section, track)) in offer.sections.iter().zip(&carried).enumerate() {
            if let Some(track) = track
                && self.begin_upload(key, index, section, track, now)
            {
                bound.push((track.sid.clone(), section.mid.clone()));
            }
        }
        let Some(publisher) = self.peers.get_mut(key).and_then(|peer| peer.publisher.as_mut()) else {
            return Err(MediaError::Closed);
        };
        let rules = offer.sections.iter().zip(&carried).map(|(section, track)| rule(section, *track));
        publisher.bindings.set_sections(rules.collect());
        publisher.extensions = ExtensionIds::default();
        for section in &offer.sections {
            set_extensions(&mut publisher.extensions, &section.extensions);
        }
        publisher.version += 1;
        let mids_of = |wanted: fn(&AnnouncedTrack) -> bool| -> Vec<&str> {
            let sections = offer.sections.iter().zip(&carried);
            sections.filter(|(_, track)| track.is_some_and(wanted)).map(|(section, _)| section.mid.as_str()).collect()
        };
        let Some(local) = self.links.get(link).map(|link| link.transport.local_credentials()) else {
            return Err(MediaError::Closed);
        };
        let choices = AnswerChoices {
            credentials: local,
            fingerprint: &self.fingerprint,
            candidates: &self.candidates,
            session_id: publisher.session_id,
            version: publisher.version,
            received: &mids_of(|_| true),
            redundant: &mids_of(|track| track.redundant),
        };
        let answer = write_answer(&offer, &choices);
        let remote = RemoteParameters { credentials: offer.credentials, fingerprint: offer.fingerprint };
        self.set_remote(link, remote, now, egress);
        Ok(PublisherAnswer { sdp: answer, bound, removed })
    }

    /// The publisher's transport: made with the first offer. Other credentials in a later one are a restart, which is answered by new
    /// ones of ours (RFC 8839, section 4.4.1.1.1). One that has ended does not come back.
    fn publisher_link(
        &mut self,
        key: Key<Peer>,
        offer: &RemoteDescription,
        now: Instant,
    ) -> Result<Key<super::Link>, MediaError> {
        let ufrag = offer.credentials.ufrag.clone();
        let Some(peer) = self.peers.get_mut(key) else { return Err(MediaError::Closed) };
        let gone = MediaError::UnknownParticipant(peer.sid.clone());
        if let Some(publisher) = peer.publisher.as_mut() {
            let link = publisher.link;
            if self.links.get(link).is_none_or(|link| link.down) {
                return Err(gone);
            }
            if std::mem::replace(&mut publisher.remote_ufrag, ufrag.clone()) != ufrag {
                self.restart_link(link);
            }
            return Ok(link);
        }
        let link = self.new_link(key, Target::Publisher, now);
        let publisher = Publisher {
            link,
            session_id: self.session_id(),
            version: 0,
            remote_ufrag: ufrag,
            bindings: Bindings::default(),
            extensions: ExtensionIds::default(),
            uploads: Vec::new(),
            arrivals: Arrivals::new(now),
            feedback_at: None,
            last_feedback: None,
            report_at: None,
            references: References::new(now),
            armed: None,
        };
        if let Some(peer) = self.peers.get_mut(key) {
            peer.publisher = Some(publisher);
        }
        Ok(link)
    }

    /// Makes the track of a section unless it is there already; true if it is new.
    fn begin_upload(
        &mut self,
        key: Key<Peer>,
        index: usize,
        section: &Section,
        announced: &AnnouncedTrack,
        now: Instant,
    ) -> bool {
        let publisher = self.peers.get(key).and_then(|peer| peer.publisher.as_ref());
        if publisher.and_then(|publisher| publisher.uploads.get(index)).is_some_and(Option::is_some) {
            return false;
        }
        let track_key = self.track_here(&announced.sid);
        let Some(track) = self.tracks.get_mut(track_key) else { return false };
        if !matches!(track.source, Source::Here(None)) {
            // Somebody else's, under a name that may be given once.
            return false;
        }
        let rids = ordered_rids(section, announced);
        let count = rids.len().max(1);
        track.source = Source::Here(Some((key, index)));
        let sizes = of_layers(announced, &rids, |layer| (layer.width, layer.height));
        track.info = Some(TrackInfo {
            kind: announced.kind,
            codec: None,
            layers: count as u8,
            sizes,
            rates: of_layers(announced, &rids, |layer| layer.bitrate_bps),
            muted: false,
        });
        let (rate, repairable) = (clock_rate(announced.kind), announced.kind == TrackKind::Video);
        let upload = Upload {
            sid: announced.sid.clone(),
            track: track_key,
            mid: section.mid.clone(),
            kind: announced.kind,
            layers: (0..count).map(|layer| Layer::new(layer as u8, rate, repairable, now)).collect(),
            codec: None,
            level: Level::default(),
            announced: sizes.iter().any(|size| *size != (0, 0)),
            learned: [None; MAX_LAYERS],
            intake: Intake::new(now),
        };
        if let Some(publisher) = self.peers.get_mut(key).and_then(|peer| peer.publisher.as_mut()) {
            if publisher.uploads.len() <= index {
                publisher.uploads.resize_with(index + 1, || None);
            }
            if let Some(place) = publisher.uploads.get_mut(index) {
                *place = Some(upload);
            }
        }
        self.info_changed(track_key, now);
        true
    }

    /// The entry of a track that is, or will be, published here.
    pub(super) fn track_here(&mut self, sid: &TrackSid) -> Key<Track> {
        if let Some(key) = self.by_track.get(sid) {
            return *key;
        }
        let key = self.tracks.insert(Track::new(sid.clone(), Source::Here(None)));
        self.by_track.insert(sid.clone(), key);
        key
    }

    /// Ends all that a participant publishes.
    pub(super) fn end_uploads(&mut self, key: Key<Peer>, now: Instant) {
        self.end_uploads_unless(key, |_, _| false, now);
    }

    fn end_uploads_unless(
        &mut self,
        key: Key<Peer>,
        stays: impl Fn(usize, &Upload) -> bool,
        now: Instant,
    ) -> Vec<TrackSid> {
        let Some(peer) = self.peers.get_mut(key) else { return Vec::new() };
        let (participant, round_trip) = (peer.sid.clone(), peer.round_trip);
        let Some(publisher) = &mut peer.publisher else { return Vec::new() };
        let mut ended = Vec::new();
        for (section, place) in publisher.uploads.iter_mut().enumerate() {
            if place.as_ref().is_some_and(|upload| !stays(section, upload)) {
                ended.extend(place.take());
                publisher.bindings.release(section);
            }
        }
        let mut removed = Vec::new();
        for mut upload in ended {
            self.sum_up_viewers(upload.track, now);
            if let Some(sample) = upload.last_sample(round_trip, now) {
                let samples = vec![(upload.sid.clone(), sample)];
                self.events.push_back(MediaEvent::Sent { participant: participant.clone(), samples });
            }
            self.track_ended(upload.track, now);
            self.events.push_back(MediaEvent::TrackEnded {
                participant: participant.clone(),
                track: upload.sid.clone(),
                summary: upload.summary(round_trip),
            });
            removed.push(upload.sid);
        }
        removed
    }

    /// A decrypted packet of a publisher.
    pub(super) fn receive_rtp(&mut self, key: Key<Peer>, bytes: &[u8], now: Instant, egress: &mut impl Egress) {
        self.counters.rtp_in += 1;
        let Some(publisher) = self.peers.get_mut(key).and_then(|peer| peer.publisher.as_mut()) else { return };
        let taken = publisher.take(bytes, now, &mut self.counters);
        publisher.report_at.get_or_insert(now + RECEIVER_REPORT_INTERVAL);
        let due = publisher.due(now);
        self.timers.arm(&mut publisher.armed, due, Wake::Upstream(key));
        let Some(Taken { section, track, packet }) = taken else { return };
        let Some(upload) = publisher.uploads.get_mut(section).and_then(Option::as_mut) else { return };
        if let Some(level) = packet.audio_level {
            upload.level.record(level);
        }
        if upload.codec != Some(packet.codec) {
            self.codec_known(key, section, packet.codec, now);
        }
        if packet.key_frame {
            self.learn_size(key, section, packet.layer, now);
        }
        self.forward(track, &packet, now, egress);
    }

    /// Where nothing was announced (by an encoder over WHIP) the key frames tell how large a layer is, so that small tiles get small ones.
    fn learn_size(&mut self, key: Key<Peer>, section: usize, layer: u8, now: Instant) {
        let at = usize::from(layer);
        let uploads = self.peers.get_mut(key).and_then(|peer| peer.publisher.as_mut()).map(|p| &mut p.uploads);
        let Some(upload) = uploads.and_then(|uploads| uploads.get_mut(section)).and_then(Option::as_mut) else {
            return;
        };
        let (Some(seen), Some(learned)) = (upload.layers.get(at), upload.learned.get_mut(at)) else { return };
        let size = (u32::from(seen.size().0), u32::from(seen.size().1));
        let recent = learned.is_some_and(|learned| now.saturating_duration_since(learned) < SIZE_INTERVAL);
        if upload.announced || recent || size == (0, 0) {
            return;
        }
        let track = upload.track;
        if self.tracks.get_mut(track).is_some_and(|known| known.learn_size(layer, size)) {
            *learned = Some(now);
            self.info_changed(track, now);
        }
    }

    /// The first packet of a track, or the first in another codec.
    fn codec_known(&mut self, key: Key<Peer>, section: usize, codec: Codec, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let participant = peer.sid.clone();
        let uploads = peer.publisher.as_mut().map(|publisher| &mut publisher.uploads);
        let Some(upload) = uploads.and_then(|uploads| uploads.get_mut(section)).and_then(Option::as_mut) else {
            return;
        };
        let is_first = upload.codec.replace(codec).is_none();
        let (track_key, track, mid) = (upload.track, upload.sid.clone(), upload.mid.clone());
        if is_first {
            self.events.push_back(MediaEvent::TrackStarted { participant, track, mid, codec });
        }
        if let Some(info) = self.tracks.get_mut(track_key).and_then(|track| track.info.as_mut()) {
            info.codec = Some(codec);
        }
        self.info_changed(track_key, now);
    }

    pub(super) fn set_muted(&mut self, key: Key<Peer>, sid: &TrackSid, muted: bool, now: Instant) {
        let Some(track_key) = self.by_track.get(sid).copied() else { return };
        let Some(track) = self.tracks.get_mut(track_key) else { return };
        // Nobody mutes another's track.
        if !matches!(track.source, Source::Here(Some((owner, _))) if owner == key) {
            return;
        }
        let Some(info) = track.info.as_mut().filter(|info| info.muted != muted) else { return };
        info.muted = muted;
        self.info_changed(track_key, now);
    }

    /// Other workers and the viewers here learn what the track is now.
    pub(super) fn info_changed(&mut self, key: Key<Track>, now: Instant) {
        let Some(track) = self.tracks.get(key) else { return };
        if let Some(info) = track.info {
            for other in &track.others {
                let relay = Relay::TrackInfo { track: track.sid.clone(), info };
                self.relays.push_back((RelayTo::One(other.index), relay));
            }
        }
        self.viewers_changed(key, now);
    }
}

/// The announced track that each section carries.
fn carried<'a>(offer: &RemoteDescription, announced: &'a [AnnouncedTrack]) -> Vec<Option<&'a AnnouncedTrack>> {
    let mut carried: Vec<Option<&AnnouncedTrack>> = Vec::with_capacity(offer.sections.len());
    for section in &offer.sections {
        let track =
            Some(section).filter(|section| section.direction.sends() && !section.rejected).and_then(|section| {
                let fits = |track: &&AnnouncedTrack| {
                    let kind = match track.kind {
                        TrackKind::Audio => SectionKind::Audio,
                        TrackKind::Video => SectionKind::Video,
                    };
                    kind == section.kind && !carried.iter().flatten().any(|taken| taken.sid == track.sid)
                };
                let named =
                    |name: &str| announced.iter().filter(fits).find(|track| !name.is_empty() && track.cid == name);
                named(&section.track_id).or_else(|| named(&section.stream_id))
            });
        carried.push(track);
    }
    carried
}

fn rule(section: &Section, track: Option<&AnnouncedTrack>) -> SectionRule {
    let Some(track) = track else {
        return SectionRule { mid: section.mid.clone().into_bytes(), ..SectionRule::default() };
    };
    let media = section.ssrcs.iter().map(|ssrc| (*ssrc, false));
    let repairs = section.repairs.iter().map(|(_, rtx)| (*rtx, true));
    // Without simulcast there is one stream: of several that are declared the first is meant.
    let declared = media.take(1).chain(repairs.take(1)).collect();
    SectionRule {
        mid: section.mid.clone().into_bytes(),
        rids: ordered_rids(section, track).into_iter().map(String::into_bytes).collect(),
        codecs: section.payloads.iter().map(|payload| (payload.payload_type, payload.codec)).collect(),
        rtx: section.payloads.iter().filter_map(|payload| Some((payload.rtx?, payload.payload_type))).collect(),
        declared,
        active: true,
    }
}

/// The section's rids, lowest layer first: by the announced qualities, else by the names that clients of this protocol use.
fn ordered_rids(section: &Section, track: &AnnouncedTrack) -> Vec<String> {
    let rank = |rid: &String| {
        let announced = track.layers.iter().find(|layer| layer.rid == *rid).map(|layer| layer.quality as usize);
        announced.or_else(|| ["q", "h", "f"].iter().position(|known| known == rid)).unwrap_or(MAX_LAYERS)
    };
    let mut rids = section.rids.clone();
    // Stable: what has no rank keeps the client's order.
    rids.sort_by_key(rank);
    rids.truncate(MAX_LAYERS);
    rids
}

/// What was announced of each layer; of a track without simulcast that of its largest.
fn of_layers<T: Copy + Default>(
    track: &AnnouncedTrack,
    rids: &[String],
    what: impl Fn(&VideoLayer) -> T,
) -> [T; MAX_LAYERS] {
    let largest = track.layers.iter().max_by_key(|layer| u64::from(layer.width) * u64::from(layer.height));
    std::array::from_fn(|layer| match rids.get(layer) {
        Some(rid) => {
            let named = track.layers.iter().find(|layer| layer.rid == *rid);
            let step = || track.layers.iter().find(|announced| announced.quality as usize == layer);
            named.or_else(step).map(&what).unwrap_or_default()
        }
        None if layer == 0 => largest.map(&what).unwrap_or_default(),
        None => T::default(),
    })
}
