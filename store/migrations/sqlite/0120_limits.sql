-- +goose Up
-- What a client's token may use, and what it used per day.
ALTER TABLE project_tokens ADD COLUMN limits TEXT NOT NULL DEFAULT '{}';
CREATE TABLE token_usage (
  token_id INTEGER NOT NULL REFERENCES project_tokens (id) ON DELETE CASCADE,
  day TEXT NOT NULL,
  predictions INTEGER NOT NULL,
  PRIMARY KEY (token_id, day)
);
