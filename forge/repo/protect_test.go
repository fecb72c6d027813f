package repo

import (
	"errors"
	"testing"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/git"
)

func TestPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, branch string
		want            bool
	}{
		{"main", "main", true},
		{"main", "main2", false},
		{"main", "Main", false},
		{"*", "anything/at/all", true},
		{"release/*", "release/1/2", true},
		{"release/*", "release", false},
		{"*-stable", "1-stable", true},
		{"*-stable", "1-stable-x", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "acb", false},
		{"a*a", "a", false},
		{"ab*ba", "aba", false},
		{"**", "x", true},
		{"[m]ain", "main", false},
	} {
		if got := (Protection{Pattern: test.pattern}).Match(test.branch); got != test.want {
			t.Errorf("pattern %q, branch %q: %v", test.pattern, test.branch, got)
		}
	}
}

// simple is a rule that asks for nothing but roles.
func simple(pattern string, push, merge auth.Role) Protection {
	return Protection{Pattern: pattern, PushRole: push, MergeRole: merge, ApprovalRole: auth.Developer}
}

func gated(rule Protection, approvals int, role auth.Role, owners bool) Protection {
	rule.Approvals, rule.ApprovalRole, rule.RequireOwners = approvals, role, owners
	return rule
}

func TestProtectionOf(t *testing.T) {
	rules := []Protection{
		simple("*", auth.Developer, auth.Developer),
		simple("main", auth.Developer, auth.Maintainer),
		simple("release/*", auth.Maintainer, auth.None),
		simple("release/old*", auth.None, auth.Maintainer),
	}
	for branch, want := range map[string]Protection{
		"x":            simple("*", auth.Developer, auth.Developer),
		"main":         simple("main", auth.Developer, auth.Maintainer),
		"release/1":    simple("*", auth.Maintainer, auth.None),
		"release/old1": simple("*", auth.None, auth.None),
	} {
		if got, ok := ProtectionOf(rules, branch); !ok || got != want {
			t.Errorf("%s: %+v, want %+v", branch, got, want)
		}
	}
	// Of several patterns that ask, the branch is asked for all.
	asking := []Protection{
		gated(simple("*", auth.Developer, auth.Developer), 0, auth.None, false),
		gated(simple("rel*", auth.None, auth.Developer), 2, auth.Developer, false),
		gated(simple("*1", auth.None, auth.Maintainer), 1, auth.Maintainer, true),
	}
	want := gated(simple("*", auth.None, auth.Maintainer), 2, auth.Maintainer, true)
	if got, ok := ProtectionOf(asking, "rel1"); !ok || got != want || !got.Gated() {
		t.Errorf("all that is asked: %+v, want %+v", got, want)
	}
	if got, ok := ProtectionOf(rules[1:], "x"); ok {
		t.Errorf("x is protected by %+v", got)
	}
}

func TestProtectionCheck(t *testing.T) {
	for name, test := range map[string]struct {
		rule  Protection
		field string
	}{
		"good":      {simple("release/*", auth.None, auth.Maintainer), ""},
		"empty":     {simple("", auth.None, auth.Maintainer), "pattern"},
		"dash":      {simple("-x", auth.None, auth.Maintainer), "pattern"},
		"question":  {simple("a?", auth.None, auth.Maintainer), "pattern"},
		"reporter":  {simple("main", auth.Reporter, auth.Maintainer), "push_role"},
		"owner":     {simple("main", auth.None, auth.Owner), "merge_role"},
		"gated":     {gated(simple("main", auth.None, auth.Maintainer), 2, auth.Maintainer, true), ""},
		"open door": {gated(simple("main", auth.Maintainer, auth.Maintainer), 1, auth.Developer, false), "push_role"},
		"too many":  {gated(simple("main", auth.None, auth.Maintainer), 101, auth.Developer, false), "approvals"},
		"negative":  {gated(simple("main", auth.None, auth.Maintainer), -1, auth.Developer, false), "approvals"},
		"by guests": {gated(simple("main", auth.None, auth.Maintainer), 1, auth.Guest, false), "approval_role"},
	} {
		err := test.rule.check()
		var f *fault.Error
		if (err == nil) != (test.field == "") || errors.As(err, &f) && f.Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who may move a branch how: the rule of a push, case by case.
func TestCheckBranch(t *testing.T) {
	refused := fault.Errorf(fault.Denied, "it needs the role maintainer")
	moved := git.RefUpdate{Ref: "refs/heads/main", Before: "a", After: "b"}
	gone := git.RefUpdate{Ref: "refs/heads/main", Before: "a", After: git.Zero}
	rule := func(push auth.Role) Protection {
		return Protection{Pattern: "main", PushRole: push, MergeRole: auth.Maintainer}
	}
	for name, test := range map[string]struct {
		c      branchCase
		reason string
	}{
		"unprotected":              {branchCase{update: moved, mayProtected: refused}, ""},
		"unprotected, deleted":     {branchCase{update: gone, mayProtected: refused}, ""},
		"default, deleted":         {branchCase{update: gone, isDefault: true}, "default branch"},
		"protected, deleted":       {branchCase{update: gone, protected: true, rule: rule(auth.Developer)}, "protected branch"},
		"maintainer":               {branchCase{update: moved, protected: true, rule: rule(auth.Maintainer)}, ""},
		"developer":                {branchCase{update: moved, protected: true, rule: rule(auth.Maintainer), mayProtected: refused}, "protected branch"},
		"developer, open rule":     {branchCase{update: moved, protected: true, rule: rule(auth.Developer), mayProtected: refused}, ""},
		"developer, first push":    {branchCase{update: moved, protected: true, rule: rule(auth.Maintainer), mayProtected: refused, first: true}, ""},
		"nobody":                   {branchCase{update: moved, protected: true, rule: rule(auth.None)}, "protected branch"},
		"nobody, even first":       {branchCase{update: moved, protected: true, rule: rule(auth.None), first: true}, "protected branch"},
		"developer rule, deletion": {branchCase{update: gone, protected: true, rule: rule(auth.Developer), mayProtected: refused}, "protected branch"},
	} {
		test.c.branch = "main"
		refusal, wrong := checkBranch(test.c)
		if refusal.Reason != test.reason || wrong != (test.reason != "") || wrong && refusal.Message == "" {
			t.Errorf("%s: %+v", name, refusal)
		}
	}
}
