//! The session that a request is helped in.

use super::{Requests, change};
use crate::actor::Actor;
use crate::assists::{AssistOpening, Assists, open_assist, own_console};
use crate::cases::link_of_request;
use crate::error::{ServiceError, ServiceResult};
use crate::watches::PURPOSE_MAX_CHARS;
use crate::work::Work;
use lianxian_model::ids::EndpointId;
use lianxian_model::request::{HelpRequest, Party, RequestAction};

impl Requests {
    /// Opens the assistance from the actor's own console, with the workstation that asked, or one of the site that is on line.
    pub(super) async fn connect(
        &self,
        work: &mut Work,
        actor: &Actor,
        request: &mut HelpRequest,
        by: Party,
        console: &EndpointId,
    ) -> ServiceResult<()> {
        let account = actor.account().ok_or_else(ServiceError::forbidden)?;
        if !own_console(&mut work.tx, account, console).await? {
            return Err(ServiceError::invalid(
                "endpoint_id",
                "控制台终端不属于本次登录",
                "not a console of this login",
            ));
        }
        let site = work.tx.site(&request.site_id).await?.ok_or_else(|| ServiceError::not_found("场所", "site"))?;
        let station = match &request.endpoint_id {
            Some(station) => station.clone(),
            None => Assists { core: self.core.clone() }.station_on_line(&mut work.tx, &site.id).await?,
        };
        let opening = AssistOpening {
            site,
            station,
            console: console.clone(),
            account: account.clone(),
            purpose: purpose(request),
            request: Some((request.id.clone(), request.number.clone())),
        };
        let session = open_assist(work, opening).await?;
        link_of_request(work, &session, request, account).await?;
        change::apply(work, request, RequestAction::Connect { by, session: session.id }).await
    }
}

/// The session's purpose is the request, in so many words as a purpose may have.
fn purpose(request: &HelpRequest) -> String {
    let said = format!("求助 {} {}", request.need.zh(), request.sentence);
    said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(PURPOSE_MAX_CHARS).collect()
}
