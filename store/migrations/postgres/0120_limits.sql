-- +goose Up
-- What a client's token may use, and what it used per day.
ALTER TABLE project_tokens ADD COLUMN limits JSONB NOT NULL DEFAULT '{}';
CREATE TABLE token_usage (
  token_id BIGINT NOT NULL REFERENCES project_tokens (id) ON DELETE CASCADE,
  day TEXT NOT NULL,
  predictions BIGINT NOT NULL,
  PRIMARY KEY (token_id, day)
);
