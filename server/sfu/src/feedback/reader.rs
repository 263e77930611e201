//! A compound RTCP packet as a walk over what matters to forwarding. Unknown packets are passed over.

use super::transport_wide::TransportWide;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const BYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
const EXTENDED_REPORT: u8 = 207;
/// The block of an extended report that echoes reference times.
const ECHOES: u8 = 5;

/// One statement of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feedback<'a> {
    SenderReport {
        ssrc: u32,
        ntp: u64,
        rtp: u32,
    },
    Reception(ReceptionReport),
    Nack {
        media: u32,
        pairs: NackPairs<'a>,
    },
    /// Picture loss indication or full intra request.
    KeyframeRequest {
        media: u32,
    },
    /// When packets of ours arrived.
    TransportWide(TransportWide<'a>),
    /// The receiver's own estimate of what it can take, in bit/s (draft-alvestrand-rmcat-remb-03).
    Estimate {
        bitrate: u64,
    },
    /// A reference time of ours comes back (RFC 3611, section 4.5): the middle of its NTP time, and how long it was held, in 1/65536 s.
    Echo {
        about: u32,
        reference: u32,
        delay: u32,
    },
    Bye {
        ssrc: u32,
    },
}

/// A report block (RFC 3550, 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceptionReport {
    pub about: u32,
    /// Of 256.
    pub fraction_lost: u8,
    pub lost: u32,
    pub highest: u32,
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, and the time since, in 1/65536 s.
    pub last_report: u32,
    pub delay: u32,
}

/// The sequence numbers of a NACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NackPairs<'a> {
    rest: &'a [u8],
    base: u16,
    bits: u32,
}

impl Iterator for NackPairs<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.bits == 0 {
            let (pair, rest) = self.rest.split_first_chunk::<4>()?;
            self.rest = rest;
            self.base = u16::from_be_bytes([pair[0], pair[1]]);
            self.bits = u32::from(u16::from_be_bytes([pair[2], pair[3]])) << 1 | 1;
        }
        let bit = self.bits.trailing_zeros();
        self.bits &= self.bits - 1;
        Some(self.base.wrapping_add(bit as u16))
    }
}

/// Walks a decrypted compound packet; stops where its lengths stop making sense.
pub fn read(bytes: &[u8]) -> impl Iterator<Item = Feedback<'_>> {
    Reader { rest: bytes, kind: Blocks::None, blocks: &[] }
}

enum Blocks {
    None,
    Reports,
    FullIntra,
    Echoes,
    Bye,
}

struct Reader<'a> {
    rest: &'a [u8],
    kind: Blocks,
    blocks: &'a [u8],
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_be_bytes(*b))
}

impl<'a> Iterator for Reader<'a> {
    type Item = Feedback<'a>;

    fn next(&mut self) -> Option<Feedback<'a>> {
        loop {
            if let Some(item) = self.next_block() {
                return Some(item);
            }
            let head: &[u8; 4] = self.rest.first_chunk()?;
            let len = (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1) * 4;
            if head[0] >> 6 != 2 || len > self.rest.len() {
                self.rest = &[];
                return None;
            }
            let (count, packet_type) = (usize::from(head[0] & 0x1f), head[1]);
            let (packet, rest) = self.rest.split_at(len);
            self.rest = rest;
            let body = &packet[4..];
            match packet_type {
                SENDER_REPORT if body.len() >= 24 => {
                    self.kind = Blocks::Reports;
                    self.blocks = &body[24..(24 + count * 24).min(body.len())];
                    let ntp = u64::from(word(body, 4)) << 32 | u64::from(word(body, 8));
                    return Some(Feedback::SenderReport { ssrc: word(body, 0), ntp, rtp: word(body, 12) });
                }
                RECEIVER_REPORT if body.len() >= 4 => {
                    self.kind = Blocks::Reports;
                    self.blocks = &body[4..(4 + count * 24).min(body.len())];
                }
                BYE => {
                    self.kind = Blocks::Bye;
                    self.blocks = &body[..(count * 4).min(body.len())];
                }
                TRANSPORT_FEEDBACK if count == 1 && body.len() >= 12 => {
                    let pairs = NackPairs { rest: &body[8..], base: 0, bits: 0 };
                    return Some(Feedback::Nack { media: word(body, 4), pairs });
                }
                TRANSPORT_FEEDBACK if count == 15 => {
                    if let Some(feedback) = TransportWide::parse(body) {
                        return Some(Feedback::TransportWide(feedback));
                    }
                }
                PAYLOAD_FEEDBACK if count == 1 && body.len() >= 8 => {
                    return Some(Feedback::KeyframeRequest { media: word(body, 4) });
                }
                PAYLOAD_FEEDBACK if count == 15 && body.len() >= 16 && body[8..12] == *b"REMB" => {
                    let (exponent, mantissa) = (word(body, 12) >> 18 & 0x3f, word(body, 12) & 0x0003_ffff);
                    let bitrate = u64::try_from(u128::from(mantissa) << exponent).unwrap_or(u64::MAX);
                    return Some(Feedback::Estimate { bitrate });
                }
                EXTENDED_REPORT => {
                    self.kind = Blocks::Echoes;
                    self.blocks = echoes(body.get(4..).unwrap_or_default());
                }
                PAYLOAD_FEEDBACK if count == 4 && body.len() >= 16 => {
                    self.kind = Blocks::FullIntra;
                    self.blocks = &body[8..];
                }
                _ => {}
            }
        }
    }
}

/// The first block of echoes among those of an extended report.
fn echoes(mut blocks: &[u8]) -> &[u8] {
    while let Some((head, rest)) = blocks.split_first_chunk::<4>() {
        let len = usize::from(u16::from_be_bytes([head[2], head[3]])) * 4;
        let Some((block, rest)) = rest.split_at_checked(len) else { break };
        if head[0] == ECHOES {
            return block;
        }
        blocks = rest;
    }
    &[]
}

impl<'a> Reader<'a> {
    fn next_block(&mut self) -> Option<Feedback<'a>> {
        let len = match self.kind {
            Blocks::None => return None,
            Blocks::Reports => 24,
            Blocks::FullIntra => 8,
            Blocks::Echoes => 12,
            Blocks::Bye => 4,
        };
        let Some((block, rest)) = self.blocks.split_at_checked(len) else {
            self.kind = Blocks::None;
            return None;
        };
        self.blocks = rest;
        Some(match self.kind {
            Blocks::Reports => Feedback::Reception(ReceptionReport {
                about: word(block, 0),
                fraction_lost: block[4],
                lost: word(block, 4) & 0x00ff_ffff,
                highest: word(block, 8),
                jitter: word(block, 12),
                last_report: word(block, 16),
                delay: word(block, 20),
            }),
            Blocks::FullIntra => Feedback::KeyframeRequest { media: word(block, 0) },
            Blocks::Echoes => {
                Feedback::Echo { about: word(block, 0), reference: word(block, 4), delay: word(block, 8) }
            }
            _ => Feedback::Bye { ssrc: word(block, 0) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Writer;
    use super::*;
    use proptest::prelude::*;
    use rtc_rtcp::payload_feedbacks::full_intra_request::{FirEntry, FullIntraRequest};
    use rtc_rtcp::sender_report::SenderReport;
    use rtc_shared::marshal::Marshal;

    #[test]
    fn reads_what_the_crate_writes() {
        let mut bytes =
            SenderReport { ssrc: 7, ntp_time: 1 << 40, rtp_time: 9, ..Default::default() }.marshal().unwrap().to_vec();
        let fir =
            FullIntraRequest { sender_ssrc: 1, media_ssrc: 0, fir: vec![FirEntry { ssrc: 42, sequence_number: 3 }] };
        bytes.extend(fir.marshal().unwrap());
        assert_eq!(
            read(&bytes).collect::<Vec<_>>(),
            vec![Feedback::SenderReport { ssrc: 7, ntp: 1 << 40, rtp: 9 }, Feedback::KeyframeRequest { media: 42 }]
        );
    }

    #[test]
    fn reads_the_receivers_own_estimate() {
        use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
        let remb = ReceiverEstimatedMaximumBitrate { sender_ssrc: 1, bitrate: 2_500_000.0, ssrcs: vec![7, 8] };
        let bytes = remb.marshal().unwrap();
        let [Feedback::Estimate { bitrate }] = read(&bytes).collect::<Vec<_>>()[..] else { panic!() };
        assert!(bitrate.abs_diff(2_500_000) < 20, "{bitrate}");
        let mut absurd = bytes.to_vec();
        absurd[17..20].fill(0xff);
        assert_eq!(read(&absurd).collect::<Vec<_>>(), [Feedback::Estimate { bitrate: u64::MAX }]);
    }

    #[test]
    fn walks_a_compound_of_ours() {
        let mut buffer = [0u8; 400];
        let mut writer = Writer::new(&mut buffer);
        let report = ReceptionReport { about: 5, fraction_lost: 12, lost: 3, highest: 70_000, ..Default::default() };
        assert!(writer.receiver_report(1, &[report]));
        assert!(writer.nack(1, 5, &[65_535, 0, 3, 40]));
        assert!(writer.keyframe_request(1, 6));
        let len = writer.len();
        let items: Vec<_> = read(&buffer[..len]).collect();
        assert_eq!(items[0], Feedback::Reception(report));
        let Feedback::Nack { media: 5, pairs } = items[1].clone() else { panic!("{items:?}") };
        assert_eq!(pairs.collect::<Vec<_>>(), vec![65_535, 0, 3, 40]);
        assert_eq!(items[2], Feedback::KeyframeRequest { media: 6 });
    }

    #[test]
    fn a_reference_time_goes_out_and_its_echo_is_found_among_other_blocks() {
        use rtc_rtcp::extended_report::{
            DLRRReport, DLRRReportBlock, ExtendedReport, ReceiverReferenceTimeReportBlock,
        };
        let mut buffer = [0u8; 40];
        let mut writer = Writer::new(&mut buffer);
        assert!(writer.reference_time(9, 0x0102_0304_0506_0708));
        let len = writer.len();
        let packets = rtc_rtcp::packet::unmarshal(&mut &buffer[..len]).unwrap();
        let report = packets[0].as_any().downcast_ref::<ExtendedReport>().unwrap();
        assert_eq!(report.sender_ssrc, 9);
        let echo = DLRRReportBlock { reports: vec![block(9, 77, 5), block(8, 1, 2)] };
        let time = ReceiverReferenceTimeReportBlock { ntp_timestamp: 7 };
        let answer = ExtendedReport { sender_ssrc: 1, reports: vec![Box::new(time), Box::new(echo)] };
        let bytes = answer.marshal().unwrap();
        let found: Vec<_> = read(&bytes).collect();
        assert_eq!(found[0], Feedback::Echo { about: 9, reference: 77, delay: 5 });
        assert_eq!(found.len(), 2);

        fn block(ssrc: u32, last_rr: u32, dlrr: u32) -> DLRRReport {
            DLRRReport { ssrc, last_rr, dlrr }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120), count in 0u8..32, kind in 200u8..208) {
            let mut bytes = bytes;
            if bytes.len() >= 4 {
                bytes[0] = 0x80 | count;
                bytes[1] = kind;
                bytes[2] = 0;
                bytes[3] = (bytes.len() / 4 - 1) as u8;
            }
            for item in read(&bytes) {
                match item {
                    Feedback::Nack { pairs, .. } => prop_assert!(pairs.count() <= 17 * 30),
                    Feedback::TransportWide(feedback) => {
                        prop_assert!(feedback.statuses().count() <= crate::feedback::MAX_REPORTED);
                    }
                    _ => {}
                }
            }
        }
    }
}
