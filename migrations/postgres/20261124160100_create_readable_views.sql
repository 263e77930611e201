-- For people with a database client: the record with times in Beijing time.

CREATE VIEW readable_sessions AS
SELECT s.number, s.kind, s.state, s.purpose, t.name AS site, u.name AS unit, s.observer_name AS observer,
       to_char(to_timestamp(s.started_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS started, to_char(to_timestamp(s.ended_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS ended, s.end_cause, s.id
FROM sessions s LEFT JOIN sites t ON t.id = s.site_id LEFT JOIN units u ON u.id = s.unit_id;

CREATE VIEW readable_register AS
SELECT number, site_name, purpose, content, unit_name, person_name,
       to_char(to_timestamp(from_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS watched_from, to_char(to_timestamp(to_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS watched_to,
       to_char(to_timestamp(first_picture_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS first_picture, mode, session_id
FROM register_rows;

CREATE VIEW readable_attendances AS
SELECT s.number, a.name, a.mode, to_char(to_timestamp(a.joined_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS joined, to_char(to_timestamp(a.left_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS left_at, a.leave_reason
FROM attendances a JOIN sessions s ON s.id = a.session_id;

CREATE VIEW readable_audit AS
SELECT seq, to_char(to_timestamp(at_ms / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') AS at, actor, roles, ip, action, object_kind, object_id, result, reason, detail
FROM audit_events;
