//! Sessions: found, read, ended, exported.

use super::csv::{self, Cell};
use super::{Answer, ok};
use crate::auth::AsAccount;
use crate::problem::Problem;
use crate::read::{MaybeBody, Query};
use crate::state::App;
use axum::extract::{Path, State};
use axum::response::Response;
use lianxian_model::ids::SessionId;
use lianxian_model::media::TrackKind;
use lianxian_model::session::SessionEnd;
use lianxian_service::sessions::quality::{QualityPoint, SessionQuality};
use lianxian_service::sessions::{SessionDetail, SessionFilter, SessionView};
use lianxian_service::{Page, PageRequest};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions))
        .routes(routes!(export_sessions))
        .routes(routes!(read_session))
        .routes(routes!(read_quality))
        .routes(routes!(export_quality))
        .routes(routes!(end_session))
}

#[derive(Default, Deserialize, ToSchema)]
pub(super) struct SessionEnding {
    #[serde(default)]
    note: Option<String>,
}

#[utoipa::path(get, path = "/sessions", tag = "sessions", params(SessionFilter, PageRequest),
    responses((status = 200, body = Page<SessionView>)))]
async fn list_sessions(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<SessionFilter>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<SessionView>> {
    ok(app.service.sessions.list(&actor, &filter, &page).await)
}

/// A table for spreadsheets: UTF-8 with a byte order mark, Chinese headings, at most 20 000 rows. Leaves an audit row.
#[utoipa::path(get, path = "/sessions.csv", tag = "sessions", params(SessionFilter),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_sessions(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<SessionFilter>,
) -> Result<Response, Problem> {
    let headings = [
        "会话编号",
        "类型",
        "状态",
        "事由",
        "场所",
        "机构",
        "观看人",
        "观看人机构",
        "开始时间",
        "结束时间",
        "结束原因",
        "说明",
        "案号",
    ];
    let rows = app.service.sessions.export(&actor, &filter).await?;
    let rows = rows.into_iter().map(|session| {
        let observer_unit = session.observer.as_ref().and_then(|observer| observer.unit.as_ref());
        let observer_unit = observer_unit.map(|unit| unit.name.clone()).unwrap_or_default();
        let cases = session.cases.iter().filter(|case| case.withdrawn_ms.is_none());
        let cases: Vec<&str> = cases.map(|case| case.raw.as_str()).collect();
        [
            Cell::Text(session.number),
            Cell::Word(session.kind.zh()),
            Cell::Word(session.state.zh()),
            Cell::Text(session.purpose),
            Cell::Text(session.site.map(|site| site.name).unwrap_or_default()),
            Cell::Text(session.unit.map(|unit| unit.name).unwrap_or_default()),
            Cell::Text(session.observer.map(|observer| observer.name).unwrap_or_default()),
            Cell::Text(observer_unit),
            Cell::Time(Some(session.started_ms)),
            Cell::Time(session.ended_ms),
            Cell::Word(session.end_cause.map_or("", SessionEnd::zh)),
            Cell::Text(session.end_note),
            Cell::Text(cases.join("；")),
        ]
    });
    Ok(csv::answer("会话记录", "sessions", &headings, rows))
}

/// One session's whole story. One's own, or by right.
#[utoipa::path(get, path = "/sessions/{id}", tag = "sessions", params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionDetail)))]
async fn read_session(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
) -> Answer<SessionDetail> {
    ok(app.service.sessions.get(&actor, &id).await)
}

/// How good its pictures and sounds were, as curves over its time. Whoever may read the session.
#[utoipa::path(get, path = "/sessions/{id}/quality", tag = "sessions", params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionQuality)))]
async fn read_quality(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
) -> Answer<SessionQuality> {
    ok(app.service.sessions.quality(&actor, &id).await)
}

/// The same as a table, every interval as it was measured, at most 20 000. Leaves an audit row.
#[utoipa::path(get, path = "/sessions/{id}/quality.csv", tag = "sessions", params(("id" = SessionId, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_quality(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
) -> Result<Response, Problem> {
    let headings = [
        "会话编号",
        "发送方",
        "类型",
        "开始时间",
        "结束时间",
        "码率（bit/s）",
        "宽",
        "高",
        "上行丢包率",
        "未补回丢包率",
        "上行抖动（ms）",
        "上行往返（ms）",
        "观看数",
        "观看码率（bit/s）",
        "观看丢包率（居中）",
        "观看丢包率（最差）",
        "观看往返（居中，ms）",
        "观看往返（最差，ms）",
        "可用带宽（居中，bit/s）",
        "可用带宽（最低，bit/s）",
        "暂停次数",
        "暂停时长（ms）",
        "卡顿次数",
        "卡顿时长（ms）",
    ];
    let (number, tracks) = app.service.sessions.export_quality(&actor, &id).await?;
    let rows = tracks.into_iter().flat_map(|track| {
        let (number, publisher, kind) = (number.clone(), track.publisher.name, track.kind);
        track.points.into_iter().map(move |point| quality_cells(number.clone(), publisher.clone(), kind, point))
    });
    Ok(csv::answer("会话质量", "quality", &headings, rows))
}

fn quality_cells(number: String, publisher: String, kind: TrackKind, point: QualityPoint) -> [Cell; 24] {
    let figures = point.viewers.unwrap_or_default();
    let count = |value: u32| Cell::Count(Some(u64::from(value)));
    let some = |value: Option<u32>| Cell::Count(value.map(u64::from));
    [
        Cell::Text(number),
        Cell::Text(publisher),
        Cell::Word(match kind {
            TrackKind::Audio => "声音",
            TrackKind::Video => "画面",
        }),
        Cell::Time(Some(point.from_ms)),
        Cell::Time(Some(point.to_ms)),
        Cell::Count(Some(point.bitrate_bps)),
        count(point.width),
        count(point.height),
        Cell::Share(point.loss),
        Cell::Share(point.lost),
        count(point.jitter_ms),
        some(point.rtt_ms),
        count(figures.viewers),
        Cell::Count(Some(figures.bitrate_bps)),
        Cell::Share(figures.loss_median),
        Cell::Share(figures.loss_worst),
        some(figures.rtt_median_ms),
        some(figures.rtt_worst_ms),
        Cell::Count(figures.estimate_median_bps),
        Cell::Count(figures.estimate_lowest_bps),
        count(figures.pauses),
        count(figures.paused_ms),
        count(figures.freezes),
        count(figures.frozen_ms),
    ]
}

/// Code `session_not_open`: somebody was faster.
#[utoipa::path(post, path = "/sessions/{id}/end", tag = "sessions", params(("id" = SessionId, Path)),
    request_body = Option<SessionEnding>, responses((status = 200, body = SessionView)))]
async fn end_session(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SessionId>,
    MaybeBody(ending): MaybeBody<SessionEnding>,
) -> Answer<SessionView> {
    ok(app.service.sessions.end(&actor, &id, &ending.note.unwrap_or_default()).await)
}
