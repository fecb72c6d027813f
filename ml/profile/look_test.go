package profile_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dasier/ml/drift"
	"dasier/ml/frame"
	"dasier/ml/profile"

	"github.com/google/go-cmp/cmp"
)

// TestWarningsOfAbsenceAndCopies plants one defect at a time, as TestWarnings.
func TestWarningsOfAbsenceAndCopies(t *testing.T) {
	nan := math.NaN()
	y, x, e := noise(1), noise(3), noise(2)
	target, other := numbers("y", n, y), numbers("x", n, x)
	level := func(i int) string { return "l" + fmt.Sprint(i/7%5) }
	absent := func(name string, from *frame.Column, is func(i int) bool) *frame.Column {
		return numbers(name, n, func(i int) float64 {
			if is(i) {
				return nan
			}
			return e(i)
		})
	}
	built := numbers("built", n, func(i int) float64 { return float64(1950 + i*13%60) })
	for _, test := range []struct {
		name    string
		planted []*frame.Column
		want    []string
		text    string // of the first warning's first item
	}{
		{
			"missing by a level",
			[]*frame.Column{absent("z", nil, func(i int) bool { return i/7%5 == 2 })},
			[]string{"medium missing_depends z", "low missing z"},
			`in 100 % of the rows where c is "l2", 0 % elsewhere`,
		},
		{
			"missing beyond a threshold",
			[]*frame.Column{absent("z", nil, func(i int) bool { return other.Values[i] > 1 })},
			[]string{"medium missing_depends z", "low missing z"},
			`elsewhere`,
		},
		{
			"missing nearly together",
			[]*frame.Column{
				absent("z", nil, func(i int) bool { return i*7919%n < 300 }), absent("w", nil, func(i int) bool { return i*7919%n < 310 }),
			},
			[]string{"low missing w,z", "low missing_together "},
			"",
		},
		{"a zero among years", []*frame.Column{numbers("z", n, func(i int) float64 {
			if i%400 == 7 {
				return 0
			}
			return float64(1900 + i*31%110)
		})}, []string{"medium sentinel z", "low outliers z", "low skew z"}, "0 stands in 5 rows, far from the rest"},
		{"the end of 32 bits", []*frame.Column{numbers("z", n, func(i int) float64 {
			if i%400 == 7 {
				return math.MaxInt32
			}
			return e(i)
		})}, []string{"medium sentinel z", "low outliers z", "low skew z"}, ""},
		{"a zero among small numbers is a number", []*frame.Column{numbers("z", n, func(i int) float64 { return float64(i * 31 % 40) })}, nil, ""},
		{
			"another scale",
			[]*frame.Column{built, numbers("z", n, func(i int) float64 { return 3 - 2.5*built.Values[i] })},
			[]string{"medium same z"},
			"−2.5 × built + 3",
		},
		{
			"the same cells",
			[]*frame.Column{built, numbers("z", n, func(i int) float64 { return built.Values[i] })},
			[]string{"medium same z"},
			"the same cells as built",
		},
		{
			"other names",
			[]*frame.Column{texts("z", n, func(i int) string { return "m" + fmt.Sprint(9-i/7%5) })},
			[]string{"medium same z"},
			`the levels of c by other names, such as "m9" for "l0"`,
		},
		{
			"a joined level is no copy",
			[]*frame.Column{texts("z", n, func(i int) string { return "m" + fmt.Sprint(i/7%5/2) })},
			[]string{"low redundant c"},
			"",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := of(t, profile.Config{Target: "y"}, append([]*frame.Column{target, other, texts("c", n, level)}, test.planted...)...)
			if diff := cmp.Diff(test.want, warned(p)); diff != "" {
				t.Fatal(diff)
			}
			if test.text == "" {
				return
			}
			if got := strings.ReplaceAll(p.Warnings[0].Items[0].Text, "\u202f", " "); !strings.Contains(got, test.text) {
				t.Errorf("got %q, want %q", got, test.text)
			}
		})
	}
}

// clean is a table without any defect: numbers of several shapes, levels, yes
// and no, dates, values missing at random, and a target that some of it explains.
func clean(seed uint64, rows int) []*frame.Column {
	random := rand.New(rand.NewPCG(seed, 77))
	normal := func(int) float64 { return random.NormFloat64() }
	a, b := numbers("a", rows, normal), numbers("b", rows, normal)
	lack := func(f func(int) float64) func(int) float64 {
		return func(i int) float64 {
			if random.Float64() < .015 {
				return math.NaN()
			}
			return f(i)
		}
	}
	when := numbers("sold", rows, func(int) float64 { return float64(random.IntN(365*3)) * 86400 })
	when.Kind = frame.Time
	yes := numbers("yes", rows, func(int) float64 { return float64(random.IntN(2)) })
	yes.Kind = frame.Bool
	return []*frame.Column{
		numbers("y", rows, func(i int) float64 { return a.Values[i] + .5*b.Values[i] + random.NormFloat64() }), a, b,
		numbers("rooms", rows, lack(func(int) float64 { return float64(1 + random.IntN(8)) })),
		numbers("share", rows, lack(func(int) float64 { return random.Float64() })),
		texts("town", rows, func(int) string { return fmt.Sprint("t", random.IntN(6)) }),
		texts("style", rows, func(int) string { return fmt.Sprint("s", min(random.IntN(12), 8)) }),
		yes, when,
	}
}

// TestLongCleanDataIsLeftInPeace counts the warnings about clean data over seeds: a
// warning that cries at chance is soon not read.
func TestLongCleanDataIsLeftInPeace(t *testing.T) {
	for _, rows := range []int{300, 1000, 4000} {
		const seeds = 40
		counts := make(map[string]int)
		for seed := range uint64(seeds) {
			for _, w := range of(t, profile.Config{Target: "y"}, clean(seed, rows)...).Warnings {
				counts[w.Kind]++
			}
		}
		for kind, count := range counts {
			if count > seeds/20 { // 1 in 20 tables at most, of each kind
				t.Errorf("%d rows: %s in %d of %d clean tables", rows, kind, count, seeds)
			}
		}
		t.Logf("%d rows: %v", rows, counts)
	}
}

func TestDriftWithTime(t *testing.T) {
	columns := clean(5, 3000)
	sold := columns[len(columns)-1]
	moving := numbers("moving", 3000, noise(9))
	for i := range moving.Values {
		moving.Values[i] += sold.Values[i] / 86400 / 365 // one standard deviation a year
	}
	mode := texts("mode", 3000, func(i int) string {
		if sold.Values[i] > 700*86400 {
			return "new"
		}
		return []string{"a", "b"}[i%2]
	})
	year := numbers("year", 3000, func(i int) float64 { return math.Floor(sold.Values[i] / 86400 / 30) })
	p := of(t, profile.Config{Target: "y"}, append(columns, moving, mode, year)...)
	d := p.Drift
	if d == nil || d.Column != "sold" || d.Rows[0] < 900 || d.Rows[1] < 900 {
		t.Fatalf("%+v", d)
	}
	if diff := cmp.Diff([]string{"year"}, d.Runs); diff != "" {
		t.Error(diff)
	}
	verdicts := map[string]drift.Verdict{}
	for _, s := range d.Shifts {
		verdicts[s.Column] = s.Verdict
	}
	for _, name := range []string{"y", "a", "b", "rooms", "share", "town", "style", "yes"} {
		if v := verdicts[name]; v != drift.Stable && v != drift.Unclear {
			t.Errorf("%s: %s", name, v)
		}
	}
	first, second := d.Shifts[0], d.Shifts[1]
	if first.Column != "mode" || first.Verdict != drift.Strong || first.Level != "new" || *first.Points[0] != 0 || *first.Points[len(first.Points)-1] != 1 {
		t.Errorf("%+v", first)
	}
	if second.Column != "moving" || second.Verdict != drift.Strong || len(second.Points) != 12 || *second.Points[11]-*second.Points[0] < 2 {
		t.Errorf("%+v", second)
	}
	if !slices.ContainsFunc(warned(p), func(w string) bool { return w == "medium drift mode,moving" || w == "medium drift moving,mode" }) {
		t.Error(warned(p))
	}
	if html := page(t, p); !strings.Contains(html, `id="time"`) || strings.Count(html, `class="spark"`) != len(d.Shifts) {
		t.Error("the page does not draw what drifts")
	}
}

// TestNoDriftWithoutThirds: one moment that holds most rows parts nothing.
func TestNoDriftWithoutThirds(t *testing.T) {
	columns := clean(6, 1000)
	sold := columns[len(columns)-1]
	for i := range 800 {
		sold.Values[i] = 0
	}
	if d := of(t, profile.Config{}, columns...).Drift; d != nil {
		t.Errorf("%+v", d)
	}
}

func TestMatrix(t *testing.T) {
	a := numbers("a", n, noise(1))
	e := noise(2)
	near := func(name string, sign float64) *frame.Column {
		return numbers(name, n, func(i int) float64 { return sign*a.Values[i] + .5*e(i) })
	}
	columns := []*frame.Column{a, numbers("x", n, noise(3)), near("b", 1), texts("c", n, func(i int) string { return "l" + fmt.Sprint(i%5) }), near("d", -1)}
	p := of(t, profile.Config{Target: "b"}, columns...)
	m := p.Matrix
	if m == nil || len(m.Columns) != 5 || m.Columns[0] != "b" {
		t.Fatalf("%+v", m)
	}
	at := func(a, b string) int {
		i, j := slices.Index(m.Columns, a), slices.Index(m.Columns, b)
		return *m.Values[max(i, j)][min(i, j)]
	}
	if v := at("a", "b"); v < 85 || v > 95 {
		t.Errorf("a and b: %d", v)
	}
	if v := at("b", "d"); v > -70 {
		t.Errorf("b and d: %d", v)
	}
	if v := at("c", "x"); v < 0 || v > 10 {
		t.Errorf("c and x: %d", v)
	}
	if d := slices.Index(m.Columns, "a") - slices.Index(m.Columns, "d"); d != 1 && d != -1 {
		t.Errorf("likes are not neighbours: %v", m.Columns)
	}
	html := page(t, p)
	if strings.Count(html, `class="own"`) != 5 || !strings.Contains(html, `class="down"`) {
		t.Error("the page does not draw the matrix")
	}
}

// TestIntervalsOfMeansCover holds the intervals of target means to 95 %, over
// tables of which the truth is known.
func TestIntervalsOfMeansCover(t *testing.T) {
	for name, draw := range map[string]func(r *rand.Rand, level int) float64{
		"number": func(r *rand.Rand, level int) float64 { return 1e6 + float64(level) + r.NormFloat64() },
		"share": func(r *rand.Rand, level int) float64 {
			if r.Float64() < .1+.1*float64(level) {
				return 1
			}
			return 0
		},
	} {
		truth := func(level int) float64 {
			if name == "share" {
				return .1 + .1*float64(level)
			}
			return 1e6 + float64(level)
		}
		covered, all := 0, 0
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 3))
			level := func(i int) int { return i % 4 }
			y := numbers("y", 400, func(i int) float64 { return draw(r, level(i)) })
			if name == "share" {
				y.Kind = frame.Bool
			}
			p := of(t, profile.Config{Target: "y"}, y, texts("c", 400, func(i int) string { return "l" + fmt.Sprint(level(i)) }))
			for _, l := range p.Variables[1].Levels {
				want := truth(int(l.Text[1] - '0'))
				all++
				if math.Abs(*l.Target-want) <= *l.Half {
					covered++
				}
			}
		}
		if covered < all*90/100 || covered > all*99/100 { // of 240 at 95 %, 216 to 237
			t.Errorf("%s: %d of %d intervals hold the truth", name, covered, all)
		}
		t.Logf("%s: %d of %d", name, covered, all)
	}
}

// TestLongManyColumnsStaySmall: 200 columns of all kinds, with target, time and
// everything that is drawn.
func TestLongManyColumnsStaySmall(t *testing.T) {
	columns := clean(3, 2000)
	for seed := uint64(100); len(columns) < 200; seed++ {
		for _, c := range clean(seed, 2000)[1:8] {
			c.Name += fmt.Sprint("_", seed)
			columns = append(columns, c)
		}
	}
	p := of(t, profile.Config{Target: "y", Time: "sold"}, columns[:200]...)
	if p.Drift == nil || p.Matrix == nil {
		t.Fatal("no drift, or no matrix")
	}
	if size := len(encode(t, p)); size > 100_000 {
		t.Errorf("%d bytes for 200 columns", size)
	} else {
		t.Logf("%d bytes for 200 columns", size)
	}
}
