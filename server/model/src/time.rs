//! Time as the cores are told it.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// Where the shells read the time. Cores take a [`Millis`] (or an `Instant`) as an argument instead.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Millis;
}
