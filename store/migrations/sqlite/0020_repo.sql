-- +goose Up
CREATE TABLE protected_branches (
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  pattern TEXT NOT NULL,
  push_role INTEGER NOT NULL,
  merge_role INTEGER NOT NULL,
  PRIMARY KEY (project_id, pattern)
);
CREATE TABLE push_intents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  source TEXT NOT NULL,
  options TEXT NOT NULL,
  updates TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
