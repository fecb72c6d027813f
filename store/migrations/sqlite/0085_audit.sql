-- +goose Up
-- body is the line as it was chained, byte for byte; the other columns are for
-- finding it. Nothing refers to other tables: lines outlive what they tell of.
CREATE TABLE audit_entries (
  seq BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL UNIQUE,
  at TIMESTAMP NOT NULL,
  username TEXT NOT NULL,
  action TEXT NOT NULL,
  project_id BIGINT NOT NULL,
  project TEXT NOT NULL,
  body TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_entries_project ON audit_entries (project_id, seq);
CREATE INDEX audit_entries_at ON audit_entries (at);
-- +goose StatementBegin
CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'the audit log is only added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'the audit log is only added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_not_replaced BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq OR event_id = NEW.event_id)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is only added to');
END;
-- +goose StatementEnd
