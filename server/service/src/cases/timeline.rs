//! A case by its number: everything of it that the actor may see, in one timeline. Of what lies elsewhere it is only said
//! that there is some.

use super::shown::Shown;
use super::{CaseLinkView, Cases, number_error, steps};
use crate::actor::{Actor, Scope};
use crate::attachments::AttachmentView;
use crate::drawings::FrameView;
use crate::error::{ServiceError, ServiceResult};
use crate::org::Named;
use crate::page::{Keyset, Page, PageRequest};
use crate::ports::store::{CaseLine, CaseOrigin, CaseQuery, RequestQuery, Tx};
use crate::sessions::read::{Names, told};
use lianxian_model::audit::{AuditAction, AuditObject};
use lianxian_model::case::{CASE_NUMBER_MAX_CHARS, CaseEntryKind, CaseKind, CaseNumberError, normalise};
use lianxian_model::ids::{DirectiveId, RequestId, SessionId, UnitId};
use lianxian_model::request::Photo;
use lianxian_model::roles::Right;
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Links that a case's head shows, the newest.
pub const MAX_LINKS_SHOWN: i64 = 200;
/// Lines of a printed timeline; more are refused nobody, the print says that it was cut.
pub const MAX_PRINT_ENTRIES: i64 = 2_000;
/// Requests whose spelling of the number the head knows.
const MAX_REQUESTS_LOOKED_AT: i64 = 100;

/// One link of a session to the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseLinkRow {
    #[serde(flatten)]
    pub link: CaseLinkView,
    pub session_id: SessionId,
    pub session_number: String,
    pub unit: Option<Named>,
    /// Whoever asks may withdraw it.
    pub may_withdraw: bool,
}

/// How many lines of a kind there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseKindCount {
    pub kind: CaseEntryKind,
    pub lines: i64,
}

/// What a case is, as far as the actor may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseView {
    /// Normalised: equal numbers are equal.
    pub number: String,
    /// As they were written, each once.
    pub spellings: Vec<String>,
    pub kinds: Vec<CaseKind>,
    /// Nothing at all has this number if there is none of any kind, and nothing elsewhere.
    pub counts: Vec<CaseKindCount>,
    /// Units with something in it.
    pub units: Vec<Named>,
    pub first_ms: Option<Millis>,
    pub last_ms: Option<Millis>,
    /// Other units have something in this case that the actor may not see.
    pub elsewhere: bool,
    /// Newest first, at most 200.
    pub links: Vec<CaseLinkRow>,
}

/// One line of a case's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseEntry {
    pub id: String,
    pub at_ms: Millis,
    pub kind: CaseEntryKind,
    pub text_zh: String,
    pub text_en: String,
    /// Of the session, the request or the directive that it belongs to.
    pub number: String,
    pub session_id: Option<SessionId>,
    pub request_id: Option<RequestId>,
    pub directive_id: Option<DirectiveId>,
    pub unit: Option<Named>,
    pub site: Option<Named>,
    /// What it belongs to is no longer linked to the case.
    pub withdrawn: bool,
    /// Of a frozen frame: it, and what was drawn on it.
    pub frame: Option<FrameView>,
    /// Of a file that was sent: it.
    pub file: Option<AttachmentView>,
    /// Of a photo that was taken with a request: it.
    pub photo: Option<Photo>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CaseTimelineFilter {
    /// Kinds of lines, separated by commas; none: all.
    pub kinds: Option<String>,
    /// The unit and everything under it.
    pub unit_id: Option<UnitId>,
    pub from_ms: Option<Millis>,
    pub to_ms: Option<Millis>,
}

/// A case's timeline as it is printed, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CasePrint {
    pub case: CaseView,
    pub entries: Vec<CaseEntry>,
    /// There are more lines than a print holds; these are the newest.
    pub cut: bool,
    pub printed_ms: Millis,
    pub printed_by: String,
}

impl Cases {
    /// The case's head. Right `sessions.read`, `requests.read` or `directives.read`; refused if all of it lies outside the actor's scope.
    /// A number that nothing has is no error: the answer is empty.
    pub async fn get(&self, actor: &Actor, number: &str) -> ServiceResult<CaseView> {
        self.visible(actor, number, AuditAction::CaseRead).await
    }

    /// Its lines, newest first. As [`Self::get`]. Errors: `invalid` with field `kinds`.
    pub async fn timeline(
        &self,
        actor: &Actor,
        number: &str,
        filter: &CaseTimelineFilter,
        page: &PageRequest,
    ) -> ServiceResult<Page<CaseEntry>> {
        let case = self.visible(actor, number, AuditAction::CaseRead).await?;
        let keyset = page.keyset()?;
        let query = query(actor, &case.number, filter)?;
        let mut tx = self.core.read().await?;
        let more = Keyset { before: keyset.before.clone(), limit: keyset.limit + 1 };
        let lines = tx.case_lines(&query, &more).await?;
        let page = Page::of(lines, keyset.limit, |line| (line.at_ms.0, line.id.clone()));
        Ok(Page { items: entries(&mut tx, page.items).await?, next: page.next })
    }

    /// The whole timeline for paper, at most [`MAX_PRINT_ENTRIES`] lines. Leaves an audit row. As [`Self::get`].
    pub async fn print(&self, actor: &Actor, number: &str, filter: &CaseTimelineFilter) -> ServiceResult<CasePrint> {
        let case = self.visible(actor, number, AuditAction::CasePrint).await?;
        let query = query(actor, &case.number, filter)?;
        let mut tx = self.core.read().await?;
        let mut lines = tx.case_lines(&query, &Keyset { before: None, limit: MAX_PRINT_ENTRIES + 1 }).await?;
        let cut = lines.len() as i64 > MAX_PRINT_ENTRIES;
        lines.truncate(usize::try_from(MAX_PRINT_ENTRIES).unwrap_or(usize::MAX));
        lines.reverse();
        let entries = entries(&mut tx, lines).await?;
        drop(tx);
        let mut work = self.core.begin(actor).await?;
        work.audit(
            AuditAction::CasePrint,
            AuditObject::Case,
            case.number.clone(),
            json!({ "filter": filter, "rows": entries.len() }),
        );
        let print = CasePrint { case, entries, cut, printed_ms: work.now, printed_by: actor.name().to_owned() };
        work.commit().await?;
        Ok(print)
    }

    /// The head, or a refusal on record.
    async fn visible(&self, actor: &Actor, number: &str, action: AuditAction) -> ServiceResult<CaseView> {
        let number = checked(number)?;
        let reads = [Right::SessionsRead, Right::RequestsRead, Right::DirectivesRead];
        if !reads.iter().any(|right| actor.holds(*right)) {
            return Err(self.core.refuse(actor, action, AuditObject::Case, &number).await);
        }
        let sessions = self.core.scope(actor, Right::SessionsRead).await?;
        let requests = self.core.scope(actor, Right::RequestsRead).await?;
        let directives = self.core.scope(actor, Right::DirectivesRead).await?;
        let linking = self.core.scope(actor, Right::CasesLink).await?;
        let mut tx = self.core.read().await?;
        let counts = tx.case_counts(&number).await?;
        let total = counts.len();
        let within = |origin: CaseOrigin, unit: &Option<UnitId>| {
            let scope = match origin {
                CaseOrigin::Session => &sessions,
                CaseOrigin::Request => &requests,
                CaseOrigin::Directive => &directives,
            };
            covers(scope, unit.as_ref())
        };
        let counts: Vec<_> = counts.into_iter().filter(|count| within(count.origin, &count.unit_id)).collect();
        if counts.is_empty() && total > 0 {
            drop(tx);
            return Err(self.core.refuse(actor, action, AuditObject::Case, &number).await);
        }
        let mut names = Names::default();
        let units: BTreeSet<&UnitId> = counts.iter().filter_map(|count| count.unit_id.as_ref()).collect();
        let mut named = Vec::with_capacity(units.len());
        for unit in units {
            named.extend(names.unit(&mut tx, Some(unit)).await?);
        }
        let mut by_kind: BTreeMap<CaseEntryKind, i64> = BTreeMap::new();
        for count in &counts {
            *by_kind.entry(count.category).or_default() += count.lines;
        }
        let mut links = Vec::new();
        for link in tx.case_links_to(&number, MAX_LINKS_SHOWN).await? {
            let Some(session) = tx.session(&link.session_id).await? else { continue };
            if !covers(&sessions, session.unit_id.as_ref()) {
                continue;
            }
            links.push(CaseLinkRow {
                may_withdraw: link.withdrawn_ms.is_none() && covers(&linking, session.unit_id.as_ref()),
                session_id: session.id,
                session_number: session.number,
                unit: names.unit(&mut tx, session.unit_id.as_ref()).await?,
                link: link.into(),
            });
        }
        let asked = RequestQuery {
            roots: roots(actor, Right::RequestsRead),
            case_normalised: Some(number.clone()),
            ..RequestQuery::default()
        };
        let raised = tx.requests(&asked, &Keyset { before: None, limit: MAX_REQUESTS_LOOKED_AT }).await?;
        let mut spellings: BTreeSet<String> = links.iter().map(|row| row.link.raw.clone()).collect();
        spellings.extend(raised.iter().map(|request| request.case_raw.clone()));
        let mut kinds: BTreeSet<CaseKind> = links.iter().map(|row| row.link.kind).collect();
        kinds.extend(raised.iter().filter_map(|request| request.case_kind));
        Ok(CaseView {
            spellings: spellings.into_iter().collect(),
            kinds: kinds.into_iter().collect(),
            first_ms: counts.iter().map(|count| count.first_ms).min(),
            last_ms: counts.iter().map(|count| count.last_ms).max(),
            elsewhere: counts.len() < total,
            counts: by_kind.into_iter().map(|(kind, lines)| CaseKindCount { kind, lines }).collect(),
            units: named,
            links,
            number,
        })
    }
}

fn covers(scope: &Scope, unit: Option<&UnitId>) -> bool {
    match unit {
        Some(unit) => scope.covers(unit),
        None => matches!(scope, Scope::All),
    }
}

fn roots(actor: &Actor, right: Right) -> Option<Vec<UnitId>> {
    match actor {
        Actor::System => None,
        _ => Some(actor.roots(right)),
    }
}

/// A number that may be asked for, in its one spelling.
fn checked(number: &str) -> ServiceResult<String> {
    if number.chars().count() > CASE_NUMBER_MAX_CHARS * 2 {
        return Err(ServiceError {
            limit: Some(CASE_NUMBER_MAX_CHARS as i64),
            ..number_error(CaseNumberError::TooLong)
        });
    }
    let number = normalise(number);
    if number.is_empty() { Err(number_error(CaseNumberError::Empty)) } else { Ok(number) }
}

fn query(actor: &Actor, number: &str, filter: &CaseTimelineFilter) -> ServiceResult<CaseQuery> {
    let words = filter.kinds.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    let mut kinds = Vec::new();
    for word in words {
        let kind = CaseEntryKind::parse(word);
        let kind = kind.ok_or_else(|| ServiceError::invalid("kinds", "没有这种记录", "no such kind of line"))?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(CaseQuery {
        normalised: number.to_owned(),
        session_roots: roots(actor, Right::SessionsRead),
        request_roots: roots(actor, Right::RequestsRead),
        directive_roots: roots(actor, Right::DirectivesRead),
        kinds: (!kinds.is_empty()).then_some(kinds),
        unit_id: filter.unit_id.clone(),
        from_ms: filter.from_ms,
        to_ms: filter.to_ms,
    })
}

async fn entries(tx: &mut Box<dyn Tx>, lines: Vec<CaseLine>) -> ServiceResult<Vec<CaseEntry>> {
    let mut names = Names::default();
    let mut shown = Shown::default();
    let mut entries = Vec::with_capacity(lines.len());
    for line in lines {
        let (mut session_id, mut request_id, mut directive_id) = (None, None, None);
        match line.origin {
            CaseOrigin::Session => session_id = Some(SessionId(line.owner_id)),
            CaseOrigin::Request => request_id = Some(RequestId(line.owner_id)),
            CaseOrigin::Directive => directive_id = Some(DirectiveId(line.owner_id)),
        }
        let (mut frame, mut file, mut photo) = (None, None, None);
        match (line.category, &session_id, &request_id) {
            (CaseEntryKind::Drawing, Some(session), _) => frame = shown.frame(tx, session, &line.detail).await?,
            (CaseEntryKind::File, Some(session), _) => file = shown.file(tx, session, &line.detail).await?,
            (_, _, Some(request)) if line.kind == "photo" => photo = shown.photo(tx, request, &line.detail).await?,
            _ => {}
        }
        let (text_zh, text_en) = match line.origin {
            CaseOrigin::Session => told(&line.kind, &line.detail),
            CaseOrigin::Request => steps::told(&line.kind, &line.actor, &line.detail),
            CaseOrigin::Directive => steps::told_of_directive(&line.kind, &line.actor, &line.detail),
        };
        entries.push(CaseEntry {
            id: line.id,
            at_ms: line.at_ms,
            kind: line.category,
            text_zh,
            text_en,
            number: line.number,
            session_id,
            request_id,
            directive_id,
            unit: names.unit(tx, line.unit_id.as_ref()).await?,
            site: names.site(tx, line.site_id.as_ref()).await?,
            withdrawn: line.withdrawn,
            frame,
            file,
            photo,
        });
    }
    Ok(entries)
}
