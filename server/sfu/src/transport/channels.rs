//! Data channels over SCTP (RFC 8831) and their opening (RFC 8832): we are always the passive side of the association.

use super::guard::{self, Horizon};
use bytes::Bytes;
use rtc_datachannel::message::Message as Dcep;
use rtc_datachannel::message::message_channel_ack::DataChannelAck;
use rtc_datachannel::message::message_channel_open::{CHANNEL_PRIORITY_NORMAL, ChannelType, DataChannelOpen};
use rtc_sctp::{
    Association, AssociationHandle, DatagramEvent, Endpoint, EndpointConfig, Event, Payload, PayloadProtocolIdentifier,
    ReliabilityType, ServerConfig, StreamEvent, TransportConfig,
};
use rtc_shared::TransportProtocol;
use rtc_shared::marshal::{Marshal as _, Unmarshal as _};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
const RELIABLE: &str = "_reliable";
const LOSSY: &str = "_lossy";
/// The DTLS server takes odd stream ids (RFC 8832, section 6).
const OUR_STREAMS: [(u16, &str); 2] = [(1, RELIABLE), (3, LOSSY)];
/// Bytes of one message; the link clamps what users send to 64 KiB, and adds who sent it.
pub const MAX_MESSAGE_BYTES: usize = 80 * 1024;
/// Bytes that may wait on one channel.
pub const MAX_BUFFERED_BYTES: usize = 2 * 1024 * 1024;
pub(super) const RECEIVE_BUFFER_BYTES: u32 = 512 * 1024;
/// Messages that wait for the association to come up; of their bytes no more than may wait on a channel.
const MAX_EARLY: usize = 256;
/// Associations of one transport: a repeated INIT makes another, of which one connects.
const MAX_ASSOCIATIONS: usize = 4;
/// Streams that a client may open.
const MAX_STREAMS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    #[error("no data channel is open")]
    NotOpen,
    #[error("a message of {size} bytes; the limit is {MAX_MESSAGE_BYTES}")]
    TooLong { size: usize },
    #[error(
        "too much waits already (the limit is {MAX_BUFFERED_BYTES} bytes, or {MAX_EARLY} messages before the channel is open)"
    )]
    QueueFull,
}

pub(super) struct Message {
    pub reliable: bool,
    pub bytes: Bytes,
}

struct Member {
    handle: AssociationHandle,
    association: Association,
    horizon: Horizon,
}

#[derive(Default)]
pub(super) struct Channels {
    // Made with the first packet: most of an idle peer's memory would be this.
    endpoint: Option<Endpoint>,
    associations: Vec<Member>,
    connected: Option<AssociationHandle>,
    /// Streams that carry a channel: is it the reliable one?
    streams: BTreeMap<u16, bool>,
    /// Streams whose opening was acknowledged.
    acknowledged: BTreeSet<u16>,
    wanted: bool,
    opened: bool,
    early: VecDeque<(bool, Bytes)>,
    inbox: VecDeque<Message>,
    outgoing: VecDeque<Bytes>,
}

impl Channels {
    /// Opens our two channels as soon as there is an association.
    pub fn open(&mut self) {
        self.wanted = true;
    }

    pub fn receive(&mut self, packet: Bytes, now: Instant) {
        // Nobody begins again what is connected, and an endpoint without an end would keep every attempt.
        let begins = guard::begins(&packet);
        let enough = self.connected.is_some() || self.associations.len() >= MAX_ASSOCIATIONS;
        if !guard::is_sound(&packet) || (begins && enough) {
            return;
        }
        let endpoint = self.endpoint.get_or_insert_with(|| {
            let transport = TransportConfig::default()
                .with_max_message_size(MAX_MESSAGE_BYTES as u32)
                .with_max_receive_buffer_size(RECEIVE_BUFFER_BYTES);
            let server = Some(Arc::new(ServerConfig::new(transport)));
            Endpoint::new(PEER, TransportProtocol::UDP, Arc::new(EndpointConfig::new()), server)
        });
        match endpoint.handle(now, PEER, None, packet.clone()) {
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                self.associations.push(Member { handle, association, horizon: Horizon::of(&packet) });
            }
            Some((handle, DatagramEvent::AssociationEvent(event))) => {
                let member = self.associations.iter_mut().find(|member| member.handle == handle);
                if let Some(member) = member
                    && member.horizon.admits(&packet)
                {
                    member.association.handle_event(event);
                }
            }
            _ => {}
        }
        self.drain(now);
    }

    fn drain(&mut self, now: Instant) {
        let mut readable = Vec::new();
        let mut drained = Vec::new();
        for Member { handle, association, .. } in &mut self.associations {
            while let Some(event) = association.poll() {
                match event {
                    Event::Connected => self.connected = self.connected.or(Some(*handle)),
                    Event::Stream(StreamEvent::Readable { id }) => readable.push((*handle, id)),
                    _ => {}
                }
            }
            while let Some(event) = association.poll_endpoint_event() {
                drained.push((*handle, event));
            }
        }
        for (handle, event) in drained {
            if let Some(endpoint) = &mut self.endpoint {
                endpoint.handle_event(handle, event);
            }
            self.associations.retain(|member| member.handle != handle);
            if self.connected == Some(handle) {
                self.connected = None;
            }
        }
        if self.connected.is_some() && self.wanted && !self.opened {
            self.opened = true;
            self.open_ours(now);
        }
        for (handle, id) in readable {
            self.read(handle, id, now);
        }
        if !self.early.is_empty() {
            self.send_early(now);
        }
    }

    fn association(&mut self) -> Option<&mut Association> {
        let connected = self.connected?;
        self.associations.iter_mut().find(|m| m.handle == connected).map(|m| &mut m.association)
    }

    fn open_ours(&mut self, now: Instant) {
        for (id, label) in OUR_STREAMS {
            let lossy = label == LOSSY;
            let kind = if lossy { ChannelType::PartialReliableRexmitUnordered } else { ChannelType::Reliable };
            let open = Dcep::DataChannelOpen(DataChannelOpen {
                channel_type: kind,
                priority: CHANNEL_PRIORITY_NORMAL,
                reliability_parameter: 0,
                label: label.as_bytes().to_vec(),
                protocol: Vec::new(),
            });
            let Ok(open) = open.marshal() else { continue };
            let Some(association) = self.association() else { return };
            let Ok(mut stream) = association.open_stream(id, PayloadProtocolIdentifier::Binary) else { continue };
            // The opening itself goes ordered and reliable; the channel's manner holds from then on.
            let _ = stream.write_with_ppi(now, &open, PayloadProtocolIdentifier::Dcep);
            if lossy {
                let _ = stream.set_reliability_params(true, ReliabilityType::Rexmit, 0);
            }
            self.streams.insert(id, !lossy);
        }
    }

    fn read(&mut self, handle: AssociationHandle, id: u16, now: Instant) {
        let Some(member) = self.associations.iter_mut().find(|m| m.handle == handle) else { return };
        let Ok(mut stream) = member.association.stream(id) else { return };
        while let Ok(Some(chunks)) = stream.read_sctp() {
            let Ok(payload) = chunks.to_payload(MAX_MESSAGE_BYTES) else { continue };
            match chunks.ppi {
                PayloadProtocolIdentifier::Dcep => {
                    let Ok(Dcep::DataChannelOpen(open)) = Dcep::unmarshal(&mut &payload[..]) else { continue };
                    let reliable = match &open.label[..] {
                        label if label == RELIABLE.as_bytes() => Some(true),
                        label if label == LOSSY.as_bytes() => Some(false),
                        _ => None,
                    };
                    // A channel of another name is accepted, and what comes over it is not ours to read.
                    if let Some(reliable) = reliable
                        && self.streams.len() < MAX_STREAMS
                    {
                        self.streams.insert(id, reliable);
                    }
                    // Acknowledgements wait without bound where nobody takes them: one for a stream at a time, and streams have an end.
                    let is_known = self.acknowledged.contains(&id);
                    let takes = stream.buffered_amount().is_ok_and(|waits| waits == 0);
                    if !takes || !(is_known || self.acknowledged.len() < MAX_STREAMS) {
                        continue;
                    }
                    self.acknowledged.insert(id);
                    if let Ok(ack) = Dcep::DataChannelAck(DataChannelAck).marshal() {
                        let _ = stream.write_with_ppi(now, &ack, PayloadProtocolIdentifier::Dcep);
                    }
                }
                _ => {
                    if let Some(reliable) = self.streams.get(&id) {
                        self.inbox.push_back(Message { reliable: *reliable, bytes: Bytes::copy_from_slice(&payload) });
                    }
                }
            }
        }
    }

    /// Sends, or keeps the message until the channels are open.
    pub fn send(&mut self, reliable: bool, bytes: &[u8], now: Instant) -> Result<(), DataError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(DataError::TooLong { size: bytes.len() });
        }
        if self.stream_of(reliable).is_none() {
            if !self.wanted {
                return Err(DataError::NotOpen);
            }
            let waiting: usize = self.early.iter().map(|(_, bytes)| bytes.len()).sum();
            if self.early.len() >= MAX_EARLY || waiting + bytes.len() > MAX_BUFFERED_BYTES {
                return Err(DataError::QueueFull);
            }
            self.early.push_back((reliable, Bytes::copy_from_slice(bytes)));
            return Ok(());
        }
        self.write(reliable, bytes, now)
    }

    fn stream_of(&self, reliable: bool) -> Option<u16> {
        self.connected?;
        self.streams.iter().find(|(_, r)| **r == reliable).map(|(id, _)| *id)
    }

    fn write(&mut self, reliable: bool, bytes: &[u8], now: Instant) -> Result<(), DataError> {
        let id = self.stream_of(reliable).ok_or(DataError::NotOpen)?;
        let association = self.association().ok_or(DataError::NotOpen)?;
        let mut stream = association.stream(id).map_err(|_| DataError::NotOpen)?;
        if stream.buffered_amount().unwrap_or(0) + bytes.len() > MAX_BUFFERED_BYTES {
            return Err(DataError::QueueFull);
        }
        stream.write_with_ppi(now, bytes, PayloadProtocolIdentifier::Binary).map(|_| ()).map_err(|_| DataError::NotOpen)
    }

    fn send_early(&mut self, now: Instant) {
        for (reliable, bytes) in std::mem::take(&mut self.early) {
            if self.stream_of(reliable).is_none() {
                self.early.push_back((reliable, bytes));
            } else {
                // What cannot be sent now was accepted in vain only if the association just broke, which its owner is told.
                let _ = self.write(reliable, &bytes, now);
            }
        }
    }

    pub fn poll_message(&mut self) -> Option<Message> {
        self.inbox.pop_front()
    }

    /// One SCTP packet to send.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Bytes> {
        if let Some(packet) = self.outgoing.pop_front() {
            return Some(packet);
        }
        for Member { association, horizon, .. } in &mut self.associations {
            if let Some(transmit) = association.poll_transmit(now)
                && let Payload::RawEncode(packets) = transmit.message
            {
                packets.iter().for_each(|packet| horizon.sent(packet));
                self.outgoing.extend(packets);
                if let Some(packet) = self.outgoing.pop_front() {
                    return Some(packet);
                }
            }
        }
        None
    }

    pub fn tick(&mut self, now: Instant) {
        for Member { association, .. } in &mut self.associations {
            if association.poll_timeout().is_some_and(|at| at <= now) {
                association.handle_timeout(now);
            }
        }
        self.drain(now);
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.associations.iter().filter_map(|member| member.association.poll_timeout()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc_sctp::ClientConfig;

    /// A client's association with ours.
    struct Pair {
        endpoint: Endpoint,
        association: Association,
        ours: Channels,
        now: Instant,
    }

    impl Pair {
        fn connected() -> Self {
            let now = Instant::now();
            let mut endpoint = Endpoint::new(PEER, TransportProtocol::UDP, Arc::new(EndpointConfig::new()), None);
            let (_, association) = endpoint.connect(now, ClientConfig::default(), PEER).unwrap();
            let mut pair = Self { endpoint, association, ours: Channels::default(), now };
            for _ in 0..6 {
                pair.up();
                pair.down();
            }
            assert!(pair.ours.connected.is_some());
            pair
        }

        fn up(&mut self) {
            while let Some(transmit) = self.association.poll_transmit(self.now) {
                let Payload::RawEncode(packets) = transmit.message else { continue };
                for packet in packets {
                    self.ours.receive(packet, self.now);
                }
            }
        }

        fn down(&mut self) {
            while let Some(packet) = self.ours.poll_transmit(self.now) {
                if let Some((_, DatagramEvent::AssociationEvent(event))) =
                    self.endpoint.handle(self.now, PEER, None, packet)
                {
                    self.association.handle_event(event);
                }
            }
            while self.association.poll().is_some() {}
        }

        fn open(&mut self, id: u16) {
            let open = Dcep::DataChannelOpen(DataChannelOpen {
                channel_type: ChannelType::Reliable,
                priority: CHANNEL_PRIORITY_NORMAL,
                reliability_parameter: 0,
                label: b"x".to_vec(),
                protocol: Vec::new(),
            });
            let open = open.marshal().unwrap();
            let mut stream = match self.association.open_stream(id, PayloadProtocolIdentifier::Binary) {
                Ok(stream) => stream,
                Err(_) => self.association.stream(id).unwrap(),
            };
            stream.write_with_ppi(self.now, &open, PayloadProtocolIdentifier::Dcep).unwrap();
        }

        /// Bytes that wait for the client over all streams.
        fn waiting(&mut self) -> usize {
            let Some(association) = self.ours.association() else { return 0 };
            (0..1_000).filter_map(|id| association.stream(id).ok()?.buffered_amount().ok()).sum()
        }
    }

    /// Whoever opens channels and takes nothing makes nothing wait.
    #[test]
    fn openings_that_are_repeated_or_too_many_are_not_acknowledged() {
        let mut pair = Pair::connected();
        for _ in 0..20 {
            pair.open(0);
        }
        for id in 1..40 {
            pair.open(id);
        }
        // Ours is never heard, so its acknowledgements stay.
        pair.up();
        let waiting = pair.waiting();
        assert!((1..=MAX_STREAMS).contains(&waiting), "{waiting} bytes of acknowledgements");
    }

    #[test]
    fn a_channel_that_is_opened_again_is_acknowledged_again() {
        let mut pair = Pair::connected();
        for _ in 0..3 {
            pair.open(0);
            pair.up();
            assert_eq!(pair.waiting(), 1);
            for _ in 0..4 {
                pair.down();
                pair.now += std::time::Duration::from_millis(300);
                pair.association.handle_timeout(pair.now);
                pair.up();
            }
            assert_eq!(pair.waiting(), 0);
        }
    }
}
