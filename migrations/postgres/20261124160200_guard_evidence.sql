-- Evidence stays, whoever has the database open: a ledger's row is never changed, an interval is closed once, nothing is deleted.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it is evidence', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_kept BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_unchanged BEFORE UPDATE ON audit_events
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER outbox_events_stay BEFORE DELETE ON outbox_events
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outbox_events_kept BEFORE TRUNCATE ON outbox_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outbox_events_unchanged BEFORE UPDATE ON outbox_events
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER session_lines_stay BEFORE DELETE ON session_lines
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER session_lines_kept BEFORE TRUNCATE ON session_lines
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER session_lines_unchanged BEFORE UPDATE ON session_lines
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER sessions_stay BEFORE DELETE ON sessions
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sessions_kept BEFORE TRUNCATE ON sessions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sessions_unchanged BEFORE UPDATE ON sessions
FOR EACH ROW WHEN (old.state <> 'open' OR new.number <> old.number OR new.started_ms <> old.started_ms)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER attendances_stay BEFORE DELETE ON attendances
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attendances_kept BEFORE TRUNCATE ON attendances
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attendances_unchanged BEFORE UPDATE ON attendances
FOR EACH ROW WHEN (old.left_ms IS NOT NULL OR new.session_id <> old.session_id OR new.name <> old.name
    OR new.mode <> old.mode OR new.joined_ms <> old.joined_ms)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER track_intervals_stay BEFORE DELETE ON track_intervals
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER track_intervals_kept BEFORE TRUNCATE ON track_intervals
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER track_intervals_unchanged BEFORE UPDATE ON track_intervals
FOR EACH ROW WHEN ((old.ended_ms IS NOT NULL AND (new.ended_ms IS NULL OR new.ended_ms <> old.ended_ms))
    OR old.summary IS NOT NULL OR new.track <> old.track OR new.participant <> old.participant
    OR new.started_ms <> old.started_ms)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER register_rows_stay BEFORE DELETE ON register_rows
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER register_rows_kept BEFORE TRUNCATE ON register_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER register_rows_unchanged BEFORE UPDATE ON register_rows
FOR EACH ROW WHEN (old.to_ms IS NOT NULL OR new.session_id <> old.session_id OR new.number <> old.number
    OR new.site_id <> old.site_id OR new.site_name <> old.site_name OR new.purpose <> old.purpose
    OR new.content <> old.content OR new.person_id <> old.person_id
    OR new.person_name <> old.person_name OR new.unit_name <> old.unit_name
    OR new.account_id <> old.account_id OR new.from_ms <> old.from_ms OR new.mode <> old.mode)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER case_links_stay BEFORE DELETE ON case_links
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_links_kept BEFORE TRUNCATE ON case_links
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_links_unchanged BEFORE UPDATE ON case_links
FOR EACH ROW WHEN (old.withdrawn_ms IS NOT NULL OR new.session_id <> old.session_id OR new.kind <> old.kind
    OR new.raw <> old.raw OR new.normalised <> old.normalised OR new.linked_by <> old.linked_by
    OR new.linked_ms <> old.linked_ms)
EXECUTE FUNCTION refuse_change();
