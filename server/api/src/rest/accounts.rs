//! Persons, accounts and role grants: the administrators' side.

use super::{Answer, Created, created, done, ok};
use crate::auth::AsAccount;
use crate::problem::Problem;
use crate::read::{Body, Once};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use lianxian_model::ids::{AccountId, GrantId, PersonId};
use lianxian_model::people::Person;
use lianxian_model::roles::RoleGrant;
use lianxian_service::accounts::{AccountPatch, AccountView, NewAccount, NewGrant, NewPerson, PersonPatch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_persons, create_person))
        .routes(routes!(update_person))
        .routes(routes!(list_accounts, create_account))
        .routes(routes!(update_account))
        .routes(routes!(list_grants, give_grant))
        .routes(routes!(withdraw_grant))
}

#[utoipa::path(get, path = "/persons", tag = "accounts", responses((status = 200, body = Vec<Person>)))]
async fn list_persons(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<Person>> {
    ok(app.service.accounts.persons(&actor).await)
}

#[utoipa::path(post, path = "/persons", tag = "accounts", request_body = NewPerson,
    responses((status = 201, body = Person)))]
async fn create_person(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewPerson>,
) -> Created<Person> {
    created(app.service.accounts.create_person(&actor, new, once.key()).await)
}

/// Disabling a person disables the person's accounts too.
#[utoipa::path(patch, path = "/persons/{id}", tag = "accounts", params(("id" = PersonId, Path)),
    request_body = PersonPatch, responses((status = 200, body = Person)))]
async fn update_person(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<PersonId>,
    Body(patch): Body<PersonPatch>,
) -> Answer<Person> {
    let updated = app.service.accounts.update_person(&actor, &id, patch).await;
    app.logins_changed.send_replace(());
    ok(updated)
}

#[utoipa::path(get, path = "/accounts", tag = "accounts", responses((status = 200, body = Vec<AccountView>)))]
async fn list_accounts(State(app): State<App>, AsAccount(actor): AsAccount) -> Answer<Vec<AccountView>> {
    ok(app.service.accounts.list(&actor).await)
}

#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = NewAccount,
    responses((status = 201, body = AccountView)))]
async fn create_account(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    once: Once,
    Body(new): Body<NewAccount>,
) -> Created<AccountView> {
    created(app.service.accounts.create(&actor, new, once.key()).await)
}

/// Locking, disabling and a new password end the account's logins, watches and links.
#[utoipa::path(patch, path = "/accounts/{id}", tag = "accounts", params(("id" = AccountId, Path)),
    request_body = AccountPatch, responses((status = 200, body = AccountView)))]
async fn update_account(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<AccountId>,
    Body(patch): Body<AccountPatch>,
) -> Answer<AccountView> {
    let updated = app.service.accounts.update(&actor, &id, patch).await;
    app.logins_changed.send_replace(());
    ok(updated)
}

#[utoipa::path(get, path = "/accounts/{id}/grants", tag = "accounts", params(("id" = AccountId, Path)),
    responses((status = 200, body = Vec<RoleGrant>)))]
async fn list_grants(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<AccountId>,
) -> Answer<Vec<RoleGrant>> {
    ok(app.service.accounts.grants(&actor, &id).await)
}

#[utoipa::path(post, path = "/accounts/{id}/grants", tag = "accounts", params(("id" = AccountId, Path)),
    request_body = NewGrant, responses((status = 201, body = RoleGrant)))]
async fn give_grant(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<AccountId>,
    once: Once,
    Body(new): Body<NewGrant>,
) -> Created<RoleGrant> {
    created(app.service.accounts.give(&actor, &id, new, once.key()).await)
}

/// Sessions that stand on the grant end at once.
#[utoipa::path(delete, path = "/accounts/{id}/grants/{grant}", tag = "accounts",
    params(("id" = AccountId, Path), ("grant" = GrantId, Path)), responses((status = 204)))]
async fn withdraw_grant(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path((id, grant)): Path<(AccountId, GrantId)>,
) -> Result<StatusCode, Problem> {
    done(app.service.accounts.withdraw(&actor, &id, &grant).await)
}
