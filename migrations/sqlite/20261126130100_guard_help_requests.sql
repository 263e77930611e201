-- A request's history and its calls are evidence; the request itself keeps its number and the time it was raised.

CREATE TRIGGER help_request_steps_stay BEFORE DELETE ON help_request_steps
BEGIN SELECT RAISE(ABORT, 'DELETE of help_request_steps is refused: it is evidence'); END;
CREATE TRIGGER help_request_steps_unchanged BEFORE UPDATE ON help_request_steps
BEGIN SELECT RAISE(ABORT, 'UPDATE of help_request_steps is refused: it is evidence'); END;

CREATE TRIGGER help_request_calls_stay BEFORE DELETE ON help_request_calls
BEGIN SELECT RAISE(ABORT, 'DELETE of help_request_calls is refused: it is evidence'); END;
CREATE TRIGGER help_request_calls_unchanged BEFORE UPDATE ON help_request_calls
BEGIN SELECT RAISE(ABORT, 'UPDATE of help_request_calls is refused: it is evidence'); END;

CREATE TRIGGER help_requests_stay BEFORE DELETE ON help_requests
BEGIN SELECT RAISE(ABORT, 'DELETE of help_requests is refused: it is evidence'); END;
CREATE TRIGGER help_requests_unchanged BEFORE UPDATE ON help_requests
WHEN (new.number <> old.number OR new.raised_ms <> old.raised_ms OR new.site_id <> old.site_id)
BEGIN SELECT RAISE(ABORT, 'UPDATE of help_requests is refused: it is evidence'); END;
