package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"

	"dasier/fault"
)

// Service is the verbs of auth.
type Service struct {
	store   Store
	guesses *guesses
	hashing *argon2id.Params
	slots   chan struct{} // bounds concurrent hashing: each takes hashing.Memory
	now     func() time.Time
}

// New makes the service.
func New(store Store) *Service {
	return &Service{
		store: store, guesses: newGuesses(), slots: make(chan struct{}, 2), now: time.Now,
		// OWASP's second recommendation for argon2id: 19 MiB, 2 passes, 1 lane.
		hashing: &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}
}

// decoy is checked when the login is unknown, so that the answer takes as long
// as for a known one. It is the form of a hash with nothing behind it: no
// password is known to give a key of zeros, and none would be let in if it did.
func (s *Service) decoy() string {
	zeros := func(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	p := s.hashing
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Iterations, p.Parallelism, zeros(p.SaltLength), zeros(p.KeyLength))
}

// StartSetup makes a one-time token for the first administrator, good for a
// day; an empty answer when the server has users already.
func (s *Service) StartSetup(ctx context.Context) (string, error) {
	if any, err := s.store.AnyUser(ctx); err != nil || any {
		return "", err
	}
	secret := NewSecret(SetupPrefix)
	return secret, s.store.SetSetupToken(ctx, HashSecret(secret), s.now().Add(24*time.Hour).UTC())
}

// SetupNeeded tells whether the server still waits for its first user.
func (s *Service) SetupNeeded(ctx context.Context) (bool, error) {
	any, err := s.store.AnyUser(ctx)
	return !any, err
}

// Setup makes the first administrator with the token of the set-up link.
func (s *Service) Setup(ctx context.Context, secret, address string, r Registration) (User, error) {
	// By address only: a limit for all would let a stranger who guesses keep
	// the administrator from setting up.
	key := "setup:" + address
	if err := s.guesses.check(s.now(), key); err != nil {
		return User{}, err
	}
	// Before the hashing: whoever has no account must not keep the few places
	// for it busy on a server that is set up.
	if needed, err := s.SetupNeeded(ctx); err != nil {
		return User{}, err
	} else if !needed {
		return User{}, fault.Errorf(fault.Conflict, "the server is set up already: sign in")
	}
	if err := r.check(); err != nil {
		return User{}, err
	}
	hash, err := s.hash(ctx, r.Password)
	if err != nil {
		return User{}, err
	}
	u := User{Username: r.Username, Name: r.Name, Email: r.Email, Admin: true, CreatedAt: s.now().UTC()}
	u, err = s.store.FirstUser(ctx, HashSecret(secret), s.now().UTC(), u, hash)
	if fault.Is(err, fault.Denied) {
		s.guesses.fail(s.now(), key)
	}
	return u, err
}

// CreateUser adds a person; admins may.
func (s *Service) CreateUser(ctx context.Context, actor Actor, r Registration) (User, error) {
	if err := requireAdmin(actor, "create users"); err != nil {
		return User{}, err
	}
	if err := r.check(); err != nil {
		return User{}, err
	}
	hash, err := s.hash(ctx, r.Password)
	if err != nil {
		return User{}, err
	}
	u := User{Username: r.Username, Name: r.Name, Email: r.Email, Admin: r.Admin, CreatedAt: s.now().UTC()}
	return s.store.CreateUser(ctx, u, hash)
}

// SetPassword replaces a password: one's own, or anyone's for admins.
func (s *Service) SetPassword(ctx context.Context, actor Actor, id UserID, password string) error {
	if actor.User != id || actor.Scopes != nil || actor.Via == ViaJob {
		if err := requireAdmin(actor, "change another user's password"); err != nil {
			return err
		}
	}
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.SetPassword(ctx, id, hash)
}

func requireAdmin(actor Actor, what string) error {
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	if !actor.Admin || actor.Via == ViaJob || !scopesAllow(actor.Scopes, nil) {
		return fault.Errorf(fault.Denied, "permission admin refused: only administrators may %s", what)
	}
	return nil
}

// Users lists people, for whoever is signed in. E-mail addresses are for
// administrators, and one's own.
func (s *Service) Users(ctx context.Context, actor Actor, search string, offset, limit int) ([]User, int, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return nil, 0, err
	}
	if err := RequireScope(actor, ScopeReadAPI); err != nil {
		return nil, 0, err
	}
	if actor.Via == ViaJob {
		return nil, 0, fault.Errorf(fault.Denied, "a job's token cannot list users")
	}
	users, total, err := s.store.Users(ctx, search, offset, limit)
	for i := range users {
		if !actor.Admin && users[i].ID != actor.User {
			users[i].Email = ""
		}
	}
	return users, total, err
}

// UserByName finds a person by user name, for whoever is signed in.
func (s *Service) UserByName(ctx context.Context, actor Actor, username string) (User, error) {
	if err := actor.RequireSignedIn(); err != nil {
		return User{}, err
	}
	u, _, err := s.store.UserByLogin(ctx, username)
	if fault.Is(err, fault.Missing) {
		return User{}, fault.Errorf(fault.Missing, "no user %q", username)
	}
	return u, err
}

// User loads a person by id; for the server's own use.
func (s *Service) User(ctx context.Context, id UserID) (User, error) { return s.store.User(ctx, id) }

// SignIn checks a password. address is the client's, for the limit on guesses.
func (s *Service) SignIn(ctx context.Context, login, password, address string) (User, error) {
	keys := []string{"login:" + strings.ToLower(login), "address:" + address}
	if err := s.guesses.check(s.now(), keys...); err != nil {
		return User{}, err
	}
	u, hash, err := s.store.UserByLogin(ctx, login)
	known := err == nil
	if !known {
		if !fault.Is(err, fault.Missing) {
			return User{}, err
		}
		hash = s.decoy()
	}
	if err := s.takeSlot(ctx); err != nil {
		return User{}, err
	}
	defer s.freeSlot()
	// Again, with the slot: of many guesses that were sent at once, no more get
	// past the limit than there are slots.
	if err := s.guesses.check(s.now(), keys...); err != nil {
		return User{}, err
	}
	match, err := compare(password, hash)
	if err != nil {
		return User{}, err
	}
	if !known || !match || u.Blocked {
		s.guesses.fail(s.now(), keys...)
		return User{}, fault.Errorf(fault.Unauthenticated, "user name or password is wrong")
	}
	s.guesses.succeed(keys[0])
	return u, nil
}

// Stamp marks the password that a user has now. A session keeps it, so that it
// ends when the password changes.
func (s *Service) Stamp(ctx context.Context, id UserID) (string, error) {
	hash, err := s.store.PasswordHash(ctx, id)
	return HashSecret(hash), err
}

// SignedIn loads the user of a session that began under the stamped password.
// Blocked users are nobody, and so are those whose password changed since.
func (s *Service) SignedIn(ctx context.Context, id UserID, stamp string) (Actor, error) {
	u, err := s.store.User(ctx, id)
	if fault.Is(err, fault.Missing) || err == nil && u.Blocked {
		return Anonymous, nil
	}
	if err != nil {
		return Actor{}, err
	}
	now, err := s.Stamp(ctx, id)
	if err != nil || subtle.ConstantTimeCompare([]byte(now), []byte(stamp)) != 1 {
		return Anonymous, err
	}
	return u.Actor(ViaSession), nil
}

// CreateToken makes a personal access token and answers its secret, which is
// shown this once.
func (s *Service) CreateToken(ctx context.Context, actor Actor, name string, scopes []Scope, expires *time.Time) (Token, string, error) {
	if err := ownTokens(actor, nil); err != nil {
		return Token{}, "", err
	}
	return s.newToken(ctx, actor.User, name, scopes, expires)
}

// IssueToken makes a token for a user from the machine's own shell.
func (s *Service) IssueToken(ctx context.Context, actor Actor, username, name string, scopes []Scope, expires *time.Time) (Token, string, error) {
	if err := requireAdmin(actor, "make tokens for others"); err != nil {
		return Token{}, "", err
	}
	u, err := s.UserByName(ctx, actor, username)
	if err != nil {
		return Token{}, "", err
	}
	return s.newToken(ctx, u.ID, name, scopes, expires)
}

func (s *Service) newToken(ctx context.Context, user UserID, name string, scopes []Scope, expires *time.Time) (Token, string, error) {
	if name = strings.TrimSpace(name); name == "" || len(name) > 255 {
		return Token{}, "", fault.Errorf(fault.Invalid, "a token needs a name of 1 to 255 characters that says what it is for").At("name")
	}
	if len(scopes) == 0 {
		return Token{}, "", fault.Errorf(fault.Invalid, "a token needs at least one scope").At("scopes")
	}
	known := []string{string(ScopeAPI), string(ScopeReadAPI), string(ScopeReadRepository), string(ScopeWriteRepository), string(ScopePredict)}
	for _, scope := range scopes {
		if !slices.Contains(known, string(scope)) {
			return Token{}, "", fault.Errorf(fault.Invalid, "scope %q: expected one of %s", scope, strings.Join(known, ", ")).At("scopes")
		}
	}
	if expires != nil && !expires.After(s.now()) {
		return Token{}, "", fault.Errorf(fault.Invalid, "the token would expire in the past").At("expires_at")
	}
	secret := NewSecret(PersonalPrefix)
	t, err := s.store.CreateToken(ctx, Token{User: user, Name: name, Scopes: scopes, CreatedAt: s.now().UTC(), ExpiresAt: expires}, HashSecret(secret))
	return t, secret, err
}

// Tokens lists the actor's own tokens.
func (s *Service) Tokens(ctx context.Context, actor Actor) ([]Token, error) {
	if err := ownTokens(actor, []Scope{ScopeReadAPI}); err != nil {
		return nil, err
	}
	return s.store.Tokens(ctx, actor.User)
}

// RevokeToken ends one of the actor's own tokens.
func (s *Service) RevokeToken(ctx context.Context, actor Actor, id int64) error {
	if err := ownTokens(actor, nil); err != nil {
		return err
	}
	return s.store.DeleteToken(ctx, actor.User, id)
}

// ownTokens decides whether the actor may deal with their own tokens: people
// may, and tokens of the scope api or of one that suffices; jobs may not.
func ownTokens(actor Actor, suffice []Scope) error {
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	if actor.User == 0 || actor.Via == ViaJob || !scopesAllow(actor.Scopes, suffice) {
		return fault.Errorf(fault.Denied, "a job, or a token without the scope %s, cannot do this with tokens: sign in", scopeList(suffice))
	}
	return nil
}

// touchEvery is how stale a token's "last used" may be: one write an hour
// instead of one a request.
const touchEvery = time.Hour

// ByToken resolves a personal access token to its actor. A token of 256 bits
// cannot be guessed: a limit only slows down the script that has a wrong one,
// and never stops a right one that comes from the same address.
func (s *Service) ByToken(ctx context.Context, secret, address string) (Actor, error) {
	t, err := s.store.TokenByHash(ctx, HashSecret(secret))
	if fault.Is(err, fault.Missing) {
		key := "token:" + address
		if err := s.guesses.check(s.now(), key); err != nil {
			return Actor{}, err
		}
		s.guesses.fail(s.now(), key)
		return Actor{}, fault.Errorf(fault.Unauthenticated, "the token is unknown or was revoked")
	}
	if err != nil {
		return Actor{}, err
	}
	now := s.now().UTC()
	if t.ExpiresAt != nil && !t.ExpiresAt.After(now) {
		return Actor{}, fault.Errorf(fault.Unauthenticated, "the token %q expired on %s: make a new one", t.Name, t.ExpiresAt.Format(time.DateOnly))
	}
	u, err := s.store.User(ctx, t.User)
	if err != nil {
		return Actor{}, err
	}
	if u.Blocked {
		return Actor{}, fault.Errorf(fault.Unauthenticated, "the user of this token is blocked")
	}
	if t.LastUsedAt == nil || now.Sub(*t.LastUsedAt) > touchEvery {
		if err := s.store.TouchToken(ctx, t.ID, now); err != nil {
			return Actor{}, err
		}
	}
	actor := u.Actor(ViaToken)
	actor.Scopes = t.Scopes
	return actor, nil
}

// ByJob completes the actor that a job's token stands for with what is true of
// its user now: an administrator's jobs reach a project that the administrator
// is no member of, and those of a user who was blocked since reach none.
func (s *Service) ByJob(ctx context.Context, job Actor) (Actor, error) {
	u, err := s.store.User(ctx, job.User)
	if fault.Is(err, fault.Missing) || err == nil && u.Blocked {
		return Actor{}, fault.Errorf(fault.Unauthenticated, "the user who started this job's pipeline is blocked or gone")
	}
	if err != nil {
		return Actor{}, err
	}
	job.Username, job.Admin = u.Username, u.Admin
	return job, nil
}

func (s *Service) hash(ctx context.Context, password string) (string, error) {
	if err := s.takeSlot(ctx); err != nil {
		return "", err
	}
	defer s.freeSlot()
	hash, err := argon2id.CreateHash(password, s.hashing)
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

func compare(password, hash string) (bool, error) {
	if len(password) > maxPassword {
		return false, nil
	}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("checking a password: %w", err)
	}
	return match, nil
}

func (s *Service) takeSlot(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.Errorf(fault.Unavailable, "too many sign-ins at once: try again")
	}
}

func (s *Service) freeSlot() { <-s.slots }
