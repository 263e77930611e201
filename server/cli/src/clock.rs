//! Where the shells read the time.

use lianxian_model::time::{Clock, Millis};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock, UTC.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
