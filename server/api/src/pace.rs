//! How long a connection may keep its place without a request, and an answer its bytes without a reader.

use crate::limits;
use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::rt::Executor;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tower::Service as TowerService;

tokio::task_local! {
    /// Of the answers that this task sends.
    static READER: Arc<Reader>;
}

/// Whoever takes what one task sends: since when it has a piece of an answer and did not ask for the next.
#[derive(Default)]
pub(crate) struct Reader(Mutex<Option<Instant>>);

impl Reader {
    fn has(&self, piece: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = piece;
    }

    /// Runs what sends to the reader, and drops it when the reader takes nothing for so long. An answer cannot end itself: it is
    /// not asked again before the transport has room.
    pub(crate) async fn served<F: Future>(self: Arc<Self>, patience: Duration, sending: F) -> Option<F::Output> {
        tokio::select! {
            done = READER.scope(self.clone(), sending) => Some(done),
            () = self.stuck(patience) => None,
        }
    }

    async fn stuck(&self, patience: Duration) {
        loop {
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let left = since.map_or(patience, |since| patience.saturating_sub(since.elapsed()));
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

/// Runs each HTTP/2 stream by itself, so that one whose reader takes nothing is reset and the others go on.
#[derive(Clone)]
pub(crate) struct EachStream(pub(crate) Duration);

impl<F> Executor<F> for EachStream
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let patience = self.0;
        tokio::spawn(async move {
            if Arc::<Reader>::default().served(patience, stream).await.is_none() {
                tracing::debug!("an answer whose reader took nothing was cut");
            }
        });
    }
}

/// A request whose answer has not been sent.
struct Flight(watch::Sender<usize>);

impl Flight {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

/// Waits until no request has been open for so long.
pub(crate) async fn idle(open: &mut watch::Receiver<usize>, long: Duration) {
    loop {
        let none = *open.borrow_and_update() == 0;
        tokio::select! {
            changed = open.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(long), if none => return,
        }
    }
}

/// A connection's service: counts what is open, and sends answers in pieces.
#[derive(Clone)]
pub(crate) struct Paced<S> {
    pub(crate) service: S,
    pub(crate) open: watch::Sender<usize>,
}

impl<S> TowerService<Request<Incoming>> for Paced<S>
where
    S: TowerService<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Pieces>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let flight = Flight::new(self.open.clone());
        let answer = self.service.call(request);
        Box::pin(async move {
            let reader = READER.try_with(Arc::clone).unwrap_or_default();
            Ok(answer.await?.map(|body| Pieces { body, rest: Bytes::new(), reader, _flight: flight }))
        })
    }
}

/// An answer's body, given out in pieces: a transport takes a frame whole, however long it is.
pub(crate) struct Pieces {
    body: Body,
    rest: Bytes,
    reader: Arc<Reader>,
    _flight: Flight,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // From here on it is the answer that is waited for, not its reader.
        self.reader.has(None);
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let length = self.rest.len().min(limits::PIECE_BYTES);
        let piece = self.rest.split_to(length);
        self.reader.has(Some(Instant::now()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, more) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(more.lower() + rest);
        if let Some(upper) = more.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.reader.has(None);
    }
}
