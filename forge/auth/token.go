package auth

import (
	"context"
	"strings"
	"time"

	"dasier/fault"
)

// CreateToken makes a personal access token and answers its secret, which is
// shown this once.
func (s *Service) CreateToken(ctx context.Context, actor Actor, name string, scopes []Scope, expires *time.Time) (Token, string, error) {
	if err := ownTokens(actor, nil); err != nil {
		return Token{}, "", err
	}
	return s.newToken(ctx, actor, User{ID: actor.User, Username: actor.Username}, name, scopes, expires)
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
	return s.newToken(ctx, actor, u, name, scopes, expires)
}

// tokenFacts is what the audit log says of a token.
type tokenFacts struct {
	User      string     `json:"user"`
	Scopes    []Scope    `json:"scopes"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (s *Service) newToken(ctx context.Context, actor Actor, user User, name string, scopes []Scope, expires *time.Time) (Token, string, error) {
	if name = strings.TrimSpace(name); name == "" || len(name) > 255 {
		return Token{}, "", fault.Errorf(fault.Invalid, "a token needs a name of 1 to 255 characters that says what it is for").At("name")
	}
	if err := checkToken(scopes, expires, s.now()); err != nil {
		return Token{}, "", err
	}
	secret := NewSecret(PersonalPrefix)
	act := actor.Act("token.created", 0, name)
	act.After = tokenFacts{User: user.Username, Scopes: scopes, ExpiresAt: expires}
	t, err := s.store.CreateToken(ctx, Token{User: user.ID, Name: name, Scopes: scopes, CreatedAt: s.now().UTC(), ExpiresAt: expires}, HashSecret(secret), act)
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
	tokens, err := s.store.Tokens(ctx, actor.User)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.ID == id {
			return s.store.DeleteToken(ctx, actor.User, id, actor.Act("token.revoked", 0, t.Name))
		}
	}
	return fault.Errorf(fault.Missing, "you have no token %d", id)
}

// ownTokens decides whether the actor may deal with their own tokens: people
// may, and tokens of the scope api or of one that suffices; jobs may not.
func ownTokens(actor Actor, suffice []Scope) error {
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	if !actor.Person() || !scopesAllow(actor.Scopes, suffice) {
		return fault.Errorf(fault.Denied, "a job, or a token without the scope %s, cannot do this with tokens: sign in", scopeList(suffice))
	}
	return nil
}
