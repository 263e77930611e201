//! Files of the console: hashed ones for ever, the page itself asked for each time. Every address that is no file is the
//! console's own to read.

use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

/// What the web build made. A build without it says so on the page: the server itself can be worked on without Node.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Built;

/// Where the web build puts files whose names hold a hash of their content.
const HASHED: &str = "assets/";

const MISSING: &str = "<!doctype html><meta charset=\"utf-8\"><title>连线</title>\
<h1>网页尚未构建 · The web build is missing</h1>\
<p>请先执行 <code>make web</code>，再重新编译。Run <code>make web</code>, then build the server again.</p>\n";

pub(super) async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::method_not_allowed().into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with(HASHED) {
        return match Built::get(path) {
            Some(file) => answer(path, file, "public, max-age=31536000, immutable"),
            // A page of an older build asks for a file that is gone: it must not take the console's page for a script.
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    if !path.is_empty()
        && path != "index.html"
        && let Some(file) = Built::get(path)
    {
        return revalidated(path, file, &request);
    }
    match Built::get("index.html") {
        Some(file) => revalidated("index.html", file, &request),
        None => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            ([(header::CONTENT_TYPE, html)], MISSING).into_response()
        }
    }
}

/// A file that may change with the next version: kept, but asked for each time.
fn revalidated(path: &str, file: EmbeddedFile, request: &Request) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    // An answer that was compressed on its way has a weak tag.
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let mut response = if known.is_some_and(|tags| tags.contains(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        answer(path, file, "no-cache")
    };
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn answer(path: &str, file: EmbeddedFile, cache: &'static str) -> Response {
    // What is in the program is sent from there: a copy for each request would be held as long as its reader takes.
    let data = match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    };
    let mut response = data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Only what the console is made of; anything else is bytes.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
