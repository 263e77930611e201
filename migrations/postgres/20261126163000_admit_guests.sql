-- Guests 来访: links, the browsers that opened them, what people agreed to, and how they found the help.

CREATE TABLE guest_links (
    id TEXT PRIMARY KEY,
    -- SHA-256 of the secret, hex.
    token_hash TEXT NOT NULL UNIQUE,
    request_id TEXT NOT NULL REFERENCES help_requests (id),
    site_id TEXT NOT NULL REFERENCES sites (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    made_by TEXT NOT NULL,
    made_by_account TEXT REFERENCES accounts (id),
    made_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    max_uses BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoked_by TEXT NOT NULL,
    revoke_reason TEXT NOT NULL
);
CREATE INDEX guest_links_request ON guest_links (request_id);

CREATE TABLE guest_visits (
    id TEXT PRIMARY KEY,
    -- SHA-256 of the browser's own secret, hex.
    token_hash TEXT NOT NULL UNIQUE,
    link_id TEXT NOT NULL REFERENCES guest_links (id),
    request_id TEXT NOT NULL REFERENCES help_requests (id),
    endpoint_id TEXT NOT NULL UNIQUE REFERENCES endpoints (id),
    name TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    ip TEXT NOT NULL,
    removed_ms BIGINT,
    removed_by TEXT NOT NULL,
    remove_reason TEXT NOT NULL
);
CREATE INDEX guest_visits_request ON guest_visits (request_id);
CREATE INDEX guest_visits_link ON guest_visits (link_id);

CREATE TABLE consent_texts (
    unit_id TEXT NOT NULL REFERENCES units (id),
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (unit_id, version)
);

CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    request_id TEXT REFERENCES help_requests (id),
    session_id TEXT REFERENCES sessions (id),
    visit_id TEXT REFERENCES guest_visits (id),
    name TEXT NOT NULL,
    text_unit TEXT NOT NULL,
    text_version BIGINT NOT NULL,
    text_sha256 TEXT NOT NULL,
    picture BIGINT NOT NULL,
    sound BIGINT NOT NULL,
    given_ms BIGINT NOT NULL,
    witness TEXT NOT NULL,
    withdrawn_ms BIGINT,
    withdraw_reason TEXT NOT NULL,
    FOREIGN KEY (text_unit, text_version) REFERENCES consent_texts (unit_id, version),
    CHECK (request_id IS NOT NULL OR session_id IS NOT NULL)
);
CREATE INDEX consents_request ON consents (request_id);
CREATE INDEX consents_session ON consents (session_id);
CREATE INDEX consents_visit ON consents (visit_id);

CREATE TABLE request_ratings (
    request_id TEXT NOT NULL REFERENCES help_requests (id),
    seq BIGINT NOT NULL,
    session_id TEXT,
    visit_id TEXT REFERENCES guest_visits (id),
    channel TEXT NOT NULL,
    grade TEXT NOT NULL,
    text TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (request_id, seq)
);

-- A dissatisfied asker who was not called back yet is work to do: the desk shows it from now on.
UPDATE help_requests SET is_open = 1
WHERE state = 'closed' AND body LIKE '%"call_back_by_ms":1%';
