package auth

import (
	"time"

	"github.com/alexedwards/argon2id"
)

// SetClock lets a test say what time it is.
func (s *Service) SetClock(now func() time.Time) { s.now = now }

// GuessKeys counts the keys that the limit on guesses remembers, of which it
// keeps at most most.
func (s *Service) GuessKeys(most int) int {
	s.guesses.maxKeys = most
	return len(s.guesses.failed)
}

// HashCheaply makes passwords cost next to nothing: tests of limits check many.
func (s *Service) HashCheaply() {
	s.hashing = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}
