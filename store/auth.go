package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
)

// Auth keeps users and tokens.
func (s *Store) Auth() auth.Store { return authStore{s} }

type authStore struct{ *Store }

type userRow struct {
	bun.BaseModel `bun:"table:users"`

	ID           auth.UserID `bun:"id,pk,autoincrement"`
	Username     string      `bun:"username"`
	Name         string      `bun:"name"`
	Email        string      `bun:"email"`
	Admin        bool        `bun:"admin"`
	Blocked      bool        `bun:"blocked"`
	PasswordHash string      `bun:"password_hash"`
	CreatedAt    time.Time   `bun:"created_at"`
	Blocks       int         `bun:"blocks"` // how often they were blocked
}

func (r userRow) user() auth.User {
	return auth.User{ID: r.ID, Username: r.Username, Name: r.Name, Email: r.Email, Admin: r.Admin, Blocked: r.Blocked, CreatedAt: utc(r.CreatedAt)}
}

func (s authStore) CreateUser(ctx context.Context, u auth.User, passwordHash string, events ...event.Event) (auth.User, error) {
	var created auth.User
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		created, err = insertUser(ctx, tx, u, passwordHash)
		return err
	}, events...)
	return created, err
}

func insertUser(ctx context.Context, tx bun.Tx, u auth.User, passwordHash string) (auth.User, error) {
	row := &userRow{Username: u.Username, Name: u.Name, Email: u.Email, Admin: u.Admin, Blocked: u.Blocked, PasswordHash: passwordHash, CreatedAt: u.CreatedAt}
	_, err := tx.NewInsert().Model(row).Exec(ctx)
	if isUnique(err) {
		return auth.User{}, fault.Errorf(fault.Conflict, "user name %q or e-mail %q is taken", u.Username, u.Email).At("username")
	}
	if err != nil {
		return auth.User{}, fmt.Errorf("creating user: %w", err)
	}
	if err := takeNamespace(ctx, tx, u.Username); fault.Is(err, fault.Conflict) {
		return auth.User{}, fault.Errorf(fault.Conflict, "user name %q is taken", u.Username).At("username")
	} else if err != nil {
		return auth.User{}, err
	}
	return row.user(), nil
}

type namespaceRow struct {
	bun.BaseModel `bun:"table:namespaces"`

	Path string `bun:"path,pk"`
}

// takeNamespace makes a namespace a user's or a group's; fault.Conflict when it
// is one's already.
func takeNamespace(ctx context.Context, tx bun.Tx, path string) error {
	_, err := tx.NewInsert().Model(&namespaceRow{Path: strings.ToLower(path)}).Exec(ctx)
	if isUnique(err) {
		return fault.Errorf(fault.Conflict, "%q is taken: choose another name", path).At("path")
	}
	if err != nil {
		return fmt.Errorf("taking a namespace: %w", err)
	}
	return nil
}

func (s authStore) UpdateUser(ctx context.Context, u auth.User, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// All administrators' rows first: of two who are blocked at once, the
		// second sees that the first is.
		if _, err := tx.NewUpdate().Model((*userRow)(nil)).Set("blocks = blocks").Where("admin").Exec(ctx); err != nil {
			return fmt.Errorf("locking the administrators: %w", err)
		}
		before, err := tx.NewSelect().Model((*userRow)(nil)).Where("admin AND NOT blocked").Count(ctx)
		if err != nil {
			return fmt.Errorf("counting administrators: %w", err)
		}
		result, err := tx.NewUpdate().Model((*userRow)(nil)).
			Set("name = ?", u.Name).Set("email = ?", u.Email).Set("admin = ?", u.Admin).
			Set("blocks = CASE WHEN ? AND NOT blocked THEN blocks + 1 ELSE blocks END", u.Blocked).Set("blocked = ?", u.Blocked).
			Where("id = ?", u.ID).Exec(ctx)
		if isUnique(err) {
			return fault.Errorf(fault.Conflict, "e-mail %q is taken", u.Email).At("email")
		}
		if err := changedOne(result, err, "user %d is gone", u.ID); err != nil {
			return err
		}
		after, err := tx.NewSelect().Model((*userRow)(nil)).Where("admin AND NOT blocked").Count(ctx)
		if err == nil && before > 0 && after == 0 {
			return fault.Errorf(fault.Conflict, "the server would be left without an administrator: make someone else one first")
		}
		return err
	}, events...)
}

func (s authStore) User(ctx context.Context, id auth.UserID) (auth.User, error) {
	var row userRow
	err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.user(), notFound(err, "no user %d", id)
}

func (s authStore) UserByLogin(ctx context.Context, login string) (auth.User, string, error) {
	var row userRow
	err := s.db.NewSelect().Model(&row).Where("lower(username) = lower(?) OR lower(email) = lower(?)", login, login).Limit(1).Scan(ctx)
	return row.user(), row.PasswordHash, notFound(err, "no user %q", login)
}

func (s authStore) Users(ctx context.Context, search string, offset, limit int) ([]auth.User, int, error) {
	var rows []userRow
	query := s.db.NewSelect().Model(&rows).Order("username").Offset(int64(offset)).Limit(int64(limit))
	if search != "" {
		part := like(search)
		query.Where(`(lower(username) LIKE lower(?) ESCAPE '\' OR lower(name) LIKE lower(?) ESCAPE '\')`, part, part)
	}
	total, err := query.ScanAndCount(ctx)
	users := make([]auth.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return users, int(total), err
}

func (s authStore) AnyUser(ctx context.Context) (bool, error) {
	return s.db.NewSelect().Model((*userRow)(nil)).Exists(ctx)
}

func (s authStore) SessionGround(ctx context.Context, id auth.UserID) (string, error) {
	var row userRow
	err := s.db.NewSelect().Model(&row).Column("password_hash", "blocks").Where("id = ?", id).Scan(ctx)
	return fmt.Sprintf("%d %s", row.Blocks, row.PasswordHash), notFound(err, "no user %d", id)
}

func (s authStore) SetPassword(ctx context.Context, id auth.UserID, passwordHash string, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*userRow)(nil)).Set("password_hash = ?", passwordHash).Where("id = ?", id).Exec(ctx)
		return changedOne(result, err, "user %d is gone", id)
	}, events...)
}

type tokenRow struct {
	bun.BaseModel `bun:"table:access_tokens"`

	ID         int64        `bun:"id,pk,autoincrement"`
	UserID     auth.UserID  `bun:"user_id"`
	Name       string       `bun:"name"`
	Hash       string       `bun:"hash"`
	Scopes     []auth.Scope `bun:"scopes,type:jsonb"`
	CreatedAt  time.Time    `bun:"created_at"`
	ExpiresAt  *time.Time   `bun:"expires_at"`
	LastUsedAt *time.Time   `bun:"last_used_at"`
}

func (r tokenRow) token() auth.Token {
	return auth.Token{ID: r.ID, User: r.UserID, Name: r.Name, Scopes: r.Scopes, CreatedAt: utc(r.CreatedAt), ExpiresAt: utcPtr(r.ExpiresAt), LastUsedAt: utcPtr(r.LastUsedAt)}
}

func (s authStore) CreateToken(ctx context.Context, t auth.Token, hash string, events ...event.Event) (auth.Token, error) {
	row := &tokenRow{UserID: t.User, Name: t.Name, Hash: hash, Scopes: t.Scopes, CreatedAt: t.CreatedAt, ExpiresAt: utcPtr(t.ExpiresAt)}
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("creating token: %w", err)
		}
		return nil
	}, events...)
	return row.token(), err
}

func (s authStore) TokenByHash(ctx context.Context, hash string) (auth.Token, error) {
	var row tokenRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	return row.token(), notFound(err, "no such token")
}

func (s authStore) Tokens(ctx context.Context, user auth.UserID) ([]auth.Token, error) {
	var rows []tokenRow
	if err := s.db.NewSelect().Model(&rows).Where("user_id = ?", user).Order("id DESC").Scan(ctx); err != nil {
		return nil, fmt.Errorf("listing tokens: %w", err)
	}
	tokens := make([]auth.Token, len(rows))
	for i, row := range rows {
		tokens[i] = row.token()
	}
	return tokens, nil
}

func (s authStore) DeleteToken(ctx context.Context, user auth.UserID, id int64, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*tokenRow)(nil)).Where("id = ? AND user_id = ?", id, user).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "you have no token %d", id))
	}, events...)
}

func (s authStore) TouchToken(ctx context.Context, id int64, at time.Time) error {
	_, err := s.db.NewUpdate().Model((*tokenRow)(nil)).Set("last_used_at = ?", at).Where("id = ?", id).Exec(ctx)
	return err
}

type projectTokenRow struct {
	bun.BaseModel `bun:"table:project_tokens"`

	ID         int64        `bun:"id,pk,autoincrement"`
	ProjectID  int64        `bun:"project_id"`
	Name       string       `bun:"name"`
	Hash       string       `bun:"hash"`
	Role       auth.Role    `bun:"role"`
	Scopes     []auth.Scope `bun:"scopes,type:jsonb"`
	CreatedBy  string       `bun:"created_by"`
	CreatedAt  time.Time    `bun:"created_at"`
	ExpiresAt  *time.Time   `bun:"expires_at"`
	LastUsedAt *time.Time   `bun:"last_used_at"`
	Limits     auth.Limits  `bun:"limits,type:jsonb"`
}

func (r projectTokenRow) token() auth.ProjectToken {
	return auth.ProjectToken{
		ID: r.ID, Project: r.ProjectID, Name: r.Name, Role: r.Role, Scopes: r.Scopes, CreatedBy: r.CreatedBy,
		CreatedAt: utc(r.CreatedAt), ExpiresAt: utcPtr(r.ExpiresAt), LastUsedAt: utcPtr(r.LastUsedAt), Limits: r.Limits,
	}
}

func (s authStore) ProjectTokenByHash(ctx context.Context, hash string) (auth.ProjectToken, error) {
	var row projectTokenRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	return row.token(), notFound(err, "no such token")
}

func (s authStore) ProjectTokenByName(ctx context.Context, project int64, name string) (auth.ProjectToken, error) {
	var row projectTokenRow
	err := s.db.NewSelect().Model(&row).Where("project_id = ? AND lower(name) = lower(?)", project, name).Scan(ctx)
	return row.token(), notFound(err, "the project has no token %q", name)
}

func (s authStore) TouchProjectToken(ctx context.Context, id int64, at time.Time) error {
	_, err := s.db.NewUpdate().Model((*projectTokenRow)(nil)).Set("last_used_at = ?", at).Where("id = ?", id).Exec(ctx)
	return err
}

type setupRow struct {
	bun.BaseModel `bun:"table:setup_tokens"`

	Hash      string    `bun:"hash,pk"`
	ExpiresAt time.Time `bun:"expires_at"`
}

func (s authStore) SetSetupToken(ctx context.Context, hash string, expires time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Model((*setupRow)(nil)).Where("TRUE").Exec(ctx); err != nil {
			return fmt.Errorf("replacing the set-up token: %w", err)
		}
		_, err := tx.NewInsert().Model(&setupRow{Hash: hash, ExpiresAt: expires}).Exec(ctx)
		return err
	})
}

func (s authStore) FirstUser(ctx context.Context, setupHash string, now time.Time, u auth.User, passwordHash string, events ...event.Event) (auth.User, error) {
	var created auth.User
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if any, err := tx.NewSelect().Model((*userRow)(nil)).Exists(ctx); err != nil {
			return fmt.Errorf("looking for users: %w", err)
		} else if any {
			return fault.Errorf(fault.Conflict, "the server is set up already: sign in")
		}
		// Deleting the token is what makes it one-time: of two that race, one
		// deletes nothing.
		result, err := tx.NewDelete().Model((*setupRow)(nil)).Where("hash = ? AND expires_at > ?", setupHash, now).Exec(ctx)
		if err := changedOne(result, err, "used"); fault.Is(err, fault.Conflict) {
			return fault.Errorf(fault.Denied, "the set-up link is wrong, used or expired: restart the server to get a new one").At("token")
		} else if err != nil {
			return fmt.Errorf("using the set-up token: %w", err)
		}
		created, err = insertUser(ctx, tx, u, passwordHash)
		return err
	}, events...)
	return created, err
}

// like makes a pattern that matches text as a part. Case is the database's to
// fold, on both sides: its idea of lower() is not Go's.
func like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
