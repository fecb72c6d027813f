-- +goose Up
-- body is the line as it was chained, byte for byte; the other columns are for
-- finding it. Nothing refers to other tables: lines outlive what they tell of.
CREATE TABLE audit_entries (
  seq BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL UNIQUE,
  at TIMESTAMPTZ NOT NULL,
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
CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only added to';
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_stay();
CREATE TRIGGER audit_entries_kept BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay();
