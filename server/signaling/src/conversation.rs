//! One link's conversation: what comes in as bytes leaves as wishes, what is told as notices leaves as bytes.

use crate::limits::{Bucket, Limits, depth_of};
use crate::{DataFault, data, read, spell};
use bytes::Bytes;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::link::{ClientInfo, DataMessage, Notice, RequestOutcome, RequestSubject, Wish};
use lianxian_model::time::Millis;
use livekit_protocol as proto;
use prost::Message as _;
use proto::signal_response::Message;
use std::collections::BTreeMap;

/// A message as the socket carries it. A client that speaks text gets text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Binary(Bytes),
    Text(String),
}

impl Frame {
    pub fn len(&self) -> usize {
        match self {
            Frame::Binary(bytes) => bytes.len(),
            Frame::Text(text) => text.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a message from the client means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    pub wish: Option<Wish>,
    /// To be sent back at once, in order.
    pub answers: Vec<Frame>,
}

/// Why the conversation cannot go on. The link is closed with this text; others are not touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("a message of {value} bytes; the limit message_bytes is {limit}")]
    TooLarge { limit: usize, value: usize },
    #[error("a message nested {value} deep; the limit message_depth is {limit}")]
    TooDeep { limit: usize, value: usize },
    #[error("more messages than the limit messages_per_s of {limit} allows")]
    TooFrequent { limit: u32 },
    #[error("more bytes than the limit bytes_per_s of {limit} allows")]
    TooMuch { limit: u32 },
    #[error("a message that names {value} tracks and participants; the limit named is {limit}")]
    TooMany { limit: usize, value: usize },
    #[error("a message that is no signal request")]
    Malformed,
    #[error("{0}")]
    Senseless(&'static str),
}

impl Fault {
    /// A stable word for counters.
    pub fn cause(&self) -> &'static str {
        match self {
            Fault::TooLarge { .. } => "too_large",
            Fault::TooDeep { .. } => "too_deep",
            Fault::TooFrequent { .. } => "too_frequent",
            Fault::TooMuch { .. } => "too_much",
            Fault::TooMany { .. } => "too_many",
            Fault::Malformed => "malformed",
            Fault::Senseless(_) => "senseless",
        }
    }
}

/// How a client introduces itself: the query of the address that it connects to. Unknown names are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    pub client: ClientInfo,
    /// The participant that it wants to be again.
    pub resume: Option<ParticipantSid>,
}

/// Bytes kept of each text that a client says about itself.
const MAX_INTRODUCTION_TEXT: usize = 64;

impl Introduction {
    pub fn read(query: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| -> String {
            let whole = query.get(name).map_or("", String::as_str);
            whole.chars().filter(|c| !c.is_control()).take(MAX_INTRODUCTION_TEXT).collect()
        };
        let number = |name: &str| query.get(name).and_then(|v| v.parse().ok()).unwrap_or(0);
        let on = |name: &str, default: bool| match query.get(name).map(String::as_str) {
            Some("1" | "true") => true,
            Some("0" | "false") => false,
            _ => default,
        };
        let sid = text("sid");
        Self {
            client: ClientInfo {
                sdk: text("sdk"),
                version: text("version"),
                protocol: number("protocol"),
                client_protocol: number("client_protocol"),
                os: text("os"),
                device_model: text("device_model"),
                browser: text("browser"),
                auto_subscribe: on("auto_subscribe", true),
                adaptive_stream: on("adaptive_stream", false),
            },
            resume: (on("reconnect", false) && !sid.is_empty()).then_some(ParticipantSid(sid)),
        }
    }
}

/// One link's conversation.
#[derive(Debug)]
pub struct Conversation {
    limits: Limits,
    identity: String,
    /// Known from the first notice on; stamped on data.
    participant: Option<ParticipantSid>,
    text: bool,
    messages: Bucket,
    bytes: Bucket,
    data: Bucket,
    data_bytes: Bucket,
    /// Highest sequence number of a reliable packet, on this socket or an earlier one of the same participant.
    last_data_sequence: u32,
}

impl Conversation {
    pub fn new(identity: &str, limits: Limits, now: Millis) -> Self {
        Self {
            identity: identity.to_owned(),
            participant: None,
            text: false,
            messages: Bucket::new(limits.messages_per_s, limits.messages_burst, now.0),
            bytes: Bucket::new(limits.bytes_per_s, limits.bytes_burst, now.0),
            data: Bucket::new(limits.data_per_s, limits.data_burst, now.0),
            data_bytes: Bucket::new(limits.data_bytes_per_s, limits.data_bytes_burst, now.0),
            last_data_sequence: 0,
            limits,
        }
    }

    /// A participant that came back is known before it is told anything.
    pub fn resume(&mut self, participant: ParticipantSid) {
        self.participant = Some(participant);
    }

    /// Reads one message of the client.
    ///
    /// # Errors
    /// A [`Fault`] ends the conversation.
    pub fn hear(&mut self, frame: &Frame, now: Millis) -> Result<Heard, Fault> {
        if frame.len() > self.limits.message_bytes {
            return Err(Fault::TooLarge { limit: self.limits.message_bytes, value: frame.len() });
        }
        if !self.messages.take(now.0) {
            return Err(Fault::TooFrequent { limit: self.limits.messages_per_s });
        }
        if !self.bytes.take_some(frame.len(), now.0) {
            return Err(Fault::TooMuch { limit: self.limits.bytes_per_s });
        }
        let request = match frame {
            Frame::Binary(bytes) => proto::SignalRequest::decode(bytes.clone()).map_err(|_| Fault::Malformed)?,
            Frame::Text(text) => {
                let depth = depth_of(text.as_bytes());
                if depth > self.limits.message_depth {
                    return Err(Fault::TooDeep { limit: self.limits.message_depth, value: depth });
                }
                self.text = true;
                serde_json::from_str(text).map_err(|_| Fault::Malformed)?
            }
        };
        let value = read::named(&request);
        if value > self.limits.named {
            return Err(Fault::TooMany { limit: self.limits.named, value });
        }
        let read = read::request(request).map_err(|senseless| Fault::Senseless(senseless.0))?;
        let answer = match read {
            read::Read::Wish(wish) => return Ok(Heard { wish: Some(wish), answers: Vec::new() }),
            read::Read::Ignored => None,
            read::Read::Ping => Some(Message::Pong(now.0)),
            read::Read::PingRequest(timestamp) => {
                Some(Message::PongResp(proto::Pong { last_ping_timestamp: timestamp, timestamp: now.0 }))
            }
            read::Read::Unsupported { request_id } => spell::notice(Notice::RequestAnswer {
                request_id,
                outcome: RequestOutcome::InvalidRequest,
                message: "not supported by this server".into(),
                subject: RequestSubject::Id,
            }),
        };
        Ok(Heard { wish: None, answers: answer.map(|message| self.frame(message)).into_iter().collect() })
    }

    /// Stamps one packet of the client's data channel.
    ///
    /// # Errors
    /// The packet goes nowhere; the conversation goes on.
    pub fn data(&mut self, reliable: bool, bytes: &[u8], now: Millis) -> Result<DataMessage, DataFault> {
        let Some(participant) = &self.participant else {
            return Err(DataFault::NotJoined);
        };
        if !self.data.take(now.0) {
            return Err(DataFault::TooFrequent { limit: self.limits.data_per_s });
        }
        if !self.data_bytes.take_some(bytes.len(), now.0) {
            return Err(DataFault::TooMuch { limit: self.limits.data_bytes_per_s });
        }
        let stamped = data::stamp(bytes, reliable, participant, &self.identity, self.limits.data_bytes)?;
        if reliable && stamped.sequence > 0 {
            // The channel is ordered, so nothing new is numbered lower than what came before.
            if stamped.sequence <= self.last_data_sequence {
                return Err(DataFault::Repeated { sequence: stamped.sequence });
            }
            self.last_data_sequence = stamped.sequence;
        }
        Ok(stamped)
    }

    /// The bytes of a notice; `None` for those that the socket's task acts on itself
    /// ([`Notice::RefreshToken`], [`Notice::DataReceived`]).
    pub fn tell(&mut self, notice: Notice) -> Option<Frame> {
        match &notice {
            Notice::Joined(joined) => self.participant = Some(joined.participant.sid.clone()),
            Notice::Resumed { last_data_sequence } => self.last_data_sequence = *last_data_sequence,
            _ => {}
        }
        spell::notice(notice).map(|message| self.frame(message))
    }

    /// A fresh token for the client to come back with.
    pub fn refresh_token(&self, token: String) -> Frame {
        self.frame(Message::RefreshToken(token))
    }

    fn frame(&self, message: Message) -> Frame {
        let response = proto::SignalResponse { message: Some(message) };
        if self.text
            && let Ok(text) = serde_json::to_string(&response)
        {
            return Frame::Text(text);
        }
        Frame::Binary(Bytes::from(response.encode_to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_model::link::DataMessage;
    use proto::data_packet::Value;

    fn packet(sequence: u32) -> Vec<u8> {
        let user = proto::UserPacket { payload: vec![1], ..Default::default() };
        proto::DataPacket { sequence, value: Some(Value::User(user)), ..Default::default() }.encode_to_vec()
    }

    fn take(conversation: &mut Conversation, reliable: bool, sequence: u32) -> Result<DataMessage, DataFault> {
        conversation.data(reliable, &packet(sequence), Millis(0))
    }

    fn hear(
        conversation: &mut Conversation,
        message: proto::signal_request::Message,
        now: i64,
    ) -> Result<Heard, Fault> {
        let request = proto::SignalRequest { message: Some(message) };
        conversation.hear(&Frame::Binary(Bytes::from(request.encode_to_vec())), Millis(now))
    }

    #[test]
    fn a_message_names_no_more_than_can_be_looked_up() {
        use proto::signal_request::Message as Said;
        let limits = Limits::default();
        let mut conversation = Conversation::new("a", limits, Millis(0));
        let names = |count: usize| vec![String::new(); count];
        let subscription = |count| proto::UpdateSubscription { track_sids: names(count), ..Default::default() };
        assert!(hear(&mut conversation, Said::Subscription(subscription(limits.named)), 0).is_ok());
        let many = limits.named + 1;
        let named = proto::TrackPermission { track_sids: names(limits.named), ..Default::default() };
        let sync = proto::SyncState { subscription: Some(subscription(many)), ..Default::default() };
        for message in [
            Said::Subscription(subscription(many)),
            Said::TrackSetting(proto::UpdateTrackSettings { track_sids: names(many), ..Default::default() }),
            Said::SubscriptionPermission(proto::SubscriptionPermission {
                track_permissions: vec![named],
                ..Default::default()
            }),
            Said::SyncState(sync),
        ] {
            let fault = Fault::TooMany { limit: limits.named, value: many };
            assert_eq!(hear(&mut conversation, message, 0), Err(fault));
        }
    }

    #[test]
    fn bytes_have_a_rate_of_their_own() {
        use proto::signal_request::Message as Said;
        let limits = Limits::default();
        let mut conversation = Conversation::new("a", limits, Millis(0));
        let offer = || proto::SessionDescription { sdp: "x".repeat(600 << 10), ..Default::default() };
        let taken = (0..100).take_while(|_| hear(&mut conversation, Said::Offer(offer()), 0).is_ok()).count();
        assert_eq!(taken, (16 << 20) / (600 << 10));
        assert!(hear(&mut conversation, Said::Offer(offer()), 2_000).is_ok(), "and comes back");

        conversation.resume("PA_1".into());
        let user = proto::UserPacket { payload: vec![1; 60_000], ..Default::default() };
        let packet = proto::DataPacket { value: Some(Value::User(user)), ..Default::default() }.encode_to_vec();
        let sent = |_: &usize| conversation.data(true, &packet, Millis(0)).is_ok();
        assert_eq!((0..100).take_while(sent).count(), (3 << 19) / packet.len());
    }

    #[test]
    fn what_a_client_repeats_after_it_came_back_is_taken_once() {
        let mut conversation = Conversation::new("a", Limits::default(), Millis(0));
        conversation.resume("PA_1".into());
        let frame = conversation.tell(Notice::Resumed { last_data_sequence: 7 });
        let Some(Frame::Binary(bytes)) = frame else { panic!("no frame") };
        let Some(Message::Reconnect(reconnect)) = proto::SignalResponse::decode(bytes).unwrap().message else {
            panic!("no reconnect")
        };
        assert_eq!(reconnect.last_message_seq, 7, "the client knows from where to repeat");
        for repeated in [3, 7] {
            assert_eq!(take(&mut conversation, true, repeated), Err(DataFault::Repeated { sequence: repeated }));
        }
        assert_eq!(take(&mut conversation, true, 8).unwrap().sequence, 8);
        assert!(take(&mut conversation, true, 8).is_err());
        // What does not count, and what may be lost, is told apart by nobody.
        for (reliable, sequence) in [(true, 0), (true, 0), (false, 2), (false, 2)] {
            assert!(take(&mut conversation, reliable, sequence).is_ok());
        }
    }
}
