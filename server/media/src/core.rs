//! What a worker thread drives: the media core, told the time and given bytes. The one of the product is sfu's
//! worker; the tests of the loop drive scripted ones.

use lianxian_model::media::MediaEvent;
use lianxian_sfu::worker::{Command, Datagram, Egress, Relay, RelayTo, Reply, Worker};
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

impl Core for Worker {
    fn receive(&mut self, datagram: Datagram<'_>, now: Instant, egress: &mut impl Egress) {
        Worker::receive(self, datagram, now, egress);
    }

    fn command(&mut self, command: Command, now: Instant, egress: &mut impl Egress) -> Reply {
        Worker::command(self, command, now, egress)
    }

    fn relay(&mut self, relay: Relay, now: Instant, egress: &mut impl Egress) {
        Worker::relay(self, relay, now, egress);
    }

    fn tick(&mut self, now: Instant, egress: &mut impl Egress) {
        Worker::tick(self, now, egress);
    }

    fn deadline(&self) -> Option<Instant> {
        Worker::deadline(self)
    }

    fn poll_event(&mut self) -> Option<MediaEvent> {
        Worker::poll_event(self)
    }

    fn poll_relay(&mut self) -> Option<(RelayTo, Relay)> {
        Worker::poll_relay(self)
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        Worker::counters(self, tell);
    }
}
