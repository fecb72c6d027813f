package tree

import (
	"math"
	"reflect"
	"testing"

	"dasier/ml/predict"
)

// Columns that are counted by rows are cut as those that are counted one by one.
func TestCountingByRows(t *testing.T) {
	for _, task := range []string{predict.TaskRegression, predict.TaskBinary} {
		for name, s := range map[string]settings{
			"small nodes": {trees: 2, depth: 6, minRows: 20, local: 1 << 16},
			"large nodes": {trees: 2, depth: 6, minRows: 20, local: 40},
			"one tree":    {trees: 1, depth: 6, minRows: 20, local: 500},
		} {
			s.sample, s.all = 1, true
			for _, distinct := range []int{2, 3, 20} {
				f, target := sample(t, 3000, distinct, task)
				by := s
				by.apart = true
				a, b := loss(t, s, f, target), loss(t, by, f, target)
				if math.Abs(a-b) > 1e-9*(a+1) {
					t.Errorf("%s, %s, %d values: the loss is %g by rows, %g by columns", task, name, distinct, a, b)
				}
			}
		}
	}
}

// A table that is too large for masks of its rows has the same trees.
func TestWithoutMasks(t *testing.T) {
	f, target := sample(t, 2000, 3, predict.TaskRegression)
	s := settings{trees: 3, sample: 1, again: true, seed: 5}
	with, err := s.fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	s.unmasked = true
	without, err := s.fit(t.Context(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(with.Spec.Trees, without.Spec.Trees) {
		t.Error("the trees differ")
	}
}

// Each row has what is not most common, and nothing else.
func TestRare(t *testing.T) {
	codes := [][]uint16{{0, 0, 1, 0, 0}, {2, 1, 2, 2, 0}, {0, 0, 0, 0, 0}}
	p := &plan{rows: 5}
	for _, c := range codes {
		p.columns = append(p.columns, column{codes: c, levels: 3, gap: 3})
	}
	r := newRare(p)
	for row := range 5 {
		entries := r.of(uint32(row)) //nolint:gosec // below 5
		for k, c := range codes {
			if !r.has(k) {
				t.Fatalf("column %d is not counted by rows", k)
			}
			if c[row] == r.modes[k] {
				continue
			}
			if len(entries) == 0 || int(r.places[entries[0]].column) != k || r.places[entries[0]].code != c[row] {
				t.Fatalf("row %d, column %d: the entries left are %v of %v", row, k, entries, r.places)
			}
			if r.masks[row]>>entries[0]&1 == 0 {
				t.Errorf("row %d has the entry %d and no bit of it", row, entries[0])
			}
			entries = entries[1:]
		}
		if len(entries) > 0 {
			t.Errorf("row %d has the entries %v that it should not have", row, entries)
		}
	}
}
