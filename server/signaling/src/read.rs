//! Wire messages read into the model's wishes. Unknown enum numbers become the nearest harmless meaning.

use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{AddTrack, TrackAbout, TrackPermission, Wish};
use lianxian_model::media::{
    MAX_LAYER_BPS, MAX_SIDE_PX, Quality, Target, TrackKind, TrackSettings, TrackSource, VideoLayer,
};
use livekit_protocol as proto;
use proto::signal_request::Message;
use serde::Deserialize;

/// What one request means.
pub(crate) enum Read {
    Wish(Wish),
    /// The older kind, which wants the server's time back.
    Ping,
    /// Milliseconds as the client counts them; it wants them back.
    PingRequest(i64),
    /// Known and harmless, nothing to do.
    Ignored,
    /// Something that this server does not do; the client gets a refusal if it gave the request an id.
    Unsupported {
        request_id: u32,
    },
}

/// The request is well-formed protobuf but makes no sense.
pub(crate) struct Senseless(pub &'static str);

/// How many tracks and participants a request names.
pub(crate) fn named(request: &proto::SignalRequest) -> usize {
    let of = |update: &proto::UpdateSubscription| {
        let by_participant: usize = update.participant_tracks.iter().map(|tracks| 1 + tracks.track_sids.len()).sum();
        update.track_sids.len() + by_participant
    };
    match &request.message {
        Some(Message::Subscription(update)) => of(update),
        Some(Message::TrackSetting(setting)) => setting.track_sids.len(),
        Some(Message::SubscriptionPermission(permission)) => {
            permission.track_permissions.iter().map(|named| 1 + named.track_sids.len()).sum()
        }
        Some(Message::SyncState(state)) => {
            state.subscription.as_ref().map_or(0, of) + state.track_sids_disabled.len() + state.publish_tracks.len()
        }
        _ => 0,
    }
}

#[allow(deprecated)]
pub(crate) fn request(request: proto::SignalRequest) -> Result<Read, Senseless> {
    let Some(message) = request.message else {
        // A message kind that is newer than this server.
        return Ok(Read::Ignored);
    };
    Ok(match message {
        Message::Offer(offer) => Read::Wish(Wish::PublisherOffer { id: offer.id, sdp: offer.sdp }),
        Message::Answer(answer) => Read::Wish(Wish::SubscriberAnswer { id: answer.id, sdp: answer.sdp }),
        Message::Trickle(trickle) => return candidate(trickle),
        Message::AddTrack(add) => Read::Wish(Wish::AddTrack(add_track(add)?)),
        Message::Mute(mute) => Read::Wish(Wish::Mute { track: mute.sid.into(), muted: mute.muted }),
        Message::Subscription(update) => {
            let subscribe = update.subscribe;
            Read::Wish(Wish::Subscribe { tracks: tracks_of(update), subscribe })
        }
        Message::TrackSetting(setting) => {
            Read::Wish(Wish::SetTracks { settings: settings(&setting), tracks: sids(setting.track_sids) })
        }
        Message::Leave(_) => Read::Wish(Wish::Leave),
        Message::SubscriptionPermission(permission) => Read::Wish(Wish::Permit {
            everyone: permission.all_participants,
            permissions: permission.track_permissions.into_iter().map(track_permission).collect(),
        }),
        Message::SyncState(state) => Read::Wish(sync_state(state)),
        Message::Ping(_) => Read::Ping,
        Message::PingReq(ping) => Read::PingRequest(ping.timestamp),
        Message::UpdateMetadata(update) => Read::Wish(Wish::UpdateMetadata {
            request_id: update.request_id,
            name: update.name,
            metadata: update.metadata,
            attributes: update.attributes.into_iter().collect(),
        }),
        Message::UpdateAudioTrack(update) => {
            Read::Wish(Wish::UpdateAudioTrack { track: update.track_sid.into(), features: update.features })
        }
        Message::UpdateVideoTrack(update) => Read::Wish(Wish::UpdateVideoTrack {
            track: update.track_sid.into(),
            width: update.width.min(MAX_SIDE_PX),
            height: update.height.min(MAX_SIDE_PX),
        }),
        Message::StoreDataBlobRequest(blob) => Read::Unsupported { request_id: blob.request_id },
        Message::GetDataBlobRequest(blob) => Read::Unsupported { request_id: blob.request_id },
        Message::PublishDataTrackRequest(_) | Message::UnpublishDataTrackRequest(_) => {
            Read::Unsupported { request_id: 0 }
        }
        // Layers come with the track and its offer; scenarios are for servers under development.
        Message::UpdateLayers(_) | Message::Simulate(_) | Message::UpdateDataSubscription(_) => Read::Ignored,
    })
}

/// An RTCIceCandidateInit, of which the candidate line alone matters here: ICE runs on one bundled section.
#[derive(Deserialize)]
struct CandidateInit {
    #[serde(default)]
    candidate: String,
}

fn candidate(trickle: proto::TrickleRequest) -> Result<Read, Senseless> {
    let target = match trickle.target() {
        proto::SignalTarget::Publisher => Target::Publisher,
        proto::SignalTarget::Subscriber => Target::Subscriber,
    };
    if trickle.candidate_init.is_empty() {
        return Ok(Read::Ignored);
    }
    let init: CandidateInit = serde_json::from_str(&trickle.candidate_init)
        .map_err(|_| Senseless("the candidate is no RTCIceCandidateInit"))?;
    if init.candidate.is_empty() {
        // The end of candidates.
        return Ok(Read::Ignored);
    }
    Ok(Read::Wish(Wish::Candidate { target, candidate: init.candidate }))
}

#[allow(deprecated)]
fn add_track(add: proto::AddTrackRequest) -> Result<AddTrack, Senseless> {
    let kind = match add.r#type() {
        proto::TrackType::Audio => TrackKind::Audio,
        proto::TrackType::Video => TrackKind::Video,
        proto::TrackType::Data => return Err(Senseless("a data track is not announced by add_track")),
    };
    let source = source(add.source());
    let stream = if add.stream.is_empty() { default_stream(source).to_owned() } else { add.stream.clone() };
    let first = add.simulcast_codecs.first();
    let layers = if add.layers.is_empty() { first.map(|c| c.layers.clone()).unwrap_or_default() } else { add.layers };
    // A client that publishes one more codec of a track (backup codec) names the track's sid; its cid is the codec's.
    let cid = if add.cid.is_empty() { first.map(|c| c.cid.clone()).unwrap_or_default() } else { add.cid };
    if cid.is_empty() {
        return Err(Senseless("the track has no client id"));
    }
    let about = TrackAbout {
        name: add.name,
        width: add.width.min(MAX_SIDE_PX),
        height: add.height.min(MAX_SIDE_PX),
        muted: add.muted,
        layers: video_layers(&layers),
        codecs: add.simulcast_codecs.into_iter().map(|codec| (codec.codec, codec.cid)).collect(),
        stream,
        disable_dtx: add.disable_dtx,
        stereo: add.stereo,
        disable_red: add.disable_red,
        encryption: add.encryption,
        audio_features: add.audio_features,
        packet_trailer_features: add.packet_trailer_features,
        backup_codec_policy: add.backup_codec_policy,
    };
    Ok(AddTrack { cid, kind, source, about })
}

/// The rid of a layer that does not name its own follows from its quality, if there is more than one layer.
fn video_layers(layers: &[proto::VideoLayer]) -> Vec<VideoLayer> {
    let simulcast = layers.len() > 1;
    layers
        .iter()
        .map(|layer| {
            let quality = quality(layer.quality());
            let rid = match quality {
                _ if !layer.rid.is_empty() => layer.rid.clone(),
                _ if !simulcast => String::new(),
                Quality::Low => "q".into(),
                Quality::Medium => "h".into(),
                Quality::High => "f".into(),
            };
            // What is shared out by these numbers is calculated with: none is larger than can be meant.
            VideoLayer {
                quality,
                width: layer.width.min(MAX_SIDE_PX),
                height: layer.height.min(MAX_SIDE_PX),
                bitrate_bps: layer.bitrate.min(MAX_LAYER_BPS),
                rid,
            }
        })
        .collect()
}

/// Tracks of one stream are played in step; a camera goes with its microphone, a screen with its sound.
fn default_stream(source: TrackSource) -> &'static str {
    match source {
        TrackSource::Camera | TrackSource::Microphone => "camera",
        TrackSource::ScreenShare | TrackSource::ScreenShareAudio => "screen_share",
        TrackSource::Unknown => "",
    }
}

pub(crate) fn source(source: proto::TrackSource) -> TrackSource {
    match source {
        proto::TrackSource::Unknown => TrackSource::Unknown,
        proto::TrackSource::Camera => TrackSource::Camera,
        proto::TrackSource::Microphone => TrackSource::Microphone,
        proto::TrackSource::ScreenShare => TrackSource::ScreenShare,
        proto::TrackSource::ScreenShareAudio => TrackSource::ScreenShareAudio,
    }
}

pub(crate) fn quality(quality: proto::VideoQuality) -> Quality {
    match quality {
        proto::VideoQuality::Low | proto::VideoQuality::Off => Quality::Low,
        proto::VideoQuality::Medium => Quality::Medium,
        proto::VideoQuality::High => Quality::High,
    }
}

fn settings(setting: &proto::UpdateTrackSettings) -> TrackSettings {
    let sized = setting.width > 0 && setting.height > 0;
    TrackSettings {
        enabled: !setting.disabled && setting.quality() != proto::VideoQuality::Off,
        // With a size the quality field is unset, which reads as "low": the size decides alone.
        quality: if sized { Quality::High } else { quality(setting.quality()) },
        width: setting.width,
        height: setting.height,
    }
}

fn track_permission(permission: proto::TrackPermission) -> TrackPermission {
    TrackPermission {
        participant: ParticipantSid(permission.participant_sid),
        identity: permission.participant_identity,
        all_tracks: permission.all_tracks,
        tracks: sids(permission.track_sids),
    }
}

fn tracks_of(update: proto::UpdateSubscription) -> Vec<TrackSid> {
    let by_participant = update.participant_tracks.into_iter().flat_map(|tracks| tracks.track_sids);
    update.track_sids.into_iter().chain(by_participant).map(TrackSid).collect()
}

fn sync_state(state: proto::SyncState) -> Wish {
    let subscribe = state.subscription.as_ref().is_some_and(|s| s.subscribe);
    Wish::SyncState {
        tracks: state.subscription.map(tracks_of).unwrap_or_default(),
        subscribe,
        disabled: sids(state.track_sids_disabled),
        published: state.publish_tracks.into_iter().filter_map(|p| p.track).map(|t| TrackSid(t.sid)).collect(),
    }
}

fn sids(texts: Vec<String>) -> Vec<TrackSid> {
    texts.into_iter().map(TrackSid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_be_meant_are_read_as_the_largest_that_can() {
        let layer = proto::VideoLayer { width: u32::MAX, height: 180, bitrate: u32::MAX, ..Default::default() };
        let add = proto::AddTrackRequest {
            cid: "c".into(),
            r#type: proto::TrackType::Video.into(),
            width: u32::MAX,
            height: u32::MAX,
            layers: vec![layer],
            ..Default::default()
        };
        let Ok(AddTrack { about, .. }) = add_track(add) else { panic!("refused") };
        assert_eq!((about.width, about.height), (MAX_SIDE_PX, MAX_SIDE_PX));
        let layer = &about.layers[0];
        assert_eq!((layer.width, layer.height, layer.bitrate_bps), (MAX_SIDE_PX, 180, MAX_LAYER_BPS));
    }
}
