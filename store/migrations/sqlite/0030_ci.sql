-- +goose Up
CREATE TABLE ci_runners (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  description TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  embedded BOOLEAN NOT NULL,
  paused BOOLEAN NOT NULL,
  tags TEXT NOT NULL,
  run_untagged BOOLEAN NOT NULL,
  info TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  seen_at TIMESTAMP
);
CREATE UNIQUE INDEX ci_runners_embedded ON ci_runners (embedded) WHERE embedded;
CREATE TABLE ci_pipelines (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  key TEXT,
  status TEXT NOT NULL,
  source TEXT NOT NULL,
  ref TEXT NOT NULL,
  tag BOOLEAN NOT NULL,
  protected BOOLEAN NOT NULL,
  sha TEXT NOT NULL,
  before_sha TEXT NOT NULL,
  commit_facts TEXT NOT NULL,
  name TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  variables TEXT NOT NULL,
  stages TEXT NOT NULL,
  problems TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  version INTEGER NOT NULL
);
CREATE UNIQUE INDEX ci_pipelines_key ON ci_pipelines (project_id, key) WHERE key IS NOT NULL;
CREATE INDEX ci_pipelines_project ON ci_pipelines (project_id, id);
CREATE INDEX ci_pipelines_idle ON ci_pipelines (id) WHERE status = 'created';
CREATE TABLE ci_specs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pipeline_id INTEGER NOT NULL REFERENCES ci_pipelines (id) ON DELETE CASCADE,
  definition TEXT NOT NULL
);
CREATE INDEX ci_specs_pipeline ON ci_specs (pipeline_id);
CREATE TABLE ci_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pipeline_id INTEGER NOT NULL REFERENCES ci_pipelines (id) ON DELETE CASCADE,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  spec_id INTEGER NOT NULL REFERENCES ci_specs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  stage TEXT NOT NULL,
  stage_index INTEGER NOT NULL,
  status TEXT NOT NULL,
  run_when TEXT NOT NULL,
  allow_failure BOOLEAN NOT NULL,
  softened BOOLEAN NOT NULL,
  needs TEXT NOT NULL,
  needs_set BOOLEAN NOT NULL,
  tags TEXT NOT NULL,
  timeout_seconds INTEGER NOT NULL,
  environment TEXT NOT NULL,
  variables TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  retried BOOLEAN NOT NULL,
  failure TEXT NOT NULL,
  exit_code INTEGER NOT NULL,
  interrupted BOOLEAN NOT NULL,
  runner_id INTEGER NOT NULL,
  runner_name TEXT NOT NULL,
  graceful BOOLEAN NOT NULL,
  token_hash TEXT,
  log_truncated BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL,
  queued_at TIMESTAMP,
  started_at TIMESTAMP,
  acknowledged_at TIMESTAMP,
  seen_at TIMESTAMP,
  finished_at TIMESTAMP,
  version INTEGER NOT NULL
);
CREATE INDEX ci_jobs_pipeline ON ci_jobs (pipeline_id);
CREATE INDEX ci_jobs_waiting ON ci_jobs (queued_at, id) WHERE status = 'pending';
CREATE INDEX ci_jobs_active ON ci_jobs (id) WHERE status IN ('running', 'canceling');
CREATE UNIQUE INDEX ci_jobs_token ON ci_jobs (token_hash) WHERE token_hash IS NOT NULL;
CREATE TABLE ci_artifacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES ci_jobs (id) ON DELETE CASCADE,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  format TEXT NOT NULL,
  filename TEXT NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  expires_at TIMESTAMP,
  variables TEXT NOT NULL
);
CREATE UNIQUE INDEX ci_artifacts_job ON ci_artifacts (job_id, kind);
CREATE INDEX ci_artifacts_digest ON ci_artifacts (digest);
CREATE INDEX ci_artifacts_expiry ON ci_artifacts (expires_at) WHERE expires_at IS NOT NULL;
