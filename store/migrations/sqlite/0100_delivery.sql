-- +goose Up
ALTER TABLE environments ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN deploy_role INTEGER NOT NULL DEFAULT 40;
ALTER TABLE environments ADD COLUMN approvals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE environments ADD COLUMN approval_role INTEGER NOT NULL DEFAULT 40;
ALTER TABLE environments ADD COLUMN target TEXT NOT NULL DEFAULT 'embedded';
ALTER TABLE environments ADD COLUMN stopped BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE environments ADD COLUMN branch TEXT NOT NULL DEFAULT '';
ALTER TABLE environments ADD COLUMN on_stop_job INTEGER NOT NULL DEFAULT 0;
ALTER TABLE environments ADD COLUMN auto_stop_at TIMESTAMP;
-- Until now everything that was deployed was a model.
UPDATE environments SET kind = 'model' WHERE id IN (SELECT environment_id FROM deployments);
CREATE INDEX environments_branch ON environments (project_id, branch) WHERE branch <> '';
CREATE INDEX environments_auto_stop ON environments (auto_stop_at) WHERE auto_stop_at IS NOT NULL;
ALTER TABLE deployments ADD COLUMN kind TEXT NOT NULL DEFAULT 'model';
ALTER TABLE deployments ADD COLUMN manifest TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deployments ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN needed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deployments ADD COLUMN break_glass BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE deployments ADD COLUMN comparison TEXT NOT NULL DEFAULT '';
CREATE INDEX deployments_blocked ON deployments (id) WHERE state = 'blocked';
CREATE INDEX deployments_digest ON deployments (project_id, digest);
CREATE TABLE deployment_approvals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deployment_id INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  comment TEXT NOT NULL,
  verdict TEXT NOT NULL
);
CREATE UNIQUE INDEX deployment_approvals_user ON deployment_approvals (deployment_id, user_id, verdict);
CREATE TABLE bundles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL,
  digest TEXT NOT NULL,
  size INTEGER NOT NULL,
  unpacked INTEGER NOT NULL,
  files INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX bundles_digest ON bundles (project_id, digest);
CREATE INDEX bundles_content ON bundles (digest);
