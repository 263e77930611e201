-- What was agreed to and how it was judged is evidence; of links and visits only what happens once is added.

CREATE TRIGGER guest_links_stay BEFORE DELETE ON guest_links
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guest_links_kept BEFORE TRUNCATE ON guest_links
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guest_links_unchanged BEFORE UPDATE ON guest_links
FOR EACH ROW WHEN (new.id <> old.id OR new.token_hash <> old.token_hash OR new.request_id <> old.request_id OR new.made_by <> old.made_by
    OR new.made_ms <> old.made_ms OR new.expires_ms <> old.expires_ms OR new.max_uses <> old.max_uses OR new.uses < old.uses
    OR new.uses > new.max_uses OR old.revoked_ms IS NOT NULL)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER guest_visits_stay BEFORE DELETE ON guest_visits
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guest_visits_kept BEFORE TRUNCATE ON guest_visits
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guest_visits_unchanged BEFORE UPDATE ON guest_visits
FOR EACH ROW WHEN (new.id <> old.id OR new.token_hash <> old.token_hash OR new.link_id <> old.link_id OR new.request_id <> old.request_id
    OR new.endpoint_id <> old.endpoint_id OR new.opened_ms <> old.opened_ms OR old.removed_ms IS NOT NULL)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER consent_texts_stay BEFORE DELETE ON consent_texts
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_texts_kept BEFORE TRUNCATE ON consent_texts
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_texts_unchanged BEFORE UPDATE ON consent_texts
FOR EACH ROW
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER consents_stay BEFORE DELETE ON consents
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_kept BEFORE TRUNCATE ON consents
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_unchanged BEFORE UPDATE ON consents
FOR EACH ROW WHEN (old.withdrawn_ms IS NOT NULL OR new.withdrawn_ms IS NULL OR new.withdrawn_ms < old.given_ms OR new.id <> old.id
    OR new.unit_id <> old.unit_id OR COALESCE(new.request_id, '') <> COALESCE(old.request_id, '')
    OR COALESCE(new.session_id, '') <> COALESCE(old.session_id, '') OR COALESCE(new.visit_id, '') <> COALESCE(old.visit_id, '')
    OR new.name <> old.name OR new.text_unit <> old.text_unit OR new.text_version <> old.text_version
    OR new.text_sha256 <> old.text_sha256 OR new.picture <> old.picture OR new.sound <> old.sound
    OR new.given_ms <> old.given_ms OR new.witness <> old.witness)
EXECUTE FUNCTION refuse_change();

CREATE TRIGGER request_ratings_stay BEFORE DELETE ON request_ratings
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER request_ratings_kept BEFORE TRUNCATE ON request_ratings
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER request_ratings_unchanged BEFORE UPDATE ON request_ratings
FOR EACH ROW
EXECUTE FUNCTION refuse_change();
