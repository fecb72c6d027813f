// Package forest is ensembles of decision trees: Trees is the ensemble as data,
// Forest the same laid out for walking, a row at a time or many.
//
// The package knows no columns and no names: a row is a slice of numbers, in
// which NaN is a missing value.
package forest

import "math"

// Trees is a sum or mean of decision trees, all in the same flat arrays: an
// entry per node, children by their place in the arrays. It is what readers and
// learners emit.
type Trees struct {
	Roots       []int32   `json:"roots"`            // of each tree
	Output      []int32   `json:"output,omitempty"` // per tree: the score that it adds to; none: its leaves have a value for each
	Feature     []int32   `json:"feature"`          // tested at a node; -1 at leaves
	Threshold   []float64 `json:"threshold"`
	Left        []int32   `json:"left"`
	Right       []int32   `json:"right"`
	MissingLeft []bool    `json:"missing_left"`
	Value       []float64 `json:"value"` // of leaves: one per node, or one per node and score
	Cover       []float64 `json:"cover"` // training weight that came through a node, for explanations
	Base        []float64 `json:"base"`  // what each score begins with
	Rule        Rule      `json:"rule"`
	Mean        bool      `json:"mean,omitempty"`   // the trees' values are averaged, not added
	Single      bool      `json:"single,omitempty"` // sums and probabilities are float32, as the source's

	// What only some ensembles have; empty otherwise.
	Set         []int32 `json:"set,omitempty"`          // per node: a place in Sets, -1 where a threshold is tested
	Sets        []Set   `json:"sets,omitempty"`         // of categories
	ZeroMissing []bool  `json:"zero_missing,omitempty"` // per node with a threshold: zero (|x| <= 1e-35) counts as missing
	Lines       []Line  `json:"lines,omitempty"`        // leaves that are linear, by node, ascending
}

// Set is a test of a category, a whole number from 0: x goes left when it is a
// member, be it x = 3.7 for 3; missing values go where MissingLeft says. What is
// negative or beyond the bits is no member; as the source systems have it, -0.5
// is the category 0 where features are float64 (LightGBM) and Known is empty.
type Set struct {
	Bits []uint32 `json:"bits"` // member k: bit k%32 of Bits[k/32]
	// Others is true where those outside go left and members right.
	Others bool `json:"others,omitempty"`
	// Known bounds the categories that training knew: others count as missing.
	// None: every category is known.
	Known []uint32 `json:"known,omitempty"`
}

// Line is a leaf whose value is Constant plus the sum of Weights times
// Features; where one of them is missing, it is the node's Value.
type Line struct {
	Node     int32     `json:"node"`
	Constant float64   `json:"constant"`
	Features []int32   `json:"features"`
	Weights  []float64 `json:"weights"`
}

// Rule is when a row goes to the left child: how the source system compares.
type Rule string

// The rules. They differ for values that equal a threshold or that float32
// cannot hold.
const (
	SingleAtMost Rule = "float32<=" // scikit-learn's trees: float32(x) <= threshold
	SingleBelow  Rule = "float32<"  // XGBoost: float32(x) < threshold
	DoubleAtMost Rule = "float64<=" // histogram gradient boosting
)

// GoesLeft tells the way of a value at a node that is no leaf. The value was
// rounded as the rule says (Forest.Cast).
func (t *Trees) GoesLeft(n int32, x float64) bool {
	switch {
	case x != x, t.ZeroMissing != nil && t.ZeroMissing[n] && !t.testsSet(n) && math.Abs(x) <= zero: //nolint:gocritic // NaN
		return t.MissingLeft[n]
	case t.testsSet(n):
		return t.Sets[t.Set[n]].left(x, t.MissingLeft[n], t.Rule != DoubleAtMost)
	case t.Rule == SingleBelow:
		return x < t.Threshold[n]
	}
	return x <= t.Threshold[n]
}

func (t *Trees) testsSet(n int32) bool { return t.Set != nil && t.Set[n] >= 0 }

// Expectation is the mean of a tree's leaves over the training rows that came
// to them, per score.
func (t *Trees) Expectation(outputs int) []float64 {
	width := outputs
	if t.Output != nil {
		width = 1
	}
	total := make([]float64, outputs)
	sums := make([]float64, len(t.Roots)*width)
	inParallel(len(t.Roots), func(k int) { t.sumOfLeaves(t.Roots[k], sums[k*width:(k+1)*width]) })
	for k, root := range t.Roots {
		weight := t.Cover[root]
		for w, sum := range sums[k*width : (k+1)*width] {
			if weight == 0 {
				continue
			}
			if width == 1 && t.Output != nil {
				total[t.Output[k]] += sum / weight
			} else {
				total[w] += sum / weight
			}
		}
	}
	for k := range total {
		total[k] += t.Base[k]
		if t.Mean {
			total[k] /= float64(len(t.Roots))
		}
	}
	return total
}

// sumOfLeaves adds up the values of a tree's leaves times their weights.
func (t *Trees) sumOfLeaves(root int32, sums []float64) {
	for todo := []int32{root}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if t.Feature[n] >= 0 {
			todo = append(todo, t.Left[n], t.Right[n])
			continue
		}
		for w := range sums {
			sums[w] += t.Value[int(n)*len(sums)+w] * t.Cover[n]
		}
	}
}

// Depth is how many tests the longest way to a leaf has. The trees were checked:
// there is no circle.
func (t *Trees) Depth() int {
	depths := make([]int, len(t.Roots))
	inParallel(len(t.Roots), func(k int) { _, depths[k] = t.reach(t.Roots[k]) })
	most := 0
	for _, depth := range depths {
		most = max(most, depth)
	}
	return most
}

// sizes is how many nodes each tree has.
func (t *Trees) sizes() []int {
	sizes := make([]int, len(t.Roots))
	inParallel(len(t.Roots), func(k int) { sizes[k], _ = t.reach(t.Roots[k]) })
	return sizes
}

// reach is how many nodes a tree has, and how many tests its longest way. What is
// on the left comes first: there most trees go on in the arrays.
func (t *Trees) reach(root int32) (nodes, depth int) {
	type right struct {
		node  int32
		depth int
	}
	later := []right{{root, 0}}
	for len(later) > 0 {
		at := later[len(later)-1]
		later = later[:len(later)-1]
		for nodes++; t.Feature[at.node] >= 0; nodes++ {
			at.depth++
			later = append(later, right{t.Right[at.node], at.depth})
			at.node = t.Left[at.node]
		}
		depth = max(depth, at.depth)
	}
	return nodes, depth
}
