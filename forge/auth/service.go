package auth

import (
	"context"
	"encoding/base64"
	"fmt"
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
	lines   *lines // of the audit log that would repeat themselves
	hashing *argon2id.Params
	slots   chan struct{} // bounds concurrent hashing: each takes hashing.Memory
	now     func() time.Time
}

// New makes the service.
func New(store Store) *Service {
	return &Service{
		store: store, guesses: newGuesses(), lines: newLines(), slots: make(chan struct{}, 2), now: time.Now,
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
	key := "setup:" + network(address)
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
	act := Actor{Username: r.Username, Address: address}.Act("user.created", 0, r.Username)
	act.Reason, act.After = "set-up link", userFacts{Admin: true}
	u, err = s.store.FirstUser(ctx, HashSecret(secret), s.now().UTC(), u, hash, act)
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
	u, hash, err := s.NewUser(ctx, r)
	if err != nil {
		return User{}, err
	}
	act := actor.Act("user.created", 0, u.Username)
	act.After = userFacts{Admin: u.Admin}
	return s.store.CreateUser(ctx, u, hash, act)
}

// NewUser checks a registration and hashes its password, for those who save the
// user in a transaction of their own. It takes time and memory: only for whoever
// may register.
func (s *Service) NewUser(ctx context.Context, r Registration) (User, string, error) {
	if err := r.check(); err != nil {
		return User{}, "", err
	}
	hash, err := s.hash(ctx, r.Password)
	return User{Username: r.Username, Name: r.Name, Email: r.Email, Admin: r.Admin, CreatedAt: s.now().UTC()}, hash, err
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
	if actor.Via == ViaJob || actor.Via == ViaDeploy {
		return nil, 0, fault.Errorf(fault.Denied, "a job's token cannot list users, nor can a project's")
	}
	users, total, err := s.store.Users(ctx, search, offset, limit)
	for i := range users {
		if !actor.Admin && users[i].ID != actor.User {
			users[i].Email, users[i].Blocked = "", false
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
	// An e-mail address finds nobody here: it is not for others to try.
	if fault.Is(err, fault.Missing) || err == nil && !strings.EqualFold(u.Username, username) {
		return User{}, fault.Errorf(fault.Missing, "no user %q", username)
	}
	return u, err
}

// User loads a person by id; for the server's own use.
func (s *Service) User(ctx context.Context, id UserID) (User, error) { return s.store.User(ctx, id) }

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
