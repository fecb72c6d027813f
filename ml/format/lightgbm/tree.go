package lightgbm

import (
	"fmt"
	"math"

	"dasier/ml/forest"
)

// tree is one tree in LightGBM's own form: inner nodes and leaves are numbered
// apart, and a child below zero is the leaf ~child.
type tree struct {
	feature     []int32
	threshold   []float64
	decision    []uint8
	left, right []int32
	cover       []float64 // of inner nodes
	leaf        []float64
	leafCover   []float64
	sets        [][]uint32 // of categories; the threshold of such a node is its place here
	lines       []line     // one per leaf, or none
	words       *int       // of all sets of the model
}

type line struct {
	constant float64
	features []int32
	weights  []float64
}

// The bits of a decision.
const (
	categorical  = 1
	defaultLeft  = 2
	missingShift = 2
	missingNone  = 0
	missingZero  = 1
	missingNaN   = 2
)

// add appends a tree to the model's. Errors say what is wrong of which node.
func (b *builder) add(t *tree) error {
	to := b.model.Trees
	begin, inner := len(to.Feature), len(t.feature)
	if len(t.leaf) != inner+1 {
		return fmt.Errorf("%d leaves for %d tests", len(t.leaf), inner)
	}
	if begin+inner+len(t.leaf) > maxNodes {
		return fmt.Errorf("more than %d nodes in all", maxNodes)
	}
	place := func(child int32) (int32, error) {
		at := int(child)
		if child < 0 {
			at = inner + int(^child)
		}
		if at <= 0 && inner > 0 || at >= inner+len(t.leaf) {
			return 0, fmt.Errorf("there is no child %d", child)
		}
		return int32(begin + at), nil //nolint:gosec // maxNodes bounds it
	}
	to.Roots = append(to.Roots, int32(begin))                    //nolint:gosec // maxNodes bounds it
	to.Output = append(to.Output, int32(b.trees%b.model.Groups)) //nolint:gosec // maxGroups bounds it
	b.trees++
	for i := range inner {
		if f := t.feature[i]; f < 0 || int(f) >= b.features {
			return fmt.Errorf("node %d tests feature %d, there are %d", i, f, b.features)
		}
		left, err := place(t.left[i])
		if err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
		right, err := place(t.right[i])
		if err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
		to.Feature, to.Left, to.Right = append(to.Feature, t.feature[i]), append(to.Left, left), append(to.Right, right)
		to.Value, to.Cover = append(to.Value, 0), append(to.Cover, t.cover[i])
		if err := b.test(t, i); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	for i, value := range t.leaf {
		to.Feature, to.Left, to.Right = append(to.Feature, -1), append(to.Left, -1), append(to.Right, -1)
		to.Threshold, to.MissingLeft = append(to.Threshold, 0), append(to.MissingLeft, false)
		to.Value, to.Cover = append(to.Value, value), append(to.Cover, t.leafCover[i])
		if i >= len(t.lines) || len(t.lines[i].features) == 0 {
			if i < len(t.lines) { // a linear leaf of no feature
				to.Value[len(to.Value)-1] = t.lines[i].constant
			}
			continue
		}
		l := t.lines[i]
		for _, f := range l.features {
			if f < 0 || int(f) >= b.features {
				return fmt.Errorf("leaf %d weighs feature %d, there are %d", i, f, b.features)
			}
		}
		to.Lines = append(to.Lines, forest.Line{
			Node: int32(begin + inner + i), Constant: l.constant, Features: l.features, Weights: l.weights, //nolint:gosec // maxNodes bounds it
		})
	}
	b.even()
	return nil
}

// test appends what node i asks.
func (b *builder) test(t *tree, i int) error {
	to, decision, threshold := b.model.Trees, t.decision[i], t.threshold[i]
	if decision&categorical != 0 {
		k := int(threshold)
		if !(threshold >= 0 && threshold < float64(len(t.sets))) {
			return fmt.Errorf("there is no set of categories %v", threshold)
		}
		// NaN is no member, in every version.
		to.Threshold, to.MissingLeft = append(to.Threshold, 0), append(to.MissingLeft, false)
		b.sparse(len(to.Threshold) - 1)
		to.Set = append(to.Set, int32(len(to.Sets))) //nolint:gosec // fewer than nodes
		to.Sets = append(to.Sets, forest.Set{Bits: t.sets[k]})
		return nil
	}
	left := decision&defaultLeft != 0
	switch decision >> missingShift & 3 {
	case missingNone: // NaN is taken for zero, and then compared
		left = 0 <= threshold
	case missingZero: // NaN is taken for zero, which is missing
		b.zeros(len(to.Threshold))
		to.ZeroMissing = append(to.ZeroMissing, true)
	case missingNaN:
	default:
		return fmt.Errorf("the decision type %d", decision)
	}
	if math.IsNaN(threshold) {
		return fmt.Errorf("it compares with no number")
	}
	to.Threshold, to.MissingLeft = append(to.Threshold, threshold), append(to.MissingLeft, left)
	return nil
}

// sparse brings Set to n nodes: most models have none.
func (b *builder) sparse(n int) {
	t := b.model.Trees
	for len(t.Set) < n {
		t.Set = append(t.Set, -1)
	}
}

// zeros brings ZeroMissing to n nodes.
func (b *builder) zeros(n int) {
	t := b.model.Trees
	for len(t.ZeroMissing) < n {
		t.ZeroMissing = append(t.ZeroMissing, false)
	}
}

// even brings the arrays that only some models have to one entry per node.
func (b *builder) even() {
	t := b.model.Trees
	if t.Set != nil {
		b.sparse(len(t.Feature))
	}
	if t.ZeroMissing != nil {
		b.zeros(len(t.Feature))
	}
}
