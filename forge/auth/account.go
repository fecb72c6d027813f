package auth

import (
	"context"
	"strings"

	"dasier/event"
	"dasier/fault"
)

// Blocked happens when a user is blocked: what they have under way is to end.
type Blocked struct {
	User UserID `json:"user"`
}

// EventKind implements event.Event.
func (Blocked) EventKind() string { return "auth.blocked" }

// Change is what an administrator changes of a user; nil stays as it is.
type Change struct {
	Name    *string
	Email   *string
	Admin   *bool
	Blocked *bool
}

// userFacts is what the audit log says of a user.
type userFacts struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Admin bool   `json:"admin"`
}

// UpdateUser changes a user; admins may. Blocking ends the user's sessions for
// good, and everything that acts for them as long as it lasts: tokens, and jobs
// of their pipelines. Nobody blocks themselves, nor gives up being an
// administrator: a slip would lock them out.
func (s *Service) UpdateUser(ctx context.Context, actor Actor, username string, change Change) (User, error) {
	if err := requireAdmin(actor, "change users"); err != nil {
		return User{}, err
	}
	before, err := s.UserByName(ctx, actor, username)
	if err != nil {
		return User{}, err
	}
	u := before
	if err := change.apply(&u); err != nil {
		return User{}, err
	}
	if u.ID == actor.User && (u.Blocked || before.Admin && !u.Admin) {
		return User{}, fault.Errorf(fault.Conflict, "you cannot block yourself nor stop being an administrator: ask another one")
	}
	if u == before {
		return u, nil
	}
	return u, s.store.UpdateUser(ctx, u, acts(actor, before, u)...)
}

func (c Change) apply(u *User) error {
	if c.Name != nil {
		if u.Name = strings.TrimSpace(*c.Name); u.Name == "" {
			u.Name = u.Username
		}
		if err := checkName(u.Name); err != nil {
			return err
		}
	}
	if c.Email != nil {
		u.Email = strings.TrimSpace(*c.Email)
		if err := checkEmail(u.Email); err != nil {
			return err
		}
	}
	if c.Admin != nil {
		u.Admin = *c.Admin
	}
	if c.Blocked != nil {
		u.Blocked = *c.Blocked
	}
	return nil
}

// acts is what a change of a user is, in the audit log and for the reactions.
func acts(actor Actor, before, after User) []event.Event {
	var events []event.Event
	facts := func(u User) userFacts { return userFacts{u.Name, u.Email, u.Admin} }
	if facts(before) != facts(after) {
		act := actor.Act("user.changed", 0, after.Username)
		act.Before, act.After = facts(before), facts(after)
		events = append(events, act)
	}
	if after.Blocked && !before.Blocked {
		events = append(events, actor.Act("user.blocked", 0, after.Username), Blocked{User: after.ID})
	}
	if before.Blocked && !after.Blocked {
		events = append(events, actor.Act("user.unblocked", 0, after.Username))
	}
	return events
}

// SetPassword replaces a password: one's own, or anyone's for admins.
func (s *Service) SetPassword(ctx context.Context, actor Actor, id UserID, password string) error {
	if actor.User != id || actor.Scopes != nil || !actor.Person() {
		if err := requireAdmin(actor, "change another user's password"); err != nil {
			return err
		}
	}
	if err := checkPassword(password); err != nil {
		return err
	}
	u, err := s.store.User(ctx, id)
	if err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.SetPassword(ctx, id, hash, actor.Act("user.password_changed", 0, u.Username))
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
