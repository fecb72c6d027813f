package lang

import (
	"strings"

	"dasier/fault"

	"github.com/bmatcuk/doublestar/v4"
)

// MatchAny tells whether one of the paths matches one of the patterns of
// rules:changes or rules:exists: * within a folder, ** across folders, ?, [a-z]
// and {a,b}; names that start with a dot are matched like others. Paths are
// relative to the root of the repository, with slashes.
func MatchAny(patterns, paths []string) (bool, error) {
	for _, pattern := range patterns {
		pattern = strings.TrimPrefix(strings.TrimPrefix(pattern, "./"), "/")
		if !doublestar.ValidatePattern(pattern) {
			return false, fault.Errorf(fault.Invalid, "%q is no pattern of paths", pattern)
		}
		for _, path := range paths {
			if doublestar.MatchUnvalidated(pattern, path) {
				return true, nil
			}
		}
	}
	return false, nil
}
