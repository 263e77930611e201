-- Files sent in assistances. The bytes lie in the data folder, under files/attachments.

CREATE TABLE session_files (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    name TEXT NOT NULL,
    file_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    kept_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    by_account TEXT,
    by_endpoint TEXT
);
CREATE INDEX session_files_session ON session_files (session_id, kept_ms);

CREATE TRIGGER session_files_stay BEFORE DELETE ON session_files
BEGIN SELECT RAISE(ABORT, 'DELETE of session_files is refused: it is evidence'); END;
CREATE TRIGGER session_files_unchanged BEFORE UPDATE ON session_files
BEGIN SELECT RAISE(ABORT, 'UPDATE of session_files is refused: it is evidence'); END;
