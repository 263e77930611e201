//! An office's camera: a thread that draws and encodes the layers that are wanted, and sleeps while none is.

use crate::card::{Card, Lettering};
use crate::layers::{FRAMES_PER_SECOND, LAYER_COUNT, LAYERS};
use crate::vp8::Vp8;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND as u64);
/// Frames that wait for the network; more are dropped, and a key frame follows.
const WAITING: usize = 16;
/// Frames of every layer at first, watched or not: the server takes a track for live once it has seen it.
const FIRST_FRAMES: u32 = 5;

/// One encoded frame of one layer.
pub struct Shot {
    pub layer: usize,
    pub data: Bytes,
    /// When it was drawn.
    pub at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Begin,
    Want([bool; LAYER_COUNT]),
    KeyFrame(usize),
}

/// Dropped, it ends its thread.
pub struct Camera {
    orders: Sender<Order>,
}

impl Camera {
    /// Starts, asleep.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(lettering: Arc<Lettering>, site: String) -> std::io::Result<(Self, mpsc::Receiver<Shot>)> {
        let (orders, received) = channel();
        let (to_network, shots) = mpsc::channel(WAITING);
        let work = move || {
            let cards = LAYERS.map(|l| Card::new(&lettering, &site, l.width as usize, l.height as usize));
            // The letters are drawn: whoever is last may drop the font.
            drop(lettering);
            Work { orders: received, shots: to_network, layers: cards.map(Studio::new), first_frames: 0 }.run();
        };
        thread::Builder::new().name("camera".into()).spawn(work)?;
        Ok((Self { orders }, shots))
    }

    /// A new link: every layer is wanted until the server says otherwise, and shows itself for a few frames in any case.
    pub fn begin(&self) {
        let _ = self.orders.send(Order::Begin);
    }

    pub fn want(&self, layers: [bool; LAYER_COUNT]) {
        // A thread that has ended needs no orders: its shots end too, and the link sees that.
        let _ = self.orders.send(Order::Want(layers));
    }

    pub fn key_frame(&self, layer: usize) {
        let _ = self.orders.send(Order::KeyFrame(layer));
    }
}

/// One layer: its card, and its encoder while it is wanted.
struct Studio {
    card: Card,
    wanted: bool,
    key_frame: bool,
    encoder: Option<Vp8>,
}

impl Studio {
    fn new(card: Card) -> Self {
        Self { card, wanted: false, key_frame: false, encoder: None }
    }
}

struct Work {
    orders: Receiver<Order>,
    shots: mpsc::Sender<Shot>,
    layers: [Studio; LAYER_COUNT],
    first_frames: u32,
}

/// What a wait for orders came to.
enum Woken {
    Time,
    Orders,
    Over,
}

impl Work {
    fn run(mut self) {
        let mut due = Instant::now();
        loop {
            match self.wait(due) {
                Woken::Over => return,
                // A layer that is wanted now, or asked for a key frame, does not wait for the next round.
                Woken::Orders if !self.pressing() => continue,
                Woken::Orders | Woken::Time => {}
            }
            let now = Instant::now();
            if !self.shoot(now) {
                return;
            }
            // Rounds keep their pace; one that comes late does not make the next ones hurry.
            due = (due + FRAME).max(now + FRAME / 2);
        }
    }

    fn busy(&self) -> bool {
        self.first_frames > 0 || self.layers.iter().any(|layer| layer.wanted)
    }

    fn pressing(&self) -> bool {
        self.layers.iter().any(|layer| layer.wanted && layer.key_frame)
    }

    fn wait(&mut self, due: Instant) -> Woken {
        let order = if self.busy() {
            match self.orders.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(order) => order,
                Err(RecvTimeoutError::Timeout) => return Woken::Time,
                Err(RecvTimeoutError::Disconnected) => return Woken::Over,
            }
        } else {
            match self.orders.recv() {
                Ok(order) => order,
                Err(_) => return Woken::Over,
            }
        };
        self.obey(order);
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order);
        }
        Woken::Orders
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Begin => {
                self.first_frames = FIRST_FRAMES;
                for layer in &mut self.layers {
                    (layer.wanted, layer.key_frame) = (true, true);
                }
            }
            Order::Want(wanted) => {
                for (layer, wanted) in self.layers.iter_mut().zip(wanted) {
                    layer.key_frame |= wanted && !layer.wanted;
                    layer.wanted = wanted;
                    if !wanted && self.first_frames == 0 {
                        layer.encoder = None;
                    }
                }
            }
            Order::KeyFrame(layer) => {
                if let Some(layer) = self.layers.get_mut(layer) {
                    layer.key_frame = true;
                }
            }
        }
    }

    /// Draws and encodes once; false: nobody takes the shots any more.
    fn shoot(&mut self, now: Instant) -> bool {
        let clock_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
        let first = self.first_frames > 0;
        self.first_frames = self.first_frames.saturating_sub(1);
        for (at, (layer, kind)) in self.layers.iter_mut().zip(&LAYERS).enumerate() {
            if !layer.wanted && !first {
                layer.encoder = None;
                continue;
            }
            let encoder = match &mut layer.encoder {
                Some(encoder) => encoder,
                none => match Vp8::new(kind) {
                    Ok(encoder) => none.insert(encoder),
                    Err(error) => {
                        tracing::error!(%error, rid = kind.rid, "no encoder");
                        return false;
                    }
                },
            };
            let picture = layer.card.at(clock_ms);
            match encoder.encode(picture, std::mem::take(&mut layer.key_frame)) {
                Ok(Some(frame)) => match self.shots.try_send(Shot { layer: at, data: frame, at: now }) {
                    Ok(()) => {}
                    // What follows a frame that was not sent cannot be decoded.
                    Err(mpsc::error::TrySendError::Full(_)) => layer.key_frame = true,
                    Err(mpsc::error::TrySendError::Closed(_)) => return false,
                },
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, rid = kind.rid, "a picture cannot be encoded");
                    return false;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// VP8's first byte says whether it is a key frame (RFC 6386, section 9.1).
    fn is_key(shot: &Shot) -> bool {
        shot.data.first().is_some_and(|byte| byte & 1 == 0)
    }

    #[test]
    fn unwatched_it_shows_itself_once_and_sleeps_and_wakes_with_a_key_frame() {
        let (camera, mut shots) = Camera::start(Arc::new(Lettering::built_in()), "试点".into()).unwrap();
        camera.begin();
        camera.want([false; LAYER_COUNT]);
        for round in 0..FIRST_FRAMES {
            for layer in 0..LAYER_COUNT {
                let shot = shots.blocking_recv().unwrap();
                assert_eq!((shot.layer, is_key(&shot)), (layer, round == 0));
            }
        }
        // Whatever comes next was asked for here: nothing was drawn in between.
        camera.want([true, false, false]);
        let shot = shots.blocking_recv().unwrap();
        assert_eq!((shot.layer, is_key(&shot)), (0, true));
        let shot = shots.blocking_recv().unwrap();
        assert_eq!((shot.layer, is_key(&shot)), (0, false));
        camera.key_frame(0);
        let asked = (0..3).any(|_| is_key(&shots.blocking_recv().unwrap()));
        assert!(asked, "a key frame comes within three frames of the request");
        drop(camera);
        while let Some(shot) = shots.blocking_recv() {
            assert_eq!(shot.layer, 0);
        }
    }
}
