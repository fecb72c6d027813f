//go:build !purego

package forest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// widths are those of this processor.
func widths() []int {
	var all []int
	for _, w := range []int{32, 64} {
		if w <= wide {
			all = append(all, w)
		}
	}
	return all
}

// TestLoopsAreTheirTwins: the loops in assembly answer what those in Go do.
func TestLoopsAreTheirTwins(t *testing.T) {
	widest := wide
	defer func() { wide = widest }()
	r := rand.New(rand.NewPCG(19, 20)) //nolint:gosec // not for secrets
	for _, wide = range widths() {
		for _, tables := range []int{1, 2, 4, 8} {
			for range 50 {
				places, trees := 1+r.IntN(255), 1+r.IntN(side)
				tests := make([]uint8, places*testBytes*side)
				for p := range places {
					for k := range side {
						at := tests[p*testBytes*side+k:]
						at[0], at[side], at[2*side] = uint8(r.IntN(tables*16)), uint8(r.IntN(256)), uint8(r.IntN(1+min(p, 3))) //nolint:gosec // small
					}
				}
				var keys [mostViews]uint8
				for k := range keys {
					keys[k] = uint8(r.IntN(256)) //nolint:gosec // small
				}
				var got, want [side]uint8
				findLeaves(tests, tables, trees, &keys, &got)
				findLeavesInGo(tests, &keys, &want)
				if !slices.Equal(got[:trees], want[:trees]) {
					t.Fatalf("registers of %d, %d tables: %v, want %v", wide, tables, got[:trees], want[:trees])
				}
			}
		}
		ranks, orders := []int64{}, []int64{math.MinInt64, math.MaxInt64 - 1, 0}
		for len(orders) < mostViews {
			orders = append(orders, r.Int64N(2000)-1000)
		}
		for i := range orders {
			limits := make([]int64, r.IntN(viewLimits+1))
			for k := range limits {
				limits[k] = r.Int64N(2000) - 1000
			}
			limits = append(limits, math.MinInt64)[:min(len(limits)+i%2, viewLimits)]
			slices.Sort(limits)
			ranks = append(ranks, rankTable(slices.Compact(limits))...)
		}
		for _, c := range []struct{ tables, apart int }{{1, 1}, {0, 5}} {
			got, want := make([]uint8, mostViews*c.apart), make([]uint8, mostViews*c.apart)
			rankKeys(ranks, c.tables, orders, got, c.apart)
			rankKeysInGo(ranks, c.tables, orders, want, c.apart)
			if !slices.Equal(got, want) {
				t.Fatalf("registers of %d, %+v: %v, want %v", wide, c, got, want)
			}
		}
	}
}

// TestEveryWidth: the narrower registers answer what the widest do, in whole
// ensembles.
func TestEveryWidth(t *testing.T) {
	widest := wide
	defer func() { wide = widest }()
	r := rand.New(rand.NewPCG(21, 22)) //nolint:gosec // not for secrets
	for _, features := range []int{3, 20, 50, 100} {
		s := shape{rule: SingleBelow, trees: 200, leaves: 12, features: features, outputs: 1, perTree: true}
		trees := random(r, s)
		f, x, out, want := layouts(trees, s)["scan"], make([]float64, features), make([]float64, 1), make([]float64, 1)
		if f == nil {
			continue // as many views as do not fit
		}
		for range 50 {
			for j := range x {
				x[j] = value(r, trees)
			}
			simple(trees, x, want)
			for _, wide = range widths() {
				if f.Scores(x, out, dirty(f.Work(features))); out[0] != want[0] {
					t.Fatalf("%d features, registers of %d: %v, want %v", features, wide, out[0], want[0])
				}
			}
		}
	}
}
