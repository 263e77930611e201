//! The fallback for viewers without transport-wide feedback: what their receiver reports say of losses, and a REMB if they send one.

use super::{LossBound, MAX_ESTIMATE, MIN_ESTIMATE, Micros, START_ESTIMATE};

/// A REMB that was not repeated for this long is not believed any more.
const REMB_LIFE: Micros = 5_000_000;
/// What may be claimed of what is really sent: without probes the next layer, of three to four times the rate, must be within reach.
const CLAIM: u64 = 4;
/// However little is sent, so much may be claimed: else nothing that stopped could start again. In bit/s.
const LEAST_CLAIM: u64 = 500_000;

#[derive(Debug, Default)]
pub struct Reports {
    loss: LossBound,
    remb: Option<(u64, Micros)>,
    estimate: Option<u64>,
}

impl Reports {
    /// A receiver report of so many packets, of which so many 256ths of a packet were lost, not more than all.
    pub fn reception(&mut self, packets: u32, lost_256: u64) {
        let lost = lost_256.div_ceil(256).min(u64::from(packets)) as u32;
        self.loss.add(packets - lost, lost);
    }

    /// The viewer's own estimate, in bit/s.
    pub fn remb(&mut self, bitrate: u64, now: Micros) {
        self.remb = Some((bitrate.clamp(MIN_ESTIMATE, MAX_ESTIMATE), now));
    }

    /// In bit/s; `None` while nothing bounds it. `sent` is what is sent at present, in bit/s.
    pub fn update(&mut self, sent: u64, now: Micros) -> Option<u64> {
        let before = self.estimate.unwrap_or(START_ESTIMATE.max(sent));
        let loss = self.loss.update(before, || sent, now);
        let claim = sent.saturating_mul(CLAIM).max(LEAST_CLAIM);
        let remb = self.remb.filter(|(_, at)| now.saturating_sub(*at) < REMB_LIFE).map(|(rate, _)| rate);
        let bounds = [loss, remb];
        self.estimate = bounds.into_iter().flatten().min().map(|bound| {
            // Down at once; up no further than what was really sent allows.
            bound.min(before.max(claim)).clamp(MIN_ESTIMATE, MAX_ESTIMATE)
        });
        self.estimate
    }

    pub fn estimate(&self) -> Option<u64> {
        self.estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_told_bounds_nothing() {
        assert_eq!(Reports::default().update(1_000_000, 1), None);
    }

    #[test]
    fn a_remb_counts_at_once_downwards_and_not_far_beyond_what_was_sent() {
        let mut reports = Reports::default();
        reports.remb(700_000, 0);
        assert_eq!(reports.update(2_000_000, 1_000), Some(700_000));
        reports.remb(u64::MAX, 2_000);
        assert_eq!(reports.update(600_000, 3_000), Some(2_400_000));
        assert_eq!(reports.update(600_000, 9_000_000), None, "it grew old");
    }

    #[test]
    fn losses_bound_it_and_their_end_frees_it() {
        let mut reports = Reports::default();
        let mut now = 0;
        for _ in 0..20 {
            now += 1_000_000;
            reports.reception(200, 60 * 256);
            reports.update(1_500_000, now);
        }
        let bad = reports.estimate().unwrap();
        assert!(bad < 400_000, "{bad}");
        for _ in 0..60 {
            now += 1_000_000;
            reports.reception(50, 0);
            reports.update(bad, now);
        }
        assert!(reports.estimate().is_none_or(|estimate| estimate > bad));
    }
}
