package prep

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is found must be what a sort puts there, whatever the values: many equal
// ones, sorted ones, few.
func TestOrderedIsSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6000).Draw(t, "rows")
		different := rapid.IntRange(1, 10_000).Draw(t, "different")
		step := rapid.IntRange(1, 97).Draw(t, "step")
		values := make([]float64, n)
		for i := range values {
			values[i] = float64((i*i*step+i)%different) / 7
		}
		if rapid.Bool().Draw(t, "in order") {
			slices.Sort(values)
		}
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		places := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 1, min(6, n), rapid.ID[int]).Draw(t, "places")
		slices.Sort(places)
		if n > 300 && rapid.Bool().Draw(t, "as quantiles") {
			places = []int{n / 100, n/100 + 1, n / 2, n/2 + 1, n * 99 / 100, n*99/100 + 1}
		}
		for i, got := range ordered(values, places) {
			if want := sorted[places[i]]; got != want {
				t.Fatalf("place %d of %d: %g, want %g", places[i], n, got, want)
			}
		}
	})
}
