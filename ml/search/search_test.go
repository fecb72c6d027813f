package search_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dasier/ml/search"
)

func TestFoldsPartitionTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		k := rapid.IntRange(2, n).Draw(t, "k")
		folds, err := search.Shuffled(n, k, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		tested := 0
		for _, f := range folds {
			checkFold(t, f, n, true)
			tested += len(f.Test)
			if len(f.Test) < n/k || len(f.Test) > n/k+1 {
				t.Fatalf("a fold of %d of %d rows", len(f.Test), n)
			}
		}
		if tested != n {
			t.Fatalf("%d of %d rows are tested", tested, n)
		}
	})
}

// checkFold holds a fold to: ascending, disjoint, and all rows when all.
func checkFold(t interface{ Fatalf(string, ...any) }, f search.Fold, n int, all bool) {
	if !slices.IsSorted(f.Train) || !slices.IsSorted(f.Test) || len(f.Train) == 0 || len(f.Test) == 0 {
		t.Fatalf("fold %v", f)
	}
	seen := map[int]bool{}
	for _, row := range slices.Concat(f.Train, f.Test) {
		if seen[row] || row < 0 || row >= n {
			t.Fatalf("row %d of fold %v", row, f)
		}
		seen[row] = true
	}
	if all && len(seen) != n {
		t.Fatalf("%d of %d rows in fold %v", len(seen), n, f)
	}
}

func TestGroupsStayTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfN(rapid.Int32Range(-1, 9), 20, 80).Draw(t, "groups")
		folds, err := search.Grouped(groups, 3, rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			return // too few groups
		}
		for _, f := range folds {
			checkFold(t, f, len(groups), true)
			for _, a := range f.Test {
				for _, b := range f.Train {
					if groups[a] >= 0 && groups[a] == groups[b] {
						t.Fatalf("rows %d and %d of group %d are on both sides", a, b, groups[a])
					}
				}
			}
		}
	})
}

func TestTimeOnlyRunsForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Float64Range(0, 1e9), 12, 60).Draw(t, "times")
		folds, err := search.Ordered(times, 3)
		if err != nil {
			return // too few different times
		}
		for _, f := range folds {
			checkFold(t, f, len(times), false)
			latest := math.Inf(-1)
			for _, row := range f.Train {
				latest = max(latest, times[row])
			}
			for _, row := range f.Test {
				if times[row] <= latest {
					t.Fatalf("row %d of time %g is tested after training on %g", row, times[row], latest)
				}
			}
		}
	})
}

func TestFoldRefusals(t *testing.T) {
	for name, try := range map[string]func() ([]search.Fold, error){
		"more folds than rows":   func() ([]search.Fold, error) { return search.Shuffled(3, 4, 0) },
		"one fold":               func() ([]search.Fold, error) { return search.Shuffled(3, 1, 0) },
		"more folds than groups": func() ([]search.Fold, error) { return search.Grouped([]int32{0, 0, 1}, 3, 0) },
		"one moment":             func() ([]search.Fold, error) { return search.Ordered([]float64{1, 1, 1, 1}, 2) },
		"no time":                func() ([]search.Fold, error) { return search.Ordered([]float64{1, 2, math.NaN(), 3}, 2) },
		"an empty fold":          func() ([]search.Fold, error) { return search.Assigned([]int{0, 2, 0}) },
		"a negative fold":        func() ([]search.Fold, error) { return search.Assigned([]int{0, -1, 1}) },
		"a huge fold":            func() ([]search.Fold, error) { return search.Assigned([]int{0, 1 << 40}) },
	} {
		if _, err := try(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// quantileFamily predicts a quantile of the training targets: a real family
// whose best member is known.
type quantileFamily struct {
	y      []float64
	shares []float64
	fits   atomic.Int32
}

func (f *quantileFamily) Candidates() []search.Candidate {
	var list []search.Candidate
	for range f.shares {
		list = append(list, search.Candidate{Name: "quantile"})
	}
	return list
}

func (f *quantileFamily) Fit(_ context.Context, train, test []int) ([]search.Outcome, error) {
	f.fits.Add(1)
	var sorted []float64
	for _, row := range train {
		sorted = append(sorted, f.y[row])
	}
	slices.Sort(sorted)
	var outcomes []search.Outcome
	for _, share := range f.shares {
		value := sorted[int(share*float64(len(sorted)-1))]
		outcomes = append(outcomes, search.Outcome{Predictions: slices.Repeat([]float64{value}, len(test))})
	}
	return outcomes, nil
}

func normals(n int) []float64 {
	random := rand.New(rand.NewPCG(11, 12))
	y := make([]float64, n)
	for i := range y {
		y[i] = random.NormFloat64()
	}
	return y
}

func TestTheBestWins(t *testing.T) {
	y := normals(400)
	folds, err := search.Shuffled(len(y), 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	var heard []int
	family := &quantileFamily{y: y, shares: []float64{0.99, 0.5, 0.49, 0.01}}
	board, err := search.Run(t.Context(), y, folds, []search.Family{family}, search.Config{
		Metric: "mae", Progress: func(done, total int) { heard = append(heard, done*10+total) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{15, 25, 35, 45, 55}, heard); diff != "" {
		t.Errorf("progress: %s", diff)
	}
	if best := family.shares[board[0].Index]; best != 0.5 && best != 0.49 {
		t.Errorf("the best answers the %g quantile", best)
	}
	for i, s := range board {
		if !(s.Low <= s.Score && s.Score <= s.High) {
			t.Errorf("the score %g is not in %g to %g", s.Score, s.Low, s.High)
		}
		if wantTied := i < 2; s.Tied != wantTied {
			t.Errorf("place %d: tied %t with p %g", i+1, s.Tied, s.P)
		}
		if slices.ContainsFunc(s.OutOfFold, math.IsNaN) {
			t.Errorf("place %d: a row was never predicted", i+1)
		}
	}
}

func TestSameBoardOnAnyProcessors(t *testing.T) {
	y := normals(100)
	folds, err := search.Shuffled(len(y), 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	var first []search.Standing
	for _, processors := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(processors)
		board, err := search.Run(t.Context(), y, folds, []search.Family{&quantileFamily{y: y, shares: []float64{0.4, 0.5, 0.6}}}, search.Config{})
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = board
		}
		if diff := cmp.Diff(first, board); diff != "" {
			t.Errorf("%d processors: %s", processors, diff)
		}
	}
}

func TestCancel(t *testing.T) {
	y := normals(100)
	folds, err := search.Shuffled(len(y), 50, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	family := &quantileFamily{y: y, shares: []float64{0.5}}
	_, err = search.Run(ctx, y, folds, []search.Family{family}, search.Config{Workers: 1, Progress: func(int, int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want context canceled", err)
	}
	if fits := family.fits.Load(); fits > 2 {
		t.Errorf("%d folds were fitted after the end", fits)
	}
}

func TestRunRefusals(t *testing.T) {
	y := normals(10)
	folds, err := search.Shuffled(len(y), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	family := []search.Family{&quantileFamily{y: y, shares: []float64{0.5}}}
	for name, try := range map[string]func() error{
		"metric": func() error {
			_, err := search.Run(t.Context(), y, folds, family, search.Config{Metric: "f1"})
			return err
		},
		"no folds":      func() error { _, err := search.Run(t.Context(), y, nil, family, search.Config{}); return err },
		"no candidates": func() error { _, err := search.Run(t.Context(), y, folds, nil, search.Config{}); return err },
		"R² of one row": func() error {
			single, err := search.Shuffled(10, 10, 1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = search.Run(t.Context(), y, single, family, search.Config{Metric: "r2"})
			return err
		},
	} {
		if try() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
