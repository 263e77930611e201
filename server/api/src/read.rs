//! What a request carries, read with limits and refused as a problem.

use crate::limits;
use crate::problem::Problem;
use crate::state::App;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, request};
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(axum::http::header::CONTENT_TYPE);
        let is_json = content_type.and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        let bytes = bytes(request, state).await?;
        if !is_json {
            let en = "the request's content type must be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "请求内容须为 JSON", en));
        }
        Ok(Self(axum::Json::<T>::from_bytes(&bytes)?.0))
    }
}

/// A JSON body of a guest: small.
pub(crate) struct SmallBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for SmallBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(axum::http::header::CONTENT_TYPE).cloned();
        let is_json = content_type.as_ref().and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        let bytes = whole_within(request.into_body(), limits::GUEST_BODY_BYTES, limits::BODY).await?;
        if !is_json {
            let en = "the request's content type must be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "请求内容须为 JSON", en));
        }
        Ok(Self(axum::Json::<T>::from_bytes(&bytes)?.0))
    }
}

/// A JSON body that may be left out.
pub(crate) struct MaybeBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        Ok(Self(axum::Json::<T>::from_bytes(&bytes)?.0))
    }
}

/// A body of text, of this media type.
pub(crate) async fn text<S: Send + Sync>(request: Request, state: &S, kind: &'static str) -> Result<String, Problem> {
    let content_type = request.headers().get(axum::http::header::CONTENT_TYPE);
    let is_kind = content_type
        .and_then(|said| said.to_str().ok())
        .is_some_and(|said| said.split(';').next().is_some_and(|said| said.trim().eq_ignore_ascii_case(kind)));
    let bytes = bytes(request, state).await?;
    if !is_kind {
        let en = format!("the request's content type must be {kind}");
        let zh = format!("请求内容类型须为 {kind}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", &zh, en));
    }
    String::from_utf8(bytes.into()).map_err(|_| Problem::malformed("the body is not UTF-8"))
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    match tokio::time::timeout(limits::BODY, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)))) => {
            Err(Problem::too_large(limits::BODY_BYTES))
        }
        Ok(Err(error)) => Err(Problem::malformed(error.body_text())),
        Err(_) => {
            let en = "the request's body took too long";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "请求内容传输过慢", en))
        }
    }
}

/// A file that comes in, and its turn, to be held for as long as its bytes are.
pub(crate) async fn file(
    app: &App,
    body: axum::body::Body,
    limit: usize,
    time: Duration,
) -> Result<(Bytes, SemaphorePermit<'_>), Problem> {
    let turn = turn(&app.uploads, limits::FILES_AT_ONCE).await?;
    Ok((whole_within(body, limit, time).await?, turn))
}

/// An image that comes in, and its turn: not one of the files', which take minutes on a thin line.
pub(crate) async fn image(
    app: &App,
    body: axum::body::Body,
    limit: usize,
) -> Result<(Bytes, SemaphorePermit<'_>), Problem> {
    let turn = turn(&app.images, limits::IMAGES_AT_ONCE).await?;
    Ok((whole_within(body, limit, limits::BODY).await?, turn))
}

async fn turn(turns: &Semaphore, limit: usize) -> Result<SemaphorePermit<'_>, Problem> {
    let Ok(Ok(turn)) = tokio::time::timeout(limits::FILE_TURN, turns.acquire()).await else {
        let zh = format!("同时上传的文件已达 {limit} 个，请稍后再发");
        let en = format!("{limit} files are coming in already, send it again in a moment");
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads", &zh, en).with_limit(limit as i64));
    };
    Ok(turn)
}

/// A whole body of bytes, of whatever type it says it is, with as much time as a large one takes on a thin line.
async fn whole_within(body: axum::body::Body, limit: usize, time: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(time, axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // The one other cause is a connection that broke, and then nobody reads the answer.
        Ok(Err(_)) => Err(Problem::too_large(limit)),
        Err(_) => {
            let en = "the request's body took too long";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "请求内容传输过慢", en))
        }
    }
}

/// The query of the address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(error) => Err(Problem::malformed(error.body_text())),
        }
    }
}

/// The `Idempotency-Key` header: a command that is sent again with the same key is carried out once.
pub(crate) struct Once(Option<String>);

impl Once {
    pub(crate) fn key(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _state: &S) -> Result<Self, Problem> {
        match parts.headers.get("idempotency-key").map(|key| key.to_str()) {
            None => Ok(Self(None)),
            Some(Ok(key)) => Ok(Self(Some(key.to_owned()))),
            Some(Err(_)) => Err(Problem::malformed("the Idempotency-Key is not plain text")),
        }
    }
}
