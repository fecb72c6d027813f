-- +goose Up
-- A namespace is a user's name or a group's path, and nobody else's. Paths are
-- in lower case.
CREATE TABLE namespaces (
  path TEXT PRIMARY KEY
);
CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX groups_path ON groups (lower(path));
CREATE TABLE group_members (
  group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role INTEGER NOT NULL,
  since TIMESTAMP NOT NULL,
  expires_at TIMESTAMP,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id);

-- Groups of the namespaces that are there: their owners are those who own every
-- project of the namespace, so that nobody comes to see what they could not.
INSERT INTO namespaces (path) SELECT lower(username) FROM users;
INSERT INTO groups (path, name, description, created_at)
  SELECT min(namespace), min(namespace), '', min(created_at) FROM projects
  WHERE lower(namespace) NOT IN (SELECT path FROM namespaces)
  GROUP BY lower(namespace);
INSERT INTO namespaces (path) SELECT lower(path) FROM groups;
INSERT INTO group_members (group_id, user_id, role, since)
  SELECT g.id, m.user_id, 50, min(m.since)
  FROM groups g JOIN projects p ON lower(p.namespace) = lower(g.path) JOIN members m ON m.project_id = p.id AND m.role = 50
  GROUP BY g.id, m.user_id
  HAVING count(*) = (SELECT count(*) FROM projects q WHERE lower(q.namespace) = lower(g.path));

ALTER TABLE members ADD COLUMN expires_at TIMESTAMP;
ALTER TABLE users ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;
CREATE TABLE project_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  role INTEGER NOT NULL,
  scopes TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP,
  last_used_at TIMESTAMP
);
CREATE UNIQUE INDEX project_tokens_name ON project_tokens (project_id, lower(name));
CREATE TABLE job_access (
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  source_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  PRIMARY KEY (project_id, source_id)
);
CREATE TABLE invitations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER REFERENCES projects (id) ON DELETE CASCADE,
  group_id INTEGER REFERENCES groups (id) ON DELETE CASCADE,
  hash TEXT NOT NULL UNIQUE,
  role INTEGER NOT NULL,
  email TEXT NOT NULL,
  created_by INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  uses_left INTEGER NOT NULL,
  CHECK ((project_id IS NULL) <> (group_id IS NULL))
);
