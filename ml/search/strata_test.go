package search_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dasier/ml/learn"
	"dasier/ml/predict"
	"dasier/ml/search"
)

// classTarget draws a target of classes that each have at least k rows.
func classTarget(t *rapid.T, k int) learn.Target {
	classes := rapid.IntRange(2, 4).Draw(t, "classes")
	target := learn.Target{Name: "y", Task: predict.TaskMulticlass}
	if classes == 2 {
		target.Task = predict.TaskBinary
	}
	for c := range classes {
		target.Classes = append(target.Classes, string(rune('a'+c)))
		for range rapid.IntRange(k, 30).Draw(t, "rows") {
			target.Y = append(target.Y, float64(c))
		}
	}
	target.Y = rapid.Permutation(target.Y).Draw(t, "order")
	return target
}

func TestStrataAreBalanced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "k")
		target := classTarget(t, k)
		folds, err := search.Stratified(target, k, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		sizes := make([]int, k)
		counts := make([][]int, len(target.Classes)) // per class and fold
		for c := range counts {
			counts[c] = make([]int, k)
		}
		tested := make([]int, len(target.Y))
		for f, fold := range folds {
			checkFold(t, fold, len(target.Y), true)
			sizes[f] = len(fold.Test)
			for _, row := range fold.Test {
				tested[row]++
				counts[int(target.Y[row])][f]++
			}
		}
		if slices.Min(tested) != 1 || slices.Max(tested) != 1 {
			t.Fatalf("rows are tested %v times", tested)
		}
		for _, of := range append(counts, sizes) {
			if slices.Max(of)-slices.Min(of) > 1 {
				t.Fatalf("folds have %v rows", of)
			}
		}
	})
}

func TestNumbersAreStratified(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "k")
		y := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 4*k, 200).Draw(t, "y")
		folds, err := search.Stratified(learn.Regression("y", y), k, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		// Every bin gives each fold its share to a row, and so does the lower half,
		// which is whole bins.
		sorted := slices.Clone(y)
		slices.Sort(sorted)
		bins := min(10, len(y)/k)
		cut := sorted[(bins/2)*len(y)/bins-1]
		if below := len(sorted) - len(slices.DeleteFunc(slices.Clone(sorted), func(v float64) bool { return v <= cut })); below != (bins/2)*len(y)/bins {
			return // equal values on both sides of the cut
		}
		var counts []int
		for _, fold := range folds {
			checkFold(t, fold, len(y), true)
			n := 0
			for _, row := range fold.Test {
				if y[row] <= cut {
					n++
				}
			}
			counts = append(counts, n)
		}
		if slices.Max(counts)-slices.Min(counts) > 1 {
			t.Fatalf("the folds have %v of the lower half", counts)
		}
	})
}

func TestStratifiedGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := classTarget(t, 3)
		groups := rapid.SliceOfN(rapid.Int32Range(-1, 12), len(target.Y), len(target.Y)).Draw(t, "groups")
		folds, err := search.StratifiedGrouped(target, groups, 3, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			return // too few groups
		}
		tested := 0
		for _, fold := range folds {
			checkFold(t, fold, len(target.Y), true)
			tested += len(fold.Test)
			for _, a := range fold.Test {
				for _, b := range fold.Train {
					if groups[a] >= 0 && groups[a] == groups[b] {
						t.Fatalf("rows %d and %d of group %d are on both sides", a, b, groups[a])
					}
				}
			}
		}
		if tested != len(target.Y) {
			t.Fatalf("%d of %d rows are tested", tested, len(target.Y))
		}
	})
}

// Where groups are small, each fold has its share of a rare class: by groups
// alone, a fold may well have none.
func TestStratifiedGroupsSpreadRareClasses(t *testing.T) {
	target := learn.Target{Name: "y", Task: predict.TaskBinary, Classes: []string{"no", "yes"}}
	var groups []int32
	for i := range 600 {
		groups = append(groups, int32(i/4))
		target.Y = append(target.Y, 0)
		if i/4%10 == 0 { // 15 of 150 groups
			target.Y[i] = 1
		}
	}
	for seed := range uint64(20) {
		folds, err := search.StratifiedGrouped(target, groups, 5, seed)
		if err != nil {
			t.Fatal(err)
		}
		for f, fold := range folds {
			yes := 0.0
			for _, row := range fold.Test {
				yes += target.Y[row]
			}
			if yes != 12 || len(fold.Test) < 110 || len(fold.Test) > 130 {
				t.Errorf("seed %d: fold %d has %g of 60 rare rows and %d of 600", seed, f, yes, len(fold.Test))
			}
		}
	}
}

func TestGapAndWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Float64Range(0, 100), 20, 80).Draw(t, "times")
		line := search.Timeline{Folds: 3, Gap: rapid.Float64Range(0, 10).Draw(t, "gap"), Window: rapid.Float64Range(5, 60).Draw(t, "window")}
		folds, err := search.Chained(times, line)
		if err != nil {
			return // nothing is left to learn from
		}
		for _, f := range folds {
			checkFold(t, f, len(times), false)
			first := math.Inf(1)
			for _, row := range f.Test {
				first = min(first, times[row])
			}
			in := map[int]bool{}
			for _, row := range f.Train {
				in[row] = true
			}
			for row, at := range times {
				if want := at < first && at <= first-line.Gap && at >= first-line.Gap-line.Window; in[row] != want {
					t.Fatalf("row %d of time %g is learned from: %t, the test rows begin at %g", row, at, in[row], first)
				}
			}
		}
	})
}

func TestRepeated(t *testing.T) {
	target := learn.Target{Name: "y", Task: predict.TaskBinary, Classes: []string{"a", "b"}, Y: slices.Repeat([]float64{0, 1, 1}, 10)}
	folds, err := search.Repeated(3, 5, func(seed uint64) ([]search.Fold, error) { return search.Stratified(target, 5, seed) })
	if err != nil {
		t.Fatal(err)
	}
	tested := make([]int, 30)
	for _, f := range folds {
		for _, row := range f.Test {
			tested[row]++
		}
	}
	if len(folds) != 15 || slices.Min(tested) != 3 || slices.Max(tested) != 3 {
		t.Errorf("%d folds test rows %v times", len(folds), tested)
	}
	if slices.Equal(folds[0].Test, folds[5].Test) {
		t.Error("the repeats are the same")
	}
}

func TestSplitSentences(t *testing.T) {
	rare := learn.Target{Name: "y", Task: predict.TaskBinary, Classes: []string{"common", "rare"}, Y: append(make([]float64, 20), 1, 1)}
	one := make([]int32, 22)
	for name, try := range map[string]struct {
		divide func() ([]search.Fold, error)
		says   string
	}{
		"a rare class":  {func() ([]search.Fold, error) { return search.Stratified(rare, 5, 0) }, `the class "rare" has too few rows (2) for 5 folds`},
		"too few rows":  {func() ([]search.Fold, error) { return search.Stratified(rare, 50, 0) }, "22 rows cannot be cut into 50"},
		"one group":     {func() ([]search.Fold, error) { return search.Grouped(one, 5, 0) }, "all rows are of one group"},
		"one group too": {func() ([]search.Fold, error) { return search.StratifiedGrouped(rare, one, 5, 0) }, "all rows are of one group"},
		"groups of other rows": {func() ([]search.Fold, error) {
			return search.StratifiedGrouped(rare, one[:3], 5, 0)
		}, "22 rows have 3 groups"},
		"all gap": {func() ([]search.Fold, error) {
			return search.Chained([]float64{1, 2, 3, 4, 5, 6}, search.Timeline{Folds: 2, Gap: 100})
		}, "has no row to learn from"},
		"a negative gap": {func() ([]search.Fold, error) {
			return search.Chained([]float64{1, 2, 3, 4, 5, 6}, search.Timeline{Folds: 2, Gap: -1})
		}, "must be at least 0"},
		"no repeats": {func() ([]search.Fold, error) { return search.Repeated(0, 0, nil) }, "cannot be repeated 0 times"},
	} {
		if _, err := try.divide(); err == nil || !strings.Contains(err.Error(), try.says) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
