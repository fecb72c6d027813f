-- +goose Up
CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  latest INTEGER NOT NULL,
  UNIQUE (project_id, name)
);
CREATE TABLE model_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  commit_sha TEXT NOT NULL,
  ref TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  pipeline_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  data_digest TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  details TEXT NOT NULL,
  UNIQUE (model_id, number),
  UNIQUE (model_id, digest, commit_sha)
);
CREATE TABLE model_aliases (
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  alias TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (model_id, alias)
);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  commit_sha TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  model TEXT NOT NULL,
  model_version INTEGER NOT NULL,
  details TEXT NOT NULL
);
CREATE INDEX runs_project ON runs (project_id, id);
