-- Frozen frames of sessions and what is drawn on them. The images lie in the data folder, under files/frames.

CREATE TABLE session_frames (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    source TEXT NOT NULL,
    frame_ms BIGINT NOT NULL,
    kept_ms BIGINT NOT NULL,
    image_type TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    by_name TEXT NOT NULL,
    by_account TEXT,
    by_endpoint TEXT
);
CREATE INDEX session_frames_session ON session_frames (session_id, kept_ms);

-- One stroke, or the undoing of one: nothing is taken back, another row says that it was.
CREATE TABLE session_strokes (
    frame_id TEXT NOT NULL REFERENCES session_frames (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    drawn TEXT,
    undoes BIGINT,
    sha256 TEXT NOT NULL,
    by_name TEXT NOT NULL,
    by_account TEXT,
    by_endpoint TEXT,
    PRIMARY KEY (frame_id, seq)
);

CREATE TRIGGER session_frames_stay BEFORE DELETE ON session_frames
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER session_frames_kept BEFORE TRUNCATE ON session_frames
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER session_frames_unchanged BEFORE UPDATE ON session_frames
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER session_strokes_stay BEFORE DELETE ON session_strokes
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER session_strokes_kept BEFORE TRUNCATE ON session_strokes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER session_strokes_unchanged BEFORE UPDATE ON session_strokes
FOR EACH ROW EXECUTE FUNCTION refuse_change();
