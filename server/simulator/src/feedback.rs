//! The last station before the network: names the layer in each packet, keeps what was sent, answers NACK, hears key frame requests.
//!
//! The crate's own responder repairs without naming the layer, and a receiver of simulcast cannot tell then what is repaired
//! (RFC 8852 asks for mid and repaired-rid); its key frame requests end inside the chain. Hence this one.

use bytes::{BufMut as _, Bytes, BytesMut};
use rtc::interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;
use rtc::shared::error::Error;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::mpsc;

pub const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
pub const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

/// Packets kept for each layer: over a second of the largest.
const KEPT: usize = 256;
/// Repairs for one NACK message at most.
const MAX_REPAIRS: usize = 64;

/// What the server needs to know each stream by.
#[derive(Clone, Debug)]
pub struct Name {
    pub ssrc: u32,
    /// Empty: no simulcast.
    pub rid: &'static str,
    /// Known once the offer is made.
    pub mid: Arc<OnceLock<String>>,
}

struct Stream {
    name: Name,
    /// Header extension ids, 0: not negotiated.
    mid_id: u8,
    rid_id: u8,
    repaired_id: u8,
    /// SSRC and payload type of repairs.
    repair: Option<(u32, u8)>,
    repair_sequence: u16,
    sent: VecDeque<rtp::Packet>,
}

pub struct Feedback {
    names: Vec<Name>,
    streams: HashMap<u32, Stream>,
    /// SSRCs of which a key frame is asked.
    key_frames: mpsc::Sender<u32>,
    inward: VecDeque<TaggedPacket>,
    outward: VecDeque<TaggedPacket>,
}

impl Feedback {
    pub fn new(names: Vec<Name>, key_frames: mpsc::Sender<u32>) -> Self {
        Self { names, streams: HashMap::new(), key_frames, inward: VecDeque::new(), outward: VecDeque::new() }
    }

    fn repair(&mut self, now: Instant, nack: &TransportLayerNack) {
        let Some(stream) = self.streams.get_mut(&nack.media_ssrc) else { return };
        let asked = nack.nacks.iter().flat_map(|pair| {
            let following = (0..16u16).filter(|bit| pair.lost_packets >> bit & 1 == 1);
            std::iter::once(pair.packet_id).chain(following.map(|bit| pair.packet_id.wrapping_add(bit + 1)))
        });
        for sequence in asked.take(MAX_REPAIRS) {
            if let Some(packet) = stream.repaired(sequence) {
                self.outward.push_back(TaggedPacket {
                    now,
                    transport: TransportContext::default(),
                    message: AttributedPacket::new(Packet::Rtp(packet)),
                });
            }
        }
    }

    fn ask_key_frame(&self, ssrc: u32) {
        // A full queue holds requests enough.
        let _ = self.key_frames.try_send(ssrc);
    }
}

impl Stream {
    fn stamp(&self, header: &mut rtp::Header, rid_id: u8) {
        let mid = self.name.mid.get().map_or("", String::as_str);
        for (id, value) in [(self.mid_id, mid), (rid_id, self.name.rid)] {
            if id != 0 && !value.is_empty() {
                // Ids come from the negotiation and values are short: they fit.
                let _ = header.set_extension(id, Bytes::copy_from_slice(value.as_bytes()));
            }
        }
    }

    /// The packet once more, as RTX (RFC 4588).
    fn repaired(&mut self, sequence: u16) -> Option<rtp::Packet> {
        let (ssrc, payload_type) = self.repair?;
        let sent = self.sent.iter().find(|packet| packet.header.sequence_number == sequence)?;
        let mut payload = BytesMut::with_capacity(2 + sent.payload.len());
        payload.put_u16(sequence);
        payload.extend_from_slice(&sent.payload);
        let mut header = rtp::Header {
            version: 2,
            ssrc,
            payload_type,
            sequence_number: self.repair_sequence,
            timestamp: sent.header.timestamp,
            marker: sent.header.marker,
            ..Default::default()
        };
        self.repair_sequence = self.repair_sequence.wrapping_add(1);
        self.stamp(&mut header, self.repaired_id);
        Some(rtp::Packet { header, payload: payload.freeze() })
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Feedback {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            for packet in packets {
                let packet = packet.as_any();
                if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
                    self.repair(message.now, nack);
                } else if let Some(request) = packet.downcast_ref::<PictureLossIndication>() {
                    self.ask_key_frame(request.media_ssrc);
                } else if let Some(request) = packet.downcast_ref::<FullIntraRequest>() {
                    request.fir.iter().for_each(|entry| self.ask_key_frame(entry.ssrc));
                }
            }
        }
        self.inward.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inward.pop_front()
    }

    fn handle_write(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtp(packet) = &mut message.message.packet
            && let Some(stream) = self.streams.get_mut(&packet.header.ssrc)
        {
            stream.stamp(&mut packet.header, stream.rid_id);
            if stream.repair.is_some() {
                if stream.sent.len() == KEPT {
                    stream.sent.pop_front();
                }
                stream.sent.push_back(packet.clone());
            }
        }
        self.outward.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outward.pop_front()
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}

impl Interceptor for Feedback {
    fn bind_local_stream(&mut self, info: &StreamInfo) {
        let Some(name) = self.names.iter().find(|name| name.ssrc == info.ssrc) else { return };
        let id = |uri: &str| {
            info.rtp_header_extensions.iter().find(|e| e.uri == uri).map_or(0, |e| u8::try_from(e.id).unwrap_or(0))
        };
        let stream = Stream {
            name: name.clone(),
            mid_id: id(MID),
            rid_id: id(RID),
            repaired_id: id(REPAIRED_RID),
            repair: info.ssrc_rtx.zip(info.payload_type_rtx),
            repair_sequence: 0,
            sent: VecDeque::new(),
        };
        self.streams.insert(info.ssrc, stream);
    }

    fn unbind_local_stream(&mut self, info: &StreamInfo) {
        self.streams.remove(&info.ssrc);
    }

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::interceptor::RTPHeaderExtension;
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::NackPair;

    const SSRC: u32 = 7;

    fn made() -> (Feedback, mpsc::Receiver<u32>) {
        let (requests, heard) = mpsc::channel(4);
        let mid = Arc::new(OnceLock::from("0".to_owned()));
        let mut feedback = Feedback::new(vec![Name { ssrc: SSRC, rid: "q", mid }], requests);
        let extension = |uri: &str, id| RTPHeaderExtension { uri: uri.into(), id };
        feedback.bind_local_stream(&StreamInfo {
            ssrc: SSRC,
            ssrc_rtx: Some(8),
            payload_type_rtx: Some(97),
            rtp_header_extensions: vec![extension(MID, 1), extension(RID, 2), extension(REPAIRED_RID, 3)],
            ..Default::default()
        });
        (feedback, heard)
    }

    fn tagged(packet: Packet) -> TaggedPacket {
        TaggedPacket {
            now: Instant::now(),
            transport: TransportContext::default(),
            message: AttributedPacket::new(packet),
        }
    }

    fn next(feedback: &mut Feedback) -> Option<rtp::Packet> {
        match feedback.poll_write()?.message.packet {
            Packet::Rtp(packet) => Some(packet),
            _ => None,
        }
    }

    fn send(feedback: &mut Feedback, sequence_number: u16) -> rtp::Packet {
        let header = rtp::Header { version: 2, ssrc: SSRC, sequence_number, timestamp: 90, ..Default::default() };
        let packet = rtp::Packet { header, payload: Bytes::from_static(b"picture") };
        feedback.handle_write(tagged(Packet::Rtp(packet))).unwrap();
        next(feedback).unwrap()
    }

    #[test]
    fn what_is_asked_for_again_comes_as_a_named_repair() {
        let (mut feedback, _heard) = made();
        let sent = send(&mut feedback, 65_535);
        assert_eq!(sent.header.get_extension(2).as_deref(), Some(b"q".as_slice()));
        send(&mut feedback, 0);
        send(&mut feedback, 1);
        let nack = TransportLayerNack {
            media_ssrc: SSRC,
            nacks: vec![
                NackPair { packet_id: 65_535, lost_packets: 0b10 },
                NackPair { packet_id: 900, lost_packets: 0 },
            ],
            ..Default::default()
        };
        feedback.handle_read(tagged(Packet::Rtcp(vec![Box::new(nack)]))).unwrap();
        for (sequence, original) in [(0, [255, 255]), (1, [0, 1])] {
            let repair = next(&mut feedback).unwrap();
            let header = &repair.header;
            assert_eq!(
                (header.ssrc, header.payload_type, header.sequence_number, header.timestamp),
                (8, 97, sequence, 90)
            );
            assert_eq!(header.get_extension(1).as_deref(), Some(b"0".as_slice()));
            assert_eq!(header.get_extension(3).as_deref(), Some(b"q".as_slice()));
            assert_eq!(repair.payload[..], [&original[..], b"picture"].concat());
        }
        assert!(next(&mut feedback).is_none(), "what was never sent is not repaired");
    }

    #[test]
    fn key_frame_requests_are_heard() {
        let (mut feedback, mut heard) = made();
        let request = PictureLossIndication { sender_ssrc: 0, media_ssrc: SSRC };
        feedback.handle_read(tagged(Packet::Rtcp(vec![Box::new(request)]))).unwrap();
        assert_eq!(heard.try_recv(), Ok(SSRC));
        assert!(feedback.poll_read().is_some(), "the rest of the chain hears it too");
    }

    #[test]
    fn no_more_is_kept_than_the_bound() {
        let (mut feedback, _heard) = made();
        for sequence in 0..1000 {
            send(&mut feedback, sequence);
        }
        assert_eq!(feedback.streams[&SSRC].sent.len(), KEPT);
    }
}
