//! Receive statistics of one SSRC (RFC 3550, 6.4 and A), fed after RTX is unwrapped, so that repairs count as repairs.

use super::missing::Missing;
use crate::feedback::ReceptionReport;
use crate::rtp::Unwrapper;
use std::time::Instant;

/// A jump larger than this is a restart if the next packet confirms it (RFC 3550, A.1).
const MAX_JUMP: u64 = 3_000;

/// What a packet is to the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// New; `hole_too_large` asks for a key frame.
    New { sequence: u64, hole_too_large: bool },
    /// The numbering started anew.
    Restarted { sequence: u64 },
    /// Already there, or beyond what can be placed.
    Useless,
}

#[derive(Default)]
pub struct Reception {
    unwrapper: Unwrapper,
    base: Option<u64>,
    /// What the numbers of this numbering are above those that are reported: the sender counts its cycles from zero.
    origin: u64,
    highest: u64,
    /// Where a restart would continue, if the next packet confirms it.
    suspect: Option<u16>,
    missing: Missing,
    /// Sequences of the last 128 packets below the highest, to tell a late packet from a duplicate.
    window: u128,
    packets: u64,
    bytes: u64,
    repaired: u64,
    received_on_ssrc: u64,
    reported_expected: u64,
    reported_received: u64,
    /// Over all reports, whatever restarted in between: expected, and of those not come at the first try.
    reported: (u64, u64),
    jitter: f64,
    transit: Option<f64>,
    last_sender_report: Option<(u32, Instant)>,
}

/// One packet as the statistics see it.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub sequence: u16,
    pub bytes: usize,
    /// It came as a retransmission.
    pub repair: bool,
    /// Whether losses of this stream are asked for again.
    pub repairable: bool,
}

impl Reception {
    pub fn receive(&mut self, sample: Sample, now: Instant) -> Arrival {
        if self.base.is_none() {
            if sample.repair {
                // A repair cannot start a stream: what it repairs was never expected.
                return Arrival::Useless;
            }
            return self.start(sample);
        }
        let sequence = self.unwrapper.peek(sample.sequence);
        let distance = sequence.abs_diff(self.highest);
        if distance > MAX_JUMP {
            if sample.repair || self.suspect != Some(sample.sequence) {
                self.suspect = Some(sample.sequence.wrapping_add(1));
                return Arrival::Useless;
            }
            return self.restart(sample);
        }
        self.suspect = None;
        let mut hole_too_large = false;
        if sequence > self.highest {
            self.unwrapper.unwrap(sample.sequence);
            if sequence > self.highest + 1 && sample.repairable {
                hole_too_large = !self.missing.add(self.highest + 1..sequence, now);
            }
            self.window = if distance >= 128 { 1 } else { self.window << distance | 1 };
            self.highest = sequence;
        } else {
            let asked = self.missing.arrived(sequence);
            if distance >= 128 {
                if !asked {
                    return Arrival::Useless;
                }
            } else {
                if self.window >> distance & 1 == 1 {
                    return Arrival::Useless;
                }
                self.window |= 1 << distance;
            }
            if self.base.is_some_and(|base| sequence < base) {
                self.base = Some(sequence);
            }
        }
        self.count(&sample);
        Arrival::New { sequence, hole_too_large }
    }

    fn restart(&mut self, sample: Sample) -> Arrival {
        self.start_anew();
        let Arrival::New { sequence, .. } = self.start(sample) else { return Arrival::Useless };
        Arrival::Restarted { sequence }
    }

    /// The next packet starts the numbering anew, above all that was: the encoder has another SSRC.
    pub fn start_anew(&mut self) {
        self.missing.clear();
        self.base = None;
        self.suspect = None;
        (self.reported_expected, self.reported_received, self.received_on_ssrc) = (0, 0, 0);
        self.transit = None;
        self.last_sender_report = None;
    }

    fn start(&mut self, sample: Sample) -> Arrival {
        // Endless numbers go on rising, whatever the 16-bit ones did; below is room for packets that come late.
        self.origin = (self.highest & !0xffff) + 0x2_0000;
        let above = self.origin + u64::from(sample.sequence);
        self.unwrapper = Unwrapper::at(above);
        (self.base, self.highest, self.window) = (Some(above), above, 1);
        self.count(&sample);
        Arrival::New { sequence: above, hole_too_large: false }
    }

    fn count(&mut self, sample: &Sample) {
        self.packets += 1;
        self.bytes += sample.bytes as u64;
        if sample.repair {
            self.repaired += 1;
        } else {
            self.received_on_ssrc += 1;
        }
    }

    /// Jitter (RFC 3550, 6.4.1); `since` is the time since any fixed point.
    pub fn measure(&mut self, timestamp: u32, clock_rate: u32, since: std::time::Duration) {
        let arrival = since.as_secs_f64() * f64::from(clock_rate);
        let transit = arrival - f64::from(timestamp);
        if let Some(last) = self.transit {
            let difference = (transit - last).abs();
            // A wrap of the timestamp is no jitter.
            if difference < f64::from(clock_rate) * 10.0 {
                self.jitter += (difference - self.jitter) / 16.0;
            }
        }
        self.transit = Some(transit);
    }

    pub fn missing(&mut self) -> &mut Missing {
        &mut self.missing
    }

    pub fn missing_deadline(&self) -> Option<Instant> {
        self.missing.deadline()
    }

    /// A sender report came.
    pub fn sender_report(&mut self, ntp: u64, now: Instant) {
        self.last_sender_report = Some(((ntp >> 16) as u32, now));
    }

    fn expected(&self) -> u64 {
        self.base.map_or(0, |base| self.highest - base + 1)
    }

    /// The block for the next receiver report; `None` before the first packet.
    pub fn report(&mut self, ssrc: u32, now: Instant) -> Option<ReceptionReport> {
        self.base?;
        let expected = self.expected() - self.reported_expected.min(self.expected());
        let received = self.received_on_ssrc - self.reported_received.min(self.received_on_ssrc);
        (self.reported_expected, self.reported_received) = (self.expected(), self.received_on_ssrc);
        let lost = expected.saturating_sub(received);
        self.reported.0 += expected;
        self.reported.1 += lost;
        let (last_report, delay) = self.last_sender_report.map_or((0, 0), |(middle, at)| {
            (middle, (now.saturating_duration_since(at).as_secs_f64() * 65_536.0) as u32)
        });
        Some(ReceptionReport {
            about: ssrc,
            fraction_lost: (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8,
            lost: self.expected().saturating_sub(self.received_on_ssrc).min(0x007f_ffff) as u32,
            highest: (self.highest - self.origin) as u32,
            jitter: self.jitter as u32,
            last_report,
            delay,
        })
    }

    pub fn packets(&self) -> u64 {
        self.packets
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    pub fn lost(&self) -> u64 {
        self.missing.lost()
    }

    /// Packets that reports told of as expected, and those of them that did not come at the first try.
    pub fn reported(&self) -> (u64, u64) {
        self.reported
    }

    /// In units of the RTP clock.
    pub fn jitter(&self) -> f64 {
        self.jitter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sequence: u16) -> Sample {
        Sample { sequence, bytes: 100, repair: false, repairable: true }
    }

    fn sequence_of(arrival: Arrival) -> u64 {
        match arrival {
            Arrival::New { sequence, .. } | Arrival::Restarted { sequence } => sequence,
            Arrival::Useless => panic!("useless"),
        }
    }

    #[test]
    fn a_packet_counts_once_however_it_comes() {
        let now = Instant::now();
        let mut reception = Reception::default();
        let first = sequence_of(reception.receive(sample(65_535), now));
        assert_eq!(sequence_of(reception.receive(sample(2), now)), first + 3);
        assert_eq!(reception.receive(sample(2), now), Arrival::Useless);
        let repair = Sample { repair: true, ..sample(0) };
        assert_eq!(sequence_of(reception.receive(repair, now)), first + 1);
        assert_eq!(reception.receive(sample(0), now), Arrival::Useless);
        assert_eq!(reception.receive(repair, now), Arrival::Useless);
        assert_eq!((reception.packets(), reception.repaired()), (3, 1));
        let report = reception.report(1, now).unwrap();
        assert_eq!(report.lost, 2, "a repair does not hide the loss from the sender");
        assert_eq!(report.fraction_lost, 128);
        assert_eq!(reception.report(1, now).unwrap().fraction_lost, 0);
    }

    /// RFC 3550, 6.4.1: the cycles of the sender's own numbers, whatever came before under another SSRC.
    #[test]
    fn the_highest_number_is_told_in_the_senders_own_cycles() {
        let now = Instant::now();
        let mut reception = Reception::default();
        let highest = |reception: &mut Reception| reception.report(1, now).unwrap().highest;
        for (sequence, told) in [(65_535, 65_535), (0, 0x1_0000), (65_534, 0x1_0000), (1, 0x1_0001)] {
            reception.receive(sample(sequence), now);
            assert_eq!(highest(&mut reception), told);
        }
        reception.start_anew();
        reception.receive(sample(9), now);
        assert_eq!(highest(&mut reception), 9);
    }

    #[test]
    fn a_repair_is_no_longer_asked_for() {
        let now = Instant::now();
        let mut reception = Reception::default();
        reception.receive(sample(10), now);
        reception.receive(sample(13), now);
        reception.receive(Sample { repair: true, ..sample(11) }, now);
        let mut into = [0; 8];
        let later = now + std::time::Duration::from_millis(50);
        assert_eq!(reception.missing().due(later, std::time::Duration::ZERO, &mut into).0, 1);
        assert_eq!(into[0], 12);
    }

    #[test]
    fn one_stray_number_is_no_restart_but_two_are() {
        let now = Instant::now();
        let mut reception = Reception::default();
        let first = sequence_of(reception.receive(sample(100), now));
        assert_eq!(reception.receive(sample(30_000), now), Arrival::Useless);
        assert_eq!(sequence_of(reception.receive(sample(101), now)), first + 1);
        assert_eq!(reception.receive(sample(30_000), now), Arrival::Useless);
        let Arrival::Restarted { sequence } = reception.receive(sample(30_001), now) else { panic!("no restart") };
        assert!(sequence > first + 1 && sequence as u16 == 30_001);
        assert_eq!(sequence_of(reception.receive(sample(30_002), now)), sequence + 1);
    }

    #[test]
    fn a_repair_starts_nothing() {
        let mut reception = Reception::default();
        let repair = Sample { repair: true, ..sample(7) };
        assert_eq!(reception.receive(repair, Instant::now()), Arrival::Useless);
        assert!(reception.report(1, Instant::now()).is_none());
    }
}
