package boost_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"dasier/ml/boost"
	"dasier/ml/forest"
	"dasier/ml/learn"
)

// The first trees are scikit-learn's, node by node (testdata/splits.py): the same
// columns at the same thresholds, missing values on the same side, the same rows
// and the same answers. Later trees part where two splits are as good but for the
// rounding of slopes, which scikit-learn has in float32.
func TestSplitsOfScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/splits.json")
	if err != nil {
		t.Fatal(err)
	}
	var peers map[string][][][]any // trees, nodes from the root on, left before right
	if err := json.Unmarshal(text, &peers); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(v float64, i, j int) float64{
		"numbers": func(v float64, _, _ int) float64 { return v },
		"missing": func(v float64, i, j int) float64 {
			if (i+j)%7 == 0 {
				return math.NaN()
			}
			return v
		},
		"ties": func(v float64, _, _ int) float64 { return math.Floor(v * 10) },
		"zeros": func(v float64, _, _ int) float64 {
			if v < 0.6 {
				return 0
			}
			return v
		},
	} {
		t.Run(name, func(t *testing.T) {
			features, y := friedman(t, 0, 3000)
			for j, c := range features.Columns() {
				for i, v := range c.Values {
					c.Values[i] = change(v, i, j)
				}
			}
			model := fit(t, boost.Boosting{Trees: len(peers[name])}, features, learn.Regression("y", y))
			trees := model.Spec.Trees
			for k, nodes := range peers[name] {
				rest, err := sameSplits(trees, trees.Roots[k], nodes)
				if err != nil || len(rest) > 0 {
					t.Fatalf("tree %d: %v, %d nodes are left", k+1, err, len(rest))
				}
			}
		})
	}
}

// sameSplits compares a node and those below it with the first of a list, and gives
// those behind them.
func sameSplits(trees *forest.Trees, n int32, nodes [][]any) ([][]any, error) {
	want := nodes[0]
	if left := trees.Left[n]; left >= 0 {
		got := []any{float64(trees.Feature[n]), trees.Threshold[n], trees.MissingLeft[n], trees.Cover[n]}
		if want[2] == nil {
			got[2] = nil
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return nil, fmt.Errorf("the node asks %v, of %v", got, want)
		}
		rest, err := sameSplits(trees, left, nodes[1:])
		if err != nil || len(rest) == 0 {
			return nil, fmt.Errorf("below %v: %w", want, err)
		}
		return sameSplits(trees, trees.Right[n], rest)
	}
	if len(want) != 2 || want[0] != trees.Cover[n] || math.Abs(want[1].(float64)-trees.Value[n]) > 1e-6 {
		return nil, fmt.Errorf("the leaf has %v rows and answers %v, of %v", trees.Cover[n], trees.Value[n], want)
	}
	return nodes[1:], nil
}
