//! Cards: quick phrases, law cards, templates of notes.

use super::duty::OfUnit;
use super::{Answer, Created, created, ok};
use crate::auth::AsAccount;
use crate::read::{Body, Query};
use crate::state::App;
use axum::extract::{Path, State};
use lianxian_model::ids::CardId;
use lianxian_service::cards::{CardBoard, CardChange, CardView, NewCard};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_cards, make_card)).routes(routes!(change_card))
}

/// The cards of a unit and of those above it. Right `requests.read`.
#[utoipa::path(get, path = "/cards", tag = "cards", params(OfUnit), responses((status = 200, body = CardBoard)))]
async fn list_cards(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(OfUnit { unit_id }): Query<OfUnit>,
) -> Answer<CardBoard> {
    ok(app.service.cards.board(&actor, unit_id.as_ref()).await)
}

/// Right `requests.manage` over the unit. Codes: `too_many_cards`.
#[utoipa::path(post, path = "/cards", tag = "cards", request_body = NewCard, responses((status = 201, body = CardView)))]
async fn make_card(State(app): State<App>, AsAccount(actor): AsAccount, Body(new): Body<NewCard>) -> Created<CardView> {
    created(app.service.cards.make(&actor, new).await)
}

/// Changes, withdraws or puts back. Right `requests.manage` over its unit. Codes: `changed_meanwhile`.
#[utoipa::path(put, path = "/cards/{id}", tag = "cards", params(("id" = CardId, Path)),
    request_body = CardChange, responses((status = 200, body = CardView)))]
async fn change_card(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<CardId>,
    Body(change): Body<CardChange>,
) -> Answer<CardView> {
    ok(app.service.cards.change(&actor, &id, change).await)
}
