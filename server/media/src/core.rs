//! What a worker thread drives: the media core, told the time and given bytes. The one of the product is sfu's
//! worker; the tests of the loop drive scripted ones.

use lianxian_model::media::MediaEvent;
use lianxian_sfu::worker::{Command, Datagram, Egress, Relay, RelayTo, Reply};
use std::time::Instant;

pub(crate) trait Core {
    fn receive(&mut self, datagram: Datagram<'_>, now: Instant, egress: &mut impl Egress);
    fn command(&mut self, command: Command, now: Instant, egress: &mut impl Egress) -> Reply;
    fn relay(&mut self, relay: Relay, now: Instant, egress: &mut impl Egress);
    /// Every timer that is due.
    fn tick(&mut self, now: Instant, egress: &mut impl Egress);
    fn deadline(&self) -> Option<Instant>;
    fn poll_event(&mut self) -> Option<MediaEvent>;
    fn poll_relay(&mut self) -> Option<(RelayTo, Relay)>;
    /// Tells each counter by the end of its metric's name.
    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64));
}
