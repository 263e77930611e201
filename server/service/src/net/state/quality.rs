//! How good connections are, told every few seconds to those who may see them: only what changed.

use super::super::limits;
use super::State;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::link::{ConnectionQuality, Notice};
use lianxian_model::time::Millis;

/// What a viewer is told of one participant's connection.
type Told = (ParticipantSid, ConnectionQuality, f32);

/// A score from 5 (nothing to notice) down to 1, from the share of packets lost and the round trip: each per cent lost
/// costs 0.4, and so does each 100 ms beyond the first 150.
fn rate(loss: f32, rtt_ms: u32) -> (ConnectionQuality, f32) {
    let loss = if loss.is_finite() { loss.clamp(0.0, 1.0) } else { 0.0 };
    let late_ms = rtt_ms.saturating_sub(150).min(2_000) as f32;
    let score = (5.0 - loss * 40.0 - late_ms / 100.0 * 0.4).clamp(1.0, 5.0);
    let quality = match score {
        s if s >= 4.2 => ConnectionQuality::Excellent,
        s if s >= 3.0 => ConnectionQuality::Good,
        _ => ConnectionQuality::Poor,
    };
    (quality, score)
}

impl State {
    pub(super) fn measured(&mut self, sid: &ParticipantSid, loss: f32, rtt_ms: u32) {
        if let Some(person) = self.people.get_mut(sid) {
            person.quality = Some(rate(loss, rtt_ms));
        }
    }

    pub(super) fn tell_qualities(&mut self) {
        if self.now < self.next_quality_at {
            return;
        }
        self.next_quality_at = Millis(self.now.0 + limits::QUALITY_EVERY_MS);
        let mut news: Vec<(ParticipantSid, Vec<Told>)> = Vec::new();
        for (viewer, person) in &self.people {
            if person.link.is_none() {
                continue;
            }
            let quality_of = |sid: &ParticipantSid| {
                let other = self.people.get(sid)?;
                let is_good = other.quality.is_some_and(|(quality, _)| quality != ConnectionQuality::Poor);
                // Only its socket is gone where its media comes as before: nobody who watches has lost anything.
                let is_lost = other.link.is_none() && !(other.is_reached() && is_good);
                if is_lost { Some((ConnectionQuality::Lost, 0.0)) } else { other.quality }
            };
            let changed: Vec<Told> = person
                .told
                .keys()
                .chain([viewer])
                .filter_map(|sid| quality_of(sid).map(|(quality, score)| (sid.clone(), quality, score)))
                .filter(|(sid, quality, _)| person.told_quality.get(sid) != Some(quality))
                .collect();
            if !changed.is_empty() {
                news.push((viewer.clone(), changed));
            }
        }
        for (viewer, changed) in news {
            if let Some(person) = self.people.get_mut(&viewer) {
                person.told_quality.extend(changed.iter().map(|(sid, quality, _)| (sid.clone(), *quality)));
            }
            self.tell(&viewer, Notice::Quality(changed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_and_delay_cost_and_nonsense_does_not() {
        assert_eq!(rate(0.0, 20).0, ConnectionQuality::Excellent);
        assert_eq!(rate(0.03, 20).0, ConnectionQuality::Good);
        assert_eq!(rate(0.08, 20).0, ConnectionQuality::Poor);
        assert_eq!(rate(0.0, 500).0, ConnectionQuality::Good);
        assert_eq!(rate(0.0, u32::MAX).0, ConnectionQuality::Poor);
        assert_eq!(rate(f32::NAN, 0).1, 5.0);
        assert_eq!(rate(9.0, 0).1, 1.0);
    }
}
