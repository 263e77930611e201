//! The view register and the audit, as they are read.

use super::csv::{self, Cell};
use super::{Answer, ok};
use crate::auth::AsAccount;
use crate::problem::Problem;
use crate::read::Query;
use crate::state::App;
use axum::extract::State;
use axum::response::Response;
use lianxian_model::audit::AuditEvent;
use lianxian_service::audit::{AuditFilter, ChainReport};
use lianxian_service::register::{RegisterFilter, RegisterView};
use lianxian_service::{Page, PageRequest};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_register))
        .routes(routes!(export_register))
        .routes(routes!(list_audit))
        .routes(routes!(verify_audit))
}

#[utoipa::path(get, path = "/register", tag = "register", params(RegisterFilter, PageRequest),
    responses((status = 200, body = Page<RegisterView>)))]
async fn list_register(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<RegisterFilter>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<RegisterView>> {
    ok(app.service.register.list(&actor, &filter, &page).await)
}

/// A table for spreadsheets, as `/sessions.csv`.
#[utoipa::path(get, path = "/register.csv", tag = "register", params(RegisterFilter),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_register(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<RegisterFilter>,
) -> Result<Response, Problem> {
    let headings =
        ["会话编号", "场所", "调看事由", "调看内容", "调看单位", "调看人", "开始时间", "结束时间", "首帧时间", "方式"];
    let rows = app.service.register.export(&actor, &filter).await?;
    let rows = rows.into_iter().map(|row| {
        [
            Cell::Text(row.number),
            Cell::Text(row.site.name),
            Cell::Text(row.purpose),
            Cell::Text(row.content),
            Cell::Text(row.unit.name),
            Cell::Text(row.person.name),
            Cell::Time(Some(row.from_ms)),
            Cell::Time(row.to_ms),
            Cell::Time(row.first_picture_ms),
            Cell::Word(row.mode.zh()),
        ]
    });
    Ok(csv::answer("调用登记", "register", &headings, rows))
}

/// The audit administrator's alone.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditFilter, PageRequest),
    responses((status = 200, body = Page<AuditEvent>)))]
async fn list_audit(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(filter): Query<AuditFilter>,
    Query(page): Query<PageRequest>,
) -> Answer<Page<AuditEvent>> {
    ok(app.service.audit.list(&actor, &filter, &page).await)
}

/// Walks the whole chain of hashes.
#[utoipa::path(get, path = "/audit/verification", tag = "audit", responses((status = 200, body = ChainReport)))]
async fn verify_audit(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<ChainReport> {
    ok(app.service.audit.verify(&actor).await)
}
