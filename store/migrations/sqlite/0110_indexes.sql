-- +goose Up
-- What waits for a person is asked for by every open page: the failed pipelines
-- of theirs, and whether another came after on the same branch.
CREATE INDEX ci_pipelines_user ON ci_pipelines (user_id, status, id);
CREATE INDEX ci_pipelines_ref ON ci_pipelines (project_id, ref, id);
