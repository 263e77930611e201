//! Writes compound RTCP (reduced size, RFC 5506) into a datagram, without allocation.

use super::reader::ReceptionReport;

/// Appends packets to a buffer; each method answers whether the packet fitted.
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0 }
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.at
    }

    pub fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// What is left, for packets that are built elsewhere; follow with [`Writer::advance`].
    pub fn rest(&mut self) -> &mut [u8] {
        &mut self.buffer[self.at..]
    }

    pub fn advance(&mut self, len: usize) {
        self.at = (self.at + len).min(self.buffer.len());
    }

    fn begin(&mut self, count: u8, packet_type: u8, len: usize) -> bool {
        if self.at + len > self.buffer.len() {
            return false;
        }
        self.byte(0x80 | count);
        self.byte(packet_type);
        let words = (len / 4 - 1) as u16;
        self.bytes(&words.to_be_bytes());
        true
    }

    fn byte(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.buffer[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn word(&mut self, word: u32) {
        self.bytes(&word.to_be_bytes());
    }

    /// Up to 31 blocks.
    pub fn receiver_report(&mut self, sender: u32, blocks: &[ReceptionReport]) -> bool {
        let blocks = &blocks[..blocks.len().min(31)];
        if !self.begin(blocks.len() as u8, 201, 8 + blocks.len() * 24) {
            return false;
        }
        self.word(sender);
        for block in blocks {
            self.word(block.about);
            self.word(u32::from(block.fraction_lost) << 24 | block.lost.min(0x007f_ffff));
            self.word(block.highest);
            self.word(block.jitter);
            self.word(block.last_report);
            self.word(block.delay);
        }
        true
    }

    pub fn sender_report(&mut self, ssrc: u32, ntp: u64, rtp: u32, packets: u32, bytes: u32) -> bool {
        if !self.begin(0, 200, 28) {
            return false;
        }
        self.word(ssrc);
        self.bytes(&ntp.to_be_bytes());
        self.word(rtp);
        self.word(packets);
        self.word(bytes);
        true
    }

    /// Asks a sender to echo our time (RFC 3611, section 4.4), so that the round trip to it can be measured.
    pub fn reference_time(&mut self, sender: u32, ntp: u64) -> bool {
        if !self.begin(0, 207, 20) {
            return false;
        }
        self.word(sender);
        self.bytes(&[4, 0, 0, 2]);
        self.bytes(&ntp.to_be_bytes());
        true
    }

    /// `sequences` in rising (wrapping) order.
    pub fn nack(&mut self, sender: u32, media: u32, sequences: &[u16]) -> bool {
        let mut pairs = 0;
        let mut rest = sequences;
        while let Some((&base, tail)) = rest.split_first() {
            rest = tail.trim_prefix_within(base);
            pairs += 1;
        }
        if pairs == 0 || !self.begin(1, 205, 12 + pairs * 4) {
            return false;
        }
        self.word(sender);
        self.word(media);
        let mut rest = sequences;
        while let Some((&base, tail)) = rest.split_first() {
            rest = tail.trim_prefix_within(base);
            let followers = &tail[..tail.len() - rest.len()];
            let bits = followers.iter().fold(0u16, |bits, s| bits | 1 << (s.wrapping_sub(base).wrapping_sub(1) & 15));
            self.bytes(&base.to_be_bytes());
            self.bytes(&bits.to_be_bytes());
        }
        true
    }

    /// A picture loss indication.
    pub fn keyframe_request(&mut self, sender: u32, media: u32) -> bool {
        if !self.begin(1, 206, 12) {
            return false;
        }
        self.word(sender);
        self.word(media);
        true
    }
}

trait WithinPair {
    /// What is left after the sequences that one (base, bitmask) pair covers.
    fn trim_prefix_within(&self, base: u16) -> &Self;
}

impl WithinPair for [u16] {
    fn trim_prefix_within(&self, base: u16) -> &[u16] {
        let covered = self.iter().take_while(|s| (1..=16).contains(&s.wrapping_sub(base))).count();
        &self[covered..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc_rtcp::packet::unmarshal;

    #[test]
    fn the_crate_reads_what_is_written() {
        let mut buffer = [0u8; 300];
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.sender_report(1, 2, 3, 4, 5));
        assert!(writer.receiver_report(1, &[ReceptionReport::default(); 2]));
        assert!(writer.nack(1, 9, &[10, 11, 26, 27]));
        assert!(writer.keyframe_request(1, 9));
        let len = writer.len();
        let packets = unmarshal(&mut &buffer[..len]).unwrap();
        assert_eq!(packets.len(), 4);
        let nack = packets[2]
            .as_any()
            .downcast_ref::<rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack>()
            .unwrap();
        let sequences: Vec<u16> = nack.nacks.iter().flat_map(|pair| pair.packet_list()).collect();
        assert_eq!(sequences, vec![10, 11, 26, 27]);
    }

    #[test]
    fn a_full_buffer_is_left_alone() {
        let mut buffer = [0u8; 20];
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.keyframe_request(1, 2));
        assert!(!writer.keyframe_request(1, 2));
        assert!(!writer.receiver_report(1, &[]) || writer.len() == 20);
    }
}
