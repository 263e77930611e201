-- A directive is never deleted; its history and its pictures are evidence; it keeps its number, its place, what was found and demanded,
-- and once closed it stays as it was.

CREATE TRIGGER directive_steps_stay BEFORE DELETE ON directive_steps
BEGIN SELECT RAISE(ABORT, 'DELETE of directive_steps is refused: it is evidence'); END;
CREATE TRIGGER directive_steps_unchanged BEFORE UPDATE ON directive_steps
BEGIN SELECT RAISE(ABORT, 'UPDATE of directive_steps is refused: it is evidence'); END;

CREATE TRIGGER directive_pictures_stay BEFORE DELETE ON directive_pictures
BEGIN SELECT RAISE(ABORT, 'DELETE of directive_pictures is refused: it is evidence'); END;
CREATE TRIGGER directive_pictures_unchanged BEFORE UPDATE ON directive_pictures
BEGIN SELECT RAISE(ABORT, 'UPDATE of directive_pictures is refused: it is evidence'); END;

CREATE TRIGGER directives_stay BEFORE DELETE ON directives
BEGIN SELECT RAISE(ABORT, 'DELETE of directives is refused: it is evidence'); END;
CREATE TRIGGER directives_unchanged BEFORE UPDATE ON directives
WHEN (new.number <> old.number OR new.site_id <> old.site_id OR new.unit_id <> old.unit_id OR new.issued_ms <> old.issued_ms OR old.is_open = 0
    OR new.body ->> 'finding' <> old.body ->> 'finding' OR new.body ->> 'demand' <> old.body ->> 'demand')
BEGIN SELECT RAISE(ABORT, 'UPDATE of directives is refused: it is evidence'); END;
