-- +goose Up
ALTER TABLE protected_branches ADD COLUMN approvals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE protected_branches ADD COLUMN approval_role INTEGER NOT NULL DEFAULT 30;
ALTER TABLE protected_branches ADD COLUMN require_pipeline BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE protected_branches ADD COLUMN require_resolved BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE protected_branches ADD COLUMN require_owners BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE merge_settings (
  project_id INTEGER PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  method TEXT NOT NULL,
  remove_source BOOLEAN NOT NULL,
  last_number INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE merge_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  state TEXT NOT NULL,
  draft BOOLEAN NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  author_id INTEGER NOT NULL,
  remove_source BOOLEAN NOT NULL,
  squash BOOLEAN NOT NULL,
  head_sha TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  versions INTEGER NOT NULL,
  landing TEXT,
  merge_sha TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  merged_at TIMESTAMP,
  merged_by INTEGER NOT NULL,
  closed_at TIMESTAMP,
  closed_by INTEGER NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (project_id, number)
);
CREATE UNIQUE INDEX merge_requests_open ON merge_requests (project_id, source, target) WHERE state = 'opened';
CREATE INDEX merge_requests_author ON merge_requests (author_id) WHERE state = 'opened';

CREATE TABLE merge_reviewers (
  request_id INTEGER NOT NULL REFERENCES merge_requests (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (request_id, user_id)
);
CREATE INDEX merge_reviewers_user ON merge_reviewers (user_id);

CREATE TABLE merge_versions (
  request_id INTEGER NOT NULL REFERENCES merge_requests (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  head_sha TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  commits INTEGER NOT NULL,
  files INTEGER NOT NULL,
  additions INTEGER NOT NULL,
  deletions INTEGER NOT NULL,
  contributors TEXT NOT NULL,
  push TEXT,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (request_id, number)
);
CREATE UNIQUE INDEX merge_versions_push ON merge_versions (request_id, push);

CREATE TABLE merge_approvals (
  request_id INTEGER NOT NULL REFERENCES merge_requests (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL,
  head_sha TEXT NOT NULL,
  content TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  PRIMARY KEY (request_id, user_id)
);
