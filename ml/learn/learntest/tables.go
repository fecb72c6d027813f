package learntest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/predict"
)

// draw makes hostile columns, the same every time.
type draw struct {
	*rand.Rand
	n int
}

func drawOf(n int) draw {
	return draw{rand.New(rand.NewPCG(11, uint64(n))), n} //nolint:gosec // a reproducible draw is the point
}

func (d draw) number(name string, of func(i int) float64) *frame.Column {
	c := &frame.Column{Name: name, Kind: frame.Number, Values: make([]float64, d.n)}
	for i := range c.Values {
		c.Values[i] = of(i)
	}
	return c
}

func (d draw) normal(name string) *frame.Column {
	return d.number(name, func(int) float64 { return d.NormFloat64() })
}

func (d draw) category(name string, levels []string, of func(i int) int) *frame.Column {
	sorted := slices.Clone(levels)
	slices.Sort(sorted)
	c := &frame.Column{Name: name, Kind: frame.Category, Levels: sorted, Codes: make([]int32, d.n)}
	for i := range c.Codes {
		c.Codes[i] = int32(of(i)) //nolint:gosec // a place among levels, or -1
	}
	return c
}

// target depends on the first column, where it has numbers, and on chance.
func (d draw) target(task string, positive bool, x *frame.Column) learn.Target {
	y := make([]float64, d.n)
	for i := range y {
		y[i] = d.NormFloat64()
		if x != nil && x.Kind != frame.Category {
			if v := x.Values[i]; math.Abs(v) < 1e6 {
				y[i] += 2 * v
			}
		}
	}
	switch task {
	case predict.TaskRegression:
		if positive {
			for i, v := range y {
				y[i] = math.Exp(min(max(v, -6), 6) / 4)
			}
		}
		return learn.Regression("y", y)
	case predict.TaskBinary:
		codes := byRank(y, 2)
		return learn.Target{Name: "y", Task: task, Y: codes, Classes: []string{"no", "yes"}}
	}
	return learn.Target{Name: "y", Task: task, Y: byRank(y, 3), Classes: []string{"high", "low", "middle"}}
}

// byRank makes classes of equal size, so that even two rows have two.
func byRank(y []float64, classes int) []float64 {
	sorted := slices.Sorted(slices.Values(y))
	codes := make([]float64, len(y))
	for i, v := range y {
		at, _ := slices.BinarySearch(sorted, v)
		codes[i] = float64(at * classes / len(y))
	}
	return codes
}

func hostile(task string, positive bool) []table {
	var all []table
	add := func(name string, d draw, columns ...*frame.Column) *table {
		var first *frame.Column
		if len(columns) > 0 {
			first = columns[0]
		}
		all = append(all, table{name: name, features: mustFrame(columns...), target: d.target(task, positive, first)})
		return &all[len(all)-1]
	}
	d := drawOf(120)
	none := func(int) float64 { return math.NaN() }
	add("no columns", drawOf(0)).refused = true
	add("only missing", d, d.number("a", none), d.number("b", none)).refused = true
	add("only constant", d, d.number("a", func(int) float64 { return 3 })).refused = true
	add("beside a column of nothing", d, d.normal("a"), d.number("b", none), d.category("c", []string{"x"}, func(int) int { return -1 })).usual = true
	add("nearly constant", d, d.normal("a"), d.number("b", func(i int) float64 { return float64(i / 119) })).usual = true
	add("one value and missing ones", d, d.normal("a"), d.category("c", []string{"x"}, func(i int) int { return i%2 - 1 })).usual = true
	names := make([]string, d.n)
	for i := range names {
		names[i] = fmt.Sprintf("customer %03d", i)
	}
	add("only an identifier", d, d.category("id", names, func(i int) int { return i })).refused = true
	add("levels with odd names", d, d.normal("a"), d.category("c",
		[]string{" ", "\"quoted\", 'twice'", "a=b", "e\u0301", "é", "日本語", "\U0001F600", "{}", strings.Repeat("long ", 800), "line\nbreak", "NaN", "missing"},
		func(i int) int { return i % 12 })).usual = true
	add("columns with odd names", d, d.normal(" "), d.normal("日本語"), d.normal("a=b"), d.normal(strings.Repeat("x", 4000)), d.normal("\"\n\\")).usual = true
	for name, level := range map[string]string{"a level without text": "", "a level with a control character": "\x00", "a level of 100,000 bytes": strings.Repeat("long ", 20_000), "a level that is no UTF-8": "\xff"} {
		bad := add(name, d, d.normal("a"), d.category("c", []string{"x", level}, func(i int) int { return i / 60 }))
		bad.refused, bad.says = true, []string{`"c"`, "row "}
	}
	long := add("a column whose name has 10,000 bytes", d, d.normal("a"), d.normal(strings.Repeat("x", 10_000)))
	long.refused, long.says = true, []string{`"xxxxx`, "10000 bytes"}
	hostileNumbers(d, add)
	hostileShapes(add)
	return append(all, hostileTargets(d, task, positive)...)
}

func hostileNumbers(d draw, add func(string, draw, ...*frame.Column) *table) {
	infinite := add("an infinite value", d, d.normal("a"), d.number("speed", func(i int) float64 {
		if i == 6 {
			return math.Inf(-1)
		}
		return d.Float64()
	}))
	infinite.refused, infinite.says = true, []string{`"speed"`, "row 7"}
	for _, size := range []float64{1e101, 1e300, math.MaxFloat64} {
		large := add(fmt.Sprintf("%.3g", size), d, d.normal("a"), d.number("b", func(i int) float64 { return size * float64(i%3-1) }))
		large.refused, large.says = true, []string{`"b"`, "row 1"}
	}
	add("1e100", d, d.normal("a"), d.number("b", func(i int) float64 { return 1e100 * float64(i%3-1) }))
	add("1e-300", d, d.normal("a"), d.number("b", func(int) float64 { return 1e-300 * d.NormFloat64() }))
	add("the smallest doubles", d, d.normal("a"), d.number("b", func(i int) float64 { return float64(i%5) * math.SmallestNonzeroFloat64 }))
	add("small differences of large numbers", d, d.number("a", func(int) float64 { return 1e15 + math.Round(8*d.NormFloat64())/8 }), d.normal("b")).usual = true
	add("an outlier", d, d.normal("a"), d.number("b", func(i int) float64 {
		if i == 40 {
			return 1e18
		}
		return d.NormFloat64()
	})).usual = true
	add("from 1e-100 to 1e100", d, d.number("a", func(i int) float64 { return math.Pow(10, float64(5*(i-60))/3) }))
	a := d.normal("a")
	copied, scaled := *a, d.number("scaled", func(i int) float64 { return 3 - 1e6*a.Values[i] })
	copied.Name = "copied"
	add("duplicated columns", d, a, &copied, scaled).usual = true
	b := d.normal("b")
	add("a column that is the sum of two", d, a, b, d.number("sum", func(i int) float64 { return a.Values[i] + b.Values[i] })).usual = true
	add("nearly the same columns", d, a, d.number("near", func(i int) float64 { return a.Values[i] + 1e-12*d.NormFloat64() })).usual = true
	flags := func(name string) *frame.Column {
		c := d.number(name, func(int) float64 { return float64(d.IntN(2)) })
		c.Kind = frame.Bool
		return c
	}
	add("bools only", d, flags("a"), flags("b"), flags("c")).usual = true
	when := d.number("when", func(int) float64 { return 1.6e9 + 1e7*d.Float64() })
	never := d.number("never", func(i int) float64 { return []float64{math.NaN(), -6.2e10, 2.5e11}[i%3] })
	when.Kind, never.Kind = frame.Time, frame.Time
	add("times", d, when, never).usual = true
	add("zero with signs", d, d.normal("a"), d.number("b", func(i int) float64 { return math.Copysign(float64(i%7/6), float64(i%2)-0.5) })).usual = true
}

func hostileShapes(add func(string, draw, ...*frame.Column) *table) {
	for n := 1; n <= 6; n++ {
		d := drawOf(n)
		rows := add(strconv.Itoa(n)+" rows", d, d.normal("a"), d.category("c", []string{"x", "y"}, func(i int) int { return i % 2 }))
		rows.refused = n == 1
	}
	d := drawOf(30)
	wide := make([]*frame.Column, 60)
	for j := range wide {
		wide[j] = d.normal("column " + strconv.Itoa(j))
	}
	add("more columns than rows", d, wide...).usual = true
	d = drawOf(20_100)
	levels := make([]string, 10_000)
	for k := range levels {
		levels[k] = fmt.Sprintf("level %05d", k)
	}
	add("10,000 levels", d, d.normal("a"), d.category("c", levels, func(i int) int { return i % 10_000 })).usual = true
	d = drawOf(300)
	add("a third of the cells missing", d, d.number("a", func(i int) float64 {
		if i%3 == 0 {
			return math.NaN()
		}
		return d.NormFloat64()
	}), d.category("c", []string{"x", "y", "z"}, func(i int) int { return i%4 - 1 })).usual = true
}

func hostileTargets(d draw, task string, positive bool) []table {
	x := d.normal("a")
	features := mustFrame(x, d.normal("b"), d.category("c", []string{"x", "y", "z"}, func(i int) int { return i % 3 }))
	target := d.target(task, positive, x)
	weighted := func(name string, of func(i int) float64) table {
		t := target
		t.Weights = make([]float64, d.n)
		for i := range t.Weights {
			t.Weights[i] = of(i)
		}
		return table{name: name, features: features, target: t}
	}
	all := []table{
		weighted("weights 0 but of 20 rows", func(i int) float64 { return float64(i / 100) }),
		weighted("weights 0 but of one row", func(i int) float64 { return float64(i / 119) }),
		weighted("tiny weights", func(i int) float64 { return 1e-90 * float64(1+i%3) }),
		weighted("huge weights", func(i int) float64 { return 1e90 * float64(1+i%3) }),
		weighted("weights of all sizes", func(i int) float64 { return math.Pow(10, float64(i%31-15)) }),
	}
	for _, weight := range []float64{1e308, 5e-324} {
		t := weighted(fmt.Sprintf("weights of %g", weight), func(int) float64 { return weight })
		t.refused, t.says = true, []string{"weight"}
		all = append(all, t)
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		t := weighted(fmt.Sprintf("a weight of %g", bad), func(i int) float64 { return []float64{1, bad}[i/119] })
		t.refused, t.says = true, []string{"row 120"}
		all = append(all, t)
	}
	if task == predict.TaskRegression {
		return append(all, hostileNumbersToLearn(d, features, target, positive)...)
	}
	return append(all, hostileClasses(d, features, task)...)
}

func hostileNumbersToLearn(d draw, features *frame.Frame, target learn.Target, positive bool) []table {
	var all []table
	change := func(name string, of func(i int, v float64) float64) *table {
		y := make([]float64, d.n)
		for i, v := range target.Y {
			y[i] = of(i, v)
		}
		all = append(all, table{name: name, features: features, target: learn.Regression("y", y)})
		return &all[len(all)-1]
	}
	for _, scale := range []float64{1e-300, 1e-99, 1e-12, 1e12, 1e98, 1e300} {
		h := change(fmt.Sprintf("a target of the scale %g", scale), func(_ int, v float64) float64 { return scale * v })
		h.refused, h.says = math.Abs(math.Log10(scale)) > 200, []string{`"y"`}
	}
	change("a target of two values", func(i int, _ float64) float64 { return float64(1 + i%2) }).usual = true
	change("a target with one other value", func(i int, _ float64) float64 { return float64(1 + i/119) })
	change("a target of small differences", func(_ int, v float64) float64 { return 1e15 + math.Round(v*8)/8 })
	change("a target with an outlier", func(i int, v float64) float64 { return v + 1e12*float64(i/119) })
	change("the target among the columns", func(i int, _ float64) float64 { return math.Abs(features.Columns()[0].Values[i]) + 0.1 }).usual = true
	if !positive {
		change("a target of the largest numbers", func(i int, _ float64) float64 { return learn.Largest * float64(i%3-1) })
	}
	return all
}

func hostileClasses(d draw, features *frame.Frame, task string) []table {
	several := func(name string, classes int, of func(i int) int) table {
		t := learn.Target{Name: "y", Task: task, Y: make([]float64, d.n)}
		for k := range classes {
			t.Classes = append(t.Classes, fmt.Sprintf("class %02d", k))
		}
		for i := range t.Y {
			t.Y[i] = float64(of(i))
		}
		return table{name: name, features: features, target: t}
	}
	if task == predict.TaskBinary {
		return []table{
			several("a class of one row", 2, func(i int) int { return i / 119 }),
			several("classes that a column tells apart", 2, func(i int) int { return int((1 + math.Copysign(1, features.Columns()[0].Values[i])) / 2) }),
		}
	}
	return []table{
		several("a class of one row", 3, func(i int) int { return i%2 + i/119*(2-i%2) }),
		several("a class of no rows", 4, func(i int) int { return i % 3 }),
		several("two classes of three", 3, func(i int) int { return 2 * (i % 2) }),
		several("50 classes", 50, func(i int) int { return i % 50 }),
		several("a class per row or two", 60, func(i int) int { return i % 60 }),
	}
}
