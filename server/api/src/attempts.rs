//! How often one address may try to log in or to enrol. Passwords and codes have their own locks in the service; this
//! keeps one address from spending everybody's processor time.

use crate::limits;
use crate::problem::Problem;
use axum::http::StatusCode;
use lianxian_model::time::Millis;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// For each address the time (ms) at which its attempts are all forgotten.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, i64>>);

impl Attempts {
    /// Takes one attempt of the address, or says that there are too many.
    pub(crate) fn take(&self, ip: IpAddr, now: Millis) -> Result<(), Problem> {
        let every = i64::try_from(limits::ATTEMPT_EVERY.as_millis()).unwrap_or(i64::MAX);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= limits::ATTEMPT_ADDRESSES && !seen.contains_key(&ip) {
            seen.retain(|_, forgotten| *forgotten > now.0);
            if seen.len() >= limits::ATTEMPT_ADDRESSES {
                return Err(too_many());
            }
        }
        let forgotten = seen.get(&ip).copied().unwrap_or(now.0).max(now.0);
        if forgotten - now.0 > every * (i64::from(limits::ATTEMPTS_AT_ONCE) - 1) {
            return Err(too_many());
        }
        seen.insert(ip, forgotten + every);
        Ok(())
    }
}

pub(crate) fn too_many() -> Problem {
    let en = "too many attempts from this address, wait a little";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "尝试过于频繁，请稍后再试", en)
        .with_limit(limits::ATTEMPTS_AT_ONCE.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_back_one_by_one_and_addresses_do_not_share() {
        let attempts = Attempts::default();
        let [one, two] = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse::<IpAddr>().unwrap());
        let start = Millis(1_000_000);
        for _ in 0..limits::ATTEMPTS_AT_ONCE {
            assert!(attempts.take(one, start).is_ok());
        }
        assert!(attempts.take(one, start).is_err());
        assert!(attempts.take(two, start).is_ok());
        let later = Millis(start.0 + 2_000);
        assert!(attempts.take(one, later).is_ok());
        assert!(attempts.take(one, later).is_err());
    }

    #[test]
    fn the_memory_of_addresses_is_bounded() {
        let attempts = Attempts::default();
        let ip = |n: u32| IpAddr::V4(std::net::Ipv4Addr::from(n));
        for n in 0..limits::ATTEMPT_ADDRESSES as u32 {
            assert!(attempts.take(ip(n), Millis(0)).is_ok());
        }
        assert!(attempts.take(ip(u32::MAX), Millis(1)).is_err());
        assert!(attempts.take(ip(u32::MAX), Millis(60_000)).is_ok());
    }
}
