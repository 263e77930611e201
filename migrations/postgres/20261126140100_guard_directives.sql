-- A directive is never deleted; its history and its pictures are evidence; it keeps its number, its place, what was found and demanded,
-- and once closed it stays as it was.

CREATE TRIGGER directive_steps_stay BEFORE DELETE ON directive_steps
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER directive_steps_kept BEFORE TRUNCATE ON directive_steps
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER directive_steps_unchanged BEFORE UPDATE ON directive_steps
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER directive_pictures_stay BEFORE DELETE ON directive_pictures
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER directive_pictures_kept BEFORE TRUNCATE ON directive_pictures
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER directive_pictures_unchanged BEFORE UPDATE ON directive_pictures
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER directives_stay BEFORE DELETE ON directives
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER directives_kept BEFORE TRUNCATE ON directives
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER directives_unchanged BEFORE UPDATE ON directives
FOR EACH ROW WHEN (new.number <> old.number OR new.site_id <> old.site_id OR new.unit_id <> old.unit_id OR new.issued_ms <> old.issued_ms OR old.is_open = 0
    OR new.body::json ->> 'finding' <> old.body::json ->> 'finding' OR new.body::json ->> 'demand' <> old.body::json ->> 'demand')
EXECUTE FUNCTION refuse_change();
