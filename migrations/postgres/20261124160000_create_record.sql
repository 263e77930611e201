-- The record: the org tree, people, logins, links, watches, sessions, register, cases, audit, outbox.

CREATE TABLE units (
    id TEXT PRIMARY KEY,
    parent_id TEXT REFERENCES units (id),
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    sort BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Every unit with itself and each unit above it: a scope is a join, not a walk.
CREATE TABLE unit_paths (
    unit_id TEXT NOT NULL,
    ancestor_id TEXT NOT NULL,
    PRIMARY KEY (unit_id, ancestor_id)
);
CREATE INDEX unit_paths_ancestor ON unit_paths (ancestor_id);

CREATE TABLE sites (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    privacy_class TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    disabled BIGINT NOT NULL,
    privacy_on BIGINT NOT NULL,
    privacy_reason TEXT,
    privacy_since_ms BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX sites_unit ON sites (unit_id);

CREATE TABLE persons (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    post TEXT NOT NULL,
    phone TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    password_changed_ms BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until_ms BIGINT,
    locked BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE role_grants (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL,
    unit_id TEXT NOT NULL REFERENCES units (id),
    given_ms BIGINT NOT NULL,
    given_by TEXT,
    UNIQUE (account_id, role, unit_id)
);

CREATE TABLE logins (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    token_hash TEXT NOT NULL UNIQUE,
    opened_ms BIGINT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    ip TEXT NOT NULL,
    client TEXT NOT NULL,
    ended_ms BIGINT,
    end_cause TEXT
);
CREATE INDEX logins_account ON logins (account_id, ended_ms);

CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    site_id TEXT REFERENCES sites (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    enrolled BIGINT NOT NULL,
    disabled BIGINT NOT NULL,
    login_id TEXT REFERENCES logins (id),
    tab TEXT,
    token_hash TEXT UNIQUE,
    token_ms BIGINT,
    version BIGINT NOT NULL,
    UNIQUE (login_id, tab)
);
CREATE INDEX endpoints_site ON endpoints (site_id);

CREATE TABLE enrolment_codes (
    endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id),
    code_hash TEXT NOT NULL UNIQUE,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE wrong_codes (
    ip TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX wrong_codes_at ON wrong_codes (at_ms);

CREATE TABLE presences (
    endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id),
    online BIGINT NOT NULL,
    on_air BIGINT NOT NULL,
    since_ms BIGINT,
    cause TEXT
);

CREATE TABLE links (
    participant TEXT PRIMARY KEY,
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id),
    opened_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    cause TEXT,
    ip TEXT NOT NULL,
    client TEXT NOT NULL
);
CREATE INDEX links_endpoint ON links (endpoint_id, opened_ms);
CREATE INDEX links_open ON links (endpoint_id) WHERE closed_ms IS NULL;

CREATE TABLE watches (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    person_id TEXT NOT NULL REFERENCES persons (id),
    purpose TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    end_cause TEXT,
    version BIGINT NOT NULL
);
CREATE INDEX watches_account ON watches (account_id, started_ms);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    purpose TEXT NOT NULL,
    site_id TEXT REFERENCES sites (id),
    unit_id TEXT REFERENCES units (id),
    watch_id TEXT REFERENCES watches (id),
    observer_endpoint TEXT REFERENCES endpoints (id),
    observer_account TEXT REFERENCES accounts (id),
    observer_person TEXT REFERENCES persons (id),
    observer_name TEXT NOT NULL,
    observer_unit TEXT REFERENCES units (id),
    room TEXT,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    end_cause TEXT,
    end_note TEXT NOT NULL,
    observer_lost_ms BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX sessions_started ON sessions (started_ms, id);
CREATE INDEX sessions_site ON sessions (site_id, started_ms);
CREATE INDEX sessions_person ON sessions (observer_person, started_ms);
CREATE INDEX sessions_open ON sessions (state) WHERE state = 'open';

CREATE TABLE attendances (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    endpoint_id TEXT,
    person_id TEXT,
    name TEXT NOT NULL,
    unit_id TEXT,
    mode TEXT NOT NULL,
    participant TEXT,
    joined_ms BIGINT NOT NULL,
    left_ms BIGINT,
    leave_reason TEXT
);
CREATE INDEX attendances_session ON attendances (session_id, joined_ms);

-- One line of a session's story.
CREATE TABLE session_lines (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
);

CREATE TABLE track_intervals (
    id TEXT PRIMARY KEY,
    track TEXT NOT NULL UNIQUE,
    participant TEXT NOT NULL,
    endpoint_id TEXT,
    session_id TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    codec TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    summary TEXT
);
CREATE INDEX track_intervals_endpoint ON track_intervals (endpoint_id, started_ms);
CREATE INDEX track_intervals_session ON track_intervals (session_id);
CREATE INDEX track_intervals_open ON track_intervals (participant) WHERE ended_ms IS NULL;

CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    track TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    kind TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    first_packet_ms BIGINT,
    ended_ms BIGINT
);
CREATE INDEX subscriptions_open ON subscriptions (subscriber, track) WHERE ended_ms IS NULL;
CREATE INDEX subscriptions_session ON subscriptions (session_id);

CREATE TABLE register_rows (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    number TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES sites (id),
    site_name TEXT NOT NULL,
    site_unit_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    content TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    person_id TEXT NOT NULL,
    person_name TEXT NOT NULL,
    account_id TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT,
    first_picture_ms BIGINT,
    mode TEXT NOT NULL
);
CREATE INDEX register_from ON register_rows (from_ms, id);
CREATE INDEX register_site ON register_rows (site_id, from_ms);
CREATE INDEX register_session ON register_rows (session_id);

CREATE TABLE case_links (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    kind TEXT NOT NULL,
    raw TEXT NOT NULL,
    normalised TEXT NOT NULL,
    linked_by TEXT NOT NULL,
    linked_by_name TEXT NOT NULL,
    linked_ms BIGINT NOT NULL,
    withdrawn_ms BIGINT,
    withdrawn_by TEXT,
    withdraw_reason TEXT
);
CREATE INDEX case_links_session ON case_links (session_id);
CREATE INDEX case_links_number ON case_links (normalised);

CREATE TABLE case_patterns (
    kind TEXT PRIMARY KEY,
    pattern TEXT NOT NULL,
    example TEXT NOT NULL
);

CREATE TABLE audit_events (
    seq BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at_ms BIGINT NOT NULL,
    account_id TEXT,
    endpoint_id TEXT,
    actor TEXT NOT NULL,
    roles TEXT NOT NULL,
    ip TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    result TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_at ON audit_events (at_ms);

CREATE TABLE outbox_events (
    seq BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    unit_id TEXT,
    site_id TEXT,
    session_id TEXT,
    endpoint_id TEXT,
    payload TEXT NOT NULL
);

-- One row. Whoever writes locks it first: writers follow one another, and both ledgers are without gaps.
CREATE TABLE ledger_head (
    id BIGINT PRIMARY KEY,
    audit_seq BIGINT NOT NULL,
    audit_hash TEXT NOT NULL,
    outbox_seq BIGINT NOT NULL
);
INSERT INTO ledger_head (id, audit_seq, audit_hash, outbox_seq)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);

CREATE TABLE series (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE done_commands (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    action TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);

CREATE TABLE heartbeats (
    id BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL
);
