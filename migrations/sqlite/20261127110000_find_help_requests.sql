-- What a request was merged into, so that its guests and consents are found there; and the words by which it is searched for.

ALTER TABLE help_requests ADD COLUMN merged_into TEXT;
ALTER TABLE help_requests ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE help_requests SET
    merged_into = json_extract(body, '$.merged_into'),
    words = number
        || char(10) || COALESCE(json_extract(body, '$.sentence'), '')
        || char(10) || COALESCE(json_extract(body, '$.case_raw'), '')
        || char(10) || COALESCE(json_extract(body, '$.asker_name'), '')
        || char(10) || COALESCE(json_extract(body, '$.owner.name'), '')
        || char(10) || COALESCE(json_extract(body, '$.assignee.name'), '')
        || char(10) || COALESCE(json_extract(body, '$.result'), '');
CREATE INDEX help_requests_merged ON help_requests (merged_into) WHERE merged_into IS NOT NULL;
