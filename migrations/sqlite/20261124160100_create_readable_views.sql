-- For people with a database client: the record with times in Beijing time.

CREATE VIEW readable_sessions AS
SELECT s.number, s.kind, s.state, s.purpose, t.name AS site, u.name AS unit, s.observer_name AS observer,
       strftime('%Y-%m-%d %H:%M:%S', s.started_ms / 1000 + 28800, 'unixepoch') AS started, strftime('%Y-%m-%d %H:%M:%S', s.ended_ms / 1000 + 28800, 'unixepoch') AS ended, s.end_cause, s.id
FROM sessions s LEFT JOIN sites t ON t.id = s.site_id LEFT JOIN units u ON u.id = s.unit_id;

CREATE VIEW readable_register AS
SELECT number, site_name, purpose, content, unit_name, person_name,
       strftime('%Y-%m-%d %H:%M:%S', from_ms / 1000 + 28800, 'unixepoch') AS watched_from, strftime('%Y-%m-%d %H:%M:%S', to_ms / 1000 + 28800, 'unixepoch') AS watched_to,
       strftime('%Y-%m-%d %H:%M:%S', first_picture_ms / 1000 + 28800, 'unixepoch') AS first_picture, mode, session_id
FROM register_rows;

CREATE VIEW readable_attendances AS
SELECT s.number, a.name, a.mode, strftime('%Y-%m-%d %H:%M:%S', a.joined_ms / 1000 + 28800, 'unixepoch') AS joined, strftime('%Y-%m-%d %H:%M:%S', a.left_ms / 1000 + 28800, 'unixepoch') AS left_at, a.leave_reason
FROM attendances a JOIN sessions s ON s.id = a.session_id;

CREATE VIEW readable_audit AS
SELECT seq, strftime('%Y-%m-%d %H:%M:%S', at_ms / 1000 + 28800, 'unixepoch') AS at, actor, roles, ip, action, object_kind, object_id, result, reason, detail
FROM audit_events;
