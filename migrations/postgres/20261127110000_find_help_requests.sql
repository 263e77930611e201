-- What a request was merged into, so that its guests and consents are found there; and the words by which it is searched for.

ALTER TABLE help_requests ADD COLUMN merged_into TEXT;
ALTER TABLE help_requests ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE help_requests SET
    merged_into = body::jsonb ->> 'merged_into',
    words = number
        || chr(10) || COALESCE(body::jsonb ->> 'sentence', '')
        || chr(10) || COALESCE(body::jsonb ->> 'case_raw', '')
        || chr(10) || COALESCE(body::jsonb ->> 'asker_name', '')
        || chr(10) || COALESCE(body::jsonb -> 'owner' ->> 'name', '')
        || chr(10) || COALESCE(body::jsonb -> 'assignee' ->> 'name', '')
        || chr(10) || COALESCE(body::jsonb ->> 'result', '');
CREATE INDEX help_requests_merged ON help_requests (merged_into) WHERE merged_into IS NOT NULL;
