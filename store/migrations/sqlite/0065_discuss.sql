-- +goose Up
CREATE TABLE discussion_threads (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  request_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  starter_id INTEGER NOT NULL,
  starter TEXT NOT NULL,
  system BOOLEAN NOT NULL,
  resolvable BOOLEAN NOT NULL,
  resolved_by TEXT NOT NULL,
  resolved_at TIMESTAMP,
  position TEXT,
  lines TEXT NOT NULL,
  file_lines INTEGER NOT NULL,
  created_at TIMESTAMP NOT NULL,
  version INTEGER NOT NULL,
  event_id INTEGER UNIQUE -- the event that a line of history tells of
);
CREATE INDEX discussion_threads_request ON discussion_threads (request_id, id);
CREATE INDEX discussion_threads_project ON discussion_threads (project_id);
CREATE TABLE discussion_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_id INTEGER NOT NULL REFERENCES discussion_threads (id) ON DELETE CASCADE,
  request_id INTEGER NOT NULL,
  author_id INTEGER NOT NULL,
  author TEXT NOT NULL,
  body TEXT NOT NULL,
  system BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL,
  edited_at TIMESTAMP,
  version INTEGER NOT NULL
);
CREATE INDEX discussion_notes_thread ON discussion_notes (thread_id, id);
CREATE INDEX discussion_notes_request ON discussion_notes (request_id, author_id);
CREATE TABLE discussion_mentions (
  note_id INTEGER NOT NULL REFERENCES discussion_notes (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (note_id, user_id)
);
CREATE INDEX discussion_mentions_user ON discussion_mentions (user_id);
CREATE TABLE applied_suggestions (
  note_id INTEGER NOT NULL REFERENCES discussion_notes (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  sha TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  applied_at TIMESTAMP NOT NULL,
  PRIMARY KEY (note_id, place)
);
