//! How many checks are open at once: from each address, and in all.

use crate::limits;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    here: HashMap<IpAddr, usize>,
    in_all: usize,
}

/// One place, given back when dropped.
pub(super) struct Place {
    places: Places,
    ip: IpAddr,
}

impl Places {
    /// The limit that is reached, if one is.
    pub(super) fn enter(&self, ip: IpAddr) -> Result<Place, usize> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.in_all >= limits::CHECK_PLACES {
            return Err(limits::CHECK_PLACES);
        }
        if taken.here.get(&ip).is_some_and(|here| *here >= limits::CHECK_PLACES_AN_ADDRESS) {
            return Err(limits::CHECK_PLACES_AN_ADDRESS);
        }
        *taken.here.entry(ip).or_default() += 1;
        taken.in_all += 1;
        Ok(Place { places: self.clone(), ip })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all = taken.in_all.saturating_sub(1);
        if let Some(here) = taken.here.get_mut(&self.ip) {
            *here -= 1;
            if *here == 0 {
                taken.here.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_each_and_for_all_and_come_back() {
        let places = Places::default();
        let ip = |n: usize| IpAddr::from([10, 0, 0, n as u8]);
        let mut held: Vec<Place> = (0..limits::CHECK_PLACES_AN_ADDRESS).map(|_| places.enter(ip(0)).unwrap()).collect();
        assert_eq!(places.enter(ip(0)).err(), Some(limits::CHECK_PLACES_AN_ADDRESS));
        held.extend((held.len()..limits::CHECK_PLACES).map(|n| places.enter(ip(1 + n % 200)).unwrap()));
        assert_eq!(places.enter(ip(250)).err(), Some(limits::CHECK_PLACES));
        held.clear();
        let taken = places.0.lock().unwrap();
        assert_eq!((taken.in_all, taken.here.len()), (0, 0));
    }
}
