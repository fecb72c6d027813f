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
}

// Actor is the token acting.
func (t ProjectToken) Actor() Actor {
	return Actor{Username: tokenUser + t.Name, Via: ViaDeploy, Project: t.Project, Role: t.Role, Scopes: t.Scopes}
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
