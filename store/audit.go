package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"dasier/forge/audit"
)

// Audit keeps the audit log.
func (s *Store) Audit() audit.Store { return auditStore{s} }

type auditStore struct{ *Store }

type auditRow struct {
	bun.BaseModel `bun:"table:audit_entries"`

	Seq       int64     `bun:"seq,pk"`
	EventID   int64     `bun:"event_id"`
	At        time.Time `bun:"at"`
	Username  string    `bun:"username"`
	Action    string    `bun:"action"`
	ProjectID int64     `bun:"project_id"`
	Project   string    `bun:"project"`
	Body      string    `bun:"body"`
	Hash      string    `bun:"hash"`
}

// line is what the body says, found under what the columns say: where they
// differ, someone has changed the row, which is for the reader to see.
func (r *auditRow) line() *audit.Line {
	l := &audit.Line{Body: r.Body}
	if err := json.Unmarshal([]byte(r.Body), &l.Entry); err != nil {
		l.Entry = audit.Entry{} // Verify says so
	}
	l.Seq, l.Event, l.At, l.Username, l.Action, l.ProjectID, l.Project, l.Hash = r.Seq, r.EventID, utc(r.At), r.Username, r.Action, r.ProjectID, r.Project, r.Hash
	return l
}

func (s auditStore) Append(ctx context.Context, event int64, follow func(seq int64, hash string) (audit.Line, error)) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// SQLite's write transactions stand in line already.
		if s.Postgres() {
			if _, err := tx.ExecContext(ctx, "LOCK TABLE audit_entries IN EXCLUSIVE MODE"); err != nil {
				return fmt.Errorf("locking the audit log: %w", err)
			}
		}
		known, err := tx.NewSelect().Model((*auditRow)(nil)).Where("event_id = ?", event).Exists(ctx)
		if err != nil || known {
			return err
		}
		last := auditRow{Hash: audit.Beginning}
		err = tx.NewSelect().Model(&last).Order("seq DESC").Limit(1).Scan(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("reading the end of the audit log: %w", err)
		}
		l, err := follow(last.Seq, last.Hash)
		if err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&auditRow{
			Seq: l.Seq, EventID: event, At: l.At, Username: l.Username, Action: l.Action, ProjectID: l.ProjectID, Project: l.Project, Body: l.Body, Hash: l.Hash,
		}).Exec(ctx)
		if err != nil {
			return fmt.Errorf("adding to the audit log: %w", err)
		}
		return nil
	})
}

func filterAudit(query *bun.SelectQuery, f audit.Filter) *bun.SelectQuery {
	if f.Project != 0 {
		query.Where("project_id = ?", f.Project)
	}
	if f.Actor != "" {
		query.Where("lower(username) = ?", strings.ToLower(f.Actor))
	}
	if f.Action != "" {
		query.Where(`(action = ? OR action LIKE ? ESCAPE '\')`, f.Action, strings.TrimPrefix(like(f.Action+"."), "%"))
	}
	if !f.From.IsZero() {
		query.Where("at >= ?", f.From.UTC())
	}
	if !f.To.IsZero() {
		query.Where("at < ?", f.To.UTC())
	}
	return query
}

func (s auditStore) List(ctx context.Context, f audit.Filter) ([]audit.Line, int, error) {
	var rows []auditRow
	total, err := filterAudit(s.db.NewSelect().Model(&rows), f).Order("seq DESC").Offset(int64(f.Offset)).Limit(int64(f.Limit)).ScanAndCount(ctx)
	lines := make([]audit.Line, len(rows))
	for i := range rows {
		lines[i] = *rows[i].line()
	}
	return lines, int(total), err
}

func (s auditStore) Walk(ctx context.Context, seq int64, f audit.Filter, each func(*audit.Line) error) error {
	const batch = 500
	for {
		var rows []auditRow
		if err := filterAudit(s.db.NewSelect().Model(&rows), f).Where("seq > ?", seq).Order("seq").Limit(batch).Scan(ctx); err != nil {
			return fmt.Errorf("reading the audit log: %w", err)
		}
		for i := range rows {
			if err := each(rows[i].line()); err != nil {
				return err
			}
			seq = rows[i].Seq
		}
		if len(rows) < batch {
			return nil
		}
	}
}

func (s auditStore) ProjectPath(ctx context.Context, id int64) (string, error) {
	var p projectRow
	err := s.db.NewSelect().Model(&p).Where("id = ?", id).Scan(ctx)
	if err == nil {
		return p.project().Path(), nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading a project's path: %w", err)
	}
	var last auditRow
	err = s.db.NewSelect().Model(&last).Where("project_id = ? AND project <> ''", id).Order("seq DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading a project's last path: %w", err)
	}
	return last.Project, nil
}
