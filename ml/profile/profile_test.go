package profile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/profile"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func numbers(name string, n int, f func(i int) float64) *frame.Column {
	c := &frame.Column{Name: name, Kind: frame.Number, Values: make([]float64, n)}
	for i := range n {
		c.Values[i] = f(i)
	}
	return c
}

func texts(name string, n int, f func(i int) string) *frame.Column {
	var rows strings.Builder
	rows.WriteString("x,y\n")
	for i := range n {
		fmt.Fprintf(&rows, "\"%s\",0\n", strings.ReplaceAll(f(i), `"`, `""`))
	}
	read, err := frame.ReadCSV(strings.NewReader(rows.String()), frame.CSVConfig{Kinds: map[string]frame.Kind{"x": frame.Category}})
	if err != nil {
		panic(err)
	}
	c := *read.Columns()[0]
	c.Name = name
	return &c
}

func table(t testing.TB, columns ...*frame.Column) *frame.Frame {
	t.Helper()
	f, err := frame.New(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func of(t testing.TB, cfg profile.Config, columns ...*frame.Column) *profile.Profile {
	t.Helper()
	p, err := profile.New(table(t, columns...), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// warned lists "severity kind columns" of every warning.
func warned(p *profile.Profile) []string {
	var all []string
	for _, w := range p.Warnings {
		var columns []string
		for _, item := range w.Items {
			columns = append(columns, item.Column)
		}
		all = append(all, fmt.Sprintf("%s %s %s", w.Severity, w.Kind, strings.Join(columns, ",")))
	}
	return all
}

const n = 2000

// noise is one fixed sequence per seed.
func noise(seed uint64) func(int) float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(int) float64 { return random.NormFloat64() }
}

// TestWarnings plants one defect at a time in a table without any, and wants
// exactly that warning.
func TestWarnings(t *testing.T) {
	nan := math.NaN()
	target := numbers("y", n, noise(1))
	y := func(i int) float64 { return target.Values[i] }
	class := texts("y", n, func(i int) string { return []string{"a", "b"}[i%2] })
	e := noise(2)
	for _, test := range []struct {
		name    string
		target  *frame.Column
		planted []*frame.Column
		want    []string
	}{
		{"nothing", target, nil, nil},
		{"copy of the target", target, []*frame.Column{numbers("z", n, func(i int) float64 { return 2*y(i) + 1 })}, []string{"high leak z"}},
		{"curved copy", target, []*frame.Column{numbers("z", n, func(i int) float64 { return math.Atan(y(i)) })}, []string{"high leak z"}},
		{"noisy copy", target, []*frame.Column{numbers("z", n, func(i int) float64 { return y(i) + .4*e(i) })}, []string{"medium leak z"}},
		{"class in words", class, []*frame.Column{texts("z", n, func(i int) string { return fmt.Sprintf("%d%d", i%2, i%6) })}, []string{"high leak z"}},
		{"constant", target, []*frame.Column{numbers("z", n, func(int) float64 { return 7 })}, []string{"medium constant z"}},
		{"empty", target, []*frame.Column{numbers("z", n, func(int) float64 { return nan })}, []string{"medium constant z"}},
		{"serial number", target, []*frame.Column{numbers("z", n, func(i int) float64 { return float64(i) })}, []string{"medium id z"}},
		{"names", target, []*frame.Column{texts("z", n, func(i int) string { return fmt.Sprint("n", i) })}, []string{"medium id z"}},
		{"many levels", target, []*frame.Column{texts("z", n, func(i int) string { return fmt.Sprint("n", i%300) })}, []string{"low cardinality z"}},
		{"outlier", target, []*frame.Column{numbers("z", n, func(i int) float64 {
			if i == 5 {
				return 11
			}
			return e(i)
		})}, []string{"low outliers z"}},
		{"missing at random", target, []*frame.Column{numbers("z", n, func(i int) float64 {
			if i%7 == 0 {
				return nan
			}
			return e(i)
		})}, []string{"low missing z"}},
		{"missing where the target is high", target, []*frame.Column{numbers("z", n, func(i int) float64 {
			if y(i) > 1 {
				return nan
			}
			return e(i)
		})}, []string{"medium missing_target z", "low missing z"}},
		{"missing in a class", class, []*frame.Column{numbers("z", n, func(i int) float64 {
			if i%10 == 0 {
				return nan
			}
			return e(i)
		})}, []string{"medium missing_target z", "low missing z"}},
		{"sentinel", target, []*frame.Column{numbers("z", n, func(i int) float64 {
			if i%700 == 0 {
				return -999
			}
			return e(i)
		})}, []string{"medium sentinel z", "low outliers z", "low skew z"}},
		{"almost numbers", target, []*frame.Column{texts("z", n, func(i int) string {
			if i == 3 {
				return "n. a."
			}
			return fmt.Sprint(i % 50)
		})}, []string{"medium almost_numbers z", "low cardinality z"}},
		{"spelt in two ways", target, []*frame.Column{texts("z", n, func(i int) string { return []string{"WD ", "WD", "New"}[i%3] })}, []string{"medium variants z"}},
		{"dates of either order", target, []*frame.Column{texts("z", n, func(i int) string { return fmt.Sprintf("0%d/0%d/2021", 1+i%9, 1+i%7) })}, []string{"medium dates z", "low cardinality z"}},
		{"rare class", texts("y", n, func(i int) string { return []string{"a", "b"}[min(1, (i+1)%12)] }), nil, []string{"medium imbalance y"}},
		{"very rare class", texts("y", n, func(i int) string { return []string{"a", "b"}[min(1, (i+1)%150)] }), nil, []string{"high imbalance y"}},
		{"target missing", numbers("y", n, func(i int) float64 {
			if i == 9 {
				return nan
			}
			return y(i)
		}), nil, []string{"high target_missing y"}},
		{"target skewed", numbers("y", n, func(i int) float64 { return math.Exp(y(i)) }), nil, []string{"medium target_skew y"}},
		{"infinite", target, []*frame.Column{numbers("z", n, func(i int) float64 {
			if i == 4 {
				return math.Inf(1)
			}
			return e(i)
		})}, []string{"high infinite z"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			columns := append([]*frame.Column{test.target, numbers("x", n, noise(3)), texts("c", n, func(i int) string { return "l" + fmt.Sprint(i/7%5) })}, test.planted...)
			got := warned(of(t, profile.Config{Target: "y"}, columns...))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRowsThatRepeat(t *testing.T) {
	x, y := numbers("x", n, noise(1)), numbers("y", n, noise(2))
	x.Values[10], y.Values[10] = x.Values[3], y.Values[3]
	x.Values[11] = x.Values[4]
	p := of(t, profile.Config{Target: "y"}, x, y)
	if diff := cmp.Diff([]string{"medium conflict ", "medium duplicates "}, warned(p)); diff != "" {
		t.Error(diff)
	}
	if p.Duplicates != 1 || p.Warnings[0].Items[0].Rows[0] != 12 || p.Warnings[1].Items[0].Rows[0] != 11 {
		t.Errorf("%d duplicates, %+v", p.Duplicates, p.Warnings)
	}
}

func TestFigures(t *testing.T) {
	p := of(t, profile.Config{Target: "y"},
		numbers("x", 101, func(i int) float64 { return float64(i) }),
		numbers("y", 101, func(i int) float64 { return float64(i * i) }),
		texts("g", 101, func(i int) string { return []string{"low", "high"}[i/51] }))
	x := p.Variables[0].Numbers
	want := profile.Quantiles{P01: 1, P05: 5, P25: 25, P50: 50, P75: 75, P95: 95, P99: 99}
	if diff := cmp.Diff(want, x.Quantiles); diff != "" {
		t.Error(diff)
	}
	// R: sd(0:100) is 29.30017; cor(0:100, (0:100)^2) is 0.9676503.
	if x.Mean != 50 || x.SD != 29.3002 || x.Skew != 0 || !x.Whole {
		t.Errorf("%+v", x)
	}
	sum := 0
	for _, count := range x.Histogram.Counts {
		sum += count
	}
	if sum != 101 {
		t.Errorf("the histogram holds %d of 101 values", sum)
	}
	if r := relationOf(t, p, "x"); r.Power < .85 || r.Column != "x" || math.Abs(r.Pearson-.96765) > 1e-4 || r.Spearman != 1 || r.Value != 1 {
		t.Errorf("%+v", r)
	}
	if r := relationOf(t, p, "g"); r.Measure != profile.Ratio || r.Value < .8 {
		t.Errorf("%+v", r)
	}
	if levels := p.Variables[2].Levels; levels[0].Text != "low" || levels[0].Count != 51 || *levels[0].Target != 841.7 {
		t.Errorf("%+v", levels)
	}
}

func relationOf(t *testing.T, p *profile.Profile, column string) profile.Relation {
	t.Helper()
	for _, r := range p.Relations {
		if r.Column == column {
			return r
		}
	}
	t.Fatalf("no relation of %q", column)
	return profile.Relation{}
}

// TestIndependentColumnsLookIndependent holds the corrections to their purpose:
// many levels and few rows alone must not look like association.
func TestIndependentColumnsLookIndependent(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	p := of(t, profile.Config{Target: "y"},
		numbers("y", n, func(int) float64 { return random.NormFloat64() }),
		texts("a", n, func(int) string { return fmt.Sprint("a", random.IntN(50)) }),
		texts("b", n, func(int) string { return fmt.Sprint("b", random.IntN(50)) }),
		numbers("x", n, func(int) float64 { return random.NormFloat64() }))
	for _, r := range p.Relations {
		if r.Power > .02 || math.Abs(r.Value) > .15 {
			t.Errorf("%+v", r)
		}
	}
	if len(p.Pairs) != 0 {
		t.Errorf("%+v", p.Pairs)
	}
}

func TestUnknownColumnIsRefused(t *testing.T) {
	_, err := profile.New(table(t, numbers("x", 3, noise(1))), profile.Config{Target: "price"})
	if !fault.Is(err, fault.Missing) || err.Error() != `the target column "price" is not in the data` {
		t.Error(err)
	}
}

// TestSameBytes runs on one and on many processors.
func TestSameBytes(t *testing.T) {
	render := func() string {
		p := of(t, profile.Config{Target: "y", Time: "x"}, numbers("y", 30_000, noise(1)), numbers("x", 30_000, noise(2)),
			numbers("Longitude", 30_000, noise(3)), numbers("lat", 30_000, noise(4)),
			texts("c", 30_000, func(i int) string { return fmt.Sprint(i % 40) }))
		if p.Map == nil || p.Trend == nil || p.Sampled != 20_000 {
			t.Fatal("no map, no trend, or no sample")
		}
		return string(encode(t, p)) + page(t, p)
	}
	first := render()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if render() != first {
		t.Error("the same data gave other bytes")
	}
}

func encode(t testing.TB, p *profile.Profile) []byte {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func page(t testing.TB, p *profile.Profile) string {
	t.Helper()
	var out bytes.Buffer
	if err := profile.WriteHTML(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPageEscapesTheData(t *testing.T) {
	const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	target := texts(evil, 200, func(i int) string { return evil + fmt.Sprint(i%2) })
	c := texts(evil+"2", 200, func(i int) string { return evil + fmt.Sprint(i%3) })
	html := page(t, of(t, profile.Config{Title: evil, Target: evil, Time: "x"}, target, c, numbers("x", 200, noise(1))))
	if strings.Contains(html, "<script") || strings.Contains(html, "<img") {
		t.Error("the page holds markup of the data")
	}
	if strings.Contains(html, "ZgotmplZ") {
		t.Error("the template engine refused a value")
	}
	for _, foreign := range []string{"http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(strings.ReplaceAll(html, "src=x onerror", ""), foreign) {
			t.Errorf("the page fetches something: it contains %q", foreign)
		}
	}
}

var notFinite = regexp.MustCompile(`NaN|[+-]Inf|Inf[^i]`)

// TestAnyFrame profiles strange frames: nothing may panic, be infinite or NaN
// in the JSON, or grow with the rows.
func TestAnyFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 60).Draw(t, "rows")
		value := rapid.SampledFrom([]float64{0, 1, -1, 2.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -1e308, 5e-324, 1e15, 999})
		var columns []*frame.Column
		for i, kind := range rapid.SliceOfN(rapid.SampledFrom([]frame.Kind{frame.Number, frame.Category, frame.Bool, frame.Time}), 1, 5).Draw(t, "kinds") {
			c := &frame.Column{Name: fmt.Sprint("c", i), Kind: kind}
			switch kind {
			case frame.Category:
				c.Levels = []string{"", "a", "b", "unused"}
				c.Codes = rapid.SliceOfN(rapid.Int32Range(-1, 2), rows, rows).Draw(t, c.Name)
			case frame.Bool:
				c.Values = rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1, math.NaN()}), rows, rows).Draw(t, c.Name)
			default:
				c.Values = rapid.SliceOfN(value, rows, rows).Draw(t, c.Name)
			}
			columns = append(columns, c)
		}
		f, err := frame.New(columns...)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.New(f, profile.Config{Target: rapid.SampledFrom([]string{"", "c0"}).Draw(t, "target"), Time: "c0"})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back profile.Profile
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := profile.WriteHTML(&out, &back); err != nil {
			t.Fatal(err)
		}
		if notFinite.MatchString(out.String()) {
			t.Fatalf("the page shows %q", notFinite.FindString(out.String()))
		}
	})
}

func TestSizeDoesNotGrowWithRows(t *testing.T) {
	size := func(n int) int {
		random := rand.New(rand.NewPCG(8, 9))
		var columns []*frame.Column
		for j := range 20 {
			columns = append(columns, numbers(fmt.Sprint("x", j), n, func(int) float64 { return random.NormFloat64() }))
		}
		columns = append(columns, texts("text", n, func(int) string { return strings.Repeat("long ", 100) + fmt.Sprint(random.Int()) }))
		return len(encode(t, of(t, profile.Config{Target: "x0"}, columns...)))
	}
	if small, large := size(1000), size(20_000); large > small*3/2 || large > 40_000 {
		t.Errorf("%d bytes for 1,000 rows, %d for 20,000", small, large)
	}
}

func BenchmarkNew(b *testing.B) {
	const rows = 200_000
	var columns []*frame.Column
	for j := range 28 {
		columns = append(columns, numbers(fmt.Sprint("x", j), rows, noise(uint64(j))))
	}
	f := table(b, columns...)
	for b.Loop() {
		if _, err := profile.New(f, profile.Config{Target: "x0"}); err != nil {
			b.Fatal(err)
		}
	}
}
