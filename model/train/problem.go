package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dasier/fault"
)

// Position is a place in the recipe, counted from 1.
type Position struct {
	Line, Column int
}

// Problem is one complaint about a recipe.
type Problem struct {
	File     string
	Position Position
	Message  string
}

// String is "file:line:column: message", which editors and people can follow.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Position.Line, p.Position.Column, p.Message)
}

// Problems is everything that is wrong with a recipe, in the order of the file.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// err is the fault that carries the problems; nil when there are none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
	return fault.Errorf(fault.Invalid, "%w", p)
}
