//! What is frozen, drawn and written in a session: of accounts under `/sessions`, of the workstation under `/station/assists`.

use super::{Answer, Created, created, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsStation};
use crate::limits;
use crate::problem::Problem;
use crate::read::{self, Body, Query};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use lianxian_model::drawing::{Drawn, ImageType};
use lianxian_model::ids::{FrameId, SessionId};
use lianxian_service::drawings::{FrameView, LineView, Marks, NewFrame, NoteView, StrokeView};
use lianxian_service::{Actor, ServiceResult};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_marks))
        .routes(routes!(keep_frame))
        .routes(routes!(read_frame))
        .routes(routes!(draw_stroke))
        .routes(routes!(undo_stroke))
        .routes(routes!(say_line))
        .routes(routes!(keep_note))
        .routes(routes!(read_station_marks))
        .routes(routes!(keep_station_frame))
        .routes(routes!(read_station_frame))
        .routes(routes!(draw_station_stroke))
        .routes(routes!(undo_station_stroke))
        .routes(routes!(say_station_line))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct NewLine {
    /// At most 500 characters.
    text: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNote {
    /// The version that was read, 0 when there was none.
    version: i64,
    /// At most 8 000 characters.
    text: String,
}

/// Frames with the strokes that stand, and what was written. Whoever may read the session.
#[utoipa::path(get, path = "/sessions/{id}/marks", tag = "drawings", params(("id" = SessionId, Path)),
    responses((status = 200, body = Marks)))]
async fn read_marks(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path(id): Path<SessionId>,
) -> Answer<Marks> {
    ok(app.service.drawings.marks(&actor, &id).await)
}

/// Keeps a frozen frame: PNG or WebP, at most 8 MiB and 8192 pixels a side. Attendees who may speak.
/// Codes: `too_large`, `too_many_frames`.
#[utoipa::path(post, path = "/sessions/{id}/frames", tag = "drawings", params(("id" = SessionId, Path), NewFrame),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = FrameView)))]
async fn keep_frame(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Query(new): Query<NewFrame>,
    body: axum::body::Body,
) -> Created<FrameView> {
    freeze(&app, &actor, &id, new, body).await
}

/// The image as it was kept.
#[utoipa::path(get, path = "/sessions/{id}/frames/{frame}/image", tag = "drawings",
    params(("id" = SessionId, Path), ("frame" = FrameId, Path)),
    responses((status = 200, content_type = "image/webp", body = inline(String))))]
async fn read_frame(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path((id, frame)): Path<(SessionId, FrameId)>,
) -> Result<Response, Problem> {
    image(app.service.drawings.image(&actor, &id, &frame).await)
}

/// Draws on a frame; stored before anyone is told. Attendees who may speak. Codes: `too_many_strokes`.
#[utoipa::path(post, path = "/sessions/{id}/frames/{frame}/strokes", tag = "drawings",
    params(("id" = SessionId, Path), ("frame" = FrameId, Path)), request_body = Drawn,
    responses((status = 201, body = StrokeView)))]
async fn draw_stroke(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path((id, frame)): Path<(SessionId, FrameId)>,
    Body(drawn): Body<Drawn>,
) -> Created<StrokeView> {
    created(app.service.drawings.draw(&actor, &id, &frame, drawn).await)
}

/// Undoes one's own last stroke; it stays on record. Codes: `nothing_to_undo`.
#[utoipa::path(post, path = "/sessions/{id}/frames/{frame}/undo", tag = "drawings",
    params(("id" = SessionId, Path), ("frame" = FrameId, Path)), responses((status = 200, body = StrokeView)))]
async fn undo_stroke(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path((id, frame)): Path<(SessionId, FrameId)>,
) -> Answer<StrokeView> {
    ok(app.service.drawings.undo(&actor, &id, &frame).await)
}

/// Says a line in writing, at most 1 000 of 500 characters. Attendees who may speak. Codes: `too_many_lines`.
#[utoipa::path(post, path = "/sessions/{id}/lines", tag = "drawings", params(("id" = SessionId, Path)),
    request_body = NewLine, responses((status = 201, body = LineView)))]
async fn say_line(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Body(NewLine { text }): Body<NewLine>,
) -> Created<LineView> {
    created(app.service.drawings.say(&actor, &id, &text).await)
}

/// Keeps the next version of the session's note, at most 50 of 8 000 characters. Attendees who may speak.
/// Codes: `changed_meanwhile` with the latest version as its value, `too_many_notes`.
#[utoipa::path(post, path = "/sessions/{id}/notes", tag = "drawings", params(("id" = SessionId, Path)),
    request_body = NewNote, responses((status = 201, body = NoteView)))]
async fn keep_note(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Body(NewNote { version, text }): Body<NewNote>,
) -> Created<NoteView> {
    created(app.service.drawings.note(&actor, &id, version, &text).await)
}

/// As `/sessions/{id}/marks`, of the assistance in which this device takes part; so are the next five.
#[utoipa::path(get, path = "/station/assists/{id}/marks", tag = "station", params(("id" = SessionId, Path)),
    responses((status = 200, body = Marks)))]
async fn read_station_marks(State(app): State<App>, device: AsStation, Path(id): Path<SessionId>) -> Answer<Marks> {
    ok(app.service.drawings.marks(&device.actor, &id).await)
}

/// As `/sessions/{id}/frames`.
#[utoipa::path(post, path = "/station/assists/{id}/frames", tag = "station",
    params(("id" = SessionId, Path), NewFrame),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = FrameView)))]
async fn keep_station_frame(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<SessionId>,
    Query(new): Query<NewFrame>,
    body: axum::body::Body,
) -> Created<FrameView> {
    freeze(&app, &device.actor, &id, new, body).await
}

/// As `/sessions/{id}/frames/{frame}/image`.
#[utoipa::path(get, path = "/station/assists/{id}/frames/{frame}/image", tag = "station",
    params(("id" = SessionId, Path), ("frame" = FrameId, Path)),
    responses((status = 200, content_type = "image/webp", body = inline(String))))]
async fn read_station_frame(
    State(app): State<App>,
    device: AsStation,
    Path((id, frame)): Path<(SessionId, FrameId)>,
) -> Result<Response, Problem> {
    image(app.service.drawings.image(&device.actor, &id, &frame).await)
}

/// As `/sessions/{id}/frames/{frame}/strokes`.
#[utoipa::path(post, path = "/station/assists/{id}/frames/{frame}/strokes", tag = "station",
    params(("id" = SessionId, Path), ("frame" = FrameId, Path)), request_body = Drawn,
    responses((status = 201, body = StrokeView)))]
async fn draw_station_stroke(
    State(app): State<App>,
    device: AsStation,
    Path((id, frame)): Path<(SessionId, FrameId)>,
    Body(drawn): Body<Drawn>,
) -> Created<StrokeView> {
    created(app.service.drawings.draw(&device.actor, &id, &frame, drawn).await)
}

/// As `/sessions/{id}/frames/{frame}/undo`.
#[utoipa::path(post, path = "/station/assists/{id}/frames/{frame}/undo", tag = "station",
    params(("id" = SessionId, Path), ("frame" = FrameId, Path)), responses((status = 200, body = StrokeView)))]
async fn undo_station_stroke(
    State(app): State<App>,
    device: AsStation,
    Path((id, frame)): Path<(SessionId, FrameId)>,
) -> Answer<StrokeView> {
    ok(app.service.drawings.undo(&device.actor, &id, &frame).await)
}

/// As `/sessions/{id}/lines`.
#[utoipa::path(post, path = "/station/assists/{id}/lines", tag = "station", params(("id" = SessionId, Path)),
    request_body = NewLine, responses((status = 201, body = LineView)))]
async fn say_station_line(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<SessionId>,
    Body(NewLine { text }): Body<NewLine>,
) -> Created<LineView> {
    created(app.service.drawings.say(&device.actor, &id, &text).await)
}

async fn freeze(
    app: &App,
    actor: &Actor,
    session: &SessionId,
    new: NewFrame,
    body: axum::body::Body,
) -> Created<FrameView> {
    let (image, _turn) = read::image(app, body, limits::FRAME_BYTES).await?;
    created(app.service.drawings.freeze(actor, session, new, image).await)
}

pub(super) fn image(found: ServiceResult<(ImageType, axum::body::Bytes)>) -> Result<Response, Problem> {
    let (kind, bytes) = found?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.mime()));
    // It never changes; still nobody but this browser may keep it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
