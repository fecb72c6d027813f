package forest

import (
	"fmt"
	"math"

	"dasier/fault"
)

// Limits of trees.
const (
	maxNodes = 50_000_000
	maxDepth = 500   // explaining a tree takes a step per level
	largest  = 1e150 // of leaves: sums stay finite
)

func wrong(field, format string, args ...any) error {
	return fault.Errorf(fault.Invalid, "%s: %s", field, fmt.Sprintf(format, args...)).At(field)
}

// Check holds trees to what their comments promise, for rows of so many
// features and an estimator of so many scores. The error names the wrong field.
func (t *Trees) Check(features, outputs int) error {
	nodes := len(t.Feature)
	width := outputs
	if t.Output != nil {
		width = 1
	}
	switch {
	case nodes > maxNodes:
		return wrong("feature", "there are %d nodes, at most %d are allowed", nodes, maxNodes)
	case len(t.Threshold) != nodes || len(t.Left) != nodes || len(t.Right) != nodes || len(t.MissingLeft) != nodes || len(t.Cover) != nodes:
		return wrong("feature", "the arrays of nodes differ in length")
	case len(t.Value) != nodes*width:
		return wrong("value", "there are %d for %d nodes", len(t.Value), nodes)
	case t.Output != nil && len(t.Output) != len(t.Roots):
		return wrong("output", "there are %d for %d trees", len(t.Output), len(t.Roots))
	case len(t.Base) != outputs:
		return wrong("base", "there are %d for %d scores", len(t.Base), outputs)
	case t.Rule != SingleAtMost && t.Rule != SingleBelow && t.Rule != DoubleAtMost:
		return wrong("rule", "there is no rule %q", t.Rule)
	case t.Mean && len(t.Roots) == 0:
		return wrong("roots", "the mean of no trees")
	}
	for k, base := range t.Base {
		if !(math.Abs(base) <= largest) {
			return wrong(fmt.Sprintf("base[%d]", k), "must be a finite number, it is %v", base)
		}
	}
	for k, v := range t.Value {
		if !(math.Abs(v) <= largest) {
			return wrong(fmt.Sprintf("value[%d]", k), "must be a finite number, it is %v", v)
		}
	}
	seen := make([]bool, nodes)
	for k, root := range t.Roots {
		if t.Output != nil && (t.Output[k] < 0 || int(t.Output[k]) >= outputs) {
			return wrong(fmt.Sprintf("output[%d]", k), "there is no score %d", t.Output[k])
		}
		if err := t.check(root, features, seen); err != nil {
			return wrong(fmt.Sprintf("roots[%d]", k), "%s", err.Error())
		}
	}
	return nil
}

// check follows a tree: every node is reached once, so nothing descends for
// ever.
func (t *Trees) check(root int32, features int, seen []bool) error {
	type place struct{ node, depth int32 }
	todo := []place{{root, 0}}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch {
		case at.node < 0 || int(at.node) >= len(seen):
			return fmt.Errorf("the tree has no node %d", at.node)
		case seen[at.node]:
			return fmt.Errorf("node %d has two parents: this is no tree", at.node)
		case at.depth > maxDepth:
			return fmt.Errorf("the tree is deeper than %d", maxDepth)
		}
		seen[at.node] = true
		f := t.Feature[at.node]
		if f == -1 {
			continue
		}
		if f < 0 || int(f) >= features {
			return fmt.Errorf("node %d tests feature %d, there are %d", at.node, f, features)
		}
		if math.IsNaN(t.Threshold[at.node]) {
			return fmt.Errorf("node %d compares with no number", at.node)
		}
		todo = append(todo, place{t.Left[at.node], at.depth + 1}, place{t.Right[at.node], at.depth + 1})
	}
	return nil
}
