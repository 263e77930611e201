-- By which rules a request was treated can be read years later: a version is never changed.

CREATE TRIGGER request_rules_stay BEFORE DELETE ON request_rules
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER request_rules_kept BEFORE TRUNCATE ON request_rules
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER request_rules_unchanged BEFORE UPDATE ON request_rules
FOR EACH ROW
EXECUTE FUNCTION refuse_change();
