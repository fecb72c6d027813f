package train

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean is a hint at the name that was probably meant; empty when nothing
// is near.
func didYouMean(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := distance(fold(name), fold(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// fold forgets what people mix up in column names: case, spaces, hyphens.
func fold(s string) []rune {
	return []rune(strings.NewReplacer(" ", "_", "-", "_", ".", "_").Replace(strings.ToLower(s)))
}

// distance is Levenshtein's: insertions, deletions and replacements.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{change, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}
