-- +goose Up
-- Events are forgotten when they are old.
CREATE INDEX events_delivered ON events (delivered_at) WHERE delivered_at IS NOT NULL;
-- Files of deleted projects, which are removed after their rows: logs by the
-- job's number, content of artifacts and of packages by its digest.
CREATE TABLE leftovers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (kind, name)
);
