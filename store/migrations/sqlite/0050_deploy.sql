-- +goose Up
CREATE TABLE environments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  tier TEXT NOT NULL,
  description TEXT NOT NULL,
  public BOOLEAN NOT NULL,
  protected BOOLEAN NOT NULL,
  endpoint TEXT NOT NULL,
  current_id INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP NOT NULL,
  version INTEGER NOT NULL
);
CREATE UNIQUE INDEX environments_name ON environments (project_id, name);
CREATE UNIQUE INDEX environments_endpoint ON environments (lower(endpoint));
CREATE TABLE deployments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  model_version INTEGER NOT NULL,
  digest TEXT NOT NULL,
  commit_sha TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  error TEXT NOT NULL,
  restores_id INTEGER NOT NULL DEFAULT 0,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  job_id INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP NOT NULL,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  version INTEGER NOT NULL
);
CREATE INDEX deployments_environment ON deployments (environment_id, id);
CREATE INDEX deployments_unfinished ON deployments (id) WHERE state IN ('pending', 'running');
-- One running deployment per environment, whatever the servers do.
CREATE UNIQUE INDEX deployments_running ON deployments (environment_id) WHERE state = 'running';
