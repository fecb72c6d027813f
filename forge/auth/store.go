package auth

import (
	"context"
	"time"

	"dasier/event"
)

// Store is what auth needs kept. Every mutating method saves its events in the
// same transaction.
type Store interface {
	// CreateUser keeps a user; fault.Conflict when user name or e-mail is
	// taken, whatever their case, or the name is that of a group.
	CreateUser(ctx context.Context, u User, passwordHash string, events ...event.Event) (User, error)
	// UpdateUser saves name, e-mail, administrator and blocked. A user who
	// becomes blocked loses all sessions for good. fault.Conflict when the
	// e-mail is taken, or when no administrator would be left who is not
	// blocked.
	UpdateUser(ctx context.Context, u User, events ...event.Event) error
	// User finds by id; fault.Missing.
	User(ctx context.Context, id UserID) (User, error)
	// UserByLogin finds by user name or e-mail, whatever their case, with the
	// password hash; fault.Missing.
	UserByLogin(ctx context.Context, login string) (User, string, error)
	// Users lists by user name; search matches a part of user name or name.
	Users(ctx context.Context, search string, offset, limit int) ([]User, int, error)
	// AnyUser tells whether the server has a user.
	AnyUser(ctx context.Context) (bool, error)
	// SessionGround is what a user's sessions stand on: it changes with the
	// password, and when the user is blocked; fault.Missing.
	SessionGround(ctx context.Context, id UserID) (string, error)
	// SetPassword replaces the password hash.
	SetPassword(ctx context.Context, id UserID, passwordHash string, events ...event.Event) error

	// CreateToken keeps a token by the hash of its secret.
	CreateToken(ctx context.Context, t Token, hash string, events ...event.Event) (Token, error)
	// TokenByHash finds a token; fault.Missing.
	TokenByHash(ctx context.Context, hash string) (Token, error)
	// Tokens lists a user's tokens, newest first.
	Tokens(ctx context.Context, user UserID) ([]Token, error)
	// DeleteToken removes a user's token; fault.Missing when it is not theirs.
	DeleteToken(ctx context.Context, user UserID, id int64, events ...event.Event) error
	// TouchToken notes when a token was last used.
	TouchToken(ctx context.Context, id int64, at time.Time) error

	// ProjectTokenByHash finds a project's own token; fault.Missing.
	ProjectTokenByHash(ctx context.Context, hash string) (ProjectToken, error)
	// ProjectTokenByName finds it by its name, whatever its case; fault.Missing.
	ProjectTokenByName(ctx context.Context, project int64, name string) (ProjectToken, error)
	// TouchProjectToken notes when it was last used.
	TouchProjectToken(ctx context.Context, id int64, at time.Time) error

	// SetSetupToken replaces the one-time set-up token.
	SetSetupToken(ctx context.Context, hash string, expires time.Time) error
	// FirstUser creates the first user and burns the set-up token in one
	// transaction: fault.Denied when the token is wrong or expired,
	// fault.Conflict when there is a user already.
	FirstUser(ctx context.Context, setupHash string, now time.Time, u User, passwordHash string, events ...event.Event) (User, error)

	// Record saves events that change nothing else.
	Record(ctx context.Context, events ...event.Event) error
}
