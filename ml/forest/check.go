package forest

import (
	"fmt"
	"math"
	"sync/atomic"

	"dasier/fault"
)

// Limits of trees.
const (
	maxNodes    = 50_000_000
	maxDepth    = 500     // explaining a tree takes a step per level
	maxFeatures = 1 << 24 // a node's flags stand above the feature's number
	largest     = 1e150   // of leaves: sums stay finite
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
	case features > maxFeatures:
		return wrong("feature", "there are %d features, at most %d are allowed", features, maxFeatures)
	}
	if err := t.checkUnusual(features, width); err != nil {
		return err
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
	apart := t.checkApart(features)
	var seen []bool
	if !apart {
		seen = make([]bool, nodes)
	}
	for k, root := range t.Roots {
		if t.Output != nil && (t.Output[k] < 0 || int(t.Output[k]) >= outputs) {
			return wrong(fmt.Sprintf("output[%d]", k), "there is no score %d", t.Output[k])
		}
		if apart {
			continue
		}
		if err := t.check(root, features, 0, seen); err != nil {
			return wrong(fmt.Sprintf("roots[%d]", k), "%s", err.Error())
		}
	}
	return nil
}

// checkApart checks trees side by side that stand one behind the other, as most
// do; false where they do not, or one is wrong.
func (t *Trees) checkApart(features int) bool {
	end := func(k int) int {
		if k+1 < len(t.Roots) {
			return int(t.Roots[k+1])
		}
		return len(t.Feature)
	}
	for k, root := range t.Roots {
		if root < 0 || int(root) >= end(k) {
			return false
		}
	}
	var wrong atomic.Bool
	inParallel(len(t.Roots), func(k int) {
		if root := t.Roots[k]; t.check(root, features, root, make([]bool, end(k)-int(root))) != nil {
			wrong.Store(true)
		}
	})
	return !wrong.Load()
}

// check follows a tree among the nodes from begin on that seen is of: every node is
// reached once, so nothing descends for ever.
func (t *Trees) check(root int32, features int, begin int32, seen []bool) error {
	type place struct{ node, depth int32 }
	later := []place{{root, 0}}
	for len(later) > 0 {
		at := later[len(later)-1]
		later = later[:len(later)-1]
		for { // down to the left, where most trees go on in the arrays
			n := at.node
			own := int(n) - int(begin)
			switch {
			case own < 0 || own >= len(seen):
				return fmt.Errorf("the tree has no node %d", n)
			case seen[own]:
				return fmt.Errorf("node %d has two parents: this is no tree", n)
			case at.depth > maxDepth:
				return fmt.Errorf("the tree is deeper than %d", maxDepth)
			}
			seen[own] = true
			f := t.Feature[n]
			if f == -1 {
				break
			}
			if f < 0 || int(f) >= features {
				return fmt.Errorf("node %d tests feature %d, there are %d", n, f, features)
			}
			if math.IsNaN(t.Threshold[n]) {
				return fmt.Errorf("node %d compares with no number", n)
			}
			later = append(later, place{t.Right[n], at.depth + 1})
			at = place{t.Left[n], at.depth + 1}
		}
	}
	return nil
}

// checkUnusual checks what only some ensembles have.
func (t *Trees) checkUnusual(features, width int) error {
	nodes := len(t.Feature)
	switch {
	case t.Set != nil && len(t.Set) != nodes:
		return wrong("set", "there are %d for %d nodes", len(t.Set), nodes)
	case t.ZeroMissing != nil && len(t.ZeroMissing) != nodes:
		return wrong("zero_missing", "there are %d for %d nodes", len(t.ZeroMissing), nodes)
	case len(t.Lines) > 0 && width != 1:
		return wrong("lines", "a leaf that is linear adds to one score, these have %d", width)
	}
	for n, set := range t.Set {
		if set < -1 || int(set) >= len(t.Sets) {
			return wrong(fmt.Sprintf("set[%d]", n), "there is no set %d", set)
		}
	}
	for k := range t.Sets {
		if n := max(len(t.Sets[k].Bits), len(t.Sets[k].Known)); n > maxCategory/32 {
			return wrong(fmt.Sprintf("sets[%d]", k), "it has %d words, at most %d are allowed", n, maxCategory/32)
		}
	}
	before := int32(-1)
	for k := range t.Lines {
		field, line := fmt.Sprintf("lines[%d]", k), &t.Lines[k]
		switch {
		case line.Node <= before:
			return wrong(field, "node %d does not come after the line before", line.Node)
		case int(line.Node) >= nodes || t.Feature[line.Node] != -1:
			return wrong(field, "node %d is no leaf", line.Node)
		case len(line.Features) != len(line.Weights):
			return wrong(field, "it has %d features and %d weights", len(line.Features), len(line.Weights))
		case !(math.Abs(line.Constant) <= largest):
			return wrong(field, "the constant must be a finite number, it is %v", line.Constant)
		}
		before = line.Node
		for j, f := range line.Features {
			if f < 0 || int(f) >= features {
				return wrong(field, "it uses feature %d, there are %d", f, features)
			}
			if !(math.Abs(line.Weights[j]) <= largest) {
				return wrong(field, "a weight must be a finite number, it is %v", line.Weights[j])
			}
		}
	}
	return nil
}
