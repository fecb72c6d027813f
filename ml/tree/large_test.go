package tree

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// sample makes rows of numbers with so many distinct values, missing ones among
// them, and a category.
func sample(t testing.TB, n, distinct int, task string) (*frame.Frame, learn.Target) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a reproducible draw is the point
	columns := make([]*frame.Column, 6)
	for j := range columns {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(random.IntN(distinct)) / float64(distinct)
			if j == 1 && random.IntN(10) == 0 {
				values[i] = math.NaN()
			}
		}
		columns[j] = &frame.Column{Name: string(rune('a' + j)), Values: values}
	}
	town := &frame.Column{Name: "town", Kind: frame.Category, Codes: make([]int32, n), Levels: []string{"p", "q", "r", "s", "t"}}
	target := learn.Target{Name: "y", Task: task, Y: make([]float64, n), Weights: make([]float64, n)}
	for i := range n {
		town.Codes[i] = random.Int32N(6) - 1
		y := 10*math.Sin(3*columns[0].Values[i]*columns[2].Values[i]) + 5*columns[3].Values[i] + []float64{1, 0, 2, 0, 3, 1}[town.Codes[i]+1]
		if math.IsNaN(columns[1].Values[i]) {
			y += 3
		} else {
			y += 4 * (columns[1].Values[i] - 0.5) * (columns[1].Values[i] - 0.5)
		}
		target.Y[i], target.Weights[i] = y+0.5*random.NormFloat64(), float64(1+i%3)
		switch task {
		case predict.TaskBinary:
			target.Y[i] = min(math.Floor(max(target.Y[i], 0)/8), 1)
			target.Classes = []string{"less", "more"}
		case predict.TaskMulticlass:
			target.Y[i] = min(math.Floor(max(target.Y[i], 0)/4), 3)
			target.Classes = []string{"w", "x", "y", "z"}
		}
	}
	f, err := frame.New(append(columns, town)...)
	if err != nil {
		t.Fatal(err)
	}
	return f, target
}

// loss is the weighted squared error on the rows learned from.
func loss(t testing.TB, s settings, f *frame.Frame, target learn.Target) float64 {
	t.Helper()
	m, err := s.fit(context.Background(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Compile()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := learn.Predictions(p, f)
	if err != nil {
		t.Fatal(err)
	}
	sum, width := 0.0, target.Scores()
	for i, v := range target.Y {
		for k := range width {
			d := answers[i*width+k] - v
			if width > 1 {
				d = answers[i*width+k]
				if int(v) == k {
					d--
				}
			}
			sum += target.Weights[i] * d * d
		}
	}
	return sum
}

// Large nodes, whose rows are counted into buckets, are cut as small ones are,
// whose rows are sorted: exactly where a bucket has one value, nearly where it has
// several.
func TestLargeNodesAreCutAsSmallOnes(t *testing.T) {
	for _, task := range []string{predict.TaskRegression, predict.TaskBinary, predict.TaskMulticlass} {
		for name, s := range map[string]settings{
			"a tree":        {trees: 1, depth: 5, minRows: 20},
			"two trees":     {trees: 2, depth: 5, minRows: 20},
			"some columns":  {trees: 2, depth: 5, minRows: 20, features: 3},
			"entropy":       {trees: 2, depth: 5, minRows: 20, criterion: Entropy},
			"drawn cuts":    {trees: 2, depth: 5, minRows: 20, random: true},
			"a whole tree":  {trees: 1, minRows: 3},
			"to the bottom": {trees: 2},
		} {
			if task == predict.TaskRegression {
				s.criterion = ""
			}
			s.sample, s.all = 1, true
			t.Run(task+", "+name, func(t *testing.T) {
				for distinct, most := range map[int]float64{200: 1e-9, 100_000: 1e-9} {
					f, target := sample(t, 3000, distinct, task)
					small := s
					small.local = 1 << 16
					large := s
					large.local = 40
					a, b := loss(t, small, f, target), loss(t, large, f, target)
					if s.depth == 0 {
						most = 0.25 // equal cuts of few rows are drawn among, and what is lost above differs
					}
					if math.Abs(a-b) > most*(a+1) {
						t.Errorf("%d values: the loss is %g by lists, %g by buckets", distinct, a, b)
					}
				}
			})
		}
	}
}

func TestRanks(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a reproducible draw is the point
	for _, n := range []int{1, 2, 100, 5_000, 200_000} {
		for name, draw := range map[string]func() float64{
			"numbers":    func() float64 { return random.NormFloat64() * 1e3 },
			"few values": func() float64 { return float64(random.IntN(9) - 4) },
			"singles":    func() float64 { return float64(float32(random.NormFloat64())) },
			"skewed":     func() float64 { return math.Max(0, random.NormFloat64()) },
			"missing":    func() float64 { return math.Sqrt(random.NormFloat64()) },
		} {
			values := make([]float64, n)
			for i := range values {
				values[i] = draw()
			}
			values[0] = 0
			c := &column{}
			c.ranksOf(frame.Doubles(values), &ranking{})
			for i, v := range values {
				code := c.codes[i]
				if math.IsNaN(v) {
					if code != c.gap || !c.missing {
						t.Fatalf("%s: a missing value has the code %d", name, code)
					}
					continue
				}
				if int(code) >= c.levels || v < c.low[code] || v > c.high[code] {
					t.Fatalf("%s, %d rows: %g has the code %d of %d", name, n, v, code, c.levels)
				}
			}
			for code := 1; code < c.levels; code++ {
				if !(c.high[code-1] < c.low[code]) {
					t.Fatalf("%s: codes overlap", name)
				}
				half := c.between(uint16(code-1), uint16(code)) //nolint:gosec // a code
				if !(c.high[code-1] <= half && half < c.low[code]) {
					t.Fatalf("%s: %g is not between %g and %g", name, half, c.high[code-1], c.low[code])
				}
			}
			if n == 100 && name == "numbers" && c.levels != n {
				t.Fatalf("%d codes of %d numbers", c.levels, n)
			}
		}
	}
}

// lists makes a node of a local space.
func lists(n int) (*space, []uint32, cell) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a reproducible draw is the point
	s := newLocal(&plan{columns: make([]column, 1)}, n)
	s.weight = 1
	s.measure(-4, 4, float64(n), 52)
	list := make([]uint32, n)
	var total cell
	for i := range n {
		s.fixed[i] = s.of(random.NormFloat64(), 1)
		s.masses[i] = mass{float64(s.fixed[i].sum), s.fixed[i].total()}
		s.side[i] = uint8(random.IntN(2)) //nolint:gosec // 0 or 1
		total = total.plus(s.fixed[i])
		list[i] = uint32(random.IntN(mostCode))<<16 | uint32(i) //nolint:gosec // below 2^32
	}
	sortList(list, make([]uint32, n), math.MaxUint16)
	return s, list, total
}

func BenchmarkScan(b *testing.B) {
	s, list, total := lists(4096)
	b.SetBytes(4096)
	for b.Loop() {
		scanList(list, s.masses, total, 1)
	}
}

func BenchmarkDivide(b *testing.B) {
	s, list, _ := lists(4096)
	spare := make([]uint32, len(list))
	b.SetBytes(4096)
	for b.Loop() {
		divide(list, s.side, spare)
	}
}

func BenchmarkCount(b *testing.B) {
	s, list, _ := lists(4096)
	rows, codes := make([]uint32, len(list)), make([]uint16, len(list))
	for i, e := range list {
		rows[i], codes[uint16(e)] = uint32(i), uint16(e>>16) //nolint:gosec // halves
	}
	var h [buckets]cell
	b.SetBytes(4096)
	for b.Loop() {
		count(&h, rows, codes, s.cells, 8)
	}
}

func BenchmarkForest(b *testing.B) {
	f, target := sample(b, 10_000, 100_000, predict.TaskRegression)
	for b.Loop() {
		if _, err := (Forest{Trees: 10}).Fit(context.Background(), f, target); err != nil {
			b.Fatal(err)
		}
	}
}
