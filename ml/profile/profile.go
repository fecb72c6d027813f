package profile

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"dasier/fault"
	"dasier/ml/frame"
)

// Config says what the columns mean. The zero value profiles a table without
// a target.
type Config struct {
	// Title heads the page. Default: "Data profile".
	Title string
	// Target is the column to be predicted. Default: none.
	Target string
	// Time is a column that orders the rows: a time or a number such as the
	// year. Default: the only column of times, if there is one.
	Time string
	// Longitude and Latitude place a row on the map. Default: columns of these
	// names (or lon, lng, lat) whose values are degrees.
	Longitude, Latitude string
	// Sample is how many rows associations are computed on. Default: 20,000.
	Sample int
}

// Profile is what is known of a table. It is finite: every list is limited.
type Profile struct {
	Version    int        `json:"version"` // of this layout: 1
	Title      string     `json:"title"`
	Digest     string     `json:"digest"` // of the frame
	Rows       int        `json:"rows"`
	Columns    int        `json:"columns"`
	Missing    int        `json:"missing"`    // cells
	Duplicates int        `json:"duplicates"` // rows that repeat an earlier row
	Target     string     `json:"target,omitempty"`
	Outcome    string     `json:"outcome,omitempty"` // what target means are of: "Sale_Price", "churn = yes"
	Sampled    int        `json:"sampled"`           // rows that associations are computed on
	Warnings   []Warning  `json:"warnings"`
	Variables  []Variable `json:"variables"`
	Relations  []Relation `json:"relations,omitempty"` // each column with the target, strongest first
	Pairs      []Pair     `json:"pairs"`               // the strongest among the other columns
	Matrix     *Matrix    `json:"matrix,omitempty"`    // every two of the columns that go with something
	Trend      *Trend     `json:"trend,omitempty"`     // the target along Config.Time
	Drift      *Drift     `json:"drift,omitempty"`     // early against late rows, by Config.Time
	Map        *Map       `json:"map,omitempty"`
}

// The limits that keep a profile small.
const (
	maxDetailed = 400 // columns with a histogram or levels
	maxPaired   = 150 // columns whose pairs are computed
	maxPairs    = 40
	maxLevels   = 12 // levels listed of a column
	maxText     = 80 // characters of a level or name
)

// New profiles f. It fails only when Config names a column that f does not
// have.
func New(f *frame.Frame, cfg Config) (*Profile, error) {
	if err := cfg.complete(f); err != nil {
		return nil, err
	}
	p := &Profile{
		Version: 1, Title: cfg.Title, Target: cfg.Target,
		Rows: f.Rows(), Columns: len(f.Columns()),
		Variables: make([]Variable, len(f.Columns())), Pairs: []Pair{},
	}
	outcome := newOutcome(f, cfg.Target)
	p.Outcome = outcome.name
	var repeated repeats
	shown := detailOf(len(f.Columns()))
	var whole sync.WaitGroup // what looks at rows rather than columns, beside the columns
	whole.Go(func() { p.Digest = f.Digest() })
	whole.Go(func() { repeated = findRepeats(f, cfg.Target) })
	eachColumn(f, func(i int, c *frame.Column, s *sorter) {
		if i < maxDetailed {
			p.Variables[i] = describe(c, outcome, shown, s)
		} else {
			p.Variables[i] = describe(c, outcome, detail{}, s)
		}
	})
	whole.Wait()
	for i := range p.Variables {
		p.Missing += p.Variables[i].Missing
	}
	p.Duplicates = repeated.duplicates

	sample := sampleRows(f.Rows(), cfg.Sample)
	p.Sampled = len(sample)
	drawn := f
	if len(sample) < f.Rows() {
		drawn = f.Take(sample)
	}
	p.Relations = relate(drawn, cfg.Target)
	all := associations(drawn, p.Variables, cfg.Target)
	p.Pairs = all.strongest()
	p.Matrix = newMatrix(all, cfg.Target, p.Relations)
	p.Trend = newTrend(f, cfg.Time, outcome)
	p.Drift = newDrift(drawn, p.Variables, f.Rows(), cfg.Time)
	p.Map = newMap(f, cfg, outcome)
	p.Warnings = warn(&evidence{frame: f, profile: p, cfg: cfg, repeated: repeated})
	p.shorten()
	return p, nil
}

// complete fills in defaults and checks that the named columns exist.
func (cfg *Config) complete(f *frame.Frame) error {
	if cfg.Title == "" {
		cfg.Title = "Data profile"
	}
	if cfg.Sample <= 0 {
		cfg.Sample = 20_000
	}
	for _, named := range []struct{ role, column string }{
		{"target", cfg.Target}, {"time", cfg.Time}, {"longitude", cfg.Longitude}, {"latitude", cfg.Latitude},
	} {
		if _, ok := f.Column(named.column); named.column != "" && !ok {
			return fault.Errorf(fault.Missing, "the %s column %q is not in the data", named.role, named.column).At(named.role)
		}
	}
	if cfg.Time == "" {
		cfg.Time = onlyTime(f)
	}
	if cfg.Longitude == "" && cfg.Latitude == "" {
		cfg.Longitude = findDegrees(f, 180, "longitude", "lon", "lng")
		cfg.Latitude = findDegrees(f, 90, "latitude", "lat")
	}
	return nil
}

func onlyTime(f *frame.Frame) string {
	name, n := "", 0
	for _, c := range f.Columns() {
		if c.Kind == frame.Time {
			name = c.Name
			n++
		}
	}
	if n != 1 {
		return ""
	}
	return name
}

func findDegrees(f *frame.Frame, limit float64, names ...string) string {
	for _, c := range f.Columns() {
		if c.Kind == frame.Number && slices.Contains(names, strings.ToLower(c.Name)) &&
			!slices.ContainsFunc(c.Numbers().Floats(), func(v float64) bool { return math.Abs(v) > limit }) {
			return c.Name
		}
	}
	return ""
}

// eachColumn calls do for every column on as many goroutines as there are
// processors, each with a sorter, and returns when all are done.
func eachColumn(f *frame.Frame, do func(i int, c *frame.Column, s *sorter)) {
	each(len(f.Columns()), func(i int, s *sorter) { do(i, f.Columns()[i], s) })
}

// each calls do for 0 to n-1 likewise. Whoever is free takes the next.
func each(n int, do func(i int, s *sorter)) {
	var wait sync.WaitGroup
	var taken atomic.Int64
	for range min(runtime.GOMAXPROCS(0), n) {
		wait.Go(func() {
			s := &sorter{}
			for i := int(taken.Add(1)) - 1; i < n; i = int(taken.Add(1)) - 1 {
				do(i, s)
			}
		})
	}
	wait.Wait()
}

// sampleRows draws k of n rows without replacement, in order: selection
// sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S) with
// a fixed seed.
func sampleRows(n, k int) []int {
	k = min(n, k)
	random := rand.New(rand.NewPCG(0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)) //nolint:gosec // reproducible, not secret
	rows := make([]int, 0, k)
	for i := 0; len(rows) < k; i++ {
		if random.IntN(n-i) < k-len(rows) {
			rows = append(rows, i)
		}
	}
	return rows
}

// round keeps six significant digits: what is derived needs no more, and the
// JSON stays small. What is not finite becomes 0; callers avoid it.
func round(v float64) float64 { return roundTo(v, 6) }

func roundTo(v float64, digits int) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(v))))
	if math.IsInf(scale, 0) || scale == 0 {
		return v
	}
	return math.Round(v*scale) / scale
}

// clip shortens a text of the data to what a page shows.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return s
}
