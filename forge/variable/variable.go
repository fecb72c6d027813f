package variable

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dasier/fault"
	"dasier/forge/project"
)

// Owner is a project or, when Project is 0, a group.
type Owner struct {
	Project project.ID
	Group   string // its path, in lower case
}

// OfProject is the project as an owner.
func OfProject(id project.ID) Owner { return Owner{Project: id} }

// OfGroup is the group as an owner.
func OfGroup(path string) Owner { return Owner{Group: strings.ToLower(path)} }

// Variable is one variable.
type Variable struct {
	Key         string
	Environment string // the scope: a pattern of environment names; Everywhere is all
	Value       string // withheld where the reader may not have it
	Masked      bool
	Hidden      bool
	Protected   bool
	File        bool
	Raw         bool
	Description string
	Inherited   string // the group it comes from; "" for the owner's own
	Updated     time.Time
}

// Everywhere is the scope of jobs with and without an environment.
const Everywhere = "*"

// Record is a variable as it is kept: its value is sealed, and Value empty.
type Record struct {
	Variable
	Sealed []byte
}

// label is what a value is sealed to.
func label(o Owner, key, scope string) string {
	if o.Project != 0 {
		return fmt.Sprintf("variable project %d %s %s", o.Project, key, scope)
	}
	return fmt.Sprintf("variable group %s %s %s", o.Group, key, scope)
}

var (
	keyPattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)
	scopePattern = regexp.MustCompile(`^[A-Za-z0-9_/.${} *-]{1,255}$`)
)

const (
	// minMasked is the shortest value that can be hidden in a log without hiding
	// half of it; GitLab's rule.
	minMasked = 8
	maxValue  = 64 << 10
	maxAbout  = 255
)

// check refuses what no job could get or no log could hide.
func (v *Variable) check() error {
	if !keyPattern.MatchString(v.Key) {
		return fault.Errorf(fault.Invalid, "variable name %q: expected letters, digits and _, not beginning with a digit", v.Key).At("key")
	}
	if !scopePattern.MatchString(v.Environment) {
		return fault.Errorf(fault.Invalid, "environment %q: expected a name, or a pattern with * such as review/*", v.Environment).At("environment")
	}
	if len(v.Value) > maxValue {
		return fault.Errorf(fault.Limited, "the value of %s has %d bytes: at most 65,536 are kept", v.Key, len(v.Value)).At("value")
	}
	if strings.ContainsRune(v.Value, 0) || !utf8.ValidString(v.Value) {
		return fault.Errorf(fault.Invalid, "the value of %s is no text: expected UTF-8 without NUL, which an environment can carry", v.Key).At("value")
	}
	if v.Masked && len(strings.TrimSpace(v.Value)) < minMasked {
		return fault.Errorf(fault.Invalid, "the value of %s is too short to be masked: at least %d characters", v.Key, minMasked).At("value")
	}
	if utf8.RuneCountInString(v.Description) > maxAbout {
		return fault.Errorf(fault.Invalid, "the description of %s is too long: at most %d characters", v.Key, maxAbout).At("description")
	}
	return nil
}

// applies tells whether a scope covers the environment. A job without one
// ("") gets what is for everywhere only.
func applies(scope, environment string) bool {
	if scope == Everywhere {
		return true
	}
	return environment != "" && match(scope, environment)
}

// match holds a name to a pattern in which * stands for any text, slashes
// included. It goes back to the last star only, which is enough: an earlier one
// could not reach further.
func match(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// moreSpecific orders scopes that cover the same environment: everywhere, then
// patterns by how much of the name they spell out, then the name itself.
func moreSpecific(a, b string) int {
	rank := func(scope string) int {
		switch {
		case scope == Everywhere:
			return 0
		case strings.Contains(scope, "*"):
			return 1
		default:
			return 2
		}
	}
	spelt := func(scope string) int { return len(scope) - strings.Count(scope, "*") }
	return cmp.Or(rank(a)-rank(b), spelt(a)-spelt(b), strings.Count(b, "*")-strings.Count(a, "*"), strings.Compare(a, b))
}

// winners picks, of each list's variables that a job may have, the one that
// counts for each key. Later lists go before earlier ones. Those that lose are
// left out: a job gets no secret that it does not use.
func winners(protected bool, environment string, lists ...[]Record) []Record {
	chosen := map[string]Record{}
	for _, list := range lists {
		fit := slices.DeleteFunc(slices.Clone(list), func(r Record) bool {
			return r.Protected && !protected || !applies(r.Environment, environment)
		})
		slices.SortStableFunc(fit, func(a, b Record) int { return moreSpecific(a.Environment, b.Environment) })
		for _, r := range fit {
			chosen[r.Key] = r
		}
	}
	all := make([]Record, 0, len(chosen))
	for _, r := range chosen {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Record) int { return strings.Compare(a.Key, b.Key) })
	return all
}
