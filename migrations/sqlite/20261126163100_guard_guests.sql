-- What was agreed to and how it was judged is evidence; of links and visits only what happens once is added.

CREATE TRIGGER guest_links_stay BEFORE DELETE ON guest_links
BEGIN SELECT RAISE(ABORT, 'DELETE of guest_links is refused: it is evidence'); END;
CREATE TRIGGER guest_links_unchanged BEFORE UPDATE ON guest_links
WHEN (new.id <> old.id OR new.token_hash <> old.token_hash OR new.request_id <> old.request_id OR new.made_by <> old.made_by
    OR new.made_ms <> old.made_ms OR new.expires_ms <> old.expires_ms OR new.max_uses <> old.max_uses OR new.uses < old.uses
    OR new.uses > new.max_uses OR old.revoked_ms IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'UPDATE of guest_links is refused: it is evidence'); END;

CREATE TRIGGER guest_visits_stay BEFORE DELETE ON guest_visits
BEGIN SELECT RAISE(ABORT, 'DELETE of guest_visits is refused: it is evidence'); END;
CREATE TRIGGER guest_visits_unchanged BEFORE UPDATE ON guest_visits
WHEN (new.id <> old.id OR new.token_hash <> old.token_hash OR new.link_id <> old.link_id OR new.request_id <> old.request_id
    OR new.endpoint_id <> old.endpoint_id OR new.opened_ms <> old.opened_ms OR old.removed_ms IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'UPDATE of guest_visits is refused: it is evidence'); END;

CREATE TRIGGER consent_texts_stay BEFORE DELETE ON consent_texts
BEGIN SELECT RAISE(ABORT, 'DELETE of consent_texts is refused: it is evidence'); END;
CREATE TRIGGER consent_texts_unchanged BEFORE UPDATE ON consent_texts
BEGIN SELECT RAISE(ABORT, 'UPDATE of consent_texts is refused: it is evidence'); END;

CREATE TRIGGER consents_stay BEFORE DELETE ON consents
BEGIN SELECT RAISE(ABORT, 'DELETE of consents is refused: it is evidence'); END;
CREATE TRIGGER consents_unchanged BEFORE UPDATE ON consents
WHEN (old.withdrawn_ms IS NOT NULL OR new.withdrawn_ms IS NULL OR new.withdrawn_ms < old.given_ms OR new.id <> old.id
    OR new.unit_id <> old.unit_id OR COALESCE(new.request_id, '') <> COALESCE(old.request_id, '')
    OR COALESCE(new.session_id, '') <> COALESCE(old.session_id, '') OR COALESCE(new.visit_id, '') <> COALESCE(old.visit_id, '')
    OR new.name <> old.name OR new.text_unit <> old.text_unit OR new.text_version <> old.text_version
    OR new.text_sha256 <> old.text_sha256 OR new.picture <> old.picture OR new.sound <> old.sound
    OR new.given_ms <> old.given_ms OR new.witness <> old.witness)
BEGIN SELECT RAISE(ABORT, 'UPDATE of consents is refused: it is evidence'); END;

CREATE TRIGGER request_ratings_stay BEFORE DELETE ON request_ratings
BEGIN SELECT RAISE(ABORT, 'DELETE of request_ratings is refused: it is evidence'); END;
CREATE TRIGGER request_ratings_unchanged BEFORE UPDATE ON request_ratings
BEGIN SELECT RAISE(ABORT, 'UPDATE of request_ratings is refused: it is evidence'); END;
