-- Cards: quick phrases, law cards and templates of notes, of a unit for itself and everyone under it.

CREATE TABLE cards (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    case_kind TEXT,
    changed_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    withdrawn BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX cards_unit ON cards (unit_id);
