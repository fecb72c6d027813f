package owners

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Requirement is what one line of the file asks about some paths.
type Requirement struct {
	Section   string // "" before any heading
	Pattern   string // as written
	Paths     []string
	Owners    []string // any of them; see Split
	Approvals int      // from how many of them, at least 1
	Optional  bool     // asked, but nothing waits for them
}

// For says whom the file asks about the paths, in the order of the file. In
// each section the last line that matches a path decides; where that line and
// its heading name nobody, nobody is asked.
func (f File) For(paths []string) []Requirement {
	var asked []Requirement
	for _, s := range f.sections {
		byRule := make([][]string, len(s.rules))
		for _, path := range paths {
			if i := s.decide(strings.TrimPrefix(path, "/")); i >= 0 {
				byRule[i] = append(byRule[i], path)
			}
		}
		for i, found := range byRule {
			owners := s.rules[i].owners
			if len(owners) == 0 {
				owners = s.owners
			}
			if len(found) == 0 || len(owners) == 0 {
				continue
			}
			asked = append(asked, Requirement{
				Section: s.name, Pattern: s.rules[i].pattern, Paths: found,
				Owners: append([]string(nil), owners...), Approvals: s.approvals, Optional: s.optional,
			})
		}
	}
	return asked
}

// decide finds the line of a section that counts for a path, or -1.
func (s section) decide(path string) int {
	for _, r := range s.excluded {
		if r.match(path) {
			return -1
		}
	}
	for i, r := range slices.Backward(s.rules) {
		if r.match(path) {
			return i
		}
	}
	return -1
}

func (r rule) match(path string) bool {
	if r.matchWhole(path) {
		return true
	}
	if !r.deep {
		return false
	}
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		if r.matchWhole(path[:i]) {
			return true
		}
	}
	return false
}

func (r rule) matchWhole(path string) bool {
	return slices.ContainsFunc(r.globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, path) })
}

// Kind is what an owner's word names.
type Kind string

// The kinds of owners.
const (
	Unknown Kind = ""
	Name    Kind = "name"  // "@ada": a user, or a group of that name
	Email   Kind = "email" // "ada@example.org"
	Role    Kind = "role"  // "@@maintainers": whoever has that role in the project; the name is singular
)

var (
	namePattern  = regexp.MustCompile(`^@[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`)
	emailPattern = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	roles        = map[string]string{
		"@@developer": "developer", "@@developers": "developer", "@@maintainer": "maintainer", "@@maintainers": "maintainer",
		"@@owner": "owner", "@@owners": "owner",
	}
)

// Split tells what kind of owner a word names, and the name alone.
func Split(owner string) (Kind, string) {
	switch {
	case strings.HasPrefix(owner, "@@"):
		if role, known := roles[strings.ToLower(owner)]; known {
			return Role, role
		}
	case namePattern.MatchString(owner):
		return Name, owner[1:]
	case emailPattern.MatchString(owner):
		return Email, owner
	}
	return Unknown, ""
}
