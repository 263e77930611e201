-- Whether whoever is at the workstation wears earphones: only then whispers reach it. The last row counts.

CREATE TABLE assist_earphones (
    session_id TEXT NOT NULL REFERENCES assists (session_id),
    seq BIGINT NOT NULL,
    worn BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (session_id, seq)
);

-- When a whisper could be heard there stays as it was.
CREATE TRIGGER assist_earphones_stay BEFORE DELETE ON assist_earphones
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assist_earphones_kept BEFORE TRUNCATE ON assist_earphones
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER assist_earphones_unchanged BEFORE UPDATE ON assist_earphones
FOR EACH ROW
EXECUTE FUNCTION refuse_change();
