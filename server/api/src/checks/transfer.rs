//! Bytes that say how wide the line is. They are random, so that nothing on the way makes them fewer.

use super::too_many;
use crate::limits;
use crate::problem::Problem;
use crate::state::App;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use lianxian_service::Actor;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use utoipa::ToSchema;

const PIECE: usize = 64 * 1024;

static NOISE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut noise = vec![0u8; PIECE];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut noise);
    Bytes::from(noise)
});

/// What arrived of an upload.
#[derive(Serialize, ToSchema)]
pub(crate) struct Received {
    bytes: i64,
    /// From the first byte to the last, in milliseconds.
    took_ms: i64,
}

/// Sends `bytes` bytes. The reader may leave earlier; one that does not read is left.
pub(crate) fn send(app: &App, actor: &Actor, bytes: u64) -> Result<Response, Problem> {
    let turn = turn(app, actor, bytes)?;
    let (tell, mut told) = mpsc::channel::<Result<Bytes, Infallible>>(4);
    let stop = app.stop.clone();
    app.links.spawn(async move {
        let pour = async {
            let mut left = bytes;
            while left > 0 {
                let piece = NOISE.slice(..usize::try_from(left).unwrap_or(PIECE).min(PIECE));
                left -= piece.len() as u64;
                if tell.send(Ok(piece)).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = pour => {}
            () = stop.cancelled() => {}
            () = tokio::time::sleep(limits::CHECK_TRANSFER_TIME) => {}
        }
        drop(turn);
    });
    let mut response = Body::from_stream(futures::stream::poll_fn(move |cx| told.poll_recv(cx))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // Compressed, it would measure something else.
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
    Ok(response)
}

/// Takes an upload whose length was told before, and drops it.
pub(crate) async fn receive(app: &App, actor: &Actor, headers: &HeaderMap, body: Body) -> Result<Received, Problem> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let Some(told) = told else {
        let en = "an upload tells its length";
        return Err(Problem::new(StatusCode::LENGTH_REQUIRED, "length_required", "上传须说明长度", en));
    };
    let _turn = turn(app, actor, told)?;
    let mut pieces = body.into_data_stream();
    let count = async {
        let (mut bytes, mut began) = (0u64, None);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Problem::malformed("the upload broke off"))?;
            began.get_or_insert_with(Instant::now);
            bytes += piece.len() as u64;
            if bytes > told {
                return Err(Problem::malformed("the upload is longer than it told"));
            }
        }
        let took = began.map_or(0, |began: Instant| began.elapsed().as_millis());
        Ok(Received { bytes: bytes as i64, took_ms: i64::try_from(took).unwrap_or(i64::MAX) })
    };
    match tokio::time::timeout(limits::CHECK_TRANSFER_TIME, count).await {
        Ok(received) => received,
        Err(_) => {
            let en = "the upload took too long";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "上传过慢", en))
        }
    }
}

/// One of the transfers at work, if the actor has so many bytes left.
fn turn(app: &App, actor: &Actor, bytes: u64) -> Result<OwnedSemaphorePermit, Problem> {
    if bytes > limits::CHECK_TRANSFER_BYTES {
        return Err(Problem::too_large(usize::try_from(limits::CHECK_TRANSFER_BYTES).unwrap_or(usize::MAX)));
    }
    let Ok(turn) = app.checks.transfers.clone().try_acquire_owned() else {
        return Err(too_many("checks_busy", limits::CHECK_TRANSFERS as i64));
    };
    let who = match actor {
        Actor::Account(account) => account.account.0.clone(),
        Actor::Device(device) => device.endpoint.0.clone(),
        Actor::Guest(guest) => guest.endpoint.0.clone(),
        Actor::System => String::new(),
    };
    // A small one costs a millisecond all the same.
    let cost = i64::try_from(bytes * 1000 / limits::CHECK_BYTES_A_SECOND).unwrap_or(i64::MAX).max(1);
    if !app.checks.bytes.take(who, cost, app.clock.now()) {
        return Err(too_many("too_many_bytes", i64::try_from(limits::CHECK_BYTES_AT_ONCE).unwrap_or(i64::MAX)));
    }
    Ok(turn)
}
