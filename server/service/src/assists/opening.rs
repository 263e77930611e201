//! Opening an assistance: the session, both ends' attendances, the register, the record and the event, in one unit of work.

use crate::actor::AccountActor;
use crate::error::{ServiceError, ServiceResult};
use crate::secrets::new_id;
use crate::sessions::change;
use crate::work::Work;
use lianxian_model::assist::Assist;
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::event::EventKind;
use lianxian_model::ids::{EndpointId, RegisterId, RequestId, SessionId};
use lianxian_model::org::{Endpoint, EndpointKind, Site};
use lianxian_model::register::{RegisterRow, ViewMode};
use lianxian_model::session::{
    Mode, Session, SessionEnd, SessionEvent, SessionKind, SessionState, beijing_day, session_number,
};
use serde_json::json;

/// What an assistance is opened with.
#[derive(Clone, Debug)]
pub(crate) struct AssistOpening {
    pub site: Site,
    /// The one endpoint of the site that takes part.
    pub station: EndpointId,
    /// The console of whoever leads it.
    pub console: EndpointId,
    pub account: AccountActor,
    pub purpose: String,
    /// The help request that it answers (id and number). None: the centre calls, and the site has to answer first.
    pub request: Option<(RequestId, String)>,
}

/// Opens it. The caller has checked that the account may, and commits.
///
/// Errors: `site_disabled`, `no_such_station`, `station_busy`, `console_busy`.
pub(crate) async fn open_assist(work: &mut Work, opening: AssistOpening) -> ServiceResult<Session> {
    let AssistOpening { site, station, console, account, purpose, request } = opening;
    if site.disabled {
        return Err(ServiceError::conflict("site_disabled", "场所已停用", "the site is disabled"));
    }
    let station = station_of(work, &site, &station).await?;
    free_station(work, &site, &station).await?;
    free_console(work, &console).await?;
    let series = format!("HH{}{}", beijing_day(work.now), site.code);
    let sequence = work.tx.next_in_series(&series).await?;
    let link = work.tx.open_link_of(&console).await?;
    let mut session = Session {
        id: SessionId(new_id(work.now)),
        number: session_number(work.now, &site.code, sequence),
        kind: SessionKind::Assist,
        state: SessionState::Open,
        purpose,
        site_id: Some(site.id.clone()),
        unit_id: Some(site.unit_id.clone()),
        watch_id: None,
        observer_endpoint: Some(console.clone()),
        observer_account: Some(account.account.clone()),
        observer_person: Some(account.person.clone()),
        observer_name: account.person_name.clone(),
        observer_unit: Some(account.unit.clone()),
        room: None,
        started_ms: work.now,
        ended_ms: None,
        end_cause: None,
        end_note: String::new(),
        // A console whose link is not up yet is awaited, but not for ever.
        observer_lost_ms: link.is_none().then_some(work.now),
        version: 1,
        attendances: Vec::new(),
    };
    work.tx.insert_session(&session).await?;
    let assist = Assist {
        session_id: session.id.clone(),
        station: station.id.clone(),
        answered_ms: request.is_some().then_some(work.now),
        request_number: request.as_ref().map(|(_, number)| number.clone()),
        request_id: request.map(|(id, _)| id),
        earphones: false,
    };
    work.tx.insert_assist(&assist).await?;
    register(work, &session, &site, &account).await?;
    let detail = json!({
        "observer": account.person_name, "site": site.name, "purpose": session.purpose,
        "request": assist.request_number,
    });
    let line = if assist.request_id.is_some() { "assist.opened" } else { "assist.called" };
    work.tx.append_timeline(&session.id, work.now, line, &detail.to_string()).await?;
    work.audit(
        AuditAction::AssistOpen,
        AuditObject::Session,
        session.id.as_str(),
        json!({
            "number": session.number, "site_id": site.id, "station": station.id, "purpose": session.purpose,
            "request": assist.request_number,
        }),
    );
    change::tell(work, &session, EventKind::SessionOpened).await?;
    work.regrant(&session.id);
    end_patrols(work, &console).await?;
    if let Some(link) = link {
        let mut leader = change::party_attendance(work, &session, &console, &account, Mode::Join);
        leader.participant = Some(link.participant);
        change::apply(work, &mut session, SessionEvent::Join(Box::new(leader))).await?;
    }
    if let Some(link) = work.tx.open_link_of(&station.id).await? {
        let mut present = change::site_attendance(work, &session, &station, &site.name);
        present.participant = Some(link.participant);
        change::apply(work, &mut session, SessionEvent::Join(Box::new(present))).await?;
    }
    Ok(session)
}

/// The workstation, if it is one of the site and may come in.
async fn station_of(work: &mut Work, site: &Site, station: &EndpointId) -> ServiceResult<Endpoint> {
    let found = work.tx.endpoint(station).await?;
    let fits = |e: &Endpoint| {
        e.site_id.as_ref() == Some(&site.id) && e.kind == EndpointKind::Station && e.enrolled && !e.disabled
    };
    found.filter(fits).ok_or_else(no_such_station)
}

pub(super) fn no_such_station() -> ServiceError {
    ServiceError::conflict("no_such_station", "场所没有可用的工作站", "no workstation of the site can take part")
}

/// One assistance at a time: whoever speaks to two rooms at once is heard in the wrong one.
async fn free_station(work: &mut Work, site: &Site, station: &Endpoint) -> ServiceResult<()> {
    for open in work.tx.open_sessions_of_site(&site.id).await? {
        if open.kind == SessionKind::Assist
            && work.tx.assist(&open.id).await?.is_some_and(|assist| assist.station == station.id)
        {
            return Err(ServiceError::conflict(
                "station_busy",
                format!("该工作站正在求助会话 {} 中", open.number),
                format!("the workstation takes part in {}", open.number),
            )
            .with_value(open.number));
        }
    }
    Ok(())
}

/// As [`free_station`], of a console.
pub(super) async fn free_console(work: &mut Work, console: &EndpointId) -> ServiceResult<()> {
    for open in work.tx.open_assists_of_party(console).await? {
        let attends = open.open_attendances().any(|a| a.endpoint_id.as_ref() == Some(console));
        if attends || open.observer_endpoint.as_ref() == Some(console) {
            return Err(ServiceError::conflict(
                "console_busy",
                format!("您正在求助会话 {} 中，请先离开或结束", open.number),
                format!("this console takes part in {}", open.number),
            )
            .with_value(open.number));
        }
    }
    Ok(())
}

/// Whoever helps no longer watches: the console's page shows the conversation now, not the wall.
pub(super) async fn end_patrols(work: &mut Work, console: &EndpointId) -> ServiceResult<()> {
    for mut patrol in work.tx.open_sessions_of_observer(console).await? {
        if patrol.kind == SessionKind::Patrol {
            change::end_quietly(work, &mut patrol, SessionEnd::Ended).await?;
        }
    }
    Ok(())
}

/// The person may now see the site: one row of the view register.
pub(super) async fn register(
    work: &mut Work,
    session: &Session,
    site: &Site,
    account: &AccountActor,
) -> ServiceResult<()> {
    let row = RegisterRow {
        id: RegisterId(new_id(work.now)),
        session_id: session.id.clone(),
        number: session.number.clone(),
        site_id: site.id.clone(),
        site_name: site.name.clone(),
        site_unit_id: site.unit_id.clone(),
        purpose: session.purpose.clone(),
        content: "求助会话（视频、声音）".into(),
        unit_id: account.unit.clone(),
        unit_name: account.unit_name.clone(),
        person_id: account.person.clone(),
        person_name: account.person_name.clone(),
        account_id: account.account.clone(),
        from_ms: work.now,
        to_ms: None,
        first_picture_ms: None,
        mode: ViewMode::Live,
    };
    Ok(work.tx.insert_register(&row).await?)
}
