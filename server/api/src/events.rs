//! Server-sent events (HTML, 9.2): the outbox as one reader may see it, from where the reader left off, until its
//! login is over. What a reader may not see still moves its position on, so that it never reads the same rows twice.

use crate::limits;
use crate::problem::Problem;
use crate::read::Query;
use crate::state::App;
use axum::extract::FromRequestParts;
use axum::http::{HeaderValue, StatusCode, header, request};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use lianxian_service::guests::VisitView;
use lianxian_service::{Actor, ErrorKind, ServiceError, ServiceResult};
use serde::Deserialize;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// How soon a browser whose stream broke comes back.
const COME_BACK: Duration = Duration::from_secs(2);
/// Events that wait for a slow reader; the rest wait in the outbox.
const AHEAD: usize = 64;

/// Where a stream begins: after the seq of `Last-Event-ID` or `?after=`, or now.
pub(crate) struct After(Option<i64>);

#[derive(Deserialize)]
struct AfterQuery {
    after: Option<i64>,
}

impl<S: Send + Sync> FromRequestParts<S> for After {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        if let Some(last) = parts.headers.get("last-event-id") {
            let seq = last.to_str().ok().and_then(|seq| seq.trim().parse().ok());
            return match seq {
                Some(seq) => Ok(Self(Some(seq))),
                None => Err(Problem::malformed("the Last-Event-ID is not one of ours")),
            };
        }
        let Query(AfterQuery { after }) = Query::from_request_parts(parts, state).await?;
        Ok(Self(after))
    }
}

/// How many streams each account and device has open.
#[derive(Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<HashMap<String, usize>>>);

/// One stream's slot, given back when dropped.
struct Slot {
    slots: Slots,
    owner: String,
}

impl Slots {
    fn take(&self, actor: &Actor) -> Result<Slot, Problem> {
        let (owner, limit) = match actor {
            Actor::Guest(guest) => (guest.endpoint.0.clone(), limits::STREAMS_A_VISIT),
            Actor::Account(account) => (account.account.0.clone(), limits::STREAMS_AN_ACCOUNT),
            Actor::Device(device) => (device.endpoint.0.clone(), limits::STREAMS_A_DEVICE),
            Actor::System => (String::new(), 1),
        };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.entry(owner.clone()).or_default();
        if *here >= limit {
            let en = "too many event streams are open";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "打开的页面过多", en)
                .with_limit(i64::try_from(limit).unwrap_or(i64::MAX)));
        }
        *here += 1;
        Ok(Slot { slots: self.clone(), owner })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = open.get_mut(&self.owner) {
            *here -= 1;
            if *here == 0 {
                open.remove(&self.owner);
            }
        }
    }
}

/// Opens a stream of the guest's own visit: the whole of it at once, and again each time that it changed.
pub(crate) async fn visit(app: App, actor: Actor) -> Result<Response, Problem> {
    let everyone = app.guest_streams.clone().try_acquire_owned().map_err(|_| {
        let en = "too many pages of guests are open, try again later";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "来访页面过多，请稍后再试", en)
            .with_limit(i64::try_from(limits::STREAMS_OF_GUESTS).unwrap_or(i64::MAX))
    })?;
    let slot = app.streams.take(&actor)?;
    let (tell, mut told) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        app.metrics.event_streams.inc();
        VisitReader { app: app.clone(), actor, last: String::new(), tell }.read().await;
        app.metrics.event_streams.dec();
        drop((slot, everyone));
    });
    let events = futures::stream::poll_fn(move |cx| told.poll_recv(cx));
    let mut response = Sse::new(events).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct VisitReader {
    app: App,
    actor: Actor,
    /// What was told last.
    last: String,
    tell: mpsc::Sender<Result<Event, Infallible>>,
}

impl VisitReader {
    async fn visit(&self) -> ServiceResult<VisitView> {
        let view = self.app.service.guests.visit(&self.actor).await?;
        self.app.service.settled().await?;
        Ok(view)
    }

    async fn read(mut self) {
        let mut committed = self.app.service.events.committed();
        let stop = self.app.stop.clone();
        let opening = Event::default().comment("open").retry(COME_BACK);
        if self.tell.send(Ok(opening)).await.is_err() {
            return;
        }
        loop {
            committed.borrow_and_update();
            let (line, pause) = match self.visit().await {
                Ok(mut view) => {
                    // The time alone is no news.
                    let now_ms = std::mem::replace(&mut view.now_ms, lianxian_model::time::Millis(0));
                    let text = serde_json::to_string(&view).unwrap_or_default();
                    if text == self.last {
                        (None, limits::STREAM_PING)
                    } else {
                        self.last = text;
                        view.now_ms = now_ms;
                        let data = serde_json::to_string(&view).unwrap_or_default();
                        (Some(Event::default().event("visit").data(data)), limits::STREAM_PING)
                    }
                }
                Err(error) if error.kind == ErrorKind::Unavailable => (None, limits::STREAM_RETRY),
                Err(error) => {
                    // The page is told why it is over, as any request would be.
                    let body = serde_json::to_string(&Problem::from(error).body()).unwrap_or_default();
                    let _ = self.tell.send(Ok(Event::default().event("over").data(body))).await;
                    return;
                }
            };
            if let Some(line) = line
                && self.tell.send(Ok(line)).await.is_err()
            {
                return;
            }
            let ping = tokio::select! {
                () = stop.cancelled() => return,
                () = self.tell.closed() => return,
                changed = committed.changed() => match changed {
                    Ok(()) => false,
                    Err(_) => return,
                },
                () = tokio::time::sleep(pause) => true,
            };
            if ping && self.tell.send(Ok(Event::default().comment("ping"))).await.is_err() {
                return;
            }
            if !ping {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(limits::VISIT_LOOK_EVERY) => {}
                }
            }
        }
    }
}

/// Opens a stream for the actor.
pub(crate) async fn stream(app: App, actor: Actor, after: After) -> Result<Response, Problem> {
    let slot = app.streams.take(&actor)?;
    let from = match after.0 {
        Some(seq) => seq.max(0),
        None => app.service.events.latest().await?,
    };
    let (tell, mut told) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        app.metrics.event_streams.inc();
        Reader { app: app.clone(), actor, seq: from, tell }.read().await;
        app.metrics.event_streams.dec();
        drop(slot);
    });
    let events = futures::stream::poll_fn(move |cx| told.poll_recv(cx));
    let mut response = Sse::new(events).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that gathers answers would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Reader {
    app: App,
    actor: Actor,
    seq: i64,
    tell: mpsc::Sender<Result<Event, Infallible>>,
}

/// The browser is no longer there.
struct Gone;

impl Reader {
    async fn read(mut self) {
        let mut committed = self.app.service.events.committed();
        let mut logins = self.app.logins_changed.subscribe();
        let stop = self.app.stop.clone();
        let opening = Event::default().comment("open").retry(COME_BACK);
        if self.say(opening).await.is_err() {
            return;
        }
        loop {
            committed.borrow_and_update();
            logins.borrow_and_update();
            let pause = match self.catch_up().await {
                Ok(Pause::Over) | Err(Gone) => return,
                Ok(Pause::Quiet) => limits::STREAM_PING,
                Ok(Pause::StoreAway) => limits::STREAM_RETRY,
            };
            let ping = tokio::select! {
                () = stop.cancelled() => return,
                () = self.tell.closed() => return,
                changed = committed.changed() => match changed {
                    Ok(()) => false,
                    Err(_) => return,
                },
                _ = logins.changed() => false,
                () = tokio::time::sleep(pause) => true,
            };
            if ping && self.say(Event::default().comment("ping")).await.is_err() {
                return;
            }
        }
    }

    /// Tells everything there is.
    async fn catch_up(&mut self) -> Result<Pause, Gone> {
        loop {
            let batch = match self.app.service.events.since(&self.actor, self.seq).await {
                Ok(batch) => batch,
                Err(error) => return self.fault(error).await,
            };
            for event in batch.events {
                let line = Event::default().event(event.kind.as_str()).id(event.seq.to_string());
                match line.json_data(&event) {
                    Ok(line) => self.tell.send(Ok(line)).await.map_err(|_| Gone)?,
                    Err(error) => tracing::error!(%error, seq = event.seq, "an event cannot be told"),
                }
            }
            self.seq = batch.read_to;
            if batch.at_end {
                return Ok(Pause::Quiet);
            }
        }
    }

    async fn fault(&self, error: ServiceError) -> Result<Pause, Gone> {
        if error.kind != ErrorKind::Unauthenticated {
            return Ok(Pause::StoreAway);
        }
        let over = Event::default().event("over").data(serde_json::json!({ "code": error.code }).to_string());
        self.tell.send(Ok(over)).await.map_err(|_| Gone)?;
        Ok(Pause::Over)
    }

    /// Something that is no event; it carries the position, which the browser remembers.
    async fn say(&self, line: Event) -> Result<(), Gone> {
        self.tell.send(Ok(line.id(self.seq.to_string()))).await.map_err(|_| Gone)
    }
}

enum Pause {
    /// Everything is told; wait for the next commit.
    Quiet,
    /// The store did not answer; ask again soon.
    StoreAway,
    /// The login is over, and the reader was told.
    Over,
}
