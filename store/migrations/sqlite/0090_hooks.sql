-- +goose Up
CREATE TABLE hooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id BIGINT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  secret BLOB,
  failures INTEGER NOT NULL,
  disabled_reason TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  version INTEGER NOT NULL
);
CREATE INDEX hooks_project ON hooks (project_id);
-- What is to be sent, or to be sent again.
CREATE TABLE hook_messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hook_id BIGINT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  event_id BIGINT NOT NULL,
  event TEXT NOT NULL,
  uuid TEXT NOT NULL,
  body TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  due_at TIMESTAMP NOT NULL,
  done BOOLEAN NOT NULL,
  UNIQUE (hook_id, event_id)
);
CREATE INDEX hook_messages_due ON hook_messages (due_at) WHERE NOT done;
-- What was sent, one row for each attempt.
CREATE TABLE hook_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hook_id BIGINT NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
  event TEXT NOT NULL,
  uuid TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  at TIMESTAMP NOT NULL,
  duration_ms BIGINT NOT NULL,
  status INTEGER NOT NULL,
  error TEXT NOT NULL,
  request_headers TEXT NOT NULL,
  request_body TEXT NOT NULL,
  response_headers TEXT NOT NULL,
  response_body TEXT NOT NULL
);
CREATE INDEX hook_deliveries_hook ON hook_deliveries (hook_id, id);
