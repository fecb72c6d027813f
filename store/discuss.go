package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/discuss"
	"dasier/forge/project"
)

// Discuss keeps threads and notes.
func (s *Store) Discuss() discuss.Store { return discussStore{s} }

type discussStore struct{ *Store }

type threadRow struct {
	bun.BaseModel `bun:"table:discussion_threads,alias:t"`

	ID         discuss.ThreadID `bun:"id,pk,autoincrement"`
	ProjectID  project.ID       `bun:"project_id"`
	RequestID  int64            `bun:"request_id"`
	Number     int              `bun:"number"`
	StarterID  auth.UserID      `bun:"starter_id"`
	Starter    string           `bun:"starter"`
	System     bool             `bun:"system"`
	Resolvable bool             `bun:"resolvable"`
	ResolvedBy string           `bun:"resolved_by"`
	ResolvedAt *time.Time       `bun:"resolved_at"`
	Position   json.RawMessage  `bun:"position,type:jsonb,nullzero"`
	Lines      json.RawMessage  `bun:"lines,type:jsonb"`
	FileLines  int              `bun:"file_lines"`
	CreatedAt  time.Time        `bun:"created_at"`
	Version    int              `bun:"version"`
	EventID    int64            `bun:"event_id,nullzero"`
}

// positionText is how a position is kept: its JSON outlives the type's names.
type positionText struct {
	Base    string `json:"base"`
	Head    string `json:"head"`
	OldPath string `json:"old_path"`
	NewPath string `json:"new_path"`
	OldLine int    `json:"old_line"`
	NewLine int    `json:"new_line"`
}

type noteRow struct {
	bun.BaseModel `bun:"table:discussion_notes,alias:n"`

	ID        discuss.NoteID   `bun:"id,pk,autoincrement"`
	ThreadID  discuss.ThreadID `bun:"thread_id"`
	RequestID int64            `bun:"request_id"`
	AuthorID  auth.UserID      `bun:"author_id"`
	Author    string           `bun:"author"`
	Body      string           `bun:"body"`
	System    bool             `bun:"system"`
	CreatedAt time.Time        `bun:"created_at"`
	EditedAt  *time.Time       `bun:"edited_at"`
	Version   int              `bun:"version"`

	// What the users' table says of the author now, while they are in it.
	Username string `bun:"username,scanonly"`
	Name     string `bun:"name,scanonly"`
	Admin    bool   `bun:"admin,scanonly"`
}

type mentionRow struct {
	bun.BaseModel `bun:"table:discussion_mentions"`

	NoteID discuss.NoteID `bun:"note_id,pk"`
	UserID auth.UserID    `bun:"user_id,pk"`
}

type appliedRow struct {
	bun.BaseModel `bun:"table:applied_suggestions"`

	NoteID    discuss.NoteID `bun:"note_id,pk"`
	Place     int            `bun:"place,pk"`
	SHA       string         `bun:"sha"`
	UserID    auth.UserID    `bun:"user_id"`
	AppliedAt time.Time      `bun:"applied_at"`
}

func (row threadRow) thread() (discuss.Thread, error) {
	t := discuss.Thread{
		ID: row.ID, Project: row.ProjectID, Request: row.RequestID, Number: row.Number,
		Starter: discuss.Author{User: row.StarterID, Username: row.Starter}, System: row.System, Resolvable: row.Resolvable,
		ResolvedBy: row.ResolvedBy, ResolvedAt: utcPtr(row.ResolvedAt), FileLines: row.FileLines, CreatedAt: utc(row.CreatedAt), Version: row.Version,
		Event: row.EventID,
	}
	if err := json.Unmarshal(row.Lines, &t.Lines); err != nil {
		return t, fmt.Errorf("decoding a thread's lines: %w", err)
	}
	if len(row.Position) > 0 {
		var p positionText
		if err := json.Unmarshal(row.Position, &p); err != nil {
			return t, fmt.Errorf("decoding a thread's position: %w", err)
		}
		t.Position = &discuss.Position{BaseSHA: p.Base, HeadSHA: p.Head, OldPath: p.OldPath, NewPath: p.NewPath, OldLine: p.OldLine, NewLine: p.NewLine}
	}
	return t, nil
}

func threadRowOf(t discuss.Thread) (*threadRow, error) {
	row := &threadRow{
		ProjectID: t.Project, RequestID: t.Request, Number: t.Number, StarterID: t.Starter.User, Starter: t.Starter.Username,
		System: t.System, Resolvable: t.Resolvable, ResolvedBy: t.ResolvedBy, ResolvedAt: t.ResolvedAt, FileLines: t.FileLines, CreatedAt: t.CreatedAt, Version: 1,
		EventID: t.Event,
	}
	var err error
	if row.Lines, err = json.Marshal(append([]string{}, t.Lines...)); err != nil {
		return nil, fmt.Errorf("encoding a thread's lines: %w", err)
	}
	if p := t.Position; p != nil {
		if row.Position, err = json.Marshal(positionText{p.BaseSHA, p.HeadSHA, p.OldPath, p.NewPath, p.OldLine, p.NewLine}); err != nil {
			return nil, fmt.Errorf("encoding a thread's position: %w", err)
		}
	}
	return row, nil
}

func (row noteRow) note() discuss.Note {
	n := discuss.Note{
		ID: row.ID, Author: discuss.Author{User: row.AuthorID, Username: row.Author, Name: row.Name, Admin: row.Admin},
		Body: row.Body, System: row.System, CreatedAt: utc(row.CreatedAt), EditedAt: utcPtr(row.EditedAt), Version: row.Version,
	}
	if row.Username != "" {
		n.Author.Username = row.Username
	}
	return n
}

func (s discussStore) Start(ctx context.Context, t discuss.Thread, mentions []auth.UserID, most int, report func(discuss.Thread, discuss.Note) []event.Event) (discuss.Thread, error) {
	row, err := threadRowOf(t)
	if err != nil {
		return discuss.Thread{}, err
	}
	err = s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("saving a thread: %w", err)
		}
		t.ID, t.Version = row.ID, row.Version
		t.Notes[0], err = addNote(ctx, tx, t, t.Notes[0], mentions, most)
		if err != nil {
			return err
		}
		return emit(ctx, tx, report(t, t.Notes[0])...)
	})
	if isUnique(err) {
		return t, fault.Errorf(fault.Conflict, "event %d is told already", t.Event)
	}
	return t, err
}

func (s discussStore) Reply(ctx context.Context, t discuss.Thread, n discuss.Note, mentions []auth.UserID, most int, report func(discuss.Thread, discuss.Note) []event.Event) (discuss.Note, error) {
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// The thread may have gone with its last note since it was read.
		exists, err := tx.NewSelect().Model((*threadRow)(nil)).Where("t.id = ?", t.ID).Exists(ctx)
		if err != nil {
			return fmt.Errorf("reading a thread: %w", err)
		}
		if !exists {
			return fault.Errorf(fault.Missing, "no thread %d", t.ID)
		}
		if n, err = addNote(ctx, tx, t, n, mentions, most); err != nil {
			return err
		}
		return emit(ctx, tx, report(t, n)...)
	})
	return n, err
}

// addNote saves a note within the limit of its request. Two at once may pass
// it by one: it keeps a page loadable, and is no promise.
func addNote(ctx context.Context, tx bun.Tx, t discuss.Thread, n discuss.Note, mentions []auth.UserID, most int) (discuss.Note, error) {
	if !n.System {
		count, err := tx.NewSelect().Model((*noteRow)(nil)).Where("n.request_id = ? AND NOT n.system", t.Request).Count(ctx)
		if err != nil {
			return n, fmt.Errorf("counting notes: %w", err)
		}
		if count >= int64(most) {
			return n, fault.Errorf(fault.Limited, "the merge request has %d notes, and keeps no more: go on in a new one", count)
		}
	}
	row := &noteRow{
		ThreadID: t.ID, RequestID: t.Request, AuthorID: n.Author.User, Author: n.Author.Username, Body: n.Body, System: n.System,
		CreatedAt: n.CreatedAt, EditedAt: n.EditedAt, Version: 1,
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return n, fmt.Errorf("saving a note: %w", err)
	}
	n.ID, n.Version = row.ID, row.Version
	return n, addMentions(ctx, tx, n.ID, mentions)
}

func addMentions(ctx context.Context, tx bun.Tx, note discuss.NoteID, mentions []auth.UserID) error {
	if len(mentions) == 0 {
		return nil
	}
	rows := make([]mentionRow, len(mentions))
	for i, user := range mentions {
		rows[i] = mentionRow{NoteID: note, UserID: user}
	}
	if _, err := tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("saving mentions: %w", err)
	}
	return nil
}

func (s discussStore) Threads(ctx context.Context, request int64) ([]discuss.Thread, error) {
	return s.threads(ctx, "t.request_id = ?", request)
}

func (s discussStore) Thread(ctx context.Context, request int64, id discuss.ThreadID) (discuss.Thread, error) {
	return s.one(ctx, fmt.Sprintf("no thread %d in this merge request", id), "t.request_id = ? AND t.id = ?", request, id)
}

func (s discussStore) ThreadOf(ctx context.Context, request int64, id discuss.NoteID) (discuss.Thread, error) {
	return s.one(ctx, fmt.Sprintf("no note %d in this merge request", id),
		"t.request_id = ? AND t.id = (SELECT thread_id FROM discussion_notes WHERE id = ?)", request, id)
}

func (s discussStore) ProjectThread(ctx context.Context, id project.ID, note discuss.NoteID) (discuss.Thread, error) {
	return s.one(ctx, fmt.Sprintf("no note %d in this project", note),
		"t.project_id = ? AND t.id = (SELECT thread_id FROM discussion_notes WHERE id = ?)", id, note)
}

func (s discussStore) one(ctx context.Context, missing, where string, args ...any) (discuss.Thread, error) {
	threads, err := s.threads(ctx, where, args...)
	if err != nil {
		return discuss.Thread{}, err
	}
	if len(threads) == 0 {
		return discuss.Thread{}, fault.Errorf(fault.Missing, "%s", missing)
	}
	return threads[0], nil
}

// threads is three queries, however many there are.
func (s discussStore) threads(ctx context.Context, where string, args ...any) ([]discuss.Thread, error) {
	var rows []threadRow
	if err := s.db.NewSelect().Model(&rows).Where(where, args...).Order("t.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading threads: %w", err)
	}
	if len(rows) == 0 {
		return []discuss.Thread{}, nil
	}
	threads := make([]discuss.Thread, len(rows))
	at := make(map[discuss.ThreadID]int, len(rows))
	for i, row := range rows {
		var err error
		if threads[i], err = row.thread(); err != nil {
			return nil, err
		}
		at[row.ID] = i
	}
	var notes []noteRow
	err := s.db.NewSelect().Model(&notes).ColumnExpr("n.*, COALESCE(u.username, '') AS username, COALESCE(u.name, '') AS name, COALESCE(u.admin, FALSE) AS admin").
		Join("JOIN discussion_threads AS t ON t.id = n.thread_id").Join("LEFT JOIN users AS u ON u.id = n.author_id").
		Where(where, args...).Order("n.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading notes: %w", err)
	}
	applied, err := s.applied(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	for _, row := range notes {
		i, known := at[row.ThreadID]
		if !known {
			continue // begun between the two queries
		}
		note := row.note()
		note.Applied = applied[note.ID]
		threads[i].Notes = append(threads[i].Notes, note)
	}
	// A thread whose last note went between the two queries has gone, too.
	whole := threads[:0]
	for _, t := range threads {
		if len(t.Notes) > 0 {
			whole = append(whole, t)
		}
	}
	return whole, nil
}

func (s discussStore) applied(ctx context.Context, where string, args ...any) (map[discuss.NoteID][]discuss.Applied, error) {
	var rows []appliedRow
	err := s.db.NewSelect().Model(&rows).Where("note_id IN (?)",
		s.db.NewSelect().Model((*noteRow)(nil)).Column("n.id").Join("JOIN discussion_threads AS t ON t.id = n.thread_id").Where(where, args...),
	).Order("note_id", "place").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading applied suggestions: %w", err)
	}
	byNote := map[discuss.NoteID][]discuss.Applied{}
	for _, row := range rows {
		byNote[row.NoteID] = append(byNote[row.NoteID], discuss.Applied{Note: row.NoteID, Index: row.Place, SHA: row.SHA, By: row.UserID, At: utc(row.AppliedAt)})
	}
	return byNote, nil
}

func (s discussStore) EditNote(ctx context.Context, n discuss.Note, mentions []auth.UserID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*noteRow)(nil)).ModelTableExpr("discussion_notes").
			Set("body = ?, edited_at = ?, version = version + 1", n.Body, n.EditedAt).
			Where("id = ? AND version = ?", n.ID, n.Version).Exec(ctx)
		if err := changedOne(result, err, "note %d was changed by someone else meanwhile: look again", n.ID); err != nil {
			return err
		}
		return addMentions(ctx, tx, n.ID, mentions)
	}, events...)
}

func (s discussStore) DeleteNote(ctx context.Context, t discuss.ThreadID, n discuss.NoteID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*noteRow)(nil)).ModelTableExpr("discussion_notes").Where("id = ? AND thread_id = ?", n, t).Exec(ctx)
		if err := goneAsMissing(changedOne(result, err, "no note %d", n)); err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*threadRow)(nil)).ModelTableExpr("discussion_threads").
			Where("id = ? AND NOT EXISTS (SELECT 1 FROM discussion_notes WHERE thread_id = ?)", t, t).Exec(ctx)
		if err != nil {
			return fmt.Errorf("deleting a thread: %w", err)
		}
		return nil
	}, events...)
}

func (s discussStore) Settle(ctx context.Context, t discuss.Thread, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*threadRow)(nil)).ModelTableExpr("discussion_threads").
			Set("resolved_by = ?, resolved_at = ?, version = version + 1", t.ResolvedBy, t.ResolvedAt).
			Where("id = ? AND version = ?", t.ID, t.Version).Exec(ctx)
		return changedOne(result, err, "thread %d was changed by someone else meanwhile: look again", t.ID)
	}, events...)
}

func (s discussStore) Apply(ctx context.Context, applied []discuss.Applied, threads []discuss.ThreadID, by string, at time.Time, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, a := range applied {
			row := &appliedRow{NoteID: a.Note, Place: a.Index, SHA: a.SHA, UserID: a.By, AppliedAt: a.At}
			// The note may have been deleted while the commit was made.
			exists, err := tx.NewSelect().Model((*noteRow)(nil)).Where("n.id = ?", a.Note).Exists(ctx)
			if err != nil {
				return fmt.Errorf("reading a note: %w", err)
			}
			if !exists {
				continue
			}
			if _, err := tx.NewInsert().Model(row).On("CONFLICT (note_id, place) DO NOTHING").Exec(ctx); err != nil {
				return fmt.Errorf("saving an applied suggestion: %w", err)
			}
		}
		if len(threads) == 0 {
			return nil
		}
		_, err := tx.NewUpdate().Model((*threadRow)(nil)).ModelTableExpr("discussion_threads").
			Set("resolved_by = ?, resolved_at = ?, version = version + 1", by, at).
			Where("id IN (?) AND resolvable AND resolved_at IS NULL", bun.List(threads)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("settling threads: %w", err)
		}
		return nil
	}, events...)
}

func (s discussStore) Counts(ctx context.Context, requests []int64) (map[int64]discuss.Count, error) {
	counts := map[int64]discuss.Count{}
	if len(requests) == 0 {
		return counts, nil
	}
	var rows []struct {
		RequestID  int64 `bun:"request_id"`
		Total      int   `bun:"total"`
		Unresolved int   `bun:"unresolved"`
	}
	err := s.db.NewSelect().TableExpr("discussion_threads").
		ColumnExpr("request_id, COUNT(*) AS total, SUM(CASE WHEN resolved_at IS NULL THEN 1 ELSE 0 END) AS unresolved").
		Where("request_id IN (?) AND resolvable", bun.List(requests)).Group("request_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("counting threads: %w", err)
	}
	for _, row := range rows {
		counts[row.RequestID] = discuss.Count{Total: row.Total, Unresolved: row.Unresolved}
	}
	return counts, nil
}

func (s discussStore) Mentions(ctx context.Context, user auth.UserID, limit int) ([]discuss.Mention, error) {
	var rows []struct {
		ProjectID project.ID       `bun:"project_id"`
		RequestID int64            `bun:"request_id"`
		Number    int              `bun:"number"`
		ThreadID  discuss.ThreadID `bun:"thread_id"`
		NoteID    discuss.NoteID   `bun:"note_id"`
		AuthorID  auth.UserID      `bun:"author_id"`
		Author    string           `bun:"author"`
		CreatedAt time.Time        `bun:"created_at"`
	}
	err := s.db.NewSelect().TableExpr("discussion_mentions AS m").
		ColumnExpr("t.project_id, t.request_id, t.number, n.thread_id, n.id AS note_id, n.author_id, COALESCE(u.username, n.author) AS author, n.created_at").
		Join("JOIN discussion_notes AS n ON n.id = m.note_id").Join("JOIN discussion_threads AS t ON t.id = n.thread_id").
		Join("LEFT JOIN users AS u ON u.id = n.author_id").
		Where("m.user_id = ? AND t.resolved_at IS NULL", user).
		Where("NOT EXISTS (SELECT 1 FROM discussion_notes AS a WHERE a.request_id = n.request_id AND a.author_id = ? AND a.id > n.id AND NOT a.system)", user).
		Order("n.id DESC").Limit(int64(limit)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading mentions: %w", err)
	}
	mentions := make([]discuss.Mention, len(rows))
	for i, row := range rows {
		mentions[i] = discuss.Mention{
			Project: row.ProjectID, Request: row.RequestID, Number: row.Number, Thread: row.ThreadID, Note: row.NoteID,
			By: discuss.Author{User: row.AuthorID, Username: row.Author}, At: utc(row.CreatedAt),
		}
	}
	return mentions, nil
}
