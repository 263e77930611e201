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
    data: Bucket,
    /// Highest sequence number of a reliable packet; a client that resumes repeats what came after it.
    last_data_sequence: u32,
}

impl Conversation {
    pub fn new(identity: &str, limits: Limits, now: Millis) -> Self {
        Self {
            identity: identity.to_owned(),
            participant: None,
            text: false,
            messages: Bucket::new(limits.messages_per_s, limits.messages_burst, now.0),
            data: Bucket::new(limits.data_per_s, limits.data_burst, now.0),
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
        let read = read::request(request).map_err(|senseless| Fault::Senseless(senseless.0))?;
        let answer = match read {
            read::Read::Wish(wish) => return Ok(Heard { wish: Some(wish), answers: Vec::new() }),
            read::Read::Ignored => None,
            read::Read::Ping => Some(Message::Pong(now.0)),
            read::Read::PingRequest(timestamp) => {
                Some(Message::PongResp(proto::Pong { last_ping_timestamp: timestamp, timestamp: now.0 }))
            }
            read::Read::Unsupported { request_id } => spell::notice(
                Notice::RequestAnswer {
                    request_id,
                    outcome: RequestOutcome::InvalidRequest,
                    message: "not supported by this server".into(),
                    subject: RequestSubject::Id,
                },
                0,
            ),
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
        let (stamped, sequence) = data::stamp(bytes, reliable, participant, &self.identity, self.limits.data_bytes)?;
        if reliable {
            self.last_data_sequence = self.last_data_sequence.max(sequence);
        }
        Ok(stamped)
    }

    /// The bytes of a notice; `None` for those that the socket's task acts on itself
    /// ([`Notice::RefreshToken`], [`Notice::DataReceived`]).
    pub fn tell(&mut self, notice: Notice) -> Option<Frame> {
        if let Notice::Joined(joined) = &notice {
            self.participant = Some(joined.participant.sid.clone());
        }
        spell::notice(notice, self.last_data_sequence).map(|message| self.frame(message))
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
