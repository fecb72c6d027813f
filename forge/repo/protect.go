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
	// Approvals is how many people must approve a change before it is merged,
	// and ApprovalRole the lowest role whose word counts: auth.Developer (which
	// auth.None stands for, too) or auth.Maintainer.
	Approvals    int
	ApprovalRole auth.Role
	// RequirePipeline wants the change's newest pipeline green, RequireResolved
	// all its threads resolved, and RequireOwners the approval of the owners
	// that the CODEOWNERS file of the branch names.
	RequirePipeline bool
	RequireResolved bool
	RequireOwners   bool
}

// Gated tells whether changes reach the branch by merge requests alone: what the
// rule asks for can be asked of a merge request only.
func (p Protection) Gated() bool {
	return p.Approvals > 0 || p.RequirePipeline || p.RequireResolved || p.RequireOwners
}

// Reviewed tells whether what is on the branch was approved by others than those
// who made it.
func (p Protection) Reviewed() bool { return p.Approvals > 0 }

// mostApprovals bounds what a rule may ask for.
const mostApprovals = 100

// ParseAccess reads a role of a protection: none, developer or maintainer.
func ParseAccess(name string) (auth.Role, error) {
	for _, role := range []auth.Role{auth.None, auth.Developer, auth.Maintainer} {
		if role.String() == name {
			return role, nil
		}
	}
	return auth.None, fault.Errorf(fault.Invalid, "role %q: expected none, developer or maintainer", name)
}

// check refuses a rule that cannot hold.
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
	switch {
	case p.Approvals < 0 || p.Approvals > mostApprovals:
		return fault.Errorf(fault.Invalid, "%d approvals: expected 0 to %d", p.Approvals, mostApprovals).At("approvals")
	case p.ApprovalRole != auth.Developer && p.ApprovalRole != auth.Maintainer:
		return fault.Errorf(fault.Invalid, "role %q: expected developer or maintainer", p.ApprovalRole).At("approval_role")
	case p.Gated() && p.PushRole != auth.None:
		return fault.Errorf(fault.Invalid, "%s asks for approvals, a green pipeline, resolved threads or owners, and a push would go round all of it: let nobody push there (push role none), so that changes come by merge requests",
			p.Pattern).At("push_role")
	}
	return nil
}

// settled fills in what a rule may leave out.
func (p Protection) settled() Protection {
	if p.ApprovalRole == auth.None {
		p.ApprovalRole = auth.Developer
	}
	return p
}

// words is the rule as the audit log keeps it.
func (p Protection) words() map[string]any {
	return map[string]any{
		"push_role": p.PushRole.String(), "merge_role": p.MergeRole.String(), "approvals": p.Approvals, "approval_role": p.ApprovalRole.String(),
		"require_pipeline": p.RequirePipeline, "require_resolved": p.RequireResolved, "require_owners": p.RequireOwners,
	}
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
// name decides alone; otherwise, of all patterns that match, the strictest demand
// of each kind, so that a pattern added later never opens a branch by accident.
func ProtectionOf(rules []Protection, branch string) (Protection, bool) {
	var found Protection
	matched := false
	for _, rule := range rules {
		switch {
		case rule.Pattern == branch:
			return rule.settled(), true
		case !rule.Match(branch):
		case !matched:
			found, matched = rule.settled(), true
		default:
			found.PushRole = stricter(found.PushRole, rule.PushRole)
			found.MergeRole = stricter(found.MergeRole, rule.MergeRole)
			found.Approvals = max(found.Approvals, rule.Approvals)
			found.ApprovalRole = max(found.ApprovalRole, rule.ApprovalRole)
			found.RequirePipeline = found.RequirePipeline || rule.RequirePipeline
			found.RequireResolved = found.RequireResolved || rule.RequireResolved
			found.RequireOwners = found.RequireOwners || rule.RequireOwners
		}
	}
	if found.Gated() {
		found.PushRole = auth.None // whatever another pattern says
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
