package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/merge"
	"dasier/forge/project"
	"dasier/forge/repo"
)

// Merge keeps merge requests.
func (s *Store) Merge() merge.Store { return mergeStore{s} }

type mergeStore struct{ *Store }

type mergeRow struct {
	bun.BaseModel `bun:"table:merge_requests,alias:r"`

	ID           merge.ID       `bun:"id,pk,autoincrement"`
	ProjectID    project.ID     `bun:"project_id"`
	Number       int            `bun:"number"`
	Title        string         `bun:"title"`
	Description  string         `bun:"description"`
	State        merge.State    `bun:"state"`
	Draft        bool           `bun:"draft"`
	Source       string         `bun:"source"`
	Target       string         `bun:"target"`
	AuthorID     auth.UserID    `bun:"author_id"`
	RemoveSource bool           `bun:"remove_source"`
	Squash       bool           `bun:"squash"`
	HeadSHA      string         `bun:"head_sha"`
	BaseSHA      string         `bun:"base_sha"`
	Versions     int            `bun:"versions"`
	Landing      *merge.Landing `bun:"landing,type:jsonb"`
	MergeSHA     string         `bun:"merge_sha"`
	CreatedAt    time.Time      `bun:"created_at"`
	UpdatedAt    time.Time      `bun:"updated_at"`
	MergedAt     *time.Time     `bun:"merged_at"`
	MergedBy     auth.UserID    `bun:"merged_by"`
	ClosedAt     *time.Time     `bun:"closed_at"`
	ClosedBy     auth.UserID    `bun:"closed_by"`
	Version      int            `bun:"version"`
}

func mergeRowOf(r merge.Request) *mergeRow {
	return &mergeRow{
		ID: r.ID, ProjectID: r.Project, Number: r.Number, Title: r.Title, Description: r.Description, State: r.State, Draft: r.Draft,
		Source: r.Source, Target: r.Target, AuthorID: r.Author.ID, RemoveSource: r.RemoveSource, Squash: r.Squash,
		HeadSHA: r.Head, BaseSHA: r.Base, Versions: r.Versions, Landing: r.Landing, MergeSHA: r.MergeSHA,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, MergedAt: timeOrNull(r.MergedAt), MergedBy: r.MergedBy.ID,
		ClosedAt: timeOrNull(r.ClosedAt), ClosedBy: r.ClosedBy.ID, Version: r.Version,
	}
}

func (r *mergeRow) request() merge.Request {
	return merge.Request{
		ID: r.ID, Project: r.ProjectID, Number: r.Number, Title: r.Title, Description: r.Description, State: r.State, Draft: r.Draft,
		Source: r.Source, Target: r.Target, Author: merge.Person{ID: r.AuthorID}, Reviewers: []merge.Person{}, RemoveSource: r.RemoveSource, Squash: r.Squash,
		Head: r.HeadSHA, Base: r.BaseSHA, Versions: r.Versions, Landing: r.Landing, MergeSHA: r.MergeSHA,
		CreatedAt: utc(r.CreatedAt), UpdatedAt: utc(r.UpdatedAt), MergedAt: timeOrZero(r.MergedAt), MergedBy: merge.Person{ID: r.MergedBy},
		ClosedAt: timeOrZero(r.ClosedAt), ClosedBy: merge.Person{ID: r.ClosedBy}, Version: r.Version,
	}
}

type mergeReviewerRow struct {
	bun.BaseModel `bun:"table:merge_reviewers"`

	RequestID merge.ID    `bun:"request_id,pk"`
	UserID    auth.UserID `bun:"user_id,pk"`
	Position  int         `bun:"position"`
}

type mergeVersionRow struct {
	bun.BaseModel `bun:"table:merge_versions"`

	RequestID    merge.ID    `bun:"request_id,pk"`
	Number       int         `bun:"number,pk"`
	HeadSHA      string      `bun:"head_sha"`
	BaseSHA      string      `bun:"base_sha"`
	UserID       auth.UserID `bun:"user_id"`
	Username     string      `bun:"username"`
	Commits      int         `bun:"commits"`
	Files        int         `bun:"files"`
	Additions    int         `bun:"additions"`
	Deletions    int         `bun:"deletions"`
	Contributors []string    `bun:"contributors,type:jsonb"`
	Push         *string     `bun:"push"`
	CreatedAt    time.Time   `bun:"created_at"`
}

type mergeApprovalRow struct {
	bun.BaseModel `bun:"table:merge_approvals"`

	RequestID merge.ID      `bun:"request_id,pk"`
	UserID    auth.UserID   `bun:"user_id,pk"`
	HeadSHA   string        `bun:"head_sha"`
	Content   merge.Content `bun:"content,type:jsonb"`
	CreatedAt time.Time     `bun:"created_at"`
}

type mergeSettingsRow struct {
	bun.BaseModel `bun:"table:merge_settings,alias:ms"`

	ProjectID    project.ID  `bun:"project_id,pk"`
	Method       repo.Method `bun:"method"`
	RemoveSource bool        `bun:"remove_source"`
	LastNumber   int         `bun:"last_number"`
}

func (s mergeStore) Create(ctx context.Context, r merge.Request, first merge.Version, opened func(merge.ID, int) []event.Event) (merge.Request, error) {
	row := mergeRowOf(r)
	row.ID = 0
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Counting up locks the project's row: numbers are given one at a time.
		numbers := mergeSettingsRow{ProjectID: r.Project, LastNumber: 1}
		_, err := tx.NewInsert().Model(&numbers).On("CONFLICT (project_id) DO UPDATE").Set("last_number = ms.last_number + 1").Returning("*").Exec(ctx)
		if err != nil {
			return fmt.Errorf("numbering a merge request: %w", err)
		}
		row.Number = numbers.LastNumber
		// Looked for, not run into: a violated index would end the transaction.
		if err := refuseSecond(ctx, tx, row); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("opening a merge request: %w", err)
		}
		if err := saveReviewers(ctx, tx, row.ID, r.Reviewers); err != nil {
			return err
		}
		if err := insertVersion(ctx, tx, row.ID, first, ""); err != nil {
			return err
		}
		return emit(ctx, tx, opened(row.ID, row.Number)...)
	})
	if err != nil {
		return merge.Request{}, err
	}
	return s.Request(ctx, row.ID)
}

// refuseSecond finds the other open request of the same branches.
func refuseSecond(ctx context.Context, tx bun.Tx, row *mergeRow) error {
	var other mergeRow
	err := tx.NewSelect().Model(&other).Column("number").
		Where("project_id = ? AND source = ? AND target = ? AND state = ? AND id <> ?", row.ProjectID, row.Source, row.Target, merge.Opened, row.ID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for the same merge request: %w", err)
	}
	return fault.Errorf(fault.Conflict, "merge request !%d is open for the same branches: push to %s, and it has the change", other.Number, row.Source).At("source")
}

func saveReviewers(ctx context.Context, tx bun.Tx, id merge.ID, people []merge.Person) error {
	if _, err := tx.NewDelete().Model((*mergeReviewerRow)(nil)).Where("request_id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("clearing reviewers: %w", err)
	}
	if len(people) == 0 {
		return nil
	}
	rows := make([]mergeReviewerRow, len(people))
	for i, p := range people {
		rows[i] = mergeReviewerRow{RequestID: id, UserID: p.ID, Position: i}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("saving reviewers: %w", err)
	}
	return nil
}

func insertVersion(ctx context.Context, tx bun.Tx, id merge.ID, v merge.Version, push string) error {
	row := &mergeVersionRow{
		RequestID: id, Number: v.Number, HeadSHA: v.Head, BaseSHA: v.Base, UserID: v.User.ID, Username: v.User.Username,
		Commits: v.Commits, Files: v.Files, Additions: v.Additions, Deletions: v.Deletions, Contributors: append([]string{}, v.Contributors...), CreatedAt: v.CreatedAt,
	}
	if push != "" {
		row.Push = &push
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		if isUnique(err) {
			return fault.Errorf(fault.Conflict, "version %d of the merge request is there already", v.Number)
		}
		return fmt.Errorf("saving a version: %w", err)
	}
	return nil
}

func (s mergeStore) Request(ctx context.Context, id merge.ID) (merge.Request, error) {
	var row mergeRow
	if err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return merge.Request{}, notFound(err, "no merge request with the id %d", id)
	}
	return s.whole(ctx, row)
}

func (s mergeStore) ByNumber(ctx context.Context, id project.ID, number int) (merge.Request, error) {
	var row mergeRow
	if err := s.db.NewSelect().Model(&row).Where("project_id = ? AND number = ?", id, number).Scan(ctx); err != nil {
		return merge.Request{}, notFound(err, "no merge request !%d", number)
	}
	return s.whole(ctx, row)
}

func (s mergeStore) whole(ctx context.Context, row mergeRow) (merge.Request, error) {
	requests, err := s.requests(ctx, []mergeRow{row})
	if err != nil {
		return merge.Request{}, err
	}
	return requests[0], nil
}

// requests adds people to rows.
func (s mergeStore) requests(ctx context.Context, rows []mergeRow) ([]merge.Request, error) {
	requests := make([]merge.Request, len(rows))
	ids := make([]merge.ID, len(rows))
	users := map[auth.UserID]merge.Person{0: {}}
	for i, row := range rows {
		requests[i], ids[i] = row.request(), row.ID
		users[row.AuthorID], users[row.MergedBy], users[row.ClosedBy] = merge.Person{}, merge.Person{}, merge.Person{}
	}
	if len(rows) == 0 {
		return requests, nil
	}
	var reviewers []mergeReviewerRow
	if err := s.db.NewSelect().Model(&reviewers).Where("request_id IN (?)", bun.List(ids)).Order("position").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading reviewers: %w", err)
	}
	for _, row := range reviewers {
		users[row.UserID] = merge.Person{}
	}
	if err := s.people(ctx, users); err != nil {
		return nil, err
	}
	for i := range requests {
		r := &requests[i]
		r.Author, r.MergedBy, r.ClosedBy = users[r.Author.ID], users[r.MergedBy.ID], users[r.ClosedBy.ID]
		for _, row := range reviewers {
			if row.RequestID == r.ID {
				r.Reviewers = append(r.Reviewers, users[row.UserID])
			}
		}
	}
	return requests, nil
}

// people fills in who the users are.
func (s mergeStore) people(ctx context.Context, users map[auth.UserID]merge.Person) error {
	ids := make([]auth.UserID, 0, len(users))
	for id := range users {
		users[id] = merge.Person{ID: id}
		ids = append(ids, id)
	}
	var rows []struct {
		ID       auth.UserID `bun:"id"`
		Username string      `bun:"username"`
		Name     string      `bun:"name"`
	}
	if err := s.db.NewSelect().Table("users").Column("id", "username", "name").Where("id IN (?)", bun.List(ids)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("reading who people are: %w", err)
	}
	for _, row := range rows {
		users[row.ID] = merge.Person{ID: row.ID, Username: row.Username, Name: row.Name}
	}
	return nil
}

func (s mergeStore) List(ctx context.Context, id project.ID, f merge.Filter) ([]merge.Request, int, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	var rows []mergeRow
	query := s.db.NewSelect().Model(&rows).Where("r.project_id = ?", id).Order("r.number DESC").Offset(int64(f.Offset)).Limit(int64(f.Limit))
	for column, value := range map[string]string{"r.state": string(f.State), "r.source": f.Source, "r.target": f.Target} {
		if value != "" {
			query.Where(column+" = ?", value)
		}
	}
	if f.Search != "" {
		query.Where(`(lower(r.title) LIKE lower(?) ESCAPE '\' OR lower(r.description) LIKE lower(?) ESCAPE '\')`, like(f.Search), like(f.Search))
	}
	if f.Author != "" {
		query.Where("r.author_id IN (SELECT id FROM users WHERE lower(username) = lower(?))", f.Author)
	}
	if f.Reviewer != "" {
		query.Where("EXISTS (SELECT 1 FROM merge_reviewers v JOIN users u ON u.id = v.user_id WHERE v.request_id = r.id AND lower(u.username) = lower(?))", f.Reviewer)
	}
	total, err := query.ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("listing merge requests: %w", err)
	}
	requests, err := s.requests(ctx, rows)
	return requests, int(total), err
}

func (s mergeStore) From(ctx context.Context, id project.ID, branch string) ([]merge.Request, error) {
	return s.open(ctx, "project_id = ? AND source = ?", id, branch)
}

func (s mergeStore) Into(ctx context.Context, id project.ID, branch string) ([]merge.Request, error) {
	return s.open(ctx, "project_id = ? AND target = ?", id, branch)
}

func (s mergeStore) open(ctx context.Context, where string, args ...any) ([]merge.Request, error) {
	var rows []mergeRow
	if err := s.db.NewSelect().Model(&rows).Where(where, args...).Where("state = ?", merge.Opened).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing open merge requests: %w", err)
	}
	return s.requests(ctx, rows)
}

func (s mergeStore) Concerning(ctx context.Context, user auth.UserID, limit int) ([]merge.Request, error) {
	var rows []mergeRow
	err := s.db.NewSelect().Model(&rows).Where("r.state = ?", merge.Opened).
		Where("(r.author_id = ? OR EXISTS (SELECT 1 FROM merge_reviewers v WHERE v.request_id = r.id AND v.user_id = ?))", user, user).
		Order("r.updated_at DESC", "r.id DESC").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing what concerns a user: %w", err)
	}
	return s.requests(ctx, rows)
}

// update saves a request's row, guarded by its version.
func (s mergeStore) update(ctx context.Context, tx bun.Tx, r merge.Request) error {
	row := mergeRowOf(r)
	row.Version++
	if row.State == merge.Opened {
		if err := refuseSecond(ctx, tx, row); err != nil {
			return err
		}
	}
	result, err := tx.NewUpdate().Model(row).ExcludeColumn("id", "project_id", "number", "author_id", "created_at").
		Where("id = ? AND version = ?", r.ID, r.Version).Exec(ctx)
	if isUnique(err) {
		return fault.Errorf(fault.Conflict, "another merge request of the same branches is open")
	}
	return changedOne(result, err, "merge request !%d was changed meanwhile: look again", r.Number)
}

func (s mergeStore) Save(ctx context.Context, r merge.Request, events ...event.Event) (merge.Request, error) {
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.update(ctx, tx, r); err != nil {
			return err
		}
		return saveReviewers(ctx, tx, r.ID, r.Reviewers)
	}, events...)
	if err != nil {
		return r, err
	}
	return s.Request(ctx, r.ID)
}

func (s mergeStore) AddVersion(ctx context.Context, r merge.Request, v merge.Version, push string, events ...event.Event) (merge.Request, error) {
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.update(ctx, tx, r); err != nil {
			return err
		}
		return insertVersion(ctx, tx, r.ID, v, push)
	}, events...)
	if err != nil {
		return r, err
	}
	return s.Request(ctx, r.ID)
}

func (s mergeStore) Versions(ctx context.Context, id merge.ID) ([]merge.Version, error) {
	var rows []mergeVersionRow
	if err := s.db.NewSelect().Model(&rows).Where("request_id = ?", id).Order("number").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading versions: %w", err)
	}
	versions := make([]merge.Version, len(rows))
	for i, row := range rows {
		versions[i] = merge.Version{
			Number: row.Number, Head: row.HeadSHA, Base: row.BaseSHA, CreatedAt: utc(row.CreatedAt), User: merge.Person{ID: row.UserID, Username: row.Username},
			Commits: row.Commits, Files: row.Files, Additions: row.Additions, Deletions: row.Deletions, Contributors: row.Contributors,
		}
	}
	return versions, nil
}

func (s mergeStore) Approvals(ctx context.Context, id merge.ID) ([]merge.Approval, error) {
	var rows []mergeApprovalRow
	if err := s.db.NewSelect().Model(&rows).Where("request_id = ?", id).Order("created_at", "user_id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading approvals: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	users := map[auth.UserID]merge.Person{}
	for _, row := range rows {
		users[row.UserID] = merge.Person{}
	}
	if err := s.people(ctx, users); err != nil {
		return nil, err
	}
	approvals := make([]merge.Approval, len(rows))
	for i, row := range rows {
		approvals[i] = merge.Approval{Request: id, User: users[row.UserID], Head: row.HeadSHA, Content: row.Content, At: utc(row.CreatedAt)}
	}
	return approvals, nil
}

func (s mergeStore) Approve(ctx context.Context, r merge.Request, a merge.Approval, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.update(ctx, tx, r); err != nil {
			return err
		}
		row := &mergeApprovalRow{RequestID: r.ID, UserID: a.User.ID, HeadSHA: a.Head, Content: a.Content, CreatedAt: a.At}
		_, err := tx.NewInsert().Model(row).On("CONFLICT (request_id, user_id) DO UPDATE").
			Set("head_sha = EXCLUDED.head_sha, content = EXCLUDED.content, created_at = EXCLUDED.created_at").Exec(ctx)
		if err != nil {
			return fmt.Errorf("saving an approval: %w", err)
		}
		return nil
	}, events...)
}

func (s mergeStore) Unapprove(ctx context.Context, id merge.ID, user auth.UserID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*mergeApprovalRow)(nil)).Where("request_id = ? AND user_id = ?", id, user).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "no such approval"))
	}, events...)
}

func (s mergeStore) Settings(ctx context.Context, id project.ID) (merge.Settings, error) {
	var row mergeSettingsRow
	err := s.db.NewSelect().Model(&row).Where("project_id = ?", id).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return merge.Settings{}, fmt.Errorf("reading merge settings: %w", err)
	}
	return merge.Settings{Method: row.Method, RemoveSource: row.RemoveSource}, nil
}

func (s mergeStore) SaveSettings(ctx context.Context, id project.ID, settings merge.Settings, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row := &mergeSettingsRow{ProjectID: id, Method: settings.Method, RemoveSource: settings.RemoveSource}
		_, err := tx.NewInsert().Model(row).On("CONFLICT (project_id) DO UPDATE").Set("method = EXCLUDED.method, remove_source = EXCLUDED.remove_source").Exec(ctx)
		if err != nil {
			return fmt.Errorf("saving merge settings: %w", err)
		}
		return nil
	}, events...)
}
