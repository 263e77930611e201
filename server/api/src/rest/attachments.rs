//! Files that are sent in a session: of accounts under `/sessions`, of the workstation under `/station/assists`.

use super::{Created, created};
use crate::auth::{AsAccount, AsAccountQuietly, AsStation};
use crate::limits;
use crate::problem::Problem;
use crate::read::{self, Query};
use crate::state::App;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lianxian_model::ids::{AttachmentId, SessionId};
use lianxian_service::Actor;
use lianxian_service::attachments::{AttachmentView, NewAttachment};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(keep_file))
        .routes(routes!(read_file))
        .routes(routes!(keep_station_file))
        .routes(routes!(read_station_file))
}

/// Sends a file: PDF, PNG, JPEG, WebP, Word, Excel or plain text by its content, at most 20 MiB, 50 a session, 8 files
/// coming in at once (`too_many_uploads`). Attendees who may speak. Codes: `too_large`, `too_many_files`; `invalid` with field `file` or `name`.
#[utoipa::path(post, path = "/sessions/{id}/files", tag = "drawings", params(("id" = SessionId, Path), NewAttachment),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = AttachmentView)))]
async fn keep_file(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    Query(new): Query<NewAttachment>,
    body: Body,
) -> Created<AttachmentView> {
    keep(&app, &actor, &id, new, body).await
}

/// The file as it was sent, to be saved and not shown, 16 going out at once (`too_many_downloads`). Whoever may read the session.
#[utoipa::path(get, path = "/sessions/{id}/files/{file}", tag = "drawings",
    params(("id" = SessionId, Path), ("file" = AttachmentId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = inline(String))))]
async fn read_file(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path((id, file)): Path<(SessionId, AttachmentId)>,
) -> Result<Response, Problem> {
    download(&app, &actor, &id, &file).await
}

/// As `/sessions/{id}/files`.
#[utoipa::path(post, path = "/station/assists/{id}/files", tag = "station",
    params(("id" = SessionId, Path), NewAttachment),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 201, body = AttachmentView)))]
async fn keep_station_file(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<SessionId>,
    Query(new): Query<NewAttachment>,
    body: Body,
) -> Created<AttachmentView> {
    keep(&app, &device.actor, &id, new, body).await
}

/// As `/sessions/{id}/files/{file}`.
#[utoipa::path(get, path = "/station/assists/{id}/files/{file}", tag = "station",
    params(("id" = SessionId, Path), ("file" = AttachmentId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = inline(String))))]
async fn read_station_file(
    State(app): State<App>,
    device: AsStation,
    Path((id, file)): Path<(SessionId, AttachmentId)>,
) -> Result<Response, Problem> {
    download(&app, &device.actor, &id, &file).await
}

async fn keep(
    app: &App,
    actor: &Actor,
    session: &SessionId,
    new: NewAttachment,
    body: Body,
) -> Created<AttachmentView> {
    let (bytes, _turn) = read::file(app, body, limits::FILE_BYTES, limits::FILE_BODY).await?;
    created(app.service.attachments.keep(actor, session, new, bytes).await)
}

async fn download(app: &App, actor: &Actor, session: &SessionId, file: &AttachmentId) -> Result<Response, Problem> {
    let turn = turn_out(&app.downloads).await?;
    let (file, bytes) = app.service.attachments.read(actor, session, file).await?;
    let mut response = Bytes::from_owner(Going { bytes, _turn: turn }).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.file_type.mime()));
    // Whatever is in it, it is saved and not run in the console's own name.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let ending = file.file_type.endings().first().copied().unwrap_or("bin");
    if let Some(disposition) = attachment(&file.name, &format!("file.{ending}")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// A file that goes out: its turn is over when nothing of it is held any more, neither by the answer nor by the connection.
struct Going {
    bytes: Bytes,
    _turn: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Going {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

async fn turn_out(downloads: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    let turn = tokio::time::timeout(limits::FILE_TURN, downloads.clone().acquire_owned()).await;
    turn.ok().and_then(Result::ok).ok_or_else(|| {
        let limit = limits::DOWNLOADS_AT_ONCE;
        let zh = format!("同时下载的文件已达 {limit} 个，请稍后再试");
        let en = format!("{limit} files are going out already, try again in a moment");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_downloads", &zh, en).with_limit(limit as i64)
    })
}

/// A file to save (RFC 6266). `name` is what people read, `plain` what stands in for it where names are ASCII. Every byte of
/// the name is percent-encoded: nothing in it can end the header or the quotation.
pub(super) fn attachment(name: &str, plain: &str) -> Option<HeaderValue> {
    let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    HeaderValue::try_from(format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_file_has_its_turn_until_the_last_of_it_is_sent() {
        let downloads = Arc::new(Semaphore::new(1));
        let turn = turn_out(&downloads).await.unwrap();
        let mut bytes = Bytes::from_owner(Going { bytes: Bytes::from_static(b"a file"), _turn: turn });
        let last = bytes.split_off(2);
        drop(bytes);
        let refused = turn_out(&downloads).await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        drop(last);
        assert!(turn_out(&downloads).await.is_ok());
    }
}
