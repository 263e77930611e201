//! The model's notices spelled as wire messages.

use crate::{PING_INTERVAL_S, PING_TIMEOUT_S, SPOKEN_PROTOCOL, SPOKEN_VERSION};
use lianxian_model::ids::TrackSid;
use lianxian_model::link::{
    ConnectionQuality, Joined, LeaveAction, LeaveReason, LinkEnd, LinkRights, Notice, ParticipantState,
    ParticipantView, RequestOutcome, RequestSubject, RoomView, TrackView,
};
use lianxian_model::media::{Codec, Quality, TrackKind, TrackSource, VideoLayer};
use livekit_protocol as proto;
use proto::signal_response::Message;

/// What the media plane takes from a publisher, in the order in which it likes it.
const PUBLISH_CODECS: [Codec; 4] = [Codec::Opus, Codec::Red, Codec::Vp8, Codec::H264];

/// The wire message of a notice; `None` for those that the socket's task acts on itself.
pub(crate) fn notice(notice: Notice) -> Option<Message> {
    Some(match notice {
        Notice::Joined(joined) => Message::Join(join(*joined)),
        Notice::Resumed { last_data_sequence } => Message::Reconnect(proto::ReconnectResponse {
            server_info: Some(server_info()),
            last_message_seq: last_data_sequence,
            ..Default::default()
        }),
        Notice::Participants(views) => {
            Message::Update(proto::ParticipantUpdate { participants: views.into_iter().map(participant).collect() })
        }
        Notice::TrackPublished { cid, track: view } => {
            Message::TrackPublished(proto::TrackPublishedResponse { cid, track: Some(track(view)) })
        }
        Notice::TrackUnpublished { track } => {
            Message::TrackUnpublished(proto::TrackUnpublishedResponse { track_sid: track.0 })
        }
        Notice::PublisherAnswer { id, sdp } => {
            Message::Answer(proto::SessionDescription { r#type: "answer".into(), sdp, id, ..Default::default() })
        }
        Notice::SubscriberOffer { id, sdp, mid_to_track } => Message::Offer(proto::SessionDescription {
            r#type: "offer".into(),
            sdp,
            id,
            mid_to_track_id: mid_to_track.into_iter().map(|(mid, track)| (mid, track.0)).collect(),
        }),
        Notice::Mute { track, muted } => Message::Mute(proto::MuteTrackRequest { sid: track.0, muted }),
        Notice::Speakers(speakers) => Message::SpeakersChanged(proto::SpeakersChanged {
            speakers: speakers
                .into_iter()
                .map(|s| proto::SpeakerInfo { sid: s.participant.0, level: s.level, active: s.active })
                .collect(),
        }),
        Notice::Room(view) => Message::RoomUpdate(proto::RoomUpdate { room: Some(room(view)) }),
        Notice::Quality(qualities) => Message::ConnectionQuality(proto::ConnectionQualityUpdate {
            updates: qualities
                .into_iter()
                .map(|(participant, quality, score)| proto::ConnectionQualityInfo {
                    participant_sid: participant.0,
                    quality: connection_quality(quality).into(),
                    score,
                })
                .collect(),
        }),
        Notice::StreamStates(states) => Message::StreamStateUpdate(proto::StreamStateUpdate {
            stream_states: states
                .into_iter()
                .map(|(participant, track, flowing)| proto::StreamStateInfo {
                    participant_sid: participant.0,
                    track_sid: track.0,
                    state: if flowing { proto::StreamState::Active } else { proto::StreamState::Paused }.into(),
                })
                .collect(),
        }),
        Notice::WantedQualities { track, codec, wanted } => wanted_qualities(track, codec, &wanted),
        Notice::Permission { participant, track, allowed } => {
            Message::SubscriptionPermissionUpdate(proto::SubscriptionPermissionUpdate {
                participant_sid: participant.0,
                track_sid: track.0,
                allowed,
            })
        }
        Notice::TrackSubscribed { track } => Message::TrackSubscribed(proto::TrackSubscribed { track_sid: track.0 }),
        Notice::SubscriptionFailed { track } => Message::SubscriptionResponse(proto::SubscriptionResponse {
            track_sid: track.0,
            err: proto::SubscriptionError::SeTrackNotfound.into(),
        }),
        Notice::RequestAnswer { request_id, outcome, message, subject } => {
            Message::RequestResponse(proto::RequestResponse {
                request_id,
                reason: request_outcome(outcome).into(),
                message,
                request: request_subject(subject),
            })
        }
        Notice::Leave { reason, action } => Message::Leave(leave(reason, action)),
        Notice::RefreshToken { .. } | Notice::DataReceived { .. } => return None,
    })
}

fn join(joined: Joined) -> proto::JoinResponse {
    let may_publish = joined.participant.rights.may_publish.any();
    proto::JoinResponse {
        room: Some(room(joined.room)),
        participant: Some(participant(joined.participant)),
        other_participants: joined.others.into_iter().map(participant).collect(),
        server_version: SPOKEN_VERSION.into(),
        // Present and empty: host candidates alone. Nobody is sent to a STUN server on the internet.
        ice_servers: Vec::new(),
        subscriber_primary: true,
        ping_timeout: PING_TIMEOUT_S,
        ping_interval: PING_INTERVAL_S,
        server_info: Some(server_info()),
        enabled_publish_codecs: codecs(),
        fast_publish: may_publish,
        ..Default::default()
    }
}

fn server_info() -> proto::ServerInfo {
    proto::ServerInfo {
        edition: proto::server_info::Edition::Standard.into(),
        version: SPOKEN_VERSION.into(),
        protocol: SPOKEN_PROTOCOL,
        ..Default::default()
    }
}

fn codecs() -> Vec<proto::Codec> {
    PUBLISH_CODECS.iter().map(|codec| proto::Codec { mime: codec.mime().into(), fmtp_line: String::new() }).collect()
}

fn room(view: RoomView) -> proto::Room {
    proto::Room {
        sid: view.sid.0,
        name: view.name,
        metadata: view.metadata,
        creation_time: view.created_at.0.div_euclid(1000),
        creation_time_ms: view.created_at.0,
        num_participants: view.participants,
        num_publishers: view.publishers,
        enabled_codecs: codecs(),
        ..Default::default()
    }
}

pub(crate) fn participant(view: ParticipantView) -> proto::ParticipantInfo {
    use proto::participant_info::State;
    let state = match view.state {
        ParticipantState::Joined => State::Joined,
        ParticipantState::Active => State::Active,
        ParticipantState::Disconnected => State::Disconnected,
    };
    proto::ParticipantInfo {
        sid: view.sid.0,
        identity: view.identity,
        state: state.into(),
        tracks: view.tracks.into_iter().map(track).collect(),
        metadata: view.metadata,
        joined_at: view.joined_at.0.div_euclid(1000),
        joined_at_ms: view.joined_at.0,
        name: view.name,
        version: view.version,
        permission: Some(permission(view.rights)),
        is_publisher: view.publishing,
        attributes: view.attributes.into_iter().collect(),
        disconnect_reason: view.end.map_or(proto::DisconnectReason::UnknownReason, disconnect_reason).into(),
        client_protocol: view.client_protocol,
        ..Default::default()
    }
}

fn permission(rights: LinkRights) -> proto::ParticipantPermission {
    let publish = rights.may_publish;
    let mut sources: Vec<i32> = Vec::new();
    if publish.any() && !publish.all() {
        for source in
            [TrackSource::Camera, TrackSource::Microphone, TrackSource::ScreenShare, TrackSource::ScreenShareAudio]
        {
            if publish.allows(source) {
                sources.push(track_source(source).into());
            }
        }
    }
    proto::ParticipantPermission {
        can_subscribe: rights.may_subscribe,
        can_publish: publish.any(),
        can_publish_data: rights.may_publish_data,
        can_publish_sources: sources,
        hidden: rights.hidden,
        can_update_metadata: rights.may_update_metadata,
        ..Default::default()
    }
}

#[allow(deprecated)]
pub(crate) fn track(view: TrackView) -> proto::TrackInfo {
    let about = view.about;
    let layers: Vec<proto::VideoLayer> = about.layers.iter().enumerate().map(layer).collect();
    let mime = |name: &str| match (name, view.codec) {
        (_, Some(codec)) => codec.mime().to_owned(),
        ("", None) => String::new(),
        (name, None) if name.contains('/') => name.to_owned(),
        (name, None) => format!("{}/{name}", if view.kind == TrackKind::Audio { "audio" } else { "video" }),
    };
    let codecs: Vec<proto::SimulcastCodecInfo> = about
        .codecs
        .iter()
        .take(1)
        .map(|(name, cid)| proto::SimulcastCodecInfo {
            mime_type: mime(name),
            mid: view.mid.clone(),
            cid: if view.cid.is_empty() { String::new() } else { cid.clone() },
            layers: layers.clone(),
            video_layer_mode: if view.kind == TrackKind::Video {
                proto::video_layer::Mode::OneSpatialLayerPerStream.into()
            } else {
                0
            },
            ..Default::default()
        })
        .collect();
    proto::TrackInfo {
        sid: view.sid.0,
        r#type: match view.kind {
            TrackKind::Audio => proto::TrackType::Audio,
            TrackKind::Video => proto::TrackType::Video,
        }
        .into(),
        name: about.name,
        muted: about.muted,
        width: about.width,
        height: about.height,
        simulcast: layers.len() > 1,
        disable_dtx: about.disable_dtx,
        source: track_source(view.source).into(),
        mime_type: mime(about.codecs.first().map_or("", |(name, _)| name)),
        layers,
        mid: view.mid,
        codecs,
        stereo: about.stereo,
        disable_red: about.disable_red,
        encryption: about.encryption,
        stream: about.stream,
        audio_features: about.audio_features,
        backup_codec_policy: about.backup_codec_policy,
        packet_trailer_features: about.packet_trailer_features,
        ..Default::default()
    }
}

fn layer((index, layer): (usize, &VideoLayer)) -> proto::VideoLayer {
    proto::VideoLayer {
        quality: video_quality(layer.quality).into(),
        width: layer.width,
        height: layer.height,
        bitrate: layer.bitrate_bps,
        spatial_layer: i32::try_from(index).unwrap_or(0),
        rid: layer.rid.clone(),
        ..Default::default()
    }
}

#[allow(deprecated)]
fn wanted_qualities(track: TrackSid, codec: Option<Codec>, wanted: &[(Quality, bool)]) -> Message {
    let qualities: Vec<_> = wanted
        .iter()
        .map(|(quality, enabled)| proto::SubscribedQuality {
            quality: video_quality(*quality).into(),
            enabled: *enabled,
        })
        .collect();
    let named = codec.map(|codec| codec.mime().rsplit('/').next().unwrap_or_default().to_ascii_lowercase());
    Message::SubscribedQualityUpdate(proto::SubscribedQualityUpdate {
        track_sid: track.0,
        subscribed_qualities: qualities.clone(),
        subscribed_codecs: named.map(|codec| proto::SubscribedCodec { codec, qualities }).into_iter().collect(),
    })
}

pub(crate) fn video_quality(quality: Quality) -> proto::VideoQuality {
    match quality {
        Quality::Low => proto::VideoQuality::Low,
        Quality::Medium => proto::VideoQuality::Medium,
        Quality::High => proto::VideoQuality::High,
    }
}

pub(crate) fn track_source(source: TrackSource) -> proto::TrackSource {
    match source {
        TrackSource::Unknown => proto::TrackSource::Unknown,
        TrackSource::Camera => proto::TrackSource::Camera,
        TrackSource::Microphone => proto::TrackSource::Microphone,
        TrackSource::ScreenShare => proto::TrackSource::ScreenShare,
        TrackSource::ScreenShareAudio => proto::TrackSource::ScreenShareAudio,
    }
}

fn connection_quality(quality: ConnectionQuality) -> proto::ConnectionQuality {
    match quality {
        ConnectionQuality::Lost => proto::ConnectionQuality::Lost,
        ConnectionQuality::Poor => proto::ConnectionQuality::Poor,
        ConnectionQuality::Good => proto::ConnectionQuality::Good,
        ConnectionQuality::Excellent => proto::ConnectionQuality::Excellent,
    }
}

fn request_outcome(outcome: RequestOutcome) -> proto::request_response::Reason {
    use proto::request_response::Reason;
    match outcome {
        RequestOutcome::Ok => Reason::Ok,
        RequestOutcome::NotFound => Reason::NotFound,
        RequestOutcome::NotAllowed => Reason::NotAllowed,
        RequestOutcome::LimitExceeded => Reason::LimitExceeded,
        RequestOutcome::InvalidRequest => Reason::InvalidRequest,
    }
}

fn request_subject(subject: RequestSubject) -> Option<proto::request_response::Request> {
    use proto::request_response::Request;
    match subject {
        RequestSubject::Id => None,
        RequestSubject::AddTrack { cid, name, kind, source } => Some(Request::AddTrack(proto::AddTrackRequest {
            cid,
            name,
            r#type: match kind {
                TrackKind::Audio => proto::TrackType::Audio,
                TrackKind::Video => proto::TrackType::Video,
            }
            .into(),
            source: track_source(source).into(),
            ..Default::default()
        })),
        RequestSubject::Mute { track, muted } => Some(Request::Mute(proto::MuteTrackRequest { sid: track.0, muted })),
    }
}

/// The wire's word for the end of someone's link, as others are told it.
fn disconnect_reason(end: LinkEnd) -> proto::DisconnectReason {
    use proto::DisconnectReason as Reason;
    match end {
        LinkEnd::Left => Reason::ClientInitiated,
        LinkEnd::Duplicate => Reason::DuplicateIdentity,
        LinkEnd::Revoked | LinkEnd::LoggedOut => Reason::ParticipantRemoved,
        LinkEnd::Lost => Reason::ConnectionTimeout,
        LinkEnd::SlowReader | LinkEnd::ProtocolError => Reason::SignalClose,
        LinkEnd::MediaLost => Reason::MediaFailure,
        LinkEnd::RecordUnavailable => Reason::JoinFailure,
        LinkEnd::Shutdown => Reason::ServerShutdown,
    }
}

fn leave(reason: LeaveReason, action: LeaveAction) -> proto::LeaveRequest {
    use proto::DisconnectReason as Wire;
    use proto::leave_request::Action;
    let reason = match reason {
        LeaveReason::ClientInitiated => Wire::ClientInitiated,
        LeaveReason::DuplicateIdentity => Wire::DuplicateIdentity,
        LeaveReason::ServerShutdown => Wire::ServerShutdown,
        LeaveReason::ParticipantRemoved => Wire::ParticipantRemoved,
        LeaveReason::StateMismatch => Wire::StateMismatch,
        LeaveReason::ConnectionTimeout => Wire::ConnectionTimeout,
        LeaveReason::MediaFailure => Wire::MediaFailure,
        LeaveReason::JoinFailure => Wire::JoinFailure,
        LeaveReason::Unknown => Wire::UnknownReason,
    };
    let wire_action = match action {
        LeaveAction::Disconnect => Action::Disconnect,
        LeaveAction::Resume => Action::Resume,
        LeaveAction::Reconnect => Action::Reconnect,
    };
    proto::LeaveRequest {
        can_reconnect: action != LeaveAction::Disconnect,
        reason: reason.into(),
        action: wire_action.into(),
        ..Default::default()
    }
}
