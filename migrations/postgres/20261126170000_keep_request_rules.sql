-- The rules of help requests: how a call climbs and what each clock may take, in versions of a unit.

CREATE TABLE request_rules (
    unit_id TEXT NOT NULL REFERENCES units (id),
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    PRIMARY KEY (unit_id, version)
);
