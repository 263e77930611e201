-- Evidence stays, whoever has the database open: a ledger's row is never changed, an interval is closed once, nothing is deleted.

CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'DELETE of audit_events is refused: it is evidence'); END;
CREATE TRIGGER audit_events_unchanged BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'UPDATE of audit_events is refused: it is evidence'); END;

CREATE TRIGGER outbox_events_stay BEFORE DELETE ON outbox_events
BEGIN SELECT RAISE(ABORT, 'DELETE of outbox_events is refused: it is evidence'); END;
CREATE TRIGGER outbox_events_unchanged BEFORE UPDATE ON outbox_events
BEGIN SELECT RAISE(ABORT, 'UPDATE of outbox_events is refused: it is evidence'); END;

CREATE TRIGGER session_lines_stay BEFORE DELETE ON session_lines
BEGIN SELECT RAISE(ABORT, 'DELETE of session_lines is refused: it is evidence'); END;
CREATE TRIGGER session_lines_unchanged BEFORE UPDATE ON session_lines
BEGIN SELECT RAISE(ABORT, 'UPDATE of session_lines is refused: it is evidence'); END;

CREATE TRIGGER sessions_stay BEFORE DELETE ON sessions
BEGIN SELECT RAISE(ABORT, 'DELETE of sessions is refused: it is evidence'); END;
CREATE TRIGGER sessions_unchanged BEFORE UPDATE ON sessions
WHEN (old.state <> 'open' OR new.number <> old.number OR new.started_ms <> old.started_ms)
BEGIN SELECT RAISE(ABORT, 'UPDATE of sessions is refused: it is evidence'); END;

CREATE TRIGGER attendances_stay BEFORE DELETE ON attendances
BEGIN SELECT RAISE(ABORT, 'DELETE of attendances is refused: it is evidence'); END;
CREATE TRIGGER attendances_unchanged BEFORE UPDATE ON attendances
WHEN (old.left_ms IS NOT NULL OR new.session_id <> old.session_id OR new.name <> old.name
    OR new.mode <> old.mode OR new.joined_ms <> old.joined_ms)
BEGIN SELECT RAISE(ABORT, 'UPDATE of attendances is refused: it is evidence'); END;

CREATE TRIGGER track_intervals_stay BEFORE DELETE ON track_intervals
BEGIN SELECT RAISE(ABORT, 'DELETE of track_intervals is refused: it is evidence'); END;
CREATE TRIGGER track_intervals_unchanged BEFORE UPDATE ON track_intervals
WHEN ((old.ended_ms IS NOT NULL AND (new.ended_ms IS NULL OR new.ended_ms <> old.ended_ms))
    OR old.summary IS NOT NULL OR new.track <> old.track OR new.participant <> old.participant
    OR new.started_ms <> old.started_ms)
BEGIN SELECT RAISE(ABORT, 'UPDATE of track_intervals is refused: it is evidence'); END;

CREATE TRIGGER register_rows_stay BEFORE DELETE ON register_rows
BEGIN SELECT RAISE(ABORT, 'DELETE of register_rows is refused: it is evidence'); END;
CREATE TRIGGER register_rows_unchanged BEFORE UPDATE ON register_rows
WHEN (old.to_ms IS NOT NULL OR new.session_id <> old.session_id OR new.number <> old.number
    OR new.site_id <> old.site_id OR new.site_name <> old.site_name OR new.purpose <> old.purpose
    OR new.content <> old.content OR new.person_id <> old.person_id
    OR new.person_name <> old.person_name OR new.unit_name <> old.unit_name
    OR new.account_id <> old.account_id OR new.from_ms <> old.from_ms OR new.mode <> old.mode)
BEGIN SELECT RAISE(ABORT, 'UPDATE of register_rows is refused: it is evidence'); END;

CREATE TRIGGER case_links_stay BEFORE DELETE ON case_links
BEGIN SELECT RAISE(ABORT, 'DELETE of case_links is refused: it is evidence'); END;
CREATE TRIGGER case_links_unchanged BEFORE UPDATE ON case_links
WHEN (old.withdrawn_ms IS NOT NULL OR new.session_id <> old.session_id OR new.kind <> old.kind
    OR new.raw <> old.raw OR new.normalised <> old.normalised OR new.linked_by <> old.linked_by
    OR new.linked_ms <> old.linked_ms)
BEGIN SELECT RAISE(ABORT, 'UPDATE of case_links is refused: it is evidence'); END;
