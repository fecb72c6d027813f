package forest

import (
	"math/rand/v2"
	"testing"
)

// TestLayoutsAreChosen: each ensemble gets the layout that is fastest for it.
func TestLayoutsAreChosen(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14)) //nolint:gosec // not for secrets
	for _, c := range []struct {
		trees, leaves, features int
		scan, deep, sets        bool
	}{
		{trees: 100, leaves: 31, features: 8, scan: true},
		{trees: 500, leaves: 31, features: 28, scan: true},
		{trees: 500, leaves: 255, features: 8, deep: true}, // too many limits for 128 views, and leaves for quick
		{trees: 5, leaves: 31, features: 8, deep: true},
		{trees: 1, leaves: 31, features: 8, deep: true},
		{trees: 100, leaves: 400, features: 8, deep: true},
		{trees: 1000, leaves: 8, features: 65, sets: true}, // quick
		{trees: 100, leaves: 31, features: 30, sets: true},
	} {
		f := Compile(random(r, shape{rule: SingleBelow, trees: c.trees, leaves: c.leaves, features: c.features, outputs: 1, perTree: true, sets: c.sets}), 1)
		if scan := f.scan != nil; scan != (c.scan && scans()) || c.deep != (f.deep != nil) || c.sets && f.quick == nil {
			t.Errorf("%+v: scan %v, quick %v, deep %v", c, scan, f.quick != nil, f.deep != nil)
		}
	}
}

// TestScanOfManyRows: more rows than take turns, and a rest.
func TestScanOfManyRows(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16)) //nolint:gosec // not for secrets
	for _, s := range []shape{
		{rule: SingleBelow, trees: 150, leaves: 31, features: 5, outputs: 1, perTree: true, single: true},
		{rule: DoubleAtMost, trees: 300, leaves: 20, features: 30, outputs: 3, perTree: true},
		{rule: SingleAtMost, trees: 150, leaves: 10, features: 5, outputs: 3, mean: true},
	} {
		trees := random(r, s)
		f := layouts(trees, s)["scan"]
		const rows = 2*scanRows + together + 3
		x, got, want := make([]float64, rows*s.features), make([]float64, rows*s.outputs), make([]float64, s.outputs)
		for i := range x {
			x[i] = value(r, trees)
		}
		f.ScoresOf(byColumns(x, s.features), s.features, rows, got, dirty(f.WorkOf(s.features)))
		for row := range rows {
			simple(trees, x[row*s.features:(row+1)*s.features], want)
			for k, v := range want {
				if got[row*s.outputs+k] != v {
					t.Fatalf("%+v, row %d, score %d: %v, want %v", s, row, k, got[row*s.outputs+k], v)
				}
			}
		}
	}
}

// TestWalksAreTheSame: the three ways through deep trees lead to the same leaves.
func TestWalksAreTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18)) //nolint:gosec // not for secrets
	for _, n := range []int{1, 2, 15, 16, 17, 127, 128} {
		trees := random(r, shape{rule: SingleAtMost, trees: n, leaves: 700, features: 6, outputs: 1, perTree: true})
		d := newDeep(trees, 1)
		x, keys := make([]float64, 6), (*[1 << narrow]uint32)(make([]uint32, 1<<narrow))
		for range 30 {
			for j := range x {
				x[j] = value(r, trees)
			}
			d.keys(x, keys[:])
			var ahead [many]uint32
			abreast, inGo := make([]uint32, n), append([]uint32(nil), d.roots...)
			d.ahead(d.roots, &ahead, keys)
			d.abreast(d.roots, abreast, keys)
			stepAheadInGo(d.nodes, inGo, trees.Depth(), keys)
			for k, root := range d.roots {
				one := d.one(root, keys[:])
				if ahead[k] != one || abreast[k] != one || uint32(d.nodes[inGo[k]]>>32) != one { //nolint:gosec // a part
					t.Fatalf("%d trees, tree %d: one %d, ahead %d, abreast %d, in Go %d", n, k, one, ahead[k], abreast[k], d.nodes[inGo[k]]>>32)
				}
			}
		}
	}
}
