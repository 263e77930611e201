-- Directives 督办单: each as it stands, its history step by step, and its pictures. The images lie in the data folder, under
-- files/directives.

CREATE TABLE directives (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    site_id TEXT NOT NULL REFERENCES sites (id),
    -- The office that answers.
    unit_id TEXT NOT NULL REFERENCES units (id),
    state TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    rank TEXT NOT NULL,
    request_id TEXT REFERENCES help_requests (id),
    session_id TEXT REFERENCES sessions (id),
    case_normalised TEXT NOT NULL,
    due_ms BIGINT NOT NULL,
    issued_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    -- When time alone will next change it.
    next_due_ms BIGINT,
    -- The whole directive, JSON.
    body TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX directives_issued ON directives (issued_ms, id);
CREATE INDEX directives_site ON directives (site_id, issued_ms);
CREATE INDEX directives_unit ON directives (unit_id, issued_ms);
CREATE INDEX directives_case ON directives (case_normalised);
CREATE INDEX directives_request ON directives (request_id);
CREATE INDEX directives_session ON directives (session_id);
CREATE INDEX directives_open ON directives (issued_ms) WHERE is_open = 1;
CREATE INDEX directives_due ON directives (next_due_ms) WHERE next_due_ms IS NOT NULL;

CREATE TABLE directive_steps (
    directive_id TEXT NOT NULL REFERENCES directives (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (directive_id, seq)
);

CREATE TABLE directive_pictures (
    id TEXT PRIMARY KEY,
    directive_id TEXT NOT NULL REFERENCES directives (id),
    -- 0: the basis; else the report that it belongs to.
    round BIGINT NOT NULL,
    image_type TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    kept_ms BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    by_account TEXT,
    by_endpoint TEXT
);
CREATE INDEX directive_pictures_directive ON directive_pictures (directive_id, kept_ms);
