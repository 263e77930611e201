//! The publishing connection of one link: offer and answer, and frames into packets.

use crate::camera::Shot;
use crate::feedback::{Feedback, MID, Name, REPAIRED_RID, RID};
use crate::layers::{LAYER_COUNT, LAYERS};
use crate::tone::FRAME_SAMPLES;
use bytes::Bytes;
use rtc::interceptor::{Registry, SenderReportBuilder, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8};
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::packetizer::Payloader as _;
use rtc::rtp::{self, Header};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use webrtc::error::Result;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder, SrtpProtectionProfile,
};

pub const VIDEO_CID: &str = "office-video";
pub const AUDIO_CID: &str = "office-audio";
const STREAM: &str = "office";

const VP8: u8 = 96;
const VP8_RTX: u8 = 97;
const OPUS: u8 = 111;
/// Bytes of payload in a packet: an Ethernet frame less everything that wraps it, here and on the server's way out.
const PAYLOAD: usize = 1100;
const VIDEO_CLOCK: f64 = 90_000.0;

/// What the connection tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Up,
    /// Failed or closed: it will not come back.
    Down,
    /// A key frame of this layer is asked for.
    KeyFrame(usize),
}

pub struct Publisher {
    connection: Arc<dyn PeerConnection>,
    video: Arc<TrackLocalStaticRTP>,
    audio: Arc<TrackLocalStaticRTP>,
    layers: [Stream; LAYER_COUNT],
    sound: Stream,
    mids: [Arc<OnceLock<String>>; 2],
    began: Instant,
    states: mpsc::Receiver<Event>,
    key_frames: mpsc::Receiver<u32>,
}

/// Where a stream's numbers stand.
struct Stream {
    ssrc: u32,
    sequence: u16,
    first_timestamp: u32,
    payloader: Vp8Payloader,
}

struct Watcher(mpsc::Sender<Event>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Watcher {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let state = match state {
            RTCPeerConnectionState::Connected => Event::Up,
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => Event::Down,
            _ => return,
        };
        let _ = self.0.try_send(state);
    }
}

impl Publisher {
    /// Opens sockets on `local`, the address from which the server is reached.
    ///
    /// # Errors
    /// If the sockets cannot be had or the crate refuses the set-up.
    pub async fn open(local: IpAddr) -> Result<Self> {
        let (to_states, states) = mpsc::channel(8);
        let (to_key_frames, key_frames) = mpsc::channel(32);
        // One clock for all layers: a viewer's change of layer is then no jump in time.
        let (began, first_timestamp) = (Instant::now(), rand::random());
        let stream = |first_timestamp| Stream {
            ssrc: rand::random::<u32>() | 1,
            sequence: rand::random::<u16>() >> 1,
            first_timestamp,
            payloader: payloader(),
        };
        let layers: [Stream; LAYER_COUNT] = std::array::from_fn(|_| stream(first_timestamp));
        let sound = stream(rand::random());
        let mids: [Arc<OnceLock<String>>; 2] = Default::default();
        let mut names: Vec<Name> = Vec::new();
        for (stream, layer) in layers.iter().zip(&LAYERS) {
            names.push(Name { ssrc: stream.ssrc, rid: layer.rid, mid: mids[0].clone() });
        }
        names.push(Name { ssrc: sound.ssrc, rid: "", mid: mids[1].clone() });

        let registry = Registry::new()
            .with(Slot::NackResponder, Feedback::new(names, to_key_frames))
            .with(Slot::SenderReport, SenderReportBuilder::new().build());
        // A loopback socket reaches no other address of a server whose media port is told by its interfaces.
        let mut sockets = vec![SocketAddr::new(local, 0)];
        if local.is_loopback() || local.is_ipv6() {
            sockets.push(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
        }
        let settings = SettingEngineBuilder::new()
            .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
            .with_include_loopback_candidate(true)
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_ice_timeouts(
                Some(Duration::from_secs(6)),
                Some(Duration::from_secs(10)),
                Some(Duration::from_secs(2)),
            )
            .build();
        let connection = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(engine()?)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Watcher(to_states)))
            .with_udp_addrs(sockets)
            .build()
            .await?;
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);

        let codings = layers.iter().zip(&LAYERS).map(|(stream, layer)| coding(vp8(), stream.ssrc, layer.rid, true));
        let video = track(VIDEO_CID, RtpCodecKind::Video, codings.collect());
        let audio = track(AUDIO_CID, RtpCodecKind::Audio, vec![coding(opus(), sound.ssrc, "", false)]);
        for track in [&video, &audio] {
            let track: Arc<dyn TrackLocal> = track.clone();
            let send_encodings = track.codings().await;
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                streams: vec![],
                send_encodings,
            };
            connection.add_transceiver_from_track(track, Some(init)).await?;
        }
        Ok(Self { connection, video, audio, layers, sound, mids, began, states, key_frames })
    }

    /// # Errors
    /// If the crate cannot make one.
    pub async fn offer(&mut self) -> Result<String> {
        let offer = self.connection.create_offer(None).await?;
        let sdp = offer.sdp.clone();
        let found = sdp.lines().filter_map(|line| line.strip_prefix("a=mid:"));
        for (mid, known) in found.zip(&self.mids) {
            let _ = known.set(mid.trim().to_owned());
        }
        self.connection.set_local_description(offer).await?;
        Ok(sdp)
    }

    /// # Errors
    /// If the answer is none to our offer.
    pub async fn answer(&self, sdp: String) -> Result<()> {
        self.connection.set_remote_description(RTCSessionDescription::answer(sdp)?).await
    }

    /// What happens next. May be dropped while waiting.
    pub async fn next(&mut self) -> Event {
        loop {
            tokio::select! {
                event = self.states.recv() => return event.unwrap_or(Event::Down),
                Some(ssrc) = self.key_frames.recv() => {
                    if let Some(layer) = self.layers.iter().position(|stream| stream.ssrc == ssrc) {
                        return Event::KeyFrame(layer);
                    }
                }
            }
        }
    }

    /// Sends one encoded frame.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send_picture(&mut self, shot: &Shot) -> Result<()> {
        let Some(stream) = self.layers.get_mut(shot.layer) else { return Ok(()) };
        let elapsed = shot.at.saturating_duration_since(self.began).as_secs_f64() * VIDEO_CLOCK;
        let timestamp = stream.first_timestamp.wrapping_add(elapsed as u64 as u32);
        let payloads = stream.payloader.payload(PAYLOAD, &shot.data)?;
        let last = payloads.len().saturating_sub(1);
        for (at, payload) in payloads.into_iter().enumerate() {
            let packet = stream.packet(VP8, timestamp, at == last, payload);
            self.video.write_rtp(packet).await?;
        }
        Ok(())
    }

    /// Sends one frame of sound; `frame` counts those that were passed over too; `first`: it comes after silence.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send_sound(&mut self, frame: u64, first: bool, payload: Bytes) -> Result<()> {
        let timestamp = self.sound.first_timestamp.wrapping_add((frame * FRAME_SAMPLES as u64) as u32);
        let packet = self.sound.packet(OPUS, timestamp, first, payload);
        self.audio.write_rtp(packet).await
    }

    pub async fn close(&self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "the connection did not close cleanly");
        }
    }
}

impl Stream {
    fn packet(&mut self, payload_type: u8, timestamp: u32, marker: bool, payload: Bytes) -> rtp::Packet {
        let sequence_number = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let header = Header {
            version: 2,
            marker,
            payload_type,
            sequence_number,
            timestamp,
            ssrc: self.ssrc,
            ..Default::default()
        };
        rtp::Packet { header, payload }
    }
}

fn payloader() -> Vp8Payloader {
    let mut payloader = Vp8Payloader::default();
    payloader.enable_picture_id = true;
    payloader
}

fn feedback() -> Vec<RTCPFeedback> {
    [("nack", ""), ("nack", "pli"), ("ccm", "fir")]
        .map(|(typ, parameter)| RTCPFeedback { typ: typ.into(), parameter: parameter.into() })
        .to_vec()
}

fn vp8() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_VP8.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: String::new(),
        rtcp_feedback: feedback(),
    }
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    }
}

fn engine() -> Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    let rtx = RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        sdp_fmtp_line: format!("apt={VP8}"),
        rtcp_feedback: vec![],
        ..vp8()
    };
    for (rtp_codec, payload_type, kind) in
        [(vp8(), VP8, RtpCodecKind::Video), (rtx, VP8_RTX, RtpCodecKind::Video), (opus(), OPUS, RtpCodecKind::Audio)]
    {
        engine.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, kind)?;
    }
    for (uri, kind) in [
        (MID, RtpCodecKind::Video),
        (RID, RtpCodecKind::Video),
        (REPAIRED_RID, RtpCodecKind::Video),
        (MID, RtpCodecKind::Audio),
    ] {
        engine.register_header_extension(RTCRtpHeaderExtensionCapability { uri: uri.to_owned() }, kind, None)?;
    }
    Ok(engine)
}

fn coding(codec: RTCRtpCodec, ssrc: u32, rid: &str, repairs: bool) -> RTCRtpEncodingParameters {
    let rtx = repairs.then(|| RTCRtpRtxParameters { ssrc: rand::random::<u32>() | 1 });
    RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { rid: rid.into(), ssrc: Some(ssrc), rtx, fec: None },
        active: true,
        codec,
        ..Default::default()
    }
}

fn track(id: &str, kind: RtpCodecKind, codings: Vec<RTCRtpEncodingParameters>) -> Arc<TrackLocalStaticRTP> {
    let track = MediaStreamTrack::new(STREAM.to_owned(), id.to_owned(), id.to_owned(), kind, codings);
    Arc::new(TrackLocalStaticRTP::new(track))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_offer_names_three_layers_their_repairs_and_the_sound() {
        let mut publisher = Publisher::open(Ipv4Addr::LOCALHOST.into()).await.unwrap();
        let sdp = publisher.offer().await.unwrap();
        for line in [
            "a=simulcast:send q;h;f",
            "a=rid:q send",
            "a=rid:h send",
            "a=rid:f send",
            "a=rtpmap:96 VP8/90000",
            "a=rtpmap:97 rtx/90000",
            "a=fmtp:97 apt=96",
            "a=rtpmap:111 opus/48000/2",
            "a=msid:office office-video",
            "a=msid:office office-audio",
            "a=sendonly",
        ] {
            assert!(sdp.lines().any(|l| l.trim() == line), "{line} is missing in:\n{sdp}");
        }
        for uri in [MID, RID, REPAIRED_RID] {
            assert!(sdp.contains(uri), "{uri}");
        }
        assert!(publisher.mids.iter().all(|mid| mid.get().is_some()));
        publisher.close().await;
    }
}
