package profile_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/profile"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"
)

// TestCorrelateAgreesWithGonum compares the blocks with one pair at a time,
// with and without missing values, at sizes around the blocks'.
func TestCorrelateAgreesWithGonum(t *testing.T) {
	for _, rows := range []int{30, 255, 256, 257, 5000} {
		random := rand.New(rand.NewPCG(uint64(rows), 3))
		var columns []*frame.Column
		for j := range 7 {
			columns = append(columns, numbers(string(rune('a'+j)), rows, func(i int) float64 {
				v := random.NormFloat64() + 1e6
				if j > 0 {
					v += columns[0].Values[i] * float64(j-3)
				}
				if j == 2 && random.IntN(3) == 0 {
					return math.NaN()
				}
				return v
			}))
		}
		columns = append(columns, numbers("constant", rows, func(int) float64 { return 7 }), texts("text", rows, func(int) string { return "x" }))
		got := profile.Correlate(table(t, columns...))
		if want := []string{"a", "b", "c", "d", "e", "f", "g", "constant"}; !cmp.Equal(got.Columns, want) {
			t.Fatal(got.Columns)
		}
		for i := range 7 {
			for j := range 7 {
				var x, y []float64
				for row := range rows {
					if a, b := columns[i].Values[row], columns[j].Values[row]; !math.IsNaN(a) && !math.IsNaN(b) {
						x, y = append(x, a), append(y, b)
					}
				}
				if len(x) < 30 {
					if got.Values[i][j] != nil {
						t.Errorf("%d rows: %d, %d: a correlation of %d rows", rows, i, j, len(x))
					}
					continue
				}
				if want := stat.Correlation(x, y, nil); got.Values[i][j] == nil || math.Abs(*got.Values[i][j]-want) > 1e-5 {
					t.Errorf("%d rows: %d, %d: got %v, want %v", rows, i, j, got.Values[i][j], want)
				}
			}
			if got.Values[i][7] != nil {
				t.Error("a constant has a correlation")
			}
		}
	}
}

func TestCorrelateOnAnyProcessors(t *testing.T) {
	var columns []*frame.Column
	for j := range 9 {
		columns = append(columns, numbers(string(rune('a'+j)), 10_000, noise(uint64(j))))
	}
	f := table(t, columns...)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := profile.Correlate(f)
	for _, n := range []int{2, 4} {
		runtime.GOMAXPROCS(n)
		if diff := cmp.Diff(want, profile.Correlate(f)); diff != "" {
			t.Errorf("%d processors: %s", n, diff)
		}
	}
}
