//! Reading sessions: pages of them, and one with its whole story.

use super::{AttendanceView, ObserverView, SessionDetail, SessionFilter, SessionView, TimelineEntry, TrackView};
use crate::actor::Actor;
use crate::cases::CaseLinkView;
use crate::error::ServiceResult;
use crate::org::Named;
use crate::page::{Keyset, Page};
use crate::ports::store::{SessionQuery, TimelineRow, Tx};
use lianxian_model::case::{CaseKind, normalise};
use lianxian_model::ids::{EndpointId, PersonId, SiteId, UnitId};
use lianxian_model::roles::Right;
use lianxian_model::session::{LeaveReason, Mode, Session, SessionEnd, SessionKind, TrackInterval};
use lianxian_model::time::Millis;
use std::collections::HashMap;

/// Most tracks that one session's story shows.
const MAX_TRACKS: usize = 500;

/// Names already looked up.
#[derive(Default)]
pub(crate) struct Names {
    units: HashMap<UnitId, Option<Named>>,
    sites: HashMap<SiteId, Option<Named>>,
    endpoints: HashMap<EndpointId, Option<Named>>,
    persons: HashMap<PersonId, Option<Named>>,
}

macro_rules! named {
    ($name:ident, $field:ident, $id:ty, $get:ident) => {
        pub(crate) async fn $name(&mut self, tx: &mut Box<dyn Tx>, id: Option<&$id>) -> ServiceResult<Option<Named>> {
            let Some(id) = id else { return Ok(None) };
            if let Some(known) = self.$field.get(id) {
                return Ok(known.clone());
            }
            let named = tx.$get(id).await?.map(|row| Named::new(row.id.0, row.name));
            self.$field.insert(id.clone(), named.clone());
            Ok(named)
        }
    };
}

impl Names {
    named!(unit, units, UnitId, unit);
    named!(site, sites, SiteId, site);
    named!(endpoint, endpoints, EndpointId, endpoint);
    named!(person, persons, PersonId, person);
}

/// Without its cases.
async fn bare(tx: &mut Box<dyn Tx>, session: Session, names: &mut Names) -> ServiceResult<SessionView> {
    let observer = match session.observer_person {
        Some(id) => Some(ObserverView {
            id,
            name: session.observer_name,
            unit: names.unit(tx, session.observer_unit.as_ref()).await?,
        }),
        None => None,
    };
    Ok(SessionView {
        site: names.site(tx, session.site_id.as_ref()).await?,
        unit: names.unit(tx, session.unit_id.as_ref()).await?,
        id: session.id,
        number: session.number,
        kind: session.kind,
        state: session.state,
        purpose: session.purpose,
        observer,
        watch_id: session.watch_id,
        observer_endpoint_id: session.observer_endpoint,
        room: session.room,
        started_ms: session.started_ms,
        ended_ms: session.ended_ms,
        end_cause: session.end_cause,
        end_note: session.end_note,
        cases: Vec::new(),
    })
}

pub(crate) async fn view(tx: &mut Box<dyn Tx>, session: Session, names: &mut Names) -> ServiceResult<SessionView> {
    let cases = tx.case_links_of(&session.id).await?;
    let mut view = bare(tx, session, names).await?;
    view.cases = cases.into_iter().map(CaseLinkView::from).collect();
    Ok(view)
}

pub(crate) async fn page(
    tx: &mut Box<dyn Tx>,
    actor: &Actor,
    right: Right,
    filter: &SessionFilter,
    keyset: &Keyset,
) -> ServiceResult<Page<SessionView>> {
    let text = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let query = SessionQuery {
        roots: match actor {
            Actor::System => None,
            _ => Some(actor.roots(right)),
        },
        site_id: filter.site_id.clone(),
        unit_id: filter.unit_id.clone(),
        person_id: filter.person_id.clone(),
        kind: filter.kind,
        case_normalised: text(&filter.case).map(|number| normalise(&number)),
        q: text(&filter.q),
        from_ms: filter.from_ms,
        to_ms: filter.to_ms,
        open: filter.open,
    };
    let more = Keyset { before: keyset.before.clone(), limit: keyset.limit + 1 };
    let rows = tx.sessions(&query, &more).await?;
    let page = Page::of(rows, keyset.limit, |s| (s.started_ms.0, s.id.0.clone()));
    let first = page.items.iter().map(|s| &s.id).min().cloned();
    let last = page.items.iter().map(|s| &s.id).max().cloned();
    let mut cases: HashMap<_, Vec<CaseLinkView>> = HashMap::new();
    if let (Some(first), Some(last)) = (first, last) {
        for link in tx.case_links_between(&first, &last).await? {
            cases.entry(link.session_id.clone()).or_default().push(link.into());
        }
    }
    let mut names = Names::default();
    let mut items = Vec::with_capacity(page.items.len());
    for session in page.items {
        let mut view = bare(tx, session, &mut names).await?;
        view.cases = cases.remove(&view.id).unwrap_or_default();
        items.push(view);
    }
    Ok(Page { items, next: page.next })
}

pub(crate) async fn detail(tx: &mut Box<dyn Tx>, session: Session) -> ServiceResult<SessionDetail> {
    let mut names = Names::default();
    let mut attendances = Vec::with_capacity(session.attendances.len());
    for a in &session.attendances {
        attendances.push(AttendanceView {
            id: a.id.clone(),
            endpoint: names.endpoint(tx, a.endpoint_id.as_ref()).await?,
            person: names.person(tx, a.person_id.as_ref()).await?,
            name: a.name.clone(),
            mode: a.mode,
            joined_ms: a.joined_ms,
            left_ms: a.left_ms,
            leave_reason: a.leave_reason,
        });
    }
    let mut tracks = Vec::new();
    for track in tracks_of(tx, &session).await? {
        let publisher = publisher_of(tx, &track, &mut names).await?;
        tracks.push(TrackView {
            id: track.id,
            track: track.track,
            kind: track.kind,
            source: track.source,
            codec: track.codec,
            publisher,
            started_ms: track.started_ms,
            ended_ms: track.ended_ms,
            summary: track.summary,
        });
    }
    let register = tx.register_of(&session.id).await?.into_iter().map(Into::into).collect();
    let timeline = tx.timeline(&session.id).await?.into_iter().map(entry).collect();
    Ok(SessionDetail { session: view(tx, session, &mut names).await?, attendances, tracks, register, timeline })
}

pub(super) async fn publisher_of(
    tx: &mut Box<dyn Tx>,
    track: &TrackInterval,
    names: &mut Names,
) -> ServiceResult<Named> {
    let endpoint = names.endpoint(tx, track.endpoint_id.as_ref()).await?;
    Ok(endpoint.unwrap_or_else(|| Named::new(track.participant.0.clone(), track.name.clone())))
}

/// A conference's own tracks; of a patrol, what the site's endpoints published while it ran; of an assistance, what
/// everyone in it did.
pub(super) async fn tracks_of(tx: &mut Box<dyn Tx>, session: &Session) -> ServiceResult<Vec<TrackInterval>> {
    let mut tracks = tx.tracks_of_session(&session.id).await?;
    let mut seen: Vec<&EndpointId> = Vec::new();
    let everyone = session.kind == SessionKind::Assist;
    for a in session.attendances.iter().filter(|a| everyone || a.mode == Mode::Present) {
        let Some(endpoint) = a.endpoint_id.as_ref().filter(|e| !seen.contains(e)) else { continue };
        seen.push(endpoint);
        tracks.extend(tx.tracks_of_endpoint(endpoint, session.started_ms, session.ended_ms).await?);
    }
    tracks.sort_by_key(|track| track.started_ms);
    tracks.truncate(MAX_TRACKS);
    Ok(tracks)
}

/// The time of day in Beijing, to the second.
fn beijing_clock(at: Millis) -> String {
    let seconds = (at.0 + 8 * 3_600_000).div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The stored line, said in both languages.
fn entry(row: TimelineRow) -> TimelineEntry {
    let (text_zh, text_en) = told(&row.kind, &row.detail);
    TimelineEntry { at_ms: row.at_ms, seq: row.seq, kind: row.kind, text_zh, text_en }
}

/// What a line of a session's story says, in Chinese and in English.
pub(crate) fn told(kind: &str, detail: &str) -> (String, String) {
    let detail: serde_json::Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |key: &str| detail.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let number = |key: &str| detail.get(key).and_then(serde_json::Value::as_i64).unwrap_or_default();
    match kind {
        "session.opened" => (
            format!("{}开始巡查{}，事由：{}", text("observer"), text("site"), text("purpose")),
            format!("{} began to watch {}: {}", text("observer"), text("site"), text("purpose")),
        ),
        "assist.opened" => (
            format!("{}受理{}的求助 {}：{}", text("observer"), text("site"), text("request"), text("purpose")),
            format!("{} answered {} of {}: {}", text("observer"), text("request"), text("site"), text("purpose")),
        ),
        "assist.called" => (
            format!("{}呼叫{}，事由：{}", text("observer"), text("site"), text("purpose")),
            format!("{} called {}: {}", text("observer"), text("site"), text("purpose")),
        ),
        "assist.answered" => ("现场接听".into(), "the site answered".into()),
        "assist.earphones" => match detail.get("worn").and_then(serde_json::Value::as_bool) {
            Some(true) => {
                ("现场戴上耳机，听得到耳语".into(), "earphones are worn at the site: whispers reach it".into())
            }
            _ if text("cause") == "relinked" => (
                "现场工作站重新连线，视为已取下耳机，听不到耳语".into(),
                "the site's workstation linked anew: its earphones count as taken off, whispers do not reach it".into(),
            ),
            _ => ("现场取下耳机，听不到耳语".into(), "no earphones at the site: whispers do not reach it".into()),
        },
        "assist.led" => {
            (format!("{}接替主持", text("name")), format!("{} leads the session from now on", text("name")))
        }
        "assist.invited" => {
            let mode = Mode::parse(&text("mode"));
            (
                format!("{}邀请{}（{}）", text("by"), text("name"), mode.map_or("", Mode::zh)),
                format!("{} asked {} to come in ({})", text("by"), text("name"), mode.map_or("", Mode::en)),
            )
        }
        "assist.picture" => (
            format!("{}的画面到达{}", text("from"), text("to")),
            format!("{}'s picture reached {}", text("from"), text("to")),
        ),
        "assist.sound" => (
            format!("{}的声音到达{}", text("from"), text("to")),
            format!("{}'s sound reached {}", text("from"), text("to")),
        ),
        "frame.kept" => {
            let clock = beijing_clock(Millis(number("frame_ms")));
            (format!("{}定格画面（{clock}）", text("by")), format!("{} froze the picture of {clock}", text("by")))
        }
        "file.kept" => (
            format!("{}发送文件 {}", text("by"), text("name")),
            format!("{} sent the file {}", text("by"), text("name")),
        ),
        "line.said" => (format!("{}：{}", text("by"), text("text")), format!("{}: {}", text("by"), text("text"))),
        "note.kept" => {
            let version = number("version");
            (
                format!("{}写下记录（第 {version} 版）：{}", text("by"), text("text")),
                format!("{} kept version {version} of the note: {}", text("by"), text("text")),
            )
        }
        "directive.issued" => (
            format!("{}下发督办单 {}", text("by"), text("number")),
            format!("{} issued directive {}", text("by"), text("number")),
        ),
        "conference.opened" => {
            (format!("会商开始：{}", text("purpose")), format!("the conference opened: {}", text("purpose")))
        }
        "attendance.joined" => {
            let mode = Mode::parse(&text("mode"));
            (
                format!("{}进入（{}）", text("name"), mode.map_or("", Mode::zh)),
                format!("{} joined ({})", text("name"), mode.map_or("", Mode::en)),
            )
        }
        "attendance.left" => {
            let reason = LeaveReason::parse(&text("reason"));
            (
                format!("{}离开（{}）", text("name"), reason.map_or("", LeaveReason::zh)),
                format!("{} left ({})", text("name"), reason.map_or("", LeaveReason::en)),
            )
        }
        "picture.first" => ("画面到达观看端".into(), "the picture reached the viewer".into()),
        "sound.first" => ("声音到达观看端".into(), "the sound reached the viewer".into()),
        "consent.given" => {
            let (zh, en) = crate::guests::scope_told(&detail);
            let version = number("version");
            (
                format!("{}同意知情同意书第 {version} 版（{zh}）", text("name")),
                format!("{} agreed to version {version} of the consent text ({en})", text("name")),
            )
        }
        "consent.withdrawn" => {
            let (reason, name) = (text("reason"), text("name"));
            if reason.is_empty() {
                (format!("{name}撤回同意"), format!("{name} withdrew the consent"))
            } else {
                (format!("{name}撤回同意：{reason}"), format!("{name} withdrew the consent: {reason}"))
            }
        }
        "privacy.on" => (
            format!("现场打开隐私开关：{}", text("reason")),
            format!("the site switched privacy on: {}", text("reason")),
        ),
        "privacy.off" => ("现场关闭隐私开关".into(), "the site switched privacy off".into()),
        "case.linked" => {
            let kind = CaseKind::parse(&text("kind"));
            (
                format!("{}关联{} {}", text("by"), kind.map_or("", CaseKind::zh), text("raw")),
                format!("{} linked {} {}", text("by"), kind.map_or("", CaseKind::en), text("raw")),
            )
        }
        "case.withdrawn" => (
            format!("{}撤销关联 {}：{}", text("by"), text("raw"), text("reason")),
            format!("{} withdrew {}: {}", text("by"), text("raw"), text("reason")),
        ),
        "session.ended" => {
            let cause = SessionEnd::parse(&text("cause"));
            let note = text("note");
            let note = if note.is_empty() { note } else { format!("：{note}") };
            (
                format!("会话结束（{}）{note}", cause.map_or("", SessionEnd::zh)),
                format!("the session ended ({}){note}", cause.map_or("", SessionEnd::en)),
            )
        }
        other => (other.to_owned(), other.to_owned()),
    }
}
