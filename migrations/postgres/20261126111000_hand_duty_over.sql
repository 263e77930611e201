-- What people agree on about their shifts: swaps that were asked for and decided, and cards by which one shift hands over to the next.

CREATE TABLE shift_swaps (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    shift_id TEXT NOT NULL REFERENCES shifts (id),
    -- Given back in exchange, if any.
    other_shift_id TEXT REFERENCES shifts (id),
    from_person_id TEXT NOT NULL REFERENCES persons (id),
    to_person_id TEXT NOT NULL REFERENCES persons (id),
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_by TEXT NOT NULL REFERENCES persons (id),
    asked_ms BIGINT NOT NULL,
    decided_by TEXT REFERENCES persons (id),
    decided_ms BIGINT,
    note TEXT NOT NULL
);
CREATE INDEX shift_swaps_unit ON shift_swaps (unit_id, asked_ms);

CREATE TABLE handovers (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES units (id),
    from_shift_id TEXT NOT NULL REFERENCES shifts (id),
    to_shift_id TEXT NOT NULL REFERENCES shifts (id),
    from_person_id TEXT NOT NULL REFERENCES persons (id),
    to_person_id TEXT NOT NULL REFERENCES persons (id),
    -- JSON array: what was open when the outgoing person signed.
    items TEXT NOT NULL,
    more_items BIGINT NOT NULL,
    note TEXT NOT NULL,
    out_signed_ms BIGINT NOT NULL,
    answer TEXT NOT NULL,
    in_signed_ms BIGINT
);
CREATE INDEX handovers_unit ON handovers (unit_id, out_signed_ms);
CREATE UNIQUE INDEX handovers_between ON handovers (from_shift_id, to_shift_id);

CREATE TRIGGER shift_swaps_stay BEFORE DELETE ON shift_swaps
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER shift_swaps_kept BEFORE TRUNCATE ON shift_swaps
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER shift_swaps_unchanged BEFORE UPDATE ON shift_swaps
FOR EACH ROW WHEN (old.state <> 'asked' OR new.shift_id <> old.shift_id OR new.from_person_id <> old.from_person_id
    OR new.to_person_id <> old.to_person_id OR new.reason <> old.reason OR new.asked_ms <> old.asked_ms)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER handovers_stay BEFORE DELETE ON handovers
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handovers_kept BEFORE TRUNCATE ON handovers
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER handovers_unchanged BEFORE UPDATE ON handovers
FOR EACH ROW WHEN (old.in_signed_ms IS NOT NULL OR new.from_shift_id <> old.from_shift_id
    OR new.to_shift_id <> old.to_shift_id OR new.from_person_id <> old.from_person_id
    OR new.to_person_id <> old.to_person_id OR new.items <> old.items OR new.note <> old.note
    OR new.out_signed_ms <> old.out_signed_ms)
EXECUTE FUNCTION refuse_change();
