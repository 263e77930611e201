//! Who speaks: audio levels of the header extension (RFC 6464) over an interval.

/// Quieter than this (in -dBov) is silence.
const ACTIVE_BELOW: u8 = 35;
/// Share of an interval's packets, in percent, that must be active to count as speech.
const ACTIVE_PERCENT: u32 = 40;

/// Levels since the last [`Level::take`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    packets: u32,
    active: u32,
    loudest: u8,
}

impl Level {
    /// Notes the extension's value: voice bit and level in -dBov.
    pub fn record(&mut self, value: u8) {
        let level = value & 0x7f;
        self.packets += 1;
        if level <= ACTIVE_BELOW {
            self.active += 1;
            self.loudest = if self.active == 1 { level } else { self.loudest.min(level) };
        }
    }

    /// The loudness in (0, 1] if the interval was speech; starts the next interval.
    pub fn take(&mut self) -> Option<f32> {
        let Self { packets, active, loudest } = std::mem::take(self);
        let speech = active > 0 && active * 100 >= packets * ACTIVE_PERCENT;
        speech.then(|| 10f32.powf(-f32::from(loudest) / 20.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_needs_a_share_of_the_interval() {
        let mut level = Level::default();
        assert_eq!(level.take(), None);
        for _ in 0..4 {
            level.record(0x80 | 20);
        }
        for _ in 0..5 {
            level.record(127);
        }
        let loudness = level.take().unwrap();
        assert!((loudness - 0.1).abs() < 0.001, "{loudness}");
        level.record(30);
        for _ in 0..9 {
            level.record(90);
        }
        assert_eq!(level.take(), None);
        assert_eq!(level.take(), None, "an interval starts empty");
    }
}
