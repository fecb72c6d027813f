package profile_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn/learntest"
	"dasier/ml/profile"

	"github.com/google/go-cmp/cmp"
)

// A profile must not tell whether a frame keeps its numbers as float64 or as
// float32.
func TestLongSinglesAreProfiledAlike(t *testing.T) {
	const n = 3000
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a reproducible draw is the point
	normal := func(int) float64 { return random.NormFloat64() }
	x, holes := numbers("x", n, normal), numbers("holes", n, normal)
	for i := range n {
		if x.Values[i] > 1 || i%7 == 0 {
			holes.Values[i] = math.NaN()
		}
	}
	flag := numbers("flag", n, func(i int) float64 { return float64(i % 2) })
	flag.Kind = frame.Bool
	day := numbers("day", n, func(i int) float64 { return float64(86400 * (i / 2)) })
	day.Kind = frame.Time
	columns := []*frame.Column{
		x, holes, flag, day,
		numbers("price", n, func(i int) float64 { return 2*x.Values[i] + random.NormFloat64() + float64(i)/1000 }),
		numbers("copy", n, func(i int) float64 { return 3 - 2.5*float64(float32(x.Values[i])) }),
		numbers("skewed", n, func(int) float64 { return math.Exp(2 * random.NormFloat64()) }),
		numbers("nines", n, func(i int) float64 { return []float64{99999, float64(random.IntN(100))}[min(i%50, 1)] }),
		numbers("longitude", n, func(int) float64 { return 4 + random.Float64() }),
		numbers("latitude", n, func(int) float64 { return 52 + random.Float64() }),
		texts("town", n, func(i int) string { return []string{"east", "west", "north"}[i%3] }),
	}
	for _, target := range []string{"", "price", "flag", "town"} {
		doubles, singles := learntest.Twins(table(t, columns...))
		cfg := profile.Config{Target: target, Time: "day"}
		want, got := of(t, cfg, doubles.Columns()...), of(t, cfg, singles.Columns()...)
		if diff := cmp.Diff(string(encode(t, want)), string(encode(t, got))); diff != "" {
			t.Errorf("target %q:\n%s", target, diff)
		}
		if len(want.Warnings) < 3 || want.Map == nil || want.Drift == nil {
			t.Fatalf("the table shows too little to compare: %d warnings, map %v, drift %v", len(want.Warnings), want.Map != nil, want.Drift != nil)
		}
		if diff := cmp.Diff(profile.Correlate(doubles), profile.Correlate(singles)); diff != "" {
			t.Error(diff)
		}
	}
}
