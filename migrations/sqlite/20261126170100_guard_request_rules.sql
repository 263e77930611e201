-- By which rules a request was treated can be read years later: a version is never changed.

CREATE TRIGGER request_rules_stay BEFORE DELETE ON request_rules
BEGIN SELECT RAISE(ABORT, 'DELETE of request_rules is refused: it is evidence'); END;
CREATE TRIGGER request_rules_unchanged BEFORE UPDATE ON request_rules
BEGIN SELECT RAISE(ABORT, 'UPDATE of request_rules is refused: it is evidence'); END;
