//! What the workers tell the service. Control is never dropped: when the service is slow it gathers here, up to a
//! limit; beyond it the participant concerned is closed. What is only news of the moment gives way early.

use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::MediaEvent;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// Events that wait for the service at most.
pub(crate) const EVENTS_WAITING: usize = 16_384;

/// Events that one worker keeps back at most when that queue is full.
pub(crate) const EVENTS_KEPT_BACK: usize = 16_384;

pub(crate) struct Events {
    to: mpsc::Sender<MediaEvent>,
    kept_back: VecDeque<MediaEvent>,
    /// News that gave way: speakers, quality and its intervals, lossy data.
    pub dropped: u64,
}

impl Events {
    pub fn new(to: mpsc::Sender<MediaEvent>) -> Self {
        Self { to, kept_back: VecDeque::new(), dropped: 0 }
    }

    /// Passes the event on. The participant that comes back must be closed: its events overflow the limit.
    pub fn post(&mut self, event: MediaEvent) -> Option<ParticipantSid> {
        if gives_way(&event) && (self.to.capacity() < EVENTS_WAITING / 4 || !self.kept_back.is_empty()) {
            self.dropped += 1;
            return None;
        }
        if self.kept_back.is_empty() {
            match self.to.try_send(event) {
                Ok(()) => return None,
                Err(mpsc::error::TrySendError::Full(event)) => self.kept_back.push_back(event),
                // Nobody listens any more: shutting down.
                Err(mpsc::error::TrySendError::Closed(_)) => return None,
            }
        } else if self.kept_back.len() < EVENTS_KEPT_BACK || ends_something(&event) {
            self.kept_back.push_back(event);
        } else {
            return event.participant().cloned();
        }
        None
    }

    /// Passes on what was kept back. Once a turn.
    pub fn deliver(&mut self) {
        while let Some(event) = self.kept_back.pop_front() {
            match self.to.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => return self.kept_back.push_front(event),
                Err(mpsc::error::TrySendError::Closed(_)) => self.kept_back.clear(),
            }
        }
    }

    pub fn kept_back(&self) -> usize {
        self.kept_back.len()
    }

    pub fn is_waiting(&self) -> bool {
        !self.kept_back.is_empty()
    }
}

fn gives_way(event: &MediaEvent) -> bool {
    match event {
        MediaEvent::Speakers { .. }
        | MediaEvent::Quality { .. }
        | MediaEvent::Sent { .. }
        | MediaEvent::Received { .. } => true,
        MediaEvent::Data { reliable, .. } => !reliable,
        _ => false,
    }
}

/// One at most for each track and transport, so it needs no limit of its own; the record depends on it.
fn ends_something(event: &MediaEvent) -> bool {
    matches!(event, MediaEvent::TrackEnded { .. } | MediaEvent::TransportDown { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn data(reliable: bool) -> MediaEvent {
        MediaEvent::Data { participant: "PA_1".into(), reliable, bytes: Bytes::new() }
    }

    #[test]
    fn news_gives_way_control_is_kept_and_the_flooder_is_named() {
        let (to, mut from) = mpsc::channel(EVENTS_WAITING);
        let mut events = Events::new(to);
        for _ in 0..EVENTS_WAITING + EVENTS_KEPT_BACK {
            assert_eq!(events.post(data(true)), None);
        }
        assert_eq!(events.post(data(false)), None);
        assert_eq!(events.dropped, 1);
        assert_eq!(events.post(data(true)), Some("PA_1".into()));
        let ended = MediaEvent::TrackEnded { participant: "PA_1".into(), track: "TR".into(), summary: <_>::default() };
        assert_eq!(events.post(ended.clone()), None);
        let mut told = 0;
        let mut last = None;
        while events.is_waiting() || !from.is_empty() {
            while let Ok(event) = from.try_recv() {
                told += 1;
                last = Some(event);
            }
            events.deliver();
        }
        assert_eq!((told, last), (EVENTS_WAITING + EVENTS_KEPT_BACK + 1, Some(ended)));
    }
}
