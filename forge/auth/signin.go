package auth

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"dasier/fault"
)

// SignIn checks a password for a session that is to begin. address is the
// client's, for the limit on guesses and the audit log.
func (s *Service) SignIn(ctx context.Context, login, password, address string) (User, error) {
	u, err := s.password(ctx, login, password, address)
	if err != nil {
		return User{}, err
	}
	actor := u.Actor(ViaSession)
	actor.Address = address
	return u, s.store.Record(ctx, actor.Act("sign_in.succeeded", 0, u.Username))
}

// ByPassword resolves a password that comes with a single request, as git sends
// it, to its actor. The audit log hears of the first of many.
func (s *Service) ByPassword(ctx context.Context, login, password, address string) (Actor, error) {
	u, err := s.password(ctx, login, password, address)
	if err != nil {
		return Actor{}, err
	}
	actor := u.Actor(ViaPassword)
	actor.Address = address
	if s.lines.due(s.now(), time.Hour, "in:"+address+" "+u.Username) {
		err = s.store.Record(ctx, actor.Act("sign_in.succeeded", 0, u.Username))
	}
	return actor, err
}

// password finds the user whose password it is.
func (s *Service) password(ctx context.Context, login, password, address string) (User, error) {
	keys := []string{"login:" + strings.ToLower(login), "address:" + network(address)}
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
		if err := s.recordFailure(ctx, u, match, address); err != nil {
			return User{}, err
		}
		return User{}, fault.Errorf(fault.Unauthenticated, "user name or password is wrong")
	}
	s.guesses.succeed(keys[0])
	return u, nil
}

// recordFailure writes a failed sign-in down: one line per network and minute,
// so that an attack cannot flood the log. What was typed for a login stays out
// of it unless it is a user: it may be a password in the wrong field.
func (s *Service) recordFailure(ctx context.Context, u User, match bool, address string) error {
	if !s.lines.due(s.now(), time.Minute, "out:"+network(address)) {
		return nil
	}
	act := Actor{Via: ViaPassword, Address: address}.Act("sign_in.failed", 0, u.Username)
	switch {
	case u.ID == 0:
		act.Reason = "no such user"
	case match && u.Blocked:
		act.Reason = "the user is blocked"
	default:
		act.Reason = "wrong password"
	}
	return s.store.Record(ctx, act)
}

// Stamp marks what a user's sessions stand on now. A session keeps it, so that
// it ends when the password changes or the user is blocked.
func (s *Service) Stamp(ctx context.Context, id UserID) (string, error) {
	ground, err := s.store.SessionGround(ctx, id)
	return HashSecret(ground), err
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

// touchEvery is how stale a token's "last used" may be: one write an hour
// instead of one a request.
const touchEvery = time.Hour

// ByToken resolves a personal access token, or a project's own, to its actor. A
// token of 256 bits cannot be guessed: a limit only slows down the script that
// has a wrong one, and never stops a right one that comes from the same address.
func (s *Service) ByToken(ctx context.Context, secret, address string) (Actor, error) {
	if strings.HasPrefix(secret, DeployPrefix) {
		return s.byProjectToken(ctx, secret, address)
	}
	t, err := s.store.TokenByHash(ctx, HashSecret(secret))
	if fault.Is(err, fault.Missing) {
		return Actor{}, s.WrongSecret(address, fault.Errorf(fault.Unauthenticated, "the token is unknown or was revoked"))
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
	actor.Scopes, actor.Address = t.Scopes, address
	return actor, nil
}

func (s *Service) byProjectToken(ctx context.Context, secret, address string) (Actor, error) {
	t, err := s.store.ProjectTokenByHash(ctx, HashSecret(secret))
	if fault.Is(err, fault.Missing) {
		return Actor{}, s.WrongSecret(address, fault.Errorf(fault.Unauthenticated, "the token is unknown or was revoked"))
	}
	if err != nil {
		return Actor{}, err
	}
	now := s.now().UTC()
	if t.ExpiresAt != nil && !t.ExpiresAt.After(now) {
		return Actor{}, fault.Errorf(fault.Unauthenticated, "the project's token %q expired on %s: make a new one", t.Name, t.ExpiresAt.Format(time.DateOnly))
	}
	if t.LastUsedAt == nil || now.Sub(*t.LastUsedAt) > touchEvery {
		if err := s.store.TouchProjectToken(ctx, t.ID, now); err != nil {
			return Actor{}, err
		}
	}
	actor := t.Actor()
	actor.Address = address
	switch maker, _, err := s.store.UserByLogin(ctx, t.CreatedBy); {
	case err == nil:
		actor.Maker = maker.ID
	case !fault.Is(err, fault.Missing):
		return Actor{}, err
	}
	return actor, nil
}

// WrongSecret counts a secret that nobody knows (a token, a job's token, an
// invitation) against the network it came from. It answers refused, or that
// there were too many.
func (s *Service) WrongSecret(address string, refused error) error {
	key := "token:" + network(address)
	if err := s.guesses.check(s.now(), key); err != nil {
		return err
	}
	s.guesses.fail(s.now(), key)
	return refused
}

// ByJob completes the actor that a job's token stands for with what is true of
// its user now: an administrator's jobs reach a project that the administrator
// is no member of, and those of a user who was blocked since reach none.
//
// A pipeline that a project's own token started has no user: its jobs have that
// token's role, as long as there is the token.
func (s *Service) ByJob(ctx context.Context, job Actor) (Actor, error) {
	if name, ok := strings.CutPrefix(job.Username, tokenUser); ok && job.User == 0 {
		return s.byJobOfToken(ctx, job, name)
	}
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

func (s *Service) byJobOfToken(ctx context.Context, job Actor, name string) (Actor, error) {
	t, err := s.store.ProjectTokenByName(ctx, job.Project, name)
	if fault.Is(err, fault.Missing) || err == nil && t.ExpiresAt != nil && !t.ExpiresAt.After(s.now()) {
		return Actor{}, fault.Errorf(fault.Unauthenticated, "the project's token %q, which started this job's pipeline, expired or was revoked", name)
	}
	if err != nil {
		return Actor{}, err
	}
	job.Role = t.Role
	return job, nil
}
