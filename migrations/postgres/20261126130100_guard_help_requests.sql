-- A request's history and its calls are evidence; the request itself keeps its number and the time it was raised.

CREATE TRIGGER help_request_steps_stay BEFORE DELETE ON help_request_steps
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER help_request_steps_kept BEFORE TRUNCATE ON help_request_steps
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER help_request_steps_unchanged BEFORE UPDATE ON help_request_steps
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER help_request_calls_stay BEFORE DELETE ON help_request_calls
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER help_request_calls_kept BEFORE TRUNCATE ON help_request_calls
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER help_request_calls_unchanged BEFORE UPDATE ON help_request_calls
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER help_requests_stay BEFORE DELETE ON help_requests
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER help_requests_kept BEFORE TRUNCATE ON help_requests
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER help_requests_unchanged BEFORE UPDATE ON help_requests
FOR EACH ROW WHEN (new.number <> old.number OR new.raised_ms <> old.raised_ms OR new.site_id <> old.site_id)
EXECUTE FUNCTION refuse_change();
