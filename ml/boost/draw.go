package boost

import (
	"math"
	"math/rand/v2"
	"slices"

	"dasier/fault"
)

// draw is the chance of one round, which depends on nothing but the seed and the
// round's number.
type draw struct{ seed, round uint64 }

func newDraw(seed uint64, round int) draw { return draw{seed, uint64(round) + 1} }

// What chance is for.
const (
	forRows = iota << 32
	forColumns
	forTrees
	forHeld
	forNodes // and above
)

func (d draw) random(purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(d.seed, d.round<<40^purpose)) //nolint:gosec // a fit is to be repeatable
}

// rows are a share of rows, and the others, both in order.
func (d draw) rows(all rowList, share float64) (in rowList, out []int32) {
	if share == 1 {
		return all, nil
	}
	in.listed, out = d.choose(all, max(1, int(math.Round(share*float64(all.len())))), forRows)
	return in, out
}

// choose takes n of all: Knuth, The Art of Computer Programming 2, section 3.4.2,
// algorithm S.
func (d draw) choose(all rowList, n int, purpose uint64) (in, out []int32) {
	random := d.random(purpose)
	in, out = make([]int32, 0, n), make([]int32, 0, all.len()-n)
	for i := range all.len() {
		row := all.at(i)
		if random.IntN(all.len()-i) < n-len(in) {
			in = append(in, row)
		} else {
			out = append(out, row)
		}
	}
	return in, out
}

// columns are those that a tree sees; nil: all.
func (d draw) columns(all []int32, share float64) []int32 {
	if share == 1 {
		return nil
	}
	some, _ := d.choose(rowList{listed: all}, max(1, int(math.Round(share*float64(len(all))))), forColumns)
	return some
}

// at are the columns that a node sees.
func (d draw) at(node int32, columns []int32, share float64) []int32 {
	if share == 1 {
		return columns
	}
	some, _ := d.choose(rowList{listed: columns}, max(1, int(math.Round(share*float64(len(columns))))), forNodes+uint64(node))
	return some
}

// chooseHeld marks the rows held back; nil: none are.
func (r *run) chooseHeld(n int) ([]bool, error) {
	if r.Validation == 0 && r.ValidationRows == nil {
		return nil, nil
	}
	held := make([]bool, n)
	for _, row := range r.ValidationRows {
		if row < 0 || row >= n {
			return nil, fault.Errorf(fault.Invalid, "boosting: row %d cannot be held back, there are the rows 0 to %d", row, n-1)
		}
		held[row] = true
	}
	if r.Validation > 0 {
		some, _ := newDraw(r.Seed, 0).choose(rowList{all: n}, int(math.Round(r.Validation*float64(n))), forHeld)
		for _, row := range some {
			held[row] = true
		}
	}
	return held, nil
}

// leftOut are the rounds that dropout leaves out of a round.
func (d draw) leftOut(rounds int, dart Dart) []int {
	if dart.Rate == 0 || rounds == 0 {
		return nil
	}
	random := d.random(forTrees)
	if random.Float64() < dart.Skip {
		return nil
	}
	var out []int
	for k := range rounds {
		if random.Float64() < dart.Rate {
			out = append(out, k)
		}
	}
	if out == nil {
		out = []int{random.IntN(rounds)}
	}
	if len(out) > dart.Most {
		random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		out = out[:dart.Most]
		slices.Sort(out)
	}
	return out
}
