-- +goose Up
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  delivered_at TIMESTAMP
);
CREATE INDEX events_undelivered ON events (id) WHERE delivered_at IS NULL;
