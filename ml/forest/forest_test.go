package forest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// simple is what Trees promises, spelled out.
func simple(t *Trees, x, out []float64) {
	copy(out, t.Base)
	for k, root := range t.Roots {
		n := root
		for t.Feature[n] >= 0 {
			if simpleLeft(t, n, x) {
				n = t.Left[n]
			} else {
				n = t.Right[n]
			}
		}
		add := func(score int, v float64) {
			if t.Single {
				out[score] = float64(float32(out[score]) + float32(v))
			} else {
				out[score] += v
			}
		}
		if t.Output == nil && len(out) > 1 {
			for score := range out {
				add(score, t.Value[int(n)*len(out)+score])
			}
		} else {
			score := 0
			if len(out) > 1 {
				score = int(t.Output[k])
			}
			add(score, simpleValue(t, n, x))
		}
	}
	for score := range out {
		if t.Mean {
			out[score] /= float64(len(t.Roots))
		}
	}
}

func rounded(t *Trees, v float64) float64 {
	if t.Rule == DoubleAtMost {
		return v
	}
	return float64(float32(v))
}

func simpleLeft(t *Trees, n int32, x []float64) bool {
	v := rounded(t, x[t.Feature[n]])
	switch {
	case math.IsNaN(v):
		return t.MissingLeft[n]
	case t.Set != nil && t.Set[n] >= 0:
		return simpleMember(t, &t.Sets[t.Set[n]], v, t.MissingLeft[n])
	case t.ZeroMissing != nil && t.ZeroMissing[n] && math.Abs(v) <= float64(float32(1e-35)):
		return t.MissingLeft[n]
	case t.Rule == SingleBelow:
		return v < t.Threshold[n]
	}
	return v <= t.Threshold[n]
}

func simpleMember(t *Trees, s *Set, v float64, missingLeft bool) bool {
	bit := func(words []uint32, k float64) bool {
		return k >= 0 && k < float64(32*len(words)) && words[int(k)/32]>>(int(k)%32)&1 == 1
	}
	k := math.Trunc(v)
	if v < 0 && (t.Rule != DoubleAtMost || len(s.Known) > 0) {
		k = -1
	}
	if len(s.Known) > 0 && !bit(s.Known, k) {
		return missingLeft
	}
	return bit(s.Bits, k) != s.Others
}

func simpleValue(t *Trees, n int32, x []float64) float64 {
	for _, line := range t.Lines {
		if line.Node != n {
			continue
		}
		sum := line.Constant
		for j, f := range line.Features {
			if math.IsNaN(x[f]) {
				return t.Value[n]
			}
			sum += float64(line.Weights[j] * rounded(t, x[f]))
		}
		return sum
	}
	return t.Value[n]
}

// shape is what random ensembles have.
type shape struct {
	rule                  Rule
	trees, leaves         int
	features, outputs     int
	perTree, mean, single bool
	unusual               bool
	sets                  bool // of categories, and nothing else that is unusual
}

// numbers are thresholds and values at which rules differ.
var numbers = []float64{
	0, math.Copysign(0, -1), 1, -1, 2, 3, 5, 0.1, float64(float32(0.1)), math.Nextafter(float64(float32(0.1)), 1), math.Nextafter(float64(float32(0.1)), 0),
	1e-35, -1e-35, 1e-30, 5e-324, -5e-324, 1e-45, 16777216, 16777217, 3.7, -0.5, 33, 64, 3e38, 3.5e38, -3.5e38, 1e100, -1e100, 1e-10, 0.3, 0.30000001,
}

func number(r *rand.Rand) float64 {
	switch r.IntN(3) {
	case 0:
		return numbers[r.IntN(len(numbers))]
	case 1:
		return float64(r.IntN(12)) / 4
	}
	return r.NormFloat64()
}

func random(r *rand.Rand, s shape) *Trees {
	t := &Trees{Rule: s.rule, Mean: s.mean, Single: s.single}
	width := s.outputs
	if s.perTree {
		width, t.Output = 1, []int32{}
	}
	if s.unusual || s.sets {
		for range 4 {
			set := Set{Bits: []uint32{r.Uint32(), r.Uint32()}[:1+r.IntN(2)], Others: r.IntN(2) == 0}
			if r.IntN(2) == 0 {
				set.Known = []uint32{r.Uint32()}
			}
			t.Sets = append(t.Sets, set)
		}
	}
	for k := range s.outputs {
		t.Base = append(t.Base, float64(k)/2)
	}
	for k := range s.trees {
		if s.perTree {
			t.Output = append(t.Output, int32(k%s.outputs)) //nolint:gosec // small
		}
		t.Roots = append(t.Roots, grow(r, t, s, width, 1+r.IntN(s.leaves)))
	}
	return t
}

func grow(r *rand.Rand, t *Trees, s shape, width, leaves int) int32 {
	n := int32(len(t.Feature)) //nolint:gosec // small
	threshold := number(r)
	if s.rule != DoubleAtMost && r.IntN(2) == 0 {
		threshold = float64(float32(threshold))
	}
	if r.IntN(40) == 0 {
		threshold = math.Inf(1 - 2*r.IntN(2))
	}
	t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, threshold)
	t.Left, t.Right = append(t.Left, -1), append(t.Right, -1)
	t.MissingLeft, t.Cover = append(t.MissingLeft, r.IntN(2) == 0), append(t.Cover, float64(leaves))
	for range width {
		t.Value = append(t.Value, float64(r.IntN(200))/7)
	}
	if s.unusual || s.sets {
		set := int32(-1)
		if r.IntN(3) == 0 {
			set = r.Int32N(int32(len(t.Sets))) //nolint:gosec // small
		}
		t.Set = append(t.Set, set)
	}
	if s.unusual {
		t.ZeroMissing = append(t.ZeroMissing, r.IntN(3) == 0)
	}
	if leaves == 1 {
		if s.unusual && width == 1 && r.IntN(2) == 0 {
			f := []int32{r.Int32N(int32(s.features)), r.Int32N(int32(s.features))} //nolint:gosec // small
			t.Lines = append(t.Lines, Line{Node: n, Constant: r.NormFloat64(), Features: f, Weights: []float64{r.NormFloat64(), r.NormFloat64()}})
		}
		return n
	}
	t.Feature[n] = r.Int32N(int32(s.features)) //nolint:gosec // small
	share := 1 + r.IntN(leaves-1)
	left := grow(r, t, s, width, share)
	right := grow(r, t, s, width, leaves-share)
	t.Left[n], t.Right[n] = left, right
	return n
}

// TestEveryLayoutIsTheSimpleWalk: random trees of every kind and rows at their
// thresholds, to the last bit.
func TestEveryLayoutIsTheSimpleWalk(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // not for secrets
	seen := map[string]int{}
	for round := range 600 {
		s := shape{
			rule: []Rule{SingleAtMost, SingleBelow, DoubleAtMost}[r.IntN(3)], trees: 1 + r.IntN(40), leaves: []int{1, 2, 8, 9, 31, 64, 65, 256, 300}[r.IntN(9)],
			features: []int{1, 3, 6, 28, 140}[r.IntN(5)], outputs: []int{1, 1, 3}[r.IntN(3)], perTree: r.IntN(2) == 0, mean: r.IntN(2) == 0, single: r.IntN(3) == 0, unusual: r.IntN(4) == 0,
		}
		s.sets = !s.unusual && r.IntN(3) == 0
		trees := random(r, s)
		if err := trees.Check(s.features, s.outputs); err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		forests := layouts(trees, s)
		rows := 1 + r.IntN(40)
		x, want := make([]float64, rows*s.features), make([]float64, rows*s.outputs)
		for i := range x {
			x[i] = value(r, trees)
		}
		for row := range rows {
			simple(trees, x[row*s.features:(row+1)*s.features], want[row*s.outputs:(row+1)*s.outputs])
		}
		for name, f := range forests {
			seen[name]++
			if s.sets {
				seen[name+" of sets"]++
			}
			again := f.Trees()
			if err := again.Check(s.features, s.outputs); err != nil {
				t.Fatalf("%s, %+v, written anew: %v", name, s, err)
			}
			for row := range rows {
				out := make([]float64, s.outputs)
				simple(again, x[row*s.features:(row+1)*s.features], out)
				for k, v := range out {
					if !same(v, want[row*s.outputs+k]) {
						t.Fatalf("%s, %+v, written anew: %v, want %v", name, s, v, want[row*s.outputs+k])
					}
				}
			}
			if a, b := again.Expectation(s.outputs), trees.Expectation(s.outputs); !near(a, b) {
				t.Fatalf("%s, %+v, written anew: expects %v, want %v", name, s, a, b)
			}
			given := append([]float64(nil), x...)
			got, one := make([]float64, len(want)), make([]float64, s.outputs)
			f.ScoresOf(byColumns(given, s.features), s.features, rows, got, dirty(f.WorkOf(s.features)))
			for i, v := range want {
				if !same(got[i], v) {
					t.Fatalf("round %d, %s, %+v, score %d of the rows is %v, want %v", round, name, s, i, got[i], v)
				}
			}
			for row := range rows {
				f.Scores(given[row*s.features:(row+1)*s.features], one, dirty(f.Work(s.features)))
				for k := range one {
					if !same(one[k], want[row*s.outputs+k]) {
						t.Fatalf("round %d, %s, %+v, row %d, score %d is %v, want %v", round, name, s, row, k, one[k], want[row*s.outputs+k])
					}
				}
			}
			for i := range x {
				if math.Float64bits(given[i]) != math.Float64bits(x[i]) {
					t.Fatalf("%s has changed its row", name)
				}
			}
		}
	}
	for _, name := range []string{"compiled", "scan", "quick", "deep", "plain", "quick of sets", "plain of sets"} {
		if seen[name] < 100 {
			t.Errorf("only %d ensembles were laid out %s", seen[name], name)
		}
	}
}

// same is equality in which NaN is itself: a linear leaf makes one of infinities.
func same(a, b float64) bool { return a == b || a != a && b != b } //nolint:gocritic // NaN

func near(a, b []float64) bool {
	for k := range a {
		if math.Abs(a[k]-b[k]) > 1e-9*max(1, math.Abs(b[k])) {
			return false
		}
	}
	return true
}

// layouts gives every layout that an ensemble has, besides the one chosen.
func layouts(t *Trees, s shape) map[string]*Forest {
	f := Compile(t, s.outputs)
	forests := map[string]*Forest{"compiled": f}
	other := *f
	other.scan, other.quick, other.deep, other.plain, other.source = nil, nil, nil, newPlain(t, f.width), t
	forests["plain"] = &other
	if len(t.Lines) > 0 {
		return forests
	}
	if c := newScan(t, f.width); c != nil {
		other := *f
		other.scan, other.quick, other.deep, other.plain, other.source = c, nil, nil, nil, t
		forests["scan"] = &other
	}
	if q := newQuick(t, f.width); q != nil {
		other := *f
		other.scan, other.quick, other.deep, other.plain, other.source = nil, q, nil, nil, t
		forests["quick"] = &other
	}
	if d := newDeep(t, f.width); d != nil {
		other := *f
		other.scan, other.quick, other.deep, other.plain, other.source = nil, nil, d, nil, nil
		forests["deep"] = &other
	}
	return forests
}

// value is a number at which something happens: a threshold or next to one, a
// category, missing, endless.
func value(r *rand.Rand, t *Trees) float64 {
	switch r.IntN(8) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1 - 2*r.IntN(2))
	case 2, 3, 4:
		at := t.Threshold[r.IntN(len(t.Threshold))]
		switch r.IntN(4) {
		case 0:
			return math.Nextafter(at, math.Inf(1))
		case 1:
			return math.Nextafter(at, math.Inf(-1))
		case 2:
			return float64(math.Nextafter32(float32(at), float32(math.Inf(-1))))
		}
		return at
	case 5:
		return float64(r.IntN(80) - 5)
	}
	return number(r)
}

// byColumns turns rows into columns.
func byColumns(x []float64, features int) []float64 {
	rows := len(x) / features
	turned := make([]float64, len(x))
	for i, v := range x {
		turned[i%features*rows+i/features] = v
	}
	return turned
}

// dirty is memory in which something stands.
func dirty(n int) []float64 {
	cells := make([]float64, n)
	for i := range cells {
		cells[i] = math.Float64frombits(0xdeadbeefcafe1234)
	}
	return cells
}

// TestLargeBlocks: more rows than a block holds, in trees of many nodes.
func TestLargeBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // not for secrets
	s := shape{rule: SingleAtMost, trees: 9, leaves: 3000, features: 5, outputs: 1, perTree: true, mean: true}
	trees := random(r, s)
	f := Compile(trees, 1)
	if f.deep == nil {
		t.Fatal("trees of thousands of leaves are not laid out for walking")
	}
	const rows = 2*blockRows + 13
	x, got := make([]float64, rows*s.features), make([]float64, rows)
	for i := range x {
		x[i] = value(r, trees)
	}
	f.ScoresOf(byColumns(x, s.features), s.features, rows, got, dirty(f.WorkOf(s.features)))
	for row := range rows {
		var want [1]float64
		simple(trees, x[row*s.features:(row+1)*s.features], want[:])
		if got[row] != want[0] {
			t.Fatalf("row %d: %v, want %v", row, got[row], want[0])
		}
	}
}

// TestManyGoroutines: a forest is shared, memory is not.
func TestManyGoroutines(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8)) //nolint:gosec // not for secrets
	for _, leaves := range []int{30, 500} {
		s := shape{rule: SingleBelow, trees: 20, leaves: leaves, features: 4, outputs: 1, perTree: true}
		trees := random(r, s)
		f := Compile(trees, 1)
		x, want := make([]float64, 50*s.features), make([]float64, 50)
		for i := range x {
			x[i] = value(r, trees)
		}
		for row := range want {
			simple(trees, x[row*s.features:(row+1)*s.features], want[row:row+1])
		}
		columns := byColumns(x, s.features)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				work, got := dirty(f.WorkOf(s.features)), make([]float64, 50)
				for range 20 {
					f.ScoresOf(columns, s.features, 50, got, work)
					for row := range want {
						if got[row] != want[row] {
							t.Errorf("row %d: %v, want %v", row, got[row], want[row])
							return
						}
					}
				}
			})
		}
		all.Wait()
	}
}

func TestNothingIsAllocated(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10)) //nolint:gosec // not for secrets
	for _, unusual := range []bool{false, true} {
		for _, leaves := range []int{30, 500} {
			s := shape{rule: SingleAtMost, trees: 20, leaves: leaves, features: 4, outputs: 1, perTree: true, unusual: unusual}
			f := Compile(random(r, s), 1)
			work, x, out := make([]float64, f.WorkOf(4)), make([]float64, 40), make([]float64, 10)
			if n := testing.AllocsPerRun(20, func() { f.Scores(x[:4], out[:1], work) }); n != 0 {
				t.Errorf("%d leaves: %v allocations per row", leaves, n)
			}
			if n := testing.AllocsPerRun(20, func() { f.ScoresOf(x, 4, 10, out, work) }); n != 0 {
				t.Errorf("%d leaves: %v allocations per block", leaves, n)
			}
		}
	}
}

// TestCategories: what the source systems do with odd categories.
func TestCategories(t *testing.T) {
	set := Set{Bits: []uint32{1 << 3, 1}} // 3 and 32
	others := Set{Bits: set.Bits, Others: true}
	known := Set{Bits: []uint32{1 << 3}, Known: []uint32{1<<3 | 1<<4}}
	for _, c := range []struct {
		set         Set
		x           float64
		missingLeft bool
		cast        bool
		want        bool
	}{
		{set, 3, false, false, true},
		{set, 3.7, false, false, true},
		{set, 4, true, false, false},
		{set, 32, false, true, true},
		{set, 64, true, false, false},
		{set, -1, true, false, false},
		{set, 1e300, true, false, false},
		{set, math.Inf(1), true, false, false},
		{set, math.Inf(-1), true, false, false},
		{others, 3, true, true, false},
		{others, 4, false, true, true},
		{others, -0.5, false, true, true},
		{known, 3, false, false, true},
		{known, 4, true, false, false},
		{known, 5, true, false, true},   // unknown: as missing
		{known, 5, false, false, false}, // unknown: as missing
		{known, -0.5, true, false, true},
		{Set{Bits: []uint32{1}}, -0.5, false, false, true}, // LightGBM: cut to 0
		{Set{Bits: []uint32{1}}, -0.5, false, true, false},
	} {
		if got := c.set.left(c.x, c.missingLeft, c.cast); got != c.want {
			t.Errorf("%+v, x = %v, missing left %v, cast %v: left is %v", c.set, c.x, c.missingLeft, c.cast, got)
		}
	}
}

func TestWrongTreesAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Trees){
		"set: there are 1":                 func(t *Trees) { t.Set = []int32{0} },
		"set[0]: there is no set 2":        func(t *Trees) { t.Set = []int32{2, -1, -1} },
		"zero_missing: there are 1":        func(t *Trees) { t.ZeroMissing = []bool{true} },
		"node 0 is no leaf":                func(t *Trees) { t.Lines = []Line{{Node: 0}} },
		"lines[0]: node 7 is no leaf":      func(t *Trees) { t.Lines = []Line{{Node: 7}} },
		"does not come after":              func(t *Trees) { t.Lines = []Line{{Node: 2}, {Node: 1}} },
		"1 features and 0 weights":         func(t *Trees) { t.Lines = []Line{{Node: 1, Features: []int32{0}}} },
		"uses feature 4, there are 1":      func(t *Trees) { t.Lines = []Line{{Node: 1, Features: []int32{4}, Weights: []float64{1}}} },
		"a weight must be":                 func(t *Trees) { t.Lines = []Line{{Node: 1, Features: []int32{0}, Weights: []float64{math.NaN()}}} },
		"the constant must be":             func(t *Trees) { t.Lines = []Line{{Node: 1, Constant: math.Inf(1)}} },
		"sets[0]: it has 600000 words":     func(t *Trees) { t.Sets = []Set{{Bits: make([]uint32, 600000)}} },
		"rule: there is no rule":           func(t *Trees) { t.Rule = "" },
		"roots[0]: node 1 has two parents": func(t *Trees) { t.Right[0] = 1 },
	} {
		trees := &Trees{
			Roots: []int32{0}, Output: []int32{0}, Feature: []int32{0, -1, -1}, Threshold: []float64{1, 0, 0}, Left: []int32{1, -1, -1}, Right: []int32{2, -1, -1},
			MissingLeft: []bool{true, false, false}, Value: []float64{0, 1, 2}, Cover: []float64{4, 3, 1}, Base: []float64{0}, Rule: DoubleAtMost,
		}
		change(trees)
		if err := trees.Check(1, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func BenchmarkScores(b *testing.B) {
	r := rand.New(rand.NewPCG(11, 12)) //nolint:gosec // not for secrets
	for _, s := range []shape{
		{rule: SingleBelow, trees: 100, leaves: 31, features: 8, outputs: 1, perTree: true, single: true},
		{rule: DoubleAtMost, trees: 500, leaves: 31, features: 28, outputs: 1, perTree: true},
		{rule: SingleAtMost, trees: 100, leaves: 10000, features: 8, outputs: 1, perTree: true, mean: true},
	} {
		trees := random(r, s)
		f := Compile(trees, 1)
		x, out, work := make([]float64, 1000*s.features), make([]float64, 1000), make([]float64, f.WorkOf(s.features))
		for i := range x {
			x[i] = r.NormFloat64()
		}
		b.Run(fmt.Sprintf("trees=%d/leaves=%d/rows=1", s.trees, s.leaves), func(b *testing.B) {
			row := 0
			for b.Loop() {
				row = (row + 1) % 1000
				f.Scores(x[row*s.features:(row+1)*s.features], out[:1], work)
			}
		})
		b.Run(fmt.Sprintf("trees=%d/leaves=%d/rows=1000", s.trees, s.leaves), func(b *testing.B) {
			for b.Loop() {
				f.ScoresOf(x, s.features, 1000, out, work)
			}
		})
	}
}
