-- Help requests 求助单: each as it stands, its history step by step, and every call with the roster it was made from.

CREATE TABLE help_requests (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    site_id TEXT NOT NULL REFERENCES sites (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    state TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    need TEXT NOT NULL,
    urgency TEXT NOT NULL,
    owner_person TEXT,
    assignee_person TEXT,
    session_id TEXT,
    case_normalised TEXT NOT NULL,
    raised_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    -- When time alone will next change it.
    next_due_ms BIGINT,
    -- The whole request, JSON.
    body TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX help_requests_raised ON help_requests (raised_ms, id);
CREATE INDEX help_requests_site ON help_requests (site_id, raised_ms);
CREATE INDEX help_requests_case ON help_requests (case_normalised);
CREATE INDEX help_requests_session ON help_requests (session_id);
CREATE INDEX help_requests_open ON help_requests (raised_ms) WHERE is_open = 1;
CREATE INDEX help_requests_due ON help_requests (next_due_ms) WHERE next_due_ms IS NOT NULL;

CREATE TABLE help_request_steps (
    request_id TEXT NOT NULL REFERENCES help_requests (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (request_id, seq)
);

CREATE TABLE help_request_calls (
    request_id TEXT NOT NULL REFERENCES help_requests (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    rung TEXT NOT NULL,
    -- Who was on duty then, JSON.
    roster TEXT NOT NULL,
    -- Whose seats rang, JSON.
    persons TEXT NOT NULL,
    PRIMARY KEY (request_id, seq)
);
