//! What the workers tell the service. Control is never dropped: when the service is slow it gathers here, up to a
//! limit; beyond it the participant concerned is closed. What is only news of the moment gives way early. Reliable data is control that a
//! client makes as much of as it likes, so each has a limit of its own: who floods is closed, and nobody else.

use bytes::Bytes;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::media::MediaEvent;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Events that wait for the service at most.
pub(crate) const EVENTS_WAITING: usize = 16_384;

/// Events that one worker keeps back at most when that queue is full.
pub(crate) const EVENTS_KEPT_BACK: usize = 16_384;

/// Reliable messages of one participant that the service has not done with, and their bytes: half a second of what a link may send at
/// its fastest.
const MESSAGES_WAITING: usize = 2_048;
const MESSAGE_BYTES_WAITING: usize = 8 << 20;

/// Participants of whose messages is known what waits; beyond that those of whom nothing does are forgotten.
const SENDERS_KNOWN: usize = 256;

/// What waits of one participant's reliable messages.
#[derive(Debug, Default)]
struct Waiting {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

/// A message's bytes, counted for as long as anyone holds them.
struct Counted {
    bytes: Bytes,
    waiting: Arc<Waiting>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.waiting.messages.fetch_sub(1, Ordering::Relaxed);
        self.waiting.bytes.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

pub(crate) struct Events {
    to: mpsc::Sender<MediaEvent>,
    kept_back: VecDeque<MediaEvent>,
    senders: HashMap<ParticipantSid, Arc<Waiting>>,
    /// News that gave way: speakers, quality and its intervals, lossy data.
    pub dropped: u64,
}

impl Events {
    pub fn new(to: mpsc::Sender<MediaEvent>) -> Self {
        Self { to, kept_back: VecDeque::new(), senders: HashMap::new(), dropped: 0 }
    }

    /// Passes the event on. The participant that comes back must be closed: its events overflow the limit.
    pub fn post(&mut self, event: MediaEvent) -> Option<ParticipantSid> {
        if gives_way(&event) && (self.to.capacity() < EVENTS_WAITING / 4 || !self.kept_back.is_empty()) {
            self.dropped += 1;
            return None;
        }
        let event = match event {
            MediaEvent::Data { participant, reliable: true, bytes } => match self.count(&participant, bytes) {
                Some(bytes) => MediaEvent::Data { participant, reliable: true, bytes },
                None => return Some(participant),
            },
            event => event,
        };
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

    /// The message, counted until it is dropped; `None` if too much of its sender's waits.
    fn count(&mut self, sender: &ParticipantSid, bytes: Bytes) -> Option<Bytes> {
        if self.senders.len() >= SENDERS_KNOWN && !self.senders.contains_key(sender) {
            self.senders.retain(|_, waiting| waiting.messages.load(Ordering::Relaxed) > 0);
        }
        let waiting = self.senders.entry(sender.clone()).or_default();
        let messages = waiting.messages.load(Ordering::Relaxed);
        if messages >= MESSAGES_WAITING || waiting.bytes.load(Ordering::Relaxed) + bytes.len() > MESSAGE_BYTES_WAITING {
            return None;
        }
        waiting.messages.fetch_add(1, Ordering::Relaxed);
        waiting.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        Some(Bytes::from_owner(Counted { bytes, waiting: waiting.clone() }))
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

    fn data(participant: &str, reliable: bool, len: usize) -> MediaEvent {
        MediaEvent::Data { participant: participant.into(), reliable, bytes: vec![1; len].into() }
    }

    fn subscribed() -> MediaEvent {
        MediaEvent::TrackSubscribed { participant: "PA_1".into(), track: "TR".into() }
    }

    #[test]
    fn news_gives_way_and_control_is_kept() {
        let (to, mut from) = mpsc::channel(EVENTS_WAITING);
        let mut events = Events::new(to);
        for _ in 0..EVENTS_WAITING + EVENTS_KEPT_BACK {
            assert_eq!(events.post(subscribed()), None);
        }
        assert_eq!(events.post(data("PA_1", false, 1)), None);
        assert_eq!(events.dropped, 1);
        assert_eq!(events.post(subscribed()), Some("PA_1".into()));
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

    #[test]
    fn who_floods_with_messages_is_closed_and_nobody_else() {
        let (to, mut from) = mpsc::channel(EVENTS_WAITING);
        let mut events = Events::new(to);
        let flood = |events: &mut Events, len: usize| {
            (0..EVENTS_WAITING).take_while(|_| events.post(data("PA_1", true, len)).is_none()).count()
        };
        assert_eq!(flood(&mut events, 10), MESSAGES_WAITING);
        assert_eq!(events.post(data("PA_2", true, 10)), None, "another's goes on");
        assert_eq!(events.post(subscribed()), None, "and control of the same");
        // What the service has done with makes room, and bytes count as well.
        while from.try_recv().is_ok() {}
        assert_eq!(flood(&mut events, 64 << 10), MESSAGE_BYTES_WAITING / (64 << 10));
        let held: Vec<MediaEvent> = std::iter::from_fn(|| from.try_recv().ok()).collect();
        assert_eq!(events.post(data("PA_1", true, 64 << 10)), Some("PA_1".into()), "held is not done with");
        drop(held);
        assert_eq!(events.post(data("PA_1", true, 64 << 10)), None);
    }

    #[test]
    fn senders_of_whom_nothing_waits_are_forgotten() {
        let (to, mut from) = mpsc::channel(EVENTS_WAITING);
        let mut events = Events::new(to);
        for number in 0..2 * SENDERS_KNOWN {
            assert_eq!(events.post(data(&format!("PA_{number}"), true, 1)), None);
            while from.try_recv().is_ok() {}
        }
        assert!(events.senders.len() <= SENDERS_KNOWN);
    }
}
