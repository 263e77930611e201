//! How often a sound is sent on a line that loses a lot. Lost sound that is asked for comes too late where packets are rare (discontinuous
//! transmission: the loss shows with the next word), and where the repair is lost as well; so each packet is sent again unasked.

use std::time::{Duration, Instant};

/// Copies of each packet at most.
pub const MOST: u8 = 2;
/// A copy follows the packet, or the copy before it, after this time: a burst of losses is shorter, the receiver's buffer longer.
pub const SPACING: Duration = Duration::from_millis(20);
/// What may be lost for good, as a share in [0, 1].
const TOLERABLE: f32 = 0.03;
/// Packets that are judged together: fewer say little.
const ENOUGH: u32 = 50;
/// A need has to last: a line that is too narrow loses a lot as well, until less is sent over it.
const PROOF: Duration = Duration::from_secs(3);
/// What was needed is kept up for this long: it would be needed again at once if it is the copies that help.
const HOLD: Duration = Duration::from_secs(20);

/// The copies of one sound to one receiver.
#[derive(Debug, Default)]
pub struct Redundancy {
    copies: u8,
    needed: Option<Instant>,
    /// Since when more are needed than are sent.
    missed: Option<Instant>,
    packets: u32,
    lost: f32,
}

impl Redundancy {
    /// So many times each packet is sent after the first, at most [`MOST`].
    pub fn copies(&self) -> u8 {
        self.copies
    }

    /// The receiver reports (RFC 3550, section 6.4.1): of so many packets this share did not come in any copy.
    pub fn reported(&mut self, packets: u32, share: f32, now: Instant) {
        self.packets += packets;
        self.lost += packets as f32 * share;
        if self.packets < ENOUGH {
            return;
        }
        let residue = self.lost / self.packets as f32;
        (self.packets, self.lost) = (0, 0.0);
        // Lost for good is what was lost each time.
        self.needs(residue.powf(1.0 / (f32::from(self.copies) + 1.0)), now);
    }

    /// The line loses this share of single packets.
    pub fn needs(&mut self, share: f32, now: Instant) {
        let remains = |copies: u8| share.powi(i32::from(copies) + 1);
        let needed = (0..MOST).find(|copies| remains(*copies) <= TOLERABLE).unwrap_or(MOST);
        if needed > self.copies {
            let since = *self.missed.get_or_insert(now);
            if now.saturating_duration_since(since) < PROOF {
                return;
            }
        }
        self.missed = None;
        if needed >= self.copies {
            self.copies = needed;
            self.needed = Some(now);
        } else if self.needed.is_none_or(|at| now.saturating_duration_since(at) >= HOLD) {
            self.copies -= 1;
            self.needed = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_copies_as_leave_little_lost() {
        let start = Instant::now();
        for (share, copies) in [(0.0, 0), (0.03, 0), (0.05, 1), (0.17, 1), (0.2, 2), (0.3, 2), (1.0, 2)] {
            let mut redundancy = Redundancy::default();
            redundancy.needs(share, start);
            assert_eq!(redundancy.copies(), 0, "{share} may be over soon");
            redundancy.needs(share, start + PROOF);
            assert_eq!(redundancy.copies(), copies, "{share}");
        }
    }

    #[test]
    fn a_loss_that_passes_is_no_need() {
        let start = Instant::now();
        let mut redundancy = Redundancy::default();
        for second in 0..20 {
            let share = if second % 2 == 0 { 0.4 } else { 0.0 };
            redundancy.needs(share, start + Duration::from_secs(second));
        }
        assert_eq!(redundancy.copies(), 0);
    }

    #[test]
    fn what_helps_is_kept_up_and_given_up_step_by_step() {
        let start = Instant::now();
        let mut redundancy = Redundancy::default();
        redundancy.needs(0.3, start - PROOF);
        redundancy.needs(0.3, start);
        redundancy.needs(0.0, start + HOLD - Duration::from_millis(1));
        assert_eq!(redundancy.copies(), 2);
        redundancy.needs(0.0, start + HOLD);
        redundancy.needs(0.0, start + HOLD);
        assert_eq!(redundancy.copies(), 1);
        redundancy.needs(0.0, start + HOLD * 2);
        assert_eq!(redundancy.copies(), 0);
    }

    #[test]
    fn a_report_counts_what_copies_brought() {
        let start = Instant::now();
        let mut redundancy = Redundancy::default();
        // One of a few is no share.
        for report in 0..7 {
            redundancy.reported(7, 1.0 / 7.0, start + PROOF * report);
            assert_eq!(redundancy.copies(), 0);
        }
        let start = start + HOLD;
        let mut redundancy = Redundancy::default();
        redundancy.reported(50, 0.3, start - PROOF);
        redundancy.reported(50, 0.3, start);
        assert_eq!(redundancy.copies(), 2);
        // 2.7 % remain of three tenths after two copies: they are needed still.
        redundancy.reported(200, 0.027, start + HOLD);
        redundancy.reported(200, 0.027, start + HOLD * 2);
        assert_eq!(redundancy.copies(), 2);
        redundancy.reported(200, 0.0, start + HOLD * 3);
        assert_eq!(redundancy.copies(), 1);
    }
}
