-- Assistance sessions: which station takes part, which request it answers, who was asked to join.

CREATE TABLE assists (
    session_id TEXT PRIMARY KEY REFERENCES sessions (id),
    station TEXT NOT NULL REFERENCES endpoints (id),
    request_id TEXT,
    request_number TEXT,
    answered_ms BIGINT
);
CREATE INDEX assists_request ON assists (request_id);

CREATE TABLE assist_invitations (
    session_id TEXT NOT NULL REFERENCES assists (session_id),
    seq BIGINT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    by_account TEXT NOT NULL REFERENCES accounts (id),
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (session_id, seq)
);

CREATE INDEX attendances_endpoint_open ON attendances (endpoint_id, session_id);

-- What was agreed to and who was asked stays as it was.
CREATE TRIGGER assists_stay BEFORE DELETE ON assists
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assists_kept BEFORE TRUNCATE ON assists
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assists_unchanged BEFORE UPDATE ON assists
FOR EACH ROW WHEN (old.answered_ms IS NOT NULL OR new.session_id <> old.session_id OR new.station <> old.station
    OR COALESCE(new.request_id, '') <> COALESCE(old.request_id, ''))
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER assist_invitations_stay BEFORE DELETE ON assist_invitations
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assist_invitations_kept BEFORE TRUNCATE ON assist_invitations
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assist_invitations_unchanged BEFORE UPDATE ON assist_invitations
FOR EACH ROW
EXECUTE FUNCTION refuse_change();
