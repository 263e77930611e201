-- Pre-shift checks: what the computer of a person or a device was found to be able to do, for the duty roster.

CREATE TABLE checks (
    id TEXT PRIMARY KEY,
    account_id TEXT REFERENCES accounts (id),
    person_id TEXT REFERENCES persons (id),
    endpoint_id TEXT REFERENCES endpoints (id),
    unit_id TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    items TEXT NOT NULL,
    ip TEXT NOT NULL
);
CREATE INDEX checks_account ON checks (account_id, at_ms);
CREATE INDEX checks_endpoint ON checks (endpoint_id, at_ms);
