//! The duty roster: who is on, the week, and its shifts as they are planned and lived.

use super::{Answer, Created, created, done, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsDevice};
use crate::problem::Problem;
use crate::read::{Body, Once, Query};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use lianxian_model::ids::{ShiftId, UnitId};
use lianxian_model::time::Millis;
use lianxian_service::duty::{
    Answering, CopyReport, CopyWeek, DutyNow, DutyPerson, DutyWeek, NewShift, ShiftChange, ShiftView,
};
use serde::Deserialize;
use utoipa::IntoParams;
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
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfUnit {
    /// Left out: the highest unit that the account may read.
    unit_id: Option<UnitId>,
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
