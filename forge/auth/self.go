package auth

import (
	"context"

	"dasier/fault"
)

// TokenOf is the personal access token that the actor came with, by its secret.
func (s *Service) TokenOf(ctx context.Context, actor Actor, secret string) (Token, error) {
	if actor.Via != ViaToken {
		return Token{}, fault.Errorf(fault.Denied, "this is no personal access token")
	}
	t, err := s.store.TokenByHash(ctx, HashSecret(secret))
	if err == nil && t.User != actor.User {
		return Token{}, fault.Errorf(fault.Missing, "no such token")
	}
	return t, err
}
