//! 16-bit sequence numbers made endless.

/// Turns wrapping 16-bit numbers into 64-bit ones, taking each as the nearest to the highest seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwrapper {
    highest: Option<u64>,
}

impl Unwrapper {
    /// Where the first number lands, so that older ones still have room below.
    const START: u64 = 1 << 32;

    /// Starts with `highest` as the highest seen.
    pub fn at(highest: u64) -> Self {
        Self { highest: Some(highest) }
    }

    /// The endless number of `value`; remembers it if it is the highest.
    pub fn unwrap(&mut self, value: u16) -> u64 {
        let endless = self.peek(value);
        if self.highest.is_none_or(|highest| endless > highest) {
            self.highest = Some(endless);
        }
        endless
    }

    /// The endless number of `value`, without remembering it.
    pub fn peek(&self, value: u16) -> u64 {
        match self.highest {
            None => Self::START | u64::from(value),
            Some(highest) => {
                let ahead = value.wrapping_sub(highest as u16) as i16;
                highest.saturating_add_signed(i64::from(ahead))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_both_ways() {
        let mut unwrapper = Unwrapper::default();
        let first = unwrapper.unwrap(65_534);
        assert_eq!(unwrapper.unwrap(1), first + 3);
        assert_eq!(unwrapper.unwrap(65_535), first + 1);
        assert_eq!(unwrapper.unwrap(2), first + 4);
    }
}
