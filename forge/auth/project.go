package auth

import (
	"slices"
	"strings"
	"time"

	"dasier/fault"
)

// ProjectToken is a project's own token, without its secret: for a machine that
// deploys, clones or asks for predictions and is no person.
type ProjectToken struct {
	ID         int64
	Project    int64
	Name       string // once per project, whatever its case
	Role       Role
	Scopes     []Scope
	CreatedBy  string // the user name
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil: never
	LastUsedAt *time.Time
	Limits     Limits
}

// Limits are what a token of a client may use of the project's endpoints.
type Limits struct {
	// Environment is the only one whose endpoint it may ask; empty: all.
	Environment string `json:"environment,omitempty"`
	// PerSecond is how many requests it may send in a second, on average; 0: any
	// number. It may send twice as many at once.
	PerSecond float64 `json:"per_second,omitempty"`
	// PerDay is how many predictions it gets in a day (UTC), a row being one; 0:
	// any number.
	PerDay int64 `json:"per_day,omitempty"`
}

// The largest limits that can be asked for: beyond them, none is meant.
const (
	maxPerSecond = 1e6
	maxPerDay    = int64(1e15)
)

// check holds limits to the rules.
func (l *Limits) check(scopes []Scope) error {
	if l.Environment = strings.TrimSpace(l.Environment); len(l.Environment) > 100 {
		return fault.Errorf(fault.Invalid, "an environment's name has at most 100 characters").At("limits.environment")
	}
	if !(l.PerSecond >= 0 && l.PerSecond <= maxPerSecond) || l.PerSecond > 0 && l.PerSecond < 0.001 {
		return fault.Errorf(fault.Invalid, "requests per second must be between 0.001 and 1,000,000, or 0 for any number").At("limits.per_second")
	}
	if l.PerDay < 0 || l.PerDay > maxPerDay {
		return fault.Errorf(fault.Invalid, "predictions per day must be a whole number from 1, or 0 for any number").At("limits.per_day")
	}
	if *l != (Limits{}) && !slices.Equal(scopes, []Scope{ScopePredict}) {
		return fault.Errorf(fault.Invalid, "limits are for tokens that have the scope %s and no other", ScopePredict).At("limits")
	}
	return nil
}

// Actor is the token acting.
func (t ProjectToken) Actor() Actor {
	return Actor{Username: tokenUser + t.Name, Via: ViaDeploy, Project: t.Project, Role: t.Role, Scopes: t.Scopes, Token: t.ID, Limits: t.Limits}
}

// tokenUser begins the name under which a project's own token appears. No user
// name has a colon.
const tokenUser = "token:"

// Check holds a token that is to be made to the rules; own is its maker's role.
func (t *ProjectToken) Check(own Role, now time.Time) error {
	if t.Name = strings.TrimSpace(t.Name); t.Name == "" || len(t.Name) > 100 {
		return fault.Errorf(fault.Invalid, "a token needs a name of 1 to 100 characters that says what it is for").At("name")
	}
	if t.Role <= None || t.Role > Maintainer {
		return fault.Errorf(fault.Invalid, "a project's token is guest, reporter, developer or maintainer").At("role")
	}
	if t.Role > own {
		return fault.Errorf(fault.Denied, "permission %s refused: you are %s, and cannot make a token with the role %s", ManageTokens, own, t.Role).At("role")
	}
	if err := t.Limits.check(t.Scopes); err != nil {
		return err
	}
	return checkToken(t.Scopes, t.ExpiresAt, now)
}

// checkToken is what holds of every token.
func checkToken(scopes []Scope, expires *time.Time, now time.Time) error {
	if len(scopes) == 0 {
		return fault.Errorf(fault.Invalid, "a token needs at least one scope").At("scopes")
	}
	known := []string{string(ScopeAPI), string(ScopeReadAPI), string(ScopeReadRepository), string(ScopeWriteRepository), string(ScopePredict)}
	for _, scope := range scopes {
		if !slices.Contains(known, string(scope)) {
			return fault.Errorf(fault.Invalid, "scope %q: expected one of %s", scope, strings.Join(known, ", ")).At("scopes")
		}
	}
	if expires != nil && !expires.After(now) {
		return fault.Errorf(fault.Invalid, "the token would expire in the past").At("expires_at")
	}
	return nil
}
