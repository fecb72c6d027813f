package repo

import (
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/git"
)

// Protection is the rule of the branches that a pattern names.
type Protection struct {
	// Pattern is a branch's name, where * stands for any characters.
	Pattern string
	// PushRole and MergeRole are the lowest roles that may push to such a
	// branch and merge into it: auth.Developer, auth.Maintainer, or auth.None
	// for nobody at all.
	PushRole  auth.Role
	MergeRole auth.Role
}

// ParseAccess reads a role of a protection: none, developer or maintainer.
func ParseAccess(name string) (auth.Role, error) {
	for _, role := range []auth.Role{auth.None, auth.Developer, auth.Maintainer} {
		if role.String() == name {
			return role, nil
		}
	}
	return auth.None, fault.Errorf(fault.Invalid, "role %q: expected none, developer or maintainer", name)
}

func (p Protection) check() error {
	if err := git.CheckBranch(strings.ReplaceAll(p.Pattern, "*", "x")); err != nil {
		return fault.Errorf(fault.Invalid, "pattern %q is no branch name: letters, digits, dots, dashes and slashes, with * for any characters", p.Pattern).At("pattern")
	}
	if _, err := ParseAccess(p.PushRole.String()); err != nil {
		return fault.Errorf(fault.Invalid, "%s", fault.Message(err)).At("push_role")
	}
	if _, err := ParseAccess(p.MergeRole.String()); err != nil {
		return fault.Errorf(fault.Invalid, "%s", fault.Message(err)).At("merge_role")
	}
	return nil
}

// Match tells whether the pattern names the branch.
func (p Protection) Match(branch string) bool {
	parts := strings.Split(p.Pattern, "*")
	if len(parts) == 1 {
		return p.Pattern == branch
	}
	rest, ok := strings.CutPrefix(branch, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}

// ProtectionOf finds the rule of a branch. A pattern that is the branch's very
// name decides alone; otherwise, of all patterns that match, the strictest role
// of each kind, so that a pattern added later never opens a branch by accident.
func ProtectionOf(rules []Protection, branch string) (Protection, bool) {
	var found Protection
	matched := false
	for _, rule := range rules {
		switch {
		case rule.Pattern == branch:
			return rule, true
		case !rule.Match(branch):
		case !matched:
			found, matched = rule, true
		default:
			found.PushRole = stricter(found.PushRole, rule.PushRole)
			found.MergeRole = stricter(found.MergeRole, rule.MergeRole)
		}
	}
	return found, matched
}

// stricter is the role that fewer have; None, here, is nobody.
func stricter(a, b auth.Role) auth.Role {
	if a == auth.None || b == auth.None {
		return auth.None
	}
	return max(a, b)
}
