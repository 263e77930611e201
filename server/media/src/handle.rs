//! The media plane as the service holds it: finds the worker of a participant, and waits for its reply.

use crate::mail::{Address, Adopted};
use crate::metrics::{BUSY, Copy, sum};
use crate::routes::checked_worker;
use crate::streams::FRAME_HEAD;
use async_trait::async_trait;
use bytes::Bytes;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::media::{
    AnnouncedTrack, Downstream, MediaError, MediaEvent, PublisherAnswer, Target, TrackSettings,
};
use lianxian_service::ports::media::{Media, OpenParticipant};
use lianxian_sfu::worker::{Candidate, Command, MAX_DATAGRAM, Reply, WorkerIndex};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// Participants of one process at most.
pub const MAX_PARTICIPANTS: usize = 16_384;

/// How often it is looked at how busy the workers are, before one is chosen.
const LOAD_EVERY: Duration = Duration::from_secs(1);

/// Workers whose busy shares differ by less than this, in percent, are as busy as each other: the fewest participants decide.
const LOAD_STEP: u64 = 10;

/// How long the first frame of a connection may take.
const FIRST_FRAME: Duration = Duration::from_secs(5);

/// Cheap to clone; all clones are the one media plane.
#[derive(Clone, Debug)]
pub struct MediaHandle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    workers: Vec<Address>,
    homes: Mutex<Homes>,
    events: Mutex<Option<mpsc::Receiver<MediaEvent>>>,
    copies: Vec<Copy>,
    stop: Arc<AtomicBool>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    candidates: Vec<Candidate>,
}

/// Which worker each participant lives on.
#[derive(Debug)]
struct Homes {
    of: HashMap<ParticipantSid, WorkerIndex>,
    /// Participants on each worker.
    load: Vec<usize>,
    busy: Busy,
}

/// How busy each worker was when it was last looked at.
#[derive(Debug)]
struct Busy {
    at: Instant,
    /// Microseconds since the start, by then.
    us: Vec<u64>,
    /// Steps of [`LOAD_STEP`] percent, over the interval before; a participant that was placed since counts as one, until it is measured.
    steps: Vec<u64>,
}

impl MediaHandle {
    pub(crate) fn new(
        workers: Vec<Address>,
        events: mpsc::Receiver<MediaEvent>,
        copies: Vec<Copy>,
        stop: Arc<AtomicBool>,
        threads: Vec<JoinHandle<()>>,
        candidates: Vec<Candidate>,
    ) -> Self {
        let homes = Homes::new(workers.len(), Instant::now());
        Self(Arc::new(Inner {
            workers,
            homes: Mutex::new(homes),
            events: Mutex::new(Some(events)),
            copies,
            stop,
            threads: Mutex::new(threads),
            candidates,
        }))
    }

    /// What peers are told, with the port that is in use; the first goes over UDP.
    pub fn candidates(&self) -> &[Candidate] {
        &self.0.candidates
    }

    /// Counters and gauges, summed over the workers, at most 250 ms old. Metric names are `lianxian_media_` and these;
    /// those that end in `_total` only grow.
    pub fn metrics(&self) -> Vec<(Cow<'static, str>, u64)> {
        sum(&self.0.copies)
    }

    /// False once a worker thread has ended (never, but for a fault of ours or after shutdown).
    pub fn healthy(&self) -> bool {
        let threads = lock(&self.0.threads);
        !threads.is_empty() && threads.iter().all(|thread| !thread.is_finished())
    }

    /// Closes every participant (peers get a close_notify), sends what is queued, and joins the threads.
    pub async fn shutdown(&self) {
        let participants: Vec<ParticipantSid> = lock(&self.0.homes).of.keys().cloned().collect();
        for participant in &participants {
            self.close(participant).await;
        }
        self.0.stop.store(true, Ordering::Release);
        for worker in &self.0.workers {
            worker.wake.wake();
        }
        let threads = std::mem::take(&mut *lock(&self.0.threads));
        let join = move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a media worker ended by a fault");
                }
            }
        };
        // The threads see the flag within a turn; joining must not hold up the runtime meanwhile.
        let _ = tokio::task::spawn_blocking(join).await;
    }

    /// Takes over a connection that carries media in frames (RFC 4571). Its first frame must be a check that names a peer of
    /// ours, which tells the worker; all else is dropped without an answer. Returns when the connection has ended, for whoever counts them;
    /// if the future is dropped, a connection that is taken over stays.
    pub async fn adopt(&self, mut socket: TcpStream) {
        let Ok(Ok(frame)) = tokio::time::timeout(FIRST_FRAME, first_frame(&mut socket)).await else { return };
        let worker = checked_worker(&frame).and_then(|worker| self.0.workers.get(usize::from(worker.0)));
        let (Some(worker), Ok(socket)) = (worker, socket.into_std()) else { return };
        let (open, ended) = oneshot::channel();
        if worker.streams.send(Adopted { socket, frame, open }).await.is_ok() {
            worker.wake.wake();
            // Nothing is ever sent: it resolves when the other end is dropped.
            let _ = ended.await;
        }
    }

    fn home(&self, participant: &ParticipantSid) -> Result<WorkerIndex, MediaError> {
        let home = lock(&self.0.homes).of.get(participant).copied();
        home.ok_or_else(|| MediaError::UnknownParticipant(participant.clone()))
    }

    async fn call(&self, worker: WorkerIndex, command: Command) -> Result<Reply, MediaError> {
        let address = self.0.workers.get(usize::from(worker.0)).ok_or(MediaError::Closed)?;
        let (to_reply, reply) = oneshot::channel();
        address.commands.send((command, to_reply)).await.map_err(|_| MediaError::Closed)?;
        address.wake.wake();
        match reply.await {
            Ok(Reply::Refused(error)) => Err(error),
            Ok(reply) => Ok(reply),
            Err(_) => Err(MediaError::Closed),
        }
    }

    async fn call_home(&self, participant: &ParticipantSid, command: Command) -> Result<(), MediaError> {
        self.call(self.home(participant)?, command).await.map(|_| ())
    }
}

impl Homes {
    fn new(workers: usize, now: Instant) -> Self {
        let busy = Busy { at: now, us: vec![0; workers], steps: vec![0; workers] };
        Self { of: HashMap::new(), load: vec![0; workers], busy }
    }

    /// The worker of a participant, chosen at its first call: the least busy; of those as busy as each other the one with the fewest.
    fn settle(&mut self, participant: &ParticipantSid) -> Result<WorkerIndex, MediaError> {
        if let Some(home) = self.of.get(participant) {
            return Ok(*home);
        }
        if self.of.len() >= MAX_PARTICIPANTS {
            return Err(MediaError::Limit { limit: "participants", value: MAX_PARTICIPANTS as u64 });
        }
        let both = self.load.iter_mut().zip(&mut self.busy.steps).enumerate();
        let least = both.min_by_key(|(_, (load, steps))| (**steps, **load));
        let (index, (load, steps)) = least.ok_or(MediaError::Closed)?;
        *load += 1;
        *steps += 1;
        let home = WorkerIndex(index as u16);
        self.of.insert(participant.clone(), home);
        Ok(home)
    }

    fn leave(&mut self, participant: &ParticipantSid) {
        if let Some(home) = self.of.remove(participant)
            && let Some(load) = self.load.get_mut(usize::from(home.0))
        {
            *load = load.saturating_sub(1);
        }
    }
}

impl Busy {
    fn look(&mut self, busy_us: &[u64], now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        if passed < LOAD_EVERY {
            return;
        }
        let whole_us = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX).max(1);
        for ((steps, before), us) in self.steps.iter_mut().zip(&mut self.us).zip(busy_us) {
            let percent = us.saturating_sub(*before).saturating_mul(100) / whole_us;
            (*steps, *before) = (percent / LOAD_STEP, *us);
        }
        self.at = now;
    }
}

async fn first_frame(socket: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; FRAME_HEAD];
    socket.read_exact(&mut head).await?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(head)).min(MAX_DATAGRAM)];
    socket.read_exact(&mut frame).await?;
    Ok(frame)
}

/// Nothing that panics runs under these locks, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Media for MediaHandle {
    async fn open(&self, open: OpenParticipant) -> Result<(), MediaError> {
        let OpenParticipant { participant, may_publish, may_subscribe } = open;
        self.busy_us();
        let home = lock(&self.0.homes).settle(&participant)?;
        let command = Command::Open { participant: participant.clone(), may_publish, may_subscribe };
        let outcome = self.call(home, command).await;
        if outcome.is_err() {
            lock(&self.0.homes).leave(&participant);
        }
        outcome.map(|_| ())
    }

    async fn close(&self, participant: &ParticipantSid) {
        // Idempotent: who is not here, or not any more, is closed.
        let _ = self.call_home(participant, Command::Close { participant: participant.clone() }).await;
        lock(&self.0.homes).leave(participant);
    }

    async fn set_may_publish(&self, participant: &ParticipantSid, may_publish: bool) -> Result<(), MediaError> {
        let command = Command::SetMayPublish { participant: participant.clone(), may_publish };
        self.call_home(participant, command).await
    }

    async fn publisher_offer(
        &self,
        participant: &ParticipantSid,
        sdp: String,
        announced: Vec<AnnouncedTrack>,
    ) -> Result<PublisherAnswer, MediaError> {
        let command = Command::PublisherOffer { participant: participant.clone(), sdp, announced };
        match self.call(self.home(participant)?, command).await? {
            Reply::Answer(answer) => Ok(answer),
            Reply::Done | Reply::Refused(_) => Err(MediaError::BadSdp("the offer has no answer".into())),
        }
    }

    async fn subscriber_answer(&self, participant: &ParticipantSid, id: u32, sdp: String) -> Result<(), MediaError> {
        let command = Command::SubscriberAnswer { participant: participant.clone(), id, sdp };
        self.call_home(participant, command).await
    }

    async fn remote_candidate(
        &self,
        participant: &ParticipantSid,
        target: Target,
        candidate: String,
    ) -> Result<(), MediaError> {
        let command = Command::RemoteCandidate { participant: participant.clone(), target, candidate };
        self.call_home(participant, command).await
    }

    async fn set_downstreams(
        &self,
        participant: &ParticipantSid,
        downstreams: Vec<Downstream>,
    ) -> Result<(), MediaError> {
        let home = self.home(participant)?;
        let downstreams = {
            let homes = lock(&self.0.homes);
            // A publisher that has just left has no tracks to send.
            let owned = |downstream: Downstream| {
                let owner = homes.of.get(&downstream.publisher).copied()?;
                Some((downstream, owner))
            };
            downstreams.into_iter().filter_map(owned).collect()
        };
        let command = Command::SetDownstreams { participant: participant.clone(), downstreams };
        self.call(home, command).await.map(|_| ())
    }

    async fn set_track_settings(
        &self,
        participant: &ParticipantSid,
        track: &TrackSid,
        settings: TrackSettings,
    ) -> Result<(), MediaError> {
        let command = Command::SetTrackSettings { participant: participant.clone(), track: track.clone(), settings };
        self.call_home(participant, command).await
    }

    async fn set_muted(&self, publisher: &ParticipantSid, track: &TrackSid, muted: bool) -> Result<(), MediaError> {
        let command = Command::SetMuted { publisher: publisher.clone(), track: track.clone(), muted };
        self.call_home(publisher, command).await
    }

    async fn send_data(&self, participant: &ParticipantSid, reliable: bool, bytes: Bytes) -> Result<(), MediaError> {
        let command = Command::SendData { participant: participant.clone(), reliable, bytes };
        self.call_home(participant, command).await
    }

    async fn restart_subscriber(&self, participant: &ParticipantSid) -> Result<(), MediaError> {
        self.call_home(participant, Command::RestartSubscriber { participant: participant.clone() }).await
    }

    fn busy_us(&self) -> Vec<u64> {
        let busy_us: Vec<u64> = self.0.copies.iter().map(|copy| copy.get(BUSY)).collect();
        // The net asks some times a second: so the next participant is placed by what was the case just now.
        lock(&self.0.homes).busy.look(&busy_us, Instant::now());
        busy_us
    }

    fn take_events(&self) -> Option<mpsc::Receiver<MediaEvent>> {
        lock(&self.0.events).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(homes: &mut Homes, count: usize, busy_us: &[u64], now: Instant) -> Vec<u16> {
        let first = homes.of.len();
        let sid = |number: usize| ParticipantSid(format!("PA_{number}"));
        homes.busy.look(busy_us, now);
        (first..first + count).map(|number| homes.settle(&sid(number)).unwrap().0).collect()
    }

    #[test]
    fn the_least_busy_worker_is_chosen_and_participants_break_ties() {
        let start = Instant::now();
        let mut homes = Homes::new(3, start);
        assert_eq!(place(&mut homes, 6, &[0; 3], start), [0, 1, 2, 0, 1, 2]);
        // The first is half busy, the second hardly more than the third: noise.
        let later = start + LOAD_EVERY;
        let busy = [500_000, 90_000, 0];
        assert_eq!(place(&mut homes, 4, &busy, later), [1, 2, 1, 2]);
        // Nobody follows a number that is a second old for ever: those placed since count.
        let many = place(&mut homes, 30, &busy, later);
        assert!(many.contains(&0), "{many:?}");
        // It is calm again.
        homes.leave(&"PA_0".into());
        assert_eq!(place(&mut homes, 1, &busy, later + LOAD_EVERY).len(), 1);
    }
}
