-- Duty: who serves which unit's subtree, in which role, from when until when; and what came of it.

CREATE TABLE shifts (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    role TEXT NOT NULL,
    mode TEXT NOT NULL,
    -- JSON array of words.
    skills TEXT NOT NULL,
    starts_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    arrived_ms BIGINT,
    left_ms BIGINT,
    no_show_ms BIGINT,
    -- A shift that is taken off the roster stays in the record.
    removed_ms BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX shifts_unit ON shifts (unit_id, ends_ms);
CREATE INDEX shifts_person ON shifts (person_id, ends_ms);
CREATE INDEX accounts_person ON accounts (person_id);
CREATE INDEX checks_person ON checks (person_id, at_ms);
