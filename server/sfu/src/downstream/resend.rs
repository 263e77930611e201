//! The last packets of a sound, as they left: sealed. Lost sound has no stream of repairs; it is sent again byte for byte, because a
//! number may be sealed but once. Made for a viewer that asks, so that nobody else pays for it.

/// Packets that are kept: about a second.
const KEPT: usize = 48;
/// Longer packets are not kept.
const LONGEST: usize = 320;

struct Place {
    sequence: u16,
    len: u16,
    bytes: [u8; LONGEST],
}

pub struct Resend {
    places: Vec<Place>,
    next: usize,
}

impl Default for Resend {
    fn default() -> Self {
        Self { places: Vec::with_capacity(KEPT), next: 0 }
    }
}

impl Resend {
    /// Keeps a sealed packet, in place of the oldest.
    pub fn keep(&mut self, sequence: u16, sealed: &[u8]) {
        let mut place = Place { sequence, len: sealed.len() as u16, bytes: [0; LONGEST] };
        let Some(bytes) = place.bytes.get_mut(..sealed.len()) else { return };
        bytes.copy_from_slice(sealed);
        match self.places.get_mut(self.next) {
            Some(oldest) => *oldest = place,
            None => self.places.push(place),
        }
        self.next = (self.next + 1) % KEPT;
    }

    /// The packet that was sent under this number.
    pub fn find(&self, sequence: u16) -> Option<&[u8]> {
        let place = self.places.iter().find(|place| place.sequence == sequence)?;
        place.bytes.get(..usize::from(place.len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_second_as_it_was() {
        let mut resend = Resend::default();
        for number in 0..200u16 {
            resend.keep(number, &[number as u8; 100]);
        }
        assert_eq!(resend.find(199), Some(&[199u8; 100][..]));
        assert_eq!(resend.find(200 - KEPT as u16), Some(&[(200 - KEPT) as u8; 100][..]));
        assert_eq!(resend.find(100), None);
        assert_eq!(resend.places.capacity(), KEPT);
        resend.keep(300, &[1; LONGEST + 1]);
        assert_eq!(resend.find(300), None, "too long to keep");
    }
}
