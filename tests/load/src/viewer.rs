//! How a viewer treats what it is sent: what it tells of arrivals and what it asks for again, as browsers do.

use crate::session::Remote;
use lianxian_sfu::feedback::{Arrivals, Writer};
use std::time::{Duration, Instant};

/// From one feedback to the next.
const FEEDBACK_INTERVAL: Duration = Duration::from_millis(100);
/// A compound that fits into a datagram with its tag.
const COMPOUND: usize = 1_160;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Tells when each packet came, and loses this many of a thousand, which it asks for again.
    Attentive { lost_per_mille: u32 },
    /// Lets everything lie in its socket, so that it costs the load tool nothing.
    Deaf,
}

/// What a packet was for its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Media,
    /// Sent again.
    Repair,
    /// Only there to find out what the line carries.
    Padding,
    /// Thrown away, to be asked for again.
    Lost,
}

pub struct Receiver {
    transport_wide: Option<u8>,
    retransmissions: Option<u8>,
    lost_per_mille: u32,
    arrivals: Arrivals,
    missing: Vec<u16>,
    media: u32,
    next: Instant,
}

impl Receiver {
    pub fn new(remote: &Remote, lost_per_mille: u32, now: Instant) -> Self {
        Self {
            transport_wide: remote.transport_wide,
            retransmissions: remote.retransmissions,
            lost_per_mille,
            arrivals: Arrivals::new(now),
            missing: Vec::new(),
            media: 0,
            // Not all in the same moment.
            next: now + FEEDBACK_INTERVAL.mul_f64(rand::random::<f64>()),
        }
    }

    /// The numbers of a later offer.
    pub fn learn(&mut self, remote: &Remote) {
        self.transport_wide = remote.transport_wide.or(self.transport_wide);
        self.retransmissions = remote.retransmissions.or(self.retransmissions);
    }

    /// Takes a sealed packet: its header is readable all the same (RFC 3711).
    pub fn take(&mut self, packet: &[u8], now: Instant) -> Taken {
        let payload_type = packet[1] & 0x7f;
        if self.retransmissions == Some(payload_type) {
            self.note(packet, now);
            return if packet[0] & 0x20 != 0 { Taken::Padding } else { Taken::Repair };
        }
        if payload_type == crate::session::AUDIO_PAYLOAD {
            return Taken::Media;
        }
        self.media = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
        if rand::random_range(0..1_000) < self.lost_per_mille {
            self.missing.push(u16::from_be_bytes([packet[2], packet[3]]));
            return Taken::Lost;
        }
        self.note(packet, now);
        Taken::Media
    }

    fn note(&mut self, packet: &[u8], now: Instant) {
        if let Some(sequence) = self.transport_wide.and_then(|id| extension(packet, id)) {
            self.arrivals.record(sequence, now);
        }
    }

    /// The compounds that are due, in the clear.
    pub fn tell(&mut self, now: Instant, mut send: impl FnMut(&[u8])) {
        let mut buffer = [0; COMPOUND];
        if !self.missing.is_empty() {
            let mut writer = Writer::new(&mut buffer);
            writer.receiver_report(1, &[]);
            self.missing.sort_unstable();
            writer.nack(1, self.media, &self.missing);
            let len = writer.len();
            self.missing.clear();
            send(&buffer[..len]);
        }
        if now < self.next {
            return;
        }
        self.next = now + FEEDBACK_INTERVAL;
        while let Some(len) = self.arrivals.write(1, self.media, &mut buffer) {
            send(&buffer[..len]);
        }
    }
}

/// The two bytes of an extension in the one-byte form (RFC 8285).
fn extension(packet: &[u8], id: u8) -> Option<u16> {
    if packet[0] & 0x10 == 0 {
        return None;
    }
    let from = 12 + 4 * usize::from(packet[0] & 0x0f);
    let words = u16::from_be_bytes([*packet.get(from + 2)?, *packet.get(from + 3)?]);
    let mut rest = packet.get(from + 4..from + 4 + 4 * usize::from(words))?;
    while let Some((&head, after)) = rest.split_first() {
        let len = usize::from(head & 0x0f) + 1;
        match head >> 4 {
            0 => rest = after,
            found if found == id => return Some(u16::from_be_bytes([*after.first()?, *after.get(1)?])),
            _ => rest = after.get(len..)?,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number_among_other_extensions() {
        let mut packet = vec![0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 2];
        packet.extend([0x40, b'1', 0, 0x31, 0x12, 0x34, 0, 0]);
        assert_eq!(extension(&packet, 3), Some(0x1234));
        assert_eq!(extension(&packet, 5), None);
        assert_eq!(extension(&packet[..18], 3), None);
    }
}
