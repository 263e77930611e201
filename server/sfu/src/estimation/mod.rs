//! How much the line to one viewer carries, judged at the sending side from what the viewer says came of what was sent.
//!
//! Pure stages, a file each: what was sent ([`History`]), how fast it arrived ([`Acknowledged`]), whether a queue grows or stands
//! on the way ([`Groups`], [`Trend`], [`Standing`]), what that means for the rate ([`RateControl`]), what losses allow ([`LossBound`]), and whether there is
//! more than is used ([`Probes`]). [`Estimator`] puts them together; [`Reports`] stands in where a viewer gives no such feedback.
//! Everything a viewer says is bounded by what was really sent to it, so a forger can only spoil its own line.

mod acknowledged;
mod estimator;
mod groups;
mod history;
mod loss;
mod probes;
mod rate;
mod reports;
mod standing;
mod trend;

pub use acknowledged::Acknowledged;
pub use estimator::Estimator;
pub use groups::{Groups, Step};
pub use history::{History, Report, Sent};
pub use loss::{LossBound, TOO_MUCH};
pub use probes::Probes;
pub use rate::RateControl;
pub use reports::Reports;
pub use standing::Standing;
pub use trend::{Trend, Usage};

/// Microseconds since a beginning of one's own: of the sender's clock, or of the receiver's.
pub type Micros = u64;

/// No estimate is lower, in bit/s: enough for the probes that find out when the line is better.
pub const MIN_ESTIMATE: u64 = 30_000;
/// No estimate is higher, in bit/s, whatever a viewer claims.
pub const MAX_ESTIMATE: u64 = 60_000_000;
/// What a line is taken for before anything is known of it, in bit/s.
pub const START_ESTIMATE: u64 = 2_500_000;
