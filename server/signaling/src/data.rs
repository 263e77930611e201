//! Data packets: stamped with who sent them, and otherwise routed unread.

use bytes::Bytes;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::link::DataMessage;
use livekit_protocol as proto;
use prost::Message as _;
use proto::data_packet::Value;

/// Why a packet of a data channel goes nowhere. The link stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataFault {
    #[error("a data packet of {value} bytes; the limit data_bytes is {limit}")]
    TooLarge { limit: usize, value: usize },
    #[error("the data packet is malformed")]
    Malformed,
    #[error("the data packet is of a kind that clients do not send")]
    NotForClients,
    #[error("more data packets than the limit data_per_s of {limit} allows")]
    TooFrequent { limit: u32 },
    #[error("more bytes of data than the limit data_bytes_per_s of {limit} allows")]
    TooMuch { limit: u32 },
    /// The link has not been told that it joined, so it has no name to stamp.
    #[error("data before the link joined")]
    NotJoined,
    /// A client that came back repeats what it cannot know to have arrived.
    #[error("the data packet {sequence} was taken already")]
    Repeated { sequence: u32 },
}

/// Puts the sender's sid and identity on a packet, whatever the client wrote there, and reads whom it is for.
/// `sequence` stays: receivers drop repeats of reliable packets by it, and it is told.
#[allow(deprecated)]
pub(crate) fn stamp(
    bytes: &[u8],
    reliable: bool,
    sid: &ParticipantSid,
    identity: &str,
    limit: usize,
) -> Result<DataMessage, DataFault> {
    if bytes.len() > limit {
        return Err(DataFault::TooLarge { limit, value: bytes.len() });
    }
    let mut packet = proto::DataPacket::decode(bytes).map_err(|_| DataFault::Malformed)?;
    match &mut packet.value {
        // What only a server says.
        Some(Value::Speaker(_)) | None => return Err(DataFault::NotForClients),
        // Older clients address by these fields, and read the sender from them.
        Some(Value::User(user)) => {
            user.participant_sid = sid.0.clone();
            user.participant_identity = identity.to_owned();
            if packet.destination_identities.is_empty() {
                packet.destination_identities = std::mem::take(&mut user.destination_identities);
            }
            // By sid: a participant sid is as good a name as an identity here, the net tells them apart.
            packet.destination_identities.append(&mut user.destination_sids);
        }
        Some(_) => {}
    }
    packet.kind = if reliable { proto::data_packet::Kind::Reliable } else { proto::data_packet::Kind::Lossy }.into();
    packet.participant_sid = sid.0.clone();
    packet.participant_identity = identity.to_owned();
    // The list stays here: a receiver need not learn who else was addressed.
    let destinations = std::mem::take(&mut packet.destination_identities);
    let sequence = packet.sequence;
    Ok(DataMessage { reliable, destinations, sequence, bytes: Bytes::from(packet.encode_to_vec()) })
}
