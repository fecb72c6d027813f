-- +goose Up
-- Values were readable: they stay here until they are sealed, at the first start.
ALTER TABLE variables RENAME TO plain_variables;
CREATE TABLE variables (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id BIGINT REFERENCES projects (id) ON DELETE CASCADE,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  environment TEXT NOT NULL,
  sealed BLOB NOT NULL,
  masked BOOLEAN NOT NULL,
  hidden BOOLEAN NOT NULL,
  protected BOOLEAN NOT NULL,
  file BOOLEAN NOT NULL,
  raw BOOLEAN NOT NULL,
  description TEXT NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  CHECK ((project_id IS NULL) <> (namespace = ''))
);
CREATE UNIQUE INDEX variables_of_project ON variables (project_id, name, environment) WHERE project_id IS NOT NULL;
CREATE UNIQUE INDEX variables_of_namespace ON variables (namespace, name, environment) WHERE project_id IS NULL;
-- By this the server knows its secret key again.
CREATE TABLE seal_check (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sealed BLOB NOT NULL
);
