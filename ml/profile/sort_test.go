package profile

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSorterAgreesWithComparing draws columns of every sort: of few values, of
// all magnitudes, of values alike in their leading bits.
func TestSorterAgreesWithComparing(t *testing.T) {
	s := &sorter{}
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		shape := rapid.IntRange(0, 4).Draw(t, "shape")
		values := make([]float64, rapid.IntRange(0, 3000).Draw(t, "rows"))
		for i := range values {
			switch shape {
			case 0:
				values[i] = random.NormFloat64()
			case 1:
				values[i] = float64(random.IntN(7) - 3)
			case 2:
				values[i] = math.Ldexp(random.Float64()-.5, random.IntN(2000)-1000)
			case 3:
				values[i] = 1e9 + float64(random.IntN(5))*0x1p-20
			default:
				values[i] = []float64{-math.MaxFloat64, 1 + float64(random.IntN(9))*0x1p-52, math.MaxFloat64}[min(2, random.IntN(100))]
			}
		}
		withMissing := slices.Clone(values)
		for i := range withMissing {
			if random.IntN(10) == 0 {
				withMissing[i] = math.NaN()
			}
		}
		want := slices.Clone(values)
		slices.Sort(want)
		s.sort(values)
		for i, v := range values {
			if v != want[i] {
				t.Fatalf("place %d: %v, want %v", i, v, want[i])
			}
		}
		var rows []int32
		for i, v := range withMissing {
			if !math.IsNaN(v) {
				rows = append(rows, int32(i))
			}
		}
		slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(withMissing[a], withMissing[b]) })
		if got := s.order(withMissing); !slices.Equal(got, rows) {
			t.Fatalf("order %v, want %v", got, rows)
		}
	})
}

func BenchmarkSort(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 1_000_000)
	for i := range values {
		values[i] = math.Round(random.NormFloat64()*1e6) / 1e6
	}
	work := make([]float64, len(values))
	s := &sorter{}
	b.Run("radix", func(b *testing.B) {
		for b.Loop() {
			copy(work, values)
			s.sort(work)
		}
	})
	b.Run("slices", func(b *testing.B) {
		for b.Loop() {
			copy(work, values)
			slices.Sort(work)
		}
	})
}
