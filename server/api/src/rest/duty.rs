//! The duty roster: who is on, the week, and its shifts as they are planned and lived.

use super::csv::{self, Cell};
use super::{Answer, Created, created, done, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsDevice};
use crate::problem::Problem;
use crate::read::{self, Body, Once, Query};
use crate::state::App;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use lianxian_model::ids::{HandoverId, ShiftId, SwapId, UnitId};
use lianxian_model::time::Millis;
use lianxian_service::duty::{
    Answering, BadLine, COLUMN_ACCOUNT, COLUMN_ENDS, COLUMN_MODE, COLUMN_PERSON, COLUMN_ROLE, COLUMN_SKILLS,
    COLUMN_STARTS, CopyReport, CopyWeek, DutyNow, DutyPerson, DutyWeek, HandoverView, Handovers, IMPORT_MAX_LINES,
    ImportReport, NewHandover, NewShift, NewSwap, SheetLine, ShiftChange, ShiftView, SwapDecision, SwapView,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_duty_now))
        .routes(routes!(read_duty_week))
        .routes(routes!(list_duty_people))
        .routes(routes!(plan_shift))
        .routes(routes!(change_shift))
        .routes(routes!(remove_shift))
        .routes(routes!(arrive_at_shift))
        .routes(routes!(leave_shift))
        .routes(routes!(note_no_show))
        .routes(routes!(copy_duty_week))
        .routes(routes!(read_station_duty))
        .routes(routes!(export_roster, import_roster))
        .routes(routes!(list_swaps, ask_swap))
        .routes(routes!(decide_swap))
        .routes(routes!(withdraw_swap))
        .routes(routes!(read_handovers, hand_over))
        .routes(routes!(sign_handover))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfUnit {
    /// Left out: the highest unit that the account may read.
    pub(super) unit_id: Option<UnitId>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfDays {
    /// Left out: the highest unit that the account may read.
    unit_id: Option<UnitId>,
    from_ms: Millis,
    /// At most 31 days later.
    to_ms: Millis,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ForUnit {
    unit_id: UnitId,
}

/// Who answers for a unit now, who comes next, and whether nobody does.
#[utoipa::path(get, path = "/duty/now", tag = "duty", params(OfUnit), responses((status = 200, body = DutyNow)))]
async fn read_duty_now(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Query(OfUnit { unit_id }): Query<OfUnit>,
) -> Answer<DutyNow> {
    ok(app.service.duty.now(&actor, unit_id.as_ref()).await)
}

/// The shifts that serve a unit, its own and those of the units above.
#[utoipa::path(get, path = "/duty/week", tag = "duty", params(OfDays), responses((status = 200, body = DutyWeek)))]
async fn read_duty_week(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Query(OfDays { unit_id, from_ms, to_ms }): Query<OfDays>,
) -> Answer<DutyWeek> {
    ok(app.service.duty.week(&actor, unit_id.as_ref(), from_ms, to_ms).await)
}

/// Who can be planned for a unit.
#[utoipa::path(get, path = "/duty/people", tag = "duty", params(ForUnit),
    responses((status = 200, body = Vec<DutyPerson>)))]
async fn list_duty_people(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(ForUnit { unit_id }): Query<ForUnit>,
) -> Answer<Vec<DutyPerson>> {
    ok(app.service.duty.people(&actor, &unit_id).await)
}

/// Codes: `overlapping`, `too_many_shifts`.
#[utoipa::path(post, path = "/duty/shifts", tag = "duty", request_body = NewShift,
    responses((status = 201, body = ShiftView)))]
async fn plan_shift(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewShift>,
) -> Created<ShiftView> {
    created(app.service.duty.plan(&actor, new, once.key()).await)
}

/// Of a shift that has begun the start stays; another person takes over from now on, as a shift of its own, which is the
/// answer. Codes: `overlapping`, `too_many_shifts`, `shift_begun`, `shift_over`, `changed_meanwhile`.
#[utoipa::path(patch, path = "/duty/shifts/{id}", tag = "duty", params(("id" = ShiftId, Path)),
    request_body = ShiftChange, responses((status = 200, body = ShiftView)))]
async fn change_shift(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<ShiftId>,
    Body(change): Body<ShiftChange>,
) -> Answer<ShiftView> {
    ok(app.service.duty.change(&actor, &id, change).await)
}

/// Takes a shift that has not begun off the roster. Codes: `shift_begun`.
#[utoipa::path(delete, path = "/duty/shifts/{id}", tag = "duty", params(("id" = ShiftId, Path)),
    responses((status = 204)))]
async fn remove_shift(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<ShiftId>,
) -> Result<StatusCode, Problem> {
    done(app.service.duty.remove(&actor, &id).await)
}

/// The person reports and so takes over. Codes: `already_arrived`, `too_early`, `shift_over`.
#[utoipa::path(post, path = "/duty/shifts/{id}/arrival", tag = "duty", params(("id" = ShiftId, Path)),
    responses((status = 200, body = ShiftView)))]
async fn arrive_at_shift(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<ShiftId>,
) -> Answer<ShiftView> {
    ok(app.service.duty.arrive(&actor, &id).await)
}

/// The person goes, before the end or from being held on. Codes: `not_on_duty`.
#[utoipa::path(post, path = "/duty/shifts/{id}/departure", tag = "duty", params(("id" = ShiftId, Path)),
    responses((status = 200, body = ShiftView)))]
async fn leave_shift(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<ShiftId>,
) -> Answer<ShiftView> {
    ok(app.service.duty.leave(&actor, &id).await)
}

/// The person did not come: whoever had the shift before stays on until somebody takes over. Codes: `already_arrived`,
/// `already_missing`, `not_begun`, `shift_over`.
#[utoipa::path(post, path = "/duty/shifts/{id}/no-show", tag = "duty", params(("id" = ShiftId, Path)),
    responses((status = 200, body = ShiftView)))]
async fn note_no_show(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<ShiftId>,
) -> Answer<ShiftView> {
    ok(app.service.duty.no_show(&actor, &id).await)
}

/// Copies a week's shifts into another; what meets shifts that are there is skipped and told. Codes: `nothing_to_copy`.
#[utoipa::path(post, path = "/duty/copies", tag = "duty", request_body = CopyWeek,
    responses((status = 200, body = CopyReport)))]
async fn copy_duty_week(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Body(copy): Body<CopyWeek>,
) -> Answer<CopyReport> {
    ok(app.service.duty.copy_week(&actor, copy).await)
}

/// Who would answer this device's site now, in ladder order.
#[utoipa::path(get, path = "/station/duty", tag = "station", responses((status = 200, body = Vec<Answering>)))]
async fn read_station_duty(State(app): State<App>, device: AsDevice) -> Answer<Vec<Answering>> {
    ok(app.service.duty.answering(&device.actor).await)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RosterSpan {
    unit_id: UnitId,
    from_ms: Millis,
    /// At most 31 days later.
    to_ms: Millis,
}

/// The unit's own shifts as a table for spreadsheets, as `/sessions.csv`; its first seven columns are what the import
/// reads. Leaves an audit row.
#[utoipa::path(get, path = "/duty/roster.csv", tag = "duty", params(RosterSpan),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_roster(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(RosterSpan { unit_id, from_ms, to_ms }): Query<RosterSpan>,
) -> Result<Response, Problem> {
    let headings = [
        COLUMN_PERSON,
        COLUMN_ACCOUNT,
        COLUMN_ROLE,
        COLUMN_MODE,
        COLUMN_SKILLS,
        COLUMN_STARTS,
        COLUMN_ENDS,
        "状态",
        "到岗时间",
        "离岗时间",
        "登记未到岗",
        "机构",
    ];
    let rows = app.service.duty.export(&actor, &unit_id, from_ms, to_ms).await?;
    let rows = rows.into_iter().map(|(shift, account)| {
        let skills = shift.skills.iter().map(|skill| skill.zh()).collect::<Vec<_>>().join("；");
        [
            Cell::Text(shift.person.name),
            Cell::Text(account),
            Cell::Word(shift.role.zh()),
            Cell::Word(shift.mode.zh()),
            Cell::Text(skills),
            Cell::Time(Some(shift.starts_ms)),
            Cell::Time(Some(shift.ends_ms)),
            Cell::Word(shift.standing.zh()),
            Cell::Time(shift.arrived_ms),
            Cell::Time(shift.left_ms),
            Cell::Time(shift.no_show_ms),
            Cell::Text(shift.unit.name),
        ]
    });
    Ok(csv::answer("值班表", "roster", &headings, rows))
}

/// Puts every line of a table on the unit's roster, or, when one is wrong, none: the answer names each wrong line. The
/// first line names the columns; at most 500 lines. Codes: `too_many_lines`.
#[utoipa::path(post, path = "/duty/roster.csv", tag = "duty", params(ForUnit),
    request_body(content = inline(String), content_type = "text/csv"),
    responses((status = 200, body = ImportReport)))]
async fn import_roster(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(ForUnit { unit_id }): Query<ForUnit>,
    request: Request,
) -> Answer<ImportReport> {
    let text = read::text(request, &app, "text/csv").await?;
    match sheet(&text) {
        Ok(lines) => ok(app.service.duty.import(&actor, &unit_id, lines).await),
        Err(bad) => Ok(axum::Json(ImportReport { imported: 0, unchanged: 0, bad: vec![bad] })),
    }
}

/// The table's lines by the names of their columns, in whatever order these are.
fn sheet(text: &str) -> Result<Vec<SheetLine>, BadLine> {
    // One more than an import takes, so that the limit is told by who knows it.
    let mut records = csv::records(text, IMPORT_MAX_LINES + 2).into_iter();
    let (line, headings) = records.next().unwrap_or_default();
    let at = |name: &str| headings.iter().position(|heading| heading.trim() == name);
    for needed in [COLUMN_PERSON, COLUMN_ROLE, COLUMN_STARTS, COLUMN_ENDS] {
        if at(needed).is_none() {
            return Err(BadLine {
                line: line.max(1),
                column: needed.into(),
                value: String::new(),
                cause_zh: "第一行没有这一列".into(),
                cause_en: "the first line does not name this column".into(),
            });
        }
    }
    let columns = [COLUMN_PERSON, COLUMN_ACCOUNT, COLUMN_ROLE, COLUMN_MODE, COLUMN_SKILLS, COLUMN_STARTS, COLUMN_ENDS];
    let columns = columns.map(at);
    let lines = records.map(|(line, cells)| {
        let [person, account, role, mode, skills, starts, ends] = columns
            .map(|at| at.and_then(|at| cells.get(at)).map_or_else(String::new, |cell| csv::unguarded(cell).to_owned()));
        SheetLine { line, person, account, role, mode, skills, starts, ends }
    });
    Ok(lines.collect())
}

/// Those that wait, and those of 30 days.
#[utoipa::path(get, path = "/duty/swaps", tag = "duty", params(OfUnit), responses((status = 200, body = Vec<SwapView>)))]
async fn list_swaps(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Query(OfUnit { unit_id }): Query<OfUnit>,
) -> Answer<Vec<SwapView>> {
    ok(app.service.duty.swaps(&actor, unit_id.as_ref()).await)
}

/// Whoever has the shift asks. Codes: `shift_begun`, `already_asked`.
#[utoipa::path(post, path = "/duty/swaps", tag = "duty", request_body = NewSwap,
    responses((status = 201, body = SwapView)))]
async fn ask_swap(State(app): State<App>, AsAccount(actor): AsAccount, Body(new): Body<NewSwap>) -> Created<SwapView> {
    created(app.service.duty.ask_swap(&actor, new).await)
}

/// Approved, the shifts are the other persons' at once. Codes: `already_decided`, `shift_begun`, `changed_meanwhile`,
/// `overlapping`.
#[utoipa::path(post, path = "/duty/swaps/{id}/decision", tag = "duty", params(("id" = SwapId, Path)),
    request_body = SwapDecision, responses((status = 200, body = SwapView)))]
async fn decide_swap(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SwapId>,
    Body(decision): Body<SwapDecision>,
) -> Answer<SwapView> {
    ok(app.service.duty.decide_swap(&actor, &id, decision).await)
}

/// By whoever asked. Codes: `already_decided`.
#[utoipa::path(post, path = "/duty/swaps/{id}/withdrawal", tag = "duty", params(("id" = SwapId, Path)),
    responses((status = 200, body = SwapView)))]
async fn withdraw_swap(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<SwapId>,
) -> Answer<SwapView> {
    ok(app.service.duty.withdraw_swap(&actor, &id).await)
}

/// What is to be handed over, the cards, and what is open now.
#[utoipa::path(get, path = "/duty/handovers", tag = "duty", params(OfUnit),
    responses((status = 200, body = Handovers)))]
async fn read_handovers(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Query(OfUnit { unit_id }): Query<OfUnit>,
) -> Answer<Handovers> {
    ok(app.service.duty.handovers(&actor, unit_id.as_ref()).await)
}

/// The outgoing person signs; the card takes what is open at that moment. Codes: `already_signed`, `not_on_duty`.
#[utoipa::path(post, path = "/duty/handovers", tag = "duty", request_body = NewHandover,
    responses((status = 201, body = HandoverView)))]
async fn hand_over(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Body(new): Body<NewHandover>,
) -> Created<HandoverView> {
    created(app.service.duty.hand_over(&actor, new).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandoverAnswer {
    #[serde(default)]
    answer: String,
}

/// The incoming person signs, and so has reported for the shift. Codes: `already_signed`.
#[utoipa::path(post, path = "/duty/handovers/{id}/signature", tag = "duty", params(("id" = HandoverId, Path)),
    request_body = HandoverAnswer, responses((status = 200, body = HandoverView)))]
async fn sign_handover(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<HandoverId>,
    Body(HandoverAnswer { answer }): Body<HandoverAnswer>,
) -> Answer<HandoverView> {
    ok(app.service.duty.take_over(&actor, &id, &answer).await)
}
