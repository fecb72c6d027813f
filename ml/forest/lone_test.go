package forest

import (
	"math"
	"math/rand/v2"
	"testing"
)

// given draws columns of rows of a tree: float64 or float32, by rows or by columns,
// or none; and gives what they hold by columns, where what is missing is NaN.
func given(r *rand.Rand, t *Trees, features, rows int) ([]Column, []float64) {
	columns, plain := make([]Column, features), make([]float64, features*rows)
	singles := r.IntN(2) == 0 // all of them
	for j := range columns {
		c := &columns[j]
		c.Stride = 1 + r.IntN(9)
		kind := r.IntN(8)
		for row := range rows {
			v := value(r, t)
			switch r.IntN(6) {
			case 0:
				v = float64(math.Float32frombits(r.Uint32()))
			case 1:
				v = math.Copysign(0, -1)
			}
			switch of := plain[j*rows:]; {
			case singles || kind < 4:
				c.Singles = append(c.Singles, make([]float32, min(row, 1)*(c.Stride-1))...)
				c.Singles = append(c.Singles, float32(v))
				of[row] = float64(float32(v))
			case kind < 7:
				c.Doubles = append(c.Doubles, make([]float64, min(row, 1)*(c.Stride-1))...)
				c.Doubles = append(c.Doubles, v)
				of[row] = v
			default:
				of[row] = math.NaN()
			}
			if math.IsInf(plain[j*rows+row], 0) {
				plain[j*rows+row] = math.NaN()
			}
		}
	}
	return columns, plain
}

// TestLoneTrees: a lone tree says of columns as they are given what it says of
// features, from any row on.
func TestLoneTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22)) //nolint:gosec // not for secrets
	for round := range 500 {
		s := shape{
			rule: []Rule{SingleAtMost, SingleBelow}[r.IntN(2)], trees: 1, leaves: []int{1, 2, 9, 300, 2000}[r.IntN(5)], features: []int{1, 3, 8, 28}[r.IntN(4)],
			outputs: []int{1, 1, 3}[r.IntN(3)], perTree: r.IntN(2) == 0, mean: r.IntN(2) == 0, single: r.IntN(3) == 0,
		}
		trees := random(r, s)
		f := Compile(trees, s.outputs)
		if !f.Lone() {
			t.Fatalf("%+v is not taken for a lone tree", s)
		}
		rows := 1 + r.IntN(50)
		columns, plain := given(r, trees, s.features, rows)
		want := make([]float64, rows*s.outputs)
		f.ScoresOf(plain, s.features, rows, want, dirty(f.WorkOf(s.features)))
		first := r.IntN(rows)
		got := make([]float64, (rows-first)*s.outputs)
		f.ScoresOfColumns(columns, first, got, dirty(f.WorkOf(s.features)))
		for i, v := range want[first*s.outputs:] {
			if got[i] != v {
				t.Fatalf("round %d, %+v, score %d of %d rows from %d on is %v, want %v", round, s, i, rows, first, got[i], v)
			}
		}
	}
	for _, s := range []shape{
		{rule: DoubleAtMost, trees: 1, leaves: 300, features: 3, outputs: 1},
		{rule: SingleAtMost, trees: 2, leaves: 300, features: 3, outputs: 1},
		{rule: SingleAtMost, trees: 1, leaves: 300, features: 140, outputs: 1},
	} {
		if Compile(random(r, s), 1).Lone() {
			t.Errorf("%+v is taken for a lone tree", s)
		}
	}
}

// TestLanesAreTheirTwins: the loops in assembly do what those in Go do.
func TestLanesAreTheirTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24)) //nolint:gosec // not for secrets
	for range 200 {
		s := shape{rule: SingleAtMost, trees: 1, leaves: 1 + r.IntN(600), features: 1 + r.IntN(127), outputs: 1}
		trees := random(r, s)
		d := newDeep(trees, 1)
		if d.shift != narrow {
			t.Fatal("keys take more than a byte")
		}
		columns, _ := given(r, trees, s.features, 3*lanes)
		var dirt, want laneKeys
		for i := range dirt {
			dirt[i] = r.Uint32()
		}
		for lane := range lanes {
			dirt[lane*pitch+d.dead] = leastKey
		}
		got := dirt
		want = dirt
		first := r.IntN(2 * lanes)
		d.fillLanesInGo(columns, first, lanes, &want)
		if singles, all := d.laneColumns(columns, nil); all {
			fillLanes(singles, first, &got)
			if got != want {
				t.Fatalf("%+v: keys differ", s)
			}
		}
		var at, inGo [lanes]uint32
		walkLanes(d.nodes, d.roots[0], d.sure, &at, &want)
		walkLanesInGo(d.nodes, d.roots[0], &inGo, &want)
		if at != inGo {
			t.Fatalf("%+v: walks lead to %v, want %v", s, at, inGo)
		}
	}
}

func TestLoneTreesAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26)) //nolint:gosec // not for secrets
	trees := random(r, shape{rule: SingleAtMost, trees: 1, leaves: 500, features: 4, outputs: 1})
	f := Compile(trees, 1)
	columns, _ := given(r, trees, 4, 50)
	work, out := make([]float64, f.WorkOf(4)), make([]float64, 50)
	if n := testing.AllocsPerRun(20, func() { f.ScoresOfColumns(columns, 0, out, work) }); n != 0 {
		t.Errorf("%v allocations per batch", n)
	}
}

func BenchmarkLone(b *testing.B) {
	r := rand.New(rand.NewPCG(27, 28)) //nolint:gosec // not for secrets
	const features, rows = 8, 1000
	f := Compile(random(r, shape{rule: SingleAtMost, trees: 1, leaves: 20_000, features: features, outputs: 1}), 1)
	x := make([]float32, rows*features)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	columns := make([]Column, features)
	for j := range columns {
		columns[j] = Column{Singles: x[j:], Stride: features}
	}
	out, work := make([]float64, rows), make([]float64, f.WorkOf(features))
	for b.Loop() {
		f.ScoresOfColumns(columns, 0, out, work)
	}
}
