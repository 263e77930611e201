//! Links between sessions and cases, and the patterns of case numbers.

use crate::cells::{Cell, Cells, values};
use crate::select::Select;
use crate::unit_of_work::UnitOfWork;
use async_trait::async_trait;
use lianxian_model::case::{CaseKind, CaseLink, CasePattern};
use lianxian_model::ids::{CaseLinkId, SessionId, UnitId};
use lianxian_service::page::Keyset;
use lianxian_service::ports::store::{CaseCount, CaseLine, CaseOrigin, CaseQuery, CaseRows, StoreError, StoreResult};

/// Everything that belongs to the case `$1`, one row a line.
///
/// A session belongs to it by its links; or, without any, because it was held for a request that names the case. A request
/// belongs to it because it names it, or because a session held for it is linked. What is linked no more keeps its head
/// lines, so that the withdrawal can be seen; the rest of it is none of the case's.
const CASE_LINES: &str = "\
    WITH case_sessions AS ( \
        SELECT l.session_id AS session_id, MIN(CASE WHEN l.withdrawn_ms IS NULL THEN 0 ELSE 1 END) AS withdrawn \
        FROM case_links l WHERE l.normalised = $1 GROUP BY l.session_id \
        UNION ALL \
        SELECT a.session_id, 0 FROM assists a JOIN help_requests q ON q.id = a.request_id \
        WHERE q.case_normalised = $1 AND NOT EXISTS \
            (SELECT 1 FROM case_links k WHERE k.session_id = a.session_id AND k.normalised = $1) \
    ), case_requests AS ( \
        SELECT n.request_id AS request_id, MIN(n.withdrawn) AS withdrawn FROM ( \
            SELECT r.id AS request_id, 0 AS withdrawn FROM help_requests r WHERE r.case_normalised = $1 \
            AND NOT EXISTS (SELECT 1 FROM assists b JOIN case_sessions d ON d.session_id = b.session_id \
                WHERE b.request_id = r.id) \
            UNION ALL \
            SELECT a.request_id, c.withdrawn FROM case_sessions c JOIN assists a ON a.session_id = c.session_id \
            WHERE a.request_id IS NOT NULL \
        ) n GROUP BY n.request_id \
    ), case_directives AS ( \
        SELECT n.directive_id AS directive_id, MIN(n.withdrawn) AS withdrawn FROM ( \
            SELECT d.id AS directive_id, 0 AS withdrawn FROM directives d WHERE d.case_normalised = $1 \
            UNION ALL \
            SELECT d.id, c.withdrawn FROM case_requests c JOIN directives d ON d.request_id = c.request_id \
            UNION ALL \
            SELECT d.id, c.withdrawn FROM case_sessions c JOIN directives d ON d.session_id = c.session_id \
        ) n GROUP BY n.directive_id \
    ), named AS ( \
        SELECT 'session' AS origin, l.at_ms AS at_ms, 's' || l.session_id || '-' || CAST(100000000 + l.seq AS TEXT) AS id, \
            CASE WHEN l.kind IN ('attendance.joined', 'attendance.left', 'assist.invited', 'assist.led', \
                'consent.given', 'consent.withdrawn') THEN 'attendance' \
                WHEN l.kind = 'frame.kept' THEN 'drawing' WHEN l.kind IN ('line.said', 'note.kept') THEN 'note' \
                WHEN l.kind = 'file.kept' THEN 'file' \
                WHEN l.kind IN ('case.linked', 'case.withdrawn') THEN 'link' ELSE 'session' END AS category, \
            l.kind AS kind, l.detail AS detail, '' AS actor, s.id AS owner_id, s.number AS number, \
            s.unit_id AS unit_id, s.site_id AS site_id, c.withdrawn AS withdrawn \
        FROM case_sessions c JOIN sessions s ON s.id = c.session_id JOIN session_lines l ON l.session_id = s.id \
        UNION ALL \
        SELECT 'request', t.at_ms, 'r' || t.request_id || '-' || CAST(100000000 + t.seq AS TEXT), \
            CASE WHEN t.kind IN ('evaluate', 'call_back') THEN 'rating' ELSE 'request' END, \
            t.kind, t.detail, t.actor, r.id, r.number, r.unit_id, r.site_id, c.withdrawn \
        FROM case_requests c JOIN help_requests r ON r.id = c.request_id \
        JOIN help_request_steps t ON t.request_id = r.id WHERE t.kind <> 'ring' \
        UNION ALL \
        SELECT 'directive', t.at_ms, 'v' || t.directive_id || '-' || CAST(100000000 + t.seq AS TEXT), 'directive', \
            t.kind, t.detail, t.actor, d.id, d.number, d.unit_id, d.site_id, c.withdrawn \
        FROM case_directives c JOIN directives d ON d.id = c.directive_id \
        JOIN directive_steps t ON t.directive_id = d.id \
    ), entries AS ( \
        SELECT * FROM named WHERE withdrawn = 0 OR category = 'link' \
            OR kind IN ('assist.opened', 'assist.called', 'session.opened', 'conference.opened', 'session.ended', 'raise', 'issue') \
    ) ";

macro_rules! case_columns {
    () => {
        "id, session_id, kind, raw, normalised, linked_by, linked_by_name, linked_ms, withdrawn_ms, withdrawn_by, \
         withdraw_reason"
    };
}

fn case_link(row: &Cells<'_>) -> StoreResult<CaseLink> {
    Ok(CaseLink {
        id: row.get("id")?,
        session_id: row.get("session_id")?,
        kind: row.get("kind")?,
        raw: row.get("raw")?,
        normalised: row.get("normalised")?,
        linked_by: row.get("linked_by")?,
        linked_by_name: row.get("linked_by_name")?,
        linked_ms: row.get("linked_ms")?,
        withdrawn_ms: row.get("withdrawn_ms")?,
        withdrawn_by: row.get("withdrawn_by")?,
        withdraw_reason: row.get("withdraw_reason")?,
    })
}

fn case_origin(row: &Cells<'_>) -> StoreResult<CaseOrigin> {
    match row.get::<String>("origin")?.as_str() {
        "session" => Ok(CaseOrigin::Session),
        "request" => Ok(CaseOrigin::Request),
        "directive" => Ok(CaseOrigin::Directive),
        other => Err(StoreError::Corrupt(format!("column origin: {other}"))),
    }
}

fn case_line(row: &Cells<'_>) -> StoreResult<CaseLine> {
    Ok(CaseLine {
        id: row.get("id")?,
        origin: case_origin(row)?,
        at_ms: row.get("at_ms")?,
        category: row.get("category")?,
        kind: row.get("kind")?,
        detail: row.get("detail")?,
        actor: row.get("actor")?,
        owner_id: row.get("owner_id")?,
        number: row.get("number")?,
        unit_id: row.get("unit_id")?,
        site_id: row.get("site_id")?,
        withdrawn: row.get("withdrawn")?,
    })
}

fn case_count(row: &Cells<'_>) -> StoreResult<CaseCount> {
    Ok(CaseCount {
        origin: case_origin(row)?,
        unit_id: row.get("unit_id")?,
        category: row.get("category")?,
        lines: row.get("lines")?,
        first_ms: row.get("first_ms")?,
        last_ms: row.get("last_ms")?,
    })
}

/// Lines of sessions under one set of units, of requests and of directives under others.
fn within_scopes(select: &mut Select, query: &CaseQuery) {
    let mut values = Vec::new();
    let mut part = |origin: &str, roots: &Option<Vec<UnitId>>| match roots {
        None => format!("origin = '{origin}'"),
        Some(roots) if roots.is_empty() => "1 = 0".to_owned(),
        Some(roots) => {
            let first = values.len() + 1;
            values.extend(roots.iter().map(Cell::to_value));
            let places: Vec<String> = (first..=values.len()).map(|n| format!("?{n}")).collect();
            let places = places.join(", ");
            format!(
                "(origin = '{origin}' AND unit_id IN (SELECT unit_id FROM unit_paths WHERE ancestor_id IN ({places})))"
            )
        }
    };
    let sessions = part("session", &query.session_roots);
    let requests = part("request", &query.request_roots);
    let directives = part("directive", &query.directive_roots);
    select.and(&format!("({sessions} OR {requests} OR {directives})"), values);
}

fn case_pattern(row: &Cells<'_>) -> StoreResult<CasePattern> {
    Ok(CasePattern { kind: row.get("kind")?, pattern: row.get("pattern")?, example: row.get("example")? })
}

#[async_trait]
impl CaseRows for UnitOfWork {
    async fn case_lines(&mut self, query: &CaseQuery, page: &Keyset) -> StoreResult<Vec<CaseLine>> {
        let sql = format!("{CASE_LINES} SELECT * FROM entries");
        let mut select = Select::with(&sql, values![query.normalised]);
        within_scopes(&mut select, query);
        if let Some(unit) = &query.unit_id {
            select.and_within("unit_id", std::slice::from_ref(unit));
        }
        if let Some(kinds) = &query.kinds {
            let places: Vec<String> = (1..=kinds.len()).map(|n| format!("?{n}")).collect();
            let one_of = format!("category IN ({})", places.join(", "));
            let none = kinds.is_empty();
            select.and(if none { "1 = 0" } else { &one_of }, kinds.iter().map(Cell::to_value).collect());
        }
        select.and_if("at_ms >= ?1", &query.from_ms);
        select.and_if("at_ms < ?1", &query.to_ms);
        self.selected(select.page("at_ms", "id", page), case_line).await
    }

    async fn case_counts(&mut self, normalised: &str) -> StoreResult<Vec<CaseCount>> {
        let sql = format!(
            "{CASE_LINES} SELECT origin, unit_id, category, COUNT(*) AS lines, MIN(at_ms) AS first_ms, \
             MAX(at_ms) AS last_ms FROM entries GROUP BY origin, unit_id, category"
        );
        self.selected((sql, values![normalised.to_owned()]), case_count).await
    }

    async fn case_links_to(&mut self, normalised: &str, limit: i64) -> StoreResult<Vec<CaseLink>> {
        let sql = concat!(
            "SELECT ",
            case_columns!(),
            " FROM case_links WHERE normalised = $1 ORDER BY linked_ms DESC, id DESC LIMIT $2"
        );
        self.all(sql, values![normalised.to_owned(), limit], case_link).await
    }

    async fn insert_case_link(&mut self, link: &CaseLink) -> StoreResult<()> {
        let sql = concat!(
            "INSERT INTO case_links (",
            case_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let row = values![
            link.id,
            link.session_id,
            link.kind,
            link.raw,
            link.normalised,
            link.linked_by,
            link.linked_by_name,
            link.linked_ms,
            link.withdrawn_ms,
            link.withdrawn_by,
            link.withdraw_reason,
        ];
        self.run_one(sql, row).await
    }

    async fn withdraw_case_link(&mut self, link: &CaseLink) -> StoreResult<bool> {
        let sql = "UPDATE case_links SET withdrawn_ms = $2, withdrawn_by = $3, withdraw_reason = $4 \
                   WHERE id = $1 AND withdrawn_ms IS NULL";
        let row = values![link.id, link.withdrawn_ms, link.withdrawn_by, link.withdraw_reason];
        Ok(self.run(sql, row).await? == 1)
    }

    async fn case_link(&mut self, id: &CaseLinkId) -> StoreResult<Option<CaseLink>> {
        let sql = concat!("SELECT ", case_columns!(), " FROM case_links WHERE id = $1");
        self.first(sql, values![*id], case_link).await
    }

    async fn case_links_of(&mut self, session: &SessionId) -> StoreResult<Vec<CaseLink>> {
        let sql = concat!("SELECT ", case_columns!(), " FROM case_links WHERE session_id = $1 ORDER BY linked_ms, id");
        self.all(sql, values![*session], case_link).await
    }

    async fn case_links_between(&mut self, first: &SessionId, last: &SessionId) -> StoreResult<Vec<CaseLink>> {
        let sql = concat!(
            "SELECT ",
            case_columns!(),
            " FROM case_links WHERE session_id >= $1 AND session_id <= $2 ORDER BY linked_ms, id"
        );
        self.all(sql, values![*first, *last], case_link).await
    }

    async fn case_patterns(&mut self) -> StoreResult<Vec<CasePattern>> {
        let sql = "SELECT kind, pattern, example FROM case_patterns ORDER BY kind";
        self.all(sql, values![], case_pattern).await
    }

    async fn put_case_pattern(&mut self, pattern: &CasePattern) -> StoreResult<()> {
        let sql = "INSERT INTO case_patterns (kind, pattern, example) VALUES ($1, $2, $3) \
                   ON CONFLICT (kind) DO UPDATE SET pattern = excluded.pattern, example = excluded.example";
        self.run_one(sql, values![pattern.kind, pattern.pattern, pattern.example]).await
    }

    async fn case_pattern(&mut self, kind: CaseKind) -> StoreResult<Option<CasePattern>> {
        let sql = "SELECT kind, pattern, example FROM case_patterns WHERE kind = $1";
        self.first(sql, values![kind], case_pattern).await
    }
}
