//! Guests: links that the staff gives out, and the guest's own door under `/guest`, which asks for no login. What a guest
//! may do is its own visit's, known by the cookie `lianxian_guest`; bodies are small and requests rare, by limits of their own.

use super::live::{LinkToken, sign};
use super::{Answer, Created, created, ok};
use crate::auth::{AsAccount, AsAccountQuietly, AsGuest, AsStation, GUEST, NotForeign, guest_secret, set_cookie};
use crate::checks::{self, Received};
use crate::events;
use crate::limits;
use crate::problem::Problem;
use crate::read::{Body, MaybeBody, Query, SmallBody};
use crate::rest::checks::Wanted;
use crate::state::{App, Peer};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use lianxian_model::ids::{ConsentId, GuestLinkId, RequestId, SessionId, UnitId, VisitId};
use lianxian_service::guests::{
    ConsentTextView, ConsentTexts, ConsentView, GuestBoard, GuestLinkView, GuestView, Judgement, MadeGuestLink,
    NewConsent, NewConsentText, NewGuestLink, VisitView, Withdrawal,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(make_guest_link))
        .routes(routes!(read_guests))
        .routes(routes!(revoke_guest_link))
        .routes(routes!(remove_guest))
        .routes(routes!(read_consent_texts, put_consent_text))
        .routes(routes!(make_station_guest_link))
        .routes(routes!(read_station_guests))
        .routes(routes!(revoke_station_guest_link))
        .routes(routes!(remove_station_guest))
        .routes(routes!(read_station_consent_text))
        .routes(routes!(consent_at_station))
        .routes(routes!(withdraw_at_station))
        .routes(routes!(open_visit, read_visit))
        .routes(routes!(stream_visit))
        .routes(routes!(give_consent))
        .routes(routes!(withdraw_consent))
        .routes(routes!(sign_guest_token))
        .routes(routes!(judge_visit))
        .routes(routes!(download_for_guest_check))
        .routes(routes!(upload_for_guest_check))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GuestReason {
    /// At most 200 characters; needed.
    reason: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfUnit {
    unit_id: UnitId,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GuestToken {
    /// What stands behind `/g/` in the link.
    token: String,
}

/// A link for the citizen of a request: `https://<this server>/g/<token>`, told once. Right `requests.raise` or
/// `requests.answer` over its unit. Codes: `request_state`, `too_many_guest_links`.
#[utoipa::path(post, path = "/requests/{id}/guest-links", tag = "guests", params(("id" = RequestId, Path)),
    request_body = NewGuestLink, responses((status = 201, body = MadeGuestLink)))]
async fn make_guest_link(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<RequestId>,
    MaybeBody(new): MaybeBody<NewGuestLink>,
) -> Created<MadeGuestLink> {
    created(app.service.guests.make_link(&actor, &id, new).await)
}

/// Links, guests, consents and ratings of a request. Right `requests.read` over its unit.
#[utoipa::path(get, path = "/requests/{id}/guests", tag = "guests", params(("id" = RequestId, Path)),
    responses((status = 200, body = GuestBoard)))]
async fn read_guests(
    State(app): State<App>,
    AsAccountQuietly(actor): AsAccountQuietly,
    Path(id): Path<RequestId>,
) -> Answer<GuestBoard> {
    ok(app.service.guests.board(&actor, &id).await)
}

/// It opens nothing any more, and whoever came by it is out. Codes: `guest_link_revoked`.
#[utoipa::path(post, path = "/guest-links/{id}/revoke", tag = "guests", params(("id" = GuestLinkId, Path)),
    request_body = GuestReason, responses((status = 200, body = GuestLinkView)))]
async fn revoke_guest_link(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<GuestLinkId>,
    Body(GuestReason { reason }): Body<GuestReason>,
) -> Answer<GuestLinkView> {
    ok(app.service.guests.revoke_link(&actor, &id, &reason).await)
}

/// Refuses a guest, or takes one out who is in. Codes: `guest_removed`.
#[utoipa::path(post, path = "/guests/{id}/remove", tag = "guests", params(("id" = VisitId, Path)),
    request_body = GuestReason, responses((status = 200, body = GuestView)))]
async fn remove_guest(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Path(id): Path<VisitId>,
    Body(GuestReason { reason }): Body<GuestReason>,
) -> Answer<GuestView> {
    ok(app.service.guests.remove(&actor, &id, &reason).await)
}

/// The consent text that holds for a unit, and the unit's own versions.
#[utoipa::path(get, path = "/consent-texts", tag = "guests", params(OfUnit),
    responses((status = 200, body = ConsentTexts)))]
async fn read_consent_texts(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Query(OfUnit { unit_id }): Query<OfUnit>,
) -> Answer<ConsentTexts> {
    ok(app.service.guests.texts(&actor, &unit_id).await)
}

/// A new version of a unit's consent text; consents to former ones stand. Right `org.manage` over the unit.
#[utoipa::path(post, path = "/consent-texts", tag = "guests", request_body = NewConsentText,
    responses((status = 201, body = ConsentTextView)))]
async fn put_consent_text(
    State(app): State<App>,
    AsAccount(actor): AsAccount,
    Body(new): Body<NewConsentText>,
) -> Created<ConsentTextView> {
    created(app.service.guests.put_text(&actor, new).await)
}

/// As `/requests/{id}/guest-links`, of this site.
#[utoipa::path(post, path = "/station/requests/{id}/guest-links", tag = "station", params(("id" = RequestId, Path)),
    request_body = NewGuestLink, responses((status = 201, body = MadeGuestLink)))]
async fn make_station_guest_link(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<RequestId>,
    MaybeBody(new): MaybeBody<NewGuestLink>,
) -> Created<MadeGuestLink> {
    created(app.service.guests.make_link(&device.actor, &id, new).await)
}

/// As `/requests/{id}/guests`, of this site.
#[utoipa::path(get, path = "/station/requests/{id}/guests", tag = "station", params(("id" = RequestId, Path)),
    responses((status = 200, body = GuestBoard)))]
async fn read_station_guests(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<RequestId>,
) -> Answer<GuestBoard> {
    ok(app.service.guests.board(&device.actor, &id).await)
}

/// As `/guest-links/{id}/revoke`, of this site.
#[utoipa::path(post, path = "/station/guest-links/{id}/revoke", tag = "station", params(("id" = GuestLinkId, Path)),
    request_body = GuestReason, responses((status = 200, body = GuestLinkView)))]
async fn revoke_station_guest_link(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<GuestLinkId>,
    Body(GuestReason { reason }): Body<GuestReason>,
) -> Answer<GuestLinkView> {
    ok(app.service.guests.revoke_link(&device.actor, &id, &reason).await)
}

/// As `/guests/{id}/remove`, of this site.
#[utoipa::path(post, path = "/station/guests/{id}/remove", tag = "station", params(("id" = VisitId, Path)),
    request_body = GuestReason, responses((status = 200, body = GuestView)))]
async fn remove_station_guest(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<VisitId>,
    Body(GuestReason { reason }): Body<GuestReason>,
) -> Answer<GuestView> {
    ok(app.service.guests.remove(&device.actor, &id, &reason).await)
}

/// The consent text that holds for this site.
#[utoipa::path(get, path = "/station/consent-text", tag = "station", responses((status = 200, body = ConsentTextView)))]
async fn read_station_consent_text(State(app): State<App>, device: AsStation) -> Answer<ConsentTextView> {
    let unit = device.actor.device().map(|device| device.unit.clone()).unwrap_or_else(|| UnitId(String::new()));
    ok(app.service.guests.texts(&device.actor, &unit).await.map(|texts| texts.current))
}

/// Somebody at the workstation agrees, before the staff there; in a mediation room nobody is heard until then.
/// Codes: `consent_text_changed`, `too_many_consents`, `session_not_open`.
#[utoipa::path(post, path = "/station/assists/{id}/consents", tag = "station", params(("id" = SessionId, Path)),
    request_body = NewConsent, responses((status = 201, body = ConsentView)))]
async fn consent_at_station(
    State(app): State<App>,
    device: AsStation,
    Path(id): Path<SessionId>,
    Body(new): Body<NewConsent>,
) -> Created<ConsentView> {
    created(app.service.guests.consent_at_station(&device.actor, &id, new).await)
}

/// Takes back what was agreed to at this workstation. Codes: `no_consent`, `session_not_open`.
#[utoipa::path(post, path = "/station/assists/{id}/consents/{consent}/withdraw", tag = "station",
    params(("id" = SessionId, Path), ("consent" = ConsentId, Path)), request_body = Withdrawal,
    responses((status = 200, body = ConsentView)))]
async fn withdraw_at_station(
    State(app): State<App>,
    device: AsStation,
    Path((id, consent)): Path<(SessionId, ConsentId)>,
    MaybeBody(withdrawal): MaybeBody<Withdrawal>,
) -> Answer<ConsentView> {
    ok(app.service.guests.withdraw_at_station(&device.actor, &id, &consent, withdrawal).await)
}

/// Opens a link and sets the cookie `lianxian_guest`; a browser that opened it before goes on with its visit and takes no use.
/// Codes: `guest_link_unknown`, `guest_link_expired`, `guest_link_revoked`, `guest_link_used_up`, `guest_removed`,
/// `request_state`, `too_many_attempts`.
#[utoipa::path(post, path = "/guest/visit", tag = "guest", request_body = GuestToken,
    responses((status = 200, body = VisitView)))]
async fn open_visit(
    State(app): State<App>,
    peer: Peer,
    _: NotForeign,
    headers: HeaderMap,
    SmallBody(GuestToken { token }): SmallBody<GuestToken>,
) -> Result<(HeaderMap, Json<VisitView>), Problem> {
    app.attempts.take(peer.ip, app.clock.now())?;
    let opened = app.service.guests.open(&token, guest_secret(&headers), &peer.ip.to_string()).await?;
    let mut headers = HeaderMap::new();
    if let Some(secret) = opened.secret {
        headers.insert(header::SET_COOKIE, set_cookie(GUEST, &secret, limits::GUEST_COOKIE, app.secure));
    }
    Ok((headers, Json(opened.view)))
}

/// The guest's own visit. Codes: `visit_unknown`, `visit_over`, `guest_link_revoked`, `guest_removed`.
#[utoipa::path(get, path = "/guest/visit", tag = "guest", responses((status = 200, body = VisitView)))]
async fn read_visit(State(app): State<App>, AsGuest(actor): AsGuest) -> Answer<VisitView> {
    ok(app.service.guests.visit(&actor).await)
}

/// The visit, live: event `visit` with the whole of it at once and each time that it changed; event `over` with the problem
/// when it ends.
#[utoipa::path(get, path = "/guest/events", tag = "guest",
    responses((status = 200, content_type = "text/event-stream", body = VisitView)))]
async fn stream_visit(State(app): State<App>, AsGuest(actor): AsGuest) -> Result<Response, Problem> {
    events::visit(app, actor).await
}

/// Agrees to the text that was read; what was agreed to before is replaced. Codes: `consent_text_changed`, `too_many_consents`.
#[utoipa::path(post, path = "/guest/consents", tag = "guest", request_body = NewConsent,
    responses((status = 201, body = VisitView)))]
async fn give_consent(
    State(app): State<App>,
    AsGuest(actor): AsGuest,
    SmallBody(new): SmallBody<NewConsent>,
) -> Created<VisitView> {
    created(app.service.guests.consent(&actor, new).await)
}

/// Takes the consent back; picture and sound have stopped when this is answered. Codes: `no_consent`.
#[utoipa::path(post, path = "/guest/consents/withdraw", tag = "guest", request_body = Withdrawal,
    responses((status = 200, body = VisitView)))]
async fn withdraw_consent(
    State(app): State<App>,
    AsGuest(actor): AsGuest,
    SmallBody(withdrawal): SmallBody<Withdrawal>,
) -> Answer<VisitView> {
    ok(app.service.guests.withdraw(&actor, withdrawal).await)
}

/// A token into the net, once the guest has agreed and somebody has connected. Codes: `consent_needed`, `not_connected`,
/// `guests_full`.
#[utoipa::path(post, path = "/guest/link/tokens", tag = "guest", responses((status = 200, body = LinkToken)))]
async fn sign_guest_token(State(app): State<App>, AsGuest(actor): AsGuest) -> Answer<LinkToken> {
    app.service.guests.may_come_in(&actor).await?;
    sign(&app, &actor, None).await
}

/// How the guest found the help, once it is finished; said again, the last holds. Codes: `not_finished`,
/// `too_many_ratings`.
#[utoipa::path(post, path = "/guest/ratings", tag = "guest", request_body = Judgement,
    responses((status = 201, body = VisitView)))]
async fn judge_visit(
    State(app): State<App>,
    AsGuest(actor): AsGuest,
    SmallBody(judgement): SmallBody<Judgement>,
) -> Created<VisitView> {
    created(app.service.guests.judge(&actor, judgement).await)
}

/// As `/checks/downloads`, of this visit.
#[utoipa::path(get, path = "/guest/checks/downloads", tag = "guest", params(Wanted),
    responses((status = 200, content_type = "application/octet-stream")))]
async fn download_for_guest_check(
    State(app): State<App>,
    AsGuest(actor): AsGuest,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    checks::send(&app, &actor, wanted.bytes())
}

/// As `/checks/uploads`, of this visit.
#[utoipa::path(post, path = "/guest/checks/uploads", tag = "guest",
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses((status = 200, body = Received)))]
async fn upload_for_guest_check(
    State(app): State<App>,
    AsGuest(actor): AsGuest,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Answer<Received> {
    Ok(Json(checks::receive(&app, &actor, &headers, body).await?))
}
